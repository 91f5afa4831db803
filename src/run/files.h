/*
 * files: the other files that a workflow is made of, on disk.
 */
#ifndef LILY_RUN_FILES_H
#define LILY_RUN_FILES_H

#include "graph/workflow.h"
#include "run/sources.h"
#include "store/store.h"

/* For workflow_read. */
extern const struct workflow_files files_of_disk;

/* Keeps their bytes as objects, beside the plan that has their digests; sources may be NULL. */
int files_keep(struct store *store, const struct workflow *workflow, struct sources *sources,
	struct err *err);

#endif
