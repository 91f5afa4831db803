# The words in which a part of scripts/test reports; sourced by the parts.
# shellcheck shell=bash

pass() { echo "pass $*" >>"$LILY_RESULTS"; }
fail() { echo "fail $*" >>"$LILY_RESULTS"; echo "FAILED: $*"; }
skip() { echo "skip $*" >>"$LILY_RESULTS"; }

# check NAME COMMAND…: passes when the command does.
check() {
	local name=$1
	shift
	echo "== $name: $*"
	if "$@"; then pass "$name"; else fail "$name"; return 1; fi
}
