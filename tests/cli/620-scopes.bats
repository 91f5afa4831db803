load setup.bash

# `workflow`: a step that is made from another file, a scope of the same run.

# The steps of the last run and their states.
states() {
	lily show --steps --json | python3 -c 'import json, sys
for s in json.load(sys.stdin)["step_list"]: print(s["step"], s["state"])'
}

# The state of one step. Usage: state STEP
state() {
	states | sed -n "s|^$1 ||p"
}

# A file that counts the lines of a table, and one that uses it twice.
reports() {
	mkdir -p parts
	workflow parts/report.lily.yaml <<'YAML'
lily: 1
params:
  title: { type: string }
  level: { type: integer, minimum: 1, maximum: 9, default: 1 }
inputs: { table: {} }
env: { TITLE: "${{ params.title }}" }
steps:
  count:
    in: { table: "${{ inputs.table }}" }
    run: wc -l <"$LILY_IN/table" >"$LILY_OUT/lines"
    out: { lines: { type: json } }
  write:
    env: { LINES: "${{ steps.count.out.lines }}", LEVEL: "${{ params.level }}" }
    run: echo "$TITLE $LEVEL $LINES" >"$LILY_OUT/text"
    out: { text: { type: text } }
outputs:
  text: ${{ steps.write.out.text }}
  lines: ${{ steps.count.out.lines }}
  loud: ${{ params.level > 5 }}
YAML
	workflow <<'YAML'
lily: 1
params: { year: { type: integer, default: 2026 } }
steps:
  fetch:
    run: printf 'a\nb\n' >"$LILY_OUT/table"; echo 7 >"$LILY_OUT/level"
    out: { table: { type: file }, level: { type: json } }
  first:
    workflow: parts/report.lily.yaml
    with: { title: "First ${{ params.year }}", level: "${{ steps.fetch.out.level }}" }
    in: { table: "${{ steps.fetch.out.table }}" }
  second:
    workflow: ./parts/../parts/report.lily.yaml
    with: { title: Second }
    in: { table: "${{ steps.fetch.out.table }}" }
  join:
    env: { S: "${{ steps.first.status }}", L: "${{ steps.first.out.loud }} ${{ steps.second.out.loud }}" }
    in: { a: "${{ steps.first.out.text }}", b: "${{ steps.second.out.text }}" }
    run: cat "$LILY_IN/a" "$LILY_IN/b" >"$LILY_OUT/all"; echo "$S $L" >>"$LILY_OUT/all"
    out: { all: { type: text } }
outputs: { all: "${{ steps.join.out.all }}", lines: "${{ steps.first.out.lines }}" }
YAML
}

