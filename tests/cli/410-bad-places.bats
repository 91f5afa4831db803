load setup.bash

unmount() {
	umount "$1" 2>/dev/null || umount -l "$1" 2>/dev/null || true
}

small_disk() {
	[[ $(id -u) -eq 0 ]] || skip "only root may mount"
	mkdir -p "$T/disk"
	mount -t tmpfs -o "size=$1" tmpfs "$T/disk" 2>/dev/null || skip "no tmpfs may be mounted here"
}

@test "a store that cannot be written" {
	hello
	touch "$T/file"
	go --store "$T/file/store" run
	expect 9
	has "$stderr" "$T/file: what is there is no directory"
	mkdir "$T/closed"
	chmod 500 "$T/closed"
	run --separate-stderr mortal lily --store "$T/closed/store" run
	expect 9
	has "$stderr" "$T/closed/store: Permission denied"
}

@test "a full disk: one message, exit 9, nothing that was accepted is lost" {
	small_disk 3m
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo fine >$LILY_OUT/o", out: { o: { type: text } } }
  b: { run: "head -c 20000000 /dev/urandom >$LILY_OUT/big", out: { big: { type: file } }, needs: [ a ] }
YAML
	go --store "$T/disk/store" run
	codes=" 1 9 "
	failed=$status said=$stderr
	mount -o remount,size=200m "$T/disk"
	if [[ $failed -eq 9 ]]; then
		has "$said" "No space left"
		go --store "$T/disk/store" resume
		[[ $status -eq 0 ]] || { unmount "$T/disk"; expect 0; }
	fi
	[[ $codes == *" $failed "* ]]
	cat_out=$(lily --store "$T/disk/store" artifact cat a.o)
	go --store "$T/disk/store" fsck --bytes
	unmount "$T/disk"
	expect 0
	[[ $cat_out == fine ]]
}

@test "a read-only disk: reading goes on, running says why not" {
	small_disk 50m
	hello
	lily --store "$T/disk/store" run -q 2>/dev/null
	mount -o remount,ro "$T/disk"
	go --store "$T/disk/store" run
	ran=$status said=$stderr
	go --store "$T/disk/store" list --json
	listed=$status runs=$output
	unmount "$T/disk"
	[[ $ran -eq 9 ]]
	has "$said" "$T/disk"
	[[ $listed -eq 0 ]]
	[[ $(json "$runs" 'd["runs"][0]["status"]') == succeeded ]]
}

@test "a store made by a newer lily is left alone" {
	hello
	lily run -q 2>/dev/null
	db=$(lily store --path)/lily.db
	python3 - "$db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("PRAGMA user_version = 999")
db.commit()
PY
	go run
	expect 9
	has "$stderr" newer
	go list
	expect 9
	[[ $(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA user_version").fetchone()[0])' "$db") == 999 ]]
}

@test "a workspace that was moved keeps its runs, and says so" {
	hello
	lily run -q 2>/dev/null
	cd "$T" && mv ws moved && cd moved
	go list --json
	expect 0
	[[ $(json "$output" 'len(d["runs"])') == 1 ]]
	go run -q
	expect 0
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 2 ]]
}

@test "a workspace that was copied gets a store of its own" {
	hello
	lily init >/dev/null
	lily run -q 2>/dev/null
	cp -a "$T/ws" "$T/copy"
	cd "$T/copy"
	go run -q
	expect 0
	has "$stderr" copy
	[[ $(json "$(lily list --json 2>/dev/null)" 'len(d["runs"])') == 1 ]]
	cd "$T/ws"
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 1 ]]
}

@test "a store that init was given is told of where it is not used" {
	hello
	go init --store "$T/mine"
	expect 0
	has "$stderr" "with --store too"
	go run -q
	expect 0
	has "$stderr" "names the store $T/mine, which is used only with --store"
	hasnt "$stderr" copy
	go --store "$T/mine" run -q
	expect 0
	hasnt "$stderr" warning
}

@test "a store that is no store" {
	hello
	mkdir "$T/odd"
	head -c 10000 /dev/urandom >"$T/odd/lily.db"
	go --store "$T/odd" run
	expect 9
	has "$stderr" "lily.db"
}

@test "a lost lily.db is damage, not a new store" {
	hello
	lily run -q 2>/dev/null
	store=$(lily store --path)
	for loss in 'rm -f "$store"/lily.db*' ': >"$store/lily.db"; rm -f "$store"/lily.db-*'; do
		eval "$loss"
		for command in "list" "fsck" "run" "new"; do
			go $command
			expect 9
			has "$stderr" "lily.db"
			has "$stderr" backup
		done
	done
	[[ $(find "$store/runs" -name manifest.json | wc -l) == 1 ]]
	rm -r "$store"
	go run -q
	expect 0
}

@test "a store goes on when the note of whose it is was damaged" {
	hello
	lily run -q 2>/dev/null
	store=$(lily store --path)
	for content in '' '{ "workspace":' '[]'; do
		printf '%s' "$content" >"$store/workspace.json"
		go list --json
		expect 0
		has "$stderr" workspace.json
		[[ $(json "$output" 'len(d["runs"])') == 1 ]]
		go list
		[[ -z $stderr ]]
	done
	[[ $(lily store --path) == "$store" ]]
}

@test "a damaged event is damage, not a file to be saved as UTF-8" {
	echo given >seed.txt
	workflow <<'YAML'
lily: 1
inputs: { seed: { path: seed.txt } }
steps: { read: { exec: [ cat, "${{ in.seed }}" ], in: { seed: "${{ inputs.seed }}" } } }
YAML
	lily run -q 2>/dev/null
	python3 - "$(lily store --path)/lily.db" <<'PY'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("""UPDATE events SET payload = CAST(X'7B22F3' AS TEXT) WHERE payload LIKE '%"plan":%'""")
db.commit()
assert db.total_changes == 1
PY
	go artifact list
	expect 9
	has "$stderr" "is damaged"
	has "$stderr" "lily fsck"
	go fsck
	expect 9
}
