#include "lily/retry.h"
#include "api/asked.h"
#include "api/run.h"
#include "api/turns.h"
#include "run/adopt.h"
#include "run/schedule.h"
#include "store/request.h"
#include "trace/shape.h"
#include "json/builder.h"
#include "json/copy.h"
#include "json/json.h"

#include <time.h>

#define NAMES_MAX ((size_t)16 << 20)
#define LOOK_MS 50

/* One wish to do a run again. */
struct retrying {
	struct lily_store *store;
	const struct lily_retry_options *options;
	struct asked asked;
	struct run_row row; /* of the run that is done again */
	struct str *names;
	size_t n_names;
	struct turn *turn; /* until it is the run's */
};

static int
refuse(const struct run_row *row, const char *why, struct err *err)
{
	char id[UUID_TEXT_SIZE];

	return err_set(err, ERR_INVALID, "run %s %s", uuid_to_text(&row->id, id), why);
}

static int
find(struct retrying *x, const char *address, struct err *err)
{
	int r = run_find(
		x->store->store, str_of(address ? address : ""), &x->asked.arena, &x->row, err);

	if (r == 0 && !x->row.has_plan)
		r = refuse(&x->row, "has no plan, hence nothing to do again", err);
	return r;
}

/* Reads the run anew: it may have ended since. */
static int
find_again(struct retrying *x, struct err *err)
{
	char id[UUID_TEXT_SIZE];

	return find(x, uuid_to_text(&x->row.id, id), err);
}

static bool
has_ended(const struct run_row *row)
{
	return row->ended_us != 0;
}

/* --- within the run, while it has not ended --- */

static int
refuse_name(const struct retrying *x, struct str name, const char *state, struct err *err)
{
	char id[UUID_TEXT_SIZE];

	return err_set(err, ERR_INVALID,
		"step %.*s of run %s %s, and a run that has not ended does only again what "
		"failed; wait for its end, or `lily cancel` it",
		STR_ARG(name), uuid_to_text(&x->row.id, id), state);
}

/* What became of the steps of a run. */
struct retry_visits {
	struct visit_row *rows;
	size_t n;
};

static const struct visit_row *
find_visit(const struct retry_visits *visits, struct str name)
{
	for (size_t i = 0; i < visits->n; i++)
		if (str_equal(visits->rows[i].name, name))
			return &visits->rows[i];
	return NULL;
}

static bool
is_stuck(const struct visit_row *visit)
{
	return str_is(visit->state, "failed") || str_is(visit->state, "cancelled");
}

/* The foreach or sub-workflow around the step that succeeded without it, or NULL. */
static const struct visit_row *
find_succeeded_around(const struct retry_visits *visits, struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		const struct visit_row *around =
			name.p[i] == '/' ? find_visit(visits, (struct str){name.p, i}) : NULL;
		enum visit_state state;

		if (around && visit_state_parse(around->state, &state) && visit_is_done(state))
			return around;
	}
	return NULL;
}

/* A step that failed, and is not past mending: the one of that name, or one that is in what has it; without a name
 * any. *ret_past: one that is past it, where there is none. */
static bool
find_stuck(
	const struct retry_visits *visits, struct str name, const struct visit_row **ret_past)
{
	for (size_t i = 0; i < visits->n; i++) {
		const struct visit_row *visit = &visits->rows[i];

		if (!is_stuck(visit) ||
			(name.n && !str_equal(visit->name, name) &&
				!str_is_below(visit->name, name)))
			continue;
		if (!find_succeeded_around(visits, visit->name))
			return true;
		*ret_past = visit;
	}
	return false;
}

static int
refuse_past(struct retrying *x, const struct retry_visits *visits, const struct visit_row *past,
	struct err *err)
{
	struct str around = find_succeeded_around(visits, past->name)->name;
	const char *state = arena_printf(&x->asked.arena,
		"failed, but %.*s, which it is a part of, succeeded all the same",
		STR_ARG(around));

	return refuse_name(x, past->name, state, err);
}

static int
check_name(
	struct retrying *x, const struct retry_visits *visits, struct str name, struct err *err)
{
	const struct visit_row *visit = find_visit(visits, name);
	const struct visit_row *past = NULL;

	if (find_stuck(visits, name, &past))
		return 0;
	if (past)
		return refuse_past(x, visits, past, err);
	if (visit)
		return refuse_name(x, name,
			arena_printf(&x->asked.arena, "is %.*s", STR_ARG(visit->state)), err);
	for (size_t i = 0; i < visits->n; i++)
		if (str_is_below(visits->rows[i].name, name))
			return refuse_name(x, name, "has not failed", err);
	return refuse_name(x, name, "is not there, or has not begun", err);
}

