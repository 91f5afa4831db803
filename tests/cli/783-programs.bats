load setup.bash

# Programs that people use every day are unharmed by the default policy: each does its work in one step.

# One step with the script on standard input, held to the default. Usage: step
step() {
	{
		printf 'lily: 1\nsteps:\n  work:\n    run: |\n'
		sed 's/^/      /'
	} >w.lily.yaml
	run --separate-stderr lily run
	[[ $status -eq 0 ]] || lily logs work >&2
	expect 0
	hasnt "$(lily events --json | grep attempt.submitted)" '"name":"none"'
}

needs() {
	local program
	for program; do
		command -v "$program" >/dev/null || skip "there is no $program"
	done
}

@test "git: init in a folder, add, commit, branch, merge, tag, clone; and in the workspace itself" {
	needs git
	git init -q -b main . && git config user.name A && git config user.email a@example.org
	echo one >file && git add file && git commit -qm one
	step <<'SH'
echo two >>file && git add file && git commit -qm two
git checkout -qb side && echo three >other && git add other && git commit -qm three
git checkout -q main && git merge -q --no-ff -m merged side && git tag v1
git stash list && git gc -q && git fsck
git clone -q . copy && git -C copy log --oneline | grep merged
git init -q fresh && echo x >fresh/x && git -C fresh -c user.name=B -c user.email=b@example.org add x
SH
	[[ $(git tag) == v1 ]]
	[[ $(git log --oneline | wc -l) == 4 ]]
	git fsck
}

@test "git config: kept from steps, and from those alone that do not say that they write it" {
	needs git
	git init -q -b main . && git config user.name A
	printf 'lily: 1\nsteps: { work: { run: git config user.name B } }\n' >w.lily.yaml
	go run
	expect 1
	has "$stderr" 'could not write config file .git/config'
	[[ $(git config user.name) == A ]]
	sed -i 's/work: {/work: { policy: { write: [ ., .git\/config ] },/' w.lily.yaml
	go run
	expect 0
	[[ $(git config user.name) == B ]]
}

@test "a compiler and make: objects, archive, shared library, program, dependencies, parallel" {
	needs gcc make ar
	mkdir src
	for n in 1 2 3 4 5 6 7 8; do
		printf '#include "all.h"\nint f%d(void) { return %d; }\n' $n $n >src/f$n.c
	done
	{ for n in 1 2 3 4 5 6 7 8; do echo "int f$n(void);"; done; } >src/all.h
	printf '#include <stdio.h>\n#include "all.h"\nint main(void) { printf("%%d\\n", f1() + f8()); return 0; }\n' >src/main.c
	cat >Makefile <<'MAKE'
objects = $(patsubst src/%.c,build/%.o,$(wildcard src/f*.c))
all: build/program build/libf.so
build/%.o: src/%.c ; @mkdir -p build && $(CC) -pipe -fPIC -MMD -O2 -g -c -o $@ $<
build/libf.a: $(objects) ; $(AR) rcs $@ $^
build/libf.so: $(objects) ; $(CC) -shared -o $@ $^
build/program: src/main.c build/libf.a ; $(CC) -O2 -flto -o $@ $^
check: all ; test "$$(build/program)" = 9
-include $(wildcard build/*.d)
MAKE
	step <<'SH'
make -j4 check
touch src/all.h && make -j4 check
SH
	[[ $(build/program) == 9 ]]
}

@test "python3: a virtual environment without a network, its tests, processes that share memory" {
	needs python3
	/usr/bin/python3 -c 'import venv' 2>/dev/null || skip "no venv"
	cat >test_it.py <<'PY'
import multiprocessing, sqlite3, tempfile, unittest

def square(n):
    return n * n

class It(unittest.TestCase):
    def test_pool(self):
        with multiprocessing.Pool(2) as pool:
            self.assertEqual(pool.map(square, range(4)), [0, 1, 4, 9])
    def test_shared(self):
        from multiprocessing import shared_memory
        block = shared_memory.SharedMemory(create=True, size=64)
        block.buf[0] = 7
        other = shared_memory.SharedMemory(block.name)
        self.assertEqual(other.buf[0], 7)
        other.close()
        block.close(); block.unlink()
    def test_temporary(self):
        with tempfile.NamedTemporaryFile("w+") as file:
            file.write("x"); file.flush()
            with open(file.name) as again:
                self.assertEqual(again.read(), "x")
    def test_database(self):
        db = sqlite3.connect("it.db")
        db.execute("PRAGMA journal_mode=WAL"); db.execute("CREATE TABLE t(n)")
        db.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(100)]); db.commit()
        self.assertEqual(db.execute("SELECT sum(n) FROM t").fetchone()[0], 4950)
PY
	step <<'SH'
/usr/bin/python3 -m venv --without-pip env
env/bin/python -c 'import sys; assert sys.prefix.endswith("/env")'
env/bin/python -m unittest -q test_it
SH
	[[ -s it.db ]]
}

@test "node and npm without a network: a package of the workspace, its script" {
	needs node npm
	mkdir -p lib
	echo '{"name":"lib","version":"1.0.0","main":"i.js"}' >lib/package.json
	echo 'module.exports = 42' >lib/i.js
	echo '{"name":"app","version":"1.0.0","dependencies":{"lib":"file:./lib"},"scripts":{"test":"node t.js"}}' >package.json
	echo 'require("fs").writeFileSync("out", String(require("lib")))' >t.js
	step <<'SH'
npm install --offline --no-audit --no-fund --silent
npm test --silent
SH
	[[ $(cat out) == 42 ]]
}

@test "perl, tar, sort, find, xargs, sed and a long shell script" {
	needs perl tar
	mkdir -p in/a in/b
	for n in {1..200}; do echo "line $n" >"in/a/$n"; done
	ln -s ../a/1 in/b/link
	step <<'SH'
perl -MFile::Temp=tempfile -MDigest::SHA -e 'my ($h, $n) = tempfile(); print $h "x"; close $h; -s $n or die; print Digest::SHA::sha256_hex("x"), "\n"'
tar -czf all.tgz in && mkdir out && tar -xzf all.tgz -C out && diff -r in out/in
find in -type f -print0 | xargs -0 -n 20 -P 4 cat | sort -k2n --parallel=2 -T "$TMPDIR" | sed -n '$p' | grep 'line 200'
total=0
for file in in/a/*; do read -r _ n <"$file"; total=$((total + n)); done
[ "$total" -eq 20100 ]
(trap 'echo ended >trapped' EXIT; exit 0)
[ "$(cat trapped)" = ended ]
mkfifo pipe && { echo through >pipe & read -r word <pipe; wait; [ "$word" = through ]; } && rm pipe
exec 9>lock && flock 9
cat <<END >here
$(printf '%s' "$HOME" | grep -c .)
END
diff <(sort in/a/1) <(sort in/a/1)
test -w /dev/null && head -c 16 /dev/urandom | wc -c | grep 16
[ -z "$(ls -A "$HOME")" ] && echo kept >"$HOME/x" && echo t >"$TMPDIR/t" && touch /tmp/t /dev/shm/s
SH
	[[ -s all.tgz ]]
}
