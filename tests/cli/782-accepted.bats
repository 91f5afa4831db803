load setup.bash

# Machines that lack what the default policy needs: what is said, and what may be accepted.

# lily as root of a container that may not mount, or as an ordinary user without namespaces. Usage: bare ARGUMENTS…
bare() {
	if [[ $(id -u) -eq 0 ]]; then
		run --separate-stderr setpriv --inh-caps=-all --bounding-set=-sys_admin lily "$@"
	else
		run --separate-stderr unshare -Ur sh -c \
			'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --inh-caps=-all --bounding-set=-sys_admin lily "$@"' lily "$@"
	fi
}

script() {
	workflow <<YAML
lily: 1
steps: { a: { run: '${1:-echo here >made}' } }
YAML
}

@test "without namespaces the default is refused before there is a run, with what to do" {
	script
	bare run
	expect 5
	has "$stderr" 'policy "default" cannot be enforced on this machine'
	has "$stderr" 'needs mount namespaces'
	has "$stderr" '`lily doctor --accept S1`'
	wont test -e made
	go list --json
	hasnt "$output" run_id
	bare doctor
	has "$output" 'runs under the default policy are refused'
	has "$output" '`lily doctor --accept S1`'
	sed -i 's/a: {/a: { policy: none,/' w.lily.yaml
	bare run
	expect 0
	test -e made
}

@test "what was accepted runs degraded, which is said and recorded, until that is taken back" {
	script 'echo here >made; echo x >"'"$T"'/outside" || true; /usr/bin/python3 -c "import socket; socket.socket()" && touch reached || true'
	bare doctor --accept S1
	has "$output" 'held as far as Landlock and seccomp go, which was accepted'
	bare run
	expect 0
	has "$stderr" 'policy "default" is held at S1 only'
	has "$stderr" 'read (hidden places are not seen) is unenforced'
	test -e made
	wont test -e "$T/outside"
	wont test -e reached
	go events --json
	has "$(grep attempt.submitted <<<"$output")" '"policy":{"degraded":true,"name":"default"'
	# Where nothing is missing it changes nothing.
	go run
	expect 0
	hasnt "$stderr" unenforced
	bare doctor --accept S2
	has "$output" 'are refused'
	bare run
	expect 5
}

@test "accepting S1 accepts what the machine lacks, and not what this version does" {
	script
	sed -i 's/a: {/a: { policy: { max_diff: { files: 1 } },/' w.lily.yaml
	bare doctor --accept S1
	bare run
	expect 5
	has "$stderr" max_diff
	hasnt "$stderr" accept
	go doctor --accept S3
	expect 2
}
