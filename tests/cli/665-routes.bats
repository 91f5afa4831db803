load setup.bash

# Rules: what is to happen when a step has ended.

rules() {
	workflow <<'YAML'
lily: 1
steps:
  fix:
    run: "true"
    retry: { attempts: 3 }
    gates: { tests: { exec: [ make, check ] } }
  review: { run: "true", needs: [ fix ] }
  push: { run: "true", effects: once, needs: [ review ] }
  lone: { run: "true" }
routes:
  - { id: slow, when: { step: fix, error: timeout }, then: retry }
  - { id: back, when: { step: review, status: failed, gate: fix.tests }, then: { goto: fix, feedback: true, again: [ push ] }, times: 2 }
  - { id: over, when: { status: failed, exhausted: true }, then: { abort: "no way" } }
YAML
}

# Whether both are the same decision. Usage: same JSON JSON
same() {
	[[ $(json "$1" '(d["action"], d["rule"], d["to"])') == $(json "$2" '(d["action"], d["rule"], d["to"])') ]]
}

@test "route test says which rule decides, and why no other does" {
	rules
	echo '{"step":"review","status":"failed","gates":{"fix.tests":{"status":"passed"}}}' >facts.json
	go route test --facts facts.json
	expect 0
	has "$output" 'slow (line 11): step "review" ended, not fix'
	has "$output" 'back (line 12): decides'
	has "$output" 'over (line 13): not asked'
	has "$output" 'goto fix, with feedback, again push'
	[[ -z $stderr ]]
	go route test w.lily.yaml -f - <<<'{"step":"fix","status":"failed","tries":3,"attempts":3}'
	expect 0
	has "$output" 'slow (line 11): there is no error, so it is not timeout'
	has "$output" 'over (line 13): decides'
	has "$output" 'abort: no way'
	go route test -f - <<<'{"step":"lone","status":"succeeded"}'
	expect 0
	has "$output" 'continue (no rule decides)'
}

@test "a rule is passed over where it would lift a bound" {
	rules
	echo '{"step":"review","status":"failed","gates":{"fix.tests":{"status":"failed"}},"applied":{"back":2}}' >facts.json
	go route test -f facts.json
	has "$output" 'back (line 12): it holds, but has been applied 2 of 2 times'
	has "$output" 'abort: no way'
	cat >facts.yaml <<'YAML'
step: fix
status: failed
error: timeout
attempts: 3
exhausted: [ transitions ]
YAML
	go route test -f facts.yaml
	expect 0
	has "$output" 'no retry is possible: the run has used up transitions'
}

@test "what route test prints and reads is what its schemas say, and decides the same again" {
	rules
	while read -r facts; do
		echo "$facts" >facts.json
		lily schema validate -q -s route_facts.v1 facts.json
		first=$(lily route test -f facts.json --json)
		echo "$first" >first.json
		lily schema validate -q -s cli/route-test first.json
		json "$first" 'json.dumps(d["facts"])' >again.json
		lily schema validate -q -s route_facts.v1 again.json
		same "$first" "$(lily route test -f again.json --json)"
	done <<'FACTS'
{"step":"review","status":"failed","gates":{"fix.tests":{"status":"failed","metrics":{"cover":71.5}}},"visits":{"fix":2},"applied":{"back":1}}
{"step":"fix","status":"failed","error":"timeout","tries":2,"attempts":3,"exhausted":["wall"],"violations":["net"],"labels_missing":["x"]}
{"step":"lone","status":"reused","visits":{"lone":3,"fix":1}}
{"step":null,"status":"failed"}
FACTS
	for facts in '{"step":"a"}' '{"step":"a","status":"succeeded","exit":1}' '{"step":"a","status":"failed","exit":256}' \
		'{"step":"a","status":"failed","gates":{"a.b":{}}}' '{"step":"a","status":"failed","what":1}'; do
		wont lily schema validate -q -s route_facts.v1 - <<<"$facts"
	done
}

@test "mistakes in facts have their place and what was probably meant" {
	rules
	go route test -f - <<<'{"step":"fixx","status":"failed"}'
	expect 3
	has "$stderr" '-:1:9: there is no step "fixx"; did you mean "fix"?'
	go route test -f - <<<'{"step":"fix","status":"faild"}'
	expect 3
	has "$stderr" '-:1:24: status: the text "faild" is not a status'
	go route test -f - <<<'{"step":"fix","status":"failed","gates":{"fix.test":{"status":"passed"}},"applied":{"bak":1}}'
	expect 3
	has "$stderr" 'there is no gate "fix.test"'
	has "$stderr" 'there is no rule "bak"; did you mean "back"?'
	go route test -f - <<<'{"step"'
	expect 3
	go route test -f nowhere.json
	expect 3
	go route test
	expect 2
	has "$stderr" '--facts'
}

