#include "base/edits.h"

#include "base/map.h"
#include "base/memory.h"

/* As many edits are looked for from each end of a part before it is cut where most is in common. */
#define DEPTH_MAX 512

/* A part of both texts. */
struct part {
	uint32_t old_at, old_end;
	uint32_t new_at, new_end;
};

/* Lines by number: equal lines have equal ones. Parts wait on a stack, first ones on top. */
struct search {
	uint32_t *old;
	uint32_t *new;
	struct part *parts;
	size_t n_parts, parts_capacity;
	struct edit *edits;
	size_t n_edits, edits_capacity;
	int32_t *forward; /* how far one comes in the old text, on each diagonal; -1: nowhere */
	int32_t *backward;
};

struct lines
lines_of(struct str text, struct arena *arena)
{
	struct str *items;
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n' || i + 1 == text.n;
	items = ARENA_ARRAY(arena, n, struct str);
	for (size_t i = 0; i < n; i++) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t length = end ? (size_t)(end - text.p) + 1 : text.n;

		items[i] = (struct str){text.p, length};
		text = (struct str){text.p + length, text.n - length};
	}
	return (struct lines){items, n};
}

static void
number_lines(struct map *map, const struct lines *lines, uint32_t *numbers, uint32_t *next)
{
	for (size_t i = 0; i < lines->n; i++) {
		numbers[i] = map_add(map, lines->items[i], *next);
		if (numbers[i] == MAP_NONE)
			numbers[i] = (*next)++;
	}
}

static void
push(struct search *search, struct part part)
{
	search->parts = memory_grow(
		search->parts, search->n_parts, &search->parts_capacity, sizeof(part));
	search->parts[search->n_parts++] = part;
}

/* Edits without a line between them are one. */
static void
add_edit(struct search *search, const struct part *part)
{
	struct edit *last = search->n_edits ? &search->edits[search->n_edits - 1] : NULL;

	if (last && last->old_at + last->old_n == part->old_at &&
		last->new_at + last->new_n == part->new_at) {
		last->old_n = part->old_end - last->old_at;
		last->new_n = part->new_end - last->new_at;
		return;
	}
	search->edits = memory_grow(search->edits, search->n_edits, &search->edits_capacity,
		sizeof(*search->edits));
	search->edits[search->n_edits++] = (struct edit){part->old_at,
		part->old_end - part->old_at, part->new_at, part->new_end - part->new_at};
}

static struct part
trim(const struct search *search, struct part part)
{
	while (part.old_at < part.old_end && part.new_at < part.new_end &&
		search->old[part.old_at] == search->new[part.new_at]) {
		part.old_at++;
		part.new_at++;
	}
	while (part.old_at < part.old_end && part.new_at < part.new_end &&
		search->old[part.old_end - 1] == search->new[part.new_end - 1]) {
		part.old_end--;
		part.new_end--;
	}
	return part;
}

/* One side of a search for the middle: along a diagonal, k = x - y, x lines of the old text and y of the
 * new one are behind us. */
struct side {
	const uint32_t *old; /* the line to come is old[x * step] */
	const uint32_t *new;
	int step; /* 1, or -1 from the end */
	int32_t old_n, new_n;
	int32_t *reach; /* by diagonal, from -DEPTH_MAX - 1 on */
};

/* The farthest that one comes on diagonal k by one more edit; -1 where it leads out of the part. */
static int32_t
advance(struct side *side, int32_t depth, int32_t k)
{
	int32_t added = side->reach[k + 1];
	int32_t removed = side->reach[k - 1];
	int32_t x = -1;

	if (depth == 0)
		x = 0;
	if (added >= 0 && added - k <= side->new_n)
		x = added;
	if (removed >= 0 && removed < side->old_n)
		x = MAX(x, removed + 1);
	while (x >= 0 && x < side->old_n && x - k < side->new_n &&
		side->old[(ptrdiff_t)x * side->step] ==
			side->new[(ptrdiff_t)(x - k) * side->step])
		x++;
	side->reach[k] = x;
	return x;
}

/* Where the part is cut in two, x and y lines behind its beginning. */
struct cut {
	int32_t x, y;
};

