load setup.bash

# Attempts to pass unchecked. Whoever can write into the workspace, and runs at the same time, is held by
# nothing here but by what is looked at again; what writes into the store behind lily's back is not tried.

sound() {
	go fsck --bytes
	expect 0
}

# Runs, until it asks.
run_quietly() {
	lily run --no-wait --quiet || [[ $? -eq 6 ]]
}

# "SUCCEEDED a=succeeded b=failed …" of the newest run.
states() {
	json "$(lily show --steps --json)" 'd["status"] + " " + " ".join(s["step"] + "=" + s["state"] for s in d["step_list"])'
}

@test "a program that is replaced while its gate waits leaves no key under which that would be reused" {
	cat >w.lily.yaml <<'YAML'
lily: 1
parallel: 1
steps:
  make:
    run: echo bad >"$LILY_OUT/m"
    out: { m: { type: text } }
    cache: true
    gates:
      first: { run: 'cp check.sh kept; printf "#!/bin/sh\nmv kept check.sh\n" >evil; chmod +x evil; mv evil check.sh', in: { m: "${{ steps.make.out.m }}" } }
      tests: { exec: [ ./check.sh, "${{ in.m }}" ], in: { m: "${{ steps.make.out.m }}" } }
  use: { run: touch used, in: { m: "${{ steps.make.out.m }}" } }
YAML
	printf '#!/bin/sh\ngrep -q good "$1"\n' >check.sh
	chmod +x check.sh
	go run
	expect 4
	has "$stderr" 'gate tests: its program changed after it was looked at'
	[[ ! -e used ]]
	# What it has left in the meantime is what judges now.
	grep -q good check.sh
	sed -i '/first:/d' w.lily.yaml
	go run
	expect 4
	has "$stderr" 'gate tests: exit status 1'
	[[ ! -e used ]]
	sound
}

@test "a step that replaces the program of its gate: what it left is what judged, and is no key for another" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make:
    run: 'echo bad >"$LILY_OUT/m"; [ ! -e evil ] || cp evil check.sh'
    out: { m: { type: text } }
    cache: true
    gates: { tests: { exec: [ ./check.sh, "${{ in.m }}" ], in: { m: "${{ steps.make.out.m }}" } } }
YAML
	printf '#!/bin/sh\ngrep -q good "$1"\n' >check.sh
	cp check.sh good.sh
	printf '#!/bin/sh\nexit 0\n' >evil
	chmod +x check.sh evil good.sh
	# Nothing but walls keeps a step from writing there; but it does not last.
	go run
	expect 0
	cp good.sh check.sh
	rm evil
	go run
	expect 4
	[[ $(states) == "failed make=failed" ]]
	sound
}

@test "a foreach without items has nothing that its gates could judge; a gate of the run can" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  list: { run: 'echo "[]" >"$LILY_OUT/l"', out: { l: { type: json } } }
  each: { foreach: { in: steps.list.out.l }, run: 'echo 1 >"$LILY_OUT/o"', out: { o: { type: json } }, gates: { g: { run: exit 1 } } }
  use: { run: touch used, in: { o: "${{ steps.each.out.o }}" } }
YAML
	go run
	expect 0
	[[ $(states) == "succeeded list=succeeded each=succeeded use=succeeded" ]]
	# Whoever wants a result asks for one.
	cat >>w.lily.yaml <<'YAML'
gates: { some: { after: each, expr: "length(steps.each.out.o) > 0" } }
YAML
	go run
	expect 4
	sound
}

@test "max_failed lets items of another file fail, not what needs the one that a gate rejected" {
	cat >part.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: 'echo 1 >"$LILY_OUT/o"', out: { o: null }, continue_on_error: true, gates: { g: { run: exit 1 } } }
  z: { run: touch z, needs: [ a ] }
