load setup.bash

# Gates of a step: what judges its candidates before they are accepted.

# A step that makes {"score": 0.5}, with the gates in $1 and more keys in $2. Usage: gated GATES [KEYS]
gated() {
	cat >w.lily.yaml <<YAML
lily: 1
schemas: { report.v1: report.json, strict.v1: strict.json }
steps:
  make:
    run: echo '{"score":0.5}' >"\$LILY_OUT/report"; echo "\$LILY_ATTEMPT" >"\$LILY_OUT/try"
    out: { report: { type: json }, try: { type: text } }
    gates: { $1 }
    ${2:-}
  use: { run: 'true', in: { r: "\${{ steps.make.out.report }}" } }
YAML
	echo '{ "type": "object", "required": [ "score" ] }' >report.json
	echo '{ "type": "object", "properties": { "score": { "minimum": 0.9 } } }' >strict.json
}

# The result of gate $1 of the newest run's attempt $2 (1).
result() {
	local id
	id=$(json "$(lily artifact list --json)" "[a['artifact_id'] for a in d if a['role'] == 'gate' and a['name'] == '$1'][-1]")
	lily artifact cat "$id" | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["payload"]))'
}

# Whether what gate $1 found makes the expression $2 on `d` true.
found() {
	local r
	r=$(result "$1")
	if [[ $(json "$r" "$2") != True ]]; then
		printf 'not so: %s\nof: %s\n' "$2" "$r" >&2
		return 1
	fi
}

# Every result is what its schema says.
results_are_valid() {
	local id
	for id in $(json "$(lily artifact list --rejected --json)" '" ".join(a["artifact_id"] for a in d if a["role"] == "gate")'); do
		lily artifact cat "$id" | lily schema validate --schema envelope.v1 -
		lily artifact cat "$id" | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["payload"]))' |
			lily schema validate --schema gate_result.v1 -
	done
}

@test "gates that pass leave their results, and the outputs are accepted" {
	gated 'prog: { exec: [ grep, -q, score, "${{ in.report }}" ] },
      script: { run: "echo seen; echo kept >\"$LILY_OUT/note\"; echo fine >\"$LILY_REASON\"" },
      value: { expr: steps.make.out.report.score == 0.5 },
      valid: { schema: { report: report.v1 } }'
	go run
	expect 0
	found prog 'd["status"] == "passed" and d["runner"] == "exec" and d["exit"] == 0 and d["required"]'
	found script 'd["reason"] == "fine" and len(d["files"]) == 1 and d["log"] is not None'
	found value 'd["status"] == "passed" and d["bound"] and "exit" not in d'
	found valid 'd["status"] == "passed" and d["bound"]'
	# Who reads the workspace and does not say what of it has looked at more than is named.
	found prog 'not d["bound"] and [i["name"] for i in d["inputs"]] == ["report", "try"]'
	id=$(json "$(result prog)" 'd["inputs"][0]["artifact_id"]')
	[[ $(lily artifact cat "$id") == '{"score":0.5}' ]]
	[[ $(lily artifact cat "$(json "$(result script)" 'd["files"][0]')") == kept ]]
	[[ $(lily artifact cat "$(json "$(result script)" 'd["log"]')") == *seen* ]]
	results_are_valid
	lily fsck
	lily artifact verify
	# Nothing else is left behind.
	[[ -z $(find "$XDG_STATE_HOME" -path '*/attempts/*') ]]
}

@test "a required gate that fails: exit 4, candidates are evidence, what needs them is blocked" {
	gated 'tests: { run: "echo 2 tests failed >&2; exit 3" }'
	go run
	expect 4
	has "$stderr" 'gate tests: exit status 3: 2 tests failed'
	[[ $(json "$(lily show --json)" '(d["steps"]["failed"], d["steps"]["blocked"], d["failed_steps"][0]["class"])') == "(1, 1, 'gate')" ]]
	[[ $(json "$(lily artifact list --json)" 'sorted(a["role"] for a in d)') == "['gate']" ]]
	[[ $(json "$(lily artifact list --rejected --json)" 'sorted(a["name"] for a in d if a["role"] == "rejected")') == "['errors', 'report', 'try']" ]]
	found tests 'd["status"] == "failed" and d["exit"] == 3'
	results_are_valid
	lily fsck
	go artifact cat make.report
	expect 3
	# Again, and it passes.
	sed -i 's/exit 3/exit 0/' w.lily.yaml
	go retry --file w.lily.yaml
	expect 0
}

