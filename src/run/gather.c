#include "run/gather.h"

#include "graph/step_question.h"
#include "run/gathered.h"
#include "run/record_verdict.h"
#include "run/revisit.h"
#include "run/routing.h"
#include "run/scope.h"

#include <stdio.h>

#define NAMED_MAX 5

/* The attempt that lily makes itself; its number, for the events that follow. */
static int
record_own(struct engine *engine, uint32_t step, struct record_attempt *ret_attempt,
	struct err *err)
{
	*ret_attempt = (struct record_attempt){.number = engine->hold.next_attempt++,
		.step = step,
		.name = engine->graph->steps[step].name,
		.try_number = MAX(1, schedule_visit(engine->schedule, step)->tries),
		.visit = revisit_number(engine, step)};
	return record_submitted(&engine->hold, ret_attempt, STR_EMPTY, NULL, 0, err);
}

static struct notice *
notify(struct engine *engine, enum notice_type type, const struct record_attempt *attempt)
{
	struct notice *notice = notices_add(&engine->notices, type, attempt->step);

	notice->attempt = attempt->number;
	notice->try_number = attempt->try_number;
	return notice;
}

int
gather_fail(struct engine *engine, const struct record_attempt *attempt,
	enum failure_class class, const char *message, struct err *err)
{
	struct record_rejection rejection = {.class = class, .message = str_of(message)};
	enum route_action action = ROUTE_ACTION_COUNT;
	enum visit_routed routed;
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	uint32_t step = attempt->step;
	bool may = true;
	struct notice *notice;
	int r = routing_ask(engine,
		&(struct routing_question){.step = step,
			.attempt = attempt->number,
			.class = class,
			.exit_code = -1,
			.tries = 1,
			.attempts = 1},
		&action, err);

	routed = routing_made(action);
	rejection.number = attempt->number;
	rejection.message =
		routing_say(engine->routing, attempt->number, rejection.message, &scratch);
	rejection.tolerated = routed == ROUTED_NOT
		? engine->graph->steps[step].continue_on_error
		: routed != ROUTED_ABORT;
	if (r > 0 && action == ROUTE_TO_GOTO)
		r = engine_pay_retry(engine, step, &may, err);
	if (r >= 0)
		r = record_rejected(&engine->hold, &rejection, err);
	if (r < 0)
		return r;
	notice = notify(engine, NOTICE_FAILED, attempt);
	notice->class = class;
	(void)snprintf(notice->message, sizeof(notice->message), "%s", rejection.message.p);
	schedule_note_failure(engine->schedule, step, class, -1);
	(void)routing_hold(engine->routing, attempt->number);
	schedule_note_route(engine->schedule, step, routed);
	schedule_failed(engine->schedule, step);
	if (action == ROUTE_TO_GOTO)
		return revisit_begin(engine,
			&(struct revisit_cause){.step = step,
				.attempt = attempt->number,
				.class = failure_class_name(class),
				.message = str_of(message),
				.exit_code = -1},
			err);
	r = engine_step_failed(engine, err);
	return r == 0 && routed == ROUTED_ABORT ? routing_abort(engine, err) : r;
}

int
gather_reject(struct engine *engine, uint32_t step, enum failure_class class,
	const char *message, struct err *err)
{
	struct record_attempt attempt;
	int r = record_own(engine, step, &attempt, err);

	return r < 0 ? r : gather_fail(engine, &attempt, class, message, err);
}

int
gather_refuse(struct engine *engine, uint32_t step, enum failure_class class,
	const char *message, struct err *err)
{
	schedule_submitted(engine->schedule, step);
	return gather_reject(engine, step, class, message, err);
}

static int
accept(struct engine *engine, uint32_t step, struct err *err)
{
	uint32_t n_outputs = engine->graph->steps[step].n_outputs;
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct record_artifact *artifacts =
		ARENA_ARRAY(&scratch, n_outputs, struct record_artifact);
	struct err why = ERR_INIT;
	int r = gathered_make(engine, step, artifacts, &why);

	if (r == ERR_LIMIT || r == ERR_INVALID)
		return gather_reject(engine, step, FAILURE_LIMIT, why.message, err);
	if (r < 0) {
		*err = why;
		return r;
	}
	return gather_accept(engine, step, artifacts, err);
}

