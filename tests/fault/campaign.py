#!/usr/bin/env python3
"""Fault campaign: nothing accepted is lost, nothing is half, resume goes on.

  campaign.py nth [--kinds K,…] [--modes M,…] [--stride N]   the n-th operation fails or ends lily;
                                                              with a stride only each N-th of them,
                                                              from a random one on
  campaign.py kill [--times N] [--steps N]                    kill -9 at random instants
  campaign.py full                                            a disk that fills up (as root)

Every case starts from an empty store, is hurt once, and must then satisfy: lily said so (an exit
code, not a hang), `lily fsck` finds nothing, `lily resume` (or a second run, where none was
recorded) completes, and the outputs have the digests of an undisturbed run.

LILY names the program, SHIM the library that injects faults.
"""

import argparse
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

from place import Failure, Place, survivors, undisturbed

SHIM = os.environ.get("SHIM", "")
KINDS = ["write", "fsync", "link", "rename", "mkdir", "open", "commit"]
MODES = ["fail", "before", "after", "short"]
ENDED = {0, 1, 9}  # how lily may end when it is not killed

SMALL = """lily: 1
name: small
inputs: { seed: { path: seed.txt } }
schemas:
  numbers.v1: { file: numbers.json, validators: [ { run: 'grep -q 1 "$LILY_IN/value"' } ] }
steps:
  typed:
    run: 'if [ -r "${LILY_FEEDBACK:-}" ]; then echo "[1]"; else echo "[null]"; fi > "$LILY_OUT/n"'
    retry: { attempts: 2, errors: [ schema ], backoff: 1ms }
    out: { n: { schema: numbers.v1 } }
  copy:
    run: cp "$LILY_IN/seed" "$LILY_OUT/text"
    in: { seed: "${{ inputs.seed }}" }
    out: { text: { type: text } }
  large:
    run: for i in $(seq 4000); do echo "line $i of a file that is no inline object"; done > "$LILY_OUT/big"
    out: { big: { type: file } }
  tree:
    run: mkdir -p "$LILY_OUT/dir/a/b"; echo x > "$LILY_OUT/dir/a/b/c"; ln -s c "$LILY_OUT/dir/a/b/d"
    out: { dir: { type: dir } }
  said:
    run: echo to stdout; echo to stderr >&2
    out: { words: { from: stdout, type: text } }
  join:
    run: cat "$LILY_IN/a" "$LILY_IN/b" | sha256sum > "$LILY_OUT/sum"; (cd "$LILY_IN/t" && ls -R) >> "$LILY_OUT/sum"
    in:
      a: "${{ steps.copy.out.text }}"
      b: "${{ steps.large.out.big }}"
      t: "${{ steps.tree.out.dir }}"
    out: { sum: { type: text } }
  again:
    run: '[ "$LILY_ATTEMPT" = 2 ] || exit 7; echo done > "$LILY_OUT/end"'
    needs: [ join, said ]
    retry: { attempts: 2, backoff: 1ms }
    out: { end: { type: text } }
outputs: { end: "${{ steps.again.out.end }}" }
"""


def shim(kind, mode, at, count=None):
    orders = {"LD_PRELOAD": SHIM, "FAULT_KIND": kind, "FAULT_MODE": mode, "FAULT_AT": str(at)}
    if count:
        orders["FAULT_COUNT"] = count
    return orders


def count_operations(kind):
    place = Place()
    try:
        place.write("w.lily.yaml", SMALL)
        path = os.path.join(place.root, "count")
        code, _, err = place.run("run", "w.lily.yaml", env=shim(kind, "fail", 0, path))
        if code:
            raise Failure(f"counting {kind}: exit {code}: {err}")
        try:
            with open(path, "rb") as file:
                counted = struct.unpack("l", file.read())[0]
        except FileNotFoundError:
            counted = 0
        if not counted:
            raise Failure(f"{kind}: no operation seen: the shim {SHIM} is not in lily's way")
        return counted
    finally:
        place.close()


def hurt_once(kind, mode, at, expected):
    place = Place()
    try:
        place.write("w.lily.yaml", SMALL)
        code, _, err = place.run("run", "w.lily.yaml", env=shim(kind, mode, at))
        if mode == "fail" and code not in ENDED:
            raise Failure(f"ended with {code}: {err}")
        if mode == "fail" and code == 9 and not err.strip():
            raise Failure("ended with 9 and said nothing")
        if mode != "fail" and code not in (-signal.SIGKILL, *ENDED):
            raise Failure(f"ended with {code}: {err}")
        place.complete("w.lily.yaml", expected)
    except Failure as failure:
        raise Failure(f"{kind} {at} {mode}: {failure} (store: {place.root})") from failure
    place.close()


