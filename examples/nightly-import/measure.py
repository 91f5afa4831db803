#!/usr/bin/python3
"""How many sales there are in `totals`, for the gate."""

import json
import os
from pathlib import Path

totals = json.loads(Path(os.environ["LILY_IN"], "totals").read_text(encoding="utf-8"))
sales = sum(total["sales"] for total in totals)
Path(os.environ["LILY_METRICS"]).write_text(json.dumps({"sales": sales}), encoding="utf-8")
