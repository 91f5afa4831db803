load setup.bash

# The program of `notify` is told how a run stands, and changes nothing about it.

# A workflow that keeps what it is told: one line of told for each time. Usage: telling EVENTS [MORE…], the
# steps on standard input
telling() {
	printf 'lily: 1\nname: told\nnotify:\n  events: %s\n' "$1"
	shift
	(($#)) && printf '  %s\n' "$@" || printf '  run: cat >>told\n'
	cat
}

told() {
	[[ -e told ]] || { echo 0; return; }
	wc -l <told
}

notified() {
	json "$(lily show "$@" --json)" '[(n["event"], n["class"]) for n in d["notified"]]'
}

@test "a program is told of a failure: which run, how it stands, what failed and why" {
	telling '[ failed ]' <<'YAML' >w.lily.yaml
steps:
  a: { run: "exit 3" }
  b: { run: "true" }
  c: { run: "true", needs: [ a ] }
  d: { run: "exit 4", continue_on_error: true }
YAML
	go run
	expect 1
	[[ $(told) == 1 ]]
	lily schema validate -q -s notification.v1 told
	[[ $(json "$(cat told)" '(d["event"], d["status"], d["exit_code"], d["workflow"], d["kind"], d["source"])') \
		== "('failed', 'failed', 1, 'told', 'start', 'w.lily.yaml')" ]]
	[[ $(json "$(cat told)" '[(s["step"], s["class"], s["message"], s["exit"], s["tolerated"]) for s in d["failed_steps"]]') \
		== "[('a', 'exit', 'exit status 3', 3, False), ('d', 'exit', 'exit status 4', 4, True)]" ]]
	[[ $(json "$(cat told)" '(d["steps"]["total"], d["steps"]["blocked"], d["failed_steps_more"])') == "(4, 1, 0)" ]]
	[[ $(json "$(cat told)" 'd["run_id"]') == $(json "$(lily show --json)" 'd["run_id"]') ]]
	[[ $(json "$(cat told)" 'd["workspace"]') == "$PWD" ]]
	[[ $(notified) == "[('failed', None)]" ]]
	go fsck
	expect 0
}

@test "what it is told of is what it asked for" {
	telling '[ failed, cancelled ]' <<<'steps: { a: { run: "true" } }' >w.lily.yaml
	go run
	expect 0
	[[ $(told) == 0 && $(notified) == "[]" ]]
	telling '[ succeeded ]' <<<'steps: { a: { run: "true" } }' >w.lily.yaml
	go run
	expect 0
	[[ $(told) == 1 ]]
	[[ $(json "$(cat told)" '(d["event"], d["exit_code"], d["failed_steps"])') == "('succeeded', 0, [])" ]]
}

@test "the exit code that it is told is the one that lily ends with" {
	local name
	declare -A files=(
		[fine]='steps: { a: { run: "true" } }'
		[exit]='steps: { a: { run: "exit 5" } }'
		[timeout]='steps: { a: { run: sleep 9, timeout: 50ms, grace: 10ms }, b: { run: "exit 2" } }'
		[tolerated]='steps: { a: { run: sleep 9, timeout: 50ms, grace: 10ms, continue_on_error: true }, b: { run: "exit 2" } }'
		[gate]='steps: { a: { run: "true", gates: { g: { exec: [ "false" ] } } }, b: { run: sleep 9, timeout: 50ms, grace: 10ms } }'
		[gated]=$'budget: { attempts: 1 }\nsteps: { a: { run: "true", gates: { g: { exec: [ "false" ] } } }, b: { run: "true" } }'
		[budget]=$'budget: { attempts: 1 }\nsteps: { a: { run: "true" }, b: { run: "true" } }'
		[items]='steps: { a: { run: "true", foreach: { in: [ 1, 2, 3 ], max_items: 2 } } }'
		[outputs]=$'outputs: { o: "${{ steps.a.out.o.x.y }}" }\nsteps: { a: { run: echo 1 >$LILY_OUT/o, out: { o: { type: json } } } }'
		[unknown]='steps: { a: { run: sleep 9, effects: once, timeout: 50ms, grace: 10ms } }'
	)
	for name in "${!files[@]}"; do
		rm -f told
		telling '[ waiting, failed, succeeded, cancelled ]' <<<"${files[$name]}" >w.lily.yaml
		go run -q
		echo "$name: $status, $stderr"
		[[ $(told) == 1 ]]
		[[ $(json "$(cat told)" 'd["exit_code"]') == "$status" ]]
		[[ $(json "$(cat told)" 'd["status"]') == $(json "$(lily show --json)" 'd["status"]') ]]
		[[ $(json "$(cat told)" 'd["reason"]') == $(json "$(lily show --json)" 'd["reason"]') ]]
		lily schema validate -q -s notification.v1 told
	done
}

@test "it is told of a run that was cancelled, with the reason" {
	telling '[ cancelled ]' <<<'steps: { a: { run: touch begun; sleep 60 } }' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e begun
	lily cancel --reason 'not today' 2>/dev/null
	wait $! || true
	[[ $(told) == 1 ]]
	[[ $(json "$(cat told)" '(d["status"], d["exit_code"], d["reason"])') == "('cancelled', 7, 'not today')" ]]
}

@test "a run that nobody drives is told of when it is cancelled" {
	telling '[ cancelled ]' <<<'steps: { a: { run: touch begun; sleep 60 } }' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e begun
	kill -9 $!
	wait $! || true
	go cancel
	[[ $(told) == 1 ]]
}

@test "who waits for a person is told which step, and a word said meanwhile has the run go on" {
	telling '[ waiting, succeeded ]' 'run: cat >>told; [[ $NOW != waiting ]] || timeout 20 bash -c "until [[ -e said ]]; do sleep 0.05; done"' \
		'env: { NOW: "${{ run.status }}" }' <<'YAML' >w.lily.yaml
pass_env: [ XDG_STATE_HOME ]
steps:
  push: { effects: once, timeout: 50ms, grace: 10ms, run: echo x >>marks; sleep 60 }
  after: { run: touch after, needs: [ push ] }
YAML
	{ until_true test -s told; lily settle --no-wait push --done; touch said; } 2>/dev/null &
	go run
	wait $!
	expect 0
	[[ -e after && $(wc -l <marks) == 1 ]]
	[[ $(notified) == "[('waiting', None), ('succeeded', None)]" ]]
	cp told told.jsonl
	lily schema validate -q -s notification.v1 told.jsonl
	[[ $(json "$(head -1 told)" '[(s["step"], s["attempt"]) for s in d["unknown_steps"]]') == "[('push', 1)]" ]]
	[[ $(json "$(tail -1 told)" 'd["number"]') == 2 ]]
	go fsck
	expect 0
}

@test "each wait is told of" {
	telling '[ waiting ]' <<'YAML' >w.lily.yaml
steps: { push: { effects: once, timeout: 50ms, grace: 10ms, run: sleep 60 } }
YAML
	go run -q
	expect 6
	[[ $(told) == 1 ]]
	go resume -q
	expect 6
	[[ $(told) == 2 ]]
	[[ $(json "$(lily events --json | grep -c run.waiting)" 'd') == 2 ]]
}

@test "what does not go well is said and recorded, and the run is what it is" {
	local name
	declare -A programs=(
		[exit]='run: echo no >&2; exit 9'
		[signal]='run: kill -9 $$'
		[timeout]=$'run: sleep 60\n  timeout: 100ms'
		[start]='exec: [ ./not-there, x ]'
	)
	for name in "${!programs[@]}"; do
		telling '[ succeeded, failed ]' "${programs[$name]}" <<<'steps: { a: { run: "exit ${LANG:+0}" } }' >w.lily.yaml
		go run
		expect 0
		has "$stderr" "lily: warning: notify (succeeded): "
		[[ $(notified) == "[('succeeded', '$name')]" ]]
		go run --json
		expect 0
		[[ $(grep '"run.notified"' <<<"$output" | python3 -c 'import json, sys; print(json.load(sys.stdin)["failure"])') == "$name" ]]
		printf '%s\n' "$output" >progress.jsonl
		lily schema validate -q -s cli/progress progress.jsonl
	done
	has "$(lily show)" notified
	go fsck
	expect 0
}

@test "a program that is not there is named, and so is a secret that cannot be read" {
	telling '[ succeeded ]' 'exec: [ ./not-there ]' <<<'steps: { a: { run: "true" } }' >w.lily.yaml
	go run -q
	expect 0
	has "$stderr" 'notify (succeeded): '
	has "$stderr" 'not-there'
	telling '[ succeeded ]' 'run: touch ran' 'secrets: [ TOKEN ]' <<'YAML' >w.lily.yaml
secrets: { TOKEN: { env: NOT_SET } }
steps: { a: { run: "true" } }
YAML
	go run -q
	expect 0
	has "$stderr" 'notify (succeeded): secret TOKEN'
	has "$stderr" 'NOT_SET'
	[[ ! -e ran && $(notified) == "[('succeeded', 'start')]" ]]
}

@test "what it writes is kept, shown by logs, and large output as well" {
	telling '[ failed ]' 'run: echo out; echo err >&2; head -c 300000 /dev/zero | tr "\0" x; echo' \
		<<<'steps: { a: { run: echo said; exit 1 } }' >w.lily.yaml
	go run -q
	expect 1
	[[ $(lily logs --notify --stream stderr) == "notify (failed) | err" ]]
	[[ $(lily logs --notify --raw | wc -c) -gt 300000 ]]
	go logs
	has "$output" 'a | said'
	has "$output" 'notify (failed) | out'
	[[ $(lily logs --notify --stream stdout --tail 1 | wc -c) -gt 300000 ]]
	[[ $(lily logs --json --notify | head -1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["notify"])') == failed ]]
	[[ $(find "$T/state" -path '*/attempts/*' | wc -l) == 0 ]]
	go logs --notify a
	expect 2
	telling '[ failed ]' <<<'steps: { a: { run: "true" } }' >w.lily.yaml
	go run -q
	go logs --notify
	expect 3
	has "$stderr" 'notify wrote nothing in this run'
}

@test "it finds what a step finds: the workspace, env, secrets, its own key; and leaves nothing alive" {
	export TOKEN='s3cr3t/v@lue+"7"'
	telling '[ succeeded ]' 'secrets: { TOKEN: env, FILE: file }' 'env: { OWN: "${{ run.name }}" }' 'run: |' \
		'  [[ $PWD == "$LILY_WORKSPACE" && $OWN == told && $ALL == yes && $LILY_STEP == notify ]]' \
		'  [[ $(cat "$LILY_SECRETS/FILE") == "of a file" && $(cat "$LILY_IN/notification.json") == "$(cat)" ]]' \
		'  echo "$TOKEN"; echo "$TOKEN" | base64 >&2; cat "$LILY_SECRETS/FILE"' \
		'  setsid sleep 300 >/dev/null 2>&1 & echo $! >pid' \
		<<'YAML' >w.lily.yaml
env: { ALL: "yes" }
secrets: { TOKEN: { env: TOKEN }, FILE: { exec: [ echo, of a file ] } }
steps: { a: { run: "true" } }
YAML
	go run
	expect 0
	[[ $(notified) == "[('succeeded', None)]" ]]
	hasnt "$output$stderr" "$TOKEN"
	[[ $(lily logs --notify --stream stdout) == $'notify (succeeded) | [secret TOKEN]\nnotify (succeeded) | [secret FILE]' ]]
	has "$(lily logs --notify --stream stderr)" '[secret TOKEN]'
	wont grep -rqF "$TOKEN" "$T/state"
	wont grep -rqF "$(printf %s "$TOKEN" | base64)" "$T/state"
	wont pgrep -f "^sleep 300$"
}

@test "kill -9 while the program runs: it is told again, with the same number and key" {
	telling '[ failed ]' 'run: cat >>told; echo "$LILY_IDEMPOTENCY_KEY" >>keys; [[ -e again ]] || sleep 60' \
		<<<'steps: { a: { run: echo a >>ran; exit 1 } }' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e keys
	kill -9 $!
	wait $! || true
	[[ $(json "$(lily show --json)" '(d["status"], d["notified"])') == "('interrupted', [])" ]]
	touch again
	go resume
	expect 1
	[[ $(told) == 2 && $(wc -l <ran) == 1 ]]
	[[ $(sort -u keys | wc -l) == 1 ]]
	[[ $(python3 -c 'import json; print([json.loads(l)["number"] for l in open("told")])') == "[1, 1]" ]]
	[[ $(notified) == "[('failed', None)]" ]]
	go retry
	expect 1
	[[ $(told) == 3 && $(sort -u keys | wc -l) == 2 ]]
	[[ $(json "$(tail -1 told)" 'd["kind"]') == retry ]]
	go fsck
	expect 0
}

@test "kill -9 while it tells that the run waits: what is told next has another key" {
	telling '[ waiting, succeeded ]' 'run: cat >>told; echo "$LILY_IDEMPOTENCY_KEY" >>keys; [[ -e again ]] || sleep 60' \
		<<<'steps: { a: { human: { ask: "Go on?" } } }' >w.lily.yaml
	lily run -q 2>/dev/null &
	until_true test -e keys
	kill -9 $!
	wait $! || true
	# Once more, cut off again: the same.
	lily resume -q 2>/dev/null &
	until_true eval '[[ $(wc -l <keys) == 2 ]]'
	kill -9 $!
	wait $! || true
	[[ $(sort -u keys | wc -l) == 1 ]]
	touch again
	go approve a
	expect 0
	[[ $(lily show --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["status"])') == succeeded ]]
	[[ $(tail -1 keys) != $(head -1 keys) ]]
}

@test "kill -9 at random instants: always told, and with nothing else done" {
	local rounds=${LILY_NOTIFY_ROUNDS:-6} seed=${LILY_NOTIFY_SEED:-$RANDOM} round pid
	echo "seed $seed"
	RANDOM=$seed
	telling '[ succeeded ]' 'run: echo "$LILY_RUN_ID" >>told; sleep 0.0$((RANDOM % 10))' \
		<<<'steps: { a: { run: "true" } }' >w.lily.yaml
	for ((round = 0; round < rounds; round++)); do
		lily run -q 2>/dev/null &
		pid=$!
		sleep "$(printf '0.%03d' $((RANDOM % 300)))"
		kill -9 $pid 2>/dev/null || true
		wait $pid 2>/dev/null || true
		lily resume -q 2>/dev/null || true
	done
	python3 - "$(lily run list --json)" <<'PY'
import json, sys
told = open("told").read().split()
runs = json.loads(sys.argv[1])["runs"]
assert runs
for run in runs:
    # Killed before its plan was recorded: nothing of it was begun.
    if run["status"] == "interrupted" and run["steps"]["total"] == 0:
        continue
    assert run["status"] == "succeeded", run
    assert 1 <= told.count(run["run_id"]) <= 2, run
PY
	go fsck
	expect 0
}

@test "a signal ends the program, not what the run is" {
	telling '[ failed ]' 'run: touch telling; sleep 60' <<<'steps: { a: { run: "exit 1" } }' >w.lily.yaml
	lily run 2>err &
	until_true test -e telling
	kill -TERM $!
	wait $! && status=0 || status=$?
	[[ $status == 1 ]]
	[[ $(json "$(lily show --json)" 'd["status"]') == failed ]]
	has "$(cat err)" 'notify (failed): ended before it was done'
}

@test "what the file says wrongly about it is found with its place" {
	workflow <<'YAML'
lily: 1
notify: { exec: [ x, "${{ steps.a.status }}" ], run: y, events: [ failed, faild, failed ], policy: p,
  secrets: [ NO ], env: { LILY_X: 1 }, timeout: never, evnts: [] }
steps: { a: { run: x } }
YAML
	go check
	expect 3
	has "$stderr$output" ':2:9: notify: needs exactly one of run'
	has "$stderr$output" ':2:27: notify: steps cannot be used in exec'
	has "$stderr$output" ':2:75: notify: events: must hold waiting, failed, succeeded or cancelled, not the text "faild"; did you mean "failed"?'
	has "$stderr$output" ':2:82: notify: events: "failed" is there twice'
	has "$stderr$output" ':2:92: notify: key "policy" is not honoured by this build of lily (containment)'
	has "$stderr$output" ':3:14: notify: secrets: there is no secret "NO"'
	has "$stderr$output" ':3:27: notify: names that begin with LILY_'
	has "$stderr$output" ':3:49: notify: "timeout" is not a time'
	has "$stderr$output" ':3:56: notify: unknown key "evnts"; did you mean "events"?'
	printf 'lily: 1\nnotify: { exec: [ x ] }\nsteps: { a: { run: x } }\n' >w.lily.yaml
	go check
	expect 3
	has "$stderr$output" ':2:9: notify: "events" is missing'
	printf 'lily: 1\nnotify: { exec: [ x ], events: [] }\nsteps: { a: { run: x } }\n' >w.lily.yaml
	go check
	expect 3
	has "$stderr$output" ':2:32: notify: events: is empty'
}