/* Without names, something has to be left to do here. */
static int
check_any(struct retrying *x, const struct retry_visits *visits, struct err *err)
{
	const struct visit_row *past = NULL;

	if (find_stuck(visits, STR_EMPTY, &past))
		return 0;
	return past ? refuse_past(x, visits, past, err)
		    : refuse(&x->row, "has not ended, and nothing in it has failed", err);
}

/* Every name must have failed; without names something must. */
static int
check_failed(struct retrying *x, struct err *err)
{
	struct retry_visits visits;
	int r;

	if (x->options->file)
		return refuse(&x->row,
			"has not ended, and its plan stays what it is; `lily cancel` it "
			"before another file is run in its place",
			err);
	if (x->row.reason.n)
		return refuse(&x->row,
			"is being cancelled; `lily cancel` ends it, then do it again", err);
	if (!x->row.failed)
		return refuse(&x->row, "has not ended, and nothing in it has failed", err);
	r = run_visits(
		x->store->store, x->row.number, &x->asked.arena, &visits.rows, &visits.n, err);
	if (r == 0 && !x->n_names)
		r = check_any(x, &visits, err);
	for (size_t i = 0; r == 0 && i < x->n_names; i++)
		r = check_name(x, &visits, x->names[i], err);
	return r;
}

static int
put_request(struct retrying *x, int64_t *ret_request, struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(NAMES_MAX);
	int r;

	buf_add_char(&payload, '{');
	for (size_t i = 0; i < x->n_names; i++) {
		buf_add_cstr(&payload, i ? "," : "\"steps\":[");
		json_write_string(x->names[i], &payload);
	}
	buf_add_cstr(&payload, x->n_names ? "]}" : "}");
	r = buf_check(&payload, "the names of the steps", err);
	return r < 0 ? r
		     : request_put(x->store->store, x->row.number, STR("retry"),
			       buf_str(&payload), ret_request, err);
}

/* 1: whoever drives the run has heard it; 0: nobody will. */
static int
wait_until_heard(struct retrying *x, int64_t request, struct err *err)
{
	static const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};

	for (;;) {
		int r = request_is_done(x->store->store, request, err);

		if (r == 0)
			r = MIN(find_again(x, err), 0);
		else
			return r;
		if (r < 0)
			return r;
		if (has_ended(&x->row) || !x->row.held)
			return request_is_done(x->store->store, request, err);
		(void)nanosleep(&pause, NULL);
	}
}

static struct engine_options
options_of(const struct retrying *x)
{
	struct engine_options options =
		run_engine_options(x->store, x->options->parallel, x->options->fail_fast);

	options.keep = x->options->keep != 0;
	return options;
}

static int
take_over(struct retrying *x, struct run_hold *hold, struct lily_run **ret_run, struct err *err)
{
	const struct engine_options options = options_of(x);
	struct engine *engine;
	int r = find_again(x, err);

	if (r == 0)
		r = check_failed(x, err);
	if (r == 0)
		r = run_refuse_elsewhere(x->store, &x->row, err);
	if (r < 0) {
		run_release(hold);
		return r;
	}
	r = engine_resume(&options, hold, &x->row, &engine, err);
	if (r < 0)
		return r;
	r = engine_retry(engine, 0, x->names, x->n_names, err);
	if (r < 0) {
		engine_free(engine);
		return r;
	}
	r = run_wrap(engine, x->turn, ret_run, err);
	x->turn = NULL;
	return r;
}

/* Nobody drives it, so it needs a turn of its own to go on. */
static int
take_turn(struct retrying *x, struct err *err)
{
	turn_free(x->turn);
	x->turn = NULL;
	return x->row.held ? 0 : MIN(turns_take(x->store, &x->row.plan, &x->turn, err), 0);
}

/* 0: driven here; 1: whoever drives it has been asked; 2: it has ended. */
static int
retry_within(struct retrying *x, struct lily_run **ret_run, struct err *err)
{
	struct run_hold hold;
	int64_t request;

	while (!has_ended(&x->row)) {
		struct err why = ERR_INIT;
		int r = check_failed(x, err);

		if (r == 0)
			r = take_turn(x, err);
		if (r < 0)
			return r;
		r = run_take(x->store->store, &x->row.id, &hold, &why);
		if (r == 0 && !x->row.held)
			return take_over(x, &hold, ret_run, err);
		/* Who had it has ended in between: it needs a turn of its own. */
		if (r == 0) {
			run_release(&hold);
			x->row.held = false;
			continue;
		}
		if (r == ERR_DENIED) {
			r = put_request(x, &request, err);
			if (r == 0)
				r = wait_until_heard(x, request, err);
			if (r != 0)
				return r;
		} else if (r != ERR_INVALID) { /* that one has ended in between */
			*err = why;
			return r;
		}
		r = find_again(x, err);
		if (r < 0)
			return r;
	}
	return 2;
}

