#!/usr/bin/env python3
"""Checks that the source tree keeps the order that src/LAYERS states.

Usage: layers.py ROOT. Prints one line per violation, "path:line: what", then a summary; exits 1
if there is any. Files that are long but not too long are listed as notes.
"""

import re
import sys
from pathlib import Path

SOURCE_LINES, SOURCE_LINES_NOTED = 800, 500
HEADER_LINES = 150
VAGUE = {"util", "utils", "common", "misc", "helper", "helpers"}
# Folders that may talk to the kernel about processes, namespaces and mounts.
SYSTEM_FOLDERS = {"base", "sandbox"}
SYSTEM_CALLS = re.compile(
    r"\b(clone|clone3|fork|vfork|execve|execv|execvp|execvpe|execl|execlp|execle|fexecve|execveat"
    r"|posix_spawnp?|mount|umount2?|pivot_root|chroot|prctl|setns|unshare|ptrace|seccomp|syscall"
    r"|setuid|setgid|setresuid|setresgid|capset)\s*\("
)
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
# Comments, strings and character constants, in the order in which they would begin.
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


class Layers:
    """The ranks of src/LAYERS: rank[folder] counts from 0; only[folder] lists allowed headers."""

    def __init__(self, text):
        self.rank, self.only = {}, {}
        number = 0
        for line in text.splitlines():
            line = line.split("#")[0].strip()
            if not line:
                continue
            folders, _, headers = line.partition(":")
            for folder in folders.split():
                self.rank[folder] = number
                if headers.strip():
                    self.only[folder] = headers.split()
            number += 1

    def refusal(self, folder, header):
        """Why a file in folder may not include "header", or None."""
        target, slash, _ = header.partition("/")
        if not slash and header != "lily.h":
            return f'"{header}" names no folder'
        if target == folder:
            return None
        if folder in self.only:
            if any(Path(header).match(pattern) for pattern in self.only[folder]):
                return None
            return f'{folder} may include only {" ".join(self.only[folder])}, not "{header}"'
        if header == "lily.h" or target == "lily":
            api = self.rank.get("api", len(self.rank))
            return None if self.rank[folder] >= api else f"{folder} lies below the public face"
        if target not in self.rank:
            return f'"{header}": {target} is not in LAYERS'
        if self.rank[target] >= self.rank[folder]:
            return f'{folder} may not include "{header}": {target} is not below it'
        return None


def without_noise(text):
    """The text with comments and constants blanked out, line numbers kept."""
    return NOISE.sub(lambda match: "\n" * match.group().count("\n"), text)


def includes_of(text):
    """(line number, quoted?, header) of each include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_includes(path, folder, text, layers):
    for number, quoted, header in includes_of(text):
        if not quoted:
            if header.split("/")[0] in layers.rank:
                yield number, f"<{header}> is ours: quote it"
            continue
        reason = layers.refusal(folder, header)
        if reason:
            yield number, reason


def check_calls(folder, text):
    if folder in SYSTEM_FOLDERS:
        return
    for number, line in enumerate(without_noise(text).splitlines(), 1):
        for match in SYSTEM_CALLS.finditer(line):
            yield number, f"{match.group(1)}() is for {' and '.join(sorted(SYSTEM_FOLDERS))}"


def guard_of(relative):
    return "LILY_" + re.sub(r"[^A-Za-z0-9]", "_", str(relative)).upper()


def check_guard(relative, text):
    guard = guard_of(relative)
    wanted = rf"^#ifndef {guard}\n#define {guard}\n"
    if not re.search(wanted, text, re.M):
        yield 1, f"the include guard is not {guard}"


def check_size(path, text):
    """Returns (violations, notes)."""
    lines = text.count("\n")
    if path.suffix == ".h" and lines > HEADER_LINES:
        return [(1, f"{lines} lines; a header of more than {HEADER_LINES} is two nouns")], []
    if lines > SOURCE_LINES:
        return [(1, f"{lines} lines; at most {SOURCE_LINES}")], []
    if lines > SOURCE_LINES_NOTED:
        return [], [f"{path}: {lines} lines"]
    return [], []


def check_name(path):
    if VAGUE & set(re.split(r"[^a-z]+", path.stem.lower())) or VAGUE & set(path.parts):
        yield 1, "says nothing about what it holds; name it after its noun"


def find_cycle(graph):
    """A list of headers that include each other, or None. Iterative: colours and a stack."""
    done = set()
    for start in sorted(graph):
        path, on_path, stack = [], set(), [(start, iter(graph[start]))]
        if start in done:
            continue
        path.append(start)
        on_path.add(start)
        while stack:
            node, successors = stack[-1]
            following = next(successors, None)
            if following is None:
                stack.pop()
                done.add(node)
                on_path.discard(path.pop())
            elif following in on_path:
                return path[path.index(following):] + [following]
            elif following not in done and following in graph:
                stack.append((following, iter(graph[following])))
                path.append(following)
                on_path.add(following)
    return None


def check_public(root):
    """Public headers include nothing but each other and the language's own."""
    include = root / "include"
    for path in sorted(include.rglob("*.h")):
        text = path.read_text()
        name = path.relative_to(include)
        guard = "LILY_H" if name == Path("lily.h") else guard_of(name.relative_to("lily"))
        if not re.search(rf"^#ifndef {guard}\n#define {guard}\n", text, re.M):
            yield path, 1, f"the include guard is not {guard}"
        for number, quoted, header in includes_of(text):
            if quoted and not header.startswith("lily/"):
                yield path, number, f'"{header}" is not public'
        for number, line in check_size(path, text)[0]:
            yield path, number, line


def check_tree(root):
    """Returns (violations, notes), lists of lines to print, and how many files there were."""
    layers = Layers((root / "src/LAYERS").read_text())
    violations, notes, graph, files = [], [], {}, 0
    for folder in sorted(path.name for path in (root / "src").iterdir() if path.is_dir()):
        if folder not in layers.rank:
            violations.append(f"src/{folder}:1: not in LAYERS")
    for path in sorted((root / "src").rglob("*.[ch]")):
        relative = path.relative_to(root / "src")
        folder, text = relative.parts[0], path.read_text()
        files += 1
        found = list(check_name(relative))
        if folder in layers.rank:
            found += check_includes(path, folder, text, layers)
            found += check_calls(folder, text)
        too_long, noted = check_size(path.relative_to(root), text)
        found += too_long
        notes += noted
        if path.suffix == ".h":
            found += check_guard(relative, text)
            graph[str(relative)] = [h for _, quoted, h in includes_of(text) if quoted]
        violations += [f"src/{relative}:{number}: {what}" for number, what in found]
    for path, number, what in check_public(root):
        violations.append(f"{path.relative_to(root)}:{number}: {what}")
    cycle = find_cycle(graph)
    if cycle:
        violations.append(f"src/{cycle[0]}:1: headers include each other: {' -> '.join(cycle)}")
    return violations, notes, files


def main():
    violations, notes, files = check_tree(Path(sys.argv[1]))
    for line in notes:
        print(f"note: {line}, more than {SOURCE_LINES_NOTED}")
    for line in violations:
        print(line)
    print(f"{files} files, {len(violations)} violations")
    return 1 if violations or not files else 0


if __name__ == "__main__":
    sys.exit(main())
