#include "run/parent.h"

#include "run/growth.h"
#include "run/prepare.h"
#include "run/schedule.h"
#include "store/stats.h"

static int
read_visits(struct parent *parent, struct store *store, struct arena *arena, struct err *err)
{
	struct visit_row *visits;
	size_t n;
	int r = run_visits(store, parent->row.number, arena, &visits, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct parent_step *step;

		if (visits[i].step >= parent->graph->n_steps)
			continue;
		step = &parent->steps[visits[i].step];
		step->state = visits[i].state;
		step->origin = visits[i].origin;
		step->attempt = visits[i].origin_attempt;
		step->visit = visits[i].visit;
		step->is_taken_over = visits[i].origin_attempt != 0;
	}
	return r;
}

static int
read_attempts(struct parent *parent, struct store *store, struct arena *arena, struct err *err)
{
	struct attempt_row *attempts;
	size_t n;
	int r = run_attempts(store, parent->row.number, STORE_ALL, arena, &attempts, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		struct parent_step *step;

		if (attempts[i].step >= parent->graph->n_steps ||
			!str_is(attempts[i].state, "accepted"))
			continue;
		step = &parent->steps[attempts[i].step];
		if (attempts[i].visit != step->visit)
			continue;
		step->origin = parent->row.id;
		step->attempt = attempts[i].number;
	}
	return r;
}

static int
read_decision(
	struct parent *parent, const struct event *event, struct arena *arena, struct err *err)
{
	const struct value *payload;
	int64_t attempt = 0;
	int64_t step = -1;
	int r = event_parse_payload(event, arena, &payload, err);

	if (r < 0)
		return r;
	(void)value_to_i64(value_get(payload, STR("n")), &attempt);
	(void)value_to_i64(value_get(payload, STR("i")), &step);
	if (step < 0 || step >= parent->graph->n_steps ||
		parent->steps[step].attempt != attempt ||
		!str_is(value_text(value_get(payload, STR("action"))), "abort"))
		return 0;
	parent->steps[step].ended_run = true;
	parent->steps[step].state = STR("succeeded, and a rule ended the run by it");
	return 0;
}

static int
read_decisions(struct parent *parent, struct store *store, struct arena *arena, struct err *err)
{
	struct event *events = NULL;
	size_t n = 0;
	int r = 0;

	if (parent->graph->has_routes)
		r = stats_events(store, parent->row.number, EVENT_ROUTE_DECIDED, arena, &events,
			&n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!events[i].removed)
			r = read_decision(parent, &events[i], arena, err);
	return r;
}

/* The step that made it, by an attempt that counts or by adoption. */
static uint32_t
maker_of(const struct parent *parent, const struct artifact_row *row)
{
	uint32_t number = graph_find(parent->graph, row->producer);
	const struct parent_step *step;

	if (number == STEP_NONE)
		return STEP_NONE;
	step = &parent->steps[number];
	if (!row->attempt)
		return step->is_taken_over ? number : STEP_NONE;
	return row->attempt == step->attempt && uuid_equal(&step->origin, &row->run_id)
		? number
		: STEP_NONE;
}

static int
read_made(struct parent *parent, struct store *store, struct arena *arena, struct err *err)
{
	const struct artifact_filter filter = {.run = parent->row.number};
	int r = artifact_list(store, &filter, arena, &parent->made, &parent->n_made, err);

	if (r < 0)
		return r;
	parent->next_made = ARENA_ARRAY(arena, parent->n_made, uint32_t);
	for (size_t i = parent->n_made; i-- > 0;) {
		uint32_t step = str_is(parent->made[i].role, "output")
			? maker_of(parent, &parent->made[i])
			: STEP_NONE;

		if (step == STEP_NONE)
			continue;
		parent->next_made[i] = parent->steps[step].first_made;
		parent->steps[step].first_made = (uint32_t)i;
	}
	return 0;
}

int
parent_read(struct store *store, const struct uuid *id, struct arena *arena,
	struct parent *ret_parent, struct err *err)
{
	char text[UUID_TEXT_SIZE];
	struct parent parent = {0};
	int r = run_find(store, str_of(uuid_to_text(id, text)), arena, &parent.row, err);

	if (r == 0 && !parent.row.has_plan)
		r = err_set(err, ERR_INVALID, "has no plan, hence nothing to do again");
	if (r == 0)
		r = prepare_load(store, &parent.row.plan, &parent.graph, err);
	if (r == 0) {
		r = growth_restore(store, parent.row.number, parent.graph, NULL, err);
		if (r < 0)
			graph_free(parent.graph);
	}
	if (r < 0)
		return err_wrap(err, "run %s", text);
	parent.steps = ARENA_ARRAY(arena, parent.graph->n_steps, struct parent_step);
	for (uint32_t i = 0; i < parent.graph->n_steps; i++)
		parent.steps[i] = (struct parent_step){
			.state = STR("pending"), .first_made = PARENT_NONE};
	r = read_visits(&parent, store, arena, err);
	if (r == 0)
		r = read_attempts(&parent, store, arena, err);
	if (r == 0)
		r = read_decisions(&parent, store, arena, err);
	if (r == 0)
		r = read_made(&parent, store, arena, err);
	if (r == 0)
		r = label_list(
			store, parent.row.number, arena, &parent.labels, &parent.n_labels, err);
	if (r < 0) {
		graph_free(parent.graph);
		return err_wrap(err, "run %s", text);
	}
	*ret_parent = parent;
	return 0;
}

void
parent_done(struct parent *parent)
{
	graph_free(parent->graph);
	parent->graph = NULL;
}
