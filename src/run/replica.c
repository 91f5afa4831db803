#include "run/replica.h"

#include "base/file.h"
#include "graph/surroundings.h"
#include "run/body_status.h"
#include "run/growth.h"
#include "run/prepare.h"
#include "run/scope.h"
#include "store/artifact.h"
#include "json/json.h"

#define FEEDBACK_NAME ".feedback.json"
/* No directory's document is longer than what a directory may hold. */
#define TREE_LOOKED_AT ((size_t)64)

struct past {
	struct store *store;
	const struct run_row *run;
	const struct attempt_row *attempt;
	struct replica *replica;
	struct artifact_row *artifacts;
	size_t n_artifacts;
};

/* --- the run around it --- */

static void
take_output(const struct past *past, const struct artifact_row *row, struct produced **outputs)
{
	const struct graph *graph = past->replica->graph;
	uint32_t number = graph_find(graph, row->producer);
	const struct step *step;

	if (number == STEP_NONE)
		return;
	step = &graph->steps[number];
	if (!outputs[number])
		outputs[number] =
			ARENA_ARRAY(&past->replica->arena, step->n_outputs, struct produced);
	for (uint32_t i = 0; i < step->n_outputs; i++)
		if (str_equal(step->outputs[i].name, row->name))
			outputs[number][i] = (struct produced){.digest = row->digest,
				.size = row->size,
				.artifact = row->number,
				.is_tree = str_is(row->kind, "dir")};
}

static void
take_input(const struct past *past, const struct artifact_row *row)
{
	struct str name = str_is(row->role, "work_order") ? STR("work_order") : row->name;

	for (uint32_t i = 0; i < past->replica->graph->n_inputs; i++)
		if (str_equal(past->replica->graph->inputs[i].name, name))
			past->replica->input_numbers[i] = row->number;
}

/* What has ended, and what it made; the rest counts as not begun. */
static int
restore_visits(const struct past *past, struct produced **outputs, struct err *err)
{
	struct replica *replica = past->replica;
	struct visit_row *rows;
	size_t n;
	int r = run_visits(past->store, past->run->number, &replica->arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		enum visit_state state;
		uint32_t step = rows[i].step;

		if (step >= replica->graph->n_steps ||
			!visit_state_parse(rows[i].state, &state))
			return err_set(err, ERR_CORRUPT,
				"the record does not fit its plan; run lily fsck");
		if (!visit_state_is_final(state))
			continue;
		if (visit_is_done(state) && !outputs[step])
			outputs[step] = ARENA_ARRAY(&replica->arena,
				replica->graph->steps[step].n_outputs, struct produced);
		schedule_restore(replica->schedule, step, state, rows[i].attempts, 0,
			visit_is_done(state) ? outputs[step] : NULL);
	}
	return r;
}

static int
read_run(struct past *past, struct err *err)
{
	const struct artifact_filter filter = {.run = past->run->number, .with_rejected = true};
	struct replica *replica = past->replica;
	struct produced **outputs;
	int r = prepare_load(past->store, &past->run->plan, &replica->graph, err);

	if (r < 0)
		return r;
	replica->schedule = schedule_new(replica->graph);
	r = growth_restore(
		past->store, past->run->number, replica->graph, replica->schedule, err);
	if (r == 0)
		r = artifact_list(past->store, &filter, &replica->arena, &past->artifacts,
			&past->n_artifacts, err);
	if (r < 0)
		return r;
	outputs = ARENA_ARRAY(&replica->arena, replica->graph->n_steps, struct produced *);
	replica->input_numbers =
		ARENA_ARRAY(&replica->arena, replica->graph->n_inputs, uint32_t);
	for (size_t i = 0; i < past->n_artifacts; i++) {
		const struct artifact_row *row = &past->artifacts[i];

		if (str_is(row->role, "output"))
			take_output(past, row, outputs);
		else if (str_is(row->role, "input") || str_is(row->role, "work_order"))
			take_input(past, row);
	}
	return restore_visits(past, outputs, err);
}

