/*
 * port: what a step takes (in) and what it leaves (out).
 */
#ifndef LILY_GRAPH_PORT_H
#define LILY_GRAPH_PORT_H

#include "graph/reference.h"

/* An entry of `in` in its long form, or of its short one (from only). */
struct declared_in {
	const struct value *from;
	const struct value *path;
	const struct value *tree;
	const struct value *value;
	const struct value *previous;
	const struct value *schema; /* NULL: none */
	enum input_form as;
	bool optional;
};

struct declared_out {
	enum output_type type;
	bool optional;
	bool from_stdout;
	const struct value *path;   /* NULL: $LILY_OUT/NAME */
	const struct value *schema; /* NULL: none */
};

/* Read what was checked before. */
void in_read(const struct value *v, struct declared_in *ret_in);
void out_read(const struct value *v, struct declared_out *ret_out);

/* Finds what is wrong with a value of the file, expressions in its texts included. */
struct reference_place;
void value_check(const struct reference_place *at, const struct value *v);

/* Whether a text somewhere in the value has a ${{ in it. */
bool value_has_expressions(const struct value *v);

/* Finds all that is wrong with a map of inputs, and with a step's `in` and `out`; edges as references
 * make them. */
void port_check_inputs(const struct reference_place *at, const struct value *inputs);
void inputs_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);
void outputs_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges);

/* A path of the workspace. What references will put into it is checked when it is known. */
void port_check_path(const struct reference_place *at, const struct value *path);

/* Two outputs of the workflow must not be the same file. */
void output_paths_check(struct workflow *w);

#endif
