load setup.bash

# A schema in two files, one that refers to the other.
schemas() {
	cat >order.schema.json <<'JSON'
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "required": [ "id" ],
  "properties": {
    "id": { "type": "integer", "minimum": 1 },
    "when": { "type": "string", "format": "date" },
    "items": { "type": "array", "items": { "$ref": "parts/item.json#/$defs/item" } },
    "pay": { "oneOf": [
      { "required": [ "card" ], "properties": { "card": { "pattern": "^[0-9]+$" } } },
      { "required": [ "iban" ], "properties": { "iban": { "type": "string" } } }
    ] }
  },
  "additionalProperties": false
}
JSON
	mkdir -p parts
	echo '{ "$defs": { "item": { "type": "object", "required": [ "price" ] } } }' >parts/item.json
}

@test "a schema of no version in particular is one of the newest draft" {
	for uri in http://json-schema.org/schema# https://json-schema.org/schema; do
		echo "{ \"\$schema\": \"$uri\", \"prefixItems\": [ { \"type\": \"string\" } ], \"items\": false }" >s.json
		go schema check s.json
		expect 0
		echo '[ 1 ]' >v.json
		go schema validate --schema s.json v.json
		expect 3
		has "$output" 'v.json:1:3'
		echo '[ "x" ]' >v.json
		go schema validate --schema s.json v.json
		expect 0
		# Draft 7 would take this as a list of items.
		echo "{ \"\$schema\": \"$uri\", \"items\": [ true ] }" >s.json
		go schema check s.json
		expect 3
	done
}

@test "a valid file says so in one line, and ends with 0" {
	schemas
	echo '{"id": 1, "items": [{"price": 2}]}' >good.json
	go schema validate --schema order.schema.json good.json
	expect 0
	[[ $output == *"good.json: valid" ]]
	[[ -z $stderr ]]
	go schema validate -s order.schema.json -q good.json
	expect 0
	[[ -z $output$stderr ]]
	[[ ! -e $T/state/lily ]]
}

@test "an invalid file: place, line, caret, pointer, and the keyword's place" {
	schemas
	printf '{\n  "id": 0,\n  "idd": 1,\n  "items": [ {} ]\n}\n' >bad.json
	go schema validate -s order.schema.json bad.json
	expect 3
	has "$output" "bad.json:2:9: /id: must be at least 1, not 0
  |   \"id\": 0,
  |         ^
  = order.schema.json:6:43: /properties/id/minimum"
	has "$output" 'bad.json:3:3: /idd: "idd" is not allowed here'
	has "$output" 'bad.json:4:14: /items/0: "price" is missing'
	has "$output" '= parts/item.json:1:54: /properties/items/items/$ref/required'
	has "$output" "bad.json: 3 errors"
	[[ -z $stderr ]]
}

@test "of alternatives the nearest one is told" {
	schemas
	echo '{"id": 1, "pay": {"card": "12x"}}' >bad.json
	go schema validate -s order.schema.json bad.json
	expect 3
	has "$output" "/pay: fits none of the 2 alternatives; oneOf/0 comes nearest"
	has "$output" '/pay/card: "12x" does not match the pattern "^[0-9]+$"'
	hasnt "$output" iban
}

@test "several files, the worst counts, and each is told" {
	schemas
	echo '{"id": 1}' >a.json
	echo '{"id": "x"}' >b.json
	go schema validate -s order.schema.json a.json b.json nowhere.json a.json
	expect 3
	has "$output" "a.json: valid"
	has "$output" "b.json: 1 error"
	has "$stderr" "nowhere.json: No such file"
	[[ $(grep -c "a.json: valid" <<<"$output") == 2 ]]
}

