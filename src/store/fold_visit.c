#include "store/fold_apply.h"
#include "store/fold_items.h"

static void
count_visit(struct fold_run *run, enum row_visit state, int by)
{
	/* Both wait, be it for a time or for a person. */
	if (state == ROW_VISIT_ASKED)
		state = ROW_VISIT_WAITING;
	if (state != ROW_VISIT_READY && state != ROW_VISIT_PENDING)
		run->visits[state] += (uint64_t)(int64_t)by;
}

void
fold_visit_set(struct reading *x, struct fold_visit *visit, enum row_visit state)
{
	if (visit->stored)
		count_visit(x->run, visit->state, -1);
	count_visit(x->run, state, 1);
	visit->stored = true;
	visit->state = state;
	visit->until_us = visit->due_us = 0;
	visit->by = visit->boot = STR_EMPTY;
}

struct fold_visit *
fold_visit_get(struct reading *x, int64_t step)
{
	struct fold_visit *visit = NULL;

	if (!x->failure)
		x->failure = fold_rows_visit(
			&x->fold->rows, x->event->run, (uint32_t)step, &visit, x->err);
	return x->failure ? NULL : visit;
}

typedef void settle_fn(struct reading *x, struct fold_visit *visit, const struct value *entry,
	struct str text);

/* Every visit of the list goes into the state; `settle` (may be NULL) does the rest, told `text`. */
static void
fold_visits(struct reading *x, enum row_visit state, settle_fn *settle, struct str text)
{
	const struct value *steps = reading_get_list(x, "steps");

	if (!steps)
		reading_refuse(x, "steps", "is missing");
	for (uint32_t i = 0; steps && !x->failure && i < steps->n; i++) {
		const struct value *entry = &steps->items[i];
		struct str name = reading_need_text(x, entry, "step");
		int64_t step = reading_need_number(x, entry, "i", 0, UINT32_MAX - 1);
		struct fold_visit *visit = fold_visit_get(x, step);

		if (!visit)
			return;
		fold_visit_set(x, visit, state);
		if (!visit->name.n)
			visit->name = reading_keep(x, name);
		if (settle)
			settle(x, visit, entry, text);
	}
}

static void
settle_blocked(
	struct reading *x, struct fold_visit *visit, const struct value *entry, struct str by)
{
	(void)x;
	(void)entry;
	visit->by = by;
}

void
fold_visit_blocked(struct reading *x)
{
	fold_visits(x, ROW_VISIT_BLOCKED, settle_blocked,
		reading_keep(x, reading_need_text(x, x->payload, "by")));
}

void
fold_visit_skipped(struct reading *x)
{
	fold_visits(x, ROW_VISIT_SKIPPED, settle_blocked,
		reading_keep(x, reading_get_text(x, x->payload, "by")));
}

void
fold_visit_cancelled(struct reading *x)
{
	fold_visits(x, ROW_VISIT_CANCELLED, NULL, STR_EMPTY);
}

/* Its outputs are artifacts of this run as well, made by no attempt of it. */
static void
settle_adopted(
	struct reading *x, struct fold_visit *visit, const struct value *entry, struct str from)
{
	const struct value *outputs = value_get(entry, STR("out"));
	struct str producer_kind = reading_get_text(x, entry, "producer_kind");
	const struct fold_origin made = {.role = STR("output"),
		.producer = visit->name,
		.producer_kind = producer_kind.n ? producer_kind : STR("tool")};

	if (!uuid_parse(from, &visit->origin))
		reading_refuse(x, "from", "is not the id of a run");
	visit->origin_attempt = reading_need_number(x, entry, "n", 1, UINT32_MAX);
	for (uint32_t i = 0; outputs && outputs->kind == VALUE_ARRAY && i < outputs->n; i++)
		if (!x->failure)
			reading_add_artifact(x, &outputs->items[i], &made);
	fold_labels(x, entry, visit->name);
}

void
fold_visit_adopted(struct reading *x)
{
	fold_visits(
		x, ROW_VISIT_ADOPTED, settle_adopted, reading_need_text(x, x->payload, "from"));
}

