/*
 * rule: what is to happen when a step has ended, as the author of a workflow says it.
 *
 *	{id, when: {…}, then: …, times: N}
 *
 * All conditions of `when` have to hold; of one that lists several words any will do. Rules are asked in
 * their order, and the first that holds decides (route/decide.h). What a rule may look at is fixed when
 * the step has ended: how it ended, what its gates and those of its ancestors found, how often it and
 * they were entered, and what the run may still use up. So the order in which steps end that have
 * nothing to do with each other changes no decision.
 *
 * The canonical form says the same in one way only: lists sorted, each word once, `step` said where it
 * followed from the gate.
 */
#ifndef LILY_ROUTE_RULE_H
#define LILY_ROUTE_RULE_H

#include "route/steps.h"
#include "route/terms.h"
#include "json/findings.h"
#include "json/value.h"

#define RULES_MAX 1000
#define RULE_NONE UINT32_MAX
/* Of `escalate` and `abort`, in bytes. */
#define RULE_WORDS_MAX 4096
#define RULE_TIMES_MAX 1000000

/* The conditions; bits of rule_when.asks. */
enum rule_ask {
	ASK_STEP,
	ASK_STATUS,
	ASK_ERROR,
	ASK_EXIT,
	ASK_GATE,
	ASK_GATE_STATUS,
	ASK_METRIC,
	ASK_VIOLATION,
	ASK_LABEL_MISSING,
	ASK_EXHAUSTED,
	ASK_VISITS,
	ASK_COUNT
};

struct exit_set {
	uint64_t bits[4]; /* exit codes 0 to 255 */
};

/* Numbers as they were written, empty where there is none. */
struct rule_metric {
	struct str name;
	struct str above; /* the metric is more than this */
	struct str below; /* and less than that */
};

struct rule_when {
	unsigned asks;           /* bits by enum rule_ask */
	bool of_run;             /* it is about the end of the run: its gate is the run's */
	const struct str *steps; /* ASK_STEP: sorted */
	uint32_t n_steps;
	unsigned statuses; /* bits by enum route_status */
	unsigned errors;   /* bits by enum route_error */
	struct exit_set exits;
	struct str gate;                   /* STEP.GATE or run.GATE */
	unsigned verdicts;                 /* bits by enum route_verdict */
	const struct rule_metric *metrics; /* by name; all of them hold */
	uint32_t n_metrics;
	unsigned clauses;         /* bits by enum route_clause */
	const struct str *labels; /* sorted; none: any label */
	uint32_t n_labels;
	bool exhausted_tries; /* the step itself may not be tried again */
	unsigned exhausted;   /* bits by enum route_bound */
	struct str visits_of; /* empty: of the step that ended */
	uint32_t visits_below;
};

struct rule {
	struct str id;
	uint32_t offset; /* where it stands */
	struct rule_when when;
	enum route_action action;
	struct str target;       /* ROUTE_TO_GOTO */
	bool feedback;           /* of goto: the next visit is handed what was found */
	const struct str *again; /* of goto: steps that may happen twice, sorted */
	uint32_t n_again;
	struct str words; /* of escalate and abort; may be empty */
	uint32_t times;   /* for one step at most this often; 0: no bound of its own */
};

struct rules {
	const struct rule *items;
	uint32_t n;
};

bool exit_set_has(const struct exit_set *set, int64_t code);
void exit_set_add(struct exit_set *set, uint8_t code);

/* Reads a list of rules; what is wrong with it becomes findings, and rules that have some are left out.
 * steps: what they may name, with which all that can be known of them beforehand is checked; NULL:
 * names are taken as they are. Text is borrowed from the values. */
void rules_read(struct findings *findings, struct arena *arena, const struct value *list,
	const struct route_steps *steps, struct rules *ret_rules);

/* The canonical form, a value that rules_read understands and that makes the same rules. */
const struct value *rules_write(const struct rules *rules, struct arena *arena);

/* The statuses with which its conditions can hold, as bits. */
unsigned rule_statuses(const struct rule_when *when);

bool rule_metric_holds(const struct rule_metric *metric, struct str number);

/* Whether the later rule can never decide, because the earlier one holds whenever it does. */
bool rule_hides(const struct rule *earlier, const struct rule *later);

#endif
