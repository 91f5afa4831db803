load setup.bash

# The examples are what a reader copies from, so each runs here as it stands, and does what it says.
example() {
	cp -r "$SOURCE_DIR/examples/$1/." .
}

# The content of an output of the newest run. Usage: output_is STEP.OUT TEXT
output_is() {
	local text
	text=$(lily artifact cat "$1") || return
	[[ $text == "$2" ]] || { printf '%s is: %s\n' "$1" "$text" >&2; return 1; }
}

@test "nightly-import: one bad file does not keep the others out" {
	example nightly-import
	lily check nightly-import.lily.yaml
	lily run nightly-import.lily.yaml --key today
	output_is report.markdown "$(printf '| shop | sales | revenue | change |\n| --- | ---: | ---: | ---: |\n| Harbour | 2 | 139.80 |  |\n| Station | 3 | 98.96 |  |')"
	go show --steps
	has "$output" "market.csv"
	has "$(lily show --steps --json)" '"class":"schema"'
	# The same key is the same run.
	go run nightly-import.lily.yaml --key today
	expect 0
	[ "$(json "$(lily list --json)" 'len(d["runs"])')" -eq 1 ]
	# The next one compares itself with it.
	sed -i '$d' inbox/station.csv
	lily run nightly-import.lily.yaml --key tomorrow
	has "$(lily artifact cat report.markdown)" '| Harbour | 2 | 139.80 | +0.00 |'
	[ ! -e failed.json ]
	# All bad is bad, and said.
	cp inbox/market.csv inbox/harbour.csv
	go run nightly-import.lily.yaml
	expect 1
	[ "$(json "$(cat failed.json)" 'd["workflow"], d["status"]')" = "('nightly-import', 'failed')" ]
}

@test "matrix-build: every standard with every optimisation, but for one" {
	example matrix-build
	lily check matrix-build.lily.yaml
	lily run matrix-build.lily.yaml
	[ "$(lily artifact cat summary.sizes | wc -l)" -eq 9 ]
	lily run matrix-build.lily.yaml
	[ "$(lily show --steps --json | grep -o '"state":"reused"' | wc -l)" -eq 9 ]
	sed -i 's/RING_PLACES - 1/RING_PLACES/' src/ring_test.c
	go run matrix-build.lily.yaml
	expect 1
	has "$output$stderr" "build/c99-O0"
}

@test "parameter-sweep: the best of all points, in order" {
	example parameter-sweep
	lily check parameter-sweep.lily.yaml
	lily run parameter-sweep.lily.yaml -p points=8000
	output_is reduce.best "$(printf '6720 0\n6520 1\n6719 1\n6721 1\n6920 1')"
}

@test "training: an attempt that is killed goes on from its checkpoint" {
	example training
	lily check training.lily.yaml
	lily run training.lily.yaml
	[ "$(json "$(lily artifact cat choose.model)" 'd["epoch"], d["started"], d["error"] < 0.5')" = "(6, 2, True)" ]
	has "$(lily logs train/seed1)" "begins at epoch 3"
	[ "$(json "$(cat model.json)" 'd["epoch"]')" -eq 6 ]
	# What the gate does not call good is not taken into use.
	rm model.json
	sed -i 's/error: { max: 1,/error: { max: -1,/' training.lily.yaml
	go run training.lily.yaml
	expect 4
	[ ! -e model.json ]
}

@test "release: published once, by the word of a person, looked at, taken back when it is broken" {
	example release
	lily check release.lily.yaml
	go run --no-wait release.lily.yaml -p version=1.4.0
	expect 6
	[ ! -e server/current ]
	go inbox publish
	has "$output" "Publish 1.4.0?"
	lily approve publish
	[ "$(readlink server/current)" = releases/1.4.0 ]
	go run --no-wait release.lily.yaml -p version=1.5.0 -p broken=true
	expect 6
	go approve publish
	expect 1
	[ "$(readlink server/current)" = releases/1.4.0 ]
	[ "$(cat server/log)" = "$(printf '1.4.0\n1.5.0\n1.5.0 taken back')" ]
	[ ! -e server/incoming ]
	# The key holds across runs: 1.4.0 is out, nobody is asked, and it is not published again.
	lily run --no-wait release.lily.yaml -p version=1.4.0
	[ "$(cat told)" = "$(printf '1.4.0 waiting\n1.4.0 succeeded\n1.5.0 waiting\n1.5.0 failed\n1.4.0 succeeded')" ]
	[ "$(grep -c '^1.4.0$' server/log)" -eq 1 ]
}

