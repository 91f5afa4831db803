#include "lily/gate.h"
#include "api/asked.h"
#include "api/run.h"
#include "api/turns.h"
#include "run/rejudge.h"
#include "trace/shape.h"
#include "json/builder.h"

/* One wish to judge a run. */
struct judging_wish {
	struct lily_store *store;
	const struct lily_gate_options *options;
	struct asked asked;
	struct parent parent;
	struct rejudge_gate *gates;
	size_t n_gates;
	struct digest plan;
};

static int
find(struct judging_wish *x, const char *address, struct err *err)
{
	char id[UUID_TEXT_SIZE];
	struct run_row row;
	int r = run_find(
		x->store->store, str_of(address ? address : ""), &x->asked.arena, &row, err);

	if (r < 0)
		return r;
	if (!row.ended_us)
		return err_set(err, ERR_INVALID,
			"run %s has not ended; what it makes is judged while it goes on",
			uuid_to_text(&row.id, id));
	r = run_refuse_elsewhere(x->store, &row, err);
	if (r == 0)
		r = asked_find_order(x->store->store, &row, &x->asked, err);
	return r < 0 ? r
		     : parent_read(x->store->store, &row.id, &x->asked.arena, &x->parent, err);
}

static int
choose(struct judging_wish *x, struct err *err)
{
	struct str *names = ARENA_ARRAY(&x->asked.arena, x->options->n_gates, struct str);
	char id[UUID_TEXT_SIZE];
	int r;

	for (size_t i = 0; i < x->options->n_gates; i++)
		names[i] = str_of(x->options->gates[i]);
	r = rejudge_choose(&x->parent, names, x->options->n_gates, &x->asked.arena, &x->gates,
		&x->n_gates, err);
	if (r < 0)
		return err_wrap(err, "run %s", uuid_to_text(&x->parent.row.id, id));
	return rejudge_plan(x->store->store, &x->parent, x->gates, x->n_gates, &x->plan, err);
}

static int
begin(struct judging_wish *x, struct lily_run **ret_run, struct err *err)
{
	const struct engine_options options =
		run_engine_options(x->store, x->options->parallel, 0);
	const struct run_work_order *order = x->asked.has_order ? &x->asked.order : NULL;
	const struct run_create_spec spec = {.kind = "judge",
		.parent = &x->parent.row.id,
		.workflow = x->parent.graph->name,
		.source = x->parent.row.source,
		.work_order = order};
	const struct engine_beginning beginning = {
		.plan = &x->plan, .work_order = order, .parent = &x->parent};
	struct engine *engine;
	struct run_hold hold;
	int r = x->parent.graph->has_policies ? run_refuse_unheld(x->store, &x->plan, NULL, err)
					      : run_refuse_default(x->store, err);

	if (r == 0)
		r = run_create(x->store->store, &spec, &hold, NULL, err);

	if (r < 0)
		return r;
	r = engine_start(&options, &hold, &beginning, &engine, err);
	return r < 0 ? r : run_wrap(engine, NULL, ret_run, err);
}

static void
describe(const struct judging_wish *x, struct lily_document *document)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(&document->arena);

	builder_object(&b, NULL);
	shape_uuid(&b, "run_id", &x->parent.row.id);
	builder_array(&b, "gates");
	for (size_t i = 0; i < x->n_gates; i++) {
		const struct rejudge_gate *gate = &x->gates[i];

		builder_object(&b, NULL);
		builder_text(&b, "gate", arena_str(&document->arena, gate->name));
		builder_bool(&b, "required", gate->required);
		builder_bool(&b, "judged", gate->is_judged);
		if (gate->why_not)
			builder_cstr(&b, "reason",
				arena_cstr(&document->arena, str_of(gate->why_not)));
		else
			builder_null(&b, "reason");
		builder_end(&b);
	}
	builder_end(&b);
	builder_end(&b);
	document->root = builder_root(&b);
}

int
lily_gate_run(struct lily_store *store, const char *address,
	const struct lily_gate_options *options, struct lily_run **ret_run,
	struct lily_document **ret_gates, struct lily_error *error)
{
	struct judging_wish x = {.store = store, .options = options, .asked = ASKED_INIT};
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = store_need_write(store, &err);

	if (r == 0)
		r = find(&x, address, &err);
	if (r == 0)
		r = choose(&x, &err);
	if (r == 0)
		describe(&x, document);
	if (r == 0)
		r = begin(&x, ret_run, &err);
	parent_done(&x.parent);
	asked_free(&x.asked);
	return document_give(document, r, &err, ret_gates, error);
}
