#include "trace/description.h"

#include "store/once.h"
#include "store/stats.h"
#include "trace/inbox.h"
#include "trace/journal.h"
#include "trace/kept.h"
#include "trace/planned.h"
#include "trace/reference.h"
#include "trace/shape.h"
#include "trace/steps.h"
#include "trace/summary.h"
#include "trace/tail.h"
#include "json/json.h"

struct describing {
	struct store *store;
	const struct run_row *run;
	struct builder *b;
	struct references references;
	struct arena scratch;
};

static int
add_artifact(struct describing *d, const char *key, uint32_t number, struct str output,
	struct err *err)
{
	struct artifact_row row;
	int r = artifact_find(d->store, d->run->number, number, &d->scratch, &row, err);

	if (r < 0)
		return r;
	builder_object(d->b, key);
	if (output.n)
		builder_text(d->b, "output", output);
	r = reference_add_members(d->b, &d->references, &row, err);
	builder_end(d->b);
	return r;
}

static int
add_work_order(struct describing *d, struct err *err)
{
	if (d->run->has_work_order)
		return add_artifact(d, "work_order", d->run->work_order, STR_EMPTY, err);
	builder_null(d->b, "work_order");
	return 0;
}

/* A list in the payload of an event, NULL where there is none. */
static int
payload_list(struct describing *d, const struct event *event, struct str member,
	const struct value **ret_list, struct err *err)
{
	const struct value *payload;
	int r;

	*ret_list = NULL;
	if (event->removed)
		return 0;
	r = event_parse_payload(event, &d->scratch, &payload, err);
	if (r == 0)
		*ret_list = value_get(payload, member);
	return r;
}

/* The items of a list that name an artifact of the run; as_output: by their names in the
 * workflow. */
static int
add_named(struct describing *d, const struct value *list, bool as_output, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && list && list->kind == VALUE_ARRAY && i < list->n; i++) {
		const struct value *name = value_get(&list->items[i], STR("name"));
		const struct value *artifact = value_get(&list->items[i], STR("artifact"));
		int64_t number;

		if (name && artifact && value_to_i64(artifact, &number) && number > 0 &&
			number <= UINT32_MAX)
			r = add_artifact(d, NULL, (uint32_t)number,
				as_output ? value_text(name) : STR_EMPTY, err);
	}
	return r;
}

/* run.planned, one of the first events, names the inputs. */
static int
add_inputs(struct describing *d, struct err *err)
{
	const struct value *list = NULL;
	struct event event;
	int r = 0;

	if (d->run->has_plan)
		r = stats_first_event(
			d->store, d->run->number, EVENT_RUN_PLANNED, &d->scratch, &event, err);
	if (r == 0 && d->run->has_plan)
		r = payload_list(d, &event, STR("inputs"), &list, err);
	builder_array(d->b, "inputs");
	if (r == 0)
		r = add_named(d, list, false, err);
	builder_end(d->b);
	return r;
}

/* run.finished, the last event, names the outputs. */
static int
add_outputs(struct describing *d, struct err *err)
{
	const struct value *list = NULL;
	struct event event;
	int r = 0;

	if (d->run->ended_us)
		r = stats_last_event(d->store, d->run->number, &d->scratch, &event, err);
	if (r == 0 && d->run->ended_us)
		r = payload_list(d, &event, STR("outputs"), &list, err);
	builder_array(d->b, "outputs");
	if (r == 0)
		r = add_named(d, list, true, err);
	builder_end(d->b);
	return r;
}

/* Runs that do this one again. */
static int
add_children(struct describing *d, struct err *err)
{
	struct run_row *rows;
	size_t n;
	int r = run_children(d->store, &d->run->id, &d->scratch, &rows, &n, err);

	if (r < 0)
		return r;
	builder_array(d->b, "children");
	for (size_t i = 0; i < n; i++) {
		builder_object(d->b, NULL);
		shape_uuid(d->b, "run_id", &rows[i].id);
		builder_text(d->b, "kind", rows[i].kind);
		builder_text(d->b, "status", summary_status(&rows[i]));
		builder_end(d->b);
	}
	builder_end(d->b);
	return 0;
}

