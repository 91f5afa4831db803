#include "store/fsck.h"

#include "base/memory.h"
#include "store/examination.h"

#include <stdio.h>

static void
add(struct examination *x, struct fsck_finding finding)
{
	struct fsck_report *report = x->report;

	report->findings = memory_grow(
		report->findings, report->n_findings, &x->capacity, sizeof(*report->findings));
	report->findings[report->n_findings++] = finding;
}

void
examination_find(struct examination *x, const char *invariant, const char *subject,
	const char *advice, const char *problem, ...)
{
	struct arena *arena = x->report->arena;
	char text[ERR_MESSAGE_SIZE];
	va_list args;

	if (x->report->n_findings >= FINDINGS_MOST) {
		x->dropped++;
		return;
	}
	va_start(args, problem);
	(void)vsnprintf(text, sizeof(text), problem, args);
	va_end(args);
	add(x,
		(struct fsck_finding){
			.invariant = arena_str(arena, str_of(invariant)),
			.subject = arena_str(arena, str_of(subject)),
			.problem = arena_str(arena, str_of(text)),
			.advice = arena_str(arena, str_of(advice)),
		});
}

/* SQLite's own look at the file: broken pages, rows missing from an index. */
static int
examine_file(struct examination *x, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(x->db, "PRAGMA store.integrity_check(20)", &statement, err);

	while (r == 0 && (r = db_step(statement, err)) > 0) {
		struct str line = db_column_text(statement, 0);

		r = 0;
		if (!str_is(line, "ok"))
			examination_find(x, "file", DB_NAME,
				"restore lily.db from a backup, or from its events",
				"SQLite finds: %.*s", (int)MIN(line.n, 500), line.p);
	}
	return r;
}

static int
count(struct examination *x, struct err *err)
{
	const struct {
		const char *sql;
		uint64_t *n;
	} counts[] = {
		{"SELECT count(*) FROM store.runs WHERE number>0", &x->report->runs},
		{"SELECT count(*) FROM store.events", &x->report->events},
		{"SELECT count(*) FROM store.objects", &x->report->objects},
		{"SELECT (SELECT count(*) FROM store.artifacts) +"
		 " (SELECT coalesce(sum(artifacts),0) FROM store.repeats)",
			&x->report->artifacts},
	};
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(counts); i++) {
		int64_t n = 0;

		r = db_query_int(x->db, counts[i].sql, &n, err);
		*counts[i].n = (uint64_t)n;
	}
	return r < 0 ? r : 0;
}

typedef int examine_fn(struct examination *x, struct err *err);

static int
examine(struct examination *x, struct err *err)
{
	static examine_fn *const parts[] = {examine_file, count, examine_chains, examine_fold,
		examine_objects, examine_runs};
	int r = db_exec(x->db, "BEGIN", err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++) {
		r = parts[i](x, err);
		/* Damage that stops one look is a finding; the others still have theirs. */
		if (r == ERR_CORRUPT) {
			examination_find(x, "file", DB_NAME, "restore lily.db from a backup",
				"%s", err ? err->message : "it is damaged");
			r = 0;
		}
	}
	return r;
}

static void
finish_report(struct examination *x)
{
	struct fsck_report *report = x->report;
	struct fsck_finding *findings;

	if (x->dropped) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%llu more problems",
			(unsigned long long)x->dropped);
		add(x,
			(struct fsck_finding){STR("all"), STR("the store"),
				arena_str(report->arena, str_of(text)),
				STR("repair what is named, then look again")});
	}
	findings = ARENA_ARRAY(report->arena, report->n_findings, struct fsck_finding);
	if (report->n_findings)
		memcpy(findings, report->findings, report->n_findings * sizeof(*findings));
	free(report->findings);
	report->findings = findings;
}

int
fsck_run(struct store *store, unsigned flags, struct arena *arena,
	struct fsck_report *ret_report, struct err *err)
{
	struct fsck_report report = {.arena = arena};
	struct examination x = {.store = store, .flags = flags, .report = &report};
	struct err why = ERR_INIT;
	int r = store->access == STORE_WRITE ? store_flush(store, err) : 0;

	if (r == 0)
		r = db_open(store->path, DB_EXAMINER, &x.db, err);
	if (r < 0)
		return r;
	r = examine(&x, &why);
	finish_report(&x);
	db_close(x.db);
	if (r < 0) {
		if (err)
			*err = why;
		return err_wrap(err, "store %s", store->path);
	}
	*ret_report = report;
	return 0;
}
