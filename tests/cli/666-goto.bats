#!/usr/bin/env bats
# Rules that go back: the next visit of a step, and of all that needs it.

load setup

# A step that is wrong until its third visit, and one that finds out.
loop() {
	workflow <<'YAML'
lily: 1
steps:
  fix:
    run: |
      echo x >> count
      echo "version $(wc -l < count)" > "$LILY_OUT/patch"
      [ -z "${LILY_FEEDBACK:-}" ] || cp "$LILY_FEEDBACK" "found.$(wc -l < count)"
    out: { patch: { type: text } }
  apart: { run: echo apart >> apart }
  test:
    run: |
      echo "looks at $(cat "$LILY_IN/patch")"
      [ "$(cut -d" " -f2 "$LILY_IN/patch")" -ge 3 ] || { echo "this is not it" >&2; exit 2; }
    in: { patch: "${{ steps.fix.out.patch }}" }
  ship: { run: echo shipped >> shipped, needs: [ test ] }
routes:
  - { id: again, when: { step: test, status: failed }, then: { goto: fix, feedback: true }, times: 5 }
finally:
  end: { run: echo end >> end }
YAML
}

@test "a loop that ends: each round finds what the one before was told, nothing else runs twice" {
	loop
	go run w.lily.yaml
	expect 0
	has "$stderr" 'retried    fix               visit 2: rule again, by test'
	has "$stderr" 'visit 3: rule again, by test'
	[[ $(decided) == 'test again goto
test again goto' ]]
	[[ $(wc -l < count) -eq 3 && $(wc -l < apart) -eq 1 && $(wc -l < shipped) -eq 1 && $(wc -l < end) -eq 1 ]]
	[[ ! -e found.1 ]]
	found=$(< found.3)
	[[ $(json "$found" 'd[0]["sent_back_by"], d[0]["rule"], d[0]["status"], d[0]["class"], d[0]["exit"]') == "('test', 'again', 'failed', 'exit', 2)" ]]
	has "$(json "$found" 'd[0]["printed"]')" 'looks at version 2'
	has "$(json "$found" 'd[0]["printed"]')" 'this is not it'
	[[ $(states) == 'fix=succeeded apart=succeeded test=succeeded ship=succeeded end=succeeded' ]]
	go show --steps
	has "$output" 'visit 3'
	go show @last/test
	has "$output" 'attempt @'
	has "$output" 'visit 3, try 1: accepted'
	lily show --steps --json | lily schema validate --schema cli/run -
	lily events --json > events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	lily artifact list --rejected --json @last | lily schema validate --schema cli/artifact-list -
	# What visits before made is evidence, and is not what the step made.
	[[ $(lily artifact cat fix.patch) == 'version 3' ]]
	[[ $(json "$(lily artifact list --json @last)" 'sum(a["name"] == "patch" for a in d)') == 1 ]]
	[[ $(json "$(lily artifact list --rejected --json @last)" '[a["role"] for a in d if a["name"] == "patch"]') == "['superseded', 'superseded', 'output']" ]]
	go fsck
	expect 0
}

@test "a loop that does not end by itself ends by its bound, and the failure stands" {
	loop
	sed -i 's/-ge 3/-ge 99/; s/times: 5/times: 2/' w.lily.yaml
	go run w.lily.yaml
	expect 1
	[[ $(wc -l < count) -eq 3 && $(wc -l < end) -eq 1 && ! -e shipped ]]
	[[ $(states) == 'fix=succeeded apart=succeeded test=failed ship=blocked end=succeeded' ]]
}

@test "visits bound a loop, too, and max_transitions bounds what all rules do" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >> a }
  b: { run: exit 1, needs: [ a ] }
routes:
  - { id: again, when: { step: b, status: failed, visits: { step: a, below: 4 } }, then: { goto: a } }
YAML
	go run w.lily.yaml
	expect 1
	[[ $(wc -l < a) -eq 4 ]]
	rm a
	sed -i 's/^lily: 1/&\nmax_transitions: 2/' w.lily.yaml
	go run w.lily.yaml
	expect 8
	[[ $(wc -l < a) -eq 3 ]]
}

