load setup.bash

TABLE=$BATS_TEST_DIRNAME/../data/gates/outcomes.txt

# The gate of a row, in flow style. Usage: gate_of OUTCOME REQUIRED
gate_of() {
	local program
	case $1 in
	passed) program='run: "true"' ;;
	failed) program='run: exit 1' ;;
	signal) program='run: kill -KILL $$' ;;
	timeout) program='run: sleep 30, timeout: 50ms' ;;
	missing) program='exec: [ ./not-there ]' ;;
	later) program='run: "[ -e asked ] || { touch asked; exit 1; }"' ;;
	esac
	echo "{ $program, in: { o: \"\${{ steps.s.out.o }}\" }, required: $([[ $2 == required ]] && echo true || echo false) }"
}

# Usage: write_row PLACE REQUIRED OUTCOME ATTEMPTS
write_row() {
	local gate
	gate=$(gate_of "$3" "$2")
	cat <<YAML
lily: 1
steps:
  s:
    run: echo x >"\$LILY_OUT/o"
    out: { o: { type: text } }
    retry: { attempts: $4, backoff: 1ms }
YAML
	[[ $1 != step ]] || echo "    gates: { g: $gate }"
	echo '  use: { run: "true", needs: [ s ] }'
	[[ $1 != run ]] || echo "gates: { g: $gate }"
	[[ $1 != after ]] || echo "gates: { g: ${gate%\}}, after: s } }"
}

# "EXIT-STATUS ATTEMPTS STEP USE GATE" of the run that is made of w.lily.yaml.
outcome() {
	local status=0
	lily run w.lily.yaml --quiet >said 2>&1 || status=$?
	python3 - "$status" "$(lily show --steps --json)" "$(lily show s --json)" "$(lily show run.g --json 2>/dev/null || echo null)" <<'PY'
import json, sys
status, steps, step, gate = sys.argv[1], *map(json.loads, sys.argv[2:])
state = {s["step"]: s["state"] for s in steps["step_list"]}
attempts = step["step_list"][0]["attempts"]
judged = (gate or step)["step_list"][0]["attempts"][-1]["gates"]
print(status, len(attempts), state["s"], state["use"], judged[0]["status"])
PY
}

@test "what each end of a gate means, wherever it stands" {
	local row wanted got failed=0 n=0
	while IFS= read -r row; do
		[[ $row != '#'* ]] || continue
		wanted=${row#* => }
		mkdir "row$((++n))"
		cd "row$n"
		# shellcheck disable=SC2086 # words
		write_row ${row% => *} >w.lily.yaml
		got=$(outcome)
		if [[ $got != "$wanted" ]]; then
			echo "$row: got $got"
			cat said
			failed=1
		fi
		lily fsck >said 2>&1 || { echo "$row: fsck:" && cat said && failed=1; }
		cd ..
	done <"$TABLE"
	[ "$failed" = 0 ]
	# The whole product is there.
	[[ $(sed -n '/^#/!s/ => .*//p' "$TABLE" | sort -u | wc -l) == $((3 * 2 * 6 * 2)) && $n == $((3 * 2 * 6 * 2)) ]]
}
