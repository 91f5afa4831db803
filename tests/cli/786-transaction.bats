load setup.bash

# workspace: transaction: what a step changes comes true if all passes, all of it or nothing.

# A workflow of one transaction, on standard input its script. Usage: flow [MORE KEYS OF THE STEP]
flow() {
	{
		printf 'lily: 1\nsteps:\n  a:\n    workspace: transaction\n'
		[[ -z ${1:-} ]] || printf '    %s\n' "$1"
		printf '    run: |\n'
		sed 's/^/      /'
	} >w.lily.yaml
}

files() {
	find . -not -name w.lily.yaml -not -path './.lily*' \( -type f -o -type l -o -type d \) | LC_ALL=C sort
}

@test "what a transaction changed is there when it has succeeded, and the record says what" {
	mkdir -p src/old && echo one >src/one && echo two >src/old/two && chmod 755 src/one
	flow <<'SH2'
echo changed >src/one
echo new >src/new
rm -r src/old
mkdir -p made/deep && echo x >made/deep/x && ln -s ../x made/link && chmod +x made/deep/x
SH2
	go run
	expect 0
	[[ $(cat src/one) == changed && -x src/one && $(cat src/new) == new && -x made/deep/x ]]
	[[ $(readlink made/link) == ../x ]]
	wont test -e src/old
	wont test -e .lily.stage
	go events @last
	has "$output" apply.intent
	has "$output" apply.done
	go artifact cat "sha256:$(lily events @last --json | sed -n 's/.*"apply.intent".*"write_set": *"\([0-9a-f]*\)".*/\1/p')"
	expect 0
	[[ $(json "$output" '" ".join(e["path"] + ":" + e["change"] for e in d["entries"])') == "made:added made/deep:added made/deep/x:added made/link:added src/new:added src/old:deleted src/old/two:deleted src/one:modified" ]]
	printf '%s' "$output" | lily schema validate --schema write_set.v1 -
	go fsck
	expect 0
}

@test "a transaction that fails has changed nothing" {
	echo one >one
	flow <<'SH2'
echo changed >one
echo new >new
exit 3
SH2
	before=$(files)
	go run
	expect 1
	[[ $(files) == "$before" && $(cat one) == one ]]
}

@test "a gate of a transaction sees what it made, and writes nothing; where it does not pass nothing has changed" {
	echo one >one
	flow 'gates: { same: { run: "grep -q two one && test ! -e gone && echo mark >mark && cat mark >\"$LILY_REASON\"" }, other: { run: "test ! -e mark; grep -q three one" } }' <<'SH2'
echo two >one
echo x >new
SH2
	go run
	expect 4
	[[ $(cat one) == one ]]
	wont test -e new
	wont test -e mark
	sed -i 's/echo two/echo two three/' w.lily.yaml
	go run
	expect 0
	[[ $(cat one) == "two three" ]]
	wont test -e mark
}

@test "where somebody changed meanwhile what it changed, nothing is applied, and the file is said" {
	echo one >one && echo two >two
	flow 'policy: none' <<'SH2'
echo mine >one
echo mine >two
touch "$HOME/../begun"
n=0; until test -e "$HOME/../go" || test $n -gt 100; do sleep 0.1; n=$((n + 1)); done
SH2
	sed -i "s#\$HOME/..#$T#" w.lily.yaml
	lily run 2>err &
	until_true test -e "$T/begun"
	echo theirs >two
	touch "$T/go"
	status=0
	wait $! || status=$?
	[[ $status == 1 ]]
	[[ $(cat one) == one && $(cat two) == theirs ]]
	has "$(cat err)" "two (it was changed meanwhile)"
	go show --json
	has "$output" conflict
	go retry
	expect 0
	[[ $(cat one) == mine && $(cat two) == mine ]]
}

@test "a file that somebody removed meanwhile is not made again, nor one overwritten that appeared" {
	echo one >one
	flow 'policy: none' <<'SH2'
echo mine >>one
echo mine >new
touch "PLACE/begun"
n=0; until test -e "PLACE/go" || test $n -gt 100; do sleep 0.1; n=$((n + 1)); done
SH2
	sed -i "s#PLACE#$T#" w.lily.yaml
	lily run 2>err &
	until_true test -e "$T/begun"
	rm one
	echo theirs >new
	touch "$T/go"
	status=0
	wait $! || status=$?
	[[ $status == 1 ]]
	wont test -e one
	[[ $(cat new) == theirs ]]
	has "$(cat err)" "one (it was removed meanwhile)"
	has "$(cat err)" "new (it was changed meanwhile)"
}