/* Both sides come to the same point: that lies on a shortest way. */
static bool
meet(struct side *forward, struct side *backward, int32_t depth, struct cut *ret_cut)
{
	int32_t delta = forward->old_n - forward->new_n;

	for (int32_t k = -depth; k <= depth; k += 2) {
		int32_t x = advance(forward, depth, k);

		if ((delta & 1) && x >= 0 && abs(delta - k) < depth &&
			backward->reach[delta - k] >= 0 &&
			x + backward->reach[delta - k] >= forward->old_n) {
			*ret_cut = (struct cut){x, x - k};
			return true;
		}
	}
	for (int32_t k = -depth; k <= depth; k += 2) {
		int32_t x = advance(backward, depth, k);

		if (!(delta & 1) && x >= 0 && abs(delta - k) <= depth &&
			forward->reach[delta - k] >= 0 &&
			x + forward->reach[delta - k] >= forward->old_n) {
			*ret_cut = (struct cut){forward->old_n - x, forward->new_n - (x - k)};
			return true;
		}
	}
	return false;
}

/* The farthest point that was come to from the beginning. */
static struct cut
farthest(const struct side *forward, int32_t depth)
{
	struct cut best = {0, 0};

	for (int32_t k = -depth; k <= depth; k += 2) {
		int32_t x = forward->reach[k];

		if (x >= 0 && x + x - k > best.x + best.y)
			best = (struct cut){x, x - k};
	}
	return best;
}

static struct cut
find_cut(struct search *search, const struct part *part)
{
	int32_t old_n = (int32_t)(part->old_end - part->old_at);
	int32_t new_n = (int32_t)(part->new_end - part->new_at);
	struct side forward = {search->old + part->old_at, search->new + part->new_at, 1, old_n,
		new_n, search->forward + DEPTH_MAX + 1};
	struct side backward = {search->old + part->old_end - 1,
		search->new + part->new_end - 1, -1, old_n, new_n,
		search->backward + DEPTH_MAX + 1};
	struct cut cut;

	for (int32_t depth = 0; depth < DEPTH_MAX; depth++) {
		forward.reach[depth + 1] = forward.reach[-depth - 1] = -1;
		backward.reach[depth + 1] = backward.reach[-depth - 1] = -1;
		if (meet(&forward, &backward, depth, &cut))
			return cut;
	}
	return farthest(&forward, DEPTH_MAX - 1);
}

static void
search_part(struct search *search, struct part whole)
{
	struct part part = trim(search, whole);
	struct cut cut;

	if (part.old_at == part.old_end || part.new_at == part.new_end) {
		if (part.old_at != part.old_end || part.new_at != part.new_end)
			add_edit(search, &part);
		return;
	}
	cut = find_cut(search, &part);
	push(search,
		(struct part){part.old_at + (uint32_t)cut.x, part.old_end,
			part.new_at + (uint32_t)cut.y, part.new_end});
	push(search,
		(struct part){part.old_at, part.old_at + (uint32_t)cut.x, part.new_at,
			part.new_at + (uint32_t)cut.y});
}

static void
search_all(struct search *search, const struct part *whole)
{
	push(search, *whole);
	while (search->n_parts)
		search_part(search, search->parts[--search->n_parts]);
}

static void
search_numbered(struct search *search, const struct lines *old, const struct lines *new)
{
	struct part whole = {0, (uint32_t)old->n, 0, (uint32_t) new->n};
	struct map map = MAP_INIT;
	uint32_t next = 0;

	number_lines(&map, old, search->old, &next);
	number_lines(&map, new, search->new, &next);
	map_done(&map);
	if (old->n > EDITS_LINES_MAX || new->n > EDITS_LINES_MAX) {
		whole = trim(search, whole);
		if (whole.old_at != whole.old_end || whole.new_at != whole.new_end)
			add_edit(search, &whole);
	} else {
		search_all(search, &whole);
	}
}

struct edits
edits_between(const struct lines *old, const struct lines *new, struct arena *arena)
{
	size_t diagonals = 2 * DEPTH_MAX + 3;
	struct search search = {
		.old = memory_new(old->n, sizeof(uint32_t)),
		.new = memory_new(new->n, sizeof(uint32_t)),
		.forward = memory_new(diagonals, sizeof(int32_t)),
		.backward = memory_new(diagonals, sizeof(int32_t)),
	};
	struct edit *items;

	search_numbered(&search, old, new);
	items = ARENA_ARRAY(arena, search.n_edits, struct edit);
	if (search.n_edits)
		memcpy(items, search.edits, search.n_edits * sizeof(*items));
	free(search.old);
	free(search.new);
	free(search.parts);
	free(search.edits);
	free(search.forward);
	free(search.backward);
	return (struct edits){items, search.n_edits};
}
