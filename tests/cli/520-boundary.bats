load setup.bash

# What crosses a boundary is checked by schemas: outputs, inputs, params, and the schemas themselves.

review_schema() {
	mkdir -p schemas
	cat >schemas/review.json <<'JSON'
{
  "type": "object",
  "properties": { "risk": { "enum": [ "low", "high" ] }, "note": { "type": "string" } },
  "required": [ "risk" ],
  "additionalProperties": false
}
JSON
}

# One step that writes a review. Usage: reviewer SCRIPT
reviewer() {
	review_schema
	cat >w.lily.yaml <<YAML
lily: 1
schemas: { review.v1: schemas/review.json }
outputs: { review: "\${{ steps.review.out.review }}" }
steps:
  review:
    run: |
      $1
    out: { review: { schema: review.v1 } }
YAML
}

rejected() {
	json "$(lily artifact list --rejected --json)" \
		'[(a["name"], a["artifact_type"], a["storage_kind"], a["attempt"]) for a in d if a["role"] == "rejected"]'
}

@test "a valid output becomes an artifact of its type, with the schema's digest" {
	reviewer "echo '{\"risk\": \"low\"}' >\$LILY_OUT/review"
	go run
	expect 0
	list=$(lily artifact list --json)
	[[ $(json "$list" 'd[0]["artifact_type"]') == review.v1 ]]
	# An artifact is described by the same members wherever it is.
	for part in "$(lily show --json)" "$(lily show review --json)"; do
		[[ $(json "$part" '[set("artifact_id run_id artifact_type storage_kind name sha256 size created_at producer_id producer_kind inputs".split()) - set(a) for a in (d.get("outputs") or (d.get("steps") or [d])[0]["attempts"][0]["outputs"])]') == '[set()]' ]]
	done
	digest=$(sha256sum schemas/review.json | cut -d' ' -f1)
	has "$(lily events)" "\"schema\":\"$digest\""
	[[ $(json "$(lily plan --json)" 'd["schemas"]["review.v1"]["sha256"]') == "$digest" ]]
	has "$(lily plan)" 'review: json (review.v1)'
	lily fsck --bytes
}

@test "an invalid output is rejected, kept as evidence, and never an artifact of that type" {
	reviewer "printf '{\"risk\": \"low\",\n \"note\": 3, \"x\": 1}' >\$LILY_OUT/review"
	go run
	expect 1
	has "$stderr" 'output review: review:2:10: must be a string, not 3'
	[[ $(rejected) == "[('review', None, 'file', 1), ('errors', None, 'json', 1)]" ]]
	[[ $(json "$(lily artifact list --json)" 'd') == '[]' ]]
	run=$(json "$(lily show --json)" 'd["run_id"]')
	[[ $(lily artifact cat "$run:1") == '{"risk": "low",'* ]]
	errors=$(lily artifact cat "$run:2")
	[[ $(json "$errors" 'sorted((e["output"], e["instance"]) for e in d)') == \
		"[('review', '/note'), ('review', '/x')]" ]]
	[[ $(json "$errors" '[e["at"] for e in d if e["instance"] == "/note"]') == "['review:2:10']" ]]
	[[ $(json "$errors" '[e["keyword"] for e in d if e["instance"] == "/note"]') == "['/properties/note/type']" ]]
	[[ $(lily events | grep -c attempt.rejected) == 1 ]]
	has "$(lily events)" '"v":2'
	wont lily artifact cat review.review
	lily fsck --bytes
}

@test "the errors are the next attempt's feedback" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
steps:
  review:
    run: |
      if [ "$LILY_ATTEMPT" = 1 ]; then
        [ -z "${LILY_FEEDBACK+set}" ]
        echo '{"risk": "some"}' >"$LILY_OUT/review"
      else
        python3 -c 'import json, os; d = json.load(open(os.environ["LILY_FEEDBACK"])); print(d[0]["instance"], d[0]["line"])'
        [ "$(ls "$LILY_IN")" = "" ]
        echo '{"risk": "low"}' >"$LILY_OUT/review"
      fi
    out: { review: { schema: review.v1 } }
    retry: { attempts: 2, errors: [ schema ], backoff: 10ms }
