load setup.bash

@test "a run without a workflow: new, put, finish" {
	run=$(lily run new)
	[[ $run =~ ^[0-9a-f-]{36}$ ]]
	echo text >note.md
	a=$(lily artifact put note.md --run "$run")
	[[ $a == "$run":* ]]
	b=$(echo '{"n": 1}' | lily artifact put - --run "$run" --type json --name figures --input "$a")
	go artifact list "$run" --json
	[[ $(json "$output" '[x["name"] for x in d]') == "['note.md', 'figures']" ]]
	[[ $(json "$output" 'd[1]["inputs"]') == "['$a']" ]]
	[[ $(json "$output" 'd[1]["storage_kind"]') == json ]]
	lily run finish "$run" --status failed
	[[ $(json "$(lily show "$run" --json)" 'd["status"]') == failed ]]
	go artifact put note.md --run "$run"
	[[ $status -eq 3 || $status -eq 9 ]]
	go run finish "$run"
	[[ $status -eq 3 || $status -eq 9 ]]
}

@test "new with a work order and a key" {
	echo 'do this' >order.txt
	a=$(lily run new --work-order order.txt --key k)
	b=$(lily run new --key k)
	[[ $a == "$b" ]]
	[[ $(json "$(lily run new --key k --json)" 'd["existed"]') == True ]]
	[[ $(json "$(lily show "$a" --json)" 'd["work_order"]["name"] is not None') == True ]]
	go run new --work-order nowhere.txt
	expect 3
	has "$stderr" nowhere.txt
}

@test "cat, get, path: by step, by id, by hash" {
	hello
	lily run -q 2>/dev/null
	ref=$(lily artifact list --json)
	id=$(json "$ref" '[x["artifact_id"] for x in d if x["role"] == "output"][0]')
	hash=$(json "$ref" '[x["sha256"] for x in d if x["role"] == "output"][0]')
	for address in greet.text "$id" "sha256:$hash" "sha256:${hash:0:8}" "@last/greet.text"; do
		[[ $(lily artifact cat "$address") == hello ]]
	done
	lily artifact cat greet.text greet.text >twice
	[[ $(<twice) == $'hello\nhello' ]]
	[[ $(cat "$(lily artifact path greet.text)") == hello ]]
	[[ $(lily artifact get greet.text) == text ]]
	[[ $(<text) == hello ]]
	go artifact get greet.text
	[[ $status -ne 0 ]]
	has "$stderr" text
	lily artifact get greet.text -o other
	cmp text other
}

@test "directories go in and come back as they were" {
	mkdir -p d/sub
	echo a >d/a
	printf '#!/bin/sh\n' >d/sub/x
	chmod +x d/sub/x
	ln -s a d/link
	run=$(lily run new)
	a=$(lily artifact put d --run "$run")
	lily artifact get "$a" -o back
	diff -r d back
	[[ -x back/sub/x && ! -x back/a && $(readlink back/link) == a ]]
	go artifact path "$a"
	expect 3
}

@test "what is not what it is called is refused" {
	run=$(lily run new)
	printf '{"a": 1, "a": 2}' >twice.json
	go artifact put twice.json --run "$run"
	expect 3
	printf '\377\376' >bytes
	go artifact put bytes --type text --run "$run"
	expect 3
	go artifact put bytes --run "$run"
	expect 0
	go artifact put nowhere --run "$run"
	expect 3
	has "$stderr" nowhere
	mkfifo pipe
	go artifact put pipe --run "$run"
	expect 3
	go artifact put - --type dir --run "$run" </dev/null
	expect 2
}

@test "binary data goes through standard input and output unchanged" {
	head -c 300000 /dev/urandom >blob
	run=$(lily run new)
	a=$(lily artifact put - --type file --name blob --run "$run" <blob)
	lily artifact cat "$a" | cmp - blob
}

@test "verify: fine, damaged" {
	workflow <<'YAML'
lily: 1
steps:
  big: { run: "head -c 100000 /dev/urandom >$LILY_OUT/blob", out: { blob: { type: file } } }
YAML
	lily run -q 2>/dev/null
	go artifact verify
	expect 0
	has "$output" "1 artifact checked"
	path=$(lily artifact path big.blob)
	chmod u+w "$path"
	printf x >>"$path"
	go artifact verify big.blob
	expect 9
	has "$output" "1 damaged"
	go artifact cat big.blob
	expect 9
	go artifact verify --json
	expect 9
	[[ $(json "$output" 'len(d["damaged"])') == 1 ]]
}

@test "addresses that name nothing" {
	hello
	lily run -q 2>/dev/null
	for address in nostep.out @last:99 sha256:ffffffff 'x y' '' 'sha256:zz' /; do
		go artifact cat "$address"
		expect 3
		[[ -z $output && -n $stderr ]]
	done
	go artifact list ffffffffffff
	expect 3
}
