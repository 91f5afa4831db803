/*
 * Turns: one at a time, in the order in which they came, and what ends without a word holds nobody up.
 */
#include "store/turn.h"
#include "fixture.h"

#define KEY STR("a key of any kind: \n / \xff")

static void
test_one_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct turn *a, *b, *c, *other;
	struct turn_holder holder;
	struct uuid id;

	must(turn_new(f->store, KEY, &a, &f->err));
	must(turn_new(f->store, KEY, &b, &f->err));
	must(turn_new(f->store, KEY, &c, &f->err));
	must(turn_new(f->store, STR("other"), &other, &f->err));
	assert_true(turn_is_of(a, KEY) && !turn_is_of(other, KEY));
	assert_int_equal(turn_take(a, &holder, &f->err), 1);
	assert_int_equal(turn_take(other, &holder, &f->err), 1);
	assert_int_equal(turn_take(b, &holder, &f->err), 0);
	assert_false(holder.has_run);
	must(uuid_new(&id, &f->err));
	must(turn_note(a, &id, &f->err));
	assert_int_equal(turn_take(c, &holder, &f->err), 0);
	assert_true(holder.has_run && uuid_equal(&holder.run, &id) && holder.since_us > 0);
	turn_free(a);
	/* c has asked first since, but b has come first; a has it no more. */
	assert_int_equal(turn_take(c, &holder, &f->err), 0);
	assert_false(holder.has_run);
	assert_int_equal(turn_take(b, &holder, &f->err), 1);
	turn_free(b);
	assert_int_equal(turn_take(c, &holder, &f->err), 1);
	turn_free(c);
	turn_free(other);
}

static void
test_who_leaves_the_line(void **state)
{
	struct fixture *f = *state;
	struct turn *a, *b, *c;
	struct turn_holder holder;

	must(turn_new(f->store, KEY, &a, &f->err));
	must(turn_new(f->store, KEY, &b, &f->err));
	must(turn_new(f->store, KEY, &c, &f->err));
	assert_int_equal(turn_take(a, &holder, &f->err), 1);
	assert_int_equal(turn_take(b, &holder, &f->err), 0);
	assert_int_equal(turn_take(c, &holder, &f->err), 0);
	turn_free(b);
	turn_free(a);
	assert_int_equal(turn_take(c, &holder, &f->err), 1);
	turn_free(c);
}

/* A file of the line that nobody has locked is what a killed process leaves. */
static void
test_rubbish(void **state)
{
	struct fixture *f = *state;
	AUTO_CLOSE int folder = -1;
	struct turn_holder holder;
	struct digest digest;
	char hex[DIGEST_HEX_SIZE];
	char path[256];
	const struct timespec old[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct turn *a;

	digest_of(KEY.p, KEY.n, &digest);
	(void)snprintf(
		path, sizeof(path), "%s/turns/%s.queue", f->path, digest_to_hex(&digest, hex));
	must(dir_make_all(AT_FDCWD, path, 0700, &f->err));
	must(dir_open(AT_FDCWD, path, &folder, &f->err));
	fd_close(&(int){openat(folder, "00000000-0000-7000-8000-000000000000",
		O_CREAT | O_WRONLY | O_CLOEXEC, 0600)});
	fd_close(&(int){openat(folder, ".making", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)});
	fd_close(&(int){openat(folder, ".left", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)});
	assert_int_equal(utimensat(folder, ".left", old, 0), 0);
	must(turn_new(f->store, KEY, &a, &f->err));
	assert_int_equal(turn_take(a, &holder, &f->err), 1);
	assert_int_not_equal(
		faccessat(folder, "00000000-0000-7000-8000-000000000000", F_OK, 0), 0);
	assert_int_not_equal(faccessat(folder, ".left", F_OK, 0), 0);
	assert_int_equal(faccessat(folder, ".making", F_OK, 0), 0);
	turn_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_one_at_a_time, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_who_leaves_the_line, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_rubbish, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
