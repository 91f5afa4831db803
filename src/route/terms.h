/*
 * terms: the words of the rules' language, each list once.
 *
 * A list of words that a rule may give is kept as bits, 1 << the word's number.
 */
#ifndef LILY_ROUTE_TERMS_H
#define LILY_ROUTE_TERMS_H

#include "base/str.h"

/* How a visit ended. */
#define ROUTE_STATUSES(X)         \
	X(SUCCEEDED, "succeeded") \
	X(REUSED, "reused")       \
	X(ADOPTED, "adopted")     \
	X(SKIPPED, "skipped")     \
	X(FAILED, "failed")       \
	X(BLOCKED, "blocked")     \
	X(CANCELLED, "cancelled") \
	X(UNKNOWN, "unknown")

/* What made it fail. */
#define ROUTE_ERRORS(X)           \
	X(EXIT, "exit")           \
	X(SIGNAL, "signal")       \
	X(TIMEOUT, "timeout")     \
	X(SCHEMA, "schema")       \
	X(GATE, "gate")           \
	X(CONFLICT, "conflict")   \
	X(RATE, "rate")           \
	X(LOST, "lost")           \
	X(OOM, "oom")             \
	X(VIOLATION, "violation") \
	X(SECRET, "secret")       \
	X(REJECTED, "rejected")   \
	X(BUDGET, "budget")       \
	X(START, "start")         \
	X(ITEMS, "items")         \
	X(LIMIT, "limit")         \
	X(STEPS, "steps")         \
	X(LABEL, "label")         \
	X(POLICY, "policy")

/* What a gate found. */
#define ROUTE_VERDICTS(X)   \
	X(PASSED, "passed") \
	X(FAILED, "failed") \
	X(ERROR, "error")

/* The clauses of a policy. */
#define ROUTE_CLAUSES(X)        \
	X(WRITE, "write")       \
	X(READ, "read")         \
	X(DENY, "deny")         \
	X(PROTECT, "protect")   \
	X(TOOLS, "tools")       \
	X(NET, "net")           \
	X(ENV, "env")           \
	X(DEVICES, "devices")   \
	X(SOCKETS, "sockets")   \
	X(MAX_DIFF, "max_diff") \
	X(LIMITS, "limits")     \
	X(OTHERS, "others")

/* What a run as a whole can use up. */
#define ROUTE_BOUNDS(X)               \
	X(ATTEMPTS, "attempts")       \
	X(TRANSITIONS, "transitions") \
	X(WALL, "wall")               \
	X(TOKENS, "tokens")           \
	X(COST, "cost")               \
	X(REQUESTS, "requests")

/* What happens next. FAIL stands in no rule: it is what happens without one. */
#define ROUTE_ACTIONS(X)        \
	X(CONTINUE, "continue") \
	X(RETRY, "retry")       \
	X(SKIP, "skip")         \
	X(GOTO, "goto")         \
	X(ESCALATE, "escalate") \
	X(ABORT, "abort")       \
	X(FAIL, "fail")

#define X(name, text) ROUTE_##name,
enum route_status { ROUTE_STATUSES(X) ROUTE_STATUS_COUNT };
#undef X
#define X(name, text) ROUTE_ERROR_##name,
enum route_error { ROUTE_ERRORS(X) ROUTE_ERROR_COUNT };
#undef X
#define X(name, text) ROUTE_GATE_##name,
enum route_verdict { ROUTE_VERDICTS(X) ROUTE_VERDICT_COUNT };
#undef X
#define X(name, text) ROUTE_CLAUSE_##name,
enum route_clause { ROUTE_CLAUSES(X) ROUTE_CLAUSE_COUNT };
#undef X
#define X(name, text) ROUTE_BOUND_##name,
enum route_bound { ROUTE_BOUNDS(X) ROUTE_BOUND_COUNT };
#undef X
#define X(name, text) ROUTE_TO_##name,
enum route_action { ROUTE_ACTIONS(X) ROUTE_ACTION_COUNT };
#undef X

/* As `retry` of a step has it, so have rules: what must not be tried again, as bits. */
#define ROUTE_ERRORS_NEVER_RETRIED                                                             \
	(1U << ROUTE_ERROR_VIOLATION | 1U << ROUTE_ERROR_SECRET | 1U << ROUTE_ERROR_REJECTED | \
		1U << ROUTE_ERROR_BUDGET | 1U << ROUTE_ERROR_START | 1U << ROUTE_ERROR_ITEMS | \
		1U << ROUTE_ERROR_LIMIT | 1U << ROUTE_ERROR_STEPS | 1U << ROUTE_ERROR_LABEL |  \
		1U << ROUTE_ERROR_POLICY)

struct terms {
	const char *what; /* that one of them is, with its article: "a status" */
	const char *const *names;
	uint32_t n;
	/* By number: the bits of a word, where it stands for others, too; NULL: each for itself. */
	const unsigned *meanings;
};

/* "succeeded" means also reused and adopted. */
extern const struct terms route_statuses;
extern const struct terms route_errors;
/* "failed" means also that it could not run. */
extern const struct terms route_verdicts;
extern const struct terms route_clauses;
extern const struct terms route_bounds;
extern const struct terms route_actions;

/* Bits of them all. */
unsigned terms_all(const struct terms *terms);
unsigned terms_meaning(const struct terms *terms, uint32_t number);
/* The word of that name; false where there is none. */
bool terms_find(const struct terms *terms, struct str name, uint32_t *ret_number);
/* The next word to name so that all of `bits` are named, which loses what it means: true, or false
 * where no bits are left. */
bool terms_next(const struct terms *terms, unsigned *bits, uint32_t *ret_number);

#endif
