#!/usr/bin/python3
"""Writes what was found, once for people and once for programs.

in:  checks…   what check_table.py wrote as check, one for each table: check_NAME
     findings  what cross_check.py wrote
     countries subdivisions   rows
out: markdown  the report
     json      the same figures
"""

import json
import os
from collections import Counter
from pathlib import Path

TOP = 10
MOST_SHOWN = 20


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def top_countries(countries, subdivisions):
    """[[name, how many subdivisions], …] of the TOP countries, most first, then by name."""
    names = {row["alpha_2"]: row.get("common_name", row["name"]) for row in countries}
    counts = Counter(row["code"].split("-")[0] for row in subdivisions)
    ranked = sorted(((names.get(code, code), n) for code, n in counts.items()),
                    key=lambda pair: (-pair[1], pair[0]))
    return [list(pair) for pair in ranked[:TOP]]


def figures(source):
    checks = sorted((load(path) for path in source.glob("check_*")), key=lambda c: c["table"])
    findings = load(source / "findings")
    countries, subdivisions = load(source / "countries"), load(source / "subdivisions")
    with_subdivisions = {row["code"].split("-")[0] for row in subdivisions}
    return {
        "tables": {check["table"]: check["entries"] for check in checks},
        "entries": sum(check["entries"] for check in checks),
        "countries_without_subdivisions": len(countries) - len(with_subdivisions),
        "subdivisions_per_country_top": top_countries(countries, subdivisions),
        "questions": len(findings),
        "questions_without_exception": sum(not f["exceptions"] for f in findings),
        "findings": findings,
    }


def table(head, rows):
    yield f"| {head[0]} | {head[1]} |"
    yield "| --- | ---: |"
    for left, right in rows:
        yield f"| {left} | {right} |"
    yield ""


def lines_of(facts):
    yield "# Are the ISO code tables sound?"
    yield ""
    yield f"{facts['entries']} entries in {len(facts['tables'])} tables follow their schemas. " \
          f"{facts['questions_without_exception']} of {facts['questions']} questions across " \
          "tables have no exception."
    yield ""
    yield "## Entries"
    yield ""
    yield from table(("table", "entries"), ((f"ISO {k}", n) for k, n in facts["tables"].items()))
    yield "## Most subdivisions"
    yield ""
    yield from table(("country", "subdivisions"), facts["subdivisions_per_country_top"])
    yield f"{facts['countries_without_subdivisions']} countries have none."
    yield ""
    yield "## Questions"
    yield ""
    for finding in facts["findings"]:
        exceptions = finding["exceptions"]
        yield f"- {finding['question']} {finding['looked_at']} looked at, " \
              f"{len(exceptions)} exception{'' if len(exceptions) == 1 else 's'}."
        for exception in exceptions[:MOST_SHOWN]:
            yield f"  - {exception}"
        if len(exceptions) > MOST_SHOWN:
            yield f"  - and {len(exceptions) - MOST_SHOWN} more (all are in the JSON report)"


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    facts = figures(source)
    (target / "markdown").write_text("\n".join(lines_of(facts)) + "\n", encoding="utf-8")
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (target / "json").write_text(text + "\n", encoding="utf-8")
    print(f"{facts['entries']} entries, {facts['questions']} questions")


if __name__ == "__main__":
    main()
