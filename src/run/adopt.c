#include "run/adopt.h"

#include "base/file.h"
#include "base/memory.h"
#include "graph/step_gates.h"
#include "run/adopt_labels.h"
#include "run/judged.h"
#include "run/labels.h"
#include "run/likeness.h"
#include "run/record_adoption.h"
#include "store/object.h"
#include "store/stats.h"
#include "json/json.h"

#include <fcntl.h>
#include <sys/stat.h>

struct choosing {
	const struct adopt_request *request;
	struct arena *arena;
	struct adoption *adoptions;
	bool is_other_plan;
	struct likeness before, after;
	int workspace;
};

const char *
adopt_reason_name(enum adopt_reason reason)
{
	static const char *const names[] = {
#define X(name, text) text,
		ADOPT_REASONS(X)
#undef X
	};

	return reason < ADOPT_REASON_COUNT ? names[reason] : "?";
}

static void
run_because(struct adoption *adoption, enum adopt_reason reason, struct str what)
{
	adoption->reason = reason;
	adoption->what = what;
}

/* The outermost foreach that a step of an item is named after, or STEP_NONE. */
static uint32_t
foreach_of(const struct graph *graph, struct str name)
{
	for (size_t i = 1; i < name.n; i++) {
		uint32_t step = name.p[i] == '/' ? graph_find(graph, (struct str){name.p, i})
						 : STEP_NONE;

		if (step != STEP_NONE && graph->steps[step].foreach)
			return step;
	}
	return STEP_NONE;
}

static bool
is_visited(const struct visit_row *visits, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(visits[i].name, name))
			return true;
	return false;
}

static int
refuse_named(struct choosing *c, const struct visit_row *visits, size_t n_visits,
	struct str name, struct err *err)
{
	const struct graph *graph = c->request->graph;
	struct str *names = ARENA_ARRAY(c->arena, graph->n_steps + n_visits, struct str);
	struct str nearest;
	size_t n = 0;

	for (uint32_t i = 0; i < graph->n_steps; i++)
		if (!graph->steps[i].template_of)
			names[n++] = graph->steps[i].name;
	for (size_t i = 0; i < n_visits; i++)
		names[n++] = visits[i].name;
	nearest = str_nearest(name, names, n);
	return err_set(err, ERR_NOT_FOUND, "there is no step \"%.*s\"%s%.*s%s",
		(int)MIN(name.n, 100), name.p, nearest.n ? "; did you mean \"" : "",
		STR_ARG(nearest), nearest.n ? "\"?" : "");
}

/* Which items a foreach has is known when it runs: whoever names one of them, or a step in it, has the
 * foreach run again, for that item. */
static int
mark_named(struct choosing *c, struct err *err)
{
	const struct graph *graph = c->request->graph;
	struct visit_row *visits = NULL;
	size_t n_visits = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->request->n_again; i++) {
		struct str name = c->request->again[i];
		uint32_t step = graph_find(graph, name);

		if (step == STEP_NONE || graph->steps[step].template_of) {
			if (!visits)
				r = run_visits(c->request->store,
					c->request->parent->row.number, c->arena, &visits,
					&n_visits, err);
			step = r == 0 && is_visited(visits, n_visits, name)
				? foreach_of(graph, name)
				: STEP_NONE;
		}
		if (step != STEP_NONE) {
			struct adoption *adoption = &c->adoptions[step];

			/* By its own name the whole of it. */
			adoption->keeps_items = !str_equal(graph->steps[step].name, name) &&
				(adoption->keeps_items || adoption->reason != ADOPT_NAMED);
			run_because(adoption, ADOPT_NAMED, STR_EMPTY);
		} else if (r == 0)
			r = refuse_named(c, visits, n_visits, name, err);
	}
	return r;
}

/* A success by which a rule ended the run is not taken over past that rule, where there are any. */
static bool
is_done(const struct choosing *c, const struct parent_step *was)
{
	return was->attempt && !(was->ended_run && c->request->graph->has_routes);
}

