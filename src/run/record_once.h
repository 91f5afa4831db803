/*
 * record_once: the events about what must not happen twice; part of record.h, done in record.c.
 */
#ifndef LILY_RUN_RECORD_ONCE_H
#define LILY_RUN_RECORD_ONCE_H

#include "run/record.h"

/* once: the key of what must not happen twice, or empty. */
int record_interrupted_once(
	struct run_hold *hold, uint32_t number, struct str once, struct err *err);

/* visit.unknown, once.judged, run.waiting. */
int record_unknown(struct run_hold *hold, const struct graph *graph, uint32_t step,
	struct str once, struct err *err);
struct record_judgement {
	uint32_t step;
	struct str once;
	const char *by;
	const char *verdict;
	const char *visit;                /* NULL: it stays unknown */
	int64_t until_us;                 /* 0: none */
	struct str note, account, reason; /* empty: none */
	int64_t request;                  /* 0: none */
};
int record_judged(struct run_hold *hold, const struct graph *graph,
	const struct record_judgement *judgement, struct err *err);
int record_waiting(struct run_hold *hold, struct err *err);

#endif
