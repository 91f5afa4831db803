#!/usr/bin/env python3
"""What gates cost: a run of N steps without any, and with one trivial gate on each.

The step and the program of the gate are the same, /bin/true, so that a run with gates starts twice as
many. Each kind of run is measured several times in turn; the least time counts, and how much one differs
from the next is shown beside it.

  gates.py [--steps 1000] [--rounds 5] [--lily PATH] [--root FOLDER]
"""

import argparse
import os
import shutil
import tempfile

import graphs

GATES = {
    "none": "",
    "exec": ', gates: { g: { exec: [ "/bin/true" ] } }',
    "expr": ", gates: { g: { expr: 1 == 1 } }",
}


def write(path, n, gate):
    with open(path, "w", encoding="utf-8") as file:
        file.write("lily: 1\nsteps:\n")
        for i in range(n):
            file.write(f'  s{i}: {{ exec: [ "/bin/true" ]{gate} }}\n')


def run(lily, root, n, kind):
    folder = os.path.join(root, "w")
    store = os.path.join(root, "s")
    os.mkdir(folder)
    write(os.path.join(folder, "w.lily.yaml"), n, GATES[kind])
    figures = graphs.measure([lily, "--store", store, "run", "-q", "w.lily.yaml"], folder)
    figures["state"] = graphs.size_of(store)
    shutil.rmtree(folder)
    shutil.rmtree(store)
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lily", default=os.environ.get("LILY", "lily"))
    parser.add_argument("--root", default=None, help="where workspaces and stores are made")
    options = parser.parse_args()
    lily = os.path.abspath(shutil.which(options.lily) or options.lily)
    root = tempfile.mkdtemp(prefix="bench-gates-", dir=options.root)
    found = {kind: [] for kind in GATES}
    for _ in range(options.rounds):
        for kind in GATES:
            found[kind].append(run(lily, root, options.steps, kind))
    base = min(one["wall"] for one in found["none"])
    for kind, runs in found.items():
        walls = sorted(one["wall"] for one in runs)
        print(f"{kind:5} {walls[0]:.3f} s (to {walls[-1]:.3f}), {walls[0] / base:.2f} × none, "
              f"{walls[0] / options.steps * 1e6:.0f} µs a step, "
              f"{runs[0]['state'] / options.steps:.0f} B of state a step")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
