load setup.bash

# lily shell: a program in a copy of an attempt.

made() {
	mkdir -p sub
	echo content >file.txt
	cat >w.lily.yaml <<'YAML'
lily: 1
params: { p: { type: string, default: v } }
secrets: { KEY: { env: THE_KEY }, CERT: { env: THE_KEY } }
pools: { gpu: 2 }
steps:
  one:
    run: |
      mkdir "$LILY_OUT/d"
      echo deep >"$LILY_OUT/d/f"
      echo '{"n": 3}' >"$LILY_OUT/j"
    out: { d: { type: dir }, j: { type: json } }
  two:
    run: env | sort >"$LILY_WORKSPACE/env.txt"; pwd >"$LILY_WORKSPACE/pwd.txt"
    cwd: sub
    in: { d: "${{ steps.one.out.d }}", j: "${{ steps.one.out.j }}", f: { path: file.txt }, t: { tree: sub }, g: { path: "sub/*" }, v: { value: [ 1, 2 ] } }
    env: { N: "${{ steps.one.out.j.n }}", P: "${{ params.p }}", F: "${{ in.f }}" }
    secrets: { KEY: env, CERT: file }
    pools: { gpu: 1 }
  never: { run: 'true', needs: [ bad ] }
  bad: { run: 'exit 7', needs: [ two ] }
YAML
	export THE_KEY=0123456789
	echo a >sub/a
	lily run -q || [ $? -eq 1 ]
}

@test "the environment is the step's, its inputs are there, outputs are its own" {
	made
	events=$(lily events --json | wc -l)
	go shell two -- sh -c 'env | sort; pwd >&2'
	expect 0
	# The places are others, all else is the same.
	places='^(HOME|TMPDIR|LILY_IN|LILY_OUT|LILY_SECRETS|F|_|PWD|OLDPWD|SHLVL)='
	diff <(grep -vE "$places" env.txt) <(grep -vE "$places" <<<"$output")
	has "$output" 'LILY_POOL_GPU='
	has "$output" 'KEY=0123456789'
	has "$stderr" "$(<pwd.txt)"
	go shell @last/two -- sh -c 'cat "$LILY_IN/d/f" "$LILY_IN/j" "$F" "$LILY_IN/t/a" "$LILY_IN/g/a" "$LILY_IN/v" "$LILY_SECRETS/CERT"; ls -A "$LILY_OUT" | wc -l; [ -d "$HOME" ] && touch "$LILY_OUT/left" "$TMPDIR/x"'
	expect 0
	[[ $output == $'deep\n{"n": 3}\ncontent\na\na\n[1,2]0123456789'0 ]]
	has "$stderr" 'a copy of attempt @2 of step two; nothing is recorded'
	has "$stderr" "it ran: bash -euo pipefail -c 'env | sort"
	has "$stderr" 'left in $LILY_OUT, and removed: left'
	[[ $(lily events --json | wc -l) == "$events" ]]
	[[ -z $(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'lily-shell-*' -newer w.lily.yaml) ]]
	lily fsck
}

@test "inputs are as they were, whatever the files are by now" {
	made
	echo changed >file.txt
	rm -r sub/a
	go shell two -- sh -c 'cat "$LILY_IN/f" "$LILY_IN/t/a"'
	expect 0
	[[ $output == $'content\na' ]]
}

@test "its exit status is that of the command" {
	made
	go shell bad -- sh -c 'exit 42'
	expect 42
	go shell bad -- sh -c 'kill -TERM $$'
	expect 143
	go shell bad -- no-such-program
	expect 3
	has "$stderr" 'no-such-program'
	[[ $(echo hello | lily shell bad -- cat 2>/dev/null) == hello ]]
}

