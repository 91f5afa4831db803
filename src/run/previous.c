#include "run/previous.h"

#include "store/artifact.h"
#include "store/stats.h"

static void
take_artifact(const struct artifact_row *row, struct plan_previous *previous)
{
	previous->present = true;
	previous->run = row->run_id;
	previous->artifact = row->number;
	previous->digest = row->digest;
	previous->size = row->size;
	previous->kind = row->kind;
	previous->type = row->type;
	previous->has_schema = row->has_schema;
	previous->schema = row->schema;
}

/* Whose an artifact has to be: of no attempt, which is 0, where it was reused. */
#define ANY_ATTEMPT UINT32_MAX

/* The last that the run has of it: nothing where the step was skipped or did not make it. */
static int
take_last(struct store *store, int64_t run, const struct workflow_previous *wanted,
	uint32_t attempt, struct arena *arena, struct plan_previous *previous, struct err *err)
{
	const struct artifact_filter filter = {
		.run = run, .producer = wanted->step, .name = wanted->output};
	const char *role = wanted->is_gate ? "gate" : "output";
	struct artifact_row *rows;
	size_t n = 0;
	int r = artifact_list(store, &filter, arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (str_is(rows[i].role, role) &&
			(attempt == ANY_ATTEMPT || rows[i].attempt == attempt))
			take_artifact(&rows[i], previous);
	/* That it is gone must not look as if it had never been there. */
	return r == 0 && !previous->present ? artifact_check_kept(store, &filter, err) : r;
}

/* The step as the run has left it: 1, or 0 where it never began. */
static int
find_visit(struct store *store, int64_t run, struct str step, struct arena *arena,
	struct visit_row *ret_visit, struct err *err)
{
	struct visit_row *visits;
	size_t n = 0;
	int r = run_visits(store, run, arena, &visits, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (!str_equal(visits[i].name, step))
			continue;
		*ret_visit = visits[i];
		return 1;
	}
	return r;
}

/* What a gate found of the step's last attempt, or of what was reused for it: that of earlier attempts and
 * visits counts no more. Of a step that was adopted it stands in the run that did the step. */
static int
take_judged(struct store *store, int64_t run, const struct workflow_previous *wanted,
	struct arena *arena, struct plan_previous *previous, struct err *err)
{
	struct visit_row visit;
	struct attempt_row attempt;
	struct run_row judged;
	struct err why = ERR_INIT;
	char id[UUID_TEXT_SIZE];
	int r = find_visit(store, run, wanted->step, arena, &visit, err);

	if (r <= 0)
		return r;
	if (str_is(visit.state, "reused"))
		return take_last(store, run, wanted, 0, arena, previous, err);
	r = stats_newest_attempt(store, run, wanted->step, arena, &attempt, &why);
	if (r == 0)
		return take_last(store, run, wanted, attempt.number, arena, previous, err);
	if (r != ERR_NOT_FOUND) {
		*err = why;
		return r;
	}
	if (!visit.origin_attempt)
		return 0;
	r = run_find(store, str_of(uuid_to_text(&visit.origin, id)), arena, &judged, err);
	return r < 0 ? r
		     : take_last(store, judged.number, wanted, visit.origin_attempt, arena,
			       previous, err);
}

static const struct plan_previous *
find_fixed(const struct plan_previous *fixed, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_equal(fixed[i].name, name))
			return &fixed[i];
	return NULL;
}

static int
look_up(struct store *store, struct str workflow, const struct workflow_previous *wanted,
	struct arena *arena, struct plan_previous *previous, struct err *err)
{
	int64_t run;
	int r;

	if (!store)
		return 0;
	r = run_find_succeeded(store, workflow, wanted->step,
		wanted->is_compared ? RUN_DID_STEP : RUN_HAD_STEP, &run, &previous->run, err);
	if (r <= 0)
		return r;
	previous->has_run = true;
	return wanted->is_gate
		? take_judged(store, run, wanted, arena, previous, err)
		: take_last(store, run, wanted, ANY_ATTEMPT, arena, previous, err);
}

int
previous_collect(struct store *store, const struct workflow *workflow,
	const struct plan_previous *fixed, size_t n_fixed, struct arena *arena,
	struct plan_previous **ret_previous, size_t *ret_n, struct err *err)
{
	size_t n;
	const struct workflow_previous *wanted = workflow_previous(workflow, &n);
	struct plan_previous *all = ARENA_ARRAY(arena, n, struct plan_previous);
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct plan_previous *before = find_fixed(fixed, n_fixed, wanted[i].name);

		all[i] = before ? *before : (struct plan_previous){.name = wanted[i].name};
		if (!before)
			r = look_up(store, workflow_name(workflow), &wanted[i], arena, &all[i],
				err);
		if (r < 0)
			return err_wrap(err, "%.*s of an earlier run", STR_ARG(wanted[i].name));
	}
	*ret_previous = all;
	*ret_n = n;
	return 0;
}
