load setup.bash

# Three steps that say in `ran` that they ran: b needs what a makes, c stands alone. All may be reused.
chain() {
	workflow <<'YAML'
lily: 1
name: chain
defaults: { cache: true }
outputs: { made: "${{ steps.b.out.made }}" }
steps:
  a:
    run: echo a >>ran; tr a-z A-Z <"$LILY_IN/source" >build/upper; echo side >"$LILY_OUT/side"
    in: { source: { path: source.txt } }
    out: { upper: { path: build/upper, type: text }, side: { type: text } }
  b:
    exec: [ ./tool.sh, "${{ steps.a.out.upper }}" ]
    out: { made: { from: stdout, type: text } }
  c:
    run: echo c >>ran; echo "$WHO" >"$LILY_OUT/who"
    env: { WHO: me }
    out: { who: {} }
YAML
	mkdir -p build
	echo one >source.txt
	printf '#!/usr/bin/env bash\necho b >>ran\necho "got $1"\n' >tool.sh
	chmod +x tool.sh
}

# What ran since the last time it was asked, sorted. Usage: ran
ran() {
	sort ran 2>/dev/null | tr -d '\n'
	rm -f ran
}

# Runs the workflow and says what ran. Usage: again [OPTION…]
again() {
	lily run -q "$@" >/dev/null 2>err || { cat err >&2; return 1; }
	ran
}

sound() {
	go fsck --bytes
	expect 0
}

# A figure of the newest run. Usage: figure NAME
figure() {
	json "$(lily show --json)" "d['steps']['$1']"
}

@test "nothing changed: nothing runs, and everything is there" {
	chain
	[[ $(again) == abc ]]
	go run
	expect 0
	[[ -z $(ran) ]]
	has "$stderr" "reused     a"
	has "$stderr" "3 reused"
	[[ $(figure reused) == 3 ]]
	[[ $(lily artifact cat b.made) == "got ONE" ]]
	sound
	# One event tells of all of them.
	[[ $(lily events --json | grep -c visit.reused) == 1 ]]
}

@test "what depends on a change runs, and nothing else" {
	chain
	[[ $(again) == abc ]]
	echo two >source.txt
	[[ $(again) == ab ]]
	[[ $(lily artifact cat b.made) == "got TWO" ]]
	sed -i 's/got/took/' tool.sh
	[[ $(again) == b ]]
	sed -i 's/WHO: me/WHO: you/' w.lily.yaml
	[[ $(again) == c ]]
	# Back again: what was made before is still known.
	sed -i 's/WHO: you/WHO: me/' w.lily.yaml
	echo one >source.txt
	sed -i 's/took/got/' tool.sh
	[[ -z $(again) ]]
	[[ $(<build/upper) == ONE ]]
	sound
}

@test "a step that makes the same again lets those behind it be reused" {
	chain
	[[ $(again) == abc ]]
	echo ONE >source.txt
	[[ $(again) == a ]]
}

@test "what does not decide a result is no reason to run" {
	chain
	[[ $(again) == abc ]]
	touch source.txt tool.sh
	sed -i -e 's/name: chain/name: other/' -e 's/^  c:/  renamed:/' w.lily.yaml
	mkdir moved
	[[ -z $(again --parallel 1) ]]
}

@test "a variable that is passed on decides, and its value is kept nowhere" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran", pass_env: [ SECRETIVE ], cache: true }
YAML
	export SECRETIVE=hunter2000
	[[ $(again) == a ]]
	[[ -z $(again) ]]
	export SECRETIVE=other
	[[ $(again) == a ]]
	wont grep -rqa hunter2000 "$XDG_STATE_HOME"
}

@test "files of the workspace are put back: missing, changed, with their bits" {
	chain
	sed -i 's|>build/upper;|>build/upper; chmod +x build/upper;|' w.lily.yaml
	[[ $(again) == abc ]]
	rm -r build
	[[ -z $(again) ]]
	[[ $(<build/upper) == ONE && -x build/upper ]]
	echo tampered >build/upper
	[[ -z $(again) ]]
	[[ $(<build/upper) == ONE ]]
	chmod -x build/upper
	[[ -z $(again) ]]
	[[ -x build/upper ]]
	[[ $(find . -name '*lily-put-back*') == "" ]]
}

