#!/usr/bin/env python3
"""Crash campaign: a layered run with retries, loops, scopes and steps that happen once, hurt again
and again in every way that a machine has, ends as an undisturbed one.

  crash.py [--instants N] [--steps N] [--ways W,…] [--seed S]

At each instant one of these happens to it:
  lily      kill -9
  group     kill -9 of lily with its process group
  lane      kill -9 of one lane: lily goes on, the attempt is lost
  child     kill -9 of a random process below lily
  stop      lily is stopped for longer than its steps may take, then goes on
  clock     kill -9, and the next lily sees the clock an hour back (libfaketime; lily alone)

After each end of lily nothing of the run is alive 1 s later, and `lily resume`, without a flag, goes
on. At the end all outputs have the digests of an undisturbed run, fsck finds nothing, and no step
with effects: once has happened twice: each leaves a line in a file outside of the workspace.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter

from place import Failure, Place, survivors, undisturbed

WAYS = ["lily", "group", "lane", "child", "stop", "clock"]
LAYER = 40
STEP_TIMEOUT_S = 2
FAKETIME = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
            "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")
RUN_LIMIT_S = 300

# Attempts end by signal or get lost because of the campaign, so there are many.
DEFAULTS = f"""defaults:
  timeout: {STEP_TIMEOUT_S}s
  retry: {{ attempts: 1000, backoff: 1ms, max_backoff: 20ms }}
"""
HEAD = f"""lily: 1
name: crash
parallel: 4
{DEFAULTS}steps:
"""

# A file that the run uses again and again: one step that fails at first, and a loop that takes what it made.
PART = f"""lily: 1
params: {{ n: {{ type: integer }} }}
inputs: {{ before: {{}} }}
{DEFAULTS}steps:
  first:
    run: '[ "$LILY_ATTEMPT" -gt 1 ] || exit 4; cat "$LILY_IN/b" > "$LILY_OUT/o"; echo $N >> "$LILY_OUT/o"'
    in: {{ b: "${{{{ inputs.before }}}}" }}
    env: {{ N: "${{{{ params.n }}}}" }}
    out: {{ o: {{ type: text }} }}
  each:
    foreach: [ 1, 2, 3 ]
    run: 'echo $((ITEM + $(wc -c < "$LILY_IN/o"))) > "$LILY_OUT/o"'
    in: {{ o: "${{{{ steps.first.out.o }}}}" }}
    env: {{ ITEM: "${{{{ item }}}}" }}
    out: {{ o: {{ type: json }} }}
