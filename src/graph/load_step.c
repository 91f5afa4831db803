#include "graph/loader_part.h"
#include "graph/loader_step.h"

#include "graph/question.h"
#include "graph/reference.h"
#include "json/json.h"

enum {
	LOAD_ACCEPTS,
	LOAD_ARGV,
	LOAD_CWD,
	LOAD_EFFECTS,
	LOAD_ENV,
	LOAD_IF,
	LOAD_FOREACH,
	LOAD_GATES,
	LOAD_IN,
	LOAD_JUDGES,
	LOAD_NAME,
	LOAD_NEEDS,
	LOAD_OF,
	LOAD_OUT,
	LOAD_SECRETS,
	LOAD_SETTINGS,
	LOAD_STATE,
	LOAD_STDIN,
	LOAD_WORKSPACE,
	LOAD_POOLS,
	LOAD_QUESTION,
	LOAD_LAST,
	LOAD_CONTINUE,
	LOAD_SCOPE,
	LOAD_WITH,
	LOADS
};

static const struct shape step_shape[] = {
	[LOAD_ACCEPTS] = {"accepts", KEY_MAP, false},
	[LOAD_ARGV] = {"argv", KEY_LIST, false},
	[LOAD_CWD] = {"cwd", KEY_TEXT | KEY_MAP, false},
	[LOAD_EFFECTS] = {"effects", KEY_MAP, false},
	[LOAD_CONTINUE] = {"continue_on_error", KEY_BOOL, false},
	[LOAD_LAST] = {"last", KEY_BOOL, false},
	[LOAD_ENV] = {"env", KEY_MAP, false},
	[LOAD_IF] = {"if", KEY_TEXT, false},
	[LOAD_FOREACH] = {"foreach", KEY_MAP, false},
	[LOAD_GATES] = {"gates", KEY_MAP, false},
	[LOAD_IN] = {"in", KEY_MAP, false},
	[LOAD_JUDGES] = {"judges", KEY_BOOL, false},
	[LOAD_NAME] = {"name", KEY_TEXT, true},
	[LOAD_NEEDS] = {"needs", KEY_LIST, false},
	[LOAD_OF] = {"of", KEY_NUMBER, false},
	[LOAD_OUT] = {"out", KEY_MAP, false},
	[LOAD_POOLS] = {"pools", KEY_MAP, false},
	[LOAD_QUESTION] = {"question", KEY_MAP, false},
	[LOAD_SCOPE] = {"scope", KEY_MAP, false},
	[LOAD_SECRETS] = {"secrets", KEY_MAP, false},
	[LOAD_SETTINGS] = {"settings", KEY_NUMBER, false},
	[LOAD_STATE] = {"state", KEY_BOOL, false},
	[LOAD_STDIN] = {"stdin", KEY_BOOL, false},
	[LOAD_WITH] = {"with", KEY_MAP, false},
	[LOAD_WORKSPACE] = {"workspace", KEY_TEXT, false},
};

/* In plans an input may also be made by an expression. */
#define IN_EXPR IN_KEYS
#define IN_MEMBERS (IN_KEYS + 1)

static const struct shape in_shape[] = {
	[IN_EXPR] = {"expr", KEY_TEXT, false},
	[IN_FROM] = {"from", KEY_TEXT, false},
	[IN_PATH] = {"path", KEY_TEXT | KEY_MAP, false},
	[IN_TREE] = {"tree", KEY_TEXT | KEY_MAP, false},
	[IN_VALUE] = {"value", KEY_ANY, false},
	[IN_PREVIOUS] = {"previous", KEY_TEXT, false},
	[IN_OPTIONAL] = {"optional", KEY_BOOL, false},
	[IN_SCHEMA] = {"schema", KEY_TEXT, false},
	[IN_AS] = {"as", KEY_TEXT, false},
};

static const struct shape out_shape[] = {
	[OUT_PATH] = {"path", KEY_TEXT | KEY_MAP, false},
	[OUT_FROM] = {"from", KEY_TEXT, false},
	[OUT_TYPE] = {"type", KEY_TEXT, false},
	[OUT_OPTIONAL] = {"optional", KEY_BOOL, false},
	[OUT_SCHEMA] = {"schema", KEY_TEXT, false},
};