@test "the next attempt finds what the gates found" {
	gated 'tests: { run: "grep -q 2 \"$LILY_IN/try\" || { echo bad try; exit 1; }" },
      other: { expr: "false", required: false }' 'retry: { attempts: 3, errors: [ gate ], backoff: 1ms }'
	sed -i 's|run: echo|run: cp "${LILY_FEEDBACK:-/dev/null}" seen; echo|' w.lily.yaml
	go run
	expect 0
	[[ $(json "$(cat seen)" '[(r["gate"], r["status"], r["required"]) for r in d]') == "[('other', 'failed', False), ('tests', 'failed', True)]" ]]
	[[ $(json "$(cat seen)" 'd[1]["printed"], d[1]["reason"]') == "('bad try\n', 'exit status 1')" ]]
	[[ $(lily artifact cat make.try) == 2 ]]
	# A rule that speaks of other errors does not try again.
	sed -i 's/errors: \[ gate \]/errors: [ exit ]/' w.lily.yaml
	go run
	expect 4
	[[ $(json "$(lily show --json)" 'd["attempts"]') == 1 ]]
}

@test "show and logs tell what the gates found" {
	gated 'tests: { run: "echo 3 tests failed; exit 1" }, style: { run: "echo ugly >&2; exit 2", required: false }, ok: { expr: 1 == 1 }'
	go run
	expect 4
	has "$stderr" '| 3 tests failed'
	has "$stderr" 'lily logs'
	has "$stderr" 'make@1 --gates'
	shown=$(lily show @last/make)
	has "$shown" 'tests  failed  exit status 1'
	has "$shown" 'style  failed (optional)  exit status 2: ugly'
	has "$shown" 'ok  passed'
	[[ $(json "$(lily show @last/make --json)" '[(g["gate"], g["status"], g["required"], g["log"] is not None) for g in d["step_list"][0]["attempts"][0]["gates"]]') == "[('ok', 'passed', True, False), ('style', 'failed', False, True), ('tests', 'failed', True, True)]" ]]
	lily show --steps --json | lily schema validate --schema cli/run -
	[[ $(lily logs make --gates --stream stdout) == 'tests.log | 3 tests failed' ]]
	[[ $(lily logs make --gates --json | head -1) == *'"step":"make","attempt":1,"gate":"style.log","stream":"stderr"'* ]]
	# What the step itself wrote is something else.
	[[ -z $(lily logs make) ]]
	go logs make --gates --validators
	expect 2
}

@test "an optional gate warns and is recorded" {
	gated 'style: { run: exit 1, required: false }'
	go run
	expect 0
	found style 'd["status"] == "failed" and not d["required"]'
	[[ $(lily artifact cat make.report) == '{"score":0.5}' ]]
}

@test "what could not judge has not passed: no program, time, signal, no verdict" {
	for gate in 'exec: [ ./nowhere ]' 'run: sleep 9, timeout: 200ms' 'run: kill -9 $$' \
		'run: echo x >"$LILY_METRICS"' 'run: ln -s /etc/passwd "$LILY_OUT/l"' \
		'exec: [ cat, "${{ steps.make.out.try }}", "${{ in.no }}" ], in: { no: { path: nothing } }'; do
		gated "g: { $gate }"
		go run
		expect 4
		found g 'd["status"] == "error" and d["reason"] is not None'
		results_are_valid
	done
}