@test "what needs the step and still runs is ended before the step begins again; the rest goes on" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'echo "a $(date +%s%N)" >> times' }
  slow:
    needs: [ a ]
    timeout: 60s
    run: |
      trap 'sleep 0.3; echo "slow $(date +%s%N)" >> times; exit 1' TERM
      [ -e once ] || { touch begun; sleep 30 & wait; }
  b: { run: 'until [ -e begun ]; do sleep 0.01; done; [ -e once ] || { touch once; exit 1; }', needs: [ a ] }
  apart: { run: 'until [ -e once ]; do sleep 0.01; done; sleep 0.5; echo apart >> apart' }
parallel: 4
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(cut -d' ' -f1 times | tr '\n' ' ') == 'a slow a ' ]]
	[[ $(wc -l < apart) -eq 1 ]]
	[[ $(states) == 'a=succeeded slow=succeeded b=succeeded apart=succeeded' ]]
	go fsck
	expect 0
}

@test "a step goes back to itself: attempts are counted anew in each visit" {
	workflow <<'YAML'
lily: 1
steps:
  a:
    run: 'echo "$LILY_ATTEMPT $LILY_IDEMPOTENCY_KEY" >> a; exit 1'
    retry: { attempts: 2, backoff: 1ms }
routes:
  - { id: again, when: { step: a, exhausted: true }, then: { goto: a }, times: 1 }
YAML
	go run w.lily.yaml
	expect 1
	[[ $(cut -d' ' -f1 a | tr '\n' ' ') == '1 2 1 2 ' ]]
	[[ $(cut -d' ' -f2 a | sort -u | wc -l) -eq 2 ]]
}

@test "what must not happen twice is done again only where the rule says so, under another key" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >> a }
  push: { run: 'echo "$LILY_ONCE_KEY" >> pushed', effects: once, needs: [ a ] }
  look: { run: '[ $(wc -l < pushed) -ge 2 ]', needs: [ push ] }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: a }, times: 1 }
YAML
	go check w.lily.yaml
	expect 3
	has "$output" 'going back to "a" does "push" again, which says effects: once; if it may happen twice, say again: [ push ]'
	sed -i 's/goto: a }/goto: a, again: [ push ] }/' w.lily.yaml
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < a) -eq 2 && $(sort -u pushed | wc -l) -eq 2 ]]
}

@test "the step that a rule goes back to is not reused; what did not change behind it is" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'echo a >> a; echo same > "$LILY_OUT/o"', out: { o: { type: text } }, cache: true }
  b: { run: 'echo b >> b; cat "$LILY_IN/o" > "$LILY_OUT/o"', in: { o: "${{ steps.a.out.o }}" }, out: { o: { type: text } }, cache: true }
  c: { run: '[ $(wc -l < a) -ge 2 ]', in: { o: "${{ steps.b.out.o }}" } }
routes:
  - { id: again, when: { step: c, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < a) -eq 2 && $(wc -l < b) -eq 1 ]]
	[[ $(states) == 'a=succeeded b=reused c=succeeded' ]]
	[[ $(lily artifact cat b.o) == same ]]
	go fsck
	expect 0
}

@test "a step that succeeded is done again by what its gate measured, also where it could be reused" {
	workflow <<'YAML'
lily: 1
steps:
  train:
    cache: true
    run: 'echo x >> rounds; wc -l < rounds > "$LILY_OUT/model"; [ -z "${LILY_FEEDBACK:-}" ] || cp -f "$LILY_FEEDBACK" found'
    out: { model: { type: text } }
    gates:
      quality: { run: 'echo "{\"accuracy\": 0.$(cat "$LILY_IN/model")}" > "$LILY_METRICS"' }
  use: { run: 'cat "$LILY_IN/model" > used', in: { model: "${{ steps.train.out.model }}" } }
routes:
  - { id: better, when: { step: train, status: succeeded, gate: train.quality, metric: { accuracy: { below: 0.3 } } }, then: { goto: train, feedback: true }, times: 9 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(< used) -eq 3 && $(wc -l < rounds) -eq 3 ]]
	[[ $(json "$(< found)" 'd[0]["status"]') == succeeded ]]
	[[ $(decided) == 'train better goto
train better goto' ]]
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < rounds) -eq 4 ]]
}

@test "abort by a step that succeeded: the run has failed, what is left is cancelled" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "true" }
  b: { run: touch b, needs: [ a ] }
