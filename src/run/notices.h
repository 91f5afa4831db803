/*
 * notices: what has happened and nobody was told of yet, in order. A ring that grows.
 */
#ifndef LILY_RUN_NOTICES_H
#define LILY_RUN_NOTICES_H

#include "graph/graph.h"

enum notice_type {
	NOTICE_IDLE,
	NOTICE_STARTED,
	NOTICE_SUCCEEDED,
	NOTICE_REUSED, /* message: "RUN:N", from that attempt */
	NOTICE_RETRYING,
	NOTICE_FAILED,
	NOTICE_SKIPPED,
	NOTICE_BLOCKED,
	NOTICE_CANCELLED,
	NOTICE_CANCELLING,
	NOTICE_EXHAUSTED,
	NOTICE_UNKNOWN,  /* whether the step's effect has happened */
	NOTICE_RETRIED,  /* somebody has it run again */
	NOTICE_NOTIFIED, /* the program of `notify` was run */
	NOTICE_ASKED,    /* a person; message: the question, until_us: until when, or 0 */
};

struct notice {
	enum notice_type type;
	uint32_t step;    /* STEP_NONE: about the run */
	uint32_t attempt; /* 0: none */
	uint32_t try_number;
	int64_t time_us; /* UTC */
	int64_t duration_us;
	int64_t until_us; /* UTC */
	enum failure_class class;
	bool has_failed;   /* NOTICE_NOTIFIED: it did not do its part */
	char message[256]; /* cut, for people */
};

struct notices {
	struct notice *items;
	size_t first, n, capacity;
};

/* Adds one about a step (STEP_NONE: the run), dated now, to be filled in further; valid until the
 * next is added. */
struct notice *notices_add(struct notices *notices, enum notice_type type, uint32_t step);

/* Moves the oldest out; false where there is none. */
bool notices_take(struct notices *notices, struct notice *ret_notice);

void notices_done(struct notices *notices);

#endif
