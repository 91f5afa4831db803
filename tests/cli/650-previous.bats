load setup.bash

# Counts its own runs; fails where there is a file "bad".
counter() {
	workflow "$@" <<'YAML'
lily: 1
name: counter
steps:
  count:
    run: |
      test ! -e bad
      n=$(cat "$LILY_IN/before" 2>/dev/null || echo 0)
      echo $((n + 1)) >"$LILY_OUT/n"
    in: { before: { previous: count.n, optional: true } }
    out: { n: { type: json } }
YAML
}

run_id() {
	json "$(lily show --json)" 'd["run_id"]'
}

@test "previous: a step takes in what the last run that succeeded made" {
	counter
	go plan
	has "$output" "count.n of an earlier run: none has succeeded yet"
	lily run -q && first=$(run_id)
	lily run -q && second=$(run_id)
	[[ $(lily artifact cat count.n) == 2 ]]
	has "$(lily show count)" "from ${first:0:13}:1"
	has "$(lily why count)" "input before is count.n of run ${first:0:13}"
	[[ $(json "$(lily show count --json)" 'd["step_list"][0]["attempts"][0]["inputs"][0]["from"]') == "$first:1" ]]
	has "$(lily plan)" "count.n of run ${second:0:13}"
	# Which artifact it was there is what it comes from.
	[[ $(json "$(lily show --json)" 'd["inputs"][0]["inputs"]') == "['$first:1']" ]]
	# A run that failed, or was cut short, is none of them.
	touch bad
	go run
	expect 1
	rm bad
	lily run -q
	[[ $(lily artifact cat count.n) == 3 ]]
	go fsck --bytes
	expect 0
}

@test "previous: another workflow's runs are not meant, another file of the same name is" {
	counter
	lily run -q
	sed 's/name: counter/name: other/' w.lily.yaml >other.yaml
	lily run -q other.yaml
	[[ $(lily artifact cat count.n) == 1 ]]
	cp w.lily.yaml same.yaml
	lily run -q same.yaml
	[[ $(lily artifact cat count.n) == 2 ]]
}

@test "previous: without a run before, a run does not begin, or its step does without" {
	workflow <<'YAML'
lily: 1
name: need
params: { compare: { type: boolean, default: false } }
steps:
  make: { run: 'echo 1 >$LILY_OUT/n', out: { n: { type: text }, extra: { optional: true } } }
  use: { run: 'cat $LILY_IN/n', in: { n: { previous: make.n } } }
YAML
	go run
	expect 3
	has "$stderr" "w.lily.yaml:6:"
	has "$stderr" "optional: true"
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 0 ]]
	# Nobody needs it yet: other steps can go first, and their run is one to take it from.
	lily run -q w.lily.yaml make
	go run
	expect 0
	sed -i 's/make.n }/make.extra }/' w.lily.yaml
	go run
	expect 3
	has "$stderr" "left no make.extra"
	# What may be skipped is not certain to need it.
	sed -i 's/use: {/use: { if: params.compare,/' w.lily.yaml
	go run
	expect 0
	go run -p compare=true
	expect 1
	has "$stderr" "left no make.extra"
}

@test "previous: a run of other steps only is passed over, one that skipped it is not" {
	workflow <<'YAML'
lily: 1
name: part
params: { value: { type: string, default: one }, make: { type: boolean, default: true } }
steps:
  make: { if: params.make, exec: [ echo, "${{ params.value }}" ], out: { n: { from: stdout, type: text } } }
  idle: { run: 'true' }
  use: { run: 'cat $LILY_IN/n || echo nothing', in: { n: { previous: make.n, optional: true } }, out: { o: { from: stdout } } }
YAML
	lily run -q
	lily run -q w.lily.yaml idle
	lily run -q -p value=two
	[[ $(lily artifact cat use.o) == one ]]
	lily run -q -p make=false
	[[ $(lily artifact cat use.o) == two ]]
	lily run -q
	[[ $(lily artifact cat use.o 2>/dev/null) == nothing ]]
}

