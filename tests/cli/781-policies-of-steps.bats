load setup.bash

# Policies of steps: what a step that names one can do, what it cannot, and what the record says.

# The workflow of one step, on standard input its script. Usage: flow POLICY [MORE]
flow() {
	{
		printf 'lily: 1\n%s\nsteps:\n  a:\n    policy: %s\n    run: |\n' "${2:-}" "$1"
		sed 's/^/      /'
	} >w.lily.yaml
}

repository() {
	git init -q . && mkdir -p src && echo one >src/one
}

@test "a step under the default policy writes the workspace, and not what git would run" {
	repository
	flow default <<'SH'
echo two >src/two
(! echo evil 2>/dev/null >.git/hooks/pre-commit)
(! mv .git elsewhere 2>/dev/null)
(! echo evil 2>/dev/null >>.git/config)
SH
	go run
	expect 0
	[[ $(cat src/two) == two ]]
	wont test -e .git/hooks/pre-commit
	test -d .git
}

@test "a step under the default policy has a /tmp of its own, no network, and sees no home" {
	echo secret >"$HOME/secret"
	mine=$(mktemp /tmp/lily-story-XXXXXX)
	flow default <<SH
(! test -e "$mine")
(! test -e "$HOME/secret")
echo x >"$mine-own" && test -s "$mine-own"
test "\$(ls /sys/class/net 2>/dev/null | grep -vc '^lo\$')" = 0 || test -z "\$(cat /proc/net/route 2>/dev/null | tail -n +2)"
(! /usr/bin/python3 -c 'import socket; socket.create_connection(("127.0.0.1", 1), 1)')
SH
	go run
	rm -f "$mine"
	expect 0
	wont test -e "$mine-own"
}

@test "a named policy opens what it lists for writing, and what it denies is not there" {
	repository
	echo key >.env
	flow agent 'policies: { agent: { write: [ src ], deny: [ .env ] } }' <<'SH'
echo two >src/two
(! echo no 2>/dev/null >outside)
(! test -s .env)
SH
	go run
	expect 0
	test -e src/two
	wont test -e outside
	[[ $(cat .env) == key ]]
}

@test "what names no policy is held to the default, and none is the way out" {
	echo seen >"$HOME/file"
	cat >w.lily.yaml <<YAML
lily: 1
steps:
  held: { run: '! test -e "$HOME/file"', gates: { g: { run: '! test -e "$HOME/file"' } } }
  free: { run: 'test -e "$HOME/file"', policy: none, gates: { g: { run: 'test -e "$HOME/file"' } } }
gates: { last: { run: '! test -e "$HOME/file"' } }
finally: { end: { run: '! test -e "$HOME/file"' } }
YAML
	go run
	expect 0
	go events --json
	[[ $(grep attempt.submitted <<<"$output" | grep -c '"policy":{"name":"default"') -ge 2 ]]
	[[ $(grep attempt.submitted <<<"$output" | grep -c '"policy":{"name":"none"') == 1 ]]
	sed -i 's/, policy: none//; s/! test/test/g; s/^steps/defaults: { policy: none }\nsteps/' w.lily.yaml
	go run
	expect 0
}

@test "a file says what its own default is" {
	echo seen >"$HOME/file"
	cat >w.lily.yaml <<YAML
lily: 1
policies: { default: { read: [ /, "$HOME/file" ] } }
steps:
  a: { run: 'test -e "$HOME/file"' }
  use: { workflow: inner.yaml }
YAML
	cat >inner.yaml <<YAML
lily: 1
steps: { a: { run: 'test -e "$HOME/file"' }, b: { run: '! test -e "$HOME/file"', policy: { net: allow } } }
YAML
	go run w.lily.yaml
	expect 0
}

@test "what is used is held to what holds its user, also where nobody says that" {
	echo seen >"$HOME/file"
	cat >inner.yaml <<YAML
lily: 1
steps: { a: { run: 'test -e "$HOME/file"', policy: none } }
YAML
	printf 'lily: 1\nsteps: { use: { workflow: inner.yaml } }\n' >w.lily.yaml
	go run w.lily.yaml
	expect 1
	printf 'lily: 1\nsteps: { use: { workflow: inner.yaml, policy: none } }\n' >w.lily.yaml
	go run w.lily.yaml
	expect 0
}

@test "nothing changed is said in a word only under the same default" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps: { a: { run: 'echo >>ran; echo x >"$LILY_OUT/o"', out: { o: {} } } }
YAML
	for _ in 1 2 3 4; do
		lily run -q
	done
	has "$(lily events --json)" visits.reused
	[[ $(wc -l <ran) == 1 ]]
	printf 'lily: 1\npolicies: { default: { deny: [ .env ] } }\n' >lily-policy.yaml
	lily run -q
	[[ $(wc -l <ran) == 2 ]]
}

