load setup.bash

# Policies: what is wrong with them, what they allow, who says so, and what would hold it.

policies() {
	mkdir -p src/vendor build .git/hooks
	cat >fix.lily.yaml <<'YAML'
lily: 1
policies:
  agent: { write: [ src, build ], protect: [ src/vendor ], deny: [ .env ], net: [ "api.example.com:443" ] }
  open: none
steps:
  fix:
    run: "true"
    policy: agent
    gates: { tests: { exec: [ make ], policy: { net: loopback } } }
  group: { steps: { in: { run: "true", policy: open } } }
YAML
}

same() {
	[[ $1 == "$2" ]] || { printf 'not the same:\n%s\n%s\n' "$1" "$2"; return 1; }
}

# Usage: may TARGET ACCESS, with $output of policy explain --json
may() {
	json "$output" "[a['allowed'] for t in d['targets'] if t['target'] == '$1' for a in t['answers'] if a['access'] == '$2'][0]"
}

@test "policy check counts policies and their uses" {
	policies
	go policy check
	expect 0
	has "$output" 'fix.lily.yaml: 2 policies, 3 uses'
	go policy check --json
	expect 0
	echo "$output" >check.json
	lily schema validate -q -s cli/policy-check check.json
	same "$(json "$output" 'd["policies"]')" "['agent', 'open']"
}

@test "policy check finds every mistake, in policies and where they are used" {
	cat >bad.lily.yaml <<'YAML'
lily: 1
policies:
  a: { wirte: [ src ], net: [ example.com ] }
  b: { extends: c }
  c: { extends: b }
steps:
  one: { run: "true", policy: agnt }
  two: { run: "true", gates: { g: { exec: [ x ], policy: { extends: nobody } } } }
  three: { run: "true", policy: [ a ] }
YAML
	go policy check bad.lily.yaml
	expect 3
	has "$output" 'bad.lily.yaml:3:8: policy "a": unknown key "wirte"; did you mean "write"?'
	has "$output" 'bad.lily.yaml:3:31: policy "a": "example.com" is no host with a port'
	has "$output" 'bad.lily.yaml:7:31: policy "of one": there is no policy "agnt"'
	has "$output" 'bad.lily.yaml:8:69: there is no policy "nobody" in this file'
	has "$output" 'bad.lily.yaml:9:33: policy "of three": must be the name of a policy'
	sed -i 3d bad.lily.yaml
	go policy check bad.lily.yaml
	expect 3
	has "$output" 'bad.lily.yaml:3:17: policy "b": extends itself: b -> c -> b'
}

@test "policy check finds links that a wall cannot stand on" {
	ln -s /etc link
	cat >p.lily.yaml <<'YAML'
lily: 1
policies: { a: { write: [ link/x ], deny: [ "*.key" ], tools: [ no-such-program ] } }
steps: { one: { run: "true" } }
YAML
	go policy check
	expect 3
	has "$output" 'p.lily.yaml:2:27: policy "a": '
	has "$output" 'link is a link to /etc'
	has "$output" 'p.lily.yaml:2:45: policy "a": "*.key": there are no patterns'
	has "$output" 'no program "no-such-program" is in PATH'
	go policy explain a
	expect 3
	has "$stderr" 'p.lily.yaml:2:27: '
}

@test "policy check reads a file of policies, and says what one is" {
	printf 'lily: 1\npolicies: { default: { deny: [ ~/.ssh ] } }\n' >policy.yaml
	go policy check policy.yaml
	expect 0
	has "$output" '1 policy'
	printf 'policies: { default: { deny: [ ~ ] } }\n' >policy.yaml
	go policy check policy.yaml
	expect 3
	has "$output" 'policy.yaml:1:1: "lily" is missing'
	has "$output" 'for the home write ~/'
	printf '{' >policy.yaml
	go policy check policy.yaml
	expect 3
	go policy check nowhere.yaml
	expect 3
}

@test "the default policy: the workspace but not git's hooks, no home, no network" {
	go policy explain --json default . src/new .git/hooks/pre-commit .git/config .git/HEAD sub/.git/config .lily \
		~/.ssh/id /etc/passwd /run/x example.com:443
	expect 0
	echo "$output" >explain.json
	lily schema validate -q -s cli/policy-explain explain.json
	same "$(may src/new write)" True
	same "$(may .git/HEAD write)" True
	same "$(may .git/hooks/pre-commit write)" False
	same "$(may .git/hooks/pre-commit read)" True
	same "$(may .git/config write)" False
	same "$(may sub/.git/config write)" False
	same "$(may .lily write)" False
	same "$(may "$HOME/.ssh/id" read)" False
	same "$(may /etc/passwd read)" True
	same "$(may /etc/passwd write)" False
	same "$(may /run/x read)" False
	same "$(may example.com:443 connect)" False
}

@test "a policy shows the line of each thing that it says" {
	policies
	go policy explain agent
	expect 0
	has "$output" 'fix.lily.yaml:3:21'
	has "$output" 'fix.lily.yaml:3:46'
	has "$output" 'protected paths are not written'
	go policy explain agent src/vendor/x api.example.com:443 .env
	expect 0
	has "$output" "\`protect\` names $PWD/src/vendor"
	has "$output" "\`net\` names api.example.com"
	has "$output" "\`deny\` names $PWD/.env"
	has "$output" 'fix.lily.yaml:3:68'
}

@test "a policy of a step, of its gate, of a step in a group" {
	policies
	go policy explain --step fix --json build build/x
	expect 0
	same "$(json "$output" 'd["policy"]')" agent
	same "$(may build/x write)" True
	go policy explain --step fix.tests --json
	expect 0
	same "$(json "$output" '[c["value"] for c in d["clauses"] if c["clause"] == "net"]')" "['loopback']"
	go policy explain --step group/in --json
	expect 0
	same "$(json "$output" 'd["unconfined"]')" True
	go policy explain --step nobody
	expect 3
	has "$stderr" 'the workflow has no step "nobody"'
	go policy explain agnt
	expect 3
	has "$stderr" 'did you mean "agent"?'
}