outputs: {{ o: "${{{{ steps.each.out.o }}}}" }}
"""
OTHERS = {"part.lily.yaml": PART}

def plain(i):
    """Some fail at their first attempt; each says what the one a layer before it said, and itself."""
    before = i - LAYER
    first = '[ "$LILY_ATTEMPT" -gt 1 ] || exit 3; ' if i % 7 == 3 else ""
    source = f', in: {{ b: "${{{{ steps.s{before}.out.o }}}}" }}' if before >= 0 else ""
    read = 'tail -c 200 "$LILY_IN/b" > "$LILY_OUT/o"; ' if before >= 0 else ""
    return (f"  s{i}: {{ run: '{first}{read}echo {i} >> \"$LILY_OUT/o\"', "
            f"out: {{ o: {{ type: text }} }}{source} }}\n")


def once(i, counter):
    return (f"  once{i}:\n"
            f"    run: echo once{i} >> {counter}; sleep 0.02\n"
            f"    needs: [ s{i} ]\n"
            f"    effects: once\n"
            f"    policy: none\n"
            f"    probe: {{ run: 'grep -qx once{i} {counter}' }}\n")


def loop(i, items):
    return (f"  each{i}:\n"
            f"    foreach: {{ in: [ {', '.join(map(str, range(items)))} ], parallel: 3 }}\n"
            f"    run: echo $((ITEM * ITEM)) > \"$LILY_OUT/o\"\n"
            f"    env: {{ ITEM: \"${{{{ item }}}}\" }}\n"
            f"    needs: [ s{i} ]\n"
            f"    out: {{ o: {{ type: json }} }}\n"
            f"  sum{i}:\n"
            f"    run: tr -dc '0-9,\\n' < \"$LILY_IN/all\" > \"$LILY_OUT/o\"\n"
            f"    in: {{ all: \"${{{{ steps.each{i}.out.o }}}}\" }}\n"
            f"    out: {{ o: {{ type: text }} }}\n")


def scope(i):
    return (f"  scope{i}:\n"
            f"    workflow: part.lily.yaml\n"
            f"    with: {{ n: {i} }}\n"
            f"    in: {{ before: \"${{{{ steps.s{i}.out.o }}}}\" }}\n"
            f"  after{i}:\n"
            f"    run: tr -dc '0-9,' < \"$LILY_IN/all\" > \"$LILY_OUT/o\"\n"
            f"    in: {{ all: \"${{{{ steps.scope{i}.out.o }}}}\" }}\n"
            f"    out: {{ o: {{ type: text }} }}\n")


def workflow(steps, counter):
    """About `steps` of them: in each hundred twelve of a loop, seven of a scope, two that happen once."""
    text = HEAD
    for i in range(steps * 80 // 100):
        text += plain(i)
        if i % 80 == 10:
            text += loop(i, 10)
        if i % 80 == 50:
            text += scope(i)
        if i % 80 in (30, 70):
            text += once(i, counter)
    return text


def children(pid):
    """All processes below pid."""
    found, below = [pid], []
    while found:
        try:
            with open(f"/proc/{found[0]}/task/{found[0]}/children", encoding="ascii") as file:
                new = [int(word) for word in file.read().split()]
        except OSError:
            new = []
        found = found[1:] + new
        below += new
    return below


def send(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


class Victim:
    """A run that is hurt until it ends."""

    def __init__(self, text):
        self.place = Place()
        self.counter = os.path.join(self.place.root, "counter")
        with open(self.counter, "w", encoding="ascii"):
            pass
        for name, other in OTHERS.items():
            self.place.write(name, other)
        self.place.write("w.lily.yaml", text.replace("COUNTER", self.counter))
        self.process = None
        self.clock_back = False
        self.planless = False  # killed before the plan was on record: there is nothing to resume
        self.log = []

    def go(self):
        """False where lily was killed when the run had ended."""
        status = self.place.last_status()
        if status == "succeeded":
            return False
        recorded = status in ("interrupted", "running") and not self.planless
        env = {"LD_PRELOAD": faketime(), "FAKETIME": "-1h", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
               "FAKETIME_DONT_RESET": "1"} if self.clock_back else {}
        self.process = subprocess.Popen(
            [os.environ.get("LILY", "lily"), "--store", self.place.store,
             *(["resume"] if recorded else ["run", "w.lily.yaml"])],
            cwd=self.place.workspace, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, **env})
        return True

    def ended(self, seconds):
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def begins_anew(self):
        """Whether lily ended since there is no plan to go on with, as it says; then it is run again."""
        if self.process.returncode != 3:
            return False
        error = self.process.stderr.read().decode(errors="replace")
        self.planless = "before its plan was recorded" in error
        if not self.planless:
            raise Failure(f"exit 3: {error[-2000:]}")
        self.go()
        self.planless = False
        return True

    def hurt(self, way):
        self.log.append(way)
        pid = self.process.pid
        below = children(pid)
        if way in ("lily", "clock"):
            self.clock_back = way == "clock"
            send(pid, signal.SIGKILL)
        elif way == "group":
            os.killpg(pid, signal.SIGKILL)
        elif way == "stop":
            send(pid, signal.SIGSTOP)
            time.sleep(STEP_TIMEOUT_S * 1.2)
            send(pid, signal.SIGCONT)
        elif below:
            lanes = children_of(pid)
            send(random.choice(lanes if way == "lane" and lanes else below), signal.SIGKILL)
        if way in ("lily", "clock", "group"):
            self.process.communicate()
            self.must_be_alone()
            self.process = None

    def must_be_alone(self):
        deadline = time.monotonic() + 1
        while survivors(self.place.workspace) and time.monotonic() < deadline:
            time.sleep(0.01)
        left = survivors(self.place.workspace)
        if left:
            raise Failure(f"processes {left} survive lily by more than 1 s")

    def finish(self, expected):
        error = self.process.stderr.read().decode(errors="replace") if self.process else ""
        if self.process and self.process.returncode:
            raise Failure(f"exit {self.process.returncode}: {error[-2000:]}")
        self.place.check()
        made = self.place.outputs()
        if made != expected:
            names = sorted(set(made.items()) ^ set(expected.items()))
            raise Failure(f"outputs differ: {names[:6]}")
        with open(self.counter, encoding="ascii") as file:
            counted = Counter(file.read().split())
        twice = {name: n for name, n in counted.items() if n > 1}
        if twice:
            raise Failure(f"happened more than once: {twice}")
        return len(counted)

    def close(self):
        if self.process and self.process.poll() is None:
            send(self.process.pid, signal.SIGCONT)
            self.process.kill()
            self.process.communicate()
        shutil.rmtree(self.place.root, ignore_errors=True)


def children_of(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [int(word) for word in file.read().split()]
    except OSError:
        return []


def faketime():
    return next((path for path in FAKETIME if os.path.exists(path)), None)


def one_run(text, expected, options, ways, left):
    """Hurts one run until it ends; how often it was hurt."""
    victim = Victim(text)
    deadline = time.monotonic() + RUN_LIMIT_S
    try:
        victim.go()
        while True:
            hurting = len(victim.log) < min(left, options.most)
            if victim.ended(random.uniform(0.01, options.longest) if hurting else RUN_LIMIT_S):
                if victim.begins_anew():
                    continue
                break
            if not hurting or time.monotonic() > deadline:
                raise Failure(f"it does not end within {RUN_LIMIT_S} s")
            victim.hurt(random.choice(ways))
            if not victim.process and not victim.go():
                break
        happened = victim.finish(expected)
    except Failure as failure:
        raise Failure(f"{failure} (after {victim.log}; store: {victim.place.root})") from failure
    victim.close()
    return len(victim.log), happened


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instants", type=int, default=300)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--most", type=int, default=12, help="instants in one run")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    random.seed(seed)
    print(f"seed {seed}")
    ways = options.ways.split(",")
    skipped = 0
    if "clock" in ways and not faketime():
        ways.remove("clock")
        skipped = 1
        print("skipped: setting the clock back needs Debian's package libfaketime")
    text = workflow(options.steps, "COUNTER")
    began = time.monotonic()
    expected = undisturbed(text.replace("COUNTER", "../counter"), OTHERS)
    options.longest = (time.monotonic() - began) * 0.5
    print(f"{len(expected)} outputs, undisturbed in {time.monotonic() - began:.1f} s", flush=True)
    passed, failures, hurt = 0, 0, 0
    while hurt < options.instants and failures < 5:
        try:
            times, happened = one_run(text, expected, options, ways, options.instants - hurt)
            hurt += max(1, times)
            passed += 1
            print(f"  hurt {times} times, {happened} steps happened once", flush=True)
        except Failure as failure:
            failures += 1
            print(f"FAILED {failure}", flush=True)
    print(f"hurt at {hurt} instants", flush=True)
    print(f"{passed} passed, {failures} failed, {skipped} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