@test "directories are put back whole" {
	workflow <<'YAML'
lily: 1
steps:
  a:
    run: echo a >>ran; mkdir -p tree/sub; echo x >tree/sub/x; ln -s sub/x tree/link; chmod +x tree/sub/x
    cache: true
    out: { t: { path: tree, type: dir } }
YAML
	[[ $(again) == a ]]
	[[ -z $(again) ]]
	rm tree/sub/x
	echo more >tree/more
	[[ -z $(again) ]]
	[[ $(<tree/link) == x && -x tree/sub/x && ! -e tree/more ]]
	rm -r tree
	[[ -z $(again) ]]
	[[ $(<tree/sub/x) == x ]]
	sound
}

@test "an output is never put back outside the workspace" {
	chain
	[[ $(again) == abc ]]
	rm -r build
	mkdir "$T/outside"
	ln -s "$T/outside" build
	run lily run -q
	[[ ! -e $T/outside/upper || $(ran) == *a* ]]
	[[ ! -e "$T/outside/.upper.lily-put-back" ]]
}

@test "--fresh runs everything and refreshes what is kept" {
	chain
	[[ $(again) == abc ]]
	[[ $(again --fresh) == abc ]]
	first=$(lily show --json | json "$(cat)" 'd["run_id"]')
	[[ -z $(again) ]]
	lily events --json | grep visit.reused | grep -q "$first"
}

@test "a ttl ends" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran", cache: { ttl: 2s } }
YAML
	[[ $(again) == a ]]
	[[ -z $(again) ]]
	sleep 2.2
	[[ $(again) == a ]]
}

@test "auto and false reuse nothing" {
	workflow <<'YAML'
lily: 1
defaults: { cache: false }
steps:
  a: { run: "echo a >>ran" }
  b: { run: "echo b >>ran", cache: auto }
YAML
	[[ $(again) == ab ]]
	[[ $(again) == ab ]]
	wont grep -q '"key"' <<<"$(lily events --json)"
}

@test "a step that was rejected is never a hit, nor is one that was retried" {
	workflow <<'YAML'
lily: 1
steps:
  a:
    run: echo a >>ran; [ -e good ] && echo '{}' >"$LILY_OUT/j" || echo '{' >"$LILY_OUT/j"
    cache: true
    out: { j: { type: json } }
YAML
	run lily run -q
	[[ $(ran) == a ]]
	run lily run -q
	[[ $(ran) == a ]]
	touch good
	[[ $(again) == a ]]
	[[ -z $(again) ]]
	sound
}

@test "what is damaged in the store is made again, and then whole" {
	chain
	[[ $(again) == abc ]]
	db=$(find "$XDG_STATE_HOME" -name lily.db)
	python3 - "$db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
n = db.execute("update objects set bytes=cast('got XXX' || char(10) as blob) where bytes=cast('got ONE' || char(10) as blob)").rowcount
assert n == 1, n
db.commit()
PY
	[[ $(again) == b ]]
	[[ $(lily artifact cat b.made) == "got ONE" ]]
	[[ -z $(again) ]]
	sound
}

@test "a large output whose file is gone is made again" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran; head -c 300000 /dev/zero >\"$LILY_OUT/big\"", cache: true, out: { big: {} } }
  b: { run: "echo b >>ran; wc -c <\"$LILY_IN/big\"", in: { big: "${{ steps.a.out.big }}" } }
YAML
	[[ $(again) == ab ]]
	find "$XDG_STATE_HOME" -path '*/objects/*' -type f -size +200k -delete
	[[ $(again) == ab ]]
	[[ $(again) == b ]]
	sound
}

@test "a change within one tick of the clock is seen" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo a >>ran; cp -f \"$LILY_IN/s\" copy", in: { s: { path: s } }, out: { c: { path: copy } }, cache: true }
YAML
	for i in 1 2 3 4 5 6; do
		echo "$i" >s
		[[ $(again) == a ]]
		echo "$i$i" >s
		touch -d @1700000000 s
		[[ $(again) == a ]]
		echo "x$i" >s
		touch -d @1700000000 s
		[[ $(again) == a ]]
		[[ $(<copy) == "x$i" ]]
	done
}