@test "a file used twice: its steps are steps of the run, its outputs those of the step" {
	reports
	lily check w.lily.yaml
	go run w.lily.yaml
	expect 0
	[ "$(states)" = "fetch succeeded
first succeeded
first/count succeeded
first/write succeeded
second succeeded
second/count succeeded
second/write succeeded
join succeeded" ]
	[ "$(lily artifact cat join.all)" = "First 2026 7 2
Second 1 2
succeeded true false" ]
	[ "$(lily artifact cat first.lines)" = 2 ]
	# The steps of both are as any others.
	go why first/write
	expect 0
	go logs first/count
	expect 0
	has "$(lily graph w.lily.yaml)" second/write
	has "$(lily events)" scope.opened
	go fsck
	expect 0
	[ "$(ls "$T"/state/lily/*/runs | wc -l)" = 1 ]
}

@test "events and plan are what their schemas say" {
	reports
	lily run -q w.lily.yaml
	lily events --json >events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	lily plan w.lily.yaml --json >plan.json
	go schema validate -s plan.v1 plan.json
	expect 0
	[ "$(json "$(cat plan.json)" 'list(d["files"])')" = "['parts/report.lily.yaml']" ]
}

@test "the run executes its plan, whatever becomes of the files" {
	reports
	sed -i 's/    run: printf/    run: until [ -e go ]; do sleep 0.02; done; printf/' w.lily.yaml
	lily run -q w.lily.yaml 2>/dev/null &
	until_true counts_are 0 1
	echo 'lily: 1' >parts/report.lily.yaml
	echo 'lily: 1' >w.lily.yaml
	touch go
	wait
	[ "$(state join)" = succeeded ]
	[ "$(lily artifact cat second.text)" = "Second 1 2" ]
}

@test "a step that fails within fails the scope; what needs that is told so" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  bad: { run: exit 3 }
  soft: { run: exit 4, continue_on_error: true }
  good: { run: "true" }
  after: { run: "true", needs: [ bad ] }
finally:
  clean: { run: echo "$S" >cleaned, env: { S: "${{ run.status }}" } }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  next: { run: "true", needs: [ part ] }
  rescue:
    needs: { part: failed }
    env: { E: "${{ steps.part.error }}" }
    run: echo "$E" >"$LILY_OUT/e"
    out: { e: { type: text } }
YAML
	go run w.lily.yaml
	expect 1
	has "$stderr" "2 of the 5 steps of part.lily.yaml failed (part/bad, part/after)"
	[ "$(states)" = "part failed
part/bad failed
part/soft failed
part/good succeeded
part/after blocked
part/clean succeeded
next blocked
rescue succeeded" ]
	[ "$(cat cleaned)" = failed ]
	[ "$(lily artifact cat rescue.e)" = steps ]
	sed -i 's/part.lily.yaml }/part.lily.yaml, continue_on_error: true }/; /  next:/d' w.lily.yaml
	go run w.lily.yaml
	expect 0
	[ "$(state part)" = failed ]
	go fsck
	expect 0
}

@test "what is in finally of the file runs at the end of the scope, not of the run" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: echo a >>order }
  b: { run: echo b >>order, needs: [ a ] }
finally:
  clean: { run: echo "clean-$S" >>order, env: { S: "${{ run.status }}" } }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  next: { run: echo next >>order, needs: [ part ] }
finally:
  last: { run: echo last >>order }
  more: { workflow: part.lily.yaml, needs: [ last ] }
YAML
	lily run -q w.lily.yaml
	[ "$(tr '\n' ' ' <order)" = "a b clean-succeeded next last a b clean-succeeded " ]
}

