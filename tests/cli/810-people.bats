#!/usr/bin/env bats
# What runs ask people, and what people say: human steps and approvals.

load setup

# A step that makes something, one that asks before it is run, one behind it.
ship() {
	echo 'as it was' >notes.txt
	workflow <<'YAML'
lily: 1
name: ship
steps:
  build:
    run: echo figures >"$LILY_OUT/report"
    out: { report: { type: text } }
  publish:
    run: cat "$LILY_IN/notes" >>published.txt
    in: { notes: { path: notes.txt } }
    approve: { ask: "Publish it?", show: "${{ steps.build.out.report }}" }
  after: { run: echo done, needs: [ publish ] }
YAML
}

@test "a run asks, waits, and goes on when it is approved" {
	ship
	go run
	expect 6
	has "$stderr" 'Publish it?'
	has "$stderr" 'lily approve'
	[[ ! -e published.txt ]]
	run_status_is waiting
	go inbox
	expect 0
	has "$output" 'build.report  8 B  sha256:'
	has "$output" 'cat "$LILY_IN/notes"'
	go approve publish --reason 'read it'
	expect 0
	[[ $(cat published.txt) == 'as it was' ]]
	has "$(lily events)" '"reason":"read it"'
	go inbox
	has "$stderr" 'nothing is asked'
	lily fsck --bytes
}

@test "questions and what is said of them are documents with schemas" {
	ship
	go run
	expect 6
	lily inbox --json >inbox.json
	lily schema show cli/inbox >inbox.schema.json
	lily schema validate --schema inbox.schema.json inbox.json
	digest=$(json "$(cat inbox.json)" 'd["questions"][0]["request"]')
	lily inbox publish --cat request >request.json
	[[ $(lily inbox publish --cat build.report) == figures ]]
	[[ $(lily inbox publish --cat notes) == "as it was" ]]
	go inbox publish --cat other
	expect 3
	[[ $(sha256sum <request.json) == "$digest"* ]]
	lily schema show request.v1 >request.schema.json
	lily schema validate --schema request.schema.json request.json
	go approve publish --quiet
	expect 0
	approval=$(json "$(lily artifact list --json)" '[a for a in d if a["role"] == "approval"][0]["artifact_id"]')
	lily artifact cat "$approval" >approval.json
	lily schema show approval.v1 >approval.schema.json
	lily schema validate --schema approval.schema.json approval.json
	[[ $(json "$(cat approval.json)" 'd["request"], d["verdict"], d["way"]') == "('$digest', 'accepted', 'cli')" ]]
}

@test "rejected: the step fails, what needs it is blocked, finally knows why" {
	ship
	cat >>w.lily.yaml <<'YAML'
finally:
  tell: { exec: [ printf, "%s\n", "${{ steps.publish.error }}" ] }
YAML
	go run
	expect 6
	go reject publish --reason 'too early'
	expect 1
	has "$stderr" 'said no: too early'
	[[ ! -e published.txt ]]
	[[ $(lily logs tell) == rejected ]]
	has "$(lily show)" '1 blocked'
}

@test "an approval is for what was shown: a file that changed since is asked about again" {
	ship
	go run
	expect 6
	echo 'something else' >notes.txt
	go approve publish
	expect 6
	[[ ! -e published.txt ]]
	has "$stderr" 'Publish it?'
	go approve publish
	expect 0
	[[ $(cat published.txt) == 'something else' ]]
}

@test "an approval of one run is none for another" {
	ship
	go run
	expect 6
	first=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	go run
	expect 6
	go approve publish --request "$first"
	expect 3
	has "$stderr" 'something else is asked by now'
	[[ ! -e published.txt ]]
	[[ $(json "$(lily inbox --json)" 'len(d["questions"])') == 2 ]]
}

@test "an approval is used once: a retry asks again" {
	ship
	sed -i 's/run: cat .*/run: cat "$LILY_IN\/notes" >>published.txt; exit 3/' w.lily.yaml
	go run
	expect 6
	go approve publish
	expect 1
	go retry
	expect 6
	[[ $(wc -l <published.txt) == 1 ]]
	has "$(lily inbox)" 'Publish it?'
}

