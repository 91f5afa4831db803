/*
 * reference: checking that what ${{ }} names exists and fits the place where it stands.
 */
#ifndef LILY_GRAPH_REFERENCE_H
#define LILY_GRAPH_REFERENCE_H

#include "graph/declaration.h"
#include "graph/expression.h"

/* What may stand in a place, by bits of enum expression_root. */
#define MAY_TEXT_OF_WORKFLOW ((1U << ROOT_PARAM) | (1U << ROOT_RUN))
#define MAY_PATH (MAY_TEXT_OF_WORKFLOW | (1U << ROOT_STEP))
#define MAY_TEXT_OF_STEP (MAY_PATH | (1U << ROOT_IN))

/* What to do about a list or map in a text; for printf, with the param's name. */
#define CURE_PARAM                                                                            \
	"take it by in: { NAME: \"${{ params.%.*s }}\" } and write ${{ in.NAME }}, the path " \
	"of "                                                                                 \
	"a JSON file"

/* A place where text with references may stand. */
struct reference_place {
	struct workflow *workflow;
	const struct place *place;
	uint32_t step;       /* whose text this is, or STEP_NONE */
	unsigned may;        /* MAY_… */
	const char *what;    /* "argv", for messages */
	struct edges *edges; /* NULL where no step may be referred to */
};

/* Checks every reference in a text and adds the edges that they make. */
void references_check(const struct reference_place *at, const struct value *text);

/* A text that must be one reference to an artifact (steps.S.out.O or inputs.NAME), or, with
 * REFERENCE_OR_PARAM, to a param. `optional`: the place does without it. *ret_expression is valid
 * where true is returned; false means that there was a finding. */
enum reference_want { REFERENCE_ARTIFACT, REFERENCE_OUTPUT, REFERENCE_OR_PARAM };
bool reference_check_artifact(const struct reference_place *at, const struct value *text,
	enum reference_want want, bool optional, struct str *ret_reference);

/* The step and output that "S.out.O" names; false where there are none. For texts that were
 * checked, always true. */
bool reference_find(const struct workflow *w, struct str name, uint32_t *ret_step,
	const struct value **ret_output);

/* Refuses ${{ where no reference may stand at all. */
void references_refuse(const struct reference_place *at, const struct value *text);

#endif
