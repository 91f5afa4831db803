#include "graph/declared_pool.h"
#include "graph/loader.h"

int
loader_read_pools(struct loader *l, const struct value *object, struct err *err)
{
	struct graph *graph = l->graph;
	struct pool_of_graph *pools;

	if (!object)
		return 0;
	if (object->n > POOLS_MAX)
		return loader_corrupt(err, "it has too many pools");
	pools = ARENA_ARRAY(&graph->arena, object->n, struct pool_of_graph);
	for (uint32_t i = 0; i < object->n; i++) {
		struct str name = value_text(&object->members[i].key);
		uint64_t slots;
		int r;

		if (!str_is_name(name) ||
			(i && str_compare(value_text(&object->members[i - 1].key), name) >= 0))
			return loader_corrupt(err, "pool \"%.*s\" is not in its place",
				(int)MIN(name.n, 60), name.p);
		r = loader_read_number(
			&object->members[i].value, "a pool", POOL_SLOTS_MAX, &slots, err);
		if (r == 0 && !slots)
			r = loader_corrupt(err, "a pool has no slots");
		if (r < 0)
			return r;
		pools[i] = (struct pool_of_graph){.name = arena_str(&graph->arena, name),
			.variable = pool_variable(&graph->arena, name),
			.slots = (uint32_t)slots};
	}
	graph->pools = pools;
	graph->n_pools = object->n;
	return 0;
}

/* Both lists are sorted by name. */
static int
find_pool(const struct graph *graph, struct str name, uint32_t *from, struct err *err)
{
	for (; *from < graph->n_pools; (*from)++)
		if (str_equal(graph->pools[*from].name, name))
			return 0;
	return loader_corrupt(err, "pool \"%.*s\" is not there", (int)MIN(name.n, 60), name.p);
}

int
loader_read_step_pools(
	struct loader *l, const struct value *object, struct step *step, struct err *err)
{
	struct step_pool *pools = ARENA_ARRAY(&l->graph->arena, object->n, struct step_pool);
	uint32_t pool = 0;

	for (uint32_t i = 0; i < object->n; i++, pool++) {
		uint64_t slots = 0;
		int r = find_pool(l->graph, value_text(&object->members[i].key), &pool, err);

		if (r == 0)
			r = loader_read_number(&object->members[i].value, "a demand",
				l->graph->pools[pool].slots, &slots, err);
		if (r == 0 && !slots)
			r = loader_corrupt(err, "a step asks for no slots of a pool");
		if (r < 0)
			return r;
		pools[i] = (struct step_pool){.pool = pool, .slots = (uint32_t)slots};
	}
	step->pools = pools;
	step->n_pools = object->n;
	return 0;
}
