#!/usr/bin/env python3
"""Runs a command on a terminal of its own and prints what a person would have seen.

Usage: terminal.py [--size COLUMNSxROWS] [--after SECONDS:KEYS]... [--raw FILE] -- COMMAND...

KEYS are sent that long after the first output; \\x03 and the like are understood; "resize:CxR" changes the
size. Prints the lines that scrolled away and the screen, without colours, then ends with the
command's status (128 + N for signal N). A small terminal: text, line ends, carriage return, cursor
up, erase below, colours; anything else that the command sends is an error.
"""

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

TOKEN = re.compile(r"\x1b\[(\d*)([A-Za-z])|\x1b.|[\r\n]|[^\x1b\r\n]+|\x1b", re.S)


class Screen:
    """Rows are kept from the first to the last; the cursor moves among the last `rows` of them."""

    def __init__(self, columns, rows):
        self.columns, self.rows = columns, rows
        self.lines, self.row, self.column = [""], 0, 0

    def down(self):
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append("")

    def text(self, text):
        for character in text:
            if character == "\x07":
                continue
            if self.column == self.columns:
                self.column = 0
                self.down()
            line = self.lines[self.row].ljust(self.column)
            self.lines[self.row] = line[: self.column] + character + line[self.column + 1 :]
            self.column += 1

    def feed(self, text):
        for match in TOKEN.finditer(text):
            token = match.group(0)
            if token == "\r":
                self.column = 0
            elif token == "\n":
                self.down()
            elif match.group(2) == "A":
                top = max(0, len(self.lines) - self.rows)
                self.row = max(top, self.row - int(match.group(1) or 1))
            elif match.group(2) == "J" and match.group(1) == "":
                self.lines[self.row] = self.lines[self.row][: self.column]
                del self.lines[self.row + 1 :]
            elif match.group(2) == "m":
                pass
            elif token.startswith("\x1b"):
                raise SystemExit(f"the terminal does not know {token!r}")
            else:
                self.text(token)


def read_arguments(words):
    options = {"size": (80, 24), "keys": [], "raw": None}
    while words and words[0] != "--":
        name, value = words[0], words[1]
        words = words[2:]
        if name == "--size":
            options["size"] = tuple(int(part) for part in value.split("x"))
        elif name == "--after":
            seconds, keys = value.split(":", 1)
            options["keys"].append((float(seconds), keys))
        elif name == "--raw":
            options["raw"] = value
        else:
            raise SystemExit(f"unknown option {name}")
    return options, words[1:]


def resize(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def press(fd, keys, screen):
    if keys.startswith("resize:"):
        columns, rows = (int(part) for part in keys[7:].split("x"))
        resize(fd, columns, rows)
        screen.columns, screen.rows = columns, rows
    else:
        os.write(fd, codecs.decode(keys, "unicode_escape").encode())


def main():
    options, command = read_arguments(sys.argv[1:])
    pid, fd = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm"
        # Whoever runs the tests in the background has it ignored, which is inherited.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        time.sleep(0.05)
        os.execvp(command[0], command)
    resize(fd, *options["size"])
    screen = Screen(*options["size"])
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    raw, begun, shown = b"", time.monotonic(), None
    keys = sorted(options["keys"])
    while True:
        if time.monotonic() - begun > 30:
            os.kill(pid, signal.SIGKILL)
        while keys and shown and time.monotonic() - shown >= keys[0][0]:
            press(fd, keys.pop(0)[1], screen)
        if not select.select([fd], [], [], 0.02)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        raw += data
        shown = shown or time.monotonic()
        screen.feed(decoder.decode(data))
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if options["raw"]:
        with open(options["raw"], "wb") as file:
            file.write(raw)
    print("\n".join(line.rstrip() for line in screen.lines))
    sys.exit(status if status >= 0 else 128 - status)


main()
