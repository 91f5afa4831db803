#!/usr/bin/env python3
"""A run cut off after each of its events: whatever a crash leaves, resume goes on from there.

  prefix.py [--stride N] [--seed S]

A run of nearly every kind of step is recorded whole, one most of whose steps are reused, one in which
nothing was to be done, said in a word, two for which rules decide, three that go back, over items and
within other files as well, one that asks people, one whose items are retried while it waits, one whose
step waits for labels, one that adopts these, and one that only judges. Then for each n a copy of its store is made, in which the chain ends
with event n and the other tables are folded again from it (as for a store of an older format), and
resumed. It must end as the whole run did, with the same outputs and the same steps reused, and fsck
must find nothing; no step that must not happen twice has. With a stride, only every N-th n, from one that is
drawn, and the first event of each type.
"""

import argparse
import concurrent.futures
import json
import os
import random
import shutil
import sqlite3
import sys

from place import Failure, Place

STRIDE = 1

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
    policy: none
    needs: [ list ]
    effects: once
    probe: { run: grep -q once COUNTER }
  again: { run: '[ "$LILY_ATTEMPT" -gt 1 ]', retry: { attempts: 99, backoff: 1ms } }
  judged:
    run: echo made >"$LILY_OUT/m"
    out: { m: { type: text } }
    retry: { attempts: 99, backoff: 1ms }
    gates:
      second: { run: 'echo "{\\"n\\": $LILY_ATTEMPT}" >"$LILY_METRICS"; echo seen', metrics: { n: { min: 2 } } }
      looks: { expr: steps.judged.out.m == 'other', required: false }
  never: { run: "false", if: "steps.list.out.l[0] == 'q'" }
  fails: { run: exit 3, continue_on_error: true }
  told: { run: echo told >"$LILY_OUT/t", needs: { fails: failed }, out: { t: { type: text } } }
  part:
    workflow: part.lily.yaml
    with: { word: "${{ steps.list.out.l[1] }}" }
    in: { list: "${{ steps.list.out.l }}" }
  spread:
    foreach: { in: steps.list.out.l, key: item, parallel: 2, max_failed: 1 }
    workflow: part.lily.yaml
    with: { word: "${{ item }}" }
    in: { list: "${{ steps.list.out.l }}" }
  nest:
    foreach: { in: [ 1, 2 ], max_failed: 1 }
    steps:
      a: { run: 'echo "[\\"p\\", \\"q$LILY_ITEM\\"]" >"$LILY_OUT/l"', out: { l: { type: json } } }
      f:
        foreach: { in: steps.a.out.l, key: item }
        run: '[ "$LILY_ITEM" != q2 ] || exit 1; echo "$LILY_ITEM" >"$LILY_OUT/t"'
        out: { t: { type: text } }
      p: { workflow: inner.lily.yaml, with: { word: "${{ key }}${{ steps.f.out.t[1] }}" } }
    outputs: { t: "${{ steps.f.out.t }}", o: "${{ steps.p.out.o }}" }
  heard:
    run: cat "$LILY_IN"/* >"$LILY_OUT/all"
    in: { r: "${{ steps.spread.out.r }}", t: "${{ steps.nest.out.t }}", o: "${{ steps.nest.out.o }}" }
    out: { all: { type: text } }
  taken: { run: cat "$LILY_IN/r" >"$LILY_OUT/r", in: { r: "${{ steps.part.out.r }}" }, out: { r: { type: text } } }
  absent: { workflow: part.lily.yaml, with: { word: q }, in: { list: "${{ steps.list.out.l }}" }, if: "false" }
gates:
  whole: { run: 'test "$(cat "$LILY_IN/m")" = made', in: { m: "${{ steps.judged.out.m }}" } }
  early: { after: list, expr: "steps.list.out.l[0] == 'x'" }
finally:
  sweep:
    foreach: [ b, a ]
    run: echo "$LILY_ITEM $S" >"$LILY_OUT/s"
    env: { S: "${{ run.status }}" }
    out: { s: { type: text } }
  swept: { foreach: { in: steps.sweep.out.s }, workflow: inner.lily.yaml, with: { word: "${{ item }}" } }
  last: { run: echo "$S" >"$LILY_OUT/s", env: { S: "${{ steps.fails.status }} ${{ run.status }}" }, out: { s: { type: text } } }
outputs: { all: "${{ steps.gathered.out.all }}" }
"""

# Run twice; in between two files change. What is reused stands in several events, between others.
RERUN = """lily: 1
name: rerun
parallel: 2
defaults: { cache: true }
steps:
""" + "".join(f"""  s{n}: {{ run: 'cat "$LILY_IN/f" >out{n}', in: {{ f: {{ path: f{n} }} }}, out: {{ o: {{ path: out{n} }} }} }}
""" for n in range(12)) + """  each:
    foreach: [ a, b, c ]
    run: echo "$LILY_ITEM" >"$LILY_OUT/i"
    out: { i: { type: text } }
  left: { run: 'cat "$LILY_IN"/*', in: { a: "${{ steps.s0.out.o }}", b: "${{ steps.s1.out.o }}" }, out: { all: { from: stdout } } }
  right: { run: 'cat "$LILY_IN"/*', in: { a: "${{ steps.s3.out.o }}", e: "${{ steps.each.out.i }}" }, out: { all: { from: stdout } } }
"""

# Run until a run is said in a word.
SAME = """lily: 1
name: same
defaults: { cache: true }
outputs: { all: "${{ steps.b.out.all }}" }
steps:
  a: { run: 'cat "$LILY_IN/f" >out', in: { f: { path: f } }, out: { o: { path: out } } }
  b: { run: 'cat "$LILY_IN"/*', in: { a: "${{ steps.a.out.o }}" }, out: { all: { from: stdout } } }
"""

PART = """lily: 1
params: { word: { type: string } }
inputs: { list: {} }
steps:
  a: { run: 'echo "$W" >"$LILY_OUT/w"', env: { W: "${{ params.word }}" }, out: { w: { type: text } } }
  each: { foreach: [ 1, 2 ], run: "true", needs: [ a ] }
  fails: { run: exit 1, continue_on_error: true }
  inner: { workflow: inner.lily.yaml, with: { word: "${{ steps.a.out.w }}" } }
  b:
    run: cat "$LILY_IN/l" "$LILY_IN/i" >"$LILY_OUT/r"
    in: { l: "${{ inputs.list }}", i: "${{ steps.inner.out.o }}" }
    needs: [ each ]
    out: { r: { type: text } }
finally:
  clean: { run: "true" }
outputs: { r: "${{ steps.b.out.r }}" }
"""

INNER = """lily: 1
params: { word: { type: string } }
steps:
  s: { run: 'echo "<$W>" >"$LILY_OUT/o"', env: { W: "${{ params.word }}" }, out: { o: { type: text } } }
outputs: { o: "${{ steps.s.out.o }}" }
"""


# What each rule may decide, and how often.
RULES = """lily: 1
name: rules
steps:
  again: { run: exit 3, retry: { attempts: 9, errors: [ timeout ], backoff: 1ms } }
  on: { run: echo on >"$LILY_OUT/o", needs: [ again ], out: { o: { type: text } } }
  fails: { run: exit 4 }
  not: { run: "true", needs: [ fails ] }
  each: { foreach: [ 1, 2 ], run: exit 5 }
  after: { run: "true", needs: [ each ] }
finally:
  last: { run: exit 6 }
routes:
  - { id: more, when: { step: again, exit: 3 }, then: retry, times: 2 }
  - { id: pass, when: { step: [ again, each, last ], status: failed }, then: continue }
  - { id: less, when: { error: exit, exhausted: true }, then: skip }
"""

# Ended by a rule while another step runs.
ABORTED = """lily: 1
name: aborted
parallel: 2
steps:
  slow: { run: sleep 20, grace: 1s }
  never: { run: "true", needs: [ slow ] }
  fails: { run: exit 3, continue_on_error: true, retry: { attempts: 5 } }
finally:
  last: { run: echo "$S" >"$LILY_OUT/s", env: { S: "${{ run.status }}" }, out: { s: { type: text } } }
routes: [ { id: over, when: { step: fails, exit: 3 }, then: { abort: "no more" } } ]
"""

# Goes back: by a failure, with what that said, and by what was measured of a success.
LOOPS = """lily: 1
name: loops
parallel: 2
steps:
  fix:
    run: |
      n=0
      [ -z "${LILY_FEEDBACK:-}" ] || n=$(grep -o 'version [0-9]' "$LILY_FEEDBACK" | head -n 1 | cut -d' ' -f2)
      echo "version $((n + 1))" >"$LILY_OUT/p"
    out: { p: { type: text } }
  beside: { run: sleep 0.02; echo beside >"$LILY_OUT/b", needs: [ fix ], out: { b: { type: text } } }
  test: { run: 'cat "$LILY_IN/p"; grep -q 3 "$LILY_IN/p"', in: { p: "${{ steps.fix.out.p }}" } }
  ship: { run: echo shipped >"$LILY_OUT/s", needs: [ test, beside ], out: { s: { type: text } } }
  better:
    run: |
      n=0
      [ -z "${LILY_FEEDBACK:-}" ] || n=$(grep -o 'level [0-9]' "$LILY_FEEDBACK" | head -n 1 | cut -d' ' -f2)
      echo "level $((n + 1))" | tee "$LILY_OUT/l"
    out: { l: { type: text } }
    gates:
      level: { run: 'echo "{\\"n\\": $(cut -d" " -f2 "$LILY_IN/l")}" >"$LILY_METRICS"' }
  apart: { run: echo apart >"$LILY_OUT/a", out: { a: { type: text } } }
finally:
  last: { run: echo last >"$LILY_OUT/x", out: { x: { type: text } } }
routes:
  - { id: again, when: { step: test, status: failed }, then: { goto: fix, feedback: true }, times: 4 }
  - id: more
    when: { step: better, status: succeeded, gate: better.level, metric: { n: { below: 3 } } }
    then: { goto: better, feedback: true }
    times: 4
"""

# Goes back over items, whose number grows, over items of items, and over steps of another file; then to a foreach.
LOOPED_ITEMS = """lily: 1
name: looped-items
parallel: 3
steps:
  list:
    run: |
      n=0
      [ -z "${LILY_FEEDBACK:-}" ] || n=$(grep -o 'version [0-9]' "$LILY_FEEDBACK" | head -n 1 | cut -d' ' -f2)
      echo "version $((n + 1))" >"$LILY_OUT/v"
      seq "$((n + 1))" | paste -sd, | sed 's/.*/[&]/' >"$LILY_OUT/l"
    out: { v: { type: text }, l: { type: json } }
  each: { foreach: { in: steps.list.out.l, key: index, parallel: 2 }, run: 'echo "$LILY_ITEM" >"$LILY_OUT/o"', out: { o: { type: json } } }
  outer:
    foreach: [ p, q ]
    needs: [ list ]
    steps:
      in: { foreach: { in: [ 1, 2 ], key: item }, run: 'echo "$LILY_ITEM" >"$LILY_OUT/o"', out: { o: { type: json } } }
      part: { workflow: inner.lily.yaml, with: { word: "${{ item }}" }, needs: [ in ] }
    outputs: { o: "${{ steps.part.out.o }}" }
  part: { workflow: part.lily.yaml, with: { word: "${{ steps.list.out.v }}" }, in: { list: "${{ steps.each.out.o }}" } }
  look: { run: 'cat "$LILY_IN/v"; grep -q 3 "$LILY_IN/v"', in: { v: "${{ steps.list.out.v }}", o: "${{ steps.outer.out.o }}" }, needs: [ part ] }
  again:
    foreach: [ a ]
    run: |
      n=0
      [ -z "${LILY_FEEDBACK:-}" ] || n=1
      echo "round $n" >"$LILY_OUT/r"
    out: { r: { type: text } }
  seen: { run: 'grep -q "round 1" "$LILY_IN/r"', in: { r: "${{ steps.again.out.r }}" } }
