#include "trace/connections.h"

#include "store/stats.h"
#include "json/json.h"

struct connection {
	int64_t attempt;
	int64_t at_us;
	const struct value *payload;
};

static int
read_one(const struct event *event, struct arena *arena, struct connection *connection,
	struct err *err)
{
	struct source source = {.name = "a connection", .text = event->payload};
	const struct value *n;
	int r = json_parse(arena, &source, JSON_BORROW_TEXT, NULL, &connection->payload, err);

	if (r < 0)
		return r;
	n = value_get(connection->payload, STR("n"));
	connection->at_us = event->time_us;
	if (!n || !value_to_i64(n, &connection->attempt))
		return err_set(err, ERR_CORRUPT, "event %llu names no attempt",
			(unsigned long long)event->seq);
	return 0;
}

int
connections_read(struct store *store, int64_t run, struct arena *arena,
	struct connections *ret_connections, struct err *err)
{
	struct connection *items;
	struct event *events;
	size_t n;
	int r = stats_events(store, run, EVENT_ATTEMPT_CONNECTED, arena, &events, &n, err);

	if (r < 0)
		return r;
	items = ARENA_ARRAY(arena, n, struct connection);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = events[i].removed ? 0 : read_one(&events[i], arena, &items[i], err);
	*ret_connections = (struct connections){items, n};
	return r;
}

static void
add_text(struct builder *b, const char *key, const struct value *payload)
{
	const struct value *text = value_get(payload, str_of(key));

	shape_text(b, key, text ? value_text(text) : STR_EMPTY);
}

void
connections_add(struct builder *b, const struct connections *connections, uint32_t attempt)
{
	builder_array(b, "connections");
	for (size_t i = 0; i < connections->n; i++) {
		const struct connection *connection = &connections->items[i];
		int64_t port = 0;

		if (connection->attempt != attempt || !connection->payload)
			continue;
		(void)value_to_i64(value_get(connection->payload, STR("port")), &port);
		builder_object(b, NULL);
		shape_time(b, "at", connection->at_us);
		add_text(b, "by", connection->payload);
		add_text(b, "host", connection->payload);
		builder_i64(b, "port", port);
		add_text(b, "outcome", connection->payload);
		add_text(b, "address", connection->payload);
		add_text(b, "reason", connection->payload);
		builder_end(b);
	}
	builder_end(b);
}