@test "killed in the middle of a rerun: resume goes on, and reuses what it would have" {
	{
		printf 'lily: 1\ndefaults: { cache: true }\nsteps:\n'
		for i in $(seq 1 40); do
			printf '  s%d: { run: "echo %d >>ran; echo %d >out%d", out: { o: { path: out%d } } }\n' \
				"$i" "$i" "$i" "$i" "$i"
		done
		printf '  last: { run: "echo last >>ran; [ -e go ] || sleep 60", cache: false, in: { x: "${{ steps.s40.out.o }}" } }\n'
		printf '  z: { run: "echo z >>ran", needs: [ last ] }\n'
	} >w.lily.yaml
	touch go
	lily run -q
	rm -f go ran out*
	lily run --parallel 1 >/dev/null 2>&1 &
	driver=$!
	for _ in $(seq 200); do
		[[ ! -e ran ]] || break
		sleep 0.05
	done
	kill -9 "$driver"
	wait "$driver" 2>/dev/null || true
	[[ $(ran) == last ]]
	sound
	touch go
	go resume
	expect 0
	[[ $(ran) == last ]]
	[[ $(figure reused) == 41 ]]
	[[ $(<out40) == 40 ]]
	sound
}

@test "why names the part that differs, with both values, and says why nothing was looked up" {
	chain
	[[ $(again) == abc ]]
	go why b
	expect 0
	has "$output" "it was never accepted before"
	[[ -z $(again) ]]
	go why b
	has "$output" "b of run"
	has "$output" "reused"
	sed -i 's/WHO: me/WHO: you/' w.lily.yaml
	echo two >source.txt
	[[ $(again) == abc ]]
	go why a
	has "$output" "input.source"
	go why b --json
	[[ $(json "$output" '[(x["label"], x["here"], x["there"]) for x in d["differences"]]') == "[('argv.1', 'TWO', 'ONE')]" ]]
	go why c
	has "$output" env.WHO
	has "$output" "is   you"
	has "$output" "was  me"
	sed -i 's/  c:/  c:\n    cache: auto/' w.lily.yaml
	again >/dev/null
	go why c
	has "$output" "cache: auto"
	go why nothing
	expect 3
	go why
	expect 2
}

@test "run -n and plan tell what would run, and touch nothing" {
	chain
	go run -n
	expect 0
	has "$output" "nothing was accepted under its key"
	[[ -z $(ran) ]]
	[[ $(again) == abc ]]
	rm build/upper
	echo two >source.txt
	before=$(find "$XDG_STATE_HOME" -type f -printf '%p %s %T@\n' | grep -v -e -shm -e -wal | sort)
	go plan
	expect 0
	has "$output" "run after a, unless that makes what it made before"
	has "$output" "be reused from run"
	[[ ! -e build/upper ]]
	[[ $(find "$XDG_STATE_HOME" -type f -printf '%p %s %T@\n' | grep -v -e -shm -e -wal | sort) == "$before" ]]
	go run -n --fresh
	hasnt "$output" "be reused"
}

@test "cache stat counts, cache clear forgets" {
	chain
	[[ $(again) == abc ]]
	go cache stat --json
	expect 0
	[[ $(json "$output" 'd["entries"], d["outputs"]') == "(3, 4)" ]]
	go cache clear
	expect 0
	[[ $(again) == abc ]]
	[[ -z $(again) ]]
	sound
}

# Items over a param, each with a file of the workspace; `all` joins them.
items() {
	workflow <<'YAML'
lily: 1
name: items
defaults: { cache: true }
params: { list: { type: array, default: [ a, b, c ] } }
steps:
  each:
    foreach: { in: params.list, key: item }
    run: |
      echo "$LILY_ITEM" >>ran
      mkdir -p build
      echo "made $LILY_ITEM" | tee "build/$LILY_ITEM" >"$LILY_OUT/made"
    out: { made: { type: text }, built: { path: "build/${{ item }}" } }
  all:
    run: echo "=" >>ran; cat "$LILY_IN/list" >"$LILY_OUT/all"
    in: { list: { from: "${{ steps.each.out.made }}", as: json } }
    out: { all: {} }
YAML
}

