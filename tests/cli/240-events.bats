load setup.bash

@test "events: numbered, chained, as lines and as JSON" {
	hello
	lily run -q 2>/dev/null
	go events
	expect 0
	has "$output" run.created
	has "$output" attempt.accepted
	go events --json
	python3 - "$output" <<'PY'
import json, sys
events = [json.loads(line) for line in sys.argv[1].splitlines()]
assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
assert events[0]["type"] == "run.created" and events[-1]["type"] == "run.finished"
assert all(len(e["hash"]) == 64 for e in events)
assert [e["id"] for e in events] == sorted(e["id"] for e in events)
PY
}

@test "--after is a cursor; --all goes through every run" {
	hello
	lily run -q 2>/dev/null
	last=$(lily events --json | tail -n 1)
	id=$(json "$last" 'd["id"]')
	[[ -z $(lily events --after "$id") ]]
	lily run -q 2>/dev/null
	[[ $(lily events --all --after "$id" --json | head -n 1 | grep -c run.c) -eq 1 ]]
	go events --all @last
	expect 2
	go events --after x
	expect 2
}

@test "-f: until the run ends" {
	workflow <<'YAML'
lily: 1
steps: { s: { run: "touch begun; until [ -e go ]; do sleep 0.05; done" } }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	timeout 20 lily events -f --json >followed &
	follower=$!
	until_true grep -q attempt.submitted followed
	wont grep -q run.finished followed
	touch go
	wait "$follower"
	wait "$driver"
	grep -q run.finished followed
}
