"""A workspace and a store to hurt, and what must be true of them afterwards."""

import json
import os
import shutil
import subprocess
import tempfile
import time

LILY = os.environ.get("LILY", "lily")
LIMIT_S = 60


class Failure(Exception):
    pass


class Place:
    """A workspace, a store and a way to run lily in them."""

    def __init__(self, root=None):
        self.root = tempfile.mkdtemp(prefix="lily-fault-", dir=root)
        self.workspace = os.path.join(self.root, "w")
        self.store = os.path.join(self.root, "s")
        os.mkdir(self.workspace)
        self.write("seed.txt", "what went in\n")
        self.write("numbers.json", '{"items": {"type": "integer"}}\n')

    def write(self, name, text):
        with open(os.path.join(self.workspace, name), "w", encoding="utf-8") as file:
            file.write(text)

    def start(self, *args, env=None):
        return subprocess.Popen([LILY, "--store", self.store, *args], cwd=self.workspace,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env={**os.environ, **(env or {})})

    def run(self, *args, env=None):
        process = self.start(*args, env=env)
        try:
            out, err = process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired as late:
            process.kill()
            raise Failure(f"lily {' '.join(args)} did not end within {LIMIT_S} s") from late
        return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")

    def outputs(self):
        code, out, err = self.run("artifact", "list", "--json", "@last")
        if code:
            raise Failure(f"artifact list: exit {code}: {err}")
        found = {}
        for item in json.loads(out):
            if item.get("role") == "output":
                found[f"{item['producer_id']}.{item['name']}"] = item["sha256"]
        return found

    def check(self):
        """A lane whose lily was killed may take a moment to die; nothing else may be wrong."""
        deadline = time.monotonic() + 1
        while True:
            code, out, err = self.run("fsck", "--bytes", "--json")
            if code == 0:
                return
            wrong = {item["invariant"] for item in json.loads(out)["findings"]} if out else set()
            if wrong != {"I4"} or time.monotonic() > deadline:
                raise Failure(f"fsck: exit {code}: {out}{err}")
            time.sleep(0.02)

    def last_status(self):
        code, out, _ = self.run("list", "--json")
        if code:
            return None
        runs = json.loads(out)["runs"]
        return runs[0]["status"] if runs else None

    def complete(self, file, expected, own_failures=False):
        """Checks the store, goes on with what was begun, and compares what was made.

        own_failures: what hurt lily hurts its steps, too. One that failed by it, on record before
        lily ended, has failed: resume says so, and retry is what does it again.
        """
        status = self.last_status()
        if status:
            self.check()
        if status in ("interrupted", "running"):
            code, _, err = self.run("resume")
            if code == 3 and "before its plan was recorded" in err:
                code, _, err = self.run("run", file)
            if code == 1 and own_failures:
                code, _, err = self.run("retry")
        elif status == "succeeded":
            code, err = 0, ""
        elif status == "failed" and own_failures:
            code, _, err = self.run("retry")
        else:
            code, _, err = self.run("run", file)
        if code:
            raise Failure(f"after {status}: exit {code}: {err}")
        self.check()
        made = self.outputs()
        if made != expected:
            raise Failure(f"after {status}: outputs differ: {made} instead of {expected}")

    def close(self):
        shutil.rmtree(self.root, ignore_errors=True)


def survivors(root):
    """Processes whose environment names this store's workspace."""
    mark = f"LILY_WORKSPACE={root}".encode()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if mark in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return found


def undisturbed(text, others=None):
    """The outputs of a run that nothing hurts; others: files that the workflow uses, by name."""
    place = Place()
    try:
        for name, other in (others or {}).items():
            place.write(name, other)
        place.write("w.lily.yaml", text)
        code, _, err = place.run("run", "w.lily.yaml")
        if code:
            raise Failure(f"the undisturbed run: exit {code}: {err}")
        place.check()
        return place.outputs()
    finally:
        place.close()