@test "attempts, items, and what an attempt took in" {
	cat >w.lily.yaml <<'YAML'
lily: 1
schemas: { o.v1: o.json }
steps:
  again:
    run: if [ "$LILY_ATTEMPT" = 1 ]; then echo 1; else echo '"x"'; fi >"$LILY_OUT/o"
    out: { o: { schema: o.v1 } }
    retry: { attempts: 2, backoff: 10ms }
    stdin: typed
    state: true
  each:
    foreach: [ a, b ]
    run: 'true'
    needs: [ again ]
  none: { run: 'true', workspace: none, needs: [ again ] }
YAML
	echo '{ "type": "string" }' >o.json
	go run
	expect 0
	go shell again@1 -- sh -c 'echo $LILY_ATTEMPT ${LILY_FEEDBACK:-none}; cat "$LILY_IN/.stdin"; ls -A "$LILY_STATE"'
	expect 0
	[[ $output == $'1 none\ntyped' ]]
	go shell again -- sh -c 'echo $LILY_ATTEMPT; cat "$LILY_FEEDBACK"'
	expect 0
	has "$output" 'must be a string'
	[[ $output == 2* ]]
	go shell each/1 -- sh -c 'echo $LILY_ITEM $LILY_INDEX'
	expect 0
	[[ $output == 'b 1' ]]
	go shell each -- true
	expect 3
	has "$stderr" 'step each starts no program of its own; name one of its items'
	go shell none -- sh -c 'echo ${LILY_WORKSPACE:-unknown}; ls -A | wc -l'
	expect 0
	[[ $output == $'unknown\n0' ]]
}

@test "what cannot be copied is said" {
	made
	go shell never -- true
	expect 3
	has "$stderr" 'step never has not started in this run'
	rm file.txt
	go retry
	expect 1
	go shell two -- true
	expect 3
	has "$stderr" 'step two has not started in this run: there is nothing to copy (of what another run did'
	sed -i '/^  bad:/,$d; /^  never/d' w.lily.yaml
	lily run -q 2>/dev/null || [ $? -eq 1 ]
	go shell two -- true
	expect 3
	has "$stderr" 'step two: attempt @2 did not start, and took nothing in: input f: '
	go shell tow -- true
	expect 3
	has "$stderr" 'two'
	go shell two@99 -- true
	expect 3
	go shell 0000aaaa/two -- true
	expect 3
	go shell two </dev/null
	expect 2
	has "$stderr" 'a shell wants a terminal; say what to run instead: lily shell two -- CMD'
	go shell
	expect 2
}

@test "a secret that cannot be had is named" {
	made
	unset THE_KEY
	go shell two -- true
	expect 3
	has "$stderr" 'THE_KEY'
}

@test "beside a run that is driven by another process" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  slow: { run: 'touch began; until [ -e go ]; do sleep 0.05; done', env: { A: b } }
YAML
	lily run -q 2>/dev/null &
	until_true test -e began
	go shell slow -- sh -c 'echo $A'
	expect 0
	[[ $output == b ]]
	touch go
	wait $!
	run_status_is succeeded
}

@test "what it leaves running ends with it" {
	made
	go shell bad -- sh -c 'sleep 300 & echo $!'
	expect 0
	wont pgrep -f 'sleep 300$' -P 1
}

terminal() {
	TERM=dumb /usr/bin/python3 "$BATS_TEST_DIRNAME/terminal.py" "$@"
}

@test "on a terminal it is a shell with job control: Ctrl-C, Ctrl-Z, the size" {
	made
	run -5 env SHELL=/bin/sh TERM=dumb /usr/bin/python3 "$BATS_TEST_DIRNAME/terminal.py" --size 70x20 \
		--after 1:'echo $LILY_STEP-$TERM; stty size; sleep 300\r' --after 2.5:'\x03' \
		--after 3:'echo status $?; sleep 200\r' --after 4.5:'\x1a' --after 5:'jobs; kill -9 %1\r' \
		--after 6:'touch "$LILY_OUT/o"; exit 5\r' --after 7:'exit 5\r' -- "$LILY" shell bad
	has "$output" 'bad-xterm'
	has "$output" '20 70'
	has "$output" 'status 130'
	has "$output" 'Stopped'
	has "$output" 'left in $LILY_OUT, and removed: o'
	[[ -z $(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'lily-shell-*' -newer env.txt) ]]
}

