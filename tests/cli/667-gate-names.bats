load setup.bash

# What gates found, in expressions: gates.STEP.GATE.status and .metrics.NAME, gates.run.GATE for those of the run.

# Two gates of a step, one of them optional; steps that ask about them.
asking() {
	cat >w.lily.yaml <<'YAML'
lily: 1
name: asking
steps:
  make:
    run: echo 1 >"$LILY_OUT/o"
    out: { o: { type: text } }
    gates:
      m: { run: 'cp measured "$LILY_METRICS"; test ! -e fail', metrics: { cover.all: { max: 9e99 } }, required: false }
      v1.x: { expr: steps.make.out.o == '1' }
  hold: { run: 'test ! -e hold || sleep 600', needs: [ make ] }
  tell:
    needs: [ hold ]
    if: gates.make.m.status != 'error' && default(gates.make.m.metrics.cover.all, 0) >= 0.12345678901234567890
    exec: [ printf, "%s\n", "${{ gates.make.m.status }}", "${{ gates.make.v1.x.status }}", "${{ default(gates.make.m.metrics['cover.all'], 'none') }}" ]
    env: { STATUS: "${{ gates['make']['v1.x'].status }}", M: "m=${{ default(gates.make.m.metrics.lines, 'none') }}" }
    out: { o: { from: stdout, type: text } }
outputs: { cover: "${{ default(gates.make.m.metrics.cover.all, null) }}", status: "${{ gates.make.m.status }}" }
YAML
	echo '{"cover.all": 0.12345678901234567890, "lines": 1e2}' >measured
}

told() {
	lily artifact cat tell.o | tr '\n' ' '
}

# The output $1 of the run.
returned() {
	lily artifact cat "$(json "$(lily artifact list --json)" "[a['artifact_id'] for a in d if a['name'] == '$1'][-1]")"
}

@test "status and metrics, exactly, in if, exec, env and outputs" {
	asking
	go run
	expect 0
	[[ $(told) == 'passed passed 0.12345678901234567890 ' ]]
	[[ $(returned cover) == 0.12345678901234567890 ]]
	# One digit less is less, which no double would tell.
	echo '{"cover.all": 0.1234567890123456788}' >measured
	go run
	expect 0
	[[ $(json "$(lily show --json)" 'd["steps"]["skipped"]') == 1 ]]
	# An optional gate that failed.
	asking
	touch fail
	go run
	expect 0
	[[ $(told) == 'failed passed 0.12345678901234567890 ' ]]
	[[ $(returned status) == failed ]]
	# One that could not judge has measured nothing.
	rm fail
	echo x >measured
	go run
	expect 0
	[[ $(json "$(lily show --json)" 'd["steps"]["skipped"]') == 1 ]]
	[[ $(returned status) == error ]]
	lily fsck
}

@test "after lily was killed and the run resumed they are the same" {
	asking
	touch hold
	lily run --quiet &
	holds() { lily show @last/hold 2>/dev/null | grep -q running; }
	until_true holds
	kill -9 $!
	wait || true
	rm hold
	echo '{"cover.all": 7}' >measured
	touch fail
	go resume
	expect 0
	[[ $(told) == 'passed passed 0.12345678901234567890 ' ]]
}

@test "of a step that a retry keeps they are those of the run that did it" {
	asking
	sed -i "s/  hold: { run: '/&test ! -e bad; /" w.lily.yaml
	touch bad fail
	go run
	expect 1
	rm bad fail
	echo '{"cover.all": 7}' >measured
	go retry
	expect 0
	[[ $(json "$(lily show --json)" 'd["steps"]["adopted"]') == 1 ]]
	[[ $(told) == 'failed passed 0.12345678901234567890 ' ]]
	# And when that one is killed and resumed.
	touch bad
	go retry hold
	expect 1
	rm bad
	touch hold
	lily retry --quiet &
	holds() { lily show @last/hold 2>/dev/null | grep -q running; }
	until_true holds
	kill -9 $!
	wait || true
	rm hold
	go resume
	expect 0
	[[ $(told) == 'failed passed 0.12345678901234567890 ' ]]
}

