#include "graph/matrix.h"

#include "base/buf.h"
#include "base/memory.h"

#define KEY_BYTES_MAX ((size_t)64 << 10)

/* A combination while it is made: its axes first, then what includes add. */
struct combination {
	struct member *members;
	uint32_t n;
	uint32_t n_axes; /* 0: made by an include alone */
};

struct matrix {
	const struct value *axes;
	struct arena *arena;
	struct combination *items;
	size_t n;
	size_t capacity;
	uint32_t max;
};

static int
refuse_size(const struct matrix *m, struct err *err)
{
	return err_set(err, ERR_LIMIT, "the matrix has more than %u combinations", m->max);
}

static struct combination *
add(struct matrix *m)
{
	m->items = memory_grow(m->items, m->n, &m->capacity, sizeof(*m->items));
	m->items[m->n] = (struct combination){0};
	return &m->items[m->n++];
}

/* All members of the pattern are in the combination, with equal values. */
static bool
is_match(const struct value *pattern, const struct combination *c)
{
	const struct value object = value_object(c->members, c->n);

	for (uint32_t i = 0; i < pattern->n; i++) {
		const struct value *v =
			value_get(&object, value_text(&pattern->members[i].key));

		if (!v || !value_equal(v, &pattern->members[i].value))
			return false;
	}
	return true;
}

static bool
is_excluded(const struct value *exclude, const struct combination *c)
{
	for (uint32_t i = 0; exclude && i < exclude->n; i++)
		if (is_match(&exclude->items[i], c))
			return true;
	return false;
}

/* Counts through the axes like the digits of a number. */
static int
multiply(struct matrix *m, const struct value *exclude, struct err *err)
{
	uint32_t n_axes = m->axes ? m->axes->n : 0;
	uint32_t *digits = ARENA_ARRAY(m->arena, n_axes, uint32_t);
	uint64_t total = n_axes > 0;

	for (uint32_t i = 0; i < n_axes; i++) {
		total *= m->axes->members[i].value.n;
		if (total > m->max)
			return refuse_size(m, err);
	}
	for (uint64_t count = 0; count < total; count++) {
		struct combination c = {
			ARENA_ARRAY(m->arena, n_axes, struct member), n_axes, n_axes};

		for (uint32_t i = 0; i < n_axes; i++)
			c.members[i] = (struct member){m->axes->members[i].key,
				m->axes->members[i].value.items[digits[i]]};
		if (!is_excluded(exclude, &c))
			*add(m) = c;
		for (uint32_t i = n_axes; i > 0; i--) {
			if (++digits[i - 1] < m->axes->members[i - 1].value.n)
				break;
			digits[i - 1] = 0;
		}
	}
	return 0;
}

/* Whether the map says nothing else of the combination's axes than it says itself. */
static bool
is_compatible(const struct value *include, const struct combination *c)
{
	for (uint32_t i = 0; i < c->n_axes; i++) {
		const struct value *v = value_get(include, value_text(&c->members[i].key));

		if (v && !value_equal(v, &c->members[i].value))
			return false;
	}
	return c->n_axes > 0;
}

static void
set_member(struct combination *c, const struct member *member)
{
	for (uint32_t i = 0; i < c->n; i++) {
		if (!str_equal(value_text(&c->members[i].key), value_text(&member->key)))
			continue;
		c->members[i].value = member->value;
		return;
	}
	c->members[c->n++] = *member;
}

static void
extend(struct matrix *m, struct combination *c, const struct value *include)
{
	struct member *members = ARENA_ARRAY(m->arena, c->n + include->n, struct member);

	if (c->n)
		memcpy(members, c->members, c->n * sizeof(*members));
	c->members = members;
	for (uint32_t i = 0; i < include->n; i++)
		set_member(c, &include->members[i]);
}

static int
include_all(struct matrix *m, const struct value *include, struct err *err)
{
	size_t n = m->n;

	for (uint32_t i = 0; include && i < include->n; i++) {
		bool fits = false;

		for (size_t j = 0; j < n; j++) {
			if (!is_compatible(&include->items[i], &m->items[j]))
				continue;
			fits = true;
			extend(m, &m->items[j], &include->items[i]);
		}
		if (!fits)
			extend(m, add(m), &include->items[i]);
		if (m->n > m->max)
			return refuse_size(m, err);
	}
	return 0;
}

/* What is no text, number or boolean has its place in the combination's name only. */
static struct str
make_key(struct matrix *m, const struct combination *c)
{
	AUTO_BUF struct buf b = BUF_INIT(KEY_BYTES_MAX);
	uint32_t n = c->n_axes ? c->n_axes : c->n;

	for (uint32_t i = 0; i < n; i++) {
		const struct value *v = &c->members[i].value;

		buf_add_cstr(&b, i ? "-" : "");
		if (v->kind == VALUE_BOOL)
			buf_add_cstr(&b, value_is_true(v) ? "true" : "false");
		else if (v->kind == VALUE_NULL)
			buf_add_cstr(&b, "null");
		else
			buf_add_str(&b, value_text(v));
	}
	return arena_str(m->arena, buf_str(&b));
}

static void
finish(struct matrix *m, struct value *ret_list, struct value *ret_keys)
{
	struct value *list = ARENA_ARRAY(m->arena, m->n, struct value);
	struct value *keys = ARENA_ARRAY(m->arena, m->n, struct value);

	for (size_t i = 0; i < m->n; i++) {
		list[i] = value_object(m->items[i].members, m->items[i].n);
		keys[i] = value_string(make_key(m, &m->items[i]));
	}
	*ret_list = value_array(list, m->n);
	*ret_keys = value_array(keys, m->n);
}

int
matrix_expand(const struct value *axes, const struct value *include,
	const struct value *exclude, uint32_t max, struct arena *arena, struct value *ret_list,
	struct value *ret_keys, struct err *err)
{
	struct matrix m = {.axes = axes, .arena = arena, .max = max};
	int r = multiply(&m, exclude, err);

	if (r == 0)
		r = include_all(&m, include, err);
	if (r == 0)
		finish(&m, ret_list, ret_keys);
	free(m.items);
	return r;
}
