/*
 * declared_scope: a step that is made from another workflow file (`workflow`), and what it hands to
 * that file: params by `with`, artifacts by `in`, secrets by `secrets`.
 *
 * The other file is read and checked for itself (library.h): its names mean nothing outside of it, and
 * it sees none of the outside. What is checked here is how both fit together.
 */
#ifndef LILY_GRAPH_DECLARED_SCOPE_H
#define LILY_GRAPH_DECLARED_SCOPE_H

#include "graph/reference.h"
#include "graph/scope.h"

/* How many steps all files come to. */
#define SCOPE_STEPS_MAX 1000000

struct declared_scope {
	uint32_t step;
	const struct value *file;
	struct workflow *inner; /* NULL where it is not to be had: that was told */
};

/* Finds what is wrong with how a step uses a file. at: the step and its edges. */
void scope_check(const struct reference_place *at, const struct declared_scope *scope);

/* What the files of all scopes add to the one that uses them (w->more_schemas, w->all_inputs), after
 * everything else of it was checked. */
void scopes_gather(struct workflow *w);

/* An output that the file of a step returns; false where there is none. */
bool scope_output_find(const struct workflow *w, const struct declared_step *step,
	struct str name, struct declared_out *ret_out);

/* Its name as the file has it; ERR_INVALID where it has none such. */
struct str scope_output_name(
	const struct workflow *w, const struct declared_step *step, struct str name);
int scope_refuse_output(
	struct workflow *w, const struct declared_step *step, struct str name, struct err *err);

/* What the file of the step calls `inner` is which secret of the file that uses it; empty: none was
 * handed over. */
struct str scope_secret(const struct declared_step *step, struct str inner);

#endif
