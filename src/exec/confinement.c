#include "exec/confinement.h"

#include "base/memory.h"

int
confinement_of(struct confinements *confinements, const struct policy *policy,
	const struct confinement **ret_confinement, struct err *err)
{
	struct confinement *made;
	int r;

	*ret_confinement = NULL;
	if (!policy || policy->is_none)
		return 0;
	for (size_t i = 0; i < confinements->n; i++) {
		*ret_confinement = confinements->items[i];
		if (confinements->items[i]->policy == policy)
			return 0;
	}
	made = memory_zeroed(1, sizeof(*made));
	made->policy = policy;
	r = walls_plan(policy, &confinements->surroundings, &made->arena, &made->plan, err);
	if (r == 0)
		r = lane_walls_new(&made->plan.walls, &made->walls, err);
	if (r < 0) {
		*ret_confinement = NULL;
		arena_done(&made->arena);
		free(made);
		/* Whatever is wrong with it, it cannot be held. */
		if (r != ERR_SYS)
			err->code = ERR_POLICY;
		return err_wrap(err, "policy %.*s", STR_ARG(policy->name));
	}
	confinements->items = memory_grow(confinements->items, confinements->n,
		&confinements->capacity, sizeof(struct confinement *));
	confinements->items[confinements->n++] = made;
	*ret_confinement = made;
	return 0;
}

static struct wall_layer
copy_layer(struct arena *arena, const struct wall_layer *layer)
{
	return (struct wall_layer){
		.path = arena_cstr(arena, str_of(layer->path)),
		.upper = arena_cstr(arena, str_of(layer->upper)),
		.work = arena_cstr(arena, str_of(layer->work)),
		.over = layer->over ? arena_cstr(arena, str_of(layer->over)) : NULL,
	};
}

int
confinement_with_layer(struct confinements *confinements, const struct policy *policy,
	const struct wall_layer *layer, struct confinement **ret_confinement, struct err *err)
{
	const struct confinement *base;
	struct confinement *made;
	int r = confinement_of(confinements, policy, &base, err);

	if (r < 0)
		return r;
	made = memory_zeroed(1, sizeof(*made));
	if (base) {
		made->policy = base->policy;
		made->plan = base->plan;
	} else {
		made->plan.walls.flags = WALLS_BARE;
	}
	made->plan.walls.layer = copy_layer(&made->arena, layer);
	r = lane_walls_new(&made->plan.walls, &made->walls, err);
	if (r < 0) {
		confinement_free(made);
		return r;
	}
	*ret_confinement = made;
	return 0;
}

void
confinement_free(struct confinement *confinement)
{
	if (!confinement)
		return;
	lane_walls_free(confinement->walls);
	arena_done(&confinement->arena);
	free(confinement);
}

void
confinements_done(struct confinements *confinements)
{
	for (size_t i = 0; i < confinements->n; i++)
		confinement_free(confinements->items[i]);
	free(confinements->items);
}
