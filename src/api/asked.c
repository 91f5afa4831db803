#include "api/asked.h"

#include "api/arguments.h"
#include "run/deposit.h"
#include "run/inherit.h"
#include "store/artifact.h"
#include "store/object.h"

void
asked_free(struct asked *asked)
{
	workflow_free(asked->workflow);
	buf_done(&asked->text);
	arena_done(&asked->arena);
}

int
asked_find_order(
	struct store *store, const struct run_row *row, struct asked *asked, struct err *err)
{
	struct artifact_row order;
	int r;

	if (!row->has_work_order)
		return 0;
	r = artifact_find(store, row->number, row->work_order, &asked->arena, &order, err);
	if (r < 0)
		return r;
	asked->order = (struct run_work_order){.name = order.name,
		.kind = order.kind,
		.digest = order.digest,
		.size = order.size,
		.type = order.type};
	asked->has_order = true;
	return 0;
}

int
asked_prepare(struct lily_store *store, const struct lily_run_options *options,
	struct asked *asked, struct digest *ret_plan, struct err *err)
{
	struct plan plan;
	int r = options->text
		? prepare_read_text(options->file, str_of(options->text), &asked->text,
			  &asked->workflow, &asked->prepare.source, err)
		: prepare_read(options->file, &asked->text, &asked->workflow,
			  &asked->prepare.source, err);

	if (r == 0 && options->work_order) {
		r = deposit_work_order(store->store, options->work_order, &asked->order, err);
		asked->has_order = r == 0;
	}
	if (r == 0)
		r = arguments_take(&options->arguments, &asked->arena, &asked->prepare, err);
	if (r < 0)
		return r;
	asked->prepare.workflow = asked->workflow;
	if (asked->inherits_from)
		r = inherit_given(store->store, asked->inherits_from, &asked->arena,
			&asked->prepare, err);
	if (r < 0)
		return r;
	asked->prepare.workspace = store->workspace;
	asked->prepare.work_order = asked->has_order ? &asked->order : NULL;
	asked->prepare.flags = PREPARE_KEEP | (options->fresh ? PREPARE_FRESH : 0);
	r = prepare_plan(store->store, &asked->prepare, &plan, err);
	if (r < 0)
		return r;
	r = prepare_keep(store->store, &plan, ret_plan, err);
	plan_done(&plan);
	if (r == 0) {
		struct digest source;

		r = object_put(store->store, buf_str(&asked->text), &source, err);
	}
	return r;
}
