load setup.bash

# foreach: a step for each item of a list.

# The steps of the last run and their states.
states() {
	lily show --steps --json | python3 -c 'import json, sys
for s in json.load(sys.stdin)["step_list"]: print(s["step"], s["state"])'
}

@test "a list in the file: items by their index, gathered in their order" {
	workflow <<'YAML'
lily: 1
steps:
  each:
    foreach: [ one, { x: 1 }, true ]
    run: |
      echo "$LILY_INDEX $LILY_ITEM $LILY_STEP"
      echo "{\"i\": $LILY_INDEX}" >"$LILY_OUT/j"
      echo "$LILY_ITEM" >"$LILY_OUT/t"
      printf '1\n%s\n' "$LILY_INDEX" >"$LILY_OUT/l"
      echo "file $LILY_INDEX" >"$LILY_OUT/f"
      mkdir "$LILY_OUT/d"; echo x >"$LILY_OUT/d/$LILY_INDEX"
    out: { j: { type: json }, t: { type: text }, l: { type: jsonl }, f: { type: file }, d: { type: dir } }
YAML
	go run
	expect 0
	[ "$(states)" = "each succeeded
each/0 succeeded
each/1 succeeded
each/2 succeeded" ]
	[ "$(lily artifact cat each.j)" = '[{"i": 0},
{"i": 1},
{"i": 2}]' ]
	[ "$(lily artifact cat each.t)" = '["one",
"{\"x\":1}",
"true"]' ]
	[ "$(lily artifact cat each.l | tr '\n' ' ')" = "1 0 1 1 1 2 " ]
	lily artifact get each.f -o f
	[ "$(cat f/0 f/1 f/2)" = "file 0
file 1
file 2" ]
	lily artifact get each.d -o d
	[ -e d/1/1 ]
	go logs @last/each/1
	has "$output" '1 {"x":1} each/1'
	go fsck
	expect 0
}

@test "a matrix: its values are the keys; exclude takes away, include adds" {
	workflow <<'YAML'
lily: 1
steps:
  grid:
    foreach:
      matrix: { os: [ linux, mac ], v: [ 1, 2 ] }
      exclude: [ { os: mac, v: 1 } ]
      include: [ { os: linux, fast: true }, { os: bsd, v: 9 } ]
    run: 'echo "$LILY_ITEM"'
YAML
	go run
	expect 0
	[ "$(states | cut -d' ' -f1 | tr '\n' ' ')" = "grid grid/linux-1 grid/linux-2 grid/mac-2 grid/bsd-9 " ]
	[ "$(json "$(lily logs @last/grid/linux-1)" 'sorted(d.items())')" = "[('fast', True), ('os', 'linux'), ('v', 1)]" ]
	[ "$(json "$(lily logs @last/grid/mac-2)" 'sorted(d.items())')" = "[('os', 'mac'), ('v', 2)]" ]
}

@test "a glob: files of the workspace by their names" {
	mkdir -p data/deep .hidden
	touch data/b.csv data/a.csv data/deep/c.csv data/x.txt .hidden/d.csv
	workflow <<'YAML'
lily: 1
steps:
  flat: { foreach: { glob: "data/*.csv" }, run: 'echo "$LILY_ITEM"' }
  deep: { foreach: { glob: "**/*.csv" }, run: "true" }
  none: { foreach: { glob: "no/such*" }, run: "true" }
YAML
	go run
	expect 0
	[ "$(states | cut -d' ' -f1 | tr '\n' ' ')" = \
		"flat deep none flat/a.csv flat/b.csv deep/a.csv deep/b.csv deep/c.csv " ]
	[ "$(lily logs @last/flat/b.csv)" = "data/b.csv" ]
	touch data/deep/a.csv
	go run w.lily.yaml deep
	expect 1
	has "$stderr" 'items 0 and 2 have the same key "a.csv"'
}

@test "no items: it succeeds, with empty results" {
	workflow <<'YAML'
lily: 1
steps:
  none: { foreach: [], run: "true", out: { j: { type: json }, f: { type: file } } }
  after: { run: "touch done", needs: [ none ] }
YAML
	go run
	expect 0
	[ -e done ]
	[ "$(lily artifact cat none.j)" = "[]" ]
	[ "$(lily artifact cat none.f)" = '{"entries":[],"tree":1}' ]
}

@test "what became of the items is a list: steps.STEP.items" {
	workflow <<'YAML'
lily: 1
steps:
  some:
    foreach: { in: [ 0, 3, 0 ], max_failed: 1 }
    retry: { attempts: 2, backoff: 1ms }
    run: 'exit "$LILY_ITEM"'
  groups:
    foreach: { in: [ x, y ], key: item, max_failed: 100% }
    steps:
      first: { exec: [ test, "${{ item }}", "!=", y ] }
      second: { exec: [ "true" ], needs: [ first ] }
      third: { exec: [ sh, -c, 'test "$1" != y || exit 4', sh, "${{ item }}" ] }
  never: { foreach: [ 1 ], if: "false", run: "true" }
finally:
  tell:
    in: { all: { value: "${{ steps.some.items }}" }, groups: { value: "${{ steps.groups.items }}" } }
    env:
      LEFT: "${{ length(steps.never.items) }}"
      SECOND: "${{ steps.some.items[1].status }} ${{ steps.some.items[1].exit }}"
    run: 'cat "$LILY_IN/all"; echo; cat "$LILY_IN/groups"; echo; echo "$LEFT $SECOND"'
YAML
	go run
	expect 0
	lily logs @last/tell >told
	some=$(sed -n 1p told) groups=$(sed -n 2p told)
	[ "$(sed -n 3p told)" = "0 failed 3" ]
	[ "$(json "$some" '[[i["key"], i["status"], i["exit"], i["error"], i["attempts"]] for i in d]')" = \
		"[['0', 'succeeded', 0, None, 1], ['1', 'failed', 3, 'exit', 2], ['2', 'succeeded', 0, None, 1]]" ]
	[ "$(json "$groups" '[[i["key"], i["status"], i["exit"], i["attempts"]] for i in d]')" = \
		"[['x', 'succeeded', 0, 3], ['y', 'failed', 1, 2]]" ]
}

@test "only a step with foreach has items" {
	workflow <<'YAML'
lily: 1
steps:
  one: { run: "true" }
  two: { exec: [ echo, "${{ length(steps.one.items) }}" ] }
YAML
	go check
	expect 3
	has "$output" 'w.lily.yaml:4:36: step "two": step "one" has no items: only a step with `foreach` has'
}

@test "a failed item fails the step beyond max_failed; a hole stands where it would be" {
	workflow <<'YAML'
lily: 1
steps:
  strict: { foreach: [ 0, 1, 0 ], run: 'exit "$LILY_ITEM"' }
  some:
    foreach: { in: [ 0, 1, 0 ], max_failed: 1 }
    run: 'echo "$LILY_INDEX" >"$LILY_OUT/j"; echo x >"$LILY_OUT/f"; exit "$LILY_ITEM"'
    out: { j: { type: json }, f: { type: file } }
  share: { foreach: { in: [ 0, 1, 0 ], max_failed: 33% }, run: 'exit "$LILY_ITEM"' }
  after: { run: "touch after", needs: [ some ] }
  never: { run: "touch never", needs: [ strict ] }
YAML
	go run
	expect 1
	[ -e after ] && [ ! -e never ]
	has "$stderr" "1 of 3 items failed (1); max_failed allows 0"
	[ "$(lily artifact cat some.j | tr -d '\n')" = "[0,null,2]" ]
	lily artifact get some.f -o f
	[ "$(ls f | tr '\n' ' ')" = "0 2 " ]
	states | grep -qx "some succeeded"
	states | grep -qx "some/1 failed"
	states | grep -qx "share failed"
	states | grep -qx "never blocked"
	go fsck
	expect 0
	go run w.lily.yaml after
	expect 0
}

@test "parallel bounds the items, batch puts several elements into one" {
	workflow <<'YAML'
lily: 1
parallel: 8
steps:
  one:
    foreach: { in: [ a, b, c, d ], parallel: 1 }
    run: 'mkdir lock; sleep 0.05; rmdir lock'
  pairs:
    foreach: { in: [ 1, 2, 3, 4, 5 ], batch: 2 }
    run: 'echo "$LILY_ITEM"'
YAML
	go run
	expect 0
	[ "$(lily logs @last/pairs/0)" = "[1,2]" ]
	[ "$(lily logs @last/pairs/2)" = "[5]" ]
}

@test "a foreach of a group: an item's steps need each other" {
	workflow <<'YAML'
lily: 1
steps:
  each:
    foreach: [ x, y ]
    steps:
      make: { run: 'sleep 0.1; touch "$LILY_ITEM"' }
      test: { run: 'test -e "$LILY_ITEM"; test "$LILY_STEP" = "each/$LILY_INDEX/test"', needs: [ make ] }
  after: { run: "test -e x; test -e y", needs: [ each ] }
YAML
	go run
	expect 0
	[ "$(states | tr '\n' ' ')" = "each succeeded after succeeded each/0/make succeeded \
each/0/test succeeded each/1/make succeeded each/1/test succeeded " ]
	go show @last/each/1/test
	expect 0
}

@test "too many items are a limit: exit 8" {
	workflow <<'YAML'
lily: 1
max_items: 5
steps:
  a: { foreach: { in: [ 1, 2, 3 ], max_items: 2 }, run: "true" }
YAML
	go run
	expect 8
	has "$stderr" "the list has 3 items, more than max_items: 2 allows"
	workflow <<'YAML'
lily: 1
max_items: 5
steps:
  a: { foreach: [ 1, 2, 3 ], run: "true" }
  b: { foreach: [ 1, 2, 3 ], run: "true", needs: [ a ] }
YAML
	go run
	expect 8
	has "$stderr" "with its 3 items the run has 6, more than the workflow's max_items: 5 allows"
	go fsck
	expect 0
}

has_run() {
	lily show >/dev/null 2>&1
}

@test "killed at any instant, a run goes on with the same items" {
	workflow <<'YAML'
lily: 1
parallel: 2
steps:
  first: { run: "sleep 0.02" }
  each:
    foreach: { glob: "in/*" }
    needs: [ first ]
    run: 'sleep 0.02; echo "$LILY_ITEM" >>"ran-$LILY_INDEX"; echo "$LILY_INDEX" >"$LILY_OUT/j"'
    out: { j: { type: json } }
  last: { run: "true", needs: [ each ] }
YAML
	mkdir in
	touch in/{a,b,c,d,e,f}
	for delay in 0.03 0.06 0.09 0.12 0.15 0.2; do
		rm -f ran-*
		export XDG_STATE_HOME=$T/state-$delay
		lily run -q 2>/dev/null &
		pid=$!
		until_true has_run
		sleep "$delay"
		kill -9 "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		# What the pattern matches now is no business of a run that has its items.
		if lily events --json | grep -q step.expanded; then touch in/late; fi
		run_status_is succeeded || lily resume -q 2>/dev/null
		[ "$(lily artifact cat each.j | tr -d '\n ')" = "[0,1,2,3,4,5]" ]
		[ "$(states | wc -l)" = 9 ]
		rm -f in/late
		lily fsck >fsck.out
	done
}

begun() {
	states 2>/dev/null | grep -qx "each/0 running"
}

@test "cancelled: what has not begun is cancelled, the foreach with it" {
	workflow <<'YAML'
lily: 1
steps:
  each: { foreach: { in: [ 9, 9, 9 ], parallel: 1 }, run: 'sleep "$LILY_ITEM"' }
YAML
	lily run -q 2>/dev/null &
	until_true begun
	lily cancel 2>/dev/null
	wait || true
	states >now
	grep -qx "each cancelled" now
	grep -qx "each/2 cancelled" now
	go fsck
	expect 0
}

@test "events and plan are what their schemas say" {
	workflow <<'YAML'
lily: 1
max_items: 50
steps:
  a: { foreach: { matrix: { x: [ 1, 2 ] }, parallel: 2, max_failed: 10%, max_items: 9 }, run: "true", out: { o: { optional: true } } }
  g: { foreach: { in: [ 1, 2, 3 ], batch: 2, max_failed: 1 }, steps: { s: { run: "true" } } }
  f: { foreach: { glob: "*" }, run: "true" }
YAML
	lily run -q
	lily events --json >events.jsonl
	grep -q step.expanded events.jsonl
	go schema validate -s run_event.v1 events.jsonl
	expect 0
	lily plan --json >plan.json
	go schema validate -s plan.v1 plan.json
	expect 0
}

@test "a param in a pattern of files is put in, not taken as a name that no file has" {
	mkdir in
	touch in/a.txt in/b.txt
	workflow <<'YAML'
lily: 1
params: { from: { type: string, default: in } }
steps:
  each: { foreach: { glob: "${{ params.from }}/*.txt" }, run: echo "$LILY_ITEM" }
YAML
	lily run w.lily.yaml
	has "$(lily logs each/b.txt)" in/b.txt
	sed -i 's/params.from }/params.form }/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$stderr$output" "w.lily.yaml:4:"
}

@test "a pattern that leaves the workspace is refused, not a pattern that no file matches" {
	workflow <<'YAML'
lily: 1
steps: { a: { foreach: { glob: "../*" }, run: "true" } }
YAML
	go run w.lily.yaml
	expect 1
	has "$stderr" "../*: .. leads out of the workspace"
}

@test "a gathered directory is the one that a single step would have made" {
	workflow <<'YAML'
lily: 1
steps:
  files: { foreach: { in: [ b, a ], key: item }, run: 'echo "file $LILY_ITEM" >"$LILY_OUT/o"', out: { o: { type: file } } }
  dirs: { foreach: { in: [ b, a ], key: item }, run: 'mkdir -p "$LILY_OUT/o/sub"; echo x >"$LILY_OUT/o/sub/x"; chmod +x "$LILY_OUT/o/sub/x"; ln -s x "$LILY_OUT/o/sub/l"', out: { o: { type: dir } } }
  one:
    run: |
      mkdir "$LILY_OUT/f" "$LILY_OUT/d"
      for i in a b; do
        echo "file $i" >"$LILY_OUT/f/$i"
        mkdir -p "$LILY_OUT/d/$i/sub"; echo x >"$LILY_OUT/d/$i/sub/x"; chmod +x "$LILY_OUT/d/$i/sub/x"; ln -s x "$LILY_OUT/d/$i/sub/l"
      done
    out: { f: { type: dir }, d: { type: dir } }
YAML
	lily run w.lily.yaml
	digest_of() { json "$(lily artifact list --json)" "[a['sha256'] for a in d if a['producer_id'] + '.' + a['name'] == '$1'][0]"; }
	[[ $(digest_of files.o) =~ ^[0-9a-f]{64}$ ]]
	[[ $(digest_of files.o) == "$(digest_of one.f)" ]]
	[[ $(digest_of dirs.o) == "$(digest_of one.d)" ]]
}

@test "how a foreach failed is known to those that ask, as it is after a crash" {
	workflow <<'YAML'
lily: 1
steps:
  each: { foreach: [ 1 ], run: exit 3, continue_on_error: true }
  ask:
    env: { E: "${{ steps.each.error }}" }
    run: echo "$E" >"$LILY_OUT/e"
    out: { e: { type: text } }
YAML
	lily run -q
	[ "$(lily artifact cat ask.e)" = items ]
}

@test "a key may be a text with expressions in it" {
	workflow <<'YAML'
lily: 1
params: { tag: { default: rc } }
steps:
  list: { run: 'printf "[{\"n\":1.10},{\"n\":2}]" >"$LILY_OUT/o"', out: { o: { type: json } } }
  build:
    foreach:
      matrix: { os: [ linux, mac ], version: [ 3.10, 4 ] }
      key: "${{ item.os }}-${{ item.version }}_${{ index }}.${{ params.tag }}"
    run: echo "$LILY_ITEM" >"$LILY_OUT/o"
    out: { o: { type: text } }
  made:
    foreach: { in: steps.list.out.o, key: "v${{ item.n }}" }
    exec: [ echo, "${{ key }}" ]
YAML
	go run -q
	expect 0
	[[ $(json "$(lily show --steps --json)" '" ".join(s["step"] for s in d["step_list"] if "/" in s["step"])') == \
		"build/linux-3.10_0.rc build/linux-4_1.rc build/mac-3.10_2.rc build/mac-4_3.rc made/v1.10 made/v2" ]]
	[[ $(lily logs made/v1.10) == v1.10 ]]
	lily plan --json >plan.json
	lily schema validate -q -s plan.v1 plan.json
	go fsck
	expect 0
}

@test "a key that cannot be a name, or is there twice, is the failure of the step" {
	workflow <<'YAML'
lily: 1
steps:
  slash: { foreach: { in: [ a/b ], key: "x-${{ item }}" }, run: "true" }
  twice: { foreach: { in: [ a, b ], key: "x-${{ length(item) }}" }, run: "true" }
  list: { foreach: { in: [ [ 1 ] ], key: "x-${{ item }}" }, run: "true" }
YAML
	go run
	expect 1
	has "$stderr" slash
	[[ $(json "$(lily show --json)" '[s["step"] for s in d["failed_steps"]]') == "['slash', 'twice', 'list']" ]]
	has "$(lily show twice)" x-1
}
