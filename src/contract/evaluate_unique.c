#include "contract/evaluate.h"

#include "base/memory.h"
#include "json/hash.h"
#include "json/number.h"

#define FEW 8        /* items that are compared each with each */
#define HASH_DEEP 64 /* levels of an item that its hash looks at */
#define TABLE_MIN 64

/* HASH_DEEP levels at the most. NOLINTBEGIN(misc-no-recursion) */
static uint64_t
hash_value(struct checker *c, const struct value *v, unsigned deep)
{
	uint64_t hash =
		hash_mix((uint64_t)v->kind + 0x9E3779B97F4A7C15ULL, 0xA0761D6478BD642FULL);

	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: return hash;
	case VALUE_BOOL: return hash + value_is_true(v);
	case VALUE_NUMBER:
		c->steps_left -= MIN(c->steps_left, 1 + v->n / DIGITS_A_STEP);
		return hash ^ number_hash(value_text(v));
	case VALUE_STRING: return hash ^ v->hash;
	case VALUE_ARRAY:
	case VALUE_OBJECT: break;
	}
	hash += v->n;
	c->steps_left -= MIN(c->steps_left, 1 + (uint64_t)v->n);
	for (uint32_t i = 0; deep && v->kind == VALUE_ARRAY && i < v->n; i++)
		hash = hash_mix(
			hash ^ hash_value(c, &v->items[i], deep - 1), 0xE7037ED1A0B428DBULL);
	/* A sum, as the order of members does not count. */
	for (uint32_t i = 0; deep && v->kind == VALUE_OBJECT && i < v->n; i++)
		hash += hash_mix(v->members[i].key.hash ^ 0x8EBC6AF09C88C6E3ULL,
			hash_value(c, &v->members[i].value, deep - 1) ^ 0x589965CC75374CC3ULL);
	return hash;
}
/* NOLINTEND(misc-no-recursion) */

static bool
found_pair(uint32_t a, uint32_t b, uint32_t *ret_first, uint32_t *ret_second)
{
	if (ret_first)
		*ret_first = a;
	if (ret_second)
		*ret_second = b;
	return false;
}

static bool
few_are_unique(
	struct checker *c, const struct value *array, uint32_t *ret_first, uint32_t *ret_second)
{
	for (uint32_t b = 1; b < array->n; b++)
		for (uint32_t a = 0; a < b; a++)
			if (evaluate_equal(c, &array->items[a], &array->items[b]))
				return found_pair(a, b, ret_first, ret_second);
	return !c->code;
}

static size_t
make_table(struct checker *c, uint32_t n)
{
	size_t size = TABLE_MIN;

	while (size < (size_t)n * 2)
		size *= 2;
	if (c->table_size < size) {
		free(c->table);
		c->table = memory_new(size, sizeof(*c->table));
		c->table_size = size;
	}
	if (c->hashes_size < n) {
		free(c->hashes);
		c->hashes = memory_new(n, sizeof(*c->hashes));
		c->hashes_size = n;
	}
	memset(c->table, 0, size * sizeof(*c->table));
	return size - 1;
}

bool
evaluate_items_differ(
	struct checker *c, const struct value *array, uint32_t *ret_first, uint32_t *ret_second)
{
	size_t mask;

	if (array->n <= FEW)
		return few_are_unique(c, array, ret_first, ret_second);
	if (!checker_steps(c, 3 * (uint64_t)array->n))
		return false;
	mask = make_table(c, array->n);
	for (uint32_t i = 0; i < array->n; i++) {
		uint64_t wide = hash_value(c, &array->items[i], HASH_DEEP);
		uint32_t hash = (uint32_t)(wide ^ wide >> 32);
		size_t slot = hash & mask;

		c->hashes[i] = hash;
		for (; c->table[slot]; slot = (slot + 1) & mask) {
			uint32_t other = c->table[slot] - 1;

			if (c->hashes[other] != hash)
				continue;
			if (evaluate_equal(c, &array->items[other], &array->items[i]))
				return found_pair(other, i, ret_first, ret_second);
			if (c->code)
				return false;
		}
		c->table[slot] = i + 1;
	}
	return true;
}