outputs: { o: "${{ steps.a.out.o }}" }
routes: [ { id: pass, when: { status: failed }, then: continue } ]
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml, continue_on_error: true }
  each: { foreach: { in: [ 1, 2 ], max_failed: 1 }, workflow: part.lily.yaml }
  all: { foreach: { in: [ 1, 2 ], max_failed: "100%" }, workflow: part.lily.yaml }
  behind: { run: touch behind, needs: [ part ] }
  reads: { run: touch reads, in: { o: "${{ steps.all.out.o }}" } }
  many: { run: touch many, needs: [ each ] }
YAML
	go run w.lily.yaml
	expect 4
	[[ ! -e z && ! -e behind && ! -e many ]]
	[[ $(json "$(lily show --steps --json)" '{s["step"]: s["state"] for s in d["step_list"]}["each/0/a"]') == failed ]]
	sound
}

@test "an artifact that is swapped after its gate: what was judged is what goes on" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a:
    run: 'echo good >f; ( sleep 0.2; echo evil >f ) & exec 3<>"$LILY_OUT/o"; echo good >&3; ( sleep 0.2; echo evil >&3 ) &'
    out: { f: { path: f }, o: { type: text } }
    gates: { g: { run: 'grep -q good "$LILY_IN/f"; grep -q good "$LILY_IN/o"; echo evil >f; echo evil 2>/dev/null >"$LILY_IN/f" || :; echo evil 2>/dev/null >"$LILY_IN/o" || :', in: { f: "${{ steps.a.out.f }}", o: "${{ steps.a.out.o }}" } } }
  b: { run: 'cat "$LILY_IN/f" "$LILY_IN/o" >got; sleep 0.4', in: { f: "${{ steps.a.out.f }}", o: "${{ steps.a.out.o }}" } }
YAML
	go run
	expect 0
	[[ $(cat got) == $'good\ngood' ]]
	[[ $(lily artifact cat "$(json "$(lily artifact list --json)" '[a["artifact_id"] for a in d if a["role"] == "output" and a["name"] == "f"][0]')") == good ]]
	sound
}

@test "a label belongs to the visit that it was granted in, also of a foreach and its items" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  n: { run: 'echo x >>n; wc -l <n >"$LILY_OUT/o"', out: { o: { type: json } } }
  a: { foreach: [ 1 ], run: 'true', needs: [ n ] }
  b: { run: 'echo same >"$LILY_OUT/o"', in: { o: "${{ steps.n.out.o }}" }, out: { o: { type: text } }, gates: { g: { run: 'test "$(wc -l <n)" -lt 2', in: { o: "${{ steps.b.out.o }}" }, grants: { o: ok }, required: false } } }
  look: { run: 'test "$(wc -l <n)" -ge 2', needs: [ a, b ] }
  takes: { run: touch taken, in: { o: "${{ steps.b.out.o }}" }, accepts: { o: [ ok ] }, needs: [ look ] }
  list: { run: touch listed, in: { o: "${{ steps.n.out.o }}" }, accepts: { o: [ early ] }, needs: [ look ] }
gates:
  early: { after: [ n ], in: { o: "${{ steps.n.out.o }}" }, run: 'grep -q 1 "$LILY_IN/o"', grants: { n.o: early }, required: false }
routes: [ { id: r, when: { step: look, status: failed }, then: { goto: n }, times: 3 } ]
YAML
	go run
	expect 1
	[[ $(wc -l <n) == 2 && ! -e taken && ! -e listed ]]
	[[ $(states) == "failed n=succeeded a=succeeded b=succeeded look=succeeded takes=failed list=failed "* ]]
	sound
}

@test "a word about an item is for the visit in which it was asked" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  n: { run: 'echo x >>n; echo "[1]" >"$LILY_OUT/o"', out: { o: { type: json } } }
  a: { foreach: { in: steps.n.out.o, key: index }, human: { ask: "ok?" } }
  look: { run: 'test "$(wc -l <n)" -ge 2', needs: [ a ] }
  c: { run: touch done, needs: [ look ] }
