#!/usr/bin/env bats
# approve at commit: what a step made is taken when a person has said yes to exactly that.

load setup

# A step that counts how often it ran, one behind it.
press() {
	workflow <<'YAML'
lily: 1
name: press
steps:
  build:
    run: |
      echo run >>runs.txt
      cat "$LILY_IN/notes" >"$LILY_OUT/report"
      mkdir "$LILY_OUT/site"; echo page >"$LILY_OUT/site/index"
      echo '{"n": 1}' >figures.json
      echo printed
    in: { notes: { path: notes.txt } }
    out: { report: { type: text }, site: { type: dir }, figures: { path: figures.json, type: json } }
    gates:
      short: { run: 'test "$(wc -c <"$LILY_IN/report")" -lt 100' }
      long: { expr: "steps.build.out.report != 'short'", required: false }
    approve: { at: commit, ask: "Take it?" }
  after: { run: 'cat "$LILY_IN/r" >>taken.txt', in: { r: "${{ steps.build.out.report }}" } }
YAML
	echo 'as it was' >notes.txt
}

runs() {
	wc -l <runs.txt
}

state_of() { # attempt by number
	json "$(lily show --json --steps)" "[a['state'] for s in d['step_list'] for a in s['attempts'] if a['attempt'] == $1][0]"
}

@test "what a step made is taken when a person has said yes, and not before" {
	press
	go run
	expect 6
	has "$stderr" 'Take it?'
	run_status_is waiting
	[[ ! -e taken.txt ]]
	[[ $(state_of 1) == held ]]
	wont lily artifact cat build.report
	go inbox
	expect 0
	has "$output" 'asks before what it made is taken'
	has "$output" 'made    report  10 B  sha256:'
	has "$output" 'made    site'
	has "$output" 'made    figures at figures.json'
	has "$output" 'gate    short passed'
	has "$output" 'log     sha256:'
	[[ $(lily inbox build --cat report) == 'as it was' ]]
	[[ $(lily logs build) == printed ]]
	has "$(lily inbox build --cat site)" '"index"'
	go approve build --reason 'read it'
	expect 0
	[[ $(runs) == 1 ]]
	[[ $(cat taken.txt) == 'as it was' ]]
	[[ $(lily artifact cat build.report) == 'as it was' ]]
	[[ $(lily artifact cat build.figures) == '{"n": 1}' ]]
	[[ $(json "$(lily artifact list --rejected --json)" 'sorted(a["name"] for a in d if a["role"] == "output")') == "['figures', 'report', 'site']" ]]
	[[ $(json "$(lily artifact list --rejected --json)" '[a for a in d if a["role"] in ("candidate", "rejected")]') == '[]' ]]
	lily fsck --bytes
}

@test "what is asked is a document that holds every candidate, what gates found, and the attempt" {
	press
	go run
	expect 6
	lily inbox --json >inbox.json
	lily schema show cli/inbox >inbox.schema.json
	lily schema validate --schema inbox.schema.json inbox.json
	lily inbox build --cat request >request.json
	lily schema show request.v1 >request.schema.json
	lily schema validate --schema request.schema.json request.json
	[[ $(json "$(cat request.json)" 'd["kind"], d["attempt"], [c["name"] for c in d["candidates"]], [(g["gate"], g["status"]) for g in d["gates"]]') == "('commit', 1, ['figures', 'report', 'site'], [('long', 'passed'), ('short', 'passed')])" ]]
	digest=$(lily inbox build --cat report | sha256sum | cut -d' ' -f1)
	[[ $(json "$(cat request.json)" '[c["sha256"] for c in d["candidates"] if c["name"] == "report"][0]') == "$digest" ]]
	lily events --json >events.jsonl
	lily schema show run_event.v1 >event.schema.json
	while read -r line; do
		echo "$line" >event.json
		lily schema validate --schema event.schema.json event.json
	done < <(grep -E 'attempt.held|question.opened' events.jsonl)
	[[ $(grep -c 'attempt.held' events.jsonl) == 1 ]]
	lily artifact list --rejected --json >list.json
	lily schema show cli/artifact-list >list.schema.json
	lily schema validate --schema list.schema.json list.json
	lily show --json --steps >show.json
	lily schema show cli/run >show.schema.json
	lily schema validate --schema show.schema.json show.json
	lily fsck --bytes
}

