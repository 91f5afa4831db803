/*
 * routing: the rules of a run, asked when an attempt at one of its steps has failed or succeeded.
 *
 * What a rule decides is one event, route.decided, directly in front of the one that rejects or accepts the
 * attempt. It holds once that is there: a decision about an attempt that was interrupted instead is none. A failure
 * that no rule decides about leaves no event. A decision to go back is carried out by revisit.h. Steps of items
 * are not asked about. Each scope has the rules of its file, which know its steps only; a gate of the run is the
 * end of its step.
 *
 * Private to the engine, like try.h.
 */
#ifndef LILY_RUN_ROUTING_H
#define LILY_RUN_ROUTING_H

#include "graph/step_retry.h"
#include "route/terms.h"
#include "run/engine_state.h"
#include "run/record_verdict.h"

struct routing;
struct rule;

/* NULL where the run has no rules; with those of its graph and its scopes, else: the graph must live as long.
 * ERR_CORRUPT. For routing_free. */
int routing_new(const struct graph *graph, struct routing **ret_routing, struct err *err);
void routing_free(struct routing *routing);

struct routing_question {
	uint32_t step;
	uint32_t attempt; /* that is about to end, by its number in the run */
	bool succeeds;    /* or fails: */
	enum failure_class class;
	int exit_code;             /* -1: not by itself */
	uint32_t tries;            /* this attempt counts */
	uint32_t attempts;         /* that a visit may have */
	bool retries;              /* the step's own rule tries again after such a failure */
	bool is_repeatable;        /* another attempt may be made */
	struct record_gates gates; /* that judged it */
	const struct str *labels;  /* that its inputs lack */
	uint32_t n_labels;
};

/* What a rule decides: 1, *ret_action, and it is recorded. 0: none does. */
int routing_ask(struct engine *engine, const struct routing_question *question,
	enum route_action *ret_action, struct err *err);

/* Of a decision to ask a person about the attempt: the rule's id and words, and what he may decide, as
 * route_possible has it. */
struct str routing_rule(const struct routing *routing, uint32_t attempt);
struct str routing_words(const struct routing *routing, uint32_t attempt);
unsigned routing_may(const struct routing *routing, uint32_t attempt);

/* A person, asked so, decided: it is recorded, unless it was before, and counts in place of the rule's. */
int routing_answer(struct engine *engine, uint32_t step, uint32_t attempt,
	enum route_action action, struct err *err);

/* Likewise of an attempt that succeeds. */
int routing_ask_success(struct engine *engine, uint32_t step, uint32_t attempt,
	struct record_gates gates, struct err *err);
/* Once it has: goes where that says. log: of the attempt; NULL: it printed nothing. */
int routing_follow_success(struct engine *engine, uint32_t step, uint32_t attempt,
	const struct digest *log, struct err *err);

/* Whether rules may be about the step's success: then it is not reused, or they would not be asked. */
bool routing_is_about_success(const struct routing *routing, uint32_t step);

/* Why the attempt failed, with what was decided about it: for people. In the arena where that says more. */
struct str routing_say(const struct routing *routing, uint32_t attempt, struct str message,
	struct arena *arena);

/* The attempt is rejected, by the event just recorded or by one of the past: what was decided about it
 * counts. Returns that, ROUTE_ACTION_COUNT where nothing was. */
enum route_action routing_hold(struct routing *routing, uint32_t attempt);

/* The rule that decided about the attempt, which has one. */
const struct rule *routing_decider(const struct routing *routing, uint32_t attempt);

/* What the action makes of a failed visit. */
enum visit_routed routing_made(enum route_action action);

/* The decisions of a run that goes on, before routing_hold says which of them do. */
int routing_read(struct engine *engine, struct err *err);

/* Of a run that goes on: a step stands failed by whose rule it was ended, and nothing was retried since;
 * whether there is one. */
void routing_note_abort(struct routing *routing);
bool routing_is_aborted(const struct engine *engine);

/* Why the run has failed where a rule ended it by a step that had not; else NULL. */
const char *routing_failure(const struct engine *engine, struct arena *arena);

/* Ends all that is not of `finally`: the run has failed by the word of a rule. */
int routing_abort(struct engine *engine, struct err *err);

#endif
