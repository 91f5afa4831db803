load setup.bash

VALUE='s3cr3t/v@lue+"7"'

# Fails where a value, in any form that lily knows, stands in a file of the store or of the workspace's own
# lily files. Objects are files or rows of the database, so all bytes are looked at. Usage: nowhere [VALUE]
nowhere() {
	python3 - "$T/state" "${1:-$VALUE}" <<'PY'
import base64, json, os, sys, urllib.parse
top, value = sys.argv[1], sys.argv[2].encode()
forms = {value, json.dumps(value.decode())[1:-1].encode(), value.hex().encode(),
    urllib.parse.quote(value, safe="").encode()}
for n in range(3):
    whole = base64.b64encode(b"x" * n + value)
    forms.add(whole[(8 * n + 5) // 6:8 * (n + len(value)) // 6])
files = 0
for folder, _, names in os.walk(top):
    for name in names:
        path = os.path.join(folder, name)
        files += 1
        data = open(path, "rb").read() if os.path.isfile(path) else b""
        for form in forms:
            assert form not in data and form not in path.encode(), (form, path)
assert files
PY
}

@test "a secret from a variable, a file and a program, as variables and files" {
	export HERE=$VALUE
	printf '%s\n' "of a file, two\$words" >"$T/home/token"
	printf 'relative value\n' >rel
	printf '#!/bin/sh\necho printed by $0 && echo "line two"\n' >tool
	chmod +x tool
	workflow <<'YAML'
lily: 1
secrets:
  HERE: { env: HERE }
  HOMEFILE: { file: ~/token }
  REL: { file: rel }
  PROGRAM: { exec: [ ./tool, arg ] }
  cert.pem: { exec: [ printf, '%s\n', "-----BEGIN X-----", first line of it, "-----END X-----" ] }
steps:
  s:
    run: |
      check() { [[ $1 == "$2" ]] || { echo "no: $3"; exit 1; }; }
      check "$(printf %s "$HERE" | sha256sum)" "@SHA@  -" HERE
      check "$HOMEFILE" 'of a file, two$words' HOMEFILE
      check "$(wc -l <<<"$PROGRAM")" 2 PROGRAM
      check "$(stat -c %a "$LILY_SECRETS")" 500 mode
      check "$(stat -c %a "$LILY_SECRETS/cert.pem")" 400 mode
      check "$(ls "$LILY_SECRETS")" $'REL\ncert.pem' files
      check "$(wc -l <"$LILY_SECRETS/cert.pem")" 3 cert.pem
      check "$(wc -c <"$LILY_SECRETS/REL")" 15 REL
    secrets: { HERE: env, HOMEFILE: env, PROGRAM: env, REL: file, cert.pem: file }
  bare: { run: '[[ -z ${HERE+x}${LILY_SECRETS+x} ]] && ! ls -A "$(dirname "$LILY_IN")"/memory | grep .', needs: [ s ] }
YAML
	sed -i "s/@SHA@/$(printf %s "$VALUE" | sha256sum | cut -c1-64)/" w.lily.yaml
	go run -q --parallel 1
	expect 0
	nowhere
	nowhere "relative value"
}

@test "what a step says is shown without its secrets, however it is written" {
	export TOKEN=$VALUE
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
steps:
  plain: { run: 'echo "a $TOKEN b"; echo "$TOKEN" >&2', secrets: [ TOKEN ] }
  pieces: { run: 'for ((i = 0; i < ${#TOKEN}; i++)); do printf %s "${TOKEN:i:1}"; sleep 0.03; done; echo', secrets: [ TOKEN ] }
  encoded:
    run: |
      printf %s "$TOKEN" | base64
      printf 'user:%s' "$TOKEN" | base64
      printf 'x%s' "$TOKEN" | base64 -w 0; echo
      printf %s "$TOKEN" | od -An -tx1 | tr -d ' \n'; echo
      python3 -c 'import json, os, urllib.parse; print(json.dumps(dict(os.environ)), urllib.parse.quote(os.environ["TOKEN"]))'
    secrets: [ TOKEN ]
  switch:
    run: |
      head -c 65500 /dev/zero | tr '\0' x
      for i in {1..40}; do printf '%s' "$TOKEN"; done
      head -c 70000 /dev/zero | tr '\0' y
      printf '%s\n' "$TOKEN"
    secrets: [ TOKEN ]
  end: { run: 'printf "%s" "${TOKEN%?}"', secrets: [ TOKEN ] }
  fails: { run: 'echo "because of $TOKEN" >&2; exit 3', secrets: [ TOKEN ] }
YAML
	go run
	expect 1
	hasnt "$output$stderr" "$VALUE"
	[[ $(lily logs plain --stream stdout) == "a [secret TOKEN] b" ]]
	[[ $(lily logs plain --stream stderr) == "[secret TOKEN]" ]]
	[[ $(lily logs pieces) == "[secret TOKEN]" ]]
	[[ $(lily logs encoded | grep -o "secret TOKEN" | wc -l) == 6 ]]
	[[ $(lily logs switch | grep -o "\[secret TOKEN\]" | wc -l) == 41 ]]
	[[ $(lily logs end) == "${VALUE%?}" ]]
	has "$stderr" "because of [secret TOKEN]"
	nowhere
}

@test "an output that holds a secret fails its attempt, is never tried again and not kept" {
	export TOKEN=$VALUE
	head -c 600000 /dev/urandom >big
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
defaults: { retry: { attempts: 3, backoff: 1ms } }
steps:
  file: { run: 'echo "$TOKEN" >"$LILY_OUT/o"', secrets: [ TOKEN ], out: { o: } }
  json: { run: 'python3 -c "import json, os; print(json.dumps({chr(97): os.environ[\"TOKEN\"]}))" >"$LILY_OUT/o"', secrets: [ TOKEN ], out: { o: { type: json } } }
  big: { run: '{ cat big; printf %s "$TOKEN" | base64; cat big; } >"$LILY_OUT/o"', secrets: [ TOKEN ], out: { o: { type: file } } }
  path: { run: 'echo "$TOKEN" >left', secrets: [ TOKEN ], out: { o: { path: left } } }
  stdout: { run: 'echo "$TOKEN"', secrets: [ TOKEN ], out: { o: { from: stdout, type: text } } }
  bigout: { run: 'cat big; echo "$TOKEN"; cat big', secrets: [ TOKEN ], out: { o: { from: stdout } } }
  dir: { run: 'mkdir -p "$LILY_OUT/o/a/b"; echo "$TOKEN" >"$LILY_OUT/o/a/b/c"', secrets: [ TOKEN ], out: { o: { type: dir } } }
  name: { run: 'mkdir -p "$LILY_OUT/o/$(printf %s "$TOKEN" | od -An -tx1 | tr -d " \n")"', secrets: [ TOKEN ], out: { o: { type: dir } } }
  link: { run: 'mkdir "$LILY_OUT/o"; ln -s "$TOKEN" "$LILY_OUT/o/l"', secrets: [ TOKEN ], out: { o: { type: dir } } }
  clean: { run: 'echo fine >"$LILY_OUT/o"', secrets: [ TOKEN ], out: { o: } }
YAML
	go run --json
	expect 1
	for step in file json big path stdout bigout dir name link; do
		[[ $(json "$(lily show "$step" --json)" '[(a["state"], a["class"]) for a in d["step_list"][0]["attempts"]]') \
			== "[('rejected', 'secret')]" ]]
	done
	[[ $(lily artifact cat clean.o) == fine ]]
	has "$(lily show file)" "holds the value of secret TOKEN"
	nowhere
	go fsck
	expect 0
}

@test "what a later step or an input brings of a secret is not kept either" {
	export TOKEN=$VALUE
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
steps:
  leak: { run: 'echo "$TOKEN" >left; mkdir -p tree; echo "$TOKEN" >tree/x', secrets: [ TOKEN ] }
  says: { run: cat left, needs: [ leak ] }
  takes: { run: "true", in: { f: { path: left } }, needs: [ leak ] }
  tree: { run: "true", in: { t: { tree: tree } }, needs: [ leak ] }
YAML
	go run
	expect 1
	[[ $(lily logs says) == "[secret TOKEN]" ]]
	has "$stderr" "input f: it holds the value of secret TOKEN"
	has "$stderr" "input t: it holds the value of secret TOKEN"
	nowhere
}

@test "kill -9: nothing is left, not even of a file, and resume hands it over again" {
	export TOKEN=$VALUE
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
steps:
  s:
    run: |
      cat "$LILY_SECRETS/TOKEN"
      if [[ -e begun ]]; then exit 0; fi
      sleep 0.5
      printf %s "$(cat "$LILY_SECRETS/TOKEN")"
      touch begun
      sleep 60
    secrets: { TOKEN: file }
YAML
	lily run -q >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	python3 - "$VALUE" <<'PY'
import os, sys
value = sys.argv[1].encode()
mine = {os.getpid(), os.getppid()}
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        argv = open(f"/proc/{pid}/cmdline", "rb").read()
    except OSError:
        continue
    assert int(pid) in mine or value not in argv or b"python3" in argv or b"bats" in argv, argv
PY
	kill -9 "$driver"
	wait "$driver" || true
	sleep 0.2
	nowhere
	go resume -q
	expect 0
	[[ $(lily logs s) == "[secret TOKEN]" ]]
	nowhere
	go fsck
	expect 0
}

@test "a secret that cannot be had is said before the step starts" {
	workflow <<'YAML'
lily: 1
secrets:
  UNSET: { env: NOT_SET_AT_ALL }
  FILE: { file: missing }
  FAILS: { exec: [ sh, -c, "exit 3" ] }
  NOPROGRAM: { exec: [ no-such-program-here ] }
  SHORT: { exec: [ echo, 1234567 ] }
  HUGE: { exec: [ head, -c, "100000", /dev/zero ] }
  NUL: { exec: [ printf, 'abcdefgh\0ijk' ] }
steps:
  unset: { run: touch started, secrets: [ UNSET ], retry: { attempts: 3, backoff: 1ms } }
  file: { run: touch started, secrets: [ FILE ] }
  fails: { run: touch started, secrets: [ FAILS ] }
  noprogram: { run: touch started, secrets: [ NOPROGRAM ] }
  short: { run: touch started, secrets: [ SHORT ] }
  huge: { run: touch started, secrets: { HUGE: file } }
  nul: { run: touch started, secrets: [ NUL ] }
  nulfile: { run: '[[ $(wc -c <"$LILY_SECRETS/NUL") == 12 ]]', secrets: { NUL: file } }
  other: { run: "true" }
YAML
	go run
	expect 1
	has "$stderr" "secret UNSET: the variable NOT_SET_AT_ALL is not set where lily was started; export it"
	has "$stderr" "secret FILE:"
	has "$stderr" "secret FAILS: sh: it ended with exit status 3"
	has "$stderr" "secret NOPROGRAM:"
	has "$stderr" "secret SHORT: the value has 7 bytes; a secret has at least 8"
	has "$stderr" "secret HUGE:"
	has "$stderr" "secret NUL: the value contains a NUL byte"
	wont test -e started
	[[ $(json "$(lily show unset --json)" 'len(d["step_list"][0]["attempts"])') == 1 ]]
	[[ $(json "$(lily show nulfile --json)" 'd["step_list"][0]["state"]') == succeeded ]]
}

@test "wrong forms of secrets, with their place and advice" {
	wrong() {
		printf 'lily: 1\n%s\n' "$1" >w.lily.yaml
		go check
		expect 3
		has "$stderr$output" "$2"
		has "$stderr$output" "$3"
	}
	wrong $'secrets: { T: { env: T } }\nsteps: { s: { run: x, secrets: [ TT ] } }' \
		':3:34:' 'there is no secret "TT"; did you mean "T"?'
	wrong $'steps: { s: { run: x, secrets: [ T ] } }' ':2:34:' 'declare it: secrets: { T: { env: … } }'
	wrong $'secrets: { T: {} }\nsteps: { s: { run: x } }' ':2:15:' 'needs exactly one of env (a variable), file and exec'
	wrong $'secrets: { T: { env: A, file: b } }\nsteps: { s: { run: x } }' ':2:15:' 'needs exactly one'
	wrong $'secrets: { T: plain }\nsteps: { s: { run: x } }' ':2:15:' 'must say where its value is'
	wrong $'secrets: { T: { env: "A B" } }\nsteps: { s: { run: x } }' ':2:22:' "is not a variable's name"
	wrong $'secrets: { T: { exec: [] } }\nsteps: { s: { run: x } }' ':2:23:' 'is empty'
	wrong $'secrets: { T: { exec: [ "${{ params.x }}" ] } }\nsteps: { s: { run: x } }' ':2:26:' 'cannot be used in exec of a secret'
	wrong $'secrets: { a.b: { env: T } }\nsteps: { s: { run: x, secrets: [ a.b ] } }' ':3:34:' '{ a.b: file }'
	wrong $'secrets: { T: { env: T } }\nsteps: { s: { run: x, secrets: { T: variable } } }' ':3:37:' 'is handed over as env or file'
	wrong $'secrets: { T: { env: T } }\nsteps: { s: { run: x, secrets: [ T, T ] } }' ':3:37:' '"T" is there twice'
	wrong $'secrets: { T: { vault: T } }\nsteps: { s: { run: x } }' ':2:17:' 'unknown key "vault"'
}

@test "a plan names secrets and holds no value; a run without secrets has none of it" {
	export TOKEN=$VALUE
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN }, F: { file: ~/f }, X: { exec: [ printf, "%s", 12345678 ] } }
steps:
  a: { run: "true", secrets: { TOKEN: env, F: file } }
  b: { run: "true", secrets: [ X, TOKEN ] }
YAML
	lily plan --json >plan.json
	go schema validate --schema plan.v1 plan.json
	expect 0
	python3 - "$VALUE" <<'PY'
import json, sys
text = open("plan.json").read()
assert sys.argv[1] not in text
d = json.loads(text)
assert d["secrets"] == {"F": {"file": "~/f"}, "TOKEN": {"env": "TOKEN"}, "X": {"exec": ["printf", "%s", "12345678"]}}, d["secrets"]
assert d["steps"][0]["secrets"] == {"F": "file", "TOKEN": "env"}
assert d["steps"][1]["secrets"] == {"TOKEN": "env", "X": "env"}
PY
}