@test "a no rejects the attempt: nothing is taken, nothing is tried again" {
	press
	sed -i 's/    approve:/    retry: { attempts: 3, backoff: 1ms }\n    approve:/' w.lily.yaml
	cat >>w.lily.yaml <<'YAML'
finally:
  tell: { exec: [ printf, "%s\n", "${{ default(steps.build.error, 'none') }}" ] }
YAML
	go run
	expect 6
	go reject build --reason 'too short'
	expect 1
	has "$stderr" 'said no: too short'
	[[ $(runs) == 1 ]]
	[[ ! -e taken.txt ]]
	[[ $(lily logs tell) == rejected ]]
	wont lily artifact cat build.report
	[[ $(json "$(lily artifact list --rejected --json)" 'sorted(a["name"] for a in d if a["role"] == "rejected")') == "['figures', 'report', 'site']" ]]
	lily fsck --bytes
	echo 'better' >notes.txt
	go retry
	expect 6
	[[ $(runs) == 2 ]]
	go approve build
	expect 0
	[[ $(cat taken.txt) == better ]]
	lily fsck --bytes
}

@test "what waits for a yes is not run again: killed, resumed, resumed again" {
	press
	go run
	expect 6
	go resume
	expect 6
	lily resume &
	pid=$!
	sleep 0.1
	kill -9 $pid 2>/dev/null || true
	wait $pid || true
	go approve build --no-wait
	expect 0
	[[ ! -e taken.txt ]]
	go resume
	expect 0
	[[ $(runs) == 1 ]]
	[[ $(cat taken.txt) == 'as it was' ]]
	lily fsck --bytes
}

@test "no place is held by what waits: other steps go on, one at a time" {
	workflow <<'YAML'
lily: 1
parallel: 1
pools: { p: 1 }
steps:
  a: { run: 'echo a >"$LILY_OUT/o"', pools: { p: 1 }, out: { o: { type: text } }, approve: { at: commit, ask: "a?" } }
  b: { run: echo b >b.txt, pools: { p: 1 } }
YAML
	go run
	expect 6
	[[ -e b.txt ]]
	go approve a
	expect 0
}

@test "a file of the workspace that was changed after the question: the yes was for something else" {
	press
	go run
	expect 6
	echo '{"n": 2}' >figures.json
	go approve build
	expect 1
	has "$stderr" 'figures.json in the workspace is not what was approved any more'
	[[ ! -e taken.txt ]]
	wont lily artifact cat build.figures
	[[ $(runs) == 1 ]]
	lily fsck --bytes
	go retry
	expect 6
	go approve build
	expect 0
	[[ $(lily artifact cat build.figures) == '{"n": 1}' ]]
}

@test "files that a pattern chose, and directories of the workspace, are looked at likewise" {
	workflow <<'YAML'
lily: 1
steps:
  many:
    run: mkdir -p out tree; echo a >out/a.txt; echo b >out/b.txt; echo t >tree/t
    out: { all: { path: "out/*.txt" }, tree: { path: tree, type: dir }, maybe: { path: none.txt, optional: true } }
    approve: { at: commit, ask: "Take?" }
YAML
	go run
	expect 6
	go approve many
	expect 0
	go run
	expect 6
	echo c >out/c.txt
	go approve many
	expect 1
	has "$stderr" 'out/*.txt in the workspace is not'
	rm out/c.txt
	go run
	expect 6
	rm -r tree
	go approve many
	expect 1
	has "$stderr" 'tree in the workspace is not'
	lily fsck --bytes
}

@test "a gate that does not pass: nobody is asked" {
	press
	head -c 200 /dev/zero | tr '\0' x >notes.txt
	go run
	expect 4
	hasnt "$stderr" 'Take it?'
	lily fsck
}

@test "the program of a gate that is replaced after the question changes no yes, and no yes covers the next attempt" {
	printf '#!/bin/sh\nexit 0\n' >judge.sh
	chmod +x judge.sh
	workflow <<'YAML'
lily: 1
steps:
  build:
    run: 'echo made >"$LILY_OUT/o"'
    out: { o: { type: text } }
    gates: { judge: { exec: [ ./judge.sh ] } }
    approve: { at: commit, ask: "Take?" }
YAML
	go run
	expect 6
	first=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	printf '#!/bin/sh\nexit 1\n' >judge.sh
	go reject build
	expect 1
	go retry
	expect 4
	printf '#!/bin/sh\nexit 0\n' >judge.sh
	go retry
	expect 6
	go approve build --request "$first"
	expect 3
	has "$stderr" 'something else is asked by now'
	go approve build
	expect 0
}

