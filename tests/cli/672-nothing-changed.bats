load setup.bash

# Three steps that say in `ran` that they ran, with all that a run may ask for: a file and its output in the
# workspace, a program, a variable, a large output, an input that may be absent.
steps() {
	workflow <<'YAML'
lily: 1
name: same
defaults: { cache: true }
params: { word: { type: string, default: hello } }
outputs: { made: "${{ steps.b.out.made }}", said: "${{ params.word }}" }
steps:
  a:
    run: echo a >>ran; tr a-z A-Z <"$LILY_IN/source" >build/upper; echo side >"$LILY_OUT/side"
    in: { source: { path: source.txt }, more: { path: more.txt, optional: true } }
    out: { upper: { path: build/upper, type: text }, side: { type: text } }
  b:
    exec: [ tool, "${{ steps.a.out.upper }}" ]
    pass_env: [ WHO ]
    out: { made: { from: stdout, type: text } }
  c:
    run: echo c >>ran; head -c 40000 /dev/zero >"$LILY_OUT/large"
    out: { large: {} }
YAML
	mkdir -p build
	echo one >source.txt
	mkdir -p "$HOME/bin" "$HOME/.local/bin"
	printf '#!/usr/bin/env bash\necho b >>ran\necho "got $1"\n' >"$HOME/bin/tool"
	chmod +x "$HOME/bin/tool"
	export PATH=$HOME/bin:$PATH WHO=me
}

ran() {
	sort ran 2>/dev/null | tr -d '\n'
	rm -f ran
}

# Runs the workflow and says what ran. Usage: again [OPTION…]
again() {
	lily run -q "$@" >/dev/null 2>err || { cat err >&2; return 1; }
	ran
}

# Whether the newest run was said in a word.
in_a_word() {
	lily events --json | grep -q '"visits.reused"'
}

# Runs until nothing is left to learn about files: what was written a moment ago is looked at again.
settle() {
	[[ $(again) == abc ]]
	for _ in 1 2 3 4 5; do
		[[ -z $(again) ]]
		if in_a_word; then
			return 0
		fi
	done
	echo "no run was said in a word" >&2
	return 1
}

sound() {
	go fsck --bytes
	expect 0
}

# A document less what is another in each run.
without_itself() {
	python3 -c '
import json, sys
own = {"artifact_id", "run_id", "created_at", "started_at", "ended_at", "duration_us", "head", "events"}
def strip(x):
    if isinstance(x, dict):
        return {k: strip(v) for k, v in x.items() if k not in own}
    return [strip(v) for v in x] if isinstance(x, list) else x
print(json.dumps(strip(json.load(sys.stdin)), indent=1, sort_keys=True))'
}

# What of a run must not depend on how its steps came to be reused. Usage: reading RUN
reading() {
	lily show "$1" --steps --json | without_itself
	lily artifact list "$1" --json | without_itself
	for step in a b c; do
		lily why "$1/$step" | sed "s/${1:0:13}/RUN/"
		lily artifact cat "$1/$step.$(case $step in a) echo side ;; b) echo made ;; c) echo large ;; esac)" | cksum
	done
}

