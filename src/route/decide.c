#include "route/decide.h"

static bool
asks(const struct rule *rule, enum rule_ask ask)
{
	return (rule->when.asks & 1U << ask) != 0;
}

/* --- conditions --- */

static bool
holds_step(const struct rule *rule, const struct route_facts *facts)
{
	if (rule->when.of_run || !facts->step.n)
		return rule->when.of_run && !facts->step.n;
	if (!asks(rule, ASK_STEP))
		return true;
	for (uint32_t i = 0; i < rule->when.n_steps; i++)
		if (str_equal(rule->when.steps[i], facts->step))
			return true;
	return false;
}

static bool
holds_metrics(const struct rule_when *when, const struct route_gate *gate)
{
	for (uint32_t i = 0; i < when->n_metrics; i++) {
		const struct str *number = route_gate_metric(gate, when->metrics[i].name);

		if (!number || !rule_metric_holds(&when->metrics[i], *number))
			return false;
	}
	return true;
}

static enum route_obstacle
ask_gate(const struct rule *rule, const struct route_facts *facts)
{
	const struct rule_when *when = &rule->when;
	const struct route_gate *gate;

	if (!asks(rule, ASK_GATE))
		return OBSTACLE_NONE;
	gate = route_facts_gate(facts, when->gate);
	if (!gate)
		return OBSTACLE_NO_GATE;
	if (asks(rule, ASK_GATE_STATUS) && !(when->verdicts & 1U << gate->verdict))
		return OBSTACLE_GATE_STATUS;
	return holds_metrics(when, gate) ? OBSTACLE_NONE : OBSTACLE_METRIC;
}

static bool
holds_label(const struct rule *rule, const struct route_facts *facts)
{
	if (!rule->when.n_labels)
		return facts->n_labels > 0;
	for (uint32_t i = 0; i < facts->n_labels; i++)
		for (uint32_t j = 0; j < rule->when.n_labels; j++)
			if (str_equal(facts->labels[i], rule->when.labels[j]))
				return true;
	return false;
}

static bool
holds_exhausted(const struct rule *rule, const struct route_facts *facts)
{
	if (rule->when.exhausted_tries)
		return route_is_exhausted(facts);
	return (rule->when.exhausted & facts->exhausted) != 0;
}

static enum route_obstacle
ask_visits(const struct rule *rule, const struct route_facts *facts)
{
	uint32_t visits;

	if (!asks(rule, ASK_VISITS))
		return OBSTACLE_NONE;
	visits = route_facts_visits(facts, rule->when.visits_of);
	if (!visits)
		return OBSTACLE_NO_VISITS;
	return visits < rule->when.visits_below ? OBSTACLE_NONE : OBSTACLE_VISITS;
}

static enum route_obstacle
ask_end(const struct rule *rule, const struct route_facts *facts)
{
	const struct rule_when *when = &rule->when;

	if (!holds_step(rule, facts))
		return OBSTACLE_STEP;
	if (asks(rule, ASK_STATUS) && !(when->statuses & 1U << facts->status))
		return OBSTACLE_STATUS;
	if (asks(rule, ASK_ERROR) && !(facts->has_error && (when->errors & 1U << facts->error)))
		return OBSTACLE_ERROR;
	if (asks(rule, ASK_EXIT) &&
		!(facts->has_exit && exit_set_has(&when->exits, facts->exit)))
		return OBSTACLE_EXIT;
	return OBSTACLE_NONE;
}

static enum route_obstacle
ask_conditions(const struct rule *rule, const struct route_facts *facts)
{
	enum route_obstacle obstacle = ask_end(rule, facts);

	if (obstacle == OBSTACLE_NONE)
		obstacle = ask_gate(rule, facts);
	if (obstacle != OBSTACLE_NONE)
		return obstacle;
	if (asks(rule, ASK_VIOLATION) && !(rule->when.clauses & facts->clauses))
		return OBSTACLE_VIOLATION;
	if (asks(rule, ASK_LABEL_MISSING) && !holds_label(rule, facts))
		return OBSTACLE_LABEL_MISSING;
	if (asks(rule, ASK_EXHAUSTED) && !holds_exhausted(rule, facts))
		return OBSTACLE_EXHAUSTED;
	return ask_visits(rule, facts);
}

/* --- what is possible --- */

