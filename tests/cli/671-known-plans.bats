load setup.bash

# The plan of an unchanged file is taken as it was made; whatever it is made of is looked at.

told() {
	workflow <<'YAML'
lily: 1
name: told
params: { word: { type: string, default: hello } }
inputs: { note: { path: note.txt, optional: true }, given: { optional: true } }
schemas: { word.v1: word.json }
outputs: { said: "${{ steps.say.out.said }}" }
steps:
  say:
    run: |
      echo "$WORD $(cat "$LILY_IN/note" 2>/dev/null || echo nothing) $(cat "$LILY_IN/given" 2>/dev/null || echo nothing)" >"$LILY_OUT/said"
      echo '"x"' >"$LILY_OUT/typed"
    env: { WORD: "${{ params.word }}" }
    in: { note: { from: "${{ inputs.note }}", optional: true }, given: { from: "${{ inputs.given }}", optional: true } }
    out: { said: { type: text }, typed: { schema: word.v1 } }
  more: { run: echo more >more }
YAML
	echo '{ "type": "string" }' >word.json
}

plans() {
	find "$XDG_STATE_HOME" -path '*/plans/*' -type f | sort
}

# Runs it and says what it said. Usage: said [ARGUMENT…]
said() {
	lily run -q w.lily.yaml "$@" >/dev/null 2>err || { cat err >&2; return 1; }
	lily artifact cat say.said
}

@test "an unchanged file gives the plan that is known" {
	told
	[[ $(said) == "hello nothing nothing" ]]
	one=$(plans)
	[[ $(wc -l <<<"$one") == 1 ]]
	[[ $(said) == "hello nothing nothing" ]]
	[[ $(plans) == "$one" ]]
	# It is taken indeed: with the answers exchanged each run does what the other one is asked.
	[[ $(said -p word=bye) == "bye nothing nothing" ]]
	two=$(plans | grep -vxF "$one")
	mv "$one" kept
	mv "$two" "$one"
	mv kept "$two"
	[[ $(said) == "bye nothing nothing" ]]
	[[ $(said -p word=bye) == "hello nothing nothing" ]]
	# What is damaged is as good as none.
	echo "not what was written" >"$one"
	[[ $(said) == "hello nothing nothing" ]]
	[[ $(json "$(lily show --json)" 'd["workflow"]') == told ]]
	go fsck --bytes
	expect 0
}

@test "params, inputs, steps asked for and the file itself each make another" {
	told
	[[ $(said) == "hello nothing nothing" ]]
	[[ $(said -p word=bye) == "bye nothing nothing" ]]
	echo '{ "word": "ciao" }' >params.json
	[[ $(said -P params.json) == "ciao nothing nothing" ]]
	echo '{ "word": "hola" }' >params.json
	[[ $(said -P params.json) == "hola nothing nothing" ]]
	echo one >note.txt
	[[ $(said) == "hello one nothing" ]]
	echo two >note.txt
	[[ $(said) == "hello two nothing" ]]
	echo three >given
	[[ $(said -i given=given) == "hello two three" ]]
	echo four >given
	[[ $(said -i given=given) == "hello two four" ]]
	[[ $(said) == "hello two nothing" ]]
	rm note.txt
	[[ $(said) == "hello nothing nothing" ]]
	rm -f more
	lily run -q w.lily.yaml say
	[[ ! -e more ]]
	lily run -q w.lily.yaml more
	[[ -e more ]]
	sed -i 's/\$WORD /$WORD, /' w.lily.yaml
	[[ $(said) == "hello, nothing nothing" ]]
}

@test "a schema that changed is read again, and refused where its type has artifacts" {
	told
	[[ $(said) == "hello nothing nothing" ]]
	echo '{ "type": "number" }' >word.json
	go run -q
	expect 3
	has "$stderr" "is not what it was for the artifacts"
	sed -i 's/word.v1/word.v2/' w.lily.yaml
	go run -q
	expect 1
	echo '{ "type": [ "string", "number" ] }' >word.json
	[[ $(said) == "hello nothing nothing" ]]
	rm word.json
	go run -q
	expect 3
	has "$stderr" "word.json"
}

@test "--fresh is another question, and a work order is never one" {
	workflow <<'YAML'
lily: 1
defaults: { cache: true }
steps:
  a: { run: echo a >>ran }
YAML
	lily run -q w.lily.yaml
	lily run -q w.lily.yaml
	[[ $(cat ran) == a ]]
	lily run -q --fresh w.lily.yaml
	[[ $(wc -l <ran) == 2 ]]
	lily run -q w.lily.yaml
	[[ $(wc -l <ran) == 2 ]]
	n=$(plans | wc -l)
	echo do it >order.txt
	lily run -q --work-order order.txt w.lily.yaml
	[[ $(plans | wc -l) == "$n" ]]
}
