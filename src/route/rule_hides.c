#include "route/rule.h"

#include "json/number.h"

static bool
asks(const struct rule_when *when, enum rule_ask ask)
{
	return (when->asks & 1U << ask) != 0;
}

static bool
are_among(const struct str *names, uint32_t n, const struct str *all, uint32_t n_all)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < n; i++) {
		while (at < n_all && str_compare(all[at], names[i]) < 0)
			at++;
		if (at == n_all || !str_equal(all[at], names[i]))
			return false;
	}
	return true;
}

static bool
covers_steps(const struct rule_when *a, const struct rule_when *b)
{
	if (a->of_run != b->of_run)
		return false;
	if (!asks(a, ASK_STEP))
		return true;
	return asks(b, ASK_STEP) && are_among(b->steps, b->n_steps, a->steps, a->n_steps);
}

static bool
covers_exits(const struct rule_when *a, const struct rule_when *b)
{
	if (!asks(a, ASK_EXIT))
		return true;
	if (!asks(b, ASK_EXIT))
		return false;
	for (unsigned i = 0; i < ARRAY_SIZE(a->exits.bits); i++)
		if (b->exits.bits[i] & ~a->exits.bits[i])
			return false;
	return true;
}

static bool
covers_metric(const struct rule_metric *a, const struct rule_metric *b)
{
	if (!str_equal(a->name, b->name))
		return false;
	if (a->below.n && (!b->below.n || number_compare(b->below, a->below) > 0))
		return false;
	return !a->above.n || (b->above.n && number_compare(b->above, a->above) >= 0);
}

static bool
covers_metrics(const struct rule_when *a, const struct rule_when *b)
{
	for (uint32_t i = 0; i < a->n_metrics; i++) {
		bool is_covered = false;

		for (uint32_t j = 0; !is_covered && j < b->n_metrics; j++)
			is_covered = covers_metric(&a->metrics[i], &b->metrics[j]);
		if (!is_covered)
			return false;
	}
	return true;
}

static bool
covers_gate(const struct rule_when *a, const struct rule_when *b)
{
	if (!asks(a, ASK_GATE))
		return true;
	if (!asks(b, ASK_GATE) || !str_equal(a->gate, b->gate))
		return false;
	if (asks(a, ASK_GATE_STATUS) &&
		(!asks(b, ASK_GATE_STATUS) || (b->verdicts & ~a->verdicts)))
		return false;
	return covers_metrics(a, b);
}

static bool
covers_labels(const struct rule_when *a, const struct rule_when *b)
{
	if (!asks(a, ASK_LABEL_MISSING))
		return true;
	if (!asks(b, ASK_LABEL_MISSING))
		return false;
	if (!a->n_labels)
		return true;
	return b->n_labels && are_among(b->labels, b->n_labels, a->labels, a->n_labels);
}

static bool
covers_bounds(const struct rule_when *a, const struct rule_when *b)
{
	if (asks(a, ASK_EXHAUSTED) &&
		(!asks(b, ASK_EXHAUSTED) || a->exhausted_tries != b->exhausted_tries ||
			(b->exhausted & ~a->exhausted)))
		return false;
	if (!asks(a, ASK_VISITS))
		return true;
	return asks(b, ASK_VISITS) && str_equal(a->visits_of, b->visits_of) &&
		b->visits_below <= a->visits_below;
}

/* Whether a holds whenever b does. */
static bool
covers(const struct rule_when *a, const struct rule_when *b)
{
	if (!covers_steps(a, b) || (rule_statuses(b) & ~rule_statuses(a)))
		return false;
	if (asks(a, ASK_ERROR) && (!asks(b, ASK_ERROR) || (b->errors & ~a->errors)))
		return false;
	if (asks(a, ASK_VIOLATION) && (!asks(b, ASK_VIOLATION) || (b->clauses & ~a->clauses)))
		return false;
	return covers_exits(a, b) && covers_gate(a, b) && covers_labels(a, b) &&
		covers_bounds(a, b);
}

/* Whether the error that it asks for is another one than a gate's, or it is one that passes likewise. */
static bool
passes(const struct rule *rule)
{
	return rule->action == ROUTE_TO_CONTINUE ||
		(asks(&rule->when, ASK_ERROR) && !(rule->when.errors & 1U << ROUTE_ERROR_GATE));
}

/* An action that is not possible is passed over; whether it is possible whenever the later one is. */
static bool
is_possible_with(const struct rule *earlier, const struct rule *later)
{
	switch (earlier->action) {
	case ROUTE_TO_RETRY: return later->action == ROUTE_TO_RETRY;
	case ROUTE_TO_SKIP:
		return later->action == ROUTE_TO_SKIP ||
			(passes(later) &&
				!(rule_statuses(&later->when) & ~(1U << ROUTE_FAILED)));
	case ROUTE_TO_GOTO:
		return later->action == ROUTE_TO_GOTO || later->action == ROUTE_TO_RETRY;
	case ROUTE_TO_CONTINUE: return later->action == ROUTE_TO_SKIP || passes(later);
	case ROUTE_TO_ESCALATE:
	case ROUTE_TO_ABORT:
	case ROUTE_TO_FAIL:
	case ROUTE_ACTION_COUNT: return true;
	}
	BUG("action %d", (int)earlier->action);
}

bool
rule_hides(const struct rule *earlier, const struct rule *later)
{
	return !earlier->times && covers(&earlier->when, &later->when) &&
		is_possible_with(earlier, later);
}