@test "a scope whose condition is false is skipped with all of its steps" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps: { a: { run: "true", out: { o: { optional: true } } } }
finally: { clean: { run: touch cleaned } }
outputs: { o: "${{ steps.a.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
params: { deploy: { type: boolean, default: false } }
steps:
  part: { workflow: part.lily.yaml, if: params.deploy }
  next: { run: "true", needs: [ part ] }
YAML
	lily run -q w.lily.yaml
	[ "$(states)" = "part skipped
part/a skipped
part/clean skipped
next succeeded" ]
	[ ! -e cleaned ]
	lily run -q w.lily.yaml -p deploy=true
	[ "$(state part/a)" = succeeded ]
	go fsck
	expect 0
}

@test "files within files: names, params and artifacts go through all of them" {
	mkdir -p a/b
	workflow a/b/inner.lily.yaml <<'YAML'
lily: 1
params: { word: { type: string } }
inputs: { file: {}, extra: { optional: true }, own: { path: own.txt } }
steps:
  each:
    foreach: [ 1, 2 ]
    env: { W: "${{ params.word }}" }
    in: { file: "${{ inputs.file }}", own: "${{ inputs.own }}", extra: { from: "${{ inputs.extra }}", optional: true } }
    run: |
      [ ! -e "$LILY_IN/extra" ]
      echo "$W $LILY_ITEM $(cat "$LILY_IN/file") $(cat "$LILY_IN/own")" >"$LILY_OUT/t"
    out: { t: { type: text } }
  copy: { in: { f: "${{ inputs.file }}" }, run: "cp \"$LILY_IN/f\" \"$LILY_OUT/f\"", out: { f: } }
outputs: { all: "${{ steps.each.out.t }}", file: "${{ steps.copy.out.f }}" }
YAML
	workflow a/middle.lily.yaml <<'YAML'
lily: 1
params: { word: { type: string } }
inputs: { f: {} }
steps:
  in: { workflow: b/inner.lily.yaml, with: { word: "<${{ params.word }}>" }, in: { file: "${{ inputs.f }}" } }
outputs: { all: "${{ steps.in.out.all }}", file: "${{ steps.in.out.file }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  make:
    run: echo word >"$LILY_OUT/w"; echo content >"$LILY_OUT/f"
    out: { w: { type: text }, f: }
  mid: { workflow: a/middle.lily.yaml, with: { word: "${{ steps.make.out.w }}" }, in: { f: "${{ steps.make.out.f }}" } }
outputs: { all: "${{ steps.mid.out.all }}", file: "${{ steps.mid.out.file }}" }
YAML
	echo mine >own.txt
	lily check w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(lily artifact cat mid.all | tr -d '\n')" = '["<word> 1 content mine","<word> 2 content mine"]' ]
	[ "$(lily artifact cat mid.file)" = content ]
	[ "$(state mid/in/each/1)" = succeeded ]
	echo other >other.txt
	lily run -q w.lily.yaml -i mid/in/own=other.txt
	has "$(lily artifact cat mid.all)" "content other"
	lily events --json >events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
}

@test "a param that only the run knows is checked when the scope begins" {
	reports
	sed -i 's/echo 7/echo 70/' w.lily.yaml
	go run w.lily.yaml
	expect 1
	has "$stderr" 'first'
	has "$stderr" 'with "level"'
		[ "$(states)" = "fetch succeeded
first failed
first/count skipped
first/write skipped
second succeeded
second/count succeeded
second/write succeeded
join blocked" ]
	sed -i 's/echo 70/echo \\"seven\\"/' w.lily.yaml
	go run w.lily.yaml
	expect 1
	has "$stderr" 'must be a whole number, not a string'
}

@test "killed at any instant, a run goes on within its scopes" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { n: { type: integer } }
steps:
  a: { run: "echo a >>ran; sleep 0.03", out: { o: { optional: true } } }
  b: { run: "echo b >>ran; sleep 0.03; echo $N >$LILY_OUT/o", needs: [ a ], env: { N: "${{ params.n }}" }, out: { o: { type: json } } }
finally:
  c: { run: "echo c >>ran; sleep 0.02" }
outputs: { o: "${{ steps.b.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
parallel: 2
steps:
  first: { run: "sleep 0.02; echo 5 >$LILY_OUT/n", out: { n: { type: json } } }
  x: { workflow: part.lily.yaml, with: { n: "${{ steps.first.out.n }}" } }
  y: { workflow: part.lily.yaml, with: { n: 6 } }
  last: { run: "echo \"$X $Y\" >\"$LILY_OUT/t\"", env: { X: "${{ steps.x.out.o }}", Y: "${{ steps.y.out.o }}" }, out: { t: { type: text } } }
YAML
	for delay in 0.02 0.05 0.08 0.11 0.14 0.17 0.2 0.24; do
		export XDG_STATE_HOME=$T/state-$delay
		lily run -q w.lily.yaml 2>/dev/null &
		pid=$!
		until_true lily show
		sleep "$delay"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		run_status_is succeeded || lily resume -q 2>/dev/null
		[ "$(lily artifact cat last.t)" = "5 6" ]
		[ "$(states | grep -c ' succeeded')" = 10 ]
		lily fsck >fsck.out
	done
}

@test "cancelled within a scope: the scope too, and its finally still runs" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: sleep 30 }
  b: { run: "true", needs: [ a ] }
finally: { c: { run: echo "$S" >cleaned, env: { S: "${{ run.status }}" } } }
YAML
	workflow <<'YAML'
lily: 1
steps: { part: { workflow: part.lily.yaml } }
YAML
	lily run -q w.lily.yaml 2>/dev/null &
	until_true counts_are 0 2
	lily cancel 2>/dev/null
	wait || true
	[ "$(states)" = "part cancelled
part/a cancelled
part/b cancelled
part/c succeeded" ]
	[ "$(cat cleaned)" = cancelled ]
	go fsck
	expect 0
}

@test "retry: what failed within a scope runs again, what succeeded is kept" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: echo a >>ran }
  b: { run: "echo b >>ran; [ -e fixed ]; echo 1 >$LILY_OUT/o", needs: [ a ], out: { o: { type: json } } }
  c: { run: echo c >>ran, needs: [ b ] }
finally: { d: { run: echo d >>ran } }
outputs: { o: "${{ steps.b.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  next: { run: "echo next >>ran", in: { o: "${{ steps.part.out.o }}" } }
  apart: { run: "echo apart >>ran" }
YAML
	lily run -q w.lily.yaml 2>/dev/null || true
	sort ran | tr '\n' ' ' >was
	[ "$(cat was)" = "a apart b d " ]
	touch fixed
	rm ran
	go retry
	expect 0
	[ "$(tr '\n' ' ' <ran)" = "b c d next " ]
	[ "$(state part/a)" = adopted ]
	[ "$(state part)" = succeeded ]
	# A step of the scope, by its name.
	rm ran
	go retry part/c
	expect 0
	[ "$(tr '\n' ' ' <ran)" = "c d next " ]
	[ "$(state part/b)" = adopted ]
	# All of it.
	rm ran
	go retry part
	expect 0
	[ "$(tr '\n' ' ' <ran)" = "a b c d next " ]
	# Nothing of it: the scope is kept as a whole.
	rm ran
	go retry apart
	expect 0
	[ "$(cat ran)" = apart ]
	[ "$(state part) $(state part/d)" = "adopted adopted" ]
	go fsck
	expect 0
}

@test "retry of an edited file compares the steps of the other file, too" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: echo a >>ran }
  b: { run: "echo b >>ran; echo 1 >$LILY_OUT/o", needs: [ a ], out: { o: { type: json } } }
