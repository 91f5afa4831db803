/*
 * step_schema: a schema that the ports of steps name, as a plan has it.
 */
#ifndef LILY_GRAPH_STEP_SCHEMA_H
#define LILY_GRAPH_STEP_SCHEMA_H

#include "base/digest.h"

/* A program that judges payloads beside a schema. */
struct validator {
	const struct str *argv; /* each NUL-terminated behind its end */
	uint32_t n_argv;
	int64_t timeout_us;
};

/* A schema that payloads are checked by; an object of the store has its bytes. */
struct step_schema {
	struct str id;
	struct str file; /* as the workflow names it; empty: the kernel's own */
	struct digest digest;
	const struct validator *validators;
	uint32_t n_validators;
};

#endif
