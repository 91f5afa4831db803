/*
 * event: the chain of facts that a run is.
 *
 * I2: a run's events are numbered without gaps from 1 and chained:
 *
 *	hash = SHA-256(previous hash (32 bytes, zeros before the first) ‖ run id (16) ‖ seq (8, big
 *	endian) ‖ length of type (1) ‖ type ‖ time (8, µs since 1970 UTC, big endian) ‖ SHA-256 of
 *	the payload (32))
 *
 * so that a payload can be removed (its digest kept) and the chain still verifies. Payloads are
 * canonical JSON objects. The head of every run that ended goes to the store's own chain: run 0,
 * with the id of zeros.
 *
 * I3: every other table is the fold of the events (fold.h). An event and its fold are one
 * transaction.
 */
#ifndef LILY_STORE_EVENT_H
#define LILY_STORE_EVENT_H

#include "base/arena.h"
#include "base/uuid.h"
#include "store/event_type.h"
#include "store/store.h"
#include "json/value.h"

/* The end of one run's chain, kept by the holder of the run's lock (run.h). The head is the
 * writer's, who hashes: run_row has it. */
struct chain {
	int64_t run; /* number in the store */
	struct uuid id;
	uint64_t seq; /* of the newest event */
};

/* Submits the next event; payload (at most 64 MiB: ERR_LIMIT) is copied. Returns its submission
 * number (store_durable). A payload that breaks its shape, or names an object that was not put,
 * is the writer's failure: nothing after it becomes durable. ret_submission may be NULL. */
int event_append(struct store *store, struct chain *chain, enum event_type type,
	int64_t time_us, struct str payload, uint64_t *ret_submission, struct err *err);

/* One committed event. */
struct event {
	int64_t id; /* increasing in the whole store: the cursor of followers */
	int64_t run;
	uint64_t seq;
	enum event_type type;
	int64_t time_us;
	struct str payload; /* empty and removed where it was tombstoned */
	bool removed;
	struct digest hash;
};

/* Reads events in order of id: of one run (run >= 0) or of all (run < 0), those with id > after.
 * Holds no transaction between calls. next: 1, 0 at the end (call again later), < 0; the event is
 * valid until the next call. */
struct event_reader;
int event_reader_open(struct store *store, int64_t run, int64_t after,
	struct event_reader **ret_reader, struct err *err);
int event_reader_next(struct event_reader *reader, struct event *ret_event, struct err *err);
void event_reader_close(struct event_reader *reader);

/* The payload of an event that was not removed, as a value that borrows from it. ERR_CORRUPT: what is
 * stored there is no JSON. */
int event_parse_payload(const struct event *event, struct arena *arena,
	const struct value **ret_payload, struct err *err);

/* The hash of an event that follows `previous`. */
void event_hash(const struct digest *previous, const struct uuid *run, uint64_t seq,
	struct str type, int64_t time_us, const struct digest *payload,
	struct digest *ret_hash);

#endif
