#include "run/engine_end.h"

#include "base/clock.h"
#include "run/record.h"

#include <stdio.h>

static int
record_bound(struct engine *engine, enum bound bound, struct err *err)
{
	struct spending *spending = &engine->spending;
	char reason[ERR_MESSAGE_SIZE];
	struct notice *notice;
	int r;

	spending_describe(spending, bound, reason);
	r = record_exhausted(
		&engine->hold, bound_name(bound), spending_limit(spending, bound), reason, err);
	if (r < 0)
		return r;
	spending->exhausted |= 1U << bound;
	notice = notices_add(&engine->notices, NOTICE_EXHAUSTED, STEP_NONE);
	(void)snprintf(notice->message, sizeof(notice->message), "%.200s", reason);
	return 0;
}

/* The bound is reached: what that ends. The event comes before what follows from it. */
static int
exhaust(struct engine *engine, enum bound bound, struct err *err)
{
	struct spending *spending = &engine->spending;
	int r;

	if (!(spending->exhausted & 1U << bound)) {
		r = record_bound(engine, bound, err);
		if (r < 0)
			return r;
	}
	if (!spending_is_over(spending))
		return 0;
	/* Also when the bound was reached before: steps may have been retried since. */
	r = engine_cancel_pending(engine, SCHEDULE_BEFORE_LAST, err);
	for (unsigned i = 0; bound == BOUND_WALL && i < engine->slots; i++)
		if (!try_is_last(&engine->tries[i]))
			try_spend(&engine->tries[i]);
	return r;
}

int
engine_may_try(struct engine *engine, uint32_t step, bool *ret_may, struct err *err)
{
	enum bound bound = spending_of_attempt(&engine->spending);

	*ret_may = bound == BOUNDS || engine->graph->steps[step].is_last;
	return *ret_may ? 0 : exhaust(engine, bound, err);
}

int
engine_pay_retry(struct engine *engine, uint32_t step, bool *ret_may, struct err *err)
{
	enum bound bound = spending_of_retry(&engine->spending);

	*ret_may = true;
	if (engine->graph->steps[step].is_last)
		return 0;
	*ret_may = bound == BOUNDS;
	if (bound != BOUNDS)
		return exhaust(engine, bound, err);
	engine->spending.transitions++;
	return 0;
}

int
engine_spend_wall(struct engine *engine, int64_t *ret_due, struct err *err)
{
	*ret_due = INT64_MAX;
	if (engine->cancelling || engine->spending.exhausted & 1U << BOUND_WALL ||
		!schedule_is_open(engine->schedule))
		return 0;
	if (clock_boot_us() >= engine->spending.wall_end_us)
		return exhaust(engine, BOUND_WALL, err);
	*ret_due = engine->spending.wall_end_us;
	return 0;
}
