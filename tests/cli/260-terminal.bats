load setup.bash

on_terminal() {
	run --separate-stderr python3 "$TESTS_DIR/terminal.py" "$@"
}

steps() {
	workflow <<'YAML'
lily: 1
parallel: 3
steps:
  quick: { run: "true" }
  slow: { run: "sleep 0.7" }
  bad: { run: "printf 'oh \\033]0;no\\n'; exit 3" }
  after: { run: "true", needs: [ bad ] }
YAML
}

@test "the region is gone at the end, and every step stands once" {
	steps
	on_terminal --raw raw -- lily run
	expect 1
	[[ $(grep -c '^✓ quick' <<<"$output") -eq 1 ]]
	[[ $(grep -c '^✓ slow' <<<"$output") -eq 1 ]]
	[[ $(grep -c '^✗ bad  ' <<<"$output") -eq 1 ]]
	hasnt "$output" "running"
	hasnt "$output" "▸"
	has "$output" '| oh \x1b]0;no'
	has "$output" "2 succeeded, 1 failed, 1 blocked"
	# while it ran, the region was there, with colours
	has "$(<raw)" "running"
	has "$(<raw)" "▸"
	has "$(<raw)" $'\033[32m'
	# at most ten frames a second, and a few more at its ends
	[[ $(grep -o 'running' raw | wc -l) -le 16 ]]
}

@test "NO_COLOR: the region moves, nothing is coloured" {
	steps
	NO_COLOR=1 on_terminal --raw raw -- lily run
	expect 1
	wont grep -q $'\033\\[[0-9]*m' raw
	grep -q $'\033\\[J' raw
}

@test "TERM=dumb: plain lines" {
	steps
	on_terminal --raw raw -- env TERM=dumb lily run
	expect 1
	wont grep -q $'\033' raw
	has "$output" "succeeded  quick"
}

@test "a narrow terminal, and one that shrinks: no line is left behind" {
	steps
	on_terminal --size 30x10 -- lily run
	expect 1
	hasnt "$output" "running"
	workflow <<'YAML'
lily: 1
steps:
  a-step-with-a-name-that-needs-some-room: { run: "sleep 0.9" }
  b: { run: "sleep 0.9" }
YAML
	on_terminal --size 80x24 --after 0.5:resize:20x24 -- lily run
	expect 0
	hasnt "$output" "running"
}

@test "Ctrl-C cancels; a second one leaves at once" {
	workflow <<'YAML'
lily: 1
steps: { s: { run: "sleep 60" } }
YAML
	on_terminal --after '0.6:\x03' -- lily run
	expect 7
	has "$output" "stopping"
	has "$output" "cancelled"
	[[ $(json "$(lily show --json)" 'd["status"]') == cancelled ]]
	workflow <<'YAML'
lily: 1
steps: { s: { run: "trap '' TERM; sleep 0.1; sleep 30; sleep 30", grace: 20s } }
YAML
	on_terminal --after '0.7:\x03' --after '1.2:\x03' -- lily run
	expect 7
	has "$output" "lily cancel"
	[[ $(json "$(lily show --json)" 'd["status"]') == interrupted ]]
}

@test "Ctrl-Z suspends, the run goes on afterwards" {
	workflow <<'YAML'
lily: 1
steps: { s: { run: "sleep 1" } }
YAML
	on_terminal --after '0.5:\x1a' --after '0.9:fg\n' -- bash --norc --noprofile -i -c \
		'set -m; lily run; fg; echo status $?'
	has "$output" "status 0"
	has "$output" "1 succeeded"
}

@test "watch: the steps, and q leaves; the run goes on" {
	workflow <<'YAML'
lily: 1
steps:
  first: { run: "true" }
  second: { run: "touch begun; until [ -e go ]; do sleep 0.05; done", needs: [ first ] }
  third: { run: "true", needs: [ second ] }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	on_terminal --after 0.8:q -- lily watch
	expect 0
	has "$output" "[1/3] 1 running"
	has "$output" "✓ first"
	has "$output" "▸ second"
	has "$output" "· third"
	run_status_is running
	touch go
	wait "$driver"
	on_terminal -- lily watch
	expect 0
	has "$output" "3 succeeded"
}

@test "watch: more steps than rows are folded" {
	{
		echo 'lily: 1'
		echo 'steps:'
		seq -f '  s%g: { exec: [ "true" ] }' 60
		echo '  bad: { exec: [ "false" ] }'
	} >w.lily.yaml
	lily run -q >/dev/null 2>&1 || true
	on_terminal -- lily watch
	expect 1
	has "$output" "60 succeeded"
	has "$output" "✗ bad"
	hasnt "$output" "✓ s7 "
}

@test "the terminal is as it was afterwards" {
	hello
	lily run -q 2>/dev/null
	on_terminal -- bash -c 'stty -a >before; lily watch; lily run; stty -a >after'
	cmp before after
}