/* --- its inputs --- */

/* Of what is no artifact the record does not say whether it is a file; a directory's document begins
 * as no file of a step is likely to. */
static int
is_tree(const struct past *past, const struct step_input *declared,
	const struct record_artifact *artifact, bool *ret_is_tree, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char start[TREE_LOOKED_AT] = "";
	uint64_t size;
	int r;

	*ret_is_tree = false;
	for (size_t i = 0; artifact->number && i < past->n_artifacts; i++)
		if (past->artifacts[i].number == artifact->number) {
			*ret_is_tree = str_is(past->artifacts[i].kind, "dir");
			return 0;
		}
	if (declared->source == INPUT_TREE) {
		*ret_is_tree = true;
		return 0;
	}
	if (declared->source != INPUT_PATH || declared->as == INPUT_AS_FILE ||
		declared->as == INPUT_AS_JSON || declared->as == INPUT_AS_JSONL)
		return 0;
	r = object_open(past->store, &artifact->digest, &fd, &size, err);
	if (r < 0)
		return r;
	if (read(fd, start, sizeof(start) - 1) > 0)
		*ret_is_tree = declared->as == INPUT_AS_DIR ||
			strncmp(start, "{\"entries\":[", 12) == 0;
	return 0;
}

static const struct step_input *
declared_input(const struct step *step, struct str name)
{
	for (uint32_t i = 0; i < step->n_inputs; i++)
		if (str_equal(step->inputs[i].name, name))
			return &step->inputs[i];
	return NULL;
}

static int
take_recorded(struct past *past, const struct value *recorded, struct err *err)
{
	struct replica *replica = past->replica;
	struct inputs *inputs = &replica->inputs;
	const struct value *name = value_get(recorded, STR("name"));
	const struct value *digest = value_get(recorded, STR("sha256"));
	const struct value *number = value_get(recorded, STR("artifact"));
	const struct step_input *declared =
		name ? declared_input(replica->step, value_text(name)) : NULL;
	struct input_found *found;
	int64_t artifact = 0;

	if (!declared || !digest)
		return err_set(err, ERR_CORRUPT, "an input that the step does not have");
	found = &inputs->items[declared - replica->step->inputs];
	if (!digest_parse(value_text(digest), &found->artifact.digest))
		return err_set(err, ERR_CORRUPT, "an input without a digest");
	if (number)
		(void)value_to_i64(number, &artifact);
	found->artifact.number = (uint32_t)artifact;
	found->present = true;
	if (str_is(declared->name, STDIN_INPUT))
		inputs->has_stdin =
			replica->step->surroundings && replica->step->surroundings->takes_stdin;
	return is_tree(past, declared, &found->artifact, &found->is_tree, err);
}

static int
read_inputs(struct past *past, struct err *err)
{
	struct replica *replica = past->replica;
	const struct source source = {"the inputs of an attempt", past->attempt->inputs};
	const struct value *list;
	int r;

	replica->inputs.n = replica->step->n_inputs;
	replica->inputs.items =
		ARENA_ARRAY(&replica->arena, replica->step->n_inputs, struct input_found);
	for (uint32_t i = 0; i < replica->step->n_inputs; i++)
		replica->inputs.items[i] =
			(struct input_found){.declared = &replica->step->inputs[i]};
	if (!past->attempt->inputs.n)
		return 0;
	r = json_parse(&replica->arena, &source, 0, NULL, &list, err);
	for (uint32_t i = 0; r == 0 && list->kind == VALUE_ARRAY && i < list->n; i++)
		r = take_recorded(past, &list->items[i], err);
	return r;
}

/* An input of another step that was not made is absent where that may be. */
static int
check_inputs(const struct past *past, struct err *err)
{
	const struct inputs *inputs = &past->replica->inputs;

	for (uint32_t i = 0; i < inputs->n; i++)
		if (!inputs->items[i].present && !inputs->items[i].declared->optional &&
			!past->attempt->started_us)
			return err_set(err, ERR_INVALID,
				"attempt @%u did not start, and took nothing in: %.*s",
				past->attempt->number, STR_ARG(past->attempt->message));
	return 0;
}