YAML
	go run
	expect 0
	[[ $(lily logs review) == '/risk 1' ]]
	[[ $(rejected) == "[('review', None, 'file', 1), ('errors', None, 'json', 1)]" ]]
}

@test "an attempt that failed in another way leaves no feedback" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
steps:
  review:
    run: |
      case $LILY_ATTEMPT in
        1) echo '{}' >"$LILY_OUT/review" ;;
        2) [ -r "$LILY_FEEDBACK" ] && exit 9 ;;
        3) [ -z "${LILY_FEEDBACK+set}" ] && echo '{"risk": "low"}' >"$LILY_OUT/review" ;;
      esac
    out: { review: { schema: review.v1 } }
    retry: { attempts: 3, backoff: 10ms }
YAML
	go run
	expect 0
}

@test "an error that the rule does not name is not retried" {
	reviewer "echo '{}' >\$LILY_OUT/review"
	echo '    retry: { attempts: 3, errors: [ timeout ] }' >>w.lily.yaml
	go run
	expect 1
	[[ $(lily events | grep -c attempt.submitted) == 1 ]]
}

@test "an invalid input fails its step before it starts, and is not retried" {
	review_schema
	echo '{"risk": 1}' >r.json
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
steps:
  use:
    run: touch ran
    in: { r: { path: r.json, schema: review.v1 } }
    retry: { attempts: 3, backoff: 10ms }
YAML
	go run
	expect 1
	has "$stderr" 'input r: r.json:1:10: must be one of "low", "high", not 1'
	[[ ! -e ran ]]
	[[ $(lily events | grep -c attempt.submitted) == 1 ]]
	has "$(lily events)" '"class":"schema"'
	[[ $(rejected) == "[('errors', None, 'json', 1)]" ]]
	[[ $(json "$(lily artifact cat "$(json "$(lily show --json)" 'd["run_id"]'):1")" 'd[0]["input"]') == r ]]
	echo '{"risk": "low"}' >r.json
	go run
	expect 0
}

@test "an input of the workflow is checked before there is a run" {
	review_schema
	printf '{"risk":\n 1}' >r.json
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
inputs: { r: { path: r.json, schema: review.v1 } }
steps: { use: { run: cat "$LILY_IN/r", in: { r: "${{ inputs.r }}" } } }
YAML
	go run
	expect 3
	has "$stderr" "/r.json:2:2: must be one of"
	go plan
	expect 3
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 0 ]]
	echo 'risk: low # fine' >r.yaml
	go run -i r=r.yaml
	expect 0
	[[ $(json "$(lily artifact list --json)" 'd[0]["artifact_type"]') == review.v1 ]]
	mkdir d
	go run -i r=d
	expect 3
	has "$stderr" 'is a directory'
}

@test "JSON Lines: every line by the schema, a bad one by its number" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
params: { third: { type: string, default: '{"risk": "low"}' } }
steps:
  make:
    run: printf '%s\n' '{"risk":"low"}' '{"risk":"high"}' "$THIRD" >"$LILY_OUT/all"
    env: { THIRD: "${{ params.third }}" }
    out: { all: { type: jsonl, schema: review.v1 } }
  use:
    run: wc -l <"$LILY_IN/all"
    in: { all: { from: "${{ steps.make.out.all }}", schema: review.v1 } }
YAML
	go run
	expect 0
	go run -p 'third={"risk":  7}'
	expect 1
	has "$stderr" 'output all: all:3:11: must be one of'
	go run -p 'third={"risk"'
	expect 1
	has "$stderr" 'output all: all:3:8: is not JSON'
	errors=$(lily artifact cat "$(json "$(lily show --json)" 'd["run_id"]'):2")
	[[ $(json "$errors" 'd[0]["line"]') == 3 ]]
}

@test "as: what an input has to be" {
	echo '[1, 2' >bad.json
	mkdir d
	workflow <<'YAML'
lily: 1
steps:
  json: { exec: [ "true" ], in: { x: { path: bad.json, as: json } } }
  jsonl: { exec: [ "true" ], in: { x: { path: bad.json, as: jsonl } } }
  file: { exec: [ "true" ], in: { x: { path: bad.json, as: file } } }
  dir: { exec: [ "true" ], in: { x: { tree: d, as: dir } } }
  yaml: { exec: [ "true" ], in: { x: { path: w.lily.yaml, as: json } } }
YAML
	go run
	expect 1
	has "$stderr" 'input x: bad.json:'
	[[ $(json "$(lily show --json)" '(d["steps"]["succeeded"], d["steps"]["failed"])') == '(3, 2)' ]]
}

