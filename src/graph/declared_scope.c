#include "graph/declared_scope.h"

#include "base/file.h"
#include "base/memory.h"
#include "expr/check.h"
#include "graph/declared_foreach.h"
#include "graph/declared_previous.h"
#include "graph/declared_step.h"
#include "graph/param.h"
#include "graph/port.h"

/* A step and the file that it uses. */
struct use {
	const struct reference_place *at;
	struct workflow *w;
	const struct declared_step *step;
	struct workflow *inner;
	const char *file; /* of inner, for people */
	uint32_t offset;  /* where the step names it */
};

static const char *
suggest(const struct use *use, struct str wrong, const struct value *object)
{
	uint32_t n = object ? object->n : 0;
	struct str *names = memory_new(n, sizeof(*names));
	const char *suggestion;

	for (uint32_t i = 0; i < n; i++)
		names[i] = value_text(&object->members[i].key);
	suggestion = finding_suggestion(&use->w->findings, wrong, names, n);
	free(names);
	return suggestion;
}

/* --- with --- */

/* What the params leave open is checked when it is known: by the plan, or when the scope begins. */
static void
check_expression(const struct use *use, const struct place *place, const struct value *v)
{
	struct reference_place at = *use->at;

	at.place = place;
	at.may = MAY_OUTPUT | MAY_ITEM;
	at.what = "a param";
	value_check(&at, v);
}

static void
check_param(const struct use *use, const struct place *outer, const struct member *member)
{
	struct workflow *w = use->w;
	struct str name = value_text(&member->key);
	const struct place place = {outer, "with", name};
	uint32_t number = map_get(&use->inner->param_by_name, name);
	const char *message = "";
	struct err err = ERR_INIT;
	int r;

	if (number == MAP_NONE) {
		finding_error(&w->findings, outer, member->key.offset,
			"%s has no param \"%.*s\"%s", use->file, (int)MIN(name.n, 100), name.p,
			use->inner->n_params
				? suggest(use, name, use->inner->keys[WORKFLOW_PARAMS])
				: "; it declares none");
		return;
	}
	if (value_has_expressions(&member->value)) {
		check_expression(use, &place, &member->value);
		return;
	}
	r = param_examine(use->inner, number, &member->value, &w->arena, &message, &err);
	if (r != 1)
		finding_error(&w->findings, &place, member->value.offset, "%s",
			r < 0 ? err.message : message);
}

static void
check_params(const struct use *use)
{
	const struct value *with = use->step->keys[STEP_WITH];
	const struct workflow *inner = use->inner;

	for (uint32_t i = 0; with && i < with->n; i++)
		check_param(use, use->at->place, &with->members[i]);
	for (uint32_t i = 0; i < inner->n_params; i++) {
		struct str name = inner->params[i].name;

		if (!inner->params[i].fallback && !value_get(with, name))
			finding_error(&use->w->findings, use->at->place, use->offset,
				"param \"%.*s\" of %s has no default and must be given: "
				"with: { %.*s: … }",
				STR_ARG(name), use->file, STR_ARG(name));
	}
}

/* --- in --- */

/* The schema that what the text names has by its declaration; empty: none. */
static struct str
schema_of(const struct use *use, const struct value *text)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct declared_out out;
	struct meaning meaning;
	struct expr *expr;
	struct str inner;
	uint32_t step;
	uint32_t offset;

	if (!expression_alone(value_text(text), false, &inner) ||
		expression_compile(use->w, use->at->step, &arena, inner, &expr, &offset, NULL) <
			0 ||
		!expression_is_artifact(expr, &meaning))
		return STR_EMPTY;
	if (meaning.root == ROOT_INPUT)
		return use->w->inputs[map_get(&use->w->input_by_name, meaning.name)].schema;
	if (!reference_find(use->w, &meaning, &step, &out) || !out.schema)
		return STR_EMPTY;
	return value_text(out.schema);
}

