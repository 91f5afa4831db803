/*
 * template: the texts of a step as its plan holds them: literal parts, references, expressions.
 *
 * Immutable, in the arena of its graph. All names are bound: to numbers of steps, outputs and inputs.
 */
#ifndef LILY_GRAPH_TEMPLATE_H
#define LILY_GRAPH_TEMPLATE_H

#include "expr/expr.h"

/* What a ${{ reference }} names. `params` never gets here but in a sketch, which nobody runs: they are
 * known when the plan is made. */
enum reference_kind {
	REFERENCE_STEP_OUT, /* steps.S.out.O */
	REFERENCE_INPUT,    /* inputs.NAME */
	REFERENCE_IN,       /* in.NAME: the path of the step's own input */
	REFERENCE_RUN,      /* run.id, run.name, run.date, run.started_at, run.status */
	REFERENCE_FACT, /* steps.S.status, exit, error, attempts; gates.S.G.status, metrics */
	REFERENCE_ENV,  /* env.NAME, of the step it stands in */
	REFERENCE_ATTEMPT, /* attempt */
	REFERENCE_ITEM,    /* of the foreach that the step is an item of; */
	REFERENCE_KEY,     /* its key, */
	REFERENCE_INDEX,   /* and its index */
	REFERENCE_PARAM,   /* params.NAME, not given: there is none */
	REFERENCE_MANY,    /* of a part that is an expression: that says which */
};

/* What of a step is meant. */
enum step_fact {
	FACT_OUTPUT,
	FACT_STATUS,
	FACT_EXIT,
	FACT_ERROR,
	FACT_ATTEMPTS,
	FACT_ITEMS,
	FACT_ITEM_VALUE, /* not how it ended, but the item of it that the step is in, */
	FACT_ITEM_KEY,
	FACT_ITEM_INDEX,
	FACT_GATE_STATUS,
	FACT_GATE_METRIC,
};

static inline bool
fact_is_item(enum step_fact fact)
{
	return fact >= FACT_ITEM_VALUE && fact <= FACT_ITEM_INDEX;
}

struct reference {
	enum reference_kind kind;
	enum step_fact fact; /* REFERENCE_FACT */
	uint32_t step;       /* REFERENCE_STEP_OUT, REFERENCE_FACT */
	uint32_t
		output; /* REFERENCE_STEP_OUT: index in that step's outputs; of a gate: in its gates */
	uint32_t
		input; /* REFERENCE_INPUT, REFERENCE_IN: index in the graph's or step's inputs */
	struct str
		name; /* the last name: O, NAME, id, …; for people: of an expression, its text */
};

/* An expression whose names are bound. */
struct step_expression {
	const struct expr *expr;
	const struct reference *references; /* as many as the expr has, in its order */
	struct str text;                    /* canonical, for people */
};

/* Text with references in it: the parts in order. One part that is a reference keeps its type. */
struct template_part {
	bool is_reference;
	const struct step_expression
		*expression; /* of a reference that is more than a name, or NULL */
	union {
		struct str text; /* NUL-terminated behind the view, no NUL in it */
		struct reference reference;
	};
};

struct template
{
	const struct template_part *parts;
	uint32_t n;
};

/* The references of a part, *ret_n of them: of literal text none. */
const struct reference *template_references(const struct template_part *part, uint32_t *ret_n);

#endif