@test "an expression, and a schema, that do not hold" {
	gated 'high: { expr: "steps.make.out.report.score >= 0.9" }'
	go run
	expect 4
	found high 'd["status"] == "failed" and "is false" in d["reason"]'
	gated 'valid: { schema: { report: strict.v1 } }'
	go run
	expect 4
	found valid 'd["status"] == "failed" and d["findings"][0]["instance"] == "/score"'
	has "$stderr" 'gate valid: input report: report:1:10: '
	results_are_valid
}

@test "metrics: what is measured is kept and must keep to its limits" {
	gated 'm: { run: "echo ''{\"coverage\": 0.79, \"lines\": 12}'' >\"$LILY_METRICS\"", metrics: { coverage: { min: 0.8 } } }'
	sed -i "s|echo {|echo '{|; s|12}|12}'|" w.lily.yaml
	go run
	expect 4
	has "$stderr" 'gate m: coverage is 0.79, less than 0.8'
	found m 'd["metrics"]["coverage"] == {"value": 0.79, "limits": {"min": 0.8}, "status": "failed"} and d["metrics"]["lines"]["value"] == 12'
	sed -i 's/0.79/0.8/' w.lily.yaml
	go run
	expect 0
	found m 'd["metrics"]["coverage"]["status"] == "passed"'
	sed -i 's/coverage\\/cover\\/' w.lily.yaml
	go run
	expect 4
	has "$stderr" 'coverage was not measured'
	results_are_valid
}

@test "repeat: it passes where it does so often enough, and disagreement is recorded" {
	gated 'flaky: { run: "echo x >>turns; [ $(($(wc -l <turns) % 2)) = 0 ]", repeat: { times: 4, pass: 2 } }'
	go run
	expect 0
	found flaky 'd["disagreement"] and [v["status"] for v in d["verdicts"]] == ["failed", "passed", "failed", "passed"]'
	sed -i 's/pass: 2/pass: 3/' w.lily.yaml
	go run
	expect 4
	has "$stderr" '2 of 4 turns passed, 3 are asked for'
	results_are_valid
}

@test "a gate during which a path that it names changed has seen nobody knows what" {
	gated 'g: { run: "echo more >>data", in: { d: { path: data } } }'
	echo once >data
	go run
	expect 4
	has "$stderr" 'gate g: input d (data) changed while the gate ran'
	found g 'd["status"] == "error" and d["bound"]'
	# What it does not name is its own business.
	gated 'g: { run: "echo more >>other; cmp data \"$LILY_IN/d\"", in: { d: { path: data } } }'
	go run
	expect 0
}

@test "continue_on_error never passes a required gate" {
	gated 'g: { run: exit 1 }' 'continue_on_error: true'
	sed -i '/use:/d' w.lily.yaml
	go run
	expect 4
	# It does where the gate warns only, and not where the step failed before it could be judged.
	sed -i 's/run: exit 1 }/run: exit 1, required: false }/' w.lily.yaml
	go run
	expect 0
	sed -i 's/required: false/required: true/; s/run: echo/run: exit 1; echo/' w.lily.yaml
	go run
	expect 1
}

@test "a step that was skipped has passed no required gate" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: 'true', if: "1 > 2", gates: { g: { run: 'true', required: false } } }
  b: { run: 'true', needs: [ a ] }
YAML
	go run
	expect 0
	sed -i 's/, required: false//' w.lily.yaml
	go run
	expect 1
	has "$stderr" 'blocked    b'
	# Whoever asks for its end only gets it.
	sed -i 's/needs: \[ a \]/needs: { a: finished }/' w.lily.yaml
	go run
	expect 0
}

@test "the gates of a foreach step judge each item" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ 1, 2, 3 ], key: index, max_failed: 1 }
    run: echo "{\"n\":$LILY_ITEM}" >"$LILY_OUT/o"
    out: { o: { type: json } }
    gates:
      small: { expr: steps.each.out.o.n < 3 }
      own: { run: 'grep -q "$LILY_ITEM" "$LILY_IN/o" && [ "$LILY_STEP" = "each/$LILY_INDEX" ]' }
