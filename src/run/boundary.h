/*
 * boundary: what crosses from one step to the next, or into the run, is checked here (I5).
 *
 * A boundary knows the schemas of one plan; their bytes are objects of the store. All of them are
 * read when the first is asked for, and each is compiled once. Asking belongs to the loop's
 * thread; what was given out may be used by any.
 */
#ifndef LILY_RUN_BOUNDARY_H
#define LILY_RUN_BOUNDARY_H

#include "contract/payload.h"
#include "graph/graph.h"
#include "store/object.h"

struct boundary;

/* The graph and the store outlive it. */
struct boundary *boundary_new(struct store *store, const struct graph *graph);
void boundary_free(struct boundary *boundary);

/* The compiled schema of a port; NULL where the port has none. */
int boundary_schema(struct boundary *boundary, const struct step_schema *declared,
	const struct schema **ret_schema, struct err *err);

/* Whether the id still means these bytes in the store: 1; 0 where another run, which began before
 * anything had this type, gave it another meaning since; *ret_why says which. Asked before an
 * artifact gets the type. The kernel's own may. */
int boundary_may_name(struct boundary *boundary, const struct step_schema *declared,
	struct arena *arena, const char **ret_why, struct err *err);

/* Of the loop's thread, for payload_check. */
struct checker *boundary_checker(struct boundary *boundary);

/* What the bytes of an output or input are read as; false: they are not looked into. */
bool boundary_output_format(const struct step_output *output, enum payload_format *ret_format);
bool boundary_input_format(const struct graph *graph, const struct step_input *input,
	struct str path, enum payload_format *ret_format);

#endif
