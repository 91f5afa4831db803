#include "graph/surroundings.h"

#include "base/file.h"
#include "graph/declared_secret.h"
#include "graph/port.h"
#include "graph/step_surroundings.h"

static const struct word workspaces[] = {
#define X(name, text) {text, NULL, WORKSPACE_##name},
	WORKSPACES(X)
#undef X
};

void
workspace_check(struct workflow *w, const struct place *place, const struct value *workspace)
{
	struct str text = value_text(workspace);
	const struct word *word = word_find(workspaces, ARRAY_SIZE(workspaces), text);
	struct str names[ARRAY_SIZE(workspaces)];

	w->has_layers |= word &&
		(word->number == WORKSPACE_PRIVATE || word->number == WORKSPACE_TRANSACTION);
	if (word)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(workspaces); i++)
		names[i] = str_of(workspaces[i].name);
	finding_error(&w->findings, place, workspace->offset,
		"\"workspace\" must be live, private, transaction or none, not \"%.*s\"%s",
		(int)MIN(text.n, 60), text.p,
		finding_suggestion(&w->findings, text, names, ARRAY_SIZE(names)));
}

const char *
workspace_of(const struct workflow *w, const struct declared_step *step)
{
	const struct value *workspace = step->keys[STEP_WORKSPACE];
	const struct word *word;

	if (!workspace)
		workspace = w->defaults[STEP_WORKSPACE];
	if (!workspace)
		return workspaces[WORKSPACE_LIVE].name;
	word = word_find(workspaces, ARRAY_SIZE(workspaces), value_text(workspace));
	return word ? word->name : workspaces[WORKSPACE_LIVE].name;
}

static bool
is_without_workspace(const struct workflow *w, const struct declared_step *step)
{
	return strcmp(workspace_of(w, step), workspaces[WORKSPACE_NONE].name) == 0;
}

static bool
is_alone(struct str text)
{
	struct str rest = str_trim(text);
	struct piece piece;

	return piece_next(&rest, &piece, NULL) == 1 && piece.is_expression && !rest.n;
}

static struct value
name_at(const char *name, uint32_t offset)
{
	struct value v = value_string(str_of(name));

	v.offset = offset;
	return v;
}

/* { from: V } or { value: V }. */
static struct value
make_input(struct arena *arena, const struct value *v)
{
	bool is_from = v->kind == VALUE_STRING && is_alone(value_text(v));
	struct member *member = ARENA_NEW(arena, struct member);
	struct value input = value_object(member, 1);

	*member = (struct member){name_at(is_from ? "from" : "value", v->offset), *v};
	input.offset = v->offset;
	return input;
}

void
stdin_read(struct workflow *w, const struct place *place, struct declared_step *step)
{
	const struct value *v = step->keys[STEP_STDIN];
	const struct value *inputs = step->keys[STEP_IN];
	uint32_t n = inputs ? inputs->n : 0;
	struct member *members;
	struct value *all;

	if (!v)
		return;
	if (inputs && value_get(inputs, STR(STDIN_INPUT))) {
		finding_error(&w->findings, place, v->offset,
			"an input is named stdin, too; give that one another name");
		return;
	}
	members = ARENA_ARRAY(&w->arena, n + 1, struct member);
	if (n)
		memcpy(members, inputs->members, n * sizeof(*members));
	members[n] = (struct member){name_at(STDIN_INPUT, v->offset), make_input(&w->arena, v)};
	all = ARENA_NEW(&w->arena, struct value);
	*all = value_object(members, n + 1);
	all->offset = inputs ? inputs->offset : v->offset;
	step->keys[STEP_IN] = all;
}

static void
check_cwd(const struct reference_place *at, const struct value *cwd)
{
	struct str text = value_text(cwd);

	if (text.n && str_find(text, '\0') < 0 && !path_is_inside(text))
		finding_error(&at->workflow->findings, at->place, cwd->offset,
			"\"%.*s\" leads out of the workspace; \"cwd\" is a folder below its "
			"root",
			(int)MIN(text.n, 200), text.p);
	else
		port_check_path(at, cwd);
}

/* What only makes sense in the workspace. */
static void
check_without_workspace(
	struct workflow *w, const struct place *place, const struct declared_step *step)
{
	const struct value *outputs = step->keys[STEP_OUT];

