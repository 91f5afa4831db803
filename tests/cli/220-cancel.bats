load setup.bash

sleeping() {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "touch started; sleep 60" }
  b: { run: "touch b", needs: [ a ] }
YAML
}

@test "cancel: the driving process ends the run, exit 7 there, 0 here" {
	sleeping
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	go cancel --reason 'wrong input'
	expect 0
	has "$stderr" "is cancelled"
	wait "$driver" && code=0 || code=$?
	[[ $code -eq 7 ]]
	has "$(<err)" cancelled
	[[ ! -e b ]]
	go show --json
	[[ $(json "$output" 'd["status"]') == cancelled ]]
	has "$(lily events --json)" "wrong input"
	go cancel
	expect 3
	go resume @last
	expect 3
}

@test "cancel where nobody drives the run" {
	sleeping
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true counts_are 0 1
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	go cancel
	expect 0
	[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
}

@test "cancel says so when the driving process dies before it hears" {
	sleeping
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	# Not while it writes: it would keep the store to itself.
	until_true counts_are 0 1
	sleep 0.2
	kill -STOP "$driver"
	lily cancel 2>said &
	canceller=$!
	db=$(lily store --path)/lily.db
	asked() { [[ -n $(sqlite3 "$db" "SELECT 1 FROM requests") ]]; }
	until_true asked
	kill -9 "$driver"
	wait "$driver" || true
	wait "$canceller"
	has "$(<said)" "lost its process"
	go cancel
	expect 0
	has "$stderr" "is cancelled"
}

@test "SIGTERM and SIGINT cancel, exit 7" {
	sleeping
	for signal in TERM HUP INT; do
		rm -f started
		# Whoever runs the tests may ignore some of them.
		env --default-signal="$signal" lily run >out 2>err &
		driver=$!
		until_true test -e started
		kill -"$signal" "$driver"
		wait "$driver" && code=0 || code=$?
		[[ $code -eq 7 ]]
		has "$(<err)" stopping
		[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
	done
}

@test "a second signal does not wait for a large output to be read" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "truncate -s 100G $LILY_OUT/o; touch started", out: { o: { type: file } } }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	kill -TERM "$driver"
	until_true grep -q stopping err
	sleep 0.2
	kill -TERM "$driver"
	until_true wont kill -0 "$driver"
	wait "$driver" && code=0 || code=$?
	[[ $code -eq 7 ]]
	has "$(<err)" "lily cancel"
	go fsck
	expect 0
}

@test "a second signal leaves at once; what was begun is said to end as cancelled, and does" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "trap '' TERM; touch started; sleep 0.1; [ -e go ] || sleep 30", grace: 20s }
YAML
	lily run >out 2>err &
	driver=$!
	until_true test -e started
	kill -TERM "$driver"
	until_true grep -q stopping err
	sleep 0.2
	kill -TERM "$driver"
	wait "$driver" && code=0 || code=$?
	[[ $code -eq 7 ]]
	has "$(<err)" "lily cancel"
	hasnt "$(<err)" "goes on with it"
	go show
	has "$output" interrupted
	has "$output" "ends it as cancelled"
	hasnt "$output" "goes on with it"
	go resume
	expect 7
	has "$stderr" "cancelled in"
	wont pgrep -f "^sleep 30" >/dev/null
}
