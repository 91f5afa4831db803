/* Where attempts work: empty, their own and reachable, whatever the one before did. */
#include "rig.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define INSPECT                                                                           \
	"for d in $HOME $TMPDIR $LILY_IN $LILY_OUT; do "                                  \
	"[ $(stat -c %a $d) = 700 ] && [ $(stat -c %u $d) = $(id -u) ] || echo mode $d; " \
	"touch $d/probe && rm $d/probe || echo closed $d; ls -A $d; done; "               \
	"ls $(dirname $HOME)"
#define CLEAN "home\nin\nmemory\nout\ntmp\n"

/* Each is run, then the next step looks around. */
static const char *const messes[] = {
	"true",
	"echo x > $HOME/.profile; mkdir $TMPDIR/d; echo x > $TMPDIR/d/f; ln -s / $HOME/root",
	"mkdir -p $HOME/a/b/c; echo x > $HOME/a/b/c/f; chmod 000 $HOME/a/b/c $HOME/a/b $HOME/a",
	"cd $TMPDIR; i=0; while [ $i -lt 5000 ]; do : > f$i; i=$((i+1)); done",
	"python3 -c 'import os\nos.chdir(os.environ[\"HOME\"])\n"
	"for i in range(2000):\n os.mkdir(\"d\"); os.chdir(\"d\")'",
	"mv $HOME $HOME.gone",
	"rm -rf $HOME $TMPDIR $LILY_IN $LILY_OUT",
	"rmdir $HOME; echo file > $HOME; rmdir $LILY_OUT; ln -s /etc $LILY_OUT",
	"rmdir $TMPDIR; mkdir $TMPDIR; echo inner > $TMPDIR/x; rmdir $LILY_OUT; mkdir "
	"$LILY_OUT",
	"chmod 000 $HOME $TMPDIR $LILY_IN $LILY_OUT",
	"chmod 555 $(dirname $HOME)",
	"chmod 000 $(dirname $HOME)",
	"echo litter > $(dirname $HOME)/litter; mkdir $(dirname $HOME)/dir",
	"mkfifo $HOME/fifo; touch $HOME/-rf \"$HOME/a b\" \"$HOME/$(printf 'a\\nb')\"",
	"s=$(dirname $HOME); mv $s $s.gone",
	"s=$(dirname $HOME); mv $s $s.gone; mkdir $s; echo trap > $s/home",
	"s=$(dirname $HOME); rm -rf $s 2>&-; true",
	"cd $HOME && setfattr -n user.x -v y . 2>/dev/null; true",
	"(trap '' TERM; cd $HOME; while :; do echo x > f; done) & sleep 0.05",
};

static void
check_messes(enum lane_mode mode)
{
	struct rig rig;

	rig_open(&rig, &(struct rig_options){.mode = mode});
	rig_expect(&rig, INSPECT, CLEAN);
	for (size_t i = 0; i < ARRAY_SIZE(messes); i++) {
		struct rig_result result;

		rig_run(&rig, &(struct rig_step){.script = messes[i], .grace_us = 50000},
			&result);
		if (result.end.exit_code != 0)
			fail_msg("%s: %s", messes[i], buf_cstr(&result.err));
		rig_release(&rig, &result);
		rig_run(&rig, &(struct rig_step){.script = INSPECT}, &result);
		if (strcmp(buf_cstr(&result.out), CLEAN) != 0 || result.err.n)
			fail_msg("after \"%s\": %s%s", messes[i], buf_cstr(&result.out),
				buf_cstr(&result.err));
		rig_release(&rig, &result);
	}
	rig_close(&rig);
}

static void
test_messes(void **state)
{
	(void)state;
	check_messes(LANE_MODE_PID_NAMESPACE);
}

static void
test_messes_under_subreaper(void **state)
{
	(void)state;
	check_messes(LANE_MODE_SUBREAPER);
}

