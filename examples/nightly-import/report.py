#!/usr/bin/python3
"""`totals` in, `markdown` out."""

import json
import os
from pathlib import Path


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    totals = json.loads((source / "totals").read_text(encoding="utf-8"))
    lines = ["| shop | sales | revenue |", "| --- | ---: | ---: |"]
    lines += [f"| {t['shop']} | {t['sales']} | {t['cents'] / 100:.2f} |" for t in totals]
    (target / "markdown").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
