load setup.bash

# Labels: gates grant them to what they looked at, steps accept their inputs only with them.

# A step `make` whose gate is $1, and a step `ship` that accepts `report` only as `reviewed`; $2: more steps.
labelled() {
	cat >w.lily.yaml <<YAML
lily: 1
steps:
  make:
    run: 'echo made >"\$LILY_OUT/report"; echo make >>order'
    out: { report: null }
    gates: { look: { $1, in: { report: "\${{ steps.make.out.report }}" }, grants: { report: reviewed } } }
  ship:
    run: 'cat "\$LILY_IN/report"; echo ship >>order'
    in: { report: "\${{ steps.make.out.report }}" }
    accepts: { report: [ reviewed ] }
${2-}
YAML
	rm -f order
}

order() { tr '\n' ' ' <order; }

# The labels of the artifacts of a run: "NAME:LABEL,… …". Usage: labels [RUN]
labels() {
	json "$(lily artifact list "${1-@last}" --json)" \
		'" ".join(a["name"] + ":" + ",".join(a["labels"]) for a in d if a["role"] == "output")'
}

@test "a gate that passed grants its label, and a step takes the input with it" {
	labelled 'run: grep -q made "$LILY_IN/report"'
	go run
	expect 0
	[[ $(order) == 'make ship ' ]]
	[[ $(labels) == report:reviewed ]]
	has "$(lily show @last/make)" reviewed
	# What the gate found says so, too, and so does the event that made the output true.
	local id
	id=$(json "$(lily show @last/make --json)" 'd["step_list"][0]["attempts"][0]["gates"][0]["artifact_id"]')
	lily artifact cat "$id" >result.json
	[[ $(json "$(cat result.json)" '[(g["step"], g["output"], g["label"]) for g in d["payload"]["grants"]]') == "[('make', 'report', 'reviewed')]" ]]
	python3 -c 'import json; json.dump(json.load(open("result.json"))["payload"], open("payload.json", "w"))'
	lily schema validate --schema gate_result.v1 payload.json
	[[ $(lily events --json | grep -c '"grants"') == 1 ]]
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
	lily artifact list --json >list.json
	lily plan --json >plan.json
	lily schema validate --schema plan.v1 plan.json
	lily fsck
}

@test "an optional gate that did not pass grants nothing: the step fails, without being begun" {
	labelled 'run: exit 1, required: false'
	go run
	expect 1
	[[ $(order) == 'make ' ]]
	[[ $(labels) == report: ]]
	has "$stderr" 'input report lacks label reviewed, which gate make.look has not granted to make.report'
	[[ $(json "$(lily show @last/ship --json)" 'd["step_list"][0]["attempts"][0]["class"]') == label ]]
	lily fsck
	# Trying again changes nothing, whatever the step's `retry` says.
	sed -i 's/    accepts:/    retry: { attempts: 3 }\n    accepts:/' w.lily.yaml
	go run
	expect 1
	[[ $(json "$(lily show @last/ship --json)" 'len(d["step_list"][0]["attempts"])') == 1 ]]
}

@test "equal bytes elsewhere carry no label" {
	labelled 'run: "true"' '  copy:
    run: cp "$LILY_IN/report" "$LILY_OUT/report"
    in: { report: "${{ steps.make.out.report }}" }
    out: { report: null }
    gates: { look: { run: exit 1, required: false, in: { r: "${{ steps.copy.out.report }}" }, grants: { report: reviewed } } }
  launder:
    run: echo launder >>order
    in: { report: "${{ steps.copy.out.report }}" }
    accepts: { report: [ reviewed ] }'
	go run
	expect 1
	hasnt "$(order)" launder
	has "$(order)" ship
	[[ $(labels) == 'report:reviewed report:' ]]
	# The same bytes indeed.
	[[ $(json "$(lily artifact list --json)" 'len({a["sha256"] for a in d if a["role"] == "output"})') == 1 ]]
}

