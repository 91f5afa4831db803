load setup.bash

# Programs that judge what has a schema, beside the schema.

# A step whose output the script in $1 judges. Usage: judged SCRIPT [TIMEOUT]
judged() {
	echo '{ "type": "object" }' >order.json
	cat >w.lily.yaml <<YAML
lily: 1
schemas:
  order.v1:
    file: order.json
    validators: [ { exec: [ sh, ./judge.sh ], timeout: ${2:-20s} } ]
steps:
  order:
    run: printf '{"items":[1,\n  2]}' >"\$LILY_OUT/order"
    out: { order: { schema: order.v1 } }
  use: { run: 'true', needs: [ order ], in: { order: "\${{ steps.order.out.order }}" } }
YAML
	printf '%s\n' "$1" >judge.sh
}

refused() {
	go run
	expect 1
	has "$stderr" "$1"
	[[ $(json "$(lily artifact list --json)" 'd') == '[]' ]]
	[[ $(json "$(lily artifact list --rejected --json)" '[a["name"] for a in d if a["role"] == "rejected"]') == "['order', 'errors']" ]]
	lily fsck
}

@test "a validator finds the payload and passes on exit 0" {
	judged '[ "$(wc -c <"$LILY_IN/value")" = 18 ] && [ -n "$LILY_RUN_ID" ] && [ "$LILY_STEP" = order ] && echo talk'
	go run
	expect 0
	[[ $(json "$(lily artifact list --json)" 'd[0]["artifact_type"]') == order.v1 ]]
	# It leaves nothing behind.
	[[ -z $(find "$XDG_STATE_HOME" -path '*/attempts/*') ]]
	# Nor does one that is slow and talks much.
	echo 'sleep 0.4; head -c 100000 /dev/zero >&2' >>judge.sh
	go run
	expect 0
	[[ -z $(find "$XDG_STATE_HOME" -path '*/attempts/2*') ]]
}

@test "what a validator writes is kept, also of one that passes" {
	judged 'echo out; echo err >&2'
	go run
	expect 0
	[[ $(json "$(lily artifact list --json)" '[a["name"] for a in d]') == "['order']" ]]
	[[ $(json "$(lily show @last/order --json)" '[(l["name"], l["role"], len(l["sha256"])) for l in d["step_list"][0]["attempts"][0]["validator_logs"]]') == "[('order.validator-1', 'log', 64)]" ]]
	[[ $(lily show @last/order) == *'judged    order.validator-1  '* ]]
	[[ $(lily logs order --validators) == *'order.validator-1 | out'* ]]
	[[ $(lily logs order --validators --stream stderr) == 'order.validator-1 | err' ]]
	[[ $(lily logs order --validators --json | head -1) == *'"step":"order","attempt":1,"validator":"order.validator-1","stream":"std'* ]]
	[[ -z $(lily logs order) ]]
	[[ $(json "$(lily events --json | grep attempt.accepted | head -1)" 'd["payload"]["logs"][0]["name"]') == order.validator-1 ]]
	lily artifact verify
	lily fsck
	lily events --json | head -30 | while read -r line; do lily schema validate --schema run_event.v1 - <<<"$line" || exit 1; done
	# The next run takes the cache as it is: logs are no outputs of it.
	go run
	expect 0
	lily fsck
}

@test "one that writes nothing, or only its list, leaves no log" {
	judged ''
	go run
	expect 0
	go logs order --validators
	expect 3
	has "$stderr" 'no validator wrote anything about attempt 1'
	judged 'echo '\''[{"instance": "", "message": "no"}]'\''; exit 1'
	refused 'order:1:1: no'
	go logs order --validators
	expect 3
	hasnt "$(lily show)" '--validators'
}

@test "the last words of a failure are those of the validator that refused" {
	judged 'seq 100 >&2; echo Traceback >&2; echo rubbish; exit 1'
	go run
	expect 1
	has "$stderr" '| Traceback'
	has "$stderr" '| 100'
	hasnt "$stderr" '| 50'
	has "$stderr" "/order@1 --validators"
	command=$(sed -n 's/.*whole log: //p' <<<"$stderr")
	[[ $(eval "$command" | wc -l) == 102 ]]
	[[ $(eval "$command --stream stdout") == 'order.validator-1 | rubbish' ]]
	lily show --json @last/order >show.json
	lily schema validate --schema "$BATS_TEST_DIRNAME/../../schemas/cli/run.json" show.json
}

