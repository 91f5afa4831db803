/*
 * expansion: the steps that the items of a foreach become.
 *
 * The graph grows by n_items × n_templates steps, numbered from `first` without gaps: all steps of
 * the first item, in the order of their templates, then those of the second. They are named
 * FOREACH/KEY, or FOREACH/KEY/NAME in a group or scope, and share all that their template has, but for
 * the needs among each other. The same items in the same order give the same numbers, which is how a
 * run that is resumed finds its steps again.
 *
 * What stands behind a template that is a foreach step stays a template, of the foreach step that the
 * item got. All that an item gets keeps its distance from the others, so that a number of the plan, which
 * is what references hold, is found in the innermost item whose templates have it (graph_target).
 */
#ifndef LILY_GRAPH_EXPANSION_H
#define LILY_GRAPH_EXPANSION_H

#include "graph/graph.h"

/* Items of one foreach, and of all in a run. */
#define ITEMS_MAX 100000
#define ITEM_KEY_MAX 128
/* Bytes of the JSON array of all items of one. */
#define EXPANSION_LIST_MAX ((size_t)256 << 20)

struct expansion {
	const struct foreach *foreach;
	uint32_t number; /* how many expansions came before it */
	uint32_t first;  /* the number of the first step */
	uint32_t n_items;
	uint32_t
		n_parts; /* steps that stand in an item directly, not in a scope or foreach there */
	uint32_t n_inner; /* of the numbers that an item gets: templates */
	const struct item *items;
};

/* Grows the graph. keys and values (NULL: none) hold n_items each and are copied and borrowed,
 * respectively: values must live as long as the graph. ERR_INVALID: a key is no name, or is there twice;
 * ERR_LIMIT: the graph cannot number that many steps. A graph that could not grow is unchanged. */
int graph_expand(struct graph *graph, uint32_t step, const struct str *keys,
	const struct value *values, uint32_t n_items, const struct expansion **ret_expansion,
	struct err *err);

/* The expansion of a foreach step, or NULL before it. */
const struct expansion *graph_expansion(const struct graph *graph, uint32_t step);

/* The step of an item that a template became. */
uint32_t expansion_step(const struct expansion *expansion, uint32_t item, uint32_t template);

/* What a number in a step's references, which is one of the plan, means for it: of a template the step
 * that the same item got from it, else the number itself. */
uint32_t graph_target(const struct graph *graph, const struct step *from, uint32_t step);

#endif
