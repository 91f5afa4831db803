/*
 * visit: what the schedule knows of one entry into a step.
 */
#ifndef LILY_RUN_VISIT_H
#define LILY_RUN_VISIT_H

#include "graph/graph.h"
#include "run/state.h"

/* What a step made: an accepted output. */
struct produced {
	struct digest digest;
	uint64_t size;
	uint32_t artifact; /* number in the run, 0 where an optional output was not made */
	bool is_tree;
};

/* What a rule made of a failure. */
enum visit_routed {
	ROUTED_NOT,
	ROUTED_CONTINUE, /* what needs the step goes on, and the run may succeed */
	ROUTED_SKIP,     /* likewise, and what needs it is skipped */
	ROUTED_ABORT,    /* the run fails */
};

/* What a gate of its last attempt found: a gate_result.v1 of the store. */
struct gate_found {
	bool is_there;
	struct digest result;
};

struct visit {
	uint8_t state;     /* enum visit_state */
	uint8_t class;     /* failed: enum failure_class of its last attempt */
	uint8_t exit_code; /* failed: that attempt ended by itself, with this; has_exit */
	uint8_t routed;    /* failed: enum visit_routed */
	bool has_exit : 1;
	bool parked : 1;      /* ready, and schedule_next does not name it */
	bool is_left_out : 1; /* pending: it will be skipped by the word of a rule about `by`, if
			       * nothing blocks it */
	bool is_passed : 1;   /* its end was made known to those that need it */
	bool is_held : 1;     /* pending: it hears of nothing until schedule_release */
	bool is_retired : 1;  /* of an item that its foreach has given up: no visit any more */
	uint32_t missing;     /* needed steps that have not ended as it wants yet */
	uint32_t asking;      /* of these, those of which it asks for an outcome */
	uint32_t by; /* blocked, or going to be, by this step; skipped: likewise or STEP_NONE */
	uint32_t tries;   /* attempts that were submitted and count, since it was retried */
	int64_t until_us; /* waiting: when it becomes ready, on the clock of schedule_due */
	const struct produced *outputs; /* where visit_is_done: as many as the step has */
	struct gate_found *gates; /* likewise; NULL: none that anybody asks for has judged */
};

#endif
