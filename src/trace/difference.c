#include "trace/difference.h"

#include "base/unified.h"
#include "store/object.h"
#include "trace/shape.h"

/* What a text is compared with. */
struct earlier {
	struct artifact_row row;
	const char *of;
};

static bool
is_made(const struct artifact_row *row)
{
	return str_is(row->role, "output") || str_is(row->role, "rejected") ||
		str_is(row->role, "superseded");
}

/* Of an earlier attempt of the run: 1, or 0. */
static int
find_here(struct store *store, const struct question_row *question, struct str name,
	int64_t attempt, struct arena *arena, struct earlier *ret_earlier, struct err *err)
{
	const struct artifact_filter filter = {.run = question->run,
		.producer = question->name,
		.name = name,
		.with_rejected = true};
	struct artifact_row *rows;
	const struct artifact_row *found = NULL;
	size_t n;
	int r = artifact_list(store, &filter, arena, &rows, &n, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (is_made(&rows[i]) && rows[i].attempt && rows[i].attempt < attempt &&
			(!found || rows[i].attempt > found->attempt))
			found = &rows[i];
	if (!found)
		return 0;
	*ret_earlier =
		(struct earlier){*found, str_is(found->role, "rejected") ? "attempt" : "visit"};
	return 1;
}

/* Of the last run that succeeded: 1, or 0. */
static int
find_before(struct store *store, const struct question_row *question, struct str name,
	struct arena *arena, struct earlier *ret_earlier, struct err *err)
{
	struct artifact_filter filter = {.producer = question->name, .name = name};
	struct artifact_row *rows;
	struct uuid run;
	bool found = false;
	size_t n;
	int r = run_find_succeeded(store, question->workflow, question->name, RUN_DID_STEP,
		&filter.run, &run, err);

	if (r <= 0)
		return r;
	r = artifact_list(store, &filter, arena, &rows, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!str_is(rows[i].role, "output"))
			continue;
		*ret_earlier = (struct earlier){rows[i], "run"};
		found = true;
	}
	return r < 0 ? r : found;
}

/* 1 where it is a text of moderate size; 0 where it is none, or is gone. */
static int
read_text(struct store *store, const struct digest *digest, struct buf *b, struct err *err)
{
	struct err why = ERR_INIT;
	int r = object_get(store, digest, b, &why);

	if (r == ERR_SYS) {
		*err = why;
		return r;
	}
	return r == 0 && unified_is_text(buf_str(b)) && str_is_utf8(buf_str(b), NULL);
}

/* The hunks as far as there is room for whole lines. */
static void
add_hunks(struct builder *b, const struct lines *old, const struct lines *new,
	const struct edits *edits)
{
	AUTO_BUF struct buf hunks = BUF_INIT(8 * DIFFERENCE_TEXT_MAX);
	struct str shown;

	unified_write(old, new, edits, &hunks);
	shown = buf_str(&hunks);
	if (shown.n > DIFFERENCE_MAX) {
		shown.n = DIFFERENCE_MAX;
		while (shown.n && shown.p[shown.n - 1] != '\n')
			shown.n--;
	}
	builder_text(b, "diff", arena_str(b->arena, shown));
	builder_bool(b, "is_cut", shown.n < hunks.n);
}

static void
add_entry(struct builder *b, struct str name, const struct earlier *earlier, struct str before,
	struct str now)
{
	struct lines old = lines_of(before, b->arena);
	struct lines new = lines_of(now, b->arena);
	struct edits edits = edits_between(&old, &new, b->arena);
	struct unified_count count = unified_count(&edits);

	builder_object(b, NULL);
	builder_text(b, "name", name);
	builder_cstr(b, "of", earlier->of);
	shape_artifact_id(b, "artifact_id", &earlier->row.run_id, earlier->row.number);
	shape_digest(b, "sha256", &earlier->row.digest);
	builder_u64(b, "removed", count.removed);
	builder_u64(b, "added", count.added);
	add_hunks(b, &old, &new, &edits);
	builder_end(b);
}

static int
compare(struct builder *b, struct store *store, const struct question_row *row,
	const struct value *candidate, int64_t attempt, struct err *err)
{
	AUTO_BUF struct buf before = BUF_INIT(DIFFERENCE_TEXT_MAX);
	AUTO_BUF struct buf now = BUF_INIT(DIFFERENCE_TEXT_MAX);
	const struct value *sha256 = value_get(candidate, STR("sha256"));
	const struct value *name = value_get(candidate, STR("name"));
	const struct value *dir = value_get(candidate, STR("dir"));
	struct earlier earlier;
	struct digest digest;
	int r;

	if (!name || !sha256 || (dir && value_is_true(dir)) ||
		!digest_parse(value_text(sha256), &digest))
		return 0;
	r = find_here(store, row, value_text(name), attempt, b->arena, &earlier, err);
	if (r == 0)
		r = find_before(store, row, value_text(name), b->arena, &earlier, err);
	if (r > 0 && str_is(earlier.row.kind, "dir"))
		return 0;
	if (r > 0)
		r = read_text(store, &digest, &now, err);
	if (r > 0)
		r = read_text(store, &earlier.row.digest, &before, err);
	if (r > 0)
		add_entry(b, value_text(name), &earlier, buf_str(&before), buf_str(&now));
	return MIN(r, 0);
}

int
difference_add(struct builder *b, struct store *store, const struct question_row *row,
	const struct value *document, struct err *err)
{
	const struct value *candidates = value_get(document, STR("candidates"));
	const struct value *attempt = value_get(document, STR("attempt"));
	int64_t number = 0;
	int r = 0;

	if (!candidates || candidates->kind != VALUE_ARRAY || !attempt ||
		!value_to_i64(attempt, &number)) {
		builder_null(b, "differences");
		return 0;
	}
	builder_array(b, "differences");
	for (uint32_t i = 0; r == 0 && i < candidates->n; i++)
		r = compare(b, store, row, &candidates->items[i], number, err);
	builder_end(b);
	return r;
}
