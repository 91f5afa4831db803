#!/usr/bin/env bats
# then: escalate of a rule: a person says what becomes of a failure.

load setup

# A step that fails until there is a file, one that needs it, one beside it; $1: more of the failing step.
flaky() {
	workflow <<YAML
lily: 1
name: flaky
steps:
  fetch:
    run: |
      echo run >>runs.txt
      echo trying >&2
      test -e there || exit 7
      echo fetched >"\$LILY_OUT/o"
    out: { o: { type: text } }
    retry: { attempts: 3, errors: [ timeout ], backoff: 1ms }
    $1
  use: { run: echo used, needs: [ fetch ] }
  beside: { run: echo beside >beside.txt }
routes: [ { id: ask, when: { step: fetch, status: failed }, then: { escalate: "The mirror is down. What now?" } } ]
YAML
}

decided() {
	lily events --json | python3 -c 'import json, sys
for line in sys.stdin:
    event = json.loads(line)
    if event["type"] == "route.decided":
        payload = event["payload"]
        print(payload["action"], payload.get("by", "rule"))'
}

@test "a failure is put to a person; the rest goes on, what needs it waits" {
	flaky
	go run
	expect 6
	has "$stderr" 'The mirror is down. What now?'
	[[ -e beside.txt ]]
	run_status_is waiting
	[[ $(states) == 'fetch=asked use=pending beside=succeeded' ]]
	go inbox
	has "$output" 'fetch of flaky has failed, and asks:'
	has "$output" 'failed  exit: exit status 7'
	has "$output" 'answer'
	has "$output" 'retry'
	lily inbox --json >inbox.json
	lily schema show cli/inbox >inbox.schema.json
	lily schema validate --schema inbox.schema.json inbox.json
	lily inbox fetch --cat request >request.json
	lily schema show request.v1 >request.schema.json
	lily schema validate --schema request.schema.json request.json
	[[ $(json "$(cat request.json)" 'd["kind"], d["attempt"], d["answers"], d["failure"]["class"], d["failure"]["exit"], d["rule"]') == "('failure', 1, ['abort', 'continue', 'retry', 'skip'], 'exit', 7, 'ask')" ]]
	has "$(lily logs fetch)" trying
	lily events --json >events.jsonl
	lily schema show run_event.v1 >event.schema.json
	grep -E '"(attempt.held|question.opened|route.decided)"' events.jsonl >some.jsonl
	while read -r line; do
		echo "$line" >event.json
		lily schema validate --schema event.schema.json event.json
	done <some.jsonl
	[[ $(wc -l <some.jsonl) == 3 ]]
	lily show --json --steps >show.json
	lily schema show cli/run >show.schema.json
	lily schema validate --schema show.schema.json show.json
	lily fsck --bytes
}

@test "approved: the run goes on as by continue, and may succeed" {
	flaky
	go run
	expect 6
	go approve fetch --reason 'we have one'
	expect 0
	[[ $(states) == 'fetch=failed use=succeeded beside=succeeded' ]]
	has "$(lily show fetch)" 'said continue: we have one'
	[[ $(decided) == $'escalate rule\ncontinue person' ]]
	[[ $(wc -l <runs.txt) == 1 ]]
	lily events --json | grep '"by":"person"' >event.json
	lily schema show run_event.v1 >event.schema.json
	lily schema validate --schema event.schema.json event.json
	lily fsck --bytes
}

@test "rejected: the failure stands" {
	flaky
	go run
	expect 6
	go reject fetch
	expect 1
	has "$stderr" 'said no'
	[[ $(states) == 'fetch=failed use=blocked beside=succeeded' ]]
	lily fsck --bytes
	touch there
	go retry
	expect 0
	lily fsck --bytes
}

@test "retry: it is tried again, asked again when that fails, within its attempts" {
	flaky
	go run
	expect 6
	go answer fetch retry
	expect 6
	[[ $(wc -l <runs.txt) == 2 ]]
	first=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	touch there
	go answer fetch '"retry"' --reason 'it is back'
	expect 0
	[[ $(states) == 'fetch=succeeded use=succeeded beside=succeeded' ]]
	[[ $(wc -l <runs.txt) == 3 ]]
	lily fsck --bytes
	rm there
	go run
	expect 6
	go answer fetch retry --request "$first"
	expect 3
	go answer fetch retry
	expect 6
	go answer fetch retry
	expect 6
	go answer fetch retry
	expect 3
	has "$stderr" 'no attempt is left for it'
	go answer fetch maybe
	expect 3
	has "$stderr" '"maybe" is none of its answers'
	go answer fetch skip
	expect 0
	[[ $(states) == 'fetch=failed use=skipped beside=succeeded' ]]
	lily fsck --bytes
}

