/*
 * library: the files that a workflow is made of, each read once, however often it is used.
 *
 * A file is checked when all that it uses are: the outputs of a scope are known by then. A file that
 * uses itself, or files too deep in each other, are findings where they are named.
 */
#ifndef LILY_GRAPH_LIBRARY_H
#define LILY_GRAPH_LIBRARY_H

#include "graph/declaration.h"

/* Reads and checks the files that a declared workflow uses, then checks the workflow. files may be
 * NULL. */
void library_read(struct workflow *w, const struct workflow_files *files);

#endif
