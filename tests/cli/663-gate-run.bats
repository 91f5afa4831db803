load setup.bash

# `lily gate run`: judging alone.

# Steps make and broken; gates of make: $1; of the run: $2.
judged() {
	cat >w.lily.yaml <<YAML
lily: 1
steps:
  make:
    run: 'echo 3 >"\$LILY_OUT/n"; echo make >>order'
    out: { n: { type: json } }
    env: { LIMIT: "2" }
    gates: { $1 }
  after: { run: 'echo after >>order', in: { n: "\${{ steps.make.out.n }}" } }
gates: { $2 }
finally:
  last: { run: echo last >>order }
YAML
	rm -f order
}

order() { tr '\n' ' ' <order; }
steps() { json "$(lily show @last --steps --json)" '[(s["step"], s["state"]) for s in d["step_list"]]'; }

@test "gates judge again what a run has made, and no step is run" {
	judged 'small: { expr: steps.make.out.n < 5 }, file: { run: "grep -q 3 \"$LILY_IN/n\"; echo seen $LILY_STEP >>seen", in: { n: "${{ steps.make.out.n }}" } }' \
		'whole: { run: "test -e good", required: false }'
	go run
	expect 0
	local first head
	first=$(json "$(lily show --json)" 'd["run_id"]')
	head=$(lily events "$first" --json | sha256sum)
	go gate run "$first"
	expect 0
	[[ $(order) == 'make after last ' ]]
	[[ $(cat seen) == $'seen make\nseen make' ]]
	[[ $(steps) == "[('make', 'adopted'), ('after', 'adopted'), ('last', 'adopted'), ('run.whole', 'adopted'), ('judge.make.file', 'succeeded'), ('judge.make.small', 'succeeded'), ('judge.run.whole', 'succeeded')]" ]]
	# It is a run of its own, and the other one is what it was.
	[[ $(json "$(lily show --json)" 'd["kind"], d["parent"]') == "('judge', '$first')" ]]
	[[ $(lily events "$first" --json | sha256sum) == "$head" ]]
	[[ $(lily list --json | grep -c .) -gt 0 ]]
	# With the very definitions, and results about the step.
	[[ $(json "$(lily show "$first/make" --json)" 'sorted(g["definition"] for g in d["step_list"][0]["attempts"][0]["gates"])') == \
		"$(json "$(lily show @last --steps --json)" 'sorted(s["attempts"][0]["gates"][0]["definition"] for s in d["step_list"] if s["step"].startswith("judge.make"))')" ]]
	local id
	id=$(json "$(lily show @last/judge.make.small --json)" 'd["step_list"][0]["attempts"][0]["gates"][0]["artifact_id"]')
	[[ $(json "$(lily artifact cat "$id")" 'd["payload"]["step"], d["payload"]["gate"]') == "('make', 'small')" ]]
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
	lily fsck
}

@test "a required gate that does not pass is exit 4; the run that was judged stays" {
	judged 'file: { run: "test ! -e bad", in: { n: "${{ steps.make.out.n }}" }, grants: { n: fine } }' \
		'whole: { run: "test -e good", required: false }'
	go run
	expect 0
	local first
	first=$(json "$(lily show --json)" 'd["run_id"]')
	touch bad
	go gate run "$first"
	expect 4
	has "$output" 'failed  make.file'
	has "$output" '(optional) exit status 1'
	[[ $(order) == 'make after last ' ]]
	[[ $(json "$(lily show "$first" --json)" 'd["status"]') == succeeded ]]
	# Nor do labels go one way or the other.
	[[ $(json "$(lily artifact list "$first" --json)" '[a["labels"] for a in d if a["role"] == "output"]') == "[['fine']]" ]]
	# One of them.
	go gate run "$first" run.whole
	expect 0
	[[ $(steps) == *"('make', 'adopted')"*"('judge.run.whole', 'succeeded')]" ]]
	hasnt "$output" make.file
	# It can be done again itself, once what is judged from outside has changed.
	go gate run "$first"
	expect 4
	rm bad
	go retry
	expect 0
	[[ $(order) == 'make after last ' ]]
	lily fsck
}

@test "what a later run takes from an earlier one it does not take from a run that judged" {
	judged 'small: { expr: steps.make.out.n < 9 }' ''
	sed -i "s/^    env: .*/    in: { before: { previous: make.n, optional: true } }/; s/echo 3 >/n=\$(cat \"\$LILY_IN\/before\" 2>\/dev\/null || echo 0); echo \$((n + 1)) >/" w.lily.yaml
	go run
	expect 0
	local first
	first=$(json "$(lily show --json)" 'd["run_id"]')
	go run
	expect 0
	go gate run "$first"
	expect 0
	go run
	expect 0
	[[ $(lily artifact cat @last/make.n 2>/dev/null || lily artifact cat make.n) == 3 ]]
}

@test "what could be reused is judged all the same" {
	judged 'look: { run: "echo x >>count", in: { n: "${{ steps.make.out.n }}" } }' 'whole: { after: make, run: "echo y >>count", in: { n: "${{ steps.make.out.n }}" } }'
	sed -i 's/^    env: /    cache: true\n    env: /' w.lily.yaml
	go run
	expect 0
	: >count
	go gate run @last
	expect 0
	[[ $(sort count | tr -d '\n') == xy ]]
	# Of a run that has reused the step, too.
	go run
	expect 0
	: >count
	go gate run @last
	expect 0
	[[ $(sort count | tr -d '\n') == xy ]]
	lily fsck
}