@test "workspace and user bound every policy, and none" {
	policies
	mkdir -p "$XDG_CONFIG_HOME/lily"
	printf 'lily: 1\npolicies: { default: { deny: [ src/secret ] } }\n' >lily-policy.yaml
	printf 'lily: 1\npolicies: { default: { net: deny }, agent: { net: [ "api.example.com:443" ] } }\n' \
		>"$XDG_CONFIG_HOME/lily/policy.yaml"
	go policy explain --json agent src/secret/x src/x api.example.com:443
	expect 0
	same "$(may src/secret/x read)" False
	same "$(may src/x write)" True
	same "$(may api.example.com:443 connect)" True
	same "$(json "$output" '[o["origin"] for o in d["origins"]]')" "['workflow', 'workspace', 'user']"
	go policy explain --json open src/secret/x /etc/passwd api.example.com:443
	expect 0
	same "$(json "$output" 'd["unconfined"]')" False
	same "$(may src/secret/x read)" False
	same "$(may /etc/passwd write)" True
	same "$(may api.example.com:443 connect)" False
	printf 'lily: 1\npolicies: { default: { nett: deny } }\n' >lily-policy.yaml
	go policy explain
	expect 3
	has "$stderr" 'lily-policy.yaml:2:24: policy "default": unknown key "nett"; did you mean "net"?'
}

@test "toolchains of the home that PATH names are shown, their credentials are not" {
	mkdir -p ~/.cargo/bin ~/.nvm
	touch ~/.cargo/credentials.toml
	PATH=$HOME/.cargo/bin:$PATH
	go policy explain --json default "$HOME/.cargo/bin/x" "$HOME/.cargo/credentials.toml" "$HOME/.nvm/x"
	expect 0
	same "$(may "$HOME/.cargo/bin/x" execute)" True
	same "$(may "$HOME/.cargo/bin/x" write)" False
	same "$(may "$HOME/.cargo/credentials.toml" read)" False
	same "$(may "$HOME/.nvm/x" read)" False
}

@test "the store is never shown" {
	lily init
	store=$(dirname "$(find "$XDG_STATE_HOME" -name workspace.json | head -1)")
	printf 'lily: 1\npolicies: { a: { read: [ /, "%s" ] } }\n' "$store" >lily-policy.yaml
	go policy explain a
	expect 3
	has "$stderr" "is in lily's store, which no step is shown"
	go policy explain --json default "$store/index.db"
	expect 0
	same "$(may "$store/index.db" read)" False
}

@test "explain says what a step is held to of which nobody says anything" {
	cat >w.lily.yaml <<'YAML'
lily: 1
policies: { default: { net: allow } }
steps:
  rest: { run: "true" }
  free: { run: "true", policy: none, gates: { g: { exec: [ "true" ] }, h: { exec: [ "true" ], policy: { net: deny } } } }
YAML
	go policy explain -f w.lily.yaml --step rest --json
	expect 0
	same "$(json "$output" 'd["policy"], d["unconfined"]')" "('default', False)"
	same "$(json "$output" '[c["value"] for c in d["clauses"] if c["clause"] == "net"]')" "['allow']"
	for step in free free.g; do
		go policy explain -f w.lily.yaml --step $step --json
		same "$(json "$output" 'd["unconfined"]')" True
	done
	go policy explain -f w.lily.yaml --step free.h --json
	same "$(json "$output" 'd["unconfined"]')" False
}

@test "the published schema and the reader have the same policies" {
	flow() {
		printf 'lily: 1\npolicies: { a: %s }\nsteps: { x: { run: "true" } }\n' "$1" >p.lily.yaml
	}
	while read -r policy; do
		flow "$policy"
		lily policy check p.lily.yaml >/dev/null || { echo "the reader refuses $policy"; return 1; }
		lily schema validate -q -s workflow p.lily.yaml || { echo "the schema refuses $policy"; return 1; }
	done <<'POLICIES'
none
{}
{ write: [ src ], read: [ / ], deny: [ .env ], protect: [ x/y ], tools: [ sh, ./x, /usr ], env: [ LANG ], sockets: [ /x ] }
{ net: deny, enforce: best_effort, trace: exec, x-mine: 3 }
{ net: [ "h.example:443", { host: "h.example:5432", listen: "127.0.0.1:5432" } ] }
{ net: [ { host: "h.example:5432", listen: 5432 } ] }
{ devices: [ null, zero, /dev/kvm ] }
{ limits: { memory: 2Gi, cpu: 90s, processes: 9, open_files: 9, file_size: 200k, output: 600, disk: 1G, memory_per_process: 1M, strict: true } }
{ max_diff: { files: 0, lines: 1, bytes: 10k, file_bytes: 1Ki } }
{ extends: default }
POLICIES
	while read -r policy; do
		flow "$policy"
		wont lily policy check p.lily.yaml
		wont lily schema validate -q -s workflow p.lily.yaml
	done <<'POLICIES'
3
{ wirte: [ src ] }
{ write: src }
{ write: [ 3 ] }
{ net: [ h.example ] }
{ net: all }
{ net: [ { listen: "127.0.0.1:5432" } ] }
{ net: [ { host: "h.example:5432", listen: 0 } ] }
{ limits: { memory: 1.5G } }
{ limits: { memory: 2GB } }
{ limits: { cpu: 90 } }
{ limits: { processes: many } }
{ max_diff: { files: -1 } }
{ enforce: perhaps }
{ trace: all }
POLICIES
}
