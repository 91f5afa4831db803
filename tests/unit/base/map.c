#include "base/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { KEYS = 5000, OPERATIONS = 60000 };

/* The model: number_of[k] is what key k was first added with. */
static void
agrees_with_a_model(void **state)
{
	static char text[KEYS][12];
	static uint32_t number_of[KEYS];
	struct map map = MAP_INIT;
	uint32_t random = 12345;
	size_t used = 0;

	(void)state;
	for (size_t k = 0; k < KEYS; k++) {
		(void)snprintf(text[k], sizeof(text[k]), "%zu", k);
		number_of[k] = MAP_NONE;
	}
	for (uint32_t i = 0; i < OPERATIONS; i++) {
		size_t k = (random = random * 1664525 + 1013904223) >> 8;
		struct str key;

		k %= KEYS;
		key = str_of(text[k]);
		assert_int_equal(map_get(&map, key), number_of[k]);
		if (i % 3 == 0)
			continue;
		assert_int_equal(map_add(&map, key, i), number_of[k]);
		if (number_of[k] == MAP_NONE) {
			number_of[k] = i;
			used++;
		}
		assert_int_equal(map.used, used);
	}
	assert_true(used > KEYS / 2);
	for (size_t k = 0; k < KEYS; k++)
		assert_int_equal(map_get(&map, str_of(text[k])), number_of[k]);
	map_done(&map);
}

static void
keys_are_compared_by_bytes(void **state)
{
	struct map map = MAP_INIT;

	(void)state;
	assert_int_equal(map_get(&map, STR("a")), MAP_NONE);
	assert_int_equal(map_add(&map, STR(""), 0), MAP_NONE);
	assert_int_equal(map_add(&map, (struct str){NULL, 0}, 9), 0);
	assert_int_equal(map_get(&map, (struct str){NULL, 0}), 0);
	assert_int_equal(map_add(&map, (struct str){"a\0b", 3}, 1), MAP_NONE);
	assert_int_equal(map_add(&map, (struct str){"a\0c", 3}, 2), MAP_NONE);
	assert_int_equal(map_add(&map, STR("a"), 3), MAP_NONE);
	assert_int_equal(map_get(&map, (struct str){"a\0b", 3}), 1);
	assert_int_equal(map_get(&map, STR("A")), MAP_NONE);
	map_done(&map);
	assert_int_equal(map_get(&map, STR("a")), MAP_NONE);
	map_done(&map);
}

static void
a_null_key_may_come_first(void **state)
{
	struct map map = MAP_INIT;

	(void)state;
	assert_int_equal(map_add(&map, (struct str){NULL, 0}, 5), MAP_NONE);
	assert_int_equal(map_get(&map, STR("")), 5);
	map_done(&map);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(keys_are_compared_by_bytes),
		cmocka_unit_test(a_null_key_may_come_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