/* --- by a run of its own, once it has ended --- */

struct choice {
	struct digest plan;
	struct graph *graph;
	struct parent parent;
	struct adoption *adoptions;
};

static void
choice_done(struct choice *choice)
{
	graph_free(choice->graph);
	parent_done(&choice->parent);
}

/* The plan of the new run, stored: that of the parent or of the file. */
static int
choose_plan(struct retrying *x, struct digest *ret_plan, struct err *err)
{
	const struct lily_run_options file = {
		.file = x->options->file, .arguments = x->options->arguments};
	int r = asked_find_order(x->store->store, &x->row, &x->asked, err);

	if (r < 0 || !x->options->file) {
		*ret_plan = x->row.plan;
		return r;
	}
	x->asked.inherits_from = &x->row.plan;
	return asked_prepare(x->store, &file, &x->asked, ret_plan, err);
}

static int
choose(struct retrying *x, struct choice *choice, struct err *err)
{
	struct adopt_request request = {.store = x->store->store,
		.parent = &choice->parent,
		.plan = &choice->plan,
		.workspace = x->store->workspace,
		.compares_files = x->options->file != NULL,
		.again = x->names,
		.n_again = x->n_names};
	int r = choose_plan(x, &choice->plan, err);

	if (r == 0)
		r = prepare_load(x->store->store, &choice->plan, &choice->graph, err);
	if (r == 0)
		r = run_refuse_unheld(x->store, &choice->plan, choice->graph, err);
	if (r == 0)
		r = parent_read(
			x->store->store, &x->row.id, &x->asked.arena, &choice->parent, err);
	request.graph = choice->graph;
	return r < 0 ? r : adopt_choose(&request, &x->asked.arena, &choice->adoptions, err);
}

static void
count(const struct choice *choice, uint32_t *ret_kept, uint32_t *ret_runs)
{
	*ret_kept = *ret_runs = 0;
	for (uint32_t i = 0; i < choice->graph->n_steps; i++) {
		if (choice->graph->steps[i].template_of)
			continue;
		if (choice->adoptions[i].reason == ADOPT_KEPT)
			++*ret_kept;
		else
			++*ret_runs;
	}
}

/* A step that was not called for, or only follows on the others, is no reason for a run. */
static bool
has_reason(const struct adoption *adoption)
{
	return adoption->reason != ADOPT_KEPT && adoption->reason != ADOPT_LAST &&
		!(adoption->reason == ADOPT_NOT_DONE && str_is(adoption->what, "skipped"));
}

static int
refuse_nothing(const struct retrying *x, const struct choice *choice, struct err *err)
{
	bool any = x->options->file != NULL;

	for (uint32_t i = 0; !any && i < choice->graph->n_steps; i++)
		any = !choice->graph->steps[i].template_of && has_reason(&choice->adoptions[i]);
	if (any)
		return 0;
	if (str_is(x->row.kind, "judge"))
		return refuse(&x->row,
			"only judged what another one has done, which `lily list` names beside "
			"it; `lily retry` that one",
			err);
	return refuse(&x->row,
		"has done every step; name those that shall run again: `lily retry RUN "
		"STEP…`",
		err);
}

/* The names that are recorded: those given, and what runs since a file is another one. */
static const struct str *
list_again(struct retrying *x, const struct choice *choice, size_t *ret_n)
{
	const struct graph *graph = choice->graph;
	struct str *names =
		ARENA_ARRAY(&x->asked.arena, x->n_names + graph->n_steps, struct str);
	size_t n = x->n_names;

	if (n)
		memcpy(names, x->names, n * sizeof(*names));
	for (uint32_t i = 0; i < graph->n_steps; i++)
		if (choice->adoptions[i].reason == ADOPT_INPUT)
			names[n++] = graph->steps[i].name;
	*ret_n = n;
	return names;
}

static int
begin(struct retrying *x, const struct choice *choice, struct lily_run **ret_run,
	struct err *err)
{
	const struct engine_options options = options_of(x);
	const struct run_work_order *order = x->asked.has_order ? &x->asked.order : NULL;
	const struct run_create_spec spec = {
		.kind = choice->graph->is_judging ? "judge" : "retry",
		.parent = &x->row.id,
		.workflow = choice->graph->name,
		.source = x->options->file ? str_of(x->options->file) : x->row.source,
		.work_order = order};
	struct engine_beginning beginning = {
		.plan = &choice->plan, .work_order = order, .parent = &choice->parent};
	struct engine *engine;
	struct run_hold hold;
	int r;

