load setup.bash

# Where people have their files: a home that is not in /tmp, the store in it, the workspace in it or beside it. All
# other stories have everything in /tmp, which a step does not see.

P=

lay_out() {
	P=$(mktemp -d /var/tmp/lily-places-XXXXXX)
	mkdir -p "$P"/{home/ws,beside}
	export HOME=$P/home
	unset XDG_STATE_HOME XDG_CONFIG_HOME
	for folder in "$P/home/ws" "$P/beside"; do
		cat >"$folder/w.lily.yaml" <<'YAML'
lily: 1
steps:
  plain: { run: 'echo one >plain && echo x >/tmp/own && test -s /tmp/own && ! test -e ~/.local && ! ls "$LILY_WORKSPACE"/../.local/state/lily/*/lily.db' }
  inner: { workspace: private, run: 'echo two >inner && test -s inner && echo x >/tmp/own' }
  reads: { needs: [ plain ], policy: { read: [ . ] }, run: 'test -s plain && read -r name </proc/self/comm && test -n "$name"' }
  lists: { needs: [ plain ], policy: { read: [ . ], write: [ out ], net: [ "127.0.0.1:1" ] }, out: { o: { type: text } }, run: 'cp plain "$LILY_OUT/o"' }
YAML
		mkdir "$folder/out"
	done
}

teardown() {
	[[ -z $P ]] || rm -rf "$P"
	rm -rf "$T"
}

@test "steps run under policies where home and store are not in /tmp" {
	lay_out
	for folder in "$P/home/ws" "$P/beside"; do
		cd "$folder"
		go run
		expect 0
		test -s plain
		wont test -e inner
	done
}

@test "likewise as an ordinary user" {
	[[ $(id -u) -eq 0 ]] || skip "the story before is that"
	lay_out
	chown -R nobody "$P"
	chmod 755 "$P"
	for folder in "$P/home/ws" "$P/beside"; do
		cd "$folder"
		run --separate-stderr setpriv --reuid=nobody --clear-groups --inh-caps=-all \
			"$(readlink -f "$T/bin/lily")" run
		expect 0
		test -s plain
		wont test -e inner
	done
}

@test "a folder of somebody else's that is closed stops nobody; one of one's own is named" {
	[[ $(id -u) -eq 0 ]] || skip "only root can make one"
	lay_out
	chown -R nobody "$P"
	chmod 755 "$P"
	cd "$P/beside"
	mkdir -m 700 closed
	as_nobody() {
		run --separate-stderr setpriv --reuid=nobody --clear-groups --inh-caps=-all \
			"$(readlink -f "$T/bin/lily")" run
	}
	as_nobody
	expect 0
	chown nobody closed
	chmod 0 closed
	as_nobody
	expect 5
	has "$stderr" "$P/beside/closed cannot be looked into, but a step could open it"
}

@test "likewise where the workspace is somebody else's, and root runs it" {
	[[ $(id -u) -eq 0 ]] || skip "only root can"
	lay_out
	chmod 755 "$P"
	chown -R nobody "$P/beside"
	cd "$P/beside"
	go run
	expect 0
	[[ $(stat -c %U plain) == nobody ]]
}
