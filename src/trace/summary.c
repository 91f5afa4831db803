#include "trace/summary.h"

#include "base/clock.h"

/* Who makes a run of a file holds it from then on; one that waits for somebody to begin it has neither file
 * nor plan. */
struct str
summary_status(const struct run_row *row)
{
	if (!row->held &&
		(str_is(row->status, "running") ||
			(str_is(row->status, "created") && (row->has_plan || row->source.n))))
		return STR("interrupted");
	return row->status;
}

/* Of a run that nobody drives and that has not ended, nobody knows how long it worked. */
static void
add_duration(struct builder *b, const struct run_row *row)
{
	if (row->ended_us)
		shape_span(b, "duration_us", row->started_us, row->ended_us);
	else if (row->held)
		shape_span(b, "duration_us", row->started_us, clock_utc_us());
	else
		builder_null(b, "duration_us");
}

static void
add_steps(struct builder *b, const struct run_row *row)
{
	uint64_t begun = row->running + row->waiting + row->succeeded + row->failed +
		row->blocked + row->cancelled + row->adopted + row->skipped + row->reused +
		row->unknown;

	builder_object(b, "steps");
	builder_u64(b, "total", row->steps);
	builder_u64(b, "pending", row->steps > begun ? row->steps - begun : 0);
	builder_u64(b, "running", row->running);
	builder_u64(b, "waiting", row->waiting);
	builder_u64(b, "succeeded", row->succeeded);
	builder_u64(b, "failed", row->failed);
	builder_u64(b, "blocked", row->blocked);
	builder_u64(b, "cancelled", row->cancelled);
	builder_u64(b, "adopted", row->adopted);
	builder_u64(b, "reused", row->reused);
	builder_u64(b, "skipped", row->skipped);
	builder_u64(b, "unknown", row->unknown);
	builder_end(b);
}

static void
add_exhausted(struct builder *b, const struct run_row *row)
{
	builder_array(b, "exhausted");
	if (row->stops & RUN_STOP_ATTEMPTS)
		builder_text(b, NULL, STR("attempts"));
	if (row->stops & RUN_STOP_TRANSITIONS)
		builder_text(b, NULL, STR("transitions"));
	if (row->stops & RUN_STOP_WALL)
		builder_text(b, NULL, STR("wall"));
	builder_end(b);
}

void
summary_add_members(struct builder *b, const struct run_row *row)
{
	shape_uuid(b, "run_id", &row->id);
	builder_text(b, "kind", row->kind);
	builder_text(b, "status", summary_status(row));
	shape_text(b, "workflow", row->workflow);
	shape_text(b, "source", row->source);
	shape_time(b, "created_at", row->created_us);
	shape_time(b, "started_at", row->started_us);
	shape_time(b, "ended_at", row->ended_us);
	add_duration(b, row);
	add_steps(b, row);
	builder_u64(b, "attempts", row->attempts);
	shape_text(b, "key", row->key);
	if (row->has_parent)
		shape_uuid(b, "parent", &row->parent);
	else
		builder_null(b, "parent");
	builder_bool(b, "held", row->held);
	if (row->held && row->holder_pid)
		builder_i64(b, "holder_pid", row->holder_pid);
	else
		builder_null(b, "holder_pid");
	shape_text(b, "kernel", row->kernel);
	shape_text(b, "reason", row->reason);
	add_exhausted(b, row);
	builder_object(b, "head");
	builder_u64(b, "seq", row->seq);
	shape_digest(b, "hash", &row->head);
	builder_end(b);
}

int
summary_list(struct store *store, uint64_t offset, uint64_t limit, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_ARENA struct arena rows_arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	/* One more than asked for tells whether there are more. */
	uint64_t wanted = limit && limit < UINT64_MAX ? limit + 1 : INT64_MAX;
	struct run_row *rows;
	size_t n;
	int r = run_list(store, offset, wanted, &rows_arena, &rows, &n, err);

	if (r < 0)
		return r;
	builder_object(&b, NULL);
	builder_array(&b, "runs");
	for (size_t i = 0; i < n && (!limit || i < limit); i++) {
		builder_object(&b, NULL);
		summary_add_members(&b, &rows[i]);
		builder_end(&b);
	}
	builder_end(&b);
	builder_bool(&b, "more", limit && n > limit);
	builder_end(&b);
	*ret_value = builder_root(&b);
	return 0;
}