@test "abort: the run is ended, finally runs" {
	flaky
	cat >>w.lily.yaml <<'YAML'
finally: { last: { run: echo last } }
YAML
	go run
	expect 6
	go answer fetch abort
	expect 1
	[[ $(states) == 'fetch=failed use=cancelled beside=succeeded last=succeeded' ]] ||
		[[ $(states) == 'fetch=failed use=blocked beside=succeeded last=succeeded' ]]
	go resume
	lily fsck --bytes
}

@test "nobody says that a required gate passed: continue and skip are not offered" {
	flaky "gates: { g: { run: exit 1 } }"
	touch there
	go run
	expect 6
	[[ $(json "$(lily inbox --json)" 'd["questions"][0]["answers"]') == "['abort', 'retry']" ]]
	has "$(lily inbox)" 'gate    g failed'
	[[ $(lily inbox fetch --cat o) == fetched ]]
	go approve fetch
	expect 3
	has "$stderr" 'nobody can let pass what a required gate did not'
	go answer fetch skip
	expect 3
	go answer fetch retry
	expect 6
	go reject fetch
	expect 4
	lily fsck --bytes
}

@test "the next attempt finds what was wrong, also when it is made by another process" {
	workflow <<'YAML'
lily: 1
steps:
  make:
    run: |
      cat "${LILY_FEEDBACK:-/dev/null}" >feedback.txt
      test -e good && echo 1 >"$LILY_OUT/n" || echo x >"$LILY_OUT/n"
    out: { n: { type: json } }
    retry: { attempts: 5, errors: [ timeout ], backoff: 1ms }
routes: [ { id: ask, when: { step: make, error: schema }, then: escalate } ]
YAML
	go run
	expect 6
	has "$stderr" 'Step make has failed. What now?'
	[[ ! -s feedback.txt ]]
	go resume
	expect 6
	touch good
	go answer make retry
	expect 0
	[[ -s feedback.txt ]]
	lily fsck --bytes
}

@test "a failure that waits is not run again by who resumes" {
	flaky
	go run
	expect 6
	go resume
	expect 6
	lily resume &
	pid=$!
	sleep 0.05
	kill -9 $pid 2>/dev/null || true
	wait $pid || true
	go approve fetch --no-wait
	go resume
	expect 0
	[[ $(wc -l <runs.txt) == 1 ]]
	lily fsck --bytes
}

@test "cancelled while it is asked; nothing new after a failure with --fail-fast; a step of finally" {
	flaky
	go run
	expect 6
	go cancel
	run_status_is cancelled
	go inbox
	has "$stderr" 'nothing is asked'
	lily fsck
	workflow <<'YAML'
lily: 1
parallel: 2
steps:
  a: { run: touch failed; exit 1 }
  b: { run: 'until test -e failed; do sleep 0.02; done; sleep 0.3; exit 2' }
finally:
  last: { run: exit 3 }
routes: [ { id: ask, when: { step: [ b, last ], status: failed }, then: escalate } ]
YAML
	go run --fail-fast
	expect 6
	[[ $(json "$(lily inbox --json)" '[q["step"] for q in d["questions"]]') == "['last']" ]]
	go approve last
	expect 1
	lily fsck
}

@test "what was refused is not asked about once more; times bounds how often a rule asks" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "true", approve: { ask: "Start?" } }
  b: { run: exit 3, retry: { attempts: 9, errors: [ timeout ], backoff: 1ms } }
routes:
  - { id: ask, when: { step: [ a, b ], status: failed }, then: escalate, times: 2 }
YAML
	go run
	expect 6
	go answer b retry
	expect 6
	go answer b retry
	expect 6
	[[ $(json "$(lily inbox --json)" '[q["step"] for q in d["questions"]]') == "['a']" ]]
	go reject a
	expect 1
	[[ $(states) == 'a=failed b=failed' ]]
	lily fsck
}

@test "what is retried after a rule had ended the run goes on, also when that is resumed" {
	workflow <<'YAML'
lily: 1
parallel: 1
steps:
  fails: { run: exit 3 }
  other: { run: 'test -e there', approve: { ask: "Start?" } }
finally:
  last: { human: { ask: "Seen?" } }
routes: [ { id: over, when: { step: fails, exit: 3 }, then: abort } ]
YAML
	go run
	expect 6
	[[ $(states) == 'fails=failed other=cancelled last=asked' ]]
	touch there
	go retry other
	expect 6
	[[ $(states) == 'fails=failed other=asked last=asked' ]]
	go resume
	expect 6
	[[ $(states) == 'fails=failed other=asked last=asked' ]]
	go approve other
	expect 6
	[[ $(states) == 'fails=failed other=succeeded last=asked' ]]
	go approve last
	expect 1
	lily fsck
}