static int
add_failed_step(struct describing *d, const struct attempt_row *attempt, struct err *err)
{
	struct str tail;
	struct artifact_row *logs;
	size_t n_logs = 0;
	size_t n_gates = 0;
	int found = tail_of_attempt(d->store, d->run, attempt, &d->scratch, &tail, err);

	if (found >= 0 && str_is(attempt->class, "schema")) {
		int r = journal_validators(
			d->store, d->run->number, attempt, &d->scratch, &logs, &n_logs, err);

		found = r < 0 ? r : found;
	} else if (found >= 0 && str_is(attempt->class, "gate")) {
		int r = journal_gates(
			d->store, d->run->number, attempt, &d->scratch, &logs, &n_gates, err);

		found = r < 0 ? r : found;
	}
	if (found < 0)
		return err_wrap(err, "log of step %.*s", STR_ARG(attempt->name));
	builder_object(d->b, NULL);
	builder_text(d->b, "step", attempt->name);
	builder_u64(d->b, "attempt", attempt->number);
	builder_u64(d->b, "try", attempt->try_number);
	shape_span(d->b, "duration_us", attempt->started_us, attempt->ended_us);
	builder_bool(d->b, "tolerated", attempt->tolerated);
	steps_add_end(d->b, attempt);
	if (found)
		builder_text(d->b, "log_tail", tail);
	else
		builder_null(d->b, "log_tail");
	builder_u64(d->b, "validator_logs", n_logs);
	builder_u64(d->b, "gate_logs", n_gates);
	kept_add(d->b, "kept_in", d->store, &d->run->id, attempt->number);
	builder_end(d->b);
	return 0;
}

/* What somebody has to say something about: whether the effects of these have happened. */
static int
add_unknown_steps(struct describing *d, struct err *err)
{
	struct visit_row *visits = NULL;
	size_t n = 0;
	int r = 0;

	if (d->run->unknown)
		r = run_visits(d->store, d->run->number, &d->scratch, &visits, &n, err);
	builder_array(d->b, "unknown_steps");
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct once_row key;

		if (!str_is(visits[i].state, "unknown"))
			continue;
		r = once_find(d->store, visits[i].by, &d->scratch, &key, err);
		if (r < 0)
			break;
		builder_object(d->b, NULL);
		builder_text(d->b, "step", visits[i].name);
		builder_text(d->b, "key", visits[i].by);
		shape_uuid(d->b, "run_id", &key.run_id);
		builder_u64(d->b, "attempt", key.attempt);
		shape_text(d->b, "why", key.note);
		builder_end(d->b);
		r = 0;
	}
	builder_end(d->b);
	return r;
}

static void
add_text(struct describing *d, const char *key, const struct value *payload)
{
	const struct value *v = value_get(payload, str_of(key));

	shape_text(d->b, key, v ? value_text(v) : STR_EMPTY);
}

static void
add_number(struct describing *d, const char *key, const struct value *payload)
{
	const struct value *v = value_get(payload, str_of(key));
	int64_t number;

	if (v && value_to_i64(v, &number))
		builder_i64(d->b, key, number);
	else
		builder_null(d->b, key);
}

static int64_t
time_of(const struct value *payload, const char *name)
{
	const struct value *v = value_get(payload, str_of(name));
	int64_t us = 0;

	return v && value_to_i64(v, &us) ? us : 0;
}

static int
add_notification(struct describing *d, const struct event *event, struct err *err)
{
	const struct value *payload = NULL;
	const struct value *log = NULL;
	int64_t number = 0;
	int r = event->removed ? 0 : event_parse_payload(event, &d->scratch, &payload, err);

	if (r < 0 || !payload)
		return r;
	log = value_get(payload, STR("log"));
	builder_object(d->b, NULL);
	add_text(d, "event", payload);
	shape_time(d->b, "at", time_of(payload, "at"));
	shape_span(d->b, "duration_us", time_of(payload, "started"), time_of(payload, "at"));
	add_text(d, "class", payload);
	add_text(d, "message", payload);
	add_number(d, "exit", payload);
	add_number(d, "signal", payload);
	if (log && value_get(log, STR("artifact")) &&
		value_to_i64(value_get(log, STR("artifact")), &number))
		r = add_artifact(d, "log", (uint32_t)number, STR_EMPTY, err);
	else
		builder_null(d->b, "log");
	builder_end(d->b);
	return r;
}

