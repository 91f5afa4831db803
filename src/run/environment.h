/*
 * environment: the exact environment of an attempt (WORKFLOW, "Environment").
 *
 * PATH as the caller's, USER LOGNAME SHELL LANG TZ TERM, then env, then pass_env, then
 * secrets, then LILY_*; the
 * executor adds what names its own places (HOME TMPDIR LILY_IN LILY_OUT). A later name replaces an
 * earlier one.
 */
#ifndef LILY_RUN_ENVIRONMENT_H
#define LILY_RUN_ENVIRONMENT_H

#include "run/secrets.h"
#include "run/values.h"

/* What is the same for every step of a run, made once. */
struct environment {
	char **fixed; /* "NAME=value" */
	size_t n_fixed;
};

/* What only a gate has. */
struct environment_gate {
	struct str name;
	const char *metrics; /* paths of the files it may write */
	const char *reason;
};

struct environment_request {
	const struct environment *base;
	const struct values *values;
	const struct step *step;
	uint32_t try_number;
	uint32_t visit; /* 0: the first */
	const struct uuid *run;
	struct str workspace;          /* empty: the step does not know it */
	const struct secrets *secrets; /* NULL: none; else those of the step were read */
	const char *state;             /* path of the folder, or NULL */
	const char *feedback;          /* path of the file, or NULL */
	struct str once_key;           /* of a step that must not happen twice, else empty */
	const uint32_t *pool_slots;    /* as pools_take gives them, or NULL */
	const struct environment_gate *gate; /* NULL: it is none */
};

/* Strings and array live in the arena. */
void environment_base(struct arena *arena, struct environment *ret_base);

/* A NULL-terminated list in the values' arena. Errors as values_text. */
int environment_make(
	const struct environment_request *request, char ***ret_environ, struct err *err);

/* SHA-256 over run, step path, item and visit: the same for every attempt of a visit. */
void environment_idempotency_key(const struct uuid *run, struct str step, struct str item,
	uint32_t visit, struct digest *ret_key);

#endif
