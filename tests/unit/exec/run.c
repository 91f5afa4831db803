/* Plain steps: what they see, what they leave, how they end. */
#include "rig.h"

#include "base/file.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define TEXT(literal) ((char[]){literal})

static void
test_endings(void **state)
{
	static const struct {
		const char *script;
		int exit_code;
		int signal;
		const char *out;
		const char *err;
	} rows[] = {
		{"echo hello", 0, 0, "hello\n", ""},
		{"echo oops >&2", 0, 0, "", "oops\n"},
		{"printf a; printf b >&2; exit 3", 3, 0, "a", "b"},
		{"exit 255", 255, 0, "", ""},
		{"kill -9 $$", -1, 9, "", ""},
		{"kill -TERM $$", -1, 15, "", ""},
		{"cat", 0, 0, "", ""},
		{"true", 0, 0, "", ""},
		{"kill 0", -1, 15, "", ""},
		{"[ -t 0 ] || [ -e /dev/tty ] && (: </dev/tty) 2>&- && echo tty; true", 0, 0,
			"", ""},
	};
	struct rig rig;

	(void)state;
	rig_open(&rig, &(struct rig_options){0});
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct rig_result result;

		rig_run(&rig, &(struct rig_step){.script = rows[i].script}, &result);
		assert_int_equal(result.end.state, ATTEMPT_EXITED);
		assert_true(result.end.started);
		assert_string_equal(buf_cstr(&result.out), rows[i].out);
		assert_string_equal(buf_cstr(&result.err), rows[i].err);
		assert_int_equal(result.end.exit_code, rows[i].exit_code);
		assert_int_equal(result.end.signal, rows[i].signal);
		assert_int_equal(result.log.stdout_size, strlen(rows[i].out));
		assert_int_equal(result.log.stderr_size, strlen(rows[i].err));
		assert_true(result.end.ended_at_us >= result.end.started_at_us);
		assert_int_equal(result.log.fd, -1);
		rig_release(&rig, &result);
	}
	assert_int_equal(rig.n_lanes, 1);
	rig_close(&rig);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
