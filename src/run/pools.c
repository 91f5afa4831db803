#include "run/pools.h"

#include "base/memory.h"

struct pool {
	uint32_t free;
	uint32_t in_line; /* steps in line that ask for it */
	uint64_t kept;    /* the newest look at the line that keeps it for one further ahead */
	bool *taken;      /* by slot */
};

struct ticket {
	uint32_t step;
	uint64_t number; /* the order of coming */
};

/* The steps in line that ask for the same. */
struct kind {
	const struct step_pool *wants;
	uint32_t n_wants;
	struct ticket *line; /* from `first` on */
	size_t first, n, capacity;
};

struct pools {
	const struct graph *graph;
	struct arena arena;
	struct pool *pools; /* as the graph's */
	struct kind *kinds;
	size_t n_kinds, capacity;
	struct map kind_by_wants;
	size_t *order; /* of the kinds, by who came first */
	size_t order_capacity;
	uint64_t next_number;
	uint64_t looks;
	bool settled; /* nothing was given back since a look found nobody */
};

struct pools *
pools_new(const struct graph *graph)
{
	struct pools *pools;

	if (!graph->n_pools)
		return NULL;
	pools = memory_zeroed(1, sizeof(*pools));
	pools->graph = graph;
	pools->pools = ARENA_ARRAY(&pools->arena, graph->n_pools, struct pool);
	for (uint32_t i = 0; i < graph->n_pools; i++) {
		pools->pools[i].free = graph->pools[i].slots;
		pools->pools[i].taken = ARENA_ARRAY(&pools->arena, graph->pools[i].slots, bool);
	}
	return pools;
}

void
pools_free(struct pools *pools)
{
	if (!pools)
		return;
	for (size_t i = 0; i < pools->n_kinds; i++)
		free(pools->kinds[i].line);
	free(pools->kinds);
	free(pools->order);
	map_done(&pools->kind_by_wants);
	arena_done(&pools->arena);
	free(pools);
}

static const struct step *
step_of(const struct pools *pools, uint32_t step)
{
	return &pools->graph->steps[step];
}

static struct kind *
kind_of(struct pools *pools, const struct step *step)
{
	const struct str wants = {
		(const char *)step->pools, step->n_pools * sizeof(*step->pools)};
	uint32_t number = map_get(&pools->kind_by_wants, wants);
	struct kind *kind;

	if (number != MAP_NONE)
		return &pools->kinds[number];
	pools->kinds = memory_grow(
		pools->kinds, pools->n_kinds, &pools->capacity, sizeof(*pools->kinds));
	pools->order = memory_grow(
		pools->order, pools->n_kinds, &pools->order_capacity, sizeof(*pools->order));
	(void)map_add(&pools->kind_by_wants, wants, (uint32_t)pools->n_kinds);
	pools->order[pools->n_kinds] = pools->n_kinds;
	kind = &pools->kinds[pools->n_kinds++];
	*kind = (struct kind){.wants = step->pools, .n_wants = step->n_pools};
	return kind;
}

static void
join_line(struct pools *pools, uint32_t step)
{
	struct kind *kind = kind_of(pools, step_of(pools, step));

	if (kind->first && kind->first == kind->n)
		kind->first = kind->n = 0;
	kind->line = memory_grow(kind->line, kind->n, &kind->capacity, sizeof(*kind->line));
	kind->line[kind->n++] = (struct ticket){step, pools->next_number++};
	for (uint32_t i = 0; i < kind->n_wants; i++)
		pools->pools[kind->wants[i].pool].in_line++;
	pools->settled = false;
}

/* The first of the kind leaves the line. */
static void
leave_line(struct pools *pools, struct kind *kind)
{
	kind->first++;
	for (uint32_t i = 0; i < kind->n_wants; i++)
		pools->pools[kind->wants[i].pool].in_line--;
}

bool
pools_admit(struct pools *pools, uint32_t number)
{
	const struct step *step;
	bool may = true;

	if (!pools)
		return true;
	step = step_of(pools, number);
	for (uint32_t i = 0; i < step->n_pools; i++) {
		const struct pool *pool = &pools->pools[step->pools[i].pool];

		may &= !pool->in_line && pool->free >= step->pools[i].slots;
	}
	if (!may)
		join_line(pools, number);
	return may;
}

