/*
 * flaw: what is wrong with a value in memory, for those who show it in the value's own source.
 */
#ifndef LILY_CONTRACT_FLAW_H
#define LILY_CONTRACT_FLAW_H

#include "contract/schema.h"

struct flaw {
	struct str instance; /* JSON Pointer */
	struct str message;  /* one line */
	uint32_t offset;     /* of the value that is wrong */
};

/* 1 where the value is valid; 0 where it is not: *ret_flaws, in the arena. ERR_LIMIT. */
int flaws_find(const struct schema *schema, const struct value *value, struct arena *arena,
	const struct flaw **ret_flaws, size_t *ret_n, struct err *err);

#endif
