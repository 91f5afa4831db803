load setup.bash

# A run that was killed while its second step ran; the first one is done.
cut_off() {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran" }
  b: { run: "echo b >>ran; [ -e go ] || sleep 60", needs: [ a ] }
  c: { run: "echo c >>ran", needs: [ b ] }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true counts_are 1 1
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
}

@test "a killed run is interrupted, and resume goes on without doing twice what was done" {
	cut_off
	[[ $(json "$(lily list --json)" 'd["runs"][0]["status"]') == interrupted ]]
	go show
	has "$output" "lily resume"
	touch go
	go resume
	expect 0
	has "$stderr" "resumed: 3 steps"
	[[ $(<ran) == $'a\nb\nb\nc' ]]
	go fsck
	expect 0
}

@test "a run that has ended, one that is not there, none at all" {
	go resume
	expect 3
	hello
	lily run -q 2>/dev/null
	go resume @last
	expect 3
	has "$stderr" ended
	go resume
	expect 3
	go resume ffffffff
	expect 3
	has "$stderr" ffffffff
}

@test "two resumes of one run at once: one goes on, the other says why not" {
	cut_off
	lily resume >one.out 2>one.err &
	first=$!
	until_true run_status_is running
	go resume --no-wait @last
	expect 9
	has "$stderr" "lily watch"
	touch go
	lily cancel >/dev/null 2>&1
	wait "$first" && code=0 || code=$?
	[[ $code -eq 7 ]]
	go fsck
	expect 0
}

@test "no process of a killed run lives on" {
	workflow <<'YAML'
lily: 1
steps: { s: { run: "echo x >started; exec sleep 61.37" } }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true test -e started
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	until_true bash -c '! pgrep -f "^sleep 61.37"'
}

@test "resume of a run that has ended says how to go on" {
	hello
	lily run -q 2>/dev/null
	go resume @last
	expect 3
	has "$stderr" "has ended (succeeded)"
	has "$stderr" "hint: "
	has "$stderr" "lily run w.lily.yaml"
}

@test "resume in another workspace is refused, in a moved one not, and cancel works anywhere" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: "echo x >started; until test -e go; do sleep 0.05; done; echo x >where" } }
YAML
	interrupt() {
		rm -f started
		lily --store "$T/store" run >/dev/null 2>&1 &
		until_true test -e started
		kill -9 $!
		wait $! || true
	}
	interrupt
	mkdir "$T/other" && cd "$T/other"
	go --store "$T/store" resume
	expect 3
	has "$stderr" "belongs to the workspace $T/ws"
	mv "$T/ws" "$T/moved" && cd "$T/moved"
	touch go
	go --store "$T/store" resume
	expect 0
	[[ -e $T/moved/where && ! -e $T/other/where ]]
	rm go
	interrupt
	cd "$T/other"
	go --store "$T/store" cancel
	expect 0
}

@test "killed before its plan was recorded: interrupted, not to go on with, and cancel ends it" {
	id=$(lily run new)
	# As `lily run FILE` leaves it: the run, its file, and nothing else.
	python3 - "$(find "$XDG_STATE_HOME" -name lily.db)" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute("update runs set source='w.lily.yaml' where number>0").rowcount == 1
db.commit()
PY
	[[ $(json "$(lily show "$id" --json)" 'd["status"]') == interrupted ]]
	[[ $(json "$(lily list --json)" 'd[0]["status"] if isinstance(d, list) else d["runs"][0]["status"]') == interrupted ]]
	go show "$id"
	hasnt "$output" "lily resume"
	has "$output" "lily cancel"
	go resume "$id"
	expect 3
	has "$stderr" "nothing of it was begun"
	go cancel "$id"
	expect 0
	[[ $(json "$(lily show "$id" --json)" 'd["status"]') == cancelled ]]
	# One that waits to be begun is created, as ever.
	id=$(lily run new)
	[[ $(json "$(lily show "$id" --json)" 'd["status"]') == created ]]
}

@test "a try that was waited for when lily was killed was paid for, and is not paid for again" {
	workflow <<'YAML'
lily: 1
max_transitions: 1
steps:
  a: { run: echo x >> a; exit 1, retry: { attempts: 9, backoff: 3s, jitter: none } }
YAML
	lily run > /dev/null 2>&1 &
	driver=$!
	waits() { [[ $(json "$(lily show --json)" 'd["steps"]["waiting"]') == 1 ]]; }
	until_true waits
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	go resume
	expect 8
	[[ $(wc -l < a) -eq 2 ]]
}
