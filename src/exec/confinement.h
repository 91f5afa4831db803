/*
 * confinement: the policies of attempts as lanes know them, each planned once for an executor; with a layer,
 * for each attempt.
 *
 * A policy is known by its address: it is immutable, and outlives the executor.
 */
#ifndef LILY_EXEC_CONFINEMENT_H
#define LILY_EXEC_CONFINEMENT_H

#include "policy/walls.h"
#include "sandbox/lane.h"

struct confinement {
	const struct policy *policy; /* NULL: a layer and nothing else */
	struct arena arena;
	struct walls_plan plan;
	struct lane_walls *walls;
};

struct confinements {
	struct walls_surroundings surroundings;
	struct confinement **items;
	size_t n;
	size_t capacity;
};

/* Likewise a new one, of the caller's, where a layer lies over the workspace; of no policy, or of `none`, it has
 * the layer alone. The paths are copied. */
int confinement_with_layer(struct confinements *confinements, const struct policy *policy,
	const struct wall_layer *layer, struct confinement **ret_confinement, struct err *err);
void confinement_free(struct confinement *confinement);

/* NULL where the policy is NULL or `none`. ERR_POLICY: its walls cannot be planned; ERR_SYS. Valid until confinements_done. */
int confinement_of(struct confinements *confinements, const struct policy *policy,
	const struct confinement **ret_confinement, struct err *err);

void confinements_done(struct confinements *confinements);

#endif
