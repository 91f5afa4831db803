#!/usr/bin/env python3
"""Writes schemas as a C table: embed.py OUTPUT FILE...

A row has the document's URI without an empty fragment, its text, and the text's SHA-256.
"""

import hashlib
import json
import sys
from pathlib import Path


def c_string(text):
    lines = text.splitlines(keepends=True)
    escape = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})
    return "\n".join('\t\t"' + line.translate(escape) + '"' for line in lines)


def c_bytes(digest):
    return "{{" + ", ".join(f"0x{byte:02x}" for byte in digest) + "}}"


def main():
    output, files = Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]
    rows = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        document = json.loads(text)
        uri = document.get("$id", document.get("id")).rstrip("#")
        digest = c_bytes(hashlib.sha256(text.encode()).digest())
        rows.append(f'\t{{"{uri}",\n{c_string(text)},\n\t\t{digest}}},\n')
    output.write_text(
        '#include "contract/builtin.h"\n\n'
        "/* ISO C asks for 4095 bytes of a literal; gcc and clang have no limit. */\n"
        '#pragma GCC diagnostic ignored "-Woverlength-strings"\n\n'
        "const struct builtin builtin_documents[] = {\n" + "".join(rows) + "};\n"
        f"const size_t builtin_n = {len(rows)};\n",
        encoding="utf-8",
    )


main()
