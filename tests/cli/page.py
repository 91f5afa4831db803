"""Runs the commands of a page: page.py [--write] PAGE, in an empty folder.

A block of another language than console that follows a paragraph with `NAME` in it is that file (the last
name counts). A console block has lines "$ COMMAND", each followed by all that it prints. Fails where
something else is printed; --write puts it into the page instead.
"""

import re
import subprocess
import sys
from pathlib import Path


def run(commands):
    said = []
    for command in commands:
        done = subprocess.run(
            ["bash", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        said.append(f"$ {command}\n{done.stdout}")
    return "".join(said)


def main():
    page = Path(sys.argv[-1])
    text = page.read_text(encoding="utf-8")
    wrong = []

    def block(found):
        before, language, body = found.group(1), found.group(2), found.group(3)
        if language != "console":
            Path(re.findall(r"`([^` ]+\.[a-z]+)`", before)[-1]).write_text(body, encoding="utf-8")
            return found.group(0)
        said = run(line[2:] for line in body.splitlines() if line.startswith("$ "))
        if said != body:
            wrong.append(f"the page says:\n{body}but it is:\n{said}")
        return f"{before}```console\n{said}```\n"

    mended = re.sub(r"((?:[^\n]*\n){0,3})```([a-z]+)\n(.*?)```\n", block, text, flags=re.S)
    if "--write" in sys.argv:
        page.write_text(mended, encoding="utf-8")
    elif wrong:
        sys.exit("\n".join(wrong))


main()