routes: [ { id: r, when: { step: look, status: failed }, then: { goto: n }, times: 3 } ]
YAML
	go run --no-wait
	expect 6
	local first second
	first=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	go approve a/0
	expect 6
	second=$(json "$(lily inbox --json)" 'd["questions"][0]["request"]')
	[[ $first != "$second" ]]
	go approve --request "$first" a/0
	[[ $status -ne 0 && ! -e done ]]
	has "$stderr" 'something else is asked by now'
	go approve --request "$second" a/0
	expect 0
	[[ -e done ]]
	sound
}

@test "a gate whose result cannot be kept has not passed" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make:
    run: 'echo made >"$LILY_OUT/m"'
    out: { m: { type: text } }
    gates: { g: { run: 'head -c 3000000 /dev/zero | tr "\0" x; exit 0' } }
  use: { run: touch used, needs: [ make ] }
YAML
	# No file may grow beyond that: neither its log nor the object of it.
	run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 1000; exec lily run'
	[[ $status -ne 0 ]]
	[[ ! -e used ]]
	[[ $(json "$(lily artifact list --json)" 'len([a for a in d if a["role"] == "output"])') == 0 ]]
	go resume
	if [[ $status -ne 0 ]]; then go retry; fi
	expect 0
	[[ -e used ]]
	sound
}

@test "what judged alone accepts nothing" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  make: { run: 'echo made >"$LILY_OUT/m"', out: { m: { type: text } }, cache: true, gates: { g: { run: '[ -e fine ]', in: { m: "${{ steps.make.out.m }}" } } } }
  use: { run: touch used, in: { m: "${{ steps.make.out.m }}" } }
YAML
	go run
	expect 4
	local failed
	failed=$(json "$(lily show --json)" 'd["run_id"]')
	touch fine
	go gate run "$failed"
	[[ ! -e used ]]
	[[ $(json "$(lily artifact list --json "$failed")" 'len([a for a in d if a["role"] == "output"])') == 0 ]]
	rm fine
	go retry "$failed"
	expect 4
	go run
	expect 4
	[[ ! -e used ]]
	sound
}

@test "no step says what people say, of its own run or of another workspace that nobody drives" {
	mkdir "$T/other"
	cat >"$T/other/w.lily.yaml" <<'YAML'
lily: 1
steps: { look: { human: { ask: "Good?" } } }
YAML
	(cd "$T/other" && run_quietly)
	cat >w.lily.yaml <<'YAML'
lily: 1
params: { bin: {}, home: {}, other: {} }
steps:
  look: { human: { ask: "Good?" } }
  trick:
    policy: none
    env: { BIN: "${{ params.bin }}", XDG_STATE_HOME: "${{ params.home }}", OTHER: "${{ params.other }}" }
    run: |
      here=$PWD
      try() { # all ways to be called, of which none may work
        ! "$BIN/lily" "$@" 2>>"$here/said" || echo "$*" >>"$here/worked"
        ! setsid -w "$BIN/lily" "$@" 2>>"$here/said" || echo "setsid $*" >>"$here/worked"
        ! env -i XDG_STATE_HOME="$XDG_STATE_HOME" PATH="$BIN:$PATH" sh -c '"$0" "$@"' "$BIN/lily" "$@" 2>>"$here/said" || echo "env $*" >>"$here/worked"
      }
      for there in "$here" "$OTHER"; do
        cd "$there"
        try approve look --no-wait
        try reject look --no-wait
        try answer look 3 --no-wait
        try settle look --done
      done
YAML
	go run --no-wait -p bin="$T/bin" -p home="$XDG_STATE_HOME" -p other="$T/other"
	expect 6
	[[ ! -e worked ]]
	[[ $(grep -c 'from inside a step' said) == 24 ]]
	[[ $(json "$(lily inbox --json)" 'len(d["questions"])') == 1 ]]
	[[ $(json "$(cd "$T/other" && lily inbox --json)" 'len(d["questions"])') == 1 ]]
	sound
}
