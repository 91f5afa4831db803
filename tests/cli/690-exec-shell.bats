load setup.bash

@test "exec runs one command, prints what it printed and records it" {
	go exec -- echo hello 'two words' '${{ params.x }}'
	expect 0
	[[ $output == 'hello two words ${{ params.x }}' ]]
	[[ $(json "$(lily show --json)" '(d["workflow"], d["status"])') == "('exec', 'succeeded')" ]]
	has "$(lily logs --raw)" "hello two words"
}

@test "exec takes files in and keeps what is made" {
	echo data >in.txt
	mkdir sub
	cd sub
	go exec -i x=../in.txt -o copy -o here=made.txt -o said=- -- \
		sh -c 'cat $LILY_IN/x >$LILY_OUT/copy; echo made >made.txt; pwd'
	expect 0
	[[ $(lily artifact cat exec.copy) == data ]]
	[[ $(lily artifact cat exec.here) == made ]]
	[[ $(lily artifact cat exec.said) == "$PWD" ]]
}

@test "exec says how the command ended, and ends as lily's codes say" {
	go exec -- sh -c 'echo oops >&2; exit 42'
	expect 1
	has "$stderr" "exit status 42"
	has "$stderr" oops
	has "$stderr" "lily retry"
	go exec --timeout 100ms -- sleep 9
	expect 124
	go exec -- no-such-program-here
	expect 1
	go exec
	expect 2
	go exec --out =x -- true
	expect 2
	go exec -i x -- true
	expect 2
	go exec --timeout soon -- true
	expect 3
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 3 ]]
}

@test "exec keeps a variable only where it is named" {
	SECRET=s go exec -- sh -c 'echo ${SECRET-none}'
	[[ $output == none ]]
	SECRET=s go exec --pass-env SECRET -- sh -c 'echo ${SECRET-none}'
	[[ $output == s ]]
}

@test "what exec ran can be retried" {
	go exec -- sh -c 'test -e good'
	expect 1
	touch good
	go retry
	expect 0
}

@test "lily as PID 1 reaps orphans and cancels on TERM" {
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no PID namespace to be had here"
	workflow <<'YAML'
lily: 1
steps: { s: { run: "echo x >started; until test -e go; do sleep 0.05; done" } }
YAML
	unshare --pid --fork --mount-proc --kill-child=KILL lily run >out 2>err &
	outer=$!
	until_true test -e started
	first=$(pgrep -P "$outer" | head -1)
	[[ $(awk '{ print $1 }' "/proc/$first/stat") == "$first" ]]
	# An orphan: its parent ends at once, and so PID 1 gets it.
	nsenter -t "$first" -p -m sh -c '(sleep 0.2 &) ; exit 0'
	sleep 0.6
	wont grep Z <<<"$(ps -o stat= --ppid "$first")"
	kill -TERM "$first"
	wait "$outer" && code=0 || code=$?
	[[ $code -eq 7 ]]
	[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
	touch go
	go run
	expect 0
}

@test "lily as PID 1 ends as its command does" {
	unshare --pid --fork --mount-proc true 2>/dev/null || skip "no PID namespace to be had here"
	run unshare --pid --fork --mount-proc lily frob
	[[ $status -eq 2 ]]
	run unshare --pid --fork --mount-proc lily exec -- echo inside
	[[ $status -eq 0 && $output == *inside* ]]
}

@test "exec is held to the default policy, or to the one that is named" {
	echo secret >"$HOME/secret"
	go exec -- cat "$HOME/secret"
	expect 1
	go exec --policy none -- cat "$HOME/secret"
	expect 0
	[[ $output == secret ]]
	printf 'lily: 1\npolicies: { narrow: { write: [ out ] } }\n' >lily-policy.yaml
	mkdir out
	go exec -p narrow -- sh -c 'echo x >out/f && ! echo x >here'
	expect 0
	wont test -e here
	go exec -p missing -- true
	expect 3
	has "$stderr" 'there is no policy "missing"'
}

@test "an option that is meant for the command is told where it belongs" {
	go exec sh -c 'echo hi'
	expect 2
	has "$stderr" 'unknown option -c; what stands behind -- is the command'
	go exec ls --colour
	expect 2
	has "$stderr" 'what stands behind -- is the command'
}
