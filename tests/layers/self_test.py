#!/usr/bin/env python3
"""Plants one violation at a time in a small tree, and expects layers.py to find exactly that one."""

import tempfile
import unittest
from pathlib import Path

import layers

LAYERS = """# comment
base
json
store sandbox
run
api
cli web : lily.h lily/*
"""


def header(guard, body=""):
    return f"#ifndef {guard}\n#define {guard}\n{body}\n#endif\n"


CLEAN = {
    "src/LAYERS": LAYERS,
    "src/base/str.h": header("LILY_BASE_STR_H", "#include <string.h>"),
    "src/base/process.c": '#include "base/str.h"\nint a(void) { return clone3(); }\n',
    "src/json/value.h": header("LILY_JSON_VALUE_H", '#include "base/str.h"'),
    "src/sandbox/lane.c": '#include "json/value.h"\nint b(void) { return mount(); }\n',
    "src/store/store.c": "/* mount( and \"json/value.h\" */\nconst char *s = \"execve(\";\n",
    "src/run/loop.c": '#include "store/object.h"\n#include "sandbox/lane.h"\n',
    "src/api/handle.c": '#include "lily.h"\n#include "run/loop.h"\n',
    "src/cli/main.c": '#include "cli/table.h"\n#include "lily.h"\n#include "lily/run.h"\n',
    "include/lily.h": header("LILY_H", '#include "lily/run.h"'),
    "include/lily/run.h": header("LILY_RUN_H", "#include <stdint.h>"),
}

# what is planted: files, and a part of the one line that must be said
PLANTED = {
    "upward include": ({"src/json/a.c": '#include "store/object.h"\n'}, "store is not below"),
    "sideways include": ({"src/store/a.c": '#include "sandbox/lane.h"\n'}, "sandbox is not below"),
    "client includes base": ({"src/cli/a.c": '#include "base/str.h"\n'}, "may include only"),
    "client includes client": ({"src/cli/a.c": '#include "web/a.h"\n'}, "may include only"),
    "inside includes public": ({"src/run/a.c": '#include "lily.h"\n'}, "below the public face"),
    "indented include": ({"src/json/a.c": '  # include "run/loop.h"\n'}, "run is not below"),
    "angle brackets": ({"src/json/a.c": "#include <base/str.h>\n"}, "quote it"),
    "no folder": ({"src/json/a.c": '#include "value.h"\n'}, "names no folder"),
    "unknown folder": ({"src/json/a.c": '#include "nowhere/a.h"\n'}, "not in LAYERS"),
    "folder outside LAYERS": ({"src/extra/a.c": "\n"}, "src/extra:1: not in LAYERS"),
    "mount in store": ({"src/store/a.c": "int a = 1;\nint b = mount(0);\n"}, "a.c:2: mount()"),
    "syscall in cli": ({"src/cli/a.c": "int b = syscall (5);\n"}, "syscall()"),
    "long source": ({"src/json/a.c": "\n" * 801}, "801 lines"),
    "long header": ({"src/json/a.h": header("LILY_JSON_A_H", "\n" * 150)}, "is two nouns"),
    "vague file": ({"src/json/json_util.c": "\n"}, "says nothing"),
    "wrong guard": ({"src/json/a.h": header("JSON_A_H")}, "is not LILY_JSON_A_H"),
    "guard without define": ({"src/json/a.h": "#ifndef LILY_JSON_A_H\n#endif\n"}, "LILY_JSON_A_H"),
    "public includes inside": (
        {"include/lily/a.h": header("LILY_A_H", '#include "base/str.h"')}, "is not public"),
    "public guard": ({"include/lily/a.h": header("A_H")}, "is not LILY_A_H"),
    "header cycle": (
        {
            "src/json/a.h": header("LILY_JSON_A_H", '#include "json/b.h"'),
            "src/json/b.h": header("LILY_JSON_B_H", '#include "json/c.h"'),
            "src/json/c.h": header("LILY_JSON_C_H", '#include "json/a.h"'),
        },
        "json/a.h -> json/b.h -> json/c.h -> json/a.h",
    ),
}


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return layers.check_tree(root)


class SelfTest(unittest.TestCase):
    def test_clean_tree_passes(self):
        violations, notes, files = check(CLEAN)
        self.assertEqual(violations, [])
        self.assertEqual(notes, [])
        self.assertEqual(files, 8)

    def test_planted_violations_are_found(self):
        for name, (files, expected) in PLANTED.items():
            with self.subTest(name):
                violations, _, _ = check({**CLEAN, **files})
                self.assertEqual(len(violations), 1, violations)
                self.assertIn(expected, violations[0])

    def test_long_source_is_noted(self):
        violations, notes, _ = check({**CLEAN, "src/json/a.c": "\n" * 501})
        self.assertEqual(violations, [])
        self.assertEqual(notes, ["src/json/a.c: 501 lines"])


if __name__ == "__main__":
    unittest.main()