outputs: { o: "${{ steps.b.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  next: { run: "echo next >>ran", in: { o: "${{ steps.part.out.o }}" } }
YAML
	lily run -q w.lily.yaml
	sed -i 's/echo b >>ran/echo B >>ran/' part.lily.yaml
	rm ran
	go retry --file w.lily.yaml
	expect 0
	[ "$(tr '\n' ' ' <ran)" = "B next " ]
	[ "$(state part/a)" = adopted ]
	# A step more before it gives other numbers to all, and changes none.
	sed -i 's/^steps:/steps:\n  new: { run: echo new >>ran }/' w.lily.yaml
	rm ran
	go retry --file w.lily.yaml
	expect 0
	[ "$(cat ran)" = new ]
}

@test "an edited file is read again, although the one that uses it is as it was" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps: { a: { run: echo one >"$LILY_OUT/t", out: { t: { type: text } } } }
outputs: { t: "${{ steps.a.out.t }}" }
YAML
	workflow <<'YAML'
lily: 1
steps: { part: { workflow: part.lily.yaml } }
YAML
	lily run -q w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(lily artifact cat part.t)" = one ]
	sed -i 's/echo one/echo two/' part.lily.yaml
	lily run -q w.lily.yaml
	[ "$(lily artifact cat part.t)" = two ]
	echo broken >part.lily.yaml
	go run w.lily.yaml
	expect 3
}

@test "retry of an edited file reads again what an input of a scope finds at its path" {
	workflow part.lily.yaml <<'YAML'
lily: 1
inputs: { d: { path: d.txt } }
steps: { a: { in: { d: "${{ inputs.d }}" }, run: "cp $LILY_IN/d $LILY_OUT/t", out: { t: { type: text } } } }
outputs: { t: "${{ steps.a.out.t }}" }
YAML
	workflow <<'YAML'
lily: 1
steps: { part: { workflow: part.lily.yaml } }
YAML
	echo one >d.txt
	lily run -q w.lily.yaml
	echo two >d.txt
	go retry --file w.lily.yaml
	expect 0
	[ "$(lily artifact cat part.t)" = two ]
	rm d.txt
	go run w.lily.yaml
	expect 3
	has "$stderr" "part/d"
}

