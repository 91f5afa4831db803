load setup.bash

# `env`, `pass_env` and `secrets` of gates.

ran() {
	sort ran 2>/dev/null | tr '\n' ' '
	rm -f ran
}

statuses() {
	json "$(lily show "$1" --json)" '[(g["gate"], g["status"]) for g in d["step_list"][0]["attempts"][-1]["gates"]]'
}

@test "a gate finds variables of its own beside those of the workflow, and its step does not" {
	export LEVEL=high OTHER=other
	workflow <<'YAML'
lily: 1
params: { who: { default: world } }
env: { ALL: all, SHARED: workflow }
steps:
  s:
    run: '[ -z "${MINE+x}${LEVEL+x}" ]; [ "$SHARED" = workflow ]; echo made >"$LILY_OUT/o"'
    env: { STEPS: own }
    out: { o: { type: text } }
    gates:
      g:
        run: |
          [ "$MINE" = "hello world" ]
          [ "$READS" = "$LILY_IN/o" ]
          [ "$VALUE" = made ]
          [ "$ALL $SHARED $LEVEL" = "all gate high" ]
          [ -z "${STEPS+x}${OTHER+x}" ]
        env: { MINE: "hello ${{ params.who }}", SHARED: gate, READS: "${{ in.o }}", VALUE: "${{ steps.s.out.o }}" }
        pass_env: [ LEVEL ]
      bare: { run: '[ "$SHARED" = workflow ]; [ -z "${MINE+x}${LEVEL+x}" ]' }
gates:
  whole:
    exec: [ sh, -c, '[ "$FROM" = made ]' ]
    env: { FROM: "${{ steps.s.out.o }}" }
YAML
	go run
	expect 0
	[[ $(statuses s) == "[('bare', 'passed'), ('g', 'passed')]" ]]
	go gate run @last
	expect 0
}

@test "variables of a gate are part of its key, and of nothing else's" {
	export LEVEL=1
	cat >w.lily.yaml <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  s:
    run: echo step >>ran; echo x >"$LILY_OUT/o"
    out: { o: { type: text } }
    gates:
      g: { run: 'echo "gate $WORD $LEVEL" >>ran', in: { o: "${{ steps.s.out.o }}" }, env: { WORD: a }, pass_env: [ LEVEL ] }
      h: { run: 'echo other >>ran', in: { o: "${{ steps.s.out.o }}" } }
YAML
	go run w.lily.yaml
	expect 0
	[[ $(ran) == "gate a 1 other step " ]]
	go run w.lily.yaml
	expect 0
	[[ $(ran) == "" ]]
	LEVEL=2
	go run w.lily.yaml
	expect 0
	[[ $(ran) == "gate a 2 " ]]
	sed -i 's/WORD: a/WORD: b/' w.lily.yaml
	go run w.lily.yaml
	expect 0
	[[ $(ran) == "gate b 2 " ]]
	go run w.lily.yaml
	expect 0
	[[ $(ran) == "" ]]
}

@test "a gate that is given secrets judges each time" {
	export TOKEN=a-secret-value
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
secrets: { TOKEN: { env: TOKEN } }
steps:
  s:
    run: echo step >>ran; echo x >"$LILY_OUT/o"
    out: { o: { type: text } }
    gates: { g: { run: '[ "$TOKEN" = a-secret"-value" ]; echo gate >>ran', in: { o: "${{ steps.s.out.o }}" }, secrets: [ TOKEN ] } }
YAML
	go run
	expect 0
	[[ $(ran) == "gate step " ]]
	go run
	expect 0
	[[ $(ran) == "gate " ]]
}

@test "what a gate cannot be given is said when the file is read" {
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
steps:
  s:
    run: "true"
    out: { o: { type: text } }
    gates:
      a: { run: "true", secrets: [ TOKN ] }
      b: { run: "true", env: { LILY_X: a } }
      c: { run: "true", pass_env: [ "a b" ] }
      d: { expr: "true", env: { A: a } }
      e: { expr: "true", pass_env: [ A ] }
      f: { expr: "true", secrets: [ TOKEN ] }
YAML
	go check
	expect 3
	has "$output$stderr" 'gate "a": secrets: there is no secret "TOKN"; did you mean "TOKEN"?'
	has "$output$stderr" 'gate "b": names that begin with LILY_ are set by lily'
	has "$output$stderr" 'gate "c": pass_env: "a b"'
	for key in env pass_env secrets; do
		has "$output$stderr" "\`$key\` goes with \`run\` and \`exec\`: nothing else runs a program"
	done
}

@test "a gate of another file is given the secrets that are handed over to that" {
	export TOKEN=a-secret-value
	cat >part.lily.yaml <<'YAML'
lily: 1
secrets: { INNER: { env: NOT_THIS } }
steps:
  s: { run: "true", gates: { g: { run: '[ "$INNER" = a-secret"-value" ]', secrets: [ INNER ] } } }
gates: { whole: { run: '[ "$INNER" = a-secret"-value" ]', secrets: [ INNER ] } }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
steps:
  one: { workflow: part.lily.yaml, secrets: { INNER: TOKEN } }
YAML
	go run w.lily.yaml
	expect 0
	sed -i 's/, secrets: { INNER: TOKEN }//' w.lily.yaml
	go check w.lily.yaml
	expect 3
	has "$output" 'step "one": step "s" of part.lily.yaml takes the secret "INNER", which is not handed over: secrets: [ INNER ]'
}

@test "a gate hands over no variable that its policy does not list" {
	export TOKEN=a-secret-value
	for key in 'pass_env: [ TOKEN ]' 'env: { TOKEN: x }' 'secrets: { TOKEN: env }'; do
		cat >w.lily.yaml <<YAML
lily: 1
secrets: { TOKEN: { env: TOKEN } }
policies: { p: { env: [ PLAIN ] } }
steps:
  a: { run: touch ran, gates: { g: { run: touch ran, policy: p, $key } } }
YAML
		go run
		expect 5
		has "$stderr" "step a: gate g: policy \"p\": \"${key%%:*}\" hands over TOKEN, which \"env\" does not list"
	done
	# What the whole file has is handed over, too, and to the gates of a step with that policy.
	cat >w.lily.yaml <<'YAML'
lily: 1
env: { TOKEN: x }
policies: { p: { env: [ PLAIN ] } }
steps:
  a: { run: touch ran, gates: { g: { run: touch ran, policy: p } } }
YAML
	go run
	expect 5
	has "$stderr" 'step a: gate g: policy "p": "env" hands over TOKEN'
	[[ ! -e ran ]]
	sed -i 's/TOKEN: x/PLAIN: x/; s/touch ran, policy/"[ $PLAIN = x ]", policy/' w.lily.yaml
	go run
	expect 0
}
