#include "base/map.h"
#include "base/memory.h"
#include "store/event.h"
#include "store/examination.h"
#include "store/migrate.h"
#include "store/states.h"
#include "json/json.h"

#include <stdio.h>

#define CHAIN_ADVICE                                                                        \
	"what the run recorded before this event still holds; restore a backup to get the " \
	"rest"
#define FOLD_ADVICE                                                                          \
	"the events hold the truth; keep a copy of lily.db, and let a version of lily that " \
	"migrates fold them again"

/* Where the chain of a run is that has its row. */
struct chain_end {
	int64_t run; /* the key in the map */
	struct uuid id;
	uint64_t seq;
	struct digest head;
};

/* In a damaged file the number of a run may be any. */
struct chains {
	struct examination *x;
	struct arena arena;
	struct chain_end **ends;
	size_t n, capacity;
	struct map by_run;
};

static struct str
key_of(const int64_t *run)
{
	return (struct str){(const char *)run, sizeof(*run)};
}

static struct chain_end *
find_end(const struct chains *chains, int64_t run)
{
	uint32_t at = map_get(&chains->by_run, key_of(&run));

	return at == MAP_NONE ? NULL : chains->ends[at];
}

static const char *
name_event(const struct chain_end *end, int64_t run, uint64_t seq, char subject[96])
{
	char id[UUID_TEXT_SIZE];

	(void)snprintf(subject, 96, "run %s, event %llu",
		run ? uuid_to_text(&end->id, id) : "0 (the store)", (unsigned long long)seq);
	return subject;
}

static int
read_runs(struct chains *chains, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(chains->x->db, "SELECT number, id FROM store.runs", &statement, err);

	while (r == 0 && (r = db_step(statement, err)) > 0) {
		struct chain_end *end = ARENA_NEW(&chains->arena, struct chain_end);

		end->run = db_column_int(statement, 0);
		r = db_column_uuid(statement, 1, &end->id, err);
		chains->ends = memory_grow(
			chains->ends, chains->n, &chains->capacity, sizeof(*chains->ends));
		chains->ends[chains->n] = end;
		(void)map_add(&chains->by_run, key_of(&end->run), (uint32_t)chains->n++);
	}
	return r;
}

static void
payload_digest(sqlite3_stmt *statement, int at, struct digest *ret_digest)
{
	struct str payload = db_column_text(statement, at);

	/* Of a removed payload the digest is what is kept. */
	if (sqlite3_column_type(statement, at) == SQLITE_BLOB && payload.n == DIGEST_SIZE)
		memcpy(ret_digest->bytes, payload.p, DIGEST_SIZE);
	else
		digest_of(payload.p, payload.n, ret_digest);
}

static int
check_event(struct chains *chains, sqlite3_stmt *statement, struct err *err)
{
	int64_t run = db_column_int(statement, 1);
	uint64_t seq = (uint64_t)db_column_int(statement, 2);
	const char *type = event_type_name((enum event_type)db_column_int(statement, 3));
	struct chain_end *end = find_end(chains, run);
	struct digest payload;
	struct digest stored;
	struct digest hash;
	char subject[96];
	int r = db_column_digest(statement, 5, &stored, err);

	if (r < 0)
		return r;
	if (!end) {
		(void)snprintf(subject, sizeof(subject), "event with id %lld",
			(long long)db_column_int(statement, 0));
		examination_find(chains->x, "I2", subject, FOLD_ADVICE,
			"it belongs to run number %lld, which has no row", (long long)run);
		return 0;
	}
	(void)name_event(end, run, seq, subject);
	if (seq != end->seq + 1)
		examination_find(chains->x, "I2", subject, CHAIN_ADVICE,
			"it follows event %llu: the numbering has a gap",
			(unsigned long long)end->seq);
	payload_digest(statement, 6, &payload);
	event_hash(&end->head, &end->id, seq, str_of(type), db_column_int(statement, 4),
		&payload, &hash);
	if (!digest_equal(&hash, &stored))
		examination_find(chains->x, "I2", subject, CHAIN_ADVICE,
			"its hash (%s) is not that of its content and the event before it",
			type);
	end->seq = seq;
	end->head = stored;
	return 0;
}

/* The end of each run that ended stands in the store's own chain. */
static int
check_closed(struct examination *x, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_exec(x->db,
		"CREATE TABLE main.closed(head TEXT PRIMARY KEY) WITHOUT ROWID;"
		"INSERT OR IGNORE INTO main.closed SELECT payload ->> '$.head'"
		" FROM store.events WHERE run=0 AND typeof(payload)='text' AND"
		" json_valid(payload) AND payload ->> '$.head' IS NOT NULL",
		err);

	if (r == 0)
		r = db_prepare(x->db,
			"SELECT id FROM store.runs WHERE number>0 AND ended>0 AND"
			" lower(hex(head)) NOT IN (SELECT head FROM main.closed)",
			&statement, err);
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		struct uuid id;
		char text[UUID_TEXT_SIZE];
		char subject[64];

		r = db_column_uuid(statement, 0, &id, err);
		(void)snprintf(subject, sizeof(subject), "run %s", uuid_to_text(&id, text));
		examination_find(x, "I2", subject, CHAIN_ADVICE,
			"it has ended, but its end is not in the store's chain");
	}
	return r;
}

int
examine_chains(struct examination *x, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct chains chains = {.x = x, .arena = ARENA_INIT, .by_run = MAP_INIT};
	int r = read_runs(&chains, err);

	if (r == 0)
		r = db_prepare(x->db,
			"SELECT id, run, seq, type, time, hash, payload FROM store.events"
			" ORDER BY id",
			&statement, err);
	while (r == 0 && (r = db_step(statement, err)) > 0)
		r = check_event(&chains, statement, err);
	map_done(&chains.by_run);
	free(chains.ends);
	arena_done(&chains.arena);
	return r < 0 ? r : check_closed(x, err);
}

/* Rows of `from` that `other` does not have, by the first columns of the table. */
static int
compare(struct examination *x, const char *table, const char *from, const char *other,
	const char *problem, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	char sql[256];
	int r;

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM %s.%s EXCEPT SELECT * FROM %s.%s", from,
		table, other, table);
	r = db_prepare(x->db, sql, &statement, err);
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		char subject[96];

		r = 0;
		if (strcmp(table, "runs") == 0)
			(void)snprintf(subject, sizeof(subject), "runs, number %lld",
				(long long)db_column_int(statement, 0));
		else
			(void)snprintf(subject, sizeof(subject), "%s, run number %lld, %lld",
				table, (long long)db_column_int(statement, 0),
				(long long)db_column_int(statement, 1));
		examination_find(x, "I3", subject, FOLD_ADVICE, "%s", problem);
	}
	return r;
}

int
examine_fold(struct examination *x, struct err *err)
{
	struct err why = ERR_INIT;
	int r = db_make_derived(x->db, err);

	if (r < 0)
		return r;
	r = migrate_fold(x->db, &why);
	if (r < 0) {
		examination_find(x, "I3", "events", CHAIN_ADVICE, "they cannot be folded: %s",
			why.message);
		return 0;
	}
	for (size_t i = 0; r == 0 && db_derived_tables[i]; i++) {
		r = compare(x, db_derived_tables[i], "store", "main",
			"the table says what the events do not", err);
		if (r == 0)
			r = compare(x, db_derived_tables[i], "main", "store",
				"the events say what the table does not", err);
	}
	return r;
}