@test "cache: a step of a scope is reused like any other" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { w: { type: string } }
steps:
  a:
    cache: true
    env: { W: "${{ params.w }}" }
    run: echo "$W" >>ran; echo "$W" >"$LILY_OUT/t"
    out: { t: { type: text } }
outputs: { t: "${{ steps.a.out.t }}" }
YAML
	workflow <<'YAML'
lily: 1
params: { w: { type: string, default: one } }
steps: { part: { workflow: part.lily.yaml, with: { w: "${{ params.w }}" } } }
YAML
	lily run -q w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(state part/a)" = reused ]
	[ "$(lily artifact cat part.t)" = one ]
	lily run -q w.lily.yaml -p w=two
	[ "$(state part/a)" = succeeded ]
	[ "$(tr '\n' ' ' <ran)" = "one two " ]
	# What would be reused within the scope, and with what it returns.
	sed -i '/^steps:/s/.*/steps:\n  next: { cache: true, in: { t: "${{ steps.part.out.t }}" }, run: "cat $LILY_IN\/t" }\n  part: { workflow: part.lily.yaml, with: { w: "${{ params.w }}" } }/' w.lily.yaml
	lily run -q w.lily.yaml
	go run -n w.lily.yaml
	expect 0
	[ "$(grep -c 'would *be reused' <<<"$output")" = 2 ]
	has "$output" "workflow part.lily.yaml"
	go run -n w.lily.yaml -p w=three
	expect 0
	hasnt "$output" "be reused"
	has "$output" "run after part"
}

@test "secrets: only those that are handed over, by their own names there" {
	workflow part.lily.yaml <<'YAML'
lily: 1
secrets: { TOKEN: { env: NOT_THIS } }
steps:
  a:
    secrets: [ TOKEN ]
    run: printf '%s' "$TOKEN" | sha256sum | cut -c1-8 >"$LILY_OUT/t"
    out: { t: { type: text } }
outputs: { t: "${{ steps.a.out.t }}" }
YAML
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: FIRST }, OTHER: { env: SECOND } }
steps:
  one: { workflow: part.lily.yaml, secrets: [ TOKEN ] }
  two: { workflow: part.lily.yaml, secrets: { TOKEN: OTHER } }
YAML
	FIRST=first-secret SECOND=second-secret lily run -q w.lily.yaml
	[ "$(lily artifact cat one.t)" = "$(printf first-secret | sha256sum | cut -c1-8)" ]
	[ "$(lily artifact cat two.t)" = "$(printf second-secret | sha256sum | cut -c1-8)" ]
	sed -i 's/, secrets: \[ TOKEN \]//' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'w.lily.yaml:4:20: step "one": step "a" of part.lily.yaml takes the secret "TOKEN", which is not handed over: secrets: [ TOKEN ]'
}

@test "schemas and pools of the file are those of the run" {
	mkdir -p parts/schemas
	echo '{ "type": "object", "required": [ "n" ] }' >parts/schemas/n.json
	workflow parts/part.lily.yaml <<'YAML'
lily: 1
schemas: { n.v1: schemas/n.json }
pools: { gpu: 1 }
params: { text: { type: string } }
steps:
  a:
    pools: { gpu: 1 }
    env: { T: "${{ params.text }}" }
    run: echo "$T" >"$LILY_OUT/n"; echo "$LILY_POOL_GPU"
    out: { n: { schema: n.v1 } }
outputs: { n: "${{ steps.a.out.n }}" }
YAML
	workflow <<'YAML'
lily: 1
pools: { gpu: 2 }
params: { text: { type: string, default: "{\"n\": 1}" } }
steps:
  part: { workflow: parts/part.lily.yaml, with: { text: "${{ params.text }}" } }
YAML
	lily check w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(json "$(lily artifact list --json)" '[a["artifact_type"] for a in d]')" = "['n.v1', 'n.v1']" ]
	go run w.lily.yaml -p text='{}'
	expect 1
	has "$stderr" "part/a"
	sed -i 's/gpu: 2/cpu: 2/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" "w.lily.yaml:5:21"
	has "$output" "declare it here, pools: { gpu: 1 }"
}

