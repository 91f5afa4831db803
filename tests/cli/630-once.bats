load setup.bash

# A step that leaves a mark each time it begins. Usage: once [MORE KEYS…] with the script on stdin
once() {
	printf 'lily: 1\nsteps:\n  push:\n    effects: once\n'
	printf '    %s\n' "$@"
	printf '    run: |\n      echo begun >>"$LILY_WORKSPACE/marks"\n'
	sed 's/^/      /'
}

marks() {
	[[ -e marks ]] || { echo 0; return; }
	wc -l <marks
}

state_of() {
	json "$(lily show "$1" --json)" 'd["step_list"][0]["state"]'
}

@test "a step that must not happen twice succeeds like any other" {
	once 'out: { r: { type: text } }' <<<'echo "$LILY_ONCE_KEY" >"$LILY_OUT/r"' >w.lily.yaml
	go run
	expect 0
	[[ $(lily artifact cat push.r) =~ ^[0-9a-f]{64}$ ]]
	[[ $(marks) == 1 ]]
	go fsck
	expect 0
}

@test "what was cut off without a probe waits for a person: exit 6" {
	once <<<'sleep 60' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e marks
	kill -9 $!
	go resume
	expect 6
	[[ $(marks) == 1 ]]
	[[ $(state_of push) == unknown ]]
	go show
	has "$output" waiting
	has "$output" "lily settle"
	has "$output" push
	go fsck
	expect 0
}

@test "a person says that it has happened, and the run goes on" {
	once <<<'sleep 60' >w.lily.yaml
	printf '  after: { run: touch after, needs: [ push ] }\n' >>w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e marks
	kill -9 $!
	go resume -q
	expect 6
	[[ ! -e after ]]
	go settle push --done --reason 'seen on the server'
	expect 0
	[[ -e after && $(marks) == 1 ]]
	[[ $(state_of push) == adopted ]]
	go events --json
	has "$output" 'seen on the server'
	has "$output" '"account"'
	go fsck
	expect 0
}

@test "a person says that it has not happened, and it is run" {
	once <<<'[[ $(wc -l <"$LILY_WORKSPACE/marks") == 2 ]] || sleep 60' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e marks
	kill -9 $!
	go resume -q
	expect 6
	go settle push --not-done
	expect 0
	[[ $(marks) == 2 ]]
	[[ $(state_of push) == succeeded ]]
}

@test "a probe that says done ends the question" {
	once 'probe: { exec: [ test, -e, done ] }' <<<'touch "$LILY_WORKSPACE/done"; sleep 60' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e done
	kill -9 $!
	go resume
	expect 0
	[[ $(marks) == 1 ]]
	go events --json
	has "$output" '"verdict":"done"'
}

@test "a probe that says not done has it run again" {
	once 'probe: { exec: [ test, -e, done ] }' \
		<<<'[[ $(wc -l <"$LILY_WORKSPACE/marks") == 2 ]] || sleep 60; touch "$LILY_WORKSPACE/done"' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e marks
	kill -9 $!
	go resume
	expect 0
	[[ $(marks) == 2 ]]
}

@test "a probe that cannot tell leaves it to a person, who reads why" {
	once 'probe: { run: "echo no answer >&2; exit 3" }' <<<'sleep 60' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e marks
	kill -9 $!
	go resume
	expect 6
	go show push
	has "$output" 'exit status 3'
	has "$output" 'no answer'
	[[ $(marks) == 1 ]]
}

@test "after a timeout nobody knows" {
	once 'timeout: 100ms' <<<'sleep 60' >w.lily.yaml
	go run
	expect 6
	[[ $(state_of push) == unknown ]]
}

@test "a failed attempt is tried again only where the probe says not done" {
	once 'probe: { exec: [ test, -e, done ] }' 'retry: { attempts: 3, backoff: 10ms }' \
		<<<'[[ $(wc -l <"$LILY_WORKSPACE/marks") == 2 ]] && touch "$LILY_WORKSPACE/done"; exit 4' >w.lily.yaml
	go run
	expect 0
	[[ $(marks) == 2 ]]
	[[ $(state_of push) == adopted ]]
}

@test "what says that it failed has failed, and is not repeated" {
	once <<<'exit 4' >w.lily.yaml
	go run
	expect 1
	[[ $(state_of push) == failed ]]
	[[ $(marks) == 1 ]]
}

@test "a key that is done in another run is not done again: its result is adopted" {
	once 'once_key: release-${{ params.v }}' 'out: { r: { type: text } }' \
		<<<'echo result >"$LILY_OUT/r"' >w.lily.yaml
	printf 'params: { v: { type: string } }\n' >>w.lily.yaml
	go run -p v=1
	expect 0
	go run -p v=1
	expect 0
	[[ $(marks) == 1 ]]
	[[ $(state_of push) == adopted ]]
	[[ $(lily artifact cat push.r) == result ]]
	go run -p v=2
	expect 0
	[[ $(marks) == 2 ]]
	go fsck
	expect 0
}