@test "YAML and text are checked too" {
	review_schema
	echo '{ "pattern": "^v[0-9]+$" }' >schemas/version.json
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json, version.v1: schemas/version.json }
params: { risk: { type: string, default: low }, version: { type: string, default: v12 } }
steps:
  yaml:
    run: 'printf "# why\nrisk: %s\n" "$RISK" >out.yaml'
    env: { RISK: "${{ params.risk }}" }
    out: { r: { path: out.yaml, schema: review.v1 } }
  text:
    exec: [ printf, "%s", "${{ params.version }}" ]
    out: { v: { from: stdout, type: text, schema: version.v1 } }
  use: { exec: [ echo, "${{ steps.text.out.v }}" ], in: { r: { from: "${{ steps.yaml.out.r }}", schema: review.v1 } } }
YAML
	go run
	expect 0
	go run yaml -p risk=none
	expect 1
	has "$stderr" 'output r: out.yaml:2:7: must be one of'
	go run text -p version=12
	expect 1
	has "$stderr" 'output v'
}

@test "params of all kinds" {
	workflow <<'YAML'
lily: 1
params:
  word: { type: string, minLength: 2, default: ab }
  n: { type: integer, maximum: 9, default: 3 }
  list: { type: array, items: { type: integer }, default: [ 1 ] }
  map: { type: object, required: [ a ], default: { a: x } }
  either: { type: [ string, "null" ], default: null }
steps:
  s:
    run: cat "$LILY_IN/list" "$LILY_IN/map"; echo " $N"
    env: { N: "${{ params.n }}" }
    in: { list: "${{ params.list }}", map: "${{ params.map }}", either: "${{ params.either }}" }
YAML
	go run -p 'list=[1, 22]' -p 'map={"a": {"b": 1.50}}' -p n=7
	expect 0
	[[ $(lily logs s) == '[1,22]{"a":{"b":1.5}} 7' ]]
	go run -p word=a
	expect 3
	has "$stderr" 'param "word" must have at least 2 characters, has 1'
	go run -p n=10
	expect 3
	go run -p 'list=[1, "x"]'
	expect 3
	has "$stderr" 'param "list": /1: must be a whole number'
	go run -p 'list=[1'
	expect 3
	has "$stderr" 'param "list" must be array, written as JSON'
	go run -p 'map={}'
	expect 3
	go run -p either=text
	expect 0
	echo '{"list": [4], "n": "3"}' >p.json
	go run -P p.json
	expect 3
	has "$stderr" 'param "n" must be integer, not the text "3"'
}

@test "a list or map has no place within a text" {
	workflow <<'YAML'
lily: 1
params: { l: { type: array, default: [] }, x: { default: text } }
steps: { s: { exec: [ echo, "${{ params.l }}" ] } }
YAML
	go check
	expect 3
	has "$output" '"params.l" is a list and cannot be put into exec; take it by in: { NAME: "${{ params.l }}" }'
	sed -i 's/params.l }}" ]/params.x }}" ]/' w.lily.yaml
	echo '{"x": {"a": 1}}' >p.json
	go run -P p.json
	expect 3
	has "$stderr" 'param "x" is a map and stands in a text; take it by in:'
}

@test "an unknown id of a schema is told with the nearest, at its place" {
	reviewer true
	sed -i 's/schema: review.v1/schema: review.v2/' w.lily.yaml
	go check
	expect 3
	has "$output" 'w.lily.yaml:8:30: step "review": out "review": there is no schema "review.v2"; did you mean "review.v1"?'
	go run
	expect 3
}

