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
 * item got. A foreach that a rule goes back to gives up its items, whose steps are never visited again
 * (graph_retire), and gets others. All that an item gets keeps its distance from the others, so that a number of the plan, which
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
	uint32_t visit; /* that its steps begin with, from 1 */
	uint32_t
		n_parts; /* steps that stand in an item directly, not in a scope or foreach there */
	uint32_t n_inner; /* of the numbers that an item gets: templates */
	const struct item *items;
};

/* What a foreach is expanded into. */
struct expansion_items {
	const struct str *keys;     /* n of them, which are copied */
	const struct value *values; /* likewise, which live as long as the graph; NULL: none */
	uint32_t n;
	uint32_t visit; /* that their steps begin with */
};

/* Grows the graph; the foreach step has no expansion. ERR_INVALID: a key is no name, or is there twice;
 * ERR_LIMIT: the graph cannot number that many steps. A graph that could not grow is unchanged. */
int graph_expand(struct graph *graph, uint32_t step, const struct expansion_items *items,
	const struct expansion **ret_expansion, struct err *err);

/* The foreach step has no expansion any more: the steps of its items, and all that they became, keep their
 * numbers, but are templates of it to all that looks at the graph, and are found by name only until others get
 * their names. Nothing where it has none. */
void graph_retire(struct graph *graph, uint32_t step);

/* The expansion of a foreach step, or NULL before it. */
const struct expansion *graph_expansion(const struct graph *graph, uint32_t step);

/* The step of an item that a template became. */
uint32_t expansion_step(const struct expansion *expansion, uint32_t item, uint32_t template);

/* What a number in a step's references, which is one of the plan, means for it: of a template the step
 * that the same item got from it, else the number itself. */
uint32_t graph_target(const struct graph *graph, const struct step *from, uint32_t step);

#endif