routes: [ { id: enough, when: { step: a, status: succeeded }, then: { abort: "nothing to do" } } ]
finally: { end: { run: touch end } }
YAML
	go run w.lily.yaml
	expect 1
	[[ ! -e b && -e end ]]
	[[ $(states) == 'a=succeeded b=cancelled end=succeeded' ]]
	has "$stderr" 'rule enough, by a: abort, nothing to do'
	has "$(lily show)" 'rule enough, by a: abort, nothing to do'
	# A run that does it again does not get past the rule by adopting what that was about.
	go retry -n @last
	has "$output" 'not done: succeeded, and a rule ended the run by it'
	go retry @last
	expect 1
	[[ ! -e b ]]
	[[ $(states) == 'a=succeeded b=cancelled end=succeeded' ]]
	# Without the rule there is nobody to ask.
	sed -i '/^routes/d' w.lily.yaml
	go retry --file w.lily.yaml @last
	expect 0
	[[ -e b ]]
	[[ $(states) == 'a=adopted b=succeeded end=succeeded' ]]
}

@test "a sub-workflow in the way is done again with all its steps" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { n: { type: integer } }
steps:
  one: { run: 'echo "one ${N}" >> one', env: { N: "${{ params.n }}" } }
  two: { run: 'wc -l < one > "$LILY_OUT/o"', needs: [ one ], out: { o: { type: text } } }
outputs: { o: "${{ steps.two.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'echo a >> a; wc -l < a > "$LILY_OUT/n"', out: { n: { type: json } } }
  part: { workflow: part.lily.yaml, with: { n: "${{ steps.a.out.n }}" } }
  look: { run: '[ "$(cat "$LILY_IN/o")" -ge 2 ]', in: { o: "${{ steps.part.out.o }}" } }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: a }, times: 3 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(< one) == 'one 1
one 2' ]]
	[[ $(states) == 'a=succeeded part=succeeded part/one=succeeded part/two=succeeded look=succeeded' ]]
	go fsck
	expect 0
}

