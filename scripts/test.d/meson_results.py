"""Turns meson's testlog.json into the result lines of scripts/test.

Usage: meson_results.py BUILD TESTLOG. A cmocka binary counts with each of its test functions, any
other test as one. A binary that failed without naming a function (a crash, a leak, a timeout)
counts as one failure more.
"""

import json
import re
import sys
from pathlib import Path

LINE = re.compile(r"^\[\s*(OK|FAILED|SKIPPED|ERROR)\s*\] (\w+)$", re.M)
PLAIN = {"OK": "pass", "EXPECTEDFAIL": "pass", "SKIP": "skip"}


def results_of(test):
    """(word, name) of each thing that one entry of the log tested."""
    output = test.get("stdout", "") + "\n" + test.get("stderr", "")
    functions = {}
    for outcome, function in LINE.findall(output):
        word = {"OK": "pass", "SKIPPED": "skip"}.get(outcome, "fail")
        if functions.get(function) != "fail":
            functions[function] = word
    for function, word in functions.items():
        yield word, f"{test['name']}: {function}"
    word = PLAIN.get(test["result"], "fail")
    if not functions or (word == "fail" and "fail" not in functions.values()):
        yield word, f"{test['name']} ({test['result']})"


def main():
    build, path = sys.argv[1:]
    log = Path(path)
    tests = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    if not tests:
        print(f"fail unit {build} (meson ran no test)")
    for test in tests:
        for word, name in results_of(test):
            reason = ": it says so itself" if word == "skip" else ""
            print(f"{word} {build} {name.replace(chr(10), ' ')}{reason}")


if __name__ == "__main__":
    main()
