load setup.bash

# Gates of the run, and those that come after steps.

# Three steps, and the gates in $1.
gated() {
	cat >w.lily.yaml <<YAML
lily: 1
steps:
  a: { run: 'echo a >>order; echo 3 >"\$LILY_OUT/n"', out: { n: { type: json } } }
  b: { run: 'sleep 0.1; echo b >>order', needs: [ a ] }
gates: { $1 }
finally:
  last: { run: 'echo "last \$S" >>order', env: { S: "\${{ run.status }}" } }
YAML
	rm -f order
}

@test "a gate of the run comes when all steps have ended, and before finally" {
	gated 'whole: { run: "echo gate >>order" }'
	go run
	expect 0
	[[ $(tr '\n' ' ' <order) == 'a b gate last succeeded ' ]]
	has "$stderr" 'run.whole'
	[[ $(json "$(lily show @last/run.whole --json)" 'd["step_list"][0]["attempts"][0]["gates"][0]["status"]') == passed ]]
	lily fsck
	lily events --json | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" >/dev/null || exit 1; done
	lily plan --json >plan.json
	lily schema validate --schema plan.v1 plan.json
}

@test "one that does not pass fails the run with exit 4; finally knows" {
	gated 'whole: { run: "echo bad; exit 1" }'
	go run
	expect 4
	has "$stderr" 'gate whole: exit status 1'
	[[ $(tail -1 order) == 'last failed' ]]
	[[ $(json "$(lily show --json)" 'd["status"]') == failed ]]
	lily logs run.whole --gates | grep -q bad
	# One that warns only does not.
	gated 'whole: { run: "exit 1", required: false }'
	go run
	expect 0
	[[ $(tail -1 order) == 'last succeeded' ]]
}

@test "after a step: it need not wait for the others, and takes its outputs" {
	gated 'soon: { after: a, run: "echo gate >>order; grep -q 3 \"$LILY_IN/n\"", in: { n: "${{ steps.a.out.n }}" } },
      both: { after: [ a, b ], expr: steps.a.out.n > 2 }'
	go run --parallel 2
	expect 0
	[[ $(tr '\n' ' ' <order) == 'a gate b last succeeded ' ]]
	sed -i 's/out.n > 2/out.n > 3/' w.lily.yaml
	go run
	expect 4
	has "$stderr" 'gate both: steps.a.out.n > 3 is false'
}

@test "a gate whose step failed and that needs its output is blocked" {
	gated 'needs: { after: a, schema: { n: n.v1 }, in: { n: "${{ steps.a.out.n }}" } }, any: { run: "echo gate >>order" }'
	echo '{"type":"number"}' >n.json
	sed -i 's/^steps:/schemas: { n.v1: n.json }\nsteps:/; s/echo a >>order;/echo a >>order; exit 1;/' w.lily.yaml
	go run
	expect 1
	has "$stderr" 'blocked    run.needs'
	# The other asks for the end of the steps only.
	grep -q gate order
	sed -i 's/ exit 1;//' w.lily.yaml
	go retry --file w.lily.yaml
	expect 0
}

@test "a selection of steps has the gates that judge only them" {
	gated 'one: { after: a, run: "echo one >>order" }, all: { run: "echo all >>order" }'
	go run w.lily.yaml a
	expect 0
	[[ $(tr '\n' ' ' <order) == 'a one last succeeded ' ]]
}

@test "a run that is killed while its gate runs goes on with it" {
	gated 'slow: { run: "echo x >>turns; [ $(wc -l <turns) -gt 1 ] || sleep 60" }'
	lily run 2>/dev/null &
	until_true test -s turns
	kill -9 $!
	wait $! 2>/dev/null || true
	go resume
	expect 0
	# What was not on disk yet is done again.
	[[ $(awk '!seen[$0]++' order | tr '\n' ' ') == 'a b last succeeded ' ]]
	lily fsck
}

@test "a sub-workflow's gates judge it, and fail the run" {
	cat >part.lily.yaml <<'YAML'
lily: 1
steps:
  s: { run: 'echo 1 >"$LILY_OUT/o"', out: { o: { type: json } } }
gates: { small: { expr: steps.s.out.o < 1 } }
outputs: { o: "${{ steps.s.out.o }}" }
YAML
	cat >w.lily.yaml <<'YAML'
lily: 1
steps:
  part: { workflow: part.lily.yaml }
  use: { run: 'true', in: { o: "${{ steps.part.out.o }}" } }
YAML
	go run w.lily.yaml
	expect 4
	has "$stderr" 'blocked    use'
	sed -i 's/< 1/< 2/' part.lily.yaml
	go run w.lily.yaml
	expect 0
}

@test "an edited gate is judged again, what it judges is not done again" {
	gated 'whole: { exec: [ "false" ] }'
	go run
	expect 4
	sed -i 's/"false"/"true"/' w.lily.yaml
	rm order
	go retry --file w.lily.yaml
	expect 0
	wont grep -q '^[ab]' order
}

@test "wrong gates of the run are refused at their place" {
	for wrong in 'g: x|5:13:|must be a map such as' 'g: { run: x, after: c }|5:30:|there is no step "c"' \
		'g: { run: x, after: [] }|5:30:|names no step' 'g: { run: x, after: [ 3 ] }|5:32:|must hold names of steps' \
		'g: { run: x, after: last }|5:10:|comes after all steps' 'g: { uses: a/b }|5:15:|not honoured' \
		'g: { run: x, befor: a }|5:23:|unknown key "befor"'; do
		gated "${wrong%%|*}"
		go check
		expect 3
		rest=${wrong#*|}
		has "$output$stderr" "w.lily.yaml:${rest%%|*}"
		has "$output$stderr" "${rest#*|}"
	done
	# Of a step it comes at its own time.
	gated 'g: { run: "true" }'
	sed -i "s/needs: \[ a \] }/needs: [ a ], gates: { g: { run: 'true', after: a } } }/" w.lily.yaml
	go check
	expect 3
	has "$output$stderr" 'unknown key "after"'
	# A step may not be called like one.
	sed -i "s/, gates: { g: .*/ }\n  run.g: { run: 'true' }/" w.lily.yaml
	go check
	expect 3
	has "$output$stderr" 'a step is named "run.g", as this gate of the run is'
}