YAML
	go run
	# max_failed lets the step go on, but no run passes a required gate.
	expect 4
	has "$stderr" 'each/2'
	[[ $(json "$(lily artifact cat each.o)" '[x["n"] if x else x for x in d]') == '[1, 2, None]' ]]
	[[ $(json "$(lily artifact list --json)" 'sum(a["role"] == "gate" for a in d)') == 6 ]]
	lily fsck
}

@test "several gates run at the same time, and are recorded in the order of their names" {
	gated 'b: { run: "sleep 0.1" }, c: { run: "sleep 0.05" }, a: { run: "sleep 0.15" }, d: { expr: 1 == 1 }'
	go run --parallel 4
	expect 0
	[[ $(json "$(lily events --json | grep attempt.accepted | head -1)" '[g["gate"] for g in d["payload"]["gates"]]') == "['a', 'b', 'c', 'd']" ]]
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
}

@test "a gate sees what a step sees, and a secret leaves it nowhere" {
	cat >w.lily.yaml <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
env: { COLOUR: blue }
steps:
  a:
    run: 'echo made >"$LILY_OUT/o"; echo "$TOKEN" >kept'
    secrets: [ TOKEN ]
    out: { o: }
    gates:
      env: { run: '[ "$COLOUR" = blue ] && [ -z "${TOKEN:-}" ] && [ "$LILY_GATE" = env ] && [ "$LILY_STEP" = a ] && [ -n "$LILY_RUN_ID" ] && [ "$PWD" = "$LILY_WORKSPACE" ]' }
      says: { run: cat kept }
YAML
	export TOKEN=verysecrettoken
	go run
	expect 0
	hasnt "$(lily artifact cat "$(json "$(result says)" 'd["log"]')")" "$TOKEN"
	sed -i 's/run: cat kept/run: cp kept "$LILY_OUT\/k"/' w.lily.yaml
	go run
	expect 4
	found says 'd["status"] == "error" and "secret" in d["reason"]'
	wont grep -rq "$TOKEN" "$XDG_STATE_HOME"
}

@test "a run that is killed while a gate runs goes on" {
	gated 'slow: { run: "echo x >>turns; [ $(wc -l <turns) -gt 1 ] || sleep 60" }'
	lily run 2>/dev/null &
	until_true test -s turns
	kill -9 $!
	wait $! 2>/dev/null || true
	go resume
	expect 0
	found slow 'd["status"] == "passed" and d["attempt"] in (1, 2)'
	lily fsck
}

