load setup.bash
load gate-results.bash

# What gates measure, exactly, and against what they measured in the last run that succeeded.

# A step whose gate "m" measures what is in the file "measured"; $1: its metrics, $2: more of the gate.
measured() {
	cat >w.lily.yaml <<YAML
lily: 1
name: measured
params: { make: { type: boolean, default: true } }
steps:
  make:
    if: params.make
    run: echo made >"\$LILY_OUT/o"
    out: { o: { type: text } }
    gates: { m: { run: 'cp measured "\$LILY_METRICS"', metrics: { $1 }${2:-} } }
YAML
}

# Runs, with $1 measured, and expects exit status $2.
run_with() {
	echo "$1" >measured
	go run "${@:3}"
	expect "$2"
}

@test "change: the first run passes and says so, later ones must keep to it" {
	measured 'c: { min_change: -0.1, max_change: 0.2 }'
	run_with '{"c": 0.3}' 0
	first=$(run_id)
	found 'd["status"] == "passed" and d["reason"] == "the change of c was not judged: no run of this workflow that had it had succeeded when this one began"'
	found 'd["metrics"]["c"]["previous"] is None and d["previous"] == [{"name": "make:gate:m", "run_id": None, "artifact_id": None}]'
	run_with '{"c": 0.5}' 0
	second=$(run_id)
	found 'd["reason"] is None and d["metrics"]["c"] == {"value": 0.5, "previous": 0.3, "limits": {"min_change": -0.1, "max_change": 0.2}, "status": "passed"}'
	found "d['previous'][0]['run_id'] == '$first' and d['previous'][0]['artifact_id'].startswith('$first:')"
	run_with '{"c": 0.4}' 0
	run_with '{"c": 0.29}' 4
	has "$stderr" 'gate m: c is 0.29 and was 0.4: it changed by less than -0.1'
	# What failed is nothing to compare with.
	run_with '{"c": 0.61}' 4
	has "$stderr" 'c is 0.61 and was 0.4: it changed by more than 0.2'
	wont [ "$first" = "$second" ]
	lily fsck --bytes
}

@test "change: compared exactly, with the number as it was written" {
	measured 'c: { min_change: 0 }'
	run_with '{"c": 0.12345678901234567890}' 0
	found 'd["metrics"]["c"]["exact"] == "0.12345678901234567890"'
	run_with '{"c": 0.123456789012345678899}' 4
	has "$stderr" 'c is 0.123456789012345678899 and was 0.12345678901234567890'
	run_with '{"c": 0.12345678901234567890}' 0
	measured 'c: { max: 0.3, max_change: 0.1 }'
	run_with '{"c": 0.2}' 0
	# As doubles, 0.3 - 0.2 is less than 0.1.
	run_with '{"c": 0.3}' 0
	run_with '{"c": 0.3000000000000000000001}' 4
}

@test "a metric that no result can hold is an error that names it" {
	measured 'c: { max: 1 }'
	run_with '{"c": 1e999}' 4
	has "$stderr" 'gate m: $LILY_METRICS: "c" is 1e999, larger than a number of a result can be (1.7976931348623157e308)'
	found 'd["status"] == "error"'
	run_with '{"c": "1"}' 4
	has "$stderr" '"c" is string, not a number'
	run_with '{"c": NaN}' 4
	found 'd["status"] == "error"'
}

@test "change: a metric that is missing has not passed, nor counts as nothing later" {
	measured 'c: { min_change: 0 }'
	run_with '{"d": 5}' 4
	has "$stderr" 'c was not measured'
	run_with '{"c": 5}' 0
	run_with '{}' 4
	run_with '{"c": 4}' 4
}

@test "change: a run that skipped the step is passed over, another workflow's is not meant" {
	measured 'c: { min_change: 0 }'
	run_with '{"c": 5}' 0
	run_with '{"c": 0}' 0 -p make=false
	run_with '{"c": 4}' 4
	has "$stderr" 'c is 4 and was 5'
	sed 's/name: measured/name: other/' w.lily.yaml >other.yaml
	go run other.yaml
	expect 0
	# A gate of another name has measured nothing.
	sed -i 's/{ m: /{ n: /' w.lily.yaml
	go run
	expect 0
	found 'd["gate"] == "n" and "left none" in d["reason"]'
}

@test "change: what was judged before a retry still counts after it" {
	measured 'c: { min_change: 0 }'
	sed -i '$a\  bad: { run: "test -e good" }' w.lily.yaml
	run_with '{"c": 5}' 1
	judged=$(run_id)
	touch good
	go retry
	expect 0
	retried=$(run_id)
	wont [ "$judged" = "$retried" ]
	run_with '{"c": 4}' 4
	has "$stderr" 'c is 4 and was 5'
	found "d['previous'][0]['run_id'] == '$judged'"
}

@test "change: what is gone of the run before does not pass as nothing" {
	measured 'c: { min_change: 0 }'
	run_with '{"c": 5}' 0
	id=$(json "$(lily artifact list --json)" "[a['sha256'] for a in d if a['role'] == 'gate'][0]")
	cp -a "$XDG_STATE_HOME" kept
	# $1: what is done to the object.
	damage() {
		python3 - "$(lily store --path)/lily.db" "$id" "$1" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
done = db.execute(sys.argv[3] + " WHERE sha256=?", (bytes.fromhex(sys.argv[2]),)).rowcount
db.commit()
assert done == 1, done
PY
	}
	echo '{"c": 1}' >measured
	damage "DELETE FROM objects"
	go run
	expect 9
	has "$stderr" '"m" of step "make" is gone from the store; run lily fsck'
	rm -r "$XDG_STATE_HOME"
	mv kept "$XDG_STATE_HOME"
	damage "UPDATE objects SET bytes=CAST('{}' AS BLOB)"
	go run
	expect 4
	found 'd["status"] == "error" and "of an earlier run" in d["reason"]'
}

