#include "trace/steps.h"

#include "graph/expansion.h"
#include "trace/connections.h"
#include "trace/kept.h"
#include "trace/verdicts.h"
#include "json/json.h"

#define NONE UINT32_MAX

/* Rows of a run, and which of them belong to a step or an attempt: lists threaded through `next`
 * arrays, in the order of the rows. */
struct tables {
	struct store *store;
	const struct run_row *run;
	const struct graph *graph;
	bool may_be_kept; /* an attempt's folder */
	struct visit_row *visits;
	size_t n_visits;
	struct attempt_row *attempts;
	size_t n_attempts;
	struct artifact_row *artifacts;
	size_t n_artifacts;
	uint32_t *visit_of;       /* by step */
	uint32_t *first_attempt;  /* by step */
	uint32_t *next_attempt;   /* by index */
	uint32_t *first_artifact; /* by number of the attempt */
	uint32_t *next_artifact;  /* by index */
	uint32_t *first_adopted;  /* by step: outputs that another run's attempt made */
	uint32_t largest_attempt;
	bool has_connections; /* they were read, for one step */
	struct connections connections;
	struct arena scratch; /* of one attempt */
};

static uint32_t *
new_links(struct arena *arena, size_t n)
{
	uint32_t *links = ARENA_ARRAY(arena, n, uint32_t);

	memset(links, 0xFF, n * sizeof(*links));
	return links;
}

static bool
is_lost(const struct run_row *run, struct str state, bool is_attempt)
{
	if (!str_is(run->status, "running") || run->held)
		return false;
	if (is_attempt)
		return str_is(state, "submitted") || str_is(state, "started") ||
			str_is(state, "ended");
	return str_is(state, "running");
}

static struct str
state_of_visit(const struct run_row *run, struct str state)
{
	return is_lost(run, state, false) ? STR("interrupted") : state;
}

static int
load_rows(struct tables *tables, struct store *store, uint32_t one_step, struct arena *arena,
	struct err *err)
{
	struct artifact_filter filter = {.run = tables->run->number, .with_rejected = true};
	int64_t run = tables->run->number;
	int r = run_visits(store, run, arena, &tables->visits, &tables->n_visits, err);

	if (one_step != STORE_ALL)
		filter.producer = tables->graph->steps[one_step].name;
	if (r == 0)
		r = run_attempts(store, run, one_step, arena, &tables->attempts,
			&tables->n_attempts, err);
	if (r == 0)
		r = artifact_list(
			store, &filter, arena, &tables->artifacts, &tables->n_artifacts, err);
	tables->has_connections = one_step != STORE_ALL;
	if (r == 0 && tables->has_connections)
		r = connections_read(store, run, arena, &tables->connections, err);
	return r;
}

/* The list that an artifact belongs to, NULL where no step made it. */
static uint32_t *
list_of(const struct tables *tables, const struct artifact_row *artifact)
{
	uint32_t step;

	if (artifact->attempt)
		return artifact->attempt <= tables->largest_attempt
			? &tables->first_artifact[artifact->attempt]
			: NULL;
	if (!str_is(artifact->role, "output") && !str_is(artifact->role, "gate"))
		return NULL;
	step = graph_find(tables->graph, artifact->producer);
	return step == STEP_NONE ? NULL : &tables->first_adopted[step];
}

/* A foreach may have got its items after the graph was read: as if they were not there yet. */
static void
drop_newer(struct tables *tables)
{
	uint32_t n_steps = tables->graph->n_steps;
	size_t n = 0;

	if (!tables->graph->n_templates)
		return;
	for (size_t i = 0; i < tables->n_visits; i++)
		if (tables->visits[i].step < n_steps)
			tables->visits[n++] = tables->visits[i];
	tables->n_visits = n;
	n = 0;
	for (size_t i = 0; i < tables->n_attempts; i++)
		if (tables->attempts[i].step < n_steps)
			tables->attempts[n++] = tables->attempts[i];
	tables->n_attempts = n;
}

