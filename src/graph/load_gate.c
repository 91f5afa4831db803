#include "graph/loader_step.h"

#include "graph/declared_compare.h"
#include "graph/reference.h"
#include "graph/step_gates.h"
#include "json/json.h"
#include "json/number.h"

#define DEFINITION_MAX ((size_t)16 << 20)
#define COUNT_MAX 100

enum { GATE_DEFINITION, GATE_POLICY, GATE_SHA256, GATE_MEMBERS };

static const struct shape gate_shape[] = {
	[GATE_DEFINITION] = {"definition", KEY_MAP, true},
	[GATE_POLICY] = {"policy", KEY_LIST, false},
	[GATE_SHA256] = {"sha256", KEY_TEXT, true},
};

enum {
	DEFINED_ARGV,
	DEFINED_COMPARE,
	DEFINED_ENV,
	DEFINED_EXPR,
	DEFINED_GRANTS,
	DEFINED_IN,
	DEFINED_METRICS,
	DEFINED_PASS_ENV,
	DEFINED_PREVIOUS,
	DEFINED_REPEAT,
	DEFINED_REQUIRED,
	DEFINED_RUNNER,
	DEFINED_SCHEMA,
	DEFINED_SECRETS,
	DEFINED_TIMEOUT,
	DEFINED
};

static const struct shape definition_shape[] = {
	[DEFINED_ARGV] = {"argv", KEY_LIST, false},
	[DEFINED_COMPARE] = {"compare", KEY_MAP, false},
	[DEFINED_ENV] = {"env", KEY_MAP, false},
	[DEFINED_EXPR] = {"expr", KEY_TEXT, false},
	[DEFINED_GRANTS] = {"grants", KEY_LIST, false},
	[DEFINED_IN] = {"in", KEY_MAP, false},
	[DEFINED_METRICS] = {"metrics", KEY_MAP, false},
	[DEFINED_PASS_ENV] = {"pass_env", KEY_LIST, false},
	[DEFINED_PREVIOUS] = {"previous", KEY_TEXT, false},
	[DEFINED_REPEAT] = {"repeat", KEY_MAP, false},
	[DEFINED_REQUIRED] = {"required", KEY_BOOL, false},
	[DEFINED_RUNNER] = {"runner", KEY_TEXT, true},
	[DEFINED_SCHEMA] = {"schema", KEY_MAP, false},
	[DEFINED_SECRETS] = {"secrets", KEY_MAP, false},
	[DEFINED_TIMEOUT] = {"timeout", KEY_NUMBER, false},
};

/* Where what is read of a gate comes to. */
struct gate_reader {
	struct loader *l;
	const struct step *step; /* that it judges */
	uint32_t judged;         /* the number of that, */
	uint32_t number;         /* and of the one that has the gate, mostly the same */
	bool is_of_run;          /* what it judges does nothing but be judged by it */
	struct gate *gate;
	struct step_input *inputs;
};

/* The outputs of the step, as candidates. */
static void
take_outputs(struct gate_reader *x, uint32_t more)
{
	const struct step *step = x->step;

	x->inputs = ARENA_ARRAY(
		&x->l->graph->arena, step->n_outputs + (size_t)more, struct step_input);
	for (uint32_t i = 0; i < step->n_outputs; i++)
		x->inputs[i] = (struct step_input){.name = step->outputs[i].name,
			.source = INPUT_REFERENCE,
			.optional = step->outputs[i].optional,
			.reference = {.kind = REFERENCE_STEP_OUT,
				.step = x->judged,
				.output = i,
				.name = step->outputs[i].name}};
	x->gate->n_inputs = step->n_outputs;
}

/* With room for what they are compared with. */
static int
read_inputs(struct gate_reader *x, const struct value *in, const struct value *compare,
	struct err *err)
{
	uint32_t more = compare ? compare->n : 0;
	const struct loader_text at = {
		.step = x->number, .may = MAY_PATH, .is_path = true, .judges = true};
	int r = 0;

	x->gate->names_inputs = in != NULL;
	if (in)
		r = loader_read_inputs(
			x->l, in, &at, more, &x->inputs, &x->gate->n_inputs, err);
	else
		take_outputs(x, more);
	x->gate->inputs = x->inputs;
	return r;
}