static void
check_artifact(const struct use *use, const struct place *place, const struct value *text,
	const struct workflow_input_declaration *input)
{
	struct reference_place at = *use->at;
	size_t errors = use->w->findings.errors;
	bool is_artifact;
	struct str schema;

	at.place = place;
	at.what = "in";
	if (!artifact_check(&at, text, input->optional, &is_artifact) || !is_artifact) {
		if (use->w->findings.errors == errors)
			finding_error(&use->w->findings, place, text->offset,
				"must be an artifact such as ${{ steps.STEP.out.NAME }} or "
				"${{ inputs.NAME }}, not %s; values are handed over by `with`",
				value_describe(&use->w->arena, text));
		return;
	}
	schema = schema_of(use, text);
	if (input->schema.n && !str_equal(schema, input->schema))
		finding_error(&use->w->findings, place, text->offset,
			"%s asks for what has the schema \"%.*s\", and this %s%.*s%s; declare "
			"that schema where it is made",
			use->file, STR_ARG(input->schema), schema.n ? "has \"" : "has none",
			STR_ARG(schema), schema.n ? "\"" : "");
}

static void
check_input(const struct use *use, const struct place *outer, const struct member *member)
{
	struct findings *findings = &use->w->findings;
	struct str name = value_text(&member->key);
	const struct place place = {outer, "in", name};
	uint32_t number = map_get(&use->inner->input_by_name, name);

	if (number == MAP_NONE)
		finding_error(findings, outer, member->key.offset, "%s has no input \"%.*s\"%s",
			use->file, (int)MIN(name.n, 100), name.p,
			use->inner->n_inputs
				? suggest(use, name, use->inner->keys[WORKFLOW_INPUTS])
				: "; it declares none");
	else if (member->value.kind == VALUE_STRING)
		check_artifact(use, &place, &member->value, &use->inner->inputs[number]);
	else
		finding_error(findings, &place, member->value.offset,
			"must be an artifact such as ${{ steps.STEP.out.NAME }}, not %s; for a "
			"file of the workspace declare an input of this workflow and write "
			"${{ inputs.NAME }}, values are handed over by `with`",
			value_describe(&use->w->arena, &member->value));
}

static void
check_inputs(const struct use *use)
{
	const struct value *in = use->step->keys[STEP_IN];

	for (uint32_t i = 0; in && i < in->n; i++)
		check_input(use, use->at->place, &in->members[i]);
	for (size_t i = 0; i < use->inner->n_inputs; i++) {
		const struct workflow_input_declaration *input = &use->inner->inputs[i];

		if (!input->optional && !input->path.n && !value_get(in, input->name))
			finding_error(&use->w->findings, use->at->place, use->offset,
				"input \"%.*s\" of %s must be handed over: in: { %.*s: "
				"\"${{ … }}\" }",
				STR_ARG(input->name), use->file, STR_ARG(input->name));
	}
}

/* --- secrets --- */

struct str
scope_secret(const struct declared_step *step, struct str inner)
{
	const struct value *secrets = step->keys[STEP_SECRETS];
	const struct value *outer;

	for (uint32_t i = 0; secrets && secrets->kind == VALUE_ARRAY && i < secrets->n; i++)
		if (str_equal(value_text(&secrets->items[i]), inner))
			return value_text(&secrets->items[i]);
	outer = secrets && secrets->kind == VALUE_OBJECT ? value_get(secrets, inner) : NULL;
	return outer ? value_text(outer) : STR_EMPTY;
}

static void
check_secret(const struct use *use, const struct value *inner, const struct value *outer)
{
	struct findings *findings = &use->w->findings;
	const struct place place = {use->at->place, "secrets", STR_EMPTY};

	if (inner->kind != VALUE_STRING || outer->kind != VALUE_STRING) {
		finding_error(findings, &place, outer->offset,
			"must be names of secrets, such as [ TOKEN ] or { TOKEN: MY_TOKEN }, "
			"not %s",
			value_describe(&use->w->arena, outer));
		return;
	}
	if (map_get(&use->inner->secret_by_name, value_text(inner)) == MAP_NONE)
		finding_error(findings, &place, inner->offset, "%s has no secret \"%.*s\"%s",
			use->file, (int)MIN(inner->n, 130), inner->text,
			suggest(use, value_text(inner), use->inner->keys[WORKFLOW_SECRETS]));
	if (map_get(&use->w->secret_by_name, value_text(outer)) == MAP_NONE)
		finding_error(findings, &place, outer->offset,
			"there is no secret \"%.*s\"%s; declare it: secrets: { %.*s: { env: … "
			"} }",
			(int)MIN(outer->n, 130), outer->text,
			suggest(use, value_text(outer), use->w->keys[WORKFLOW_SECRETS]),
			(int)MIN(outer->n, 130), outer->text);
}