@test "a person is asked anew in each visit" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >> a }
  sure: { human: { ask: "Go on?" }, needs: [ a ] }
  b: { run: '[ $(wc -l < a) -ge 2 ]', needs: [ sure ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run --no-wait w.lily.yaml
	expect 6
	first=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	go approve @last/sure
	expect 6
	[[ $(wc -l < a) -eq 2 ]]
	# What was said of the first is no answer to the second.
	[[ $(json "$(lily inbox --json)" 'd["questions"][0]["request"]') != "$first" ]]
	go approve @last/sure
	expect 0
	go fsck
	expect 0
}

@test "killed at any time: the loop goes on where it was, and comes to the same" {
	loop
	for delay in 0.02 0.03 0.04 0.05 0.06 0.08; do
		rm -f count apart shipped end found.*
		timeout -s KILL "$delay" "$LILY" run w.lily.yaml > /dev/null 2>&1 || true
		for again in 1 2 3 4 5 6 7 8; do
			[[ $(lily list --json 2>/dev/null | grep -c '"status":"\(interrupted\|running\|created\)"') -eq 0 ]] && break
			timeout -s KILL "0.0$again" "$LILY" resume > /dev/null 2>&1 || true
		done
		lily resume > /dev/null 2>&1 || true
		[[ -e shipped ]] || go run w.lily.yaml
		[[ $(sort -u shipped) == shipped && -e end ]]
		[[ $(lily artifact cat fix.patch) == version* ]]
		go fsck
		expect 0
	done
}

@test "lily retry goes on after a loop that came to its bound, with the visits counted on" {
	loop
	sed -i 's/-ge 3/-ge 4/; s/times: 5/times: 2/' w.lily.yaml
	go run w.lily.yaml
	expect 1
	go retry @last fix
	[[ $(wc -l < count) -ge 3 ]]
	go fsck
	expect 0
}

@test "whoever follows sees the run go back, and not what is left of the visit before" {
	loop
	sed -i 's/^  apart:.*/  beside: { run: sleep 20, needs: [ fix ], timeout: 1s, grace: 0s, continue_on_error: true }/' w.lily.yaml
	go run w.lily.yaml
	expect 0
	followed=$(lily watch @last --json 2>/dev/null)
	[[ $(grep -c '"event":"step.retried"' <<<"$followed") -eq 2 ]]
	has "$followed" '"step":"fix","message":"visit 3: rule again, by test"'
	[[ $(lily watch @last 2>&1 < /dev/null | grep -c 'retried    fix') -eq 2 ]]
	[[ $(lily watch @last 2>&1 < /dev/null | grep -c '^\[0/.*cancelled  beside') -eq 2 ]]
}

@test "of a success nothing is escalated, nor is a gate asked about that a person's word came behind" {
	workflow <<'YAML'
lily: 1
steps:
  a:
    run: echo x > "$LILY_OUT/o"
    out: { o: null }
    approve: { at: commit }
    gates: { g: { run: 'echo "{\"n\": 1}" > "$LILY_METRICS"' } }
routes:
  - { id: ask, when: { step: a, status: succeeded }, then: escalate }
  - { id: low, when: { step: a, gate: a.g, metric: { n: { below: 2 } }, status: succeeded }, then: { goto: a }, times: 1 }
YAML
	go check w.lily.yaml
	expect 3
	has "$output" 'w.lily.yaml:9:5: rule "ask": escalate after a success (say status: failed) is not honoured'
	has "$output" 'w.lily.yaml:10:5: rule "low": rules about the gates of a step that succeeds by approve: { at: commit } are not honoured'
}

@test "what a visit that counts no more has made is not adopted by a run that does it again" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >> a }
  c: { run: "true", needs: [ a ], gates: { once: { run: '[ $(wc -l < a) -lt 2 ]', in: { a: { path: a } } } } }
  b: { run: exit 1, needs: [ c ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run w.lily.yaml
	expect 4
	go retry @last
	expect 4
	[[ $(states) == 'a=adopted c=failed b=blocked' ]]
}

@test "what fail-fast has cancelled is done again with the rest, where somebody retries what failed" {
	workflow <<'YAML'
lily: 1
parallel: 3
steps:
  a: { run: echo a >> a }
  b: { run: 'until [ -e go ]; do sleep 0.01; done; [ $(wc -l < a) -ge 2 ]', needs: [ a ] }
  d: { run: echo d >> d, needs: [ b ] }
  e: { run: '[ -e mended ] || { touch failed; exit 1; }', needs: [ a ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	lily run --fail-fast w.lily.yaml > /dev/null 2>&1 &
	stands() { [[ $(states 2>/dev/null) == *"$1"* ]]; }
	until_true stands d=cancelled
	touch mended
	driver=$!
	lily retry @last e > /dev/null 2>&1 &
	until_true stands e=succeeded
	touch go
	wait "$driver" || true
	wait
	[[ $(wc -l < d) -eq 1 && $(wc -l < a) -eq 2 ]]
	go fsck
	expect 0
}

@test "each time that a rule goes back counts for max_transitions, in one process or several" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps: { s: { run: exit 1 } }
YAML
	workflow <<'YAML'
lily: 1
max_transitions: 1
steps:
  a: { run: echo a >> a }
  part: { workflow: part.lily.yaml, needs: [ a ] }
routes:
  - { id: again, when: { step: part, status: failed }, then: { goto: a }, times: 4 }
YAML
	go run w.lily.yaml
	expect 8
	[[ $(wc -l < a) -eq 2 ]]
	has "$(lily events)" 'run.exhausted'
	# By a success, and with a process that ends in between.
	rm a
	workflow <<'YAML'
lily: 1
max_transitions: 2
steps:
  a: { run: echo a >> a }
  ask: { human: { ask: "Go on?" }, needs: [ a ] }
  b: { run: "true", needs: [ ask ] }
routes:
  - { id: again, when: { step: b, status: succeeded }, then: { goto: a }, times: 9 }
YAML
	go run --no-wait w.lily.yaml
	expect 6
	go approve ask
	expect 6
	go approve ask
	expect 6
	# A success that no rule may send back any more is one.
	go approve ask
	expect 0
	[[ $(wc -l < a) -eq 3 ]]
	has "$stderr" '2 transitions (max_transitions) were made'
}

@test "what a success hands back has no failures of attempts before it" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: '[ -z "${LILY_FEEDBACK:-}" ] || cp -f "$LILY_FEEDBACK" found' }
  b:
    run: "true"
    needs: [ a ]
    retry: { attempts: 2, backoff: 1ms }
    gates: { second: { expr: run.attempts_are_not_known || true, required: false }, g: { run: 'echo x >> judged; [ $(wc -l < judged) -ge 2 ]', in: { } } }
routes:
  - { id: again, when: { step: b, status: succeeded }, then: { goto: a, feedback: true }, times: 1 }
YAML
	sed -i 's/second: {[^}]*}, //' w.lily.yaml
	go run w.lily.yaml
	expect 0
	[[ $(json "$(< found)" '[x.get("status") for x in d]') == "['succeeded']" ]]
}