routes:
  - { id: more, when: { step: look, status: failed }, then: { goto: list, feedback: true }, times: 4 }
  - { id: once, when: { step: seen, status: failed }, then: { goto: again, feedback: true }, times: 2 }
"""

# Goes back within a file that is used once, and for each item; its rules also let a failure pass.
INNER_LOOPS = """lily: 1
name: inner-loops
parallel: 3
steps:
  one: { workflow: loop.lily.yaml, with: { word: one } }
  each: { foreach: { in: [ p, q ], key: item, parallel: 2 }, workflow: loop.lily.yaml, with: { word: "${{ item }}" } }
  all:
    run: cat "$LILY_IN/o" "$LILY_IN/e" >"$LILY_OUT/a"
    in: { o: "${{ steps.one.out.p }}", e: "${{ steps.each.out.p }}" }
    out: { a: { type: text } }
"""

LOOP = """lily: 1
params: { word: { type: string } }
steps:
  fix:
    env: { WORD: "${{ params.word }}" }
    run: |
      n=0
      [ -z "${LILY_FEEDBACK:-}" ] || n=$(grep -o 'version [0-9]' "$LILY_FEEDBACK" | head -n 1 | cut -d' ' -f2)
      echo "version $((n + 1)) of $WORD" >"$LILY_OUT/p"
    out: { p: { type: text } }
  parts: { foreach: [ 1, 2 ], run: 'cp "$LILY_IN/p" "$LILY_OUT/c"', in: { p: "${{ steps.fix.out.p }}" }, out: { c: { type: text } } }
  look: { run: 'cat "$LILY_IN/p"; grep -q "version 2" "$LILY_IN/p"', in: { p: "${{ steps.fix.out.p }}", c: "${{ steps.parts.out.c }}" } }
  fails: { run: exit 7 }
  last: { run: "true", needs: [ fails, look ] }
