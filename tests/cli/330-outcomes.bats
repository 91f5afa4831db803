load setup.bash

# What follows when a step ends: skipped steps, finally, budgets, exit codes.

all_ways() {
	workflow <<'YAML'
lily: 1
budget: { wall: 1h, attempts: 50 }
max_transitions: 20
steps:
  good: { run: "true" }
  bad: { run: "exit 3", continue_on_error: true, retry: { attempts: 2, backoff: 1ms } }
  mend: { run: "true", needs: { bad: failed } }
  praise: { run: "false", needs: { bad: succeeded } }
  tell: { run: "true", needs: { bad: finished, praise: finished, good: succeeded } }
  after: { run: "true", needs: [ praise ] }
finally:
  clean: { run: "true", needs: { praise: finished } }
YAML
}

@test "outcomes: a step is skipped where what it asks for did not come, and the run succeeds" {
	all_ways
	go run
	expect 0
	[[ $(states) == "good=succeeded bad=failed mend=succeeded praise=skipped tell=succeeded after=succeeded clean=succeeded" ]]
	has "$stderr" "skipped"
	has "$stderr" "5 succeeded, 1 skipped, 1 failed"
	go show @last/praise
	has "$output" "the outcome that it needs of bad did not come"
	[[ $(json "$(lily show --json)" 'd["steps"]["skipped"]') == 1 ]]
}

@test "outcomes: what they leave is what the schemas say" {
	all_ways
	lily run --json >progress.jsonl
	grep -q step.skipped progress.jsonl
	lily events --json >events.jsonl
	grep -q 'visit.skipped' events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	lily plan --json >plan.json
	go schema validate -s plan.v1 plan.json
	expect 0
	lily show --json --steps >show.json
	go schema validate -s cli/run show.json
	expect 0
	go schema validate -s workflow w.lily.yaml
	expect 0
	go fsck
	expect 0
}

@test "outcomes: finally runs after a cancel, and the run stays cancelled" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "touch started; sleep 60" }
  b: { run: "touch b", needs: [ a ] }
finally:
  z: { run: "touch z" }
  y: { run: "false" }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	go cancel
	expect 0
	wait "$driver" && code=0 || code=$?
	[[ $code -eq 7 ]]
	[[ -e z && ! -e b ]]
	[[ $(states) == "a=cancelled b=cancelled z=succeeded y=failed" ]]
}

@test "outcomes: a second wish to cancel ends finally, too" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "touch started; sleep 60" }
finally:
  z: { run: "touch last; sleep 60" }
  y: { run: "touch y", needs: [ z ] }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	kill -TERM "$driver"
	until_true test -e last
	has "$(<err)" "once more to end that, too"
	kill -TERM "$driver"
	wait "$driver" && code=0 || code=$?
	[[ $code -eq 7 ]]
	[[ $(states) == "a=cancelled z=cancelled y=cancelled" ]]
	[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
	has "$(lily events --json)" '"finally":true'
	go fsck
	expect 0
}

@test "outcomes: killed in the middle of finally, a run goes on there" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>log; exit 1" }
finally:
  y: { run: "echo y >>log" }
  z: { run: "echo z >>log; [ -e go ] || sleep 60", needs: [ y ] }
YAML
	lily run >out 2>err &
	driver=$!
	until_true grep -q z log
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	touch go
	go resume
	expect 1
	# What was not on disk yet when it was killed is done again.
	[[ $(awk '!seen[$0]++' log | tr '\n' ' ') == "a y z " ]]
	[[ $(states) == "a=failed y=succeeded z=succeeded" ]]
	go fsck
	expect 0
}

@test "outcomes: a run that was being cancelled when it was killed still runs finally" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "touch started; sleep 60" }
finally:
  z: { run: "touch last; [ -e go ] || sleep 60" }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	kill -TERM "$driver"
	until_true test -e last
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	touch go
	go resume
	expect 7
	[[ $(states) == "a=cancelled z=succeeded" ]]
}

@test "outcomes: a run of some steps has those of finally that need no other" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "true", out: { o: { optional: true } } }
  b: { run: "true" }