/* Linking from the last row to the first leaves every list in order. */
static int
link_rows(struct tables *tables, struct arena *arena, struct err *err)
{
	uint32_t n_steps = tables->graph->n_steps;

	tables->visit_of = new_links(arena, n_steps);
	tables->first_attempt = new_links(arena, n_steps);
	tables->next_attempt = new_links(arena, tables->n_attempts);
	tables->next_artifact = new_links(arena, tables->n_artifacts);
	drop_newer(tables);
	for (size_t i = 0; i < tables->n_visits; i++) {
		if (tables->visits[i].step >= n_steps)
			return err_set(err, ERR_CORRUPT, "a visit of step %u of %u",
				tables->visits[i].step, n_steps);
		tables->visit_of[tables->visits[i].step] = (uint32_t)i;
	}
	for (size_t i = tables->n_attempts; i-- > 0;) {
		struct attempt_row *attempt = &tables->attempts[i];

		if (attempt->step >= n_steps)
			return err_set(err, ERR_CORRUPT, "an attempt of step %u of %u",
				attempt->step, n_steps);
		tables->largest_attempt = MAX(tables->largest_attempt, attempt->number);
		tables->next_attempt[i] = tables->first_attempt[attempt->step];
		tables->first_attempt[attempt->step] = (uint32_t)i;
	}
	tables->first_adopted = new_links(arena, n_steps);
	tables->first_artifact = new_links(arena, (size_t)tables->largest_attempt + 1);
	for (size_t i = tables->n_artifacts; i-- > 0;) {
		uint32_t *first = list_of(tables, &tables->artifacts[i]);

		if (!first)
			continue;
		tables->next_artifact[i] = *first;
		*first = (uint32_t)i;
	}
	return 0;
}

void
steps_add_end(struct builder *b, const struct attempt_row *attempt)
{
	if (attempt->has_exit)
		builder_i64(b, "exit", attempt->exit_code);
	else
		builder_null(b, "exit");
	if (attempt->signal)
		builder_i64(b, "signal", attempt->signal);
	else
		builder_null(b, "signal");
	builder_bool(b, "timed_out", attempt->timed_out);
	builder_bool(b, "out_of_memory", attempt->out_of_memory);
	builder_i64(b, "cpu_us", attempt->cpu_us);
	builder_i64(b, "max_rss_kib", attempt->max_rss_kib);
	shape_text(b, "class", attempt->class);
	shape_text(b, "message", attempt->message);
}

static void
add_log(struct builder *b, const struct attempt_row *attempt)
{
	if (!attempt->has_log) {
		builder_null(b, "log");
		return;
	}
	builder_object(b, "log");
	shape_digest(b, "sha256", &attempt->log);
	builder_u64(b, "size", attempt->log_size);
	builder_u64(b, "stdout_bytes", attempt->stdout_size);
	builder_u64(b, "stderr_bytes", attempt->stderr_size);
	builder_end(b);
}

static void
add_number(struct builder *b, const char *key, const struct value *number)
{
	if (number && number->kind == VALUE_NUMBER)
		builder_add(b, key, value_number(arena_str(b->arena, value_text(number))));
	else
		builder_null(b, key);
}

/* What an earlier run left is an artifact there. */
static void
add_earlier(struct builder *b, const struct graph *graph, const struct step *step,
	const struct value *name)
{
	const struct earlier *earlier =
		name ? graph_earlier(graph, step, value_text(name)) : NULL;

	if (earlier && earlier->artifact)
		shape_artifact_id(b, "from", &earlier->run, earlier->artifact);
}

static void
add_input(struct builder *b, const struct value *input, const struct tables *tables,
	uint32_t step)
{
	const struct value *name = value_get(input, STR("name"));
	const struct value *digest = value_get(input, STR("sha256"));
	const struct value *artifact = value_get(input, STR("artifact"));
	int64_t number;

	builder_object(b, NULL);
	shape_text(b, "name", name ? value_text(name) : STR_EMPTY);
	shape_text(b, "sha256", digest ? value_text(digest) : STR_EMPTY);
	add_number(b, "size", value_get(input, STR("size")));
	if (artifact && value_to_i64(artifact, &number) && number > 0 && number < NONE)
		shape_artifact_id(b, "artifact_id", &tables->run->id, (uint32_t)number);
	else
		builder_null(b, "artifact_id");
	add_earlier(b, tables->graph, &tables->graph->steps[step], name);
	builder_end(b);
}

/* What an attempt took in, in the scratch arena; NULL where that was nothing. */
static int
read_inputs(struct tables *tables, const struct attempt_row *attempt,
	const struct value **ret_list, struct err *err)
{
	struct source source = {.name = "the inputs of an attempt", .text = attempt->inputs};
	int r = 0;

	*ret_list = NULL;
	if (attempt->inputs.n) {
		arena_reset(&tables->scratch);
		r = json_parse(
			&tables->scratch, &source, JSON_BORROW_TEXT, NULL, ret_list, err);
	}
	if (r == 0 && *ret_list && (*ret_list)->kind != VALUE_ARRAY)
		*ret_list = NULL;
	return r;
}

static void
add_inputs(
	struct builder *b, const struct tables *tables, uint32_t step, const struct value *list)
{
	builder_array(b, "inputs");
	for (size_t i = 0; list && i < list->n; i++)
		add_input(b, &list->items[i], tables, step);
	builder_end(b);
}

