/*
 * yaml_mistake: what libyaml stumbled over, in words that say what to do.
 */
#ifndef LILY_JSON_YAML_MISTAKE_H
#define LILY_JSON_YAML_MISTAKE_H

#include "json/source.h"

/* As libyaml tells it: a problem, perhaps while doing something that began elsewhere. */
struct yaml_mistake {
	const char *problem;
	uint32_t offset;
	const char *context;     /* or NULL */
	uint32_t context_offset; /* or SOURCE_NOWHERE */
};

/* Sets ERR_INVALID. */
int yaml_mistake_explain(
	const struct source *source, const struct yaml_mistake *mistake, struct err *err);

#endif
