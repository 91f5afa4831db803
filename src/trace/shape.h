/*
 * shape: the members that many readings have in common, written in one way.
 *
 * Times are RFC 3339 in UTC with microseconds, durations whole microseconds, digests 64 hex
 * digits. What is not known (yet) is null, so that a reading of one kind always has the same
 * members.
 */
#ifndef LILY_TRACE_SHAPE_H
#define LILY_TRACE_SHAPE_H

#include "store/artifact.h"
#include "json/builder.h"

/* null where us is 0. */
void shape_time(struct builder *b, const char *key, int64_t us);

/* to - from; null where one of them is 0. The clocks of two processes may disagree by a little, or
 * be set back in between: never less than 0. */
void shape_span(struct builder *b, const char *key, int64_t from_us, int64_t to_us);

void shape_digest(struct builder *b, const char *key, const struct digest *digest);
void shape_uuid(struct builder *b, const char *key, const struct uuid *id);

/* null where s is empty. */
void shape_text(struct builder *b, const char *key, struct str s);

/* "<run id>:<number>". */
#define ARTIFACT_ID_SIZE (UUID_TEXT_SIZE + 11)
const char *artifact_id_to_text(
	const struct uuid *run, uint32_t number, char text[ARTIFACT_ID_SIZE]);
/* "labels": [text…] of what the row lists with commas. */
void shape_labels(struct builder *b, const struct artifact_row *row);

void shape_artifact_id(
	struct builder *b, const char *key, const struct uuid *run, uint32_t number);

#endif
