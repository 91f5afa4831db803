#include "run/repeat.h"

#include "base/file.h"
#include "base/memory.h"
#include "run/bounds.h"
#include "run/record_write.h"
#include "run/reuse.h"
#include "run/slots.h"
#include "run/state.h"
#include "run/trail.h"
#include "run/workplace.h"
#include "store/stats.h"

#include <stdio.h>

#define PAYLOAD_MAX ((size_t)64 << 10)

struct repeat {
	struct arena arena;
	struct trail_run run;
	struct visit_row *rows; /* NULL: not read yet */
	size_t n;
	size_t next;
};

void
repeat_free(struct repeat *repeat)
{
	if (!repeat)
		return;
	arena_done(&repeat->arena);
	free(repeat);
}

/* What the steps are held to, of whom nothing is said: by whatever user and workspace say beside it. */
static int
add_default(const struct engine *engine, struct buf *b, struct err *err)
{
	const struct bounds_request request = {
		.workspace = engine->options.workspace, .store = store_path(engine->store)};
	struct bounds *bounds = NULL;
	char hex[DIGEST_HEX_SIZE];
	int r = bounds_new(&request, &bounds, err);

	if (r == 0)
		buf_printf(b, " %s", digest_to_hex(&bounds_of_rest(bounds)->digest, hex));
	bounds_free(bounds);
	return r;
}

/* 1, or 0 where this build asks nothing. */
static int
ask(const struct engine *engine, const struct digest *plan, struct digest *ret_question,
	struct err *err)
{
	AUTO_BUF struct buf workplace = BUF_INIT(PAYLOAD_MAX);
	int r = workplace_describe(engine->options.workspace, &workplace, err);

	if (r == 0)
		r = add_default(engine, &workplace, err);
	if (r == 0)
		r = buf_check(&workplace, "the workspace", err);
	return r < 0 ? r : trail_ask(plan, buf_str(&workplace), ret_question);
}

static int
record_reuse(struct engine *engine, const struct repeat_original *original, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(PAYLOAD_MAX);
	char text[UUID_TEXT_SIZE];

	buf_printf(&b, "{\"artifacts\":%u,\"first\":%u,\"like\":\"%s\",\"steps\":%u}",
		original->artifacts, original->first, uuid_to_text(&original->run, text),
		original->steps);
	return record_append_text(
		&engine->hold, EVENT_VISITS_REUSED, clock_utc_us(), buf_str(&b), err);
}

/* It began before it looked at anything. */
static int
record(struct engine *engine, const struct trail_run *run, int64_t began_us, struct err *err)
{
	unsigned slots =
		slots_count(engine->options.parallel, run->parallel, run->original.steps);
	int r = record_append_text(
		&engine->hold, EVENT_RUN_PLANNED, began_us, run->planned, err);

	if (r == 0)
		r = record_started(&engine->hold, EVENT_RUN_STARTED, began_us, slots, err);
	if (r == 0)
		r = record_reuse(engine, &run->original, err);
	if (r == 0)
		r = record_append_text(
			&engine->hold, EVENT_RUN_FINISHED, clock_utc_us(), run->finished, err);
	if (r == 0)
		r = store_flush(engine->store, err);
	if (r < 0)
		return r;
	run_state_move(&engine->state, RUN_RUNNING, EVENT_RUN_STARTED);
	run_state_move(&engine->state, RUN_SUCCEEDED, EVENT_RUN_FINISHED);
	return 1;
}

int
repeat_begin(struct engine *engine, const struct digest *plan, struct err *err)
{
	struct repeat *repeat = memory_zeroed(1, sizeof(*repeat));
	int64_t began_us = clock_utc_us();
	struct digest question;
	int r = ask(engine, plan, &question, err);

	if (r > 0)
		r = trail_follow(engine->store, &question, engine->workspace, &repeat->arena,
			&repeat->run, err);
	if (r > 0)
		r = record(engine, &repeat->run, began_us, err);
	if (r <= 0) {
		repeat_free(repeat);
		return r;
	}
	engine->repeat = repeat;
	return 1;
}

static int
read_rows(struct engine *engine, struct err *err)
{
	struct repeat *repeat = engine->repeat;

	return run_visits(engine->store, engine->hold.chain.run, &repeat->arena, &repeat->rows,
		&repeat->n, err);
}

int
repeat_next(struct engine *engine, struct notice *ret_notice, struct err *err)
{
	struct repeat *repeat = engine->repeat;
	const struct visit_row *row;
	char from[UUID_TEXT_SIZE];
	int r = repeat->rows ? 0 : read_rows(engine, err);

	if (r < 0 || repeat->next == repeat->n)
		return r;
	row = &repeat->rows[repeat->next];
	*ret_notice = (struct notice){.type = NOTICE_REUSED,
		.step = (uint32_t)repeat->next++,
		.time_us = clock_utc_us()};
	(void)snprintf(ret_notice->message, sizeof(ret_notice->message), "%s:%u",
		uuid_to_text(&row->origin, from), row->origin_attempt);
	return 1;
}

uint32_t
repeat_count(const struct repeat *repeat)
{
	return repeat->run.original.steps;
}

const char *
repeat_step_name(const struct repeat *repeat, uint32_t step)
{
	return repeat->rows[step].name.p;
}

/* Whether whatever the run did follows from its plan and the trail. */
static bool
may_be_followed(const struct engine *engine)
{
	const struct graph *graph = engine->graph;
	struct schedule_counts counts;

	if (!engine->may_be_followed || !engine->reuse || graph->names_run ||
		!trail_is_whole(reuse_trail(engine->reuse)))
		return false;
	schedule_count(engine->schedule, &counts);
	return counts.by_state[VISIT_REUSED] == graph->n_steps;
}

/* The payload of the run's first event of the type: 1, or 0. */
static int
read_payload(const struct engine *engine, enum event_type type, struct arena *arena,
	struct str *ret_payload)
{
	struct err ignored = ERR_INIT;
	struct event event;

	if (stats_first_event(
		    engine->store, engine->hold.chain.run, type, arena, &event, &ignored) < 0)
		return 0;
	*ret_payload = event.payload;
	return !event.removed;
}

void
repeat_keep(const struct engine *engine)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct trail_run run = {.original.steps = 0};
	struct err ignored = ERR_INIT;
	struct digest question;

	/* The trail knows nothing of policies but the default. */
	if (!may_be_followed(engine) || engine->graph->has_policies)
		return;
	run.parallel = engine->graph->parallel;
	run.original.steps = engine->graph->n_steps;
	run.original.first = engine->first_made;
	run.original.artifacts = engine->end_made - engine->first_made;
	if (repeat_describe(engine->store, engine->hold.chain.run, &run.original, &ignored) >
			0 &&
		read_payload(engine, EVENT_RUN_PLANNED, &arena, &run.planned) &&
		read_payload(engine, EVENT_RUN_FINISHED, &arena, &run.finished) &&
		ask(engine, &engine->plan, &question, &ignored) > 0)
		trail_keep(engine->store, &question, reuse_trail(engine->reuse), &run);
}