/* A secret that a step of the file takes, or hands on to another file. */
static void
check_handed(const struct use *use, const struct declared_step *step, struct str name)
{
	if (!scope_secret(use->step, name).n)
		finding_error(&use->w->findings, use->at->place, use->offset,
			"step \"%.*s\" of %s takes the secret \"%.*s\", which is not handed "
			"over: secrets: [ %.*s ]",
			STR_ARG(step->name), use->file, (int)MIN(name.n, 130), name.p,
			(int)MIN(name.n, 130), name.p);
}

static void
check_taken(const struct use *use, const struct declared_step *step, const struct value *taken,
	bool is_handed_on)
{
	for (uint32_t i = 0; taken && i < taken->n; i++)
		check_handed(use, step,
			value_text(taken->kind == VALUE_ARRAY ? &taken->items[i]
					: is_handed_on        ? &taken->members[i].value
							      : &taken->members[i].key));
}

/* By the step itself, or by its gates. */
static void
check_taken_by(const struct use *use, const struct declared_step *step)
{
	const struct value *gates = step->keys[STEP_GATES];

	check_taken(use, step, step->keys[STEP_SECRETS], step->scope != SCOPE_NONE);
	for (uint32_t i = 0; gates && i < gates->n; i++)
		check_taken(
			use, step, value_get(&gates->members[i].value, STR("secrets")), false);
}

static void
check_secrets(const struct use *use)
{
	const struct value *secrets = use->step->keys[STEP_SECRETS];

	for (uint32_t i = 0; secrets && i < secrets->n; i++) {
		bool is_list = secrets->kind == VALUE_ARRAY;

		check_secret(use, is_list ? &secrets->items[i] : &secrets->members[i].key,
			is_list ? &secrets->items[i] : &secrets->members[i].value);
	}
	for (uint32_t i = 0; i < use->inner->n_steps; i++)
		check_taken_by(use, &use->inner->steps[i]);
}

/* --- what the whole run shares --- */

/* What a step there asks for was checked by the pool of its file. */
static void
check_pools(const struct use *use)
{
	for (size_t i = 0; i < use->inner->n_pools; i++) {
		const struct declared_pool *pool = &use->inner->pools[i];
		uint32_t number = map_get(&use->w->pool_by_name, pool->name);

		if (number == MAP_NONE)
			finding_error(&use->w->findings, use->at->place, use->offset,
				"%s has a pool \"%.*s\", and pools are those of the whole run: "
				"declare it here, pools: { %.*s: %u }",
				use->file, STR_ARG(pool->name), STR_ARG(pool->name),
				pool->slots);
		else if (use->w->pools[number].slots < pool->slots)
			finding_error(&use->w->findings, use->at->place, use->offset,
				"pool \"%.*s\" of %s has %u slots and here only %u: pools are "
				"those of the whole run, a step there could never start",
				STR_ARG(pool->name), use->file, pool->slots,
				use->w->pools[number].slots);
	}
}

void
scope_check(const struct reference_place *at, const struct declared_scope *scope)
{
	struct use use = {.at = at,
		.w = at->workflow,
		.step = &at->workflow->steps[at->step],
		.inner = scope->inner,
		.offset = scope->file ? scope->file->offset : 0};

	if (!use.inner)
		return;
	use.file = use.inner->source.name;
	check_params(&use);
	check_inputs(&use);
	check_secrets(&use);
	check_pools(&use);
	if (use.inner->n_previous && use.step->template_of != STEP_NONE)
		finding_error(&use.w->findings, at->place, use.offset,
			"%s takes in what an earlier run left (%.*s), which is decided when a "
			"run begins, and which items a foreach has is known only later; take "
			"it in by a step that is in no foreach, and hand that over by `in`",
			use.file, STR_ARG(use.inner->previous[0].name));
}

/* --- outputs --- */

static const struct declared_output *
find_output(const struct workflow *inner, struct str name)
{
	for (size_t i = 0; i < inner->n_outputs; i++)
		if (str_equal(inner->outputs[i].name, name))
			return &inner->outputs[i];
	return NULL;
}

