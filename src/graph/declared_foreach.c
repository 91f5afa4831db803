#include "graph/declared_foreach.h"

#include "expr/check.h"
#include "graph/declared_group.h"
#include "graph/declared_scope.h"
#include "graph/expansion.h"
#include "graph/port.h"
#include "graph/reference.h"

#include <limits.h>

static bool
read_number(const struct value *v, int64_t least, int64_t most, uint32_t *ret_number)
{
	int64_t number;

	if (!v || !value_to_i64(v, &number) || number < least || number > most)
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* "10%"; of a number itself. */
static bool
read_max_failed(const struct value *v, struct declared_foreach *foreach)
{
	struct str text = value_text(v);
	int64_t number = 0;

	foreach
		->max_failed_is_share = v->kind == VALUE_STRING;
	if (v->kind == VALUE_NUMBER) {
		if (!value_to_i64(v, &number) || number < 0)
			return false;
		foreach
			->max_failed = (uint64_t)number;
		return true;
	}
	if (text.n < 2 || text.n > 4 || text.p[text.n - 1] != '%')
		return false;
	for (size_t i = 0; i + 1 < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		number = number * 10 + (text.p[i] - '0');
	}
	foreach
		->max_failed = (uint64_t)number;
	return number <= 100;
}

static void
take_keys(const struct value *const keys[FOREACH_KEYS], struct declared_foreach *foreach)
{
	foreach
		->in = keys[FOREACH_IN];
	foreach
		->glob = keys[FOREACH_GLOB];
	foreach
		->matrix = keys[FOREACH_MATRIX];
	foreach
		->include = keys[FOREACH_INCLUDE];
	foreach
		->exclude = keys[FOREACH_EXCLUDE];
	foreach
		->key = keys[FOREACH_KEY];
	(void)read_number(keys[FOREACH_PARALLEL], 1, PARALLEL_MAX, &foreach->parallel);
	(void)read_number(keys[FOREACH_BATCH], 1, ITEMS_MAX, &foreach->batch);
	(void)read_number(keys[FOREACH_MAX_ITEMS], 1, INT32_MAX, &foreach->max_items);
	if (keys[FOREACH_MAX_FAILED])
		(void)read_max_failed(keys[FOREACH_MAX_FAILED], foreach);
}

void
foreach_read(const struct value *v, struct declared_foreach *ret_foreach)
{
	const struct value *keys[FOREACH_KEYS];
	struct arena none = ARENA_INIT;
	struct findings findings;

	*ret_foreach = (struct declared_foreach){0};
	if (v->kind != VALUE_OBJECT) {
		ret_foreach->in = v;
		return;
	}
	findings_init(&findings, &none);
	keys_read(&findings, NULL, &foreach_keys, v, keys, NULL);
	if (findings.errors)
		BUG("a foreach that was checked is none");
	findings_done(&findings);
	take_keys(keys, ret_foreach);
}

static void
check_number(struct workflow *w, const struct place *place, const struct value *v,
	const char *key, int64_t most)
{
	uint32_t number;

	if (v && !read_number(v, 1, most, &number))
		finding_error(&w->findings, place, v->offset,
			"\"%s\" must be a whole number from 1 to %lld, not %s", key,
			(long long)most, value_describe(&w->arena, v));
}

static void
check_maps(struct workflow *w, const struct place *place, const struct value *list,
	const char *key)
{
	for (uint32_t i = 0; list && i < list->n; i++)
		if (list->items[i].kind != VALUE_OBJECT)
			finding_error(&w->findings, place, list->items[i].offset,
				"\"%s\" must hold maps such as { os: linux }, not %s", key,
				value_describe(&w->arena, &list->items[i]));
}

static void
check_matrix(struct workflow *w, const struct place *place,
	const struct value *const keys[FOREACH_KEYS])
{
	const struct value *axes = keys[FOREACH_MATRIX];

	for (uint32_t i = 0; axes && i < axes->n; i++) {
		const struct member *axis = &axes->members[i];

		if (axis->value.kind != VALUE_ARRAY && !value_has_expressions(&axis->value))
			finding_error(&w->findings, place, axis->value.offset,
				"\"%.*s\" of the matrix must be a list of values, not %s",
				(int)MIN(axis->key.n, 60), axis->key.text,
				value_describe(&w->arena, &axis->value));
	}
	check_maps(w, place, keys[FOREACH_INCLUDE], "include");
	check_maps(w, place, keys[FOREACH_EXCLUDE], "exclude");
	for (unsigned i = FOREACH_INCLUDE; !axes && i <= FOREACH_EXCLUDE; i++)
		if (keys[i])
			finding_error(&w->findings, place, keys[i]->offset,
				"`include` and `exclude` go with `matrix`");
}

static void
check_source(struct workflow *w, const struct place *place, const struct value *v,
	const struct keys_found *found)
{
	static const uint32_t sources =
		1U << FOREACH_IN | 1U << FOREACH_GLOB | 1U << FOREACH_MATRIX;
	uint64_t seen = found->seen & sources;

	if (!seen || seen & (seen - 1))
		finding_error(&w->findings, place, v->offset,
			"must have exactly one of `in` (a list or an expression), `glob` and "
			"`matrix`");
}

/* A list, or what gives one: an expression, or an artifact. */
static void
check_in(const struct reference_place *at, const struct value *in)
{
	struct findings *findings = &at->workflow->findings;
	AUTO_BUF struct buf what = BUF_INIT(128);
	bool is_artifact = false;
	struct str text;
	unsigned type;

	if (in->kind == VALUE_ARRAY) {
		value_check(at, in);
		return;
	}
	if (!expression_alone(value_text(in), true, &text)) {
		finding_error(findings, at->place, in->offset,
			"must be a list, or one expression that gives one, such as "
			"steps.STEP.out.NAME");
		return;
	}
	if (!list_check(at, in, text, &type, &is_artifact) || is_artifact || (type & EXPR_LIST))
		return;
	expr_type_describe(type, &what);
	finding_error(findings, at->place, in->offset,
		"must be a list, or an expression that gives one, not %s", buf_cstr(&what));
}

/* An expression, or a text with some in it. */
static void
check_key(const struct reference_place *at, const struct value *key)
{
	struct reference_place inner = *at;
	struct str text;
	unsigned type;

	inner.of_item = true;
	inner.what = "key";
	if (!expression_alone(value_text(key), true, &text))
		references_check(&inner, key);
	else if (expression_check(&inner, key, text, &type) && !(type & EXPR_SCALAR))
		finding_error(&at->workflow->findings, at->place, key->offset,
			"\"key\" must give a text or a number");
}

void
foreach_check(struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct value *v = w->steps[step].keys[STEP_FOREACH];
	struct place inner = {place, "foreach", STR_EMPTY};
	const struct reference_place at = {.workflow = w,
		.place = &inner,
		.step = step,
		.may = MAY_CONDITION & ~(1U << ROOT_ENV),
		.what = "foreach",
		.edges = edges};
	const struct value *keys[FOREACH_KEYS] = {0};
	struct declared_foreach foreach;
	struct keys_found found;

	if (v->kind == VALUE_OBJECT) {
		keys_read(&w->findings, &inner, &foreach_keys, v, keys, &found);
		check_source(w, &inner, v, &found);
	} else {
		keys[FOREACH_IN] = v;
	}
	if (keys[FOREACH_MAX_FAILED] && !read_max_failed(keys[FOREACH_MAX_FAILED], &foreach))
		finding_error(&w->findings, &inner, keys[FOREACH_MAX_FAILED]->offset,
			"\"max_failed\" must be a number of items or a share from 0%% to "
			"100%%, "
			"not %s",
			value_describe(&w->arena, keys[FOREACH_MAX_FAILED]));
	check_number(w, &inner, keys[FOREACH_PARALLEL], "parallel", PARALLEL_MAX);
	check_number(w, &inner, keys[FOREACH_BATCH], "batch", ITEMS_MAX);
	check_number(w, &inner, keys[FOREACH_MAX_ITEMS], "max_items", INT32_MAX);
	check_matrix(w, &inner, keys);
	if (keys[FOREACH_IN])
		check_in(&at, keys[FOREACH_IN]);
	if (keys[FOREACH_GLOB])
		value_check(&at, keys[FOREACH_GLOB]);
	if (keys[FOREACH_MATRIX])
		value_check(&at, keys[FOREACH_MATRIX]);
	if (keys[FOREACH_KEY])
		check_key(&at, keys[FOREACH_KEY]);
}

enum output_type
foreach_gathered_type(enum output_type type)
{
	switch (type) {
	case OUTPUT_JSON:
	case OUTPUT_TEXT: return OUTPUT_JSON;
	case OUTPUT_JSONL: return OUTPUT_JSONL;
	case OUTPUT_FOUND:
	case OUTPUT_FILE:
	case OUTPUT_DIR: return OUTPUT_DIR;
	}
	BUG("output type %d", (int)type);
}

static int
compare_names(const void *left, const void *right)
{
	const struct gathered *a = left;
	const struct gathered *b = right;

	return str_compare(a->name, b->name);
}

/* Of a single template all that it declares, of a group what that hands out. */
static bool
describe(const struct workflow *w, const struct declared_step *foreach, struct str name,
	const struct value *output, struct gathered *ret_gathered)
{
	struct declared_out out;
	uint32_t step = (uint32_t)(foreach - w->steps) + 1;
	struct str of_step = name;

	if (foreach->body == GROUP_NONE && foreach[1].scope != SCOPE_NONE) {
		if (!scope_output_find(w, &foreach[1], name, &out))
			return false;
	} else if (foreach->body == GROUP_NONE)
		out_read(output, &out);
	else if (!group_output_find(w, foreach->body, name, &step, &of_step, &out) ||
		w->steps[step].template_of != (uint32_t)(foreach - w->steps))
		return false;
	*ret_gathered = (struct gathered){.name = name,
		.template = step - (uint32_t)(foreach - w->steps),
		.output = of_step,
		.type = foreach_gathered_type(out.type)};
	return true;
}

/* What each item declares to make. */
static const struct value *
declared_outputs(const struct workflow *w, const struct declared_step *foreach)
{
	const struct workflow *inner;

	if (foreach->body != GROUP_NONE)
		return w->groups[foreach->body].outputs;
	if (foreach[1].scope == SCOPE_NONE)
		return foreach[1].keys[STEP_OUT];
	inner = w->scopes[foreach[1].scope].inner;
	return inner ? inner->keys[WORKFLOW_OUTPUTS] : NULL;
}

uint32_t
foreach_outputs(const struct workflow *w, const struct declared_step *foreach,
	struct arena *arena, const struct gathered **ret_outputs)
{
	const struct value *outputs = declared_outputs(w, foreach);
	uint32_t n_declared = outputs ? outputs->n : 0;
	struct gathered *gathered = ARENA_ARRAY(arena, n_declared, struct gathered);
	uint32_t n = 0;

	for (uint32_t i = 0; i < n_declared; i++)
		n += describe(w, foreach, value_text(&outputs->members[i].key),
			&outputs->members[i].value, &gathered[n]);
	if (n)
		qsort(gathered, n, sizeof(*gathered), compare_names);
	*ret_outputs = gathered;
	return n;
}

bool
output_find(
	const struct workflow *w, uint32_t step, struct str name, struct declared_out *ret_out)
{
	const struct declared_step *declared = &w->steps[step];
	const struct value *outputs = declared->keys[STEP_OUT];
	const struct value *output;
	struct gathered gathered;
	bool is_unread; /* its file: what is wrong with it was told */

	if (declared->scope != SCOPE_NONE)
		return scope_output_find(w, declared, name, ret_out);
	if (!declared->is_foreach) {
		output = value_get(outputs, name);
		if (output)
			out_read(output, ret_out);
		return output != NULL;
	}
	/* One that has no templates lies too deep, and that was told. */
	if (!declared->n_templates)
		return false;
	output = value_get(declared_outputs(w, declared), name);
	is_unread = declared->body == GROUP_NONE && declared[1].scope != SCOPE_NONE &&
		!w->scopes[declared[1].scope].inner;
	if ((!output && !is_unread) || !describe(w, declared, name, output, &gathered))
		return false;
	*ret_out = (struct declared_out){.type = gathered.type};
	return true;
}

struct str
output_name(const struct workflow *w, uint32_t step, struct str name)
{
	const struct declared_step *declared = &w->steps[step];
	const struct value *outputs = declared->keys[STEP_OUT];

	if (declared->scope != SCOPE_NONE)
		return scope_output_name(w, declared, name);
	if (declared->is_foreach && declared->n_templates)
		outputs = declared_outputs(w, declared);
	for (uint32_t i = 0; outputs && i < outputs->n; i++)
		if (str_equal(value_text(&outputs->members[i].key), name))
			return value_text(&outputs->members[i].key);
	return STR_EMPTY;
}
