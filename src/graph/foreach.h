/*
 * foreach: a step that stands for as many as there are items in a list.
 *
 * It does nothing itself. When its list is known, each item gets steps of its own, copies of the
 * templates (graph/expansion.h); when all of them have ended, it gathers what they made. A template may
 * be a foreach step or a scope itself: then what stands behind it is a template, too, and each item gets
 * a foreach or scope of its own.
 */
#ifndef LILY_GRAPH_FOREACH_H
#define LILY_GRAPH_FOREACH_H

#include "base/str.h"

struct expansion;
struct reference;
struct step_expression;
struct value;

struct foreach {
	uint32_t step;           /* the number of the foreach step itself */
	uint32_t number;         /* how many foreach steps the graph had before it */
	uint32_t first_template; /* the templates stand together behind it */
	uint32_t n_templates;    /* numbers that each item gets */
	uint32_t planned;    /* where the first of them stands in the plan: of a foreach that
				   * an item got, where its own template does */
	uint32_t parallel;   /* items at a time, 0: no bound of its own */
	uint64_t max_failed; /* items that may fail without failing the step */
	bool max_failed_is_share; /* a percentage of the items */
	uint32_t batch;           /* elements of the list in one item, 0: each is an item */
	uint32_t max_items;       /* 0: as the workflow says */
	const struct step_expression *list; /* one of these three: a list, */
	const struct reference *from;       /* an artifact, */
	struct str glob;                    /* files of the workspace */
	const struct step_expression
		*key;                   /* of each item; NULL: keys, or else as it is found */
	const struct value *keys;       /* beside list: texts */
	struct foreach_result *results; /* beside the outputs of the foreach step */
};

/* Where an output of the foreach step comes from: an output of each item's steps. */
struct foreach_result {
	uint32_t template; /* its number */
	uint32_t output;
	struct str name;
};

/* One item of an expansion, which all of its steps share. */
struct item {
	const struct expansion *expansion;
	uint32_t index; /* from 0 */
	struct str key;
	const struct value *value;
};

#endif