@test "JSON Lines: each line by itself, with its number" {
	schemas
	printf '{"id": 1}\n\n{"id": 0}\nnope\n{"id": 3}\r\n{"id": 4, "when": "2026-02-30"}\n' >o.jsonl
	go schema validate -s order.schema.json o.jsonl
	expect 3
	has "$output" "o.jsonl:3:8: /id: must be at least 1, not 0"
	has "$output" 'o.jsonl:4:1: "nope" is no JSON value'
	has "$output" 'o.jsonl:6:19: /when: "2026-02-30" is no valid date'
	has "$output" "o.jsonl: 3 errors in 3 of 5 values"
	printf '{"id": 1}\n{"id": 2}\n' >good.ndjson
	go schema validate -s order.schema.json good.ndjson
	expect 0
	has "$output" "good.ndjson: valid, 2 values"
}

@test "YAML, with places, and one document only" {
	schemas
	printf 'id: 0\nitems:\n  - { cost: 1 }\n' >o.yaml
	go schema validate -s order.schema.json o.yaml
	expect 3
	has "$output" "o.yaml:1:5: /id: must be at least 1, not 0"
	has "$output" 'o.yaml:3:5: /items/0: "price" is missing'
	printf 'id: 1\n---\nid: 2\n' >two.yml
	go schema validate -s order.schema.json two.yml
	expect 3
	has "$output" "two.yml:2:1: a second document begins here"
}

@test "standard input, and what it is" {
	schemas
	go schema validate -s order.schema.json - <<<'{"id": 0}'
	expect 3
	has "$output" "-:1:8: /id"
	go schema validate -s order.schema.json --syntax yaml - <<<'id: 1'
	expect 0
	go schema validate -s order.schema.json --syntax jsonl - <<<$'{"id": 1}\n{"id": 2}'
	expect 0
	has "$output" "2 values"
}

@test "a schema may be YAML, and refer to itself and to others in a circle" {
	printf 'type: object\nproperties:\n  next: { $ref: "b.yaml" }\n' >a.yaml
	printf '{"anyOf": [{"$ref": "a.yaml"}, {"const": null}]}' >b.yaml
	go schema validate -s a.yaml - <<<'{"next": {"next": null}}'
	expect 0
	go schema validate -s a.yaml - <<<'{"next": {"next": 1}}'
	expect 3
	has "$output" "-:1:10: /next: fits none of the 2 alternatives"
}

@test "formats are checked unless it is asked not to" {
	echo '{"format": "email"}' >s.json
	echo '"nobody"' >v.json
	go schema validate -s s.json v.json
	expect 3
	has "$output" '"nobody" is no valid email'
	go schema validate -s s.json --no-format v.json
	expect 0
}

@test "the draft: by \$schema, else by --draft, else 2020-12" {
	echo '{"items": [{"type": "integer"}]}' >s.json
	echo '["x"]' >v.json
	go schema validate -s s.json --draft 7 v.json
	expect 3
	go schema validate -s s.json v.json
	expect 3
	has "$stderr" "s.json is no valid schema"
	echo '{"$schema": "http://json-schema.org/draft-04/schema#", "minimum": 1, "exclusiveMinimum": true}' >s.json
	go schema validate -s s.json --draft 2020-12 - <<<1
	expect 3
	has "$output" "more than 1"
	go schema validate -s s.json --draft 5 v.json
	expect 2
	has "$stderr" "4 6 7 2019-09 2020-12"
}

@test "--reference: a file or a folder of schemas with URIs of their own" {
	echo '{"$ref": "https://example.com/id.json"}' >s.json
	go schema validate -s s.json - <<<1
	expect 3
	has "$stderr" 's.json:1:10: "$ref": "https://example.com/id.json" cannot be resolved'
	has "$stderr" "--reference"
	mkdir -p lib/deep
	echo '{"$id": "https://example.com/id.json", "minimum": 5}' >lib/deep/x.json
	echo 'no json' >lib/other.json
	go schema validate -s s.json -r lib/deep/x.json - <<<5
	expect 0
	go schema validate -s s.json -r lib - <<<4
	expect 3
	has "$output" "lib/deep/x.json:1:51: /\$ref/minimum"
	go schema validate -s https://example.com/id.json -r lib - <<<4
	expect 3
	go schema validate -s s.json -r nowhere - <<<4
	expect 3
	has "$stderr" "nowhere: No such file"
}

