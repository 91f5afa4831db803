/*
 * engine_state: all that the engine knows while it drives a run.
 *
 * Private to the engine (engine*.c, try*.c).
 */
#ifndef LILY_RUN_ENGINE_STATE_H
#define LILY_RUN_ENGINE_STATE_H

#include "base/clock.h"
#include "base/loop.h"
#include "exec/executor.h"
#include "run/engine.h"
#include "run/environment.h"
#include "run/examine.h"
#include "run/folders.h"
#include "run/inputs.h"
#include "run/judge.h"
#include "run/layers.h"
#include "run/notices.h"
#include "run/occupancy.h"
#include "run/outputs.h"
#include "run/pools.h"
#include "run/record.h"
#include "run/secrets.h"
#include "run/spending.h"

struct notification;
struct adopt_items;
struct bounds;
struct asks;
struct labels;
struct once;
struct repeat;
struct revisits;
struct routing;
struct try;

/* How a run ends, from when that is certain until it is recorded. */
struct ending {
	bool is_certain;
	enum run_state state;
	struct record_end record;
};

struct engine {
	struct store *store;
	struct run_hold hold;
	struct engine_options options;
	struct arena arena;    /* what the run keeps in memory: outputs of steps */
	struct repeat *repeat; /* not NULL: nothing was to be done; what follows is not there */
	struct graph *graph;
	struct schedule *schedule;
	struct pools *pools;             /* NULL: none */
	struct once *once;               /* likewise */
	struct routing *routing;         /* likewise */
	struct revisits *revisits;       /* NULL: nothing was gone back to */
	struct asks *asks;               /* likewise */
	struct labels *labels;           /* of its outputs */
	struct adopt_items *adopt_items; /* NULL: it does no other run again */
	struct loop *loop;
	struct pool *pool;
	struct executor *executor;
	struct environment environment;
	struct boundary *boundary;
	struct bounds *bounds;      /* NULL: nothing names a policy */
	struct reuse *reuse;        /* NULL: no step can be reused */
	struct reuse_batch *reused; /* beside it */
	struct digest plan;
	bool may_be_followed;           /* it began with nothing but its plan */
	uint32_t first_made;            /* what it made has artifact numbers from here */
	uint32_t end_made;              /* up to here, its own outputs aside */
	struct secrets *secrets;        /* NULL: the workflow has none */
	const struct digest **feedback; /* by step: errors for its next attempt; NULL: none */
	uint32_t n_feedback;
	uint32_t *input_numbers;
	char run_id[UUID_TEXT_SIZE];
	char boot[CLOCK_BOOT_ID_SIZE];
	int64_t started_us;
	int workspace;
	struct layers layers;
	struct occupancy occupancy;
	struct try *tries; /* as many as slots */
	unsigned slots;
	uint64_t open_files; /* the soft limit that lily was started with, for its steps */
	unsigned busy;
	uint32_t gate_turns;    /* that the executor was given */
	bool has_result_schema; /* the store has what gate_result.v1 stands for */
	bool has_warmed; /* the store was made ready for those that will look at the run */
	struct notification *notification; /* NULL: nobody is told of its end */
	struct ending ending;
	struct notices notices;
	struct folders folders;
	enum run_state state;
	const char *
		body_status; /* as it stands when `finally` begins; NULL: not yet, or not asked */
	struct spending spending;
	bool cancelling;
	bool cancelling_last; /* what is in `finally`, too */
	bool failed_fast;     /* something failed and the caller wants nothing new */
	int failed;           /* an error met in a callback, for engine_next to return */
	struct err err;
	int64_t asked_requests_us; /* BOOTTIME */
	uint32_t asked;            /* the step whose `if` was asked last, and is not false: */
	struct err asked_err;      /* why it could not be worked out, code 0 where it holds */
	int stop;                  /* eventfd */
	struct watch *stop_watch;
};

#endif
