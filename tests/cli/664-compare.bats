load setup.bash
load gate-results.bash

# Gates that compare: with a file of the workspace, or with what the last run that succeeded had.

# A step that makes what is in "made", of type $1, compared by { report: { $2 } }; $3: more of the gate.
compared() {
	cat >w.lily.yaml <<YAML
lily: 1
name: compared
params: { make: { type: boolean, default: true } }
steps:
  make:
    if: params.make
    run: '[ ! -e made ] || cp -r made "\$LILY_OUT/report"'
    out: { report: { optional: true, type: $1 } }
    gates: { same: { compare: { report: { $2 } }${3:-} } }
YAML
}

# Runs with $1 made and expects exit status $2.
run_with() {
	printf '%s' "$1" >made
	go run "${@:3}"
	expect "$2"
}

@test "with a file: JSON is compared by value, and the first differences are named" {
	compared json 'with: golden.json'
	echo '{ "b": [ 1, 2.50 ], "a": "x" }' >golden.json
	run_with '{"a":"x","b":[1,2.5]}' 0
	found 'd["status"] == "passed" and d["bound"] and d["runner"] == "compare" and d["reason"] is None'
	[[ $(json "$(result)" '[i["sha256"] for i in d["inputs"] if i["name"] == "with/report"][0]') == "$(sha256sum golden.json | cut -c-64)" ]]
	run_with '{"a":"y","b":[1,2.500000000000000000001,3]}' 4
	has "$stderr" 'gate same: input report: /a: is "y", and "x" in golden.json; input report: /b/1: is 2.500000000000000000001, and 2.50 in golden.json; input report: /b/2: is 3, and is not in golden.json'
	found '[f["instance"] for f in d["findings"]] == ["/a", "/b/1", "/b/2"] and d["status"] == "failed"'
	lily fsck
	lily artifact verify
}

@test "with a file: text, files and JSON Lines by line, bytes and directories by what is in them" {
	compared text 'with: golden'
	printf 'one\ntwo\n' >golden
	run_with $'one\ntwo\n' 0
	run_with $'one\nthree\n' 4
	has "$stderr" 'gate same: input report: report:2:1: is "three", and "two" in golden'
	compared jsonl 'with: golden'
	printf '{"a": 1}\n{"a": 2}\n' >golden
	run_with $'{"a":1}\n{"a":2}\n' 0
	run_with $'{"a":1}\n{"a":3}\n' 4
	has "$stderr" 'report:2:1: /a is 3, and 2 in golden'
	compared file 'with: golden'
	printf 'a\377b' >golden
	run_with $'a\377b' 0
	run_with $'a\377c' 4
	has "$stderr" 'is not golden: it has 3 bytes, and that 3; byte 2 is the first that differs'
	compared dir 'with: golden'
	rm made golden
	mkdir made golden
	touch made/same golden/same made/new golden/old
	go run
	expect 4
	has "$stderr" '/new: is '
	has "$stderr" '/old: is not there'
	cp golden/old made/
	rm made/new
	go run
	expect 0
	rm -r golden
	touch golden
	go run
	expect 4
	has "$stderr" 'input report: is a directory, and golden a file'
}

@test "with a tolerance: an absolute one, a share, and in texts" {
	compared json 'with: golden.json, tolerance: 0.1'
	echo '{"loss": 0.2, "name": "n"}' >golden.json
	# As doubles, 0.3 - 0.2 is less than 0.1 and 0.1 - 0.2 is not.
	run_with '{"loss":0.3,"name":"n"}' 0
	run_with '{"loss":0.1,"name":"n"}' 0
	run_with '{"loss":0.3000000000000000000000001,"name":"n"}' 4
	has "$stderr" '/loss: is 0.3000000000000000000000001, and 0.2 in golden.json: more than 0.1 apart'
	run_with '{"loss":0.2,"name":"m"}' 4
	run_with '{"loss":0.2}' 4
	has "$stderr" '/name: is not there, and "n" in golden.json'
	compared json 'with: golden.json, tolerance: 50%'
	run_with '{"loss":0.3,"name":"n"}' 0
	run_with '{"loss":0.31,"name":"n"}' 4
	has "$stderr" 'more than 50% apart'
	compared text 'with: golden.txt, tolerance: 0.01'
	printf 'loss 0.50 after 3 epochs\n' >golden.txt
	run_with 'loss 0.51 after 3 epochs' 0
	run_with 'loss 0.52 after 3 epochs' 4
	has "$stderr" 'is "loss 0.52 after 3 epochs", and "loss 0.50 after 3 epochs" in golden.txt'
}