int
loader_keep_value(struct loader *l, const struct value *v, const struct value **ret_value,
	struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 30);
	struct source source = {.name = "value"};
	int r;

	json_write(v, &text);
	r = buf_check(&text, "a value of the plan", err);
	if (r < 0)
		return r;
	source.text = buf_str(&text);
	return json_parse(&l->graph->arena, &source, JSON_UNIQUE_KEYS, NULL, ret_value, err);
}

static int
read_form(struct str name, enum input_form *ret_form, struct err *err)
{
	for (enum input_form form = INPUT_AS_FILE; form <= INPUT_AS_DIR; form++) {
		if (!str_is(name, input_form_name(form)))
			continue;
		*ret_form = form;
		return 0;
	}
	return loader_corrupt(err, "\"%.*s\" is no form", (int)MIN(name.n, 60), name.p);
}

/* Of the head, which has been read. */
static int
find_previous(
	struct loader *l, struct str name, struct reference *ret_reference, struct err *err)
{
	uint32_t number = map_get(&l->previous_by_name, name);

	if (number == MAP_NONE)
		return loader_corrupt(err, "\"%.*s\" of an earlier run is not there",
			(int)MIN(name.n, 100), name.p);
	*ret_reference = (struct reference){.kind = REFERENCE_INPUT,
		.step = STEP_NONE,
		.input = number,
		.name = l->inputs[number].earlier->name};
	return 0;
}

static int
read_input(struct loader *l, const struct value *v, struct step_input *input,
	const struct loader_text *path, struct err *err)
{
	struct loader_text artifact = {.step = path->step,
		.may = 1U << ROOT_STEP | 1U << ROOT_INPUT,
		.judges = path->judges};
	const struct value *members[IN_MEMBERS];
	int r = loader_read_object(v, "an input", in_shape, IN_MEMBERS, members, err);

	if (r < 0)
		return r;
	if (!!members[IN_FROM] + !!members[IN_PATH] + !!members[IN_TREE] + !!members[IN_VALUE] +
			!!members[IN_EXPR] + !!members[IN_PREVIOUS] !=
		1)
		return loader_corrupt(err, "an input has not exactly one source");
	input->optional = members[IN_OPTIONAL] && value_is_true(members[IN_OPTIONAL]);
	artifact.optional = input->optional;
	r = loader_find_schema(l, members[IN_SCHEMA], &input->schema, err);
	if (r == 0 && members[IN_AS])
		r = read_form(value_text(members[IN_AS]), &input->as, err);
	if (r < 0)
		return r;
	if (members[IN_FROM]) {
		input->source = INPUT_REFERENCE;
		return loader_read_reference(
			l, value_text(members[IN_FROM]), &artifact, &input->reference, err);
	}
	if (members[IN_PREVIOUS]) {
		input->source = INPUT_REFERENCE;
		return find_previous(
			l, value_text(members[IN_PREVIOUS]), &input->reference, err);
	}
	if (members[IN_EXPR]) {
		input->source = INPUT_MADE;
		return loader_read_expression(
			l, value_text(members[IN_EXPR]), path, &input->made, err);
	}
	if (members[IN_VALUE]) {
		input->source = INPUT_VALUE;
		return loader_keep_value(l, members[IN_VALUE], &input->value, err);
	}
	input->source = members[IN_PATH] ? INPUT_PATH : INPUT_TREE;
	return loader_read_template(
		l, members[members[IN_PATH] ? IN_PATH : IN_TREE], path, &input->path, err);
}

/* The names of ports: files of $LILY_IN and $LILY_OUT, sorted so that they can be searched. */
static int
read_port_name(struct loader *l, const struct value *object, uint32_t i, struct str *ret_name,
	struct err *err)
{
	struct str name = value_text(&object->members[i].key);