/* As root, what only a new set of directories and mounts can cure. */
static void
test_messes_of_root(void **state)
{
	static const char *const scripts[] = {
		"mount -t tmpfs none $HOME && echo x > $HOME/x",
		"echo x > $HOME/x && chattr +i $HOME/x 2>/dev/null || true",
		"mkdir $TMPDIR/m && mount -t tmpfs none $TMPDIR/m",
		"chown 1:1 $HOME; echo x > $HOME/x",
		"cd ${HOME%home}memory; mount -o remount,bind,rw $PWD && mkdir -p d/e",
		"umount -l ${HOME%home}memory; umount -l ${HOME%home}memory",
		"mount -t tmpfs none ${HOME%home}memory && echo x > ${HOME%home}memory/x",
	};
	struct rig rig;

	(void)state;
	if (geteuid() != 0 || !rig_has_namespaces())
		skip();
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
		struct rig_result result;

		rig_run(&rig, &(struct rig_step){.script = scripts[i]}, &result);
		if (result.end.exit_code != 0)
			fail_msg("%s: %s", scripts[i], buf_cstr(&result.err));
		rig_release(&rig, &result);
		rig_expect(&rig, INSPECT, CLEAN);
	}
	assert_int_equal(system("chattr -R -f -i /tmp/lily-rig-*/slots; true"), 0);
	rig_close(&rig);
}

/* Inputs are written before the step and gone after it, wherever they are, and no step can write
 * to those in memory; outputs stay until release. */
static void
test_inputs_and_outputs(void **state)
{
	char *const environment[] = {(char[]){"PATH=/usr/bin:/bin"}, NULL};
	AUTO_BUF struct buf text = BUF_INIT(4096);
	struct err err = ERR_INIT;
	unsigned n_memory = 0;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){.slots = 2});
	for (uint32_t i = 1; i <= 50; i++) {
		char *argv[] = {(char[]){"sh"}, (char[]){"-c"},
			(char[]){"ls -A $LILY_IN; tr a-z A-Z < $LILY_IN/name > "
				 "$LILY_OUT/result; find ${LILY_IN%/*}/in ${LILY_IN%/*}/memory "
				 "-type f | wc -l; case $LILY_IN in *memory) "
				 "! touch $LILY_IN/more 2>&-;; esac"},
			NULL};
		AUTO_BUF struct buf handle = BUF_INIT(4096);
		struct attempt_spec spec = {
			.number = i, .argv = argv, .environ = environment, .cwd = "/"};
		struct rig_result result = {.number = i,
			.out = BUF_INIT(4096),
			.err = BUF_INIT(4096),
			.notes = BUF_INIT(4096),
			.handle = BUF_INIT(4096)};
		char input[32];
		bool in_memory;
		int r;

		while ((r = rig.executor->ops->prepare(rig.executor, i, &result.place, &err)) ==
			0)
			assert_int_equal(loop_turn(rig.loop, 1000000, &err), 0);
		assert_int_equal(r, 1);
		(void)snprintf(input, sizeof(input), "input %u", i);
		in_memory = i % 3 && result.place.memory_dir >= 0;
		n_memory += in_memory;
		spec.in = in_memory ? result.place.memory : result.place.in;
		assert_int_equal(
			file_replace(in_memory ? result.place.memory_dir : result.place.in_dir,
				"name", str_of(input), 0444, FILE_NO_SYNC, &err),
			0);
		assert_int_equal(rig.executor->ops->submit(rig.executor, &spec, &handle, &err),
			SUBMIT_OK);
		rig_finish(&rig, &result);
		assert_string_equal(buf_cstr(&result.out), "name\n1\n");
		assert_int_equal(result.end.exit_code, 0);
		buf_clear(&text);
		assert_int_equal(file_read(result.place.out_dir, "result", &text, &err), 0);
		(void)snprintf(input, sizeof(input), "INPUT %u", i);
		assert_string_equal(buf_cstr(&text), input);
		rig_release(&rig, &result);
	}
	assert_true(rig.n_lanes <= 2);
	assert_true(n_memory > 0 || !rig_has_namespaces());
	rig_close(&rig);
}

/* An output directory that the step itself put there is the one that is read. */
static void
test_replaced_output(void **state)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	struct rig_result result;
	struct err err = ERR_INIT;
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (int i = 0; i < 3; i++) {
		rig_run(&rig,
			&(struct rig_step){
				.script = "mkdir $TMPDIR/dist; echo built > $TMPDIR/dist/o; "
					  "rmdir $LILY_OUT; mv $TMPDIR/dist $LILY_OUT; "
					  "chmod 0 $LILY_OUT"},
			&result);
		buf_clear(&text);
		if (file_read(result.place.out_dir, "o", &text, &err) < 0)
			fail_msg("%s", err.message);
		assert_string_equal(buf_cstr(&text), "built\n");
		rig_release(&rig, &result);
	}
	rig_close(&rig);
}

