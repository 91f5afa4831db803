#include "graph/declared_gate.h"

#include "base/memory.h"
#include "expr/check.h"
#include "graph/argument.h"
#include "graph/declared_compare.h"
#include "graph/declared_group.h"
#include "graph/declared_label.h"
#include "graph/declared_measure.h"
#include "graph/declared_policy.h"
#include "graph/declared_schema.h"
#include "graph/declared_secret.h"
#include "graph/effects.h"
#include "graph/port.h"
#include "graph/step_gates.h"

#define LATER_KIND(name, part)               \
	{                                    \
		name, part, 0, 0, true, NULL \
	}
#define LATER(name, part)                     \
	{                                     \
		name, part, 0, 0, false, NULL \
	}

static const struct key of_gate[] = {
	RUNNER_KEY_TABLE,
	{"schema", NULL, GATE_KEY_SCHEMA, KEY_MAP, true,
		"a map of inputs to schemas, such as { review: review.v1 }"},
	{"expr", NULL, GATE_KEY_EXPR, KEY_TEXT | KEY_BOOL, true,
		"an expression, such as steps.STEP.out.NAME.score >= 0.8"},
	{"compare", NULL, GATE_KEY_COMPARE, KEY_MAP, true,
		"a map of inputs, such as { report: { with: golden.json } }"},
	{"in", NULL, GATE_KEY_IN, KEY_MAP, false, "a map such as { data: { path: data.csv } }"},
	{"required", NULL, GATE_KEY_REQUIRED, KEY_BOOL, false, "true or false"},
	{"metrics", NULL, GATE_KEY_METRICS, KEY_MAP, false,
		"a map such as { coverage: { min: 0.8 } }"},
	{"repeat", NULL, GATE_KEY_REPEAT, KEY_MAP, false,
		"a map such as { times: 3, pass: 2 }"},
	{"grants", NULL, GATE_KEY_GRANTS, KEY_MAP, false,
		"a map of outputs to labels, such as { report: reviewed }"},
	{"policy", NULL, GATE_KEY_POLICY, KEY_TEXT | KEY_MAP, false,
		"the name of a policy, or one such as { write: [ src ] }"},
	LATER_KIND("uses", "packs"),
	LATER_KIND("llm", "models"),
	LATER("with", "packs"),
	LATER("votes", "models"),
	LATER("threshold", "models"),
	LATER("sample", "models"),
	{"env", NULL, GATE_KEY_ENV, KEY_MAP, false,
		"a map of names to text, numbers or booleans"},
	{"pass_env", NULL, GATE_KEY_PASS_ENV, KEY_LIST, false,
		"a list of variable names, such as [ LANG ]"},
	{"secrets", NULL, GATE_KEY_SECRETS, KEY_LIST | KEY_MAP, false,
		"a list such as [ TOKEN ], or a map such as { TOKEN: file }"},
	/* Of the run's own gates only, and therefore the last one: */
	{"after", NULL, GATE_KEY_AFTER, KEY_TEXT | KEY_LIST, false,
		"run, a step, or a list of steps"},
};

static const struct key_table gate_keys = {
	"a gate", of_gate, ARRAY_SIZE(of_gate) - 1, GATE_KEYS};
static const struct key_table run_gate_keys = {
	"a gate of the run", of_gate, ARRAY_SIZE(of_gate), GATE_KEYS};
static const struct word runners[] = {
	{"run", NULL, GATE_RUN},
	{"exec", NULL, GATE_EXEC},
	{"schema", NULL, GATE_SCHEMA},
	{"expr", NULL, GATE_EXPR},
	{"compare", NULL, GATE_COMPARE},
};

const char *
gate_runner_name(enum gate_runner runner)
{
	return runners[runner].name;
}

bool
gate_runner_parse(struct str name, enum gate_runner *ret_runner)
{
	const struct word *word = word_find(runners, ARRAY_SIZE(runners), name);

	if (word)
		*ret_runner = (enum gate_runner)word->number;
	return word != NULL;
}

const char *
gate_limit_name(enum gate_limit limit)
{
	static const char *const names[] = {"min", "max", "min_change", "max_change"};

	return names[limit];
}

bool
gate_runs_program(const struct gate *gate)
{
	return gate->runner == GATE_RUN || gate->runner == GATE_EXEC;
}

/* One gate of the file while it is checked. */
struct checking {
	const struct reference_place *at;
	const struct value *gate;
	const struct value *keys[GATE_KEYS];
	struct keys_found found;
	bool has_slip; /* among the names of its keys, which has its finding */
};

static struct findings *
findings_of(const struct checking *c)
{
	return &c->at->workflow->findings;
}

