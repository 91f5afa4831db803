load setup.bash

@test "init: marks the workspace, makes the store outside of it, adds nothing else" {
	go init
	expect 0
	has "$output" "$T/state/lily/"
	[[ $(ls -A) == .lily ]]
	[[ -d $(lily store --path) ]]
	go init
	expect 0
	go init --json
	[[ $(json "$output" 'd["workspace"]') == "$(pwd -P)" ]]
}

@test "the workspace is found from a folder below" {
	lily init
	mkdir -p a/b
	[[ $(lily -C a/b store --path) == $(lily store --path) ]]
}

@test "a workspace inside another is one of its own once it is marked" {
	lily init
	mkdir inner
	lily -C inner init
	[[ $(lily -C inner store --path) != $(lily store --path) ]]
}

@test "store: path, figures, JSON" {
	hello
	lily run -q 2>/dev/null
	go store
	expect 0
	has "$output" "$(pwd -P)"
	go store --json
	[[ $(json "$output" 'd["runs"]') == 1 ]]
	[[ $(json "$output" 'd["bytes"]["database"] > 0') == True ]]
}

@test "--store: another place" {
	hello
	lily --store "$T/other" run -q 2>/dev/null
	[[ -e $T/other/lily.db ]]
	[[ $(json "$(lily --store "$T/other" list --json)" 'len(d["runs"])') == 1 ]]
}

@test "reading where nothing was stored yet says how to begin" {
	for words in list show events logs 'artifact list'; do
		go $words
		expect 3
		[[ -z $output ]]
		[[ -n $stderr ]]
	done
}

@test "doctor: every check, and a status of its own" {
	go doctor
	[[ $status -eq 0 || $status -eq 9 ]]
	has "$output" "lily "
	go doctor --json
	[[ $(json "$output" '{c["status"] for c in d["checks"]} <= {"ok", "warning", "failed"}') == True ]]
	[[ $status -eq $(json "$output" '9 if any(c["status"] == "failed" for c in d["checks"]) else 0') ]]
}

@test "fsck: sound after a run; damage is found and named" {
	workflow <<'YAML'
lily: 1
steps:
  big: { run: "head -c 100000 /dev/urandom >$LILY_OUT/blob", out: { blob: { type: file } } }
YAML
	lily run -q 2>/dev/null
	go fsck --bytes
	expect 0
	has "$output" sound
	path=$(lily artifact path big.blob)
	chmod u+w "$path"
	printf x | dd of="$path" bs=1 seek=500 conv=notrunc 2>/dev/null
	go fsck --bytes
	expect 9
	has "$output" I1
	go fsck --bytes --json
	expect 9
	[[ $(json "$output" 'd["ok"]') == False ]]
	[[ $(json "$output" 'len(d["findings"])') -ge 1 ]]
}
