#!/usr/bin/python3
"""Loads one table of iso-codes, which has been checked against its schema before this starts.

in:  table    {"3166-1": [{…}, …]}, as the iso-codes package ships it
out: rows     the entries alone, sorted by their code
     check    {"table", "entries", "fields": {NAME: how many entries have it}}
"""

import json
import os
import sys
from collections import Counter
from pathlib import Path


def code_of(entry):
    """What an entry is known by: each table has one of these."""
    for key in ("code", "alpha_4", "alpha_3"):
        if key in entry:
            return entry[key]
    raise KeyError(f"no code in {entry}")


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    table = json.loads((source / "table").read_text(encoding="utf-8"))
    (name, entries), = table.items()
    rows = sorted(entries, key=code_of)
    fields = Counter(field for row in rows for field in row)
    check = {"table": name, "entries": len(rows), "fields": dict(sorted(fields.items()))}
    (target / "rows").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    (target / "check").write_text(json.dumps(check, indent=1), encoding="utf-8")
    print(f"ISO {name}: {len(rows)} entries follow the schema")
    return 0


if __name__ == "__main__":
    sys.exit(main())
