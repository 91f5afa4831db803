/*
 * record: the events of a run, written as docs/events.md says, canonical.
 *
 * Each function appends one event and returns 0 or the store's failure.
 */
#ifndef LILY_RUN_RECORD_H
#define LILY_RUN_RECORD_H

#include "exec/executor.h"
#include "graph/expansion.h"
#include "store/run.h"

struct bounding; /* run/bounds.h */

/* An input or output as events name it. */
struct record_artifact {
	struct str name;
	struct digest digest;
	uint64_t size;
	uint32_t number;             /* 0: not an artifact of its own */
	const char *kind;            /* json text file dir; NULL where the event has none */
	struct str type;             /* schema id, or empty */
	const struct digest *schema; /* what that id stood for; NULL: no type */
	const struct uuid *from;     /* the run that left it; NULL: this one, or none; */
	uint32_t from_artifact;      /* its number there */
	bool is_executable;          /* a file of the workspace that is a program */
};

/* The ARTIFACT of docs/events.md, appended to b. */
void record_artifact_json(const struct record_artifact *artifact, struct buf *b);

/* again: of a run that does another one again, the steps that are not adopted. */
struct record_plan {
	const struct digest *digest;
	struct str workplace; /* JSON */
	const struct record_artifact *inputs;
	size_t n_inputs;
	const struct str *again;
	size_t n_again;
};
int record_planned(struct run_hold *hold, const struct graph *graph,
	const struct record_plan *plan, struct err *err);
int record_started(struct run_hold *hold, enum event_type type, int64_t at_us, unsigned slots,
	struct err *err);
/* last: what runs last is ended, too. */
int record_cancelling(
	struct run_hold *hold, int64_t request, struct str reason, bool last, struct err *err);
/* How what comes before `finally` stands as that begins. */
int record_finally(struct run_hold *hold, const char *status, struct err *err);
/* bound: its name in event.h. */
int record_exhausted(struct run_hold *hold, const char *bound, int64_t limit,
	const char *reason, struct err *err);

/* That the program of `notify` was run for the n-th time in the run. */
struct record_notification {
	const char *event; /* what it was told of */
	uint64_t after;    /* the newest event then */
	uint32_t n;
	const struct attempt_end *end; /* NULL: it was not run */
	const char *class;             /* why it did not do its part; NULL: it did */
	const char *message;
	const struct record_artifact *log; /* NULL: it wrote nothing */
};
int record_notified(
	struct run_hold *hold, const struct record_notification *notification, struct err *err);

/* What a rule decided: a value, as route.decided holds it. */
struct value;
int record_decided(struct run_hold *hold, const struct value *decision, struct err *err);

/* How a run ended, and what it hands out; outputs with a kind are artifacts that its end makes. */
struct record_end {
	const char *status;
	const char *reason; /* NULL: none */
	const struct record_artifact *outputs;
	size_t n_outputs;
};
int record_finished(struct run_hold *hold, const struct record_end *end, struct err *err);

struct record_attempt {
	uint32_t number;
	uint32_t step;
	struct str name;
	uint32_t try_number;
	uint32_t visit;              /* 0 and 1: the first */
	const struct digest *key;    /* or NULL */
	const struct uuid *kept_run; /* whose outputs are judged; NULL: it runs */
	uint32_t kept_attempt;
	const struct graph *graph;
	struct str once;              /* the key of what must not happen twice, or empty */
	const uint32_t *pool_slots;   /* as pools_take gives them; NULL: none */
	const struct bounding *bound; /* what holds it; NULL: it names no policy */
};

int record_submitted(struct run_hold *hold, const struct record_attempt *attempt,
	struct str handle, const struct record_artifact *inputs, size_t n_inputs,
	struct err *err);
int record_attempt_started(
	struct run_hold *hold, uint32_t number, int64_t at_us, int32_t pid, struct err *err);

/* log may be NULL; its digest, with the sizes of both whole streams. */
struct record_log {
	struct digest digest;
	uint64_t size;
	uint64_t stdout_size;
	uint64_t stderr_size;
};
int record_ended(struct run_hold *hold, uint32_t number, const struct attempt_end *end,
	const struct record_log *log, struct err *err);

/* The items of a foreach have become steps; list: the object that holds the JSON array of them. */
int record_expanded(struct run_hold *hold, const struct graph *graph,
	const struct expansion *expansion, const struct digest *list, uint64_t list_size,
	struct err *err);
/* The steps of a scope may start. */
int record_opened(
	struct run_hold *hold, const struct graph *graph, uint32_t step, struct err *err);

/* visit.retried; attempts before `after` do not count any more. request: 0, or who asked. */
int record_retried(struct run_hold *hold, const struct graph *graph, int64_t request,
	const uint32_t *steps, size_t n_steps, struct err *err);

/* visit.blocked, visit.skipped or visit.cancelled, by a step or STEP_NONE; one event for each 1000
 * steps. */
int record_visits(struct run_hold *hold, const struct graph *graph, enum event_type type,
	uint32_t by, const uint32_t *steps, size_t n_steps, struct err *err);

#endif
