load setup.bash

# Payloads with a schema, from the command line and back.

put() {
	run=$(lily run new)
	mkdir -p schemas
	echo '{ "type": "object", "properties": { "risk": { "$ref": "risk.json" } }, "required": [ "risk" ] }' >schemas/review.json
	echo '{ "enum": [ "low", "high" ] }' >schemas/risk.json
	printf '{ "risk":   "low", "n": 1.50 }' >r.json
	source=$(lily artifact put r.json --run "$run" --name source)
	id=$(lily artifact put r.json --run "$run" --schema review.v1 --schema-file schemas/review.json --producer critic --producer-kind llm --input "$source")
}

@test "a payload is put in an envelope and comes out of it, verified" {
	put
	go artifact get "$id" --envelope
	expect 0
	[[ $(json "$output" 'sorted(d), sorted(d["meta"])') == "(['meta', 'payload'], ['canon', 'created_at', 'inputs', 'payload_sha256', 'producer_id', 'producer_kind', 'schema_id'])" ]]
	[[ $(json "$output" '[d["meta"][k] for k in ("schema_id", "producer_id", "producer_kind", "inputs", "canon")]') == "['review.v1', 'critic', 'llm', ['$source'], 'rfc8785']" ]]
	[[ $(json "$output" 'd["meta"]["payload_sha256"]') == "$(printf '{"n":1.5,"risk":"low"}' | sha256sum | cut -d' ' -f1)" ]]
	lily schema validate --schema envelope.v1 - <<<"$output"
	go artifact get "$id" --payload --schema review.v1
	expect 0
	[[ $(json "$output" 'd == {"risk": "low", "n": 1.5}') == True ]]
	[[ $(json "$(lily artifact list "$run" --json)" '[(a["name"], a["artifact_type"], a["storage_kind"]) for a in d][1]') == "('r.json', 'review.v1', 'json')" ]]
	lily artifact get "$id" --payload -o out.json
	[[ $(json "$(<out.json)" 'd["risk"]') == low ]]
	go artifact get "$id" --payload -o out.json
	expect 3
	has "$stderr" 'out.json: File exists'
	lily artifact verify
	lily fsck
}

@test "what is invalid is not put, and the id keeps its meaning, files beside it included" {
	put
	echo '{ "risk": "none" }' >bad.json
	go artifact put bad.json --run "$run" --schema review.v1
	expect 3
	has "$stderr" 'bad.json:1:11'
	echo '{ "risk": "high" }' | lily artifact put - --run "$run" --name second --schema review.v1
	echo '{ "enum": [ "none" ] }' >schemas/risk.json
	go artifact put bad.json --run "$run" --schema review.v1 --schema-file schemas/review.json
	expect 3
	has "$stderr" 'review.v1'
	go artifact put bad.json --run "$run" --schema nowhere.v1
	expect 3
	has "$stderr" 'nowhere.v1'
	rm schemas/risk.json
	go artifact put r.json --run "$run" --schema other.v1 --schema-file schemas/review.json
	expect 3
	has "$stderr" 'schemas/review.json:1:'
	[[ $(json "$(lily artifact list "$run" --json)" 'len(d)') == 3 ]]
}

@test "what is asked for and what it is" {
	put
	go artifact get "$id" --payload --schema review.v2
	expect 3
	has "$stderr" 'review.v1'
	go artifact get "$source" --payload
	expect 3
	has "$stderr" 'has no type'
	go artifact get "$id" --payload --envelope
	expect 2
	go artifact get "$id" --schema review.v1
	expect 2
	has "$stderr" '--schema asks what --payload or --envelope is'
	go artifact put r.json --schema-file schemas/review.json
	expect 2
	go artifact put r.json --schema review.v1 --type text
	expect 2
	has "$stderr" 'leave --type text out'
}

@test "the payload of what a step made" {
	workflow <<'YAML'
lily: 1
schemas: { n.v1: n.json }
steps:
  count: { run: 'echo 3 >"$LILY_OUT/n"', out: { n: { schema: n.v1 } } }
YAML
	echo '{ "type": "integer" }' >n.json
	lily run -q 2>/dev/null
	go artifact get count.n --payload --schema n.v1
	expect 0
	[[ $output == 3 ]]
	go artifact get count.n --envelope
	expect 3
	has "$stderr" 'is no envelope'
}