@test "--output: what JSON Schema defines, a line for each value" {
	schemas
	printf '{"id": 1}\n{"id": 0}\n{\n{"id": 2}\n' >o.jsonl
	go schema validate -s order.schema.json --output flag o.jsonl
	expect 3
	[[ $output == $'{"valid":true}\n{"valid":false}\n{"valid":false}\n{"valid":true}' ]]
	go schema validate -s order.schema.json --output basic o.jsonl
	expect 3
	[[ $(json "${lines[1]}" 'd["errors"][0]["keywordLocation"]') == /properties/id/minimum ]]
	[[ $(json "${lines[1]}" 'd["errors"][0]["line"]') == 2 ]]
	has "$(json "${lines[2]}" 'd["error"]')" "o.jsonl:3:"
	go schema validate -s order.schema.json --output detailed o.jsonl
	expect 3
	[[ $(json "${lines[1]}" 'd["valid"]') == False ]]
	go schema validate -s order.schema.json --output verbose o.jsonl
	expect 2
}

@test "--json: one object for each file, as its schema says" {
	schemas
	echo '{"id": 0}' >bad.json
	echo '{]' >worse.json
	echo '{"id": 1}' >good.json
	go schema validate -s order.schema.json --json bad.json worse.json good.json
	expect 3
	printf '%s\n' "$output" >said.jsonl
	[[ $(json "${lines[0]}" 'd["errors"][0]["instance_location"]') == /id ]]
	[[ $(json "${lines[0]}" '(d["file"], d["valid"], d["values"], d["invalid"])') == "('bad.json', False, 1, 1)" ]]
	[[ $(json "${lines[1]}" 'd["errors"][0]["line"]') == 1 ]]
	[[ $(json "${lines[2]}" '(d["valid"], d["errors"])') == "(True, [])" ]]
	go schema validate -s cli/schema-verdict said.jsonl
	expect 0
	go schema check order.schema.json --json
	expect 0
	go schema validate -s cli/schema-verdict - <<<"$output"
	expect 0
}

@test "very many errors are told in part to people, whole as JSON" {
	echo '{"items": {"type": "string"}}' >s.json
	python3 -c 'print(list(range(5000)))' >v.json
	go schema validate -s s.json v.json
	expect 3
	has "$output" "and 4900 more errors"
	has "$output" "v.json: 5000 errors"
	[[ $(wc -l <<<"$output") -lt 500 ]]
	lily schema validate -s s.json v.json --json >said.json || [[ $? == 3 ]]
	python3 - <<'PY'
import json
errors = json.load(open("said.json"))["errors"]
text = open("v.json").read()
assert len(errors) == 5000
for i, error in enumerate(errors):
    assert text[error["column"] - 1:].startswith(f"{i}"), error
PY
}

@test "bad input is refused in a sentence" {
	schemas
	: >empty.json
	go schema validate -s order.schema.json empty.json
	expect 3
	has "$output" "empty.json:1:1: there is nothing here"
	head -c 4000 /bin/sh >binary.json
	go schema validate -s order.schema.json binary.json
	expect 3
	[[ $output != *[$'\x01'-$'\x08']* ]]
	mkdir folder
	go schema validate -s order.schema.json folder
	expect 3
	has "$stderr" "folder is a directory"
	go schema validate -s folder empty.json
	expect 3
	has "$stderr" "folder is a directory"
	python3 -c 'print("[" * 100000)' >deep.json
	go schema validate -s order.schema.json deep.json
	expect 8
	has "$stderr" "nested deeper than the limit of 512 levels"
	[[ -z $output ]]
	echo '{"id": 1, "id": 2}' >twice.json
	go schema validate -s order.schema.json twice.json
	expect 3
	has "$output" 'duplicate key "id"'
	mkfifo pipe
	go schema validate -s order.schema.json pipe
	expect 3
	printf '{"id": 1}' >'a
b.json'
	go schema validate -s order.schema.json $'a\nb.json'
	expect 0
	[[ $(wc -l <<<"$output") == 1 ]]
}

