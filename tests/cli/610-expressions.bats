load setup.bash

# The output `o` of step `s` of the last run.
said() {
	lily artifact cat "@last/$1.$2"
}

@test "expressions stand in argv, env, paths and in; alone they keep their kind" {
	workflow <<'YAML'
lily: 1
params:
  who: { type: string, default: world }
  list: { type: array, default: [ a, 3.10, true ] }
steps:
  make:
    run: |
      echo '{"risk": "high", "version": 3.10, "items": [1, 2]}' >"$LILY_OUT/r"
      printf 'hello\nthere\n' >"$LILY_OUT/t"
      printf '{"n":1}\n{"n":2}\n' >"$LILY_OUT/l"
    out: { r: { type: json }, t: { type: text }, l: { type: jsonl } }
  use:
    exec:
      - sh
      - -c
      - 'printf "%s|" "$@" "$E" >"$LILY_OUT/o"; cat "$LILY_IN/m" >"$LILY_OUT/m"; cat "$LILY_IN/v" >"$LILY_OUT/v"'
      - sh
      - "${{ steps.make.out.r.risk }}"
      - "v${{ steps.make.out.r.version }}"
      - "${{ steps.make.out.t }}"
      - "${{ steps.make.out.l[1].n }}"
      - "${{ length(steps.make.out.r.items) }}"
      - "${{ steps.make.out.r.risk == 'high' && 'careful' || 'fine' }}"
      - "${{ join(params.list, '+') }}"
      - "${{ contains(params.list, 'a') && params.who != 'me' }}"
      - "${{ steps.make.status }}/${{ steps.make.exit }}/${{ steps.make.attempts }}/${{ attempt }}"
      - "${{ default(steps.make.error, 'none') }}"
      - "${{ env.E }}"
    env: { E: "${{ startsWith(params.who, 'w') }}" }
    in:
      m: "${{ steps.make.out.r.items }}"
      v: { value: { who: "${{ params.who }}", items: "${{ steps.make.out.r.items }}", note: "<${{ steps.make.out.r.version }}>" } }
    out: { o: { type: text }, m: { type: json }, v: { type: json } }
YAML
	go run
	expect 0
	[[ $(said use o) == "high|v3.10|hello
there|2|2|careful|a+3.10+true|true|succeeded/0/1/1|none|true|true|" ]]
	[[ $(said use m) == "[1,2]" ]]
	[[ $(said use v) == '{"who":"world","items":[1,2],"note":"<3.10>"}' ]]
}

@test "params are put in when the plan is made, and what is known with them" {
	workflow <<'YAML'
lily: 1
params: { level: { type: integer, default: 3.0 }, tags: { type: array, default: [ x, 1.5 ] } }
steps:
  a:
    exec: [ echo, "${{ params.level > 2 && 'deep' || 'flat' }}", "${{ contains(params.tags, steps.b.out.t) }}" ]
  b: { run: x, out: { t: { type: text } } }
YAML
	go plan --json
	expect 0
	has "$output" '"deep"'
	has "$output" "contains(['x', 1.5], steps.b.out.t)"
}

@test "digest: of an artifact its own, of a directory too, of a value what it would have" {
	workflow <<'YAML'
lily: 1
steps:
  make:
    run: 'printf x >"$LILY_OUT/f"; mkdir "$LILY_OUT/d"; printf x >"$LILY_OUT/t"'
    out: { f: { type: file }, d: { type: dir }, t: { type: text } }
  use:
    exec: [ sh, -c, 'printf "%s\n" "$@" >"$LILY_OUT/o"', sh, "${{ digest(steps.make.out.f) }}",
      "${{ digest(in.f) == digest(steps.make.out.f) }}", "${{ digest('x') == digest(steps.make.out.t) }}",
      "${{ startsWith(digest(steps.make.out.d), 'sha256:') }}" ]
    in: { f: "${{ steps.make.out.f }}" }
    out: { o: { type: text } }
YAML
	go run
	expect 0
	[[ $(said use o) == "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881
true
true
true" ]]
}

@test "if: a step whose condition is false is skipped, and what needs it goes on" {
	workflow <<'YAML'
lily: 1
params: { deploy: { type: boolean, default: false } }
steps:
  test: { run: 'echo 7 >"$LILY_OUT/n"', out: { n: { type: json } } }
  big: { run: 'exit 9', if: steps.test.out.n > 10 }
  small: { run: 'true', if: "${{ steps.test.out.n <= 10 }}" }
  deploy: { run: 'exit 9', if: params.deploy }
  never: { run: 'exit 9', if: false }
  after: { run: 'true', needs: [ big, small, deploy, never ] }
YAML
	go run
	expect 0
	has "$stderr" "3 succeeded"
	has "$stderr" "3 skipped"
	has "$(lily show)" "skipped"
	go fsck
	expect 0
}

@test "if asks how a step ended without needing it to succeed" {
	workflow <<'YAML'
lily: 1
steps:
  try: { run: 'exit 4', retry: { attempts: 2, backoff: 0s } }
  mend:
    if: steps.try.status == 'failed' && steps.try.exit == 4
    exec: [ sh, -c, 'printf %s "$1" >"$LILY_OUT/o"', sh, "${{ steps.try.error }} after ${{ steps.try.attempts }}" ]
    out: { o: { type: text } }
  celebrate: { run: 'exit 9', if: steps.try.status == 'succeeded' }
YAML
	go run
	expect 1
	[[ $(said mend o) == "exit after 2" ]]
	has "$stderr" "1 skipped"
	go fsck
	expect 0
}

@test "a step with a false if is skipped, not blocked, where what it reads was skipped too" {
	workflow <<'YAML'
lily: 1
params: { full: { type: boolean, default: false } }
steps:
  check: { run: 'echo false >"$LILY_OUT/c"', out: { c: { type: json } } }
  build: { run: 'echo x >"$LILY_OUT/o"', if: steps.check.out.c, out: { o: { type: text } } }
  use:
    exec: [ echo, "${{ steps.build.out.o }}" ]
    if: steps.check.out.c
  instead:
    exec: [ sh, -c, 'printf %s "$1" >"$LILY_OUT/o"', sh, "${{ default(steps.build.out.o, 'nothing') }}" ]
    out: { o: { type: text } }
  blocked: { exec: [ echo, "${{ steps.build.out.o }}" ] }
YAML
	go run
	expect 1
	[[ $(said instead o) == nothing ]]
	has "$stderr" "2 skipped"
	has "$stderr" "1 blocked"
	has "$(lily check 2>&1)" '"steps.build.out.o" may be absent, and then the step cannot start; write default(a, b)'
}

@test "an if that cannot be worked out is the step's failure" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: 'echo "{\"n\": \"x\"}" >"$LILY_OUT/o"', out: { o: { type: json } } }
  b: { run: 'true', if: steps.a.out.o.n > 1 }
  c: { run: 'true', if: steps.a.out.o.m == 1 }
YAML
	go run
	expect 1
	has "$stderr" "if: \${{ steps.a.out.o.n > 1 }}: the text 'x' and the number 1 have no order"
	has "$stderr" 'the member "m" is not there; write default(a, b)'
	has "$stderr" "2 failed"
}

@test "outputs of a workflow are expressions, shown at the end and in show" {
	workflow <<'YAML'
lily: 1
params: { v: { type: string, default: "1.10" } }
outputs:
  file: "${{ steps.a.out.f }}"
  risk: "${{ steps.a.out.r.risk }}"
  list: "${{ steps.a.out.r.list }}"
  version: "${{ params.v }}"
  digest: "${{ digest(steps.a.out.f) }}"
  maybe: "${{ steps.a.out.o }}"
  fallback: "${{ default(steps.a.out.o, 'none') }}"
steps:
  a:
    run: |
      printf x >"$LILY_OUT/f"
      echo '{"risk": "low", "list": [1.50]}' >"$LILY_OUT/r"
    out: { f: { type: file }, r: { type: json }, o: { type: text, optional: true } }
YAML
	go run
	expect 0
	for name in file risk list version digest fallback; do
		has "$output" "$name"
	done
	hasnt "$output" "maybe"
	[[ $(json "$(lily show --json)" 'len(d["outputs"])') == 6 ]]
	[[ $(lily artifact cat "$(json "$(lily show --json)" '[o for o in d["outputs"] if o["name"]=="risk"][0]["artifact_id"]')") == low ]]
	[[ $(lily artifact cat "$(json "$(lily show --json)" '[o for o in d["outputs"] if o["name"]=="list"][0]["artifact_id"]')") == "[1.50]" ]]
	go fsck
	expect 0
}

@test "values too large or of the wrong kind fail the step and say the cure" {
	workflow <<'YAML'
lily: 1
steps:
  a:
    run: |
      head -c 70000 /dev/zero | tr '\0' x >"$LILY_OUT/big"
      echo '{"l": [1], "n": null}' >"$LILY_OUT/o"
    out: { big: { type: text }, o: { type: json } }
  alone: { exec: [ echo, "${{ steps.a.out.big }}" ] }
  part: { exec: [ echo, "x-${{ default(steps.a.out.big, 'y') }}" ] }
  list: { exec: [ echo, "${{ steps.a.out.o.l }}" ] }
  null: { exec: [ echo, "${{ steps.a.out.o.n }}" ] }
  long: { exec: [ echo, "${{ length(steps.a.out.big) }}" ] }
YAML
	go run
	expect 1
	has "$stderr" "4 failed"
	has "$stderr" "2 succeeded"
	lily show >show
	has "$(lily show alone; lily show part; lily show list; lily show null)" "in.NAME"
}

@test "check finds wrong names, kinds and places, each at its line and column" {
	workflow <<'YAML'
lily: 1
params: { n: { type: integer, default: 1 } }
steps:
  a: { run: x, out: { f: { type: file }, t: { type: text } } }
  b:
    exec:
      - "${{ params.m }}"
      - "${{ params.n == '1' }}"
      - "text ${{ steps.a.out.t == 'x' && steps.a.out.f }} more"
      - "${{ steps.a.out.t + 1 }}"
      - "${{ always() }}"
    if: steps.a.out.x == 1
    in: { q: "${{ steps.c.out.t }}" }
YAML
	go check
	expect 3
	has "$output$stderr" ':7:14: error: step "b": there is no param "m"' || has "$output$stderr" ':7:14'
	has "$output$stderr" ":8:23"
	has "$output$stderr" ":9:43"
	has "$output$stderr" "a file and cannot be put into"
	has "$output$stderr" ":10:28"
	has "$output$stderr" "no arithmetic"
	has "$output$stderr" "write needs: { STEP: finished }"
	has "$output$stderr" ":12:9"
	has "$output$stderr" ":13:19"
}