@test "a command has the terminal, too, and Ctrl-C reaches it" {
	made
	run -130 terminal --after 1:'\x03' -- "$LILY" shell bad -- sleep 300
	run -0 terminal -- "$LILY" shell bad -- sh -c 'test -t 0 && test -t 1 && stty size && echo seen >/dev/tty'
	has "$output" seen
}

@test "in a scope: what it was given, under the names that it has for it" {
	mkdir -p parts
	workflow parts/part.lily.yaml <<'YAML'
lily: 1
params: { x: { type: string } }
secrets: { TOKEN: { env: ANY } }
steps:
  p: { env: { X: "${{ params.x }}" }, secrets: { TOKEN: file }, run: 'true' }
YAML
	workflow <<'YAML'
lily: 1
secrets: { MINE: { env: THE_KEY } }
steps:
  a: { run: 'echo given >"$LILY_OUT/v"', out: { v: { type: text } } }
  s: { workflow: parts/part.lily.yaml, with: { x: "${{ steps.a.out.v }}" }, secrets: { TOKEN: MINE } }
YAML
	export THE_KEY=0123456789
	lily run -q
	go shell s/p -- sh -c 'echo "$X"; ls "$LILY_SECRETS"'
	expect 0
	[ "$output" = "$(printf 'given\nTOKEN')" ]
	go shell s -- true
	expect 3
	has "$stderr" 'name one of its steps, s/STEP'
}

@test "in finally: how the rest had ended" {
	workflow <<'YAML'
lily: 1
steps: { bad: { run: exit 3 } }
finally: { tell: { env: { S: "${{ run.status }}" }, run: 'true' } }
YAML
	go run -q
	expect 1
	go shell tell -- sh -c 'echo "$S"'
	expect 0
	[ "$output" = failed ]
}

@test "a folder that is gone is what is missing, not the program" {
	workflow <<'YAML'
lily: 1
steps: { a: { cwd: d, run: 'true' } }
YAML
	mkdir d
	lily run -q
	rmdir d
	go shell a -- pwd
	[ "$status" -ne 0 ]
	has "$stderr" "cwd d does not exist"
	hasnt "$stderr" loader
}

@test "a shell is held by the policy of the attempt" {
	echo secret >"$HOME/secret"
	mkdir deep
	workflow <<'YAML'
lily: 1
policies: { narrow: { write: [ deep ] } }
steps:
  plain: { run: 'true' }
  narrow: { policy: narrow, run: 'true' }
  inner: { workspace: private, run: 'true' }
  open: { policy: none, run: 'true' }
  alone: { workspace: none, state: true, run: 'true' }
YAML
	go run -q
	expect 0
	go shell plain -- sh -c "echo x >here && ! cat '$HOME/secret' && ! test -e '$XDG_STATE_HOME/lily' -a -s '$XDG_STATE_HOME/lily' && ! echo x >/etc/lily-was-here && echo x >/tmp/mine && echo x >\"\$LILY_OUT/o\""
	expect 0
	test -s here
	go shell narrow -- sh -c 'echo x >deep/f && ! echo x >there'
	expect 0
	test -s deep/f
	wont test -e there
	go shell inner -- sh -c 'echo x >thrown && ! cat /etc/lily-was-here'
	expect 0
	wont test -e thrown
	go shell open -- cat "$HOME/secret"
	expect 0
	[ "$output" = secret ]
	go shell alone -- sh -c 'echo x >"$LILY_STATE/s" && echo x >here && pwd'
	expect 0
	if [[ $(id -u) -eq 0 ]]; then
		chown nobody .
		chmod 755 "$T" "$T/ws"
		go shell plain -- sh -c 'id -un; echo x >mine'
		expect 0
		[ "$output" = nobody ]
		go shell alone -- sh -c 'echo x >"$LILY_STATE/s" && echo x >here && id -un'
		expect 0
		[ "$output" = nobody ]
	fi
}
