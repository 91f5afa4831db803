load setup.bash

# a succeeds, b fails until there is a file "good", c needs both.
flaky() {
	workflow "$@" <<'YAML'
lily: 1
name: flaky
outputs: { all: "${{ steps.c.out.text }}" }
steps:
  a: { run: 'echo a >>ran; echo A >$LILY_OUT/text', out: { text: { type: text } } }
  b: { run: 'echo b >>ran; test -e good', needs: [ a ] }
  c:
    run: 'echo c >>ran; cat $LILY_IN/a >$LILY_OUT/text'
    needs: [ b ]
    in: { a: "${{ steps.a.out.text }}" }
    out: { text: { type: text } }
YAML
}

@test "retry of a run that has ended adopts what succeeded and does the rest" {
	flaky
	go run
	expect 1
	first=$(json "$(lily show --json)" 'd["run_id"]')
	touch good
	go retry
	expect 0
	has "$stderr" "3 steps, 1 adopted"
	[[ $(<ran) == $'a\nb\nb\nc' ]]
	[[ $(states) == "a=adopted b=succeeded c=succeeded" ]]
	[[ $(lily artifact cat a.text) == A && $(lily artifact cat c.text) == A ]]
	[[ $(json "$(lily show --json)" '(d["kind"], d["parent"], d["steps"]["adopted"])') == \
		"('retry', '$first', 1)" ]]
	has "$(lily show)" "$first"
	has "$(lily show a)" "done by"
	has "$(lily list)" "(retry of ${first:0:13})"
	has "$(lily show "$first")" again
	[[ $(json "$(lily show a --json)" 'd["step_list"][0]["adopted"]["run_id"]') == "$first" ]]
	go fsck --bytes
	expect 0
}

@test "a step that is named runs again with all that needs it" {
	flaky
	touch good
	lily run -q
	rm ran
	go retry b
	expect 0
	[[ $(<ran) == $'b\nc' ]]
	go retry @last a
	expect 0
	[[ $(<ran) == $'b\nc\na\nb\nc' ]]
	go retry
	expect 3
	has "$stderr" "done every step"
	go retry bb
	expect 3
	has "$stderr" 'no step "bb"'
}

@test "retry says before what it will do, and why" {
	flaky
	lily run -q 2>/dev/null || true
	go retry -n
	expect 0
	has "$output" "1 kept, 2 to run"
	has "$output" "not done: failed"
	has "$output" "not done: blocked"
	go retry -n a
	has "$output" "named"
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 1 ]]
	touch good
	lily run -q
	go retry -n a
	has "$output" "needs a"
}

@test "retry of a cancelled run goes on where it was stopped" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran" }
  b: { run: "echo b >>ran; [ -e go ] || sleep 60", needs: [ a ] }
YAML
	lily run >/dev/null 2>&1 &
	until_true counts_are 1 1
	lily cancel 2>/dev/null
	wait $! || true
	go resume @last
	expect 3
	has "$stderr" "lily retry"
	touch go
	go retry
	expect 0
	[[ $(<ran) == $'a\nb\nb' ]]
}

@test "an edited file keeps every success whose step is unchanged" {
	workflow <<'YAML'
lily: 1
params: { who: { type: string, default: nobody } }
steps:
  fetch: { run: "echo fetch >>ran" }
  build: { run: 'echo build >>ran', env: { WHO: "${{ params.who }}" }, needs: [ fetch ] }
  test: { run: 'echo test >>ran; false', needs: [ build ] }
  other: { run: 'echo other >>ran', in: { f: { path: data } } }
YAML
	echo one >data
	go run -p who=me
	expect 1
	sed 's/; false//; s/nobody/somebody/; s/echo fetch >>ran"/echo fetch >>ran", timeout: 1m/' \
		w.lily.yaml >fixed.yaml
	rm ran
	go retry --file fixed.yaml -n
	expect 0
	has "$output" "3 kept, 1 to run"
	go retry --file fixed.yaml
	expect 0
	[[ $(<ran) == test ]]
	echo two >data
	go retry --file fixed.yaml -n
	has "$output" "an input changed: f"
	go retry --file fixed.yaml -p who=you -n
	has "$output" "changed: env"
	go retry -p who=you
	expect 2
}

