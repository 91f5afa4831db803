/* Every pair of states and every event: what the table allows, and nothing else. */
#include "run/state.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

/* Written down a second time, by hand, from the design: a slip in either list shows. */
static const struct {
	const char *from;
	const char *to;
	const char *event; /* NULL: computed */
} visits[] =
	{
		{"pending", "ready", NULL},
		{"pending", "skipped", "visit.skipped"},
		{"pending", "blocked", "visit.blocked"},
		{"pending", "cancelled", "visit.cancelled"},
		{"ready", "running", "attempt.submitted"},
		{"ready", "running", "step.expanded"},
		{"ready", "running", "scope.opened"},
		{"ready", "skipped", "visit.skipped"},
		{"ready", "reused", "visit.reused"},
		{"ready", "blocked", "visit.blocked"},
		{"ready", "cancelled", "visit.cancelled"},
		{"running", "succeeded", "attempt.accepted"},
		{"running", "waiting", "attempt.rejected"},
		{"running", "failed", "attempt.rejected"},
		{"running", "ready", "attempt.interrupted"},
		{"running", "cancelled", "attempt.cancelled"},
		{"running", "cancelled", "visit.cancelled"},
		{"waiting", "ready", NULL},
		{"waiting", "cancelled", "visit.cancelled"},
		{"ready", "adopted", "visit.adopted"},
		{"ready", "unknown", "visit.unknown"},
		{"running", "unknown", "attempt.rejected"},
		{"running", "unknown", "attempt.interrupted"},
		{"unknown", "ready", "once.judged"},
		{"unknown", "waiting", "once.judged"},
		{"unknown", "failed", "once.judged"},
		{"unknown", "cancelled", "visit.cancelled"},
		{"ready", "asked", "question.opened"},
		{"running", "asked", "question.opened"},
		{"asked", "ready", "question.closed"},
		{"asked", "running", "question.closed"},
		{"asked", "cancelled", "visit.cancelled"},
		{"pending", "adopted", "visit.adopted"},
		{"failed", "pending", "visit.retried"},
		{"blocked", "pending", "visit.retried"},
		{"skipped", "pending", "visit.retried"},
		{"cancelled", "pending", "visit.retried"},
		{"asked", "pending", "visit.retried"},
		{"ready", "pending", NULL},
		{"ready", "pending", "visits.superseded"},
		{"running", "pending", "visits.superseded"},
		{"waiting", "pending", "visits.superseded"},
		{"succeeded", "pending", "visits.superseded"},
		{"skipped", "pending", "visits.superseded"},
		{"failed", "pending", "visits.superseded"},
		{"blocked", "pending", "visits.superseded"},
		{"adopted", "pending", "visits.superseded"},
		{"cancelled", "pending", "visits.superseded"},
		{"reused", "pending", "visits.superseded"},
		{"unknown", "pending", "visits.superseded"},
		{"asked", "pending", "visits.superseded"},
},
  tries[] =
	  {
		  {"none", "submitted", "attempt.submitted"},
		  {"submitted", "started", "attempt.started"},
		  {"submitted", "ended", "attempt.ended"},
		  {"submitted", "rejected", "attempt.rejected"},
		  {"submitted", "cancelled", "attempt.cancelled"},
		  {"submitted", "interrupted", "attempt.interrupted"},
		  {"started", "ended", "attempt.ended"},
		  {"started", "interrupted", "attempt.interrupted"},
		  {"ended", "accepted", "attempt.accepted"},
		  {"ended", "rejected", "attempt.rejected"},
		  {"ended", "cancelled", "attempt.cancelled"},
		  {"ended", "interrupted", "attempt.interrupted"},
		  {"ended", "held", "attempt.held"},
		  {"held", "accepted", "attempt.accepted"},
		  {"held", "rejected", "attempt.rejected"},
		  {"held", "cancelled", "attempt.cancelled"},
},
  runs[] = {
	  {"created", "running", "run.started"},
	  {"created", "succeeded", "run.finished"},
	  {"created", "failed", "run.finished"},
	  {"created", "cancelled", "run.finished"},
	  {"running", "running", "run.resumed"},
	  {"running", "waiting", "run.waiting"},
	  {"waiting", "running", "run.resumed"},
	  {"running", "succeeded", "run.finished"},
	  {"running", "failed", "run.finished"},
	  {"running", "cancelled", "run.finished"},
};

static const char *
event_text(int event)
{
	return event == STATE_COMPUTED ? NULL : event_type_name((enum event_type)event);
}

static bool
same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && strcmp(a, b) == 0);
}

#define CHECK_PAIRS(noun, COUNT, list)                                                       \
	for (int from = 0; from < (COUNT); from++)                                           \
		for (int to = 0; to < (COUNT); to++)                                         \
			for (int event = 0; event <= STATE_COMPUTED; event++) {              \
				bool expected = false;                                       \
				for (size_t i = 0; i < ARRAY_SIZE(list); i++)                \
					expected |=                                          \
						same((list)[i].from,                         \
							noun##_state_name(                   \
								(enum noun##_state)from)) && \
						same((list)[i].to,                           \
							noun##_state_name(                   \
								(enum noun##_state)to)) &&   \
						same((list)[i].event, event_text(event));    \
				if (noun##_state_may_move((enum noun##_state)from,           \
					    (enum noun##_state)to, event) != expected)       \
					fail_msg("%s → %s by %s",                            \
						noun##_state_name((enum noun##_state)from),  \
						noun##_state_name((enum noun##_state)to),    \
						event_text(event) ? event_text(event)        \
								  : "no event");             \
			}

static void
test_pairs(void **state)
{
	(void)state;
	CHECK_PAIRS(visit, VISIT_STATE_COUNT, visits)
	CHECK_PAIRS(try, TRY_STATE_COUNT, tries)
	CHECK_PAIRS(run, RUN_STATE_COUNT, runs)
}

static void
test_names(void **state)
{
	enum visit_state visit;
	enum try_state attempt;
	enum run_state run;

	(void)state;
	for (int i = 0; i < VISIT_STATE_COUNT; i++) {
		assert_true(visit_state_parse(
			str_of(visit_state_name((enum visit_state)i)), &visit));
		assert_int_equal(visit, i);
	}
	for (int i = 0; i < TRY_STATE_COUNT; i++) {
		assert_true(
			try_state_parse(str_of(try_state_name((enum try_state)i)), &attempt));
		assert_int_equal(attempt, i);
	}
	for (int i = 0; i < RUN_STATE_COUNT; i++) {
		assert_true(run_state_parse(str_of(run_state_name((enum run_state)i)), &run));
		assert_int_equal(run, i);
	}
	assert_false(visit_state_parse(STR("Ready"), &visit));
	assert_false(visit_state_parse(STR(""), &visit));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
