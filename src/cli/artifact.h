/*
 * artifact: what the commands about artifacts have in common.
 */
#ifndef LILY_CLI_ARTIFACT_H
#define LILY_CLI_ARTIFACT_H

#include "cli/call.h"

/* The id, or with --json the ArtifactRef. */
void artifact_print_reference(const struct call *call, const struct lily_value *reference);

/* A name made from a path: its last part, with what is not allowed in names as "_". */
void artifact_name_of_path(struct text *name, const char *path);

#endif
