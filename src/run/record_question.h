/*
 * record_question: the events about what people are asked; part of record.h, done in record.c.
 */
#ifndef LILY_RUN_RECORD_QUESTION_H
#define LILY_RUN_RECORD_QUESTION_H

#include "run/record_verdict.h"
#include "store/question.h"

struct record_opening {
	const struct graph *graph;
	uint32_t step;
	enum question_row_kind kind;
	const struct digest *request;
	uint32_t attempt; /* that was held for it, 0: none */
	int64_t until_us; /* UTC; 0: open for ever, and so on */
	int64_t due_us;   /* BOOTTIME */
	const char *boot;
};
int record_question_opened(
	struct run_hold *hold, const struct record_opening *opening, struct err *err);

struct record_closing {
	const struct graph *graph;
	uint32_t step;
	const struct digest *request;
	uint32_t attempt; /* likewise */
	const char *verdict;
	const struct digest *answer;            /* or NULL */
	const struct record_artifact *approval; /* or NULL: nobody said anything */
	struct str account, reason;             /* empty: none */
	int64_t wish;                           /* 0: none */
};
int record_question_closed(
	struct run_hold *hold, const struct record_closing *closing, struct err *err);

/* An attempt that has ended, and of which a person says what becomes of it. */
struct record_holding {
	uint32_t number;
	const struct digest *request;
	const char *failure;                      /* NULL: it has not failed; else its class, */
	struct str message;                       /* and why */
	const struct record_artifact *candidates; /* without types */
	size_t n_candidates;
	const struct record_artifact *errors; /* what was wrong with them; NULL: nothing */
	const struct record_artifact *logs;   /* of those that judged them */
	size_t n_logs;
	struct record_gates gates;
};
int record_held(struct run_hold *hold, const struct record_holding *holding, struct err *err);

#endif
