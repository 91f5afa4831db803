#include "graph/declared_secret.h"
#include "graph/loader.h"
#include "graph/reference.h"
#include "graph/step_surroundings.h"
#include "graph/surroundings.h"

static const struct shape secret_shape[] = {
	[SECRET_ENV] = {"env", KEY_TEXT, false},
	[SECRET_FILE] = {"file", KEY_TEXT, false},
	[SECRET_EXEC] = {"exec", KEY_LIST, false},
};

static int
read_argv(struct loader *l, const struct value *list, struct secret_source *source,
	struct err *err)
{
	struct str *argv = ARENA_ARRAY(&l->graph->arena, list->n, struct str);

	if (!list->n || list->n > ARGUMENTS_MAX)
		return loader_corrupt(err, "a secret has no program");
	for (uint32_t i = 0; i < list->n; i++) {
		struct str text = value_text(&list->items[i]);

		if (list->items[i].kind != VALUE_STRING || str_find(text, '\0') >= 0)
			return loader_corrupt(err, "an argument of a secret is no text");
		argv[i] = arena_str(&l->graph->arena, text);
	}
	source->argv = argv;
	source->n_argv = list->n;
	return 0;
}

static int
read_secret(
	struct loader *l, const struct value *v, struct secret_source *source, struct err *err)
{
	const struct value *members[SECRET_KEYS];
	const struct value *from;
	int r = loader_read_object(v, "a secret", secret_shape, SECRET_KEYS, members, err);

	if (r < 0)
		return r;
	if (!!members[SECRET_ENV] + !!members[SECRET_FILE] + !!members[SECRET_EXEC] != 1)
		return loader_corrupt(err, "a secret has not exactly one source");
	if (members[SECRET_EXEC]) {
		source->origin = SECRET_FROM_EXEC;
		return read_argv(l, members[SECRET_EXEC], source, err);
	}
	source->origin = members[SECRET_ENV] ? SECRET_FROM_ENV : SECRET_FROM_FILE;
	from = members[SECRET_ENV] ? members[SECRET_ENV] : members[SECRET_FILE];
	if (!from->n || str_find(value_text(from), '\0') >= 0)
		return loader_corrupt(err, "a secret is nowhere");
	source->from = arena_str(&l->graph->arena, value_text(from));
	return 0;
}

int
loader_read_secrets(struct loader *l, const struct value *object, struct err *err)
{
	uint32_t n = object ? object->n : 0;
	struct secret_source *secrets = ARENA_ARRAY(&l->graph->arena, n, struct secret_source);

	if (n > SECRETS_MAX)
		return loader_corrupt(err, "%u secrets", n);
	for (uint32_t i = 0; i < n; i++) {
		struct str name = value_text(&object->members[i].key);
		int r;

		if (!str_is_name(name))
			return loader_corrupt(err, "\"%.*s\" is no name for a secret",
				(int)MIN(name.n, 60), name.p);
		secrets[i].name = arena_str(&l->graph->arena, name);
		(void)map_add(&l->secret_by_name, secrets[i].name, i);
		r = read_secret(l, &object->members[i].value, &secrets[i], err);
		if (r < 0)
			return r;
	}
	l->graph->secrets = secrets;
	l->graph->n_secrets = n;
	return 0;
}

static int
read_step_secrets(struct loader *l, const struct value *object,
	struct step_surroundings *surroundings, struct err *err)
{
	struct step_secret *secrets =
		ARENA_ARRAY(&l->graph->arena, object->n, struct step_secret);

	for (uint32_t i = 0; i < object->n; i++) {
		struct str name = value_text(&object->members[i].key);
		const struct value *v = &object->members[i].value;
		struct str how = v->kind == VALUE_STRING ? value_text(v) : STR_EMPTY;
		struct str secret = name;

		/* The run knows it by another name. */
		if (v->kind == VALUE_OBJECT && v->n == 1) {
			how = value_text(&v->members[0].key);
			secret = value_text(&v->members[0].value);
		}
		secrets[i].secret = map_get(&l->secret_by_name, secret);
		secrets[i].as_file = str_is(how, "file");
		if (secrets[i].secret == MAP_NONE ||
			(!secrets[i].as_file && !str_is(how, "env")))
			return loader_corrupt(err, "a step has no secret \"%.*s\"",
				(int)MIN(name.n, 60), name.p);
		secrets[i].name = arena_str(&l->graph->arena, name);
		if (!str_is_name(name))
			return loader_corrupt(err, "\"%.*s\" is no name for a secret",
				(int)MIN(name.n, 60), name.p);
	}
	surroundings->secrets = secrets;
	surroundings->n_secrets = object->n;
	return 0;
}

/* The workspace itself is never written. */
static bool
read_workspace(struct str text, struct step_surroundings *surroundings)
{
	static const char *const names[] = {
#define X(name, text) [WORKSPACE_##name] = (text),
		WORKSPACES(X)
#undef X
	};

	for (size_t i = WORKSPACE_LIVE + 1; i < ARRAY_SIZE(names); i++)
		if (str_is(text, names[i])) {
			surroundings->workspace = (enum step_workspace)i;
			return true;
		}
	return false;
}

int
loader_read_given_secrets(struct loader *l, const struct value *object,
	const struct step_surroundings **ret_surroundings, struct err *err)
{
	struct step_surroundings *surroundings =
		ARENA_NEW(&l->graph->arena, struct step_surroundings);

	*ret_surroundings = surroundings;
	return read_step_secrets(l, object, surroundings, err);
}

static int
read_place(struct loader *l, const struct loaded_surroundings *members,
	struct step_surroundings *surroundings, uint32_t step, struct err *err)
{
	const struct loader_text path = {.step = step, .may = MAY_PATH, .is_path = true};

	if (members->workspace && !read_workspace(value_text(members->workspace), surroundings))
		return loader_corrupt(err, "a step starts in no known place");
	if (surroundings->workspace == WORKSPACE_NONE && members->cwd)
		return loader_corrupt(
			err, "a step without the workspace starts in a folder of it");
	l->graph->has_layers |= surroundings->workspace == WORKSPACE_PRIVATE ||
		surroundings->workspace == WORKSPACE_TRANSACTION;
	surroundings->has_cwd = members->cwd != NULL;
	return members->cwd
		? loader_read_template(l, members->cwd, &path, &surroundings->cwd, err)
		: 0;
}

static bool
has_stdin(const struct step *step)
{
	for (uint32_t i = 0; i < step->n_inputs; i++)
		if (str_is(step->inputs[i].name, STDIN_INPUT))
			return true;
	return false;
}

int
loader_read_surroundings(struct loader *l, const struct loaded_surroundings *members,
	struct step *step, uint32_t number, struct err *err)
{
	struct step_surroundings *surroundings;
	int r;

	if (!members->cwd && !members->secrets && !members->state && !members->stdin_flag &&
		!members->workspace)
		return 0;
	surroundings = ARENA_NEW(&l->graph->arena, struct step_surroundings);
	step->surroundings = surroundings;
	surroundings->keeps_state = members->state && value_is_true(members->state);
	l->graph->keeps_state |= surroundings->keeps_state;
	surroundings->takes_stdin = members->stdin_flag && value_is_true(members->stdin_flag);
	if (surroundings->takes_stdin && !has_stdin(step))
		return loader_corrupt(err, "a step's standard input is none of its inputs");
	r = read_place(l, members, surroundings, number, err);
	if (r == 0 && members->secrets)
		r = read_step_secrets(l, members->secrets, surroundings, err);
	return r;
}
