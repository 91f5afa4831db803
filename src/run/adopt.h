/*
 * adopt: what a run that does another one again takes over from it.
 *
 * A step is kept when its parent has done it, its description is what it was, so are the files of the
 * workspace that it took in (where they are compared), nobody named it to be done again, and all that
 * it needs is kept. Everything else runs, and so does `finally`. The choice is made before anything is recorded, and made
 * again in the same way where a crash came between run.planned and the last visit.adopted: steps whose
 * files are others, which may change again, are named there.
 *
 * A foreach that runs because some of its items were not done, or were named, keeps those of the others
 * one by one, as they are met (run/adopt_items.h).
 *
 * A run that only judges another one (run/rejudge.h) keeps all that this has done.
 */
#ifndef LILY_RUN_ADOPT_H
#define LILY_RUN_ADOPT_H

#include "run/parent.h"
#include "run/schedule.h"

/* X(name, what is said of a step that runs) */
#define ADOPT_REASONS(X)                  \
	X(KEPT, "kept")                   \
	X(NAMED, "named")                 \
	X(NOT_DONE, "not done")           \
	X(NEW, "new")                     \
	X(CHANGED, "changed")             \
	X(INPUT, "an input changed")      \
	X(NEED, "needs a step that runs") \
	X(LAST, "runs last")

enum adopt_reason {
#define X(name, text) ADOPT_##name,
	ADOPT_REASONS(X)
#undef X
		ADOPT_REASON_COUNT
};
const char *adopt_reason_name(enum adopt_reason reason);

struct adoption {
	enum adopt_reason reason;
	uint32_t parent_step; /* its number there, STEP_NONE: ADOPT_NEW */
	uint32_t need;        /* ADOPT_NEED: that step */
	struct str what;      /* ADOPT_NOT_DONE: its state; CHANGED, INPUT: what of it */
	bool keeps_items;     /* of a foreach that runs: what its items have done may stand */
};

struct labels;
struct record_adoption;

struct adopt_request {
	struct store *store;
	const struct parent *parent;
	const struct graph *graph; /* of the new run, */
	const struct digest *plan; /* and its plan */
	const char *workspace;     /* absolute */
	bool compares_files;       /* of the workspace, which its steps took in */
	const struct str *again; /* names of steps that run, whatever they were; of an item: its
				    * foreach does, for that item */
	size_t n_again;
	struct labels *labels; /* adopt_record adds those that go over; else NULL */
};

/* One for each step of the graph, in the arena. ERR_NOT_FOUND: a name that no step has. */
int adopt_choose(const struct adopt_request *request, struct arena *arena,
	struct adoption **ret_adoptions, struct err *err);

/* Where what is taken over goes. */
struct adopt_place {
	struct run_hold *hold;
	struct arena *scratch; /* of the record */
	struct arena *keep;    /* of what the schedule points to */
};

/* The outputs of one step of the parent as artifacts of this run; what the schedule is given, NULL: none. */
const struct produced *adopt_take(const struct adopt_request *request,
	const struct adopt_place *place, const struct parent_step *was, uint32_t step,
	struct record_adoption *ret_adoption);

/* Gives the outputs of what is kept their numbers in this run, records the visits as adopted, and
 * puts them into the schedule, before schedule_restored; visits that are adopted already stay. What
 * the schedule points to lives in `keep`. */
int adopt_record(const struct adopt_request *request, const struct adoption *adoptions,
	struct run_hold *hold, struct schedule *schedule, struct arena *keep, struct err *err);

#endif