static int
read_argv(struct gate_reader *x, const struct value *list, struct err *err)
{
	const struct loader_text at = {.step = x->number,
		.may = MAY_TEXT_OF_STEP,
		.inputs = x->inputs,
		.n_inputs = x->gate->n_inputs,
		.judges = true};
	struct template *argv;
	int r = 0;

	if (!list || !list->n)
		return loader_corrupt(err, "a gate has no program");
	argv = ARENA_ARRAY(&x->l->graph->arena, list->n, struct template);
	for (uint32_t i = 0; r == 0 && i < list->n; i++)
		r = loader_read_template(x->l, &list->items[i], &at, &argv[i], err);
	x->gate->argv = argv;
	x->gate->n_argv = list->n;
	return r;
}

static int
read_schema(struct gate_reader *x, const struct member *member, struct err *err)
{
	static const struct shape shape[] = {
		{"id", KEY_TEXT, true}, {"sha256", KEY_TEXT, true}};
	const struct value *members[ARRAY_SIZE(shape)];
	const struct step_schema *schema = NULL;
	char hex[DIGEST_HEX_SIZE];
	int r = loader_read_object(
		&member->value, "a gate's schema", shape, ARRAY_SIZE(shape), members, err);

	if (r == 0)
		r = loader_find_schema(x->l, members[0], &schema, err);
	if (r < 0)
		return r;
	if (!str_is(value_text(members[1]), digest_to_hex(&schema->digest, hex)))
		return loader_corrupt(err, "a gate has another schema of that name");
	for (uint32_t i = 0; i < x->gate->n_inputs; i++)
		if (str_equal(x->inputs[i].name, value_text(&member->key))) {
			x->inputs[i].schema = schema;
			return 0;
		}
	return loader_corrupt(err, "a gate has no input for its schema");
}

static int
read_schemas(struct gate_reader *x, const struct value *schemas, struct err *err)
{
	int r = 0;

	if (!schemas || !schemas->n)
		return loader_corrupt(err, "a gate has no schema");
	for (uint32_t i = 0; r == 0 && i < schemas->n; i++)
		r = read_schema(x, &schemas->members[i], err);
	return r;
}

static int
read_metric(struct gate_reader *x, const struct member *member, struct gate_metric *metric,
	bool *asks_for_change, struct err *err)
{
	static const struct shape shape[GATE_LIMITS] = {
		[GATE_MIN] = {"min", KEY_NUMBER, false},
		[GATE_MAX] = {"max", KEY_NUMBER, false},
		[GATE_MIN_CHANGE] = {"min_change", KEY_NUMBER, false},
		[GATE_MAX_CHANGE] = {"max_change", KEY_NUMBER, false},
	};
	const struct value *members[GATE_LIMITS];
	int r = loader_read_object(
		&member->value, "a metric", shape, GATE_LIMITS, members, err);

	for (enum gate_limit i = 0; r == 0 && i < GATE_LIMITS; i++) {
		if (!members[i])
			continue;
		metric->limits[i] = arena_str(&x->l->graph->arena, value_text(members[i]));
		*asks_for_change |= gate_limit_is_change(i);
	}
	return r;
}

/* What an earlier run left, which the head names. */
static int
find_previous(
	struct gate_reader *x, const struct value *name, uint32_t *ret_input, struct err *err)
{
	uint32_t number = map_get(&x->l->previous_by_name, value_text(name));

	if (number == MAP_NONE)
		return loader_corrupt(err, "\"%.*s\" of an earlier run is not there",
			(int)MIN(name->n, 100), name->text);
	*ret_input = number;
	return 0;
}

static int
read_previous(struct gate_reader *x, const struct value *name, struct err *err)
{
	uint32_t number;
	int r = find_previous(x, name, &number, err);

	if (r == 0)
		x->gate->previous = &x->l->inputs[number];
	return r;
}

/* A number, or a share. */
static int
read_tolerance(struct gate_reader *x, const struct value *v, struct gate_comparison *comparison,
	struct err *err)
{
	struct str number = value_text(v);

