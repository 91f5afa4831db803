load setup.bash

# Schemas of a workflow that refer to files beside them.

family() {
	mkdir -p schemas/common
	echo '{ "type": "object", "properties": { "to": { "$ref": "./common/address.json" }, "from": { "$ref": "common/address.json#/$defs/street" } } }' >schemas/order.json
	cat >schemas/common/address.json <<'JSON'
{ "type": "object",
  "$defs": { "street": { "type": "string", "minLength": 3 } },
  "properties": { "street": { "$ref": "#/$defs/street" }, "country": { "$ref": "../country.yaml" }, "next": { "$ref": "address.json" } } }
JSON
	printf 'enum: [ de, fr ]\n' >schemas/country.yaml
	cat >w.lily.yaml <<YAML
lily: 1
schemas: { order.v1: schemas/order.json${1:-} }
params: { order: { type: object } }
steps:
  order:
    run: cp "\$LILY_IN/o" "\$LILY_OUT/order"
    in: { o: "\${{ params.order }}" }
    out: { order: { schema: order.v1 } }
YAML
}

@test "a schema refers to files beside it, these to others" {
	family
	go check
	expect 0
	go run -p 'order={"to": {"street": "abc", "country": "de", "next": {"country": "fr"}}, "from": "road"}'
	expect 0
	go run -p 'order={"to": {"next": {"country": "xx"}}}'
	expect 1
	has "$stderr" 'output order: order:1:'
	go run -p 'order={"from": "r"}'
	expect 1
	lily artifact verify
	lily fsck
}

@test "they are part of the plan: it is executed as it was made" {
	family
	sed -i 's|run: cp|run: touch began; until [ -e go ]; do sleep 0.05; done; cp|' w.lily.yaml
	lily run -q -p 'order={"to": {"country": "de"}}' 2>/dev/null &
	until_true test -e began
	kill -9 $!
	wait $! || true
	printf 'enum: [ it ]\n' >schemas/country.yaml
	rm schemas/common/address.json
	touch go
	go resume
	expect 0
	# The schema that it was checked by is kept: what it says, and its files.
	id=$(json "$(lily artifact list --json)" 'd[0]["artifact_id"]')
	lily artifact verify "$id"
	lily fsck
}

@test "what a file beside it says is what the schema means" {
	family
	lily run -q -p 'order={"to": {"country": "de"}}'
	lily run -q -p 'order={"to": {"country": "de"}}'
	printf 'enum: [ de, it ]\n' >schemas/country.yaml
	go run -p 'order={"to": {"country": "de"}}'
	expect 3
	has "$stderr" 'schema order.v1 is not what it was'
	sed -i 's/order\.v1/order.v2/' w.lily.yaml
	go run -p 'order={"to": {"country": "it"}}'
	expect 0
}

@test "a file that is not there is named where the schema refers to it" {
	family
	rm schemas/country.yaml
	go check
	expect 3
	has "$output" 'schemas/common/address.json:3:80: "../country.yaml" names a file: open schemas/country.yaml: No such file'
	go run -p 'order={}'
	expect 3
	has "$stderr" 'schemas/common/address.json:3:80: "../country.yaml" names a file'
}

@test "a file that is broken is named itself" {
	family
	echo '{ "type": 3 }' >schemas/country.yaml
	go check
	expect 3
	has "$output" 'schemas/country.yaml:1:11: "type" must name types: null, boolean, integer, number, string, array, object (in the schema #)'
	echo '[ 1 ]' >schemas/country.yaml
	go check
	expect 3
	has "$output" 'schemas/country.yaml:1:1: a schema is an object, true or false'
	echo '{ "type": ' >schemas/country.yaml
	go check
	expect 3
	has "$output" 'schemas/country.yaml:'
}

@test "files may refer to each other, a value that refers to itself may not" {
	family
	echo '{ "$ref": "common/address.json" }' >schemas/order.json
	echo '{ "$ref": "../order.json" }' >schemas/common/address.json
	go check
	expect 3
	has "$output" 'schemas/order.json:1:11: by "common/address.json" the schema refers to itself without end'
	go schema check schemas/order.json
	expect 3
	has "$output$stderr" 'schemas/order.json:1:11: by "common/address.json" the schema refers to itself without end'
	echo '{ "type": "object", "properties": { "order": { "$ref": "../order.json" } } }' >schemas/common/address.json
	go check
	expect 0
}

@test "ids and files together, also from two schemas to files of the same name" {
	family ', other.v1: more/other.json, item.v1: more/item.json'
	mkdir -p more/common
	echo '{ "$ref": "common/address.json" }' >more/other.json
	echo '{ "enum": [ 7 ] }' >more/common/address.json
	echo '{ "$ref": "./common/address.json" }' >more/item.json
	echo '{ "properties": { "to": { "$ref": "common/address.json" }, "n": { "$ref": "other.v1" }, "m": { "$ref": "item.v1#" } } }' >schemas/order.json
	go check
	expect 0
	go run -p 'order={"n": 7, "m": 7, "to": {"country": "de"}}'
	expect 0
	go run -p 'order={"n": 8}'
	expect 1
	go run -p 'order={"m": 8}'
	expect 1
	go run -p 'order={"to": {"country": "es"}}'
	expect 1
}