@test "an approval is used once: a retry within the run asks again" {
	workflow <<'YAML'
lily: 1
steps:
  publish: { run: 'echo tried >>tries; exit 3', approve: { ask: "Publish it?" } }
  wait: { human: { ask: "Done?" } }
YAML
	go run --no-wait
	expect 6
	go approve publish
	expect 6
	[[ $(wc -l <tries) == 1 ]]
	go retry --no-wait publish
	expect 6
	[[ $(wc -l <tries) == 1 ]]
	has "$(lily inbox)" 'Publish it?'
	# Nor does whoever resumes the run take the one for the other.
	go resume --no-wait
	expect 6
	[[ $(wc -l <tries) == 1 ]]
	go approve publish
	expect 6
	[[ $(wc -l <tries) == 2 ]]
}

@test "what is said while nobody drives the run is taken in by who resumes it" {
	ship
	go run
	expect 6
	go approve publish --no-wait
	expect 0
	[[ ! -e published.txt ]]
	go approve publish --no-wait
	go resume
	expect 0
	[[ $(wc -l <published.txt) == 1 ]]
}

@test "a human step gives an answer that its schema allows" {
	cat >review.json <<'JSON'
{"type": "object", "required": ["risk"], "properties": {"risk": {"enum": ["low", "high"]}}}
JSON
	workflow <<'YAML'
lily: 1
schemas: { review.v1: review.json }
steps:
  review: { human: { ask: "How risky is it?", schema: review.v1 } }
  low: { run: echo low, if: "steps.review.out.answer.risk == 'low'" }
  high: { run: echo high, if: "steps.review.out.answer.risk == 'high'" }
YAML
	go run
	expect 6
	go approve review
	expect 3
	has "$stderr" 'it asks for an answer that is valid by review.v1'
	go answer review '{"risk": "none"}'
	expect 3
	has "$stderr" 'is not valid by review.v1: /risk'
	go answer review '{"risk": '
	expect 3
	has "$(lily inbox)" 'How risky'
	echo '{"risk": "high"}' >answer.json
	go answer review --file answer.json
	expect 0
	[[ $(lily artifact cat review.answer) == '{"risk": "high"}' ]]
	[[ $(json "$(lily show --json --steps)" '[s["state"] for s in d["step_list"]]') == "['succeeded', 'skipped', 'succeeded']" ]]
	has "$(lily artifact list --json)" '"producer_kind":"human"'
}

@test "a human step without a schema asks yes or no" {
	workflow <<'YAML'
lily: 1
steps:
  look: { human: { ask: "Is it good?" } }
  on: { exec: [ echo, "${{ steps.look.out.answer }}" ] }
YAML
	go run
	expect 6
	go answer look 5
	expect 3
	has "$stderr" 'it asks for yes or no'
	go approve look
	expect 0
	[[ $(lily logs on) == accept ]]
	go run
	go reject look
	expect 1
}

@test "a question that expires counts as refused" {
	workflow <<'YAML'
lily: 1
steps:
  look: { human: { ask: "Is it good?", expires: 1s } }
YAML
	go run
	expect 6
	sleep 1.1
	go approve look
	expect 3
	has "$stderr" 'has expired'
	go resume
	expect 1
	has "$stderr" 'nobody answered in time'
}

@test "only who is named may say it" {
	workflow <<'YAML'
lily: 1
steps:
  look: { human: { ask: "Is it good?", by: [ somebody-else ] } }
YAML
	go run
	expect 6
	go approve look
	[[ $status -ne 0 ]]
	has "$stderr" 'may not say it: only the accounts that `by` names (somebody-else)'
	run_status_is waiting
}