@test "a secret's file is in memory alone, also in a lane that is started for its policy" {
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
defaults: { policy: { deny: [ .env ] } }
steps:
  s:
    secrets: { TOKEN: file }
    run: test -s "$LILY_SECRETS/TOKEN" && test ! -e "${LILY_SECRETS%/*/*}/in/.secrets"
YAML
	TOKEN=$VALUE lily run -q
}

@test "a gate is given secrets: what it prints is hidden, what it leaves is refused" {
	export TOKEN=$VALUE
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
steps:
  prints:
    run: '[ -z "${TOKEN+x}" ]; echo x >"$LILY_OUT/o"'
    out: { o: { type: text } }
    gates:
      env: { run: 'echo "log $TOKEN"', secrets: [ TOKEN ] }
      file: { run: 'cat "$LILY_SECRETS/TOKEN"; [ -z "${TOKEN+x}" ]', secrets: { TOKEN: file } }
      bare: { run: '[ -z "${TOKEN+x}${LILY_SECRETS+x}" ]' }
  reason:
    run: "true"
    continue_on_error: true
    gates: { g: { run: 'echo "no: $TOKEN" >"$LILY_REASON"; exit 1', secrets: [ TOKEN ], required: false } }
  leaves:
    run: "true"
    gates: { g: { run: 'echo "$TOKEN" >"$LILY_OUT/file"', secrets: [ TOKEN ], required: false } }
  measures:
    run: "true"
    gates: { g: { run: 'echo "{\"$TOKEN\": 1}" >"$LILY_METRICS"', secrets: [ TOKEN ], required: false } }
  each: { foreach: [ a, b ], run: "true", gates: { g: { run: 'echo "$TOKEN"', secrets: [ TOKEN ] } } }
gates:
  whole: { run: 'echo "$TOKEN"', secrets: [ TOKEN ] }
YAML
	go run w.lily.yaml
	expect 0
	nowhere
	[[ $(lily logs prints --gates) == *"log [secret TOKEN]"* ]]
	found() { json "$(lily show "$1" --json)" '[(g["gate"], g["status"]) for g in d["step_list"][0]["attempts"][-1]["gates"]]'; }
	[[ $(found prints) == "[('bare', 'passed'), ('env', 'passed'), ('file', 'passed')]" ]]
	[[ $(found leaves) == "[('g', 'error')]" ]]
	[[ $(found measures) == "[('g', 'error')]" ]]
	go gate run @last
	expect 0
	nowhere
	# Without a value it has not passed, and says which it lacks.
	unset TOKEN
	go run w.lily.yaml
	expect 4
	has "$stderr" "TOKEN"
	nowhere
}