@test "a broken schema is told at its own place" {
	reviewer true
	printf '{\n  "type": "objekt"\n}\n' >schemas/review.json
	go check
	expect 3
	has "$output" 'schemas/review.json:2:11:'
	[[ $(json "$(lily check --json)" '[(f["file"], f["line"], f["column"]) for f in d["findings"]]') == \
		"[('schemas/review.json', 2, 11)]" ]]
	go run
	expect 3
	has "$stderr" 'schemas/review.json:2:11:'
	echo '{' >schemas/review.json
	go check
	expect 3
	has "$output" 'schemas/review.json:'
	rm schemas/review.json
	go check
	expect 3
	has "$output" 'w.lily.yaml:2:23: schema "review.v1":'
	has "$output" 'No such file'
	echo '{ "$ref": "other.v1" }' >schemas/review.json
	go check
	expect 3
	has "$output" 'schemas/review.json:1:'
	cd ..
	go --store "$T/store" check ws/w.lily.yaml
	expect 3
	has "$output" 'ws/schemas/review.json:1:'
}

@test "schemas refer to each other by id, and may be YAML" {
	mkdir schemas
	printf 'type: object\nproperties: { risk: { $ref: risk.v1 } }\n' >schemas/review.yaml
	echo '{ "enum": [ "low" ] }' >schemas/risk.json
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.yaml, risk.v1: schemas/risk.json }
steps:
  ok: { run: "echo '{\"risk\": \"low\"}' >$LILY_OUT/r", out: { r: { schema: review.v1 } } }
  no: { run: "echo '{\"risk\": \"high\"}' >$LILY_OUT/r", out: { r: { schema: review.v1 } } }
YAML
	go run
	expect 1
	has "$stderr" 'output r: r:1:10: must be "low"'
	[[ $(json "$(lily show --json)" '(d["steps"]["succeeded"], d["steps"]["failed"])') == '(1, 1)' ]]
}

@test "equal workflows with other schemas have other plans" {
	reviewer true
	one=$(lily plan --json)
	sed -i 's/"high"/"hot"/' schemas/review.json
	two=$(lily plan --json)
	[[ $one != "$two" ]]
	sed -i 's/"hot"/"high"/' schemas/review.json
	[[ $(lily plan --json) == "$one" ]]
}

@test "a schema can be changed until something is of its type, then it needs a new version" {
	reviewer "echo '{\"risk\": \"mid\"}' >\$LILY_OUT/review"
	go run
	expect 1
	sed -i 's/"high"/"mid"/' schemas/review.json
	go run
	expect 0
	sed -i 's/"mid"/"mid", "high"/' schemas/review.json
	go run
	expect 3
	has "$stderr" 'schemas/review.json: schema review.v1 is not what it was'
	has "$stderr" 'give what you changed a new version'
	sed -i 's/review.v1/review.v2/' w.lily.yaml
	go run
	expect 0
	lily fsck --bytes
}

@test "a run goes on with the schema it began with" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
steps:
  review:
    run: |
      touch began; until [ -e go ]; do sleep 0.02; done
      echo '{"risk": "low"}' >"$LILY_OUT/review"
    out: { review: { schema: review.v1 } }
YAML
	lily run -q 2>/dev/null &
	until_true test -e began
	kill -9 $!
	wait $! || true
	echo '{ "not": {} }' >schemas/review.json
	touch go
	go resume
	expect 0
}

@test "killed between a rejected attempt and the next: the feedback is still there" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
steps:
  review:
    run: |
      [ "$LILY_ATTEMPT" = 1 ] && { echo '{}' >"$LILY_OUT/review"; exit; }
      cat "$LILY_FEEDBACK" >seen
      [ -e go ] || { touch began; sleep 30; }
      echo '{"risk": "low"}' >"$LILY_OUT/review"
    out: { review: { schema: review.v1 }, errors: { optional: true } }
    retry: { attempts: 2, backoff: 10ms }
YAML
	lily run -q 2>/dev/null &
	until_true test -e began
	kill -9 $!
	wait $! || true
	mv seen before
	touch go
	go resume
	expect 0
	cmp before seen
	has "$(<seen)" '"output":"review"'
	lily fsck --bytes
}

