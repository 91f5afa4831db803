#include "route/reading.h"

#define BIT(name) (1U << ROUTE_##name)
#define ERROR_BIT(name) (1U << ROUTE_ERROR_##name)

/* Failures of a step whose program did not end by itself, or was none. */
#define ERRORS_WITHOUT_EXIT                                                                 \
	(ERROR_BIT(SIGNAL) | ERROR_BIT(TIMEOUT) | ERROR_BIT(LOST) | ERROR_BIT(OOM) |        \
		ERROR_BIT(START) | ERROR_BIT(ITEMS) | ERROR_BIT(STEPS) | ERROR_BIT(LIMIT) | \
		ERROR_BIT(BUDGET))

static bool
asks(const struct rule_reading *r, enum rule_ask ask)
{
	return r->when[ask] != NULL;
}

static void
never(struct rule_reading *r, enum rule_ask ask, const char *why)
{
	finding_error(
		r->findings, &r->when_place, r->when[ask]->offset, "never holds: %s", why);
}

/* What is known of failures only, beside a status that is another one. */
static void
check_status(struct rule_reading *r)
{
	static const struct {
		enum rule_ask ask;
		unsigned statuses;
		const char *why;
	} kinds[] = {
		{ASK_ERROR, BIT(FAILED), "\"error\" is there of a step that failed only"},
		{ASK_EXIT, BIT(FAILED), "\"exit\" is there of a step that failed only"},
		{ASK_LABEL_MISSING, BIT(FAILED), "a step that lacks a label has failed"},
		{ASK_EXHAUSTED, BIT(FAILED),
			"only a step that failed can have no attempts left"},
	};
	const struct rule_when *when = &r->rule->when;

	for (size_t i = 0; asks(r, ASK_STATUS) && i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].ask == ASK_EXHAUSTED && !when->exhausted_tries)
			continue;
		if (asks(r, kinds[i].ask) && !(when->statuses & kinds[i].statuses))
			never(r, kinds[i].ask, kinds[i].why);
	}
}

static void
check_exit(struct rule_reading *r)
{
	const struct rule_when *when = &r->rule->when;
	struct exit_set good = when->exits;

	if (!asks(r, ASK_EXIT) || !asks(r, ASK_ERROR))
		return;
	good.bits[0] &= ~(uint64_t)1;
	if (!(when->errors & ~ERRORS_WITHOUT_EXIT))
		never(r, ASK_EXIT, "after such an error there is no exit code");
	else if (when->errors == ERROR_BIT(EXIT) &&
		!(good.bits[0] | good.bits[1] | good.bits[2] | good.bits[3]))
		never(r, ASK_EXIT, "the error is exit when the exit code is not 0");
}

static void
check_gate(struct rule_reading *r)
{
	struct rule_when *when = &r->rule->when;

	if (asks(r, ASK_GATE_STATUS) && !asks(r, ASK_GATE))
		never(r, ASK_GATE_STATUS, "\"gate_status\" needs \"gate\": gate: STEP.GATE");
	if (asks(r, ASK_METRIC) && !asks(r, ASK_GATE))
		never(r, ASK_METRIC, "\"metric\" needs \"gate\": gate: STEP.GATE");
	if (!asks(r, ASK_GATE))
		return;
	if (str_find(when->gate, '.') < 1 || str_ends(when->gate, STR("."))) {
		finding_error(r->findings, &r->when_place, r->when[ASK_GATE]->offset,
			"\"gate\" must be STEP.GATE or run.GATE, not %s",
			value_describe(r->arena, r->when[ASK_GATE]));
		return;
	}
	when->of_run = str_starts(when->gate, STR("run."));
	if (when->of_run && asks(r, ASK_STEP))
		never(r, ASK_STEP,
			"gates of the run are known at its end, when no step ends; leave "
			"\"step\" out");
}

/* What a run's end has none of. */
static void
check_run(struct rule_reading *r)
{
	static const enum rule_ask of_steps[] = {ASK_ERROR, ASK_EXIT, ASK_LABEL_MISSING};

	if (!r->rule->when.of_run)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(of_steps); i++)
		if (asks(r, of_steps[i]))
			never(r, of_steps[i], "it is about the end of the run, by its gate");
	if (asks(r, ASK_EXHAUSTED) && r->rule->when.exhausted_tries)
		never(r, ASK_EXHAUSTED, "a run has no attempts; name a bound such as wall");
	if (asks(r, ASK_VISITS) && !r->visits_step)
		never(r, ASK_VISITS, "a run is not visited; say the step: visits: { step: …");
	if (r->rule->action == ROUTE_TO_RETRY || r->rule->action == ROUTE_TO_SKIP)
		finding_error(r->findings, &r->rule_place, r->then_offset,
			"a run that ends cannot be %s; a goto does steps of it again",
			r->rule->action == ROUTE_TO_RETRY ? "tried again" : "skipped");
}

static void
refuse_action(struct rule_reading *r, const char *why)
{
	finding_error(r->findings, &r->rule_place, r->then_offset, "never applies: %s", why);
}

static void
check_action(struct rule_reading *r)
{
	const struct rule_when *when = &r->rule->when;
	unsigned statuses = rule_statuses(when);

	if (r->rule->action == ROUTE_TO_RETRY && !(statuses & BIT(FAILED)))
		refuse_action(r,
			"only a step that failed is tried again; goto does one again that has "
			"succeeded");
	else if (r->rule->action == ROUTE_TO_RETRY && asks(r, ASK_ERROR) &&
		!(when->errors & ~ROUTE_ERRORS_NEVER_RETRIED))
		refuse_action(r, "such a failure is never tried again");
	else if ((r->rule->action == ROUTE_TO_SKIP || r->rule->action == ROUTE_TO_CONTINUE) &&
		when->errors == ERROR_BIT(GATE))
		refuse_action(r, "nothing gets past a gate that is required");
	else if (r->rule->action == ROUTE_TO_SKIP && !(statuses & BIT(FAILED)))
		refuse_action(r, "only a step that failed can be skipped");
	else if ((r->rule->action == ROUTE_TO_RETRY || r->rule->action == ROUTE_TO_GOTO) &&
		when->exhausted)
		refuse_action(r, "nothing is done again once the run has used that up");
}

/* Every target lies before the step that ended, so without a bound it would go round for ever. */
static void
check_goto(struct rule_reading *r)
{
	const struct rule *rule = r->rule;

	if (rule->action != ROUTE_TO_GOTO)
		return;
	if (!rule->times && !asks(r, ASK_VISITS))
		finding_error(r->findings, &r->rule_place, r->then_offset,
			"a goto needs a bound, or it could go round for ever: times: 2, or "
			"visits: { step: %.*s, below: 3 } in \"when\"",
			(int)MIN(rule->target.n, 150), rule->target.p);
	if (!asks(r, ASK_STEP) && !asks(r, ASK_GATE))
		finding_error(r->findings, &r->rule_place, r->then_offset,
			"a goto needs to know where it comes from; say \"step\" in \"when\"");
}

void
rule_check(struct rule_reading *r)
{
	if (!r->rule->when.asks)
		finding_error(r->findings, &r->rule_place, r->when_offset,
			"\"when\" is empty; it needs a condition, such as status: failed");
	check_gate(r);
	check_status(r);
	check_exit(r);
	check_run(r);
	if (asks(r, ASK_VISITS) && r->visits_step && !asks(r, ASK_STEP) && !asks(r, ASK_GATE))
		never(r, ASK_VISITS,
			"visits of one step are asked where another one ends: say that one by "
			"\"step\"");
	check_action(r);
	check_goto(r);
}
