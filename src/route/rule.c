#include "route/rule.h"

#include "json/number.h"

#define FAILED (1U << ROUTE_FAILED)

bool
exit_set_has(const struct exit_set *set, int64_t code)
{
	return code >= 0 && code <= UINT8_MAX && (set->bits[code / 64] >> (code % 64) & 1) != 0;
}

void
exit_set_add(struct exit_set *set, uint8_t code)
{
	set->bits[code / 64] |= (uint64_t)1 << (code % 64);
}

static bool
asks(const struct rule_when *when, enum rule_ask ask)
{
	return (when->asks & 1U << ask) != 0;
}

unsigned
rule_statuses(const struct rule_when *when)
{
	unsigned statuses =
		asks(when, ASK_STATUS) ? when->statuses : terms_all(&route_statuses);

	if (asks(when, ASK_ERROR) || asks(when, ASK_EXIT) || asks(when, ASK_LABEL_MISSING) ||
		when->exhausted_tries)
		statuses &= FAILED;
	return statuses;
}

bool
rule_metric_holds(const struct rule_metric *metric, struct str number)
{
	return (!metric->below.n || number_compare(number, metric->below) < 0) &&
		(!metric->above.n || number_compare(number, metric->above) > 0);
}