@test "of the last attempt; of one that did not come to be judged there is none" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make:
    run: '[ "$LILY_ATTEMPT" = 1 ] || exit 3'
    retry: { attempts: 2, backoff: 1ms }
    continue_on_error: true
    gates: { g: { expr: 'false' } }
  none: { if: 'false', run: 'true', gates: { g: { expr: 'true', required: false } } }
  judged: { run: exit 1, gates: { g: { expr: 'true' } }, continue_on_error: true }
  tell:
    if: gates.make.g.status == null && gates.none.g.status == null && gates.judged.g.status == null
    run: 'true'
YAML
	go run
	expect 1
	[[ $(json "$(lily show --json --steps)" '{s["step"]: s["state"] for s in d["step_list"]}["tell"]') == succeeded ]]
	# A required gate that failed: who asks about it runs all the same.
	sed -i 's/|| exit 3/|| true/; s/make.g.status == null/make.g.status == '"'failed'/" w.lily.yaml
	go run
	expect 4
	[[ $(json "$(lily show --json --steps)" '{s["step"]: s["state"] for s in d["step_list"]}["tell"]') == succeeded ]]
}

@test "gates of the run, from finally, from behind them, and in a sub-workflow" {
	cat >inner.yaml <<'YAML'
lily: 1
steps:
  a: { run: 'true', gates: { g: { run: 'echo "{\"n\": 5}" >"$LILY_METRICS"' } } }
  b: { run: 'echo "$X" >"$LILY_OUT/o"', env: { X: "${{ default(gates.a.g.metrics.n, 0) }} ${{ gates.run.early.status }}" }, out: { o: { type: text } } }
gates: { early: { expr: steps.a.status == 'succeeded', after: a } }
outputs: { o: "${{ steps.b.out.o }}" }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  part: { workflow: inner.yaml }
  group:
    steps:
      x: { run: 'true', gates: { g: { expr: 1 == 1 } } }
      y: { run: 'true', if: gates.x.g.status == 'passed' }
  each:
    foreach: [ 1, 2 ]
    steps:
      p: { run: 'echo "{\"n\": $LILY_INDEX}" >n', gates: { g: { run: 'echo "{\"n\": $LILY_INDEX}" >"$LILY_METRICS"' } } }
      q: { run: 'echo "$X" >"$LILY_OUT/o"', env: { X: "${{ default(gates.p.g.metrics.n, 9) }}" }, out: { o: { type: json } } }
    outputs: { o: "${{ steps.q.out.o }}" }
  last: { run: cat "$LILY_IN/i" "$LILY_IN/e" >"$LILY_OUT/o", if: "gates['group/x'].g.status == 'passed'", in: { i: "${{ steps.part.out.o }}", e: "${{ steps.each.out.o }}" }, out: { o: } }
gates: { all: { expr: steps.last.status == 'succeeded' } }
finally: { end: { run: 'echo "$S" >end', env: { S: "${{ gates.run.all.status }}" } } }
YAML
	go run
	expect 0
	[[ $(<end) == passed ]]

	[[ $(lily artifact cat last.o | tr -d '\n') == '5 passed[0,1]' ]]
	lily fsck
}

