#!/usr/bin/env bats
# Rules that go back over a foreach, and over a sub-workflow.

load setup

# Each round makes one item more; the last one finds them too few until there are four.
rounds() {
	workflow <<'YAML'
lily: 1
steps:
  list:
    run: |
      echo x >> rounds
      seq -f '"k%g"' 1 $(($(wc -l < rounds) + 1)) | paste -sd, | sed 's/.*/[&]/' > "$LILY_OUT/l"
    out: { l: { type: json } }
  each:
    foreach: { in: steps.list.out.l, key: item }
    run: 'echo "$LILY_ITEM $LILY_IDEMPOTENCY_KEY" >> each; echo "${LILY_ITEM#k}" > "$LILY_OUT/o"'
    out: { o: { type: json } }
  look:
    run: '[ "$(tr -cd , < "$LILY_IN/o" | wc -c)" -ge 3 ]'
    in: { o: "${{ steps.each.out.o }}" }
routes:
  - { id: more, when: { step: look, status: failed }, then: { goto: list }, times: 5 }
YAML
}

@test "a foreach in the way is expanded anew, with other items; those of before count no more" {
	rounds
	go run w.lily.yaml
	expect 0
	# 2, then 3, then 4 items, each under a key of its own.
	[[ $(wc -l < each) -eq 9 && $(cut -d' ' -f2 each | sort -u | wc -l) -eq 9 ]]
	[[ $(lily artifact cat each.o | tr -d '\n') == '[1,2,3,4]' ]]
	[[ $(states) == 'list=succeeded each=succeeded look=succeeded each/k1=succeeded each/k2=succeeded each/k3=succeeded each/k4=succeeded' ]]
	# What items made before is evidence, and nothing else.
	[[ $(json "$(lily artifact list --json @last)" 'sum(a["name"] == "o" and a["producer_id"] == "each/k1" for a in d)') == 1 ]]
	[[ $(json "$(lily artifact list --rejected --json @last)" 'sum(a["role"] == "superseded" and a["name"] == "o" and "/" in a["producer_id"] for a in d)') == 5 ]]
	[[ $(json "$(lily list --json)" 'd["runs"][0]["steps"]["total"], d["runs"][0]["steps"]["succeeded"]') == '(7, 7)' ]]
	go show @last/each/k1
	has "$output" 'visit 3'
	lily events --json > events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	lily show --steps --json | lily schema validate --schema cli/run -
	go fsck
	expect 0
}

@test "steps of items are of the visit that their foreach is, also those that were not there before" {
	rounds
	go run w.lily.yaml
	expect 0
	visits=$(lily events --json | python3 -c '
import json, sys
for line in sys.stdin:
    e = json.loads(line)
    p = e["payload"]
    if e["type"] == "attempt.submitted" and "/" in p["step"]:
        print(p["step"], p.get("visit", 1))' | sort)
	[[ $visits == 'each/k1 1
each/k1 2
each/k1 3
each/k2 1
each/k2 2
each/k2 3
each/k3 2
each/k3 3
each/k4 3' ]]
}

@test "the foreach itself is gone back to: its items find what sent them back" {
	workflow <<'YAML'
lily: 1
steps:
  each:
    foreach: [ a, b ]
    steps:
      one:
        cache: true
        run: |
          echo x >> "one.$LILY_ITEM"
          [ -z "${LILY_FEEDBACK:-}" ] || cp "$LILY_FEEDBACK" "found.$LILY_ITEM"
          wc -l < "one.$LILY_ITEM" > "$LILY_OUT/n"
        out: { n: { type: json } }
      two: { run: '[ -z "${LILY_FEEDBACK:-}" ]', needs: [ one ] }
    outputs: { n: "${{ steps.one.out.n }}" }
  look: { run: '[ "$(tr -d "\n" < "$LILY_IN/n")" = "[2,2]" ] || { echo too few; exit 3; }', in: { n: "${{ steps.each.out.n }}" } }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: each, feedback: true }, times: 2 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(json "$(< found.a)" 'd[0]["sent_back_by"], d[0]["exit"]') == "('look', 3)" && -e found.b ]]
	[[ $(lily artifact cat each.n | tr -d '\n') == '[2,2]' ]]
	go fsck
	expect 0
}

@test "a foreach that fails goes back to what it is made of" {
	workflow <<'YAML'
lily: 1
steps:
  list: { run: 'echo x >> n; [ $(wc -l < n) -ge 2 ] && echo "[1]" > "$LILY_OUT/l" || echo "[1, 2, 3]" > "$LILY_OUT/l"', out: { l: { type: json } } }
  each: { foreach: { in: steps.list.out.l, key: index }, run: '[ "$LILY_ITEM" -lt 2 ]' }
  end: { run: touch end, needs: [ each ] }
routes:
  - { id: fewer, when: { step: each, error: items }, then: { goto: list }, times: 1 }
YAML
	go run w.lily.yaml
	expect 0
	[[ -e end ]]
	[[ $(states) == 'list=succeeded each=succeeded end=succeeded each/0=succeeded' ]]
	# An item that is not there any more is none.
	go show @last/each/2
	expect 3
	has "$stderr" 'there is no step "each/2" in the run'
	hasnt "$stderr" 'did you mean "each/2"'
	go fsck
	expect 0
}

