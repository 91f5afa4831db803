load setup.bash

# Gates of a step that is reused: each is judged by a key of its own.

# A step that says in `ran` that it ran, with the gates in $1 and more keys of it in $2; `use` needs it.
gated() {
	cat >w.lily.yaml <<YAML
lily: 1
steps:
  make:
    run: echo make >>ran; echo good >"\$LILY_OUT/made"
    out: { made: { type: text } }
    cache: true
    gates: { $1 }
    ${2:-}
  use: { run: 'echo use >>ran', in: { m: "\${{ steps.make.out.made }}" }, cache: true }
YAML
	[[ -e check.sh ]] || {
		printf '#!/bin/sh\necho check >>ran\ngrep -q good "$1"\n' >check.sh
		chmod +x check.sh
	}
}

# The gate that says all that it looks at.
closed='exec: [ ./check.sh, "${{ in.m }}" ], in: { m: "${{ steps.make.out.made }}" }'

# What ran since the last time it was asked, sorted.
ran() {
	sort ran 2>/dev/null | tr '\n' ' '
	rm -f ran
}

# Runs the workflow and says what ran. Usage: again [OPTION…]
again() {
	lily run -q "$@" >/dev/null 2>err || { cat err >&2; return 1; }
	ran
}

sound() {
	go fsck --bytes
	expect 0
}

# The payload of the newest result of gate $1.
result() {
	local id
	id=$(json "$(lily artifact list --json)" "[a['artifact_id'] for a in d if a['role'] == 'gate' and a['name'] == '$1'][0]")
	lily artifact cat "$id" | tee result.json | lily schema validate --schema envelope.v1 - >/dev/null
	python3 -c 'import json; print(json.dumps(json.load(open("result.json"))["payload"]))' | tee payload.json
	lily schema validate --schema gate_result.v1 payload.json >&2
}

@test "nothing changed: neither the step nor its gate runs, and the result says so" {
	gated "tests: { $closed }, value: { expr: steps.make.out.made == 'good' }"
	[[ $(again) == "check make use " ]]
	first=$(json "$(lily show --json)" 'd["run_id"]')
	[[ -z $(again) ]]
	[[ $(json "$(lily show --json)" 'd["steps"]["reused"]') == 2 ]]
	[[ $(json "$(result tests)" 'd["status"], d["reused"]["run_id"], d["reused"]["attempt"]') == "('passed', '$first', 1)" ]]
	[[ $(json "$(result value)" 'd["status"], d["reused"]["run_id"]') == "('passed', '$first')" ]]
	shown=$(lily show @last/make)
	has "$shown" 'tests  passed (there, under an equal key)'
	[[ $(json "$(lily show @last/make --json)" '[(g["gate"], g["status"], g["reused"]["attempt"]) for g in d["step_list"][0]["adopted"]["gates"]]') == "[('tests', 'passed', 1), ('value', 'passed', 1)]" ]]
	lily show --steps --json | lily schema validate --schema cli/run -
	go why make
	has "$output" 'gate tests did not judge: it had passed, under an equal key'
	sound
}

@test "a run that follows the trail of another skips no gate that changed" {
	gated "tests: { $closed }"
	[[ $(again) == "check make use " ]]
	sleep 0.1
	[[ -z $(again) ]]
	[[ -z $(again) ]]
	[[ $(lily events --json | grep -c visits.reused) == 1 ]]
	[[ $(json "$(result tests)" '"reused" in d') == True ]]
	sed -i 's/echo check/echo CHECK/' check.sh
	[[ $(again) == "CHECK " ]]
	[[ -z $(again) ]]
	sound
}

