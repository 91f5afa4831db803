# What every test file loads: a workspace, a home and a store of its own for each test.
#
# LILY names the binary under test; else build/src/cli/lily of this tree. Tests call it as `lily`.

bats_require_minimum_version 1.5.0

TESTS_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SOURCE_DIR=$(cd "$TESTS_DIR/../.." && pwd)

setup() {
	local binary
	binary=$(readlink -f "${LILY:-$SOURCE_DIR/build/src/cli/lily}")
	[[ -x $binary ]] || { echo "no lily at $binary; set LILY" >&2; return 1; }
	T=$(mktemp -d "${BATS_TMPDIR:-/tmp}/lily-cli-XXXXXX")
	mkdir -p "$T"/{home,state,config,bin,ws}
	ln -s "$binary" "$T/bin/lily"
	export HOME=$T/home XDG_STATE_HOME=$T/state XDG_CONFIG_HOME=$T/config
	# Debian's programs come first: a python3 that a version manager puts before them takes five
	# times as long to start, and lacks Debian's modules.
	export PATH=$T/bin:/usr/bin:/bin:$PATH LC_ALL=C.UTF-8 TZ=UTC TERM=dumb
	unset NO_COLOR CLICOLOR_FORCE
	cd "$T/ws" || return 1
}

teardown() {
	local pid
	for pid in $(jobs -p); do
		kill -9 "$pid" 2>/dev/null || true
	done
	cd / && chmod -R u+rwX "$T" 2>/dev/null
	rm -rf "$T"
}

# lily with its two streams apart: $output, $stderr and $status.
go() {
	run --separate-stderr lily "$@"
}

# Fails with all that is known. Usage: expect STATUS
expect() {
	if [[ $status -ne $1 ]]; then
		printf 'status %s, not %s\nstdout: %s\nstderr: %s\n' \
			"$status" "$1" "$output" "$stderr" >&2
		return 1
	fi
}

# A command that permissions bind, also where root runs it. Usage: mortal COMMAND…
mortal() {
	local root=()
	[[ $(id -u) -ne 0 ]] || root=(setpriv --inh-caps=-all --bounding-set=-dac_override,-dac_read_search)
	"${root[@]}" "$@"
}

# Whether a text has a part. Usage: has TEXT PART
has() {
	if [[ $1 != *"$2"* ]]; then
		printf 'missing: %s\nin: %s\n' "$2" "$1" >&2
		return 1
	fi
}

hasnt() {
	if [[ $1 == *"$2"* ]]; then
		printf 'unwanted: %s\nin: %s\n' "$2" "$1" >&2
		return 1
	fi
}

# Fails where a command succeeds: bash lets `! command` pass, whatever it returns. Usage: wont COMMAND…
wont() {
	if "$@"; then
		echo "succeeded: $*" >&2
		return 1
	fi
}

# A value of a JSON text by a Python expression on `d`. Usage: json TEXT EXPRESSION
json() {
	python3 -c 'import json, sys; d = json.loads(sys.argv[1]); print(eval(sys.argv[2]))' "$1" "$2"
}

# A workflow that is fine, from standard input. Usage: workflow [FILE]
workflow() {
	cat >"${1:-w.lily.yaml}"
}

# Two steps, one output.
hello() {
	workflow "$@" <<'YAML'
lily: 1
name: hello
outputs:
  greeting: ${{ steps.greet.out.text }}
steps:
  greet:
    run: echo hello >"$LILY_OUT/text"
    out: { text: { type: text } }
  after:
    run: echo from after; echo complaint >&2
    needs: [ greet ]
YAML
}

# Waits until a command succeeds, 10 s at most. Usage: until_true COMMAND…
until_true() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.05
	done
	echo "never true: $*" >&2
	return 1
}

run_status_is() {
	[[ $(json "$(lily show --json)" 'd["status"]') == "$1" ]]
}

# Whether the newest run has so many steps succeeded and running. Usage: counts_are N N
counts_are() {
	[[ $(json "$(lily show --json)" '(d["steps"]["succeeded"], d["steps"]["running"])') == "($1, $2)" ]]
}

# Of the newest run: "STEP=STATE" of each step, in their order.
states() {
	json "$(lily show --steps --json)" '" ".join(s["step"] + "=" + s["state"] for s in d["step_list"])'
}

# Likewise what rules decided: "STEP RULE ACTION" a line.
decided() {
	lily events --json | python3 -c 'import json, sys
for line in sys.stdin:
    event = json.loads(line)
    if event["type"] == "route.decided":
        payload = event["payload"]
        print(payload["step"], payload["rule"], payload["action"])'
}
