load setup.bash

# Runs until there is a file "go", and logs when it begins and ends. Usage: exclusive BUSY
exclusive() {
	workflow <<YAML
lily: 1
name: exclusive
params: { who: { type: string, default: a }, key: { type: string, default: k } }
concurrency: { key: "deploy-\${{ params.key }}"${1:+, busy: $1} }
steps:
  work:
    exec: [ bash, -c, 'echo "begin \$0" >>log; touch "began-\$0"; until [ -e go ]; do sleep 0.05; done; echo "end \$0" >>log', "\${{ params.who }}" ]
finally: { last: { exec: [ bash, -c, 'echo "last \$0" >>log', "\${{ params.who }}" ] } }
YAML
}

# A run in the background, as the given name: its pid is \$pid.
begin() {
	lily run -q -p who="$1" "${@:2}" 2>"err-$1" &
	pid=$!
}

runs() {
	json "$(lily list --json)" 'len(d["runs"])'
}

@test "concurrency: a run waits for the one with its key, says for whom, and goes on" {
	exclusive
	begin a
	until_true test -e began-a
	first=$(json "$(lily show --json)" 'd["run_id"]')
	begin b
	until_true grep -q "waiting for run ${first:0:13}, which has the key \"deploy-k\" since" err-b
	[[ $(runs) == 1 && ! -e began-b ]]
	touch go
	wait
	[[ $(<log) == $'begin a\nend a\nlast a\nbegin b\nend b\nlast b' ]]
	[[ $(runs) == 2 && $(grep -c waiting err-b) == 1 ]]
	go fsck
	expect 0
}

@test "concurrency: another key is another matter" {
	exclusive
	begin a
	until_true test -e began-a
	begin b -p key=other
	until_true test -e began-b
	touch go
	wait
	wont grep -q waiting err-b
}

@test "concurrency: those that wait go on in the order in which they came" {
	exclusive
	begin a
	until_true test -e began-a
	for who in b c d; do
		begin $who
		until_true grep -q waiting err-$who
	done
	touch go
	wait
	[[ $(grep begin log | tr '\n' ' ') == "begin a begin b begin c begin d " ]]
}

@test "concurrency: a holder that is killed frees the key, and its resume takes it again" {
	exclusive
	begin a
	holder=$pid
	until_true test -e began-a
	begin b
	until_true grep -q waiting err-b
	kill -9 "$holder"
	until_true test -e began-b
	killed=$(json "$(lily list --json)" '[r["run_id"] for r in d["runs"] if r["status"] == "interrupted"][0]')
	lily resume -q "$killed" 2>err-resume &
	until_true grep -q waiting err-resume
	touch go
	wait
	[[ $(tr '\n' ' ' <log) == "begin a begin b end b last b begin a end a last a " ]]
	[[ $(json "$(lily list --json)" '[r["status"] for r in d["runs"]]') == "['succeeded', 'succeeded']" ]]
}

@test "concurrency: who gives up waiting leaves nothing behind, and nobody waits for it" {
	exclusive
	begin a
	until_true test -e began-a
	begin b
	until_true grep -q waiting err-b
	kill -TERM "$pid"
	status=0; wait "$pid" || status=$?
	[[ $status == 7 && $(runs) == 1 ]]
	# Nor for one that was killed.
	begin c
	until_true grep -q waiting err-c
	kill -9 "$pid"
	begin d
	until_true grep -q waiting err-d
	touch go
	wait
	[[ $(grep begin log | tr '\n' ' ') == "begin a begin d " ]]
	[[ -z $(ls "$XDG_STATE_HOME"/lily/*/turns/*.queue) ]]
}

@test "concurrency: busy: refuse does not begin, and names the run" {
	exclusive refuse
	begin a
	until_true test -e began-a
	first=$(json "$(lily show --json)" 'd["run_id"]')
	go run -p who=b
	expect 8
	has "$stderr" "$first"
	has "$stderr" "busy: refuse"
	[[ $(runs) == 1 && ! -e began-b ]]
	touch go
	wait
	go run -p who=b
	expect 0
}

@test "concurrency: busy: cancel has the other one cancelled, once, and waits for its finally" {
	exclusive cancel
	begin a
	until_true test -e began-a
	begin b
	until_true grep -q "and is being cancelled" err-b
	until_true test -e began-b
	begin c
	until_true test -e began-c
	touch go
	wait
	[[ $(tr '\n' ' ' <log) == "begin a last a begin b last b begin c end c last c " ]]
	[[ $(json "$(lily list --json)" '[r["status"] for r in d["runs"]]') == \
		"['succeeded', 'cancelled', 'cancelled']" ]]
}

@test "concurrency: what waits is planned when it may begin: with what the run before it left" {
	workflow <<'YAML'
lily: 1
name: chain
concurrency: { key: chain }
inputs: { data: { path: data } }
steps:
  count:
    run: 'until [ -e go ]; do sleep 0.05; done; n=$(cat $LILY_IN/before || echo 0); echo $((n + 1)) >$LILY_OUT/n; cp $LILY_IN/data $LILY_OUT/d'
    in: { before: { previous: count.n, optional: true }, data: "${{ inputs.data }}" }
    out: { n: { type: json }, d: }
YAML
	echo old >data
	for i in 1 2 3; do
		lily run -q 2>"err-$i" &
	done
	until_true bash -c '[[ $(grep -l waiting err-* | wc -l) == 2 ]]'
	echo new >data
	touch go
	wait
	[[ $(lily artifact cat count.n) == 3 && $(lily artifact cat count.d) == new ]]
}

@test "concurrency: a retry takes the key, too; a wish to cancel needs none" {
	exclusive refuse
	touch go
	sed -i 's/echo "end/test -e good; echo "end/' w.lily.yaml
	sed -i 's/bash, -c/bash, -ec/' w.lily.yaml
	lily run -q 2>/dev/null || true
	failed=$(json "$(lily show --json)" 'd["run_id"]')
	touch good
	rm go began-a
	begin b
	until_true test -e began-b
	go retry "$failed"
	expect 8
	[[ $(runs) == 2 ]]
	kill -9 "$pid"
	wait || true
	go cancel @last
	expect 0
	touch go
	go retry "$failed"
	expect 0
}

@test "concurrency: what is written wrongly is told with its place; the plan says what it is" {
	check() {
		printf 'lily: 1\nparams: { p: { default: "" } }\nconcurrency: %s\nsteps: { a: { run: "true" } }\n' "$1" >w.lily.yaml
		go check
		expect 3
		has "$output" "w.lily.yaml:3:"
		has "$output" "$2"
	}
	check '{}' '"key" is missing'
	check '{ key: "" }' 'the key is empty'
	check '{ key: k, busy: waits }' 'did you mean "wait"?'
	check '{ key: "${{ steps.a.exit }}" }' 'only params can'
	check '{ key: "${{ run.id }}" }' 'only params can'
	check '{ key: k, bussy: wait }' 'did you mean "busy"?'
	check 'k' 'must be a map'
	printf 'lily: 1\nparams: { p: { default: "" } }\nconcurrency: { key: "${{ params.p }}" }\nsteps: { a: { run: "true" } }\n' >w.lily.yaml
	go run
	expect 3
	has "$stderr" "w.lily.yaml:3:"
	go run -p p=x
	expect 0
	go plan -p p=x
	has "$output" 'one run at a time with the key "x"'
	lily plan --json -p p=x >plan.json
	go schema validate -s plan.v1 plan.json
	expect 0
	go schema validate -s workflow w.lily.yaml
	expect 0
}
