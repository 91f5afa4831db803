#include "store/fold_apply.h"

int
fold_cache_prepare(struct fold *fold, struct err *err)
{
	int r = db_prepare(fold->db,
		"INSERT OR REPLACE INTO cache VALUES(?1,?2,?3,?4,?5,?6,?7)",
		&fold->insert_cached, err);

	if (r == 0)
		r = db_prepare(
			fold->db, "DELETE FROM cache WHERE key=?1", &fold->forget_cached, err);
	return r < 0 ? r : db_prepare(fold->db, "DELETE FROM cache", &fold->clear_cached, err);
}

/* The outputs of one attempt have numbers in a row (run/record.h); none: from 0. */
static int64_t
first_number(struct reading *x, const struct value *list)
{
	int64_t first = 0;

	for (uint32_t i = 0; list && !x->failure && i < list->n; i++) {
		int64_t number =
			reading_need_number(x, &list->items[i], "artifact", 1, UINT32_MAX);

		if (i && number != first + i)
			reading_refuse(x, "out", "does not have its numbers in a row");
		first = i ? first : number;
	}
	return first;
}

/* Of one that made nothing, the first that its gates left: readers find these behind its outputs. */
static int64_t
first_of_gates(struct reading *x)
{
	static const char *const lists[] = {"logs", "files"};
	const struct value *gates = reading_get_list(x, "gates");

	if (!gates || !gates->n)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct value *list = value_get(&gates->items[0], str_of(lists[i]));

		if (list && list->kind == VALUE_ARRAY && list->n)
			return reading_need_number(
				x, &list->items[0], "artifact", 1, UINT32_MAX);
	}
	return reading_need_number(
		x, value_get(&gates->items[0], STR("result")), "artifact", 1, UINT32_MAX);
}

static void
list_executable(const struct value *list, struct buf *b)
{
	for (uint32_t i = 0; list && i < list->n; i++) {
		const struct value *executable = value_get(&list->items[i], STR("executable"));

		if (!executable || !value_is_true(executable))
			continue;
		buf_add_cstr(b, b->n ? "" : " ");
		buf_add_str(b, value_text(value_get(&list->items[i], STR("artifact"))));
		buf_add_char(b, ' ');
	}
}

void
fold_cache_add(struct reading *x, uint32_t attempt)
{
	sqlite3_stmt *insert = x->fold->insert_cached;
	const struct value *list = reading_get_list(x, "out");
	AUTO_BUF struct buf executable = BUF_INIT((size_t)1 << 20);

	db_bind_int(insert, 1, reading_need_object(x, x->payload, "key"));
	db_bind_int(insert, 2, x->event->run);
	db_bind_int(insert, 3, attempt);
	db_bind_int(insert, 4, list && list->n ? first_number(x, list) : first_of_gates(x));
	db_bind_int(insert, 5, list ? list->n : 0);
	db_bind_int(insert, 6, x->event->time_us);
	if (!x->failure)
		list_executable(list, &executable);
	db_bind_text(insert, 7, buf_str(&executable));
	if (!x->failure)
		x->failure = db_run(insert, x->err);
}

void
fold_cache_forget(struct reading *x)
{
	sqlite3_stmt *forget = x->fold->forget_cached;

	if (!value_get(x->payload, STR("key")))
		return;
	db_bind_int(forget, 1, reading_need_object(x, x->payload, "key"));
	if (!x->failure)
		x->failure = db_run(forget, x->err);
}

void
fold_cache_cleared(struct reading *x)
{
	x->failure = db_run(x->fold->clear_cached, x->err);
}

/* The attempt that a visit takes its outputs from. */
static void
set_origin(struct reading *x, struct fold_visit *visit, const struct value *entry)
{
	const struct value *runs = reading_get_list(x, "runs");
	int64_t at = reading_get_number(x, entry, "run", 0);

	visit->origin_attempt = reading_need_number(x, entry, "n", 1, UINT32_MAX);
	if (!runs || at >= runs->n || !uuid_parse(value_text(&runs->items[at]), &visit->origin))
		reading_refuse(x, "run", "is not among the runs");
}

static void
fold_one(struct reading *x, const struct value *entry)
{
	const struct value *list = value_get(entry, STR("out"));
	struct fold_origin made = {.role = STR("output"),
		.producer = reading_need_text(x, entry, "step"),
		.producer_kind = STR("tool")};
	struct fold_visit *visit =
		fold_visit_get(x, reading_need_number(x, entry, "i", 0, UINT32_MAX - 1));

	if (!visit)
		return;
	fold_visit_set(x, visit, ROW_VISIT_REUSED);
	set_origin(x, visit, entry);
	visit->name = reading_keep(x, made.producer);
	if (list && list->kind != VALUE_ARRAY)
		reading_refuse(x, "out", "is not a list");
	for (uint32_t i = 0; list && !x->failure && i < list->n; i++)
		reading_add_artifact(x, &list->items[i], &made);
	fold_gates(x, entry, made.producer, 0);
	fold_grants(x, entry, made.producer);
}

void
fold_visit_reused(struct reading *x)
{
	const struct value *steps = reading_get_list(x, "steps");

	if (!steps)
		reading_refuse(x, "steps", "is missing");
	for (uint32_t i = 0; steps && !x->failure && i < steps->n; i++)
		fold_one(x, &steps->items[i]);
}