/* Each time that the program of `notify` was run. */
static int
add_notified(struct describing *d, struct err *err)
{
	struct event *events;
	size_t n;
	int r = stats_events(
		d->store, d->run->number, EVENT_RUN_NOTIFIED, &d->scratch, &events, &n, err);

	if (r < 0)
		return r;
	builder_array(d->b, "notified");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_notification(d, &events[i], err);
	builder_end(d->b);
	return r;
}

/* What people are asked; a run that has ended asks nothing. */
static int
add_questions(struct describing *d, struct err *err)
{
	if (d->run->waiting && !d->run->ended_us)
		return inbox_add(d->b, d->store, d->run, &d->scratch, err);
	builder_array(d->b, "questions");
	builder_end(d->b);
	return 0;
}

static int
add_failed_steps(struct describing *d, struct err *err)
{
	struct attempt_row *attempts = NULL;
	size_t n = 0;
	int r = 0;

	if (d->run->failed)
		r = stats_failed_attempts(d->store, d->run->number, DESCRIPTION_FAILED_MAX,
			&d->scratch, &attempts, &n, err);
	builder_array(d->b, "failed_steps");
	for (size_t i = 0; r == 0 && i < n; i++)
		r = add_failed_step(d, &attempts[i], err);
	builder_end(d->b);
	builder_u64(d->b, "failed_steps_more", d->run->failed > n ? d->run->failed - n : 0);
	return r;
}

static int
add_steps(struct describing *d, struct str step, struct err *err)
{
	struct graph *graph = NULL;
	uint32_t only = STORE_ALL;
	int r;

	if (!d->run->has_plan && !step.n) {
		builder_array(d->b, "step_list");
		builder_end(d->b);
		return 0;
	}
	r = planned_graph(d->store, d->run, &graph, err);
	if (r == 0 && step.n)
		r = planned_step(graph, step, &only, err);
	if (r == 0)
		r = steps_add(d->b, "step_list", d->store, d->run, graph, only, err);
	graph_free(graph);
	return r;
}

static int
add_all(struct describing *d, struct str step, unsigned flags, struct err *err)
{
	int r;

	builder_object(d->b, NULL);
	summary_add_members(d->b, d->run);
	if (d->run->has_plan)
		shape_digest(d->b, "plan", &d->run->plan);
	else
		builder_null(d->b, "plan");
	kept_add_all(d->b, "kept_in", d->store, &d->run->id);
	r = add_children(d, err);
	if (r == 0)
		r = add_work_order(d, err);
	if (r == 0)
		r = add_inputs(d, err);
	if (r == 0)
		r = add_outputs(d, err);
	if (r == 0)
		r = add_failed_steps(d, err);
	if (r == 0)
		r = add_unknown_steps(d, err);
	if (r == 0)
		r = add_notified(d, err);
	r = add_questions(d, err);
	if (r == 0 && (step.n || (flags & DESCRIPTION_STEPS)))
		r = add_steps(d, step, err);
	if (r == 0)
		builder_end(d->b);
	return r;
}

int
description_make(struct store *store, const struct run_row *run, struct str step,
	unsigned flags, struct arena *arena, const struct value **ret_value, struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct describing d = {.store = store, .run = run, .b = &b, .scratch = ARENA_INIT};
	int r;

	references_init(&d.references, store);
	r = add_all(&d, step, flags, err);
	references_done(&d.references);
	arena_done(&d.scratch);
	if (r == 0)
		*ret_value = builder_root(&b);
	return r;
}
