/*
 * gathered: the outputs of a foreach step, made of those of its items.
 */
#ifndef LILY_RUN_GATHERED_H
#define LILY_RUN_GATHERED_H

#include "run/record.h"
#include "run/try.h"

/* Makes and stores them; ret_artifacts has room for as many as the step has. ERR_LIMIT: one gets too
 * large. */
int gathered_make(struct engine *engine, uint32_t step, struct record_artifact *ret_artifacts,
	struct err *err);

#endif
