#!/usr/bin/python3
"""`totals` in, and those of the import before, if any; `markdown` out."""

import json
import os
from pathlib import Path


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    totals = json.loads((source / "totals").read_text(encoding="utf-8"))
    before = source / "before"
    earlier = json.loads(before.read_text(encoding="utf-8")) if before.exists() else []
    cents = {t["shop"]: t["cents"] for t in earlier}
    lines = ["| shop | sales | revenue | change |", "| --- | ---: | ---: | ---: |"]
    for t in totals:
        change = f"{(t['cents'] - cents[t['shop']]) / 100:+.2f}" if t["shop"] in cents else ""
        lines.append(f"| {t['shop']} | {t['sales']} | {t['cents'] / 100:.2f} | {change} |")
    (target / "markdown").write_text("\n".join(lines) + "\n", encoding="utf-8")


main()