@test "items that still run, wait or ask are ended with the visit; no item at all is a visit as well" {
	workflow <<'YAML'
lily: 1
parallel: 4
pools: { p: 1 }
steps:
  list: { run: 'echo x >> n; [ $(wc -l < n) -ge 2 ] && echo "[]" > "$LILY_OUT/l" || echo "[1, 2, 3]" > "$LILY_OUT/l"', out: { l: { type: json } } }
  slow: { foreach: { in: steps.list.out.l, key: index }, run: 'touch begun; sleep 30', pools: { p: 1 } }
  sure: { foreach: { in: steps.list.out.l, key: index }, human: { ask: "Go on?" } }
  retried: { foreach: { in: steps.list.out.l, key: index }, run: exit 1, retry: { attempts: 9, backoff: 1h } }
  look: { run: 'until [ -e begun ]; do sleep 0.01; done; sleep 0.1; [ $(wc -l < n) -ge 2 ]', needs: [ list ] }
  end: { run: touch end, needs: [ slow, sure, retried, look ] }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: list }, times: 1 }
YAML
	go run --no-wait w.lily.yaml
	expect 0
	[[ -e end ]]
	[[ $(states) == 'list=succeeded slow=succeeded sure=succeeded retried=succeeded look=succeeded end=succeeded' ]]
	[[ -z $(lily inbox) || $(lily inbox) == *'othing'* ]]
	go fsck
	expect 0
}

@test "foreach in items, and sub-workflows in items, are made anew with them" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { p: {} }
steps:
  s: { run: 'echo "$P" >> s; echo "$P" > "$LILY_OUT/o"', env: { P: "${{ params.p }}" }, out: { o: { type: text } } }
outputs: { o: "${{ steps.s.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  n: { run: 'echo x >> n; echo "[$(wc -l < n), 7]" > "$LILY_OUT/n"', out: { n: { type: json } } }
  outer:
    foreach: { in: steps.n.out.n, key: index }
    steps:
      inner: { foreach: [ a, b ], run: 'echo "$LILY_ITEM" >> inner' }
      part: { workflow: part.lily.yaml, with: { p: "${{ item }}" }, needs: [ inner ] }
    outputs: { o: "${{ steps.part.out.o }}" }
  look: { run: '[ $(wc -l < n) -ge 3 ]', needs: [ outer ] }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: n }, times: 5 }
YAML
	go check w.lily.yaml
	expect 0
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < inner) -eq 12 ]]
	[[ $(sort s | uniq -c | tr -s ' \n' ' ') == ' 1 1 1 2 1 3 3 7 ' ]]
	[[ $(lily artifact cat outer.o | tr -d '\n') == '["3","7"]' ]]
	go fsck
	expect 0
	# A run that does it again takes all of it.
	go retry @last
	go retry @last look
	expect 0
	[[ $(wc -l < inner) -eq 12 && $(wc -l < s) -eq 6 ]]
}

@test "a sub-workflow is gone back to: it is opened again, and what it begins with finds why" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  one:
    run: |
      echo x >> one
      [ -z "${LILY_FEEDBACK:-}" ] || cp "$LILY_FEEDBACK" found
      wc -l < one > "$LILY_OUT/o"
    out: { o: { type: json } }
    cache: true
  two: { run: 'echo x >> two; [ -z "${LILY_FEEDBACK:-}" ]', needs: [ one ] }
outputs: { o: "${{ steps.one.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  look: { run: '[ "$(cat "$LILY_IN/o")" -ge 2 ] || exit 5', in: { o: "${{ steps.part.out.o }}" } }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: part, feedback: true }, times: 3 }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < one) -eq 2 && $(wc -l < two) -eq 2 ]]
	[[ $(json "$(< found)" 'd[0]["sent_back_by"], d[0]["exit"]') == "('look', 5)" ]]
	go fsck
	expect 0
}

@test "what finally does never leads back to what came before it" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: "true" } }
finally: { end: { run: exit 1 } }
routes: [ { id: back, when: { step: end, status: failed }, then: { goto: a }, times: 1 } ]
YAML
	go check w.lily.yaml
	expect 3
	has "$output" '"end" is of finally, which begins once, when all else has ended: a goto from there leads to a step of finally only'
}

@test "killed at any time: a loop over items goes on where it was" {
	rounds
	for delay in 0.04 0.08 0.12 0.16 0.2 0.3; do
		rm -f rounds each
		timeout -s KILL "$delay" "$LILY" run w.lily.yaml > /dev/null 2>&1 || true
		for again in 1 2 3 4 5 6 7 8; do
			[[ $(lily list --json 2>/dev/null | grep -c '"status":"\(interrupted\|running\|created\)"') -eq 0 ]] && break
			timeout -s KILL "0.0$again" "$LILY" resume > /dev/null 2>&1 || true
		done
		lily resume > /dev/null 2>&1 || true
		go fsck
		expect 0
	done
	rm -f rounds each
	go run w.lily.yaml
	expect 0
	[[ $(wc -l < each) -eq 9 ]]
}
