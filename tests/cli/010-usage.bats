load setup.bash

@test "no command: says what to do, exit 2, nothing on standard output" {
	go
	expect 2
	[[ -z $output ]]
	has "$stderr" "lily --help"
}

@test "an unknown command suggests the nearest" {
	go rnu
	expect 2
	has "$stderr" "did you mean \`lily run\`"
	go evnts
	expect 2
	has "$stderr" "did you mean \`lily events\`"
	go artifact lst
	expect 2
	has "$stderr" "did you mean \`lily artifact list\`"
	go zzzzzz
	expect 2
	hasnt "$stderr" "did you mean"
}

@test "commands that this build does not have are unknown" {
	for word in replay diff lineage export pack gc serve; do
		go "$word"
		expect 2
		has "$stderr" "unknown command: $word"
	done
}

@test "an unknown option suggests the nearest" {
	go run --fial-fast
	expect 2
	has "$stderr" "did you mean --fail-fast?"
	go --jsno list
	expect 2
	has "$stderr" "did you mean --json?"
	go list -Z
	expect 2
	has "$stderr" "unknown option -Z"
}

@test "options that lack or cannot take a value" {
	go run -p
	expect 2
	has "$stderr" "needs a value"
	go run --fail-fast=1
	expect 2
	has "$stderr" "takes no value"
	go graph --format=png
	expect 2
	has "$stderr" "one of: text dot svg"
	go list --limit many
	expect 2
	has "$stderr" "whole number"
}

@test "too few and too many arguments" {
	go artifact cat
	expect 2
	has "$stderr" "needs ARTIFACT"
	go artifact
	expect 2
	has "$stderr" "needs a verb"
	go version now
	expect 2
	has "$stderr" "no further argument"
}

@test "global options stand anywhere" {
	hello
	lily run -q 2>/dev/null
	for words in '--json list' 'list --json' 'run --json list' 'run list --json'; do
		go $words
		expect 0
		[[ $(json "$output" 'len(d["runs"])') == 1 ]]
	done
}

@test "-C: as if started there" {
	mkdir sub
	hello sub/w.lily.yaml
	go -C sub check
	expect 0
	go -C nowhere check
	expect 3
	has "$stderr" "nowhere"
}

@test "--: what follows is no option" {
	go check -- --json
	expect 3
	has "$stderr" "--json"
}

@test "what users type cannot talk to the terminal" {
	go $'\033[2Jx'
	expect 2
	hasnt "$stderr" $'\033'
	has "$stderr" '\x1b[2Jx'
}

@test "data that cannot be written is an error" {
	[[ -e /dev/full ]] || skip "no /dev/full"
	run bash -c 'lily version 2>err >/dev/full'
	[[ $status -eq 9 ]]
	has "$(cat err)" "No space left"
}

@test "a reader that has seen enough is none" {
	hello
	lily run -q 2>/dev/null
	run bash -c 'set -o pipefail; lily events --json | head -n 1'
	[[ $status -eq 0 || $status -eq 141 ]]
	[[ $(json "$output" 'd["type"]') == run.created ]]
}

@test "colours: only where wished" {
	hello
	lily run -q 2>/dev/null
	hasnt "$(lily list)" $'\033'
	has "$(CLICOLOR_FORCE=1 lily list)" $'\033[32m'
	hasnt "$(CLICOLOR_FORCE=1 NO_COLOR=1 lily list)" $'\033'
	hasnt "$(CLICOLOR_FORCE=1 lily list --no-color)" $'\033'
	has "$(CLICOLOR_FORCE=1 NO_COLOR= lily list)" $'\033[32m'
}
