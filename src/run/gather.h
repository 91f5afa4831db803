/*
 * gather: the end of a foreach step: what its items made becomes its own.
 *
 * An output of the items becomes one artifact: of JSON and text a JSON array, null where an item
 * failed; of JSON Lines all lines, one item's behind the other's; of anything else a directory with
 * an entry for each item, named by its key. lily does that itself, as an attempt without a process.
 */
#ifndef LILY_RUN_GATHER_H
#define LILY_RUN_GATHER_H

#include "run/record.h"
#include "run/try.h"

/* All items of the foreach step have ended: it succeeds, fails or is cancelled by them. */
int gather_step(struct engine *engine, uint32_t step, struct err *err);

/* Whether of some foreach or scope whose parts run more have failed already than may. */
bool gather_some_lost(const struct engine *engine);

/* A foreach step or scope that is ready fails before it has items or steps. */
int gather_refuse(struct engine *engine, uint32_t step, enum failure_class class,
	const char *message, struct err *err);

/* How one that runs ends: with outputs, as many as it has, those without a kind were not made; failed;
 * or cancelled with its parts. */
int gather_accept(struct engine *engine, uint32_t step, struct record_artifact *artifacts,
	struct err *err);
int gather_reject(struct engine *engine, uint32_t step, enum failure_class class,
	const char *message, struct err *err);
/* Likewise of an attempt that is on record and has no end yet. */
int gather_fail(struct engine *engine, const struct record_attempt *attempt,
	enum failure_class class, const char *message, struct err *err);
int gather_cancel(struct engine *engine, uint32_t step, struct err *err);

#endif
