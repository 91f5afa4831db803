/* Runs without a plan. */
#include "run/deposit.h"
#include "fixture.h"

static void
test_a_folder_that_refuses_is_no_run_with_the_key(void **state)
{
	struct place p;
	struct uuid id;
	int r;

	(void)state;
	place_open(&p);
	OK(fchmodat(store_directory(p.store), "runs", 0500, 0));
	/* To the superuser no folder says no. */
	if (getuid() == 0)
		OK(seteuid(65534));
	r = deposit_create(p.store, NULL, STR("nightly"), &id, &err);
	if (getuid() == 0)
		OK(seteuid(0));
	OK(fchmodat(store_directory(p.store), "runs", 0700, 0));
	assert_int_equal(r, ERR_DENIED);
	assert_non_null(strstr(err.message, "Permission denied"));
	place_close(&p);
}

static void
test_one_run_a_key(void **state)
{
	struct place p;
	struct uuid first;
	struct uuid second;

	(void)state;
	place_open(&p);
	assert_int_equal(deposit_create(p.store, NULL, STR("nightly"), &first, &err), 0);
	assert_int_equal(deposit_create(p.store, NULL, STR("nightly"), &second, &err), 1);
	assert_memory_equal(first.bytes, second.bytes, sizeof(first.bytes));
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_folder_that_refuses_is_no_run_with_the_key),
		cmocka_unit_test(test_one_run_a_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
