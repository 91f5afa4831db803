/*
 * record_question: the events about what people are asked; part of record.h, done in record.c.
 */
#ifndef LILY_RUN_RECORD_QUESTION_H
#define LILY_RUN_RECORD_QUESTION_H

#include "run/record.h"

struct record_opening {
	const struct graph *graph;
	uint32_t step;
	const struct digest *request;
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
	const char *verdict;
	const struct digest *answer;            /* or NULL */
	const struct record_artifact *approval; /* or NULL: nobody said anything */
	struct str account, reason;             /* empty: none */
	int64_t wish;                           /* 0: none */
};
int record_question_closed(
	struct run_hold *hold, const struct record_closing *closing, struct err *err);

#endif