@test "attempts of every visit can be named" {
	loop
	go run w.lily.yaml
	expect 0
	first=$(json "$(lily show @last/test --json)" 'd["step_list"][0]["attempts"][0]["attempt"]')
	go logs "@last/test@$first"
	expect 0
	has "$output" 'looks at version 1'
}

@test "ways back that are none yet are refused by name" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps: { s: { run: "true" } }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  push: { run: "true", effects: once, once_key: mine, needs: [ part ] }
  b: { run: "true", needs: [ push ] }
finally:
  f: { run: "true", needs: { b: finished } }
routes:
  - { id: one, when: { step: b, status: failed }, then: { goto: part, again: [ push ] }, times: 1 }
  - { id: two, when: { step: f, status: failed }, then: { goto: b }, times: 1 }
YAML
	go check w.lily.yaml
	expect 3
	has "$output" 'rule "one": doing "push" again, which has a once_key of its own, is not honoured'
	has "$output" '"f" is of finally, which begins once, when all else has ended: a goto from there leads to a step of finally only'
}

@test "a run that does a loop again goes on counting visits, for what must not happen twice" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >> a }
  push: { run: 'echo "$(wc -l < a) $LILY_ONCE_KEY" >> pushed', needs: [ a ], effects: once }
  look: { run: '[ $(wc -l < a) -ge 3 ]', needs: [ push ] }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: a, again: [ push ] }, times: 1 }
YAML
	go run w.lily.yaml
	expect 1
	go retry @last
	expect 0
	# What was adopted stays, and what is done again is, under a key that nothing else had.
	[[ $(cut -d' ' -f1 pushed | tr '\n' ' ') == '1 2 3 ' ]]
	[[ $(cut -d' ' -f2 pushed | sort -u | wc -l) -eq 3 ]]
	go fsck
	expect 0
}

@test "feedback after a success that a person took has what it printed, whoever goes back" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: '[ -z "${LILY_FEEDBACK:-}" ] || cp -f "$LILY_FEEDBACK" found' }
  b: { run: 'echo said by b; echo x > "$LILY_OUT/o"', needs: [ a ], out: { o: null }, approve: { at: commit, ask: "Take it?" } }
routes:
  - { id: again, when: { step: b, status: succeeded }, then: { goto: a, feedback: true }, times: 1 }
YAML
	go run --no-wait w.lily.yaml
	expect 6
	go approve b
	expect 6
	has "$(json "$(< found)" 'd[0]["printed"]')" 'said by b'
}

@test "who stands in line for a pool, or is not known to have happened, begins anew with the rest" {
	workflow <<'YAML'
lily: 1
parallel: 4
pools: { p: 1 }
steps:
  a: { run: echo a >> a }
  first: { run: 'touch begun; until [ -e once ]; do sleep 0.01; done; sleep 0.3; echo first >> ran', pools: { p: 1 } }
  next: { run: echo next >> ran, needs: [ a ], pools: { p: 1 } }
  push: { run: '[ -e once ] || { touch pushing; sleep 30; }; echo pushed >> pushed', needs: [ a ], effects: once, timeout: 200ms, grace: 0s }
  later: { run: 'echo "$LILY_ONCE_KEY" >> later', needs: [ a ], effects: once, pools: { p: 1 } }
  b: { run: 'until [ -e begun ] && [ -e pushing ]; do sleep 0.01; done; [ -e once ] || { sleep 0.6; touch once; exit 1; }', needs: [ a ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a, again: [ push, later ] }, times: 1 }
YAML
	go run --no-wait w.lily.yaml
	expect 0
	[[ $(wc -l < later) -eq 1 ]]
	# Under the key of the visit that it was done in: of the run, the step, no item, and the second.
	run_id=$(json "$(lily show --json)" 'd["run_id"]')
	[[ $(< later) == "$(printf '%s/later//2' "$run_id" | sha256sum | cut -d' ' -f1)" ]]
	[[ $(sort ran | tr '\n' ' ') == 'first next ' && $(wc -l < pushed) -eq 1 ]]
	go fsck
	expect 0
}