@test "the log of a validator is bounded, and its errors are read from the whole" {
	judged 'head -c 30000000 /dev/zero | tr "\0" x >&2; exit 3'
	refused 'exit status 3, and it printed nothing'
	lily logs order --validators >log
	size=$(stat -c %s log)
	[ "$size" -gt 16000000 ]
	[ "$size" -lt 17500000 ]
	has "$(tail -c 8500000 log | head -c 600000)" 'bytes were not kept'
	judged 'python3 -c "print(\"[\" + \" \" * 300000 + \"{\\\"instance\\\": \\\"/items/1\\\", \\\"message\\\": \\\"late\\\"}]\")"; exit 1'
	refused 'order:2:3: late'
}

@test "a validator cannot be asked for where there is none, or while it runs" {
	judged ''
	lily run -q
	go logs --validators -f order
	expect 2
	has "$stderr" 'leave --follow out'
	go logs --validators
	expect 0
	[[ -z $output ]]
}

@test "its errors have the place that their pointer names" {
	judged 'echo '\''[{"instance": "/items/1", "message": "is sold out"}, {"instance": "/none", "message": "is gone"}]'\''; exit 1'
	refused 'output order: order:2:3: is sold out'
	errors=$(lily artifact cat "$(json "$(lily show --json)" 'd["run_id"]'):2")
	[[ $(json "$errors" '[(e["instance"], e["at"]) for e in d]') == "[('/items/1', 'order:2:3'), ('/none', None)]" ]]
}

@test "one that says nothing, or rubbish, has not passed" {
	judged 'echo why >&2; exit 3'
	refused 'validator 1 of schema order.v1 (sh): exit status 3, and it printed nothing: why'
	judged 'echo hello; exit 1'
	refused 'printed no JSON list of {instance, message}'
	judged 'echo "[]"; exit 1'
	refused 'printed no JSON list of {instance, message}'
	judged 'echo "[{\"instance\": 3, \"message\": \"x\"}]"; exit 1'
	refused 'printed no JSON list of {instance, message}'
	judged 'head -c 9000000 /dev/zero; exit 1'
	refused 'validator 1 of schema order.v1'
}

@test "one that crashes, hangs or is missing has not passed" {
	judged 'echo boom >&2; kill -SEGV $$'
	refused 'killed by SIGSEGV: boom'
	judged 'sleep 300 & sleep 300' 300ms
	refused 'timed out after 300ms'
	judged ''
	sed -i 's/exec: \[ sh, /exec: [ no-such-program, /' w.lily.yaml
	refused 'no-such-program'
}

@test "several judge one after the other, and all of them are heard" {
	judged ''
	sed -i "s|validators: .*|validators: [ { run: 'exit 0' }, { run: 'echo one >\&2; exit 1', shell: sh }, { run: 'echo two >\&2; exit 2' } ]|" w.lily.yaml
	refused 'validator 2 of schema order.v1 (sh): exit status 1'
	has "$stderr" 'validator 3 of schema order.v1 (bash): exit status 2'
}

@test "what the schema refuses is not shown to a validator" {
	judged 'touch "$LILY_WORKSPACE/asked"; exit 1'
	echo '{ "type": "array" }' >order.json
	refused 'output order: order:1:1: must be an array'
	[[ ! -e asked ]]
}

@test "with one slot there is room for validators, and many steps do not wait for each other" {
	judged 'exit 0'
	for i in $(seq 20); do
		cat >>w.lily.yaml <<YAML
  s$i: { run: "echo '{}' >\$LILY_OUT/o", out: { o: { schema: order.v1 } } }
YAML
	done
	go run --parallel 1
	expect 0
	go run --parallel 4
	expect 0
}

@test "a validator's errors are feedback" {
	judged 'grep -q good "$LILY_IN/value" || { echo "[{\"instance\":\"\",\"message\":\"be good\"}]"; exit 1; }'
	cat >w.lily.yaml <<'YAML'
lily: 1
schemas: { order.v1: { file: order.json, validators: [ { exec: [ sh, ./judge.sh ] } ] } }
steps:
  order:
    run: |
      if [ "$LILY_ATTEMPT" = 1 ]; then echo '{}'; else grep -o 'be good' "$LILY_FEEDBACK" >seen; echo '{"good":1}'; fi >"$LILY_OUT/order"
    out: { order: { schema: order.v1 } }
    retry: { attempts: 2, backoff: 10ms }
YAML
	go run
	expect 0
	[[ $(<seen) == 'be good' ]]
}