@test "each gate has a line of JSON" {
	judged 'small: { expr: steps.make.out.n < 5, grants: { n: fine } }' 'ends: { expr: "steps.make.status == '"'succeeded'"'" }'
	go run
	expect 0
	go gate run @last --json
	expect 0
	while read -r line; do
		lily schema validate --schema "$SOURCE_DIR/schemas/cli/progress.json" - <<<"$line" >/dev/null
	done <<<"$output"
	[[ $(grep gate.judged <<<"$output" | json "$(cat)" 'd["gate"], d["status"], d["grants"][0]["label"]') == "('make.small', 'passed', 'fine')" ]]
	[[ $(grep gate.left_out <<<"$output" | json "$(cat)" 'd["gate"], d["reason"]') == "('run.ends', 'it asks how steps ended or what gates found there, which a run that only judges does not know')" ]]
}

@test "what was not accepted is not judged" {
	judged 'small: { expr: steps.make.out.n < 2 }, warn: { expr: steps.make.out.n < 1, required: false }' 'whole: { run: echo judged >>seen }'
	go run
	expect 4
	go gate run @last
	expect 4
	has "$stderr" 'gate make.small cannot pass: step make is failed there and has left nothing that was accepted'
	has "$stderr" 'gate make.warn does not judge: step make is failed there'
	[[ $(steps) == "[('make', 'skipped'), ('after', 'skipped'), ('last', 'adopted'), ('run.whole', 'adopted'), ('judge.make.small', 'blocked'), ('judge.run.whole', 'succeeded')]" ]]
	[[ $(cat seen) == $'judged\njudged' ]]
	has "$(lily why @last/make)" 'only judges'
	# By name: an optional one is refused.
	local first
	first=$(json "$(lily show --json)" 'd["parent"]')
	go gate run "$first" make.warn
	expect 3
	has "$stderr" 'gate make.warn cannot judge alone: step make is failed there'
	go gate run "$first" make.smal
	expect 3
	has "$stderr" 'its plan has no gate "make.smal"; did you mean "make.small"?'
	go gate run @last
	expect 3
	has "$stderr" 'it only judges another run itself'
	lily fsck
}

@test "gates of items are left out, those of a sub-workflow and of its file judge" {
	cat >part.lily.yaml <<'YAML'
lily: 1
params: { most: { type: integer } }
inputs: { n: { path: none } }
steps:
  twice: { run: 'echo 6 >"$LILY_OUT/n"; cat "$LILY_IN/n"', in: { n: "${{ inputs.n }}" }, out: { n: { type: json } }, gates: { even: { expr: steps.twice.out.n != 7 && params.most > 0 } } }
gates: { all: { after: twice, run: grep -q 6 "$LILY_IN/n", in: { n: "${{ steps.twice.out.n }}" } } }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  one: { run: 'echo 3 >"$LILY_OUT/n"', out: { n: { type: json } } }
  part: { workflow: part.lily.yaml, in: { n: "${{ steps.one.out.n }}" }, with: { most: 9 } }
  each: { foreach: [ 1, 2 ], run: 'echo 1 >"$LILY_OUT/n"', out: { n: { type: json } }, gates: { it: { expr: steps.each.out.n == 1 } } }
gates: { list: { after: each, run: 'grep -q 1 "$LILY_IN/n"', in: { n: "${{ steps.each.out.n }}" } } }
YAML
	go run w.lily.yaml
	expect 0
	local first
	first=$(json "$(lily show --json)" 'd["run_id"]')
	go gate run "$first"
	expect 0
	has "$stderr" 'gate each.it does not judge: it judges the items of a foreach one by one'
	has "$output" 'passed  part/twice.even'
	has "$output" 'passed  part/run.all'
	has "$output" 'passed  run.list'
	lily fsck
	# A param that is made of outputs is known to a run of its file only.
	sed -i 's/most: 9/most: "${{ steps.one.out.n }}"/' w.lily.yaml
	go run w.lily.yaml
	expect 0
	go gate run @last
	expect 0
	has "$stderr" 'gate part/twice.even does not judge: it asks for a param'
	go gate run @last
	expect 3
}

@test "judging that was killed goes on" {
	judged 'slow: { run: "echo x >>turns; [ $(wc -l <turns) -ne 2 ] || sleep 60", in: { n: "${{ steps.make.out.n }}" } }' 'whole: { run: echo whole >>turns2 }'
	go run
	expect 0
	lily gate run @last 2>/dev/null &
	until_true awk 'END { exit NR < 2 }' turns
	kill -9 $!
	wait $! 2>/dev/null || true
	go resume
	expect 0
	[[ $(order) == 'make after last ' ]]
	[[ $(json "$(lily show --json)" 'd["kind"], d["status"]') == "('judge', 'succeeded')" ]]
	lily fsck
}

@test "a run that goes on is not judged alone" {
	judged 'small: { expr: steps.make.out.n < 5 }' ''
	sed -i 's/echo after >>order/touch begun; sleep 60/' w.lily.yaml
	lily run 2>/dev/null &
	until_true test -e begun
	go gate run @last
	expect 3
	has "$stderr" 'has not ended; what it makes is judged while it goes on'
	lily cancel @last 2>/dev/null
	wait $! || true
	go gate run @last
	expect 0
	has "$output" 'passed  make.small'
}

@test "a run that judged is read as any other" {
	judged 'small: { expr: steps.make.out.n < 5 }' 'whole: { run: echo from the gate }'
	go run
	expect 0
	go gate run @last
	expect 0
	lily graph --run @last >/dev/null
	has "$(lily logs @last/judge.run.whole --gates)" 'from the gate'
	has "$(lily why @last/make)" 'had done it'
	has "$(lily why @last/judge.run.whole)" judge.run.whole
	lily watch @last
	go retry
	expect 3
	has "$stderr" 'only judged what another one has done'
	lily plan --json >/dev/null
}