# A wrong use of a part. Usage: wrong LINE TEXT: the step as it stands, and what is said of it
wrong() {
	printf 'lily: 1\nsecrets: { S: { env: S } }\nsteps:\n  m: { run: x, out: { o: { type: json } } }\n  p: { %s }\n' "$1" >w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" "w.lily.yaml:5:"
	has "$output" "$2"
	[ "$(grep -c ^error: <<<"$output")" = 1 ]
}

@test "check: every wrong use, with its place and what to do" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { n: { type: integer }, m: { type: string, default: x, enum: [ x, y ] } }
inputs: { i: {}, j: { optional: true } }
secrets: { T: { env: T } }
steps: { a: { run: "true", in: { i: "${{ inputs.i }}" }, secrets: [ T ] } }
YAML
	in=' i: "${{ steps.m.out.o }}"'
	ok='workflow: part.lily.yaml, with: { n: 1 }, in: { i: "${{ steps.m.out.o }}" }, secrets: { T: S }'
	printf 'lily: 1\nsecrets: { S: { env: S } }\nsteps:\n  m: { run: x, out: { o: { type: json } } }\n  p: { %s }\n' "$ok" >w.lily.yaml
	lily check w.lily.yaml
	wrong 'workflow: nowhere.lily.yaml' 'nowhere.lily.yaml: No such file or directory'
	wrong 'workflow: "${{ params.x }}"' 'must be the plain path of a file, relative to this one'
	wrong 'workflow: [ a ]' '"workflow" must be the path of another workflow file'
	wrong "${ok/n: 1/n: 1, o: 1}" 'part.lily.yaml has no param "o"'
	wrong "${ok/n: 1/n: one}" 'with "n": must be integer, not the text "one"'
	wrong "${ok/n: 1/n: 1, m: z}" 'with "m": must be one of "x", "y"'
	wrong "${ok/n: 1/m: x}" 'param "n" of part.lily.yaml has no default and must be given: with: { n: … }'
	wrong "${ok/ i:/ k: \"\$\{\{ steps.m.out.o \}\}\", i:}" 'part.lily.yaml has no input "k"'
	wrong "${ok/$in/}" 'input "i" of part.lily.yaml must be handed over'
	wrong "${ok/$in/ i: { path: x \}}" 'declare an input of this workflow'
	wrong "${ok/steps.m.out.o/1 + 1}" 'there is no arithmetic in expressions'
	wrong "${ok/steps.m.out.o/steps.m.status}" 'must be an artifact such as'
	wrong "${ok/T: S/T: X}" 'there is no secret "X"'
	wrong "${ok/T: S/T: S, U: S}" 'part.lily.yaml has no secret "U"'
	wrong "$ok, out: { x: }" '"out" does not go with `workflow`: what it makes is said by the `outputs` of that file'
	wrong "$ok, retry: { attempts: 2 }" '"retry" does not go with `workflow`'
	wrong "$ok, exec: [ x ]" 'cannot stand together'
	wrong "${ok/n: 1/n: \"\$\{\{ item \}\}\"}" 'item is there in the steps of a foreach only'
	wrong "$ok, foreach: [ 1 ], out: { x: }" '"out" does not go with `workflow`'
	printf 'lily: 1\nsteps: { a: { run: x, in: { p: { previous: a.o, optional: true } }, out: { o: } } }\n' >old.lily.yaml
	wrong 'workflow: old.lily.yaml, foreach: [ 1 ]' 'old.lily.yaml takes in what an earlier run left (a.o)'
	wrong "run: x, with: { n: 1 }" '`with` goes with `workflow`'
	printf 'lily: 1\nsecrets: { S: { env: S } }\nsteps:\n  p: { %s }\n  m: { run: x, out: { o: { type: json } } }\n  q: { run: x, in: { x: "${{ steps.p.out.zz }}" } }\n' "$ok" >w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'w.lily.yaml:6:'
	has "$output" 'part.lily.yaml returns no "zz"; add it to its `outputs`'
	# What the other file knows is nothing outside, nor the other way.
	printf 'lily: 1\nsecrets: { S: { env: S } }\nsteps:\n  p: { %s }\n  m: { run: x, out: { o: { type: json } } }\n  q: { run: x, needs: [ p/a ] }\n' "$ok" >w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'there is no step "p/a"'
}