	comparison->is_percent = v->kind == VALUE_STRING;
	if (comparison->is_percent ? !percent_read(number, &number)
				   : number_compare(number, STR("0")) < 0)
		return loader_corrupt(err, "a gate's tolerance is none");
	comparison->tolerance = arena_str(&x->l->graph->arena, number);
	return 0;
}

/* What it is compared with becomes an input of the gate. */
static int
read_with(struct gate_reader *x, const struct value *path, const struct value *previous,
	struct step_input *with, struct err *err)
{
	const struct loader_text at = {
		.step = x->number, .may = MAY_PATH, .is_path = true, .judges = true};
	uint32_t number;
	int r;

	if (!path == !previous)
		return loader_corrupt(err, "a gate does not compare with exactly one thing");
	if (path) {
		with->source = INPUT_PATH;
		with->of_any_kind = true;
		return loader_read_template(x->l, path, &at, &with->path, err);
	}
	r = find_previous(x, previous, &number, err);
	if (r < 0)
		return r;
	with->source = INPUT_REFERENCE;
	with->optional = true;
	with->reference = (struct reference){.kind = REFERENCE_INPUT,
		.step = STEP_NONE,
		.input = number,
		.name = x->l->inputs[number].earlier->name};
	return 0;
}

static int
read_comparison(struct gate_reader *x, const struct member *member,
	struct gate_comparison *comparison, struct err *err)
{
	static const struct shape shape[] = {{"path", KEY_TEXT | KEY_MAP, false},
		{"previous", KEY_TEXT, false}, {"tolerance", KEY_NUMBER | KEY_TEXT, false}};
	const struct value *members[ARRAY_SIZE(shape)];
	struct step_input *with = &x->inputs[x->gate->n_inputs];
	int r = loader_read_object(
		&member->value, "a comparison", shape, ARRAY_SIZE(shape), members, err);

	while (r == 0 &&
		!str_equal(x->inputs[comparison->judged].name, value_text(&member->key)))
		if (++comparison->judged >= x->gate->n_inputs)
			return loader_corrupt(err, "a gate has no input to compare");
	if (r == 0 && members[2])
		r = read_tolerance(x, members[2], comparison, err);
	if (r < 0)
		return r;
	with->name = str_of(arena_printf(
		&x->l->graph->arena, "with/%.*s", STR_ARG(x->inputs[comparison->judged].name)));
	return read_with(x, members[0], members[1], with, err);
}

static int
read_comparisons(struct gate_reader *x, const struct value *compare, struct err *err)
{
	struct gate_comparison *all;
	uint32_t n_judged = x->gate->n_inputs;
	int r = 0;

	if (!compare || !compare->n || !n_judged)
		return loader_corrupt(err, "a gate has nothing to compare");
	all = ARENA_ARRAY(&x->l->graph->arena, compare->n, struct gate_comparison);
	for (uint32_t i = 0; r == 0 && i < compare->n; i++) {
		r = read_comparison(x, &compare->members[i], &all[i], err);
		all[i].with = x->gate->n_inputs++;
	}
	x->gate->comparisons = all;
	x->gate->n_comparisons = compare->n;
	return r;
}

static int
read_metrics(struct gate_reader *x, const struct value *object, struct err *err)
{
	struct gate_metric *metrics =
		ARENA_ARRAY(&x->l->graph->arena, object->n, struct gate_metric);
	bool asks_for_change = false;
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < object->n; i++) {
		metrics[i].name =
			arena_str(&x->l->graph->arena, value_text(&object->members[i].key));
		r = read_metric(x, &object->members[i], &metrics[i], &asks_for_change, err);
	}
	x->gate->metrics = metrics;
	x->gate->n_metrics = object->n;
	if (r == 0 && asks_for_change != (x->gate->previous != NULL))
		return loader_corrupt(err, "a gate asks for a change against nothing");
	return r;
}

