#include "api/handle.h"

#include "base/memory.h"
#include "store/event.h"
#include "store/run.h"
#include "store/stats.h"

#define PAYLOAD_MAX (SIZE_MAX / 2)

struct lily_events {
	struct store *store;
	struct event_reader *reader;
	struct buf payload; /* of the newest event, NUL-terminated for the caller */
	int64_t run;        /* whose id is in run_id */
	char run_id[LILY_RUN_ID_SIZE];
};

_Static_assert(LILY_RUN_ID_SIZE == UUID_TEXT_SIZE, "a run's id is a UUID");

static int
open_events(struct lily_events *events, const char *address, int64_t after, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_row row;
	int64_t run = -1;
	int r = 0;

	if (address) {
		r = run_find(events->store, str_of(address), &arena, &row, err);
		if (r == 0)
			run = row.number;
	}
	return r < 0 ? r : event_reader_open(events->store, run, after, &events->reader, err);
}

int
lily_events_open(struct lily_store *store, const char *address, int64_t after,
	struct lily_events **ret_events, struct lily_error *error)
{
	struct lily_events *events = memory_zeroed(1, sizeof(*events));
	struct err err = ERR_INIT;

	store_settle(store);
	events->store = store->store;
	events->payload = BUF_INIT(PAYLOAD_MAX);
	events->run = -1;
	if (open_events(events, address, after, &err) < 0) {
		lily_events_close(events);
		return error_give(&err, error);
	}
	*ret_events = events;
	return 0;
}

/* Events of one run mostly follow one another. */
static int
look_up_run(struct lily_events *events, int64_t run, struct err *err)
{
	struct uuid id;
	int r;

	if (events->run == run)
		return 0;
	r = stats_run_id(events->store, run, &id, err);
	if (r < 0)
		return r;
	(void)uuid_to_text(&id, events->run_id);
	events->run = run;
	return 0;
}

static int
next_event(struct lily_events *events, struct event *ret_event, struct err *err)
{
	int r;

	/* Number 0 is the store's own chain, which is no run. */
	do
		r = event_reader_next(events->reader, ret_event, err);
	while (r > 0 && ret_event->run == 0);
	return r;
}

int
lily_events_next(
	struct lily_events *events, struct lily_event *ret_event, struct lily_error *error)
{
	struct err err = ERR_INIT;
	struct event event;
	int r = next_event(events, &event, &err);

	if (r == 0)
		return 0;
	if (r > 0)
		r = look_up_run(events, event.run, &err);
	if (r < 0)
		return error_give(&err, error);
	buf_clear(&events->payload);
	buf_add_str(&events->payload, event.removed ? STR("{}") : event.payload);
	*ret_event = (struct lily_event){
		.id = event.id,
		.seq = event.seq,
		.type = event_type_name(event.type),
		.time_us = event.time_us,
		.payload = buf_cstr(&events->payload),
		.payload_size = events->payload.n,
	};
	memcpy(ret_event->run_id, events->run_id, sizeof(ret_event->run_id));
	(void)digest_to_hex(&event.hash, ret_event->hash);
	return 1;
}

void
lily_events_close(struct lily_events *events)
{
	if (!events)
		return;
	if (events->reader)
		event_reader_close(events->reader);
	buf_done(&events->payload);
	free(events);
}