static void
check_kind(const struct checking *c)
{
	static const struct {
		unsigned slot;
		const char *name;
		const char *why;
	} of_programs[] = {
		{RUNNER_TIMEOUT, "timeout", "nothing else takes time of its own"},
		{GATE_KEY_METRICS, "metrics", "nothing else measures"},
		{GATE_KEY_REPEAT, "repeat", "nothing else can end in two ways"},
		{GATE_KEY_POLICY, "policy", "nothing else runs a program"},
		{GATE_KEY_ENV, "env", "nothing else runs a program"},
		{GATE_KEY_PASS_ENV, "pass_env", "nothing else runs a program"},
		{GATE_KEY_SECRETS, "secrets", "nothing else runs a program"},
	};
	bool is_program = c->found.seen & (1U << RUNNER_RUN | 1U << RUNNER_EXEC);

	if (!c->found.n_kinds && c->has_slip)
		return;
	if (c->found.n_kinds != 1)
		finding_error(findings_of(c), c->at->place, c->gate->offset,
			"needs exactly one of run (a script), exec (a program and its "
			"arguments), schema ({ INPUT: id.v1 }), expr (an expression) and "
			"compare ({ INPUT: { with: FILE } })");
	else if (is_program)
		runner_check(c->at, c->gate->offset, c->keys, &c->found);
	else if (c->keys[RUNNER_SHELL])
		finding_error(findings_of(c), c->at->place, c->keys[RUNNER_SHELL]->offset,
			"`shell` goes with `run` only");
	if (is_program || !c->found.n_kinds)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(of_programs); i++)
		if (c->keys[of_programs[i].slot])
			finding_error(findings_of(c), c->at->place,
				c->keys[of_programs[i].slot]->offset,
				"`%s` goes with `run` and `exec`: %s", of_programs[i].name,
				of_programs[i].why);
}

static void
check_expression(const struct checking *c)
{
	const struct value *v = c->keys[GATE_KEY_EXPR];
	struct reference_place at = *c->at;
	AUTO_BUF struct buf what = BUF_INIT(128);
	struct str text;
	unsigned type;

	if (v->kind == VALUE_BOOL)
		return;
	at.what = "expr";
	at.may = MAY_PATH;
	if (!expression_alone(value_text(v), true, &text)) {
		finding_error(findings_of(c), at.place, v->offset,
			"\"expr\" is one expression, such as steps.STEP.out.NAME.score >= 0.8; "
			"put the operators into it");
		return;
	}
	if (!expression_check(&at, v, text, &type) || (type & EXPR_BOOL))
		return;
	expr_type_describe(type, &what);
	finding_error(findings_of(c), at.place, expression_place(at.workflow, v, text, 0),
		"\"expr\" must give true or false, not %s; compare it with something",
		buf_cstr(&what));
}

/* Its own, or the outputs of its step. */
static const struct value *
inputs_of(const struct reference_place *at)
{
	return at->gate->in ? at->gate->in : at->workflow->steps[at->step].keys[STEP_OUT];
}

const struct value *
gate_find_input(const struct reference_place *at, struct str name)
{
	return value_get(inputs_of(at), name);
}

void
gate_refuse_input(const struct reference_place *at, const struct value *name)
{
	struct findings *findings = &at->workflow->findings;
	const struct value *names = inputs_of(at);
	struct str candidates[64];
	uint32_t n = 0;

	for (; names && n < names->n && n < ARRAY_SIZE(candidates); n++)
		candidates[n] = value_text(&names->members[n].key);
	finding_error(findings, at->place, name->offset, "%s \"%.*s\"%s; %s",
		at->gate->in ? "the gate has no input" : "the step has no output",
		(int)MIN(name->n, 150), name->text,
		finding_suggestion(findings, value_text(name), candidates, n),
		at->gate->in ? "add it to its `in`"
			     : "add it to the step's `out`, or give the gate `in`");
}

/* What stands of the input must leave it open that it is JSON, and name no schema of its own. */
static void
check_has_value(const struct checking *c, const struct member *wanted, const struct value *v)
{
	const struct value *type = value_get(v, STR("type"));
	const struct value *as = value_get(v, STR("as"));
	bool is_file = (type &&
			       (str_is(value_text(type), "file") ||
				       str_is(value_text(type), "dir"))) ||
		(as && (str_is(value_text(as), "file") || str_is(value_text(as), "dir"))) ||
		value_get(v, STR("tree"));

	if (is_file)
		finding_error(findings_of(c), c->at->place, wanted->key.offset,
			"a schema checks json, jsonl or text, and \"%.*s\" is a file of any "
			"kind or a directory",
			STR_ARG(value_text(&wanted->key)));
	else if (c->keys[GATE_KEY_IN] && value_get(v, STR("schema")))
		finding_error(findings_of(c), c->at->place, wanted->key.offset,
			"\"%.*s\" has a schema in `in` already; take one of them away",
			STR_ARG(value_text(&wanted->key)));
}

