#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/asan_interface.h>
#endif

static void
memory_is_zeroed_aligned_and_apart(void **state)
{
	enum { N = 3000 };
	AUTO_ARENA struct arena arena = ARENA_INIT;
	unsigned char *blocks[N];
	size_t sizes[N];

	(void)state;
	for (size_t i = 0; i < N; i++) {
		sizes[i] = i * 37 % 700 + 1;
		blocks[i] = arena_alloc(&arena, sizes[i], 1);
		assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(blocks[i][j], 0);
		memset(blocks[i], (int)(i % 255 + 1), sizes[i]);
		assert_non_null(arena_bytes(&arena, i % 3));
	}
	for (size_t i = 0; i < N; i++)
		for (size_t j = 0; j < sizes[i]; j++)
			assert_int_equal(blocks[i][j], i % 255 + 1);
}

static void
zeroed_also_after_reset(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;

	(void)state;
	for (int round = 0; round < 5; round++) {
		unsigned char *p = arena_alloc(&arena, 1000, 2);

		for (size_t i = 0; i < 2000; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xAA, 2000);
		arena_reset(&arena);
	}
}

static void
copies_are_terminated(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char source[] = "abcdef";
	const char *text = arena_cstr(&arena, (struct str){source, 3});
	struct str view = arena_str(&arena, (struct str){source + 3, 3});

	(void)state;
	memset(source, 'x', 6);
	assert_string_equal(text, "abc");
	assert_true(str_is(view, "def"));
	assert_int_equal(view.p[3], 0);
	assert_string_equal(arena_cstr(&arena, (struct str){NULL, 0}), "");
	assert_string_equal(arena_printf(&arena, "%05d|%s", 42, "x"), "00042|x");
	assert_string_equal(arena_printf(&arena, "%s", ""), "");
}

static void
large_requests_get_a_block_of_their_own(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char *large;
	char *small = ARENA_NEW(&arena, char);

	(void)state;
	large = ARENA_ARRAY(&arena, (size_t)8 << 20, char);
	large[((size_t)8 << 20) - 1] = 'x';
	*small = 's';
	assert_true(arena.total >= (size_t)8 << 20);
	assert_int_equal(*ARENA_NEW(&arena, long), 0);
}

/* One request of 64 MiB once made a scratch arena hold them for the rest of the process. */
static void
reset_does_not_keep_an_oversized_block(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;

	(void)state;
	*ARENA_NEW(&arena, long) = 1;
	assert_non_null(arena_bytes(&arena, (size_t)64 << 20));
	arena_reset(&arena);
	assert_true(arena.total <= (size_t)1 << 20);
	*ARENA_NEW(&arena, long) = 1;
}

static void
memory_in_use_does_not_grow_over_rounds(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	size_t after_first = 0;

	(void)state;
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 1000; i++)
			assert_non_null(arena_bytes(&arena, 100));
		if (round == 1)
			after_first = arena.total;
		if (round > 1)
			assert_true(arena.total <= after_first);
		arena_reset(&arena);
	}
	assert_true(after_first > 0);
}

static void
what_ended_is_poisoned(void **state)
{
	(void)state;
#ifdef WITH_ASAN
	{
		AUTO_ARENA struct arena arena = ARENA_INIT;
		char *p = arena_alloc(&arena, 64, 1);

		assert_false(__asan_address_is_poisoned(p + 63));
		assert_true(__asan_address_is_poisoned(p + 64));
		arena_reset(&arena);
		assert_true(__asan_address_is_poisoned(p));
	}
#else
	skip();
#endif
}

static void
done_twice_is_fine(void **state)
{
	struct arena arena = ARENA_INIT;

	(void)state;
	arena_reset(&arena);
	assert_non_null(arena_bytes(&arena, 10));
	arena_done(&arena);
	assert_int_equal(arena.total, 0);
	arena_done(&arena);
	*ARENA_NEW(&arena, int) = 1;
	arena_done(&arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
		cmocka_unit_test(zeroed_also_after_reset),
		cmocka_unit_test(copies_are_terminated),
		cmocka_unit_test(large_requests_get_a_block_of_their_own),
		cmocka_unit_test(reset_does_not_keep_an_oversized_block),
		cmocka_unit_test(memory_in_use_does_not_grow_over_rounds),
		cmocka_unit_test(what_ended_is_poisoned),
		cmocka_unit_test(done_twice_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