@test "nobody inside a step can approve" {
	workflow <<'YAML'
lily: 1
params: { lily: { type: string }, store: { type: string } }
steps:
  look: { human: { ask: "Is it good?" } }
  trick:
    policy: none
    env: { LILY: "${{ params.lily }}", STORE: "${{ params.store }}" }
    run: |
      sleep 0.3
      ! "$LILY" --store "$STORE" approve look --no-wait 2>said.txt
      setsid -f "$LILY" --store "$STORE" approve look --no-wait 2>said-too.txt
      # With a PID namespace and a /proc of its own, where that can be had.
      if unshare -Urpf --mount-proc true; then
        ! unshare -Urpf --mount-proc "$LILY" --store "$STORE" approve look --no-wait 2>said-third.txt
      else
        echo 'from another PID namespace' >said-third.txt
      fi
      sleep 0.3
YAML
	go --store "$T/store" run -p lily="$T/bin/lily" -p store="$T/store"
	expect 6
	has "$(cat said.txt)" 'from inside a step'
	has "$(cat said-too.txt)" 'from inside a step'
	has "$(cat said-third.txt)" 'from another PID namespace'
	[[ $(json "$(lily --store "$T/store" inbox --json)" 'len(d["questions"])') == 1 ]]
}

@test "items of a foreach ask one by one" {
	workflow <<'YAML'
lily: 1
steps:
  look:
    foreach: { in: [ a, b ], key: item }
    human: { ask: "Is ${{ item }} good?" }
  all: { run: cat "$LILY_IN/answers", in: { answers: "${{ steps.look.out.answer }}" } }
YAML
	go run
	expect 6
	has "$(lily inbox)" 'Is b good?'
	go approve look/b
	expect 6
	go approve look/a
	expect 0
	[[ $(json "$(lily logs all)" d) == "['accept', 'accept']" ]]
}

@test "an approval is for the surroundings, too: variables and folder" {
	workflow <<'YAML'
lily: 1
steps:
  pick: { run: 'cat target.txt >"$LILY_OUT/t"', out: { t: { type: text } } }
  deploy:
    needs: { pick: finished }
    pass_env: [ ZONE ]
    env: { TARGET: "${{ default(steps.pick.out.t, 'staging') }}" }
    run: 'echo "$TARGET in $ZONE"'
    approve: { ask: "Deploy?" }
  enter:
    needs: { pick: finished }
    cwd: "${{ default(steps.pick.out.t, 'staging') }}"
    run: basename "$PWD"
    approve: { ask: "Enter?" }
YAML
	mkdir staging prod
	export ZONE=north
	go run
	expect 6
	first=$(json "$(lily inbox --json)" '[q["request"] for q in d["questions"] if q["step"] == "enter"][0]')
	echo prod >target.txt
	go retry
	expect 6
	go approve enter --request "$first"
	expect 3
	wont lily logs enter
	export ZONE=south
	go approve deploy
	expect 6
	wont lily logs deploy
	go approve deploy
	[[ $(lily logs deploy) == 'prod in south' ]]
	go approve enter
	[[ $(lily logs enter) == prod ]]
}

@test "rejected where it must not happen twice, the step fails and nothing is tried for ever" {
	workflow <<'YAML'
lily: 1
steps:
  push: { run: echo pushed >pushed.txt, effects: once, approve: { ask: "Push?" } }
YAML
	go run
	expect 6
	go reject push
	expect 1
	[[ ! -e pushed.txt ]]
	go retry
	expect 6
	go approve push
	expect 0
	[[ -e pushed.txt ]]
	lily fsck
}

@test "what was said in time counts, also where nobody drove the run until later" {
	workflow <<'YAML'
lily: 1
steps:
  look: { human: { ask: "Is it good?", expires: 1s } }
YAML
	go run
	expect 6
	go approve look --no-wait
	expect 0
	sleep 1.1
	go resume
	expect 0
}

@test "steps for the case of a no are skipped on the record" {
	workflow <<'YAML'
lily: 1
steps:
  look: { human: { ask: "Is it good?" } }
  undo: { needs: { look: failed }, run: echo undone }
YAML
	go run
	expect 6
	go approve look
	expect 0
	[[ $(json "$(lily show --json)" 'd["steps"]["skipped"]') == 1 ]]
	lily fsck
}

