#include "exec/slot_relay.h"

static void
on_connection(void *context, const struct relay_report *report)
{
	struct slot *slot = context;
	struct local *local = slot->local;
	struct err err = ERR_INIT;

	if (!local->options.note_connection || slot->n_connections >= LOCAL_CONNECTIONS_MAX)
		return;
	slot->n_connections++;
	if (local->options.note_connection(local->options.note_context, slot->number,
		    &slot->confinement->plan.reach, report, &err) == 0)
		return;
	local->failure = err;
	timer_start(local->wake, 0);
}

static void
on_drained(void *context)
{
	slot_finish_exit(context);
}

bool
slot_drain_relay(struct slot *slot)
{
	return !slot->relay || relay_drain(slot->relay);
}

int
slot_make_relay(struct slot *slot, struct err *err)
{
	const struct relay_options options = {.loop = slot->local->options.loop,
		.report = on_connection,
		.drained = on_drained,
		.context = slot};
	const struct reach *reach = slot->confinement ? &slot->confinement->plan.reach : NULL;
	int *sockets;
	size_t n = lane_take_listeners(slot->lane, &sockets);
	int r = 0;

	if (n != (reach ? reach->n : 0)) {
		for (size_t i = 0; i < n; i++)
			(void)close(sockets[i]);
		r = err_set(err, ERR_SYS, "lane %d listens on %zu ports",
			(int)lane_pid(slot->lane), n);
	} else if (n) {
		r = relay_new(&options, reach, sockets, &slot->relay, err);
	}
	free(sockets);
	if (r == 0 && slot->state == SLOT_RUNNING)
		slot_open_relay(slot);
	return r;
}

void
slot_open_relay(struct slot *slot)
{
	slot->n_connections = 0;
	if (slot->relay)
		relay_begin(slot->relay);
}

void
slot_close_relay(struct slot *slot)
{
	if (!slot->relay)
		return;
	relay_end(slot->relay);
	slot->end.reach = &slot->confinement->plan.reach;
	slot->end.connections = relay_counts(slot->relay);
}

void
slot_drop_relay(struct slot *slot)
{
	relay_free(slot->relay);
	slot->relay = NULL;
}
