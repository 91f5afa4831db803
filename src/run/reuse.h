/*
 * reuse: whether a step has to run, or what an earlier attempt left under the same key is put back.
 *
 * A decision is made of what is there when the step could start: the key (key.h), the cache of the
 * store (store/cache.h), the bytes of the outputs, and of a step with gates what each of these found
 * then, under a key of its own. Nothing here writes an event; the engine does,
 * and `lily plan` only looks. Entries that the run itself made are not taken, so that the decision
 * does not hang on when something became durable.
 */
#ifndef LILY_RUN_REUSE_H
#define LILY_RUN_REUSE_H

#include "run/inputs.h"
#include "run/key.h"
#include "run/outputs.h"
#include "run/trail.h"
#include "store/cache.h"

struct bounds;
struct reuse;
struct gate;

struct reuse_request {
	struct store *store;
	const struct graph *graph;
	int workspace;               /* descriptor, */
	const char *workspace_path;  /* and absolute path */
	const char *path;            /* PATH that steps get; NULL: none */
	const struct bounds *bounds; /* of the graph; NULL: none */
	int64_t run;                 /* number of the own run, -1: none, nothing is written */
};

/* Why a step is never looked up, for people; NULL where it is. Pure. */
const char *reuse_refusal(const struct graph *graph, uint32_t step);

/* *ret_reuse is NULL where no step of the graph is looked up: nothing is done for it then. */
int reuse_new(const struct reuse_request *request, struct reuse **ret_reuse, struct err *err);

/* Saves what was learned about files. */
void reuse_free(struct reuse *reuse);

/* What was asked on the way, of a run of its own. */
const struct trail *reuse_trail(const struct reuse *reuse);

/* Somebody else's program ran: what is remembered of programs may be out of date. */
void reuse_ran(struct reuse *reuse);

enum reuse_answer {
	REUSE_NEVER, /* it is not looked up */
	REUSE_MISS,
	REUSE_HIT,
	REUSE_JUDGE, /* it need not run, but some of its gates judge what was made */
};

/* What is known of one gate of the step beside an entry. */
struct reuse_gate {
	bool passed;     /* under an equal key: it need not judge */
	const char *why; /* it has to, for people; NULL where it passed */
	struct str name;
	struct digest result; /* of one that passed: the document that says so */
};

struct reuse_found {
	enum reuse_answer answer;
	const char *why; /* it runs; NULL for a hit */
	bool has_key;
	struct digest key;
	struct cache_entry entry; /* of a hit, and of a miss that had one */
	const struct cache_output *
		*outputs;               /* of a hit, as many as the step has; NULL: not made */
	const struct reuse_gate *gates; /* likewise; in the order of the step's */
};

/* Looks up a step all of whose needs are there. All text lives in the values' arena. */
int reuse_look(struct reuse *reuse, const struct values *values, uint32_t step,
	struct reuse_found *ret_found, struct err *err);

/* Puts the outputs of a hit that have a path back where they are not what they were: 1, or 0 and why
 * not. */
int reuse_put_back(struct reuse *reuse, const struct values *values, uint32_t step,
	const struct reuse_found *found, const char **ret_why, struct err *err);

/* The outputs of a hit as an attempt would have left them. */
struct outputs reuse_candidates(
	const struct values *values, const struct step *step, const struct reuse_found *found);

/* The key of an attempt that took in these inputs, its documents put as objects: 1, or 0 where it has
 * none. */
int reuse_key(struct reuse *reuse, const struct values *values, uint32_t step,
	const struct inputs *inputs, struct digest *ret_key, struct err *err);

/* Why no key of a gate could be met again, for people; NULL where one can. Pure. */
const char *reuse_gate_obstacle(const struct gate *gate);

/* Why a gate has to judge again whose key was one and is another: "its key is another: tool.check". In
 * the arena. now: the document. */
const char *reuse_gate_difference(
	struct store *store, const struct digest *was, struct str now, struct arena *arena);

/* The key, likewise, of a gate that judges candidates: `own` is it as a step, verdict what its expression gives
 * (NULL: it has none), the values are those that it judges by. */
struct reuse_judged {
	uint32_t step;
	const struct gate *gate;
	const struct step *own;
	const struct inputs *inputs;
	const bool *verdict;
};
int reuse_gate_key(struct reuse *reuse, const struct values *values,
	const struct reuse_judged *judged, struct digest *ret_key, struct err *err);

/* Which files its program, and what interprets that, are now: 1, or 0 where one is not to be had, or it
 * has no key. Equal where nobody has written to them, nor put others into their place. */
int reuse_gate_programs(struct reuse *reuse, const struct values *values,
	const struct reuse_judged *judged, struct digest *ret_programs, struct err *err);

#endif