	if (!str_is_name(name))
		return loader_corrupt(err, "\"%.*s\" is no name", (int)MIN(name.n, 60), name.p);
	if (i && str_compare(value_text(&object->members[i - 1].key), name) >= 0)
		return loader_corrupt(err, "\"%.*s\" is not in its place", STR_ARG(name));
	*ret_name = arena_str(&l->graph->arena, name);
	return 0;
}

int
loader_read_inputs(struct loader *l, const struct value *object, const struct loader_text *at,
	uint32_t more, struct step_input **ret_inputs, uint32_t *ret_n, struct err *err)
{
	struct step_input *inputs =
		ARENA_ARRAY(&l->graph->arena, object->n + (size_t)more, struct step_input);

	for (uint32_t i = 0; i < object->n; i++) {
		int r = read_port_name(l, object, i, &inputs[i].name, err);

		if (r == 0)
			r = read_input(l, &object->members[i].value, &inputs[i], at, err);
		if (r < 0)
			return r;
	}
	*ret_inputs = inputs;
	*ret_n = object->n;
	return 0;
}

static int
read_inputs(struct loader *l, const struct value *object, struct step *step, uint32_t number,
	struct err *err)
{
	const struct loader_text at = {.step = number, .may = MAY_PATH, .is_path = true};
	struct step_input *inputs;
	int r = loader_read_inputs(l, object, &at, 0, &inputs, &step->n_inputs, err);

	if (r == 0)
		step->inputs = inputs;
	return r;
}

static int
read_type(struct str name, enum output_type *ret_type, struct err *err)
{
	for (enum output_type type = OUTPUT_FILE; type <= OUTPUT_JSONL; type++) {
		if (!str_is(name, output_type_name(type)))
			continue;
		*ret_type = type;
		return 0;
	}
	return loader_corrupt(err, "\"%.*s\" is no type", (int)MIN(name.n, 60), name.p);
}

static int
read_output(struct loader *l, const struct value *v, struct step_output *output, uint32_t step,
	struct err *err)
{
	const struct loader_text path = {.step = step, .may = MAY_PATH, .is_path = true};
	const struct value *members[OUT_KEYS];
	int r = loader_read_object(v, "an output", out_shape, OUT_KEYS, members, err);

	if (r < 0)
		return r;
	output->optional = members[OUT_OPTIONAL] && value_is_true(members[OUT_OPTIONAL]);
	output->from_stdout = members[OUT_FROM] != NULL;
	output->has_path = members[OUT_PATH] != NULL;
	if (output->from_stdout && output->has_path)
		return loader_corrupt(err, "an output is both stdout and a file");
	if (output->from_stdout && !str_is(value_text(members[OUT_FROM]), "stdout"))
		return loader_corrupt(err, "an output is from what is not stdout");
	if (members[OUT_TYPE])
		r = read_type(value_text(members[OUT_TYPE]), &output->type, err);
	if (r == 0)
		r = loader_find_schema(l, members[OUT_SCHEMA], &output->schema, err);
	if (r == 0 && output->schema && output->type < OUTPUT_TEXT)
		r = loader_corrupt(err, "an output of no type has a schema");
	if (r == 0 && output->has_path)
		r = loader_read_template(l, members[OUT_PATH], &path, &output->path, err);
	return r;
}

static int
read_outputs(struct loader *l, const struct value *object, struct step *step, uint32_t number,
	struct err *err)
{
	struct step_output *outputs =
		ARENA_ARRAY(&l->graph->arena, object->n, struct step_output);
	bool from_stdout = false;

	for (uint32_t i = 0; i < object->n; i++) {
		int r = read_port_name(l, object, i, &outputs[i].name, err);

		if (r == 0)
			r = read_output(l, &object->members[i].value, &outputs[i], number, err);
		if (r < 0)
			return r;
		if (outputs[i].from_stdout && from_stdout)
			return loader_corrupt(err, "two outputs are stdout");
		from_stdout |= outputs[i].from_stdout;
	}
	step->outputs = outputs;
	step->n_outputs = object->n;
	return 0;
}

/* A step's number, or it and the outcome that is asked for. */
static int
read_need(struct loader *l, const struct value *v, uint64_t *ret_need, uint8_t *ret_wants,
	struct err *err)
{
	const struct value *number = v;
	uint8_t outcome = 0;