@test "answers are no attempts that a budget pays for, whoever drives the run" {
	workflow <<'YAML'
lily: 1
budget: { attempts: 2 }
steps:
  a: { run: echo a }
  h1: { human: { ask: "1?" }, needs: [ a ] }
  h2: { human: { ask: "2?" }, needs: [ h1 ] }
  b: { run: echo b, needs: [ h2 ] }
YAML
	go run
	expect 6
	go approve h1
	expect 6
	go approve h2
	expect 0
}

@test "whoever wants nothing new after a failure is asked nothing, either" {
	workflow <<'YAML'
lily: 1
parallel: 2
secrets: { S: { exec: [ sh, -c, "until test -e failed; do sleep 0.02; done; sleep 0.3; echo a-secret-value" ] } }
steps:
  fails: { run: touch failed; exit 1 }
  push: { run: echo pushed, secrets: [ S ], approve: { ask: "Push?" } }
YAML
	go run --fail-fast
	expect 1
	[[ $(json "$(lily show --json --steps)" '[s["state"] for s in d["step_list"]]') == "['failed', 'cancelled']" ]]
	lily fsck
}

@test "what was asked is gone from the store: that is damage" {
	ship
	go run
	expect 6
	python3 - "$(lily store --path)/lily.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("""DELETE FROM objects WHERE CAST(bytes AS TEXT) LIKE '{"argv"%'""")
db.commit()
assert db.total_changes == 1
PY
	go inbox
	expect 9
	has "$stderr" 'gone from the store; run lily fsck'
	go approve publish
	expect 9
	go fsck
	expect 9
}

@test "a request is named by enough of its digest" {
	ship
	go run
	expect 6
	go approve publish --request ''
	expect 2
	go approve publish --request 7
	expect 2
	has "$stderr" 'not how a digest begins'
	[[ ! -e published.txt ]]
}

@test "a cancelled run asks no more" {
	ship
	go run
	expect 6
	go cancel
	expect 0
	go approve publish
	expect 3
	has "$stderr" 'asks nothing now'
	lily fsck
}

@test "at a terminal a run waits for the answer, and --no-wait does not" {
	ship
	python3 "$TESTS_DIR/terminal.py" -- lily run >screen.txt 2>&1 &
	until_true bash -c 'lily inbox --json | grep -q Publish'
	run_status_is running
	go approve publish
	expect 0
	wait %1
	[[ -s published.txt ]]
	rm published.txt
	run python3 "$TESTS_DIR/terminal.py" -- lily run --no-wait
	run_status_is waiting
}

@test "killed at any point between question and answer, nothing said is lost" {
	ship
	go run
	expect 6
	go approve publish --no-wait
	lily resume &
	pid=$!
	kill -9 $pid 2>/dev/null
	wait $pid || true
	run lily resume
	[[ $(wc -l <published.txt) == 1 ]]
	run_status_is succeeded
	lily fsck --bytes
}

@test "whoever is notified reads what is asked" {
	ship
	cat >>w.lily.yaml <<'YAML'
notify: { run: "cat >told.json", events: [ waiting ] }
YAML
	go run
	expect 6
	[[ $(json "$(cat told.json)" '[(q["step"], q["ask"]) for q in d["questions"]]') == "[('publish', 'Publish it?')]" ]]
	lily schema show notification.v1 >n.json
	lily schema validate --schema n.json told.json
}

@test "what was asked with the end of another step in view is asked anew when that is retried" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'test -e there && echo good >"$LILY_OUT/o"', out: { o: { type: text } } }
  look: { human: { ask: "Is it ${{ default(steps.a.out.o, 'missing') }}?" }, needs: { a: finished } }
  made:
    run: 'echo run >>runs.txt; echo "$S" >"$LILY_OUT/o"'
    env: { S: "${{ default(steps.a.out.o, 'missing') }}" }
    needs: { a: finished }
    out: { o: { type: text } }
    approve: { at: commit, ask: "Take it?" }
YAML
	go run
	expect 6
	has "$(lily inbox look)" 'Is it missing?'
	first=$(json "$(lily inbox look --json)" 'd["questions"][0]["request"]')
	touch there
	go retry
	expect 6
	has "$(lily inbox look)" 'Is it good?'
	go approve look --request "$first"
	expect 3
	go approve look
	expect 6
	[[ $(wc -l <runs.txt) == 2 ]]
	go approve made
	expect 0
	[[ $(lily artifact cat made.o) == good ]]
	lily fsck --bytes
}

@test "of two words only the first counts, and whoever says the other is told" {
	ship
	go run
	expect 6
	go approve publish --no-wait --reason 'read it'
	expect 0
	go reject publish --no-wait
	expect 3
	has "$stderr" 'has said something of it already (accepted)'
	go approve publish --no-wait
	expect 3
	go resume
	expect 0
	[[ -s published.txt ]]
}

@test "what has expired is shown as over, with what goes on" {
	workflow <<'YAML'
lily: 1
steps:
  look: { human: { ask: "Is it good?", expires: 1s } }
YAML
	go run
	expect 6
	has "$(lily inbox)" 'lily approve'
	sleep 1.1
	hasnt "$(lily inbox)" 'lily approve'
	has "$(lily inbox)" 'which is over'
	has "$(lily inbox)" 'lily resume'
}

@test "a step that is none is refused with the nearest one, not said to ask nothing" {
	ship
	go run
	expect 6
	run_id=$(json "$(lily show --json)" 'd["run_id"]')
	for target in publsh "$run_id/publsh"; do
		go inbox "$target"
		expect 3
		has "$stderr" 'did you mean "publish"?'
		go approve "$target"
		expect 3
		has "$stderr" 'did you mean "publish"?'
		go inbox "$target" --cat notes
		expect 3
		has "$stderr" 'did you mean "publish"?'
	done
	go inbox build
	expect 0
	has "$stderr" 'nothing is asked'
	go approve build
	expect 3
	has "$stderr" 'asks nothing now'
	go inbox 0199ffff/publish
	expect 3
}

@test "of two things with one name none is taken for the other" {
	echo theirs >theirs.txt
	echo ours >ours.txt
	workflow <<'YAML'
lily: 1
inputs: { notes: { path: theirs.txt } }
steps:
  publish:
    run: cat "$LILY_IN/notes" >"$LILY_OUT/notes"; echo made >>"$LILY_OUT/notes"
    in: { notes: { path: ours.txt } }
    out: { notes: { type: text } }
    approve: { at: commit, ask: "Publish it?", show: "${{ inputs.notes }}" }
YAML
	go run
	expect 6
	go inbox publish --cat notes
	expect 3
	has "$stderr" 'names two things that differ: write out.notes or in.notes'
	[[ $(lily inbox publish --cat in.notes) == ours ]]
	[[ $(lily inbox publish --cat show.notes) == theirs ]]
	[[ $(lily inbox publish --cat out.notes) == $'ours\nmade' ]]
}

@test "no question shows a secret" {
	workflow <<'YAML'
lily: 1
params: { token: { type: string } }
secrets: { TOKEN: { env: TOKEN } }
steps:
  use: { run: "true", secrets: [ TOKEN ] }
  look: { human: { ask: "Is ${{ params.token }} right?" }, needs: [ use ] }
  start: { exec: [ echo, "${{ params.token }}" ], needs: [ use ], approve: { ask: "Start?" } }
  made:
    exec: [ echo, "${{ params.token }}" ]
    needs: [ use ]
    approve: { at: commit, ask: "Take ${{ params.token }}?" }
YAML
	export TOKEN=a-secret-value
	go run -p token=a-secret-value
	expect 1
	hasnt "$stderr" a-secret-value
	has "$stderr" 'would show the value of secret TOKEN'
	[[ $(json "$(lily show --json --steps)" '[s["state"] for s in d["step_list"]]') == "['succeeded', 'failed', 'failed', 'failed']" ]]
	lily fsck
}
