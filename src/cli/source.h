/*
 * source: opening the workflow file that a command means, and showing what was found in it.
 */
#ifndef LILY_CLI_SOURCE_H
#define LILY_CLI_SOURCE_H

#include "cli/call.h"

/* `path`, or where it is NULL the one *.lily.yaml of this folder, as heap memory. 0, or the status
 * after saying what is wrong. */
int source_choose(const struct call *call, const char *path, char **ret_path);
/* Has `look` look at each file that the call names, at NULL where it names none; the worst of what that returns. */
typedef int source_look_fn(const struct call *call, const char *path);
int source_each(const struct call *call, source_look_fn *look);
/* Says why a file could not be opened; returns the status. */
int source_fail(const struct call *call, const struct lily_error *error);

/* Opens `path`, or where it is NULL the one *.lily.yaml of this folder. *ret_path, if asked for, is
 * heap memory. 0, or the status after saying what is wrong. */
int source_open(const struct call *call, const char *path, struct lily_workflow **ret_workflow,
	char **ret_path);

/* The findings as people should see them; returns the number of errors. */
uint64_t source_findings(
	struct text *text, const struct term *term, const struct lily_value *description);

/* Says all findings to stderr and returns STATUS_INVALID where one is an error; else 0. */
int source_require(const struct call *call, const struct lily_workflow *workflow);

#endif
