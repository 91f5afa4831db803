#!/usr/bin/env python3
"""Random graphs and random edits: what runs again is what a model of reuse says, and nothing else.

  edits.py [--seed N] [--graphs N] [--rounds N] [--verbose]

A graph of steps that may all be reused takes in files, patterns, params, variables and what other
steps make; some are items of a foreach, also in `finally`, some the items' steps in another file, and some leave
what a pattern matches. Between two runs something is edited: a file, its times only, a script, a variable,
a param, an output that was left, the graph itself, the list of the items, the cache. The model knows a step's key as the tuple of all that it depends on. A step has to run where no
earlier run accepted its key (or it says cache: false, or the run is --fresh), and must not otherwise;
and whatever happened, every file that it leaves is what the model computes.
"""

import argparse
import hashlib
import json
import os
import random
import sys

from place import Failure, Place

WORDS = ["red", "green", "blue"]
SCRIPT = """echo "$LILY_STEP" >>ran
      { echo "WORD $E $P ${LILY_ITEM-}"
        find -L "$LILY_IN" -type f | LC_ALL=C sort | while read -r f; do
          echo "${f#"$LILY_IN"/}"; cat "$f"; done
      } | sha256sum | cut -c1-12 >OUTPUT"""

# Used for each item by some steps: it knows what it is handed and nothing else.
PART = """lily: 1
defaults: { cache: true }
params: { w: { type: string }, e: { type: string }, p: { type: string }, i: { type: string } }
inputs: { i0: { optional: true }, i1: { optional: true }, i2: { optional: true } }
steps:
  s:
    run: |
      """ + SCRIPT.replace("WORD", "$W").replace("${LILY_ITEM-}", "$I").replace(
          "OUTPUT", '"$LILY_OUT/o"') + """
    env: { W: "${{ params.w }}", E: "${{ params.e }}", P: "${{ params.p }}", I: "${{ params.i }}" }
    in:
""" + "".join(f"""      i{n}: {{ from: "${{{{ inputs.i{n} }}}}", optional: true }}
""" for n in range(3)) + """    out: { o: { type: text } }
outputs: { o: "${{ steps.s.out.o }}" }
"""


class Step:
    def __init__(self, rng, number, kind=None):
        self.name = f"s{number}"
        self.word, self.variable = rng.choice(WORDS), rng.choice(WORDS)
        self.uses_param, self.cache = rng.random() < 0.4, True
        # plain; each item of a foreach; the step in another file of each item; many files
        self.kind = kind or rng.choice(["plain"] * 5 + ["each"] * 2 + ["spread"] * 2 + ["many"])
        self.has_path = rng.random() < 0.6 and self.kind in ("plain", "each")
        self.each = self.kind in ("each", "spread")
        self.inputs = {}  # name: ("file", n), ("glob",), ("out", step)

    def is_cached(self):
        # That is said in the other file.
        return self.cache or self.kind == "spread"

    def output(self):
        if self.kind == "many":
            return f"pat/{self.name}/x.o; cp pat/{self.name}/x.o pat/{self.name}/{self.word}.o"
        if not self.has_path:
            return '"$LILY_OUT/o"'
        return f'out/{self.name}"${{LILY_ITEM-}}"'

    def ran(self, item):
        return self.name + (f"/{item}" if self.each else "") + ("/s" if self.kind == "spread" else "")

    def use(self):
        """The step as one that is made from the other file."""
        param = "${{ params.p }}" if self.uses_param else "none"
        return (f"  {self.name}:\n    foreach: {{ in: params.items, key: item }}\n"
                f"    workflow: part.lily.yaml\n    with: {{ w: {self.word}, e: {self.variable}, "
                f'p: "{param}", i: "${{{{ item }}}}" }}\n    in:\n'
                + "".join(f'      {name}: "${{{{ steps.{source[1].name}.out.o }}}}"\n'
                          for name, source in sorted(self.inputs.items())))

    def text(self):
        if self.kind == "spread":
            return self.use() if self.inputs else self.use().replace("    in:\n", "")
        script = SCRIPT.replace("WORD", self.word).replace("OUTPUT", self.output())
        lines = [f"  {self.name}:", "    run: |"]
        if self.kind == "many":
            lines.append(f"      rm -rf pat/{self.name}; mkdir -p pat/{self.name}")
        lines.append("      " + script)
        if self.each:
            lines.append('    foreach: { in: params.items, key: item }')
        param = '"${{ params.p }}"' if self.uses_param else "none"
        lines.append(f"    env: {{ E: {self.variable}, P: {param} }}")
        if not self.cache:
            lines.append("    cache: false")
        if self.inputs:
            lines.append("    in:")
        for name, source in sorted(self.inputs.items()):
            said = {"file": lambda s: f"{{ path: src/{s[1]} }}",
                    "glob": lambda s: '{ path: "many/*.x", optional: true }',
                    "out": lambda s: f'"${{{{ steps.{s[1].name}.out.o }}}}"'}[source[0]](source)
            lines.append(f"      {name}: {said}")
        if self.kind == "many":
            lines.append(f'    out: {{ o: {{ path: "pat/{self.name}/*.o" }} }}')
            return "\n".join(lines) + "\n"
        path = f', path: "out/{self.name}{"${{ item }}" if self.each else ""}"'
        lines.append(f"    out: {{ o: {{ type: text{path if self.has_path else ''} }} }}")
        return "\n".join(lines) + "\n"


