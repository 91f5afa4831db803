load setup.bash

@test "the whole environment of a step is what the manual says, and nothing else" {
	workflow <<'YAML'
lily: 1
env: { OF_WORKFLOW: "1" }
pass_env: [ PASSED, NOT_THERE ]
steps:
  plain: { exec: [ env, -0 ], out: { env: { from: stdout } } }
  rich:
    exec: [ env, -0 ]
    env: { OF_STEP: two words, TZ: Europe/Berlin }
    state: true
    out: { env: { from: stdout } }
YAML
	PASSED=yes SECRET_OF_CALLER=no LANG=de_DE LILY_STEP=forged go run -q
	expect 0
	python3 - "$(lily artifact path plain.env)" "$(lily artifact path rich.env)" "$PATH" "$PWD" \
		"$(json "$(lily show --json)" 'd["run_id"]')" "$(id -un)" <<'PY'
import hashlib, re, sys
plain, rich, path, workspace, run, user = sys.argv[1:]
def read(file):
    entries = open(file, "rb").read().decode().split("\0")
    assert entries.pop() == ""
    names = [e.split("=", 1)[0] for e in entries]
    assert len(names) == len(set(names)), names
    return dict(e.split("=", 1) for e in entries)
def key(step):
    return hashlib.sha256(f"{run}/{step}//1".encode()).hexdigest()
def check(env, step, **more):
    slot = re.fullmatch(r"(.*/runs/" + run + r"/slots/[0-9]+)/home", env["HOME"]).group(1)
    want = dict(PATH=path, HOME=slot + "/home", TMPDIR=slot + "/tmp", USER=user, LOGNAME=user,
        SHELL="/bin/sh", LANG="C.UTF-8", TZ="UTC", TERM="dumb", OF_WORKFLOW="1", PASSED="yes",
        LILY_RUN_ID=run, LILY_STEP=step, LILY_ATTEMPT="1", LILY_WORKSPACE=workspace,
        LILY_IN=env["LILY_IN"], LILY_OUT=slot + "/out", LILY_IDEMPOTENCY_KEY=key(step))
    assert env["LILY_IN"] in (slot + "/in", slot + "/memory"), env["LILY_IN"]
    want.update(more)
    assert env == want, {k: (env.get(k), want.get(k)) for k in env.keys() | want.keys()
        if env.get(k) != want.get(k)}
check(read(plain), "plain")
env = read(rich)
state = env["LILY_STATE"]
assert state.endswith(f"/runs/{run}/state/rich"), state
check(env, "rich", OF_STEP="two words", TZ="Europe/Berlin", LILY_STATE=state)
PY
}

@test "home and temporary folder are the step's own and empty" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'touch "$HOME/.rc" "$TMPDIR/t"; ls -A "$HOME" "$TMPDIR" | wc -l' }
  b: { run: '[[ -z $(ls -A "$HOME") && -z $(ls -A "$TMPDIR") && $(stat -c %a "$HOME") == 700 ]]', needs: [ a ] }
YAML
	go run -q --parallel 1
	expect 0
}

@test "cwd: a folder of the workspace, also one that a step made or a param names" {
	mkdir -p sub/deep "with space"
	printf '#!/bin/sh\necho here\n' >sub/deep/tool
	chmod +x sub/deep/tool
	workflow <<'YAML'
lily: 1
params: { dir: { type: string, default: with space } }
steps:
  make: { run: mkdir made; printf made >"$LILY_OUT/name", out: { name: { type: text } } }
  plan: { run: pwd -P, cwd: sub/deep, out: { where: { from: stdout, type: text } } }
  made: { run: pwd -P, cwd: "./${{ steps.make.out.name }}/", out: { where: { from: stdout, type: text } } }
  param: { run: pwd -P, cwd: "${{ params.dir }}", out: { where: { from: stdout, type: text } } }
  tool: { exec: [ ./tool ], cwd: sub/deep }
  root: { run: pwd -P, cwd: ., out: { where: { from: stdout, type: text } } }
  file: { run: echo x >f.txt, cwd: sub, out: { f: { path: sub/f.txt } } }
YAML
	go run -q
	expect 0
	[[ $(lily artifact cat plan.where) == "$PWD/sub/deep" ]]
	[[ $(lily artifact cat made.where) == "$PWD/made" ]]
	[[ $(lily artifact cat param.where) == "$PWD/with space" ]]
	[[ $(lily artifact cat root.where) == "$PWD" ]]
	[[ $(lily artifact cat file.f) == x ]]
	[[ $(lily logs tool) == here ]]
	lily plan --json | python3 -c 'import json, sys
steps = {s["name"]: s for s in json.load(sys.stdin)["steps"]}
assert steps["plan"]["cwd"] == "sub/deep" and "cwd" not in steps["make"]'
}