@test "a key whose result does not fit is refused, not run" {
	once 'once_key: k' <<<true >w.lily.yaml
	go run
	expect 0
	once 'once_key: k' 'out: { r: { type: text } }' <<<'echo x >"$LILY_OUT/r"' >w.lily.yaml
	go run
	expect 1
	[[ $(marks) == 1 ]]
	has "$stderr" 'has happened already'
	has "$stderr" 'output "r" is not there'
}

@test "two runs at once do what has one key once" {
	once 'once_key: k' <<<'sleep 0.5' >w.lily.yaml
	lily run -q 2>/dev/null &
	lily run -q
	wait $!
	[[ $(marks) == 1 ]]
}

@test "a key that another run left open is a question to this one, too" {
	once 'once_key: k' <<<'sleep 60' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e marks
	kill -9 $!
	go run
	expect 6
	[[ $(marks) == 1 ]]
	go settle push --done
	expect 0
	go resume
	expect 0
	[[ $(marks) == 1 ]]
}

@test "a program that cannot be started has had no effect" {
	workflow <<'YAML'
lily: 1
steps: { push: { exec: [ ./push.sh ], effects: once, once_key: k } }
YAML
	go run
	expect 1
	printf '#!/bin/sh\necho begun >>marks\n' >push.sh
	chmod +x push.sh
	go run
	expect 0
	[[ $(marks) == 1 ]]
}

@test "words about steps that are not unknown are refused" {
	hello
	lily run -q
	go settle greet --done
	expect 3
	go settle nothing --done
	expect 3
	go settle greet
	expect 2
	go settle greet --done --not-done
	expect 2
}

@test "what the file says wrongly about effects is found with its place" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: x, effects: onse }
  b: { run: x, once_key: k }
  c: { run: x, effects: once, once_key: "" }
  d: { run: x, effects: once, probe: { run: x, exec: [ y ] } }
  e: { run: x, effects: once, retry: { attempts: 2 } }
  f: { run: x, effects: once, probe: { exec: [ "${{ params.no }}" ] } }
YAML
	go check
	expect 3
	has "$stderr$output" ':3:25: step "a": "effects" must be pure, idempotent or once'
	has "$stderr$output" ':4:26: step "b": `once_key` and `probe` are for steps with effects: once'
	has "$stderr$output" ':5:41: step "c": "once_key" is empty'
	has "$stderr$output" ':6:38: step "d": probe: needs exactly one of run'
	has "$stderr$output" ':7:50: step "e": a step whose effects are once is tried again only'
	has "$stderr$output" ':8:'
}

@test "kill -9 at random instants never begins what has one key twice" {
	local rounds=${LILY_ONCE_ROUNDS:-6} seed=${LILY_ONCE_SEED:-$RANDOM} round pid pause
	echo "seed $seed"
	RANDOM=$seed
	{
		printf 'lily: 1\nparams: { round: { type: string } }\nparallel: 3\nsteps:\n'
		for s in a b c; do
			printf '  %s:\n    effects: once\n    once_key: %s-${{ params.round }}\n' $s $s
			printf '    probe: { run: grep -qx "$LILY_ONCE_KEY" counter }\n    run: |\n'
			printf '      sleep 0.0%s\n      echo "$LILY_ONCE_KEY" >>counter\n      sleep 0.0%s\n' \
				$((RANDOM % 10)) $((RANDOM % 10))
		done
		printf '  last: { run: "true", needs: [ a, b, c ] }\n'
	} >w.lily.yaml
	touch counter
	for ((round = 0; round < rounds; round++)); do
		lily run -q -p round=$round 2>/dev/null &
		pid=$!
		pause=$((RANDOM % 400))
		sleep "$(printf '0.%03d' $pause)"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		for ((i = 0; i < 20; i++)); do
			[[ $(lily run list --json | python3 -c 'import json, sys; print(sum(r["status"] in ("interrupted", "waiting") for r in json.load(sys.stdin)["runs"]))') == 0 ]] && break
			lily resume -q 2>/dev/null &
			pid=$!
			sleep "$(printf '0.%03d' $((RANDOM % 500)))"
			if ((i < 15)); then kill -9 $pid 2>/dev/null || true; fi
			wait $pid 2>/dev/null || true
		done
	done
	# One at least is left alone, however slow the machine is.
	lily run -q -p round=last
	sort counter | uniq -d >twice
	while read -r key; do
		echo "twice: $key" >&2
	done <twice
	[[ ! -s twice ]]
	done=$(lily run list --json | python3 -c 'import json, sys; print(sum(r["status"] == "succeeded" for r in json.load(sys.stdin)["runs"]))')
	((done > 0))
	[[ $(wc -l <counter) == $((3 * done)) ]]
	go fsck
	expect 0
}
