#include "store/fold_items.h"

#include "store/question.h"

/* What a foreach was expanded into, with all that its items were. */
#define GONE                                                                                   \
	"WITH RECURSIVE gone(first, last) AS (SELECT first, first+items*each FROM expansions"  \
	" WHERE run=?1 AND step=?2 AND retired=0 UNION SELECT x.first, x.first+x.items*x.each" \
	" FROM gone g JOIN expansions x ON x.run=?1 AND x.step>=g.first AND x.step<g.last"     \
	" AND x.retired=0) "
#define IS_GONE "EXISTS (SELECT 1 FROM gone g WHERE step>=g.first AND step<g.last)"

enum gone_statement {
	GONE_RANGES,
	GONE_VISITS,
	GONE_QUESTIONS,
	GONE_EXPANSIONS,
	GONE_OUTPUTS,
	GONE_STATEMENTS
};

int
fold_items_prepare(struct fold *fold, struct err *err)
{
	int r = db_prepare(
		fold->db, GONE "SELECT first, last FROM gone", &fold->gone[GONE_RANGES], err);

	if (r == 0)
		r = db_prepare(fold->db,
			"SELECT step FROM visits WHERE run=?1 AND step>=?2 AND step<?3",
			&fold->gone[GONE_VISITS], err);
	if (r == 0)
		r = db_prepare(fold->db,
			GONE "UPDATE questions SET state=?3, answer=NULL, approval=''"
			     " WHERE run=?1 AND " IS_GONE,
			&fold->gone[GONE_QUESTIONS], err);
	if (r == 0)
		r = db_prepare(fold->db,
			GONE
			"UPDATE expansions SET retired=1 WHERE run=?1 AND (step=?2 OR " IS_GONE
			")",
			&fold->gone[GONE_EXPANSIONS], err);
	/* '0' comes after '/'. */
	if (r == 0)
		r = db_prepare(fold->db,
			"UPDATE artifacts SET role='superseded' WHERE run=?1 AND role='output'"
			" AND producer>?2||'/' AND producer<?2||'0'",
			&fold->gone[GONE_OUTPUTS], err);
	return r;
}

void
fold_items_done(struct fold *fold)
{
	for (size_t i = 0; i < GONE_STATEMENTS; i++)
		(void)sqlite3_finalize(fold->gone[i]);
}

/* An attempt of it that still runs is of the visit before. */
static void
retire_visit(struct reading *x, struct fold_visit *visit)
{
	if (visit->state == ROW_VISIT_SUPERSEDED)
		return;
	fold_visit_set(x, visit, ROW_VISIT_SUPERSEDED);
	visit->number++;
	visit->is_next = true;
}

/* Those that are in memory, and those that are in the table only. */
static void
retire_range(struct reading *x, int64_t first, int64_t last)
{
	const struct fold_rows *rows = &x->fold->rows;
	sqlite3_stmt *find = x->fold->gone[GONE_VISITS];
	int r;

	for (size_t i = 0; i < rows->n; i++) {
		const struct fold_key *key = rows->rows[i];

		if (key->table == FOLD_VISITS && key->run == x->event->run && key->a >= first &&
			key->a < last)
			retire_visit(x, fold_visit_get(x, key->a));
	}
	db_bind_int(find, 1, x->event->run);
	db_bind_int(find, 2, first);
	db_bind_int(find, 3, last);
	while ((r = db_step(find, x->err)) > 0) {
		struct fold_visit *visit = fold_visit_get(x, db_column_int(find, 0));

		if (!visit)
			break;
		retire_visit(x, visit);
	}
	if (r < 0)
		x->failure = r;
	(void)sqlite3_reset(find);
}

static void
run_about(struct reading *x, sqlite3_stmt *statement, int64_t step)
{
	db_bind_int(statement, 1, x->event->run);
	db_bind_int(statement, 2, step);
	if (!x->failure)
		x->failure = db_run(statement, x->err);
}

void
fold_items_retired(struct reading *x, int64_t step, struct str name, int64_t n_steps)
{
	sqlite3_stmt *find = x->fold->gone[GONE_RANGES];
	sqlite3_stmt *outputs = x->fold->gone[GONE_OUTPUTS];
	sqlite3_stmt *shrink = x->fold->grow_run;
	int r = 0;

	db_bind_int(find, 1, x->event->run);
	db_bind_int(find, 2, step);
	while (!x->failure && (r = db_step(find, x->err)) > 0)
		retire_range(x, db_column_int(find, 0), db_column_int(find, 1));
	if (r < 0)
		x->failure = r;
	(void)sqlite3_reset(find);
	db_bind_int(x->fold->gone[GONE_QUESTIONS], 3, QUESTION_VOID);
	run_about(x, x->fold->gone[GONE_QUESTIONS], step);
	run_about(x, x->fold->gone[GONE_EXPANSIONS], step);
	run_about(x, shrink, -n_steps);
	db_bind_int(outputs, 1, x->event->run);
	db_bind_text(outputs, 2, name);
	if (!x->failure)
		x->failure = db_run(outputs, x->err);
}
