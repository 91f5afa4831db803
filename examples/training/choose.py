#!/usr/bin/python3
"""The model with the least error: `models` in, `model` out."""

import json
import os
from pathlib import Path

models = json.loads(Path(os.environ["LILY_IN"], "models").read_text(encoding="utf-8"))
best = min(models, key=lambda model: model["error"])
Path(os.environ["LILY_OUT"], "model").write_text(json.dumps(best), encoding="utf-8")
