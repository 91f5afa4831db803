#!/usr/bin/env python3
"""A run cut off after each of its events: whatever a crash leaves, resume goes on from there.

  prefix.py

A run of nearly every kind of step is recorded whole. Then for each n a copy of its store is made, in which the
chain ends with event n and the other tables are folded again from it (as for a store of an older
format), and resumed. It must end as the whole run did, with the same outputs, and fsck must find
nothing; no step that must not happen twice has.
"""

import json
import os
import shutil
import sqlite3
import sys

from place import Failure, Place

WORKFLOW = """lily: 1
name: prefix
pools: { p: 1 }
steps:
  list:
    run: echo '["x", "y", "z"]' >"$LILY_OUT/l"
    out: { l: { type: json } }
  each:
    foreach: { in: steps.list.out.l, key: item, max_failed: 1 }
    run: '[ "$LILY_ITEM" != y ] || exit 1; echo "\\"$LILY_ITEM\\"" >"$LILY_OUT/o"'
    pools: { p: 1 }
    out: { o: { type: json } }
  pair:
    foreach: [ 1, 2 ]
    steps:
      a: { run: 'echo "$LILY_ITEM" >"$LILY_OUT/n"', out: { n: { type: json } } }
      b: { run: 'cat "$LILY_IN/n" >"$LILY_OUT/m"', in: { n: "${{ steps.a.out.n }}" }, out: { m: { type: json } } }
    outputs: { m: "${{ steps.b.out.m }}" }
  gathered:
    run: cat "$LILY_IN/e" "$LILY_IN/p" >"$LILY_OUT/all"
    in: { e: "${{ steps.each.out.o }}", p: "${{ steps.pair.out.m }}" }
    out: { all: { type: text } }
  once:
    run: echo once >>COUNTER
    needs: [ list ]
    effects: once
    probe: { run: grep -q once COUNTER }
  again: { run: '[ "$LILY_ATTEMPT" -gt 1 ]', retry: { attempts: 99, backoff: 1ms } }
  never: { run: "false", if: "steps.list.out.l[0] == 'q'" }
  fails: { run: exit 3, continue_on_error: true }
  told: { run: echo told >"$LILY_OUT/t", needs: { fails: failed }, out: { t: { type: text } } }
finally:
  last: { run: echo "$S" >"$LILY_OUT/s", env: { S: "${{ steps.fails.status }} ${{ run.status }}" }, out: { s: { type: text } } }
outputs: { all: "${{ steps.gathered.out.all }}" }
"""


def cut(place, after):
    """The chain ends with that event; an older format has all else folded from it."""
    database = sqlite3.connect(os.path.join(place.store, "lily.db"))
    with database:
        run, = database.execute("SELECT number FROM runs WHERE number > 0").fetchone()
        database.execute("DELETE FROM events WHERE run = ? AND seq > ?", (run, after))
        database.execute("DELETE FROM events WHERE run = 0")
        database.execute("DELETE FROM manifests")
    database.execute("PRAGMA user_version = 1")
    database.close()


def events_of(place):
    code, out, err = place.run("events", "--json")
    if code:
        raise Failure(f"events: exit {code}: {err}")
    return [json.loads(line) for line in out.splitlines()]


def one(place, whole, after, happened, expected):
    """happened: by then the effect of the step that must not happen twice may be there, and is."""
    for name in (place.store, place.workspace):
        shutil.rmtree(name)
        shutil.copytree(f"{whole}/{os.path.basename(name)}", name)
    counter = os.path.join(place.root, "counter")
    with open(counter, "w", encoding="ascii") as file:
        file.write("once\n" if happened else "")
    cut(place, after)
    code, _, err = place.run("resume")
    if code:
        raise Failure(f"resume: exit {code}: {err}")
    place.check()
    made = place.outputs()
    if made != expected:
        raise Failure(f"outputs differ: {sorted(set(made.items()) ^ set(expected.items()))}")
    with open(counter, encoding="ascii") as file:
        times = len(file.read().split())
        if times != 1:
            raise Failure(f"what must happen once has {times} times")


def main():
    place = Place()
    whole = f"{place.root}/whole"
    place.write("w.lily.yaml", WORKFLOW.replace("COUNTER", f"{place.root}/counter"))
    code, _, err = place.run("run", "w.lily.yaml")
    if code:
        sys.exit(f"the whole run: exit {code}: {err}")
    expected, events = place.outputs(), events_of(place)
    types = [event["type"] for event in events]
    start = next(n for n, event in enumerate(events, 1) if event["type"] == "attempt.submitted"
                 and event["payload"]["step"] == "once")
    os.mkdir(whole)
    for name in (place.store, place.workspace):
        shutil.copytree(name, f"{whole}/{os.path.basename(name)}")
    first = types.index("run.planned") + 1
    failures = 0
    for after in range(first, len(types)):
        try:
            one(place, whole, after, after >= start, expected)
        except Failure as failure:
            failures += 1
            print(f"FAILED after event {after} ({types[after - 1]}): {failure}", flush=True)
    place.close()
    print(f"{len(types) - first - failures} passed, {failures} failed, 0 skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
