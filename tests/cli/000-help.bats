load setup.bash

commands() {
	printf '%s\n' run resume cancel list show watch logs events new start finish check plan \
		graph fmt 'artifact list' 'artifact cat' 'artifact get' 'artifact put' \
		'artifact path' 'artifact verify' init store fsck doctor version completion help \
		'run resume' 'run cancel' 'run list' 'run show' 'run watch' 'run logs' 'run events' \
		'run new' 'run start' 'run finish' 'workflow check' 'workflow plan' \
		'workflow graph' 'workflow fmt' 'route test' 'gate run'
}

@test "every command explains itself on standard output" {
	while read -r -a words; do
		go "${words[@]}" --help
		expect 0
		has "$output" "usage: lily "
		has "$output" "Exit codes"
		[[ -z $stderr ]]
	done < <(commands)
}

@test "help COMMAND says what COMMAND --help says" {
	for words in 'list' 'artifact put' 'check'; do
		a=$(lily $words --help)
		b=$(lily help $words)
		[[ $a == "$b" ]]
	done
}

@test "the overview lists every command that is there, and none that is not" {
	go --help
	expect 0
	for word in run resume cancel list show watch logs events new start finish check plan graph why retry exec \
		fmt artifact init store fsck doctor version completion help; do
		grep -qE "^  ($word|artifact $word) " <<<"$output" || [[ $word == artifact ]]
	done
	for word in replay diff lineage export gc pack __complete; do
		wont grep -qE "^  $word( |$)" <<<"$output"
	done
}

@test "a noun lists its verbs" {
	go help artifact
	expect 0
	has "$output" "artifact verify"
	go workflow --help
	expect 0
	has "$output" "workflow fmt"
	go help run
	expect 0
	has "$output" "run resume"
}

@test "help of a command that is not there suggests one" {
	go help lsit
	expect 2
	has "$stderr" "did you mean \`lily help list\`"
	go help artifact lst
	expect 2
	has "$stderr" "did you mean \`lily help artifact list\`"
}

@test "man pages are roff, and man reads them without complaint" {
	go help --man
	expect 0
	[[ $output == .TH* ]]
	while read -r -a words; do
		lily help --man "${words[@]}" >page.1
		[[ $(head -c 3 page.1) == .TH ]]
		if command -v groff >/dev/null; then
			complaints=$(groff -man -Kutf8 -Tutf8 -ww -z page.1 2>&1)
			[[ -z $complaints ]] || { echo "$complaints"; return 1; }
		fi
	done < <(commands)
}

@test "version" {
	go version
	expect 0
	[[ $output =~ ^lily\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
	a=$output
	go --version
	expect 0
	[[ $output == "$a" ]]
	go version --json
	[[ lily\ $(json "$output" 'd["version"]') == "$a" ]]
}
