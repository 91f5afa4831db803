#include "route/decide.h"

/* In front of the i-th of n words: "a, b or c". */
static const char *
between(uint32_t i, uint32_t n)
{
	if (!i)
		return "";
	return i + 1 == n ? " or " : ", ";
}

static void
add_names(struct buf *b, const struct str *names, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		buf_printf(b, "%s%.*s", between(i, n), STR_ARG(names[i]));
}

/* The words of a list as a rule's author would write them. */
static void
add_words(struct buf *b, const struct terms *terms, unsigned bits)
{
	uint32_t numbers[32];
	uint32_t n = 0;

	while (terms_next(terms, &bits, &numbers[n]))
		n++;
	for (uint32_t i = 0; i < n; i++)
		buf_printf(b, "%s%s", between(i, n), terms->names[numbers[i]]);
}

static void
add_exits(struct buf *b, const struct exit_set *exits)
{
	uint32_t n = 0;
	uint32_t i = 0;

	for (uint32_t code = 0; code <= UINT8_MAX; code++)
		n += exit_set_has(exits, code);
	for (uint32_t code = 0; code <= UINT8_MAX; code++)
		if (exit_set_has(exits, code))
			buf_printf(b, "%s%u", between(i++, n), code);
}

static void
explain_step(const struct rule *rule, const struct route_facts *facts, struct buf *b)
{
	if (!facts->step.n) {
		buf_add_cstr(b, "the run ended, and it is about steps");
		return;
	}
	buf_printf(b, "step \"%.*s\" ended, not ", STR_ARG(facts->step));
	if (rule->when.of_run)
		buf_add_cstr(b, "the run");
	else
		add_names(b, rule->when.steps, rule->when.n_steps);
}

static void
explain_error(const struct rule *rule, const struct route_facts *facts, struct buf *b)
{
	if (facts->has_error)
		buf_printf(b, "the error is %s, not ", route_errors.names[facts->error]);
	else
		buf_add_cstr(b, "there is no error, so it is not ");
	add_words(b, &route_errors, rule->when.errors);
}

static void
explain_exit(const struct rule *rule, const struct route_facts *facts, struct buf *b)
{
	if (facts->has_exit)
		buf_printf(b, "the exit code is %u, not ", facts->exit);
	else
		buf_add_cstr(b, "there is no exit code, so it is not ");
	add_exits(b, &rule->when.exits);
}

/* The first metric that is not as the rule has it. */
static void
explain_metric(const struct rule *rule, const struct route_gate *gate, struct buf *b)
{
	for (uint32_t i = 0; i < rule->when.n_metrics; i++) {
		const struct rule_metric *metric = &rule->when.metrics[i];
		const struct str *number = route_gate_metric(gate, metric->name);

		if (!number) {
			buf_printf(b, "gate %.*s has no metric \"%.*s\"", STR_ARG(gate->name),
				STR_ARG(metric->name));
			return;
		}
		if (rule_metric_holds(metric, *number))
			continue;
		buf_printf(
			b, "metric %.*s is %.*s, not", STR_ARG(metric->name), STR_ARG(*number));
		if (metric->above.n)
			buf_printf(b, " above %.*s", STR_ARG(metric->above));
		if (metric->below.n)
			buf_printf(b, "%s below %.*s", metric->above.n ? " and" : "",
				STR_ARG(metric->below));
		return;
	}
}

static void
explain_gate(const struct rule *rule, const struct route_facts *facts,
	enum route_obstacle obstacle, struct buf *b)
{
	const struct route_gate *gate = route_facts_gate(facts, rule->when.gate);

	if (!gate) {
		buf_printf(b, "gate %.*s has not judged", STR_ARG(rule->when.gate));
	} else if (obstacle == OBSTACLE_GATE_STATUS) {
		buf_printf(b, "gate %.*s is %s, not ", STR_ARG(gate->name),
			route_verdicts.names[gate->verdict]);
		add_words(b, &route_verdicts, rule->when.verdicts);
	} else {
		explain_metric(rule, gate, b);
	}
}

static void
explain_label(const struct rule *rule, const struct route_facts *facts, struct buf *b)
{
	if (!facts->n_labels) {
		buf_add_cstr(b, "no label is missing");
		return;
	}
	buf_add_cstr(b, "what is missing is not label ");
	add_names(b, rule->when.labels, rule->when.n_labels);
}

