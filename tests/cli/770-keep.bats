load setup.bash

# --keep: the folders of attempts stay as they left them, for people to look at.

# Where those of the newest run are.
kept() {
	json "$(lily show --json)" 'd["kept_in"]'
}

files() {
	(cd "$(kept)" && find . -mindepth 1 | LC_ALL=C sort | tr '\n' ' ')
}

two_steps() {
	workflow <<'YAML'
lily: 1
steps:
  make: { run: 'echo made >"$LILY_OUT/o"; echo t >"$TMPDIR/t"', out: { o: { type: text } } }
  use:
    run: 'pwd >"$HOME/where"; cp "$LILY_IN/i" "$LILY_OUT/part"; mkdir "$TMPDIR/d"; exit 3'
    in: { i: "${{ steps.make.out.o }}" }
    out: { part: }
YAML
}

@test "what a failed attempt took in, made and wrote lies where the last words say" {
	two_steps
	go run --keep
	expect 1
	[[ $(files) == "./1 ./1/home ./1/in ./1/out ./1/out/o ./1/tmp ./1/tmp/t ./2 ./2/home ./2/home/where ./2/in ./2/in/i ./2/out ./2/out/part ./2/tmp ./2/tmp/d " ]]
	has "$stderr" "kept in:   $(kept)/2"
	has "$stderr" "the folders of its attempts are kept in $(kept)"
	[[ $(cat "$(kept)/2/in/i") == made && $(cat "$(kept)/2/out/part") == made && $(cat "$(kept)/2/home/where") == "$PWD" ]]
	has "$(lily show)" "kept in   $(kept)"
	has "$(lily show use)" "kept in   $(kept)/2"
	go logs make
	[[ $stderr == "kept in: $(kept)/1" && -z $output ]]
	go logs @2
	[[ $stderr == "kept in: $(kept)/2" ]]
	[[ $(json "$(lily show use --json)" 'd["step_list"][0]["attempts"][0]["kept_in"]') == "$(kept)/2" ]]
	lily show --steps --json >run.json
	lily schema validate -q -s cli/run run.json
	go fsck
	expect 0
}

@test "what succeeded is an artifact, and lies there as well" {
	workflow <<'YAML'
lily: 1
steps:
  make:
    run: |
      head -c 100000 /dev/urandom >"$LILY_OUT/big"; echo s >"$LILY_OUT/small"; mkdir "$LILY_OUT/dir"
      echo x >"$LILY_OUT/dir/x"; echo said
    out: { big: , small: , dir: , said: { from: stdout } }
  none: { workspace: none, run: echo here >file }
YAML
	go run --keep -q
	expect 0
	has "$stderr" "the folders of its attempts are kept in $(kept)"
	local out
	out=$(kept)/$(json "$(lily show make --json)" 'd["step_list"][0]["attempts"][0]["attempt"]')/out
	cmp "$out/big" <(lily artifact cat make.big)
	[[ $(cat "$out/small") == s && $(cat "$out/dir/x") == x && $(cat "$out/said") == said ]]
	[[ $(cat "$(kept)"/*/tmp/workspace/file) == here ]]
	go fsck
	expect 0
	go artifact verify
	expect 0
}

@test "without it nothing stays" {
	two_steps
	go run
	expect 1
	hasnt "$stderr" kept
	[[ $(kept) == None ]]
	[[ -z $(find "$T/state" -path '*/runs/*/attempts*') ]]
	hasnt "$(lily show use)" kept
}

@test "each attempt has its own, items and retries too, and finds them empty" {
	workflow <<'YAML'
lily: 1
steps:
  again:
    run: '[[ -z $(ls -A "$HOME" "$TMPDIR" "$LILY_OUT" | grep -v :) ]] || exit 9; echo $LILY_ATTEMPT >"$TMPDIR/n"; exit 1'
    retry: { attempts: 3, backoff: 1ms }
  each:
    foreach: [ a, b, c, d ]
    run: '[[ ! -e $TMPDIR/k ]] && echo $LILY_ITEM >"$TMPDIR/k"'
YAML
	go run --keep -q -j 2
	expect 1
	[[ $(cat "$(kept)"/*/tmp/n | sort | tr -d '\n') == 123 ]]
	[[ $(cat "$(kept)"/*/tmp/k | sort | tr -d '\n') == abcd ]]
	go retry --keep
	expect 1
	[[ $(cat "$(kept)"/*/tmp/n | sort | tr -d '\n') == 123 ]]
	has "$stderr" "kept in:   $(kept)/"
	go run -q
	expect 1
	[[ $(kept) == None ]]
}