@test "a gate that is added, changed, made required, or whose program changed, judges what is there" {
	gated "tests: { $closed }"
	[[ $(again) == "check make use " ]]
	# Added: the other one has passed.
	gated "tests: { $closed }, size: { run: 'echo size >>ran', in: { m: \"\${{ steps.make.out.made }}\" } }"
	go plan
	has "$output" 'not run: gates judge what run'
	has "$output" 'tests has passed it under an equal key'
	has "$output" 'size would judge: it has not judged what was made'
	[[ $(again) == "size " ]]
	go why make
	has "$output" 'gate size judged it: it had not judged what was made'
	has "$output" 'gate tests did not judge'
	[[ $(json "$(lily show @last/make --json)" 'd["step_list"][0]["attempts"][0]["outputs_of"]["attempt"]') == 1 ]]
	[[ -z $(again) ]]
	# Its program.
	sed -i 's/echo check/echo CHECK/' check.sh
	[[ $(again) == "CHECK " ]]
	go why make
	has "$output" 'gate tests judged it: its key is another: tool../check.sh'
	[[ -z $(again) ]]
	# Changed.
	gated "tests: { $closed, timeout: 50s }, size: { run: 'echo size >>ran', in: { m: \"\${{ steps.make.out.made }}\" } }"
	[[ $(again) == "CHECK " ]]
	# Optional, and required again.
	gated "tests: { $closed, required: false }"
	[[ $(again) == "CHECK " ]]
	gated "tests: { $closed }"
	[[ $(again) == "CHECK " ]]
	[[ -z $(again) ]]
	sound
}

@test "what a required gate rejects is no hit any more, not for its retry and not for the next run" {
	gated "tests: { $closed }"
	[[ $(again) == "check make use " ]]
	cp w.lily.yaml before.yaml
	gated "tests: { $closed }, size: { run: 'echo size >>ran; exit 1', in: { m: \"\${{ steps.make.out.made }}\" } }" 'retry: { attempts: 2, errors: [ gate ], backoff: 1ms }'
	go run
	expect 4
	[[ $(ran) == "check make size size " ]]
	[[ $(json "$(lily show --json)" 'd["attempts"]') == 2 ]]
	lily events --json | grep -q '"attempt.rejected"'
	# Without the gate, it runs: what was kept is forgotten.
	[[ $(again before.yaml) == *"make "* ]]
	[[ -z $(again before.yaml) ]]
	sound
}

@test "a gate that does not say what it looks at judges each time, and the step does not run" {
	gated "tests: { run: 'echo open >>ran; [ ! -e bad ]' }"
	[[ $(again) == "make open use " ]]
	[[ $(json "$(result tests)" 'd["key"]') == None ]]
	[[ $(again) == "open " ]]
	go why make
	has "$output" 'gate tests judged it: it does not say by `in` all that it looks at'
	touch bad
	go run
	expect 4
	[[ $(ran) == "open " ]]
	rm bad
	[[ $(again) == "make open " ]]
	sound
}

@test "files, variables and what an expression gives are part of a gate's key" {
	gated "limit: { run: 'echo limit >>ran', in: { l: { path: limit } } }, value: { expr: steps.make.out.made == params.want }"
	sed -i '1a params: { want: { default: good } }\npass_env: [ LEVEL ]' w.lily.yaml
	echo 1 >limit
	[[ $(again) == "limit make use " ]]
	[[ -z $(again) ]]
	echo 2 >limit
	[[ $(again) == "limit " ]]
	[[ -z $(again) ]]
	go run -p want=other
	expect 4
	[[ -z $(ran) ]]
	sound
}

@test "files of the workspace are put back before gates judge them" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make:
    run: echo make >>ran; mkdir -p build; echo good >build/made
    out: { made: { path: build/made } }
    cache: true
    gates: { tests: { run: 'echo check >>ran; grep -q good build/made' } }
YAML
	[[ $(again) == "check make " ]]
	rm -r build
	[[ $(again) == "check " ]]
	[[ $(<build/made) == good ]]
	sound
}

@test "an optional gate that did not pass judges again" {
	gated "style: { run: 'echo style >>ran; exit 1', in: { m: \"\${{ steps.make.out.made }}\" }, required: false }"
	[[ $(again) == "make style use " ]]
	[[ $(again) == "style " ]]
	go why make
	has "$output" 'gate style judged it: it had not passed'
	sound
}