outputs: { p: "${{ steps.fix.out.p }}" }
routes:
  - { id: again, when: { step: look, status: failed }, then: { goto: fix, feedback: true }, times: 3 }
  - { id: pass, when: { step: fails, exit: 7 }, then: continue }
"""

# Goes back while a person is to take what was made, and asks for what is made then.
TAKEN = """lily: 1
name: taken
parallel: 3
steps:
  a:
    run: '[ -z "${LILY_FEEDBACK:-}" ] && echo 1 >"$LILY_OUT/n" || echo 2 >"$LILY_OUT/n"'
    out: { n: { type: text } }
  held: { run: 'cp "$LILY_IN/n" "$LILY_OUT/o"', in: { n: "${{ steps.a.out.n }}" }, out: { o: { type: text } }, approve: { at: commit, ask: "take it?" } }
  b: { run: 'sleep 0.3; grep -q 2 "$LILY_IN/n"', in: { n: "${{ steps.a.out.n }}" } }
routes:
  - { id: again, when: { step: b, status: failed }, then: { goto: a, feedback: true }, times: 2 }
"""

# Asks people; what is behind the last colon is said to it, whenever it waits.
ASKED = """lily: 1
name: asked
steps:
  look: { human: { ask: "Good?" } }
  start: { run: echo started, approve: { ask: "Start?" } }
  made:
    policy: none
    run: |
      echo made >>RUNS
      echo made >"$LILY_OUT/m"
      echo placed >placed.txt
    out: { m: { type: text }, p: { path: placed.txt } }
    gates: { g: { run: 'grep -q made "$LILY_IN/m"' } }
    approve: { at: commit, ask: "Take?" }
  refused: { run: 'echo no >"$LILY_OUT/n"', out: { n: { type: text } }, approve: { at: commit, ask: "Take that?" } }
  each:
    foreach: { in: [ a, b ], key: item }
    run: 'echo "\\"$LILY_ITEM\\"" >"$LILY_OUT/i"'
    out: { i: { type: json } }
    approve: { at: commit, ask: "${{ item }}?" }
  after: { run: 'cat "$LILY_IN"/* >"$LILY_OUT/o"', in: { m: "${{ steps.made.out.m }}", i: "${{ steps.each.out.i }}" }, out: { o: { type: text } } }
  again: { run: 'test "$LILY_ATTEMPT" -gt 1', retry: { attempts: 9, errors: [ timeout ], backoff: 1ms } }
  passed: { run: exit 3 }
  behind: { run: "true", needs: [ passed ] }
  stands: { run: exit 4, continue_on_error: true }
  judged:
    run: 'echo "$LILY_ATTEMPT" >"$LILY_OUT/n"'
    out: { n: { type: json } }
    gates: { g: { expr: "steps.judged.out.n > 1" } }
    retry: { attempts: 9, errors: [ timeout ], backoff: 1ms }