@test "a yes for one run is none for another, nor for another attempt that made the same" {
	press
	go run
	expect 6
	first=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	go run
	expect 6
	go approve build --request "$first"
	expect 3
	go reject build
	expect 1
	go retry
	expect 6
	second=$(json "$(lily inbox --json)" '[q["request"] for q in d["questions"]][-1]')
	[[ $first != "$second" ]]
	[[ ! -e taken.txt ]]
}

@test "a gate grants its label when what it judged is taken, not before, and not after a no" {
	workflow <<'YAML'
lily: 1
steps:
  make:
    run: 'echo made >"$LILY_OUT/report"'
    out: { report: { type: text } }
    gates: { look: { run: "true", in: { report: "${{ steps.make.out.report }}" }, grants: { report: reviewed } } }
    approve: { at: commit, ask: "Take?" }
  use:
    run: cat "$LILY_IN/r"
    in: { r: "${{ steps.make.out.report }}" }
    accepts: { r: reviewed }
YAML
	go run
	expect 6
	go resume
	expect 6
	go approve make
	expect 0
	[[ $(lily logs use) == made ]]
	lily events --json | grep '"attempt.accepted"' | head -1 >event.json
	has "$(cat event.json)" '"label":"reviewed"'
	lily schema show run_event.v1 >event.schema.json
	lily schema validate --schema event.schema.json event.json
	go run
	expect 6
	go reject make
	expect 1
	wont grep -q '"labels"' <(lily events --json)
	lily fsck --bytes
}

@test "nobody inside a step can take what was made" {
	workflow <<'YAML'
lily: 1
params: { lily: { type: string }, store: { type: string } }
steps:
  build: { run: 'echo made >"$LILY_OUT/o"', out: { o: { type: text } }, approve: { at: commit, ask: "Take?" } }
  trick:
    policy: none
    env: { LILY: "${{ params.lily }}", STORE: "${{ params.store }}" }
    run: |
      sleep 0.3
      ! "$LILY" --store "$STORE" approve build --no-wait 2>said.txt
YAML
	go --store "$T/store" run -p lily="$T/bin/lily" -p store="$T/store"
	expect 6
	has "$(cat said.txt)" 'from inside a step'
}

@test "the bytes of a candidate that are swapped in the store are damage, not what was approved" {
	press
	go run
	expect 6
	python3 - "$(lily store --path)/lily.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE objects SET bytes = ? WHERE bytes = ?", (b"as he was\n", b"as it was\n"))
db.commit()
assert db.total_changes >= 1
PY
	go inbox build --cat report
	expect 9
	go fsck --bytes
	expect 9
}

@test "cancelled while it waits: the attempt ends, nothing is taken, nothing is asked" {
	press
	go run
	expect 6
	go cancel
	expect 0
	run_status_is cancelled
	[[ $(state_of 1) == cancelled ]]
	go inbox
	has "$stderr" 'nothing is asked'
	[[ $(json "$(lily artifact list --rejected --json)" 'sorted(a["name"] for a in d if a["role"] == "rejected")') == "['figures', 'report', 'site']" ]]
	lily fsck --bytes
}

@test "nobody says anything in time: as a no" {
	press
	sed -i 's/ask: "Take it?"/ask: "Take it?", expires: 1s/' w.lily.yaml
	go run
	expect 6
	sleep 1.1
	go approve build
	expect 3
	has "$stderr" 'has expired'
	go resume
	expect 1
	has "$stderr" 'nobody answered in time'
	[[ ! -e taken.txt ]]
	lily fsck
}

@test "items of a foreach are taken one by one" {
	workflow <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ a, b, c ], key: item, max_failed: 1 }
    run: 'echo $LILY_ITEM >>runs.txt; echo "\"$LILY_ITEM\"" >"$LILY_OUT/o"'
    out: { o: { type: json } }
    approve: { at: commit, ask: "Is ${{ item }} good?" }
  all: { run: cat "$LILY_IN/o", in: { o: "${{ steps.each.out.o }}" } }
YAML
	go run
	expect 6
	go approve each/b
	expect 6
	go reject each/a
	expect 6
	go approve each/c
	expect 0
	[[ $(json "$(lily logs all)" d) == "[None, 'b', 'c']" ]]
	[[ $(runs) == 3 ]]
	lily fsck --bytes
}

