#include "pattern/code_class.h"

#define STRETCHES_MAX 8192
#define SMALL 256
#define NO_CLASS UINT32_MAX

/* One set after the other splits the classes that it has a part of. */
struct partition {
	struct code_classes *found;
	uint32_t *class_of; /* by stretch */
	uint32_t *sizes;    /* by class, in stretches */
	uint32_t *hits;     /* of those, in the set at hand */
	uint32_t *targets;  /* where the part goes that is in the set */
	uint32_t n;
};

static int
compare_codes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Where stretches begin. Small numbers, of which there are few and the same again and again, are sorted
 * by being bits. */
struct starts {
	uint64_t small[SMALL / 64];
	uint32_t *items;
	size_t n;
};

static void
add_start(struct starts *s, uint32_t code)
{
	if (code < SMALL)
		s->small[code / 64] |= (uint64_t)1 << code % 64;
	else
		s->items[s->n++] = code;
}

/* All of them in ascending order, each once; returns how many. */
static size_t
sort_starts(struct starts *from, uint32_t *ret_starts)
{
	size_t total = 0;

	for (uint32_t i = 0; i < SMALL / 64; i++)
		for (uint64_t bits = from->small[i]; bits; bits &= bits - 1)
			ret_starts[total++] = i * 64 + (uint32_t)__builtin_ctzll(bits);
	if (from->n)
		qsort(from->items, from->n, sizeof(*from->items), compare_codes);
	for (size_t i = 0; i < from->n; i++)
		if (from->items[i] != ret_starts[total - 1])
			ret_starts[total++] = from->items[i];
	return total;
}

static bool
find_stretches(struct arena *arena, const struct code_set *sets, size_t n,
	struct code_classes *classes)
{
	struct starts starts = {.n = 0};
	size_t total = 1;

	for (size_t i = 0; i < n; i++)
		total += 2 * sets[i].n;
	if (total > STRETCHES_MAX)
		return false;
	starts.items = ARENA_ARRAY(arena, total, uint32_t);
	add_start(&starts, 0);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sets[i].n; k++) {
			add_start(&starts, sets[i].ranges[k].first);
			add_start(&starts, sets[i].ranges[k].last + 1);
		}
	classes->starts = ARENA_ARRAY(arena, total, uint32_t);
	classes->n_stretches = (uint32_t)sort_starts(&starts, classes->starts);
	return true;
}

static uint32_t
stretch_of(const struct code_classes *classes, uint32_t code)
{
	uint32_t low = 0;
	uint32_t high = classes->n_stretches;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (classes->starts[middle] <= code)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static void
hit(struct partition *p, const struct code_range *range)
{
	uint32_t last = stretch_of(p->found, range->last);

	for (uint32_t i = stretch_of(p->found, range->first); i <= last; i++)
		p->hits[p->class_of[i]]++;
}

static void
split(struct partition *p, const struct code_range *range)
{
	uint32_t last = stretch_of(p->found, range->last);

	for (uint32_t i = stretch_of(p->found, range->first); i <= last; i++) {
		uint32_t class = p->class_of[i];

		if (p->hits[class] == p->sizes[class])
			continue;
		if (p->targets[class] == NO_CLASS)
			p->targets[class] = p->n++;
		p->class_of[i] = p->targets[class];
	}
}

/* The classes that were split have their sizes put right; n_before is how many there were. */
static void
settle(struct partition *p, uint32_t n_before)
{
	for (uint32_t class = 0; class < n_before; class ++) {
		if (p->targets[class] != NO_CLASS) {
			p->sizes[p->targets[class]] = p->hits[class];
			p->sizes[class] -= p->hits[class];
		}
		p->targets[class] = NO_CLASS;
		p->hits[class] = 0;
	}
}

static void
refine(struct partition *p, const struct code_set *set)
{
	uint32_t n_before = p->n;

	for (size_t k = 0; k < set->n; k++)
		hit(p, &set->ranges[k]);
	for (size_t k = 0; k < set->n; k++)
		split(p, &set->ranges[k]);
	settle(p, n_before);
}

static void
keep(struct arena *arena, struct partition *p)
{
	struct code_classes *found = p->found;

	found->n = p->n;
	found->classes = ARENA_ARRAY(arena, found->n_stretches, uint8_t);
	for (uint32_t i = 0; i < found->n_stretches; i++)
		found->classes[i] = (uint8_t)p->class_of[i];
	for (uint32_t code = 0, i = 0; code < ARRAY_SIZE(found->ascii); code++) {
		i += i + 1 < found->n_stretches && found->starts[i + 1] == code;
		found->ascii[code] = found->classes[i];
	}
}

bool
code_classes_find(struct arena *arena, const struct code_set *sets, size_t n,
	struct code_classes *ret_classes)
{
	struct code_classes found = {.n = 0};
	struct partition p = {.found = &found, .n = 1};

	if (!find_stretches(arena, sets, n, &found))
		return false;
	p.class_of = ARENA_ARRAY(arena, found.n_stretches, uint32_t);
	p.sizes = ARENA_ARRAY(arena, found.n_stretches, uint32_t);
	p.hits = ARENA_ARRAY(arena, found.n_stretches, uint32_t);
	p.targets = ARENA_ARRAY(arena, found.n_stretches, uint32_t);
	p.sizes[0] = found.n_stretches;
	for (uint32_t i = 0; i < found.n_stretches; i++)
		p.targets[i] = NO_CLASS;
	for (size_t i = 0; i < n && p.n <= CODE_CLASSES_MAX; i++)
		refine(&p, &sets[i]);
	if (p.n > CODE_CLASSES_MAX)
		return false;
	keep(arena, &p);
	*ret_classes = found;
	return true;
}

void
code_classes_of_set(
	const struct code_classes *classes, const struct code_set *set, bool *ret_has)
{
	for (size_t k = 0; k < set->n; k++) {
		uint32_t last = stretch_of(classes, set->ranges[k].last);

		for (uint32_t i = stretch_of(classes, set->ranges[k].first); i <= last; i++)
			ret_has[classes->classes[i]] = true;
	}
}

uint32_t
code_class_of(const struct code_classes *classes, uint32_t code)
{
	return classes->classes[stretch_of(classes, code)];
}