class Model:
    """What the workspace holds, and what has been accepted."""

    def __init__(self, rng, place):
        self.rng, self.place = rng, place
        self.files, self.many = {}, {}
        self.param, self.items = "red", ["a", "b"]
        self.steps, self.next = [], 0
        self.last = Step(rng, "last", "each")  # in `finally`
        self.last.inputs["f"] = ("file", 0)
        self.accepted, self.fresh = set(), False
        os.makedirs(f"{place.workspace}/src")
        os.makedirs(f"{place.workspace}/out")
        os.makedirs(f"{place.workspace}/many")
        os.makedirs(f"{place.workspace}/pat")
        place.write("part.lily.yaml", PART)
        for n in range(4):
            self.put("src", self.files, str(n), rng.choice(WORDS))
        self.put("many", self.many, "0.x", "red")
        for _ in range(rng.randint(4, 7)):
            self.add_step()

    def put(self, folder, held, name, text):
        held[name] = text + "\n"
        self.place.write(f"{folder}/{name}", held[name])

    def choose_input(self, step, before):
        # What is handed to another file is what a step made; of it that takes no directory apart.
        if step.kind == "spread":
            before = [other for other in before if other.kind != "many"]
            return ("out", self.rng.choice(before)) if before else None
        kind = self.rng.choice(["file", "file", "glob", "out", "out"])
        if kind == "out" and before:
            return ("out", self.rng.choice(before))
        return ("glob",) if kind == "glob" else ("file", self.rng.randrange(4))

    def add_step(self):
        step = Step(self.rng, self.next)
        self.next += 1
        for n in range(self.rng.randint(0, 3)):
            step.inputs[f"i{n}"] = self.choose_input(step, self.steps)
        step.inputs = {name: source for name, source in step.inputs.items() if source}
        self.steps.append(step)

    def write_workflow(self):
        items = json.dumps(self.items)
        self.place.write("w.lily.yaml",
                         "lily: 1\nname: edits\nparallel: 2\ndefaults: { cache: true }\n"
                         f"params: {{ p: {{ type: string, default: red }}, "
                         f"items: {{ type: array, default: {items} }} }}\nsteps:\n"
                         + "".join(step.text() for step in self.steps)
                         + "finally:\n" + self.last.text())

    # Edits: each says what it did.

    def edit_content(self):
        name, text = self.rng.choice(list(self.files)), self.rng.choice(WORDS)
        self.put("src", self.files, name, text)
        return f"src/{name} is {text}"

    def edit_times(self):
        name = self.rng.choice(list(self.files))
        os.utime(f"{self.place.workspace}/src/{name}")
        return f"touch src/{name}"

    def edit_inode(self):
        name = self.rng.choice(list(self.files))
        os.unlink(f"{self.place.workspace}/src/{name}")
        self.place.write(f"src/{name}", self.files[name])
        return f"src/{name} is another file with the same content"

    def edit_many(self):
        if self.many and self.rng.random() < 0.4:
            name = self.rng.choice(list(self.many))
            del self.many[name]
            os.unlink(f"{self.place.workspace}/many/{name}")
            return f"many/{name} is gone"
        name = f"{self.rng.randrange(4)}.x"
        self.put("many", self.many, name, self.rng.choice(WORDS))
        return f"many/{name} is {self.many[name].strip()}"

    def edit_script(self):
        step = self.rng.choice(self.steps + [self.last])
        step.word = self.rng.choice(WORDS)
        return f"{step.name} says {step.word}"

    def edit_variable(self):
        step = self.rng.choice(self.steps)
        step.variable = self.rng.choice(WORDS)
        return f"{step.name} has E={step.variable}"

    def edit_param(self):
        self.param = self.rng.choice(WORDS)
        return f"p={self.param}"

    def edit_items(self):
        self.items = self.rng.sample(["a", "b", "c", "d"], self.rng.randint(0, 4))
        return f"items={self.items}"

    def edit_output(self):
        left = sorted(f"{folder}/{name}" for folder in ["out"] + self.folders()
                      for name in os.listdir(f"{self.place.workspace}/{folder}"))
        if not left:
            return "nothing"
        name, how = self.rng.choice(left), self.rng.choice(["is gone", "is damaged", "is touched"])
        path = f"{self.place.workspace}/{name}"
        if how == "is gone":
            os.unlink(path)
        elif how == "is damaged":
            self.place.write(name, "damaged\n")
        else:
            os.utime(path)
        return f"{name} {how}"

    def folders(self):
        return [f"pat/{name}" for name in sorted(os.listdir(f"{self.place.workspace}/pat"))]

    def edit_more(self):
        """One more file that a pattern matches, and one that it does not."""
        folders = self.folders()
        if not folders:
            return "nothing"
        name = f"{self.rng.choice(folders)}/{self.rng.choice(WORDS)}.o"
        self.place.write(name, "more\n")
        self.place.write(name[:-2] + ".other", "mine\n")
        return f"{name} is more"

    def edit_cache(self):
        step = self.rng.choice(self.steps)
        step.cache = not step.cache
        return f"{step.name} has cache: {step.cache}"

    def edit_edges(self):
        at = self.rng.randrange(len(self.steps))
        step = self.steps[at]
        source = self.choose_input(step, self.steps[:at])
        if source:
            step.inputs[f"i{self.rng.randrange(3)}"] = source
        return f"{step.name} takes something else"

    def edit_graph(self):
        unused = [s for s in self.steps if not any(("out", s) == i for t in self.steps
                                                   for i in t.inputs.values())]
        if len(self.steps) > 3 and self.rng.random() < 0.5:
            step = self.rng.choice(unused)
            self.steps.remove(step)
            return f"{step.name} is no more"
        self.add_step()
        return f"{self.steps[-1].name} is new"

    def edit_clear(self):
        if self.rng.random() < 0.7:
            return "nothing"
        code, _, err = self.place.run("cache", "clear")
        if code:
            raise Failure(f"cache clear: exit {code}: {err}")
        self.accepted.clear()
        return "the cache is cleared"

    def edit_fresh(self):
        self.fresh = self.rng.random() < 0.3
        return "--fresh" if self.fresh else "nothing"

    def edit(self):
        edits = [getattr(self, name) for name in dir(self) if name.startswith("edit_")]
        return self.rng.choice(edits)()

    # What has to happen.

    def one(self, step, item, made):
        """Key and output of a step, or of one of its items."""
        param = self.param if step.uses_param else "none"
        taken, seen = [], []
        for name, source in step.inputs.items():
            if source[0] == "file":
                files = {name: self.files[str(source[1])]}
            elif source[0] == "glob":
                files = {f"{name}/{n}": text for n, text in self.many.items()}
            elif source[1].kind == "many":
                files = {f"{name}/{n}": text for n, text in made[source[1].name].items()}
            else:
                files = {name: made[source[1].name]}
            is_folder = source[0] == "glob" or (source[0] == "out" and source[1].kind == "many")
            taken.append((name, is_folder, tuple(sorted(files.items()))))
            seen += files.items()
        head = f"{step.word} {step.variable} {param} {item or ''}\n"
        text = head + "".join(f"{name}\n{text}" for name, text in sorted(seen))
        output = hashlib.sha256(text.encode()).hexdigest()[:12] + "\n"
        path = f"out/{step.name}{item or ''}" if step.has_path else None
        # Where the script has its output from is written in it.
        key = (step.kind == "spread", step.word, step.output(), step.variable, param, item, path,
               tuple(sorted(taken)))
        return key, output, path

    def expect(self):
        """The names that run, the files that are left, and the keys that are accepted."""
        runs, files, keys, made = [], {}, set(), {}
        for step in self.steps + [self.last]:
            outputs = []
            for item in self.items if step.each else [None]:
                key, output, path = self.one(step, item, made)
                outputs.append(output)
                if path:
                    files[path] = output
                if step.kind == "many":
                    made[step.name] = {"x.o": output, f"{step.word}.o": output}
                    files.update({f"pat/{step.name}/{n}": t for n, t in made[step.name].items()})
                if self.fresh or not step.is_cached() or key not in self.accepted:
                    runs.append(step.ran(item))
                if step.is_cached():
                    keys.add(key)
            if step.kind == "many":
                continue
            # As a foreach gathers texts.
            made[step.name] = outputs[0] if not step.each else \
                "[" + ",\n".join(json.dumps(o.rstrip("\n")) for o in outputs) + "]\n"
        return sorted(runs), files, keys

    def run(self):
        place = self.place
        runs, files, keys = self.expect()
        self.write_workflow()
        ran = f"{place.workspace}/ran"
        if os.path.exists(ran):
            os.unlink(ran)
        code, _, err = place.run("run", "-q", "-p", f"p={self.param}",
                                 *(["--fresh"] if self.fresh else []), "w.lily.yaml")
        if code:
            raise Failure(f"exit {code}: {err}")
        actual = []
        if os.path.exists(ran):
            with open(ran, encoding="ascii") as file:
                actual = sorted(file.read().split())
        if actual != runs:
            raise Failure(f"ran {actual}, and {runs} had to")
        for path, text in files.items():
            with open(f"{place.workspace}/{path}", encoding="ascii") as file:
                found = file.read()
            if found != text:
                raise Failure(f"{path} is {found!r}, not {text!r}")
        for step in self.steps:
            folder = f"pat/{step.name}"
            there = step.kind == "many" and {
                f"{folder}/{name}" for name in os.listdir(f"{place.workspace}/{folder}")
                if name.endswith(".o")}
            if there and there - files.keys():
                raise Failure(f"{sorted(there - files.keys())} is there as well")
        self.accepted |= keys
        self.fresh = False


def play(seed, rounds, verbose):
    place = Place()
    done = []
    try:
        rng = random.Random(seed)
        model = Model(rng, place)
        for turn in range(rounds):
            done.append([])
            for _ in range(rng.randint(1, 3) if turn else 0):
                done[-1].append(model.edit())
            if verbose:
                print(f"seed {seed} round {turn}: {'; '.join(done[-1])}", flush=True)
            model.run()
        place.check()
    except Failure as failure:
        with open(f"{place.workspace}/w.lily.yaml", encoding="utf-8") as file:
            text = file.read()
        raise Failure(f"seed {seed}, round {len(done) - 1}, after {done[-1]}: {failure}\n"
                      f"{text}") from failure
    finally:
        place.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--graphs", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    failures = 0
    for seed in range(options.seed, options.seed + options.graphs):
        try:
            play(seed, options.rounds, options.verbose)
        except Failure as failure:
            failures += 1
            print(f"FAILED {failure}", flush=True)
    print(f"{options.graphs - failures} passed, {failures} failed, 0 skipped")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
