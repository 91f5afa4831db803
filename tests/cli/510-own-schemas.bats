load setup.bash

# What lily writes is what its own schemas say.

valid() {
	go schema validate -s "$@"
	expect 0
}

busy() {
	workflow <<'YAML'
lily: 1
name: all
description: everything that leaves a trace
params: { p: { type: string, default: x, description: y }, n: { type: integer, default: 3 } }
inputs: { i: { path: data.txt }, none: { optional: true } }
outputs: { o: "${{ steps.a.out.o }}" }
defaults: { timeout: 10m, env: { A: b } }
pass_env: [ LANG ]
notify: { run: "cat; exit 3", events: [ failed ], env: { X: "${{ run.status }}" } }
steps:
  a:
    run: |
      cp "$LILY_IN/i" "$LILY_OUT/o"
      mkdir -p "$LILY_OUT/d/e"; echo x >"$LILY_OUT/d/f"; ln -s f "$LILY_OUT/d/l"; chmod +x "$LILY_OUT/d/f"
    in: { i: "${{ inputs.i }}", v: { value: [ 1, { a: null } ] }, t: { tree: sub } }
    out: { o: { type: text }, d: { type: dir }, maybe: { optional: true }, here: { path: made.txt } }
  b: { run: "exit 3", retry: { attempts: 2, backoff: 10ms, errors: [ exit, "exit:3" ] } }
  c: { run: "sleep 9", timeout: 100ms, grace: 100ms }
  d: { run: "true", needs: [ b ] }
  e: { exec: [ echo, "${{ params.p }}-${{ steps.a.out.o }}" ], out: { r: { from: stdout, type: text } } }
  f: { run: "kill -9 $$" }
  g: { run: "true", out: { missing: { type: json } } }
  h: { exec: [ ./no-such-program ] }
YAML
	echo data >data.txt
	mkdir sub
	echo 1 >sub/x
	sed -i 's|cp "$LILY_IN/i"|echo made >made.txt; cp "$LILY_IN/i"|' w.lily.yaml
}