finally:
  x: { run: "true" }
  y: { run: "true", needs: [ x ] }
  z: { run: "true", needs: [ a ] }
YAML
	lily run w.lily.yaml b 2>/dev/null
	[[ $(states) == "b=succeeded x=succeeded y=succeeded" ]]
}

@test "outcomes: a budget that is spent ends with 8, what is done stays, finally runs" {
	workflow <<'YAML'
lily: 1
budget: { attempts: 2 }
steps:
  a: { run: "echo made >$LILY_OUT/o", out: { o: { type: text } } }
  b: { run: "exit 1", needs: [ a ], retry: { attempts: 9, backoff: 1ms } }
  c: { run: "true", needs: { b: finished } }
finally:
  z: { run: "true" }
YAML
	go run
	expect 8
	has "$stderr" "the budget of 2 attempts is spent"
	[[ $(states) == "a=succeeded b=failed c=cancelled z=succeeded" ]]
	[[ $(json "$(lily show --json)" 'd["exhausted"]') == "['attempts']" ]]
	[[ $(lily artifact cat a.o) == made ]]
	lily events --json >events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	go fsck
	expect 0
}

@test "outcomes: a budget of time counts what processes drove, over a resume" {
	workflow <<'YAML'
lily: 1
budget: { wall: 2s }
steps:
  a: { run: "touch started; sleep 60", grace: 100ms }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	sleep 2.2
	lily resume >out 2>err &
	driver=$!
	sleep 0.5
	# The time between the two was free.
	run_status_is running
	wait "$driver" && code=0 || code=$?
	[[ $code -eq 8 ]]
	has "$(<err)" "the budget of 2.0s (wall) is spent"
	[[ $(json "$(lily show --json --steps)" 'd["step_list"][0]["attempts"][-1]["class"]') == budget ]]
}

@test "outcomes: of two reasons to end with, 8 comes before 124 and 1, 7 before 8" {
	workflow <<'YAML'
lily: 1
max_transitions: 1
steps:
  a: { run: "sleep 60", timeout: 100ms, grace: 100ms }
  b: { run: "exit 1", retry: { attempts: 5, backoff: 1ms } }
YAML
	go run
	expect 8
	has "$stderr" "max_transitions"
	sed -i '/max_transitions/d' w.lily.yaml
	go run
	expect 124
}

@test "outcomes: a failure that may be does not decide how lily ends" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "sleep 60", timeout: 100ms, grace: 100ms, continue_on_error: true }
  b: { run: "exit 1", needs: { a: finished } }
YAML
	go run
	expect 1
	[[ $(json "$(lily show --json)" '[f["tolerated"] for f in d["failed_steps"]]') == *True* ]]
	lily events --json >events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
}

@test "outcomes: the plan says what is asked for, and what runs last" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "true" }
  b: { run: "true" }
  c: { run: "true", needs: { b: failed, a: finished } }
finally:
  z: { run: "true", needs: { c: finished } }
YAML
	go plan
	expect 0
	has "$output" "c  after a (finished), b (failed)"
	has "$output" "z  finally  after c (finished)"
}

# What is told in finally, and the run that tells it: z waits for a file "go".
asks_status() {
	workflow <<'YAML'
lily: 1
params: { way: { type: string, default: well } }
steps:
  a: { exec: [ bash, -c, "test $0 = well || { test $0 = ill && exit 1; touch started; sleep 60; }", "${{ params.way }}" ] }
finally:
  y: { run: "exit 1", if: run.status == 'failed', continue_on_error: true }
  x: { run: 'echo "x $S" >>log', env: { S: "${{ run.status }}" } }
  z: { run: 'cat $LILY_IN/s >>log; echo >>log; [ -e go ] || sleep 60', needs: { x: finished, y: finished }, in: { s: { value: "z ${{ run.status }}" } } }
YAML
}

