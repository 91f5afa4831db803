load setup.bash

@test "an input by a pattern is a directory of the files that match, sorted, and nothing else" {
	mkdir -p data/deep data/.git
	for f in data/{b,a,'c d'}.csv data/x.txt data/deep/e.csv data/.hidden.csv data/.git/g.csv; do
		echo "$f" >"$f"
	done
	ln -s b.csv data/link.csv
	workflow <<'YAML'
lily: 1
params: { kind: { type: string, default: csv } }
steps:
  s:
    run: |
      cd "$LILY_IN"
      find flat deep one -mindepth 1 | LC_ALL=C sort
      [[ $(stat -c %a flat/a.csv) == 444 && $(<"flat/c d.csv") == "data/c d.csv" && $(readlink flat/link.csv) == b.csv ]]
    in:
      flat: { path: "data/*.${{ params.kind }}" }
      deep: { path: "data/**/*.csv", as: dir }
      one: { path: "data/[x]*" }
YAML
	go run -q
	expect 0
	diff <(lily logs s) - <<'OUT'
deep/a.csv
deep/b.csv
deep/c d.csv
deep/deep
deep/deep/e.csv
deep/link.csv
flat/a.csv
flat/b.csv
flat/c d.csv
flat/link.csv
one/x.txt
OUT
	sed -i '/\[\[/d' w.lily.yaml
	go run -q -p kind=txt
	expect 0
	has "$(lily logs s)" "flat/x.txt"
	hasnt "$(lily logs s)" "flat/a.csv"
	go fsck
	expect 0
}

@test "an output by a pattern is a directory artifact that others can take" {
	workflow <<'YAML'
lily: 1
outputs: { all: "${{ steps.make.out.csv }}" }
steps:
  make:
    run: mkdir -p out/deep; for i in 3 1 2; do echo $i >out/$i.csv; done; echo no >out/n.txt; echo 4 >out/deep/4.csv
    out:
      csv: { path: "out/*.csv" }
      every: { path: "out/**", type: dir }
      none: { path: "out/*.json", optional: true }
  take: { run: 'cat "$LILY_IN"/csv/*; ls -R "$LILY_IN/every" | tr "\n" " "', in: { csv: "${{ steps.make.out.csv }}", every: "${{ steps.make.out.every }}" } }
YAML
	go run -q
	expect 0
	has "$(lily logs take)" $'1\n2\n3\n'
	has "$(lily logs take)" "4.csv"
	python3 - "$(lily show make --json)" <<'PY'
import json, sys
outputs = json.loads(sys.argv[1])["step_list"][0]["attempts"][0]["outputs"]
assert [(o["name"], o["storage_kind"]) for o in outputs] == [("csv", "dir"), ("every", "dir")], outputs
PY
	go fsck
	expect 0
}

@test "no match: an error of the step, unless optional" {
	workflow <<'YAML'
lily: 1
steps:
  in: { run: touch started, in: { f: { path: "no/*.csv" } } }
  out: { run: "true", out: { f: { path: "*.csv" } } }
  opt: { run: '[[ ! -e $LILY_IN/f ]]', in: { f: { path: "no/*.csv", optional: true } }, out: { o: { path: "*.x", optional: true } } }
YAML
	go run
	expect 1
	has "$stderr" 'input f: no file matches "no/*.csv"; mark the input optional'
	has "$stderr" 'output f: is missing: no file matches "*.csv"'
	wont test -e started
	[[ $(json "$(lily show opt --json)" 'd["step_list"][0]["state"]') == succeeded ]]
}

@test "what cannot be kept of a directory is said, with its name" {
	mkdir "$T/outside"
	ln -s "$T/outside" out
	workflow <<'YAML'
lily: 1
steps:
  fifo: { run: 'mkdir "$LILY_OUT/d"; mkfifo "$LILY_OUT/d/pipe"', out: { d: { type: dir } } }
  socket: { run: 'python3 -c "import socket, os; s = socket.socket(socket.AF_UNIX); os.chdir(os.environ[\"LILY_OUT\"]); os.mkdir(\"d\"); s.bind(\"d/s\")"', out: { d: } }
  link: { run: 'ln -s /etc/hostname "$LILY_OUT/l"', out: { l: } }
  inside: { run: 'mkdir "$LILY_OUT/d"; ln -s nowhere "$LILY_OUT/d/l"', out: { d: } }
  latin: { run: 'mkdir "$LILY_OUT/d"; touch "$LILY_OUT/d/"$(printf "\\351")', out: { d: } }
  tree: { run: mkfifo p, in: { t: { tree: t } } }
  leaves: { run: "true", in: { t: { path: "out/*" } } }
  file: { run: 'echo >"$LILY_OUT/d"', out: { d: { type: dir } } }
  missing: { run: 'true', in: { t: { tree: nowhere } } }
  notree: { run: 'true', in: { t: { tree: plain } } }
  nofile: { run: 'true', in: { t: { path: t } } }
YAML
	mkdir t
	touch plain
	mkfifo t/fifo
	go run
	expect 1
	has "$stderr" "pipe is neither file, directory nor link, and cannot be kept"
	has "$stderr" "s is neither file, directory nor link, and cannot be kept"
	has "$stderr" "output l"
	has "$stderr" "is not UTF-8"
	has "$stderr" "input t: fifo is neither file, directory nor link, and cannot be kept"
	has "$stderr" "out leads out"
	has "$stderr" "is a file, dir is declared"
	has "$stderr" "plain is not a directory; use path for a file"
	has "$stderr" "t is not a file; use tree for a directory"
	[[ $(json "$(lily show inside --json)" 'd["step_list"][0]["state"]') == succeeded ]]
	go fsck
	expect 0
}

@test "patterns that cannot be: their place and advice" {
	wrong() {
		printf 'lily: 1\n%s\n' "$1" >w.lily.yaml
		go check
		expect 3
		has "$stderr$output" "$2"
		has "$stderr$output" "$3"
	}
	wrong 'steps: { s: { run: x, in: { f: { path: *.csv } } } }' ':2:40:' 'if it is text, quote it: "*…"'
	wrong 'steps: { s: { run: x, in: { f: { path: "*.csv", as: json } } } }' ':2:53:' 'a pattern makes a directory'
	wrong 'steps: { s: { run: x, out: { f: { path: "*.csv", type: json } } } }' ':2:41:' 'leave out `type`'
	wrong $'schemas: { a.v1: a.json }\nsteps: { s: { run: x, out: { f: { path: "*.csv", schema: a.v1 } } } }' ':3:41:' 'leave out `schema`'
	wrong 'steps: { s: { run: x, in: { f: { path: "../*.csv" } } } }' ':2:40:' 'leads out of the workspace'
}
