load setup.bash

# Groups: steps within a step.

@test "a group's steps are named after it, and whoever needs it waits for all of them" {
	workflow <<'YAML'
lily: 1
parallel: 4
steps:
  make: { run: "sleep 0.1; touch made" }
  g:
    needs: [ make ]
    steps:
      one: { run: "test -e made; sleep 0.1; touch one" }
      two: { run: "test -e made; sleep 0.2; touch two" }
      three: { run: "test -e one", needs: [ one ] }
  last: { run: "test -e one; test -e two", needs: [ g ] }
YAML
	go check
	expect 0
	has "$output" "5 steps"
	go run
	expect 0
	go logs @last/g/one
	expect 0
	go fsck
	expect 0
}

@test "names mean the nearest step, a group's own first; GROUP/NAME from outside" {
	workflow <<'YAML'
lily: 1
steps:
  one: { run: "touch outer" }
  g:
    steps:
      one: { run: "sleep 0.1; touch inner" }
      two: { run: "test -e inner", needs: [ one ] }
      h: { steps: { three: { run: "test -e inner", needs: [ one ] } } }
  last: { run: "test -e inner", needs: [ g/one ] }
  deep: { run: "true", needs: [ g/h/three ] }
YAML
	go plan --json
	expect 0
	[ "$(json "$output" '{s["name"]: [d["steps"][n]["name"] for n in s.get("needs", [])] for s in d["steps"]}')" = \
		"{'one': [], 'g/one': [], 'g/two': ['g/one'], 'g/h/three': ['g/one'], 'last': ['g/one'], 'deep': ['g/h/three']}" ]
	go run
	expect 0
}

@test "a group or a step in it can be asked for alone" {
	workflow <<'YAML'
lily: 1
steps:
  a: { run: "touch a" }
  g: { steps: { b: { run: "touch b" }, c: { run: "touch c", needs: [ b ] } } }
YAML
	go run w.lily.yaml g/b
	expect 0
	[ ! -e a ] && [ -e b ] && [ ! -e c ]
	go run w.lily.yaml g
	expect 0
	[ ! -e a ] && [ -e c ]
	go run w.lily.yaml g/x
	expect 3
	has "$stderr" 'no step "g/x"'
}

@test "what is wrong in a group is told with its place" {
	workflow <<'YAML'
lily: 1
steps:
  g:
    timeout: 3s
    steps:
      b: { run: "true", needs: [ nowhere ] }
      c: { needs: [ b ] }
  e: { steps: {} }
YAML
	go check
	expect 3
	has "$output" 'w.lily.yaml:4:5: step "g": "timeout" does not go with `steps`'
	has "$output" 'w.lily.yaml:6:34: step "g/b": there is no step "nowhere"'
	has "$output" 'step "g/c": nothing to do'
	has "$output" 'step "e": "steps" is empty'
}
