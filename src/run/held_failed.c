/* Of an attempt that has failed a rule says that a person is to say what now. */
#include "run/held_state.h"

#include "base/clock.h"
#include "run/engine_end.h"
#include "run/question.h"
#include "run/record_question.h"
#include "run/routing.h"
#include "run/try_end.h"
#include "run/verdict.h"

#include <stdio.h>

/* --- asking --- */

/* What is kept of it beside what it printed, as attempt.rejected would have it. */
static int
record(struct try *try, const struct held *held, const struct record_rejection *rejection,
	struct err *err)
{
	const struct record_holding holding = {.number = try->number,
		.request = &held->request,
		.failure = failure_class_name(rejection->class),
		.message = rejection->message,
		.candidates = rejection->outputs,
		.n_candidates = rejection->n_outputs,
		.errors = rejection->errors,
		.logs = rejection->logs,
		.n_logs = rejection->n_logs,
		.gates = rejection->gates};

	return record_held(&try->engine->hold, &holding, err);
}

static int
hold(struct try *try, const struct record_rejection *rejection,
	const struct question_document *document, struct err *err)
{
	struct held *held = held_place(try, document);
	int r;

	held->has_failed = true;
	held->class = rejection->class;
	held->exit_code = verdict_exit(&try->end);
	held->message = arena_str(&held->arena, rejection->message);
	r = record(try, held, rejection, err);
	return r < 0 ? r : held_settle(try, held, document, err);
}

int
held_escalate(struct try *try, const struct record_rejection *rejection, struct err *err)
{
	struct engine *engine = try->engine;
	struct question_document document = QUESTION_DOCUMENT_INIT;
	const struct question_attempt attempt = {.number = try->number,
		.outputs = &try->outputs,
		.gates = rejection->gates,
		.log = try->has_log ? &try->log : NULL};
	const struct question_failure failure = {.class = failure_class_name(rejection->class),
		.message = rejection->message,
		.exit_code = verdict_exit(&try->end),
		.rule = routing_rule(engine->routing, try->number),
		.words = routing_words(engine->routing, try->number),
		.may = routing_may(engine->routing, try->number)};
	struct digest digest;
	int r = question_write_failure(
		&try->values, try->step, &attempt, &failure, &document, err);

	if (r == 0)
		r = object_put(engine->store, buf_str(&document.text), &digest, err);
	if (r == 0)
		r = hold(try, rejection, &document, err);
	buf_done(&document.text);
	return r;
}

/* --- what was said --- */

/* The action that somebody wants; ROUTE_TO_FAIL: the failure stands. */
static int
read_action(const struct held *held, const struct ask *ask, enum route_action *ret_action,
	struct err *err)
{
	switch (ask->state) {
	case QUESTION_ACCEPTED: *ret_action = ROUTE_TO_CONTINUE; return 0;
	case QUESTION_ANSWERED:
		return question_read_action(held->engine->store, &ask->answer, ret_action, err);
	case QUESTION_OPEN:
	case QUESTION_VOID:
	case QUESTION_REFUSED:
	case QUESTION_EXPIRED: break;
	}
	*ret_action = ROUTE_TO_FAIL;
	return 0;
}

/* Why it failed, and what became of that, by whose word. */
static int
say(const struct held *held, const struct ask *ask, enum route_action action, bool again,
	struct arena *arena, struct str *ret_text, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)ERR_MESSAGE_SIZE * 4);
	int r = 0;

	buf_add_str(&b, held->message);
	buf_add_cstr(&b, "; ");
	if (ask->has_approval)
		r = question_add_word(held->engine->store, &ask->approval,
			action == ROUTE_TO_FAIL ? "no" : route_actions.names[action], &b, err);
	else
		buf_add_cstr(&b, "nobody answered in time");
	if (action == ROUTE_TO_RETRY && !again)
		buf_add_cstr(&b, ", but the run has used up what that takes");
	if (r == 0)
		*ret_text = arena_str(arena, buf_str(&b));
	return r;
}

static bool
tolerates(const struct held *held, enum visit_routed routed)
{
	if (routed == ROUTED_NOT)
		return held_step(held)->continue_on_error && held->class != FAILURE_GATE;
	return routed != ROUTED_ABORT;
}

static void
notify(const struct held *held, const struct record_rejection *rejection)
{
	struct notice *notice = notices_add(&held->engine->notices,
		rejection->until_us ? NOTICE_RETRYING : NOTICE_FAILED, held->step);

	notice->attempt = held->attempt;
	notice->try_number = held->try_number;
	notice->duration_us = held->duration_us;
	notice->class = held->class;
	notice->until_us = rejection->until_us;
	(void)snprintf(notice->message, sizeof(notice->message), "%.*s",
		(int)MIN(rejection->message.n, sizeof(notice->message) - 1),
		rejection->message.p);
}

/* The visit goes on, by what was decided about the attempt that has just been rejected. */
static int
go_on(struct held *held, int64_t due_us, struct err *err)
{
	struct engine *engine = held->engine;
	enum visit_routed routed = routing_made(routing_hold(engine->routing, held->attempt));
	bool tolerated = tolerates(held, routed);
	uint32_t step = held->step;
	int r;

	if (due_us) {
		held_drop(engine, step);
		schedule_retry(engine->schedule, step, due_us);
		return 0;
	}
	schedule_note_failure(engine->schedule, step, held->class, held->exit_code);
	schedule_note_route(engine->schedule, step, routed);
	held_drop(engine, step);
	schedule_failed(engine->schedule, step);
	r = tolerated ? engine_settle(engine, err) : engine_step_failed(engine, err);
	return r == 0 && routed == ROUTED_ABORT ? routing_abort(engine, err) : r;
}

int
held_conclude_failed(struct held *held, const struct ask *ask, struct err *err)
{
	struct engine *engine = held->engine;
	const struct retry_rule *rule = &held_step(held)->settings->retry;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct record_rejection rejection = {
		.number = held->attempt, .class = held->class, .boot = engine->boot};
	enum route_action action = ROUTE_TO_FAIL;
	bool again = false;
	int64_t delay;
	int r = read_action(held, ask, &action, err);

	if (r == 0 && action != ROUTE_TO_FAIL)
		r = routing_answer(engine, held->step, held->attempt, action, err);
	if (r == 0 && action == ROUTE_TO_RETRY)
		r = engine_pay_retry(engine, held->step, &again, err);
	if (r == 0)
		r = say(held, ask, action, again, &arena, &rejection.message, err);
	if (r < 0)
		return r;
	delay = again ? verdict_backoff(rule, &engine->hold.chain.id, held_step(held)->name,
				held->try_number)
		      : 0;
	rejection.until_us = again ? clock_utc_us() + delay : 0;
	rejection.due_us = again ? clock_boot_us() + delay : 0;
	rejection.tolerated = !again && tolerates(held, routing_made(action));
	r = record_rejected(&engine->hold, &rejection, err);
	if (r < 0)
		return r;
	notify(held, &rejection);
	return go_on(held, rejection.due_us, err);
}
