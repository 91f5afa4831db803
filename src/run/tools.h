/*
 * tools: which programs a step runs, as far as it says: argv[0], the interpreter that a script's
 * first line names (and, for env(1), the program behind it), and those of `tools`; each by the
 * digest of its file.
 *
 * What a program runs in its turn is not known. Answers are remembered as long as nothing ran that
 * could have changed them: tools_forget.
 */
#ifndef LILY_RUN_TOOLS_H
#define LILY_RUN_TOOLS_H

#include "run/key.h"
#include "run/trail.h"
#include "store/memo.h"

struct tools;

/* The trail may be NULL. */
struct tools *tools_new(struct memo *memo, struct trail *trail);
void tools_free(struct tools *tools);

struct tools_request {
	const struct step *step;
	const struct values *values;
	const char *path; /* of the caller's environment */
	const char *cwd;  /* absolute: where the step starts */
};

/* The programs, in the values' arena. ERR_NOT_FOUND, ERR_DENIED: one is not to be had; others as
 * values_text. */
int tools_find(struct tools *tools, const struct tools_request *request,
	struct key_tool **ret_tools, size_t *ret_n, struct err *err);

/* A program of somebody else's ran. */
void tools_forget(struct tools *tools);

#endif
