#include "store/manifest.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "store/rows.h"
#include "json/json.h"

#include <stdio.h>

#define MANIFEST_MAX ((size_t)1 << 20)
#define RUN_PATH_SIZE 64

static void
add_name(struct buf *b, const char *name)
{
	buf_printf(b, "%s\n  \"%s\": ", b->n > 1 ? "," : "", name);
}

static void
add_text(struct buf *b, const char *name, struct str text)
{
	add_name(b, name);
	if (text.n)
		json_write_string(text, b);
	else
		buf_add_cstr(b, "null");
}

static void
add_time(struct buf *b, const char *name, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	add_text(b, name, us ? str_of(clock_to_text(us, text)) : STR_EMPTY);
}

static void
add_work_order(
	struct buf *b, const struct run_row *row, const char *id, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	add_name(b, "work_order");
	if (row->has_work_order)
		buf_printf(b, "{ \"artifact_id\": \"%s:%u\", \"sha256\": \"%s\" }", id,
			row->work_order, digest_to_hex(digest, hex));
	else
		buf_add_cstr(b, "null");
}

static void
add_counts(struct buf *b, const struct run_row *row)
{
	const struct {
		const char *name;
		uint64_t n;
	} counts[] = {{"total", row->steps}, {"running", row->running},
		{"waiting", row->waiting}, {"succeeded", row->succeeded},
		{"failed", row->failed}, {"blocked", row->blocked},
		{"cancelled", row->cancelled}, {"adopted", row->adopted},
		{"skipped", row->skipped}, {"reused", row->reused}, {"unknown", row->unknown}};

	add_name(b, "steps");
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++)
		buf_printf(b, "%s\"%s\": %llu", i ? ", " : "{ ", counts[i].name,
			(unsigned long long)counts[i].n);
	buf_add_cstr(b, " }");
	add_name(b, "attempts");
	buf_add_u64(b, row->attempts);
}

static void
add_chain(struct buf *b, const struct run_row *row)
{
	char plan[sizeof("sha256:") + DIGEST_HEX_SIZE];
	char hex[DIGEST_HEX_SIZE];
	char parent[UUID_TEXT_SIZE];

	(void)snprintf(plan, sizeof(plan), "sha256:%s", digest_to_hex(&row->plan, hex));
	add_text(b, "plan", row->has_plan ? str_of(plan) : STR_EMPTY);
	add_counts(b, row);
	add_name(b, "events");
	buf_printf(b, "{ \"seq\": %llu, \"head\": \"%s\" }", (unsigned long long)row->seq,
		digest_to_hex(&row->head, hex));
	add_text(b, "parent",
		row->has_parent ? str_of(uuid_to_text(&row->parent, parent)) : STR_EMPTY);
}

static void
describe(struct buf *b, const struct run_row *row, const struct digest *work_order)
{
	char id[UUID_TEXT_SIZE];

	(void)uuid_to_text(&row->id, id);
	buf_add_char(b, '{');
	add_text(b, "schema", STR("run_manifest.v1"));
	add_text(b, "run_id", str_of(id));
	add_text(b, "kind", row->kind);
	add_text(b, "status", row->status);
	add_text(b, "workflow", row->workflow);
	add_text(b, "source", row->source);
	add_text(b, "kernel", row->kernel);
	add_time(b, "created_at", row->created_us);
	add_time(b, "started_at", row->started_us);
	add_time(b, "ended_at", row->ended_us);
	add_work_order(b, row, id, work_order);
	add_chain(b, row);
	buf_add_cstr(b, "\n}\n");
}

static int
find_work_order(sqlite3 *db, const struct run_row *row, struct digest *digest, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r;

	if (!row->has_work_order)
		return 0;
	r = db_prepare(db,
		"SELECT sha256 FROM artifacts JOIN objects ON objects.id=object"
		" WHERE run=?1 AND number=?2",
		&statement, err);
	if (r < 0)
		return r;
	db_bind_int(statement, 1, row->number);
	db_bind_int(statement, 2, row->work_order);
	r = db_step(statement, err);
	if (r == 0)
		r = err_set(err, ERR_CORRUPT, "the work order's artifact has no row");
	return r < 0 ? r : db_column_digest(statement, 0, digest, err);
}