@test "a file with an \$id that two schemas refer to is one schema" {
	family ', other.v1: schemas/other.json'
	echo '{ "$id": "https://example.com/country", "enum": [ "de" ] }' >schemas/country.yaml
	echo '{ "$ref": "country.yaml" }' >schemas/other.json
	go check
	expect 0
	go run -p 'order={"to": {"country": "de"}}'
	expect 0
	go run -p 'order={"to": {"country": "fr"}}'
	expect 1
}

@test "no reference leads out of the workflow's folder, or takes an absolute path" {
	mkdir -p flow
	cd flow
	family
	echo '{ "enum": [ 1 ] }' >../outside.json
	echo '{ "$ref": "../../outside.json" }' >schemas/order.json
	go check
	expect 3
	has "$output" 'schemas/order.json:1:11: "../../outside.json" leads out of the folders of the workflow file and of its schema; name that file under `schemas`'
	echo '{ "$ref": "../inside.json" }' >schemas/order.json
	echo '{ "type": "object" }' >inside.json
	go check
	expect 0
	echo "{ \"\$ref\": \"$PWD/inside.json\" }" >schemas/order.json
	go check
	expect 3
	has "$output" 'names a file by an absolute path; say it from the folder of this file'
	echo "{ \"\$ref\": \"file://$PWD/inside.json\" }" >schemas/order.json
	go check
	expect 3
	has "$output" 'names a file by an absolute path'
	echo '{ "$ref": "https://example.com/x.json" }' >schemas/order.json
	go check
	expect 3
	has "$output" 'no document has the URI "https://example.com/x.json"'
	# A schema beside the folder refers to what is beside itself.
	mkdir -p ../shared
	echo '{ "$ref": "b.json" }' >../shared/a.json
	echo '{ "type": "object" }' >../shared/b.json
	sed -i 's|schemas/order.json|../shared/a.json|' w.lily.yaml
	go check
	expect 0
	echo '{ "$ref": "../outside.json" }' >../shared/a.json
	go check
	expect 3
	has "$output" 'leads out of the folders'
}

@test "schema validate and check follow files in the same way, also upwards" {
	family
	echo '{"to": {"country": "xx"}}' >value.json
	go schema validate --schema schemas/order.json value.json
	expect 3
	has "$output" 'value.json:1:'
	go schema check schemas/order.json schemas/common/address.json
	expect 0
	rm schemas/country.yaml
	go schema check schemas/order.json
	expect 3
	has "$stderr$output" 'country.yaml'
	has "$stderr$output" 'schemas/common/address.json:3:'
}


@test "a schema that looks like a set of schemas is none" {
	family
	echo '{"schema_set":1,"type":"object","required":["x"]}' >schemas/order.json
	go check
	expect 0
	go run -p 'order={"x": 1}'
	expect 0
	go run -p 'order={}'
	expect 1
	has "$stderr" 'output order: order:1:1:'
}

@test "schema list and show: also those of a workflow file" {
	family ', item.v1: item.json'
	echo '{ "title": "An item", "type": "string" }' >item.json
	go schema list
	expect 0
	has "$output" 'item.v1'
	has "$output" 'schemas/order.json'
	has "$output" 'run_event.v1'
	[[ $output == *"$(sha256sum <item.json | head -c 12)"*'item.json'*'An item'* ]]
	go schema list w.lily.yaml --json
	expect 0
	lily schema validate -q -s cli/schema-list - <<<"$output"
	[[ $(json "$output" '[(s["id"], s["file"]) for s in d][:2]') == "[('order.v1', 'schemas/order.json'), ('item.v1', 'item.json')]" ]]
	[[ $(json "$output" '[f["path"] for f in d[0]["files"]]') == "['schemas/common/address.json', 'schemas/country.yaml', 'schemas/order.json']" ]]
	[[ $(json "$output" '[s["file"] for s in d if s["id"] == "workflow"]') == '[None]' ]]
	# The digest is what artifacts of that type have.
	digest=$(json "$output" 'd[0]["sha256"]')
	lily run -q -p 'order={}' 2>/dev/null
	has "$(lily events --json)" "\"schema\":\"$digest\""
	go schema show item.v1 --file w.lily.yaml
	expect 0
	[[ $output == "$(<item.json)" ]]
	go schema show itme.v1 --file w.lily.yaml
	expect 3
	has "$stderr" 'did you mean item.v1?'
	rm item.json
	go schema list
	expect 0
	has "$stderr" 'the schemas of w.lily.yaml are left out'
	go schema list w.lily.yaml
	expect 3
	has "$stderr" 'item.json'
	cp w.lily.yaml v.lily.yaml
	go schema list
	expect 0
	hasnt "$output" 'schemas/order.json'
}
