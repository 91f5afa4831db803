#include "run/body_status.h"

#include "store/event.h"
#include "store/stats.h"
#include "json/json.h"

/* Whether the event renews a step that `finally` waits for. */
static int
opens_body(const struct event *event, const struct graph *graph, struct arena *arena,
	struct err *err)
{
	const struct value *payload;
	const struct value *steps;
	int r = event_parse_payload(event, arena, &payload, err);

	if (r < 0)
		return r;
	steps = value_get(payload, STR("steps"));
	for (uint32_t i = 0; steps && i < steps->n; i++) {
		int64_t step = -1;

		(void)value_to_i64(value_get(&steps->items[i], STR("i")), &step);
		if (step < 0 || (uint64_t)step >= graph->n_steps || !graph->steps[step].is_last)
			return 1;
	}
	return !steps;
}

static int
was_opened_since(struct store *store, int64_t run, uint64_t seq, const struct graph *graph,
	struct arena *arena, struct err *err)
{
	struct event *events;
	size_t n;
	int r = stats_events(store, run, EVENT_VISIT_RETRIED, arena, &events, &n, err);

	while (r == 0 && n > 0 && events[--n].seq > seq)
		r = events[n].removed ? 1 : opens_body(&events[n], graph, arena, err);
	return r;
}

int
body_status_read(struct store *store, int64_t run, const struct graph *graph,
	struct arena *arena, const char **ret_status, struct err *err)
{
	const struct value *payload;
	const struct value *status;
	struct event *events;
	size_t n;
	int r = stats_events(store, run, EVENT_RUN_FINALLY, arena, &events, &n, err);

	*ret_status = NULL;
	if (r < 0 || !n || events[n - 1].removed)
		return r;
	r = was_opened_since(store, run, events[n - 1].seq, graph, arena, err);
	if (r != 0)
		return MIN(r, 0);
	r = event_parse_payload(&events[n - 1], arena, &payload, err);
	if (r < 0)
		return r;
	status = value_get(payload, STR("status"));
	if (status)
		*ret_status = arena_cstr(arena, value_text(status));
	return 0;
}
