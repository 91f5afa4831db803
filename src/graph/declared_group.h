/*
 * declared_group: the steps of a workflow file with those of its groups, laid out in one row.
 *
 * A name that a step uses means the nearest step or group of that name: beside the step first, then
 * beside the group that it is in, and so on outwards. From outside a group's step is GROUP/NAME.
 */
#ifndef LILY_GRAPH_DECLARED_GROUP_H
#define LILY_GRAPH_DECLARED_GROUP_H

#include "graph/declaration.h"

struct declared_out;

struct declared_group {
	struct str
		name; /* GROUP, or GROUP/'*' of a foreach: what the names of its steps begin with */
	uint32_t outer;   /* GROUP_NONE: it stands at the top */
	uint32_t foreach; /* the foreach step whose templates it holds, STEP_NONE: it is plain */
	uint32_t first;   /* its steps, those of groups in it among them */
	uint32_t n_steps;
	const struct value *needs; /* of a plain group: holds for all of its steps */
	const struct value *outputs;
};

/* Fills steps, groups and the maps of their names from `steps`, with findings on names, keys and
 * kinds. */
void groups_read(struct workflow *w);

/* What a name means where it is used within a group (GROUP_NONE: in none): one of both is set, or none.
 * Templates are found by the steps beside them only. */
struct declared_name {
	uint32_t step;
	uint32_t group;
};
struct declared_name name_find(const struct workflow *w, uint32_t group, struct str name);

/* The step and its output that an output of a group is. */
bool group_output_find(const struct workflow *w, uint32_t group, struct str name,
	uint32_t *ret_step, struct str *ret_output, struct declared_out *ret_out);

#endif