static void
explain_exhausted(const struct rule *rule, const struct route_facts *facts, struct buf *b)
{
	if (rule->when.exhausted_tries && facts->status != ROUTE_FAILED) {
		buf_add_cstr(b, "it did not fail, so attempts are no matter");
	} else if (rule->when.exhausted_tries) {
		buf_printf(b, "it is tried again by itself: attempt %u of %u", facts->tries,
			facts->attempts);
	} else {
		buf_add_cstr(b, "the run has not used up its ");
		add_words(b, &route_bounds, rule->when.exhausted);
	}
}

static void
explain_visits(const struct rule *rule, const struct route_facts *facts,
	enum route_obstacle obstacle, struct buf *b)
{
	struct str step = rule->when.visits_of.n ? rule->when.visits_of : facts->step;

	if (obstacle == OBSTACLE_NO_VISITS)
		buf_printf(b, "it is not known how often \"%.*s\" was entered", STR_ARG(step));
	else
		buf_printf(b, "step \"%.*s\" was entered %u times, which is not below %u",
			STR_ARG(step), route_facts_visits(facts, step),
			rule->when.visits_below);
}

static void
explain_action(const struct rule *rule, const struct route_facts *facts,
	enum route_obstacle obstacle, struct buf *b)
{
	const char *action = route_actions.names[rule->action];

	switch ((int)obstacle) {
	case OBSTACLE_TIMES:
		buf_printf(b, "it holds, but has been applied %u of %u times",
			route_facts_applied(facts, rule->id), rule->times);
		return;
	case OBSTACLE_NOT_FAILED:
		buf_printf(b, "it holds, but %s is for a step that failed, and it is %s",
			action, route_statuses.names[facts->status]);
		return;
	case OBSTACLE_RUN_EXHAUSTED:
		buf_printf(b, "it holds, but no %s is possible: the run has used up ", action);
		add_words(b, &route_bounds, facts->exhausted);
		return;
	case OBSTACLE_NO_ATTEMPTS:
		buf_printf(b, "it holds, but no attempt is left: %u of %u were made",
			facts->tries, facts->attempts);
		return;
	case OBSTACLE_NEVER_RETRIED:
		buf_printf(b, "it holds, but an error of class %s is never tried again",
			route_errors.names[facts->error]);
		return;
	case OBSTACLE_NOT_REPEATABLE:
		buf_add_cstr(b, "it holds, but the step must not happen twice");
		return;
	case OBSTACLE_GATE:
		buf_printf(b, "it holds, but %s does not get past a gate that is required",
			action);
		return;
	case OBSTACLE_ASKED:
		buf_add_cstr(b, "it holds, but a person was asked about it already");
		return;
	default: BUG("obstacle %d", (int)obstacle);
	}
}

void
route_explain(const struct rule *rule, const struct route_facts *facts,
	enum route_obstacle obstacle, struct buf *b)
{
	switch (obstacle) {
	case OBSTACLE_NONE: buf_add_cstr(b, "it holds"); return;
	case OBSTACLE_STEP: explain_step(rule, facts, b); return;
	case OBSTACLE_STATUS:
		buf_printf(b, "the status is %s, not ", route_statuses.names[facts->status]);
		add_words(b, &route_statuses, rule->when.statuses);
		return;
	case OBSTACLE_ERROR: explain_error(rule, facts, b); return;
	case OBSTACLE_EXIT: explain_exit(rule, facts, b); return;
	case OBSTACLE_NO_GATE:
	case OBSTACLE_GATE_STATUS:
	case OBSTACLE_METRIC: explain_gate(rule, facts, obstacle, b); return;
	case OBSTACLE_VIOLATION:
		buf_add_cstr(b, "the policy was not violated in ");
		add_words(b, &route_clauses, rule->when.clauses);
		return;
	case OBSTACLE_LABEL_MISSING: explain_label(rule, facts, b); return;
	case OBSTACLE_EXHAUSTED: explain_exhausted(rule, facts, b); return;
	case OBSTACLE_NO_VISITS:
	case OBSTACLE_VISITS: explain_visits(rule, facts, obstacle, b); return;
	case OBSTACLE_TIMES:
	case OBSTACLE_NOT_FAILED:
	case OBSTACLE_RUN_EXHAUSTED:
	case OBSTACLE_NO_ATTEMPTS:
	case OBSTACLE_NEVER_RETRIED:
	case OBSTACLE_NOT_REPEATABLE:
	case OBSTACLE_ASKED:
	case OBSTACLE_GATE: explain_action(rule, facts, obstacle, b); return;
	}
	BUG("obstacle %d", (int)obstacle);
}
