#include "graph/declared_pool.h"

#include "base/memory.h"

#define PREFIX "LILY_POOL_"

struct str
pool_variable(struct arena *arena, struct str name)
{
	char *text = arena_bytes(arena, sizeof(PREFIX) + name.n);
	char *p = mempcpy(text, PREFIX, sizeof(PREFIX) - 1);

	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		*p++ = c == '.' || c == '-' ? '_' : c;
	}
	*p = '\0';
	return (struct str){text, (size_t)(p - text)};
}

static bool
read_slots(struct workflow *w, const struct place *place, const struct value *v,
	uint32_t *ret_slots)
{
	int64_t number;

	if (value_to_i64(v, &number) && number >= 1 && number <= POOL_SLOTS_MAX) {
		*ret_slots = (uint32_t)number;
		return true;
	}
	finding_error(&w->findings, place, v->offset,
		"must be a whole number of slots from 1 to %d, not %s", POOL_SLOTS_MAX,
		value_describe(&w->arena, v));
	return false;
}

static void
read_pool(struct workflow *w, const struct member *member, struct map *variables)
{
	struct str name = value_text(&member->key);
	struct place place = {NULL, "pool", name};
	struct declared_pool *pool = &w->pools[w->n_pools];
	uint32_t other;

	if (!str_is_name(name)) {
		finding_error(&w->findings, NULL, member->key.offset,
			"\"%.*s\" is not a name for a pool: letters, digits, _ . - and at most "
			"128 bytes, beginning with a letter, digit or _",
			(int)MIN(name.n, 150), name.p);
		return;
	}
	pool->name = name;
	pool->slots = POOL_SLOTS_MAX;
	(void)read_slots(w, &place, &member->value, &pool->slots);
	other = map_add(variables, pool_variable(&w->arena, name), (uint32_t)w->n_pools);
	if (other != MAP_NONE)
		finding_error(&w->findings, &place, member->key.offset,
			"its slots and those of pool \"%.*s\" would be in one variable, %s; "
			"rename one of them",
			STR_ARG(w->pools[other].name), pool_variable(&w->arena, name).p);
	(void)map_add(&w->pool_by_name, name, (uint32_t)w->n_pools++);
}

void
pools_read(struct workflow *w)
{
	const struct value *pools = w->keys[WORKFLOW_POOLS];
	struct map variables = MAP_INIT;

	if (!pools)
		return;
	if (pools->n > POOLS_MAX)
		finding_error(&w->findings, NULL, pools->offset, "%u pools, more than %d",
			pools->n, POOLS_MAX);
	w->pools = ARENA_ARRAY(&w->arena, MIN(pools->n, POOLS_MAX), struct declared_pool);
	for (uint32_t i = 0; i < MIN(pools->n, POOLS_MAX); i++)
		read_pool(w, &pools->members[i], &variables);
	map_done(&variables);
}

static void
report_unknown(struct workflow *w, const struct place *place, const struct value *key)
{
	struct str *names = ARENA_ARRAY(&w->arena, w->n_pools, struct str);
	const char *suggestion;

	for (size_t i = 0; i < w->n_pools; i++)
		names[i] = w->pools[i].name;
	suggestion = finding_suggestion(&w->findings, value_text(key), names, w->n_pools);
	if (*suggestion)
		finding_error(&w->findings, place, key->offset, "there is no pool \"%.*s\"%s",
			(int)MIN(key->n, 150), key->text, suggestion);
	else
		finding_error(&w->findings, place, key->offset,
			"there is no pool \"%.*s\"; declare it at the top: pools: { %.*s: 1 }",
			(int)MIN(key->n, 150), key->text, (int)MIN(key->n, 150), key->text);
}

void
pools_check(struct workflow *w, const struct place *place, const struct value *pools)
{
	for (uint32_t i = 0; i < pools->n; i++) {
		const struct member *member = &pools->members[i];
		struct str name = value_text(&member->key);
		struct place inner = {place, "pool", name};
		uint32_t number = map_get(&w->pool_by_name, name);
		uint32_t slots;

		if (number == MAP_NONE)
			report_unknown(w, place, &member->key);
		else if (read_slots(w, &inner, &member->value, &slots) &&
			slots > w->pools[number].slots)
			finding_error(&w->findings, &inner, member->value.offset,
				"the step asks for %u slots and the pool has %u: it could "
				"never start",
				slots, w->pools[number].slots);
	}
}
