/*
 * likeness: what a plan says of each step, in a form that two plans can be compared by.
 *
 * A step is a list of parts, each a member of its description in the plan (plan.h) with the
 * canonical text of its value, in the order of their labels. What cannot change what a step makes is
 * left out: its number, when it is given up and tried again. Numbers of other steps are their names,
 * settings and schemas stand where they are named. Two steps are alike when all parts are equal.
 */
#ifndef LILY_RUN_LIKENESS_H
#define LILY_RUN_LIKENESS_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/map.h"
#include "store/store.h"

struct likeness_part {
	struct str label; /* "argv", "env", … */
	struct str text;
};

struct likeness_step {
	struct str name;
	const struct likeness_part *parts;
	size_t n;
};

struct likeness {
	struct likeness_step *steps; /* in the order of the plan */
	size_t n_steps;
	const struct likeness_part *inputs; /* of the workflow: name, digest or "" */
	size_t n_inputs;
	struct map by_name;
};

/* All of it lives in the arena but the map: likeness_done. */
int likeness_read(struct store *store, const struct digest *plan, struct arena *arena,
	struct likeness *ret_likeness, struct err *err);
void likeness_done(struct likeness *likeness);

/* The labels of the parts in which they differ, "argv, env", in the arena; empty: they are alike.
 * Steps that speak of a workflow's input whose bytes are others differ by "inputs.NAME". */
struct str likeness_compare(const struct likeness *before, const struct likeness_step *was,
	const struct likeness *after, const struct likeness_step *is, struct arena *arena);

#endif
