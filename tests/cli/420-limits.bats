load setup.bash

# What the caller took away: descriptors, the size of files, time.

@test "closed standard streams: no file of the store takes their place" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "echo quiet; exit 3" }
YAML
	for closed in '2>&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
		eval "lily run $closed" && code=0 || code=$?
		[[ $code -eq 1 ]]
		wont grep -r "exit status 3" "$(lily store --path)" --include="*lock" --include="*.json"
	done
	lily list --json <&- >&- 2>err && code=0 || code=$?
	[[ $code -eq 9 ]]
	has "$(<err)" "standard output"
	go fsck --bytes
	expect 0
}

@test "a limit on the size of files is a message, not a signal" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "head -c 50000 /dev/zero", out: { o: { from: stdout, type: file } } }
YAML
	lily run -q 2>/dev/null
	run --separate-stderr bash -c 'ulimit -f 1; exec lily run'
	expect 9
	has "$stderr" "File too large"
	go fsck --bytes
	expect 0
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "ulimit -f 1; head -c 50000 /dev/zero >$LILY_OUT/o", out: { o: { type: file } } }
YAML
	go run
	expect 1
	has "$stderr" "exit status 153"
}