@test "a run that is cancelled while a gate runs says so" {
	gated 'slow: { run: "echo x >turns; sleep 60" }, quick: { run: "true" }'
	lily run --parallel 2 2>/dev/null &
	until_true test -s turns
	lily cancel
	wait $! && return 1
	[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
	found slow 'd["status"] == "error" and d["reason"] == "cancelled"'
	lily fsck
}

@test "--keep leaves what an attempt had, and nothing of its gates" {
	gated 'g: { run: "echo x >\"$TMPDIR/t\"; echo y >\"$LILY_OUT/f\"" }'
	go run --keep
	expect 0
	found g 'len(d["files"]) == 1'
	[[ -n $(find "$XDG_STATE_HOME" -path '*/attempts/1/out/report') ]]
	[[ -z $(find "$XDG_STATE_HOME" -path '*/attempts/*' -name t) ]]
	[[ $(ls "$XDG_STATE_HOME"/lily/*/runs/*/attempts | sort | tr '\n' ' ') == '1 2 ' ]]
}

@test "a plan shows its gates by their definitions" {
	gated 'g: { exec: [ "true" ] }'
	d=$(json "$(lily plan --json)" '[g for s in d["steps"] for g in s.get("gates", {}).values()][0]["sha256"]')
	[[ ${#d} == 64 ]]
	go run
	expect 0
	found g "d['definition'] == '$d'"
	# Another threshold, another gate.
	gated 'g: { exec: [ "true" ], required: false }'
	[[ $(json "$(lily plan --json)" '[g for s in d["steps"] for g in s.get("gates", {}).values()][0]["sha256"]') != "$d" ]]
}

@test "wrong gates are refused at their place" {
	gated 'g: { run: exit 0, requird: true }'
	go check
	expect 3
	has "$output$stderr" 'w.lily.yaml:7:32: step "make": gate "g": unknown key "requird"; did you mean "required"?'
}

@test "the plan of a file with gates is what its schema says" {
	gated 'a: { exec: [ t, "${{ in.x }}" ], in: { x: { value: 1 } }, metrics: { m: { min: 1, max: 2.5 } }, repeat: { times: 3, pass: 2 }, timeout: 3s, required: false },
      b: { schema: { report: report.v1 } }, c: { expr: 1 == 1 }'
	lily plan --json >plan.json
	lily schema validate --schema plan.v1 plan.json || { lily run; lily schema list; false; }
}

@test "nothing that stands for a gated step gets past its gate" {
	workflow part.lily.yaml <<'YAML'
lily: 1
steps:
  s: { run: "true", continue_on_error: true, gates: { no: { run: exit 1 } } }
YAML
	workflow <<'YAML'
lily: 1
routes: [ { id: on, when: { step: w, status: failed }, then: continue } ]
params: { go: { type: boolean, default: false } }
steps:
  w: { workflow: part.lily.yaml }
  behind-w: { needs: [ w ], run: echo past >>past.txt }
  none: { foreach: [ 1 ], if: params.go, run: "true", gates: { no: { run: exit 1 } } }
  behind-none: { needs: [ none ], run: echo past >>past.txt }
YAML
	go run w.lily.yaml
	expect 4
	[[ ! -e past.txt ]]
}

@test "a file that a gate looks at has changed: retry --file judges again" {
	echo 1 >rules
	workflow <<'YAML'
lily: 1
steps:
  made:
    run: echo x >>made.txt
    gates: { lint: { in: { rules: { path: rules } }, run: 'cat "$LILY_IN/rules" >>judged.txt' } }
  plain: { run: echo x >>plain.txt, gates: { ok: { run: "true" } } }
  fails: { run: test -e mended, needs: [ made, plain ] }
YAML
	go run
	expect 1
	echo 2 >rules
	touch mended
	go retry --file w.lily.yaml
	expect 0
	[[ $(tr '\n' ' ' <judged.txt) == '1 2 ' ]]
	[[ $(wc -l <plain.txt) == 1 ]]
}

@test "gates of a cancelled attempt that did not judge are no passes" {
	workflow <<'YAML'
lily: 1
parallel: 1
steps:
  s:
    run: "true"
    gates:
      a: { run: "true" }
      b: { run: touch begun; sleep 60 }
      c: { run: "true", repeat: { times: 3, pass: 3 } }
YAML
	lily run -q 2>/dev/null &
	until_true test -e begun
	go cancel
	wait || true
	found a 'd["status"] == "passed"'
	found b 'd["status"] == "error"'
	found c 'd["status"] == "error" and "cancelled" in d["reason"]'
	lily fsck
}

@test "a failure before a required gate could judge is not let pass by continue_on_error, nor by a rule" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: exit 3, gates: { g: { expr: "true" } }, continue_on_error: true }
YAML
	go run w.lily.yaml
	expect 1
	workflow <<'YAML'
lily: 1
steps:
  a: { run: exit 3, gates: { g: { expr: "true" } } }
  b: { run: touch b, needs: [ a ] }
routes: [ { id: on, when: { step: a, status: failed }, then: continue } ]
YAML
	go run w.lily.yaml
	expect 1
	[[ ! -e b ]]
	hasnt "$(lily events)" route.decided
	# One that only warns lets it pass.
	sed -i 's/expr: "true"/expr: "true", required: false/' w.lily.yaml
	go run w.lily.yaml
	expect 0
	[[ -e b ]]
}
