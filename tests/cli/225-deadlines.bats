load setup.bash

# How late the end of a step is that ran out of time: from its deadline, or where something in it does not
# end by itself from the end of its grace, to the end that is recorded. Nothing of it lives by then.

# Runs the steps of a file, each with `timeout: 400ms` and `grace: 300ms`, and says on one line each how late
# the lane and the record were, in seconds: NAME LANE RECORD. Usage: lateness SECONDS, the file on standard input
lateness() {
	cat >w.lily.yaml
	lily run -q >/dev/null 2>&1 || true
	lily events --json >events.jsonl
	wont pgrep -f "sleep $MARK" || return 1
	python3 - "$1" <<'PY'
import datetime, json, sys
due = float(sys.argv[1])
began, names = {}, {}
for line in open("events.jsonl"):
    event = json.loads(line)
    payload = event["payload"]
    if event["type"] == "attempt.submitted":
        names[payload["n"]] = payload["step"]
    elif event["type"] == "attempt.started":
        began[payload["n"]] = payload["at"] / 1e6
    elif event["type"] == "attempt.ended":
        assert payload.get("timeout"), payload
        recorded = datetime.datetime.fromisoformat(event["time"].replace("Z", "+00:00")).timestamp()
        due_at = began[payload["n"]] + due
        print(names[payload["n"]], "%.3f %.3f" % (payload["at"] / 1e6 - due_at, recorded - due_at))
PY
}

# Each step ends within 0.2 s of what is due, and never before it, in one of three tries: the machine may have
# something else to do. Usage: ends_after SECONDS, the steps on standard input
ends_after() {
	local file tries
	MARK=6$((RANDOM % 9000 + 1000)).25
	file=$(printf 'lily: 1\ndefaults: { timeout: 400ms, grace: 300ms }\nsteps:\n' && sed "s/@/$MARK/g")
	for tries in 1 2 3; do
		lateness "$1" <<<"$file" >late || return 1
		cat late
		[[ $(wc -l <late) == $(grep -c 'run:' <<<"$file") ]] || return 1
		wont awk '$2 < -0.005 { found = 1 } END { exit !found }' late || return 1
		awk '$2 > 0.2 || $3 > 0.2 { found = 1 } END { exit found }' late && return 0
	done
	echo "more than 0.2 s late, three times" >&2
	return 1
}

@test "what ends when it is told to ends at its deadline" {
	ends_after 0.4 <<'YAML'
  plain: { run: sleep @ }
  pipe: { run: 'sleep @ & sleep @' }
  session: { run: 'setsid sleep @ & sleep @' }
  stopped: { run: 'sleep @ & kill -STOP $!; kill -STOP $$' }
YAML
}

@test "a grandchild that holds the pipes and does not end is ended with its grace" {
	ends_after 0.7 <<'YAML'
  pipe: { run: '(trap "" TERM; sleep @; sleep @) & exec sleep @' }
YAML
}

@test "a grandchild in a session of its own that does not end is ended with its grace" {
	ends_after 0.7 <<'YAML'
  session: { run: 'setsid sh -c "trap \"\" TERM; sleep @; sleep @" & exec sleep @' }
  daemon: { run: '(setsid sh -c "trap \"\" TERM; sleep @; sleep @" >/dev/null 2>&1 </dev/null &) ; exec sleep @' }
YAML
}

@test "what ignores TERM is ended with its grace" {
	ends_after 0.7 <<'YAML'
  deaf: { run: 'trap "" TERM; sleep @; sleep @' }
YAML
}

@test "what is stopped and ignores TERM is ended with its grace" {
	ends_after 0.7 <<'YAML'
  deaf: { run: 'trap "" TERM; sleep @ & kill -STOP $$' }
  grandchild: { run: 'setsid sh -c "trap \"\" TERM; kill -STOP \$\$; sleep @" & trap "" TERM; sleep @; sleep @' }
YAML
}
