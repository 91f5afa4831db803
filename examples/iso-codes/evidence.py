#!/usr/bin/python3
"""Reads what a killed and resumed run recorded, and proves what the demo claims.

Usage: evidence.py killed EVENTS ARTIFACTS     before it is resumed
       evidence.py resumed EVENTS ARTIFACTS    afterwards
EVENTS is the output of `lily events --json`, ARTIFACTS that of `lily artifact list --json`.
Exits 1 where a claim does not hold.
"""

import json
import sys
import time
from collections import Counter
from pathlib import Path


def read_events(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def attempts_of(events):
    """{number of the attempt: its step}"""
    return {e["payload"]["n"]: e["payload"]["step"]
            for e in events if e["type"] == "attempt.submitted"}


def accepted(events):
    steps = attempts_of(events)
    return {steps[e["payload"]["n"]] for e in events if e["type"] == "attempt.accepted"}


def is_alive(pid):
    """A zombie is not: nobody may have reaped it yet, but it does nothing any more."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def report_killed(events, artifacts):
    pids = {e["payload"]["pid"] for e in events if e["type"] == "attempt.started"}
    pids |= {e["payload"]["handle"]["lane"]["pid"] for e in events
             if e["type"] == "attempt.submitted"}
    deadline = time.monotonic() + 10
    while any(map(is_alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.02)
    alive = sorted(filter(is_alive, pids))
    print(f"finished before the kill: {', '.join(sorted(accepted(events)))}")
    print(f"processes of lanes and steps: {len(pids)} were started, {len(alive)} are alive")
    print(f"artifacts: {len(artifacts)}, each whole")
    return not alive


def report_resumed(events, artifacts):
    cut = next(i for i, e in enumerate(events) if e["type"] == "run.resumed")
    before = accepted(events[:cut])
    tries = Counter(attempts_of(events).values())
    interrupted = {attempts_of(events)[e["payload"]["n"]] for e in events
                   if e["type"] == "attempt.interrupted"}
    again = sorted(step for step in before if tries[step] > 1)
    print(f"steps that had finished: {len(before)}; run again: {', '.join(again) or 'none'}")
    print(f"steps that the kill interrupted, and that ran anew: "
          f"{', '.join(sorted(interrupted)) or 'none'}")
    return not again and before < accepted(events) and print_lineage(artifacts)


def print_lineage(artifacts):
    """Where the report comes from, level by level, from the artifacts' own references."""
    by_id = {a["artifact_id"]: a for a in artifacts}
    level = [a for a in artifacts if a["name"] == "markdown"]
    seen, indent = set(), 0
    print("where report.markdown comes from:")
    while level:
        for artifact in level:
            print(f"  {'  ' * indent}{artifact['step']}.{artifact['name']}"
                  f"  sha256:{artifact['sha256'][:16]}…")
        following = {i for a in level for i in a["inputs"]} - seen
        seen |= following
        level = sorted((by_id[i] for i in following), key=lambda a: (a["step"], a["name"]))
        indent += 1
    return len(seen) > 10


def main():
    what, events, artifacts = sys.argv[1:]
    events, artifacts = read_events(events), json.loads(Path(artifacts).read_text())
    report = {"killed": report_killed, "resumed": report_resumed}[what]
    return 0 if report(events, artifacts) else 1


if __name__ == "__main__":
    sys.exit(main())
