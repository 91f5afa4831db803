#include "run/engine_request.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/ask.h"
#include "run/engine_end.h"
#include "run/held.h"
#include "run/once.h"
#include "run/record.h"
#include "run/schedule_again.h"
#include "store/request.h"
#include "json/json.h"

/* The member of the payload, NULL where there is none. */
static const struct value *
member_of(const struct request *request, struct str name, struct arena *arena)
{
	struct source source = {.name = "request", .text = request->payload};
	const struct value *payload;

	if (json_parse(arena, &source, 0, NULL, &payload, NULL) < 0)
		return NULL;
	return value_get(payload, name);
}

static int
hear_cancel(struct engine *engine, const struct request *request, struct arena *arena,
	struct err *err)
{
	const struct value *reason = member_of(request, STR("reason"), arena);

	return engine_begin_cancelling(engine, request->id,
		reason && reason->kind == VALUE_STRING ? value_text(reason)
						       : STR("asked for by another process"),
		err);
}

static int
hear_retry(struct engine *engine, const struct request *request, struct arena *arena,
	struct err *err)
{
	const struct value *steps = member_of(request, STR("steps"), arena);
	size_t n = steps && steps->kind == VALUE_ARRAY ? steps->n : 0;
	struct str *names = ARENA_ARRAY(arena, n, struct str);

	for (size_t i = 0; i < n; i++)
		names[i] = value_text(&steps->items[i]);
	return engine_retry(engine, request->id, names, n, err);
}

static struct str
text_member(const struct request *request, struct str name, struct arena *arena)
{
	const struct value *text = member_of(request, name, arena);

	return text && text->kind == VALUE_STRING ? value_text(text) : STR_EMPTY;
}

static int
hear_settle(struct engine *engine, const struct request *request, struct arena *arena,
	struct err *err)
{
	const struct once_word word = {
		.done = str_is(text_member(request, STR("verdict"), arena), "done"),
		.request = request->id,
		.account = text_member(request, STR("account"), arena),
		.reason = text_member(request, STR("reason"), arena)};
	uint32_t step = graph_find(engine->graph, text_member(request, STR("step"), arena));

	return MIN(once_settle(engine, step, &word, err), 0);
}

static enum question_state
verdict_of(struct str text)
{
	enum question_state state;

	return question_state_parse(text, &state) ? state : QUESTION_VOID;
}

static int
hear_answer(struct engine *engine, const struct request *request, struct arena *arena,
	struct err *err)
{
	struct str answer = text_member(request, STR("answer"), arena);
	struct ask_word word = {.request = text_member(request, STR("request"), arena),
		.verdict = verdict_of(text_member(request, STR("verdict"), arena)),
		.wish = request->id,
		.at_us = request->time_us,
		.account = text_member(request, STR("account"), arena),
		.uid = text_member(request, STR("uid"), arena),
		.way = text_member(request, STR("way"), arena),
		.reason = text_member(request, STR("reason"), arena)};
	uint32_t step = graph_find(engine->graph, text_member(request, STR("step"), arena));

	word.has_answer = answer.n && digest_parse(answer, &word.answer);
	return step == STEP_NONE ? 0 : MIN(ask_hear(engine, step, &word, err), 0);
}

/* Takes up the oldest one: 1, or 0 where there is none. */
static int
hear_one(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct request request;
	int r = request_next(engine->store, engine->hold.chain.run, &arena, &request, err);

	if (r <= 0)
		return r;
	if (str_is(request.kind, "cancel"))
		r = hear_cancel(engine, &request, &arena, err);
	else if (str_is(request.kind, "retry"))
		r = hear_retry(engine, &request, &arena, err);
	else if (str_is(request.kind, "settle"))
		r = hear_settle(engine, &request, &arena, err);
	else if (str_is(request.kind, "answer"))
		r = hear_answer(engine, &request, &arena, err);
	if (r >= 0)
		r = request_done(engine->store, request.id, err);
	return r < 0 ? r : 1;
}

int
engine_hear_requests(struct engine *engine, struct err *err)
{
	int64_t now = clock_boot_us();

	/* What comes after its end is certain comes after its end. */
	if (engine->ending.is_certain || now - engine->asked_requests_us < REQUESTS_EVERY_US)
		return 0;
	engine->asked_requests_us = now;
	return MIN(hear_one(engine, err), 0);
}

int
engine_hear_all_requests(struct engine *engine, struct err *err)
{
	int r;

	do
		r = hear_one(engine, err);
	while (r > 0);
	return r;
}

/* A step, or all that stand in an item or a group of that name. */
static void
mark(const struct graph *graph, struct str name, bool *retried)
{
	uint32_t step = graph_find(graph, name);

	if (step != STEP_NONE) {
		retried[step] = true;
		return;
	}
	for (uint32_t i = 0; i < graph->n_steps; i++)
		if (!graph->steps[i].template_of && str_is_below(graph->steps[i].name, name))
			retried[i] = true;
}

int
engine_retry(struct engine *engine, int64_t request, const struct str *names, size_t n_names,
	struct err *err)
{
	uint32_t n_steps = engine->graph->n_steps;
	const uint32_t *steps;
	bool *retried;
	size_t n;
	int r;

	/* Whoever cancels wants nothing new. */
	if (engine->cancelling)
		return 0;
	retried = memory_zeroed(n_steps, sizeof(*retried));
	if (!n_names)
		memset(retried, true, n_steps * sizeof(*retried));
	for (size_t i = 0; i < n_names; i++)
		mark(engine->graph, names[i], retried);
	schedule_renew(engine->schedule, retried, &steps, &n);
	free(retried);
	if (!n)
		return 0;
	engine->failed_fast = false;
	for (size_t i = 0; i < n; i++)
		(void)notices_add(&engine->notices, NOTICE_RETRIED, steps[i]);
	r = held_cancel(engine, steps, n, err);
	for (size_t i = 0; engine->asks && i < n; i++)
		asks_forget(engine, steps[i]);
	if (r == 0)
		r = record_retried(&engine->hold, engine->graph, request, steps, n, err);
	return r < 0 ? r : engine_settle(engine, err);
}