@test "what is missing: the file is an error, an output a difference" {
	compared json 'with: golden.json'
	run_with '{}' 4
	found 'd["status"] == "error" and "golden.json" in d["reason"]'
	echo '{' >golden.json
	run_with '{}' 4
	found 'd["status"] == "error" and "golden.json:" in d["reason"]'
	echo '{}' >golden.json
	rm made
	go run
	expect 4
	found 'd["status"] == "failed" and d["reason"] == "input report: was not made, and is there in golden.json"'
}

@test "a file that is replaced afterwards: the result names what it was compared with" {
	compared json 'with: golden.json'
	echo '{}' >golden.json
	was=$(sha256sum golden.json | cut -c-64)
	run_with '{}' 0
	echo '{"a":1}' >golden.json
	found "[i['sha256'] for i in d['inputs'] if i['name'] == 'with/report'] == ['$was']"
	# And what was accepted by it is judged again.
	go run w.lily.yaml
	expect 4
}

@test "a file that changes while the gate looks is an error" {
	compared json 'with: golden.json'
	python3 - <<'PY'
import json
for name in "made", "golden.json":
    with open(name, "w") as f:
        json.dump({"k%d" % i: i for i in range(300000)}, f, indent=1 if name == "made" else None)
PY
	# Blanks at the end change nothing of the value: it would be equal all the time.
	{
		while [[ ! -e stop ]]; do
			printf ' ' >>golden.json
			sleep 0.01
		done
	} &
	go run
	touch stop
	wait
	expect 4
	found 'd["status"] == "error" and "input with/report (golden.json) changed while the gate ran" == d["reason"]'
	go run
	expect 0
}

@test "with previous: the first run passes and says so, then it must be the same" {
	compared json 'with: previous, tolerance: 0.5'
	run_with '{"a": 1}' 0
	first=$(run_id)
	found 'd["status"] == "passed" and d["reason"] == "report was not compared: no run of this workflow that had it had succeeded when this one began"'
	found 'd["previous"] == [{"name": "make:out:report", "run_id": None, "artifact_id": None}]'
	run_with '{"a": 1.5}' 0
	second=$(run_id)
	found "d['reason'] is None and d['previous'][0]['run_id'] == '$first'"
	run_with '{"a": 2.1}' 4
	has "$stderr" "gate same: input report: /a: is 2.1, and 1.5 in run $second: more than 0.5 apart"
	# It is not compared with what failed.
	run_with '{"a": 2}' 0
	# One that skipped the step is passed over; one that made nothing differs.
	run_with '{"a": 9}' 0 -p make=false
	rm made
	go run
	expect 4
	has "$stderr" 'input report: was not made, and is there in run'
	run_with '{"a": 9}' 4
	lily fsck --bytes
}

@test "with previous: which run it is stays when it is resumed, and what is gone is no pass" {
	compared text 'with: previous'
	run_with one 0
	first=$(run_id)
	sed -i "s/run: '/run: 'test ! -e hold || sleep 600; /" w.lily.yaml
	touch hold
	printf two >made
	lily run --quiet &
	until lily show @last/make 2>/dev/null | grep -q running; do sleep 0.05; done
	held=$(run_id)
	kill -9 $!
	wait || true
	rm hold
	sed -i '/gates:/d' w.lily.yaml
	run_with two 0
	go resume "$held"
	expect 4
	[[ $(json "$(result "$held")" 'd["previous"][0]["run_id"]') == "$first" ]]
	compared text 'with: previous'
	run_with two 0
	id=$(json "$(lily artifact list --json)" "[a['sha256'] for a in d if a['role'] == 'output'][0]")
	python3 - "$(lily store --path)/lily.db" "$id" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
done = db.execute("UPDATE objects SET bytes=CAST('new' AS BLOB) WHERE sha256=?", (bytes.fromhex(sys.argv[2]),)).rowcount
db.commit()
assert done == 1, done
PY
	run_with new 4
	found 'd["status"] == "error"'
}

