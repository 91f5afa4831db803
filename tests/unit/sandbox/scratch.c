/* Which directories count as touched, and that clearing makes them as new. */
#include "sandbox/scratch.h"

#include "base/file.h"
#include "sandbox/lane.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define BIT(name) (UINT32_C(1) << LANE_##name)

struct fixture {
	char path[64];
	struct scratch scratch;
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = ERR_INIT;
	int dir;

	(void)snprintf(f->path, sizeof(f->path), "/tmp/lily-scratch-XXXXXX");
	if (!mkdtemp(f->path) || dir_open(AT_FDCWD, f->path, &dir, &err) < 0 ||
		lane_directories_make(dir, &err) < 0 ||
		scratch_open(&f->scratch, f->path, geteuid(), getegid(), &err) < 0)
		return -1;
	(void)close(dir);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	struct err err = ERR_INIT;
	int r = tree_remove(AT_FDCWD, f->path, &err);

	scratch_close(&f->scratch);
	free(f);
	return r;
}

static void
shell(const struct fixture *f, const char *script)
{
	char line[1000];

	(void)snprintf(line, sizeof(line), "cd %s && %s", f->path, script);
	assert_int_equal(system(line), 0);
}

static void
wait_ms(long ms)
{
	struct timespec pause = {.tv_nsec = ms * 1000000};

	(void)nanosleep(&pause, NULL);
}

struct row {
	const char *script;
	uint32_t dirty;
	uint32_t replaced;
};

static const struct row rows[] = {
	{":", 0, 0},
	{"ls -la . home tmp in out >/dev/null", 0, 0},
	{"touch home/x", BIT(HOME), 0},
	{"touch tmp/x && rm tmp/x", BIT(TMP), 0},
	{"mkdir -p in/a/b out/c", BIT(IN) | BIT(OUT), 0},
	{"touch memory/x", BIT(MEMORY), 0}, /* not mounted here */
	{"chmod 755 out", BIT(OUT), 0},
	{"chmod 0 home tmp in out", BIT(HOME) | BIT(TMP) | BIT(IN) | BIT(OUT), 0},
	{"chmod u+s home", BIT(HOME), 0},
	/* A name beside the four counts for tmp. */
	{"touch litter", BIT(TMP), 0},
	{"rmdir out && mkdir -m 700 out && touch -d @1 out", BIT(OUT) | BIT(TMP), BIT(OUT)},
	{"rmdir home", BIT(HOME) | BIT(TMP), BIT(HOME)},
	{"rmdir home && touch home", BIT(HOME) | BIT(TMP), BIT(HOME)},
	{"rmdir in && ln -s out in", BIT(IN) | BIT(TMP), BIT(IN)},
	{"mv tmp t && mv home tmp && mv t home", BIT(HOME) | BIT(TMP), BIT(HOME) | BIT(TMP)},
};

static void
check_clean(struct fixture *f, const char *after)
{
	static const char *const look =
		"[ \"$(stat -c %a home tmp in out | sort -u)\" = 700 ] && "
		"[ \"$(find . | LC_ALL=C sort | tr '\\n' ' ')\" = '. ./home ./in ./memory "
		"./out ./tmp ' ]";
	uint32_t dirty;
	uint32_t replaced;
	struct err err = ERR_INIT;

	assert_int_equal(scratch_check(&f->scratch, &dirty, &replaced, &err), 0);
	if (dirty || replaced)
		fail_msg("after \"%s\": dirty %x, replaced %x", after, dirty, replaced);
	shell(f, look);
}

static void
check_rows(struct fixture *f, long pause_ms)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		uint32_t dirty;
		uint32_t replaced;
		struct err err = ERR_INIT;

		shell(f, rows[i].script);
		wait_ms(pause_ms);
		if (scratch_check(&f->scratch, &dirty, &replaced, &err) < 0)
			fail_msg("%s", err.message);
		/* What was made and removed within one tick may go unseen: it is clean. */
		if ((dirty | BIT(TMP)) != (rows[i].dirty | BIT(TMP)) ||
			replaced != rows[i].replaced)
			fail_msg("\"%s\": dirty %x, replaced %x", rows[i].script, dirty,
				replaced);
		if (pause_ms)
			assert_int_equal(dirty, rows[i].dirty);
		if (scratch_clear(&f->scratch, &replaced, &err) < 0)
			fail_msg("%s", err.message);
		wait_ms(pause_ms);
		check_clean(f, rows[i].script);
		check_clean(f, rows[i].script);
	}
}

/* At once after clearing, when change times cannot tell, and well after. */
static void
test_young(void **state)
{
	for (int i = 0; i < 5; i++)
		check_rows(*state, 0);
}

static void
test_settled(void **state)
{
	check_rows(*state, 30);
}

/* A directory that was not empty when it was taken over is not clean, however old it is. */
static void
test_taken_over(void **state)
{
	struct fixture *f = *state;
	uint32_t dirty;
	uint32_t replaced;
	struct err err = ERR_INIT;

	shell(f, "touch in/left");
	wait_ms(50);
	scratch_close(&f->scratch);
	assert_int_equal(scratch_open(&f->scratch, f->path, geteuid(), getegid(), &err), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(scratch_check(&f->scratch, &dirty, &replaced, &err), 0);
		assert_int_equal(dirty, BIT(IN));
	}
	assert_int_equal(scratch_clear(&f->scratch, &replaced, &err), 0);
	check_clean(f, "taken over");
}

static void
test_moved_slot(void **state)
{
	struct fixture *f = *state;
	uint32_t dirty;
	uint32_t replaced;
	struct err err = ERR_INIT;
	char moved[100];

	(void)snprintf(moved, sizeof(moved), "%s.moved", f->path);
	assert_int_equal(rename(f->path, moved), 0);
	assert_int_equal(scratch_check(&f->scratch, &dirty, &replaced, &err), ERR_NOT_FOUND);
	assert_int_equal(rename(moved, f->path), 0);
	assert_int_equal(scratch_check(&f->scratch, &dirty, &replaced, &err), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_young, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_settled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_over, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_moved_slot, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
