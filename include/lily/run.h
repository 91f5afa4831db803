/*
 * lily/run.h: doing the work.
 *
 * A run is driven by the process that holds its lock: the one that started or resumed it. That
 * process calls lily_run_next until it returns 0. If the process ends in between, by whatever way,
 * the run is interrupted and lily_run_resume goes on with it; nothing that was accepted is lost and
 * none of its processes lives on.
 *
 * The address of a run is a unique prefix of its id, or @last (also NULL or "").
 */
#ifndef LILY_RUN_H
#define LILY_RUN_H

#include "lily/workflow.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_run;
#define LILY_RUN_ID_SIZE 37 /* 36 characters and NUL */

struct lily_run_options {
	const char *file; /* the workflow */
	const char *text; /* its text, where it is no file and `file` only a name; or NULL */
	struct lily_workflow_arguments arguments;
	const char *work_order; /* path of a file that says what is asked, or NULL */
	const char *key;        /* the same key gives the same run, or NULL */
	const char *run;   /* a run made by lily_run_create to execute in, or NULL: a new one */
	unsigned parallel; /* steps at a time; 0: as the workflow says, else processors */
	int fail_fast;     /* start nothing new after the first failure */
	int fresh;         /* reuse nothing: every step runs */
	int keep; /* the folders of attempts, for people: "kept_in" of lily_run_describe */
	int waits_for_people; /* where only a question is left it waits, rather than end */
	int quiet; /* no event of a step that is reused, of which there may be many */
};

/* Makes a run without a plan: identity, manifest, work order. run_id gets its id. With a key that
 * a run already has: returns 1 and that run's id. */
LILY_API int lily_run_create(struct lily_store *store, const char *work_order, const char *key,
	char ret_run_id[LILY_RUN_ID_SIZE], struct lily_error *error);

/* Reads, checks, plans and begins. LILY_ERROR_INVALID where the file or the arguments are wrong;
 * nothing has been recorded then. With a key that a run already has: returns 1, *ret_run is
 * untouched and existing_run_id names it. */
LILY_API int lily_run_start(struct lily_store *store, const struct lily_run_options *options,
	struct lily_run **ret_run, char existing_run_id[LILY_RUN_ID_SIZE],
	struct lily_error *error);

/* Takes over an interrupted run: proves what was left of it dead, and goes on. address NULL: the
 * newest interrupted run. LILY_ERROR_DENIED: another process drives it. LILY_ERROR_INVALID: it has
 * ended. */
struct lily_resume_options {
	unsigned parallel; /* as in lily_run_options */
	int fail_fast, keep, waits_for_people;
};
LILY_API int lily_run_resume(struct lily_store *store, const char *address,
	const struct lily_resume_options *options, struct lily_run **ret_run,
	struct lily_error *error);
enum lily_run_event_type {
	LILY_RUN_IDLE,           /* timeout_ms passed */
	LILY_RUN_STEP_STARTED,   /* an attempt was handed to its lane */
	LILY_RUN_STEP_SUCCEEDED, /* accepted: its outputs are true */
	LILY_RUN_STEP_REUSED, /* not run: message names the attempt, "RUN:N", that it is from */
	LILY_RUN_STEP_RETRYING, /* an attempt failed, another will follow at `until_us` */
	LILY_RUN_STEP_FAILED,
	LILY_RUN_STEP_SKIPPED, /* its `if` is false, or an outcome that it asks for did not come */
	LILY_RUN_STEP_BLOCKED, /* it needs a step that failed, or an output that is not there */
	LILY_RUN_STEP_CANCELLED,
	LILY_RUN_CANCELLING,
	LILY_RUN_EXHAUSTED,    /* a budget or max_transitions; `message` says which */
	LILY_RUN_STEP_UNKNOWN, /* nobody knows whether its effect has happened */
	LILY_RUN_STEP_RETRIED, /* it had failed or was kept from running; it will run again */
	LILY_RUN_STEP_ASKED,   /* a person is asked: `message`; until `until_us`, 0: for ever */
	LILY_RUN_NOTIFIED /* `notify` was run; where it did not do its part, `failure` and why */
};

struct lily_run_event {
	enum lily_run_event_type type;
	const char *step;    /* "" where it is about the run; valid until the next call */
	const char *item_of; /* the foreach of the file of whose items it is, "": of none's */
	uint32_t attempt;    /* number within the run, 0 where there is none */
	uint32_t try_number; /* of this step, from 1 */
	int64_t time_us;     /* UTC */
	int64_t duration_us; /* of an attempt that ended */
	int64_t until_us;    /* UTC, of RETRYING */
	const char *failure; /* its class: exit signal timeout budget schema lost oom start */
	const char *message; /* one line for people, "" where there is none */
};

/* Drives the run until something happened or timeout_ms (-1: for ever) passed: 1 and an event, or
 * 0 when the run has ended and all of it is durable. An error ends the driving (store or system):
 * the run is interrupted. */
LILY_API int lily_run_next(struct lily_run *run, int timeout_ms,
	struct lily_run_event *ret_event, struct lily_error *error);

/* Valid until lily_run_close. Status: "running" "succeeded" "failed" "cancelled". */
LILY_API const char *lily_run_id(const struct lily_run *run);
LILY_API const char *lily_run_status(const struct lily_run *run);
/* What of the policies of its steps cannot be held here, where best effort will do: a line each; "" where all
 * holds. Valid until lily_run_close. */
LILY_API const char *lily_run_lacking(const struct lily_run *run);
/* Whether steps of `finally` run when the others have ended. */
LILY_API int lily_run_has_finally(const struct lily_run *run);

/* Asks the run to stop, from within the driving process; safe in a signal handler. Steps get TERM,
 * then KILL; lily_run_next goes on to report, and ends with status "cancelled" when what is in
 * `finally` has run. Asked a second time, that is stopped, too. */
LILY_API void lily_run_stop(struct lily_run *run);

/* Releases the run. One that has not ended is interrupted: its steps are killed. */
LILY_API void lily_run_close(struct lily_run *run);

/* Asks the process that drives the run to cancel it; where nobody does, cancels it here. */
LILY_API int lily_run_cancel(struct lily_store *store, const char *address, const char *reason,
	struct lily_error *error);

/* For a program that may be PID 1 of a container, at the start of its main: runs it as a child
 * instead, reaps whatever process ends up as the child of PID 1, and hands TERM, INT and HUP on. Returns
 * 1 and the exit status to end with; 0 where this is not PID 1, or could not become two: go on. */
LILY_API int lily_run_as_init(char *const argv[], int *ret_status);

/* Says whether the effect of a step has happened that is unknown; reason may be NULL. It is recorded,
 * with the account that says it, by whoever drives the run, which goes on where nobody does by
 * lily_run_resume. LILY_ERROR_INVALID where the step is not unknown. */
LILY_API int lily_run_settle(struct lily_store *store, const char *address, const char *step,
	int done, const char *reason, struct lily_error *error);

/* Ends a run that lily_run_create made and that has no plan. status: "succeeded" or "failed". */
LILY_API int lily_run_finish(struct lily_store *store, const char *address, const char *status,
	struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