	if (step->keys[STEP_CWD])
		finding_error(&w->findings, place, step->keys[STEP_CWD]->offset,
			"\"cwd\" is a folder of the workspace, which a step with workspace: "
			"none "
			"does not have; it starts in an empty folder");
	for (uint32_t i = 0; outputs && i < outputs->n; i++) {
		const struct member *output = &outputs->members[i];
		const struct value *path = value_get(&output->value, STR("path"));
		struct place inner = {place, "out", value_text(&output->key)};

		if (path)
			finding_error(&w->findings, &inner, path->offset,
				"a path is one of the workspace, which a step with workspace: "
				"none does not have; leave it out and write $LILY_OUT/%.*s",
				STR_ARG(inner.name));
	}
}

/* What cannot be done about a transaction yet is refused by name. */
static void
refuse_beside_transaction(
	struct workflow *w, const struct place *place, const struct value *v, const char *what)
{
	finding_later(&w->findings, place, v->offset,
		"%s of a step with \"workspace: transaction\" is not honoured by this build of "
		"lily (containment)",
		what);
}

/* A gate reads the paths that it names from the workspace itself, in which nothing is true yet. */
static void
check_gates(struct workflow *w, const struct place *place, const struct value *gates)
{
	for (uint32_t i = 0; gates && gates->kind == VALUE_OBJECT && i < gates->n; i++) {
		const struct value *inputs = value_get(&gates->members[i].value, STR("in"));

		for (uint32_t k = 0; inputs && inputs->kind == VALUE_OBJECT && k < inputs->n;
			k++) {
			const struct value *input = &inputs->members[k].value;
			const struct value *path = value_get(input, STR("path"));

			if (!path)
				path = value_get(input, STR("tree"));
			if (path)
				refuse_beside_transaction(
					w, place, path, "a path as an input of a gate");
		}
	}
}

static bool
goes_back(const struct value *rules)
{
	for (uint32_t i = 0; rules && rules->kind == VALUE_ARRAY && i < rules->n; i++) {
		const struct value *then = rules->items[i].kind == VALUE_OBJECT
			? value_get(&rules->items[i], STR("then"))
			: NULL;

		if (then && then->kind == VALUE_OBJECT && value_get(then, STR("goto")))
			return true;
	}
	return false;
}

static void
check_transaction(
	struct workflow *w, const struct place *place, const struct declared_step *step)
{
	const struct value *approve = step->keys[STEP_APPROVE];
	const struct value *cache = step->keys[STEP_CACHE];
	const struct value *effects = step->keys[STEP_EFFECTS];
	const struct value *at =
		approve && approve->kind == VALUE_OBJECT ? value_get(approve, STR("at")) : NULL;

	if (at && str_is(value_text(at), "commit"))
		refuse_beside_transaction(w, place, at, "\"at: commit\"");
	if (cache && (cache->kind == VALUE_OBJECT || value_is_true(cache)))
		refuse_beside_transaction(w, place, cache, "\"cache\"");
	if (effects && str_is(value_text(effects), "once"))
		refuse_beside_transaction(w, place, effects, "\"effects: once\"");
	if (goes_back(w->keys[WORKFLOW_ROUTES]))
		refuse_beside_transaction(w, place, w->keys[WORKFLOW_ROUTES],
			"a rule that goes back, in the file");
	check_gates(w, place, step->keys[STEP_GATES]);
}

void
surroundings_check(
	struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct declared_step *declared = &w->steps[step];
	const struct reference_place at = {w, place, step, MAY_PATH, "cwd", edges};

	if (declared->keys[STEP_WORKSPACE])
		workspace_check(w, place, declared->keys[STEP_WORKSPACE]);
	if (declared->keys[STEP_CWD])
		check_cwd(&at, declared->keys[STEP_CWD]);
	if (declared->keys[STEP_SECRETS])
		step_secrets_check(w, place, declared->keys[STEP_SECRETS]);
	if (strcmp(workspace_of(w, declared), workspaces[WORKSPACE_TRANSACTION].name) == 0)
		check_transaction(w, place, declared);
	if (is_without_workspace(w, declared))
		check_without_workspace(w, place, declared);
}