@test "the secrets that a step found as files are not kept, nor what ran beside the steps" {
	export TOKEN='s3cr3t/v@lue+"7"'
	printf 'touch "$LILY_OUT/judged"\n[[ $(cat "$LILY_IN/value") == 1 ]]\n' >judge.sh
	echo '{ "type": "integer" }' >s.json
	workflow <<'YAML'
lily: 1
secrets: { TOKEN: { env: TOKEN } }
schemas: { s.v1: { file: s.json, validators: [ { exec: [ bash, judge.sh ] } ] } }
notify: { run: touch "$TMPDIR/told", events: [ succeeded ] }
steps:
  s:
    run: 'cat "$LILY_SECRETS/TOKEN" >/dev/null; echo 1 >"$LILY_OUT/o"'
    secrets: { TOKEN: file }
    out: { o: { schema: s.v1 } }
    gates: { fine: { run: 'touch "$TMPDIR/gated"; [[ $(cat "$LILY_IN/o") == 1 ]]' } }
YAML
	go run --keep -q
	expect 0
	[[ $(files) == "./1 ./1/home ./1/in ./1/out ./1/out/o ./1/tmp " ]]
	wont grep -rqF "$TOKEN" "$T/state"
	[[ $(json "$(lily show --json)" '[n["class"] for n in d["notified"]]') == "[None]" ]]
}

@test "kill -9: what the attempt had begun stays, and so does what was kept before" {
	workflow <<'YAML'
lily: 1
steps:
  first: { run: echo 1 >"$TMPDIR/first" }
  long: { run: 'echo 2 >"$TMPDIR/long"; touch begun; [[ -e again ]] || sleep 60; exit 1', needs: [ first ] }
YAML
	lily run --keep -q 2>/dev/null &
	until_true test -e begun
	kill -9 $!
	wait $! || true
	touch again
	go resume -q
	expect 1
	[[ $(cat "$(kept)/1/tmp/first" "$(kept)/2/tmp/long") == $'1\n2' && ! -e $(kept)/3 ]]
	go retry --keep -q
	expect 1
	[[ $(cat "$(kept)/1/tmp/long") == 2 ]]
	go fsck
	expect 0
}

@test "a log that came to be a file is an object in the end, and goes from there" {
	workflow <<<$'lily: 1\nsteps: { a: { run: head -c 300000 /dev/zero; sleep 0.4; exit 1 } }'
	go run --keep -q
	expect 1
	[[ $(lily logs a | wc -c) == 300000 ]]
	[[ $(files) == "./1 ./1/home ./1/in ./1/out ./1/tmp " ]]
}

@test "what is removed by hand is not spoken of any more" {
	two_steps
	go run --keep
	rm -rf "$(kept)/1"
	[[ $(json "$(lily show make --json)" 'd["step_list"][0]["attempts"][0]["kept_in"]') == None ]]
	rm -rf "$(kept)"
	[[ $(kept) == None ]]
	hasnt "$(lily show use)" kept
	[[ $(lily artifact cat make.o) == made ]]
	go fsck
	expect 0
}

@test "commands that drive runs say in their help where it lies and how it is removed" {
	local command
	for command in run "run start" retry resume; do
		go help $command
		expect 0
		has "$output" --keep
		has "$output" runs/RUN/attempts/N
		has "$output" "rm -rf"
	done
}