@test "items are looked up one by one: a new one runs, the others are reused" {
	items
	[[ $(again) == "=abc" ]]
	[[ -z $(again) ]]
	# What they made is gathered as if they had run.
	[[ $(lily artifact cat all.all | tr -d '\n') == '["made a","made b","made c"]' ]]
	[[ $(figure reused) == 4 ]]
	rm build/b
	[[ -z $(again) ]]
	[[ $(cat build/b) == "made b" ]]
	# At the front: the others move, and nothing of theirs speaks of where they are.
	[[ $(again -p 'list=["d","a","b","c"]') == "=d" ]]
	[[ $(lily artifact cat all.all | tr -d '\n') == '["made d","made a","made b","made c"]' ]]
	[[ -z $(again -p 'list=["a","b","c"]') ]]
	# A directory of what they left, too.
	lily artifact get each.built -o got
	[[ $(cat got/a got/b got/c | tr -d '\n') == "made amade bmade c" ]]
	go why each/b
	expect 0
	has "$output" reused
	go why each
	has "$output" "its items are looked up, each by itself"
	sed -i 's/echo "made /echo "MADE /' w.lily.yaml
	[[ $(again) == "=abc" ]]
	go why each/b
	has "$output" argv
	sound
}

@test "the place of an item counts where the step speaks of it" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
params: { list: { type: array, default: [ a, b ] } }
steps:
  variable: { foreach: "${{ params.list }}", run: 'echo "v$LILY_INDEX" >>ran' }
  value: { foreach: "${{ params.list }}", exec: [ bash, -c, 'echo "w$0" >>ran', "${{ index }}" ] }
  other: { foreach: "${{ params.list }}", run: 'echo "o$LILY_ITEM" >>ran' }
YAML
	[[ $(again) == oaobv0v1w0w1 ]]
	[[ -z $(again) ]]
	[[ $(again -p 'list=["c","a","b"]') == "ocv0v1v2w0w1w2" ]]
	sound
}

@test "steps of a group are reused item by item" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  group:
    foreach: [ a, b ]
    steps:
      make: { run: 'echo "make $LILY_ITEM" >>ran; cat "$LILY_IN/f" >"$LILY_OUT/m"', in: { f: { path: "in-${{ item }}" } }, out: { m: { type: text } } }
      use: { exec: [ bash, -c, 'echo "use $0" >>ran', "${{ steps.make.out.m }}" ] }
YAML
	echo 1 >in-a
	echo 2 >in-b
	[[ $(again) == "make amake buse 1use 2" ]]
	[[ -z $(again) ]]
	echo 3 >in-b
	[[ $(again) == "make buse 3" ]]
	# What makes the same as before leaves those that need it alone.
	printf '3\n' >in-b
	touch in-a
	[[ -z $(again) ]]
	sound
}

