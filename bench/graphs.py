#!/usr/bin/env python3
"""lily against make, ninja and xargs on the same graphs, two steps at a time, in one run.

Each round runs every program once, in an order that rotates, each in a folder and a store of its
own; ratios are taken within a round, so that a machine that drifts moves both sides. Printed:
minimum, median and maximum over the rounds. CPU counts everything that was waited for: the
program, its lanes, the steps. The peer xargs (independent steps only) is no build tool: it starts the
same programs, two at a time, without a shell, and records nothing; what it costs is the floor.

  graphs.py [--sizes 100,1000,10000] [--shapes independent,chain,layered] [--variants bare,files]
            [--rounds 5] [--lily PATH] [--json FILE]
"""

import argparse
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

WIDTH = 100
JOBS = 2


def needs(shape, i):
    if shape == "chain":
        return [i - 1] if i else []
    if shape == "layered" and i >= WIDTH:
        first = i - i % WIDTH - WIDTH
        return sorted({first + i % WIDTH, first + (i + 1) % WIDTH})
    return []


def write_lily(path, shape, n, variant):
    with open(path, "w", encoding="ascii") as file:
        file.write("lily: 1\nname: bench\nparallel: %d\nsteps:\n" % JOBS)
        for i in range(n):
            before = needs(shape, i)
            if variant == "bare":
                edge = ", needs: [%s]" % ", ".join(f"s{j}" for j in before) if before else ""
                file.write(f"  s{i}: {{ exec: [ /bin/true ]{edge} }}\n")
                continue
            source = f'"${{{{ steps.s{before[0]}.out.o }}}}"' if before else "{ path: seed }"
            edge = f", needs: [s{before[1]}]" if len(before) > 1 else ""
            file.write(f'  s{i}: {{ exec: [ cp, "${{{{ in.i }}}}", o{i} ], in: {{ i: {source} }}'
                       f", out: {{ o: {{ path: o{i} }} }}{edge} }}\n")


def write_ninja(path, shape, n, variant):
    with open(path, "w", encoding="ascii") as file:
        command = "/bin/true" if variant == "bare" else "cp $first $out"
        file.write(f"rule r\n  command = {command}\n")
        for i in range(n):
            before = [f"o{j}" for j in needs(shape, i)]
            first = "seed" if variant == "files" and not before else None
            inputs = before or ([first] if first else [])
            file.write(f"build o{i}: r {' '.join(inputs)}\n")
            if variant == "files":
                file.write(f"  first = {inputs[0]}\n")


def write_make(path, shape, n, variant):
    with open(path, "w", encoding="ascii") as file:
        file.write("all: " + " ".join(f"o{i}" for i in range(n)) + "\n")
        if variant == "bare":
            file.write(".PHONY: all " + " ".join(f"o{i}" for i in range(n)) + "\n")
        for i in range(n):
            inputs = [f"o{j}" for j in needs(shape, i)]
            if variant == "files" and not inputs:
                inputs = ["seed"]
            recipe = "@/bin/true" if variant == "bare" else "@cp $< $@"
            file.write(f"o{i}: {' '.join(inputs)}\n\t{recipe}\n")


def write_xargs(path, n, variant):
    with open(path, "w", encoding="ascii") as file:
        for i in range(n):
            file.write(f"{i}\n" if variant == "bare" else f"seed o{i}\n")


def peak_kib(path):
    with open(path, encoding="ascii") as file:
        found = re.search(r"Maximum resident set size \(kbytes\): (\d+)", file.read())
    return int(found.group(1)) if found else 0


def measure(argv, folder):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    report = os.path.join(folder, ".time")
    began = time.monotonic()
    done = subprocess.run(["/usr/bin/time", "-v", "-o", report, *argv], cwd=folder, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE)
    wall = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(f"{argv[0]}: exit {done.returncode}: {done.stderr.decode()[-500:]}")
    cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return {"wall": wall, "cpu": cpu, "rss_kib": peak_kib(report)}


def size_of(path):
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                pass
    return total


def one_round(programs, shape, n, variant, turn, root):
    figures = {}
    order = programs[turn % len(programs):] + programs[:turn % len(programs)]
    for name, path in order:
        folder = tempfile.mkdtemp(prefix=f"bench-{name}-", dir=root)
        store = tempfile.mkdtemp(prefix="bench-store-", dir=root)
        with open(os.path.join(folder, "seed"), "wb") as file:
            file.write(b"x" * 1024)
        if name == "lily":
            write_lily(os.path.join(folder, "w.lily.yaml"), shape, n, variant)
            argv = [path, "--store", store, "run", "w.lily.yaml"]
        elif name == "ninja":
            write_ninja(os.path.join(folder, "build.ninja"), shape, n, variant)
            argv = [path, f"-j{JOBS}"]
        elif name == "xargs":
            write_xargs(os.path.join(folder, "list"), n, variant)
            argv = [path, "-a", "list", f"-P{JOBS}"]
            argv += ["-n1", "/bin/true"] if variant == "bare" else ["-n2", "cp"]
        else:
            write_make(os.path.join(folder, "Makefile"), shape, n, variant)
            argv = [path, f"-j{JOBS}"]
        figures[name] = measure(argv, folder)
        if name == "lily":
            figures[name]["state"] = size_of(store) / n
        shutil.rmtree(folder)
        shutil.rmtree(store)
    return figures


def spread(values):
    return f"{min(values):.2f} {statistics.median(values):.2f} {max(values):.2f}"


def report(shape, n, variant, rounds):
    print(f"{variant:6} {shape:12} N={n}")
    for name in rounds[0]:
        wall = statistics.median(r[name]["wall"] for r in rounds)
        rss = max(r[name]["rss_kib"] for r in rounds)
        print(f"  {name:6} {wall / n * 1e6:8.0f} µs a step   peak {rss / 1024:6.1f} MiB", end="")
        print(f"   state {rounds[-1][name]['state']:.0f} B a step" if name == "lily" else "")
    for peer in (name for name in rounds[0] if name != "lily"):
        for what in ("wall", "cpu"):
            ratios = [r["lily"][what] / r[peer][what] for r in rounds]
            print(f"  lily/{peer:5} {what:4}  min median max: {spread(ratios)}")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--shapes", default="independent,chain,layered")
    parser.add_argument("--variants", default="bare,files")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lily", default=os.environ.get("LILY", "lily"))
    parser.add_argument("--peers", default="make,ninja,xargs")
    parser.add_argument("--root", default=None, help="where folders and stores are made")
    parser.add_argument("--json", default=None)
    options = parser.parse_args()
    programs = [("lily", os.path.abspath(options.lily))]
    programs += [(p, shutil.which(p)) for p in options.peers.split(",") if p]
    missing = [name for name, path in programs if not path]
    if missing:
        sys.exit(f"not installed: {', '.join(missing)}")
    everything = []
    for variant in options.variants.split(","):
        for shape in options.shapes.split(","):
            for n in map(int, options.sizes.split(",")):
                able = [p for p in programs if p[0] != "xargs" or shape == "independent"]
                rounds = [one_round(able, shape, n, variant, turn, options.root)
                          for turn in range(options.rounds)]
                report(shape, n, variant, rounds)
                everything.append({"variant": variant, "shape": shape, "n": n, "rounds": rounds})
    if options.json:
        with open(options.json, "w", encoding="ascii") as file:
            json.dump(everything, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
