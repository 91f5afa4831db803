#include "pattern/code_set.h"

#define FIRST_CAPACITY 4
#define FIRST_SURROGATE 0xD800u
#define LAST_SURROGATE 0xDFFFu

static int
compare_ranges(const void *a, const void *b)
{
	uint32_t x = ((const struct code_range *)a)->first;
	uint32_t y = ((const struct code_range *)b)->first;

	return (x > y) - (x < y);
}

void
code_set_settle(struct code_set *set)
{
	size_t n = 0;

	if (set->n < 2)
		return;
	qsort(set->ranges, set->n, sizeof(*set->ranges), compare_ranges);
	for (size_t i = 1; i < set->n; i++) {
		const struct code_range *next = &set->ranges[i];
		struct code_range *last = &set->ranges[n];

		if (next->first > last->last + 1)
			set->ranges[++n] = *next;
		else if (next->last > last->last)
			last->last = next->last;
	}
	set->n = n + 1;
}

/* A class may name the same characters thousands of times: only what settling leaves is kept. */
static void
make_room(struct arena *arena, struct code_set *set)
{
	struct code_range *larger;

	if (set->n < set->capacity)
		return;
	code_set_settle(set);
	if (set->n < set->capacity - set->capacity / 4)
		return;
	set->capacity = set->capacity ? set->capacity * 2 : FIRST_CAPACITY;
	larger = ARENA_ARRAY(arena, set->capacity, struct code_range);
	if (set->n)
		memcpy(larger, set->ranges, set->n * sizeof(*larger));
	set->ranges = larger;
}

static void
add_range(struct arena *arena, struct code_set *set, uint32_t first, uint32_t last)
{
	make_room(arena, set);
	set->ranges[set->n++] = (struct code_range){first, last};
}

void
code_set_add(struct arena *arena, struct code_set *set, uint32_t first, uint32_t last)
{
	if (last < FIRST_SURROGATE || first > LAST_SURROGATE) {
		add_range(arena, set, first, last);
		return;
	}
	if (first < FIRST_SURROGATE)
		add_range(arena, set, first, FIRST_SURROGATE - 1);
	if (last > LAST_SURROGATE)
		add_range(arena, set, LAST_SURROGATE + 1, last);
}

void
code_set_add_set(struct arena *arena, struct code_set *set, const struct code_set *other)
{
	for (size_t i = 0; i < other->n; i++)
		add_range(arena, set, other->ranges[i].first, other->ranges[i].last);
}

struct code_set
code_set_complement(struct arena *arena, const struct code_set *set)
{
	struct code_set others = CODE_SET_INIT;
	uint32_t next = 0;

	for (size_t i = 0; i < set->n; i++) {
		if (set->ranges[i].first > next)
			code_set_add(arena, &others, next, set->ranges[i].first - 1);
		next = set->ranges[i].last + 1;
	}
	if (next <= CODE_MAX)
		code_set_add(arena, &others, next, CODE_MAX);
	return others;
}

bool
code_set_has(const struct code_set *set, uint32_t code)
{
	size_t low = 0;
	size_t high = set->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (code > set->ranges[middle].last)
			low = middle + 1;
		else if (code < set->ranges[middle].first)
			high = middle;
		else
			return true;
	}
	return false;
}

bool
code_set_is_all(const struct code_set *set)
{
	return set->n == 2 && set->ranges[0].first == 0 &&
		set->ranges[0].last == FIRST_SURROGATE - 1 &&
		set->ranges[1].first == LAST_SURROGATE + 1 && set->ranges[1].last == CODE_MAX;
}

void
code_write(struct buf *b, uint32_t code)
{
	if (code < 0x80) {
		buf_add_char(b, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_add_char(b, (char)(0xC0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_add_char(b, (char)(0xE0 | code >> 12));
		} else {
			buf_add_char(b, (char)(0xF0 | code >> 18));
			buf_add_char(b, (char)(0x80 | (code >> 12 & 0x3F)));
		}
		buf_add_char(b, (char)(0x80 | (code >> 6 & 0x3F)));
	}
	buf_add_char(b, (char)(0x80 | (code & 0x3F)));
}