/* What the plans and the parent's tables say of one step. */
static void
compare(struct choosing *c, uint32_t number)
{
	const struct parent *parent = c->request->parent;
	struct adoption *adoption = &c->adoptions[number];
	const struct parent_step *was;
	uint32_t there = graph_find(parent->graph, c->request->graph->steps[number].name);
	struct str differs;

	adoption->parent_step = there;
	if (adoption->reason == ADOPT_NAMED)
		return;
	/* In a scope it needs all others, and runs again with any of them. */
	if (c->request->graph->steps[number].is_last &&
		step_scope(&c->request->graph->steps[number]) == STEP_NONE) {
		run_because(adoption, ADOPT_LAST, STR_EMPTY);
		return;
	}
	if (there == STEP_NONE) {
		run_because(adoption, ADOPT_NEW, STR_EMPTY);
		return;
	}
	was = &parent->steps[there];
	if (!is_done(c, was) && !c->request->graph->steps[number].template_of) {
		run_because(adoption, ADOPT_NOT_DONE, was->state);
		return;
	}
	if (!c->is_other_plan)
		return;
	differs = likeness_compare(&c->before, &c->before.steps[there], &c->after,
		&c->after.steps[number], c->arena);
	if (differs.n)
		run_because(adoption, ADOPT_CHANGED, differs);
}

/* The digest of what lies at the path now: 1, or 0 where it cannot be told. */
static int
hash_path(struct choosing *c, const struct step_input *input, struct digest *ret_digest,
	struct err *err)
{
	const struct template *path = &input->path;
	struct object_staged *staged;
	struct err ignored = ERR_INIT;
	AUTO_CLOSE int fd = -1;
	struct stat status;
	uint64_t size;
	int r;

	if (path->n != 1 || path->parts[0].is_reference)
		return 0;
	if (file_open_beneath(c->workspace, arena_cstr(c->arena, path->parts[0].text),
		    O_RDONLY | O_NONBLOCK, &fd, &ignored) < 0 ||
		fstat(fd, &status) != 0)
		return 0;
	if (S_ISREG(status.st_mode)) {
		r = digest_of_fd(fd, ret_digest, &size, err);
		return r < 0 ? r : 1;
	}
	if (!S_ISDIR(status.st_mode))
		return 0;
	r = object_stage_tree(c->request->store, fd, ".", &staged, err);
	if (r < 0)
		return r;
	object_describe_staged(staged, ret_digest, &size);
	object_discard(c->request->store, staged);
	return 1;
}

/* What the attempt that was accepted took in under the name: 1 and its digest, or 0. */
static bool
find_taken(const struct value *taken, struct str name, struct digest *ret_digest)
{
	for (uint32_t i = 0; taken && taken->kind == VALUE_ARRAY && i < taken->n; i++) {
		const struct value *has = value_get(&taken->items[i], STR("name"));
		const struct value *digest = value_get(&taken->items[i], STR("sha256"));

		if (has && digest && str_equal(value_text(has), name))
			return digest_parse(value_text(digest), ret_digest);
	}
	return false;
}

static int
read_taken(struct choosing *c, const struct parent_step *was, const struct value **ret_taken,
	struct err *err)
{
	char id[UUID_TEXT_SIZE];
	struct source source = {.name = "the inputs of an attempt"};
	struct attempt_row attempt = {0};
	struct run_row run;
	int r = run_find(
		c->request->store, str_of(uuid_to_text(&was->origin, id)), c->arena, &run, err);

	*ret_taken = NULL;
	if (r == 0)
		r = stats_attempt(
			c->request->store, run.number, was->attempt, c->arena, &attempt, err);
	if (r < 0 || !attempt.inputs.n)
		return r;
	source.text = attempt.inputs;
	return json_parse(c->arena, &source, JSON_BORROW_TEXT, NULL, ret_taken, err);
}

/* What a gate looked at is not among what its step took in: whether it is as it was is not known. */
static bool
gates_read_files(const struct step *step)
{
	for (uint32_t i = 0; step->gates && i < step->gates->n; i++) {
		const struct gate *gate = &step->gates->items[i];

		for (uint32_t j = 0; j < gate->n_inputs; j++)
			if (gate->inputs[j].source == INPUT_PATH ||
				gate->inputs[j].source == INPUT_TREE)
				return true;
	}
	return false;
}