/* A place that is given back unused is empty for the next. */
static void
test_unused_place(void **state)
{
	struct attempt_place place;
	struct err err = ERR_INIT;
	struct rig rig;
	int r;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	assert_int_equal(rig.executor->ops->prepare(rig.executor, 70, &place, &err), 1);
	assert_int_equal(
		file_replace(place.in_dir, "x", STR("x"), 0444, FILE_NO_SYNC, &err), 0);
	rig.executor->ops->release(rig.executor, 70);
	rig_expect(&rig, INSPECT, CLEAN);
	while ((r = rig.executor->ops->prepare(rig.executor, 71, &place, &err)) == 0)
		assert_int_equal(loop_turn(rig.loop, 1000000, &err), 0);
	assert_int_equal(r, 1);
	if (place.memory_dir >= 0)
		assert_int_equal(
			file_replace(place.memory_dir, "x", STR("x"), 0444, FILE_NO_SYNC, &err),
			0);
	rig.executor->ops->release(rig.executor, 71);
	rig_expect(&rig, "ls -A $(dirname $HOME)/memory", "");
	rig_expect(&rig, INSPECT, CLEAN);
	rig_close(&rig);
}

/* Nothing remains in the run's directory, and nothing is made per attempt that needs nothing. */
static void
test_traces(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *names;
	struct rig rig;
	size_t n;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (int i = 0; i < 20; i++)
		rig_expect(&rig, "echo some output", "some output\n");
	assert_int_equal(dir_list(rig.directory, ".", &arena, &names, &n, &err), 0);
	assert_int_equal(n, 1);
	assert_true(str_is(names[0], "slots"));
	rig.executor->ops->free(rig.executor);
	assert_int_equal(dir_list(rig.directory, ".", &arena, &names, &n, &err), 0);
	assert_int_equal(n, 0);
	loop_free(rig.loop);
	(void)close(rig.directory);
	assert_int_equal(rmdir(rig.path), 0);
}

static size_t
count_names(const struct rig *rig, const char *path)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct err err = ERR_INIT;
	struct str *names;
	size_t n;

	assert_int_equal(dir_list(rig->directory, path, &arena, &names, &n, &err), 0);
	return n;
}

/* Secrets and all, with lanes that have memory and with those that have none. */
static void
keep_attempts(enum lane_mode mode)
{
	static const struct secret_file secret = {"s", {"of no concern", 13}};
	static const char script[] =
		"ls -A $HOME $TMPDIR $LILY_OUT | grep -v : | grep . && exit 9;"
		"cat $LILY_SECRETS/s >/dev/null && echo $0 >$TMPDIR/x;"
		"echo $TMPDIR >$HOME/where";
	struct rig rig;

	rig_open(&rig, &(struct rig_options){.mode = mode, .keep = true, .slots = 1});
	for (uint32_t i = 1; i <= 3; i++) {
		AUTO_BUF struct buf where = BUF_INIT(4096);
		struct err err = ERR_INIT;
		struct rig_result result;
		char path[128];

		rig_run(&rig,
			&(struct rig_step){
				.script = script, .secret_files = &secret, .n_secret_files = 1},
			&result);
		assert_int_equal(result.end.exit_code, 0);
		rig_release(&rig, &result);
		(void)snprintf(path, sizeof(path), "attempts/%u/home/where", result.number);
		assert_int_equal(file_read(rig.directory, path, &where, &err), 0);
		(void)snprintf(
			path, sizeof(path), "%s/attempts/%u/tmp\n", rig.path, result.number);
		assert_string_equal(buf_cstr(&where), path);
		(void)snprintf(path, sizeof(path), "attempts/%u/tmp/x", result.number);
		assert_int_equal(faccessat(rig.directory, path, F_OK, 0), 0);
		(void)snprintf(path, sizeof(path), "attempts/%u/memory", result.number);
		assert_int_equal(faccessat(rig.directory, path, F_OK, 0), -1);
		(void)snprintf(path, sizeof(path), "attempts/%u/in", result.number);
		assert_int_equal(count_names(&rig, path), 0);
	}
	rig_close(&rig);
}

static void
test_kept(void **state)
{
	(void)state;
	keep_attempts(LANE_MODE_PID_NAMESPACE);
}

static void
test_kept_under_subreaper(void **state)
{
	(void)state;
	keep_attempts(LANE_MODE_SUBREAPER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messes),
		cmocka_unit_test(test_messes_under_subreaper),
		cmocka_unit_test(test_messes_of_root),
		cmocka_unit_test(test_inputs_and_outputs),
		cmocka_unit_test(test_replaced_output),
		cmocka_unit_test(test_unused_place),
		cmocka_unit_test(test_traces),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_kept_under_subreaper),
	};

	return rig_main("place", tests, ARRAY_SIZE(tests));
}
