load setup.bash

@test "a workflow runs: progress on standard error, outputs on standard output" {
	hello
	go run
	expect 0
	has "$stderr" "w.lily.yaml, 2 steps"
	has "$stderr" "[1/2] succeeded  greet"
	has "$stderr" "2 succeeded"
	has "$output" "greeting"
	hasnt "$output" "succeeded"
	hasnt "$stderr" $'\033'
}

@test "FILE may be left out where there is one; else it must be named" {
	go run
	expect 2
	has "$stderr" "no *.lily.yaml here"
	hello a.lily.yaml
	go run greet
	expect 0
	[[ $(json "$(lily show --json)" 'd["steps"]["total"]') == 1 ]]
	hello b.lily.yaml
	go run
	expect 2
	has "$stderr" "2 files"
	go run a.lily.yaml
	expect 0
}

@test "a file that is called like a verb is written ./new" {
	hello new
	go run ./new
	expect 0
}

@test "a mistyped verb is suggested, a missing file named" {
	go run lsit
	expect 3
	has "$stderr" "no such workflow file: lsit"
	has "$stderr" "did you mean \`lily run list\`"
	mkdir folder
	go run folder
	expect 3
	has "$stderr" "folder is a folder; name a workflow file in it"
	go run nowhere.lily.yaml
	expect 3
	has "$stderr" "nowhere.lily.yaml"
}

@test "params: -p, -P, types, slips" {
	workflow <<'YAML'
lily: 1
params:
  n: { type: integer }
  word: { type: string, default: x }
outputs: { o: "${{ steps.s.out.o }}" }
steps:
  s:
    exec: [ sh, -c, 'printf %s "$1" >"$LILY_OUT/o"', sh, "${{ params.word }}-${{ params.n }}" ]
    out: { o: { type: text } }
YAML
	go run -p n=5
	expect 0
	[[ $(lily artifact cat s.o) == x-5 ]]
	echo '{"n": 6, "word": "from file"}' >p.json
	lily run -q -P p.json 2>/dev/null
	[[ $(lily artifact cat s.o) == "from file-6" ]]
	lily run -q -P - -p n=7 <p.json 2>/dev/null
	[[ $(lily artifact cat s.o) == "from file-7" ]]
	go run
	expect 3
	has "$stderr" '"n"'
	go run -p n=many
	expect 3
	has "$stderr" many
	go run -p n=5 -p wrod=y
	expect 3
	has "$stderr" wrod
	go run -p n
	expect 2
	has "$stderr" "NAME=VALUE"
	go run -P nowhere.json
	expect 3
	echo '[1]' >list.json
	go run -P list.json
	expect 3
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 3 ]]
}

@test "inputs: by default path, by -i, missing" {
	workflow <<'YAML'
lily: 1
inputs: { data: { path: data.txt } }
steps:
  s:
    run: cp "$LILY_IN/d" "$LILY_OUT/o"
    in: { d: "${{ inputs.data }}" }
    out: { o: { type: text } }
YAML
	go run
	expect 3
	has "$stderr" data.txt
	echo one >data.txt
	go run
	expect 0
	[[ $(lily artifact cat s.o) == one ]]
	echo two >else.txt
	go run -i data=else.txt
	expect 0
	[[ $(lily artifact cat s.o) == two ]]
	go run -i dta=else.txt
	expect 3
	has "$stderr" dta
}

@test "last words stay short when a log is one endless line" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "head -c 100000 /dev/zero; exit 1" }
YAML
	go run
	expect 1
	has "$stderr" '\x00\x00'
	has "$stderr" "lily logs"
	[[ ${#stderr} -lt 1500 ]]
	go show
	[[ ${#output} -lt 2500 ]]
}

@test "a failed step: exit 1, last words, the rest still runs" {
	workflow <<'YAML'
lily: 1
steps:
  bad: { run: "echo before; printf 'why \\033[2Jit failed\\n' >&2; exit 3" }
  needs-it: { run: "true", needs: [ bad ] }
  other: { run: "true" }
YAML
	go run
	expect 1
	has "$stderr" "bad failed after"
	has "$stderr" "exit status 3"
	has "$stderr" "| before"
	has "$stderr" '| why \x1b[2Jit failed'
	hasnt "$stderr" $'\033'
	has "$stderr" "lily logs "
	has "$stderr" "lily show "
	has "$stderr" "1 succeeded, 1 failed, 1 blocked"
	command=$(sed -n 's/.*whole log: //p' <<<"$stderr")
	has "$($command)" before
}

@test "a step that times out: exit 124, also beside another failure" {
	workflow <<'YAML'
lily: 1
steps:
  slow: { run: sleep 20, timeout: 300ms, grace: 100ms }
  bad: { run: exit 1 }
YAML
	go run
	expect 124
	has "$stderr" "timed out"
	go run w.lily.yaml bad
	expect 1
}

@test "--fail-fast starts nothing new" {
	workflow <<'YAML'
lily: 1
parallel: 1
steps:
  bad: { run: exit 1 }
  b: { run: touch b }
YAML
	go run --fail-fast
	expect 1
	[[ ! -e b ]]
	go run
	expect 1
	[[ -e b ]]
}

@test "retries are told of" {
	workflow <<'YAML'
lily: 1
steps:
  flaky:
    run: '[ -e again ] || { touch again; exit 7; }'
    retry: { attempts: 2, backoff: 10ms, jitter: none }
YAML
	go run
	expect 0
	has "$stderr" "retrying   flaky"
	has "$stderr" "try 2 follows"
	[[ $(json "$(lily show flaky --json)" 'd["step_list"][0]["tries"]') == 2 ]]
}

@test "--quiet: nothing but the end, and failures" {
	hello
	go run --quiet
	expect 0
	hasnt "$stderr" "[1/2]"
	[[ $(wc -l <<<"$stderr") -eq 1 ]]
}

@test "-j: as many steps at a time" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "[ ! -e busy ]; touch busy; sleep 0.1; rm busy" }
  b: { run: "[ ! -e busy ]; touch busy; sleep 0.1; rm busy" }
YAML
	go run -j 1
	expect 0
	go run -j 0
	expect 2
}

@test "--json: one object a line, run.started first, run.ended last" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: "true" }, b: { run: exit 2, needs: [ a ] }, c: { run: "true", needs: [ b ] } }
YAML
	go run --json
	expect 1
	[[ -z $stderr ]]
	python3 - "$output" <<'PY'
import json, sys
lines = [json.loads(line) for line in sys.argv[1].splitlines()]
kinds = [line["event"] for line in lines]
assert kinds[0] == "run.started" and kinds[-1] == "run.ended", kinds
assert sorted(kinds[1:-1]) == ["step.blocked", "step.failed", "step.started", "step.started",
                               "step.succeeded"], kinds
failed = next(line for line in lines if line["event"] == "step.failed")
assert failed["step"] == "b" and failed["failure"] == "exit", failed
assert lines[-1]["run"]["status"] == "failed"
assert lines[-1]["run"]["run_id"] == lines[0]["run_id"]
PY
}

