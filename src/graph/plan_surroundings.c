#include "graph/instance.h"
#include "graph/planner.h"
#include "graph/surroundings.h"
#include "json/json.h"

int
planner_write_cwd(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	if (!step->keys[STEP_CWD])
		return 0;
	buf_add_cstr(b, ",\"cwd\":");
	return planner_write_path(p, step->keys[STEP_CWD], b, err);
}

void
planner_write_flags(const struct declared_step *step, struct buf *b)
{
	const struct value *state = step->keys[STEP_STATE];

	if (state && value_is_true(state))
		buf_add_cstr(b, ",\"state\":true");
	if (step->keys[STEP_STDIN])
		buf_add_cstr(b, ",\"stdin\":true");
}

void
planner_write_workspace(
	const struct planner *p, const struct declared_step *step, struct buf *b)
{
	const char *workspace = workspace_of(p->workflow, step);

	if (strcmp(workspace, "live") != 0)
		buf_printf(b, ",\"workspace\":\"%s\"", workspace);
}

static void
write_source(const struct planner *p, const struct value *source, struct buf *b)
{
	const struct member *way = &source->members[0];

	/* Keys that begin with x- may stand beside it. */
	while (str_starts(value_text(&way->key), STR("x-")))
		way++;
	buf_add_char(b, '{');
	json_write_string(value_text(&way->key), b);
	buf_add_char(b, ':');
	if (way->value.kind == VALUE_STRING)
		json_write_string(value_text(&way->value), b);
	for (uint32_t i = 0; way->value.kind == VALUE_ARRAY && i < way->value.n; i++) {
		buf_add_char(b, i ? ',' : '[');
		json_write_string(
			declaration_written(&p->workflow->source, &way->value.items[i]), b);
	}
	buf_add_cstr(b, way->value.kind == VALUE_ARRAY ? "]}" : "}");
}

void
planner_write_secrets(struct planner *p, struct buf *b)
{
	const struct value *secrets = p->workflow->keys[WORKFLOW_SECRETS];
	const struct member **sorted = secrets ? planner_sort(p, secrets) : NULL;

	for (uint32_t i = 0; secrets && i < secrets->n; i++) {
		buf_add_cstr(b, i ? "," : "\"secrets\":{");
		json_write_string(value_text(&sorted[i]->key), b);
		buf_add_char(b, ':');
		write_source(p, &sorted[i]->value, b);
	}
	if (secrets && secrets->n)
		buf_add_cstr(b, "},");
}

static int
compare_names(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

/* "env" or "file", or, where the run knows it by another name, {"env": that name}. */
static void
write_handed(const struct planner *p, struct str name, struct str how, struct buf *b)
{
	struct str secret = planner_secret(p, name);

	if (str_equal(secret, name)) {
		json_write_string(how, b);
		return;
	}
	buf_printf(b, "{\"%.*s\":", STR_ARG(how));
	json_write_string(secret, b);
	buf_add_char(b, '}');
}

void
planner_write_given_secrets(struct planner *p, const struct value *secrets, struct buf *b)
{
	bool is_list = secrets->kind == VALUE_ARRAY;
	struct str *names = ARENA_ARRAY(&p->arena, secrets->n, struct str);

	for (uint32_t i = 0; i < secrets->n; i++)
		names[i] = value_text(is_list ? &secrets->items[i] : &secrets->members[i].key);
	qsort(names, secrets->n, sizeof(*names), compare_names);
	for (uint32_t i = 0; i < secrets->n; i++) {
		buf_add_char(b, i ? ',' : '{');
		json_write_string(names[i], b);
		buf_add_char(b, ':');
		write_handed(p, names[i],
			is_list ? STR("env") : value_text(value_get(secrets, names[i])), b);
	}
	buf_add_char(b, '}');
}

void
planner_write_step_secrets(struct planner *p, const struct declared_step *step, struct buf *b)
{
	const struct value *secrets = step->keys[STEP_SECRETS];

	if (!secrets || !secrets->n)
		return;
	buf_add_cstr(b, ",\"secrets\":");
	planner_write_given_secrets(p, secrets, b);
}
