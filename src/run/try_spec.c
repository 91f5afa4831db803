#include "run/once.h"

#include "base/file.h"
#include "graph/step_surroundings.h"
#include "run/bounds.h"
#include "run/state_folder.h"
#include "run/transaction.h"

static const struct step *
step_of(const struct try *try)
{
	return &try->engine->graph->steps[try->step];
}

static int
make_argv(struct try *try, char ***ret_argv, struct err *err)
{
	const struct step *step = step_of(try);
	char **argv = ARENA_ARRAY(&try->arena, step->n_argv + 1, char *);

	for (uint32_t i = 0; i < step->n_argv; i++) {
		struct str text;
		int r = values_text(&try->values, &step->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u", i);
		/* Literal text ends with a NUL behind the view (graph.h), made text likewise; the
		 * executor only reads it. */
		memcpy(&argv[i], &text.p, sizeof(argv[i]));
		if (text.p[text.n])
			memcpy(&argv[i], &(const char *){arena_cstr(&try->arena, text)},
				sizeof(argv[i]));
	}
	*ret_argv = argv;
	return 0;
}

static struct str
stdout_output(const struct step *step)
{
	for (uint32_t i = 0; i < step->n_outputs; i++)
		if (step->outputs[i].from_stdout)
			return step->outputs[i].name;
	return STR_EMPTY;
}

/* Its folder is in the store, which policies hide, and lily's, whom a step that is held may not be. */
static int
open_state(struct try *try, const char *state, struct attempt_spec *spec, struct err *err)
{
	struct engine *engine = try->engine;
	const struct bounding *bound = bounds_of_step(engine->bounds, step_of(try));
	struct stat status;

	if (!bound || bound->policy.is_none)
		return 0;
	spec->policy = bounds_open_state(engine->bounds, bound, state);
	if (geteuid() != 0)
		return 0;
	if (fstat(engine->workspace, &status) != 0 ||
		lchown(state, status.st_uid, status.st_gid) != 0)
		return err_sys(err, "give %s to whom the workspace belongs to", state);
	return 0;
}

/* Where it starts, and what it finds there. */
static int
set_surroundings(struct try *try, struct environment_request *environment,
	struct attempt_spec *spec, struct err *err)
{
	struct engine *engine = try->engine;
	const struct step_surroundings *surroundings = step_of(try)->surroundings;
	struct str below;
	int r = 0;

	spec->cwd = engine->options.workspace;
	if (!surroundings)
		return 0;
	if (surroundings->workspace == WORKSPACE_NONE) {
		spec->cwd = NULL;
		environment->workspace = STR_EMPTY;
	}
	if (step_has_layer(step_of(try))) {
		struct wall_layer *layer = ARENA_NEW(&try->arena, struct wall_layer);

		r = layers_make(&engine->layers, try->number, NULL, &try->arena, layer, err);
		if (r < 0)
			return r;
		spec->layer = layer;
		if (step_workspace(step_of(try)) == WORKSPACE_TRANSACTION)
			try->transaction = transaction_new(try, layer);
	}
	if (surroundings->has_cwd) {
		r = values_text(&try->values, &surroundings->cwd, &below, err);
		if (r < 0)
			return err_wrap(err, "cwd");
		if (!path_is_inside(below))
			return err_set(err, ERR_INVALID,
				"cwd \"%.*s\" leads out of the workspace", STR_ARG(below));
		spec->below = arena_cstr(&try->arena, below);
	}
	if (surroundings->n_secrets) {
		struct secret_file *files;

		environment->secrets = engine->secrets;
		spec->n_secret_files =
			secrets_list_files(engine->secrets, surroundings, &try->arena, &files);
		spec->secret_files = files;
	}
	if (surroundings->keeps_state)
		r = state_folder_make(engine->hold.directory,
			arena_printf(&try->arena, "%s/runs/%s", store_path(engine->store),
				engine->run_id),
			step_of(try)->name, &try->arena, &environment->state, err);
	return r == 0 && surroundings->keeps_state
		? open_state(try, environment->state, spec, err)
		: r;
}

int
try_make_spec(struct try *try, struct attempt_spec *ret_spec, struct err *err)
{
	struct engine *engine = try->engine;
	const struct step *step = step_of(try);
	struct environment_request environment = {.base = &engine->environment,
		.values = &try->values,
		.step = step,
		.try_number = try->try_number,
		.visit = try->visit,
		.run = &engine->hold.chain.id,
		.workspace = str_of(engine->options.workspace),
		.feedback = try->feedback,
		.once_key = try->once ? try->once->key : STR_EMPTY,
		.pool_slots = try->pool_slots};
	const struct bounding *bound;
	char **argv;
	char **environ_list;
	int r;

	bound = bounds_of_step(engine->bounds, step);
	*ret_spec = (struct attempt_spec){.number = try->number,
		.policy = bound ? &bound->policy : NULL,
		.in = try->values.in_dir,
		.redactor = secrets_redactor_place(try->engine->secrets),
		.stdout_name = stdout_output(step),
		.wants_out = step->n_outputs > 0,
		.timeout_us = step->settings->timeout_us,
		.grace_us = step->settings->grace_us};
	r = set_surroundings(try, &environment, ret_spec, err);
	if (r == 0)
		r = make_argv(try, &argv, err);
	if (r == 0)
		r = environment_make(&environment, &environ_list, err);
	if (r < 0)
		return r;
	ret_spec->argv = argv;
	ret_spec->environ = environ_list;
	return 0;
}
