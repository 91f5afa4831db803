/*
 * result: a report as the document that everybody can read: gate_result.v1 in an envelope, and what the
 * next attempt of a step finds of it at $LILY_FEEDBACK:
 *
 *	[{"gate", "status", "required", "reason", ["metrics": {NAME: number}], ["findings": [{"instance",
 *	  "message"}]], ["printed": the end of what it printed]}, …]
 */
#ifndef LILY_GATE_RESULT_H
#define LILY_GATE_RESULT_H

#include "base/uuid.h"
#include "gate/report.h"

#define RESULT_SCHEMA "gate_result.v1"
#define RESULT_BYTES_MAX ((size_t)16 << 20)

/* What is judged. */
struct gate_subject {
	struct uuid run;
	struct str step;  /* empty: the run */
	struct str item;  /* empty: none */
	uint32_t attempt; /* 0: none */
};

/* Appends the envelope, canonical. ERR_LIMIT. */
int result_write(const struct gate_report *report, const struct gate_subject *subject,
	struct buf *b, struct err *err);

/* What a result says that was written; its texts borrow from the bytes. ERR_CORRUPT where it is none. */
struct result_reading {
	struct str status; /* passed failed error */
	struct measures measures;
};
int result_read(struct str bytes, struct arena *arena, struct result_reading *ret_reading,
	struct err *err);

/* Appends the document of a gate that need not judge, since it passed in that attempt: the one from
 * there, which says so by "reused", unless it did not judge there either. ERR_CORRUPT where it is
 * none. */
int result_take_over(struct str document, const struct uuid *run, uint32_t attempt,
	struct buf *b, struct err *err);

/* The schema's own bytes and their digest; they live as long as the program. */
struct str result_schema(struct digest *ret_digest);

/* Appends the feedback, of all that did not pass. */
void results_write_feedback(const struct gate_report *reports, size_t n, struct buf *b);

#endif