@test "a pattern among the inputs: names and contents of what it matches count" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  sum:
    run: echo sum >>ran; cat "$LILY_IN"/data/* >"$LILY_OUT/all"; ls "$LILY_IN/data" >>"$LILY_OUT/all"
    in: { data: { path: "data/**/*.csv" }, more: { path: "more/*.csv", optional: true } }
    out: { all: {} }
YAML
	mkdir -p data/deep
	echo 1 >data/a.csv
	echo 2 >data/b.csv
	[[ $(again) == sum ]]
	[[ -z $(again) ]]
	touch data/a.csv
	echo x >data/other.txt
	[[ -z $(again) ]]
	echo 3 >data/c.csv
	[[ $(again) == sum ]]
	mv data/c.csv data/d.csv
	[[ $(again) == sum ]]
	mv data/d.csv data/c.csv
	[[ -z $(again) ]]
	chmod +x data/c.csv
	[[ $(again) == sum ]]
	chmod -x data/c.csv
	echo 4 >data/a.csv
	[[ $(again) == sum ]]
	mkdir more
	echo 5 >more/m.csv
	[[ $(again) == sum ]]
	rm -r more
	rm data/*.csv
	go run -q
	expect 1
	has "$stderr" "no file matches"
	sound
}

@test "a run cut off among reused items goes on" {
	items
	[[ $(again) == "=abc" ]]
	sed -i 's/echo "=" >>ran/echo "=" >>ran; [ -e go ] || sleep 60/' w.lily.yaml
	lily run -q 2>/dev/null &
	lily_pid=$!
	for _ in $(seq 200); do
		[[ -e ran ]] && break
		sleep 0.05
	done
	kill -9 "$lily_pid"
	wait "$lily_pid" || true
	rm -f ran
	touch go
	go resume -q
	expect 0
	[[ $(ran) == "=" ]]
	[[ $(lily artifact cat all.all | tr -d '\n') == '["made a","made b","made c"]' ]]
	[[ $(figure reused) == 3 ]]
	sound
}

@test "what lies where an output was and is none is not lost: the step runs" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  file: { run: 'echo hi >x', out: { x: { path: x } } }
  tree: { run: 'mkdir -p out; echo hi >out/a', out: { d: { path: out, type: dir } } }
  deep: { run: 'mkdir -p d; echo hi >d/y', out: { y: { path: d/y } } }
YAML
	lily run -q
	rm x && mkdir -p x/deep && echo mine >x/deep/f
	go run
	expect 1
	[ "$(cat x/deep/f)" = mine ]
	rm -r x
	rm -r out && echo mine >out
	go run
	expect 1
	[ "$(cat out)" = mine ]
	rm out && rm -r d && echo mine >d
	go run
	expect 1
	[ "$(cat d)" = mine ]
	has "$stderr" "reused     tree"
}

# A step that makes files by a pattern, as many as there are lines; `ran` counts.
cutter() {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  cut:
    run: |
      echo cut >>ran
      rm -rf out; mkdir -p out/deep out/empty
      while read -r name text; do echo "$text" >"out/$name"; done <"$LILY_IN/lines"
      chmod +x out/a.txt; ln -s a.txt out/link.txt; echo other >out/other.log
    in: { lines: { path: lines } }
    out: { parts: { path: "out/**/*.txt" }, none: { path: "out/*.never", optional: true } }
  join: { run: 'echo join >>ran; cat "$LILY_IN"/p/*.txt', in: { p: "${{ steps.cut.out.parts }}" }, out: { all: { from: stdout } } }
YAML
	printf 'a.txt one\ndeep/b.txt two\n' >lines
}

# What lies in out, with modes and what links lead to.
left() {
	find out \( -type f -o -type l \) -printf '%P %y%m %l ' -exec sh -c '[ -L "$1" ] || cat "$1"; echo' _ {} \; | grep . | LC_ALL=C sort
}

@test "outputs by a pattern are reused: the files that matched are there again, and no others" {
	cutter
	lily run -q
	before=$(left)
	ids=$(lily artifact list --json | python3 -c 'import json, sys; print([a["sha256"] for a in json.load(sys.stdin)])')
	# Nothing changed, and nothing is touched.
	touch -d 2020-01-01 out/a.txt out/deep/b.txt
	lily run -q
	[ "$(wc -l <ran)" = 2 ]
	[ "$(stat -c %Y out/a.txt)" = "$(date -d 2020-01-01 +%s)" ]
	# Missing, changed, another mode, a link that leads elsewhere or is a file, and one too many.
	rm out/deep/b.txt; rmdir out/deep
	chmod -x out/a.txt
	rm out/link.txt; ln -s other.log out/link.txt
	echo more >out/c.txt
	mkdir out/new; echo more >out/new/d.txt; echo mine >out/new/d.log; echo x >out/x.never
	lily run -q
	[ "$(wc -l <ran)" = 2 ]
	has "$(lily show cut)" reused
	rm out/new/d.log
	[ "$(left)" = "$before" ]
	[ ! -e out/c.txt ] && [ ! -e out/new/d.txt ] && [ ! -e out/x.never ]
	rm out/link.txt; echo file >out/link.txt; echo changed >out/a.txt
	lily run -q
	[ "$(wc -l <ran)" = 2 ]
	[ "$(left)" = "$before" ]
	rm -r out
	lily run -q
	[ "$(wc -l <ran)" = 2 ]
	[ "$(left)" = "$(grep -v other.log <<<"$before")" ]
	[ "$(lily artifact list --json | python3 -c 'import json, sys; print([a["sha256"] for a in json.load(sys.stdin)])')" = "$ids" ]
	lily fsck --bytes
}

@test "outputs by a pattern: a folder in the place of a file is not touched, and the step runs" {
	cutter
	sed -i 's/rm -rf out;/[ ! -e out ] || cp -r out seen; rm -rf out;/' w.lily.yaml
	lily run -q
	rm out/a.txt; mkdir out/a.txt; echo mine >out/a.txt/mine; echo changed >out/deep/b.txt; echo x >out/x.txt
	lily run -q
	[ "$(cat ran)" = "cut
join
cut" ]
	[ "$(cat seen/deep/b.txt seen/a.txt/mine seen/x.txt)" = "changed
mine
x" ]
	[ "$(cat out/a.txt)" = one ]
}

@test "outputs by a pattern: bytes that are damaged in the store are not put back" {
	cutter
	head -c 40000 /dev/zero | tr '\0' x >long
	sed -i 's/echo other >/cp long out\/big.txt; echo other >/' w.lily.yaml
	lily run -q
	rm -r out ran
	digest=$(sha256sum <long | cut -c1-64)
	object=$(find "$XDG_STATE_HOME" -path "*/objects/${digest:0:2}/${digest:2}")
	chmod u+w "$object"
	printf y | dd of="$object" conv=notrunc bs=1 seek=7 2>/dev/null
	lily run -q
	has "$(cat ran)" cut
	cmp long out/big.txt
	lily fsck --bytes
}