def campaign_nth(options):
    expected = undisturbed(SMALL)
    failures, cases = [], 0
    for kind in options.kinds.split(","):
        try:
            total = count_operations(kind)
        except Failure as failure:
            cases += 1
            failures.append(str(failure))
            print(f"FAILED {failure}", flush=True)
            continue
        print(f"{kind}: {total} operations in an undisturbed run", flush=True)
        for mode in options.modes.split(","):
            if mode == "short" and kind != "write":
                continue
            for at in range(random.randint(1, min(total, options.stride)), total + 1, options.stride):
                cases += 1
                try:
                    hurt_once(kind, mode, at, expected)
                except Failure as failure:
                    failures.append(str(failure))
                    print(f"FAILED {failure}", flush=True)
    return cases, failures


def layered(steps):
    lines = ["lily: 1", "name: layered", "steps:"]
    for i in range(steps):
        needs = f", needs: [ s{i - 20} ]" if i >= 20 else ""
        lines.append(f"  s{i}: {{ run: 'echo {i} > $LILY_OUT/o', out: {{ o: null }}{needs} }}")
    return "\n".join(lines) + "\n"


def kill_once(text, expected, longest):
    place = Place()
    kills = 0
    try:
        place.write("w.lily.yaml", text)
        process = place.start("run", "w.lily.yaml")
        while True:
            try:
                process.communicate(timeout=random.uniform(0.002, longest))
                break
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                kills += 1
            deadline = time.monotonic() + 1
            while survivors(place.workspace) and time.monotonic() < deadline:
                time.sleep(0.01)
            left = survivors(place.workspace)
            if left:
                raise Failure(f"processes {left} survive lily by more than 1 s")
            if kills >= 3:
                break
            recorded = place.last_status() in ("interrupted", "running")
            process = place.start(*(["resume"] if recorded else ["run", "w.lily.yaml"]))
        place.complete("w.lily.yaml", expected)
    except Failure as failure:
        raise Failure(f"kill -9 (store: {place.root}): {failure}") from failure
    place.close()
    return kills


def campaign_kill(options):
    text = layered(options.steps)
    began = time.monotonic()
    expected = undisturbed(text)
    longest = (time.monotonic() - began) * 0.6
    failures, kills, cases = [], 0, 0
    while kills < options.times and len(failures) < 5:
        cases += 1
        try:
            kills += kill_once(text, expected, longest)
        except Failure as failure:
            failures.append(str(failure))
            print(f"FAILED {failure}", flush=True)
    print(f"killed {kills} times", flush=True)
    return cases, failures


def campaign_full(options):
    if os.geteuid() != 0:
        print("skipped: a small file system can be mounted by root only")
        return 0, []
    expected = undisturbed(SMALL)
    failures, cases = [], 0
    for size_k in range(options.smallest, options.largest, options.step):
        cases += 1
        root = tempfile.mkdtemp(prefix="lily-full-")
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_k}k", "tmpfs", root], check=True)
        try:
            place = Place(root)
            place.write("w.lily.yaml", SMALL)
            code, _, err = place.run("run", "w.lily.yaml")
            if code not in ENDED:
                raise Failure(f"{size_k} KiB: ended with {code}: {err}")
            if code == 9 and "space" not in err:
                raise Failure(f"{size_k} KiB: the message does not speak of space: {err}")
            subprocess.run(["mount", "-o", "remount,size=64m", root], check=True)
            place.complete("w.lily.yaml", expected, own_failures=True)
        except Failure as failure:
            failures.append(str(failure))
            print(f"FAILED {failure}", flush=True)
        finally:
            subprocess.run(["umount", "-l", root], check=False)
            os.rmdir(root)
    return cases, failures


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaign", choices=["nth", "kill", "full"])
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--modes", default=",".join(MODES))
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--smallest", type=int, default=64)
    parser.add_argument("--largest", type=int, default=2048)
    parser.add_argument("--step", type=int, default=64)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.randrange(1 << 32)
    random.seed(seed)
    print(f"seed {seed}")
    campaigns = {"nth": campaign_nth, "kill": campaign_kill, "full": campaign_full}
    cases, failures = campaigns[options.campaign](options)
    print(f"{cases - len(failures)} passed, {len(failures)} failed, {int(cases == 0)} skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
