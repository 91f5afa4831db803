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

void
confinements_done(struct confinements *confinements)
{
	for (size_t i = 0; i < confinements->n; i++) {
		lane_walls_free(confinements->items[i]->walls);
		arena_done(&confinements->items[i]->arena);
		free(confinements->items[i]);
	}
	free(confinements->items);
}
