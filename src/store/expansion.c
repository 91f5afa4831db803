#include "store/expansion.h"

#include "base/memory.h"
#include "store/handle.h"
#include "json/json.h"

static int
refuse(struct err *err)
{
	return err_set(
		err, ERR_CORRUPT, "an expansion is not what its row says; run lily fsck");
}

/* Keys and list stand in the event's payload. */
static int
read_payload(struct str text, struct arena *arena, struct expansion_row *row, struct err *err)
{
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	struct source source = {.name = "step.expanded", .text = text};
	const struct value *payload;
	const struct value *keys;
	struct str *copies;
	int64_t visit = 1;
	int r = json_parse(&scratch, &source, JSON_BORROW_TEXT, NULL, &payload, err);

	if (r < 0)
		return err_wrap(err, "an expansion");
	keys = value_get(payload, STR("keys"));
	if (!keys || keys->kind != VALUE_ARRAY || keys->n != row->n_items ||
		!digest_parse(
			value_text(value_get(value_get(payload, STR("list")), STR("sha256"))),
			&row->list))
		return refuse(err);
	if (value_get(payload, STR("visit")) &&
		(!value_to_i64(value_get(payload, STR("visit")), &visit) || visit < 1 ||
			visit > UINT32_MAX))
		return refuse(err);
	row->visit = (uint32_t)visit;
	copies = ARENA_ARRAY(arena, keys->n, struct str);
	for (uint32_t i = 0; i < keys->n; i++)
		copies[i] = arena_str(arena, value_text(&keys->items[i]));
	row->keys = copies;
	return 0;
}

static int
read_row(sqlite3_stmt *statement, struct arena *arena, struct expansion_row *row,
	struct err *err)
{
	*row = (struct expansion_row){
		.step = (uint32_t)db_column_int(statement, 0),
		.first = (uint32_t)db_column_int(statement, 1),
		.n_items = (uint32_t)db_column_int(statement, 2),
		.each = (uint32_t)db_column_int(statement, 3),
		.is_retired = db_column_int(statement, 4) != 0,
	};
	if (db_column_is_null(statement, 5))
		return refuse(err);
	return read_payload(db_column_text(statement, 5), arena, row, err);
}

int
expansion_list(struct store *store, int64_t run, struct arena *arena,
	struct expansion_row **ret_rows, size_t *ret_n, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct expansion_row *rows = NULL;
	size_t capacity = 0;
	size_t n = 0;
	int r = reader_lease(store, &lease, err);

	if (r < 0)
		return r;
	r = db_prepare(lease.db,
		"SELECT x.step, x.first, x.items, x.each, x.retired, e.payload FROM expansions "
		"x"
		" LEFT JOIN events e ON e.id=x.event WHERE x.run=?1 ORDER BY x.event",
		&statement, err);
	if (r == 0)
		db_bind_int(statement, 1, run);
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		rows = memory_grow(rows, n, &capacity, sizeof(*rows));
		r = read_row(statement, arena, &rows[n++], err);
	}
	if (r == 0 && n) {
		*ret_rows = ARENA_ARRAY(arena, n, struct expansion_row);
		memcpy(*ret_rows, rows, n * sizeof(*rows));
	}
	if (r == 0)
		*ret_n = n;
	free(rows);
	return r;
}
