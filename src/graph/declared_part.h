/*
 * declared_part: the small parts of a workflow file as they were read: params, schemas, pools, outputs.
 */
#ifndef LILY_GRAPH_DECLARED_PART_H
#define LILY_GRAPH_DECLARED_PART_H

#include "graph/keys.h"
#include "graph/workflow.h"

struct schema;

struct declared_param {
	const struct value *keys[PARAM_KEYS];
	uint32_t offset;
	const struct schema *schema; /* NULL: there is nothing to check */
};

struct declared_schema {
	struct workflow_schema public;
	const struct value *validators; /* a list, or NULL */
	const struct workflow *of;      /* whose file declares it */
};

struct declared_pool {
	struct str name;
	uint32_t slots;
};

struct declared_output {
	struct str name;
	const struct value *value; /* the text with its expression */
	const uint32_t *steps;     /* that it refers to, n_steps of them */
	size_t n_steps;
	unsigned type; /* EXPR_…, where it is no artifact */
	bool is_artifact;
};

#endif