@test "in a sub-workflow and in finally" {
	mkdir parts
	cat >parts/part.lily.yaml <<'YAML'
lily: 1
steps:
  s: { run: 'echo inner >"$LILY_OUT/o"', out: { o: { type: text } }, approve: { at: commit, ask: "Inner?" } }
outputs: { o: "${{ steps.s.out.o }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  part: { workflow: parts/part.lily.yaml }
  use: { run: cat "$LILY_IN/o", in: { o: "${{ steps.part.out.o }}" } }
finally:
  last: { run: 'echo last >"$LILY_OUT/o"', out: { o: { type: text } }, approve: { at: commit, ask: "Last?" } }
YAML
	go run
	expect 6
	go approve part/s
	expect 6
	[[ $(lily logs use) == inner ]]
	go approve last
	expect 0
	lily fsck --bytes
}

@test "after a failure with --fail-fast nobody is asked" {
	workflow <<'YAML'
lily: 1
parallel: 2
steps:
  fails: { run: touch failed; exit 1 }
  build:
    run: 'until test -e failed; do sleep 0.02; done; sleep 0.3; echo made >"$LILY_OUT/o"'
    out: { o: { type: text } }
    approve: { at: commit, ask: "Take?" }
YAML
	go run --fail-fast
	expect 1
	hasnt "$stderr" 'Take?'
	[[ $(json "$(lily show --json --steps)" '[s["state"] for s in d["step_list"]]') == "['failed', 'cancelled']" ]]
	lily fsck
}

@test "a budget pays for the attempt once, also where it is taken after a resume" {
	workflow <<'YAML'
lily: 1
budget: { attempts: 2 }
steps:
  a: { run: 'echo a >"$LILY_OUT/o"', out: { o: { type: text } }, approve: { at: commit, ask: "a?" } }
  b: { run: echo b, needs: [ a ] }
YAML
	go run
	expect 6
	go resume
	expect 6
	go approve a
	expect 0
	go run
	expect 6
	go reject a
	expect 1
	lily fsck
}

@test "a rule may let a no pass; where a required gate was passed in vain, nothing does" {
	workflow <<'YAML'
lily: 1
steps:
  build: { run: 'echo made >"$LILY_OUT/o"', out: { o: { type: text } }, approve: { at: commit, ask: "Take?" } }
  other: { run: echo other, needs: [ build ] }
routes: [ { id: go-on, when: { step: build, error: rejected }, then: continue } ]
YAML
	go run
	expect 6
	go reject build
	expect 0
	[[ $(lily logs other) == other ]]
	sed -i "s/approve:/gates: { g: { expr: \"steps.build.out.o == 'made'\" } }, approve:/" w.lily.yaml
	go run
	expect 6
	go reject build
	expect 1
	has "$stderr" 'blocked    other'
	lily fsck
}

@test "what must not happen twice is not asked about afterwards: refused by name" {
	workflow <<'YAML'
lily: 1
steps:
  push:
    run: echo pushed
    effects: once
    approve: { ask: "Push?", at: commit }
YAML
	go check
	expect 3
	has "$output$stderr" 'w.lily.yaml:6:'
	has "$output$stderr" '"at: commit" does not go with effects: once'
	sed -i 's/at: commit/at: end/' w.lily.yaml
	go check
	expect 3
	has "$output$stderr" '"at" must be start or commit, not "end"'
}

@test "whoever is notified is told what is asked of what was made" {
	press
	cat >>w.lily.yaml <<'YAML'
notify: { run: "cat >told.json", events: [ waiting ] }
YAML
	go run
	expect 6
	[[ $(json "$(cat told.json)" '[(q["step"], q["kind"]) for q in d["questions"]]') == "[('build', 'commit')]" ]]
	lily schema show notification.v1 >n.json
	lily schema validate --schema n.json told.json
}

@test "at a terminal the run waits, and goes on where it is answered elsewhere" {
	press
	python3 "$TESTS_DIR/terminal.py" -- lily run >screen.txt 2>&1 &
	until_true bash -c 'lily inbox --json | grep -q "Take it"'
	run_status_is running
	go approve build
	expect 0
	wait %1
	[[ $(cat taken.txt) == 'as it was' ]]
	[[ $(runs) == 1 ]]
	lily fsck
}
