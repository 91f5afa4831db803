/*
 * schemas: the files of the schemas that a workflow names.
 *
 * They lie relative to the workflow file, whose name is that of its source, and may refer to further
 * files (run/schema_files.h). What they say is the
 * registry's (contract/registry.h); here they are only found and read.
 */
#ifndef LILY_RUN_SCHEMAS_H
#define LILY_RUN_SCHEMAS_H

#include "contract/registry.h"
#include "graph/workflow.h"

/* Reads the number-th schema of the workflow into the registry; the kernel's own are there already.
 * ERR_INVALID at its place in the workflow where there is no such file, at the place in the file
 * where that is no JSON or YAML. */
int schemas_read_one(const struct workflow *workflow, size_t number, struct registry *registry,
	struct err *err);

/* Reads all of them, then has each verified; the first error. */
int schemas_read_all(
	const struct workflow *workflow, struct registry *registry, struct err *err);

#endif