static void
check_schemas(const struct checking *c)
{
	const struct value *schemas = c->keys[GATE_KEY_SCHEMA];

	if (!schemas->n)
		finding_error(findings_of(c), c->at->place, schemas->offset,
			"\"schema\" checks nothing; write { INPUT: id.v1 }");
	for (uint32_t i = 0; i < schemas->n; i++) {
		const struct member *member = &schemas->members[i];
		const struct value *input = gate_find_input(c->at, value_text(&member->key));

		if (!input)
			gate_refuse_input(c->at, &member->key);
		else if (input->kind == VALUE_OBJECT)
			check_has_value(c, member, input);
		if (member->value.kind != VALUE_STRING)
			finding_error(findings_of(c), c->at->place, member->value.offset,
				"must be the id of a schema, such as review.v1, not %s",
				value_describe(&c->at->workflow->arena, &member->value));
		else
			schema_check_id(c->at->workflow, c->at->place, &member->value);
	}
}

static void
add_edge(const struct checking *c, uint32_t step)
{
	struct edges *edges = c->at->edges;

	edges->items =
		memory_grow(edges->items, edges->n, &edges->capacity, sizeof(*edges->items));
	edges->items[edges->n++] = (struct edge){step, NEED_FINISHED | EDGE_NAMED};
}

/* All that the run does before `finally`; parts of a step end with it. */
static void
wait_for_run(const struct checking *c)
{
	const struct workflow *w = c->at->workflow;

	for (uint32_t i = 0; i < w->n_steps; i++)
		if (!w->steps[i].is_last && !w->steps[i].judges &&
			w->steps[i].template_of == STEP_NONE)
			add_edge(c, i);
}

/* One step, or all of a group. */
static void
wait_for(const struct checking *c, const struct value *name)
{
	struct workflow *w = c->at->workflow;
	struct declared_name found = name_find(w, GROUP_NONE, value_text(name));
	const struct declared_group *group;

	if (found.step != STEP_NONE) {
		add_edge(c, found.step);
		return;
	}
	if (found.group == GROUP_NONE) {
		finding_error(findings_of(c), c->at->place, name->offset,
			"there is no step \"%.*s\"%s", (int)MIN(name->n, 150), name->text,
			finding_suggestion(findings_of(c), value_text(name),
				declared_step_names(w), w->n_steps));
		return;
	}
	group = &w->groups[found.group];
	for (uint32_t i = group->first; i < group->first + group->n_steps; i++)
		if (w->steps[i].template_of == STEP_NONE)
			add_edge(c, i);
}

static void
check_after(const struct checking *c)
{
	const struct value *after = c->keys[GATE_KEY_AFTER];

	if (!after || (after->kind == VALUE_STRING && str_is(value_text(after), "run"))) {
		wait_for_run(c);
		return;
	}
	if (after->kind == VALUE_STRING)
		wait_for(c, after);
	if (after->kind == VALUE_ARRAY && !after->n)
		finding_error(findings_of(c), c->at->place, after->offset,
			"\"after\" names no step; leave it out for the whole run");
	for (uint32_t i = 0; after->kind == VALUE_ARRAY && i < after->n; i++) {
		if (after->items[i].kind == VALUE_STRING)
			wait_for(c, &after->items[i]);
		else
			finding_error(findings_of(c), c->at->place, after->items[i].offset,
				"\"after\" must hold names of steps, not %s",
				value_describe(&c->at->workflow->arena, &after->items[i]));
	}
}

/* What its program finds beside what all do. */
static void
check_surroundings(const struct checking *c)
{
	struct reference_place at = *c->at;

	at.what = "env";
	at.may = MAY_TEXT_OF_STEP & ~(1U << ROOT_ENV);
	if (c->keys[GATE_KEY_ENV])
		env_check(&at, c->keys[GATE_KEY_ENV]);
	if (c->keys[GATE_KEY_PASS_ENV])
		pass_env_check(at.workflow, at.place, c->keys[GATE_KEY_PASS_ENV]);
	if (c->keys[GATE_KEY_SECRETS])
		step_secrets_check(at.workflow, at.place, c->keys[GATE_KEY_SECRETS]);
}