/* What was wrong with the attempt before it. */
static int
find_feedback(const struct past *past, struct err *err)
{
	struct attempt_row *rows;
	const struct attempt_row *before = NULL;
	size_t n;
	int r = run_attempts(past->store, past->run->number, past->attempt->step,
		&past->replica->arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (rows[i].number < past->attempt->number)
			before = &rows[i];
	if (!before || (!str_is(before->class, "schema") && !str_is(before->class, "gate")))
		return r;
	for (size_t i = 0; i < past->n_artifacts; i++)
		if (past->artifacts[i].attempt == before->number &&
			str_is(past->artifacts[i].role, "rejected") &&
			str_is(past->artifacts[i].name, "errors"))
			past->replica->feedback = &past->artifacts[i].digest;
	return r;
}

/* --- how it was started --- */

static uint32_t *
read_pools(const struct past *past)
{
	struct replica *replica = past->replica;
	const struct step *step = replica->step;
	const struct source source = {"the pools of an attempt", past->attempt->pools};
	const struct value *pools = NULL;
	uint32_t *slots;
	size_t n = 0;

	if (!past->attempt->pools.n ||
		json_parse(&replica->arena, &source, 0, NULL, &pools, NULL) < 0)
		return NULL;
	for (uint32_t i = 0; i < step->n_pools; i++)
		n += step->pools[i].slots;
	slots = ARENA_ARRAY(&replica->arena, n, uint32_t);
	n = 0;
	for (uint32_t i = 0; i < step->n_pools; i++) {
		const struct value *list =
			value_get(pools, replica->graph->pools[step->pools[i].pool].name);

		for (uint32_t j = 0; j < step->pools[i].slots; j++) {
			int64_t slot = 0;

			if (list && list->kind == VALUE_ARRAY && j < list->n)
				(void)value_to_i64(&list->items[j], &slot);
			slots[n++] = (uint32_t)slot;
		}
	}
	return slots;
}

static int
set_surroundings(struct past *past, const struct replica_place *place,
	struct environment_request *environment, struct err *err)
{
	struct replica *replica = past->replica;
	const struct step_surroundings *surroundings = replica->step->surroundings;
	int r = 0;

	replica->cwd = place->workspace;
	if (!surroundings)
		return 0;
	if (surroundings->workspace == WORKSPACE_NONE) {
		replica->cwd = NULL;
		environment->workspace = STR_EMPTY;
	}
	if (surroundings->has_cwd) {
		struct str below;

		r = values_text(&replica->values, &surroundings->cwd, &below, err);
		if (r == 0 && !path_is_inside(below))
			r = err_set(err, ERR_INVALID, "cwd \"%.*s\" leads out of the workspace",
				STR_ARG(below));
		if (r < 0)
			return r;
		replica->below = arena_cstr(&replica->arena, below);
	}
	if (surroundings->keeps_state)
		environment->state = place->state;
	if (!surroundings->n_secrets)
		return 0;
	r = secrets_read(replica->secrets, replica->step, err);
	environment->secrets = replica->secrets;
	if (r == 0)
		replica->n_secret_files = secrets_list_files(replica->secrets, surroundings,
			&replica->arena, &replica->secret_files);
	return r;
}

static int
make_argv(struct replica *replica, struct err *err)
{
	const struct step *step = replica->step;

	replica->argv = ARENA_ARRAY(&replica->arena, step->n_argv + 1, char *);
	for (uint32_t i = 0; i < step->n_argv; i++) {
		struct str text;
		int r = values_text(&replica->values, &step->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u", i);
		memcpy(&replica->argv[i], &(const char *){arena_cstr(&replica->arena, text)},
			sizeof(replica->argv[i]));
	}
	return 0;
}

static int
make_start(struct past *past, const struct replica_place *place, struct err *err)
{
	struct replica *replica = past->replica;
	struct environment base;
	struct environment_request environment = {.base = &base,
		.values = &replica->values,
		.step = replica->step,
		.try_number = past->attempt->try_number,
		.run = &past->run->id,
		.workspace = str_of(place->workspace),
		.feedback = replica->feedback_path,
		.once_key = past->attempt->once,
		.pool_slots = read_pools(past)};
	int r = set_surroundings(past, place, &environment, err);

	environment_base(&replica->arena, &base);
	if (r == 0)
		r = make_argv(replica, err);
	return r < 0 ? r : environment_make(&environment, &replica->environ, err);
}

/* What the scopes that the step is in were given, the outermost first. */
static int
give_scopes(struct past *past, struct err *err)
{
	struct replica *replica = past->replica;
	uint32_t scopes[SCOPE_DEPTH_MAX];
	struct values values = replica->values;
	size_t n = 0;
	int r = 0;

	for (uint32_t s = step_scope(replica->step); s != STEP_NONE && n < SCOPE_DEPTH_MAX;
		s = step_scope(&replica->graph->steps[s]))
		scopes[n++] = s;
	while (r == 0 && n-- > 0) {
		values.step = &replica->graph->steps[scopes[n]];
		r = scope_give_values(&values, replica->graph, scopes[n], err);
	}
	return r;
}

int
replica_make(struct store *store, const struct run_row *run, const struct attempt_row *attempt,
	const struct replica_place *place, struct replica *ret_replica, struct err *err)
{
	struct past past = {
		.store = store, .run = run, .attempt = attempt, .replica = ret_replica};
	struct replica *replica = ret_replica;
	int r;

	*replica = (struct replica){.arena = ARENA_INIT};
	r = read_run(&past, err);
	if (r < 0)
		return r;
	replica->step = &replica->graph->steps[attempt->step];
	if (!replica->step->n_argv)
		return err_set(err, ERR_INVALID,
			"step %.*s starts no program of its own; name one of its %s, %.*s/%s",
			STR_ARG(attempt->name), replica->step->scope ? "steps" : "items",
			STR_ARG(attempt->name), replica->step->scope ? "STEP" : "KEY");
	(void)uuid_to_text(&run->id, replica->run_id);
	replica->values = (struct values){.store = store,
		.graph = replica->graph,
		.schedule = replica->schedule,
		.input_numbers = replica->input_numbers,
		.run_id = replica->run_id,
		.run_started_us = run->started_us,
		.step = replica->step,
		.arena = &replica->arena,
		.in_dir = place->in,
		.try_number = attempt->try_number,
		.inputs = &replica->inputs};
	replica->secrets = secrets_new(replica->graph, place->workspace);
	r = body_status_read(store, run->number, replica->graph, &replica->arena,
		&replica->values.run_status, err);
	if (r == 0)
		r = give_scopes(&past, err);
	if (r == 0)
		r = read_inputs(&past, err);
	if (r == 0)
		r = check_inputs(&past, err);
	if (r == 0)
		r = find_feedback(&past, err);
	if (r == 0 && replica->feedback)
		replica->feedback_path =
			arena_printf(&replica->arena, "%s/" FEEDBACK_NAME, place->in);
	if (r == 0)
		r = make_start(&past, place, err);
	return r < 0 ? err_wrap(err, "step %.*s", STR_ARG(attempt->name)) : 0;
}

int
replica_write_inputs(struct replica *replica, int in_dir, struct err *err)
{
	int r = inputs_write(&replica->values, &replica->inputs, in_dir, err);

	if (r == 0 && replica->feedback)
		r = object_restore(replica->values.store, replica->feedback, OBJECT_READ_ONLY,
			in_dir, FEEDBACK_NAME, err);
	return r;
}

void
replica_done(struct replica *replica)
{
	secrets_free(replica->secrets);
	schedule_free(replica->schedule);
	graph_free(replica->graph);
	arena_done(&replica->arena);
}