@test "check: what is wrong with the other file is shown in it, and who uses it" {
	mkdir parts
	workflow parts/part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: "true", needs: [ m ] }
YAML
	workflow <<'YAML'
lily: 1
steps:
  m: { run: "true" }
  p: { workflow: parts/part.lily.yaml }
YAML
	go check w.lily.yaml
	expect 3
	has "$output" 'w.lily.yaml:4:18: step "p": parts/part.lily.yaml, which it uses, has 1 error'
	has "$output" 'parts/part.lily.yaml:3:30: step "a": there is no step "m"'
	go run w.lily.yaml
	expect 3
	has "$stderr" 'parts/part.lily.yaml:3:30'
	echo 'lily: 1 steps' >parts/part.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'w.lily.yaml:4:18'
	echo '[ 1 ]' >parts/part.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'parts/part.lily.yaml:1:1: a workflow is a map'
}

@test "check: a file that uses itself, and files too deep in each other" {
	mkdir sub
	workflow a.lily.yaml <<'YAML'
lily: 1
steps: { s: { workflow: sub/b.lily.yaml } }
YAML
	workflow sub/b.lily.yaml <<'YAML'
lily: 1
steps: { s: { workflow: ../a.lily.yaml } }
YAML
	go check a.lily.yaml
	expect 3
	has "$output" 'sub/b.lily.yaml:2:25: step "s": a workflow cannot use itself: a.lily.yaml → sub/b.lily.yaml → a.lily.yaml'
	for i in 0 1 2 3 4 5 6 7 8 9; do
		printf 'lily: 1\nsteps: { s: { workflow: d%s.lily.yaml } }\n' $((i + 1)) >d$i.lily.yaml
	done
	printf 'lily: 1\nsteps: { s: { run: "true" } }\n' >d8.lily.yaml
	lily check d0.lily.yaml
	lily run -q d0.lily.yaml
	[ "$(state s/s/s/s/s/s/s/s/s)" = succeeded ]
	printf 'lily: 1\nsteps: { s: { workflow: d9.lily.yaml } }\n' >d8.lily.yaml
	printf 'lily: 1\nsteps: { s: { run: "true" } }\n' >d9.lily.yaml
	go check d0.lily.yaml
	expect 3
	has "$output" 'more than 8 deep in each other: d0.lily.yaml → d1.lily.yaml'
}