@test "events, manifests, plans, trees and references of runs that go all ways" {
	busy
	lily check
	lily run -q 2>/dev/null || true
	lily events --json >events.jsonl
	grep -q '"class":"timeout"' events.jsonl
	grep -q '"class":"schema"' events.jsonl
	grep -q 'visit.blocked' events.jsonl
	grep -q '"run.notified"' events.jsonl
	valid run_event.v1 events.jsonl
	lily plan --json >plan.json
	valid plan.v1 plan.json
	plan=$(python3 -c 'import json
for line in open("events.jsonl"):
    event = json.loads(line)
    if event["type"] == "run.planned": print(event["payload"]["plan"])')
	lily artifact cat "sha256:$plan" >head.json
	valid plan.v1 head.json
	python3 -c 'import json; json.dump({"steps": json.load(open("plan.json"))["steps"]}, open("steps.json", "w"))'
	chunk=$(json "$(cat head.json)" 'd["chunks"][0]')
	lily artifact cat "sha256:$chunk" >chunk.json
	valid 'urn:lily:schema:plan.v1#/$defs/chunk' chunk.json
	lily artifact cat a.d >tree.json
	valid tree.v1 tree.json
	lily artifact list --json >list.json
	valid cli/artifact-list list.json
	json "$(cat list.json)" '"\n".join(json.dumps(a) for a in d)' >references.jsonl
	valid artifact_ref.v1 references.jsonl
	find "$T/state" -name manifest.json -exec cat {} + >manifest.json
	valid run_manifest.v1 manifest.json
}

@test "runs by hand, cancelled runs, work orders" {
	workflow <<'YAML'
lily: 1
steps: { long: { run: "sleep 30" }, after: { run: "true", needs: [ long ] } }
YAML
	lily run -q 2>/dev/null &
	until_true run_status_is running
	lily cancel --reason "no more" 2>/dev/null
	wait || true
	lily events --json >events.jsonl
	grep -q run.cancelling events.jsonl
	valid run_event.v1 events.jsonl
	echo '{"schema": "work_order.v1", "title": "mend it", "mine": 1}' >order.json
	valid work_order.v1 order.json
	run=$(lily run new --work-order order.json)
	lily artifact put order.json --run "$run" --json >reference.json
	valid artifact_ref.v1 reference.json
	lily run finish "$run" 2>/dev/null
	lily events "$run" --json >events.jsonl
	grep -q artifact.put events.jsonl
	valid run_event.v1 events.jsonl
	find "$T/state" -name manifest.json | while read -r file; do
		lily schema validate -q -s run_manifest.v1 "$file"
	done
}

@test "the schemas refuse what is something else" {
	hello
	lily run -q 2>/dev/null
	lily events --json >events.jsonl
	sed 's/"attempt.ended","time/"attempt.ended","tame/' events.jsonl >bad.jsonl
	wont lily schema validate -q -s run_event.v1 bad.jsonl
	sed 's/"exit":0/"exit":"0"/' events.jsonl >bad.jsonl
	wont lily schema validate -q -s run_event.v1 bad.jsonl
	sed 's/"cpu":/"cqu":/' events.jsonl >bad.jsonl
	wont lily schema validate -q -s run_event.v1 bad.jsonl
	wont lily schema validate -q -s run_manifest.v1 events.jsonl
	wont lily schema validate -q -s tree.v1 - <<<'{"tree":1,"entries":[{"type":"file","path":"../x","executable":false,"sha256":"","size":0}]}'
	wont lily schema validate -q -s envelope.v1 - <<<'{"meta":{},"payload":1}'
	wont lily schema validate -q -s work_order.v1 - <<<'{"schema":"work_order.v1"}'
}

@test "every property of a kernel schema is described" {
	python3 - "$SOURCE_DIR"/schemas/kernel/*.json "$SOURCE_DIR"/schemas/workflow.json <<'PY'
import json, sys

def described(root, schema):
    while isinstance(schema, dict) and "description" not in schema and "$ref" in schema:
        at = root
        for part in schema["$ref"][2:].split("/"):
            at = at[part]
        schema = at
    return not isinstance(schema, dict) or "description" in schema

def walk(name, root, schema, path, narrowing):
    if isinstance(schema, list):
        for item in schema:
            walk(name, root, item, path, narrowing)
    if not isinstance(schema, dict):
        return
    for key, value in schema.items():
        if key == "properties" and not narrowing:
            bad.extend(f"{name}: {path}/{m}" for m, s in value.items() if not described(root, s))
        # What only narrows a property that is described elsewhere needs no words of its own.
        walk(name, root, value, f"{path}/{key}",
            key in ("if", "then") or (narrowing and key != "$defs") or
            (key == "oneOf" and "properties" in schema))

bad = []
for name in sys.argv[1:]:
    root = json.load(open(name))
    assert root["title"] and root["$id"].startswith("urn:lily:schema:"), name
    walk(name, root, root, "", False)
sys.exit("\n".join(bad) or None)
PY
}

@test "every workflow of tests and examples that lily accepts is valid by the schema" {
	mkdir found
	awk '/<<.?YAML/ { file = sprintf("found/%03d.lily.yaml", ++n); next }
		/^YAML$/ { file = ""; next }
		file { print >file }' "$TESTS_DIR"/*.bats
	find "$SOURCE_DIR/examples" -name '*.lily.yaml' -exec cp -t found {} +
	good=()
	for file in found/*; do
		! lily check "$file" >/dev/null 2>&1 || good+=("$file")
	done
	echo "${#good[@]} workflows"
	((${#good[@]} > 30))
	valid workflow -q "${good[@]}"
}

@test "the workflow schema knows the whole language, and slips in it" {
	# What this build does not run yet is in the schema all the same.
	cat >all.yaml <<'WORKFLOW'
lily: 1
name: fix-bug
x-note: keys of my own
packs:    [ ./packs/c-project ]
params:   { issue: { type: integer } }
schemas:  { review.v1: schemas/review.json }
secrets:  { MODEL_KEY: { env: MODEL_KEY }, TOKEN: { env: GH_TOKEN } }
models:   { small: { provider: openai, model: some-model, key: MODEL_KEY } }
parallel: 4
pools:    { gpu: 1 }
defaults: { timeout: 20m, retry: { attempts: 2, errors: [ timeout, lost ] } }
budget:   { wall: 2h, tokens: 400000 }
policies:
  agent: { write: [ src ], deny: [ .env ], net: [ "api.example.com:443" ], max_diff: { files: 20, lines: 600 } }
steps:
  fix:
    agent: { adapter: codex, prompt: prompts/fix.md, key: MODEL_KEY }
    in: { issue: { path: "issues/${{ params.issue }}.md" } }
    workspace: transaction
    policy: agent
    retry: { attempts: 3, errors: [ gate ], from: last }
    gates: { tests: { exec: [ make, check ] } }
    approve: { at: commit, ask: "Take this change?", expires: 3d }
  review:
    llm: { model: small, prompt: prompts/review.md }
    in: { patch: "${{ steps.fix.diff }}" }
    out: { review: { schema: review.v1 } }
  each:
    foreach: { matrix: { os: [ a, b ] }, parallel: 2, max_failed: 10% }
    steps: { one: { run: "true", x-mine: 1 } }
  push:
    exec: [ ./push.sh, "fix/${{ params.issue }}", 3 ]
    needs: { review: succeeded, each: finished }
    if: steps.review.out.review.risk != 'high'
    secrets: [ TOKEN ]
    policy: { net: [ { host: "git.example.com:22", listen: 2222 } ], limits: { memory: 2Gi, cpu: 10m } }
    effects: once
    probe: { exec: [ ./pushed.sh ] }
finally: { clean: { run: rm -rf build/tmp } }
gates:   { lint: { uses: c-project/lint, required: false, after: [ fix ] } }
routes:  [ { id: risky, when: { step: review, status: failed }, then: { escalate: "review failed" } },
           { id: again, when: { gate: fix.tests, gate_status: failed }, then: { goto: fix, feedback: true }, times: 2 } ]
notify:  { exec: [ ./notify.sh ], events: [ waiting, failed ] }
WORKFLOW
	valid workflow all.yaml
	while IFS= read -r change; do
		sed "$change" all.yaml >bad.yaml
		wont cmp -s all.yaml bad.yaml
		wont lily schema validate -q -s workflow bad.yaml
	done <<'CHANGES'
s/^lily: 1/lily: 2/
s/^steps:/stpes:/
s/effects: once/effects: twice/
s/attempts: 3/attempts: 0/
s/retry: { attempts: 3/retry: { atempts: 3/
s/timeout: 20m/timeout: soon/
s/at: commit/at: end/
s/provider: openai, //
s/exec: \[ make, check \]/exec: make check/
s/    exec: \[ .\/push.sh/    run: "true"\n    exec: [ .\/push.sh/
s/memory: 2Gi/memory: lots/
s/status: failed/status: broken/
s/id: risky, //
s/events: \[ waiting/events: [ sometimes/
s/review.v1: /review: /
s/each: finished/each: maybe/
CHANGES
}
