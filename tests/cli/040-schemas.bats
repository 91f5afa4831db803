load setup.bash

# Whether each line of a text is what schemas/cli/NAME.json says. Usage: fits NAME TEXT
fits() {
	/usr/bin/python3 - "$SOURCE_DIR/schemas/cli/$1.json" "$2" <<'PY'
import json, sys
import jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
lines = sys.argv[2].splitlines()
assert lines, "nothing was printed"
for line in lines:
    for error in validator.iter_errors(json.loads(line)):
        sys.exit(f"{sys.argv[1]}: {error.json_path}: {error.message}")
PY
}

setup_file() {
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "no python3-jsonschema"
}

@test "what is printed is what the published schemas say" {
	workflow <<'YAML'
lily: 1
name: all
params: { p: { type: string, default: x, description: y } }
inputs: { i: { path: data.txt } }
outputs: { o: "${{ steps.a.out.o }}" }
steps:
  a: { run: "cp $LILY_IN/i $LILY_OUT/o", in: { i: "${{ inputs.i }}" }, out: { o: null } }
  b: { run: "exit 3", retry: { attempts: 2, backoff: 10ms } }
  c: { run: "sleep 9", timeout: 100ms, grace: 100ms }
  d: { run: "true", needs: [ b ] }
YAML
	echo data >data.txt
	fits progress "$(lily run --json)"
	fits run-list "$(lily list --json)"
	fits run "$(lily show --json)"
	fits run "$(lily show --steps --json)"
	fits run "$(lily show a --json)"
	fits retry "$(lily retry -n --json)"
	fits progress "$(lily retry --json)"
	fits run "$(lily show --steps --json)"
	fits run "$(lily show a --json)"
	fits event "$(lily events --json)"
	fits artifact-list "$(lily artifact list --json)"
	fits verify "$(lily artifact verify --json)"
	fits workflow "$(lily check --json)"
	fits doctor "$(lily doctor --json)"
	fits fsck "$(lily fsck --bytes --json)"
	fits store "$(lily store --json)"
	run=$(lily run new --work-order data.txt)
	fits run "$(lily show "$run" --json)"
	fits artifact-ref "$(lily artifact put data.txt --run "$run" --json)"
	fits run-list "$(lily list --json)"
	printf 'lily: 1\nstps: {}\n' >bad.yaml
	fits workflow "$(lily check bad.yaml --json)"
}

@test "the schemas refuse what is something else" {
	hello
	lily run -q 2>/dev/null
	wont fits run-list "$(lily show --json)"
	wont fits event "$(lily list --json)"
	wont fits doctor "$(lily store --json)"
	wont fits progress '{"event": "step.frobbed"}'
}