@test "--key: the same key is the same run" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: "echo x >>ran" } }
YAML
	go run --key k
	expect 0
	go run --key k
	expect 0
	has "$stderr" "has this key already: succeeded"
	[[ $(wc -l <ran) -eq 1 ]]
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 1 ]]
	go run --key other
	[[ $(wc -l <ran) -eq 2 ]]
}

@test "--key: a run that was cut off is gone on with" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran" }
  b: { run: "echo b >>ran; [ -e go ] || sleep 60", needs: [ a ] }
YAML
	lily run --key k >/dev/null 2>&1 &
	until_true grep -q b ran
	until_true counts_are 1 1
	kill -9 $!
	wait $! 2>/dev/null || true
	touch go
	go run --key k
	expect 0
	has "$stderr" interrupted
	[[ $(<ran) == $'a\nb\nb' ]]
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 1 ]]
}

@test "run start: in a run that was made before, with its work order" {
	echo 'make it so' >order.txt
	workflow <<'YAML'
lily: 1
steps:
  s: { run: "cp $LILY_IN/w $LILY_OUT/o", in: { w: "${{ inputs.work_order }}" }, out: { o: null } }
YAML
	run=$(lily run new --work-order order.txt)
	go run start w.lily.yaml
	expect 2
	go run start w.lily.yaml --run "$run"
	expect 0
	[[ $(lily artifact cat "$run/s.o") == "make it so" ]]
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 1 ]]
	go run start w.lily.yaml --run "$run"
	[[ $status -eq 3 || $status -eq 9 ]]
	rm order.txt
	echo again >other.txt
	go run --work-order other.txt
	expect 0
	[[ $(lily artifact cat s.o) == again ]]
}

@test "a closed standard output does not end a run" {
	hello
	(lily run --json 2>err; echo $? >code) | true
	until_true test -s code
	[[ $(<code) -eq 0 ]]
	[[ $(json "$(lily show --json)" 'd["status"]') == succeeded ]]
}

@test "a run of many steps tells of failures and figures only" {
	{
		echo 'lily: 1'
		echo 'steps:'
		seq -f '  s%g: { exec: [ "true" ] }' 300
		echo '  bad: { exec: [ "false" ] }'
	} >w.lily.yaml
	go run
	expect 1
	has "$stderr" "failed     bad"
	hasnt "$stderr" "succeeded  s1 "
	[[ $(wc -l <<<"$stderr") -lt 15 ]]
}

@test "run: an output that is no JSON is told on one line" {
	workflow <<'YAML'
lily: 1
steps: { s: { run: "echo hi >$LILY_OUT/x", out: { x: { type: json } } } }
YAML
	go run
	expect 1
	has "$stderr" 'output x: x:1:1: is not JSON: "hi" is no JSON value'
	hasnt "$stderr" '\n'
}

@test "run: what could not be started took no time" {
	workflow <<'YAML'
lily: 1
steps: { s: { exec: [ no-such-program-anywhere ] } }
YAML
	go run
	expect 1
	has "$stderr" no-such-program-anywhere
	hasnt "$stderr" "0µs"
}

@test "no store: the words say what a workspace is" {
	mkdir sub
	hello
	lily run -q 2>/dev/null
	cd sub
	go list
	expect 3
	has "$stderr" "there is no store for $T/ws/sub"
	has "$stderr" ".lily"
	[[ $(grep -o 'lily init' <<<"$stderr" | wc -l) -eq 1 ]]
}
