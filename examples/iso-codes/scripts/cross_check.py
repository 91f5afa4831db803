#!/usr/bin/python3
"""Asks questions that no single table can answer.

in:  countries subdivisions former languages2 languages3 families scripts currencies,
     each the rows that check_table.py wrote
out: findings   [{"question", "looked_at", "exceptions": [text, …]}, …]

An exception is a fact about the data, not a failure of this program: the report lists them.
"""

import json
import os
from collections import Counter
from pathlib import Path

TABLES = (
    "countries", "subdivisions", "former", "languages2", "languages3", "families", "scripts",
    "currencies",
)


def missing(rows, key, known, describe):
    """Entries whose key(row) is not among known."""
    return [describe(row) for row in rows if key(row) not in known]


def repeated(rows, field):
    """Values of a field that more than one entry has."""
    counts = Counter(row[field] for row in rows if field in row)
    return [f"{value}: {count} times" for value, count in sorted(counts.items()) if count > 1]


def values(rows, field):
    return {row[field] for row in rows if field in row}


def parent_of(row):
    """A parent is written with its country (FR-IDF) or without (IDF)."""
    parent = row["parent"]
    return parent if "-" in parent else f"{row['code'].split('-')[0]}-{parent}"


def question(text, rows, exceptions):
    return {"question": text, "looked_at": len(rows), "exceptions": exceptions}


def ask_about_places(t):
    countries = values(t["countries"], "alpha_2")
    codes = values(t["subdivisions"], "code")
    children = [row for row in t["subdivisions"] if "parent" in row]
    yield question(
        "Is the country of every subdivision in ISO 3166-1?", t["subdivisions"],
        missing(t["subdivisions"], lambda row: row["code"].split("-")[0], countries,
                lambda row: row["code"]))
    yield question(
        "Does the parent of every subdivision exist?", children,
        missing(children, parent_of, codes,
                lambda row: f"{row['code']} names {row['parent']}"))
    yield question(
        "Is the two-letter code of no former country in use again?", t["former"],
        [f"{row['alpha_2']} ({row['name']})" for row in t["former"]
         if row["alpha_2"] in countries])
    for table, field in (("countries", "alpha_2"), ("countries", "alpha_3"),
                         ("countries", "numeric"), ("subdivisions", "code")):
        yield question(f"Is {field} unique among {table}?", t[table], repeated(t[table], field))


def ask_about_languages(t):
    by_code = {row["alpha_3"]: row for row in t["languages3"]}
    families = values(t["families"], "alpha_3")
    # ISO 639-2 also codes groups of languages, which 639-3 leaves to 639-5, and reserves a range.
    yield question(
        "Is every code of ISO 639-2 in 639-3 or 639-5?", t["languages2"],
        missing(t["languages2"], lambda row: row["alpha_3"], set(by_code) | families,
                lambda row: f"{row['alpha_3']} ({row['name']})"))
    with_two = [row for row in t["languages2"] if "alpha_2" in row]
    yield question(
        "Do 639-2 and 639-3 give the same two-letter code?", with_two,
        [f"{row['alpha_3']}: {row['alpha_2']} and {by_code[row['alpha_3']].get('alpha_2')}"
         for row in with_two if row["alpha_3"] in by_code
         and by_code[row["alpha_3"]].get("alpha_2") != row["alpha_2"]])
    yield question(
        "Is no language also a family?", t["languages3"], sorted(set(by_code) & families))
    for table in ("languages2", "languages3", "families"):
        yield question(f"Is alpha_3 unique among {table}?", t[table], repeated(t[table], "alpha_3"))


def ask_about_the_rest(t):
    for table, field in (("scripts", "alpha_4"), ("scripts", "numeric"),
                         ("currencies", "alpha_3"), ("currencies", "numeric")):
        yield question(f"Is {field} unique among {table}?", t[table], repeated(t[table], field))
    # ISO 4217 begins a national currency with its country's code; X is for what has no country.
    national = [row for row in t["currencies"] if not row["alpha_3"].startswith("X")]
    known = values(t["countries"], "alpha_2") | values(t["former"], "alpha_2")
    yield question(
        "Do national currencies begin with the code of a country, present or former?", national,
        missing(national, lambda row: row["alpha_3"][:2], known,
                lambda row: f"{row['alpha_3']} ({row['name']})"))


def main():
    source, target = Path(os.environ["LILY_IN"]), Path(os.environ["LILY_OUT"])
    tables = {name: json.loads((source / name).read_text(encoding="utf-8")) for name in TABLES}
    findings = [*ask_about_places(tables), *ask_about_languages(tables),
                *ask_about_the_rest(tables)]
    text = json.dumps(findings, ensure_ascii=False, indent=1)
    (target / "findings").write_text(text, encoding="utf-8")
    for finding in findings:
        print(f"{len(finding['exceptions']):4} of {finding['looked_at']:5}  {finding['question']}")


if __name__ == "__main__":
    main()