# A gate of the run that grants `approved`, once it has seen the report; $1: its program.
late() {
	labelled 'run: "true"' "gates:
  late: { after: make, run: '$1', in: { report: \"\${{ steps.make.out.report }}\" }, grants: { make.report: approved } }"
	sed -i 's/\[ reviewed \]/[ reviewed, approved ]/' w.lily.yaml
}

@test "a step waits for a gate of the run whose label it asks for" {
	late 'sleep 0.3; echo late >>order'
	go run
	expect 0
	[[ $(order) == 'make late ship ' ]]
	[[ $(labels) == report:approved,reviewed ]]
	late 'exit 1'
	go run
	expect 4
	[[ $(order) == 'make ' ]]
	has "$stderr" 'lacks label approved, which gate run.late has not granted to make.report'
	[[ $(json "$(lily show --json --steps)" '[(s["step"], s["state"]) for s in d["step_list"]]') == "[('make', 'succeeded'), ('ship', 'failed'), ('run.late', 'failed')]" ]]
	# One step asked for brings the gate along.
	late 'echo late >>order'
	go run w.lily.yaml ship
	expect 0
	[[ $(order) == 'make late ship ' ]]
	# A gate that comes after all steps cannot have granted it before.
	sed -i 's/after: make, //' w.lily.yaml
	go check
	expect 3
	has "$output" 'w.lily.yaml:10:16: step "ship": accepts "report": gate run.late judges when all steps have ended'
	sed -i 's/  late: {/  late: { after: [ make, ship ],/' w.lily.yaml
	go check
	expect 3
	has "$output" 'run.late'
}

@test "a gate that is killed, or times out, grants nothing" {
	labelled 'run: kill -9 $$, required: false'
	go run
	expect 1
	[[ $(order) == 'make ' ]]
	has "$stderr" 'lacks label reviewed'
	labelled 'run: sleep 60, timeout: 100ms, required: false'
	go run
	expect 1
	has "$stderr" 'lacks label reviewed'
	[[ $(labels) == report: ]]
}

@test "an attempt that another gate rejects leaves no label" {
	labelled 'run: "true"'
	sed -i 's/    gates: {/    retry: { attempts: 2, errors: [ gate ], backoff: 1ms }\n    gates: { again: { run: "test -e \\"$LILY_WORKSPACE\/second\\" || { touch \\"$LILY_WORKSPACE\/second\\"; exit 1; }" },/' w.lily.yaml
	go run
	expect 0
	[[ $(order) == 'make make ship ' ]]
	# One event grants, and what was rejected carries nothing.
	[[ $(lily events --json | grep -c '"grants"') == 1 ]]
	[[ $(labels) == report:reviewed ]]
	[[ $(json "$(lily artifact list --json --rejected)" 'sorted({(a["role"], *a["labels"]) for a in d if a["name"] == "report"})') == "[('output', 'reviewed'), ('rejected',)]" ]]
}

@test "a label of one run is worth nothing in another" {
	labelled 'run: "true"'
	go run
	expect 0
	# The same bytes, and the same gate with another verdict.
	sed -i 's/run: "true"/run: "false", required: false/' w.lily.yaml
	go run
	expect 1
	[[ $(order) == 'make ship make ' ]]
	# Taken from the run before by name, or given: refused before anything runs.
	sed -i 's/^    in: { report: "${{ steps.make.out.report }}" }$/    in: { report: { previous: make.report } }/' w.lily.yaml
	go check
	expect 3
	has "$output" 'input "report" is of an earlier run, which carries no label'
	sed -i 's/{ previous: make.report }/"${{ inputs.r }}"/; s/^steps:/inputs: { r: { path: order } }\nsteps:/' w.lily.yaml
	go check
	expect 3
	has "$output" 'input "report" is given to this file from outside, which carries no label'
}

@test "what is adopted keeps its labels with the gate that granted them" {
	late 'echo late >>order'
	sed -i 's/; echo ship >>order/; echo ship >>order; test -e good/' w.lily.yaml
	go run
	expect 1
	touch good
	go retry
	expect 0
	[[ $(order) == 'make late ship ship ' ]]
	[[ $(labels) == report:approved,reviewed ]]
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
	lily fsck
	# Also from the one that adopted them.
	go retry ship
	expect 0
	[[ $(order) == 'make late ship ship ship ' ]]
	lily fsck
}

@test "a gate that is defined anew has to grant its label anew" {
	late 'echo late >>order'
	sed -i 's/; echo ship >>order/; echo ship >>order; test -e good/' w.lily.yaml
	go run
	expect 1
	touch good
	# The gate of the run judges again what is kept, and now is against it.
	sed -i 's/echo late >>order/echo stricter >>order; exit 1/' w.lily.yaml
	go retry --file w.lily.yaml
	expect 4
	[[ $(order) == 'make late ship stricter ' ]]
	[[ $(labels) == report:reviewed ]]
	# So does the gate of a step: what it judged is made again.
	sed -i 's/look: { run: "true"/look: { run: "false", required: false/; s/; exit 1//' w.lily.yaml
	go retry --file w.lily.yaml
	expect 1
	[[ $(order) == 'make late ship stricter make stricter ' ]]
	has "$stderr" 'lacks label reviewed'
	lily fsck
}

@test "a run that was killed between a label and its use goes on with it" {
	late 'echo late >>order'
	sed -i 's/cat "$LILY_IN\/report"/echo begun >>begun; [ $(wc -l <begun) -gt 1 ] || sleep 60/' w.lily.yaml
	lily run 2>/dev/null &
	until_true test -s begun
	kill -9 $!
	wait $! 2>/dev/null || true
	go resume
	expect 0
	# What was not on disk yet is done again.
	[[ $(awk '!seen[$0]++' order | tr '\n' ' ') == 'make late ship ' ]]
	[[ $(labels) == report:approved,reviewed ]]
	lily fsck
}

@test "rules see which labels are missing" {
	labelled 'run: "false", required: false' 'routes:
  - { id: other, when: { step: ship, label_missing: approved }, then: abort }
  - { id: unseen, when: { step: ship, label_missing: reviewed }, then: continue }'
	go run
	expect 0
	has "$stderr" 'rule unseen: continue'
	[[ $(json "$(lily events --json | grep route.decided)" 'd["payload"]["facts"]["labels_missing"]') == "['reviewed']" ]]
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
}

@test "a step that could be reused is not taken past its labels" {
	labelled 'run: "true"'
	sed -i 's/    accepts:/    cache: true\n    accepts:/' w.lily.yaml
	go run
	expect 0
	# make runs again, its output is the same: ship could be reused.
	go run
	expect 0
	[[ $(order) == 'make ship make ' ]]
	sed -i 's/run: "true"/run: "false", required: false/' w.lily.yaml
	go run
	expect 1
	[[ $(order) == 'make ship make make ' ]]
	has "$stderr" 'lacks label reviewed'
}

@test "labels hold within an item, and not for the list of items" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ good, bad, fine ], max_failed: 1 }
    outputs: { r: "${{ steps.make.out.r }}" }
    steps:
      make:
        run: echo "$ITEM" >"$LILY_OUT/r"
        env: { ITEM: "${{ item }}" }
        out: { r: { type: text } }
        gates: { look: { run: '! grep -q bad "$LILY_IN/r"', required: false, in: { r: "${{ steps.make.out.r }}" }, grants: { r: seen } } }
      use:
        run: cat "$LILY_IN/r" >>used
        in: { r: "${{ steps.make.out.r }}" }
        accepts: { r: seen }
  all:
    run: cat "$LILY_IN/r" >all
    in: { r: "${{ steps.each.out.r }}" }
    accepts: { r: [ whole ] }
