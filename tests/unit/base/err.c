#include "base/err.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

static void
set_gives_code_and_message(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	err.sys_errno = 99;
	assert_int_equal(err_set(&err, ERR_LIMIT, "%d is too much", 7), ERR_LIMIT);
	assert_int_equal(err.code, ERR_LIMIT);
	assert_int_equal(err.sys_errno, 0);
	assert_string_equal(err.message, "7 is too much");
}

static void
sys_maps_errno(void **state)
{
	static const struct {
		int error;
		int code;
	} rows[] = {
		{ENOENT, ERR_NOT_FOUND},
		{ENOTDIR, ERR_NOT_FOUND},
		{EACCES, ERR_DENIED},
		{EPERM, ERR_DENIED},
		{ELOOP, ERR_INVALID},
		{ENAMETOOLONG, ERR_INVALID},
		{EIO, ERR_SYS},
		{ENOSPC, ERR_SYS},
		{EROFS, ERR_SYS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = ERR_INIT;
		char wanted[256];

		(void)snprintf(wanted, sizeof(wanted), "open x: %s", strerror(rows[i].error));
		errno = rows[i].error;
		assert_int_equal(err_sys(&err, "open %s", "x"), rows[i].code);
		assert_int_equal(err.code, rows[i].code);
		assert_int_equal(err.sys_errno, rows[i].error);
		assert_string_equal(err.message, wanted);
	}
}

static void
wrap_reads_from_outside_in(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	errno = EACCES;
	(void)err_sys(&err, "open out/report.json");
	assert_int_equal(err_wrap(&err, "step %s", "build"), ERR_DENIED);
	assert_int_equal(err_wrap(&err, "run 0193"), ERR_DENIED);
	assert_string_equal(
		err.message, "run 0193: step build: open out/report.json: Permission denied");
	assert_int_equal(err.sys_errno, EACCES);
}

static void
no_err_is_allowed(void **state)
{
	(void)state;
	errno = ENOENT;
	assert_int_equal(err_sys(NULL, "x"), ERR_NOT_FOUND);
	assert_int_equal(err_set(NULL, ERR_CORRUPT, "x"), ERR_CORRUPT);
	assert_int_equal(err_wrap(NULL, "x"), ERR_SYS);
}

static void
long_messages_are_cut_and_terminated(void **state)
{
	struct err err = ERR_INIT;
	char text[2 * ERR_MESSAGE_SIZE];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, ERR_INVALID, "%s", text);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_SIZE - 1);
	(void)err_wrap(&err, "%s", text);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_SIZE - 1);
	errno = EIO;
	(void)err_sys(&err, "%s", text);
	assert_int_equal(strlen(err.message), ERR_MESSAGE_SIZE - 1);
	assert_int_equal(err.sys_errno, EIO);
	assert_string_equal(
		err.message + ERR_MESSAGE_SIZE - 1 - strlen("xx: Input/output error"),
		"xx: Input/output error");
}

static void
bug_says_where_and_aborts(void **state)
{
	const struct rlimit no_core = {0, 0};
	char text[512] = "";
	size_t used = 0;
	ssize_t n;
	int ends[2];
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		(void)signal(SIGABRT, SIG_DFL);
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)dup2(ends[1], STDERR_FILENO);
		BUG("state %d has no name", 12);
	}
	(void)close(ends[1]);
	while ((n = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0)
		used += (size_t)n;
	(void)close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(text, "err.c:"));
	assert_non_null(strstr(text, "state 12 has no name"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_gives_code_and_message),
		cmocka_unit_test(sys_maps_errno),
		cmocka_unit_test(wrap_reads_from_outside_in),
		cmocka_unit_test(no_err_is_allowed),
		cmocka_unit_test(long_messages_are_cut_and_terminated),
		cmocka_unit_test(bug_says_where_and_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