int
gather_accept(struct engine *engine, uint32_t step, struct record_artifact *artifacts,
	struct err *err)
{
	uint32_t n_outputs = engine->graph->steps[step].n_outputs;
	struct produced *produced =
		n_outputs ? ARENA_ARRAY(&engine->arena, n_outputs, struct produced) : NULL;
	struct record_attempt attempt;
	uint32_t n = 0;
	int r = record_own(engine, step, &attempt, err);

	for (uint32_t i = 0; i < n_outputs; i++) {
		if (!artifacts[i].kind)
			continue;
		artifacts[i].number = engine->hold.next_artifact++;
		produced[i] = (struct produced){.digest = artifacts[i].digest,
			.size = artifacts[i].size,
			.artifact = artifacts[i].number,
			.is_tree = strcmp(artifacts[i].kind, "dir") == 0};
		artifacts[n++] = artifacts[i];
	}
	if (r == 0)
		r = routing_ask_success(
			engine, step, attempt.number, (struct record_gates){NULL, 0}, err);
	if (r == 0)
		r = record_accepted(&engine->hold,
			&(struct record_acceptance){.number = attempt.number,
				.outputs = artifacts,
				.n_outputs = n,
				.by_person = step_is_human(&engine->graph->steps[step])},
			err);
	if (r < 0)
		return r;
	(void)notify(engine, NOTICE_SUCCEEDED, &attempt);
	schedule_accepted(engine->schedule, step, produced);
	return routing_follow_success(engine, step, attempt.number, NULL, err);
}

static uint64_t
most_failed(const struct foreach *foreach, uint32_t n_items)
{
	return foreach->max_failed_is_share ? n_items * foreach->max_failed / 100
					    : foreach->max_failed;
}

static bool
is_lost(const struct engine *engine, uint32_t step)
{
	struct schedule_items items;

	schedule_count_items(engine->schedule, step, &items);
	return items.failed > most_failed(engine->graph->steps[step].foreach, items.n);
}

bool
gather_some_lost(const struct engine *engine)
{
	const struct graph *graph = engine->graph;

	if (scope_some_lost(engine))
		return true;

	for (uint32_t i = 0; i < graph->n_expansions; i++) {
		uint32_t step = graph->expansions[i]->foreach->step;

		if (schedule_visit(engine->schedule, step)->state == VISIT_RUNNING &&
			is_lost(engine, step))
			return true;
	}
	return false;
}

/* "2 of 3 items failed (a, c); max_failed allows 0". */
static int
reject_items(struct engine *engine, uint32_t step, const struct schedule_items *items,
	struct err *err)
{
	const struct expansion *expansion = graph_expansion(engine->graph, step);
	AUTO_BUF struct buf b = BUF_INIT(ERR_MESSAGE_SIZE);
	uint32_t named = 0;

	buf_printf(&b, "%u of %u items failed (", items->failed, items->n);
	for (uint32_t i = 0; i < expansion->n_items && named <= NAMED_MAX; i++) {
		if (!schedule_item_failed(engine->schedule, step, i))
			continue;
		if (named++ == NAMED_MAX)
			buf_add_cstr(&b, ", …");
		else
			buf_printf(&b, "%s%.*s", named > 1 ? ", " : "",
				(int)MIN(expansion->items[i].key.n, 40),
				expansion->items[i].key.p);
	}
	buf_printf(&b, "); max_failed allows %llu",
		(unsigned long long)most_failed(expansion->foreach, items->n));
	return gather_reject(engine, step, FAILURE_ITEMS, buf_cstr(&b), err);
}

int
gather_cancel(struct engine *engine, uint32_t step, struct err *err)
{
	int r = record_visits(
		&engine->hold, engine->graph, EVENT_VISIT_CANCELLED, STEP_NONE, &step, 1, err);

	if (r < 0)
		return r;
	(void)notices_add(&engine->notices, NOTICE_CANCELLED, step);
	schedule_gather_cancelled(engine->schedule, step);
	return engine_settle(engine, err);
}

int
gather_step(struct engine *engine, uint32_t step, struct err *err)
{
	struct schedule_items items;

	schedule_count_items(engine->schedule, step, &items);
	if (is_lost(engine, step))
		return reject_items(engine, step, &items, err);
	if (items.cancelled)
		return gather_cancel(engine, step, err);
	return accept(engine, step, err);
}