@test "backup: signed, verified, rotated; the key is nowhere" {
	example backup
	lily check backup.lily.yaml
	export BACKUP_KEY=a-key-that-nobody-knows
	lily run backup.lily.yaml
	[ "$(cat kept/*.sig)" = "$(/usr/bin/python3 -c 'import glob, hmac; print(hmac.new(b"a-key-that-nobody-knows", open(glob.glob("kept/*.tar")[0], "rb").read(), "sha256").hexdigest())')" ]
	wont grep -rq "$BACKUP_KEY" "$T/state"
	# Once more, over what is there, as somebody whom permissions bind.
	run --separate-stderr mortal lily run backup.lily.yaml
	expect 0
	[ "$(ls kept/*.tar | wc -l)" -eq 1 ]
	# What changed while it was packed is packed again, once.
	mkdir "$HOME/bin"
	cat >"$HOME/bin/tar" <<-SH
		#!/bin/sh
		/usr/bin/env -i /bin/tar "\$@" || exit
		case " \$* " in *" -cf "*) [ ! -e "$PWD/change" ] || { rm "$PWD/change"; echo late >>"$PWD/data/late"; } ;; esac
	SH
	chmod +x "$HOME/bin/tar"
	touch change
	PATH="$HOME/bin:$PATH" lily run backup.lily.yaml
	[ "$(json "$(lily show --steps --json)" '[s.get("visit") for s in d["step_list"] if s["step"] == "pack"]')" = "[2]" ]
	[ "$(tar -xOf kept/*.tar ./late)" = late ]
	unset BACKUP_KEY
	go run backup.lily.yaml
	expect 1
	has "$stderr" "BACKUP_KEY"
	[ "$(json "$(cat failed.json)" 'd["status"]')" = failed ]
}

@test "site-reports: one file used for two sites, each with its own params and readings" {
	example site-reports
	lily check site-reports.lily.yaml
	lily run site-reports.lily.yaml
	output_is join.report "$(printf 'Readings of 2026-10, look at north first\nnorth has 3 readings, 127 in all, 2 too high\nsouth has 2 readings, 46 in all, 1 too high')"
	lily run site-reports.lily.yaml -p month=2026-11
	output_is join.report "$(printf 'Readings of 2026-11, look at south first\nnorth has 1 readings, 9 in all, 0 too high\nsouth has 2 readings, 170 in all, 2 too high')"
	# A step of one of them again: the other site is kept.
	lily retry north/total
	has "$(lily show --steps)" "adopted"
	[ "$(json "$(lily show --steps --json)" '[s["step"] for s in d["step_list"] if s["state"] != "adopted"]')" = "['north', 'north/total', 'north/write', 'join']" ]
	# Of itself, the part is a workflow like any other.
	lily run parts/report.lily.yaml -p site=x -p month=2026-10 -i readings=data/south.csv
	output_is write.lines "x has 2 readings, 46 in all, 0 too high"
}

@test "cached-site: what did not change is not made again" {
	example cached-site
	made() {
		lily show --steps --json | python3 -c 'import json, sys
print(*(s["step"] for s in json.load(sys.stdin)["step_list"] if s["state"] == "succeeded"))'
	}
	lily check cached-site.lily.yaml
	lily run
	has "$(cat site/index.html)" "<p>Bread</p>"
	lily run
	[ "$(made)" = "pages publish" ]
	printf '\nAnd patience.\n' >>pages/bread.txt
	lily run
	[ "$(made)" = "pages publish pages/bread.txt" ]
	has "$(cat site/bread.html)" "<p>And patience.</p>"
	has "$(lily why pages/bread.txt)" "pages/bread.txt"
	sed -i '1s/.*/Loaf/' pages/bread.txt
	lily run
	[ "$(made)" = "pages index publish pages/bread.txt" ]
	has "$(cat site/index.html)" "<p>Loaf</p>"
	# What is not finished is not published, and what is judged no different is not judged again.
	printf 'TODO: the oven\n' >>pages/bread.txt
	go run
	expect 4
	has "$stderr" "gate finished"
	hasnt "$(cat site/bread.html)" "TODO"
	sed -i '$d' pages/bread.txt
	sed -i 's/grep TODO/grep -e TODO -e FIXME/' cached-site.lily.yaml
	has "$(lily run -n)" "each item is looked up when its list is known"
	lily run
	has "$(lily why pages/bread.txt)" "gate finished judged it: its key is another"
}

@test "fix-defect: a loop that ends, a person who takes the fix, and one publication" {
	example fix-defect
	lily check fix-defect.lily.yaml
	export TMPDIR=$BATS_TEST_TMPDIR
	wont sh check.sh mean.c
	go run --no-wait fix-defect.lily.yaml
	expect 6
	[[ ! -e published.txt ]]
	# Wrong twice, by what the tests said of it.
	[ "$(lily artifact list --rejected --json @last | python3 -c 'import json, sys
print(sum(a["role"] == "rejected" and a["name"] == "fix" for a in json.load(sys.stdin)))')" -eq 2 ]
	go inbox propose --cat out.fix
	has "$output" 'long long sum'
	go approve propose
	expect 0
	sh check.sh mean.c
	[ "$(wc -l <published.txt)" -eq 1 ]
	# A word counts for one run, and for what was shown.
	go run --no-wait fix-defect.lily.yaml
	expect 6
	go reject propose --reason "not today"
	expect 1
	[ "$(wc -l <published.txt)" -eq 1 ]
}
