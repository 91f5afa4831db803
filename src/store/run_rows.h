/*
 * run_rows: what the tables say of the visits and attempts of a run.
 */
#ifndef LILY_STORE_RUN_ROWS_H
#define LILY_STORE_RUN_ROWS_H

#include "store/event.h"

/* One row for each visit and attempt that events speak of. */
struct visit_row {
	uint32_t step; /* number in the plan */
	struct str name;
	uint32_t visit;
	struct str state;
	uint32_t attempts;
	int64_t until_us; /* waiting: for then, UTC */
	int64_t due_us;   /* waiting: the same on the clock of that boot */
	struct str boot;
	struct str
		by; /* blocked or skipped: by this step; reused: "RUN:N", from that attempt */
	struct uuid origin;      /* adopted: the run that did it, */
	uint32_t origin_attempt; /* and its attempt; 0: not adopted */
	uint32_t
		since; /* attempts numbered up to this do not count: it was retried behind them */
};

struct attempt_row {
	uint32_t number;
	uint32_t step;
	struct str name;
	uint32_t visit;
	uint32_t try_number;
	struct str state;
	int64_t submitted_us, started_us, ended_us;
	int64_t pid;
	bool has_exit;
	int exit_code;
	int signal;
	bool timed_out;
	bool out_of_memory;
	bool tolerated; /* it failed its step, which has continue_on_error */
	int64_t cpu_us, max_rss_kib;
	bool has_log;
	struct digest log;
	uint64_t log_size, stdout_size, stderr_size;
	struct str class;
	struct str message;
	struct str handle;
	struct str inputs;     /* the JSON array of attempt.submitted */
	struct str pools;      /* its JSON object, empty: none */
	struct str once;       /* its key, empty: it may be repeated */
	uint32_t kept_attempt; /* whose outputs gates judged, while nothing ran; 0: it ran; */
	struct uuid kept_run;  /* in that run */
};

/* In order of the plan, of the number. step: STORE_ALL or one step's number in the plan. */
#define STORE_ALL UINT32_MAX
/* The newest visit of each step that still is one. */
int run_visits(struct store *store, int64_t run, struct arena *arena,
	struct visit_row **ret_rows, size_t *ret_n, struct err *err);
int run_attempts(struct store *store, int64_t run, uint32_t step, struct arena *arena,
	struct attempt_row **ret_rows, size_t *ret_n, struct err *err);

#endif
