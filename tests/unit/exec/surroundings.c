/* Where steps start and what they find there: folders, standard input, secrets. */
#include "rig.h"

#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <cmocka.h>

static int
make_file(const char *text)
{
	struct err err = ERR_INIT;
	int fd = memfd_create("stdin", MFD_CLOEXEC);

	assert_true(fd > 0);
	assert_int_equal(file_write(fd, text, strlen(text), &err), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void
check(struct rig *rig, const struct rig_step *step, const char *out)
{
	struct rig_result result;

	rig_run(rig, step, &result);
	if (result.end.exit_code != 0)
		print_error("stderr: %s %s\n", buf_cstr(&result.err),
			result.end.start_error.message);
	assert_string_equal(buf_cstr(&result.out), out);
	assert_int_equal(result.end.exit_code, 0);
	rig_release(rig, &result);
}

static void
test_standard_input(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (int i = 0; i < 2; i++) {
		int fd = make_file("one\ntwo\n");

		check(&rig, &(struct rig_step){.script = "cat", .stdin_fd = fd}, "one\ntwo\n");
		(void)close(fd);
		check(&rig, &(struct rig_step){.script = "cat"}, "");
	}
	rig_close(&rig);
}

/* Past LANE_INLINE_MAX the strings come in a file of their own, beside it. */
static void
test_standard_input_and_many_variables(void **state)
{
	char path[] = "PATH=/usr/bin:/bin";
	char *large = memory_zeroed(100001, 1);
	char *environment[] = {path, large, NULL};
	int fd = make_file("input");
	struct rig rig;

	(void)state;
	memset(large, 'x', 100000);
	memcpy(large, "LARGE=", 6);
	rig_open(&rig, &(struct rig_options){0});
	check(&rig,
		&(struct rig_step){.script = "echo ${#LARGE}; cat",
			.environ = environment,
			.stdin_fd = fd},
		"99994\ninput");
	rig_close(&rig);
	(void)close(fd);
	free(large);
}

static void
test_folders(void **state)
{
	char top[] = "/tmp/lily-below-XXXXXX";
	struct err err = ERR_INIT;
	struct rig_result result;
	AUTO_BUF struct buf wanted = BUF_INIT(4096);
	AUTO_CLOSE int dir = -1;
	struct rig rig;

	(void)state;
	assert_non_null(mkdtemp(top));
	assert_int_equal(dir_open(AT_FDCWD, top, &dir, &err), 0);
	assert_int_equal(dir_make_all(dir, "a/b", 0755, &err), 0);
	assert_int_equal(symlinkat("/tmp", dir, "out"), 0);
	assert_int_equal(symlinkat("a", dir, "in"), 0);
	buf_printf(&wanted, "%s/a/b\n", top);
	rig_open(&rig, &(struct rig_options){0});
	check(&rig, &(struct rig_step){.script = "pwd -P", .cwd = top, .below = "a/b"},
		buf_cstr(&wanted));
	check(&rig, &(struct rig_step){.script = "pwd -P", .cwd = top, .below = "in/b"},
		buf_cstr(&wanted));
	rig_run(&rig, &(struct rig_step){.script = "pwd", .cwd = top, .below = "out"}, &result);
	assert_false(result.end.started);
	assert_string_equal(result.end.start_error.message,
		"cwd out leads out of the workspace by a link; start in a folder of it");
	rig_release(&rig, &result);
	for (int i = 0; i < 2; i++)
		check(&rig,
			&(struct rig_step){
				.script = "ls -A; echo x >f; mkdir -m 0 d; echo done",
				.in_scratch = true},
			"done\n");
	rig_close(&rig);
	assert_int_equal(tree_remove(AT_FDCWD, top, &err), 0);
}

/* In memory, and where there is none, on disk; either way it is gone for the next step. */
static void
test_secret_files(void **state)
{
	static const enum lane_mode modes[] = {LANE_MODE_PID_NAMESPACE, LANE_MODE_SUBREAPER};
	const struct secret_file files[] = {{"A", STR("value a\n")}, {"b.c", STR("value b")}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct rig rig;

		rig_open(&rig, &(struct rig_options){.mode = modes[i]});
		for (int j = 0; j < 2; j++) {
			check(&rig,
				&(struct rig_step){
					.script = "cd $LILY_SECRETS && stat -c %a . A && ls "
						  "&& cat A b.c",
					.secret_files = files,
					.n_secret_files = ARRAY_SIZE(files)},
				"500\n400\nA\nb.c\nvalue a\nvalue b");
			check(&rig,
				&(struct rig_step){
					.script = "echo ${LILY_SECRETS-none}; "
						  "cd ${LILY_IN%/*} && ls -A in memory"},
				"none\nin:\n\nmemory:\n");
		}
		rig_close(&rig);
	}
}

static void
test_secrets_are_not_captured(void **state)
{
	struct redactor *redactor = redactor_new();
	struct rig_result result;
	struct rig rig;

	(void)state;
	redactor_add(redactor, STR("T"), STR("0123456789"));
	redactor_finish(redactor);
	rig_open(&rig, &(struct rig_options){0});
	check(&rig,
		&(struct rig_step){
			.script = "printf 01234; sleep 0.3; printf 56789.; printf 0123",
			.redactor = redactor},
		"[secret T].0123");
	check(&rig, &(struct rig_step){.script = "printf 0123456789"}, "0123456789");
	rig_run(&rig,
		&(struct rig_step){.script = "printf 0123456789",
			.stdout_name = "o",
			.redactor = redactor},
		&result);
	assert_true(str_is(result.log.stdout_secret, "T"));
	assert_int_equal(result.log.stdout_size, strlen("[secret T]"));
	rig_release(&rig, &result);
	rig_close(&rig);
	redactor_free(redactor);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_standard_input_and_many_variables),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_secret_files),
		cmocka_unit_test(test_secrets_are_not_captured),
	};

	return rig_main("surroundings", tests, ARRAY_SIZE(tests));
}