@test "logs and artifacts are made safe on a terminal, --raw leaves them alone" {
	workflow <<'YAML'
lily: 1
steps:
  s: { run: "printf 'a\\033[2mb\\n' | tee $LILY_OUT/o", out: { o: { type: file } } }
YAML
	lily run -q 2>/dev/null
	on_terminal -- lily logs s
	has "$output" 'a\x1b[2mb'
	on_terminal --raw raw -- lily logs s --raw
	grep -q $'a\033\\[2mb' raw
	on_terminal -- lily artifact cat s.o
	has "$output" 'a\x1b[2mb'
}

# A foreach over eight items, of which six fail.
many_items() {
	workflow <<'YAML'
lily: 1
steps:
  plain: { run: "true" }
  each:
    foreach: { in: [ a, b, c, d, e, f, g, h ], key: item }
    run: '[ "$LILY_ITEM" = a ] || [ "$LILY_ITEM" = h ]'
YAML
	run lily run -q
}

@test "show counts the items of a foreach in its line, and names those that failed, as far as there is room" {
	many_items
	NO_COLOR=1 on_terminal -- lily show --steps
	expect 0
	has "$output" 'each  '
	has "$output" '[8/8] 6 failed'
	for key in b c d e f; do
		[[ $(grep -c "✗  each/$key " <<<"$output") == 1 ]]
	done
	hasnt "$output" '✗  each/g '
	has "$output" 'and 1 more that failed: --items'
	hasnt "$output" '✓  each/'
	# All of them where they are asked for, and where nobody looks.
	NO_COLOR=1 on_terminal -- lily show --items
	[[ $(grep -c '[✓✗]  each/' <<<"$output") == 8 ]]
	[[ $(lily show --steps | grep -c 'each/[a-h] *[0-9]') == 8 ]]
	[[ $(json "$(lily show --steps --json)" 'sorted(s["step"] for s in d["step_list"] if s["item_of"] == "each")[0]') == each/a ]]
	lily show --steps --json | lily schema validate --schema cli/run -
}

# A foreach over 300 items, every tenth of which fails, beside steps of its own.
sweep() {
	workflow <<'YAML'
lily: 1
parallel: 2
steps:
  list:
    run: 'seq 300 | sed "1s/^/[/; \$!s/\$/,/; \$s/\$/]/"'
    out: { o: { from: stdout, type: json } }
  plain: { run: "sleep 0.5" }
  each:
    foreach: { in: "${{ steps.list.out.o }}", key: item, max_failed: 50 }
    run: 'case $LILY_ITEM in *7) exit 3;; esac'
  tail: { run: "true", needs: [ each ] }
YAML
}

@test "the items of a foreach stand in one line while it runs, and the first that fail scroll by" {
	sweep
	on_terminal --raw raw -- env NO_COLOR=1 lily run
	expect 0
	grep -Eq '▸ each +\[ *[0-9]+/300\]' raw
	has "$(<raw)" 'failed'
	# Steps are short, and yet it does not look as if none ran.
	grep -Eq '^.*/304\] [12] running' raw
	wont grep -q '▸ each/' raw
	wont grep -q '✓ each/' raw
	# Steps that are no items have a line each, as ever.
	has "$output" '✓ list '
	has "$output" '✓ plain '
	has "$output" '✓ tail '
	[[ $(grep -c '^✗ each/[0-9]*  ' <<<"$output") -eq 5 ]]
	[[ $(grep -c 'more of each failed: `lily show --items`' <<<"$output") -eq 1 ]]
	# Narrow: each line is cut, none is broken.
	on_terminal --size 20x8 --raw raw -- env NO_COLOR=1 lily run
	expect 0
	tr '\r' '\n' <raw | sed -n 's/^▸ each .*…$/cut/p' | grep -q cut
}

@test "without a terminal a foreach of many items tells of failures only" {
	sweep
	run lily run
	expect 0
	hasnt "$output" 'succeeded  each/'
	[[ $(grep -c 'failed  *each/' <<<"$output") -ge 30 ]]
}

@test "watch: items are folded into the line of their foreach, i opens them, the numbers are those of the run" {
	workflow <<'YAML'
lily: 1
parallel: 3
steps:
  first: { run: "true" }
  each:
    foreach: [ a, b, c ]
    needs: [ first ]
    steps:
      one: { run: '[ "$LILY_ITEM" != b ]' }
      two: { run: "touch begun; until [ -e go ]; do sleep 0.05; done", needs: [ one ] }
  last: { run: "true", needs: [ each ] }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	NO_COLOR=1 on_terminal --after 0.8:q -- lily watch
	expect 0
	has "$output" "[5/9] 2 running, 1 failed, 1 blocked"
	has "$output" "i shows items"
	grep -Eq "▸ each .*\[4/6\] 2 running, 1 failed, 1 blocked" <<<"$output"
	has "$output" "✗ each/1/one"
	hasnt "$output" "each/0/two"
	has "$output" "· last"
	NO_COLOR=1 on_terminal --after 0.5:i --after 1.2:q -- lily watch
	has "$output" "i folds items"
	has "$output" "▸ each/0/two"
	has "$output" "✓ each/2/one"
	hasnt "$output" "?"
	touch go
	wait "$driver" || true
}
