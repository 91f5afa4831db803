load setup.bash

# workspace: private: a step sees the workspace, and what it writes there is thrown away.

# A workflow of one private step, on standard input its script. Usage: flow [MORE KEYS OF THE STEP]
flow() {
	{
		printf 'lily: 1\nsteps:\n  a:\n    workspace: private\n'
		[[ -z ${1:-} ]] || printf '    %s\n' "$1"
		printf '    run: |\n'
		sed 's/^/      /'
	} >w.lily.yaml
}

@test "a private step sees the workspace and what it wrote, and nobody else does" {
	mkdir -p src/deep && echo one >src/one && echo two >src/deep/two
	flow 'out: { seen: { from: stdout } }' <<'SH2'
echo changed >src/one
echo new >src/new
rm -r src/deep
ls src
cat src/one src/new
SH2
	go run
	expect 0
	go artifact cat @last/a.seen
	[[ $output == $'new\none\nchanged\nnew' ]]
	[[ $(cat src/one) == one && $(cat src/deep/two) == two ]]
	wont test -e src/new
}

@test "what a private step declares as an output is taken from its own view" {
	echo old >report.txt
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a:
    workspace: private
    run: |
      mkdir -p built/sub && echo new >report.txt && echo x >built/x && echo y >built/sub/y
    out: { report: { path: report.txt }, built: { path: built, type: dir } }
  b:
    in: { report: "${{ steps.a.out.report }}", built: "${{ steps.a.out.built }}" }
    run: cat "$LILY_IN/report" "$LILY_IN/built/sub/y" >after
YAML
	go run
	expect 0
	[[ $(cat after) == $'new\ny' ]]
	[[ $(cat report.txt) == old ]]
	wont test -e built
}

@test "what a private step made is not put into the workspace when it is reused" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a:
    workspace: private
    cache: true
    run: echo made >report.txt
    out: { report: { path: report.txt } }
YAML
	go run
	expect 0
	go run
	expect 0
	has "$output$stderr" reused
	wont test -e report.txt
	go artifact cat @last/a.report
	[[ $output == made ]]
}

@test "a private step under a policy is held to it, too" {
	git init -q . && echo key >.env
	flow 'policy: { deny: [ .env ], write: [ src ] }' <<'SH2'
if cat .env 2>/dev/null; then exit 7; fi
if (echo evil >.git/hooks/pre-commit) 2>/dev/null; then exit 8; fi
if (echo no >outside) 2>/dev/null; then exit 9; fi
echo yes >src/yes
SH2
	mkdir -p src
	go run
	expect 0
	wont test -e src/yes
}

@test "each attempt of a private step begins with the workspace as it is" {
	flow 'retry: { attempts: 3, backoff: 1ms }' <<'SH2'
test ! -e left
echo x >left
test "$LILY_ATTEMPT" = 3
SH2
	go run
	expect 0
	wont test -e left
}

@test "private steps run beside each other, each in its own view" {
	cat >w.lily.yaml <<'YAML'
lily: 1
parallel: 2
steps:
  each:
    foreach: [ 1, 2, 3, 4 ]
    workspace: private
    run: |
      test ! -e mark
      echo "$LILY_ITEM" >mark
      sleep 0.1
      test "$(cat mark)" = "$LILY_ITEM"
YAML
	go run
	expect 0
	wont test -e mark
}

@test "nothing of a private step stays in the store's folders" {
	flow <<'SH2'
head -c 1000000 /dev/zero >big
mkdir -p d && chmod 0 d
SH2
	go run
	expect 0
	wont test -e big
	[[ -z $(find "$XDG_STATE_HOME" -name upper -o -name big 2>/dev/null) ]]
	[[ -z $(find "$XDG_STATE_HOME" -name 'layer*' 2>/dev/null) ]]
}

@test "a workspace that something is mounted in is refused before anything runs, and says what" {
	[[ $(id -u) == 0 ]] || skip "needs root to mount"
	mkdir -p mounted
	mount -t tmpfs none mounted || skip "may not mount"
	flow <<'SH2'
touch "$HOME/ran"
SH2
	go run
	umount mounted
	expect 5
	[[ $stderr == *"mounted"*"unmount"* ]]
	go runs
	[[ $output != *failed* ]]
}

@test "workspace: private may stand in defaults" {
	cat >w.lily.yaml <<'YAML'
lily: 1
defaults: { workspace: private }
steps:
  a: { run: "echo x >a" }
  b: { workspace: live, run: "test ! -e a; echo y >b" }
YAML
	go run
	expect 0
	wont test -e a
	[[ $(cat b) == y ]]
}

@test "the plan of a private step is what its schema says" {
	flow <<<true
	lily plan --json >plan.json
	has "$(cat plan.json)" '"workspace":"private"'
	lily schema validate --schema plan.v1 plan.json
}

@test "lily shell of a private step throws its writes away, too" {
	flow <<<'echo x >mark'
	go run
	expect 0
	go shell @last/a -- sh -c 'echo y >mark && cat mark'
	has "$output" y
	has "$stderr" "what is written to the workspace is thrown away"
	wont test -e mark
	if [[ $(id -u) -eq 0 ]]; then
		chown nobody .
		chmod 755 "$T" "$T/ws"
		go shell @last/a -- sh -c 'echo z >mark && cat mark && id -un'
		expect 0
		has "$output" z
		has "$output" nobody
		wont test -e mark
	fi
}
