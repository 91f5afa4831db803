#include "base/uuid.h"

#include "base/clock.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { PER_THREAD = 20000, THREADS = 4 };

static uint64_t
milliseconds_of(const struct uuid *uuid)
{
	uint64_t ms = 0;

	for (size_t i = 0; i < 6; i++)
		ms = ms << 8 | uuid->bytes[i];
	return ms;
}

static void
has_version_variant_and_time(void **state)
{
	struct uuid uuid;
	struct err err = ERR_INIT;
	uint64_t before = (uint64_t)clock_utc_us() / 1000;
	uint64_t after;

	(void)state;
	assert_int_equal(uuid_new(&uuid, &err), 0);
	after = (uint64_t)clock_utc_us() / 1000;
	assert_int_equal(uuid.bytes[6] >> 4, 7);
	assert_int_equal(uuid.bytes[8] >> 6, 2);
	assert_true(milliseconds_of(&uuid) >= before);
	assert_true(milliseconds_of(&uuid) <= after + 1);
}

static void *
make_many(void *context)
{
	struct uuid *uuids = context;

	for (size_t i = 0; i < PER_THREAD; i++)
		if (uuid_new(&uuids[i], NULL) < 0)
			return uuids;
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct uuid));
}

static void
increases_strictly_in_each_thread_and_repeats_in_none(void **state)
{
	static struct uuid uuids[THREADS][PER_THREAD];
	pthread_t threads[THREADS];
	void *failed;

	(void)state;
	for (size_t t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, make_many, uuids[t]), 0);
	for (size_t t = 0; t < THREADS; t++) {
		assert_int_equal(pthread_join(threads[t], &failed), 0);
		assert_null(failed);
	}
	for (size_t t = 0; t < THREADS; t++)
		for (size_t i = 1; i < PER_THREAD; i++)
			if (compare(&uuids[t][i - 1], &uuids[t][i]) >= 0)
				fail_msg("thread %zu: %zu is not above the one before", t, i);
	qsort(uuids, (size_t)THREADS * PER_THREAD, sizeof(struct uuid), compare);
	for (size_t i = 1; i < (size_t)THREADS * PER_THREAD; i++)
		assert_true(memcmp(&uuids[0][0] + i - 1, &uuids[0][0] + i, 8) < 0);
}

static void
text_sorts_and_parses_back(void **state)
{
	char last[UUID_TEXT_SIZE] = "";

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char text[UUID_TEXT_SIZE];
		struct uuid uuid;
		struct uuid parsed;

		assert_int_equal(uuid_new(&uuid, NULL), 0);
		assert_int_equal(strlen(uuid_to_text(&uuid, text)), 36);
		assert_true(strcmp(last, text) < 0);
		assert_true(uuid_parse(str_of(text), &parsed));
		assert_memory_equal(&uuid, &parsed, sizeof(uuid));
		memcpy(last, text, sizeof(text));
	}
}

static void
parse_accepts_one_form(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398f", true},
		{"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", true},
		{"", false},
		{"017f22e279b07cc398c4dc0c0c07398f", false},
		{"{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c07398g", false},
		{"017f22e2-79b0-7cc3-98c4_dc0c0c07398f", false},
		{"017f22e-279b0-7cc3-98c4-dc0c0c07398f", false},
		{"-17f22e2-79b0-7cc3-98c4-dc0c0c07398f", false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c0739\x01"
		 "f",
			false},
		{"017f22e2-79b0-7cc3-98c4-dc0c0c0739`f", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct uuid uuid = {{9}};

		if (uuid_parse(str_of(rows[i].text), &uuid) != rows[i].good)
			fail_msg("%s", rows[i].text);
		assert_int_equal(uuid.bytes[0], rows[i].good ? 1 : 9);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_version_variant_and_time),
		cmocka_unit_test(increases_strictly_in_each_thread_and_repeats_in_none),
		cmocka_unit_test(text_sorts_and_parses_back),
		cmocka_unit_test(parse_accepts_one_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
