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

@test "show: what runs now, and for how long" {
	workflow <<'YAML'
lily: 1
steps:
  quick: { run: "true" }
  slow: { run: "sleep 60", needs: [ quick ] }
YAML
	lily run >/dev/null 2>&1 &
	until_true counts_are 1 1
	sleep 0.1
	go show
	expect 0
	grep -A1 -x running <<<"$output" | grep -qE 'slow +[0-9.]+m?s'
	go show slow
	hasnt "$output" "0 B"
	lily cancel >/dev/null 2>&1
	go show
	hasnt "$output" $'\nrunning\n'
}

@test "show: why a run was cancelled" {
	workflow <<'YAML'
lily: 1
steps: { slow: { run: "sleep 60" } }
YAML
	lily run >/dev/null 2>&1 &
	until_true counts_are 0 1
	lily cancel --reason "wrong input" 2>/dev/null
	go show
	has "$output" "reason    wrong input"
}

@test "show: a blocked step names what blocked it, and no log that is not there" {
	workflow <<'YAML'
lily: 1
steps:
  bad: { run: "exit 4" }
  after: { run: "true", needs: [ bad ] }
YAML
	lily run -q >/dev/null 2>&1 || true
	go show after
	expect 0
	has "$output" "blocked"
	has "$output" "why       bad did not succeed"
	hasnt "$output" "lily logs"
}

@test "show: of many failed steps the rest is one command away" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: exit 3 }, b: { run: exit 3 }, c: { run: exit 3 }, d: { run: exit 3 }, e: { run: exit 3 }, f: { run: exit 3 }, g: { run: exit 3 } }
YAML
	go run -q
	expect 1
	has "$stderr" "and 2 more failed steps: lily show"
	command=$(sed -n 's/^and 2 more failed steps: //p' <<<"$stderr")
	[[ $(lily show | sed -n 's/^and 2 more failed steps: //p') == "$command" ]]
	run $command
	[[ $(grep -c '^  ✗  [a-g] ' <<<"$output") -eq 7 ]]
}
