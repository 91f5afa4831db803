#include "graph/loader_part.h"

#include "graph/expansion.h"
#include "graph/keys.h"
#include "graph/reference.h"

enum {
	LOAD_BATCH,
	LOAD_FROM,
	LOAD_GLOB,
	LOAD_KEY,
	LOAD_KEYS,
	LOAD_LIST,
	LOAD_MAX_FAILED,
	LOAD_MAX_ITEMS,
	LOAD_PARALLEL,
	LOAD_RESULTS,
	LOAD_TEMPLATES,
	LOADS
};

static const struct shape foreach_shape[] = {
	[LOAD_BATCH] = {"batch", KEY_NUMBER, false},
	[LOAD_FROM] = {"from", KEY_TEXT, false},
	[LOAD_KEY] = {"key", KEY_TEXT, false},
	[LOAD_GLOB] = {"glob", KEY_TEXT, false},
	[LOAD_KEYS] = {"keys", KEY_LIST, false},
	[LOAD_LIST] = {"list", KEY_TEXT, false},
	[LOAD_MAX_FAILED] = {"max_failed", KEY_NUMBER | KEY_TEXT, false},
	[LOAD_MAX_ITEMS] = {"max_items", KEY_NUMBER, false},
	[LOAD_PARALLEL] = {"parallel", KEY_NUMBER, false},
	[LOAD_RESULTS] = {"results", KEY_MAP, false},
	[LOAD_TEMPLATES] = {"templates", KEY_NUMBER, true},
};

static int
read_u32(const struct value *v, const char *what, uint32_t *ret_number, struct err *err)
{
	uint64_t number = 0;
	int r = v ? loader_read_number(v, what, INT32_MAX, &number, err) : 0;

	*ret_number = (uint32_t)number;
	return r;
}

/* 3, or "10%". */
static int
read_max_failed(const struct value *v, struct foreach *foreach, struct err *err)
{
	struct str text = v ? value_text(v) : STR_EMPTY;

	if (!v)
		return 0;
	if (v->kind == VALUE_NUMBER)
		return loader_read_number(
			v, "\"max_failed\"", INT64_MAX, &foreach->max_failed, err);
	foreach
		->max_failed_is_share = true;
	for (size_t i = 0; i + 1 < text.n && i < 3; i++)
		foreach
			->max_failed = foreach->max_failed * 10 + (uint64_t)(text.p[i] - '0');
	return text.n >= 2 && text.n <= 4 && foreach->max_failed <= 100
		? 0
		: loader_corrupt(err, "\"max_failed\" is no share");
}

static int
read_list(struct loader *l, const struct value *const members[LOADS], struct foreach *foreach,
	struct err *err)
{
	const struct loader_text at = {
		.step = foreach->step, .may = MAY_CONDITION | 1U << ROOT_INPUT};
	const struct value *keys = members[LOAD_KEYS];
	int r = 0;

	if (!!members[LOAD_LIST] + !!members[LOAD_GLOB] + !!members[LOAD_FROM] != 1)
		return loader_corrupt(err, "a foreach has not exactly one source");
	for (uint32_t i = 0; keys && i < keys->n; i++)
		if (keys->items[i].kind != VALUE_STRING)
			return loader_corrupt(err, "a key is no text");
	if (members[LOAD_LIST])
		r = loader_read_expression(
			l, value_text(members[LOAD_LIST]), &at, &foreach->list, err);
	if (members[LOAD_FROM]) {
		struct reference *from = ARENA_NEW(&l->graph->arena, struct reference);

		foreach
			->from = from;
		r = loader_read_reference(l, value_text(members[LOAD_FROM]), &at, from, err);
		if (r == 0 && from->kind != REFERENCE_STEP_OUT && from->kind != REFERENCE_INPUT)
			r = loader_corrupt(err, "a foreach goes over no artifact");
	}
	if (r == 0 && members[LOAD_KEY])
		r = loader_read_expression(
			l, value_text(members[LOAD_KEY]), &at, &foreach->key, err);
	if (r == 0 && keys)
		r = loader_keep_value(l, keys, &foreach->keys, err);
	if (members[LOAD_GLOB])
		foreach
			->glob = arena_str(&l->graph->arena, value_text(members[LOAD_GLOB]));
	return r;
}

/* One for each output, in its order: [template, "output"]. */
static int
read_results(struct loader *l, const struct value *results, const struct step *step,
	struct foreach *foreach, struct err *err)
{
	struct foreach_result *list;

