#include "run/engine_request.h"

#include "base/clock.h"
#include "base/memory.h"
#include "run/engine_end.h"
#include "run/record.h"
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

int
engine_hear_requests(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int64_t now = clock_boot_us();
	struct request request;
	int r;

	if (now - engine->asked_requests_us < REQUESTS_EVERY_US)
		return 0;
	engine->asked_requests_us = now;
	r = request_next(engine->store, engine->hold.chain.run, &arena, &request, err);
	if (r <= 0)
		return r;
	if (str_is(request.kind, "cancel"))
		r = hear_cancel(engine, &request, &arena, err);
	else if (str_is(request.kind, "retry"))
		r = hear_retry(engine, &request, &arena, err);
	return r < 0 ? r : request_done(engine->store, request.id, err);
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
	for (size_t i = 0; i < n_names; i++) {
		uint32_t step = graph_find(engine->graph, names[i]);

		if (step != STEP_NONE)
			retried[step] = true;
	}
	schedule_renew(engine->schedule, retried, &steps, &n);
	free(retried);
	if (!n)
		return 0;
	engine->failed_fast = false;
	for (size_t i = 0; i < n; i++)
		(void)notices_add(&engine->notices, NOTICE_RETRIED, steps[i]);
	r = record_retried(&engine->hold, engine->graph, request, steps, n, err);
	return r < 0 ? r : engine_settle(engine, err);
}