@test "cwd: no way out of the workspace, by dots, param or link" {
	mkdir "$T/outside" inside
	ln -s "$T/outside" out
	ln -s inside in
	workflow <<'YAML'
lily: 1
params: { dir: { type: string, default: out } }
steps:
  s: { run: pwd -P, cwd: "${{ params.dir }}" }
YAML
	go run -q
	expect 1
	has "$stderr" "cwd out leads out of the workspace by a link"
	go run -q -p dir=in
	expect 0
	[[ $(lily logs s) == "$PWD/inside" ]]
	go run -q -p dir=../x
	expect 3
	has "$stderr" "../x"
	go run -q -p dir=/tmp
	expect 3
	go run -q -p dir=missing
	expect 1
	has "$stderr" "cwd missing does not exist"
	touch file
	go run -q -p dir=file
	expect 1
	has "$stderr" "cwd file is no folder"
}

@test "cwd: what a step's output says is checked, too" {
	workflow <<'YAML'
lily: 1
steps:
  name: { run: printf ../up >"$LILY_OUT/name", out: { name: { type: text } } }
  s: { run: pwd, cwd: "${{ steps.name.out.name }}" }
YAML
	go run -q
	expect 1
	has "$stderr" 'cwd "../up" leads out of the workspace'
}

@test "workspace: none starts in an empty folder that is gone afterwards" {
	touch visible
	workflow <<'YAML'
lily: 1
defaults: { workspace: none }
steps:
  s:
    run: |
      [[ -z $(ls -A) && -z ${LILY_WORKSPACE+set} && -w . ]]
      cat "$LILY_IN/data"
      echo kept >"$LILY_OUT/o"
      echo lost >here
      mkdir dir && chmod 0 dir
      pwd -P
    in: { data: { path: visible } }
    out: { o: }
  again: { run: '[[ -z $(ls -A) ]]', needs: [ s ] }
  live: { run: '[[ -e visible && $PWD == "$LILY_WORKSPACE" ]]', workspace: live }
YAML
	go run -q --parallel 1
	expect 0
	[[ $(lily artifact cat s.o) == kept ]]
	wont test -e "$(lily logs s)"
	wont test -e here
}

@test "state: survives attempts, not the run; stays where the run failed" {
	workflow <<'YAML'
lily: 1
steps:
  count:
    run: |
      echo x >>"$LILY_STATE/tries"
      n=$(wc -l <"$LILY_STATE/tries")
      [[ $n == "$LILY_ATTEMPT" ]]
      (( n >= 3 ))
    state: true
    retry: { attempts: 3, backoff: 10ms }
  other: { run: '[[ -z $(ls -A "$LILY_STATE") ]]', state: true, needs: [ count ] }
  none: { run: '[[ -z ${LILY_STATE+set} ]]' }
YAML
	go run -q
	expect 0
	wont ls -d "$T"/state/lily/*/runs/*/state
	sed -i 's/>= 3/>= 4/' w.lily.yaml
	go run -q
	expect 1
	[[ $(wc -l <"$(echo "$T"/state/lily/*/runs/*/state/count/tries)") == 3 ]]
	go fsck
	expect 0
}

