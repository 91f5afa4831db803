# Compiles a mean.c and tries it. Usage: check.sh FILE
set -eu
cp "$1" "$TMPDIR/mean.c"
cc -Wall -o "$TMPDIR/mean" "$TMPDIR/mean.c"

# Usage: try WHAT STATUS OUTPUT [NUMBER…]
try() {
	what=$1 wanted="$2 $3"
	shift 3
	status=0
	said=$("$TMPDIR/mean" "$@" 2>"$TMPDIR/errors") || status=$?
	[ "$status $said" = "$wanted" ] && return
	echo "$what: status and output are \"$status $said\", not \"$wanted\""
	exit 1
}

try "a few numbers" 0 2 1 2 3
try "numbers below zero" 0 -2 -1 -2 -3
try "no numbers at all" 2 ""
try "large numbers" 0 2147483647 2147483647 2147483647
echo "all passed"