static enum route_obstacle
ask_retry(const struct route_facts *facts)
{
	if (facts->status != ROUTE_FAILED)
		return OBSTACLE_NOT_FAILED;
	if (facts->exhausted)
		return OBSTACLE_RUN_EXHAUSTED;
	if (facts->tries >= facts->attempts)
		return OBSTACLE_NO_ATTEMPTS;
	if (facts->has_error && (ROUTE_ERRORS_NEVER_RETRIED & 1U << facts->error))
		return OBSTACLE_NEVER_RETRIED;
	return facts->repeatable ? OBSTACLE_NONE : OBSTACLE_NOT_REPEATABLE;
}

static enum route_obstacle
ask_pass(const struct route_facts *facts)
{
	return facts->gated || (facts->has_error && facts->error == ROUTE_ERROR_GATE)
		? OBSTACLE_GATE
		: OBSTACLE_NONE;
}

static enum route_obstacle
ask_action(const struct rule *rule, const struct route_facts *facts)
{
	if (rule->times && route_facts_applied(facts, rule->id) >= rule->times)
		return OBSTACLE_TIMES;
	switch (rule->action) {
	case ROUTE_TO_RETRY: return ask_retry(facts);
	case ROUTE_TO_SKIP:
		return facts->status == ROUTE_FAILED ? ask_pass(facts) : OBSTACLE_NOT_FAILED;
	case ROUTE_TO_GOTO: return facts->exhausted ? OBSTACLE_RUN_EXHAUSTED : OBSTACLE_NONE;
	case ROUTE_TO_CONTINUE: return ask_pass(facts);
	case ROUTE_TO_ESCALATE:
		return facts->has_error && facts->error == ROUTE_ERROR_REJECTED ? OBSTACLE_ASKED
										: OBSTACLE_NONE;
	case ROUTE_TO_ABORT:
	case ROUTE_TO_FAIL:
	case ROUTE_ACTION_COUNT: return OBSTACLE_NONE;
	}
	BUG("action %d", (int)rule->action);
}

unsigned
route_possible(const struct route_facts *facts)
{
	unsigned possible = 1U << ROUTE_TO_ABORT;

	if (ask_retry(facts) == OBSTACLE_NONE)
		possible |= 1U << ROUTE_TO_RETRY;
	if (ask_pass(facts) == OBSTACLE_NONE)
		possible |= 1U << ROUTE_TO_CONTINUE | 1U << ROUTE_TO_SKIP;
	return possible;
}

bool
route_is_exhausted(const struct route_facts *facts)
{
	return facts->status == ROUTE_FAILED &&
		!(facts->retries && ask_retry(facts) == OBSTACLE_NONE);
}

static enum route_action
default_action(const struct route_facts *facts)
{
	switch (facts->status) {
	case ROUTE_SUCCEEDED:
	case ROUTE_REUSED:
	case ROUTE_ADOPTED:
	case ROUTE_SKIPPED: return ROUTE_TO_CONTINUE;
	case ROUTE_FAILED:
		if (facts->step.n && !route_is_exhausted(facts))
			return ROUTE_TO_RETRY;
		return facts->tolerated ? ROUTE_TO_CONTINUE : ROUTE_TO_FAIL;
	case ROUTE_BLOCKED:
	case ROUTE_CANCELLED: return ROUTE_TO_FAIL;
	case ROUTE_UNKNOWN: return ROUTE_TO_ESCALATE;
	case ROUTE_STATUS_COUNT: break;
	}
	BUG("status %d", (int)facts->status);
}

void
route_decide(const struct rules *rules, const struct route_facts *facts, struct arena *arena,
	struct route_decision *ret_decision)
{
	enum route_obstacle *obstacles = ARENA_ARRAY(arena, rules->n, enum route_obstacle);

	*ret_decision = (struct route_decision){.rule = RULE_NONE, .obstacles = obstacles};
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->items[i];

		obstacles[i] = ask_conditions(rule, facts);
		if (obstacles[i] == OBSTACLE_NONE)
			obstacles[i] = ask_action(rule, facts);
		ret_decision->n_asked = i + 1;
		if (obstacles[i] != OBSTACLE_NONE)
			continue;
		ret_decision->rule = i;
		ret_decision->action = rule->action;
		return;
	}
	ret_decision->action = default_action(facts);
}