	if (v->kind == VALUE_ARRAY && v->n == 2) {
		number = &v->items[0];
		for (unsigned i = NEED_SUCCEEDED; i <= NEED_FINISHED; i++)
			if (str_is(value_text(&v->items[1]), need_outcome_name((uint8_t)i)))
				outcome = (uint8_t)i;
		if (!outcome)
			return loader_corrupt(err, "a need asks for no outcome");
	}
	*ret_wants = outcome;
	return loader_read_number(
		number, "a need", (uint64_t)l->graph->n_steps - 1, ret_need, err);
}

static int
read_needs(struct loader *l, const struct value *list, struct step *step, struct err *err)
{
	uint32_t *needs = ARENA_ARRAY(&l->graph->arena, list->n, uint32_t);
	uint8_t *wants = ARENA_ARRAY(&l->graph->arena, list->n, uint8_t);

	for (uint32_t i = 0; i < list->n; i++) {
		uint64_t need;
		int r = read_need(l, &list->items[i], &need, &wants[i], err);

		if (r < 0)
			return r;
		needs[i] = (uint32_t)need;
		if (i && needs[i - 1] >= needs[i])
			return loader_corrupt(err, "needs are not in their order");
	}
	step->needs = needs;
	step->wants = wants;
	step->n_needs = list->n;
	return 0;
}

static int
read_argv(struct loader *l, const struct value *list, struct step *step, uint32_t number,
	struct err *err)
{
	const struct loader_text at = {
		.step = number,
		.may = MAY_TEXT_OF_STEP,
		.inputs = step->inputs,
		.n_inputs = step->n_inputs,
	};
	struct template *argv = ARENA_ARRAY(&l->graph->arena, list->n, struct template);

	for (uint32_t i = 0; i < list->n; i++) {
		int r = loader_read_template(l, &list->items[i], &at, &argv[i], err);

		if (r < 0)
			return r;
	}
	step->argv = argv;
	step->n_argv = list->n;
	return 0;
}

static int
read_own_env(struct loader *l, const struct value *object, struct step *step, uint32_t number,
	struct err *err)
{
	const struct loader_text at = {
		.step = number,
		.may = MAY_TEXT_OF_STEP,
		.inputs = step->inputs,
		.n_inputs = step->n_inputs,
	};

	return loader_read_env(l, object, &at, &step->env, &step->n_env, err);
}

/* GROUP/NAME; in place of an item's key a template has '*'. */
bool
loader_is_path(struct str path)
{
	while (path.n) {
		struct str name = str_cut(path, '/', &path);

		if (!str_is_name(name) && !str_is(name, "*"))
			return false;
		if (!path.n)
			return true;
	}
	return false;
}

static int
read_name(struct loader *l, const struct value *v, struct step *step, uint32_t number,
	struct err *err)
{
	struct str name = value_text(v);

	if (!loader_is_path(name))
		return loader_corrupt(
			err, "\"%.*s\" is no name for a step", (int)MIN(name.n, 60), name.p);
	step->name = arena_str(&l->graph->arena, name);
	if (map_add(&l->graph->step_by_name, step->name, number) != MAP_NONE)
		return loader_corrupt(err, "step \"%.*s\" is there twice", STR_ARG(name));
	return 0;
}

/* Its own, or those of the step that it is about: of that it has the variables. */
static int
read_gates(struct loader *l, const struct value *gates, const struct value *of, uint32_t number,
	struct err *err)
{
	struct step *step = &l->steps[number];
	uint64_t judged = number;
	int r = 0;

	if (of && (!step->judges || !number || !l->graph->is_judging))
		return loader_corrupt(err, "a step is about another one and does more");
	if (of)
		r = loader_read_number(of, "\"of\"", number - 1, &judged, err);
	if (r < 0)
		return r;
	step->env = l->steps[judged].env;
	step->n_env = l->steps[judged].n_env;
	return loader_read_gates(l, gates, step, (uint32_t)judged, number, err);
}

