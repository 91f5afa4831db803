#!/usr/bin/env python3
"""Does a step cost the same in a run of many as in a run of few?

Runs N steps that do nothing and reads the times of their events: the time of the last tenth over
that of the first, peak memory, bytes of state a step, and bytes(2N) / bytes(N).

  growth.py [--steps 100000] [--lily PATH] [--root FOLDER]
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import tempfile

import graphs


def run(lily, root, n):
    folder = os.path.join(root, f"w{n}")
    store = os.path.join(root, f"s{n}")
    os.mkdir(folder)
    graphs.write_lily(os.path.join(folder, "w.lily.yaml"), "layered", n, "bare")
    figures = graphs.measure([lily, "--store", store, "run", "w.lily.yaml"], folder)
    figures["state"] = graphs.size_of(store)
    return figures, store


def tenths(store):
    """Seconds that each tenth of the events took."""
    database = sqlite3.connect(f"file:{store}/lily.db?mode=ro", uri=True)
    times = [row[0] for row in database.execute("select time from events order by id")]
    database.close()
    marks = [times[(len(times) - 1) * i // 10] for i in range(11)]
    return [(b - a) / 1e6 for a, b in zip(marks, marks[1:])]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100000)
    parser.add_argument("--lily", default=os.environ.get("LILY", "lily"))
    parser.add_argument("--root", default=None, help="where workspaces and stores are made")
    options = parser.parse_args()
    lily = os.path.abspath(shutil.which(options.lily) or options.lily)
    root = tempfile.mkdtemp(prefix="bench-growth-", dir=options.root)
    half, _ = run(lily, root, options.steps // 2)
    whole, store = run(lily, root, options.steps)
    parts = tenths(store)
    print(f"{options.steps} steps: {whole['wall'] / options.steps * 1e6:.0f} µs a step, "
          f"peak {whole['rss_kib'] / 1024:.1f} MiB, "
          f"{whole['state'] / options.steps:.0f} B of state a step")
    print("seconds of each tenth:", " ".join(f"{part:.2f}" for part in parts))
    print(f"last tenth / first: {parts[-1] / parts[0]:.2f}")
    print(f"bytes(2N) / bytes(N): {whole['state'] / half['state']:.2f}")
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
