#!/usr/bin/python3
"""Fits a line by gradient descent, an epoch at a time. $LILY_STATE/checkpoint is where it goes on."""

import json
import os
import random
import signal
from pathlib import Path


def load_checkpoint(path, seed):
    if path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    generator = random.Random(seed)
    return {"epoch": 0, "slope": generator.random(), "offset": generator.random(), "started": 0}


def train_epoch(model, pairs):
    for _ in range(400):
        errors = [(model["slope"] * x + model["offset"] - y, x) for x, y in pairs]
        model["slope"] -= 1e-3 * sum(e * x for e, x in errors) / len(pairs)
        model["offset"] -= 1e-1 * sum(e for e, _ in errors) / len(pairs)
    model["epoch"] += 1


def save(model, path):
    partial = path.with_suffix(".new")
    partial.write_text(json.dumps(model), encoding="utf-8")
    partial.replace(path)


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    checkpoint = Path(os.environ["LILY_STATE"]) / "checkpoint"
    lines = (source / "pairs").read_text(encoding="utf-8").splitlines()
    pairs = [(float(x), float(y)) for x, y in map(str.split, lines)]
    model = load_checkpoint(checkpoint, os.environ["SEED"])
    model["started"] += 1
    print(f"attempt {os.environ['LILY_ATTEMPT']} begins at epoch {model['epoch']}")
    while model["epoch"] < int(os.environ["EPOCHS"]):
        train_epoch(model, pairs)
        save(model, checkpoint)
        if model["started"] == 1 and model["epoch"] == int(os.environ["CRASH_AT"]):
            os.kill(os.getpid(), signal.SIGKILL)
    error = sum(abs(model["slope"] * x + model["offset"] - y) for x, y in pairs) / len(pairs)
    (target / "model").write_text(json.dumps({**model, "error": round(error, 6)}), encoding="utf-8")


main()
