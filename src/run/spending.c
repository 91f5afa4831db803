#include "run/spending.h"

#include "base/clock.h"

#include <stdio.h>

void
spending_init(struct spending *spending, const struct budget *budget, int64_t now_us)
{
	*spending = (struct spending){.budget = budget, .wall_end_us = INT64_MAX};
	if (budget->wall_us)
		spending->wall_end_us = now_us + budget->wall_us;
}

void
spending_add_driven(struct spending *spending, int64_t driven_us)
{
	if (spending->budget->wall_us)
		spending->wall_end_us -= MIN(driven_us, spending->budget->wall_us);
}

enum bound
spending_of_attempt(const struct spending *spending)
{
	bool spent =
		spending->budget->attempts && spending->attempts >= spending->budget->attempts;

	if (spending->exhausted & 1U << BOUND_WALL)
		return BOUND_WALL;
	return spent ? BOUND_ATTEMPTS : BOUNDS;
}

enum bound
spending_of_retry(const struct spending *spending)
{
	if (spending->transitions >= spending->budget->transitions)
		return BOUND_TRANSITIONS;
	return spending_of_attempt(spending);
}

bool
spending_is_over(const struct spending *spending)
{
	return (spending->exhausted & (1U << BOUND_ATTEMPTS | 1U << BOUND_WALL)) != 0;
}

int64_t
spending_limit(const struct spending *spending, enum bound bound)
{
	switch (bound) {
	case BOUND_ATTEMPTS: return spending->budget->attempts;
	case BOUND_TRANSITIONS: return spending->budget->transitions;
	case BOUND_WALL: return spending->budget->wall_us;
	case BOUNDS: break;
	}
	BUG("bound %d", (int)bound);
}

void
spending_describe(const struct spending *spending, enum bound bound,
	char ret_reason[static ERR_MESSAGE_SIZE])
{
	int64_t limit = spending_limit(spending, bound);
	char duration[CLOCK_DURATION_SIZE];

	if (bound == BOUND_WALL)
		(void)snprintf(ret_reason, ERR_MESSAGE_SIZE, "the budget of %s (wall) is spent",
			clock_duration_to_text(limit, duration));
	else if (bound == BOUND_ATTEMPTS)
		(void)snprintf(ret_reason, ERR_MESSAGE_SIZE,
			"the budget of %lld attempt%s is spent", (long long)limit,
			limit == 1 ? "" : "s");
	else
		(void)snprintf(ret_reason, ERR_MESSAGE_SIZE,
			"%lld transition%s (max_transitions) were made; no step is tried again",
			(long long)limit, limit == 1 ? "" : "s");
}
