#include "json/builder.h"

#include "base/memory.h"

void
builder_done(struct builder *b)
{
	free(b->pending);
	*b = (struct builder){.arena = b->arena};
}

static void
push(struct builder *b, const char *key, struct value v)
{
	bool in_object = b->depth && b->open[b->depth - 1].is_object;

	if (in_object != (key != NULL))
		BUG("builder: key %s where %s", key ? key : "missing",
			in_object ? "a member begins" : "an item begins");
	if (!b->depth && b->n_pending)
		BUG("builder: a second root");
	b->pending = memory_grow(b->pending, b->n_pending, &b->capacity, sizeof(*b->pending));
	b->pending[b->n_pending++] = (struct member){
		.key = key ? value_string(str_of(key)) : value_null(),
		.value = v,
	};
}

static void
open_container(struct builder *b, const char *key, bool is_object)
{
	if (b->depth == BUILDER_DEPTH)
		BUG("builder: more than %d levels", BUILDER_DEPTH);
	push(b, key, value_null());
	b->open[b->depth].first = b->n_pending;
	b->open[b->depth].is_object = is_object;
	b->depth++;
}

void
builder_object(struct builder *b, const char *key)
{
	open_container(b, key, true);
}

void
builder_array(struct builder *b, const char *key)
{
	open_container(b, key, false);
}

static struct value
close_object(const struct builder *b, size_t first, size_t n)
{
	struct member *members = ARENA_ARRAY(b->arena, n, struct member);

	if (n)
		memcpy(members, b->pending + first, n * sizeof(*members));
	return value_object(members, n);
}

static struct value
close_array(const struct builder *b, size_t first, size_t n)
{
	struct value *items = ARENA_ARRAY(b->arena, n, struct value);

	for (size_t i = 0; i < n; i++)
		items[i] = b->pending[first + i].value;
	return value_array(items, n);
}

void
builder_end(struct builder *b)
{
	size_t first;
	size_t n;

	if (!b->depth)
		BUG("builder: nothing to end");
	b->depth--;
	first = b->open[b->depth].first;
	n = b->n_pending - first;
	b->pending[first - 1].value = b->open[b->depth].is_object ? close_object(b, first, n)
								  : close_array(b, first, n);
	b->n_pending = first;
}

void
builder_add(struct builder *b, const char *key, struct value v)
{
	push(b, key, v);
}

void
builder_null(struct builder *b, const char *key)
{
	push(b, key, value_null());
}

void
builder_bool(struct builder *b, const char *key, bool truth)
{
	push(b, key, value_bool(truth));
}

/* Readings hold millions of numbers: printf would be most of their cost. */
static struct value
whole_number(struct arena *arena, bool negative, uint64_t magnitude)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + magnitude % 10);
	while (magnitude /= 10);
	if (negative)
		digits[--at] = '-';
	return value_number(arena_str(arena, (struct str){digits + at, sizeof(digits) - at}));
}

void
builder_i64(struct builder *b, const char *key, int64_t number)
{
	uint64_t magnitude = number < 0 ? -(uint64_t)number : (uint64_t)number;

	push(b, key, whole_number(b->arena, number < 0, magnitude));
}

void
builder_u64(struct builder *b, const char *key, uint64_t number)
{
	push(b, key, whole_number(b->arena, false, number));
}

/* s with every byte that is not UTF-8 replaced, `bad` being the first of them. */
static struct str
repair(struct arena *arena, struct str s, size_t bad)
{
	static const char replacement[] = "\xEF\xBF\xBD";
	char *text = arena_bytes(arena, s.n * 3 + 1);
	size_t n = 0;

	do {
		memcpy(text + n, s.p, bad);
		n += bad;
		memcpy(text + n, replacement, 3);
		n += 3;
		s = (struct str){s.p + bad + 1, s.n - bad - 1};
	} while (!str_is_utf8(s, &bad));
	if (s.n)
		memcpy(text + n, s.p, s.n);
	n += s.n;
	text[n] = '\0';
	return (struct str){text, n};
}

void
builder_text(struct builder *b, const char *key, struct str s)
{
	size_t bad;

	if (str_is_utf8(s, &bad))
		push(b, key, value_string(arena_str(b->arena, s)));
	else
		push(b, key, value_string(repair(b->arena, s, bad)));
}

void
builder_cstr(struct builder *b, const char *key, const char *text)
{
	builder_text(b, key, str_of(text));
}

const struct value *
builder_root(const struct builder *b)
{
	struct value *root;

	if (b->depth || b->n_pending != 1)
		BUG("builder: %u containers are open", b->depth);
	root = ARENA_NEW(b->arena, struct value);
	*root = b->pending[0].value;
	return root;
}