static void
settle_retried(
	struct reading *x, struct fold_visit *visit, const struct value *entry, struct str none)
{
	(void)none;
	visit->since = reading_need_number(x, x->payload, "after", 0, UINT32_MAX);
	/* What was said of it was said of another try. */
	fold_question_forgotten(x, reading_need_number(x, entry, "i", 0, UINT32_MAX - 1));
}

void
fold_visit_retried(struct reading *x)
{
	fold_visits(x, ROW_VISIT_PENDING, settle_retried, STR_EMPTY);
}

/* What it made, and what was said of it, is of a visit that counts no more. */
static void
settle_superseded(
	struct reading *x, struct fold_visit *visit, const struct value *entry, struct str none)
{
	int64_t number = reading_need_number(x, entry, "visit", 2, UINT32_MAX);

	settle_retried(x, visit, entry, none);
	if (number <= visit->number)
		reading_refuse(x, "visit", "is not a later one than the newest");
	visit->number = number;
	visit->is_next = true;
	visit->attempts = 0;
	visit->origin_attempt = 0;
	if (value_get(entry, STR("items")))
		fold_items_retired(x, reading_need_number(x, entry, "i", 0, UINT32_MAX - 1),
			visit->name, reading_need_number(x, entry, "items", 0, UINT32_MAX));
}

void
fold_visits_superseded(struct reading *x)
{
	const struct value *feedback = value_get(x->payload, STR("feedback"));
	sqlite3_stmt *supersede = x->fold->supersede_outputs;
	const struct fold_origin found = {.role = STR("feedback"),
		.producer = reading_keep(x, reading_need_text(x, x->payload, "by")),
		.producer_kind = STR("system")};

	(void)reading_need_text(x, x->payload, "to");
	fold_visits(x, ROW_VISIT_PENDING, settle_superseded, STR_EMPTY);
	db_bind_int(supersede, 1, x->event->run);
	db_bind_text(supersede, 2, x->event->payload);
	if (!x->failure)
		x->failure = db_run(supersede, x->err);
	if (feedback && !x->failure)
		reading_add_artifact(x, feedback, &found);
}

void
fold_scope_opened(struct reading *x)
{
	int64_t step = reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	struct str name = reading_need_text(x, x->payload, "step");
	struct fold_visit *visit = fold_visit_get(x, step);

	if (x->failure)
		return;
	fold_visit_set(x, visit, ROW_VISIT_RUNNING);
	if (!visit->name.n)
		visit->name = reading_keep(x, name);
}

void
fold_step_expanded(struct reading *x)
{
	const struct value *list = value_get(x->payload, STR("list"));
	const struct value *keys = reading_get_list(x, "keys");
	int64_t step = reading_need_number(x, x->payload, "i", 0, UINT32_MAX - 1);
	int64_t each = reading_need_number(x, x->payload, "each", 1, UINT32_MAX - 1);
	int64_t templates = reading_get_number(x, x->payload, "templates", 0);
	struct str name = reading_need_text(x, x->payload, "step");
	struct fold_visit *visit = fold_visit_get(x, step);
	sqlite3_stmt *insert = x->fold->insert_expansion;
	sqlite3_stmt *grow = x->fold->grow_run;

	if (!keys || !list)
		reading_refuse(x, keys ? "list" : "keys", "is missing");
	if (x->failure)
		return;
	(void)reading_need_object(x, list, "sha256");
	fold_visit_set(x, visit, ROW_VISIT_RUNNING);
	if (!visit->name.n)
		visit->name = reading_keep(x, name);
	db_bind_int(insert, 1, x->event->run);
	db_bind_int(insert, 2, step);
	db_bind_int(insert, 3, reading_need_number(x, x->payload, "first", 1, UINT32_MAX - 1));
	db_bind_int(insert, 4, keys->n);
	db_bind_int(insert, 5, each);
	db_bind_int(insert, 6, x->event->id);
	db_bind_int(grow, 1, x->event->run);
	db_bind_int(grow, 2, keys->n * (each - templates));
	if (!x->failure)
		x->failure = db_run(insert, x->err);
	if (!x->failure)
		x->failure = db_run(grow, x->err);
}