/* Files of the workspace are read when a step starts: they must be what they were then. */
static int
compare_files(struct choosing *c, uint32_t number, struct err *err)
{
	const struct step *step = &c->request->graph->steps[number];
	struct adoption *adoption = &c->adoptions[number];
	const struct value *taken = NULL;
	bool is_read = false;
	int r = 0;

	if (gates_read_files(step)) {
		run_because(adoption, ADOPT_INPUT, STR("a file that a gate looks at"));
		return 0;
	}
	for (uint32_t i = 0; r >= 0 && i < step->n_inputs; i++) {
		const struct step_input *input = &step->inputs[i];
		struct digest now;
		struct digest then;
		bool was;

		if (input->source != INPUT_PATH && input->source != INPUT_TREE)
			continue;
		/* Each item took in what its own path named. */
		if (step->template_of) {
			run_because(adoption, ADOPT_INPUT, input->name);
			return 0;
		}
		if (!is_read)
			r = read_taken(c, &c->request->parent->steps[adoption->parent_step],
				&taken, err);
		is_read = true;
		was = r >= 0 && find_taken(taken, input->name, &then);
		if (r >= 0)
			r = hash_path(c, input, &now, err);
		if (r >= 0 && (was != (r > 0) || (was && !digest_equal(&now, &then)))) {
			run_because(adoption, ADOPT_INPUT, input->name);
			return 0;
		}
	}
	return MIN(r, 0);
}

/* Whether the labels, as likeness_compare lists them, have one of what a scope is given. */
static bool
names_given(struct str labels)
{
	while (labels.n) {
		struct str label = str_trim(str_cut(labels, ',', &labels));

		if (str_is(label, "with") || str_starts(label, STR("in")) ||
			str_is(label, "secrets"))
			return true;
	}
	return false;
}

/* Whether something outside that the scope needs runs again: then what it is given may be another. */
static bool
is_given_anew(const struct choosing *c, uint32_t scope)
{
	const struct graph *graph = c->request->graph;
	const struct step *step = &graph->steps[scope];

	for (uint32_t i = 0; i < step->n_needs; i++)
		if (c->adoptions[step->needs[i]].reason != ADOPT_KEPT)
			return true;
	return false;
}

/* Whether what is in the scope runs again because the scope does: not where that is for the sake of
 * some of its steps, or of what it returns. */
static bool
spreads_inward(const struct choosing *c, uint32_t scope)
{
	const struct adoption *adoption = &c->adoptions[scope];

	switch (adoption->reason) {
	case ADOPT_NEED:
	case ADOPT_NOT_DONE: return is_given_anew(c, scope);
	case ADOPT_CHANGED: return names_given(adoption->what) || is_given_anew(c, scope);
	case ADOPT_KEPT:
	case ADOPT_NAMED:
	case ADOPT_LAST:
	case ADOPT_NEW:
	case ADOPT_INPUT:
	case ADOPT_REASON_COUNT: break;
	}
	return true;
}

/* In an order in which every step comes behind all that it needs: what runs makes what needs it run. */
static void
spread(struct choosing *c)
{
	const struct graph *graph = c->request->graph;
	uint32_t *missing = memory_new(graph->n_steps, sizeof(*missing));
	uint32_t *queue = memory_new(graph->n_steps, sizeof(*queue));
	uint32_t n = 0;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		missing[i] = graph->steps[i].n_needs;
		if (!missing[i])
			queue[n++] = i;
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct step *step = &graph->steps[queue[i]];

		for (uint32_t j = 0; j < step->n_dependents; j++) {
			uint32_t dependent = step->dependents[j];
			struct adoption *adoption = &c->adoptions[dependent];

			if (c->adoptions[queue[i]].reason != ADOPT_KEPT &&
				adoption->reason == ADOPT_KEPT &&
				(step_scope(&graph->steps[dependent]) != queue[i] ||
					spreads_inward(c, queue[i]))) {
				adoption->reason = ADOPT_NEED;
				adoption->need = queue[i];
			}
			if (--missing[dependent] == 0)
				queue[n++] = dependent;
		}
	}
	free(missing);
	free(queue);
}