@test "outputs by a pattern that a param makes, of each item" {
	workflow <<'YAML'
lily: 1
params: { ends: { type: string, default: "*.o" } }
steps:
  each:
    foreach: { in: [ x, y ], key: item }
    cache: true
    run: 'echo ran >>ran; mkdir -p "$LILY_ITEM"; for i in 1 2; do echo "$LILY_ITEM$i" >"$LILY_ITEM/$i.o"; done'
    out: { o: { path: "${{ item }}/${{ params.ends }}" } }
YAML
	lily run -q
	rm x/1.o; echo more >y/3.o
	lily run -q
	[ "$(wc -l <ran)" = 2 ]
	[ "$(cat x/1.o)" = x1 ]
	[ ! -e y/3.o ]
	# Another pattern is another step.
	lily run -q -p ends='1.*'
	[ "$(wc -l <ran)" = 4 ]
}

# b has the key of a, which was accepted by a process that was killed, so that its key can be found by now.
@test "what only this run has made is not reused within it" {
	workflow <<'YAML'
lily: 1
steps:
  x: { run: 'echo x >"$LILY_OUT/x"', out: { x: {} } }
  a: { run: 'echo ran >>ran; cat "$LILY_IN/x" >"$LILY_OUT/o"', in: { x: "${{ steps.x.out.x }}" }, out: { o: {} }, cache: true }
  y: { run: 'until [ -e go ]; do sleep 0.02; done; echo x >"$LILY_OUT/x"', out: { x: {} }, needs: [ a ] }
  b: { run: 'echo ran >>ran; cat "$LILY_IN/x" >"$LILY_OUT/o"', in: { x: "${{ steps.y.out.x }}" }, out: { o: {} }, cache: true }
YAML
	lily run >/dev/null 2>&1 &
	local driver=$!
	y_runs() { [[ $(json "$(lily show --steps --json)" '[s["state"] for s in d["step_list"] if s["step"] == "y"]') == "['running']" ]]; }
	until_true y_runs
	kill -9 "$driver"
	wait "$driver" || true
	touch go
	go resume
	expect 0
	[[ $(wc -l <ran) == 2 ]]
	[[ $(json "$(lily show --steps --json)" '[s["state"] for s in d["step_list"]]') == "['succeeded', 'succeeded', 'succeeded', 'succeeded']" ]]
	go run
	expect 0
	[[ $(wc -l <ran) == 2 ]]
}
