#include "api/asked.h"

#include "api/arguments.h"
#include "api/run.h"
#include "run/deposit.h"
#include "run/inherit.h"
#include "run/plan_memo.h"
#include "store/artifact.h"
#include "store/object.h"

void
asked_free(struct asked *asked)
{
	workflow_free(asked->workflow);
	buf_done(&asked->text);
	arena_done(&asked->arena);
}

void
asked_replace(struct asked *asked, struct asked *by)
{
	asked_free(asked);
	*asked = *by;
	asked->prepare.work_order = asked->has_order ? &asked->order : NULL;
	*by = (struct asked)ASKED_INIT;
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

/* Nothing counts but the file and what was given with it. */
static bool
may_be_known(const struct lily_run_options *options, const struct asked *asked)
{
	return !options->text && !asked->has_order && !asked->inherits_from;
}

/* From the file's bytes to a plan that is stored, with its file. */
static int
make_plan(
	struct lily_store *store, struct asked *asked, struct digest *ret_plan, struct err *err)
{
	struct plan plan;
	struct digest source;
	int r = prepare_plan(store->store, &asked->prepare, &plan, err);

	if (r < 0)
		return r;
	r = object_put(store->store, buf_str(&asked->text), &source, err);
	if (r == 0)
		r = prepare_keep(store->store, &plan, ret_plan, err);
	plan_done(&plan);
	return r;
}

static int
recall_plan(struct lily_store *store, const struct digest *question, struct asked *asked,
	struct digest *ret_plan, struct err *err)
{
	struct plan_memo_answer answer;
	int r = plan_memo_find(store->store, question, &asked->arena, &answer, err);

	if (r <= 0)
		return r;
	*ret_plan = answer.plan;
	asked->name = answer.name;
	return r;
}

/* Its plan is another one when the next run of it has succeeded. */
static bool
takes_previous(const struct workflow *workflow)
{
	size_t n;

	(void)workflow_previous(workflow, &n);
	return n > 0;
}

int
asked_prepare(struct lily_store *store, const struct lily_run_options *options,
	struct asked *asked, struct digest *ret_plan, struct err *err)
{
	AUTO_SOURCES struct sources sources = SOURCES_INIT;
	struct prepare_request *request = &asked->prepare;
	struct err wrong = ERR_INIT; /* with the arguments; the file comes first */
	struct digest question;
	bool asks = false;
	int given = 0;
	int r = options->text
		? prepare_fetch_text(str_of(options->text), &asked->text, &request->source, err)
		: prepare_fetch(options->file, &asked->text, &request->source, err);

	if (r < 0)
		return r;
	request->workspace = store->workspace;
	request->flags = PREPARE_KEEP | (options->fresh ? PREPARE_FRESH : 0);
	given = arguments_take(&options->arguments, &asked->arena, request, &wrong);
	if (given == 0 && !options->work_order && may_be_known(options, asked))
		asks = plan_memo_ask(request, options->file, &question);
	if (asks)
		r = recall_plan(store, &question, asked, ret_plan, err);
	/* Only plans without policies are remembered. */
	if (r > 0)
		return run_refuse_default(store, err);
	if (r < 0)
		return r;
	r = prepare_parse(options->file, &asked->text, &asked->workflow, err);
	if (r == 0 && options->work_order) {
		r = deposit_work_order(store->store, options->work_order, &asked->order, err);
		asked->has_order = r == 0;
	}
	if (r == 0 && given < 0) {
		*err = wrong;
		r = given;
	}
	if (r < 0)
		return r;
	request->workflow = asked->workflow;
	asked->name = workflow_name(asked->workflow);
	if (asked->inherits_from)
		r = inherit_given(
			store->store, asked->inherits_from, &asked->arena, request, err);
	request->work_order = asked->has_order ? &asked->order : NULL;
	request->sources = &sources;
	if (r == 0)
		r = make_plan(store, asked, ret_plan, err);
	request->sources = NULL;
	if (r == 0 &&
		(workflow_has_policies(asked->workflow) ||
			workflow_has_layers(asked->workflow)))
		return run_refuse_unheld(store, ret_plan, NULL, err);
	if (r == 0)
		r = run_refuse_default(store, err);
	if (r == 0 && asks && !takes_previous(asked->workflow))
		plan_memo_keep(store->store, &question,
			&(struct plan_memo_answer){*ret_plan, asked->name}, &sources);
	return r;
}
