#include "run/previous.h"

#include "store/artifact.h"

/* The output that the run left of it; nothing where the step was skipped or did not make it. */
static int
take_output(struct store *store, int64_t run, const struct workflow_previous *wanted,
	struct arena *arena, struct plan_previous *previous, struct err *err)
{
	const struct artifact_filter filter = {
		.run = run, .producer = wanted->step, .name = wanted->output};
	struct artifact_row *rows;
	size_t n = 0;
	int r = artifact_list(store, &filter, arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		const struct artifact_row *row = &rows[i];

		if (!str_is(row->role, "output"))
			continue;
		previous->present = true;
		previous->artifact = row->number;
		previous->digest = row->digest;
		previous->size = row->size;
		previous->kind = row->kind;
		previous->type = row->type;
		previous->has_schema = row->has_schema;
		previous->schema = row->schema;
	}
	return r;
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
	r = run_find_succeeded(store, workflow, wanted->step, &run, &previous->run, err);
	if (r <= 0)
		return r;
	previous->has_run = true;
	return take_output(store, run, wanted, arena, previous, err);
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
