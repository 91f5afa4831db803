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

@test "retry of a run that has not ended says that items which failed are done again by another run, and does nothing" {
	state() {
		json "$(lily show --steps --json)" "[s['state'] for s in d['step_list'] if s['step'] == '$1'][0]"
	}
	workflow <<'YAML'
lily: 1
steps:
  each:
    foreach: { in: [ a, b ], key: item }
    run: '[ "$LILY_ITEM" = a ] || [ -e ok ]'
  after: { run: "true", needs: [ each ] }
  other: { run: "[ -e ok ]" }
  wait: { human: { ask: "ok?" } }
YAML
	go run --no-wait
	expect 6
	touch ok
	for name in each each/b; do
		go retry --no-wait "$name"
		expect 3
		has "$stderr" "another run does again"
		has "$stderr" "lily cancel"
	done
	# What is no item is done again here, and then nothing is left for this run.
	go retry --no-wait
	expect 6
	[ "$(state other)" = succeeded ]
	[ "$(state each)" = failed ]
	go retry --no-wait
	expect 3
	has "$stderr" "what failed in it are items of a foreach, which another run does again"
	go approve wait
	expect 1
	lily retry 2>/dev/null || [ $? -eq 6 ]
	[ "$(state each/b)" = succeeded ]
}