@test "large outputs and inputs are checked as well" {
	mkdir schemas
	echo '{ "type": "array", "items": { "type": "integer" } }' >schemas/numbers.json
	workflow <<'YAML'
lily: 1
schemas: { numbers.v1: schemas/numbers.json }
params: { last: { type: string, default: "1" } }
steps:
  make:
    exec: [ python3, -c, 'import os, sys; open(os.environ["LILY_OUT"] + "/n", "w").write("[" + "12345,\n" * 300000 + sys.argv[1] + "]")', "${{ params.last }}" ]
    out: { n: { schema: numbers.v1 } }
  use:
    exec: [ "true" ]
    in: { n: { from: "${{ steps.make.out.n }}", schema: numbers.v1 } }
  big:
    exec: [ "true" ]
    in: { n: { path: big.json, schema: numbers.v1, optional: true } }
YAML
	go run
	expect 0
	go run make -p 'last="x"'
	expect 1
	has "$stderr" 'output n: n:300001:1: must be a whole number'
	[[ $(rejected) == "[('n', None, 'file', 1), ('errors', None, 'json', 1)]" ]]
	python3 -c 'print("[" + "1," * 400000 + "null]")' >big.json
	go run big
	expect 1
	has "$stderr" 'input n: big.json:1:800002: must be a whole number'
	lily fsck --bytes
}

@test "two runs that give a new id two meanings: the one that comes second is refused" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
params: { n: { type: integer } }
steps:
  review:
    run: |
      touch "began$N"; until [ -e "go$N" ]; do sleep 0.02; done
      echo '{"risk": "low"}' >"$LILY_OUT/review"
    env: { N: "${{ params.n }}" }
    out: { review: { schema: review.v1 } }
    retry: { attempts: 2, backoff: 10ms }
YAML
	lily run -p n=1 2>stderr &
	until_true test -e began1
	sed -i 's/"high"/"hot"/' schemas/review.json
	touch go2
	go run -p n=2
	expect 0
	touch go1
	wait $! || [[ $? -eq 1 ]]
	has "$(<stderr)" 'output review: is valid, but schema review.v1 has another meaning since run'
	[[ $(json "$(lily artifact list --all --json)" 'len(d)') == 1 ]]
	lily fsck
}

@test "a work order is checked by the schema of its input" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
inputs: { work_order: { schema: review.v1 } }
steps: { s: { run: 'cat "$LILY_IN/o"', in: { o: "${{ inputs.work_order }}" } } }
YAML
	echo '{"risk": 5}' >order.json
	go run --work-order order.json
	expect 3
	has "$stderr" 'input work_order: '
	has "$stderr" ':1:10: must be one of'
	echo '{"risk": "high"}' >order.json
	go run --work-order order.json
	expect 0
	[[ $(json "$(lily artifact list --json)" '[(a["name"], a["artifact_type"]) for a in d if a["role"] == "work_order"]') == "[('work_order', 'review.v1')]" ]]
	lily fsck
	# Made before, begun later: it is checked all the same.
	run=$(lily run new --work-order order.json)
	lily start w.lily.yaml --run "$run" 2>/dev/null || lily run start w.lily.yaml --run "$run"
	lily fsck
}

@test "a YAML output is text where a text is asked for" {
	review_schema
	workflow <<'YAML'
lily: 1
schemas: { review.v1: schemas/review.json }
steps:
  make: { run: 'printf "risk: low\n" >r.yaml', out: { r: { path: r.yaml, schema: review.v1 } } }
  use: { exec: [ printf, "<%s>", "${{ steps.make.out.r }}" ] }
YAML
	go run
	expect 0
	[[ $(lily logs use) == '<risk: low>' ]]
}

@test "many faults take no longer than few" {
	mkdir schemas
	echo '{ "type": "array", "items": { "type": "integer" } }' >schemas/numbers.json
	workflow <<'YAML'
lily: 1
schemas: { numbers.v1: schemas/numbers.json }
steps:
  make:
    exec: [ python3, -c, 'import os; open(os.environ["LILY_OUT"] + "/n", "w").write("[" + "true,\n" * 300000 + "0]")' ]
    out: { n: { schema: numbers.v1 } }
    timeout: 60s
  lines:
    exec: [ python3, -c, 'import os; open(os.environ["LILY_OUT"] + "/n", "w").write("7\n" * 300000)' ]
    out: { n: { type: jsonl, schema: numbers.v1 } }
YAML
	run --separate-stderr timeout 60 lily run
	expect 1
	has "$stderr" 'output n: n:1:2: must be a whole number'
	has "$stderr" 'and 299'
	errors=$(lily artifact cat "$(json "$(lily show --json)" 'd["run_id"]'):2")
	[[ $(json "$errors" 'len(d)') == 101 ]]
}
