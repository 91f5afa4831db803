/*
 * scope: a step that stands for all steps of another workflow file.
 *
 * It does nothing itself. When its time has come it is opened: what its file is given by expressions
 * is worked out, and its steps, which stand behind it in the plan, may start. When all of them have
 * ended it is closed: what the file returns becomes its own.
 */
#ifndef LILY_GRAPH_SCOPE_H
#define LILY_GRAPH_SCOPE_H

#include "graph/template.h"

/* How many files lie within each other. */
#define SCOPE_DEPTH_MAX 8

struct value;

/* A param of the file that is made when the scope is opened. */
struct scope_param {
	struct str name;
	const struct step_expression *expression;
	const struct value *schema; /* that declares it */
};

/* What an output is: an artifact of the run, or the value of an expression. */
struct scope_result {
	struct reference reference;
	const struct step_expression *expression; /* NULL: the artifact */
};

struct scope {
	uint32_t step;   /* the number of the step itself */
	uint32_t number; /* how many scopes the graph had before it */
	uint32_t
		n_steps; /* directly behind it, those of scopes in it and templates among them */
	struct str file;            /* for people */
	const struct value *routes; /* rules of the file in canonical form; NULL: none */
	const struct scope_param *params;
	uint32_t n_params;
	struct scope_result *results; /* beside the outputs of the step */
};

#endif