@test "the record says what an attempt was held to" {
	flow agent 'policies: { agent: { write: [ . ] } }' <<<true
	go run
	expect 0
	go events --json
	submitted=$(grep attempt.submitted <<<"$output")
	has "$submitted" '"policy":{"name":"agent","sha256":"'
	flow none <<<true
	go run
	expect 0
	go events --json
	has "$(grep attempt.submitted <<<"$output")" '"policy":{"name":"none"'
}

@test "a policy that cannot be held is refused before there is a run" {
	for policy in '{ limits: { disk: 1Gi } }' \
		'{ max_diff: { files: 1 } }' '{ trace: exec }'; do
		flow "$policy" <<<'touch ran'
		go run
		expect 5
		clause=${policy#\{ }
		has "$stderr" "${clause%%:*}"
	done
	wont test -e ran
	go list --json
	hasnt "$output" run_id
}

@test "no variable is handed over that a policy with env does not list" {
	export SECRET_TOKEN=s3cr3t-t0ken PLAIN=plain
	for key in 'pass_env: [ SECRET_TOKEN ]' 'env: { SECRET_TOKEN: x }' 'secrets: { SECRET_TOKEN: env }'; do
		cat >w.lily.yaml <<YAML
lily: 1
secrets: { SECRET_TOKEN: { env: SECRET_TOKEN } }
policies: { p: { env: [ PLAIN ] } }
steps:
  a: { policy: p, $key, run: touch ran }
YAML
		go run
		expect 5
		has "$stderr" "step a: policy \"p\": \"${key%%:*}\" hands over SECRET_TOKEN, which \"env\" does not list"
	done
	wont test -e ran
	cat >w.lily.yaml <<'YAML'
lily: 1
policies: { p: { env: [ PLAIN ] } }
steps:
  a: { policy: p, pass_env: [ PLAIN ], run: 'test "$PLAIN" = plain && test -z "${SECRET_TOKEN:-}" && test -n "$PATH" && test -n "$LILY_OUT"' }
YAML
	go run
	expect 0
}

@test "what best effort cannot hold is said and recorded" {
	flow '{ limits: { disk: 1Gi }, enforce: best_effort }' <<<'touch ran'
	go run
	expect 0
	has "$stderr" 'limits (disk) is unenforced'
	go events --json
	has "$(grep attempt.submitted <<<"$output")" '"policy":{"degraded":true,'
}

@test "check finds what is wrong with policies and with what names them" {
	flow agnt 'policies: { agent: { wirte: [ src ] } }' <<<true
	go check
	expect 3
	has "$output" 'there is no policy "agnt"'
	has "$output" 'unknown key "wirte"; did you mean "write"?'
	go run
	expect 3
}

@test "a step is reused only under the policy that it ran under" {
	cat >w.lily.yaml <<'YAML'
lily: 1
policies: { a: { write: [ . ], read: [ / ] } }
steps:
  make: { run: 'date +%N >"$LILY_OUT/x"', out: { x: { type: text } }, cache: true, policy: a }
YAML
	go run
	expect 0
	go run --json
	has "$output" step.reused
	sed -i 's/write: \[ . \]/write: [ src ]/; s/read/deny: [ .env ], read/' w.lily.yaml
	mkdir -p src
	go run --json
	hasnt "$output" step.reused
	go run --json
	has "$output" step.reused
	echo 'policies: { default: { deny: [ .other ] } }' | sed '1i lily: 1' >lily-policy.yaml
	go run --json
	hasnt "$output" step.reused
}

@test "a gate runs under its own policy, or else under that of its step" {
	echo seen >"$HOME/file"
	cat >w.lily.yaml <<YAML
lily: 1
steps:
  a:
    run: "true"
    policy: default
    gates:
      as-step: { run: '! test -e "$HOME/file"' }
      own: { run: 'test -e "$HOME/file"', policy: none }
  b:
    run: 'test -e "$HOME/file"'
    policy: none
    gates: { held: { run: '! test -e "$HOME/file"', policy: default } }
YAML
	go run
	expect 0
}

@test "what comes to be that a policy denies is a violation" {
	flow '{ deny: [ .env ] }' <<<'echo x >.env'
	go run
	expect 5
	has "$stderr$output" '.env came to be while it ran, which `deny` of policy'
	go show --json
	has "$output" '"violation"'
}

@test "a step under a policy keeps its state" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a:
    policy: default
    state: true
    retry: { attempts: 2, backoff: 1ms }
    run: 'test -e "$LILY_STATE/was" || { touch "$LILY_STATE/was" && exit 1; }'
YAML
	go run
	expect 0
}

@test "retry and resume hold steps to their policy" {
	flow default <<SH
test -e go
(! test -e "$HOME/secret")
SH
	echo x >"$HOME/secret"
	go run
	expect 1
	touch go
	go retry
	expect 0
	go events --json
	has "$(grep attempt.submitted <<<"$output")" '"policy":{"name":"default"'
}

