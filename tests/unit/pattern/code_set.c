#include "pattern/code_set.h"

#include "pattern/code_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define RANGES_MAX 4

static struct code_set
set_of(struct arena *arena, const struct code_range *ranges, size_t n)
{
	struct code_set set = CODE_SET_INIT;

	for (size_t i = 0; i < n; i++)
		code_set_add(arena, &set, ranges[i].first, ranges[i].last);
	code_set_settle(&set);
	return set;
}

static void
sets_are_settled_without_surrogates(void **state)
{
	static const struct {
		struct code_range given[RANGES_MAX];
		size_t n_given;
		struct code_range settled[RANGES_MAX];
		size_t n_settled;
	} rows[] = {
		{{{'a', 'c'}, {'b', 'd'}}, 2, {{'a', 'd'}}, 1},
		{{{'c', 'd'}, {'a', 'b'}}, 2, {{'a', 'd'}}, 1},
		{{{'a', 'z'}, {'b', 'c'}, {'q', 'q'}}, 3, {{'a', 'z'}}, 1},
		{{{'a', 'a'}, {'c', 'c'}}, 2, {{'a', 'a'}, {'c', 'c'}}, 2},
		{{{0xD800, 0xDFFF}}, 1, {{0, 0}}, 0},
		{{{0xDC00, 0xE000}}, 1, {{0xE000, 0xE000}}, 1},
		{{{0xD7FF, 0xD800}}, 1, {{0xD7FF, 0xD7FF}}, 1},
		{{{0, CODE_MAX}}, 1, {{0, 0xD7FF}, {0xE000, CODE_MAX}}, 2},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct code_set set = set_of(&arena, rows[i].given, rows[i].n_given);
		struct code_set others = code_set_complement(&arena, &set);
		struct code_set again = code_set_complement(&arena, &others);

		assert_int_equal(set.n, rows[i].n_settled);
		assert_int_equal(again.n, set.n);
		for (size_t k = 0; k < set.n; k++) {
			assert_int_equal(set.ranges[k].first, rows[i].settled[k].first);
			assert_int_equal(set.ranges[k].last, rows[i].settled[k].last);
			assert_int_equal(again.ranges[k].first, set.ranges[k].first);
			assert_int_equal(again.ranges[k].last, set.ranges[k].last);
		}
		for (uint32_t code = 0; code <= CODE_MAX; code += code < 0x300 ? 1 : 0x7F)
			if (!code_is_surrogate(code))
				assert_true(code_set_has(&set, code) !=
					code_set_has(&others, code));
		assert_int_equal(code_set_is_all(&set), others.n == 0);
	}
}

static void
the_same_ranges_again_take_no_room(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct code_set set = CODE_SET_INIT;

	(void)state;
	for (uint32_t i = 0; i < 100000; i++)
		code_set_add(&arena, &set, 2 * (i % 50), 2 * (i % 50));
	code_set_settle(&set);
	assert_int_equal(set.n, 50);
	assert_true(set.capacity <= 256);
}

static void
characters_are_written_and_taken(void **state)
{
	static const uint32_t codes[] = {
		0, 'a', 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, CODE_MAX};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
		AUTO_BUF struct buf text = BUF_INIT(8);
		const unsigned char *p;

		code_write(&text, codes[i]);
		assert_true(str_is_utf8(buf_str(&text), NULL));
		p = (const unsigned char *)text.p;
		assert_int_equal(code_take(&p, p + text.n), codes[i]);
		assert_ptr_equal(p, text.p + text.n);
	}
}

/* Two characters are of one class exactly where every set has both or neither. */
static void
classes_tell_apart_what_sets_do(void **state)
{
	static const struct code_range first[] = {{'a', 'f'}, {0x100, 0x2FF}};
	static const struct code_range second[] = {{'d', 'k'}, {0x200, 0x200}};
	static const struct code_range third[] = {{0, CODE_MAX}};
	static const struct code_range fourth[] = {{'d', 'f'}, {'x', 'x'}};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct code_set sets[] = {set_of(&arena, first, 2), set_of(&arena, second, 2),
		set_of(&arena, third, 1), set_of(&arena, fourth, 2)};
	struct code_classes classes;

	(void)state;
	assert_true(code_classes_find(&arena, sets, ARRAY_SIZE(sets), &classes));
	/* Rest, surrogates, only first, first and second: of which d to f are in the fourth as
	 * well, only second, x. */
	assert_int_equal(classes.n, 7);
	for (uint32_t a = 0; a < 0x310; a++)
		for (uint32_t b = a + 1; b < 0x310; b += 3) {
			bool same = true;

			for (size_t i = 0; i < ARRAY_SIZE(sets); i++)
				same &= code_set_has(&sets[i], a) == code_set_has(&sets[i], b);
			assert_int_equal(
				same, code_class_of(&classes, a) == code_class_of(&classes, b));
		}
	for (uint32_t a = 0; a < 0x80; a++)
		assert_int_equal(classes.ascii[a], code_class_of(&classes, a));
}

static void
too_many_classes_are_refused(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct code_set sets[CODE_CLASSES_MAX] = {CODE_SET_INIT};
	struct code_classes classes;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(sets); i++)
		code_set_add(&arena, &sets[i], 2 * i, 2 * i);
	assert_true(code_classes_find(&arena, sets, CODE_CLASSES_MAX - 1, &classes));
	assert_int_equal(classes.n, CODE_CLASSES_MAX);
	assert_false(code_classes_find(&arena, sets, CODE_CLASSES_MAX, &classes));
	assert_true(code_classes_find(&arena, sets, 0, &classes));
	assert_int_equal(classes.n, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_settled_without_surrogates),
		cmocka_unit_test(the_same_ranges_again_take_no_room),
		cmocka_unit_test(characters_are_written_and_taken),
		cmocka_unit_test(classes_tell_apart_what_sets_do),
		cmocka_unit_test(too_many_classes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