@test "state: survives kill -9 and resume" {
	workflow <<'YAML'
lily: 1
steps:
  s:
    run: |
      if [[ -e $LILY_STATE/mark ]]; then echo found; exit 0; fi
      touch "$LILY_STATE/mark" begun
      sleep 60
    state: true
YAML
	lily run -q >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	kill -9 "$driver"
	wait "$driver" || true
	go resume -q
	expect 0
	[[ $(lily logs s) == found ]]
	wont ls -d "$T"/state/lily/*/runs/*/state
	go fsck
	expect 0
}

@test "a plan with surroundings is valid by its schema" {
	mkdir sub
	workflow <<'YAML'
lily: 1
defaults: { workspace: none }
params: { dir: { type: string, default: sub } }
steps:
  a: { run: "true", workspace: live, cwd: "${{ params.dir }}", state: true }
  b: { run: "true" }
YAML
	lily plan --json >plan.json
	go schema validate --schema plan.v1 plan.json
	expect 0
}

@test "stdin: text, a value, an artifact of any size" {
	head -c 3000000 /dev/urandom >big
	workflow <<'YAML'
lily: 1
params: { who: { type: string, default: world }, list: { type: array, default: [ 1, two ] } }
inputs: { given: { path: big } }
steps:
  make: { run: 'printf "a\nb\n" >"$LILY_OUT/o"; cat big >"$LILY_OUT/b"; printf "{\"k\": 1}" >"$LILY_OUT/j"', out: { o: { type: text }, b: { type: file }, j: { type: json } } }
  text: { exec: [ cat ], stdin: "hello\n" }
  block:
    exec: [ cat ]
    stdin: |
      line one
      line two
  param: { exec: [ cat ], stdin: "${{ params.who }}" }
  list: { exec: [ cat ], stdin: "${{ params.list }}" }
  value: { exec: [ cat ], stdin: { a: [ 1, yes ] } }
  number: { exec: [ cat ], stdin: 42 }
  artifact: { exec: [ cat ], stdin: "${{ steps.make.out.o }}" }
  json: { exec: [ cat ], stdin: "${{ steps.make.out.j }}" }
  big: { exec: [ sha256sum ], stdin: "${{ steps.make.out.b }}" }
  input: { exec: [ sha256sum ], stdin: "${{ inputs.given }}" }
  beside: { run: 'cat - "$LILY_IN/x"; ls -A "$LILY_IN"', stdin: "in\n", in: { x: { value: y } } }
  none: { exec: [ cat ] }
  closed: { run: '[[ $(stat -Lc %a /dev/fd/0) == 444 ]] && ! echo x >&0', stdin: "read only" }
YAML
	go run -q
	expect 0
	[[ $(lily logs text; echo .) == $'hello\n.' ]]
	[[ $(lily logs block) == $'line one\nline two' ]]
	[[ $(lily logs param) == world ]]
	[[ $(lily logs list) == '[1,"two"]' ]]
	[[ $(lily logs value) == '{"a":[1,"yes"]}' ]]
	[[ $(lily logs number) == 42 ]]
	[[ $(lily logs artifact) == $'a\nb' ]]
	[[ $(lily logs json) == '{"k": 1}' ]]
	[[ $(lily logs big) == "$(sha256sum <big)" && $(lily logs input) == "$(sha256sum <big)" ]]
	[[ $(lily logs beside) == $'in\nyx' ]]
	[[ -z $(lily logs none) ]]
	lily plan --json >plan.json
	go schema validate --schema plan.v1 plan.json
	expect 0
	has "$(lily show artifact --json)" '"stdin"'
	go fsck
	expect 0
}

@test "stdin: makes an edge; what is no file or does not exist is said" {
	workflow <<'YAML'
lily: 1
steps:
  late: { exec: [ cat ], stdin: "${{ steps.early.out.d }}" }
  opt: { exec: [ cat ], stdin: "${{ steps.early.out.o }}" }
  early: { run: 'mkdir "$LILY_OUT/d"', out: { d: , o: { optional: true } } }
YAML
	go run
	expect 1
	has "$stderr" "stdin: a directory cannot be read"
	has "$stderr" '"o" was not made'
}
