#include "json/keys.h"

#include "base/memory.h"

#define FEW 8
#define SHOWN_BYTES 60

void
keys_done(struct keys *keys)
{
	free(keys->slots);
	*keys = KEYS_INIT;
}

static bool
are_equal(const struct member *a, const struct member *b)
{
	return a->key.hash == b->key.hash &&
		str_equal(value_text(&a->key), value_text(&b->key));
}

/* The member before `member` with the same key, or NULL. */
static const struct member *
find_among_few(const struct member *first, const struct member *member)
{
	for (; first < member; first++)
		if (are_equal(first, member))
			return first;
	return NULL;
}

static void
make_room(struct keys *keys, uint32_t n)
{
	size_t wanted = FEW * 2;

	while (wanted < (size_t)n * 2)
		wanted *= 2;
	if (wanted > keys->capacity || wanted < keys->capacity / 64) {
		free(keys->slots);
		keys->slots = memory_new(wanted, sizeof(*keys->slots));
		keys->capacity = wanted;
	}
	memset(keys->slots, 0xFF, keys->capacity * sizeof(*keys->slots));
}

/* The same by a hash table, which remembers the member for those that follow. */
static const struct member *
find_among_many(struct keys *keys, const struct member *members, uint32_t index)
{
	const struct member *member = &members[index];
	size_t mask = keys->capacity - 1;
	size_t i = member->key.hash & mask;

	for (; keys->slots[i] != UINT32_MAX; i = (i + 1) & mask)
		if (are_equal(&members[keys->slots[i]], member))
			return &members[keys->slots[i]];
	keys->slots[i] = index;
	return NULL;
}

static int
report(const struct source *source, const struct member *first, const struct member *second,
	struct err *err)
{
	struct position position = source_position(source, first->key.offset);
	struct str key = value_text(&second->key);
	struct str shown = {key.p, MIN(key.n, SHOWN_BYTES)};

	while (shown.n < key.n && shown.n && ((unsigned char)key.p[shown.n] & 0xC0) == 0x80)
		shown.n--;
	return source_error(source, second->key.offset, err,
		"duplicate key \"%.*s%s\": it is already at %u:%u; remove or rename one of "
		"them",
		STR_ARG(shown), shown.n < key.n ? "…" : "", position.line, position.column);
}

int
keys_check_unique(struct keys *keys, const struct source *source, const struct value *object,
	struct err *err)
{
	bool is_many = object->n > FEW;

	if (is_many)
		make_room(keys, object->n);
	for (uint32_t i = 0; i < object->n; i++) {
		const struct member *first = is_many
			? find_among_many(keys, object->members, i)
			: find_among_few(object->members, &object->members[i]);

		if (first)
			return report(source, first, &object->members[i], err);
	}
	return 0;
}
