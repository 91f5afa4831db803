load setup.bash

@test "check: fine" {
	hello
	go check
	expect 0
	has "$output" "w.lily.yaml: 2 steps"
	go check --json
	[[ $(json "$output" 'd["step_names"]') == "['greet', 'after']" ]]
	[[ $(json "$output" 'd["errors"]') == 0 ]]
	[[ ! -e $T/state/lily ]]
}

@test "check: every error, with its place and its line" {
	workflow <<'YAML'
lily: 1
nmae: x
steps:
  a: { run: "true", needs: [ b ] }
  c: { rnu: "true" }
YAML
	go check
	expect 3
	has "$output" "w.lily.yaml:2:1"
	has "$output" "nmae: x"
	has "$output" "name"
	has "$output" "w.lily.yaml:4:"
	has "$output" "w.lily.yaml:5:"
	has "$output" "errors"
	go check --json
	expect 3
	[[ $(json "$output" 'd["errors"] >= 3') == True ]]
	[[ $(json "$output" 'all(f["level"] in ("error", "warning") and f["line"] > 0 for f in d["findings"])') == True ]]
	go run
	expect 3
	has "$stderr" "w.lily.yaml:2:1"
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 0 ]]
}

@test "check: several files, the worst counts" {
	hello good.lily.yaml
	echo 'lily: 1' >bad.lily.yaml
	go check good.lily.yaml bad.lily.yaml
	expect 3
	has "$output" "good.lily.yaml: 2 steps"
	go check good.lily.yaml nowhere.lily.yaml
	expect 3
	has "$stderr" nowhere
}

@test "what this build cannot honour is refused by name" {
	for key in 'approve: {}' 'uses: p/x'; do
		printf 'lily: 1\nsteps:\n  a:\n    run: "true"\n    %s\n' "$key" >w.lily.yaml
		go check
		expect 3
		has "$output" "${key%%:*}"
	done
}

@test "plan and run -n show what would be done, and do nothing" {
	cat >w.lily.yaml <<'YAML'
lily: 1
name: planned
params: { who: { type: string } }
steps:
  first: { exec: [ touch, "ran ${{ params.who }}" ], out: { o: { from: stdout, type: text } } }
  second: { run: "true\nfalse", in: { i: "${{ steps.first.out.o }}" }, timeout: 90s, retry: { attempts: 3 } }
YAML
	go plan -p who=me
	expect 0
	has "$output" "planned: 2 steps"
	has "$output" "touch 'ran me'"
	has "$output" "after first"
	has "$output" "steps.first.out.o"
	has "$output" "timeout 1m 30s, up to 3 attempts"
	[[ $(lily run -n -p who=me) == "$output" ]]
	[[ $(lily plan w.lily.yaml first -p who=me) != *second* ]]
	go plan -p who=me --json
	[[ $(json "$output" '[s["name"] for s in d["steps"]]') == "['first', 'second']" ]]
	[[ $(ls) == w.lily.yaml ]]
	go plan
	expect 3
	has "$stderr" who
	go plan w.lily.yaml frist -p who=me
	expect 3
	has "$stderr" frist
	[[ $(json "$(lily list --json)" 'len(d["runs"])') == 0 ]]
}

@test "graph: text, DOT, SVG, into a file, of a run" {
	hello
	go graph
	expect 0
	has "$output" greet
	go graph --format dot
	[[ $output == digraph* ]]
	has "$output" after
	go graph -o g.svg
	expect 0
	python3 -c 'import xml.dom.minidom as m; assert m.parse("g.svg").documentElement.tagName == "svg"'
	lily run -q 2>/dev/null
	go graph --run @last --format svg
	expect 0
	[[ $output == *"<svg"* ]]
	go graph w.lily.yaml --run @last
	expect 2
	go graph -o nowhere/g.svg
	expect 9
}

@test "fmt: prints, checks, rewrites in one step; nothing is lost" {
	printf 'lily:   1\n# why\nsteps:\n      a:   { run: "true" }   \n\n\n\n' >w.lily.yaml
	chmod 640 w.lily.yaml
	ln -s w.lily.yaml link.yaml
	cp w.lily.yaml before
	go fmt
	expect 0
	has "$output" "# why"
	cmp w.lily.yaml before
	go fmt --check
	expect 3
	[[ $output == w.lily.yaml ]]
	cmp w.lily.yaml before
	go fmt -w link.yaml
	expect 0
	[[ -L link.yaml && $(stat -c %a w.lily.yaml) == 640 ]]
	wont cmp -s w.lily.yaml before
	go fmt --check
	expect 0
	[[ -z $output ]]
	a=$(lily plan w.lily.yaml --json)
	go fmt -w
	[[ -z $output ]]
	[[ $(ls) == $'before\nlink.yaml\nw.lily.yaml' ]]
	go fmt --check --write
	expect 2
	echo '{' >bad.yaml
	go fmt -w bad.yaml
	expect 3
	[[ $(<bad.yaml) == '{' ]]
}

@test "graph: a name that is no format lily draws is refused, not filled with text" {
	hello
	go graph -o w.png
	expect 2
	has "$stderr" "w.png"
	has "$stderr" ".svg"
	[[ ! -e w.png ]]
	go graph -o w.txt
	expect 0
	has "$(<w.txt)" greet
	go graph -o picture --format svg
	expect 0
	has "$(<picture)" "<svg"
	go graph -o w.png --format svg
	expect 0
}

@test "check: what cannot be read as YAML is a finding like any other" {
	printf 'lily: 1\nsteps:\n\ta: { run: "true" }\n' >w.lily.yaml
	go check
	expect 3
	has "$output" "error: w.lily.yaml:3:1: a tab"
	has "$output" "✗ w.lily.yaml: 1 error"
	[[ -z $stderr ]]
	go check --json
	expect 3
	[[ $(json "$output" '(d["errors"], d["findings"][0]["line"], d["findings"][0]["column"])') == "(1, 3, 1)" ]]
	[[ $(json "$output" 'd["findings"][0]["message"]') == "a tab cannot indent in YAML; use spaces" ]]
	has "$(json "$output" 'd["findings"][0]["text"]')" "w.lily.yaml:3:1"
	: >empty.lily.yaml
	go check empty.lily.yaml --json
	expect 3
	[[ $(json "$output" 'd["errors"]') == 1 ]]
	for name in nowhere.lily.yaml .; do
		go check "$name" --json
		expect 3
		[[ -z $output ]]
		has "$stderr" "$name"
	done
}

@test "run: the errors that are left out are counted in English" {
	printf 'name: ci\non: [ push ]\njobs:\n  b: { run: "true" }\n' >w.lily.yaml
	go run
	expect 3
	has "$stderr" "and 1 more error"
	hasnt "$stderr" "1 more errors"
	has "$stderr" "lily check"
}
