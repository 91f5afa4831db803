/*
 * reference: checking that what ${{ }} names exists and fits the place where it stands.
 */
#ifndef LILY_GRAPH_REFERENCE_H
#define LILY_GRAPH_REFERENCE_H

#include "graph/declaration.h"
#include "graph/expression.h"

struct declared_out;
struct reference_gate; /* declared_gate.h */

/* What may stand in a place, by bits of enum expression_root. */
#define MAY_TEXT_OF_WORKFLOW ((1U << ROOT_PARAM) | (1U << ROOT_RUN))
#define MAY_OUTPUT (MAY_TEXT_OF_WORKFLOW | (1U << ROOT_STEP) | (1U << ROOT_GATE))
/* What an item of a foreach is; only where there is one. */
#define MAY_ITEM ((1U << ROOT_ITEM) | (1U << ROOT_KEY) | (1U << ROOT_INDEX))
#define MAY_CONDITION (MAY_ITEM | MAY_OUTPUT | (1U << ROOT_ENV))
#define MAY_PATH (MAY_CONDITION | (1U << ROOT_ATTEMPT))
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
	bool of_end;         /* how the run stands at its end is known: run.status */
	const struct reference_gate *gate; /* whose text it is, or NULL: the step's own */
	bool of_item; /* what item, key and index are is known, though `step` is a foreach */
};

/* Checks every expression in a text and adds the edges that they make. What they give has to be
 * something that can stand in a text. */
void references_check(const struct reference_place *at, const struct value *text);

/* Checks one expression, `text`, that stands in a value; *ret_type, if asked for, is what it may give
 * (EXPR_…). False means that there was a finding. */
bool expression_check(const struct reference_place *at, const struct value *value,
	struct str text, unsigned *ret_type);

/* `if`: an expression, bare or in ${{ }}, that gives true or false. */
void condition_check(const struct reference_place *at, const struct value *v);

/* A text that is one expression in ${{ }}: a reference to an artifact (steps.S.out.O or inputs.NAME),
 * or anything else, whose value then becomes an artifact. `optional`: the place does without it. */
void source_check(const struct reference_place *at, const struct value *text, bool optional);

/* Likewise of an output of the workflow; its type is kept. False: there was a finding. */
bool output_source_check(const struct reference_place *at, struct declared_output *output);

/* Likewise; false where it is no expression, or there was a finding. */
bool artifact_check(const struct reference_place *at, const struct value *value, bool optional,
	bool *ret_is_artifact);

/* An expression that has to give a list; *ret_is_artifact: it is nothing but an artifact, whose kind only
 * the run knows. */
bool list_check(const struct reference_place *at, const struct value *value, struct str text,
	unsigned *ret_type, bool *ret_is_artifact);

/* An expression of the workflow, read and with normal, bound references; its members as
 * expr_parse's. What was checked before gives no error. */
int expression_compile(const struct workflow *w, uint32_t step, struct arena *arena,
	struct str text, struct expr **ret_expr, uint32_t *ret_offset, struct err *err);

/* Whether it is nothing but a reference to an output of a step or an input of the workflow. */
bool expression_is_artifact(const struct expr *expr, struct meaning *ret_meaning);

/* The step of that name and its output; false where there is none. */
bool reference_find(const struct workflow *w, const struct meaning *meaning, uint32_t *ret_step,
	struct declared_out *ret_output);

/* Where a byte of an expression, `text`, stands in the source: behind the start of the value that it is a
 * part of, unless escapes hide it; then that start. */
uint32_t expression_place(
	const struct workflow *w, const struct value *value, struct str text, uint32_t offset);

/* Refuses ${{ where no reference may stand at all. */
void references_refuse(const struct reference_place *at, const struct value *text);

#endif
