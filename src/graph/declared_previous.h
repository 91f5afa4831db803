/*
 * declared_previous: outputs of an earlier run that a workflow file names.
 *
 * in: { NAME: { previous: STEP.OUT } }. STEP and OUT are names of this file, as the step that names
 * them knows them: the run before was one of the same workflow. Where the file is used by another, that is a
 * run of the outermost, and the step the one in the same scope of it.
 */
#ifndef LILY_GRAPH_DECLARED_PREVIOUS_H
#define LILY_GRAPH_DECLARED_PREVIOUS_H

#include "graph/port.h"

struct found_previous {
	uint32_t step;
	struct str output;
	struct declared_out out;
	struct str name; /* STEP.OUT, the step with its groups; in the arena */
};

/* How many ways there are to read STEP.OUT where a step (STEP_NONE: the workflow) names it; the first
 * one. *ret_known: the longest name of a step that it begins with. */
unsigned previous_find(const struct workflow *w, struct arena *arena, uint32_t step,
	struct str text, struct found_previous *ret_found, struct str *ret_known);

/* What a text that was checked names, to the step in which it stands. */
void previous_read(const struct workflow *w, uint32_t step, const struct value *text,
	struct arena *arena, struct found_previous *ret_found);

/* Finds what is wrong with it, and puts it among those of the workflow. */
void previous_check(const struct reference_place *at, const struct value *text);

/* The name of what a gate is compared with, STEP:out:OUT or STEP:gate:GATE: none that an input can take in
 * is named so. */
struct str previous_name_compared(
	struct arena *arena, struct str step, const char *what, struct str name);

/* Puts one among those of the workflow, where it is not; its texts live as long as that. */
void previous_add(struct workflow *w, const struct workflow_previous *previous);

#endif