@test "check finds rules that cannot be meant, each with its place" {
	rules
	sed -i 's/times: 2 }$/}/; s/again: \[ push \]/again: [ lone ]/; s/goto: fix/goto: lone/' w.lily.yaml
	cat >>w.lily.yaml <<'YAML'
  - { id: over, when: { step: fix, status: failed, exhausted: true }, then: skip }
  - { id: never, when: { status: succeeded, exit: 3 }, then: abort }
  - { id: lost, when: { stpe: fix }, then: abort }
  - { id: late, when: { step: fix, gate: fix.tests, metric: { cover: { below: 80, above: 90 } } }, then: abort }
YAML
	go check
	expect 3
	has "$output" 'w.lily.yaml:12:80: rule "back": a goto needs a bound'
	has "$output" 'w.lily.yaml:14:5: there is a rule "over" already'
	has "$output" 'w.lily.yaml:15:51: rule "never": when: never holds: "exit"'
	has "$output" 'w.lily.yaml:16:25: rule "lost": unknown key "stpe"; did you mean "step"?'
	has "$output" 'metric "cover": no number is above 90 and below 80'
	go route test -f - <<<'{"step":"fix","status":"failed"}'
	expect 3
	has "$stderr" 'more errors: lily check shows them'
}

@test "a goto whose cone has a step with effects once is refused unless it says so" {
	rules
	sed -i 's/, again: \[ push \]//' w.lily.yaml
	go check
	expect 3
	has "$output" 'going back to "fix" does "push" again, which says effects: once; if it may happen twice, say again: [ push ]'
}

@test "what runs do not do for rules yet is refused by name, and only there" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps: { s: { run: "true" } }
routes: [ { id: r, when: { step: s, status: failed }, then: skip } ]
YAML
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "true" }
  b: { run: "true", needs: [ a ] }
  push: { run: "true", effects: once }
  part: { workflow: part.lily.yaml }
  c: { run: "true" }
  each: { foreach: { in: [ 1, 2 ] }, run: "true", needs: [ c ] }
routes:
  - { id: back, when: { step: b, status: failed }, then: { goto: a }, times: 2 }
  - { id: ask, when: { step: part, error: steps }, then: escalate }
  - { id: good, when: { step: a, status: succeeded }, then: abort }
  - { id: left, when: { step: a, status: skipped }, then: abort }
  - { id: far, when: { step: each, status: failed }, then: { goto: c }, times: 1 }
  - { id: bad, when: { step: a, violation: true }, then: abort }
  - { id: twice, when: { error: timeout }, then: abort }
YAML
	go route test w.lily.yaml -f - <<<'{"step":"b","status":"failed"}'
	expect 0
	has "$output" 'goto a'
	go check w.lily.yaml
	expect 3
	hasnt "$output" 'rule "back"'
	hasnt "$output" 'rule "good"'
	has "$output" 'rule "left": rules about steps that neither failed nor succeeded (say status: [ failed, succeeded ], or one of these) are not honoured'
	hasnt "$output" 'rule "far"'
	has "$output" 'rule "bad": the condition violation is not honoured'
	has "$output" 'rule "ask": escalate for a step made from another file, as "part" is (name others by step), is not honoured by this build'
	hasnt "$output" 'rule "twice"'
	hasnt "$output" '"routes" of a sub-workflow'
	go run w.lily.yaml
	expect 3
	has "$stderr" 'rule "ask": escalate for a step made from another file'
	[[ -z $(lily list 2>/dev/null) ]]
}

@test "retry: a rule tries again what the step's own retry would not, within its attempts" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: '[ "$LILY_ATTEMPT" -gt 2 ]', retry: { attempts: 3, errors: [ timeout ], backoff: 1ms } }
  b: { run: exit 7, retry: { attempts: 2, errors: [ timeout ], backoff: 1ms } }
  c: { run: exit 8, retry: { attempts: 9, backoff: 1ms } }
routes:
  - { id: more, when: { step: [ a, b ], error: exit }, then: retry }
  - { id: enough, when: { step: c, exit: 8 }, then: retry, times: 2 }
  - { id: over, when: { step: c, status: failed }, then: continue }
YAML
	go run
	expect 1
	[[ $(states) == "a=succeeded b=failed c=failed" ]]
	[[ $(decided | sort | uniq -c | tr -s ' ') == " 2 a more retry
 1 b more retry
 2 c enough retry
 1 c over continue" ]]
	has "$stderr" "exit status 8; rule over: continue"
	lily events --json >events.jsonl
	lily schema validate -q -s run_event.v1 events.jsonl
	lily plan --json >plan.json
	lily schema validate -q -s plan.v1 plan.json
}

@test "continue and skip let a failure pass: what needs the step goes on, or is skipped" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: exit 3 }
  on: { run: "true", needs: [ a ] }
  handles: { run: "true", needs: { a: failed } }
  b: { run: exit 4 }
  out: { run: "true", needs: [ b ] }
  behind: { run: "true", needs: [ out ] }
  each: { foreach: [ 1, 2 ], run: exit 5 }
  more: { run: "true", needs: [ each ] }
finally:
  last: { run: 'echo "$S" >status', env: { S: "${{ run.status }}" } }
