load setup.bash

# Each of a pool's slots is a file that must not be there yet when a step gets the slot.
exclusive() {
	cat <<'SH'
      IFS=,
      for slot in $LILY_POOL_GPU; do
        mkdir "gpu-$slot" || exit 9
      done
      sleep 0.05
      for slot in $LILY_POOL_GPU; do
        rmdir "gpu-$slot"
      done
SH
}

@test "steps share the slots of a pool, each slot has one of them" {
	{
		printf 'lily: 1\nparallel: 8\npools: { gpu: 3 }\nsteps:\n'
		for i in 1 2 3 4 5 6 7 8 9; do
			printf '  s%s:\n    pools: { gpu: %s }\n    run: |\n' $i $((i % 3 + 1))
			exclusive
		done
	} >w.lily.yaml
	go run
	expect 0
	ls -d gpu-* 2>/dev/null && return 1
	go show s2 --json
	json "$output" '[len(s) for s in [d["step_list"][0]["attempts"][0]["pools"]["gpu"]]]' |
		grep -qx '\[3\]'
	go show s2
	has "$output" 'gpu 0, 1, 2'
}

@test "a step knows its slots by LILY_POOL_NAME, others know nothing of them" {
	workflow <<'YAML'
lily: 1
pools: { big-gpu: 4, port: 2 }
steps:
  a: { exec: [ env ], pools: { big-gpu: 3, port: 1 } }
  b: { exec: [ env ], needs: [ a ] }
YAML
	go run -q
	expect 0
	go logs a
	has "$output" 'LILY_POOL_BIG_GPU=0,1,2'
	has "$output" 'LILY_POOL_PORT=0'
	go logs b
	hasnt "$output" LILY_POOL
}

@test "a step that needs all of a pool is not passed for ever by those that need one slot" {
	{
		printf 'lily: 1\nparallel: 4\npools: { p: 2 }\nsteps:\n'
		printf '  a0: { run: sleep 0.1; echo a0 >>order, pools: { p: 1 } }\n'
		printf '  whole: { run: echo whole >>order, pools: { p: 2 } }\n'
		for i in 1 2 3 4; do
			printf '  z%s: { run: echo z >>order, pools: { p: 1 } }\n' $i
		done
	} >w.lily.yaml
	go run -q
	expect 0
	[[ $(sed -n 2p order) == whole ]]
}

@test "steps that wait for a pool do not hold up those that do not need it" {
	workflow <<'YAML'
lily: 1
parallel: 2
pools: { p: 1 }
steps:
  a: { run: 'until [ -e free-ran ]; do sleep 0.02; done', pools: { p: 1 }, timeout: 20s }
  b: { run: "true", pools: { p: 1 } }
  free: { run: touch free-ran }
YAML
	go run -q
	expect 0
}

@test "a wait between two attempts holds no slots" {
	workflow <<'YAML'
lily: 1
parallel: 2
pools: { p: 1 }
steps:
  again:
    run: '[ -e b-ran ] || exit 1'
    pools: { p: 1 }
    retry: { attempts: 3, backoff: 300ms, jitter: none }
  b: { run: touch b-ran, pools: { p: 1 } }
YAML
	go run -q
	expect 0
	[[ $(json "$(lily show again --json)" 'd["step_list"][0]["tries"]') == 2 ]]
}

@test "a cancelled run leaves nobody in line" {
	workflow <<'YAML'
lily: 1
parallel: 4
pools: { p: 1 }
steps:
  a: { run: touch began; sleep 60, pools: { p: 1 } }
  b: { run: "true", pools: { p: 1 } }
  c: { run: "true", pools: { p: 1 } }
YAML
	lily run -q 2>/dev/null &
	until_true test -e began
	go cancel
	expect 0
	go show --json
	[[ $(json "$output" 'd["steps"]["cancelled"]') == 3 ]]
}

@test "a run that was killed gives its slots back" {
	workflow <<'YAML'
lily: 1
parallel: 4
pools: { p: 1 }
steps:
  a: { run: "[ -e began ] || { touch began; sleep 60; }", pools: { p: 1 } }
  b: { run: "true", pools: { p: 1 } }
YAML
	lily run -q 2>/dev/null &
	until_true test -e began
	kill -9 $!
	go resume -q
	expect 0
	go fsck
	expect 0
}

@test "demands that cannot be met are refused with their place" {
	workflow <<'YAML'
lily: 1
pools: { gpu: 2 }
steps:
  a: { run: x, pools: { gpu: 3 } }
  b: { run: x, pools: { gpo: 1 } }
  c: { run: x, pools: { gpu: 0 } }
YAML
	go check
	expect 3
	has "$output$stderr" 'error: w.lily.yaml:4:30: step "a": pool "gpu": the step asks for 3 slots and the pool has 2'
	has "$output$stderr" 'did you mean "gpu"?'
	has "$output$stderr" 'w.lily.yaml:6:30'
	go run
	expect 3
	go run list --json
	[[ $(json "$output" 'len(d["runs"])') == 0 ]]
}

@test "a plan with pools is valid by plan.v1, its events by run_event.v1" {
	workflow <<'YAML'
lily: 1
pools: { gpu: 2, "port-1": 3 }
steps:
  a: { run: "true", pools: { port-1: 1, gpu: 2 } }
YAML
	lily plan --json >plan.json
	go schema validate --schema plan.v1 plan.json
	expect 0
	go run -q
	expect 0
	lily events --json >events.jsonl
	go schema validate --schema run_event.v1 events.jsonl
	expect 0
}
