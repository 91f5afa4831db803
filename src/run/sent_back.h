/*
 * sent_back: what the next attempt at a step finds that a rule goes back to.
 *
 * A JSON list, as after a retry: first what sent it back, {sent_back_by: step, rule, status: failed|succeeded,
 * [class], [exit], [message], [printed]}; then what its gates found or what was wrong with what it took or
 * made, where that is what failed.
 */
#ifndef LILY_RUN_SENT_BACK_H
#define LILY_RUN_SENT_BACK_H

#include "run/record.h"

struct engine;
struct revisit_cause;

/* Puts the list into the store; *ret_feedback has the number of an artifact of the run. */
int sent_back_keep(struct engine *engine, const struct revisit_cause *cause, struct str rule,
	struct record_artifact *ret_feedback, struct err *err);

#endif