routes:
  - { id: pass, when: { step: [ a, each ], status: failed }, then: continue }
  - { id: less, when: { error: exit, exit: [ 4, 5 ] }, then: skip }
YAML
	go run
	expect 0
	has "$(states)" "a=failed on=succeeded handles=succeeded b=failed out=skipped behind=succeeded each=failed"
	has "$(states)" "more=succeeded"
	[[ $(cat status) == succeeded ]]
	[[ $(decided | sort) == "a pass continue
b less skip
each pass continue" ]]
}

@test "what reads an output of a step that was let pass is blocked, and a plain failure counts for more than skip" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: exit 3, out: { o: {} } }
  reads: { run: "true", in: { o: "${{ steps.a.out.o }}" } }
  b: { run: exit 4 }
  c: { run: exit 5 }
  both: { run: "true", needs: [ b, c ] }
routes:
  - { id: pass, when: { step: a, status: failed }, then: continue }
  - { id: less, when: { step: b, status: failed }, then: skip }
YAML
	go run
	expect 1
	[[ $(states) == "a=failed reads=blocked b=failed c=failed both=blocked" ]]
}

@test "abort ends what runs and what waits, but finally, and the run has failed" {
	workflow <<'YAML'
lily: 1
parallel: 3
steps:
  slow: { run: 'touch begun; sleep 60' }
  later: { run: "true", needs: [ slow ] }
  fails: { run: 'until [ -e begun ]; do sleep 0.05; done; exit 3', retry: { attempts: 9 }, continue_on_error: true }
finally:
  last: { run: 'echo "$S" >status', env: { S: "${{ run.status }}" } }
routes: [ { id: over, when: { step: fails, exit: 3 }, then: { abort: "not today" } } ]
YAML
	go run
	expect 1
	[[ $(states) == "slow=cancelled later=cancelled fails=failed last=succeeded" ]]
	[[ $(cat status) == failed ]]
	has "$stderr" "exit status 3; rule over: abort, not today"
	[[ $(json "$(lily show --json)" 'd["status"]') == failed ]]
}

@test "the record of a decision holds the facts that it was made by" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: exit 3, retry: { attempts: 4, errors: [ timeout ], backoff: 1ms } } }
routes:
  - { id: more, when: { exit: 3 }, then: retry, times: 2 }
  - { id: over, when: { status: failed }, then: { abort: no } }
YAML
	go run
	expect 1
	lily events --json | python3 -c 'import json, sys
n = 0
for line in sys.stdin:
    event = json.loads(line)
    if event["type"] == "route.decided":
        n += 1
        json.dump(event["payload"]["facts"], open(f"facts{n}.json", "w"))
        open(f"wanted{n}", "w").write(event["payload"]["rule"] + " " + event["payload"]["action"])'
	for n in 1 2 3; do
		[[ $(json "$(lily route test -f facts$n.json --json)" 'd["rule"] + " " + d["action"]') == "$(cat wanted$n)" ]]
	done
	[[ $(cat wanted3) == "over abort" ]]
}

@test "a run with rules is retried, and its rules decide anew" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: exit 3 }
  b: { run: 'test -e there', needs: [ a ] }
routes: [ { id: pass, when: { step: a, exit: 3 }, then: continue } ]
YAML
	go run
	expect 1
	[[ $(states) == "a=failed b=failed" ]]
	touch there
	go retry b
	expect 0
	[[ $(states) == "a=failed b=succeeded" ]]
}

@test "a rule asks what the gates of the step that failed found" {
	workflow <<'YAML'
lily: 1
steps:
  fix:
    run: echo "$LILY_ATTEMPT" >"$LILY_OUT/n"
    out: { n: {} }
    retry: { attempts: 4, errors: [ timeout ], backoff: 1ms }
    gates:
      third: { run: 'grep -q 3 "$LILY_IN/n"' }
      style: { run: exit 1, required: false }
  other:
    run: echo x >"$LILY_OUT/n"
    out: { n: {} }
    gates: { good: { run: exit 1 } }
routes:
  - { id: never, when: { gate: fix.style, gate_status: passed, status: failed }, then: abort }
  - { id: again, when: { gate: fix.third, gate_status: failed, status: failed }, then: retry }
  - { id: pass, when: { step: other, status: failed }, then: continue }
YAML
	go run
	expect 4
	[[ $(states) == "fix=succeeded other=failed" ]]
	[[ $(decided) == "fix again retry
fix again retry" ]]
	lily events --json >events.jsonl
	lily schema validate -q -s run_event.v1 events.jsonl
	grep -q '"fix.third":{"status":"failed"}' events.jsonl
	cat >more.yaml <<'YAML'
lily: 1
steps:
  a: { run: echo x >"$LILY_OUT/n", out: { n: {} }, gates: { g: { run: exit 1, required: false } } }
  b: { run: exit 1, needs: [ a ] }
routes: [ { id: r, when: { step: b, status: failed, gate: a.g }, then: abort } ]
YAML
	go check more.yaml
	expect 0
	go run more.yaml
	expect 1
	[[ $(decided) == 'b r abort' ]]
}
