/*
 * arguments: what the caller of the library gave a run or a plan, as prepare.h wants it.
 */
#ifndef LILY_API_ARGUMENTS_H
#define LILY_API_ARGUMENTS_H

#include "lily/workflow.h"
#include "run/prepare.h"

/* Fills in params, inputs and only; text is borrowed from the caller, the rest lives in the arena.
 * ERR_INVALID where params_json is no JSON. */
int arguments_take(const struct lily_workflow_arguments *given, struct arena *arena,
	struct prepare_request *request, struct err *err);

#endif