gates:
  whole: { after: each, run: grep -q fine "$LILY_IN/r", in: { r: "${{ steps.each.out.r }}" }, grants: { each.r: whole } }
YAML
	go run --parallel 1
	expect 0
	[[ $(sort used | tr '\n' ' ') == 'fine good ' ]]
	has "$(cat all)" good
	[[ $(json "$(lily artifact list --json)" 'sorted("".join(a["labels"]) for a in d if a["role"] == "output" and a["name"] == "r")') == "['', 'seen', 'seen', 'whole']" ]]
	lily fsck
	sed -i 's/accepts: { r: \[ whole \] }/accepts: { r: [ seen ] }/' w.lily.yaml
	go check
	expect 3
	has "$output" 'a list of what items made carries none of their labels'
}

@test "no label crosses into another file, or out of one" {
	cat >part.lily.yaml <<'YAML'
lily: 1
inputs: { r: { path: none } }
outputs: { r: "${{ steps.make.out.r }}" }
steps:
  make:
    run: cp "$LILY_IN/r" "$LILY_OUT/r"
    in: { r: "${{ inputs.r }}" }
    out: { r: null }
    gates: { look: { run: "true", in: { r: "${{ steps.make.out.r }}" }, grants: { r: seen } } }
  use:
    run: echo use >>order
    in: { r: "${{ steps.make.out.r }}" }
    accepts: { r: [ seen, late ] }
gates: { late: { after: make, run: echo late >>order, in: { r: "${{ steps.make.out.r }}" }, grants: { make.r: late } } }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  first: { run: 'echo 1 >"$LILY_OUT/r"', out: { r: null } }
  part: { workflow: part.lily.yaml, in: { r: "${{ steps.first.out.r }}" } }
  last:
    run: echo last >>order
    in: { r: "${{ steps.part.out.r }}" }
    accepts: { r: [ outer ] }
gates: { outer: { after: part, run: echo outer >>order, in: { r: "${{ steps.part.out.r }}" }, grants: { part.r: outer } } }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(order) == 'late use outer last ' ]]
	lily fsck
	sed -i 's/\[ outer \]/[ seen ]/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'what another file returns carries no label of that file'
	sed -i 's/\[ seen \]/[ outer ]/; s/workflow: part.lily.yaml,/workflow: part.lily.yaml, accepts: { r: [ outer ] },/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" '"accepts" with `workflow` is not honoured'
}