@test "an attempt that a person was to take ends with its visit, and nothing of it is left to be taken" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >> a }
  held: { run: 'echo x > "$LILY_OUT/o"; touch made', needs: [ a ], out: { o: null }, approve: { at: commit, ask: "Take it?" } }
  b: { run: 'until [ -e made ]; do sleep 0.01; done; sleep 0.3; [ $(wc -l < a) -ge 2 ]', needs: [ a ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run --no-wait w.lily.yaml
	expect 6
	[[ $(json "$(lily show @last/held --json)" '[a["state"] for a in d["step_list"][0]["attempts"]]') == "['cancelled', 'held']" ]]
	[[ $(json "$(lily artifact list --rejected --json @last)" 'sum(a["role"] == "candidate" for a in d)') == 1 ]]
	go approve held
	expect 0
}

@test "what has ended by itself when the run goes back is not taken, however late it is looked at" {
	workflow <<'YAML'
lily: 1
parallel: 3
steps:
  a: { run: echo a >> a }
  large: { run: 'head -c 200M /dev/zero > "$LILY_OUT/o"; touch made', needs: [ a ], out: { o: { type: file } } }
  b: { run: 'until [ -e made ]; do sleep 0.01; done; [ $(wc -l < a) -ge 2 ]', needs: [ a ] }
  use: { run: 'wc -c < "$LILY_IN/o"', in: { o: "${{ steps.large.out.o }}" } }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(states) == 'a=succeeded large=succeeded b=succeeded use=succeeded' ]]
	go fsck
	expect 0
}

@test "numbers of attempts are never given twice, also of those that had not begun" {
	printf '#!/bin/sh\ntouch asked; sleep 0.5; echo a-long-secret\n' > secret.sh
	chmod +x secret.sh
	workflow <<'YAML'
lily: 1
parallel: 3
secrets: { S: { exec: [ ./secret.sh ] } }
steps:
  a: { run: echo a >> a }
  b: { run: 'until [ -e asked ]; do sleep 0.01; done; [ $(wc -l < a) -ge 2 ]', needs: [ a ] }
  c: { run: "true", needs: [ a ], secrets: [ S ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run w.lily.yaml
	expect 0
	lily events --json | python3 -c 'import json, sys
after = 0
for line in sys.stdin:
    event = json.loads(line)
    if event["type"] == "visits.superseded":
        after = event["payload"]["after"]
    if event["type"] == "attempt.submitted" and event["payload"]["n"] <= after and "visit" in event["payload"]:
        sys.exit("attempt %d again" % event["payload"]["n"])'
}

@test "once fail-fast has had its failure no rule goes back" {
	workflow <<'YAML'
lily: 1
parallel: 3
steps:
  a: { run: echo a >> a }
  e: { run: touch failed; exit 1 }
  b: { run: 'until [ -e failed ]; do sleep 0.01; done; sleep 0.3; exit 1', needs: [ a ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a }, times: 1 }
YAML
	go run --fail-fast w.lily.yaml
	expect 1
	[[ -z $(decided) && $(wc -l < a) -eq 1 ]]
}

@test "a probe that waits for its turn is not asked about a visit that counts no more" {
	workflow <<'YAML'
lily: 1
parallel: 2
steps:
  a: { run: echo a >> a }
  push:
    run: '[ $(wc -l < a) -ge 2 ] || { touch pushing; sleep 30; }; echo "$LILY_ONCE_KEY" >> pushed'
    needs: [ a ]
    effects: once
    timeout: 200ms
    grace: 0s
    probe: { run: echo probed >> probed; exit 1 }
  b: { run: 'until [ -e pushing ]; do sleep 0.01; done; sleep 0.3; [ $(wc -l < a) -ge 2 ]', needs: [ a ] }
  full: { run: sleep 0.6, needs: [ a ] }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a, again: [ push ] }, times: 1 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < pushed) -eq 1 ]]
	go fsck
	expect 0
}
