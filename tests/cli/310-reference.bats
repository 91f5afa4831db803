load setup.bash

# The keys that the program names for what is misspelt in the file. Usage: keys_of NOUN
keys_of() {
	lily check | sed -n "s/.*; $1 has \(.*\) (and keys.*/\1/p" | tr -d , | tr ' ' '\n'
}

@test "lily-workflow(5) has every key that lily reads, in bold" {
	workflow <<'YAML'
lily: 1
qqqqqqqq: 1
params: { p: { qqqqqqqq: 1 } }
inputs: { i: { qqqqqqqq: 1 } }
defaults: { qqqqqqqq: 1 }
steps:
  s:
    run: "true"
    qqqqqqqq: 1
    in: { i: { value: 1, qqqqqqqq: 1 } }
    out: { o: { qqqqqqqq: 1 } }
    retry: { qqqqqqqq: 1 }
YAML
	text=$(<"$SOURCE_DIR/docs/lily-workflow.5")
	for noun in 'a workflow' 'a param' 'an input' '"defaults"' 'a step' 'an output' '"retry"'; do
		keys=$(keys_of "$noun")
		[[ -n $keys ]] || { echo "no keys of $noun" >&2; return 1; }
		for key in $keys; do
			grep -qwF -- "$key" <<<"$text" || { echo "$noun: $key" >&2; return 1; }
		done
	done
	for key in $(keys_of 'a workflow') $(keys_of 'a step'); do
		grep -qE "^\.BR? .*\b$key\b" <<<"$text" || { echo "not in bold: $key" >&2; return 1; }
	done
}

@test "lily-workflow(5) names every variable that lily sets" {
	workflow <<'YAML'
lily: 1
steps: { s: { exec: [ env ] } }
YAML
	lily run -q 2>/dev/null
	text=$(<"$SOURCE_DIR/docs/lily-workflow.5")
	for name in $(lily logs s | sed 's/=.*//'); do
		grep -qwF "$name" <<<"$text" || { echo "$name" >&2; return 1; }
	done
}

@test "the example of lily-workflow(5) is right and runs" {
	sed -n '/^\.SH EXAMPLE/,/^\.fi/p' "$SOURCE_DIR/docs/lily-workflow.5" |
		sed -e '/^\.[A-Za-z]/d' -e 's/\\-/-/g' >example.lily.yaml
	go check
	expect 0
	hasnt "$output" warning
	go run -p level=high
	expect 0
	go artifact cat report.report
	[[ $output == $'high aa\nhigh ab\nhigh ac' ]]
}