@test "compare: gates of the run, in their own inputs, and of the items of a foreach" {
	cat >w.lily.yaml <<'YAML'
lily: 1
name: whole
steps:
  each:
    foreach: [ a, b ]
    run: echo "${{ item }}" >"$LILY_OUT/o"
    env: { X: "${{ item }}" }
    out: { o: { type: text } }
    gates: { golden: { compare: { o: { with: "golden/${{ item }}" } } } }
  sum: { run: 'cat "$LILY_IN/all"; date +%s%N >"$LILY_OUT/o"', in: { all: "${{ steps.each.out.o }}" }, out: { o: { type: text } } }
gates:
  all: { compare: { all: { with: previous } }, in: { all: "${{ steps.each.out.o }}" } }
  sum: { compare: { sum: { with: previous } }, in: { sum: "${{ steps.sum.out.o }}" }, required: false }
YAML
	sed -i 's/echo "${{ item }}"/echo "$X"/' w.lily.yaml
	mkdir golden
	echo a >golden/a
	echo b >golden/b
	go run
	expect 0
	go run
	expect 0
	[[ $(json "$(result)" 'd["gate"], d["status"], d["previous"][0]["name"]') == "('sum', 'failed', 'sum:out:o')" ]]
	echo c >golden/b
	go run
	expect 4
	has "$stderr" 'is "b", and "c" in golden/b'
}

@test "compare: a file that changed is judged again by retry --file" {
	compared json 'with: golden.json'
	sed -i '$a\  bad: { run: "test -e good" }' w.lily.yaml
	echo '{}' >golden.json
	run_with '{}' 1
	touch good
	echo '{"a": 1}' >golden.json
	go retry --file w.lily.yaml
	expect 4
}

@test "compare: wrong forms are refused at their place" {
	wrong() {
		compared "$1" "$2" "${4:-}"
		go check
		expect 3
		has "$output$stderr" "$3"
	}
	wrong json 'wiht: a' 'w.lily.yaml:9:43: step "make": gate "same": compare "report": unknown key "wiht"; did you mean "with"?'
	wrong json '' 'says not what to compare it with; write { with: golden.json } or { with: previous }'
	wrong json 'with: ../a' '"../a" leads out of the workspace'
	wrong json 'with: a, tolerance: -1' 'w.lily.yaml:9:63: step "make": gate "same": compare "report": "tolerance" is how far numbers may differ, up or down: it cannot be negative'
	wrong json 'with: a, tolerance: 1e999' 'compare "report": 1e999 is larger than a number can be'
	for t in '1 percent' '1%%' '-1%' '%' '01%' '1.%' '1e2%' 'x%'; do
		wrong json "with: a, tolerance: '$t'" "\"tolerance\" must be a number such as 0.01, or a share such as 1%, not \"$t\""
	done
	wrong dir 'with: a, tolerance: 1' '"tolerance" is for the numbers in json, jsonl and text, and "report" is a dir'
	wrong file 'with: a, tolerance: 1' 'and "report" is a file'
	wrong json 'with: a' '`metrics` goes with `run` and `exec`: nothing else measures' ', metrics: { m: { min: 1 } }'
	wrong json 'with: a' '`timeout` goes with `run` and `exec`' ', timeout: 1s'
	wrong json 'with: a' 'needs exactly one of run' ', expr: true'
	wrong json 'with: previous' '`previous` is what an earlier run had of an output of a step, and "report" is none; name a file to compare it with' ', in: { report: { path: x } }'
	wrong json 'with: a' 'the gate has no input "report"' ', in: { other: { path: x } }'
	wrong json 'with: "${{ steps.no.out.o }}"' 'there is no step "no"'
	compared json 'with: previous'
	sed -i 's/    if: params.make/    foreach: [ 1, 2 ]/' w.lily.yaml
	go check
	expect 3
	has "$output$stderr" 'with `previous` is not honoured by this build of lily (gates)'
	compared json 'with: a'
	sed -i 's/report: { with: a }/repotr: { with: a }/' w.lily.yaml
	go check
	expect 3
	has "$output$stderr" 'the step has no output "repotr"; did you mean "report"?'
}