static int
read_repeat(struct gate_reader *x, const struct value *object, struct err *err)
{
	static const struct shape shape[] = {
		{"pass", KEY_NUMBER, true}, {"times", KEY_NUMBER, true}};
	const struct value *members[ARRAY_SIZE(shape)];
	uint64_t pass = 1;
	uint64_t times = 1;
	int r = object ? loader_read_object(
				 object, "\"repeat\"", shape, ARRAY_SIZE(shape), members, err)
		       : 0;

	if (r == 0 && object)
		r = loader_read_number(members[0], "\"pass\"", COUNT_MAX, &pass, err);
	if (r == 0 && object)
		r = loader_read_number(members[1], "\"times\"", COUNT_MAX, &times, err);
	if (r == 0 && (!pass || pass > times))
		r = loader_corrupt(err, "a gate cannot pass so often");
	x->gate->times = (uint32_t)times;
	x->gate->pass = (uint32_t)pass;
	return r;
}

static int
read_own_surroundings(
	struct gate_reader *x, const struct value *const members[DEFINED], struct err *err)
{
	const struct loader_text at = {.step = x->number,
		.may = MAY_TEXT_OF_STEP & ~(1U << ROOT_ENV),
		.inputs = x->inputs,
		.n_inputs = x->gate->n_inputs,
		.judges = true};
	struct gate *gate = x->gate;
	int r = 0;

	if (members[DEFINED_ENV])
		r = loader_read_env(
			x->l, members[DEFINED_ENV], &at, &gate->env, &gate->n_env, err);
	if (r == 0 && members[DEFINED_PASS_ENV])
		r = loader_read_pass_env(x->l, members[DEFINED_PASS_ENV], &gate->pass_env,
			&gate->n_pass_env, err);
	if (r == 0 && members[DEFINED_SECRETS])
		r = loader_read_given_secrets(
			x->l, members[DEFINED_SECRETS], &gate->surroundings, err);
	return r;
}

static int
read_program(struct gate_reader *x, const struct value *const members[DEFINED], struct err *err)
{
	uint64_t timeout = 0;
	int r = read_argv(x, members[DEFINED_ARGV], err);

	if (r == 0)
		r = read_own_surroundings(x, members, err);
	if (r == 0 && members[DEFINED_PREVIOUS])
		r = read_previous(x, members[DEFINED_PREVIOUS], err);
	if (r == 0 && members[DEFINED_METRICS])
		r = read_metrics(x, members[DEFINED_METRICS], err);
	if (r == 0 && members[DEFINED_TIMEOUT])
		r = loader_read_number(
			members[DEFINED_TIMEOUT], "\"timeout\"", INT64_MAX / 4, &timeout, err);
	x->gate->timeout_us = (int64_t)timeout;
	return r;
}

/* An output of its own step by name, of another one by reference. */
static int
read_granted(struct gate_reader *x, struct str output, struct reference *ret_reference,
	struct err *err)
{
	const struct loader_text at = {
		.step = x->number, .may = 1U << ROOT_STEP, .optional = true};

	if (x->is_of_run) {
		int r = loader_read_reference(x->l, output, &at, ret_reference, err);

		return r == 0 && ret_reference->kind != REFERENCE_STEP_OUT
			? loader_corrupt(err, "a gate grants a label to no output")
			: r;
	}
	*ret_reference = (struct reference){.kind = REFERENCE_STEP_OUT,
		.step = x->judged,
		.name = arena_str(&x->l->graph->arena, output)};
	if (!loader_find_output(x->step, output, &ret_reference->output))
		return loader_corrupt(err, "a gate grants a label to no output");
	return 0;
}

static int
read_grants(struct gate_reader *x, const struct value *list, struct err *err)
{
	static const struct shape shape[] = {
		{"label", KEY_TEXT, true}, {"output", KEY_TEXT, true}};
	struct gate_grant *grants =
		ARENA_ARRAY(&x->l->graph->arena, list->n, struct gate_grant);
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < list->n; i++) {
		const struct value *members[ARRAY_SIZE(shape)];

		r = loader_read_object(
			&list->items[i], "a grant", shape, ARRAY_SIZE(shape), members, err);
		if (r == 0 && !str_is_name(value_text(members[0])))
			r = loader_corrupt(err, "a label is no name");
		if (r < 0)
			break;
		grants[i].label = arena_str(&x->l->graph->arena, value_text(members[0]));
		r = read_granted(x, value_text(members[1]), &grants[i].output, err);
	}
	x->gate->grants = grants;
	x->gate->n_grants = list->n;
	return r;
}