@test "a file that may not be read" {
	schemas
	echo 1 >secret.json
	chmod 0 secret.json
	run --separate-stderr mortal lily schema validate -s order.schema.json secret.json
	expect 3
	has "$stderr" "secret.json: Permission denied"
}

@test "a large file" {
	schemas
	python3 -c '
import json
row = json.dumps({"id": 7, "items": [{"price": i} for i in range(30)]})
with open("big.jsonl", "w") as file:
    for i in range(100000):
        file.write(row + "\n")'
	go schema validate -s order.schema.json big.jsonl
	expect 0
	has "$output" "100 000 values"
	truncate -s 300M huge.json
	go schema validate -s order.schema.json huge.json
	expect 8
	has "$stderr" "huge.json"
}

@test "bad schemas are refused before any file is looked at" {
	echo 1 >v.json
	go schema validate v.json
	expect 2
	has "$stderr" "--schema"
	go schema validate --schema v.json
	expect 2
	go schema validate -s nowhere.json v.json
	expect 3
	has "$stderr" "nowhere.json: No such file"
	echo '{"type": "strng"}' >s.json
	go schema validate -s s.json v.json
	expect 3
	has "$stderr" 's.json:1:10: /type'
	has "$stderr" 'did you mean "string"?'
	[[ -z $output ]]
	echo '{"$ref": "gone.json"}' >s.json
	go schema validate -s s.json v.json
	expect 3
	has "$stderr" "gone.json"
	hasnt "$stderr" "hint:"
	echo '{"$schema": "https://example.com/mine"}' >s.json
	go schema validate -s s.json v.json
	expect 3
	has "$stderr" "no known draft"
	echo '{"pattern": "["}' >s.json
	go schema validate -s s.json v.json
	expect 3
	has "$stderr" "s.json:1:13"
	echo 'not json' >s.json
	go schema validate -s s.json v.json
	expect 3
	has "$stderr" "s.json:1:1"
}

@test "check: whole schemas, used or not" {
	schemas
	go schema check order.schema.json parts/item.json
	expect 0
	has "$output" "order.schema.json: a valid schema"
	has "$output" "parts/item.json: a valid schema"
	echo '{"$defs": {"a": {"$ref": "#/$defs/b"}}}' >dangling.json
	echo '{"$defs": {"a": {"minLength": "1"}}}' >wrong.json
	echo '{"$defs": {"a": {"pattern": "(?<n>a)\\k<m>"}}}' >pattern.json
	echo '{"$defs": {"a": {"$ref": "https://example.com/a"}}}' >remote.json
	go schema check dangling.json wrong.json pattern.json remote.json order.schema.json
	expect 3
	has "$output" 'dangling.json:1:26: "$ref": "#/$defs/b" cannot be resolved'
	has "$output" "wrong.json:1:31: /\$defs/a/minLength: must be a whole number, not a string"
	has "$output" "pattern.json:1:29"
	has "$output" "remote.json:1:26"
	has "$output" "order.schema.json: a valid schema"
	has "$stderr" "--reference"
	go schema check nowhere.json
	expect 3
	echo '[]' >list.json
	go schema check list.json
	expect 3
	has "$output" "list.json:1:1"
}

@test "check: what is embedded is judged by the draft that it names itself, and each thing is said once" {
	cat >bundle.json <<'JSON'
{ "$schema": "https://json-schema.org/draft/2020-12/schema", "$ref": "old",
  "$defs": { "old": { "$id": "old", "$schema": "http://json-schema.org/draft-07/schema#",
                      "items": [ { "type": "string" } ] } } }
JSON
	lily schema check bundle.json
	sed -i 's/"items": .*/"minLength": -1 } } }/' bundle.json
	go schema check bundle.json
	expect 3
	has "$output" "bundle.json:3:36: /\$defs/old/minLength: must be at least 0, not -1"
	[ "$(grep -c "must be at least" <<<"$output")" -eq 1 ]
	echo '{ "items": [ true ] }' >array.json
	go schema check array.json
	expect 3
	[ "$(grep -c "not an array" <<<"$output")" -eq 1 ]
}

