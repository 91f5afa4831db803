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

@test "a transaction does not move what is protected by leading to another place" {
	git init -q g1 && git init -q g2 && mv g1/.git g1.d && mv g2/.git g2.d && rm -r g1 g2
	ln -s g1.d .git
	mkdir real && ln -s real link
	cat >w.lily.yaml <<'YAML'
lily: 1
policies: { p: { protect: [ real/kept ] } }
steps:
  a: { workspace: transaction, run: 'ln -sfn g2.d .git' }
YAML
	go run
	expect 5
	has "$stderr" '.git leads'
	[[ $(readlink .git) == g1.d ]]
	wont test -e .lily.stage
}

@test "changes that cannot be made true leave everything as it was, and the run goes on" {
	mkdir a d
	echo 1 >a/f
	chmod 555 d
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a: { workspace: transaction, run: 'echo 2 >a/f; chmod u+w d; echo 3 >d/new' }
  b: { needs: { a: failed }, run: 'test "$(cat a/f)" = 1 && test ! -e d/new' }
YAML
	if [[ $(id -u) -eq 0 ]]; then
		chown -R nobody "$T"
		chmod 755 "$T"
		run --separate-stderr setpriv --reuid=nobody --clear-groups --inh-caps=-all "$(readlink -f "$T/bin/lily")" run
	else
		go run
	fi
	[[ $(cat a/f) == 1 ]]
	wont test -e d/new
	wont test -e .lily.stage
	expect 1
	has "$stderr" 'its changes could not be made true'
	has "$stderr" 'succeeded  b'
}

@test "the name of the stage is lily's own" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a: { workspace: transaction, run: 'mkdir .lily.stage' }
YAML
	go run
	expect 5
	has "$stderr" 'a name that lily keeps for itself'
	wont test -e .lily.stage
	sed -i 's/workspace: transaction, //' w.lily.yaml
	go run
	expect 5
	has "$stderr" '.lily.stage came to be while it ran'
	go run
	expect 9
	has "$stderr" "it is nobody's, and can be taken away"
	rmdir .lily.stage
	printf 'lily: 1\nsteps: { a: { run: "true" } }\n' >w.lily.yaml
	go run
	expect 0
}

@test "files get other names in a transaction, and folders too" {
	echo a >one
	echo b >two
	mkdir d && echo c >d/f && echo e >d/g
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a:
    workspace: transaction
    run: |
      mv one uno
      ln two due
      mv two two.bak
      echo new >two
      mkdir n && mv d/f n/f && mv d/g d/h
      mv d e
YAML
	go run
	expect 0
	wont test -e one
	[[ $(cat uno two.bak due two n/f e/h | tr '\n' ' ') == 'a b b new c e ' ]]
	wont test -e d
}

@test "a folder that somebody removed meanwhile is not made again" {
	mkdir d && echo 1 >d/f
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a: { workspace: transaction, run: 'echo 2 >d/f; touch "$LILY_OUT/begun"; sleep 1' }
YAML
	lily run >/dev/null 2>err &
	pid=$!
	begun() { compgen -G "$XDG_STATE_HOME/lily/*/runs/*/slots/*/out/begun" >/dev/null; }
	until_true begun
	rm -r d
	status=0
	wait $pid || status=$?
	[[ $status -eq 1 ]]
	has "$(cat err)" 'it was removed meanwhile'
	wont test -e d
}