@test "after a conflict the next attempt begins with what is there" {
	echo one >one
	flow 'policy: none
    retry: { attempts: 2, backoff: 1ms, errors: [ conflict ] }' <<'SH2'
cat one >seen
if test "$LILY_ATTEMPT" = 1; then
	touch "PLACE/begun"
	n=0; until test -e "PLACE/go" || test $n -gt 100; do sleep 0.1; n=$((n + 1)); done
fi
echo mine >>one
SH2
	sed -i "s#PLACE#$T#" w.lily.yaml
	lily run 2>err &
	until_true test -e "$T/begun"
	echo theirs >one
	touch "$T/go"
	wait $! || { cat err; false; }
	[[ $(cat one) == $'theirs\nmine' && $(cat seen) == theirs ]]
}

@test "while a transaction is open nobody else is at work in the workspace, in this run or another" {
	cat >w.lily.yaml <<YAML
lily: 1
parallel: 4
defaults: { policy: none }
steps:
  t: { workspace: transaction, run: "touch $T/open; sleep 0.5; test ! -e $T/live; rm $T/open; echo t >t" }
  u: { workspace: transaction, run: "touch $T/open; sleep 0.5; test ! -e $T/live; rm $T/open; echo u >u" }
  a: { run: "touch $T/live; sleep 0.3; test ! -e $T/open; rm $T/live; echo a >a" }
  p: { workspace: private, run: "test ! -e $T/open; sleep 0.2; test ! -e $T/open" }
YAML
	cat >other.lily.yaml <<YAML
lily: 1
defaults: { policy: none }
steps: { b: { run: "test ! -e $T/open; sleep 0.2; test ! -e $T/open; echo b >b" } }
YAML
	lily run w.lily.yaml 2>err &
	sleep 0.3
	go run other.lily.yaml
	expect 0
	wait $!
	[[ $(cat t u a b) == $'t\nu\na\nb' ]]
}

@test "what a policy denies is in no transaction, also where it was not there before" {
	git init -q .
	flow 'policy: { deny: [ later ], write: [ src ] }' <<'SH2'
echo x >src/x
SH2
	mkdir -p src
	go run
	expect 0
	[[ $(cat src/x) == x ]]
	flow 'policy: { deny: [ src/later ] }' <<'SH2'
echo y >src/y
mkdir src/later
SH2
	go run
	expect 5
	wont test -e src/y
	wont test -e src/later
	has "$stderr" 'src/later, which `deny`'
}

@test "a fifo, a socket or a device is in no transaction" {
	flow <<'SH2'
echo x >x
mkfifo pipe
SH2
	go run
	expect 5
	has "$stderr" "pipe: it is no file, directory or link"
	wont test -e x
}

@test "outputs of a transaction with a path are what is there afterwards" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a:
    workspace: transaction
    run: mkdir -p out && echo made >out/report
    out: { report: { path: out/report } }
  b:
    in: { report: "${{ steps.a.out.report }}" }
    run: cmp "$LILY_IN/report" out/report && echo seen >seen
YAML
	go run
	expect 0
	[[ $(cat out/report seen) == $'made\nseen' ]]
}

@test "a transaction that changes nothing says nothing of it" {
	echo one >one
	flow <<'SH2'
touch one; echo one >one; chmod 644 one; echo x >x; rm x
SH2
	go run
	expect 0
	go events @last
	hasnt "$output" apply.
}

@test "nothing begins where changes of another run were cut off halfway" {
	mkdir .lily.stage
	flow <<<'echo x >x'
	go run
	[[ $status != 0 ]]
	has "$stderr" "lily resume"
	wont test -e x
}

@test "what cannot be done about a transaction yet is refused by name" {
	local key
	for key in 'approve: { ask: "Take it?", at: commit }' 'cache: true' 'effects: once' \
		'gates: { g: { exec: [ true ], in: { x: { path: x } } } }'; do
		flow "$key" <<<true
		go check w.lily.yaml
		[[ $status != 0 ]]
		has "$output$stderr" "workspace: transaction"
	done
}