@test "list and show: what is part of lily" {
	go schema list
	expect 0
	has "$output" run_manifest.v1
	has "$output" workflow
	go schema list --json
	lily schema validate -q -s cli/schema-list - <<<"$output"
	for id in $(json "$output" '" ".join(s["id"] for s in d)'); do
		lily schema show "$id" >shown.json
		go schema check shown.json
		expect 0
		# A copy is no other schema; something else under its URI is.
		go schema validate -s shown.json -r shown.json - <<<'{}'
		hasnt "$stderr" "already names"
	done
	go schema show urn:lily:schema:workflow
	expect 0
	[[ $(json "$output" 'd["title"]') == "A workflow of lily, format 1" ]]
	go schema show http://json-schema.org/draft-07/schema#
	expect 0
	go schema show run_manifest.v2
	expect 3
	has "$stderr" "did you mean run_manifest.v1?"
	go schema show workflow -o w.json
	expect 0
	go schema check w.json
	expect 0
}

@test "completion and help know the commands" {
	has "$(lily __complete schema '')" validate
	has "$(lily __complete schema show run_)" run_event.v1
	has "$(lily __complete schema validate --draft '')" 2019-09
	go schema
	expect 2
	go schema vlidate
	expect 2
	has "$stderr" "lily schema validate"
	has "$(lily schema validate --help)" "is checked; --no-format"
	has "$(lily help --man schema validate)" "reference"
}

@test "an option that takes one value is not given twice" {
	go schema validate -s a.json --schema b.json x.json
	expect 2
	has "$stderr" "option --schema is given twice; it takes one value"
	go schema validate -s a.json -o flag -o basic x.json
	expect 2
	has "$stderr" "option -o is given twice"
	go schema validate -s workflow -r . -r /nowhere x.json
	expect 3
	go schema validate -s workflow --json -o basic x.json
	expect 2
	has "$stderr" "--json and --output are two forms of the same"
}

@test "a schema that applies itself without end is said to" {
	echo '{"$defs": {"a": {"properties": {"x": true},
  "allOf": [{"$ref": "#/$defs/b"}]}, "b": {"not": {"$ref": "#/$defs/a"}}}}' >s.json
	go schema check s.json
	expect 3
	has "$output" 's.json:2:22: by "#/$defs/b" the schema refers to itself without end'
	echo '{"$ref": "s.json#/$defs/a"}' >r.json
	echo 1 >v.json
	go schema validate -s r.json v.json
	expect 8
	has "$stderr" "v.json:1:1: schemas within schemas"
}

@test "usage shows the option that is needed" {
	go schema validate --help
	expect 0
	has "$output" "usage: lily schema validate --schema SCHEMA FILE… [OPTION…]"
	go schema validate x.json
	expect 2
	has "$stderr" "lily schema validate needs --schema SCHEMA"
	for name in - ''; do
		go schema validate -s "$name" x.json
		expect 2
		has "$stderr" "it is not read from standard input"
	done
}

@test "a draft is known by the names that people have for it" {
	echo '{"exclusiveMinimum": true, "minimum": 3}' >s.json
	for draft in 4 04 draft4 draft-04 draft-4; do
		go schema check -d "$draft" s.json
		expect 0
	done
	for draft in 7 07 draft7 draft-07 2020-12 draft2020-12 draft-2019-09; do
		go schema check -d "$draft" s.json
		expect 3
	done
	for draft in 5 '' draft 2020 0; do
		go schema check -d "$draft" s.json
		expect 2
		has "$stderr" "one of: 4 6 7 2019-09 2020-12"
	done
}

@test "a folder of the name of a schema that lily has is no schema" {
	mkdir workflow
	echo 'lily: 1' >w.yaml
	go schema validate -s workflow w.yaml
	expect 3
	has "$output" '"steps" is missing'
}

@test "what is no file: a hint how to read it" {
	echo '{"type": "integer"}' >s.json
	mkfifo pipe
	go schema validate -s s.json pipe
	expect 3
	has "$stderr" "hint: - reads standard input"
	go schema validate -s pipe s.json
	expect 3
	has "$stderr" "hint: a schema is read from a file"
}
