/*
 * run: identity, lock and directory of one run.
 *
 * Only the holder of the kernel lock on runs/<id>/lock appends to the run's chain. A process that
 * dies loses the lock: "interrupted" is not a state but a reading (running, and nobody holds it).
 */
#ifndef LILY_STORE_RUN_H
#define LILY_STORE_RUN_H

#include "store/event.h"
#include "store/run_rows.h"
#include "store/states.h"

/* A run that this process drives. */
struct run_hold {
	struct store *store;
	struct chain chain;
	int directory; /* runs/<id> */
	int lock;
	uint32_t next_artifact; /* numbers artifacts within the run, from 1 */
	uint32_t next_attempt;
};

/* The artifact that says what is asked: number 1 of its run. Its object is submitted before. */
struct run_work_order {
	struct str name;
	struct str kind; /* json text file dir */
	struct digest digest;
	uint64_t size;
	struct str type; /* schema id, or empty */
	bool has_schema;
	struct digest schema; /* of the bytes that `type` stands for, which are put */
};

struct run_create_spec {
	const char *kind;                        /* "start", … */
	struct str key;                          /* of --key, empty where none */
	const struct uuid *parent;               /* or NULL */
	struct str workflow;                     /* name, may be empty */
	struct str source;                       /* path of the workflow file, may be empty */
	const struct run_work_order *work_order; /* or NULL */
};

/* Makes identity, directory and lock and submits run.created. 1: a run has the key already, and
 * *ret_existing (may be NULL) names it. */
int run_create(struct store *store, const struct run_create_spec *spec,
	struct run_hold *ret_hold, struct uuid *ret_existing, struct err *err);

/* Takes the lock of an existing run and reads the end of its chain. ERR_DENIED where another
 * process holds it; the message says which. */
int run_take(
	struct store *store, const struct uuid *id, struct run_hold *ret_hold, struct err *err);
void run_release(struct run_hold *hold);

/* Appends to runs/<id>/lanes that a lane lives, before it gets a step, so that a later process can
 * prove it dead. Survives kill -9 of lily; a line "boot-id pidns pid start-ticks". */
int run_note_lane(struct run_hold *hold, int pid, struct err *err);

/* Has every process noted in runs/<id>/lanes end: gives it the time to end its tree, as it does once
 * its lily is gone, then kills it; proof is by pidfd and start time. Empties the note. 0: all of
 * them are dead. */
int run_bury_lanes(struct run_hold *hold, struct err *err);

/* What the tables say of a run. Text lives in the arena. */
struct run_row {
	int64_t number;
	struct uuid id;
	struct str kind;
	struct str status; /* as recorded: created running succeeded failed cancelled */
	bool held;      /* somebody holds its lock now: running and not held is interrupted */
	int holder_pid; /* for messages, 0 where unknown */
	struct str workflow;
	struct str source;
	struct str key;
	struct str kernel;
	bool has_parent;
	struct uuid parent;
	int64_t created_us;
	int64_t started_us; /* 0: not yet */
	int64_t ended_us;   /* 0: not yet */
	bool has_plan;
	struct digest plan;
	uint64_t steps;
	uint64_t seq;
	struct digest head;
	/* visits by state; pending ones are steps minus these */
	uint64_t running, waiting, succeeded, failed, blocked, cancelled, reused, adopted,
		skipped, unknown;
	uint64_t attempts;
	bool has_work_order;
	uint32_t work_order; /* artifact number */
	struct str reason;
	uint32_t stops;    /* bits of enum run_stop */
	int64_t driven_us; /* how long processes drove it, as far as its events show */
};

/* text: a unique prefix of an id, "@last" (the newest), or "" (likewise). ERR_NOT_FOUND;
 * ERR_INVALID where several match, naming some. */
int run_find(struct store *store, struct str text, struct arena *arena, struct run_row *ret_row,
	struct err *err);
int run_find_key(struct store *store, struct str key, struct arena *arena,
	struct run_row *ret_row, struct err *err);

/* Newest first, at most `limit` after skipping `offset`. */
int run_list(struct store *store, uint64_t offset, uint64_t limit, struct arena *arena,
	struct run_row **ret_rows, size_t *ret_n, struct err *err);

/* Of the runs of a workflow that have succeeded, and had the step (RUN_DID_STEP: and did not skip it), the
 * one that ended last: 1, or 0 where there is none. One that had only other steps is passed over,
 * and so is one that only judged what another had done. */
enum run_wanted { RUN_HAD_STEP, RUN_DID_STEP };
int run_find_succeeded(struct store *store, struct str workflow, struct str step,
	enum run_wanted wanted, int64_t *ret_number, struct uuid *ret_id, struct err *err);

/* The runs whose parent it is, oldest first. */
int run_children(struct store *store, const struct uuid *parent, struct arena *arena,
	struct run_row **ret_rows, size_t *ret_n, struct err *err);

#endif
