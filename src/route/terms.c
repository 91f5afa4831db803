#include "route/terms.h"

#define X(name, text) text,
static const char *const status_names[] = {ROUTE_STATUSES(X)};
static const char *const error_names[] = {ROUTE_ERRORS(X)};
static const char *const verdict_names[] = {ROUTE_VERDICTS(X)};
static const char *const clause_names[] = {ROUTE_CLAUSES(X)};
static const char *const bound_names[] = {ROUTE_BOUNDS(X)};
static const char *const action_names[] = {ROUTE_ACTIONS(X)};
#undef X

static const unsigned status_meanings[] = {
	1U << ROUTE_SUCCEEDED | 1U << ROUTE_REUSED | 1U << ROUTE_ADOPTED,
	1U << ROUTE_REUSED,
	1U << ROUTE_ADOPTED,
	1U << ROUTE_SKIPPED,
	1U << ROUTE_FAILED,
	1U << ROUTE_BLOCKED,
	1U << ROUTE_CANCELLED,
	1U << ROUTE_UNKNOWN,
};
static const unsigned verdict_meanings[] = {
	1U << ROUTE_GATE_PASSED,
	1U << ROUTE_GATE_FAILED | 1U << ROUTE_GATE_ERROR,
	1U << ROUTE_GATE_ERROR,
};

const struct terms route_statuses = {
	"a status", status_names, ROUTE_STATUS_COUNT, status_meanings};
const struct terms route_errors = {"a class of failures", error_names, ROUTE_ERROR_COUNT, NULL};
const struct terms route_verdicts = {
	"a gate's status", verdict_names, ROUTE_VERDICT_COUNT, verdict_meanings};
const struct terms route_clauses = {
	"a clause of a policy", clause_names, ROUTE_CLAUSE_COUNT, NULL};
const struct terms route_bounds = {"a bound of a run", bound_names, ROUTE_BOUND_COUNT, NULL};
const struct terms route_actions = {"an action", action_names, ROUTE_ACTION_COUNT, NULL};

unsigned
terms_all(const struct terms *terms)
{
	return (1U << terms->n) - 1;
}

unsigned
terms_meaning(const struct terms *terms, uint32_t number)
{
	return terms->meanings ? terms->meanings[number] : 1U << number;
}

bool
terms_find(const struct terms *terms, struct str name, uint32_t *ret_number)
{
	for (uint32_t i = 0; i < terms->n; i++) {
		if (!str_is(name, terms->names[i]))
			continue;
		*ret_number = i;
		return true;
	}
	return false;
}

bool
terms_next(const struct terms *terms, unsigned *bits, uint32_t *ret_number)
{
	for (uint32_t i = 0; i < terms->n; i++) {
		unsigned meaning = terms_meaning(terms, i);

		if ((meaning & ~*bits) != 0)
			continue;
		*bits &= ~meaning;
		*ret_number = i;
		return true;
	}
	return false;
}