@test "previous: what a run takes from stays, however it goes on" {
	workflow <<'YAML'
lily: 1
name: chain
steps:
  count:
    run: 'n=$(cat $LILY_IN/before 2>/dev/null || echo 0); echo $((n + 1)) >$LILY_OUT/n'
    in: { before: { previous: count.n, optional: true } }
    out: { n: { type: json } }
  hold: { run: 'test ! -e hold || sleep 600', needs: [ count ] }
  check: { run: 'test ! -e bad', needs: [ hold ] }
  tell: { run: 'cat $LILY_IN/before || echo none', needs: [ check ], in: { before: { previous: count.n, optional: true } }, out: { o: { from: stdout } } }
YAML
	lily run -q
	touch hold
	lily run -q 2>/dev/null &
	until [[ $(lily show --json | grep -o '"running":1') && $(lily events --json) == *'"hold"'* ]]; do
		sleep 0.05
	done
	held=$(run_id)
	kill -9 $!
	wait || true
	rm hold
	# Ends later than the held one began, and before that goes on.
	lily run -q
	[[ $(lily artifact cat count.n) == 2 ]]
	touch bad
	go resume "$held"
	expect 1
	rm bad
	go retry "$held"
	expect 0
	[[ $(lily artifact cat tell.o) == 1 ]]
	sed -i 's/test ! -e bad/true/' w.lily.yaml
	go retry "$held" --file w.lily.yaml count
	expect 0
	[[ $(lily artifact cat tell.o) == 1 && $(lily artifact cat count.n) == 2 ]]
	go fsck --bytes
	expect 0
}

@test "previous: items gathered, directories, JSON Lines, groups, schemas" {
	workflow <<'YAML'
lily: 1
name: kinds
schemas: { row.v1: row.json }
steps:
  each:
    foreach: [ a, b ]
    exec: [ echo, "${{ item }}" ]
    out: { t: { from: stdout, type: text } }
  lines: { run: 'echo "{\"n\":1}" >$LILY_OUT/rows; echo "{\"n\":2}" >>$LILY_OUT/rows', out: { rows: { type: jsonl, schema: row.v1 } } }
  tree: { run: 'mkdir $LILY_OUT/d; echo x >$LILY_OUT/d/f', out: { d: { type: dir } } }
  group:
    steps: { inner: { run: 'echo "{\"n\":3}" >$LILY_OUT/j', out: { j: { schema: row.v1 } } } }
    outputs: { all: "${{ steps.inner.out.j }}" }
  use:
    run: 'cat $LILY_IN/each $LILY_IN/rows $LILY_IN/d/f $LILY_IN/j'
    in:
      each: { previous: each.t, optional: true, as: json }
      rows: { previous: lines.rows, optional: true, schema: row.v1 }
      d: { previous: tree.d, optional: true, as: dir }
      j: { previous: group.all, optional: true, schema: row.v1 }
    continue_on_error: true
    out: { o: { from: stdout } }
YAML
	echo '{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}' >row.json
	lily run -q 2>/dev/null
	go run
	expect 0
	[[ $(lily artifact cat use.o) == $'["a",\n"b"]\n{"n":1}\n{"n":2}\nx\n{"n":3}' ]]
	[[ $(json "$(lily show --json)" 'sorted(i["artifact_type"] or "-" for i in d["inputs"])') == \
		"['-', '-', 'row.v1', 'row.v1']" ]]
	# Stricter than what was left: the step fails before it starts.
	sed -i 's/row.v1: row.json/row.v1: row.json, strict.v1: strict.json/; s/all, optional: true, schema: row.v1/all, schema: strict.v1/' w.lily.yaml
	echo '{"properties":{"n":{"maximum":2}}}' >strict.json
	lily run -q 2>/dev/null
	has "$(lily show use)" "must be at most 2, not 3"
	has "$(lily show --json use)" '"class":"schema"'
}