@test "retry goes on within a run that has not ended, asked of whoever drives it" {
	workflow <<'YAML'
lily: 1
steps:
  slow: { run: "until test -e done; do sleep 0.05; done" }
  bad: { run: "echo bad >>ran; test -e good" }
  of_bad: { run: "echo of_bad >>ran", needs: [ bad ] }
YAML
	lily run -j 2 >/dev/null 2>&1 &
	driver=$!
	until_true grep -q bad ran
	until_true bash -c '[[ $(lily show --json | grep -c "\"failed\":1") == 1 ]]'
	go retry @last slow
	expect 3
	has "$stderr" "does only again what failed"
	touch good
	go retry --no-wait
	expect 0
	has "$stderr" "driven by another process"
	until_true grep -q of_bad ran
	go retry --no-wait
	expect 3
	has "$stderr" "nothing in it has failed"
	touch done
	wait $driver
	[[ $(<ran) == $'bad\nbad\nof_bad' ]]
	has "$(lily events --json)" visit.retried
	go fsck
	expect 0
}

@test "retry takes an interrupted run over" {
	workflow <<'YAML'
lily: 1
steps:
  slow: { run: "until test -e done; do sleep 0.05; done" }
  bad: { run: "echo bad >>ran; test -e good" }
YAML
	lily run -j 2 >/dev/null 2>&1 &
	driver=$!
	until_true bash -c '[[ $(lily show --json | grep -c "\"failed\":1") == 1 ]]'
	kill -9 $driver
	wait $driver || true
	touch good done
	go retry
	expect 0
	[[ $(<ran) == $'bad\nbad' ]]
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 1 ]]
}

@test "a retry that is killed goes on with what it adopted" {
	flaky
	go run
	sed -i 's/^/# /' w.lily.yaml
	echo 'until test -e good; do sleep 0.05; done' >wait.sh
	workflow two.yaml <<'YAML'
lily: 1
steps:
  a: { run: 'echo a >>ran2; echo A >$LILY_OUT/text', out: { text: { type: text } } }
  b: { run: 'echo b >>ran2; test -e ready && until test -e good; do sleep 0.05; done', needs: [ a ] }
  c: { run: 'cat $LILY_IN/a >final', needs: [ b ], in: { a: "${{ steps.a.out.text }}" } }
YAML
	go run two.yaml
	expect 1
	touch ready
	lily retry >/dev/null 2>&1 &
	driver=$!
	until_true bash -c '[[ $(grep -c b ran2) == 2 ]]'
	kill -9 $driver
	wait $driver || true
	touch good
	go resume
	expect 0
	[[ $(<final) == A ]]
	[[ $(grep -c a ran2) == 1 ]]
	go fsck
	expect 0
}

@test "what runs last runs again, and is no reason for a run" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran" }
  b: { run: "echo b >>ran; test -e good", needs: [ a ] }
  sorry: { run: "echo sorry >>ran", needs: { b: failed } }
finally:
  clean: { run: "echo clean >>ran" }
YAML
	go run
	expect 1
	[[ $(<ran) == $'a\nb\nsorry\nclean' ]]
	rm ran
	touch good
	go retry
	expect 0
	[[ $(<ran) == $'b\nclean' ]]
	[[ $(states) == "a=adopted b=succeeded sorry=skipped clean=succeeded" ]]
	go retry
	expect 3
	has "$stderr" "done every step"
}

@test "a run without a plan cannot be done again" {
	run=$(lily run new)
	go retry "$run"
	expect 3
	has "$stderr" "no plan"
	go retry ffffffff
	expect 3
}

@test "the commands of a failure's last words work when they are pasted" {
	flaky
	go run
	expect 1
	words=$(grep -o 'lily [a-z]* [0-9a-f/@-]*.*' <<<"$stderr" | grep -v "^lily run" || true)
	has "$words" "lily logs"
	has "$words" "lily retry"
	touch good
	while read -r line; do
		[[ $line == lily\ * ]] || continue
		bash -c "$line" </dev/null || { echo "fails: $line"; return 1; }
	done <<<"$words"
}
