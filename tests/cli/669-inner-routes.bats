#!/usr/bin/env bats
# Rules of sub-workflows, about gates of other steps and of the run, and about what must not happen twice.

load setup

@test "rules of a sub-workflow decide about its steps, for each use of it anew" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { who: {} }
steps:
  fix:
    env: { WHO: "${{ params.who }}" }
    run: 'echo x >> "fix.$WHO"; wc -l < "fix.$WHO" > "$LILY_OUT/n"; [ -z "${LILY_FEEDBACK:-}" ] || cp -f "$LILY_FEEDBACK" "found.$WHO"'
    out: { n: { type: json } }
  look: { run: '[ "$(cat "$LILY_IN/n")" -ge 3 ]', in: { n: "${{ steps.fix.out.n }}" } }
outputs: { n: "${{ steps.fix.out.n }}" }
routes:
  - { id: again, when: { step: look, status: failed, visits: { step: fix, below: 9 } }, then: { goto: fix, feedback: true }, times: 2 }
YAML
	workflow <<'YAML'
lily: 1
steps:
  one: { workflow: part.lily.yaml, with: { who: one } }
  two: { workflow: part.lily.yaml, with: { who: two }, needs: [ one ] }
  each: { foreach: [ a, b ], workflow: part.lily.yaml, with: { who: "${{ item }}" } }
YAML
	go check w.lily.yaml
	expect 0
	go run w.lily.yaml
	expect 0
	for who in one two a b; do
		[[ $(wc -l < "fix.$who") -eq 3 ]]
	done
	[[ $(json "$(< found.b)" 'd[0]["sent_back_by"], d[0]["rule"]') == "('each/1/look', 'again')" ]]
	[[ $(decided | sort | uniq -c | tr -s ' ') == ' 2 each/0/look again goto
 2 each/1/look again goto
 2 one/look again goto
 2 two/look again goto' ]]
	lily events --json > events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	go fsck
	expect 0
}

@test "a sub-workflow that is gone back to has its rules' budgets anew only for new steps; what it cannot mend fails it" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  try: { run: 'echo x >> tries; exit 3' }
routes:
  - { id: again, when: { step: try, exit: 3 }, then: { goto: try }, times: 2 }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  after: { run: touch after, needs: [ part ] }
routes:
  - { id: pass, when: { step: part, error: steps }, then: continue }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < tries) -eq 3 && -e after ]]
}

@test "continue, skip and retry by the rules of a sub-workflow; abort there is refused by name" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: exit 1 }
  b: { run: touch b, needs: [ a ] }
  c: { run: 'echo x >> c; [ $(wc -l < c) -ge 2 ]', retry: { attempts: 5, errors: [ timeout ], backoff: 1ms } }
  d: { run: exit 2 }
  e: { run: touch e, needs: [ d ] }
routes:
  - { id: pass, when: { step: a, status: failed }, then: continue }
  - { id: more, when: { step: c, status: failed }, then: retry, times: 3 }
  - { id: leave, when: { step: d, status: failed }, then: skip }
YAML
	workflow <<'YAML'
lily: 1
steps: { part: { workflow: part.lily.yaml } }
YAML
	go run w.lily.yaml
	expect 0
	[[ -e b && ! -e e && $(wc -l < c) -eq 2 ]]
	sed -i 's/then: skip/then: abort/' part.lily.yaml
	go run w.lily.yaml
	expect 3
	has "$stderr" 'rule "leave": abort by a rule of a sub-workflow'
}

@test "a rule asks what a gate of another step found" {
	workflow <<'YAML'
lily: 1
steps:
  train:
    run: 'echo x >> rounds; wc -l < rounds > "$LILY_OUT/m"'
    out: { m: { type: text } }
    gates: { quality: { run: 'echo "{\"score\": $(cat "$LILY_IN/m")}" > "$LILY_METRICS"' } }
  use: { run: exit 7, needs: [ train ], continue_on_error: true }
routes:
  - { id: low, when: { step: use, exit: 7, gate: train.quality, metric: { score: { below: 3 } } }, then: { goto: train }, times: 9 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < rounds) -eq 3 ]]
	[[ $(decided) == 'use low goto
use low goto' ]]
	[[ $(lily events --json | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    if e["type"] == "route.decided":
        print(e["payload"]["facts"]["gates"]["train.quality"]["metrics"]["score"], end=" ")') == '1 2 ' ]]
}

@test "a gate of the run leads back to a step, and judges what comes of that; nothing gets past it" {
	workflow <<'YAML'
lily: 1
steps:
  build: { run: 'echo x >> rounds; wc -l < rounds > "$LILY_OUT/n"', out: { n: { type: json } } }
  pack: { run: touch packed, needs: [ build ] }
gates:
  good: { run: '[ "$(cat "$LILY_IN/n")" -ge 3 ]', in: { n: "${{ steps.build.out.n }}" } }
routes:
  - { id: again, when: { gate: run.good, gate_status: failed }, then: { goto: build }, times: 5 }
finally: { end: { run: echo end >> end } }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < rounds) -eq 3 && $(wc -l < end) -eq 1 ]]
	[[ $(decided) == 'run.good again goto
run.good again goto' ]]
	rm rounds
	sed -i 's/times: 5/times: 1/' w.lily.yaml
	go run w.lily.yaml
	expect 4
	rm rounds
	sed -i 's/then: { goto: build }, times: 1/then: continue/' w.lily.yaml
	go run w.lily.yaml
	expect 4
	go fsck
	expect 0
	sed -i 's/then: continue/then: escalate/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'escalate for a gate of the run is not honoured'
}

@test "of what must not happen twice a rule lets a certain failure pass" {
	workflow <<'YAML'
lily: 1
steps:
  push: { run: 'echo x >> pushed; exit 3', effects: once }
  after: { run: touch after, needs: [ push ] }
routes:
  - { id: pass, when: { step: push, exit: 3 }, then: continue }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < pushed) -eq 1 && -e after ]]
	[[ $(decided) == 'push pass continue' ]]
	sed -i 's/then: continue/then: escalate/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'escalate for a step with effects: once, as "push" is (name others by step), is not honoured'
}
