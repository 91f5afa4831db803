/*
 * stats: figures about a whole store, and the narrow look-ups that readings need and drivers of
 * runs do not. Each reads committed rows once and holds no transaction afterwards. What is
 * returned lives in the arena.
 */
#ifndef LILY_STORE_STATS_H
#define LILY_STORE_STATS_H

#include "store/artifact.h"

struct store_stats {
	int version; /* of the format of lily.db */
	uint64_t runs, artifacts, objects, events;
	uint64_t database_bytes; /* lily.db with its log */
	uint64_t object_bytes;   /* of the objects that are files */
	uint64_t run_bytes;      /* files below runs/ */
};

int stats_count(struct store *store, struct store_stats *ret_stats, struct err *err);

/* The id of a run by its number in the store. ERR_NOT_FOUND. */
int stats_run_id(struct store *store, int64_t run, struct uuid *ret_id, struct err *err);

/* The attempt with this number. ERR_NOT_FOUND. */
int stats_attempt(struct store *store, int64_t run, uint32_t number, struct arena *arena,
	struct attempt_row *ret_row, struct err *err);

/* The newest attempt of the step of this name. ERR_NOT_FOUND where there was none. */
int stats_newest_attempt(struct store *store, int64_t run, struct str step, struct arena *arena,
	struct attempt_row *ret_row, struct err *err);

/* The last attempt of each visit that has failed, in order of the attempts, at most `limit`. */
int stats_failed_attempts(struct store *store, int64_t run, uint64_t limit, struct arena *arena,
	struct attempt_row **ret_rows, size_t *ret_n, struct err *err);

/* Of each digest that begins with these hex digits (lower case, at most 64) the newest artifact,
 * for at most `limit` digests. */
int stats_artifacts_by_digest(struct store *store, struct str hex, uint64_t limit,
	struct arena *arena, struct artifact_row **ret_rows, size_t *ret_n, struct err *err);

/* The newest event of a run; the oldest one of a type. ERR_NOT_FOUND. */
int stats_last_event(struct store *store, int64_t run, struct arena *arena,
	struct event *ret_event, struct err *err);
int stats_first_event(struct store *store, int64_t run, enum event_type type,
	struct arena *arena, struct event *ret_event, struct err *err);

/* Every event of a type of a run, in order. */
int stats_events(struct store *store, int64_t run, enum event_type type, struct arena *arena,
	struct event **ret_events, size_t *ret_n, struct err *err);

#endif
