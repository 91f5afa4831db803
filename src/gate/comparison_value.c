#include "gate/comparison_part.h"

#include "base/memory.h"
#include "json/json.h"

#include <stdio.h>

/* Two containers of one kind, whose parts are being compared: items in their order, members in that of their
 * keys, so that the time does not grow with the square of their number. */
struct pair {
	const struct value *judged; /* or NULL, and */
	const struct value *with;
	const struct member *judged_members;
	const struct member *with_members;
	uint32_t n_judged, n_with;
	uint32_t at_judged, at_with; /* what comes next */
	size_t pointer;              /* how long the pointer to it is */
};

struct walk {
	struct comparing *c;
	struct pair *open;
	size_t n;
	size_t capacity;
};

static int
compare_members(const void *left, const void *right)
{
	const struct member *a = left;
	const struct member *b = right;

	return str_compare(value_text(&a->key), value_text(&b->key));
}

static const struct member *
sorted(struct arena *arena, const struct value *object)
{
	struct member *members = ARENA_ARRAY(arena, object->n, struct member);

	if (object->n) {
		memcpy(members, object->members, object->n * sizeof(*members));
		qsort(members, object->n, sizeof(*members), compare_members);
	}
	return members;
}

static void
open_pair(struct walk *w, const struct value *judged, const struct value *with)
{
	struct pair pair = {.judged = judged,
		.with = with,
		.n_judged = judged->n,
		.n_with = with->n,
		.pointer = w->c->pointer.n};

	if (judged->kind == VALUE_OBJECT) {
		pair.judged_members = sorted(&w->c->arena, judged);
		pair.with_members = sorted(&w->c->arena, with);
	}
	w->open = memory_grow(w->open, w->n, &w->capacity, sizeof(*w->open));
	w->open[w->n++] = pair;
}

static void
compare(struct walk *w, const struct value *judged, const struct value *with)
{
	bool is_equal;

	if (judged && with && judged->kind == with->kind &&
		(judged->kind == VALUE_ARRAY || judged->kind == VALUE_OBJECT)) {
		open_pair(w, judged, with);
		return;
	}
	if (judged && with && judged->kind == VALUE_NUMBER && with->kind == VALUE_NUMBER)
		is_equal = tolerance_allows(
			&w->c->compared->tolerance, value_text(judged), value_text(with));
	else
		is_equal = judged && with && value_equal(judged, with);
	if (!is_equal)
		comparing_differ(w->c, judged, with);
}

static void
point_at(struct walk *w, const struct pair *pair, struct str token)
{
	w->c->pointer.n = pair->pointer;
	json_pointer_add(&w->c->pointer, token);
}

static void
compare_item(struct walk *w, struct pair *pair)
{
	uint32_t i = pair->at_judged++;
	char token[16];

	pair->at_with++;
	(void)snprintf(token, sizeof(token), "%u", i);
	point_at(w, pair, str_of(token));
	compare(w, i < pair->n_judged ? &pair->judged->items[i] : NULL,
		i < pair->n_with ? &pair->with->items[i] : NULL);
}

static void
compare_member(struct walk *w, struct pair *pair)
{
	const struct member *a = pair->at_judged < pair->n_judged
		? &pair->judged_members[pair->at_judged]
		: NULL;
	const struct member *b =
		pair->at_with < pair->n_with ? &pair->with_members[pair->at_with] : NULL;
	int order = !a ? 1 : !b ? -1 : compare_members(a, b);

	pair->at_judged += order <= 0;
	pair->at_with += order >= 0;
	point_at(w, pair, value_text(order <= 0 ? &a->key : &b->key));
	compare(w, order <= 0 ? &a->value : NULL, order >= 0 ? &b->value : NULL);
}

void
comparing_values(struct comparing *c, const struct value *judged, const struct value *with)
{
	struct walk w = {.c = c};

	c->pointer.n = 0;
	compare(&w, judged, with);
	while (w.n) {
		size_t at = w.n - 1;
		struct pair pair = w.open[at];

		if (pair.at_judged >= pair.n_judged && pair.at_with >= pair.n_with) {
			w.n--;
			continue;
		}
		if (pair.judged->kind == VALUE_ARRAY)
			compare_item(&w, &pair);
		else
			compare_member(&w, &pair);
		/* What was opened in it may have moved it. */
		w.open[at] = pair;
	}
	free(w.open);
}
