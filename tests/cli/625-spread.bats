load setup.bash

# `foreach` over `workflow`, in a foreach, in a sub-workflow, and in `finally`.

# The states of the steps of the last run, by name. Usage: states [PREFIX]
states() {
	lily show --steps --json | python3 -c 'import json, sys
for s in sorted(json.load(sys.stdin)["step_list"], key=lambda s: s["step"]):
    if s["step"].startswith(sys.argv[1]): print(s["step"], s["state"])' "${1-}"
}

state() {
	states "$1" | sed -n "s|^$1 ||p"
}

# A file that greets somebody, and one that uses it for each of a list.
greetings() {
	workflow greet.lily.yaml <<'YAML'
lily: 1
params: { name: { type: string }, times: { type: integer, maximum: 3, default: 1 } }
inputs: { word: { path: word.txt } }
defaults: { cache: true }
steps:
  say:
    run: |
      [ ! -e "bad-$NAME" ]
      for i in $(seq "$TIMES"); do echo "$(cat "$LILY_IN/w") $NAME${LILY_ITEM-}${LILY_INDEX-}"; done >"$LILY_OUT/said"
    env: { NAME: "${{ params.name }}", TIMES: "${{ params.times }}" }
    in: { w: "${{ inputs.word }}" }
    out: { said: { type: text } }
  count: { run: wc -l <"$LILY_IN/s" >"$LILY_OUT/n", in: { s: "${{ steps.say.out.said }}" }, out: { n: { type: json } } }
outputs: { said: "${{ steps.say.out.said }}", n: "${{ steps.count.out.n }}", loud: "${{ steps.count.out.n > 1 }}" }
YAML
	workflow <<'YAML'
lily: 1
steps:
  list:
    run: cp people.json "$LILY_OUT/p"
    in: { p: { path: people.json } }
    out: { p: { type: json } }
  greet:
    foreach: { in: steps.list.out.p, key: item.id }
    workflow: greet.lily.yaml
    with: { name: "${{ item.id }} ${{ key }} ${{ index }}", times: "${{ item.times }}" }
  all:
    run: cat "$LILY_IN"/*
    in: { said: "${{ steps.greet.out.said }}", n: "${{ steps.greet.out.n }}", loud: "${{ steps.greet.out.loud }}" }
    out: { o: { from: stdout, type: text } }
outputs: { all: "${{ steps.all.out.o }}" }
YAML
	echo hello >word.txt
	echo '[{"id": "ann", "times": 2}, {"id": "bob", "times": 1}]' >people.json
}

@test "each item has a scope of its own, and what they return is gathered in their order" {
	greetings
	lily check w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(lily artifact cat @last/all.o | tr -d '\n')" = '[true,false][2,1]["hello ann ann 0\nhello ann ann 0","hello bob bob 1"]' ]
	[ "$(states greet)" = "greet succeeded
greet/ann succeeded
greet/ann/count succeeded
greet/ann/say succeeded
greet/bob succeeded
greet/bob/count succeeded
greet/bob/say succeeded" ]
	go show greet/ann/count
	expect 0
	has "$output" "succeeded  "
	has "$output" "greet/ann/count"
	lily logs greet/ann/say
	go why greet/bob/count
	expect 0
	go graph w.lily.yaml
	expect 0
	has "$output" "greet/*/say"
	lily fsck
	# Nothing but what the file is given counts.
	rm word.txt
	go run w.lily.yaml
	expect 3
	has "$stderr" "word.txt"
	echo bye >other.txt
	lily run -q w.lily.yaml -i greet/word=other.txt
	has "$(lily artifact cat @last/all.o)" "bye ann"
}

