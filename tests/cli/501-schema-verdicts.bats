load setup.bash

# What is not valid is never said to be, whatever becomes of the report of it.

@test "a file that cannot be read as text is not said to be valid" {
	echo '{"type": "integer"}' >s.json
	printf '\xff\xfe1\0' >wide.json
	go schema validate -s s.json wide.json
	expect 3
	[[ -z $output ]]
	has "$stderr" "wide.json: this is UTF-16"
	go schema validate -s s.json wide.json --json
	expect 3
	[[ $(json "$output" '(d["valid"], d["values"])') == "(None, 0)" ]]
	go schema validate -s cli/schema-verdict - <<<"$output"
	expect 0
}

@test "what annotates many valid rows leaves room for the one that is not" {
	echo '{"items": {"properties": {"n": {"title": "a", "description": "b", "type": "integer"}}}}' >s.json
	python3 -c 'import json; print(json.dumps([{"n": i} for i in range(260000)] + [{"n": "x"}]))' >rows.json
	go schema validate -s s.json rows.json
	expect 3
	has "$output" "/260000/n: must be a whole number, not a string"
	[[ -z $stderr ]]
	go schema validate -s s.json rows.json -o basic
	expect 3
	[[ $(json "$output" '(d["valid"], len(d["errors"]))') == "(False, 1)" ]]
}

@test "more errors than a report can hold: the first of them, and that there are more" {
	echo '{"items": {"type": "null"}, "contains": {"type": "string"}}' >s.json
	python3 -c 'print([1] * 600000)' >v.json
	lily schema validate -s s.json v.json >said 2>warned || [[ $? == 3 ]]
	head -n 1 said | grep -q '^v.json:1:2: /0: must be null, not 1'
	tail -n 1 said | grep -q '^✗ v.json: 499 99. errors'
	grep -q 'there is more than a report can hold' warned
}

# Positions counted from the start of the text for each unit would take hours.
@test "half a million errors in the formats of JSON Schema" {
	echo '{"items": {"type": "null"}}' >s.json
	python3 -c 'print([1] * 600000)' >v.json
	for format in basic detailed; do
		lily schema validate -s s.json v.json -o $format >said 2>warned || [[ $? == 3 ]]
		python3 -c '
import json
said = json.load(open("said"))
errors = said["errors"]
assert (said["line"], said["column"]) == (1, 1), said["column"]
assert len(errors) > 499000, len(errors)
assert all(e["line"] == 1 and e["column"] == 2 + 3 * i for i, e in enumerate(errors))'
		grep -q 'there is more than a report can hold' warned
	done
}

@test "a check that would take minutes ends, and says where" {
	python3 -c '
import json
print(json.dumps({"items": {"allOf": [{"not": {"pattern": f"(?=x)(a|b)*{i}"}} for i in range(2000)]}}))
' >s.json
	python3 -c 'import json; print(json.dumps(["ab" * 50] * 50000))' >v.json
	go schema validate -s s.json v.json
	expect 8
	[[ -z $output ]]
	[[ $stderr =~ ^'lily: v.json:1:'[0-9]+': checking this takes too many steps' ]]
}

@test "a pattern that reaches its limit is named, and so is the text" {
	echo '{"items": {"pattern": "^(?=a)(a|aa)+$"}}' >s.json
	python3 -c 'print(["a", "a" * 40000 + "!"])' | tr "'" '"' >v.json
	go schema validate -s s.json v.json
	expect 8
	has "$stderr" 'v.json:1:7: the pattern "^(?=a)(a|aa)+$": it takes too many steps on this text'
}

@test "a schema with an error behind very many parts is no valid schema" {
	python3 -c '
import json
part = {"type": "string", "title": "t", "description": "d", "minLength": 1}
print(json.dumps({"properties": {f"p{i}": part for i in range(20000)} | {"last": {"type": "strin"}}}))' >s.json
	go schema check s.json
	expect 3
	has "$output" '/properties/last/type: must be one of'
	echo 1 >one.json
	go schema validate -s s.json one.json
	expect 3
	has "$stderr" "s.json is no valid schema"
	has "$stderr" '/properties/last/type: must be one of'
}

@test "where one line reaches a limit, what the lines before it lack is told" {
	echo '{"properties": {"id": {"type": "integer"}, "loop": {"$ref": "#/$defs/x"}},
		"$defs": {"x": {"allOf": [{"$ref": "#/$defs/x"}]}}}' >s.json
	printf '%s\n' '{"id": 1}' '{"id": "x"}' '{"loop": 1}' '{"id": "y"}' >v.jsonl
	go schema validate -s s.json v.jsonl
	expect 8
	has "$output" "v.jsonl:2:8: /id: must be a whole number, not a string"
	has "$stderr" "v.jsonl:3:10: schemas within schemas, 5000 deep"
	has "$output" "✗ v.jsonl: 1 error in 1 of 2 values, and there is more that was not checked"
	go schema validate -s s.json v.jsonl --json
	expect 8
	[[ $(json "$output" '(d["valid"], d["values"], d["invalid"])') == "(False, 2, 1)" ]]
	# What was looked at is valid, which does not make the file so.
	sed -i 2d v.jsonl
	go schema validate -s s.json v.jsonl
	expect 8
	[[ -z $output ]]
	go schema validate -s s.json v.jsonl --json
	expect 8
	[[ $(json "$output" '(d["valid"], d["values"], d["invalid"])') == "(None, 1, 0)" ]]
}
