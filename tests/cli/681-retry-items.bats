load setup.bash

# `lily retry` of a run that has ended: items of a foreach are kept one by one.

ran() {
	sort ran 2>/dev/null | tr '\n' ' '
	rm -f ran
}

sound() {
	go fsck --bytes
	expect 0
}

# Items a, b and c, each of which fails while a file of its name is there; `all` joins what they made.
items() {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  list: { run: 'echo list >>ran; echo "[\"a\",\"b\",\"c\"]" >"$LILY_OUT/names"', out: { names: { type: json } } }
  each:
    foreach: { in: "${{ steps.list.out.names }}", key: item }
    run: echo "$LILY_ITEM" >>ran; [ ! -e "$LILY_ITEM" ]; echo "made $LILY_ITEM" >"$LILY_OUT/made"
    out: { made: { type: text } }
  all:
    run: echo all >>ran; cp "$LILY_IN/list" "$LILY_OUT/all"
    in: { list: { from: "${{ steps.each.out.made }}", as: json } }
    out: { all: {} }
  other: { run: echo other >>ran }
YAML
}

@test "what failed runs again, and what depends on it; the other items are kept" {
	items
	touch b
	go run
	expect 1
	[[ $(ran) == "a b c list other " ]]
	rm b
	go retry -n
	has "$output" 'items that were done are kept'
	go retry
	expect 0
	[[ $(ran) == "all b " ]]
	[[ $(lily artifact cat all.all | tr -d '\n') == '["made a","made b","made c"]' ]]
	[[ $(json "$(lily show --steps --json)" '[(s["step"], s["state"]) for s in d["step_list"] if s["step"].startswith("each/")]') == "[('each/a', 'adopted'), ('each/b', 'succeeded'), ('each/c', 'adopted')]" ]]
	sound
	# And from there once more: one that is named runs, the others stay.
	go retry @last/each/a
	expect 0
	[[ $(ran) == "a all " ]]
	sound
	# The foreach by its own name is the whole of it.
	go retry @last each
	expect 0
	[[ $(ran) == "a all b c " ]]
}

@test "an item that is named runs, and so do the others that failed" {
	items
	touch b
	go run
	expect 1
	[[ $(ran) == "a b c list other " ]]
	rm b
	go retry @last/each/c
	expect 0
	[[ $(ran) == "all b c " ]]
	sound
	go retry @last/each/nothing
	expect 3
}

@test "what comes before the items runs: they run, too" {
	items
	touch b
	go run
	expect 1
	ran
	rm b
	go retry @last list
	expect 0
	[[ $(ran) == "a all b c list " ]]
}

@test "a group: steps of an item behind the one that runs again run, those before it do not" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ a, b ], key: item }
    steps:
      one: { run: 'echo "one $LILY_ITEM" >>ran; echo 1 >"$LILY_OUT/o"', out: { o: {} } }
      two: { run: 'echo "two $LILY_ITEM" >>ran; [ ! -e "$LILY_ITEM" ]; cp "$LILY_IN/o" "$LILY_OUT/p"', in: { o: "${{ steps.one.out.o }}" }, out: { p: {} } }
      three: { run: 'echo "three $LILY_ITEM" >>ran', in: { p: "${{ steps.two.out.p }}" } }
YAML
	touch b
	go run
	expect 1
	[[ $(ran) == "one a one b three a two a two b " ]]
	rm b
	go retry
	expect 0
	[[ $(ran) == "three b two b " ]]
	go retry @last/each/a/one
	expect 0
	[[ $(ran) == "one a three a two a " ]]
	sound
}

@test "items that are sub-workflows, and items of items" {
	cat >sub.lily.yaml <<'YAML'
lily: 1
params: { who: {} }
steps:
  first: { run: 'echo first >>ran; echo x >"$LILY_OUT/x"', out: { x: {} } }
  second: { run: 'echo second >>ran; [ ! -e fail ]', in: { x: "${{ steps.first.out.x }}" } }
  each: { foreach: { in: [ p, q ], key: item }, run: 'echo "$LILY_ITEM" >>ran; [ ! -e "$LILY_ITEM" ]' }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  parts: { foreach: { in: [ s ], key: item }, workflow: sub.lily.yaml, with: { who: "${{ item }}" } }
YAML
	touch fail q
	go run w.lily.yaml
	expect 1
	[[ $(ran) == "first p q second " ]]
	rm fail q
	go retry
	expect 0
	[[ $(ran) == "q second " ]]
	sound
}

