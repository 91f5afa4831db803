/*
 * declared_foreach: the key `foreach` of a step, in its short and long form.
 */
#ifndef LILY_GRAPH_DECLARED_FOREACH_H
#define LILY_GRAPH_DECLARED_FOREACH_H

#include "graph/declaration.h"

struct declared_foreach {
	const struct value *in; /* a list, or an expression */
	const struct value *glob;
	const struct value *matrix;
	const struct value *include;
	const struct value *exclude;
	const struct value *key; /* an expression, or NULL */
	uint32_t parallel;       /* 0: no bound of its own */
	uint64_t max_failed;
	bool max_failed_is_share; /* a percentage */
	uint32_t batch;           /* 0: each element is an item */
	uint32_t max_items;       /* 0: as the workflow says */
};

/* Reads what was checked before. */
void foreach_read(const struct value *v, struct declared_foreach *ret_foreach);

/* Finds what is wrong with it; edges as references make them. */
void foreach_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* What a foreach gathers of its items, sorted by name; n of them in the arena. */
struct gathered {
	struct str name;
	uint32_t template; /* counted from 1 behind the foreach step */
	struct str output; /* of that step */
	enum output_type type;
};
uint32_t foreach_outputs(const struct workflow *w, const struct declared_step *foreach,
	struct arena *arena, const struct gathered **ret_outputs);

/* An output that a step declares, or that a foreach gathers; false where there is none. */
struct declared_out;
bool output_find(
	const struct workflow *w, uint32_t step, struct str name, struct declared_out *ret_out);

/* The name of such an output as the declaration has it, which lives as long as that; empty: none. */
struct str output_name(const struct workflow *w, uint32_t step, struct str name);

/* The type that a foreach gathers outputs of a type as. */
enum output_type foreach_gathered_type(enum output_type type);

#endif
