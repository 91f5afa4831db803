/*
 * record_write: how the payload of an event is written; shared by record*.c.
 *
 * Members are written in the order of their keys by hand: RFC 8785 without building values. A key is
 * given with what stands before and behind it, such as ",\"n\":".
 */
#ifndef LILY_RUN_RECORD_WRITE_H
#define LILY_RUN_RECORD_WRITE_H

#include "run/record_verdict.h"

/* As much as event_append takes: the limits of a workflow are what keeps events small. */
#define RECORD_PAYLOAD_MAX ((size_t)64 << 20)

int record_append(struct run_hold *hold, enum event_type type, const struct buf *payload,
	int64_t time_us, struct err *err);
int record_append_text(struct run_hold *hold, enum event_type type, int64_t time_us,
	struct str payload, struct err *err);

void record_add_digest(struct buf *b, const struct digest *digest);
void record_add_number(struct buf *b, const char *key, int64_t number);

/* A JSON string; what is not UTF-8 becomes U+FFFD: messages may hold whatever bytes a path has. */
void record_add_message(struct buf *b, struct str text);

/* A member, where there is something to say. */
void record_add_text(struct buf *b, const char *key, struct str text);

/* "[ARTIFACT…]". */
void record_add_artifacts(struct buf *b, const struct record_artifact *artifacts, size_t n);

/* Members "gates" and "logs", where there are any, with the comma behind them. */
void record_add_gates(struct buf *b, const struct record_gates *gates);
void record_add_logs(struct buf *b, const struct record_artifact *logs, size_t n);

#endif
