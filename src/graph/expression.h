/*
 * expression: the names that an expression of a workflow can use, and the texts that hold some.
 *
 * A reference is normal where each name stands in one segment: steps, S, out, O, then members; gates, S, G,
 * metrics, M. What
 * people write may cut a name with dots into several (steps.a.b.out.c); checking makes it normal, and
 * plans hold nothing else.
 */
#ifndef LILY_GRAPH_EXPRESSION_H
#define LILY_GRAPH_EXPRESSION_H

#include "graph/template.h"

/* A piece of a text: literal bytes, or an expression without its ${{ }} and blanks. */
struct piece {
	bool is_expression;
	struct str text;
};

/* The next piece of *rest, which is moved behind it: 1, 0 at the end. ERR_INVALID where a ${{ is
 * not closed; its message is one line. */
int piece_next(struct str *rest, struct piece *ret_piece, struct err *err);

/* Whether the text has a ${{ in it. */
bool expression_occurs(struct str text);

/* The text of the one expression that is all of it: of "${{ a }}" that is a, as it is of "a" where a
 * bare one may stand too. False where there is text around it, or none at all. */
bool expression_alone(struct str text, bool may_be_bare, struct str *ret_expression);

enum expression_root {
	ROOT_PARAM,
	ROOT_INPUT,
	ROOT_IN,
	ROOT_STEP,
	ROOT_RUN,
	ROOT_ENV,
	ROOT_GATE,
	ROOT_ATTEMPT,
	ROOT_ITEM, /* item, or items */
	ROOT_KEY,
	ROOT_INDEX
};

/* What a normal reference names. */
struct meaning {
	enum expression_root root;
	enum step_fact fact; /* ROOT_STEP, ROOT_GATE */
	struct str step;     /* ROOT_STEP, ROOT_GATE */
	struct str gate;     /* ROOT_GATE */
	struct str
		name; /* the output, param, input, metric, …; empty for other facts and attempt */
	uint32_t used; /* segments that name it: what follows are members */
};

/* ERR_INVALID where there is no such name in the language, or this build does not know it yet; the
 * message is one line without a place. Whether what is named exists is not looked at. */
int meaning_read(
	const struct expr_reference *reference, struct meaning *ret_meaning, struct err *err);

/* Of a param: whether a plan means by it what a scope is given, params['SCOPE/NAME']. */
bool expression_names_scope(const struct expr_reference *reference);

/* Makes a reference normal: joins segments to names that are known. ERR_INVALID where that can be
 * done in two ways; what is known in no way is left as it is. The arena gets new segments. */
struct known_names {
	/* Whether there is a name of that sort: a param, …; ROOT_STEP: a step, and with `step`, an
	 * output of that one; ROOT_GATE: a step with gates, and with `step`, a gate of that one. */
	bool (*knows)(const void *context, enum expression_root root, const struct str *step,
		struct str name);
	const void *context;
};
int reference_normalize(struct arena *arena, const struct known_names *known,
	struct expr_reference *reference, struct err *err);

#endif