@test "run.status: what is in finally is told how the rest has ended" {
	asks_status
	touch go
	go run -q
	expect 0
	[[ $(<log) == $'x succeeded\nz succeeded' && $(states) == *"y=skipped"* ]]
	rm log
	go run -q -p way=ill
	expect 1
	[[ $(<log) == $'x failed\nz failed' && $(states) == *"y=failed"* ]]
	rm log
	lily run -q -p way=slow 2>/dev/null &
	until_true test -e started
	kill -TERM $!
	status=0; wait $! || status=$?
	[[ $status == 7 && $(<log) == $'x cancelled\nz cancelled' ]]
	lily events --json >events.jsonl
	[[ $(grep -c '"run.finally"' events.jsonl) == 1 ]]
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	go fsck
	expect 0
}

@test "run.status: a run that is killed and cancelled in finally tells the same on" {
	asks_status
	lily run -q -p way=ill 2>/dev/null &
	until_true grep -q z log
	kill -9 $!
	wait $! || true
	touch go
	lily resume -q 2>/dev/null || true
	[[ $(<log) == $'x failed\nz failed\nz failed' ]]
	# A wish to cancel that comes when finally has begun ends the run as cancelled, and is no news to it.
	rm go log
	lily run -q 2>/dev/null &
	until_true grep -q z log
	kill -TERM $!
	sleep 0.3
	kill -9 $!
	wait $! || true
	touch go
	go resume
	expect 7
	[[ $(<log) == $'x succeeded\nz succeeded\nz succeeded' ]]
}

@test "run.status: what is retried within the run makes finally begin again" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "test -e good" }
finally:
  y: { run: 'until test -e go; do sleep 0.05; done' }
  z: { run: 'echo "$S" >>log', needs: { y: finished }, env: { S: "${{ run.status }}" } }
YAML
	lily run -q 2>/dev/null &
	until_true bash -c 'lily events --json | grep -q run.finally'
	touch good
	lily retry -q 2>/dev/null &
	until_true bash -c 'lily events --json | grep -q attempt.accepted'
	touch go
	wait
	[[ $(<log) == succeeded ]]
	[[ $(lily events --json | grep -c run.finally) == 2 ]]
}

@test "run.status: check says where it cannot be used, and why" {
	workflow <<'YAML'
lily: 1
env: { S: "${{ run.status }}" }
outputs: { s: "${{ run.status }}" }
steps:
  a: { run: "true", if: run.status == 'failed' }
finally:
  g: { steps: { b: { run: "true", if: run.status == 'failed' } } }
YAML
	go check
	expect 3
	[[ $(grep -c "only steps of \`finally\`" <<<"$output") == 3 ]]
	for line in 2 3 5; do
		has "$output" "w.lily.yaml:$line:"
	done
	hasnt "$output" "w.lily.yaml:7:"
}

@test "run.status is what it was, where only steps of finally failed and one of them is retried" {
	workflow <<'YAML'
lily: 1
parallel: 1
steps: { good: { run: 'true' } }
finally:
  f1: { env: { S: "${{ run.status }}" }, run: 'echo "$S" >>said; test -e fixed' }
  f2: { run: 'exit 1' }
  f3: { run: 'touch waits; until test -e go; do sleep 0.05; done' }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e waits
	touch fixed
	lily retry f1 >/dev/null 2>&1 &
	follower=$!
	is_retried() { lily events | grep -q visit.retried; }
	until_true is_retried
	kill -9 "$driver"
	wait "$driver" || true
	kill -9 "$follower" 2>/dev/null || true
	touch go
	go resume
	[ "$(sort -u said)" = succeeded ]
	[ "$(wc -l <said)" -eq 2 ]
}

@test "run.status is worked out anew where a step of the body was retried before the kill" {
	workflow <<'YAML'
lily: 1
parallel: 1
steps: { bad: { run: 'test -e fixed || exit 1; touch again; until test -e go; do sleep 0.05; done' } }
finally:
  f: { run: 'touch waits; until test -e fixed; do sleep 0.05; done' }
  g: { env: { S: "${{ run.status }}" }, run: 'echo "$S" >>said' }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e waits
	lily retry bad >/dev/null 2>&1 &
	follower=$!
	is_retried() { lily events | grep -q visit.retried; }
	until_true is_retried
	touch fixed
	until_true test -e again
	kill -9 "$driver"
	wait "$driver" || true
	kill -9 "$follower" 2>/dev/null || true
	touch go
	go resume
	expect 0
	[ "$(cat said)" = succeeded ]
}