@test "items of a scope that did not change are reused, and those that moved" {
	greetings
	sed -i 's/ ${{ key }} ${{ index }}//' w.lily.yaml
	lily run -q w.lily.yaml
	echo '[{"id": "cat", "times": 1}, {"id": "ann", "times": 3}, {"id": "bob", "times": 1}]' >people.json
	lily run -q w.lily.yaml
	[ "$(states greet/ | sed 's|greet/||')" = "ann succeeded
ann/count succeeded
ann/say succeeded
bob succeeded
bob/count reused
bob/say reused
cat succeeded
cat/count succeeded
cat/say succeeded" ]
	has "$(lily artifact cat @last/all.o | tr -d '\n')" "[1,3,1]"
	lily fsck
}

@test "an item fails with a step of its scope, up to max_failed" {
	greetings
	touch "bad-bob bob 1"
	go run w.lily.yaml
	expect 1
	has "$stderr" "greet/bob failed: 2 of the 2 steps of greet.lily.yaml failed (greet/bob/say, greet/bob/count)"
	has "$stderr" "1 of 2 items failed (bob); max_failed allows 0"
	[ "$(state greet/bob/count)" = blocked ]
	sed -i 's/key: item.id }/key: item.id, max_failed: 1 }/' w.lily.yaml
	lily run -q w.lily.yaml
	has "$(lily artifact cat @last/all.o)" "null"
	[ "$(state greet/bob)" = failed ]
	[ "$(state greet)" = succeeded ]
	# What the item is given must fit the file, and is the item's matter.
	rm bad-*
	echo '[{"id": "ann", "times": 4}, {"id": "bob", "times": 1}]' >people.json
	lily run -q w.lily.yaml
	has "$(lily show greet/ann)" 'with "times": must be at most 3'
	[ "$(state greet/ann/say)" = skipped ]
	[ "$(state greet/bob/say)" = succeeded ]
	lily fsck
}

@test "an if that asks about the item skips its scope" {
	greetings
	sed -i 's/    workflow: greet/    if: item.times > 1\n    workflow: greet/' w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(state greet/bob)" = skipped ]
	[ "$(state greet/bob/say)" = skipped ]
	[ "$(state greet/ann)" = succeeded ]
	has "$(lily artifact cat @last/all.o)" "null"
}

@test "a bound on the items holds for whole scopes" {
	workflow one.lily.yaml <<'YAML'
lily: 1
params: { n: { type: integer } }
steps:
  a: { run: '[ "$(ls busy | wc -l)" -lt 2 ]; touch "busy/$N"; sleep 0.02', env: { N: "${{ params.n }}" } }
  b: { run: 'sleep 0.02; rm "busy/$N"', env: { N: "${{ params.n }}" }, needs: [ a ] }
YAML
	workflow <<'YAML'
lily: 1
parallel: 8
steps: { s: { foreach: { in: [ 1, 2, 3, 4, 5 ], parallel: 2 }, workflow: one.lily.yaml, with: { n: "${{ item }}" } } }
YAML
	mkdir busy
	lily run -q w.lily.yaml
	[ "$(states s/ | grep -c succeeded)" = 15 ]
}

@test "a foreach in a foreach: groups, items of their own, lists of lists" {
	workflow <<'YAML'
lily: 1
steps:
  outer:
    foreach: { in: [ a, b ], key: item }
    steps:
      split: { run: 'printf "[\"%s1\", \"%s2\"]" "$LILY_ITEM" "$LILY_ITEM" >"$LILY_OUT/l"', out: { l: { type: json } } }
      inner:
        foreach: { in: steps.split.out.l, key: item }
        steps:
          x: { run: 'cat "$LILY_IN/l" >"$LILY_OUT/o"; echo "$LILY_ITEM" >>"$LILY_OUT/o"', in: { l: "${{ steps.split.out.l }}" }, out: { o: { type: text } } }
          deep: { foreach: [ 7, 8 ], run: 'echo "$LILY_ITEM$X" | tr -d "\n" >"$LILY_OUT/d"', env: { X: "${{ steps.x.out.o }}" }, out: { d: { type: text } } }
        outputs: { o: "${{ steps.x.out.o }}", d: "${{ steps.deep.out.d }}" }
      after: { run: 'echo "$S"', env: { S: "${{ steps.inner.items[1].key }}" }, out: { s: { from: stdout, type: text } } }
    outputs: { o: "${{ steps.inner.out.o }}", d: "${{ steps.inner.out.d }}", s: "${{ steps.after.out.s }}" }
  all: { run: 'cat "$LILY_IN"/*', in: { o: "${{ steps.outer.out.o }}", d: "${{ steps.outer.out.d }}", s: "${{ steps.outer.out.s }}" }, out: { o: { from: stdout, type: text } } }
YAML
	lily check w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(json "$(lily artifact cat @last/outer.o)" d)" = "[['[\"a1\", \"a2\"]a1', '[\"a1\", \"a2\"]a2'], ['[\"b1\", \"b2\"]b1', '[\"b1\", \"b2\"]b2']]" ]
	[ "$(json "$(lily artifact cat @last/outer.d)" 'd[1][0]')" = "['7[\"b1\", \"b2\"]b1', '8[\"b1\", \"b2\"]b1']" ]
	[ "$(json "$(lily artifact cat @last/outer.s)" d)" = "['a2', 'b2']" ]
	[ "$(state outer/a/inner/a2/deep/1)" = succeeded ]
	[ "$(states | grep -vc succeeded)" = 0 ]
	[ "$(json "$(lily show --json)" 'd["steps"]["total"]')" = "$(states | wc -l)" ]
	lily fsck
}

@test "an item of a foreach in a foreach fails what it is in, and nothing else" {
	workflow <<'YAML'
lily: 1
steps:
  outer:
    foreach: { in: [ a, b ], key: item, max_failed: 1 }
    steps:
      split: { run: 'echo "[\"$LILY_ITEM\", \"c\"]" >"$LILY_OUT/l"', out: { l: { type: json } } }
      inner: { foreach: { in: steps.split.out.l, key: item }, run: '[ "$LILY_ITEM" != a ]' }
      after: { run: "true", needs: [ inner ] }
YAML
	lily run -q w.lily.yaml
	[ "$(states outer)" = "outer succeeded
outer/a/after blocked
outer/a/inner failed
outer/a/inner/a failed
outer/a/inner/c succeeded
outer/a/split succeeded
outer/b/after succeeded
outer/b/inner succeeded
outer/b/inner/b succeeded
outer/b/inner/c succeeded
outer/b/split succeeded" ]
	has "$(lily show outer/a/inner)" "1 of 2 items failed (a)"
	lily fsck
}

@test "finally has foreach: over a list, a group, a scope; it knows how the run ended" {
	workflow tell.lily.yaml <<'YAML'
lily: 1
params: { whom: { type: string } }
steps: { t: { run: 'echo "tell $W" >>log', env: { W: "${{ params.whom }}" } } }
finally: { f: { foreach: [ 1, 2 ], run: 'echo "$LILY_ITEM $S $W" >>log', env: { W: "${{ params.whom }}", S: "${{ run.status }}" } } }
YAML
	workflow <<'YAML'
lily: 1
steps: { a: { run: "false" } }
finally:
  each: { foreach: { in: [ x, y ], key: item }, run: 'echo "$LILY_ITEM $S" >>log', env: { S: "${{ run.status }}" } }
  group:
    foreach: [ 1 ]
    steps:
      one: { run: 'echo "one $S" >>log', env: { S: "${{ run.status }}" } }
      two: { run: 'echo two >>log', needs: [ one ] }
  whom: { foreach: { in: [ ann, bob ], key: item }, workflow: tell.lily.yaml, with: { whom: "${{ item }}" }, needs: [ each ] }
YAML
	lily check w.lily.yaml
	go run w.lily.yaml
	expect 1
	[ "$(sort log)" = "1 succeeded ann
1 succeeded bob
2 succeeded ann
2 succeeded bob
one failed
tell ann
tell bob
two
x failed
y failed" ]
	[ "$(state whom/bob/f/1)" = succeeded ]
	lily fsck
	# Also where the run is cut off, and then what is left of it.
	rm log
	sed -i 's/run: "false"/run: touch begun; sleep 60/' w.lily.yaml
	lily run -q w.lily.yaml &
	until_true test -e begun
	lily cancel
	wait $! || true
	has "$(cat log)" "x cancelled"
	[ "$(state a)" = cancelled ]
	[ "$(state each/y)" = succeeded ]
	[ "$(state whom/ann/t)" = succeeded ]
	lily fsck
}

@test "what fails in finally fails the run, and its items alone do not" {
	workflow <<'YAML'
lily: 1
steps: { a: { run: "true" } }
finally: { each: { foreach: { in: [ x, y ], key: item, max_failed: 1 }, run: '[ "$LILY_ITEM" = x ]' } }
YAML
	lily run -q w.lily.yaml
	sed -i 's/, max_failed: 1//' w.lily.yaml
	go run w.lily.yaml
	expect 1
	has "$stderr" "each failed: 1 of 2 items failed (y)"
}

@test "killed in the middle of an item's scope, it goes on there" {
	workflow part.lily.yaml <<'YAML'
lily: 1
params: { n: { type: string } }
steps:
  a: { run: 'echo "a $N" >>log', env: { N: "${{ params.n }}" } }
  b: { foreach: { in: [ p, q ], key: item }, run: 'echo "b $N $LILY_ITEM" >>log; [ "$N$LILY_ITEM" != yq ] || [ -e go ] || { touch hung; sleep 60; }', env: { N: "${{ params.n }}" }, needs: [ a ] }
YAML
	workflow <<'YAML'
lily: 1
parallel: 1
steps: { s: { foreach: { in: [ x, y ], key: item }, workflow: part.lily.yaml, with: { n: "${{ item }}" } } }
YAML
	lily run -q w.lily.yaml &
	until_true test -e hung
	kill -9 $!
	wait $! || true
	touch go
	lily resume -q
	# What was not on disk yet when it was killed is done again.
	[ "$(sort -u log)" = "a x
a y
b x p
b x q
b y p
b y q" ]
	[ "$(grep -c "b y q" log)" = 2 ]
	[ "$(states s | grep -vc succeeded)" = 0 ]
	lily fsck
}

@test "retry of an item, or of a step in one, keeps what the others did" {
	greetings
	sed -i 's/ ${{ key }} ${{ index }}//' w.lily.yaml
	touch bad-bob
	go run w.lily.yaml
	expect 1
	go retry @last greet/*/say
	expect 3
	has "$stderr" 'there is no step "greet/*/say"'
	go retry @last greet/bo
	expect 3
	has "$stderr" 'did you mean "greet/bob"?'
	rm bad-bob
	go retry -n @last greet/bob
	expect 0
	has "$output" greet
	lily retry -q @last greet/bob/say
	[ "$(state list)" = adopted ]
	[ "$(state greet/ann/say)" = adopted ]
	[ "$(state greet/bob/say)" = succeeded ]
	lily fsck
	# Also where none of it failed.
	lily retry -q @last greet/ann
	[ "$(state list)" = adopted ]
	[ "$(state greet/ann)" = succeeded ]
}

# Each host has ports of its own, whose steps name the host as well.
hosts() {
	workflow <<'YAML'
lily: 1
steps:
  host:
    foreach:
      in:
        - { name: a, ports: [ 80, 443 ] }
        - { name: b, ports: [ 22 ] }
      key: item.name
    steps:
      port:
        foreach: { in: "${{ steps.host.item.ports }}", key: "${{ steps.host.key }}-${{ item }}" }
        if: steps.host.index < 5
        run: printf '%s:%s in %s at %s' "$NAME" "$LILY_ITEM" "$HOST" "$PLACE"
        env:
          NAME: ${{ steps.host.item.name }}
          HOST: ${{ steps.host.key }}
          PLACE: ${{ steps.host.index }}.${{ steps.port.index }}
        out: { o: { from: stdout, type: text } }
YAML
}

@test "a step names the item of any foreach around it" {
	hosts
	lily run -q
	[ "$(states host/ | grep /port/)" = "host/a/port/a-443 succeeded
host/a/port/a-80 succeeded
host/b/port/b-22 succeeded" ]
	[ "$(lily artifact cat host/a/port/a-443.o)" = "a:443 in a at 0.1" ]
	[ "$(lily artifact cat host/b/port/b-22.o)" = "b:22 in b at 1.0" ]
	lily fsck
}

@test "what a step makes of the item around it counts in its key" {
	hosts
	sed -i 's/^        run: printf/        cache: true\n&/' w.lily.yaml
	lily run -q
	sed -i 's/name: b, ports/name: c, ports/' w.lily.yaml
	lily run -q
	[ "$(states host/ | grep /port/)" = "host/a/port/a-443 reused
host/a/port/a-80 reused
host/c/port/c-22 succeeded" ]
}

@test "the item of a foreach that is not around is an error that says where it is there" {
	hosts
	cat >>w.lily.yaml <<'YAML'
  other: { exec: [ echo, "${{ steps.host.item.name }}" ] }
  plain: { exec: [ echo, "${{ steps.other.key }}" ] }
YAML
	go check w.lily.yaml
	expect 3
	line=$(grep -n "  other:" w.lily.yaml | cut -d: -f1)
	has "$output" "w.lily.yaml:$line:31: "
	has "$output" 'step "other": "steps.host.item" is there in the steps of "host" only; write steps.STEP.items'
	has "$output" 'step "plain": step "other" has no items: only a step with `foreach` has'
	hosts
	sed -i 's/in: "${{ steps.host.item.ports }}"/in: "${{ steps.port.item }}"/' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'write item, key or index in what is worked out for each item'
}
