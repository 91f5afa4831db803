load setup.bash

# Every way of reading the file refuses it with one message that names it; nothing is recorded.
refused() {
	local part
	go check "$1"
	expect "${code:-3}"
	for part in "${@:2}"; do
		has "$output$stderr" "$part"
	done
	[[ $(wc -c <<<"$output$stderr") -lt 20000 ]]
	go run "$1"
	expect "${code:-3}"
	for part in "${@:2}"; do
		has "$stderr" "$part"
	done
	[[ -z $output ]]
	[[ $(json "$(lily list --json 2>/dev/null || echo '{"runs":[]}')" 'len(d["runs"])') == 0 ]]
}

@test "truncated" {
	printf 'lily: 1\nsteps:\n  a: { run: "tr' >w.lily.yaml
	refused w.lily.yaml w.lily.yaml:
}

@test "empty, a list, a number, of another kind" {
	: >e.lily.yaml
	refused e.lily.yaml e.lily.yaml
	echo '[1]' >l.lily.yaml
	refused l.lily.yaml l.lily.yaml
	echo 'name: x' >n.lily.yaml
	refused n.lily.yaml lily
	printf 'lily: 2\nsteps: { a: { run: "true" } }\n' >v.lily.yaml
	refused v.lily.yaml v.lily.yaml:1
	mkdir d.lily.yaml
	refused d.lily.yaml d.lily.yaml
	mkfifo f.lily.yaml
	refused f.lily.yaml f.lily.yaml
}

@test "a path that leads round in circles, a path that is too long" {
	ln -s loop.lily.yaml loop.lily.yaml
	refused loop.lily.yaml "symbolic links"
	refused "./$(printf 'x%.0s' {1..5000})" "File name too long"
}

@test "wrong type" {
	printf 'lily: 1\nsteps:\n  a: { run: [ 1 ] }\n' >w.lily.yaml
	refused w.lily.yaml w.lily.yaml:3:
}

@test "unknown key, with a suggestion" {
	printf 'lily: 1\nsteps:\n  a: { run: "true", tiemout: 3s }\n' >w.lily.yaml
	refused w.lily.yaml w.lily.yaml:3: tiemout timeout
}

@test "duplicate key, with both places" {
	printf 'lily: 1\nsteps:\n  a: { run: "true" }\n  a: { run: "true" }\n' >w.lily.yaml
	refused w.lily.yaml w.lily.yaml:4: 3
	printf '{"lily": 1,\n"lily": 1, "steps": {"a": {"run": "true"}}}' >w.json
	refused w.json w.json:2:
}

@test "bad UTF-8" {
	printf 'lily: 1\nname: "\377"\nsteps: { a: { run: "true" } }\n' >w.lily.yaml
	refused w.lily.yaml w.lily.yaml UTF-8
}

@test "a line of 1 MB" {
	{
		printf 'lily: 1\nsteps: { a: { run: "true", x'
		head -c 1000000 /dev/zero | tr '\0' y
		printf ': 1 } }\n'
	} >w.lily.yaml
	refused w.lily.yaml w.lily.yaml
	{
		printf 'lily: 1\nsteps: { a: { run: "exit 0 #'
		head -c 100000 /dev/zero | tr '\0' y
		printf '" } }\n'
	} >long.lily.yaml
	go run long.lily.yaml
	expect 0
}

@test "100 000 levels deep" {
	{
		printf 'lily: 1\nsteps: '
		head -c 100000 /dev/zero | tr '\0' '['
	} >w.lily.yaml
	refused_deep w.lily.yaml
	head -c 100000 /dev/zero | tr '\0' '[' >w.json
	refused_deep w.json
}

refused_deep() {
	go check "$1"
	expect 8
	has "$output$stderr" "$1"
}

@test "alias bomb" {
	{
		echo 'lily: 1'
		echo 'x-a: &a0 [ x, x, x, x, x, x, x, x, x, x ]'
		for ((i = 1; i < 12; i++)); do
			p=$((i - 1))
			echo "x-b$i: &a$i [ *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p, *a$p ]"
		done
		echo 'steps: { a: { run: "true" } }'
	} >w.lily.yaml
	refused_deep w.lily.yaml
}

@test "a cycle of 10 000 steps" {
	{
		echo 'lily: 1'
		echo 'steps:'
		awk 'BEGIN { for (i = 0; i < 10000; i++)
			printf "  s%d: { run: x, needs: [ s%d ] }\n", i, (i + 1) % 10000 }'
	} >w.lily.yaml
	refused w.lily.yaml s0
	has "$stderr" "→"
}

@test "no steps, a missing reference" {
	printf 'lily: 1\nsteps: {}\n' >w.lily.yaml
	refused w.lily.yaml steps
	printf 'lily: 1\nsteps:\n  a: { run: x, needs: [ bb ] }\n  b: { run: x }\n' >w.lily.yaml
	refused w.lily.yaml w.lily.yaml:3: bb
}

@test "a missing program fails its step, and says where it was looked for" {
	printf 'lily: 1\nsteps: { a: { exec: [ no-such-program ] } }\n' >w.lily.yaml
	go run
	expect 1
	has "$stderr" no-such-program
	has "$stderr" PATH
}

@test "an input that cannot be read" {
	printf 'lily: 1\ninputs: { i: { path: secret } }\nsteps: { a: { run: x, in: { i: "${{ inputs.i }}" } } }\n' >w.lily.yaml
	mkdir secret
	mkfifo secret/pipe
	go run
	expect 3
	has "$stderr" pipe
	rm -r secret
	echo x >secret
	chmod 000 secret
	run --separate-stderr mortal lily run
	expect 3
	has "$stderr" "secret: Permission denied"
}

@test "a workflow that cannot be read" {
	hello
	chmod 000 w.lily.yaml
	run --separate-stderr mortal lily check w.lily.yaml
	expect 3
	has "$stderr" "Permission denied"
}

@test "a key of foreach or retry beside it is told where it belongs" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  a: { run: "true", foreach: [ 1 ], key: item, attempts: 3 }
YAML
	refused w.lily.yaml 'w.lily.yaml:3:37: step "a": "key" is a key of "foreach", and stands in that: foreach: { in: …, key: … }' \
		'"attempts" is a key of "retry", and stands in that: retry: { attempts: … }'
}

@test "a step that needs what is not there is not told to need itself" {
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  build: { run: "true", needs: [ buildd ] }
YAML
	refused w.lily.yaml 'step "build": there is no step "buildd"'
	hasnt "$stderr" 'did you mean'
	sed -i '$ a\  buildx: { run: "true" }' w.lily.yaml
	refused w.lily.yaml 'there is no step "buildd"; did you mean "buildx"?'
}