	turn_free(x->turn);
	x->turn = NULL;
	r = MIN(turns_take(x->store, &choice->plan, &x->turn, err), 0);
	if (r == 0)
		r = run_create(x->store->store, &spec, &hold, NULL, err);
	beginning.again = list_again(x, choice, &beginning.n_again);
	if (r == 0)
		r = engine_start(&options, &hold, &beginning, &engine, err);
	if (r < 0)
		return r;
	r = run_wrap(engine, x->turn, ret_run, err);
	x->turn = NULL;
	return r;
}

static int
retry_linked(struct retrying *x, struct lily_run **ret_run, struct err *err)
{
	struct choice choice = {0};
	int r = run_refuse_elsewhere(x->store, &x->row, err);

	if (r == 0)
		r = choose(x, &choice, err);
	if (r == 0)
		r = refuse_nothing(x, &choice, err);
	if (r == 0)
		r = begin(x, &choice, ret_run, err);
	choice_done(&choice);
	return r;
}

/* --- the public face --- */

static void
take_names(struct retrying *x)
{
	x->n_names = x->options->n_steps;
	x->names = ARENA_ARRAY(&x->asked.arena, x->n_names, struct str);
	for (size_t i = 0; i < x->n_names; i++)
		x->names[i] = str_of(x->options->steps[i]);
}

int
lily_run_retry(struct lily_store *store, const char *address,
	const struct lily_retry_options *options, struct lily_run **ret_run,
	char ret_run_id[LILY_RUN_ID_SIZE], struct lily_error *error)
{
	struct retrying x = {.store = store, .options = options, .asked = ASKED_INIT};
	struct err err = ERR_INIT;
	int r = store_need_write(store, &err);

	take_names(&x);
	if (r == 0)
		r = find(&x, address, &err);
	if (r == 0)
		r = retry_within(&x, ret_run, &err);
	if (r == 2)
		r = retry_linked(&x, ret_run, &err);
	if (r == 1)
		(void)uuid_to_text(&x.row.id, ret_run_id);
	turn_free(x.turn);
	asked_free(&x.asked);
	return r < 0 ? error_give(&err, error) : r;
}

static void
add_step(struct builder *b, const struct choice *choice, uint32_t number)
{
	const struct adoption *adoption = &choice->adoptions[number];
	bool kept = adoption->reason == ADOPT_KEPT;

	builder_object(b, NULL);
	builder_text(b, "step", choice->graph->steps[number].name);
	builder_cstr(b, "action", kept ? "keep" : "run");
	builder_cstr(b, "reason", adopt_reason_name(adoption->reason));
	shape_text(b, "what", adoption->what);
	shape_text(b, "needs",
		adoption->reason == ADOPT_NEED ? choice->graph->steps[adoption->need].name
					       : STR_EMPTY);
	if (choice->graph->steps[number].foreach)
		builder_bool(b, "keeps_items", adoption->keeps_items);
	if (kept) {
		const struct parent_step *was = &choice->parent.steps[adoption->parent_step];

		shape_uuid(b, "run_id", &was->origin);
		builder_u64(b, "attempt", was->attempt);
	} else {
		builder_null(b, "run_id");
		builder_null(b, "attempt");
	}
	builder_end(b);
}

static void
describe(struct builder *b, const struct retrying *x, const struct choice *choice)
{
	uint32_t kept, runs;

	count(choice, &kept, &runs);
	builder_object(b, NULL);
	shape_uuid(b, "run_id", &x->row.id);
	builder_bool(b, "in_place", !has_ended(&x->row));
	builder_u64(b, "kept", kept);
	builder_u64(b, "runs", runs);
	builder_array(b, "steps");
	for (uint32_t i = 0; i < choice->graph->n_steps; i++)
		if (!choice->graph->steps[i].template_of)
			add_step(b, choice, i);
	builder_end(b);
	builder_end(b);
}

/* Texts are borrowed from what ends with the choice: the document gets its own. */
static void
give(struct lily_document *document, const struct retrying *x, const struct choice *choice)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
	struct value *root;

	describe(&b, x, choice);
	root = ARENA_NEW(&document->arena, struct value);
	*root = value_copy(&document->arena, builder_root(&b));
	document->root = root;
}

int
lily_run_retry_plan(struct lily_store *store, const char *address,
	const struct lily_retry_options *options, struct lily_document **ret_document,
	struct lily_error *error)
{
	struct retrying x = {.store = store, .options = options, .asked = ASKED_INIT};
	struct lily_document *document = document_new();
	struct choice choice = {0};
	struct err err = ERR_INIT;
	int r = store_need_write(store, &err);

	take_names(&x);
	if (r == 0)
		r = find(&x, address, &err);
	if (r == 0 && !has_ended(&x.row))
		r = check_failed(&x, &err);
	if (r == 0)
		r = choose(&x, &choice, &err);
	if (r == 0)
		give(document, &x, &choice);
	choice_done(&choice);
	asked_free(&x.asked);
	return document_give(document, r, &err, ret_document, error);
}