int
loader_read_step(struct loader *l, const struct value *v, uint32_t number, struct err *err)
{
	const struct value *members[LOADS];
	struct step *step = &l->steps[number];
	uint64_t settings = 0;
	int r = loader_read_object(v, "a step", step_shape, LOADS, members, err);

	if (r == 0)
		r = read_name(l, members[LOAD_NAME], step, number, err);
	if (r == 0)
		step->judges = members[LOAD_JUDGES] != NULL;
	/* Before its texts, which may ask how the run has ended. */
	if (r == 0)
		step->is_last = members[LOAD_LAST] && value_is_true(members[LOAD_LAST]);
	if (r == 0 && members[LOAD_SETTINGS])
		r = loader_read_number(
			members[LOAD_SETTINGS], "\"settings\"", UINT32_MAX, &settings, err);
	if (r == 0 && settings >= l->n_settings)
		r = loader_corrupt(err, "a step's settings are missing");
	if (r == 0 && members[LOAD_NEEDS])
		r = read_needs(l, members[LOAD_NEEDS], step, err);
	if (r == 0 && members[LOAD_IN])
		r = read_inputs(l, members[LOAD_IN], step, number, err);
	if (r == 0 && members[LOAD_OUT])
		r = read_outputs(l, members[LOAD_OUT], step, number, err);
	if (r == 0 && members[LOAD_ACCEPTS])
		r = loader_read_accepts(l, members[LOAD_ACCEPTS], step, err);
	if (r == 0 &&
		!!members[LOAD_ARGV] + !!members[LOAD_FOREACH] + !!members[LOAD_SCOPE] +
				!!members[LOAD_JUDGES] !=
			1)
		r = loader_corrupt(err, "a step has no program");
	if (r == 0 && members[LOAD_JUDGES] && !members[LOAD_GATES])
		r = loader_corrupt(err, "a gate of the run is not there");
	if (r == 0 && members[LOAD_SCOPE])
		r = loader_read_scope(
			l, members[LOAD_SCOPE], members[LOAD_WITH], step, number, err);
	if (r == 0 && members[LOAD_FOREACH])
		r = loader_read_foreach(l, members[LOAD_FOREACH], step, number, err);
	if (r == 0 && members[LOAD_ARGV])
		r = read_argv(l, members[LOAD_ARGV], step, number, err);
	if (r == 0 && members[LOAD_IF])
		r = loader_read_expression(l, value_text(members[LOAD_IF]),
			&(struct loader_text){.step = number, .may = MAY_CONDITION},
			&step->condition, err);
	if (r == 0 && members[LOAD_ENV])
		r = read_own_env(l, members[LOAD_ENV], step, number, err);
	if (r == 0 && members[LOAD_EFFECTS])
		r = loader_read_effects(l, members[LOAD_EFFECTS], step, number, err);
	if (r == 0 && members[LOAD_OF] && !members[LOAD_GATES])
		r = loader_corrupt(err, "a step is about another one and does more");
	if (r == 0 && members[LOAD_GATES])
		r = read_gates(l, members[LOAD_GATES], members[LOAD_OF], number, err);
	if (r == 0 && members[LOAD_QUESTION])
		r = loader_read_question(l, members[LOAD_QUESTION], step, number, err);
	if (r == 0 && members[LOAD_ARGV] && step_is_human(step) != !step->n_argv)
		r = loader_corrupt(err, "a step has no program");
	if (r == 0 && members[LOAD_POOLS])
		r = loader_read_step_pools(l, members[LOAD_POOLS], step, err);
	if (r == 0)
		r = loader_read_surroundings(l,
			&(struct loaded_surroundings){.cwd = members[LOAD_CWD],
				.secrets = members[LOAD_SECRETS],
				.state = members[LOAD_STATE],
				.stdin_flag = members[LOAD_STDIN],
				.workspace = members[LOAD_WORKSPACE]},
			step, number, err);
	if (r == 0)
		step->settings = &l->settings[settings];
	if (r == 0) {
		step->continue_on_error =
			members[LOAD_CONTINUE] && value_is_true(members[LOAD_CONTINUE]);
		l->graph->n_last += step->is_last;
	}
	step->place = number;
	return r;
}
