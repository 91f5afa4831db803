load setup.bash

# How many megabytes one step prints. The same tests with 1 GB: LILY_BIG_LOG_MB=1000.
MB=${LILY_BIG_LOG_MB:-48}

# The most memory, in KiB, that lily itself had while it ran. Usage: peak ARGUMENT…
peak() {
	python3 - "$@" <<'PY'
import os, subprocess, sys, time
child = subprocess.Popen(["lily", *sys.argv[1:]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
most = 0
while child.poll() is None:
    try:
        for line in open(f"/proc/{child.pid}/status"):
            if line.startswith("VmHWM:"):
                most = max(most, int(line.split()[1]))
    except OSError:
        pass
    time.sleep(0.02)
assert child.returncode == 0, child.returncode
print(most)
PY
}

# The records of a step's log as they are kept. Usage: records STEP
records() {
	lily artifact cat "sha256:$(json "$(lily show "$1" --json)" 'd["step_list"][0]["attempts"][-1]["log"]["sha256"]')"
}

loud() {
	cat >loud.py <<'PY'
import sys
n = int(sys.argv[1])
line = b"".join(b"%07d " % i for i in range(8191)) + b"line no\n"
for i in range(n // len(line)):
    sys.stdout.buffer.write(line)
sys.stdout.buffer.write(line[:n % len(line)])
PY
	workflow <<'YAML'
lily: 1
params: { bytes: { type: integer } }
secrets: { TOKEN: { env: TOKEN } }
steps:
  s:
    exec: [ python3, loud.py, "${{ params.bytes }}" ]
YAML
}

# What that step prints. Usage: said BYTES
said() {
	python3 loud.py "$1"
}

@test "a loud step: memory stays flat, head and tail are kept, all of it is counted and hashed" {
	loud
	n=$((MB * 1000 * 1000 + 12345))
	export ASAN_OPTIONS=quarantine_size_mb=1:detect_leaks=0 TOKEN="not said anywhere"
	small=$(peak run -q -p bytes=1000000)
	big=$(peak run -q -p bytes=$n)
	echo "lily's peak: $small KiB for 1 MB, $big KiB for $MB MB"
	((big < small + 16000))
	digest=$(said "$n" | sha256sum | cut -d ' ' -f 1)
	records s >log
	grep -aq "^whole 1 $n sha256:$digest$" log
	[[ $(json "$(lily show s --json)" 'd["step_list"][0]["attempts"][-1]["log"]["stdout_bytes"]') == "$n" ]]
	(($(stat -c %s log) < 17 * 1024 * 1024))
	lily logs s >shown
	said "$n" >all
	cmp -n 8000000 shown all
	[[ $(tail -c 8000000 shown | sha256sum) == "$(tail -c 8000000 all | sha256sum)" ]]
	left=$(grep -ao '\[… [0-9]* bytes were not kept …\]' shown | tr -dc '0-9')
	((left + $(stat -c %s shown) - $(printf '\n[… %s bytes were not kept …]\n' "$left" | wc -c) == n))
	go fsck
	expect 0
}

@test "a loud step that has a secret: likewise" {
	loud
	cat >>w.lily.yaml <<'YAML'
    secrets: [ TOKEN ]
YAML
	n=$((MB * 1000 * 1000))
	# Stands once in each line.
	export ASAN_OPTIONS=quarantine_size_mb=1:detect_leaks=0 TOKEN="0004711 0004712"
	small=$(peak run -q -p bytes=1000000)
	big=$(peak run -q -p bytes=$n)
	echo "lily's peak: $small KiB for 1 MB, $big KiB for $MB MB"
	((big < small + 16000))
	digest=$(said "$n" | sed "s/0004711 0004712/[secret TOKEN]/g" | sha256sum | cut -d ' ' -f 1)
	records s >log
	grep -aq "^whole 1 [0-9]* sha256:$digest$" log
	hasnt "$(lily logs s | tr -d '\0')" "$TOKEN"
}

@test "a step that prints an output in full: the output is whole, the log has head and tail" {
	loud
	sed -i 's/params.bytes }}" \]/params.bytes }}" ]\n    out: { all: { from: stdout } }/' w.lily.yaml
	n=$((MB * 1000 * 1000 / 2 + 17))
	export ASAN_OPTIONS=quarantine_size_mb=1:detect_leaks=0
	small=$(peak run -q -p bytes=1000000)
	big=$(peak run -q -p bytes=$n)
	((big < small + 16000))
	[[ $(lily artifact cat s.all | sha256sum) == "$(said "$n" | sha256sum)" ]]
}

@test "many small writes on both streams cannot make a large log" {
	workflow <<'YAML'
lily: 1
steps:
  s: { exec: [ python3, -c, "import os\nfor i in range(300000): os.write(1 + i % 2, b'x')" ] }
YAML
	go run -q
	expect 0
	records s >log
	(($(stat -c %s log) < 32 * 1024 * 1024))
	[[ $(json "$(lily show s --json)" '[d["step_list"][0]["attempts"][-1]["log"][k] for k in ("stdout_bytes", "stderr_bytes")]') \
		== "[150000, 150000]" ]]
}