	if ((results ? results->n : 0) != step->n_outputs)
		return loader_corrupt(err, "a foreach has not as many results as outputs");
	list = ARENA_ARRAY(&l->graph->arena, step->n_outputs, struct foreach_result);
	foreach
		->results = list;
	for (uint32_t i = 0; i < step->n_outputs; i++) {
		const struct value *v = &results->members[i].value;
		uint64_t template;
		int r;

		if (!str_equal(value_text(&results->members[i].key), step->outputs[i].name) ||
			v->kind != VALUE_ARRAY || v->n != 2)
			return loader_corrupt(err, "a result has no place");
		r = loader_read_number(
			&v->items[0], "a result", foreach->n_templates, &template, err);
		if (r < 0)
			return r;
		if (!template)
			return loader_corrupt(err, "a result has no template");
		list[i].template = foreach->step + (uint32_t) template;
		list[i].name = arena_str(&l->graph->arena, value_text(&v->items[1]));
	}
	return 0;
}

int
loader_read_foreach(struct loader *l, const struct value *object, struct step *step,
	uint32_t number, struct err *err)
{
	const struct value *members[LOADS];
	struct foreach *foreach = ARENA_NEW(&l->graph->arena, struct foreach);
	int r = loader_read_object(object, "a foreach", foreach_shape, LOADS, members, err);

	step->foreach = foreach;
	foreach
		->step = number;
	foreach
		->first_template = foreach->planned = number + 1;
	graph_add_foreach(l->graph, foreach);
	if (r == 0)
		r = read_u32(members[LOAD_BATCH], "\"batch\"", &foreach->batch, err);
	if (r == 0)
		r = read_u32(
			members[LOAD_MAX_ITEMS], "\"max_items\"", &foreach->max_items, err);
	if (r == 0)
		r = read_u32(members[LOAD_PARALLEL], "\"parallel\"", &foreach->parallel, err);
	if (r == 0)
		r = read_u32(
			members[LOAD_TEMPLATES], "\"templates\"", &foreach->n_templates, err);
	if (r == 0 &&
		(!foreach->n_templates || foreach->n_templates >= l->graph->n_steps - number))
		r = loader_corrupt(err, "a foreach has no templates");
	if (r == 0)
		r = read_max_failed(members[LOAD_MAX_FAILED], foreach, err);
	if (r == 0)
		r = read_list(l, members, foreach, err);
	if (r == 0)
		r = read_results(l, members[LOAD_RESULTS], step, foreach, err);
	return r;
}

/* Each is named after its foreach. What a foreach among them has is its own, and told so later. */
static int
join(struct loader *l, const struct foreach *foreach, struct err *err)
{
	uint32_t end = foreach->first_template + foreach->n_templates;
	struct str name = l->steps[foreach->step].name;

	for (uint32_t i = foreach->first_template; i < end; i++) {
		struct step *template = &l->steps[i];

		if (template->name.n < name.n + 2 || !str_starts(template->name, name) ||
			template->name.p[name.n] != '/' || template->name.p[name.n + 1] != '*')
			return loader_corrupt(err, "a template is not named after its foreach");
		template->template_of = foreach;
	}
	return 0;
}

static int
find_results(struct loader *l, const struct step *step, struct err *err)
{
	const struct foreach *foreach = step->foreach;

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		struct foreach_result *result = &foreach->results[i];

		if (!loader_find_output(
			    &l->steps[result->template], result->name, &result->output))
			return loader_corrupt(err, "a result is not there");
	}
	return 0;
}

/* Templates of one foreach need each other only, and nobody else needs them. */
static int
check_needs(struct loader *l, const struct step *step, struct err *err)
{
	for (uint32_t i = 0; i < step->n_needs; i++)
		if (l->steps[step->needs[i]].template_of != step->template_of)
			return loader_corrupt(err,
				step->template_of ? "a template needs what is not beside it"
						  : "a step needs a template");
	return 0;
}

int
loader_join_templates(struct loader *l, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < l->graph->n_steps; i++) {
		const struct step *step = &l->steps[i];

		if (!step->foreach)
			continue;
		r = join(l, step->foreach, err);
		if (r == 0)
			r = find_results(l, step, err);
	}
	for (uint32_t i = 0; r == 0 && i < l->graph->n_steps; i++) {
		l->graph->n_templates += l->steps[i].template_of != NULL;
		r = check_needs(l, &l->steps[i], err);
	}
	return r;
}
