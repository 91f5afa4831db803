#!/usr/bin/env python3
"""What one trivial step costs from start to end, against the same program started by ninja, make and
a shell, in one run.

Each round runs every program once, in an order that rotates. Printed: minimum, median and maximum
in milliseconds, and lily's ratio to each peer, taken within a round.

  startup.py [--rounds 50] [--lily PATH] [--root FOLDER]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time

FILES = {
    "w.lily.yaml": "lily: 1\nname: one\nsteps: { only: { exec: [ /bin/true ] } }\n",
    "build.ninja": "rule r\n  command = /bin/true\nbuild only: r\n",
    "Makefile": ".PHONY: only\nonly:\n\t@/bin/true\n",
}


def measure(argv, folder):
    began = time.monotonic()
    subprocess.run(argv, cwd=folder, check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return (time.monotonic() - began) * 1000


def spread(values):
    return f"{min(values):7.2f} {statistics.median(values):7.2f} {max(values):7.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--lily", default=os.environ.get("LILY", "lily"))
    parser.add_argument("--root", default=None, help="where the folder and the stores are made")
    options = parser.parse_args()
    root = tempfile.mkdtemp(prefix="bench-startup-", dir=options.root)
    for name, text in FILES.items():
        with open(os.path.join(root, name), "w", encoding="ascii") as file:
            file.write(text)
    lily = os.path.abspath(shutil.which(options.lily) or options.lily)
    programs = {
        "lily, new store": [lily, "--store", None, "run", "w.lily.yaml"],
        "lily": [lily, "--store", os.path.join(root, "store"), "run", "w.lily.yaml"],
        "ninja": ["ninja"],
        "make": ["make"],
        "sh": ["sh", "-c", "/bin/true; exit"],
    }
    measure(programs["lily"], root)
    rounds = []
    for turn in range(options.rounds):
        figures = {}
        order = list(programs)
        for name in order[turn % len(order):] + order[:turn % len(order)]:
            new = os.path.join(root, f"new-{turn}")
            argv = [new if word is None else word for word in programs[name]]
            figures[name] = measure(argv, root)
        rounds.append(figures)
    print("milliseconds, minimum median maximum")
    for name in programs:
        print(f"  {name:16} {spread([r[name] for r in rounds])}")
    print("lily's ratio to")
    for name in ("ninja", "make", "sh"):
        print(f"  {name:16} {spread([r['lily'] / r[name] for r in rounds])}")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