static uint64_t
head_of(const struct pools *pools, size_t kind)
{
	const struct kind *k = &pools->kinds[kind];

	return k->first < k->n ? k->line[k->first].number : UINT64_MAX;
}

/* Kinds by the coming of their first. Between two looks few heads change: insertion is cheap. */
static void
sort_kinds(struct pools *pools)
{
	for (size_t i = 1; i < pools->n_kinds; i++) {
		size_t kind = pools->order[i];
		uint64_t head = head_of(pools, kind);
		size_t j = i;

		for (; j && head_of(pools, pools->order[j - 1]) > head; j--)
			pools->order[j] = pools->order[j - 1];
		pools->order[j] = kind;
	}
}

uint32_t
pools_next(struct pools *pools)
{
	if (!pools || pools->settled)
		return STEP_NONE;
	sort_kinds(pools);
	pools->looks++;
	for (size_t i = 0; i < pools->n_kinds; i++) {
		const struct kind *kind = &pools->kinds[pools->order[i]];
		bool may = true;

		if (kind->first == kind->n)
			break;
		for (uint32_t j = 0; j < kind->n_wants; j++) {
			struct pool *pool = &pools->pools[kind->wants[j].pool];

			may &= pool->kept != pools->looks && pool->free >= kind->wants[j].slots;
			pool->kept = pools->looks;
		}
		if (may)
			return kind->line[kind->first].step;
	}
	pools->settled = true;
	return STEP_NONE;
}

static void
take_slots(struct pool *pool, uint32_t slots, uint32_t *ret_slots)
{
	uint32_t n = 0;

	if (pool->free < slots)
		BUG("a pool has %u slots left, not %u", pool->free, slots);
	for (uint32_t i = 0; n < slots; i++)
		if (!pool->taken[i]) {
			pool->taken[i] = true;
			ret_slots[n++] = i;
		}
	pool->free -= slots;
}

const uint32_t *
pools_take(struct pools *pools, uint32_t number, struct arena *arena)
{
	const struct step *step;
	struct kind *kind;
	uint32_t *slots;
	size_t n = 0;

	if (!pools || !step_of(pools, number)->n_pools)
		return NULL;
	step = step_of(pools, number);
	kind = kind_of(pools, step);
	if (kind->first < kind->n && kind->line[kind->first].step == number)
		leave_line(pools, kind);
	for (uint32_t i = 0; i < step->n_pools; i++)
		n += step->pools[i].slots;
	slots = ARENA_ARRAY(arena, n, uint32_t);
	n = 0;
	for (uint32_t i = 0; i < step->n_pools; i++) {
		take_slots(&pools->pools[step->pools[i].pool], step->pools[i].slots, slots + n);
		n += step->pools[i].slots;
	}
	return slots;
}

void
pools_give(struct pools *pools, uint32_t number, const uint32_t *slots)
{
	const struct step *step;
	size_t n = 0;

	if (!pools || !slots)
		return;
	step = step_of(pools, number);
	for (uint32_t i = 0; i < step->n_pools; i++) {
		struct pool *pool = &pools->pools[step->pools[i].pool];

		for (uint32_t j = 0; j < step->pools[i].slots; j++)
			pool->taken[slots[n++]] = false;
		pool->free += step->pools[i].slots;
	}
	pools->settled = false;
}

void
pools_drop(struct pools *pools, uint32_t number)
{
	struct kind *kind = kind_of(pools, step_of(pools, number));

	if (kind->first == kind->n || kind->line[kind->first].step != number)
		BUG("step %u is not the first in line", number);
	leave_line(pools, kind);
}

void
pools_leave(struct pools *pools, uint32_t step)
{
	struct kind *kind;

	if (!pools || !step_of(pools, step)->n_pools)
		return;
	kind = kind_of(pools, step_of(pools, step));
	for (size_t i = kind->first; i < kind->n; i++) {
		if (kind->line[i].step != step)
			continue;
		/* Those in front of it keep their order. */
		memmove(&kind->line[kind->first + 1], &kind->line[kind->first],
			(i - kind->first) * sizeof(*kind->line));
		leave_line(pools, kind);
		pools->settled = false;
		return;
	}
}
