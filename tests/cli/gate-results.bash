# What the one gate of a workflow found, for stories about what gates judge.

# The result of the gate of the newest run, or of $1.
result() {
	local id
	id=$(json "$(lily artifact list ${1:+"$1"} --json)" "[a['artifact_id'] for a in d if a['role'] == 'gate'][-1]")
	lily artifact cat "$id" | python3 -c 'import json, sys; print(json.dumps(json.load(sys.stdin)["payload"]))'
}

found() {
	local r
	r=$(result)
	if [[ $(json "$r" "$1") != True ]]; then
		printf 'not so: %s\nof: %s\n' "$1" "$r" >&2
		return 1
	fi
	printf '%s' "$r" | lily schema validate --schema gate_result.v1 -
}

run_id() {
	json "$(lily show --json)" 'd["run_id"]'
}
