/*
 * schema_handle: what a compiled schema is, for the files that evaluate it.
 */
#ifndef LILY_CONTRACT_SCHEMA_HANDLE_H
#define LILY_CONTRACT_SCHEMA_HANDLE_H

#include "contract/evaluate.h"
#include "contract/frame.h"

struct schema {
	struct program *program;
	const struct frame *frame;
	uint32_t node;
};

#endif
