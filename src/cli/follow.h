/*
 * follow: a run that another process drives, seen through its committed events.
 *
 * The events are folded into the state of each step, in memory, so that looking costs the store
 * nothing but the reading of new rows; no transaction is held and nothing is written.
 */
#ifndef LILY_CLI_FOLLOW_H
#define LILY_CLI_FOLLOW_H

#include "cli/call.h"
#include "cli/progress.h"
#include "cli/signals.h"

struct follow_step {
	char *name;        /* heap, NULL: not known yet, or a template, which is no step */
	const char *state; /* static: pending running waiting succeeded adopted failed blocked
			   cancelled skipped */
	char *message;     /* heap, of the last failure */
	int64_t since_us;  /* UTC: running since */
	int64_t duration_us;
	uint32_t tries;
	int64_t visit; /* 0 and 1: the first */
	uint32_t loop; /* of the items of that one, from 1, 0: of none's */
	bool is_open;  /* it stands for others, which may run: a foreach or scope */
};

/* A foreach of the file, for the steps of its items, those of loops within them among them. */
struct follow_loop {
	uint32_t step;
	struct lily_run_counts counts;
};

struct follow_attempt {
	uint32_t step; /* number in the plan */
	int64_t visit; /* of it */
	uint32_t try_number;
	int64_t started_us;
	int64_t ended_us;
};

struct follow_list;

struct follow {
	struct lily_store *store;
	struct lily_events *events;
	char run_id[LILY_RUN_ID_SIZE];
	struct follow_step *steps;
	size_t n_steps, steps_capacity;
	struct follow_attempt *attempts; /* by number, from 1 */
	size_t n_attempts, attempts_capacity;
	struct follow_loop *loops;
	size_t n_loops, loops_capacity;
	struct lily_run_counts counts;
	struct lily_document *payload; /* of the event that is being told */
	const struct lily_value *list; /* of steps in it that were not told yet */
	size_t told;
	const struct follow_list *list_kind; /* of that event */
	size_t alike;                        /* so many steps, all of them, are reused */
	char *failure;                       /* heap; class of the failure that is being told */
	char *message;                       /* heap; of what is about the run */
	int64_t time_us;
	bool ended;
	bool cancelling;
};

/* Opens the run's events from its first. With FOLLOW_STEPS the names of all its steps are read. */
enum follow_flag { FOLLOW_STEPS = 1 << 0 };
int follow_open(struct follow *follow, struct lily_store *store, const char *address,
	unsigned flags, struct lily_error *error);
void follow_close(struct follow *follow);

/* Folds events until one that people are told of: 1; 0 where there is none now; < 0. */
int follow_next(
	struct follow *follow, struct lily_run_event *ret_event, struct lily_error *error);

void follow_running(const struct follow *follow, struct progress_running *ret_running);

/* As people see it: what stands for others runs as long as these do. */
const char *follow_state(const struct follow_step *step);

/* Reads the names of all steps that there are by now: those of items come with the first thing that happens
 * to them otherwise. */
int follow_read_names(struct follow *follow, struct lily_error *error);

/* Whether somebody drives the run still: 1, 0 (it ended or was interrupted), < 0. */
int follow_is_driven(const struct follow *follow, struct lily_error *error);

/* A run that could not be driven here since another process does (`error` says which): says so, and
 * follows it to its end. */
int follow_other(const struct call *call, struct lily_store *store, const char *address,
	const struct lily_error *error, struct signals *signals);

/* Shows a run as if it were driven here until it ends, and then how it went; a signal ends the
 * looking, not the run. Returns the exit status: the run's, or 0 where the user left. */
int follow_to_end(const struct call *call, struct lily_store *store, const char *address,
	struct signals *signals);

#endif