/* The ids of those that are artifacts of the run. */
static void
add_input_ids(struct builder *b, const struct tables *tables, const struct value *list)
{
	builder_array(b, "inputs");
	for (size_t i = 0; list && i < list->n; i++) {
		const struct value *artifact = value_get(&list->items[i], STR("artifact"));
		int64_t number;

		if (artifact && value_to_i64(artifact, &number) && number > 0 && number < NONE)
			shape_artifact_id(b, NULL, &tables->run->id, (uint32_t)number);
	}
	builder_end(b);
}

/* An ArtifactRef (trace/reference.h), whose step and attempt are around it. */
static void
add_output(struct builder *b, const struct artifact_row *row, const struct tables *tables,
	const struct value *inputs)
{
	builder_object(b, NULL);
	shape_artifact_id(b, "artifact_id", &row->run_id, row->number);
	shape_uuid(b, "run_id", &row->run_id);
	shape_text(b, "artifact_type", row->type);
	builder_text(b, "storage_kind", row->kind);
	builder_text(b, "name", row->name);
	shape_digest(b, "sha256", &row->digest);
	builder_u64(b, "size", row->size);
	shape_time(b, "created_at", row->created_us);
	builder_text(b, "producer_id", row->producer);
	builder_text(b, "producer_kind", row->producer_kind);
	builder_text(b, "role", row->role);
	shape_labels(b, row);
	add_input_ids(b, tables, inputs);
	builder_end(b);
}

/* Those of the attempt that have a role. */
static void
add_role(struct builder *b, const struct tables *tables, uint32_t attempt, const char *role)
{
	for (uint32_t i = tables->first_artifact[attempt]; i != NONE;
		i = tables->next_artifact[i])
		if (str_is(tables->artifacts[i].role, role))
			add_output(b, &tables->artifacts[i], tables, NULL);
}

static int
add_gates(struct builder *b, const struct tables *tables, uint32_t first, struct err *err)
{
	int r = 0;

	builder_array(b, "gates");
	for (uint32_t i = first; r == 0 && i != NONE; i = tables->next_artifact[i])
		if (str_is(tables->artifacts[i].role, "gate"))
			r = verdict_add(b, tables->store, &tables->artifacts[i], err);
	builder_end(b);
	return r;
}

static bool
is_of_judges(const struct artifact_row *row)
{
	return str_is(row->role, "log") || str_starts(row->role, STR("gate"));
}

static void
add_outputs(struct builder *b, const struct tables *tables, uint32_t attempt,
	const struct value *inputs)
{
	builder_array(b, "outputs");
	for (uint32_t i = tables->first_artifact[attempt]; i != NONE;
		i = tables->next_artifact[i])
		if (!is_of_judges(&tables->artifacts[i]))
			add_output(b, &tables->artifacts[i], tables, inputs);
	builder_end(b);
	builder_array(b, "validator_logs");
	add_role(b, tables, attempt, "log");
	builder_end(b);
}

/* {"gpu": [0, 2]}, where the attempt had slots of pools. */
static int
add_pools(struct builder *b, const struct attempt_row *attempt, struct err *err)
{
	struct source source = {.name = "the pools of an attempt", .text = attempt->pools};
	const struct value *pools;
	int r;

	if (!attempt->pools.n)
		return 0;
	r = json_parse(b->arena, &source, 0, NULL, &pools, err);
	if (r == 0)
		builder_add(b, "pools", *pools);
	return r;
}

/* Whose outputs it took, where nothing ran but gates. */
static void
add_kept(struct builder *b, const struct attempt_row *attempt)
{
	if (!attempt->kept_attempt) {
		builder_null(b, "outputs_of");
		return;
	}
	builder_object(b, "outputs_of");
	shape_uuid(b, "run_id", &attempt->kept_run);
	builder_u64(b, "attempt", attempt->kept_attempt);
	builder_end(b);
}

static int
add_attempt(struct builder *b, struct tables *tables, const struct attempt_row *attempt,
	struct err *err)
{
	bool lost = is_lost(tables->run, attempt->state, true);
	const struct value *inputs;
	int r = read_inputs(tables, attempt, &inputs, err);

	if (r < 0)
		return r;
	builder_object(b, NULL);
	builder_u64(b, "attempt", attempt->number);
	builder_u64(b, "try", attempt->try_number);
	if (attempt->visit > 1)
		builder_u64(b, "visit", attempt->visit);
	builder_text(b, "state", lost ? STR("interrupted") : attempt->state);
	shape_time(b, "submitted_at", attempt->submitted_us);
	shape_time(b, "started_at", attempt->started_us);
	shape_time(b, "ended_at", attempt->ended_us);
	shape_span(b, "duration_us", attempt->started_us, attempt->ended_us);
	shape_span(b, "wait_us", attempt->submitted_us, attempt->started_us);
	steps_add_end(b, attempt);
	add_log(b, attempt);
	add_inputs(b, tables, attempt->step, inputs);
	add_outputs(b, tables, attempt->number, inputs);
	if (tables->may_be_kept)
		kept_add(b, "kept_in", tables->store, &tables->run->id, attempt->number);
	else
		builder_null(b, "kept_in");
	add_kept(b, attempt);
	if (tables->has_connections)
		connections_add(b, &tables->connections, attempt->number);
	r = add_gates(b, tables, tables->first_artifact[attempt->number], err);
	if (r == 0)
		r = add_pools(b, attempt, err);
	builder_end(b);
	return r;
}

