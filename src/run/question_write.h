/*
 * question_write: members of a request.v1 that are about an attempt, shared by question*.c.
 */
#ifndef LILY_RUN_QUESTION_WRITE_H
#define LILY_RUN_QUESTION_WRITE_H

#include "run/question.h"

/* Each with the comma in front of it. */
int question_add_candidates(const struct values *values, const struct outputs *outputs,
	struct buf *b, struct err *err);
void question_add_gates(const struct record_gates *gates, struct buf *b);
void question_add_log(const struct record_log *log, struct buf *b);

#endif
