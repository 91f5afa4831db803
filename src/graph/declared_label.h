/*
 * declared_label: the keys `grants` of a gate and `accepts` of a step.
 *
 * A gate grants a label to an output that it looks at: of its own step under the output's name, a gate of the
 * run under STEP.OUTPUT. A step accepts an input only with labels that gates before it can have granted to the
 * very output that the input is.
 */
#ifndef LILY_GRAPH_DECLARED_LABEL_H
#define LILY_GRAPH_DECLARED_LABEL_H

#include "graph/reference.h"

/* An output of a step of the file. */
struct labelled {
	uint32_t step;
	struct str output; /* in the arena, or the file's own text */
};

/* Finds what is wrong with `grants` of a gate of at->step, which has been checked otherwise. */
void grants_check(const struct reference_place *at, const struct value *gate);

/* The output that an entry of `grants`, which was checked, names. */
void grant_read(const struct workflow *w, uint32_t step, struct str name, struct arena *arena,
	struct labelled *ret_labelled);

/* Finds what is wrong with `accepts` of a step, whose `in` has been checked; it needs the end of the gates of
 * the run that grant what it accepts. */
void accepts_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* The labels of an entry of `accepts`: one, or a list. */
uint32_t accepted_count(const struct value *labels);
const struct value *accepted_at(const struct value *labels, uint32_t i);

#endif