/* The outputs that the run took over from another one, which no attempt of its own made. */
static int
add_adopted(struct builder *b, const struct tables *tables, const struct visit_row *visit,
	struct err *err)
{
	int r;

	if (!visit || !visit->origin_attempt) {
		builder_null(b, "adopted");
		return 0;
	}
	builder_object(b, "adopted");
	shape_uuid(b, "run_id", &visit->origin);
	builder_u64(b, "attempt", visit->origin_attempt);
	builder_array(b, "outputs");
	for (uint32_t i = tables->first_adopted[visit->step]; i != NONE;
		i = tables->next_artifact[i])
		if (!is_of_judges(&tables->artifacts[i]))
			add_output(b, &tables->artifacts[i], tables, NULL);
	builder_end(b);
	r = add_gates(b, tables, tables->first_adopted[visit->step], err);
	builder_end(b);
	return r;
}

static void
add_visit(struct builder *b, const struct tables *tables, const struct visit_row *visit)
{
	bool skipped = visit && str_is(visit->state, "skipped");
	struct str by = visit ? visit->by : STR_EMPTY;

	builder_text(
		b, "state", visit ? state_of_visit(tables->run, visit->state) : STR("pending"));
	builder_u64(b, "tries", visit ? visit->attempts : 0);
	if (visit && visit->visit > 1)
		builder_u64(b, "visit", visit->visit);
	shape_time(b, "waiting_until", visit ? visit->until_us : 0);
	shape_text(b, "blocked_by", skipped ? STR_EMPTY : by);
	shape_text(b, "skipped_by", skipped ? by : STR_EMPTY);
}

static int
add_step(struct builder *b, struct tables *tables, uint32_t number, struct err *err)
{
	const struct step *step = &tables->graph->steps[number];
	const struct step *outermost = graph_outermost(tables->graph, step);
	uint32_t visit = tables->visit_of[number];
	int r;

	builder_object(b, NULL);
	builder_text(b, "step", step->name);
	builder_u64(b, "i", number);
	shape_text(b, "item_of", outermost ? outermost->name : STR_EMPTY);
	add_visit(b, tables, visit == NONE ? NULL : &tables->visits[visit]);
	r = add_adopted(b, tables, visit == NONE ? NULL : &tables->visits[visit], err);
	builder_array(b, "needs");
	for (uint32_t i = 0; i < step->n_needs; i++)
		builder_text(b, NULL, tables->graph->steps[step->needs[i]].name);
	builder_end(b);
	builder_array(b, "attempts");
	for (uint32_t i = tables->first_attempt[number]; r == 0 && i != NONE;
		i = tables->next_attempt[i])
		r = add_attempt(b, tables, &tables->attempts[i], err);
	if (r < 0)
		return err_wrap(err, "step %.*s", STR_ARG(step->name));
	builder_end(b);
	builder_end(b);
	return 0;
}

int
steps_add(struct builder *b, const char *key, struct store *store, const struct run_row *run,
	const struct graph *graph, uint32_t one_step, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct tables tables = {.store = store,
		.run = run,
		.graph = graph,
		.may_be_kept = kept_may_be(store, &run->id),
		.scratch = ARENA_INIT};
	uint32_t first = one_step == STORE_ALL ? 0 : one_step;
	uint32_t end = one_step == STORE_ALL ? graph->n_steps : one_step + 1;
	int r = load_rows(&tables, store, one_step, &arena, err);

	if (r == 0)
		r = link_rows(&tables, &arena, err);
	if (r < 0)
		return r;
	builder_array(b, key);
	for (uint32_t i = first; r == 0 && i < end; i++)
		if (!graph->steps[i].template_of)
			r = add_step(b, &tables, i, err);
	if (r == 0)
		builder_end(b);
	arena_done(&tables.scratch);
	return r;
}

int
steps_states(struct store *store, const struct run_row *run, const struct graph *graph,
	struct arena *arena, struct str **ret_states, struct err *err)
{
	struct str *states = ARENA_ARRAY(arena, graph->n_steps, struct str);
	struct visit_row *visits;
	size_t n;
	int r = run_visits(store, run->number, arena, &visits, &n, err);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < graph->n_steps; i++)
		states[i] = STR("pending");
	for (size_t i = 0; i < n; i++)
		if (visits[i].step < graph->n_steps)
			states[visits[i].step] = state_of_visit(run, visits[i].state);
	*ret_states = states;
	return 0;
}