@test "change: which run it is compared with is fixed when it begins" {
	measured 'c: { min_change: 0 }'
	run_with '{"c": 5}' 0
	first=$(run_id)
	sed -i 's|run: echo made|run: test ! -e hold \|\| sleep 600; echo made|' w.lily.yaml
	touch hold
	echo '{"c": 6}' >measured
	lily run --quiet &
	until lily show @last/make 2>/dev/null | grep -q running; do sleep 0.05; done
	held=$(run_id)
	kill -9 $!
	wait || true
	rm hold
	run_with '{"c": 9}' 0
	echo '{"c": 6}' >measured
	go resume "$held"
	expect 0
	[[ $(json "$(result "$held")" 'd["metrics"]["c"]["previous"], d["previous"][0]["run_id"]') == "(5, '$first')" ]]
	lily fsck
}

@test "change: of a gate of the run, and in a sub-workflow" {
	cat >inner.yaml <<'YAML'
lily: 1
steps: { a: { run: 'true', gates: { m: { run: 'cp measured "$LILY_METRICS"', metrics: { c: { min_change: 0 } } } } } }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
name: whole
steps: { part: { workflow: inner.yaml } }
gates: { m: { run: 'cp measured "$LILY_METRICS"', metrics: { c: { min_change: 0 } } } }
YAML
	run_with '{"c": 5}' 0
	run_with '{"c": 5}' 0
	[[ $(json "$(result)" 'd["previous"][0]["name"]') == run.m:gate:m ]]
	run_with '{"c": 4}' 4
	has "$stderr" 'c is 4 and was 5'
	id=$(json "$(lily artifact list --json)" "[a['artifact_id'] for a in d if a['role'] == 'gate' and a['producer_id'] == 'part/a'][0]")
	[[ $(lily artifact cat "$id" | json "$(cat)" 'd["payload"]["previous"][0]["name"]') == part/a:gate:m ]]
	sed -i 's/workflow:/foreach: [ 1 ], workflow:/' w.lily.yaml
	go check
	expect 3
	has "$output$stderr" 'w.lily.yaml:3:'
	has "$output$stderr" 'a:gate:m'
}

@test "change: wrong forms are refused at their place" {
	wrong() {
		measured "$1" "${2:-}"
		go check
		expect 3
		has "$output$stderr" "$3"
	}
	wrong 'c: { min_change: x }' '' 'w.lily.yaml:9:83:'
	wrong 'c: { min_chang: 1 }' '' 'did you mean "min_change"?'
	wrong 'c: { min_change: 1, max_change: 0.5 }' '' '"min_change" is more than "max_change": no value can pass'
	wrong 'c: { min: 1e999 }' '' 'w.lily.yaml:9:76: step "make": gate "m": metrics "c": 1e999 is larger than a number can be'
	wrong 'c: { min: 0.123456789012345678901 }' '' 'has more digits than are kept of a limit; write 0.12345678901234568'
	wrong 'c: 1' '' 'must be a map such as { min: 0.8 }'
	measured 'c: { max_change: 1 }'
	sed -i 's/    if: params.make/    foreach: [ 1, 2 ]/' w.lily.yaml
	go check
	expect 3
	has "$output$stderr" 'w.lily.yaml:9:83: step "make/*": gate "m": a change of what a gate measures of an item of a foreach is not honoured by this build of lily (gates)'
}

@test "a reason is told, whatever bytes it has and however many" {
	measured 'c: { max: 1 }'
	echo '{"c": 1}' >measured
	sed -i "s|run: 'cp.*LILY_METRICS\"'|run: 'printf \"bad \\\\377\\\\000 word\" >\"\$LILY_REASON\"; exit 1'|" w.lily.yaml
	go run
	expect 4
	has "$stderr" 'gate m: bad '
	found 'd["status"] == "failed" and d["reason"] == "bad \ufffd\ufffd word ($LILY_REASON: 2 bytes are no UTF-8 or are NUL)"'
	sed -i 's|printf.*REASON"; exit 1|{ head -c 65535 /dev/zero \| tr \\\\0 x; echo éé; } >"$LILY_REASON"; exit 1|' w.lily.yaml
	go run
	expect 4
	found 'd["reason"] == "x" * 65535 + " ($LILY_REASON: cut, it has 65540 bytes, more than 65536)"'
}

@test "change: what a gate found of a visit that counts no more is nothing to compare with" {
	cat >w.lily.yaml <<'YAML'
lily: 1
name: back
steps:
  make:
    run: 'cp made "$LILY_OUT/m"; [ ! -e fails ] || exit 7'
    out: { m: { type: json } }
    gates: { m: { run: 'cp "$LILY_IN/m" "$LILY_METRICS"', metrics: { c: { min_change: 0 } }, required: false } }
  look: { run: 'if [ -e back ]; then rm back; touch fails; exit 1; fi', needs: { make: finished } }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: make }, times: 2 }
  - { id: pass, when: { step: make, exit: 7 }, then: continue }
YAML
	echo '{"c": 50}' >made
	touch back
	go run
	expect 0
	# Its last visit was not judged.
	[[ -e fails ]]
	rm fails
	echo '{"c": 3}' >made
	go run
	expect 0
	found 'd["status"] == "passed" and "left none" in d["reason"]'
	echo '{"c": 2}' >made
	go run
	expect 0
	found 'd["status"] == "failed" and "c is 2 and was 3" in d["reason"]'
	lily fsck --bytes
}