static bool
asks_for_outcome(const struct declared_step *step)
{
	for (uint32_t i = 0; i < step->n_needs; i++)
		if (step->wants[i] & NEED_OUTCOME)
			return true;
	return false;
}

/* An artifact of the file, as what it is there. */
static struct declared_out
describe_artifact(const struct workflow *inner, struct str text)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct declared_out out = {.type = OUTPUT_FOUND};
	struct meaning meaning;
	struct expr *expr;
	uint32_t offset;
	uint32_t step;

	if (expression_compile(inner, STEP_NONE, &arena, text, &expr, &offset, NULL) < 0 ||
		!expression_is_artifact(expr, &meaning))
		BUG("an output that was checked is none");
	if (!reference_find(inner, &meaning, &step, &out))
		BUG("an output that was checked is not there");
	out.optional |= step_may_be_skipped(&inner->steps[step]) ||
		asks_for_outcome(&inner->steps[step]);
	out.from_stdout = false;
	out.path = NULL;
	return out;
}

bool
scope_output_find(const struct workflow *w, const struct declared_step *step, struct str name,
	struct declared_out *ret_out)
{
	const struct workflow *inner = w->scopes[step->scope].inner;
	const struct declared_output *output;
	struct str text;

	/* What is wrong with the file was told. */
	*ret_out = (struct declared_out){.type = OUTPUT_JSON};
	if (!inner)
		return true;
	output = find_output(inner, name);
	if (!output || !expression_alone(value_text(output->value), false, &text))
		return false;
	if (output->is_artifact) {
		*ret_out = describe_artifact(inner, text);
		return true;
	}
	ret_out->type = output->type == EXPR_TEXT ? OUTPUT_TEXT : OUTPUT_JSON;
	ret_out->optional = (output->type & EXPR_ABSENT) != 0;
	return true;
}

struct str
scope_output_name(const struct workflow *w, const struct declared_step *step, struct str name)
{
	const struct workflow *inner = w->scopes[step->scope].inner;
	const struct declared_output *output = inner ? find_output(inner, name) : NULL;

	return output ? output->name : STR_EMPTY;
}

int
scope_refuse_output(
	struct workflow *w, const struct declared_step *step, struct str name, struct err *err)
{
	const struct workflow *inner = w->scopes[step->scope].inner;
	struct str *names = ARENA_ARRAY(&w->arena, inner->n_outputs, struct str);

	for (size_t i = 0; i < inner->n_outputs; i++)
		names[i] = inner->outputs[i].name;
	return err_set(err, ERR_INVALID, "%s returns no \"%.*s\"%s; add it to its `outputs`",
		inner->source.name, (int)MIN(name.n, 150), name.p,
		finding_suggestion(&w->findings, name, names, inner->n_outputs));
}

/* --- what a file adds to the one that uses it --- */

/* A path as the file has it, as the file that uses that one has it. */
static struct str
rebase(struct workflow *w, const struct value *file, struct str path)
{
	struct str folder = value_text(file);

	while (folder.n && folder.p[folder.n - 1] != '/')
		folder.n--;
	if (!path.n || path.p[0] == '/')
		return path;
	return path_shorten(&w->arena,
		str_of(arena_printf(&w->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(path))));
}

static bool
is_same_schema(struct workflow *w, const struct declared_schema *a,
	const struct declared_schema *b, struct str file)
{
	if (!str_equal(path_shorten(&w->arena, a->public.file), file) ||
		!a->validators != !b->validators)
		return false;
	return !a->validators || value_equal(a->validators, b->validators);
}

