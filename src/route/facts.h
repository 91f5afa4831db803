/*
 * facts: all that a decision may depend on.
 *
 * How a step ended, what is known of the steps that it needed, and what is left of the run's bounds. As
 * JSON this is route_facts.v1 (schemas/kernel), in files for `lily route test` and in the record of each
 * decision:
 *
 *	{"step": "fix", "status": "failed", "error": "exit", "exit": 2, "tries": 1, "attempts": 3,
 *	 "visits": {"fix": 2}, "gates": {"fix.tests": {"status": "failed", "metrics": {"coverage": 71}}}}
 *
 * What is said of other steps is never looked at, in whatever order it stands.
 */
#ifndef LILY_ROUTE_FACTS_H
#define LILY_ROUTE_FACTS_H

#include "route/terms.h"
#include "json/findings.h"
#include "json/value.h"

struct route_metric {
	struct str name;
	struct str number; /* as JSON writes it */
};

struct route_gate {
	struct str name; /* STEP.GATE or run.GATE */
	enum route_verdict verdict;
	const struct route_metric *metrics;
	uint32_t n_metrics;
};

struct route_count {
	struct str name;
	uint32_t n;
};

struct route_facts {
	struct str step; /* that ended; empty: the run did, its gates are known */
	enum route_status status;
	bool has_error; /* failed: */
	enum route_error error;
	bool has_exit; /* its program ended by itself: */
	uint8_t exit;
	uint32_t tries;    /* attempts of this visit, this one among them */
	uint32_t attempts; /* that a visit may have */
	bool retries;      /* its `retry` tries again after such a failure */
	bool repeatable;   /* false: it may have happened, and must not happen twice */
	bool tolerated;    /* the run may succeed although it failed */
	bool gated;        /* it has to pass a gate, and has not */
	unsigned clauses;  /* of its policy that were violated: bits by enum route_clause */
	const struct str *labels; /* that its inputs lack */
	uint32_t n_labels;
	unsigned exhausted; /* what the run has used up: bits by enum route_bound */
	const struct route_count *visits; /* by step: how often it was entered */
	uint32_t n_visits;
	const struct route_gate *gates;
	uint32_t n_gates;
	const struct route_count *applied; /* by rule: how often it has decided for this step */
	uint32_t n_applied;
};

/* One attempt that may not be repeated, nothing else known. */
#define ROUTE_FACTS_INIT                         \
	((struct route_facts){.step = STR_EMPTY, \
		.tries = 1,                      \
		.attempts = 1,                   \
		.retries = true,                 \
		.repeatable = true})

/* What is wrong becomes findings. Text is borrowed from the value. */
void route_facts_read(struct findings *findings, struct arena *arena, const struct value *v,
	struct route_facts *ret_facts);

/* What facts that somebody wrote name: steps, gates and rules that are not there are findings. v is the
 * value that they were read from. */
struct rules;
struct route_steps;
void route_facts_check(struct findings *findings, const struct value *v,
	const struct route_steps *steps, const struct rules *rules);

/* NULL where nothing is known of it. */
const struct route_gate *route_facts_gate(const struct route_facts *facts, struct str name);
/* The number as it is written, or NULL. */
const struct str *route_gate_metric(const struct route_gate *gate, struct str name);
/* Of the step that ended where the name is empty; 0 where nothing is known of it. */
uint32_t route_facts_visits(const struct route_facts *facts, struct str step);
uint32_t route_facts_applied(const struct route_facts *facts, struct str rule);

/* A JSON value that route_facts_read understands. */
struct value route_facts_write(const struct route_facts *facts, struct arena *arena);

#endif
