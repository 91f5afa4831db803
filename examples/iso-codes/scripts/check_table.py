#!/usr/bin/python3
"""Loads one table of iso-codes and checks it against its schema.

in:  table    {"3166-1": [{…}, …]}, as the iso-codes package ships it
     schema   the JSON Schema (draft 4) that ships with it
out: rows     the entries alone, sorted by their code
     check    {"table", "entries", "fields": {NAME: how many entries have it}}

Exits 1, naming up to ten places, where the table does not follow its schema.
"""

import json
import os
import sys
from pathlib import Path

import jsonschema

MOST_SHOWN = 10


def errors_of(table, schema):
    """One line for each violation, up to MOST_SHOWN."""
    validator = jsonschema.Draft4Validator(schema)
    for number, error in enumerate(validator.iter_errors(table)):
        if number == MOST_SHOWN:
            yield "and more"
            return
        place = "/".join(str(part) for part in error.absolute_path)
        yield f"/{place}: {error.message}"


def code_of(entry):
    """What an entry is known by: each table has one of these."""
    for key in ("code", "alpha_4", "alpha_3"):
        if key in entry:
            return entry[key]
    raise KeyError(f"no code in {entry}")


def count_fields(rows):
    counts = {}
    for row in rows:
        for name in row:
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items()))


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    table = json.loads((source / "table").read_text(encoding="utf-8"))
    schema = json.loads((source / "schema").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator.check_schema(schema)
    errors = list(errors_of(table, schema))
    if errors:
        print("\n".join(errors), file=sys.stderr)
        return 1
    (name, entries), = table.items()
    rows = sorted(entries, key=code_of)
    check = {"table": name, "entries": len(rows), "fields": count_fields(rows)}
    (target / "rows").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    (target / "check").write_text(json.dumps(check, indent=1), encoding="utf-8")
    print(f"ISO {name}: {len(rows)} entries follow the schema")
    return 0


if __name__ == "__main__":
    sys.exit(main())