@test "asking makes the edge, and what is not known is refused at its place" {
	asking
	has "$(lily plan --json | python3 -c 'import json, sys; print([s["needs"] for s in json.load(sys.stdin)["step_list"] if s["name"] == "tell"])' 2>/dev/null || lily plan)" make
	wrong() {
		cat >w.lily.yaml <<YAML
lily: 1
steps:
  a: { run: 'true', gates: { g: { expr: 'true' }, own: { $1 } } }
  b: { run: 'true' }
  each: { foreach: [ 1 ], run: 'true', gates: { g: { expr: 'true' } } }
  group: { steps: { in: { run: 'true', gates: { g: { expr: 'true' } } } } }
  c: { run: 'true', if: "$2" }
gates: { all: { expr: steps.a.status == 'succeeded' } }
YAML
		go check
		expect 3
		has "$output$stderr" "$3"
	}
	wrong "expr: 'true'" "gates.a.h.status == 'x'" 'w.lily.yaml:7:26: step "c": step "a" has no gate "h"'
	wrong "expr: 'true'" "gates.a.owm.status == 'x'" 'did you mean "own"?'
	wrong "expr: 'true'" "gates.d.g.status == 'x'" 'w.lily.yaml:7:26: step "c": there is no step "d"'
	wrong "expr: 'true'" "gates.b.g.status == 'x'" 'step "b" has no gates'
	wrong "expr: 'true'" "gates.c.g.status == 'x'" "a step cannot use what its own gates find"
	wrong "expr: 'true'" "gates.each.g.status == 'x'" 'step "each" is a foreach, and each of its items has gates of its own'
	wrong "expr: 'true'" "gates.group.g.status == 'x'" '"group" is a group, and its steps have the gates; write gates['"'group/STEP'"'].GATE.status'
	wrong "expr: 'true'" "gates.run.al.status == 'x'" 'the run has no gate "al"; did you mean "all"?'
	wrong "expr: 'true'" "gates.a.g.reason == 'x'" 'unknown name "gates.STEP.GATE.reason"'
	wrong "expr: 'true'" "gates.a.g == 'x'" 'it names nothing of a gate; write gates.STEP.GATE.status'
	wrong "expr: 'true'" "gates.a.g.metrics > 1" '"metrics" names no metric'
	wrong "expr: 'true'" "gates.a == 'x'" 'it names nothing of a gate'
	wrong "expr: 'true'" "gates == 'x'" '"gates" names nothing'
	wrong "expr: 'true'" "gates.a.g.status > 1" 'text'
	wrong "expr: 'true'" "gates.a.g.status" 'must give true or false, not'
	wrong "expr: gates.a.g.status == 'passed'" "true" 'a step cannot use what its own gates find, "gates.a.g"; the next attempt finds it at $LILY_FEEDBACK'
	# A gate of the whole run comes after every step.
	wrong "expr: 'true'" "gates.run.all.status == 'passed'" 'run.all'
	# A metric may be absent, and then the step cannot start.
	sed -i "s/if: .*/env: { X: '\${{ gates.a.g.metrics.n }}' } }/" w.lily.yaml
	go check
	expect 0
	has "$output$stderr" 'warning: w.lily.yaml:7:'
	has "$output$stderr" '"gates.a.g.metrics.n" may be absent, and then the step cannot start'
	go run
	expect 1
	has "$stderr" 'c failed: env X: the metric "n" is not there: the gate did not judge, or did not measure it'
}

@test "of a step that is reused they are those that stand for it" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make:
    run: echo 1 >"$LILY_OUT/o"
    cache: true
    out: { o: { type: json } }
    gates: { one: { expr: steps.make.out.o == 1 }, same: { compare: { o: { with: golden } } } }
  hold: { run: 'test ! -e hold || sleep 600', needs: [ make ] }
  tell: { needs: [ hold ], run: 'echo "$S" >told', env: { S: "${{ gates.make.one.status }} ${{ gates.make.same.status }}" } }
YAML
	echo 1.0 >golden
	go run
	expect 0
	[[ $(<told) == 'passed passed' ]]
	rm told
	touch hold
	lily run --quiet &
	holds() { lily show @last/hold 2>/dev/null | grep -q running; }
	until_true holds
	[[ $(json "$(lily show --json)" 'd["steps"]["reused"]') == 1 ]]
	kill -9 $!
	wait || true
	rm hold
	go resume
	expect 0
	[[ $(<told) == 'passed passed' ]]
	# Another file to compare with: it is judged anew, and what is made no more.
	echo 2 >golden
	go run
	expect 4
}