@test "nothing changed, said in a word: every reading is what it was step by step" {
	steps
	settle
	word=$(json "$(lily show --json)" 'd["run_id"]')
	rm -rf "$XDG_STATE_HOME"/lily/*/trails
	[[ -z $(again) ]]
	wont in_a_word
	long=$(json "$(lily show --json)" 'd["run_id"]')
	diff <(reading "$word") <(reading "$long")
	sound
}

@test "a run said in a word tells the same of its steps, on a terminal's log and as JSON" {
	steps
	settle
	go run
	expect 0
	in_a_word
	[[ $(grep -Ec '^\[3/3\] reused     [abc] +from run' <<<"$stderr") == 3 ]]
	has "$stderr" "3 reused"
	has "$output$stderr" "said"
	go run --json
	expect 0
	in_a_word
	[[ $(grep -c '"step.reused"' <<<"$output") == 3 ]]
	go watch
	expect 0
	has "$output$stderr" "reused"
	[[ $(lily events --json | wc -l) == 5 ]]
	[[ $(lily artifact cat b.made) == "got ONE" ]]
	sound
}

@test "whatever has changed is seen" {
	steps
	settle
	echo two >source.txt
	[[ $(again) == ab ]]
	settle_again
	# The bytes of before, another time: looked at, and the same.
	touch source.txt
	[[ -z $(again) ]]
	settle_again
	echo there >more.txt
	[[ $(again) == a ]]
	rm more.txt
	[[ -z $(again) ]]
	settle_again
	sed -i 's/got/took/' "$HOME/bin/tool"
	[[ $(again) == b ]]
	settle_again
	# One of that name that comes first.
	sed 's/took/found/' "$HOME/bin/tool" >"$HOME/.local/bin/tool"
	chmod +x "$HOME/.local/bin/tool"
	PATH=$HOME/.local/bin:$PATH
	[[ $(again) == b ]]
	settle_again
	WHO=you
	[[ $(again) == b ]]
	settle_again
	WHO=me
	[[ -z $(again) ]]
	sed -i 's/side >/aside >/' w.lily.yaml
	[[ $(again) == a ]]
	sound
}

# Usage: settle_again — as settle, where all was accepted already
settle_again() {
	for _ in 1 2 3 4 5; do
		[[ -z $(again) ]]
		if in_a_word; then
			return 0
		fi
	done
	return 1
}

@test "a program that comes first in PATH is seen where PATH is the same" {
	steps
	settle
	sed 's/got/found/' "$HOME/bin/tool" >"$HOME/.local/bin/tool"
	chmod +x "$HOME/.local/bin/tool"
	export PATH=$HOME/.local/bin:$PATH
	[[ $(again) == b ]]
	rm "$HOME/.local/bin/tool"
	[[ -z $(again) ]]
	settle_again
	sed 's/got/found/' "$HOME/bin/tool" >"$HOME/.local/bin/tool"
	chmod +x "$HOME/.local/bin/tool"
	[[ -z $(again) ]]
	wont in_a_word
	[[ $(lily artifact cat b.made) == "found ONE" ]]
}

@test "outputs are put back after a run that was said in a word" {
	steps
	settle
	rm build/upper
	[[ -z $(again) ]]
	[[ $(<build/upper) == ONE ]]
	settle_again
	echo tampered >build/upper
	[[ -z $(again) ]]
	[[ $(<build/upper) == ONE ]]
	settle_again
	chmod +x build/upper
	[[ -z $(again) ]]
	[[ ! -x build/upper ]]
	settle_again
	ln -sf ../source.txt build/upper
	[[ -z $(again) ]]
	[[ ! -L build/upper && $(<build/upper) == ONE ]]
}

@test "what the store lost is made again" {
	steps
	settle
	python3 - "$(find "$XDG_STATE_HOME" -name lily.db)" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
n = db.execute("update objects set bytes=cast('got XXX' || char(10) as blob) where bytes=cast('got ONE' || char(10) as blob)").rowcount
assert n == 1, n
db.commit()
PY
	[[ $(again) == b ]]
	settle_again
	find "$XDG_STATE_HOME" -path '*/objects/*' -type f -size 40000c -delete
	[[ $(again) == c ]]
	settle_again
	file=$(find "$XDG_STATE_HOME" -path '*/objects/*' -type f -size 40000c)
	chmod u+w "$file"
	printf x | dd of="$file" conv=notrunc status=none
	[[ $(again) == c ]]
	sound
}

@test "a cleared cache and a fresh run end it" {
	steps
	settle
	lily cache clear
	[[ $(again) == abc ]]
	settle_again
	[[ $(again --fresh) == abc ]]
	fresh=$(json "$(lily show --json)" 'd["run_id"]')
	[[ -z $(again) ]]
	lily events --json | grep visit.reused | grep -q "$fresh"
	settle_again
	lily why b | grep -q "${fresh:0:13}"
}

@test "a ttl ends it" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: echo a >>ran, cache: { ttl: 5s } }
YAML
	[[ $(again) == a ]]
	began=$SECONDS
	# However slow the machine is: until then nothing runs, and then it does.
	while [[ -z $(again) ]]; do
		((SECONDS - began < 60))
		sleep 0.05
	done
	((SECONDS - began >= 4))
}

@test "a damaged trail is as good as none" {
	steps
	settle
	for file in "$XDG_STATE_HOME"/lily/*/trails/*; do
		printf x | dd of="$file" bs=1 seek=100 conv=notrunc status=none
	done
	[[ -z $(again) ]]
	wont in_a_word
	settle_again
	for file in "$XDG_STATE_HOME"/lily/*/trails/*; do
		: >"$file"
	done
	[[ -z $(again) ]]
	wont in_a_word
	settle_again
	sound
}

@test "another workspace, a work order and a run that holds something already are looked up step by step" {
	steps
	settle
	echo '{"title":"do it"}' >order.json
	[[ -z $(again --work-order order.json) ]]
	wont in_a_word
	run_id=$(lily run new | tail -1)
	lily artifact put --run "$run_id" source.txt >/dev/null
	lily run start w.lily.yaml --run "$run_id" -q
	[[ -z $(ran) ]]
	wont in_a_word
	sound
	cp -a . "$T/other"
	store=$(dirname "$(find "$XDG_STATE_HOME" -name lily.db)")
	cd "$T/other"
	lily --store "$store" run -q
	[[ -z $(ran) ]]
	hasnt "$(lily --store "$store" events --json)" '"visits.reused"'
}

@test "what names the run is never said in a word" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  a: { run: echo a >>ran, if: "run.date != '1970-01-01'" }
YAML
	[[ $(again) == a ]]
	for _ in 1 2 3 4; do
		[[ -z $(again) ]]
		wont in_a_word
	done
}

@test "retry with another file adopts from a run that was said in a word, previous takes from it" {
	steps
	settle
	sed -i 's/side >/aside >/' w.lily.yaml
	go retry --file w.lily.yaml
	expect 0
	[[ $(ran) == a ]]
	has "$stderr" "1 adopted, 1 reused"
	[[ $(lily artifact cat b.made) == "got ONE" ]]
	sed -i 's/aside >/side >/' w.lily.yaml
	[[ -z $(again) ]]
	settle_again
	cat >next.lily.yaml <<'YAML'
lily: 1
name: same
steps:
  b: { run: 'cat "$LILY_IN/before" >"$LILY_OUT/made"', in: { before: { previous: b.made } }, out: { made: { type: text } } }
YAML
	lily run next.lily.yaml -q
	[[ $(lily artifact cat b.made) == "got ONE" ]]
	sound
}

@test "an artifact is found by its digest in the newest run that has it" {
	steps
	settle
	digest=$(printf 'got ONE\n' | sha256sum | cut -c1-64)
	newest=$(json "$(lily show --json)" 'd["run_id"]')
	lily artifact list --json | grep -q "$digest"
	[[ $(lily artifact cat "sha256:$digest") == "got ONE" ]]
	lily artifact list "$newest" | grep -q made
	go store --json
	expect 0
	sound
}

@test "who is told of each end is told of one where nothing was to be done" {
	workflow <<YAML
lily: 1
defaults: { cache: true }
notify: { run: "echo told >>$T/told", events: [ succeeded ] }
steps:
  a: { run: echo a >>ran }
YAML
	[[ $(again) == a ]]
	for _ in 1 2 3 4; do
		[[ -z $(again) ]]
	done
	[[ $(wc -l <"$T/told") == 5 ]]
}

@test "a gate of the run judges each run, also one where nothing was to be done" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  a: { run: 'echo a >>ran; echo x >"$LILY_OUT/o"', out: { o: {} } }
gates:
  all: { run: "! [ -e bad ]" }
YAML
	[[ $(again) == a ]]
	for _ in 1 2 3 4; do
		[[ -z $(again) ]]
		wont in_a_word
	done
	touch bad
	run lily run -q
	[[ $status -eq 4 ]]
	[[ -z $(ran) ]]
}
