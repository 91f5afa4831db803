#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void
appends_and_terminates(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);

	(void)state;
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(buf_str(&b).n, 0);
	buf_add(&b, "ab", 2);
	buf_add_str(&b, STR("cd"));
	buf_add_cstr(&b, "ef");
	buf_add_char(&b, 'g');
	buf_add_u64(&b, 0);
	buf_add_u64(&b, UINT64_MAX);
	buf_printf(&b, "%s-%d", "x", -3);
	buf_add(&b, NULL, 0);
	assert_string_equal(buf_cstr(&b), "abcdefg018446744073709551615x--3");
	assert_int_equal(b.n, strlen(buf_cstr(&b)));
	buf_clear(&b);
	assert_string_equal(buf_cstr(&b), "");
}

/* The model is an array that is long enough: whatever is appended in whatever pieces is there. */
static void
equals_the_concatenation_of_its_pieces(void **state)
{
	enum { SIZE = 100000 };
	AUTO_BUF struct buf b = BUF_INIT(SIZE);
	char *model = malloc(SIZE);
	size_t n = 0;

	(void)state;
	assert_non_null(model);
	for (unsigned round = 1; n + round * 7 % 501 <= SIZE && round < 2000; round++) {
		size_t length = round * 7 % 501;

		memset(model + n, (int)(round % 251), length);
		buf_add(&b, model + n, length);
		n += length;
		assert_int_equal(b.n, n);
		assert_int_equal(b.p[n], 0);
	}
	assert_true(n > SIZE / 2);
	assert_memory_equal(b.p, model, n);
	free(model);
}

static void
stops_at_its_maximum(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(10);
	struct err err = ERR_INIT;

	(void)state;
	buf_add_cstr(&b, "0123456789");
	assert_false(b.overflowed);
	assert_int_equal(buf_check(&b, "the text", &err), 0);
	assert_int_equal(err.code, 0);
	buf_add_char(&b, 'x');
	assert_true(b.overflowed);
	assert_string_equal(buf_cstr(&b), "0123456789");
	assert_int_equal(buf_check(&b, "the text", &err), ERR_LIMIT);
	assert_string_equal(err.message, "the text is larger than its limit of 10 bytes");
	assert_null(buf_reserve(&b, 1));
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_clear(&b);
	assert_false(b.overflowed);
	buf_printf(&b, "%s", "01234567890");
	assert_true(b.overflowed);
	assert_int_equal(b.n, 0);
	buf_add_char(&b, 'x');
	assert_true(b.overflowed);
}

static void
a_maximum_of_zero_holds_nothing(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(0);

	(void)state;
	buf_add_cstr(&b, "");
	assert_false(b.overflowed);
	buf_add_char(&b, 'x');
	assert_true(b.overflowed);
	assert_string_equal(buf_cstr(&b), "");
}

/* The room is not initialised: a text that ended in it was followed by whatever was there. */
static void
reserved_room_is_terminated_where_it_was_filled_to(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(1000);
	AUTO_BUF struct buf taken = BUF_INIT(1000);
	char *moved;
	char *room;

	(void)state;
	room = buf_reserve(&b, 500);
	assert_string_equal(buf_cstr(&b), "");
	memset(room, 'x', 500);
	b.n += 3;
	assert_string_equal(buf_cstr(&b), "xxx");
	room = buf_reserve(&taken, 500);
	memset(room, 'y', 500);
	taken.n += 2;
	assert_int_equal(buf_str(&taken).p[2], 0);
	taken.p[2] = 'y';
	moved = buf_take(&taken);
	assert_string_equal(moved, "yy");
	free(moved);
}

static void
take_moves_the_bytes_out(void **state)
{
	struct buf b = BUF_INIT(100);
	char *empty = buf_take(&b);
	char *taken;

	(void)state;
	assert_string_equal(empty, "");
	free(empty);
	buf_add_cstr(&b, "mine");
	taken = buf_take(&b);
	assert_string_equal(taken, "mine");
	free(taken);
	assert_int_equal(b.n, 0);
	buf_add_cstr(&b, "again");
	assert_string_equal(buf_cstr(&b), "again");
	buf_done(&b);
	buf_done(&b);
}

/* A buffer that is used again after buf_done reported the overflow of its former life. */
static void
done_forgets_an_overflow(void **state)
{
	struct buf b = BUF_INIT(1);

	(void)state;
	buf_add_cstr(&b, "xx");
	assert_true(b.overflowed);
	buf_done(&b);
	assert_false(b.overflowed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appends_and_terminates),
		cmocka_unit_test(equals_the_concatenation_of_its_pieces),
		cmocka_unit_test(stops_at_its_maximum),
		cmocka_unit_test(a_maximum_of_zero_holds_nothing),
		cmocka_unit_test(reserved_room_is_terminated_where_it_was_filled_to),
		cmocka_unit_test(take_moves_the_bytes_out),
		cmocka_unit_test(done_forgets_an_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