@test "killed while the items run again: resume keeps the same ones" {
	items
	sed -i 's/\[ ! -e "$LILY_ITEM" \]/[ ! -e "$LILY_ITEM" ]; [ ! -e slow ] || sleep 60/' w.lily.yaml
	touch b
	go run
	expect 1
	ran
	rm b
	touch slow
	lily retry >/dev/null 2>&1 &
	driver=$!
	for _ in $(seq 200); do
		[[ ! -e ran ]] || break
		sleep 0.05
	done
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	rm slow
	[[ $(ran) == "b " ]]
	go resume
	expect 0
	[[ $(ran) == "all b " ]]
	sound
}

@test "another file: items are kept where neither the foreach nor its step changed" {
	items
	touch b
	go run
	expect 1
	ran
	rm b
	cp w.lily.yaml same
	sed 's/echo other/echo OTHER/' same >w.lily.yaml
	go retry --file w.lily.yaml
	expect 0
	[[ $(ran) == "OTHER all b " ]]
	sed 's/"made /"MADE /' same >w.lily.yaml
	go retry --file w.lily.yaml
	expect 0
	[[ $(ran) == "a all b c other " ]]
	sound
}

@test "labels that an item's gates granted stay with it" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ a, b ], key: item }
    steps:
      make:
        run: echo "make $LILY_ITEM" >>ran; echo x >"$LILY_OUT/o"
        out: { o: {} }
        gates: { g: { run: 'true', in: { o: "${{ steps.make.out.o }}" }, grants: { o: checked } } }
      use: { run: 'echo "use $LILY_ITEM" >>ran; [ ! -e "$LILY_ITEM" ]', in: { o: "${{ steps.make.out.o }}" }, accepts: { o: [ checked ] } }
YAML
	touch b
	go run
	expect 1
	ran
	rm b
	go retry
	expect 0
	[[ $(ran) == "use b " ]]
	sound
}

# Within a run that has not ended: a person is still to be heard.

state() {
	json "$(lily show --steps --json)" "[s['state'] for s in d['step_list'] if s['step'] == '$1'][0]"
}

# Each item fails until a file ok-ITEM is there; then all needs the foreach.
waiting() {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ a, b, c ], key: item }
    run: echo "$LILY_ITEM" >>ran; [ -e "ok-$LILY_ITEM" ]; echo "made $LILY_ITEM" >"$LILY_OUT/made"
    out: { made: { type: text } }
  all: { run: 'echo all >>ran; cp "$LILY_IN/l" "$LILY_OUT/all"', in: { l: { from: "${{ steps.each.out.made }}", as: json } }, out: { all: {} } }
  other: { run: "[ -e ok-other ]" }
  wait: { human: { ask: "ok?" } }
YAML
	touch ok-a
	go run --no-wait
	expect 6
	ran
}

@test "within the run: an item that is named runs again, the others do not, and the run goes on" {
	waiting
	touch ok-b
	go retry --no-wait @last/each/b
	expect 6
	[[ $(ran) == "b " ]]
	[ "$(state each/b)" = succeeded ]
	[ "$(state each)" = failed ]
	[ "$(state all)" = blocked ]
	[ "$(state other)" = failed ]
	touch ok-c
	go retry --no-wait each
	expect 6
	[[ $(ran) == "all c " ]]
	[[ $(lily artifact cat all.all | tr -d '\n') == '["made a","made b","made c"]' ]]
	go retry --no-wait each/c
	expect 3
	has "$stderr" "step each/c of run"
	has "$stderr" "is succeeded, and a run that has not ended does only again what failed"
	touch ok-other
	go retry --no-wait
	expect 6
	[[ $(ran) == "" ]]
	go retry --no-wait
	expect 3
	has "$stderr" "nothing in it has failed"
	go approve wait
	expect 0
	[ "$(json "$(lily show --json)" "d['status']")" = succeeded ]
	sound
}

