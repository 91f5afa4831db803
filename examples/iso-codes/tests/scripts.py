#!/usr/bin/python3
"""Runs the demo's programs as lily does (LILY_IN, LILY_OUT), on the real tables and on broken ones."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
TABLES = Path("/usr/share/iso-codes/json")
STANDARDS = {
    "countries": "3166-1", "subdivisions": "3166-2", "former": "3166-3", "languages2": "639-2",
    "languages3": "639-3", "families": "639-5", "scripts": "15924", "currencies": "4217",
}


def run(script, inputs):
    """(exit status, {output: text}, stderr)"""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in"), Path(folder, "out")
        source.mkdir()
        target.mkdir()
        for name, text in inputs.items():
            (source / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            ["/usr/bin/python3", SCRIPTS / script], text=True, capture_output=True, check=False,
            env={**os.environ, "LILY_IN": str(source), "LILY_OUT": str(target)})
        return done.returncode, {p.name: p.read_text() for p in target.iterdir()}, done.stderr


def rows(**changes):
    """Small tables without an exception; changes replace whole tables."""
    tables = {
        "countries": [{"alpha_2": "AA", "alpha_3": "AAA", "numeric": "001", "name": "A"}],
        "subdivisions": [{"code": "AA-1", "name": "One"},
                         {"code": "AA-2", "name": "Two", "parent": "AA-1"},
                         {"code": "AA-3", "name": "Three", "parent": "1"}],
        "former": [{"alpha_2": "FF", "alpha_3": "FFF", "alpha_4": "FFAA", "name": "F"}],
        "languages2": [{"alpha_3": "aaa", "alpha_2": "aa", "name": "A"},
                       {"alpha_3": "fam", "name": "Family"}],
        "languages3": [{"alpha_3": "aaa", "alpha_2": "aa", "name": "A"}],
        "families": [{"alpha_3": "fam", "name": "Family"}],
        "scripts": [{"alpha_4": "Aaaa", "numeric": "001", "name": "A"}],
        "currencies": [{"alpha_3": "AAD", "numeric": "001", "name": "A dollar"}],
    }
    tables.update(changes)
    return {name: json.dumps(table) for name, table in tables.items()}


def exceptions(**changes):
    status, outputs, stderr = run("cross_check.py", rows(**changes))
    assert status == 0, stderr
    return [e for finding in json.loads(outputs["findings"]) for e in finding["exceptions"]]


class LoadTable(unittest.TestCase):
    def test_rows_are_sorted_and_counted(self):
        table = {"x": [{"alpha_3": "bbb"}, {"alpha_3": "aaa", "name": "A"}]}
        status, outputs, _ = run("load_table.py", {"table": json.dumps(table)})
        self.assertEqual(status, 0)
        self.assertEqual([row["alpha_3"] for row in json.loads(outputs["rows"])], ["aaa", "bbb"])
        self.assertEqual(json.loads(outputs["check"]),
                         {"table": "x", "entries": 2, "fields": {"alpha_3": 2, "name": 1}})

    def test_truncated_table(self):
        status, outputs, _ = run("load_table.py", {"table": '{"x": ['})
        self.assertNotEqual(status, 0)
        self.assertEqual(outputs, {})


class CrossCheck(unittest.TestCase):
    def test_sound_tables_have_no_exception(self):
        self.assertEqual(exceptions(), [])

    def test_each_exception_is_found(self):
        cases = {
            "BB-1": {"subdivisions": [{"code": "BB-1"}]},
            "AA-2 names AA-9": {"subdivisions": [{"code": "AA-2", "parent": "AA-9"}]},
            "001: 2 times": {"currencies": [{"alpha_3": "AAD", "numeric": "001", "name": ""},
                                            {"alpha_3": "AAE", "numeric": "001", "name": ""}]},
            "zzz (Z)": {"languages2": [{"alpha_3": "zzz", "name": "Z"}]},
            "aaa: ab and aa": {"languages2": [{"alpha_3": "aaa", "alpha_2": "ab", "name": "A"}]},
            "AA (Old)": {"former": [{"alpha_2": "AA", "alpha_4": "AABB", "name": "Old"}]},
            "BBD (B)": {"currencies": [{"alpha_3": "BBD", "numeric": "1", "name": "B"}]},
            "Aaaa: 2 times": {"scripts": [{"alpha_4": "Aaaa", "numeric": "1"},
                                          {"alpha_4": "Aaaa", "numeric": "2"}]},
        }
        for expected, changes in cases.items():
            with self.subTest(expected):
                self.assertEqual(exceptions(**changes), [expected])


class RealTables(unittest.TestCase):
    """Every step of the workflow, in order; figures counted here in another way."""

    def test_whole_chain(self):
        made, inputs = {}, {}
        for name, standard in STANDARDS.items():
            text = (TABLES / f"iso_{standard}.json").read_text()
            status, outputs, stderr = run("load_table.py", {"table": text})
            self.assertEqual(status, 0, stderr)
            made[name], inputs[f"check_{name}"] = outputs["rows"], outputs["check"]
        status, outputs, stderr = run("cross_check.py", made)
        self.assertEqual(status, 0, stderr)
        inputs.update(countries=made["countries"], subdivisions=made["subdivisions"],
                      findings=outputs["findings"])
        status, outputs, stderr = run("write_report.py", inputs)
        self.assertEqual(status, 0, stderr)
        facts = json.loads(outputs["json"])
        text = (TABLES / "iso_3166-2.json").read_text()
        self.assertEqual(facts["tables"]["3166-2"], text.count('"code":'))
        united_kingdom = dict(facts["subdivisions_per_country_top"])["United Kingdom"]
        self.assertEqual(united_kingdom, text.count('"code": "GB-'))
        self.assertEqual(len(facts["tables"]), 8)
        self.assertIn(f"| ISO 3166-2 | {facts['tables']['3166-2']} |", outputs["markdown"])


if __name__ == "__main__":
    if not TABLES.is_dir():
        sys.exit("the package iso-codes is not installed (scripts/setup demo)")
    unittest.main()
