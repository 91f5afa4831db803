load setup.bash

# What a person is asked to take, against what was there before.

sound() {
	go fsck --bytes
	expect 0
}

# A step that makes what lies in `next`, and is to be taken; `again` fails once. Usage: made [KEYS]
made() {
	cat >w.lily.yaml <<YAML
lily: 1
name: differ
steps:
  a:
    run: cp next "\$LILY_OUT/t"; cp next copy; mkdir "\$LILY_OUT/d"; cp next "\$LILY_OUT/d"
    out: { t: { type: text }, f: { path: copy }, d: { type: dir } }
    approve: { at: commit, ask: "Take it?" }
    ${1:-}
YAML
}

differences() {
	lily inbox --json | tee inbox.json | lily schema validate --schema cli/inbox - >&2
	json "$(cat inbox.json)" "$1"
}

@test "the first time there is nothing to compare with; then it is the last run that succeeded" {
	made
	printf 'one\ntwo\nthree\n' >next
	go run
	expect 6
	[[ $(differences 'd["questions"][0]["differences"]') == '[]' ]]
	go inbox
	hasnt "$output" '  change  '
	go approve a
	expect 0
	hasnt "$stderr" '  change  '
	printf 'one\n2\nthree\nfour' >next
	go run
	expect 6
	[[ $(differences '[(x["name"], x["of"], x["removed"], x["added"], x["is_cut"]) for x in d["questions"][0]["differences"]]') == \
		"[('f', 'run', 1, 2, False), ('t', 'run', 1, 2, False)]" ]]
	[[ $(differences 'd["questions"][0]["differences"][0]["diff"]') == \
		$'@@ -1,3 +1,4 @@\n one\n-two\n+2\n three\n+four\n\\ No newline at end of file' ]]
	# What it is compared with can be looked at.
	[[ $(lily artifact cat "$(differences 'd["questions"][0]["differences"][0]["artifact_id"]')") == $'one\ntwo\nthree' ]]
	go inbox
	has "$output" '  change  t  -1 +2 lines, against '
	has "$output" ', of the last run that succeeded'
	has "$output" $'    @@ -1,3 +1,4 @@\n     one\n    -two\n    +2\n     three\n'
	# Whoever takes it sees it once more.
	go approve a
	expect 0
	has "$stderr" $'    -two\n    +2\n'
	go run
	expect 6
	go inbox
	has "$output" '  change  t  none, against '
	sound
}

@test "an attempt that was rejected, or a visit that was gone back from, is nearer than an earlier run" {
	made 'gates: { g: { run: "[ ! -e bad ] || { rm bad; echo second >next; exit 1; }" } }, retry: { attempts: 2, errors: [ gate ], backoff: 1ms }'
	sed -i 's/    gates: \(.*\), retry:/    gates: \1\n    retry:/' w.lily.yaml
	echo zero >next
	go run
	expect 6
	go approve a
	expect 0
	echo first >next
	touch bad
	go run
	expect 6
	[[ $(differences '[(x["of"], x["diff"]) for x in d["questions"][0]["differences"]][0]') == \
		"('attempt', '@@ -1 +1 @@\\n-first\\n+second\\n')" ]]
	go inbox
	has "$output" 'rejected before'
	go approve a
	expect 0
	cat >>w.lily.yaml <<'YAML'
  look: { run: 'grep -q third next || { echo third >next; exit 1; }', needs: [ a ] }
routes: [ { id: again, when: { step: look, status: failed }, then: { goto: a }, times: 2 } ]
YAML
	go run
	expect 6
	go approve a
	expect 6
	[[ $(differences '[(x["of"], x["diff"]) for x in d["questions"][0]["differences"]][0]') == \
		"('visit', '@@ -1 +1 @@\\n-second\\n+third\\n')" ]]
	go inbox
	has "$output" 'made before it was done again'
	sound
}

@test "a difference moves no cursor, is bounded, and is of texts only" {
	made
	seq 20000 >next
	go run
	go approve a
	expect 0
	printf 'plain\n\033[2J\033]0;title\007\xe2\x80\xae\trest\n' >next
	seq 5000 24999 >>next
	go run
	expect 6
	[[ $(differences 'd["questions"][0]["differences"][0]["is_cut"]') == True ]]
	[[ $(differences 'len(d["questions"][0]["differences"][0]["diff"]) <= 32768') == True ]]
	go inbox
	has "$output" ' and more are not shown'
	hasnt "$output" $'\033'
	[[ $(grep -c '^    [-+ ]' <<<"$output") -lt 130 ]]
	go approve a
	expect 0
	# Small, and with what a terminal would do something with.
	printf 'safe\n' >next
	go run
	go approve a
	expect 0
	printf '\033[2Jwipe\r\xe2\x80\xae\trest\n' >next
	go run
	go inbox
	has "$output" '+\x1b[2Jwipe\r\u{202e}'
	hasnt "$output" $'\033'
	go approve a
	expect 0
	# No text.
	printf '\000\001' >next
	sed -i 's/t: { type: text }, //; s/cp next "$LILY_OUT\/t"; //' w.lily.yaml
	go run
	expect 6
	[[ $(differences 'd["questions"][0]["differences"]') == '[]' ]]
	sound
}