@test "previous: what is written wrongly is told with its place" {
	check() {
		printf 'lily: 1\nsteps:\n  make: { run: "true", out: { n: } }\n  each: { foreach: [ a ], steps: { in: { run: "true", out: { o: } } } }\n  use: { run: "true", in: { x: { previous: "%s"%s } } }\n' \
			"$1" "$2" >w.lily.yaml
		go check
		expect 3
		has "$output" "w.lily.yaml:5:"
		has "$output" "$3"
	}
	check make.m '' 'declares no output "m"'
	check mak.n '' 'did you mean "make"?'
	check make '' 'STEP.NAME'
	check 'steps.make.out.n' '' 'no step "steps"'
	check '${{ steps.make.out.n }}' '' 'cannot be used'
	check make.n ', path: x' 'exactly one of from, path, tree, value and previous'
	check 'each/in.o' '' 'no step "each/in"'
	printf 'lily: 1\nsteps:\n  a: { run: "true", out: { b.c: } }\n  a.b: { run: "true", out: { c: } }\n  use: { run: "true", in: { x: { previous: a.b.c } } }\n' >w.lily.yaml
	go check
	expect 3
	has "$output" "two ways"
}

# A file that counts, twice in one that is, or is not, run for itself.
counters() {
	mkdir -p parts
	counter parts/count.lily.yaml
	sed -i 's/^name: counter/name: part/; s/test ! -e bad/test ! -e bad/' parts/count.lily.yaml
	echo 'outputs: { n: "${{ steps.count.out.n }}" }' >>parts/count.lily.yaml
	workflow parts/both.lily.yaml <<'YAML'
lily: 1
steps:
  in: { workflow: count.lily.yaml }
outputs: { n: "${{ steps.in.out.n }}" }
YAML
	workflow <<'YAML'
lily: 1
name: counters
steps:
  one: { workflow: parts/count.lily.yaml }
  two: { workflow: parts/both.lily.yaml }
  sum: { run: 'cat "$LILY_IN"/?', in: { a: "${{ steps.one.out.n }}", b: "${{ steps.two.out.n }}" }, out: { s: { from: stdout, type: text } } }
YAML
}

@test "previous: in a sub-workflow it is the outer run's, at the same place" {
	counters
	# What the file itself left as a run of its own is not meant.
	lily run -q parts/count.lily.yaml
	lily run -q parts/count.lily.yaml
	has "$(lily plan w.lily.yaml)" "one/count.n of an earlier run: none has succeeded yet"
	lily run -q w.lily.yaml && first=$(run_id)
	[ "$(lily artifact cat sum.s | tr -d '\n')" = 11 ]
	lily run -q w.lily.yaml && second=$(run_id)
	[ "$(lily artifact cat sum.s | tr -d '\n')" = 22 ]
	has "$(lily why two/in/count)" "input before is two/in/count.n of run ${first:0:13}"
	# One place that is new begins anew; what is fixed stays when it is done again.
	sed -i 's|^  sum: |  three: { workflow: parts/count.lily.yaml }\n  sum: |' w.lily.yaml
	lily run -q w.lily.yaml
	[ "$(lily artifact cat three/count.n)" = 1 ]
	[ "$(lily artifact cat one/count.n)" = 3 ]
	touch bad
	go run w.lily.yaml
	expect 1
	failed=$(run_id)
	rm bad
	lily run -q parts/count.lily.yaml
	lily retry -q "$failed"
	[ "$(lily artifact cat one/count.n)" = 4 ]
	[ "$(lily artifact cat two/in/count.n)" = 4 ]
	go fsck --bytes
	expect 0
}

@test "previous: a sub-workflow that cannot do without says so, unless it may be skipped" {
	counters
	sed -i 's/, optional: true//' parts/count.lily.yaml
	go run w.lily.yaml
	expect 3
	has "$stderr" "parts/count.lily.yaml:9:"
	has "$stderr" 'no run of "counters" that could leave one/count.n has succeeded yet'
	sed -i '/^  one:/d; s/in: { a: .*steps.one.out.n }}", /in: { /' w.lily.yaml
	go run w.lily.yaml
	expect 3
	has "$stderr" 'leave two/in/count.n'
	sed -i 's|both.lily.yaml }|both.lily.yaml, if: "false" }|; /^  sum/d' w.lily.yaml
	lily run -q w.lily.yaml
}

@test "previous: which items there are is not known when it is decided" {
	counters
	sed -i 's|  two: { |  two: { foreach: [ 1 ], |' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" "w.lily.yaml:5:"
	has "$output" "parts/both.lily.yaml takes in what an earlier run left (in/count.n)"
	has "$output" "hand that over by \`in\`"
}
