load setup.bash

slow() {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran; until test -e go; do sleep 0.05; done; test ! -e bad" }
YAML
}

begun() {
	[[ -e ran ]]
}

@test "a second resume follows the one that drives, and ends as it does" {
	slow
	lily run >/dev/null 2>&1 &
	kill_me=$!
	until_true begun
	kill -9 $kill_me
	wait $kill_me || true
	touch bad
	lily resume >/dev/null 2>one.err &
	first=$!
	until_true run_status_is running
	lily resume @last >/dev/null 2>two.err &
	second=$!
	until_true grep -q following two.err
	has "$(<two.err)" "is being driven by process $first on $(uname -n) since 20"
	touch go
	wait $first && one=0 || one=$?
	wait $second && two=0 || two=$?
	[[ $one -eq 1 && $two -eq 1 ]]
	go fsck
	expect 0
}

@test "--no-wait refuses a run that another process drives" {
	slow
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true begun
	go resume --no-wait @last
	expect 9
	has "$stderr" "driven by process $driver"
	touch go
	wait $driver
}

@test "run start in a run that is driven follows it" {
	slow
	run=$(lily run new)
	lily run start w.lily.yaml --run "$run" >/dev/null 2>&1 &
	driver=$!
	until_true begun
	go run start w.lily.yaml --run "$run" --no-wait
	expect 9
	has "$stderr" "driven by process $driver"
	lily run start w.lily.yaml --run "$run" 2>two.err &
	second=$!
	until_true grep -q following two.err
	touch go
	wait $driver
	wait $second
	[[ $(<ran) == a ]]
}

@test "a follower whose driver is killed says that the run is interrupted" {
	slow
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true begun
	lily resume @last 2>two.err &
	second=$!
	until_true grep -q following two.err
	kill -9 $driver
	wait $driver || true
	wait $second && code=0 || code=$?
	[[ $code -eq 9 ]]
	has "$(<two.err)" interrupted
}

@test "cancel in every state of a run" {
	run=$(lily run new)
	go cancel "$run"
	expect 0
	[[ $(json "$(lily show "$run" --json)" 'd["status"]') == cancelled ]]
	go cancel "$run"
	expect 3
	has "$stderr" "has ended (cancelled)"
	slow
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true begun
	go cancel --no-wait --reason 'not wanted'
	expect 0
	wait $driver && code=0 || code=$?
	[[ $code -eq 7 ]]
	go resume @last
	expect 3
	has "$stderr" "has ended (cancelled)"
	has "$stderr" "lily retry"
	rm ran
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true begun
	kill -9 $driver
	wait $driver || true
	go cancel
	expect 0
	[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
	go cancel
	expect 3
	go fsck
	expect 0
}

@test "a pid of another boot is never killed" {
	slow
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true begun
	kill -9 $driver
	wait $driver || true
	lanes=$(find "$T/state" -name lanes)
	[[ -n $lanes ]]
	sleep 97.31 &
	bystander=$!
	start=$(awk '{ print $22 }' /proc/$bystander/stat)
	# A note of this boot names a process by its pid and start; one of another boot names none.
	echo "00000000-0000-4000-8000-000000000000 $(stat -Lc %i /proc/self/ns/pid) $bystander $start" >"$lanes"
	touch go
	go resume
	expect 0
	kill -0 $bystander
	kill $bystander
}

@test "a key means the same run in every state" {
	slow
	lily run --key k >/dev/null 2>&1 &
	driver=$!
	until_true begun
	lily run --key k >/dev/null 2>two.err &
	second=$!
	until_true grep -q "has this key already: running" two.err
	kill -9 $driver
	wait $driver || true
	wait $second || true
	touch go
	go run --key k
	expect 0
	has "$stderr" "has this key already: interrupted"
	go run --key k
	expect 0
	has "$stderr" "has this key already: succeeded"
	touch bad
	go run --key other
	expect 1
	go run --key other
	expect 1
	lily run new --key third >/dev/null
	rm bad
	go run --key third
	expect 0
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 3 ]]
}