@test "within the run: without a name all items that failed run again" {
	waiting
	touch ok-b ok-c ok-other
	go retry --no-wait
	expect 6
	[[ $(ran) == "all b c " ]]
	go approve wait
	expect 0
	sound
}

@test "within the run: groups of items, items of items, and items that are sub-workflows" {
	cat >sub.lily.yaml <<'YAML'
lily: 1
params: { who: {} }
steps:
  first: { run: "echo first >>ran" }
  each: { foreach: { in: [ p, q ], key: item }, run: 'echo "$LILY_ITEM" >>ran; [ "$LILY_ITEM" = p ] || [ -e ok-q ]', needs: [ first ] }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  pair:
    foreach: { in: [ a, b ], key: item }
    steps:
      one: { run: 'echo "one $LILY_ITEM" >>ran' }
      two: { run: 'echo "two $LILY_ITEM" >>ran; [ "$LILY_ITEM" = a ] || [ -e ok-b ]', needs: [ one ] }
      three: { run: 'echo "three $LILY_ITEM" >>ran', needs: [ two ] }
      in:
        foreach: { in: [ x, y ], key: item }
        run: 'echo "in $LILY_ITEM" >>ran; [ "$LILY_ITEM" = x ] || [ -e ok-y ]'
  parts: { foreach: { in: [ s ], key: item }, workflow: sub.lily.yaml, with: { who: "${{ item }}" } }
  wait: { human: { ask: "ok?" } }
YAML
	go run --no-wait w.lily.yaml
	expect 6
	ran
	touch ok-b
	go retry --no-wait pair/b
	expect 6
	[[ $(ran) == "in y three b two b " ]]
	touch ok-y
	go retry --no-wait pair/a/in/y
	expect 6
	[[ $(ran) == "in y " ]]
	[ "$(state pair/a/in)" = succeeded ]
	[ "$(state pair/b/in)" = failed ]
	[ "$(state pair)" = failed ]
	touch ok-q
	go retry --no-wait
	expect 6
	[[ $(ran) == "in y q " ]]
	go approve wait
	expect 0
	sound
}

@test "within the run: an item that failed in a foreach that succeeded all the same stays failed" {
	workflow <<'YAML'
lily: 1
steps:
  each: { foreach: { in: [ a, b ], key: item, max_failed: 1 }, run: '[ "$LILY_ITEM" = a ]' }
  wait: { human: { ask: "ok?" } }
YAML
	go run --no-wait
	expect 6
	for name in each each/b ""; do
		go retry --no-wait $name
		expect 3
		has "$stderr" "step each/b of run"
		has "$stderr" "failed, but each, which it is a part of, succeeded all the same"
	done
}

@test "whoever drives a run is asked for an item of a foreach that still runs, and lets it in by its bound" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ a, b, c ], key: item, parallel: 1 }
    run: |
      echo "$LILY_ITEM" >>ran
      mkdir busy
      [ "$LILY_ITEM" != b ] || until [ -e go ]; do sleep 0.02; done
      rmdir busy
      [ "$LILY_ITEM" != a ] || [ -e ok-a ]
YAML
	lily run w.lily.yaml >/dev/null 2>&1 &
	local driver=$!
	until_true grep -q b ran
	touch ok-a
	go retry @last/each/zz
	expect 3
	has "$stderr" "is not there, or has not begun"
	lily retry @last/each/a >/dev/null 2>&1 &
	local follower=$!
	is_pending() { [ "$(state each/a)" = pending ]; }
	until_true is_pending
	[ "$(state each)" = running ]
	touch go
	wait "$driver"
	wait "$follower"
	[[ $(tr '\n' ' ' <ran) == "a b a c " ]]
	sound
}

@test "killed after an item was retried: resume goes on with that item" {
	waiting
	touch ok-b ok-c ok-other
	lily retry --no-wait >/dev/null 2>&1 &
	local driver=$!
	until_true test -s ran
	# It may have come to the question by now; then there is nothing to be killed.
	kill -9 "$driver" 2>/dev/null || true
	wait "$driver" || true
	go resume --no-wait
	expect 6
	[ "$(state each)" = succeeded ]
	[[ $(lily artifact cat all.all | tr -d '\n') == '["made a","made b","made c"]' ]]
	go approve wait
	expect 0
	sound
}
