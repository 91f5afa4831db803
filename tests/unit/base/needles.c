#include "base/needles.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TEXT = 400, ROUNDS = 3000, MOST = 12 };

static uint32_t random_state = 4711;

static uint32_t
draw(uint32_t below)
{
	random_state = random_state * 1664525 + 1013904223;
	return (random_state >> 8) % below;
}

/* Few letters, so that there is much to find. */
static void
fill(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (char)("ab\0\xff"[draw(4)]);
}

struct model {
	char bytes[MOST][40];
	size_t n[MOST];
	size_t count;
};

static bool
model_match(const struct model *model, struct str text, size_t *ret_n)
{
	*ret_n = 0;
	for (size_t i = 0; i < model->count; i++)
		if (model->n[i] <= text.n && model->n[i] > *ret_n &&
			memcmp(model->bytes[i], text.p, model->n[i]) == 0)
			*ret_n = model->n[i];
	return *ret_n > 0;
}

static size_t
model_begun(const struct model *model, struct str text, size_t from)
{
	for (size_t at = from; at < text.n; at++)
		for (size_t i = 0; i < model->count; i++)
			if (model->n[i] > text.n - at &&
				memcmp(model->bytes[i], text.p + at, text.n - at) == 0)
				return text.n - at;
	return 0;
}

static void
check_all(const struct model *model, const struct needles *needles, struct str text)
{
	size_t at = 0;
	struct needle_found found;

	for (size_t from = 0; from <= text.n; from++)
		assert_int_equal(
			needles_begun(needles, text, from), model_begun(model, text, from));
	while (needles_find(needles, text, at, &found)) {
		size_t n;

		for (; at < found.at; at++)
			assert_false(
				model_match(model, (struct str){text.p + at, text.n - at}, &n));
		assert_true(model_match(model, (struct str){text.p + at, text.n - at}, &n));
		assert_int_equal(n, found.n);
		assert_memory_equal(model->bytes[found.number], text.p + at, n);
		at += found.n;
	}
	for (; at < text.n; at++) {
		size_t n;

		assert_false(model_match(model, (struct str){text.p + at, text.n - at}, &n));
	}
}

static void
agrees_with_a_model(void **state)
{
	static char text[TEXT];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct needles *needles = needles_new();
		struct model model = {.count = 1 + draw(MOST)};

		for (size_t i = 0; i < model.count; i++) {
			model.n[i] = NEEDLE_MIN + draw(round % 3 ? 5 : 36);
			fill(model.bytes[i], model.n[i]);
			needles_add(
				needles, (struct str){model.bytes[i], model.n[i]}, (uint32_t)i);
		}
		needles_finish(needles);
		fill(text, sizeof(text));
		check_all(&model, needles, (struct str){text, draw(TEXT)});
		needles_free(needles);
	}
}

static void
of_none_nothing_is_found(void **state)
{
	struct needles *needles = needles_new();
	struct needle_found found;

	(void)state;
	needles_finish(needles);
	assert_false(needles_find(needles, STR("anything at all"), 0, &found));
	assert_int_equal(needles_begun(needles, STR("anything at all"), 0), 0);
	needles_free(needles);
}

static void
the_first_of_equal_ones_counts(void **state)
{
	struct needles *needles = needles_new();
	struct needle_found found;

	(void)state;
	needles_add(needles, STR("password"), 7);
	needles_add(needles, STR("password"), 8);
	needles_finish(needles);
	assert_true(needles_find(needles, STR("a password"), 0, &found));
	assert_int_equal(found.number, 7);
	assert_int_equal(found.at, 2);
	needles_free(needles);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_a_model),
		cmocka_unit_test(of_none_nothing_is_found),
		cmocka_unit_test(the_first_of_equal_ones_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