@test "a run that is cancelled or killed while a validator runs" {
	judged 'echo thinking >&2; touch "$LILY_WORKSPACE/began"; [ -e "$LILY_WORKSPACE/go" ] || sleep 300'
	lily run -q 2>/dev/null &
	until_true test -e began
	lily cancel @last
	wait $! || [[ $? -eq 7 ]]
	run_status_is cancelled
	[[ $(json "$(lily artifact list --json)" 'd') == '[]' ]]
	[[ $(lily logs order --validators) == 'order.validator-1 | thinking' ]]
	rm began
	lily run -q 2>/dev/null &
	until_true test -e began
	kill -9 $!
	wait $! || true
	touch go
	go resume
	expect 0
	[[ $(json "$(lily artifact list --json)" 'len(d)') == 1 ]]
	lily fsck
}

@test "inputs are checked by the schema alone, and check says so" {
	judged 'exit 1'
	cat >>w.lily.yaml <<'YAML'
  in: { run: 'true', in: { o: { path: order.json, schema: order.v1 } } }
YAML
	go check
	expect 0
	has "$output" 'the validators of "order.v1" judge outputs only'
	go run in
	expect 0
}

pydantic() {
	/usr/bin/python3 -c 'import pydantic' 2>/dev/null || skip "no python3-pydantic"
	cat >model.py <<'PY'
import json, os, sys
from typing import List, Literal
from pydantic import BaseModel, ValidationError, conint, validator


class Finding(BaseModel):
    line: conint(ge=1)
    text: str

    class Config:
        extra = "forbid"


class Review(BaseModel):
    risk: Literal["low", "high"]
    findings: List[Finding] = []

    @validator("findings")
    def high_risk_is_explained(cls, findings, values):
        if values.get("risk") == "high" and not findings:
            raise ValueError("a high risk needs findings")
        return findings


Review.__fields__["findings"].validate_always = True


def pointer(loc):
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in loc)


if sys.argv[1:] == ["schema"]:
    print(Review.schema_json(indent=1))
else:
    try:
        Review.parse_file(os.environ["LILY_IN"] + "/value", content_type="application/json")
    except ValidationError as error:
        print(json.dumps([{"instance": pointer(e["loc"]), "message": e["msg"]} for e in error.errors()]))
        sys.exit(1)
PY
	/usr/bin/python3 model.py schema >review.json
	workflow <<'YAML'
lily: 1
schemas:
  review.v1: { file: review.json, validators: [ { exec: [ /usr/bin/python3, model.py ] } ] }
params: { review: { type: object } }
steps:
  review:
    run: cp "$LILY_IN/r" "$LILY_OUT/review"
    in: { r: "${{ params.review }}" }
    out: { review: { schema: review.v1 } }
YAML
}

@test "a Pydantic model: its exported schema and the model itself" {
	pydantic
	go check
	expect 0
	go run -p 'review={"risk": "low"}'
	expect 0
	go run -p 'review={"risk": "high", "findings": [{"line": 3, "text": "x"}]}'
	expect 0
	# The schema sees this,
	go run -p 'review={"risk": "high", "findings": [{"line": 0, "text": "x"}]}'
	expect 1
	has "$stderr" 'output review: review:1:'
	hasnt "$stderr" 'needs findings'
	# and only the model that.
	go run -p 'review={"risk": "high", "findings": []}'
	expect 1
	has "$stderr" 'a high risk needs findings'
	has "$stderr" 'output review: review:1:'
}

@test "however much a validator says, it is bounded" {
	judged 'python3 -c "import json; print(json.dumps([{\"instance\": \"/items/1\", \"message\": \"m\" * 5000}] * 300))"; exit 1'
	refused 'order:2:3: mmmm'
	errors=$(lily artifact cat "$(json "$(lily show --json)" 'd["run_id"]'):2")
	[[ $(json "$errors" '(len(d), d[-1], len(d[0]["message"]))') == "(101, {'message': '200 more are left out'}, 1001)" ]]
}
