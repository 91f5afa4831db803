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

@test "rules are read and tried, but a run does not take a file with them yet" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: "true" } }
routes: [ { id: r, when: { step: a, status: failed }, then: skip } ]
YAML
	go route test -f - <<<'{"step":"a","status":"failed"}'
	expect 0
	has "$output" 'skip'
	go run
	expect 3
	has "$stderr" 'w.lily.yaml:3:1: key "routes" is not honoured by this build of lily (routing)'
}