@test "items: each one's gates have keys of their own" {
	cat >w.lily.yaml <<'YAML'
lily: 1
params: { list: { type: array, default: [ a, b, c ] } }
steps:
  each:
    foreach: "${{ params.list }}"
    run: echo "$LILY_ITEM" >>ran; echo "$LILY_ITEM" >"$LILY_OUT/o"
    out: { o: {} }
    cache: true
    gates: { tests: { run: 'echo "check $LILY_ITEM" >>ran; test -s "$LILY_IN/o"', in: { o: "${{ steps.each.out.o }}" } } }
YAML
	[[ $(again) == "a b c check a check b check c " ]]
	[[ -z $(again) ]]
	[[ $(again -p 'list=["d","a","b","c"]') == "check d d " ]]
	sound
}

@test "killed while gates judge what is kept: they judge it again" {
	gated "tests: { run: 'echo check >>ran; [ ! -e slow ] || sleep 60' }"
	[[ $(again) == "check make use " ]]
	touch slow
	lily run >/dev/null 2>&1 &
	driver=$!
	for _ in $(seq 200); do
		[[ ! -e ran ]] || break
		sleep 0.05
	done
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	rm -f slow
	[[ $(ran) == "check " ]]
	go resume
	expect 0
	[[ $(ran) == "check " ]]
	sound
}

@test "a step of a gate that needs no key of its own has none" {
	gated "tests: { $closed }" ''
	sed -i 's/cache: true/cache: false/' w.lily.yaml
	[[ $(again) == "check make use " ]]
	[[ $(json "$(result tests)" 'd["key"]') == None ]]
	[[ $(again) == "check make use " ]]
}

@test "labels come along with the gates that grant them, and only with these" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make:
    run: echo make >>ran; echo good >"$LILY_OUT/made"
    out: { made: { type: text } }
    cache: true
    gates:
      tests: { run: 'echo check >>ran', in: { m: "${{ steps.make.out.made }}" }, grants: { made: checked } }
  use: { run: 'echo use >>ran', in: { m: "${{ steps.make.out.made }}" }, accepts: { m: [ checked ] } }
YAML
	[[ $(again) == "check make use " ]]
	[[ $(again) == "use " ]]
	[[ $(json "$(lily artifact list --json)" '[(a["name"], a["labels"]) for a in d if a["role"] == "output"]') == "[('made', ['checked'])]" ]]
	sound
	# One gate judges, the other one is taken over: both grant.
	sed -i 's/^      tests:.*/&\n      size: { run: "echo size >>ran", in: { m: "${{ steps.make.out.made }}" }, grants: { made: sized } }/; s/\[ checked \]/[ checked, sized ]/' w.lily.yaml
	[[ $(again) == "size use " ]]
	[[ $(again) == "use " ]]
	[[ $(json "$(lily artifact list --json)" '[(a["name"], a["labels"]) for a in d if a["role"] == "output"]') == "[('made', ['checked', 'sized'])]" ]]
	# What the gates reject carries none, also of those that passed.
	sed -i 's/echo size >>ran/exit 1/' w.lily.yaml
	go run
	expect 4
	[[ $(json "$(lily artifact list --rejected --json)" '[a["labels"] for a in d if a["role"] == "rejected" and a["name"] == "made"]') == "[[]]" ]]
	sound
}

@test "a gate that asks for a change judges again where what it measured before is another" {
	cat >w.lily.yaml <<'YAML'
lily: 1
name: measured
steps:
  make:
    run: echo make >>ran; echo good >"$LILY_OUT/made"
    out: { made: { type: text } }
    cache: true
    gates:
      size:
        run: 'echo size >>ran; echo "{\"n\":1}" >"$LILY_METRICS"'
        in: { m: "${{ steps.make.out.made }}" }
        metrics: { n: { min_change: 0 } }
YAML
	[[ $(again) == "make size " ]]
	# Now there is something to compare with.
	[[ $(again) == "size " ]]
	go why make
	has "$output" 'gate size judged it: its key is another: before'
	[[ -z $(again) ]]
	[[ -z $(again) ]]
	sound
}

@test "what is compared with a file judges again where that is another" {
	gated "same: { compare: { made: { with: golden } } }"
	printf 'good\n' >golden
	[[ $(again) == "make use " ]]
	[[ -z $(again) ]]
	printf 'better\n' >golden
	go run
	expect 4
	[[ -z $(ran) ]]
	# What was rejected is made again.
	printf 'good\n' >golden
	[[ $(again) == "make " ]]
	sound
}
