load setup.bash

@test "list: the newest first, with a limit" {
	hello
	for ((i = 0; i < 3; i++)); do lily run -q 2>/dev/null; done
	go list
	expect 0
	[[ $(grep -c succeeded <<<"$output") -eq 3 ]]
	go list --limit 2
	[[ $(grep -c succeeded <<<"$output") -eq 2 ]]
	has "$stderr" --all
	go list --all
	[[ $(grep -c succeeded <<<"$output") -eq 3 ]]
	go list --json
	[[ $(json "$output" 'd["more"]') == False ]]
	[[ $(json "$output" '[r["created_at"] for r in d["runs"]] == sorted([r["created_at"] for r in d["runs"]], reverse=True)') == True ]]
	short=$(lily list | sed -n '2s/ .*//p')
	go show "$short"
	expect 0
}

@test "show: failures first, figures, how to go on" {
	workflow <<'YAML'
lily: 1
steps:
  good: { run: "sleep 0.1; echo $LILY_RUN_ID >$LILY_OUT/id", out: { id: null } }
  bad: { run: "echo because >&2; exit 4", needs: [ good ] }
YAML
	lily run -q >/dev/null 2>&1 || true
	go show
	expect 0
	has "$output" "failed"
	has "$output" "| because"
	has "$output" "1 succeeded, 1 failed"
	has "$output" "good"
	go show bad
	expect 0
	has "$output" "exit 4"
	has "$output" "| because"
	go show good
	has "$output" "made"
	go show --steps
	has "$output" "good"
	go show --json
	[[ $(json "$output" 'd["failed_steps"][0]["step"]') == bad ]]
	go show bad --json
	[[ $(json "$output" 'len(d["step_list"])') == 1 ]]
}

@test "show: what is not there" {
	hello
	lily run -q 2>/dev/null
	go show ffffffff
	expect 3
	go show nostep
	expect 3
	has "$stderr" nostep
	go show grete
	has "$stderr" greet
}

@test "watch without a terminal: lines until the run ends, its status" {
	workflow <<'YAML'
lily: 1
steps:
  s: { run: "touch begun; until [ -e go ]; do sleep 0.05; done" }
  t: { run: "exit 3", needs: [ s ] }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	timeout 20 lily watch >watched 2>err &
	watcher=$!
	sleep 0.2
	touch go
	wait "$watcher" && code=0 || code=$?
	wait "$driver" || true
	[[ $code -eq 1 ]]
	has "$(<err)" "succeeded  s"
	has "$(<err)" "failed     t"
	has "$(<err)" "1 succeeded, 1 failed"
}

@test "watch of a run that has ended says how it went" {
	hello
	lily run -q 2>/dev/null
	go watch
	expect 0
	has "$stderr" "2 succeeded"
}