@test "what a scope was given from a step that runs again is not kept in it" {
	mkdir -p parts
	workflow parts/part.lily.yaml <<'YAML'
lily: 1
params: { x: { type: string } }
steps:
  p: { env: { X: "${{ params.x }}" }, run: 'echo "made from $X" >"$LILY_OUT/o"', out: { o: { type: text } } }
  q: { run: test -e fixed }
outputs: { o: "${{ steps.p.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'echo old >"$LILY_OUT/v"', out: { v: { type: text } } }
  b: { run: 'echo other >"$LILY_OUT/v"', out: { v: { type: text } } }
  s: { workflow: parts/part.lily.yaml, with: { x: "${{ steps.a.out.v }}" } }
YAML
	go run
	expect 1
	[ "$(state s/p)" = succeeded ]
	touch fixed
	# Only what failed, where nothing that it was given is new.
	go retry
	expect 0
	[ "$(state s/p)" = adopted ]
	rm fixed
	go run
	expect 1
	touch fixed
	sed -i 's/echo old/echo new/' w.lily.yaml
	go retry --file w.lily.yaml
	expect 0
	[ "$(lily artifact cat @last/s/p.o)" = "made from new" ]
	# Two things that changed at once, too.
	sed -i 's/steps.a.out/steps.b.out/' w.lily.yaml
	echo '  more: ${{ params.x }}' >>parts/part.lily.yaml
	sed -i 's/^outputs: .*/outputs:\n  o: ${{ steps.p.out.o }}/' parts/part.lily.yaml
	go retry --file w.lily.yaml
	expect 0
	[ "$(lily artifact cat @last/s/p.o)" = "made from other" ]
	[ "$(state b)" = adopted ]
}

# What runs last in each file that was begun, and then what the run itself has for last.
cleans_up() {
	until_true test -e begun
	kill -TERM "$driver"
	wait "$driver" && code=0 || code=$?
	[ "$code" -eq 7 ]
	[ "$(cat ran)" = "$1" ]
	wont grep -E 'pending|running' <<<"$(states)"
}

@test "finally runs, from the inside out, where a foreach in a scope is cut off" {
	mkdir -p parts
	workflow parts/sub.lily.yaml <<'YAML'
lily: 1
steps: { e: { foreach: [ 1, 2, 3 ], run: 'touch begun; sleep 20' } }
finally: { f: { run: echo inner >>ran } }
YAML
	workflow <<'YAML'
lily: 1
parallel: 2
steps: { s: { workflow: parts/sub.lily.yaml } }
finally: { last: { run: echo outer >>ran } }
YAML
	lily run >out 2>err &
	driver=$!
	cleans_up "$(printf 'inner\nouter')"
	# What asks for success there does not come, and that is recorded.
	rm begun ran
	sed -i 's/f: { /f: { needs: { e: succeeded }, /' parts/sub.lily.yaml
	lily run >out 2>err &
	driver=$!
	cleans_up outer
	[ "$(state s/f)" = skipped ]
}

@test "finally runs, from the inside out, where a scope in a scope is cut off" {
	mkdir -p parts
	workflow parts/b.lily.yaml <<'YAML'
lily: 1
steps: { b: { run: 'touch begun; sleep 20' } }
finally: { f: { run: echo b >>ran } }
YAML
	workflow parts/a.lily.yaml <<'YAML'
lily: 1
steps: { a: { workflow: b.lily.yaml } }
finally: { f: { run: echo a >>ran } }
YAML
	workflow <<'YAML'
lily: 1
steps: { s: { workflow: parts/a.lily.yaml } }
finally: { last: { run: echo outer >>ran } }
YAML
	lily run >out 2>err &
	driver=$!
	cleans_up "$(printf 'b\na\nouter')"
}

@test "finally of a scope runs after --fail-fast and at the end of a budget" {
	mkdir -p parts
	workflow parts/sub.lily.yaml <<'YAML'
lily: 1
steps: { e: { foreach: { in: [ 1, 2, 3 ], parallel: 1 }, run: 'sleep 0.3' } }
finally: { f: { run: echo inner >>ran } }
YAML
	workflow <<'YAML'
lily: 1
steps: { s: { workflow: parts/sub.lily.yaml }, x: { run: 'sleep 0.1; exit 1' } }
finally: { last: { run: echo outer >>ran } }
YAML
	go run --fail-fast
	expect 1
	[ "$(cat ran)" = "$(printf 'inner\nouter')" ]
	rm ran
	sed -i 's/, x: .*/ }\nbudget: { attempts: 2 }/' w.lily.yaml
	go run
	expect 8
	[ "$(cat ran)" = "$(printf 'inner\nouter')" ]
}

@test "a foreach in a file that is used for each item: the outer item is a param beside the inner one" {
	cat >sub.lily.yaml <<'YAML'
lily: 1
params: { host: {} }
steps:
  each: { foreach: [ x, y ], run: 'echo "$HOST $LILY_ITEM" >>said', env: { HOST: "${{ params.host }}" } }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  hosts: { foreach: [ a, b ], workflow: sub.lily.yaml, with: { host: "${{ item }}" } }
YAML
	lily run -q w.lily.yaml
	[[ $(sort said | tr '\n' ,) == "a x,a y,b x,b y," ]]
}