/* What a foreach does is what its templates say, and a scope is what its steps are. Whether one more step
 * runs. */
static bool
lift_parts(struct choosing *c)
{
	const struct graph *graph = c->request->graph;
	bool more = false;

	for (uint32_t i = graph->n_steps; i-- > 0;) {
		const struct foreach *foreach = graph->steps[i].template_of;
		uint32_t whole = foreach ? foreach->step : step_scope(&graph->steps[i]);
		struct adoption *adoption;

		if (whole == STEP_NONE || c->adoptions[i].reason == ADOPT_KEPT)
			continue;
		adoption = &c->adoptions[whole];
		if (adoption->reason != ADOPT_KEPT)
			continue;
		adoption->reason = ADOPT_NEED;
		adoption->need = i;
		more = true;
	}
	return more;
}

/* A run that judges does no step: what its parent has done is there, whatever became of the rest. */
static void
keep_done(struct choosing *c)
{
	const struct graph *graph = c->request->graph;
	const struct parent *parent = c->request->parent;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		struct adoption *adoption = &c->adoptions[i];

		adoption->parent_step = graph_find(parent->graph, graph->steps[i].name);
		if (adoption->reason == ADOPT_NAMED)
			continue;
		if (adoption->parent_step == STEP_NONE)
			run_because(adoption, ADOPT_NEW, STR_EMPTY);
		else if (!is_done(c, &parent->steps[adoption->parent_step]))
			run_because(adoption, ADOPT_NOT_DONE,
				parent->steps[adoption->parent_step].state);
	}
}

/* What its items are follows from what it is, what they do from its templates: of these nothing has changed. */
static bool
is_as_before(const struct choosing *c, uint32_t number)
{
	const struct adoption *adoption = &c->adoptions[number];
	const struct foreach *foreach = c->request->graph->steps[number].foreach;

	for (uint32_t i = 0; i < foreach->n_templates; i++)
		if (c->adoptions[foreach->first_template + i].reason != ADOPT_KEPT)
			return false;
	return !c->is_other_plan ||
		(adoption->parent_step != STEP_NONE &&
			!likeness_compare(&c->before, &c->before.steps[adoption->parent_step],
				&c->after, &c->after.steps[number], c->arena)
				 .n);
}

/* Before one step spreads to others. */
static void
find_whole(struct choosing *c)
{
	const struct graph *graph = c->request->graph;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		struct adoption *adoption = &c->adoptions[i];

		if (!graph->steps[i].foreach || graph->steps[i].template_of)
			continue;
		adoption->keeps_items =
			(adoption->reason == ADOPT_NOT_DONE ||
				(adoption->reason == ADOPT_NAMED && adoption->keeps_items)) &&
			is_as_before(c, i);
	}
}

/* After that: what comes before it is as it was. */
static void
check_needs(struct choosing *c)
{
	const struct graph *graph = c->request->graph;

	for (uint32_t i = 0; i < graph->n_steps; i++)
		for (uint32_t j = 0; c->adoptions[i].keeps_items && j < graph->steps[i].n_needs;
			j++) {
			uint32_t need = graph->steps[i].needs[j];

			c->adoptions[i].keeps_items = c->adoptions[need].reason == ADOPT_KEPT ||
				(step_scope(&graph->steps[i]) == need &&
					!spreads_inward(c, need));
		}
}

static int
choose(struct choosing *c, struct err *err)
{
	const struct graph *graph = c->request->graph;
	int r = mark_named(c, err);

	if (r == 0 && graph->is_judging) {
		keep_done(c);
		return 0;
	}
	if (r == 0 && c->request->compares_files)
		r = dir_open(AT_FDCWD, c->request->workspace, &c->workspace, err);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < graph->n_steps; i++)
		compare(c, i);
	for (uint32_t i = 0; r == 0 && c->request->compares_files && i < graph->n_steps; i++)
		if (c->adoptions[i].reason == ADOPT_KEPT)
			r = compare_files(c, i, err);
	if (r < 0)
		return r;
	find_whole(c);
	do
		spread(c);
	while (lift_parts(c));
	check_needs(c);
	return 0;
}

