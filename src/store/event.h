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
 *
 * Payloads (a member in brackets may be missing; "i" is the step's number in the plan, "n" the
 * attempt's number in the run, from 1; digests are 64 hex digits, times µs):
 *
 * run.created      {id: run id, kind: start|retry|replay|judge, kernel, [workflow], [source],
 *                  [work_order: ARTIFACT], [key], [parent: run id]}
 * run.planned      {plan: digest, steps, workflow, inputs: [ARTIFACT…], [workspace: {path, inode:
 *                  "device:inode"}], [again: [step…]]}     again: steps that are not adopted
 * run.started      {boot, pid, start: ticks, slots}       by the holder of the lock
 * run.resumed      {boot, pid, start, slots}
 * run.cancelling   {[request], reason}
 * run.finished     {status: succeeded|failed|cancelled, [outputs: [{name, artifact: number}…]],
 *                  [reason]}
 * attempt.submitted {n, step, i, try, [visit], [handle], [in: [{name, sha256, size, [artifact:
 *                  number]}…]], [pools: {NAME: [slot…]}]}     the visit is running
 *                  [key: digest] names the document of its content key, where it has one
 * attempt.started  {n, at, [pid]}
 * attempt.ended    {n, [exit], [signal], [timeout: true], [oom: true], [error], cpu, rss, [log:
 *                  {sha256, size, stdout, stderr}], at}
 * attempt.accepted {n, [out: [ARTIFACT…]], [key: digest]}      the visit is succeeded; key: that
 *                  makes what it left reusable under its content key
 * attempt.rejected {n, class, message, [until: time], [v: 2, errors: ARTIFACT, [out: [ARTIFACT…]]]}
 *                  the visit is waiting until then, or failed; out: its candidates, kept as
 *                  evidence; errors: what was wrong with them (contract/fault.h)
 * attempt.interrupted {n}     its run was resumed and its tree was proven dead; the visit is ready
 * attempt.cancelled {n}       the visit is cancelled
 * visit.blocked    {by: step, steps: [{step, i}…]}
 * visit.cancelled  {steps: [{step, i}…]}
 * step.expanded    {i, step, first, each, keys: [text…], list: {sha256, size}}     the items of a foreach
 *                  have become steps: each item `each` of them, numbered from first; list is the JSON
 *                  array of the items. The visit is running until its attempt gathers what they made.
 * visit.reused     {runs: [run id…], steps: [{step, i, n, [run: index in runs, else 0], [visit],
 *                  [out: [ARTIFACT…]]}…]}     the visits are reused: what attempt n of that run
 *                  left is theirs, too
 * visit.adopted    {from: run id, steps: [{step, i, n: attempt of that run, [visit],
 *                  [producer_kind], [out: [ARTIFACT…]]}…]}     what that run accepted counts here
 * visit.retried    {after: the newest attempt's number, steps: [{step, i}…], [request]}
 *                  failed, blocked and cancelled visits are pending again; attempts up to
 *                  `after` do not count as tries any more
 * artifact.put     ARTIFACT and {producer, producer_kind, [inputs: [number…]]}
 * store: run.closed {run, head, status}
 * store: cache.cleared {}     nothing that was accepted before is reused
 *
 * ARTIFACT is {artifact: number, name, sha256, size, kind: json|text|file|dir, type, [schema]}: type
 * is the id of a schema or "", schema the digest of the bytes that the id stood for.
 */
#ifndef LILY_STORE_EVENT_H
#define LILY_STORE_EVENT_H

#include "base/arena.h"
#include "base/uuid.h"
#include "store/store.h"
#include "json/value.h"

/* The order is the number in the file: append only. */
#define EVENT_TYPES(X)                                \
	X(RUN_CREATED, "run.created")                 \
	X(RUN_PLANNED, "run.planned")                 \
	X(RUN_STARTED, "run.started")                 \
	X(RUN_RESUMED, "run.resumed")                 \
	X(RUN_CANCELLING, "run.cancelling")           \
	X(RUN_FINISHED, "run.finished")               \
	X(ATTEMPT_SUBMITTED, "attempt.submitted")     \
	X(ATTEMPT_STARTED, "attempt.started")         \
	X(ATTEMPT_ENDED, "attempt.ended")             \
	X(ATTEMPT_ACCEPTED, "attempt.accepted")       \
	X(ATTEMPT_REJECTED, "attempt.rejected")       \
	X(ATTEMPT_INTERRUPTED, "attempt.interrupted") \
	X(ATTEMPT_CANCELLED, "attempt.cancelled")     \
	X(VISIT_BLOCKED, "visit.blocked")             \
	X(VISIT_CANCELLED, "visit.cancelled")         \
	X(ARTIFACT_PUT, "artifact.put")               \
	X(RUN_CLOSED, "run.closed")                   \
	X(STEP_EXPANDED, "step.expanded")             \
	X(VISIT_REUSED, "visit.reused")               \
	X(CACHE_CLEARED, "cache.cleared")             \
	X(VISIT_ADOPTED, "visit.adopted")             \
	X(VISIT_RETRIED, "visit.retried")

enum event_type {
#define X(name, text) EVENT_##name,
	EVENT_TYPES(X)
#undef X
		EVENT_TYPE_COUNT
};

const char *event_type_name(enum event_type type);
bool event_type_parse(struct str name, enum event_type *ret_type);

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