static int
read_definition(struct gate_reader *x, const struct value *v, struct err *err)
{
	const struct loader_text expression = {
		.step = x->number, .may = MAY_PATH, .judges = true};
	const struct value *members[DEFINED];
	int r = loader_read_object(v, "a gate", definition_shape, DEFINED, members, err);

	if (r < 0)
		return r;
	if (!gate_runner_parse(value_text(members[DEFINED_RUNNER]), &x->gate->runner))
		return loader_corrupt(err, "a gate is of no known kind");
	x->gate->required =
		!members[DEFINED_REQUIRED] || value_is_true(members[DEFINED_REQUIRED]);
	r = read_inputs(x, members[DEFINED_IN], members[DEFINED_COMPARE], err);
	if (r == 0)
		r = read_repeat(x, members[DEFINED_REPEAT], err);
	if (r == 0 && members[DEFINED_GRANTS])
		r = read_grants(x, members[DEFINED_GRANTS], err);
	if (r < 0)
		return r;
	switch (x->gate->runner) {
	case GATE_RUN:
	case GATE_EXEC: return read_program(x, members, err);
	case GATE_SCHEMA: return read_schemas(x, members[DEFINED_SCHEMA], err);
	case GATE_EXPR:
		if (!members[DEFINED_EXPR])
			return loader_corrupt(err, "a gate has no expression");
		return loader_read_expression(x->l, value_text(members[DEFINED_EXPR]),
			&expression, &x->gate->expr, err);
	case GATE_COMPARE: return read_comparisons(x, members[DEFINED_COMPARE], err);
	}
	BUG("a gate of runner %d", (int)x->gate->runner);
}

/* The digest is that of what the plan says. */
static int
read_digest(const struct value *definition, const struct value *hex, struct gate *gate,
	struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DEFINITION_MAX);
	struct digest digest;
	struct err why = ERR_INIT;

	if (json_canonical(definition, JSON_NUMBERS_NEAREST, &text, &why) < 0 ||
		text.overflowed)
		return loader_corrupt(err, "a gate's definition is too long or no JSON");
	digest_of(text.p, text.n, &gate->definition);
	if (!digest_parse(value_text(hex), &digest) ||
		!digest_equal(&digest, &gate->definition))
		return loader_corrupt(err, "a gate's definition is not what its digest says");
	return 0;
}

static int
read_gate(struct gate_reader *x, const struct member *member, struct err *err)
{
	const struct value *members[GATE_MEMBERS];
	int r = loader_read_object(
		&member->value, "a gate", gate_shape, GATE_MEMBERS, members, err);

	if (r == 0 && !str_is_name(value_text(&member->key)))
		r = loader_corrupt(err, "\"%.*s\" is no name for a gate",
			(int)MIN(member->key.n, 60), member->key.text);
	if (r == 0)
		r = read_digest(members[GATE_DEFINITION], members[GATE_SHA256], x->gate, err);
	if (r == 0 && members[GATE_POLICY])
		r = loader_read_policy(x->l, members[GATE_POLICY], &x->gate->policy, err);
	if (r < 0)
		return r;
	x->gate->name = arena_str(&x->l->graph->arena, value_text(&member->key));
	return read_definition(x, members[GATE_DEFINITION], err);
}

int
loader_read_gates(struct loader *l, const struct value *object, struct step *step,
	uint32_t judged, uint32_t number, struct err *err)
{
	struct gate *items = ARENA_ARRAY(&l->graph->arena, object->n, struct gate);
	struct step_gates *gates = ARENA_NEW(&l->graph->arena, struct step_gates);
	int r = 0;

	*gates = (struct step_gates){
		.items = items, .n = object->n, .of = judged == number ? STEP_NONE : judged};
	for (uint32_t i = 0; r == 0 && i < object->n; i++) {
		struct gate_reader x = {.l = l,
			.step = &l->steps[judged],
			.judged = judged,
			.number = number,
			.is_of_run = l->steps[judged].judges,
			.gate = &items[i]};

		r = read_gate(&x, &object->members[i], err);
		gates->any_required |= items[i].required;
	}
	step->gates = gates;
	return r;
}
