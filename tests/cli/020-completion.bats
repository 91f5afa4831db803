load setup.bash

offers() {
	lily __complete "${@:1:$#-1}" "${@: -1}" | cut -f 1
}

@test "the scripts are good bash, zsh and fish" {
	lily completion bash >c.bash
	bash -n c.bash
	lily completion zsh >_lily
	! command -v zsh >/dev/null || zsh -n _lily
	lily completion fish >c.fish
	! command -v fish >/dev/null || fish -n c.fish
	go completion csh
	expect 2
}

@test "bash completes through the script" {
	lily completion bash >c.bash
	run bash -c '
		source ./c.bash
		COMP_LINE="lily arti" COMP_POINT=9
		_lily; echo "${COMPREPLY[@]}"
		COMP_LINE="lily graph --format " COMP_POINT=20
		_lily; echo "${COMPREPLY[@]}"
		COMP_LINE="lily graph --format=s" COMP_POINT=21
		_lily; echo "${COMPREPLY[@]}"
		touch "a b.yaml"
		COMP_LINE="lily check a" COMP_POINT=12
		_lily; echo "${COMPREPLY[@]}"'
	[[ ${lines[0]} == artifact ]]
	[[ ${lines[1]} == "text dot svg" ]]
	[[ ${lines[2]} == svg ]]
	[[ ${lines[3]} == "a b.yaml" ]]
}

@test "commands, verbs and options" {
	[[ $(offers re) == $'resume\nretry\nreject' ]]
	[[ $(offers artifact ver) == verify ]]
	has "$(offers run '')" list
	has "$(offers run --fail)" --fail-fast
	has "$(offers list --j)" --json
	hasnt "$(offers '')" __complete
	[[ $(offers --store '') == :directories ]]
	[[ $(offers run x -P '') == :files ]]
	[[ -z $(offers version '') ]]
}

@test "runs, steps, artifacts, params and steps of a file" {
	cat >w.lily.yaml <<'YAML'
lily: 1
params: { colour: { type: string, default: red, description: of the thing } }
steps:
  one: { run: "echo x >$LILY_OUT/data", out: { data: null } }
  two: { run: "true" }
YAML
	lily run -q 2>/dev/null
	id=$(json "$(lily show --json)" 'd["run_id"]')
	has "$(offers show @)" @last
	has "$(offers show "${id:0:6}")" "${id:0:13}"
	has "$(offers logs "${id:0:13}/")" "${id:0:13}/one"
	has "$(offers logs t)" two
	has "$(offers artifact cat '')" one.data
	[[ $(offers run w.lily.yaml -p col) == colour= ]]
	[[ $(offers run w.lily.yaml tw) == two ]]
}

@test "no store, no file: no candidates, no complaint" {
	go __complete show ''
	expect 0
	[[ -z $output && -z $stderr ]]
	go __complete run x.yaml -p ''
	expect 0
	[[ -z $output && -z $stderr ]]
}
