load setup.bash

@test "logs of a step, of a run, of an attempt" {
	hello
	lily run -q 2>/dev/null
	go logs after
	expect 0
	[[ $(sort <<<"$output") == $'complaint\nfrom after' ]]
	go logs
	expect 0
	has "$output" "after | from after"
	has "$output" "after | complaint"
	go logs @2
	has "$output" "from after"
	[[ $(lily logs --step after --stream stderr) == complaint ]]
	[[ $(lily logs @last/after --stream stdout) == "from after" ]]
	[[ $(lily logs after --attempt 2 --stream stdout) == "from after" ]]
	[[ $(lily logs after@2 --stream stdout) == "from after" ]]
	[[ -z $(lily logs greet) ]]
}

@test "what is not there is said" {
	hello
	lily run -q 2>/dev/null
	go logs nostep
	expect 3
	has "$stderr" nostep
	go logs @99
	expect 3
	go logs @x
	expect 3
	go logs @0
	expect 2
	go logs after --step greet
	expect 2
}

@test "--tail, --json, binary output unchanged" {
	workflow <<'YAML'
lily: 1
steps:
  s: { run: "seq 1 100; printf 'a\\000b\\377\\n'" }
YAML
	lily run -q 2>/dev/null
	[[ $(lily logs s --tail 3 | head -n 2) == $'99\n100' ]]
	[[ -z $(lily logs s --tail 0) ]]
	[[ $(lily logs s | tail -c 5 | od -An -tx1 | tr -d ' ') == 610062ff0a ]]
	go logs s --json
	python3 - "$output" <<'PY'
import json, sys
chunks = [json.loads(line) for line in sys.argv[1].splitlines()]
assert all(c["stream"] == "stdout" and c["step"] == "s" for c in chunks)
text = "".join(c["text"] for c in chunks)
assert text.startswith("1\n2\n") and "a\0b\ufffd" in text, text
PY
}

@test "-f: while it is written, also before it begins, until it ends" {
	workflow <<'YAML'
lily: 1
steps:
  first: { run: "touch begun; until [ -e go ]; do sleep 0.05; done" }
  s: { run: "for i in 1 2 3; do echo line $i; sleep 0.4; done", needs: [ first ] }
YAML
	lily run >/dev/null 2>&1 &
	driver=$!
	until_true test -e begun
	timeout 20 lily logs s -f >followed 2>err &
	follower=$!
	timeout 20 lily logs -f >all 2>err &
	all=$!
	touch go
	until_true grep -q "line 1" followed
	wait "$follower"
	wait "$all"
	wait "$driver"
	[[ $(<followed) == $'line 1\nline 2\nline 3' ]]
	has "$(<all)" "s | line 3"
}

@test "logs --tail counts lines with --json as well" {
	workflow <<'YAML'
lily: 1
steps: { s: { run: "for i in 1 2 3 4 5; do echo $i; sleep 0.05; done; printf '6\n7\n8\n'" } }
YAML
	lily run -q 2>/dev/null
	go logs s -n 2 --json
	expect 0
	[[ $(python3 -c 'import json, sys; print("".join(json.loads(l)["text"] for l in sys.stdin), end="")' <<<"$output") == $'7\n8' ]]
	go logs s -n 4 --json
	[[ $(python3 -c 'import json, sys; print("".join(json.loads(l)["text"] for l in sys.stdin), end="")' <<<"$output") == $'5\n6\n7\n8' ]]
	go logs s -n 0 --json
	[[ -z $output ]]
}

@test "logs tells a step that has not begun from one that is not there" {
	workflow <<'YAML'
lily: 1
steps: { bad: { run: "exit 4" }, after: { run: "true", needs: [ bad ] } }
YAML
	lily run -q >/dev/null 2>&1 || true
	go logs after
	expect 3
	has "$stderr" 'no attempt of step "after" has begun'
	go logs aftr
	expect 3
	has "$stderr" 'no step "aftr"'
	has "$stderr" after
}