routes:
  - { id: pass, when: { step: refused, error: rejected }, then: continue }
  - { id: ask, when: { step: [ again, passed, stands, judged ], status: failed }, then: escalate }
"""
SAID = {"refused": ("reject",), "stands": ("reject",), "again": ("answer", "retry"),
        "judged": ("answer", "retry")}

# Items fail until a file is there, and are retried while a person is asked: some of them, then all.
RETRIED = """lily: 1
name: retried
steps:
  each:
    foreach: { in: [ a, b, c, d ], key: item, parallel: 2 }
    run: '[ "$LILY_ITEM" = a ] || [ -e good ]; echo "$LILY_ITEM" >"$LILY_OUT/o"'
    out: { o: { type: text } }
  pair:
    foreach: { in: [ p, q ], key: item }
    steps:
      a: { run: 'echo "$LILY_ITEM" >"$LILY_OUT/n"', out: { n: { type: text } } }
      in:
        foreach: { in: [ x, y ], key: item }
        run: '[ "$LILY_ITEM" = x ] || [ -e good ]; cat "$LILY_IN/n" >"$LILY_OUT/m"'
        in: { n: "${{ steps.a.out.n }}" }
        out: { m: { type: text } }
      part: { workflow: failing.lily.yaml, with: { word: "${{ item }}" } }
    outputs: { m: "${{ steps.in.out.m }}", o: "${{ steps.part.out.o }}" }
  all:
    run: cat "$LILY_IN"/* >"$LILY_OUT/all"
    in: { e: "${{ steps.each.out.o }}", m: "${{ steps.pair.out.m }}", o: "${{ steps.pair.out.o }}" }
    out: { all: { type: text } }
  ship: { run: '[ -e good ]', approve: { ask: "Ship it?" } }
  wait: { human: { ask: "Go on?" } }
"""

FAILING = """lily: 1
params: { word: { type: string } }
steps:
  s: { run: '[ -e good ]; echo "<$W>" >"$LILY_OUT/o"', env: { W: "${{ params.word }}" }, out: { o: { type: text } } }
  each: { foreach: [ 1, 2 ], run: "true", needs: [ s ] }
outputs: { o: "${{ steps.s.out.o }}" }
"""

# A run whose step waits for labels of two gates, and fails until a file is there.
LABELLED = """lily: 1
steps:
  make:
    run: echo made >"$LILY_OUT/r"
    out: { r: { type: text } }
    gates: { look: { run: 'grep -q made "$LILY_IN/r"', in: { r: "${{ steps.make.out.r }}" }, grants: { r: seen } } }
  ship:
    run: test -e good; cat "$LILY_IN/r" >"$LILY_OUT/s"
    in: { r: "${{ steps.make.out.r }}" }
    accepts: { r: [ seen, late ] }
    out: { s: { type: text } }
  never: { run: "true", if: "false" }
gates:
  late: { after: make, run: echo late, in: { r: "${{ steps.make.out.r }}" }, grants: { make.r: late } }
  warns: { after: make, run: "false", in: { r: "${{ steps.make.out.r }}" }, grants: { make.r: never }, required: false }
"""


TRANSACTIONS = """lily: 1
name: transactions
steps:
  first:
    workspace: transaction
    run: printf after >one && printf new >new && rm -f gone && printf report >"$LILY_OUT/report"
    out: { report: {} }
    gates: { seen: { run: "test ! -e gone && grep -q after one" } }
  second:
    workspace: transaction
    needs: [ first ]
    run: printf after >two && test "$(cat one)" = after
"""


def cut(place, after):
    """The chain ends with that event; an older format has all else folded from it."""
    database = sqlite3.connect(os.path.join(place.store, "lily.db"))
    with database:
        run, = database.execute("SELECT max(number) FROM runs").fetchone()
        database.execute("DELETE FROM events WHERE run = ? AND seq > ?", (run, after))
        # What the store's own chain says last is that this run was closed.
        database.execute("DELETE FROM events WHERE run = 0 AND seq ="
                         " (SELECT max(seq) FROM events WHERE run = 0)")
        database.execute("DELETE FROM manifests")
    database.execute("PRAGMA user_version = 1")
    database.close()


def events_of(place):
    code, out, err = place.run("events", "--json")
    if code:
        raise Failure(f"events: exit {code}: {err}")
    return [json.loads(line) for line in out.splitlines()]


def states_of(place):
    code, out, err = place.run("show", "--steps", "--json")
    if code:
        raise Failure(f"show: exit {code}: {err}")
    # What must not happen twice is done or adopted, by when it was cut off.
    return {step["step"]: step["state"] for step in json.loads(out)["step_list"]
            if step["step"] not in ("once", "publish")}


def decisions_of(events):
    """What rules decided about attempts that ended so."""
    ended = {event["payload"]["n"] for event in events
             if event["type"] in ("attempt.rejected", "attempt.accepted")}
    return sorted((event["payload"]["step"], event["payload"]["rule"], event["payload"]["action"])
                  for event in events
                  if event["type"] == "route.decided" and event["payload"]["n"] in ended)


class Whole:
    """A run that nothing has cut off, kept to be cut off."""

    def __init__(self, place, code=0):
        self.place, self.kept, self.code = place, f"{place.root}/whole", code
        self.outputs, self.states = place.outputs(), states_of(place)
        self.events = events_of(place)
        self.types = [event["type"] for event in self.events]
        os.mkdir(self.kept)
        for name in (place.store, place.workspace):
            shutil.copytree(name, f"{self.kept}/{os.path.basename(name)}")

    def go_on(self):
        code, _, err = self.place.run("resume")
        return code, err

    def resume(self, after):
        place = self.place
        for name in (place.store, place.workspace):
            shutil.rmtree(name)
            shutil.copytree(f"{self.kept}/{os.path.basename(name)}", name)
        cut(place, after)
        code, err = self.go_on()
        if code != self.code:
            raise Failure(f"resume: exit {code}: {err}")
        place.check()
        made, states = place.outputs(), states_of(place)
        if made != self.outputs:
            raise Failure(
                f"outputs differ: {sorted(set(made.items()) ^ set(self.outputs.items()))}")
        if states != self.states:
            raise Failure(f"states differ: {set(states.items()) ^ set(self.states.items())}")
        decided, wanted = decisions_of(events_of(place)), decisions_of(self.events)
        if decided != wanted:
            raise Failure(f"decisions differ: {decided}, not {wanted}")

    def resume_all(self, check):
        """check(after) says what is around before, and returns what to ask afterwards."""
        cuts = self.cuts()
        failures = 0
        for after in cuts:
            try:
                afterwards = check(after)
                self.resume(after)
                afterwards()
            except Failure as failure:
                failures += 1
                print(f"FAILED after event {after} ({self.types[after - 1]}): {failure}",
                      flush=True)
        return len(cuts) - failures, failures

    def cuts(self):
        first = self.types.index("run.planned") + 1
        drawn = range(first + random.randrange(STRIDE), len(self.types), STRIDE)
        of_each = {self.types.index(kind) + 1 for kind in set(self.types)}
        return sorted({*drawn, *(n for n in of_each if first <= n < len(self.types))})


def run(place, what, wanted=0):
    code, _, err = place.run("run", "w.lily.yaml")
    if code != wanted:
        sys.exit(f"{what}: exit {code}: {err}")


def cut_kinds():
    """A run of nearly every kind of step."""
    place = Place()
    counter = f"{place.root}/counter"
    place.write("w.lily.yaml", WORKFLOW.replace("COUNTER", counter))
    place.write("part.lily.yaml", PART)
    place.write("inner.lily.yaml", INNER)
    run(place, "the whole run")
    whole = Whole(place)
    start = next(n for n, event in enumerate(whole.events, 1)
                 if event["type"] == "attempt.submitted" and event["payload"]["step"] == "once")

    def once():
        with open(counter, encoding="ascii") as file:
            times = len(file.read().split())
        if times != 1:
            raise Failure(f"what must happen once has {times} times")

    def check(after):
        # By then its effect may be there, and is.
        with open(counter, "w", encoding="ascii") as file:
            file.write("once\n" if after >= start else "")
        return once

    counts = whole.resume_all(check)
    place.close()
    return counts


def cut_rerun():
    """A run most of whose steps are reused."""
    place = Place()
    place.write("w.lily.yaml", RERUN)
    for n in range(12):
        place.write(f"f{n}", f"{n}\n")
    run(place, "the first run")
    place.write("f3", "changed\n")
    place.write("f8", "changed\n")
    os.unlink(os.path.join(place.workspace, "out5"))
    run(place, "the second run")
    whole = Whole(place)
    if whole.types.count("visit.reused") < 3:
        sys.exit(f"what is reused stands in few events: {whole.types}")

    start = next(n for n, event in enumerate(whole.events, 1) if event["type"] == "visit.reused"
                 and any(step["step"] == "s5" for step in event["payload"]["steps"]))

    def there():
        with open(os.path.join(place.workspace, "out5"), encoding="ascii") as file:
            if file.read() != "5\n":
                raise Failure("what was put back is not what it was")

    def check(after):
        # Before its event it may be put back already, and is not.
        kept = f"{whole.kept}/{os.path.basename(place.workspace)}/out5"
        if after >= start:
            with open(kept, "w", encoding="ascii") as file:
                file.write("5\n")
        elif os.path.exists(kept):
            os.unlink(kept)
        return there

    counts = whole.resume_all(check)
    place.close()
    return counts


def cut_word():
    """A run in which nothing was to be done."""
    place = Place()
    place.write("w.lily.yaml", SAME)
    place.write("f", "text\n")
    for _ in range(6):
        run(place, "a run")
        if any(event["type"] == "visits.reused" for event in events_of(place)):
            break
    whole = Whole(place)
    if "visits.reused" not in whole.types:
        sys.exit(f"no run was said in a word: {whole.types}")
    counts = whole.resume_all(lambda after: lambda: None)
    place.close()
    return counts


def cut_rules(workflow, code, decisions, files=()):
    """A run for which rules decide."""
    place = Place()
    place.write("w.lily.yaml", workflow)
    for name, text in files:
        place.write(name, text)
    run(place, "the run with rules", code)
    whole = Whole(place, code)
    if decisions_of(whole.events) != decisions:
        sys.exit(f"decided otherwise: {decisions_of(whole.events)}")
    counts = whole.resume_all(lambda after: lambda: None)
    place.close()
    return counts


def say(place, code, err):
    """Says what is to be said to whatever is asked, until nothing is."""
    while code == 6:
        _, out, _ = place.run("inbox", "--json")
        step = json.loads(out)["questions"][0]["step"]
        word, *more = SAID.get(step, ("approve",))
        code, _, err = place.run(word, step, *more)
    return code, err


class WholeAsked(Whole):
    """One that asks people, who say the same each time."""

    def go_on(self):
        return say(self.place, *super().go_on())


def cut_asked():
    """A run that asks people."""
    place = Place()
    runs = f"{place.root}/runs"
    place.write("w.lily.yaml", ASKED.replace("RUNS", runs))
    run(place, "the run that asks", 6)
    code, err = say(place, 6, "")
    if code:
        sys.exit(f"the run that was answered: exit {code}: {err}")
    whole = WholeAsked(place)
    attempts = {event["payload"]["n"]: event["payload"]["step"] for event in whole.events
                if event["type"] == "attempt.submitted"}
    held = next(n for n, event in enumerate(whole.events, 1) if event["type"] == "attempt.held"
                and attempts[event["payload"]["n"]] == "made")

    def check(after):
        def not_again():
            if after >= held and os.path.exists(runs):
                raise Failure("what a person decides about was run again")
        if os.path.exists(runs):
            os.unlink(runs)
        return not_again

    counts = whole.resume_all(check)
    place.close()
    return counts


def retry_and_approve(place, code, err):
    """Has done again what failed, says yes to whatever is asked, and lets the run end."""
    if code == 6 and "failed" in states_of(place).values():
        code, _, err = place.run("retry", "--no-wait")
    while code == 6:
        _, out, _ = place.run("inbox", "--json")
        asked = [question["step"] for question in json.loads(out)["questions"]]
        code, _, err = place.run("approve", min(asked))
    return code, err


def approved_each_time(place):
    """An attempt for which nobody said yes was let through by a yes for another."""
    events = events_of(place)
    begun = sum(event["type"] == "attempt.submitted" and event["payload"]["step"] == "ship"
                for event in events)
    said = sum(event["type"] == "question.closed" and event["payload"]["step"] == "ship"
               for event in events)
    interrupted = sum(event["type"] == "attempt.interrupted" for event in events)
    if begun > said + interrupted:
        raise Failure(f"{begun} attempts, and {said} times somebody said yes")


class WholeRetried(Whole):
    """One whose items are retried while it waits."""

    def go_on(self):
        return retry_and_approve(self.place, *super().go_on())


def cut_retried():
    """A run that has not ended does again the items that failed."""
    place = Place()
    place.write("w.lily.yaml", RETRIED)
    place.write("failing.lily.yaml", FAILING)
    run(place, "the run that waits", 6)
    code, _, err = place.run("approve", "ship")
    if code != 6:
        sys.exit(f"what was approved and fails: exit {code}: {err}")
    place.write("good", "")
    for name in ("each/c", "pair/q"):
        code, _, err = place.run("retry", "--no-wait", name)
        if code != 6:
            sys.exit(f"retry of {name}: exit {code}: {err}")
    code, err = retry_and_approve(place, 6, "")
    if code:
        sys.exit(f"the run that was retried: exit {code}: {err}")
    whole = WholeRetried(place)
    if whole.types.count("visit.retried") != 3:
        sys.exit(f"it was not retried three times: {whole.types}")
    approved_each_time(place)
    counts = whole.resume_all(lambda after: lambda: approved_each_time(place))
    place.close()
    return counts


class WholeDefect(WholeAsked):
    """The example that fixes a program: the folder is as it was when the run was cut off."""

    def __init__(self, place):
        super().__init__(place)
        steps = {event["payload"]["n"]: event["payload"]["step"] for event in self.events
                 if event["type"] == "attempt.submitted"}
        self.began = next(n for n, event in enumerate(self.events, 1)
                          if event["type"] == "attempt.submitted"
                          and steps[event["payload"]["n"]] == "publish")
        self.after = 0

    def check(self, after):
        self.after = after

        def once():
            with open(f"{self.place.workspace}/published.txt", encoding="utf-8") as file:
                lines = file.readlines()
            if len(lines) != 1:
                raise Failure(f"published {len(lines)} times")
        return once

    def go_on(self):
        if self.after < self.began:
            os.remove(f"{self.place.workspace}/published.txt")
        return super().go_on()


def cut_defect():
    """A defect in a program is fixed in a loop, a person takes the fix, and it is published once."""
    place = Place()
    example = os.path.join(os.path.dirname(__file__), "../../examples/fix-defect")
    shutil.copytree(example, place.workspace, dirs_exist_ok=True)
    os.rename(f"{place.workspace}/fix-defect.lily.yaml", f"{place.workspace}/w.lily.yaml")
    run(place, "the example", 6)
    code, err = say(place, 6, "")
    if code:
        sys.exit(f"the example that was answered: exit {code}: {err}")
    whole = WholeDefect(place)
    counts = whole.resume_all(whole.check)
    place.close()
    return counts


def cut_taken():
    """Nobody is asked to take what an earlier visit has made."""
    place = Place()
    place.write("w.lily.yaml", TAKEN)
    run(place, "the run with something to take", 6)
    code, err = say(place, 6, "")
    if code:
        sys.exit(f"the run of which all was taken: exit {code}: {err}")
    whole = WholeAsked(place)

    def check(_):
        def ended():
            held = [step for step in json.loads(place.run("show", "held", "--json")[1])["step_list"]
                    if any(attempt["state"] == "held" for attempt in step["attempts"])]
            if held:
                raise Failure("an attempt is held in a run that has ended")
        return ended
    counts = whole.resume_all(check)
    place.close()
    return counts


class WholeTransactions(Whole):
    """What is cut off while changes come true has made one half of them."""

    def go_on(self):
        if self.kept_types[-1] == "apply.intent" and self.kept_types.count("apply.intent") == 1:
            os.unlink(f"{self.place.workspace}/new")
            self.place.write("one", "before")
        return super().go_on()

    def resume(self, after):
        self.kept_types = self.types[:after]
        super().resume(after)
        is_open = self.kept_types.count("apply.intent") > self.kept_types.count("attempt.accepted")
        undone = sum(event["payload"].get("outcome") == "undone" for event in events_of(self.place))
        if undone != is_open:
            raise Failure(f"{undone} transactions were taken back")
        for name, wanted in (("one", "after"), ("new", "new"), ("two", "after")):
            with open(f"{self.place.workspace}/{name}", encoding="utf-8") as file:
                if file.read() != wanted:
                    raise Failure(f"{name} is not as after the transactions")
        for name in ("gone", ".lily.stage"):
            if os.path.lexists(f"{self.place.workspace}/{name}"):
                raise Failure(f"{name} is there")


def cut_transactions():
    """The workspace is as before a transaction or as after it, wherever that is cut off."""
    place = Place()
    place.write("w.lily.yaml", TRANSACTIONS)
    for name in ("one", "two", "gone"):
        place.write(name, "before")
    run(place, "the run with transactions")
    counts = WholeTransactions(place).resume_all(lambda after: lambda: None)
    place.close()
    return counts


def labels_of(place):
    code, out, err = place.run("artifact", "list", "@last", "--json")
    if code:
        raise Failure(f"artifact list: exit {code}: {err}")
    return sorted((row["producer_id"], row["name"], row["labels"]) for row in json.loads(out)
                  if row["role"] == "output")


def cut_labels():
    """A run that lacks a file, one that adopts what has its labels, and one that judges that."""
    place = Place()
    counts = [0, 0]
    place.write("w.lily.yaml", LABELLED)
    for words, wanted in ((("run", "w.lily.yaml"), 1), (("retry",), 0), (("gate", "run", "@last"), 0)):
        code, _, err = place.run(*words)
        if code != wanted:
            sys.exit(f"{words}: exit {code}: {err}")
        whole, labels = Whole(place, wanted), labels_of(place)
        if ("make", "r", ["late", "seen"]) not in labels:
            sys.exit(f"{words}: labels are {labels}")

        def check(_, labels=labels):
            def same():
                if labels_of(place) != labels:
                    raise Failure(f"labels differ: {labels_of(place)}, not {labels}")
            return same

        counts = [*map(sum, zip(counts, whole.resume_all(check)))]
        for name in (place.store, place.workspace):
            shutil.rmtree(name)
            shutil.copytree(f"{whole.kept}/{os.path.basename(name)}", name)
        shutil.rmtree(whole.kept)
        place.write("good", "")
    place.close()
    return counts


def cut_retry_rules():
    return cut_rules(RULES, 0, [("again", "more", "retry"), ("again", "more", "retry"),
                                ("again", "pass", "continue"), ("each", "pass", "continue"),
                                ("fails", "less", "skip"), ("last", "pass", "continue")])


def cut_abort():
    return cut_rules(ABORTED, 1, [("fails", "over", "abort")])


def cut_loops():
    return cut_rules(LOOPS, 0, [("better", "more", "goto")] * 2 + [("test", "again", "goto")] * 2)


def cut_looped_items():
    return cut_rules(LOOPED_ITEMS, 0, [("look", "more", "goto")] * 2 + [("seen", "once", "goto")],
                     [("part.lily.yaml", PART), ("inner.lily.yaml", INNER)])


def cut_inner_loops():
    uses = ("each/p", "each/q", "one")
    return cut_rules(INNER_LOOPS, 0, sorted([(f"{use}/fails", "pass", "continue") for use in uses]
                                            + [(f"{use}/look", "again", "goto") for use in uses]),
                     [("loop.lily.yaml", LOOP)])


def main():
    global STRIDE
    parser = argparse.ArgumentParser()
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    options = parser.parse_args()
    STRIDE = options.stride
    random.seed(options.seed)
    print(f"seed {options.seed}", flush=True)
    cuts = [cut_kinds, cut_loops, cut_looped_items, cut_inner_loops, cut_asked, cut_rerun, cut_word, cut_retry_rules, cut_abort,
            cut_taken, cut_transactions, cut_retried, cut_labels, cut_defect]
    # Each has a workspace and a store of its own.
    with concurrent.futures.ProcessPoolExecutor() as pool:
        passed, failed = map(sum, zip(*[each.result() for each in list(map(pool.submit, cuts))]))
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