int
adopt_choose(const struct adopt_request *request, struct arena *arena,
	struct adoption **ret_adoptions, struct err *err)
{
	const struct parent *parent = request->parent;
	struct choosing c = {.request = request,
		.arena = arena,
		.adoptions = ARENA_ARRAY(arena, request->graph->n_steps, struct adoption),
		.is_other_plan = !request->graph->is_judging &&
			!digest_equal(&parent->row.plan, request->plan),
		.before = {.by_name = MAP_INIT},
		.after = {.by_name = MAP_INIT},
		.workspace = -1};
	int r = 0;

	if (c.is_other_plan) {
		r = likeness_read(request->store, &parent->row.plan, arena, &c.before, err);
		if (r == 0)
			r = likeness_read(request->store, request->plan, arena, &c.after, err);
	}
	if (r == 0)
		r = choose(&c, err);
	likeness_done(&c.before);
	likeness_done(&c.after);
	fd_close(&c.workspace);
	if (r == 0)
		*ret_adoptions = c.adoptions;
	return r;
}

static uint32_t
find_output(const struct step *step, struct str name)
{
	for (uint32_t i = 0; i < step->n_outputs; i++)
		if (str_equal(step->outputs[i].name, name))
			return i;
	return step->n_outputs;
}

const struct produced *
adopt_take(const struct adopt_request *request, const struct adopt_place *place,
	const struct parent_step *was, uint32_t number, struct record_adoption *adoption)
{
	const struct parent *parent = request->parent;
	const struct step *step = &request->graph->steps[number];
	struct record_artifact *outputs =
		ARENA_ARRAY(place->scratch, step->n_outputs, struct record_artifact);
	struct produced *produced = step->n_outputs
		? ARENA_ARRAY(place->keep, step->n_outputs, struct produced)
		: NULL;

	*adoption = (struct record_adoption){.step = number,
		.run = was->origin,
		.attempt = was->attempt,
		.producer_kind = STR("tool"),
		.outputs = outputs};
	for (uint32_t i = was->first_made; i != PARENT_NONE; i = parent->next_made[i]) {
		const struct artifact_row *row = &parent->made[i];
		uint32_t at = find_output(step, row->name);

		if (at == step->n_outputs || produced[at].artifact)
			continue;
		produced[at] = (struct produced){.digest = row->digest,
			.size = row->size,
			.artifact = place->hold->next_artifact++,
			.is_tree = str_is(row->kind, "dir")};
		adoption->producer_kind = row->producer_kind;
		outputs[adoption->n_outputs++] = (struct record_artifact){.name = row->name,
			.digest = row->digest,
			.size = row->size,
			.number = produced[at].artifact,
			.kind = arena_cstr(place->scratch, row->kind),
			.type = row->type,
			.schema = row->has_schema ? &row->schema : NULL};
	}
	return produced;
}

int
adopt_record(const struct adopt_request *request, const struct adoption *adoptions,
	struct run_hold *hold, struct schedule *schedule, struct arena *keep, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct adopt_place place = {hold, &arena, keep};
	const struct graph *graph = request->graph;
	struct record_adoption *records =
		ARENA_ARRAY(&arena, graph->n_steps, struct record_adoption);
	size_t n = 0;
	int r;

	for (uint32_t i = 0; i < graph->n_steps; i++) {
		const struct produced *produced;

		if (adoptions[i].reason != ADOPT_KEPT || graph->steps[i].template_of ||
			schedule_visit(schedule, i)->state != VISIT_PENDING)
			continue;
		produced = adopt_take(request, &place,
			&request->parent->steps[adoptions[i].parent_step], i, &records[n]);
		schedule_adopted(schedule, i, produced);
		adopt_labels(request, adoptions, i, schedule, &arena, &records[n++]);
	}
	r = record_adopted(hold, graph, records, n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = judged_adopt(request->store, schedule, graph, records[i].step,
			&records[i].run, records[i].attempt, keep, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		for (size_t j = 0; j < records[i].n_labels; j++)
			labels_add(request->labels, records[i].labels[j].artifact,
				records[i].labels[j].label);
	return r;
}