static void
check_gate(const struct reference_place *at, const struct value *gate)
{
	struct reference_gate names = {value_get(gate, STR("in"))};
	struct reference_place inner = *at;
	struct checking c = {.at = &inner, .gate = gate};
	size_t errors;

	if (names.in && names.in->kind != VALUE_OBJECT)
		names.in = NULL;
	inner.gate = &names;
	errors = findings_of(&c)->errors;
	keys_read(findings_of(&c), inner.place,
		at->workflow->steps[at->step].judges ? &run_gate_keys : &gate_keys, gate,
		c.keys, &c.found);
	c.has_slip = findings_of(&c)->errors > errors;
	check_kind(&c);
	if (c.keys[GATE_KEY_IN])
		port_check_inputs(&inner, c.keys[GATE_KEY_IN]);
	if (c.keys[GATE_KEY_EXPR])
		check_expression(&c);
	if (c.keys[GATE_KEY_SCHEMA])
		check_schemas(&c);
	if (c.keys[GATE_KEY_COMPARE])
		compare_check(&inner, gate);
	if (c.keys[GATE_KEY_METRICS])
		metrics_check(&inner, c.keys[GATE_KEY_METRICS]);
	if (c.keys[GATE_KEY_REPEAT])
		repeat_check(&inner, c.keys[GATE_KEY_REPEAT]);
	if (c.keys[GATE_KEY_GRANTS])
		grants_check(&inner, gate);
	if (c.keys[GATE_KEY_POLICY])
		policy_check(at->workflow, inner.place, c.keys[GATE_KEY_POLICY]);
	check_surroundings(&c);
	if (at->workflow->steps[at->step].judges)
		check_after(&c);
}

static void
check_name(struct workflow *w, const struct place *place, const struct value *name)
{
	if (!str_is_name(value_text(name)))
		finding_error(&w->findings, place, name->offset,
			"\"%.*s\" is not a name for a gate: letters, digits, _ . - and at most "
			"128 bytes, beginning with a letter, digit or _",
			(int)MIN(name->n, 150), name->text);
}

void
gates_check(struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct value *gates = w->steps[step].keys[STEP_GATES];

	if (gates->n > GATES_MAX)
		finding_error(&w->findings, place, gates->offset, "%u gates, more than %d",
			gates->n, GATES_MAX);
	if (effects_are_once(&w->steps[step]))
		finding_error(&w->findings, place, gates->offset,
			"`gates` of a step with effects: once are not honoured by this build "
			"of lily (gates): what it did cannot be taken back; let a step of its "
			"own look at it");
	for (uint32_t i = 0; i < gates->n; i++) {
		const struct member *member = &gates->members[i];
		struct place inner = {place, "gate", value_text(&member->key)};
		struct reference_place at = {
			w, &inner, step, MAY_TEXT_OF_STEP, "a gate", edges};

		check_name(w, place, &member->key);
		if (member->value.kind == VALUE_OBJECT)
			check_gate(&at, &member->value);
		else
			finding_error(&w->findings, &inner, member->value.offset,
				"must be a map such as { exec: [ make, check ] }, not %s",
				value_describe(&w->arena, &member->value));
	}
}

/* As a step that does nothing but be judged by it. */
static void
add_run_gate(struct workflow *w, const struct member *member)
{
	struct member *alone = ARENA_NEW(&w->arena, struct member);
	struct value *gates = ARENA_NEW(&w->arena, struct value);
	struct str name =
		str_of(arena_printf(&w->arena, "run.%.*s", STR_ARG(value_text(&member->key))));
	struct declared_step *step;

	*alone = *member;
	*gates = value_object(alone, 1);
	gates->offset = member->value.offset;
	if (map_get(&w->step_by_name, name) != MAP_NONE)
		finding_error(&w->findings, NULL, member->key.offset,
			"a step is named \"%.*s\", as this gate of the run is; name one of "
			"them otherwise",
			(int)MIN(name.n, 150), name.p);
	w->steps = memory_grow(w->steps, w->n_steps, &w->steps_capacity, sizeof(*w->steps));
	step = &w->steps[w->n_steps];
	*step = (struct declared_step){.name = name,
		.group = GROUP_NONE,
		.template_of = STEP_NONE,
		.body = GROUP_NONE,
		.scope = SCOPE_NONE,
		.offset = member->key.offset,
		.judges = true};
	step->keys[STEP_GATES] = gates;
	(void)map_add(&w->step_by_name, name, w->n_steps++);
}

void
run_gates_read(struct workflow *w)
{
	const struct value *gates = w->keys[WORKFLOW_GATES];

	for (uint32_t i = 0; gates && i < gates->n; i++)
		add_run_gate(w, &gates->members[i]);
}
