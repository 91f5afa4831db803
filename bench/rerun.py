#!/usr/bin/env python3
"""Reruns: lily against make, ninja, doit, snakemake and GNU parallel, where they are installed.

N leaves copy a file each; every hundred of them are joined by a step that depends on them. Three runs
are measured: nothing changed (after two runs that let every tool settle what it keeps), one leaf
changed, and, for what the cost of looking is, nothing changed again under callgrind (instructions)
and strace (system calls), which a loaded machine does not disturb.

What it means that nothing changed: for make and ninja that no time is newer; for doit, snakemake and
lily that the content is the same, times being a memo only; parallel knows which jobs its log has and
looks at no file.

  rerun.py [--sizes 100,1000,10000] [--rounds 3] [--tools lily,ninja,make,…] [--lily PATH]
           [--counts] [--json FILE]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

GROUP = 100
JOBS = "2"


def groups(n):
    return [range(first, min(first + GROUP, n)) for first in range(0, n, GROUP)]


def write_sources(root, n):
    for folder in ("src", "out"):
        os.mkdir(os.path.join(root, folder))
    for i in range(n):
        with open(f"{root}/src/{i}", "w", encoding="ascii") as file:
            file.write(f"source {i}\n")


def write_lily(root, n):
    with open(f"{root}/w.lily.yaml", "w", encoding="ascii") as file:
        file.write("lily: 1\nname: rerun\nparallel: 2\ndefaults: { cache: true }\nsteps:\n")
        for i in range(n):
            file.write(f'  s{i}: {{ exec: [ cp, "${{{{ in.i }}}}", out/{i} ], '
                       f"in: {{ i: {{ path: src/{i} }} }}, out: {{ o: {{ path: out/{i} }} }} }}\n")
        for j, group in enumerate(groups(n)):
            inputs = ", ".join(f'i{i}: "${{{{ steps.s{i}.out.o }}}}"' for i in group)
            file.write(f'  j{j}: {{ run: "cat $LILY_IN/* >out/all{j}", in: {{ {inputs} }}, '
                       f"out: {{ o: {{ path: out/all{j} }} }} }}\n")


def write_ninja(root, n):
    with open(f"{root}/build.ninja", "w", encoding="ascii") as file:
        file.write("rule cp\n  command = cp $in $out\nrule join\n  command = cat $in > $out\n")
        for i in range(n):
            file.write(f"build out/{i}: cp src/{i}\n")
        for j, group in enumerate(groups(n)):
            file.write(f"build out/all{j}: join {' '.join(f'out/{i}' for i in group)}\n")


def write_make(root, n):
    with open(f"{root}/Makefile", "w", encoding="ascii") as file:
        file.write("all: " + " ".join(f"out/all{j}" for j in range(len(groups(n)))) + "\n")
        for i in range(n):
            file.write(f"out/{i}: src/{i}\n\t@cp $< $@\n")
        for j, group in enumerate(groups(n)):
            file.write(f"out/all{j}: {' '.join(f'out/{i}' for i in group)}\n\t@cat $^ > $@\n")


def write_doit(root, n):
    with open(f"{root}/dodo.py", "w", encoding="ascii") as file:
        file.write(f"N = {n}\nGROUP = {GROUP}\n"
                   "def task_copy():\n    for i in range(N):\n"
                   "        yield {'name': str(i), 'actions': [['cp', f'src/{i}', f'out/{i}']],\n"
                   "               'file_dep': [f'src/{i}'], 'targets': [f'out/{i}']}\n"
                   "def task_join():\n    for j, first in enumerate(range(0, N, GROUP)):\n"
                   "        parts = [f'out/{i}' for i in range(first, min(first + GROUP, N))]\n"
                   "        yield {'name': str(j), 'file_dep': parts, 'targets': [f'out/all{j}'],\n"
                   "               'actions': ['cat ' + ' '.join(parts) + f' > out/all{j}']}\n")


def write_snakemake(root, n):
    with open(f"{root}/Snakefile", "w", encoding="ascii") as file:
        file.write(f"N = {n}\nGROUP = {GROUP}\nJ = (N + GROUP - 1) // GROUP\n"
                   "rule all:\n    input: [f'out/all{j}' for j in range(J)]\n"
                   "rule copy:\n    input: 'src/{i}'\n    output: 'out/{i,[0-9]+}'\n"
                   "    shell: 'cp {input} {output}'\n"
                   "rule join:\n    input: lambda w: [f'out/{i}' for i in "
                   "range(int(w.j) * GROUP, min(int(w.j) * GROUP + GROUP, N))]\n"
                   "    output: 'out/all{j}'\n    shell: 'cat {input} > {output}'\n")


def write_parallel(root, n):
    with open(f"{root}/jobs", "w", encoding="ascii") as file:
        file.writelines(f"cp src/{i} out/{i}\n" for i in range(n))


TOOLS = {
    "lily": (write_lily, None),
    "ninja": (write_ninja, ["ninja", "-j", JOBS]),
    "make": (write_make, ["make", "-j", JOBS]),
    "doit": (write_doit, ["doit", "-n", JOBS]),
    "snakemake": (write_snakemake, ["snakemake", "-q", "-j", JOBS]),
    "parallel": (write_parallel, ["parallel", "--joblog", "log", "--resume", "-j", JOBS, "-a", "jobs"]),
}


class Case:
    def __init__(self, tool, n, lily, root):
        self.tool, self.root = tool, os.path.join(root, tool)
        os.mkdir(self.root)
        write_sources(self.root, n)
        write, argv = TOOLS[tool]
        write(self.root, n)
        self.store = os.path.join(root, tool + "-store")
        self.argv = argv or [lily, "--store", self.store, "run", "-q", "w.lily.yaml"]

    def run(self, before=()):
        began = time.monotonic()
        done = subprocess.run([*before, *self.argv], cwd=self.root, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if done.returncode:
            sys.exit(f"{self.tool}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
        return time.monotonic() - began, done.stderr.decode(errors="replace")

    def change(self, turn):
        with open(f"{self.root}/src/0", "w", encoding="ascii") as file:
            file.write(f"changed {turn}\n")

    def bytes(self):
        total = 0
        for folder, _, names in os.walk(self.store):
            total += sum(os.lstat(os.path.join(folder, name)).st_blocks * 512 for name in names)
        return total


def instructions(case):
    out = os.path.join(case.root, ".callgrind")
    case.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"])
    with open(out, encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith(("summary:", "totals:")):
                return int(line.split()[1])
    return 0


def system_calls(case):
    out = os.path.join(case.root, ".strace")
    case.run(["strace", "-f", "-c", "-o", out])
    with open(out, encoding="ascii", errors="replace") as file:
        last = [line for line in file if line.strip().endswith("total")][-1].split()
    return int(last[2]) if last[2].isdigit() else int(last[3])


def measure(case, rounds):
    first, _ = case.run()
    for _ in range(2):  # what was written a moment ago is looked at once more, then remembered
        case.run()
    before = case.bytes()
    nothing = []
    for _ in range(rounds):
        nothing.append(case.run()[0])
    grown = (case.bytes() - before) // rounds
    leaf = []
    for turn in range(rounds):
        case.change(turn)
        leaf.append(case.run()[0])
    return {"first": first, "nothing": statistics.median(nothing),
            "leaf": statistics.median(leaf), "bytes": grown}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--lily", default="build/src/cli/lily")
    parser.add_argument("--counts", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    lily = os.path.abspath(options.lily)
    asked = options.tools.split(",")
    tools = [t for t in asked if t == "lily" or shutil.which(TOOLS[t][1][0])]
    absent = [t for t in asked if t not in tools]
    if absent:
        print("not here, hence not measured:", ", ".join(absent))
    print("leaves tool        first s  nothing s  one leaf s  ÷ ninja  bytes a rerun")
    results = []
    for n in map(int, options.sizes.split(",")):
        figures = {}
        for tool in tools:
            with tempfile.TemporaryDirectory() as root:
                case = Case(tool, n, lily, root)
                figures[tool] = measure(case, options.rounds)
                if options.counts:
                    figures[tool]["instructions"] = instructions(case)
                    figures[tool]["system_calls"] = system_calls(case)
        for tool, f in figures.items():
            ratio = f["nothing"] / figures["ninja"]["nothing"] if "ninja" in figures else 0
            print(f"{n:6} {tool:10} {f['first']:8.3f} {f['nothing']:10.3f} {f['leaf']:11.3f} "
                  f"{ratio:8.2f} {f['bytes'] if tool == 'lily' else '':>14}")
            if options.counts:
                print(f"{'':17} {f['instructions']:15,} instructions, "
                      f"{f['system_calls']:,} system calls when nothing changed")
        results.append({"leaves": n, "figures": figures})
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(results, file, indent=2)


main()
