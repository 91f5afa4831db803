#include "base/memory.h"
#include "json/number.h"
#include "json/value.h"

/* Pairs of containers that have the same kind and length and are still to be compared. */
struct pair {
	const struct value *a;
	const struct value *b;
};

/* Of texts and numbers, in the time of a step. */
#define BYTES_A_STEP 128
#define DIGITS_A_STEP 8

/* Steps, beside the one of each pair. */
#define STEPS_OF_NUMBERS 2
#define STEPS_OF_CONTAINERS 2
#define STEPS_OF_SORTING 16 /* a member */

struct pairs {
	struct pair *items;
	size_t n;
	size_t capacity;
	uint64_t *steps; /* left */
};

static bool
take_steps(struct pairs *pairs, uint64_t n)
{
	if (n < *pairs->steps) {
		*pairs->steps -= n;
		return true;
	}
	*pairs->steps = 0;
	return false;
}

static bool
texts_are_equal(struct pairs *pairs, const struct value *a, const struct value *b)
{
	return a->n == b->n && take_steps(pairs, a->n / BYTES_A_STEP) &&
		memcmp(a->text, b->text, a->n) == 0;
}

/* Whole numbers have one form, but for -0. */
static bool
numbers_are_equal(struct pairs *pairs, const struct value *a, const struct value *b)
{
	if (a->flags & b->flags & VALUE_IS_INTEGER && a->n == b->n)
		return texts_are_equal(pairs, a, b);
	if (a->flags & b->flags & VALUE_IS_INTEGER && a->n + b->n > 3)
		return false;
	return take_steps(pairs, STEPS_OF_NUMBERS + ((uint64_t)a->n + b->n) / DIGITS_A_STEP) &&
		number_compare(value_text(a), value_text(b)) == 0;
}

/* False where a and b are known to differ; containers are put off. */
static bool
may_be_equal(struct pairs *pairs, const struct value *a, const struct value *b)
{
	if (!take_steps(pairs, 1) || a->kind != b->kind)
		return false;
	switch ((enum value_kind)a->kind) {
	case VALUE_NULL: return true;
	case VALUE_BOOL: return value_is_true(a) == value_is_true(b);
	case VALUE_NUMBER: return numbers_are_equal(pairs, a, b);
	case VALUE_STRING: return a->hash == b->hash && texts_are_equal(pairs, a, b);
	case VALUE_ARRAY:
	case VALUE_OBJECT: break;
	}
	if (a->n != b->n)
		return false;
	if (!a->n || a->items == b->items)
		return true;
	if (!take_steps(pairs, STEPS_OF_CONTAINERS))
		return false;
	pairs->items =
		memory_grow(pairs->items, pairs->n, &pairs->capacity, sizeof(*pairs->items));
	pairs->items[pairs->n++] = (struct pair){a, b};
	return true;
}

static bool
arrays_may_be_equal(struct pairs *pairs, const struct value *a, const struct value *b)
{
	for (uint32_t i = 0; i < a->n; i++)
		if (!may_be_equal(pairs, &a->items[i], &b->items[i]))
			return false;
	return true;
}

static bool
keys_are_equal(struct pairs *pairs, const struct member *a, const struct member *b)
{
	return a->key.hash == b->key.hash && texts_are_equal(pairs, &a->key, &b->key);
}

/* Any order will do that is the same for both objects; equal keys keep theirs. */
static int
compare_members(const void *left, const void *right)
{
	const struct member *a = *(const struct member *const *)left;
	const struct member *b = *(const struct member *const *)right;
	int order;

	if (a->key.hash != b->key.hash)
		return a->key.hash < b->key.hash ? -1 : 1;
	order = str_compare(value_text(&a->key), value_text(&b->key));
	return order ? order : (a > b) - (a < b);
}

static const struct member **
sort_members(const struct value *object)
{
	const struct member **sorted = memory_new(object->n, sizeof(*sorted));

	for (uint32_t i = 0; i < object->n; i++)
		sorted[i] = &object->members[i];
	qsort(sorted, object->n, sizeof(*sorted), compare_members);
	return sorted;
}

static bool
sorted_may_be_equal(struct pairs *pairs, const struct value *a, const struct value *b)
{
	const struct member **left;
	const struct member **right;
	bool equal = true;

	if (!take_steps(pairs, (uint64_t)a->n * STEPS_OF_SORTING))
		return false;
	left = sort_members(a);
	right = sort_members(b);
	for (uint32_t i = 0; equal && i < a->n; i++)
		equal = keys_are_equal(pairs, left[i], right[i]) &&
			may_be_equal(pairs, &left[i]->value, &right[i]->value);
	free(left);
	free(right);
	return equal;
}

static bool
objects_may_be_equal(struct pairs *pairs, const struct value *a, const struct value *b)
{
	if (!take_steps(pairs, a->n))
		return false;
	/* Mostly both were written in the same order. */
	for (uint32_t i = 0; i < a->n; i++)
		if (!keys_are_equal(pairs, &a->members[i], &b->members[i]))
			return sorted_may_be_equal(pairs, a, b);
	for (uint32_t i = 0; i < a->n; i++)
		if (!may_be_equal(pairs, &a->members[i].value, &b->members[i].value))
			return false;
	return true;
}

bool
value_equal_within(const struct value *a, const struct value *b, uint64_t *steps)
{
	struct pairs pairs = {NULL, 0, 0, steps};
	bool equal = may_be_equal(&pairs, a, b);

	while (equal && pairs.n) {
		struct pair pair = pairs.items[--pairs.n];

		equal = pair.a->kind == VALUE_ARRAY
			? arrays_may_be_equal(&pairs, pair.a, pair.b)
			: objects_may_be_equal(&pairs, pair.a, pair.b);
	}
	free(pairs.items);
	return equal;
}

bool
value_equal(const struct value *a, const struct value *b)
{
	uint64_t steps = UINT64_MAX;

	return value_equal_within(a, b, &steps);
}