@test "the steps of a sub-workflow are also held to what holds its user" {
	echo seen >"$HOME/file"
	cat >inner.yaml <<YAML
lily: 1
steps: { a: { run: '! test -e "$HOME/file"', policy: none }, b: { run: '! test -e "$HOME/file"' } }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps: { use: { workflow: inner.yaml, policy: default } }
YAML
	go run w.lily.yaml
	expect 0
}

@test "as an ordinary user, steps are held likewise" {
	[[ $(id -u) -eq 0 ]] || skip "the others run as one"
	setpriv --reuid=65534 --regid=65534 --clear-groups true || skip "no setpriv"
	repository
	flow default <<'SH'
echo two >src/two
(! echo evil 2>/dev/null >.git/hooks/pre-commit)
SH
	chown -R 65534:65534 "$T"
	chmod 755 "$T"
	run --separate-stderr setpriv --reuid=65534 --regid=65534 --clear-groups lily run
	expect 0
	[[ $(cat src/two) == two ]]
}

@test "a step under a policy starts in its folder, and in none that a link leads out to" {
	mkdir -p deep/er && ln -s deep/er inside && ln -s /usr outside
	cat >w.lily.yaml <<'YAML'
lily: 1
defaults: { policy: default }
steps:
  plain: { cwd: deep/er, run: 'test "${PWD##*/}" = er' }
  inside: { cwd: inside, run: 'test "$(/bin/pwd)" = "$LILY_WORKSPACE/deep/er"' }
YAML
	go run
	expect 0
	printf '  outside: { cwd: outside, run: "true" }\n' >>w.lily.yaml
	go run
	expect 1
	has "$stderr" outside
	go logs outside
	hasnt "$output" /usr
}

@test "hooks that git finds behind a link are kept, and the link is" {
	repository
	rm -r .git/hooks && mkdir hooks && ln -s ../hooks .git/hooks
	flow default <<'SH'
(! echo evil 2>/dev/null >hooks/pre-commit)
(! echo evil 2>/dev/null >.git/hooks/pre-commit)
SH
	go run
	expect 0
	flow default <<<'rm .git/hooks && mkdir .git/hooks'
	go run
	expect 5
	has "$stderr" '.git/hooks was replaced while it ran, which `protect` of policy default forbids'
	has "$stderr" 'make it the link again that it was'
}

# Fails unless the step a was ended for what it had too much of. Usage: exceeds WORDS
exceeds() {
	go run
	expect 5
	has "$stderr" "a failed"
	has "$stderr" "$1, which \`limits\` of its policy allow"
	go events --json
	has "$(grep attempt.rejected <<<"$output")" '"class":"violation"'
	/usr/bin/python3 -c '
import json, sys
ended = [e for e in map(json.loads, sys.stdin) if e["type"] == "attempt.submitted"]
assert len(ended) == 1, "it was tried again"' <<<"$output"
}

@test "too many processes at once end the step" {
	flow '{ limits: { processes: 20 } }' <<'SH'
for i in $(seq 60); do sleep 60 & done
wait
SH
	if [[ $(id -u) -eq 0 ]]; then
		exceeds 'it had more than 20 processes at once'
	else
		# The kernel counts them itself, in the user namespace of the lane.
		go run
		expect 1
	fi
	flow '{ limits: { processes: 20 } }' <<'SH'
for i in $(seq 5); do sleep 0.2 & done
wait
SH
	go run
	expect 0
}

@test "the processor time of all processes together is bounded" {
	flow '{ limits: { cpu: 1s } }' <<'SH'
for i in 1 2 3 4; do
	/usr/bin/python3 -c 'while True: pass' &
done
wait
SH
	exceeds 'it took more than 1.0s of processor time'
	# Also of what ended before it was looked at.
	flow '{ limits: { cpu: 10ms } }' <<'SH'
/usr/bin/python3 -c 'sum(range(3000000))'
SH
	exceeds 'it took more than 10ms of processor time'
}

@test "the memory of all processes together is bounded, and what they share counts once" {
	flow '{ limits: { memory: 200Mi } }' <<'SH'
for i in 1 2 3; do
	/usr/bin/python3 -c '
import time
b = bytearray(90 << 20)
time.sleep(60)' &
done
wait
SH
	exceeds 'it took more than 200Mi of memory'
	flow '{ limits: { memory: 200Mi } }' <<'SH'
/usr/bin/python3 -c '
import os, time
b = bytearray(90 << 20)
children = []
for i in range(4):
    pid = os.fork()
    if pid == 0:
        time.sleep(0.5)
        os._exit(0)
    children.append(pid)
for pid in children:
    os.waitpid(pid, 0)'
SH
	go run
	expect 0
}

@test "of what is printed no more is kept than limits say, and all is counted" {
	flow '{ limits: { output: 40k } }' <<'SH'
seq 100000
SH
	go run
	expect 0
	go show @last/a --json
	/usr/bin/python3 -c '
import json, sys
log = json.load(sys.stdin)["step_list"][0]["attempts"][0]["log"]
assert log["stdout_bytes"] == 588895 and log["size"] < 60000, log' <<<"$output"
}
