#include "run/state.h"

struct move {
	uint8_t from;
	uint8_t to;
	uint8_t event;
};

static const struct move run_moves[] = {
	{RUN_CREATED, RUN_RUNNING, EVENT_RUN_STARTED},
	{RUN_CREATED, RUN_SUCCEEDED, EVENT_RUN_FINISHED}, /* a run without a plan */
	{RUN_CREATED, RUN_FAILED, EVENT_RUN_FINISHED},
	{RUN_CREATED, RUN_CANCELLED, EVENT_RUN_FINISHED},
	{RUN_RUNNING, RUN_RUNNING, EVENT_RUN_RESUMED},
	{RUN_RUNNING, RUN_WAITING, EVENT_RUN_WAITING},
	{RUN_WAITING, RUN_RUNNING, EVENT_RUN_RESUMED},
	{RUN_RUNNING, RUN_SUCCEEDED, EVENT_RUN_FINISHED},
	{RUN_RUNNING, RUN_FAILED, EVENT_RUN_FINISHED},
	{RUN_RUNNING, RUN_CANCELLED, EVENT_RUN_FINISHED},
};

static const struct move visit_moves[] = {
	{VISIT_PENDING, VISIT_READY, STATE_COMPUTED},
	{VISIT_PENDING, VISIT_SKIPPED, EVENT_VISIT_SKIPPED}, /* another outcome was asked for */
	{VISIT_PENDING, VISIT_BLOCKED, EVENT_VISIT_BLOCKED},
	{VISIT_PENDING, VISIT_CANCELLED, EVENT_VISIT_CANCELLED},
	{VISIT_READY, VISIT_RUNNING, EVENT_ATTEMPT_SUBMITTED},
	{VISIT_READY, VISIT_RUNNING, EVENT_STEP_EXPANDED}, /* its items are */
	{VISIT_READY, VISIT_RUNNING, EVENT_SCOPE_OPENED},  /* its steps, or items again, are */
	{VISIT_READY, VISIT_SKIPPED, EVENT_VISIT_SKIPPED}, /* its `if` is false */
	{VISIT_READY, VISIT_REUSED, EVENT_VISIT_REUSED},
	{VISIT_READY, VISIT_BLOCKED,
		EVENT_VISIT_BLOCKED}, /* its `if` holds, and a need did not come */
	{VISIT_READY, VISIT_CANCELLED, EVENT_VISIT_CANCELLED},
	{VISIT_RUNNING, VISIT_SUCCEEDED, EVENT_ATTEMPT_ACCEPTED},
	{VISIT_RUNNING, VISIT_WAITING, EVENT_ATTEMPT_REJECTED},
	{VISIT_RUNNING, VISIT_FAILED, EVENT_ATTEMPT_REJECTED},
	{VISIT_RUNNING, VISIT_READY, EVENT_ATTEMPT_INTERRUPTED},
	{VISIT_RUNNING, VISIT_CANCELLED, EVENT_ATTEMPT_CANCELLED},
	{VISIT_READY, VISIT_ADOPTED, EVENT_VISIT_ADOPTED}, /* by its key */
	{VISIT_READY, VISIT_UNKNOWN, EVENT_VISIT_UNKNOWN},
	{VISIT_RUNNING, VISIT_UNKNOWN, EVENT_ATTEMPT_REJECTED},
	{VISIT_RUNNING, VISIT_UNKNOWN, EVENT_ATTEMPT_INTERRUPTED},
	{VISIT_UNKNOWN, VISIT_READY, EVENT_ONCE_JUDGED},
	{VISIT_UNKNOWN, VISIT_WAITING, EVENT_ONCE_JUDGED},
	{VISIT_UNKNOWN, VISIT_FAILED, EVENT_ONCE_JUDGED},
	{VISIT_UNKNOWN, VISIT_CANCELLED, EVENT_VISIT_CANCELLED},
	{VISIT_RUNNING, VISIT_CANCELLED, EVENT_VISIT_CANCELLED}, /* with its items or steps */
	{VISIT_READY, VISIT_ASKED, EVENT_QUESTION_OPENED},
	{VISIT_RUNNING, VISIT_ASKED,
		EVENT_QUESTION_OPENED}, /* before its program ran, or held */
	{VISIT_ASKED, VISIT_READY, EVENT_QUESTION_CLOSED},
	{VISIT_ASKED, VISIT_RUNNING, EVENT_QUESTION_CLOSED}, /* its attempt was held */
	{VISIT_ASKED, VISIT_CANCELLED, EVENT_VISIT_CANCELLED},
	{VISIT_READY, VISIT_PENDING, STATE_COMPUTED}, /* what it waited for is done again */
	{VISIT_WAITING, VISIT_READY, STATE_COMPUTED}, /* its time has come */
	{VISIT_WAITING, VISIT_CANCELLED, EVENT_VISIT_CANCELLED},
	{VISIT_PENDING, VISIT_ADOPTED, EVENT_VISIT_ADOPTED},
	{VISIT_FAILED, VISIT_PENDING, EVENT_VISIT_RETRIED},
	{VISIT_BLOCKED, VISIT_PENDING, EVENT_VISIT_RETRIED},
	{VISIT_SKIPPED, VISIT_PENDING, EVENT_VISIT_RETRIED},
	{VISIT_CANCELLED, VISIT_PENDING, EVENT_VISIT_RETRIED}, /* after fail-fast */
	{VISIT_ASKED, VISIT_PENDING, EVENT_VISIT_RETRIED},     /* what it asks about is */
	/* The next visit of the step. */
	{VISIT_READY, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_RUNNING, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_WAITING, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_SUCCEEDED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_SKIPPED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_FAILED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_BLOCKED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_CANCELLED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_ADOPTED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_REUSED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_UNKNOWN, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
	{VISIT_ASKED, VISIT_PENDING, EVENT_VISITS_SUPERSEDED},
};

static const struct move try_moves[] = {
	{TRY_NONE, TRY_SUBMITTED, EVENT_ATTEMPT_SUBMITTED},
	{TRY_SUBMITTED, TRY_STARTED, EVENT_ATTEMPT_STARTED},
	{TRY_SUBMITTED, TRY_ENDED, EVENT_ATTEMPT_ENDED},
	{TRY_SUBMITTED, TRY_REJECTED, EVENT_ATTEMPT_REJECTED}, /* it never ran */
	{TRY_SUBMITTED, TRY_CANCELLED, EVENT_ATTEMPT_CANCELLED},
	{TRY_SUBMITTED, TRY_INTERRUPTED, EVENT_ATTEMPT_INTERRUPTED},
	{TRY_STARTED, TRY_ENDED, EVENT_ATTEMPT_ENDED},
	{TRY_STARTED, TRY_INTERRUPTED, EVENT_ATTEMPT_INTERRUPTED},
	{TRY_ENDED, TRY_ACCEPTED, EVENT_ATTEMPT_ACCEPTED},
	{TRY_ENDED, TRY_REJECTED, EVENT_ATTEMPT_REJECTED},
	{TRY_ENDED, TRY_CANCELLED, EVENT_ATTEMPT_CANCELLED},
	{TRY_ENDED, TRY_INTERRUPTED, EVENT_ATTEMPT_INTERRUPTED},
	{TRY_ENDED, TRY_HELD, EVENT_ATTEMPT_HELD},
	{TRY_HELD, TRY_ACCEPTED, EVENT_ATTEMPT_ACCEPTED},
	{TRY_HELD, TRY_REJECTED, EVENT_ATTEMPT_REJECTED},
	{TRY_HELD, TRY_CANCELLED, EVENT_ATTEMPT_CANCELLED},
};

static bool
is_listed(const struct move *moves, size_t n, int from, int to, int event)
{
	for (size_t i = 0; i < n; i++)
		if (moves[i].from == from && moves[i].to == to && moves[i].event == event)
			return true;
	return false;
}

bool
visit_state_is_final(enum visit_state state)
{
	return state == VISIT_SUCCEEDED || state == VISIT_ADOPTED || state == VISIT_FAILED ||
		state == VISIT_BLOCKED || state == VISIT_CANCELLED || state == VISIT_SKIPPED ||
		state == VISIT_REUSED;
}

bool
run_state_may_move(enum run_state from, enum run_state to, int event)
{
	return is_listed(run_moves, ARRAY_SIZE(run_moves), (int)from, (int)to, event);
}

bool
visit_state_may_move(enum visit_state from, enum visit_state to, int event)
{
	return is_listed(visit_moves, ARRAY_SIZE(visit_moves), (int)from, (int)to, event);
}

bool
try_state_may_move(enum try_state from, enum try_state to, int event)
{
	return is_listed(try_moves, ARRAY_SIZE(try_moves), (int)from, (int)to, event);
}

static const char *
event_text(int event)
{
	return event == STATE_COMPUTED ? "no event" : event_type_name((enum event_type)event);
}

void
run_state_move(enum run_state *state, enum run_state to, int event)
{
	if (!run_state_may_move(*state, to, event))
		BUG("run %s → %s by %s", run_state_name(*state), run_state_name(to),
			event_text(event));
	*state = to;
}

void
visit_state_move(uint8_t *state, enum visit_state to, int event)
{
	enum visit_state from = (enum visit_state) * state;

	if (!visit_state_may_move(from, to, event))
		BUG("visit %s → %s by %s", visit_state_name(from), visit_state_name(to),
			event_text(event));
	*state = (uint8_t)to;
}

void
try_state_move(enum try_state *state, enum try_state to, int event)
{
	if (!try_state_may_move(*state, to, event))
		BUG("attempt %s → %s by %s", try_state_name(*state), try_state_name(to),
			event_text(event));
	*state = to;
}

#define X(name, text) text,
static const char *const run_names[] = {RUN_STATES(X)};
static const char *const visit_names[] = {VISIT_STATES(X)};
static const char *const try_names[] = {ATTEMPT_STATES(X)};
#undef X

const char *
run_state_name(enum run_state state)
{
	return state < RUN_STATE_COUNT ? run_names[state] : "?";
}

const char *
visit_state_name(enum visit_state state)
{
	return state < VISIT_STATE_COUNT ? visit_names[state] : "?";
}

const char *
try_state_name(enum try_state state)
{
	return state < TRY_STATE_COUNT ? try_names[state] : "?";
}

bool
run_state_parse(struct str name, enum run_state *ret_state)
{
	ptrdiff_t index = str_index(name, run_names, ARRAY_SIZE(run_names));

	if (index >= 0)
		*ret_state = (enum run_state)index;
	return index >= 0;
}

bool
visit_state_parse(struct str name, enum visit_state *ret_state)
{
	ptrdiff_t index = str_index(name, visit_names, ARRAY_SIZE(visit_names));

	if (index >= 0)
		*ret_state = (enum visit_state)index;
	return index >= 0;
}

bool
try_state_parse(struct str name, enum try_state *ret_state)
{
	ptrdiff_t index = str_index(name, try_names, ARRAY_SIZE(try_names));

	if (index >= 0)
		*ret_state = (enum try_state)index;
	return index >= 0;
}