/* One id means one schema in all of a run. */
static void
add_schema(struct workflow *w, const struct declared_scope *scope,
	const struct declared_schema *schema)
{
	struct str file = rebase(w, scope->file, schema->public.file);
	struct str id = schema->public.id;
	uint32_t own = map_get(&w->schema_by_id, id);
	uint32_t more = map_get(&w->more_schema_by_id, id);
	const struct declared_schema *known = own != MAP_NONE ? &w->schemas[own]
		: more != MAP_NONE                            ? &w->more_schemas[more]
							      : NULL;

	if (known && !is_same_schema(w, known, schema, file))
		finding_error(&w->findings, NULL, scope->file->offset,
			"schema \"%.*s\" of %s is the file %.*s and elsewhere in this workflow "
			"%.*s: one id means one schema in a run, give it another version",
			STR_ARG(id), scope->inner->source.name, STR_ARG(file),
			STR_ARG(known->public.file));
	if (known)
		return;
	w->more_schemas = memory_grow(w->more_schemas, w->n_more_schemas,
		&w->more_schemas_capacity, sizeof(*w->more_schemas));
	w->more_schemas[w->n_more_schemas] = *schema;
	w->more_schemas[w->n_more_schemas].public.file = file;
	w->more_schemas[w->n_more_schemas].public.offset = scope->file->offset;
	(void)map_add(&w->more_schema_by_id, id, (uint32_t)w->n_more_schemas++);
}

static void
add_schemas(struct workflow *w, const struct declared_scope *scope)
{
	for (size_t i = 0; i < scope->inner->n_schemas; i++)
		add_schema(w, scope, &scope->inner->schemas[i]);
	for (size_t i = 0; i < scope->inner->n_more_schemas; i++)
		add_schema(w, scope, &scope->inner->more_schemas[i]);
}

/* The name of the step, less the '*' of items that are made of it. */
static struct str
name_for_inputs(struct workflow *w, const struct declared_step *step)
{
	struct str rest = step->name;
	AUTO_BUF struct buf b = BUF_INIT(rest.n + 1);

	while (rest.n) {
		struct str segment = str_cut(rest, '/', &rest);

		if (!str_is(segment, "*"))
			buf_printf(&b, "%.*s/", STR_ARG(segment));
	}
	return arena_str(&w->arena, buf_str(&b));
}

/* What nobody hands over is an input of the run: STEP/NAME, of all items the same. */
static void
add_input(struct workflow *w, const struct declared_scope *scope,
	const struct workflow_input_declaration *input)
{
	const struct declared_step *step = &w->steps[scope->step];
	struct workflow_input_declaration *added = &w->all_inputs[w->n_all_inputs];

	if (value_get(step->keys[STEP_IN], input->name))
		return;
	*added = *input;
	added->name = str_of(arena_printf(&w->arena, "%.*s%.*s",
		STR_ARG(name_for_inputs(w, step)), STR_ARG(input->name)));
	w->n_all_inputs++;
}

static void
add_inputs(struct workflow *w, const struct declared_scope *scope)
{
	const struct workflow *inner = scope->inner;

	for (size_t i = 0; i < inner->n_all_inputs; i++)
		add_input(w, scope, &inner->all_inputs[i]);
	if (inner->uses_work_order)
		add_input(w, scope, &inner->inputs[inner->n_inputs]);
}

/* What the file takes from earlier runs is, in a run of this one, that of the step: STEP/NAME.OUT. */
static void
add_previous(struct workflow *w, const struct declared_scope *scope)
{
	struct str step = w->steps[scope->step].name;

	for (size_t i = 0; i < scope->inner->n_previous; i++) {
		struct workflow_previous previous = scope->inner->previous[i];

		previous.name = str_of(arena_printf(
			&w->arena, "%.*s/%.*s", STR_ARG(step), STR_ARG(previous.name)));
		previous.step = str_of(arena_printf(
			&w->arena, "%.*s/%.*s", STR_ARG(step), STR_ARG(previous.step)));
		previous_add(w, &previous);
	}
}

void
scopes_gather(struct workflow *w)
{
	size_t n = w->n_inputs;

	for (uint32_t i = 0; i < w->n_scopes; i++)
		n += w->scopes[i].inner ? w->scopes[i].inner->n_all_inputs + 1 : 0;
	w->all_inputs = ARENA_ARRAY(&w->arena, n, struct workflow_input_declaration);
	for (size_t i = 0; i < w->n_inputs; i++)
		w->all_inputs[w->n_all_inputs++] = w->inputs[i];
	for (uint32_t i = 0; i < w->n_scopes; i++) {
		if (!w->scopes[i].inner)
			continue;
		add_schemas(w, &w->scopes[i]);
		add_inputs(w, &w->scopes[i]);
		add_previous(w, &w->scopes[i]);
	}
}