@test "finally may ask for what a gate of the whole run grants; a foreach and a group, too" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  g:
    outputs: { r: "${{ steps.make.out.r }}" }
    steps:
      make: { run: 'echo 1 >"$LILY_OUT/r"', out: { r: null }, gates: { look: { run: "true", in: { r: "${{ steps.make.out.r }}" }, grants: { r: seen } } } }
  each:
    foreach: [ 1, 2 ]
    run: echo "each" >>order
    in: { r: "${{ steps.g.out.r }}" }
    accepts: { r: [ seen, soon ] }
gates:
  soon: { after: g, run: 'sleep 0.2; echo soon >>order', in: { r: "${{ steps.g.out.r }}" }, grants: { g.r: soon } }
  all: { run: 'echo all >>order', in: { r: "${{ steps.g.out.r }}" }, grants: { g/make.r: whole } }
finally:
  last:
    run: echo last >>order
    in: { r: "${{ steps.g.out.r }}" }
    accepts: { r: [ seen, whole ] }
YAML
	go run --parallel 3
	expect 0
	[[ $(tr '\n' ' ' <order) == 'soon each each all last ' ]]
	[[ $(json "$(lily artifact list --json)" '[a["labels"] for a in d if a["role"] == "output" and a["name"] == "r"]') == "[['seen', 'soon', 'whole']]" ]]
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
	lily plan --json >plan.json
	lily schema validate --schema plan.v1 plan.json
	lily fsck
}

@test "standard input and an optional input are accepted like others; what is absent needs no label" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make: { run: 'echo 1 >"$LILY_OUT/r"', out: { r: { type: json, optional: true } }, gates: { look: { expr: "default(steps.make.out.r, 1) > 0", grants: { r: seen } } } }
  a: { run: cat >got, stdin: "${{ steps.make.out.r }}", accepts: { stdin: seen } }
  b: { run: 'true', in: { r: { from: "${{ steps.make.out.r }}", optional: true } }, accepts: { r: seen } }
YAML
	go run
	expect 0
	[[ $(cat got) == 1 ]]
	sed -i 's/echo 1 >"$LILY_OUT\/r"/true/; /^  a:/d' w.lily.yaml
	go run
	expect 0
}

@test "a label comes with the word of whoever is asked at commit" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make: { run: 'echo 1 >"$LILY_OUT/r"', out: { r: null }, approve: { at: commit, ask: "ok?" }, gates: { look: { run: "true", in: { r: "${{ steps.make.out.r }}" }, grants: { r: seen } } } }
  use: { run: echo use >>order, in: { r: "${{ steps.make.out.r }}" }, accepts: { r: seen } }
YAML
	go run
	expect 6
	[[ $(json "$(lily artifact list --json)" '[a["labels"] for a in d if a["labels"]]') == '[]' ]]
	go approve @last/make
	expect 0
	[[ $(cat order) == use ]]
	lily fsck
}

@test "a gate that compares grants a label, and judges alone against the same" {
	labelled 'compare: { report: { with: wanted } }'
	echo made >wanted
	go run
	expect 0
	[[ $(labels) == report:reviewed ]]
	local first
	first=$(json "$(lily show --json)" 'd["run_id"]')
	go gate run "$first"
	expect 0
	has "$output" 'passed  make.look'
	echo other >wanted
	go gate run "$first"
	expect 4
	[[ $(labels "$first") == report:reviewed ]]
	sed -i 's/in: { report: "${{ steps.make.out.report }}" }, grants: { report: reviewed }/required: false, grants: { report: reviewed }/' w.lily.yaml
	go run
	expect 1
	has "$stderr" 'lacks label reviewed'
}