static const char *
path_of(const struct run_row *row, char path[RUN_PATH_SIZE])
{
	char id[UUID_TEXT_SIZE];

	(void)snprintf(path, RUN_PATH_SIZE, "runs/%s", uuid_to_text(&row->id, id));
	return path;
}

int
manifest_write(sqlite3 *db, int store, int64_t run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(MANIFEST_MAX);
	struct digest work_order = {{0}};
	char path[RUN_PATH_SIZE];
	char file[RUN_PATH_SIZE + 16];
	struct run_row row;
	int r = run_row_get(db, run, &arena, &row, err);

	if (r == 0)
		r = find_work_order(db, &row, &work_order, err);
	if (r < 0)
		return r;
	describe(&text, &row, &work_order);
	r = buf_check(&text, "a run's manifest", err);
	if (r == 0)
		r = dir_make(store, "runs", 0700, err);
	if (r == 0)
		r = dir_make(store, path_of(&row, path), 0700, err);
	if (r < 0)
		return r;
	(void)snprintf(file, sizeof(file), "%s/manifest.json", path);
	return file_replace(store, file, buf_str(&text), 0644, FILE_NO_SYNC, err);
}

static int
run_for_each(sqlite3 *db, const char *sql, const int64_t *runs, size_t n, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = n ? db_prepare(db, sql, &statement, err) : 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		db_bind_int(statement, 1, runs[i]);
		r = db_run(statement, err);
	}
	return r;
}

int
manifest_note(sqlite3 *db, const int64_t *runs, size_t n, struct err *err)
{
	return run_for_each(db, "INSERT OR IGNORE INTO manifests VALUES(?1)", runs, n, err);
}

int
manifest_forget(sqlite3 *db, struct manifest_list *list, struct err *err)
{
	int r = run_for_each(
		db, "DELETE FROM manifests WHERE run=?1", list->runs, list->n, err);

	if (r == 0)
		list->n = 0;
	return r;
}

void
manifest_list_add(struct manifest_list *list, int64_t run)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->runs[i] == run)
			return;
	list->runs = memory_grow(list->runs, list->n, &list->capacity, sizeof(*list->runs));
	list->runs[list->n++] = run;
}

static struct str
member_text(const struct value *object, const char *name)
{
	const struct value *v = value_get(object, str_of(name));

	return v ? value_text(v) : STR_EMPTY;
}

int
manifest_matches(int store, const struct run_row *row, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(MANIFEST_MAX);
	struct source source = {.name = "manifest.json"};
	struct err ignored = ERR_INIT;
	const struct value *manifest;
	char path[RUN_PATH_SIZE];
	char id[UUID_TEXT_SIZE];
	char file[RUN_PATH_SIZE + 16];
	int r;

	(void)snprintf(file, sizeof(file), "%s/manifest.json", path_of(row, path));
	r = file_read(store, file, &text, &ignored);
	if (r < 0 && r != ERR_NOT_FOUND) {
		if (err)
			*err = ignored;
		return r;
	}
	source.text = buf_str(&text);
	if (r < 0 || json_parse(&arena, &source, 0, NULL, &manifest, &ignored) < 0)
		return 0;
	return str_equal(member_text(manifest, "status"), row->status) &&
		str_is(member_text(manifest, "run_id"), uuid_to_text(&row->id, id));
}

static int
check_one(sqlite3 *db, int store, int64_t run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_row row;
	int r = run_row_get(db, run, &arena, &row, err);

	if (r == 0)
		r = manifest_matches(store, &row, err);
	return r == 0 ? manifest_write(db, store, run, err) : MIN(r, 0);
}

int
manifest_catch_up(sqlite3 *db, int store, struct manifest_list *list, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(db, "SELECT run FROM manifests", &statement, err);

	while (r == 0 && (r = db_step(statement, err)) > 0) {
		int64_t run = db_column_int(statement, 0);

		r = check_one(db, store, run, err);
		if (r == 0)
			manifest_list_add(list, run);
	}
	return r;
}
