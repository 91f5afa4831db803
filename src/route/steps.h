/*
 * steps: what rules may know of the graph that they are written for.
 *
 * The steps of one file, as whoever has the graph hands them over: names, needs, gates, and what must
 * not happen twice. Numbers are indices into the list.
 */
#ifndef LILY_ROUTE_STEPS_H
#define LILY_ROUTE_STEPS_H

#include "base/map.h"

enum route_step_kind {
	ROUTE_STEP_PLAIN,
	ROUTE_STEP_FOREACH,
	ROUTE_STEP_SCOPE,    /* stands for the steps of another file */
	ROUTE_STEP_TEMPLATE, /* of a foreach: rules do not know it */
};

struct route_step {
	struct str name; /* with the groups that it is in */
	enum route_step_kind kind;
	bool is_once;          /* must not happen twice */
	bool is_last;          /* of `finally` */
	const uint32_t *needs; /* steps that come first */
	uint32_t n_needs;
	const struct str *gates;
	uint32_t n_gates;
};

struct route_steps {
	const struct route_step *items;
	uint32_t n;
	const struct str *groups; /* their names, for messages */
	uint32_t n_groups;
	const struct str *gates; /* of the run */
	uint32_t n_gates;
	/* The rest is made by route_steps_index. */
	struct map by_name;
	uint32_t *dependents; /* of all steps, one after the other */
	uint32_t *first;      /* of each step, its first in dependents; one more at the end */
	struct str *names;    /* those that a rule can name, for suggestions */
	uint32_t n_names;
};

#define ROUTE_STEP_NONE UINT32_MAX

/* Prepares the rest once items, groups and gates are there. */
void route_steps_index(struct route_steps *steps);
void route_steps_done(struct route_steps *steps);

/* The step of that name, templates left out, or ROUTE_STEP_NONE. */
uint32_t route_steps_find(const struct route_steps *steps, struct str name);

/* The cone of a step: itself and all that needs it, directly or not. ret_inside has room for a mark a
 * step, all false. */
void route_steps_cone(const struct route_steps *steps, uint32_t step, bool *ret_inside);

/* Whether there is a gate of that name, STEP.GATE. *ret_step is its step; where it has no such gate, the
 * step that is probably meant, or ROUTE_STEP_NONE. */
bool route_steps_find_gate(
	const struct route_steps *steps, struct str name, uint32_t *ret_step);

#endif
