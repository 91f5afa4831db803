#!/usr/bin/env python3
"""Two runs at one time in one workspace and store: does one of them starve?

Each round runs one alone and then two together, each of N steps that do nothing, one at a time.
The share is a run's speed beside the other over its speed alone: 1.0 would be no cost at all, 0.5
a fair half of one processor. Anything that a run says about a busy database is printed and counts
as a failure.

  contention.py [--steps 1000] [--rounds 5] [--lily PATH] [--root FOLDER]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def write(path, steps):
    with open(path, "w", encoding="ascii") as file:
        file.write("lily: 1\nname: bench\nparallel: 1\nsteps:\n")
        for i in range(steps):
            file.write(f"  s{i}: {{ exec: [ /bin/true ] }}\n")


def start(lily, store, folder):
    process = subprocess.Popen([lily, "--store", store, "run", "w.lily.yaml"], cwd=folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True)
    return process, time.monotonic()


def finish(started):
    """Seconds that each of the processes ran, and how many went wrong."""
    left = dict(enumerate(started))
    seconds, wrong = {}, 0
    while left:
        for i, (process, began) in list(left.items()):
            if process.poll() is None:
                continue
            seconds[i] = time.monotonic() - began
            said = process.stderr.read()
            if process.returncode or "busy" in said.lower() or "locked" in said.lower():
                print(f"exit {process.returncode}: {said}")
                wrong += 1
            del left[i]
        time.sleep(0.002)
    return [seconds[i] for i in sorted(seconds)], wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lily", default=os.environ.get("LILY", "lily"))
    parser.add_argument("--root", default=None, help="where workspace and store are made")
    options = parser.parse_args()
    lily = os.path.abspath(shutil.which(options.lily) or options.lily)
    root = tempfile.mkdtemp(prefix="bench-contention-", dir=options.root)
    folder = os.path.join(root, "w")
    os.mkdir(folder)
    write(os.path.join(folder, "w.lily.yaml"), options.steps)
    worst, best, failures = [], [], 0
    for turn in range(options.rounds):
        store = os.path.join(root, f"store-{turn}")
        alone, wrong = finish([start(lily, store, folder)])
        both, wrong_too = finish([start(lily, store, folder), start(lily, store, folder)])
        failures += wrong + wrong_too
        worst.append(alone[0] / max(both))
        best.append(alone[0] / min(both))
        print(f"alone {alone[0]:.2f} s, together {both[0]:.2f} and {both[1]:.2f} s")
    for name, values in (("slower", worst), ("faster", best)):
        print(f"share of the {name} of two, min median max: "
              f"{min(values):.2f} {statistics.median(values):.2f} {max(values):.2f}")
    shutil.rmtree(root)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
