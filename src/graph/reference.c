#include "graph/reference.h"

#include "base/memory.h"
#include "expr/check.h"
#include "graph/declared_foreach.h"
#include "graph/declared_gate.h"
#include "graph/declared_group.h"
#include "graph/declared_scope.h"
#include "graph/declared_step.h"
#include "graph/known.h"
#include "graph/port.h"
#include "graph/reference_gate.h"
#include "graph/reference_item.h"

#define CURE_FILE "take it by `in` and write ${{ in.NAME }}, the path of the step's own input"
#define CURE_OUTPUT "write default(a, b) for \"a, or b if there is none\""

/* The expression that is being checked. */
struct binding {
	const struct reference_place *at;
	struct findings *findings;
	bool optional; /* the place does without what is absent */
};

/* Names for a suggestion; none where nobody reads it any more. */
static const char *
suggest(const struct binding *b, struct str wrong, const struct value *object)
{
	bool read = object && b->findings->errors < FINDINGS_KEPT;
	uint32_t n = read ? object->n : 0;
	struct str *names = memory_new(n, sizeof(*names));
	const char *suggestion;

	for (uint32_t i = 0; i < n; i++)
		names[i] = value_text(&object->members[i].key);
	suggestion = finding_suggestion(b->findings, wrong, names, n);
	free(names);
	return suggestion;
}

static void
add_edge(const struct reference_place *at, uint32_t step, uint8_t wants)
{
	struct edges *edges = at->edges;

	if (!edges)
		return;
	edges->items =
		memory_grow(edges->items, edges->n, &edges->capacity, sizeof(*edges->items));
	edges->items[edges->n++] = (struct edge){step, wants};
}

bool
reference_find(const struct workflow *w, const struct meaning *meaning, uint32_t *ret_step,
	struct declared_out *ret_output)
{
	*ret_step = map_get(&w->step_by_name, meaning->step);
	return *ret_step != STEP_NONE && output_find(w, *ret_step, meaning->name, ret_output);
}

static const char *
root_name(enum expression_root root)
{
	static const char *const names[] = {
		[ROOT_PARAM] = "params",
		[ROOT_INPUT] = "inputs",
		[ROOT_IN] = "in",
		[ROOT_STEP] = "steps",
		[ROOT_GATE] = "gates",
		[ROOT_RUN] = "run",
		[ROOT_ENV] = "env",
		[ROOT_ATTEMPT] = "attempt",
		[ROOT_ITEM] = "item",
		[ROOT_KEY] = "key",
		[ROOT_INDEX] = "index",
	};

	return names[root];
}

static int
refuse_place(const struct binding *b, const struct meaning *meaning, struct err *err)
{
	const struct reference_place *at = b->at;
	struct str name = meaning->name;

	if (meaning->root == ROOT_IN && at->step != STEP_NONE)
		return err_set(err, ERR_INVALID,
			"\"in.%.*s\" is the path of a read-only copy outside the workspace, "
			"made "
			"when the step starts, and cannot be part of %s",
			STR_ARG(name), at->what);
	if (at->step != STEP_NONE || at->edges)
		return err_set(err, ERR_INVALID, "%s cannot be used in %s",
			root_name(meaning->root), at->what);
	return err_set(err, ERR_INVALID,
		"%s is the same for all steps: only params and run can be used in it",
		at->what);
}

static int
missing_output(const struct binding *b, uint32_t step, struct str output, struct err *err)
{
	const struct declared_step *declared = &b->at->workflow->steps[step];
	const struct declared_step *maker = declared;
	const struct value *outputs;

	if (declared->is_foreach && declared->body == GROUP_NONE && declared->n_templates)
		maker++;
	outputs = maker->keys[STEP_OUT];
	if (maker->scope != SCOPE_NONE)
		return scope_refuse_output(b->at->workflow, maker, output, err);
	if (!outputs || !outputs->n)
		return err_set(err, ERR_INVALID,
			"step \"%.*s\" declares no outputs; add out: { %.*s: } to it",
			STR_ARG(declared->name), STR_ARG(output));
	return err_set(err, ERR_INVALID, "step \"%.*s\" declares no output \"%.*s\"%s",
		STR_ARG(declared->name), (int)MIN(output.n, 150), output.p,
		suggest(b, output, outputs));
}

/* What of a step's output is a value; of others only the digest. */
static int
type_output(const struct binding *b, const struct expr_reference *reference,
	struct declared_out out, enum expr_want want, unsigned *ret_type, struct err *err)
{
	AUTO_BUF struct buf path = BUF_INIT(300);

	*ret_type = out.type == OUTPUT_TEXT ? EXPR_TEXT
		: out.type == OUTPUT_JSONL  ? EXPR_LIST
		: out.type == OUTPUT_JSON   ? EXPR_ANY
					    : EXPR_TEXT;
	if (out.optional)
		*ret_type |= EXPR_ABSENT;
	if (want == EXPR_WANT_DIGEST || out.type >= OUTPUT_TEXT)
		return 0;
	expr_write_path(reference, reference->used, &path);
	if (out.type == OUTPUT_FOUND)
		return err_set(err, ERR_INVALID,
			"\"%s\" has no type, so it is a file and no text; declare it with "
			"type: "
			"text or json, or " CURE_FILE,
			buf_cstr(&path));
	return err_set(err, ERR_INVALID, "\"%s\" is a %s and cannot be put into %s; " CURE_FILE,
		buf_cstr(&path), out.type == OUTPUT_DIR ? "directory" : "file", b->at->what);
}

static unsigned
fact_type(enum step_fact fact)
{
	switch (fact) {
	case FACT_STATUS: return EXPR_TEXT;
	case FACT_EXIT: return EXPR_NUMBER | EXPR_NULL;
	case FACT_ERROR: return EXPR_TEXT | EXPR_NULL;
	case FACT_ATTEMPTS: return EXPR_NUMBER;
	case FACT_ITEMS: return EXPR_LIST;
	case FACT_OUTPUT:
	case FACT_ITEM_VALUE:
	case FACT_ITEM_KEY:
	case FACT_ITEM_INDEX:
	case FACT_GATE_STATUS:
	case FACT_GATE_METRIC: break;
	}
	BUG("fact %d", (int)fact);
}

static int
refuse_itself(
	const struct meaning *meaning, const struct expr_reference *reference, struct err *err)
{
	AUTO_BUF struct buf path = BUF_INIT(300);

	expr_write_path(reference, reference->used, &path);
	return err_set(err, ERR_INVALID, "a step cannot use %s, \"%s\"",
		meaning->fact == FACT_OUTPUT ? "its own output" : "what became of itself",
		buf_cstr(&path));
}

static int
bind_fact(const struct binding *b, uint32_t step, const struct meaning *meaning,
	unsigned *ret_type, struct err *err)
{
	*ret_type = fact_type(meaning->fact);
	if (meaning->fact != FACT_ITEMS || b->at->workflow->steps[step].keys[STEP_FOREACH])
		return 0;
	return err_set(err, ERR_INVALID,
		"step \"%.*s\" has no items: only a step with `foreach` has; write "
		"steps.STEP.status "
		"to know how it ended",
		STR_ARG(meaning->step));
}

/* Whether a gate's text names the step that it judges; an item's is the foreach by name. */
static bool
is_judged(const struct binding *b, uint32_t step)
{
	const struct declared_step *own = &b->at->workflow->steps[b->at->step];

	return b->at->gate &&
		(step == b->at->step ||
			(own->template_of == step &&
				b->at->workflow->steps[step].body == GROUP_NONE));
}

/* What a gate judges is not there for anybody else, and makes no edge. */
static int
bind_candidate(const struct binding *b, struct expr_reference *reference,
	const struct meaning *meaning, enum expr_want want, unsigned *ret_type, struct err *err)
{
	struct declared_out output;

	if (meaning->fact != FACT_OUTPUT)
		return refuse_itself(meaning, reference, err);
	if (!output_find(b->at->workflow, b->at->step, meaning->name, &output))
		return missing_output(b, b->at->step, meaning->name, err);
	reference->is_artifact = true;
	return type_output(b, reference, output, want, ret_type, err);
}

static int
bind_step(const struct binding *b, struct expr_reference *reference,
	const struct meaning *meaning, enum expr_want want, unsigned *ret_type, struct err *err)
{
	struct workflow *w = b->at->workflow;
	uint32_t step = map_get(&w->step_by_name, meaning->step);
	struct declared_out output;
	uint8_t wants = 0;
	int r = 0;

	if (step == MAP_NONE)
		return err_set(err, ERR_INVALID, "there is no step \"%.*s\"%s",
			(int)MIN(meaning->step.n, 150), meaning->step.p,
			finding_suggestion(b->findings, meaning->step, declared_step_names(w),
				w->n_steps));
	if (fact_is_item(meaning->fact))
		return item_reference_check(b->at, meaning, step, ret_type, err);
	if (is_judged(b, step))
		return bind_candidate(b, reference, meaning, want, ret_type, err);
	if (step == b->at->step)
		return refuse_itself(meaning, reference, err);
	if (meaning->fact != FACT_OUTPUT) {
		r = bind_fact(b, step, meaning, ret_type, err);
	} else {
		if (!output_find(w, step, meaning->name, &output))
			return missing_output(b, step, meaning->name, err);
		reference->is_artifact = true;
		r = type_output(b, reference, output, want, ret_type, err);
		if (step_may_be_skipped(&w->steps[step]))
			*ret_type |= EXPR_ABSENT;
	}
	if (meaning->fact != FACT_OUTPUT)
		wants = EDGE_FACT;
	else if (!b->optional && !reference->is_guarded)
		wants = NEED_OUTPUT;
	if (r == 0)
		add_edge(b->at, step, wants);
	return r;
}

/* As what became of a step: its end will do. */
static int
bind_gate(const struct binding *b, const struct meaning *meaning, unsigned *ret_type,
	struct err *err)
{
	uint32_t step;
	int r = gate_reference_find(b->at, meaning, &step, ret_type, err);

	if (r == 0)
		add_edge(b->at, step, EDGE_FACT);
	return r;
}

static int
bind_input(const struct binding *b, struct expr_reference *reference, struct str name,
	enum expr_want want, unsigned *ret_type, struct err *err)
{
	struct workflow *w = b->at->workflow;
	uint32_t number = map_get(&w->input_by_name, name);

	if (number == MAP_NONE)
		return err_set(err, ERR_INVALID,
			"the workflow has no input \"%.*s\"%s; add it to `inputs`",
			(int)MIN(name.n, 150), name.p,
			suggest(b, name, w->keys[WORKFLOW_INPUTS]));
	if (number >= w->n_inputs)
		w->uses_work_order = true;
	reference->is_artifact = true;
	*ret_type = EXPR_TEXT | (w->inputs[number].optional ? EXPR_ABSENT : 0);
	if (want == EXPR_WANT_DIGEST)
		return 0;
	return err_set(err, ERR_INVALID,
		"\"inputs.%.*s\" is a file and cannot be put into %s; " CURE_FILE,
		STR_ARG(name), b->at->what);
}

static const struct value *
inputs_of(const struct reference_place *at)
{
	const struct declared_step *step = &at->workflow->steps[at->step];

	if (!at->gate)
		return step->keys[STEP_IN];
	return at->gate->in ? at->gate->in : step->keys[STEP_OUT];
}

static int
bind_in(const struct binding *b, struct expr_reference *reference, struct str name,
	unsigned *ret_type, struct err *err)
{
	const struct value *inputs = inputs_of(b->at);
	const struct value *input = value_get(inputs, name);

	if (!input)
		return err_set(err, ERR_INVALID,
			"the %s has no input \"%.*s\"%s; add it to `in`",
			b->at->gate ? "gate" : "step", (int)MIN(name.n, 150), name.p,
			suggest(b, name, inputs));
	reference->is_artifact = true;
	*ret_type = EXPR_TEXT;
	return 0;
}

/* Bits by the names of types of JSON Schema: "string", "integer or null"; empty: any. */
static unsigned
type_of_param(struct str types)
{
	static const struct {
		const char *name;
		unsigned type;
	} rows[] = {
		{"string", EXPR_TEXT},
		{"integer", EXPR_NUMBER},
		{"number", EXPR_NUMBER},
		{"boolean", EXPR_BOOL},
		{"array", EXPR_LIST},
		{"object", EXPR_MAP},
		{"null", EXPR_NULL},
	};
	unsigned type = 0;

	while (types.n) {
		struct str word = str_cut(types, ' ', &types);

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			if (str_is(word, rows[i].name))
				type |= rows[i].type;
	}
	return type ? type : EXPR_ANY;
}

static int
bind_param(const struct binding *b, struct str name, unsigned *ret_type, struct err *err)
{
	struct workflow *w = b->at->workflow;
	uint32_t number = map_get(&w->param_by_name, name);

	if (number == MAP_NONE)
		return err_set(err, ERR_INVALID, "there is no param \"%.*s\"%s",
			(int)MIN(name.n, 150), name.p,
			suggest(b, name, w->keys[WORKFLOW_PARAMS]));
	*ret_type = type_of_param(w->params[number].type);
	return 0;
}

/* How the run has ended is known to what comes behind that. */
static int
bind_run(const struct binding *b, struct str name, unsigned *ret_type, struct err *err)
{
	uint32_t step = b->at->step;

	*ret_type = EXPR_TEXT;
	if (!str_is(name, "status") || b->at->of_end ||
		(step != STEP_NONE && b->at->workflow->steps[step].is_last))
		return 0;
	return err_set(err, ERR_INVALID,
		"\"run.status\" says how the steps before `finally` have ended, so only steps "
		"of "
		"`finally` can use it, and `notify`; elsewhere ask how a step ended: "
		"steps.STEP.status");
}

/* A variable's text may itself use what is not known in every place. */
static bool
uses_what_is_later(struct str text, unsigned may)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct piece piece;

	while (piece_next(&text, &piece, NULL) == 1) {
		struct expr *expr;
		uint32_t offset;

		if (!piece.is_expression ||
			expr_parse(&arena, piece.text, 0, &expr, &offset, NULL) < 0)
			continue;
		for (uint32_t i = 0; i < expr_references(expr); i++) {
			struct str root = expr_bound(expr, i)->segments[0].name;

			if ((str_is(root, "in") && !(may & 1U << ROOT_IN)) ||
				(str_is(root, "attempt") && !(may & 1U << ROOT_ATTEMPT)))
				return true;
		}
	}
	return false;
}

static int
bind_variable(const struct binding *b, struct str name, unsigned *ret_type, struct err *err)
{
	const struct workflow *w = b->at->workflow;
	const struct value *v = known_variable(w, b->at->step, name);

	if (!v && !known_passed(w, b->at->step, name))
		return err_set(err, ERR_INVALID,
			"the step has no variable \"%.*s\"; add it to `env` or `pass_env`",
			(int)MIN(name.n, 150), name.p);
	if (v && uses_what_is_later(value_text(v), b->at->may))
		return err_set(err, ERR_INVALID,
			"\"env.%.*s\" is made of what is known only when the step starts, and "
			"cannot be used in %s",
			STR_ARG(name), b->at->what);
	*ret_type = EXPR_TEXT | (v ? 0 : EXPR_ABSENT);
	return 0;
}

/* The key of an item is worked out at the foreach step itself. */
static bool
may_item(const struct binding *b)
{
	return b->at->step != STEP_NONE &&
		(b->at->workflow->steps[b->at->step].template_of != STEP_NONE ||
			b->at->of_item);
}

static int
bind(void *context, struct expr_reference *reference, enum expr_want want, unsigned *ret_type,
	struct err *err)
{
	const struct binding *b = context;
	struct known known = known_to(b->at->workflow, b->at->step);
	struct meaning meaning;
	bool is_artifact;
	int r = known_normalize(b->findings->arena, &known, reference, err);

	if (r == 0)
		r = meaning_read(reference, &meaning, err);
	if (r < 0)
		return r;
	reference->used = meaning.used;
	/* What is not a value is told so first, and then where it could stand. */
	is_artifact = meaning.root == ROOT_INPUT && b->at->step != STEP_NONE;
	if (!is_artifact && !(b->at->may & (1U << meaning.root)))
		return refuse_place(b, &meaning, err);
	if ((1U << meaning.root) & MAY_ITEM && !may_item(b))
		return err_set(err, ERR_INVALID, "%s is there in the steps of a foreach only",
			root_name(meaning.root));
	switch (meaning.root) {
	case ROOT_PARAM: return bind_param(b, meaning.name, ret_type, err);
	case ROOT_INPUT: return bind_input(b, reference, meaning.name, want, ret_type, err);
	case ROOT_IN: return bind_in(b, reference, meaning.name, ret_type, err);
	case ROOT_STEP: return bind_step(b, reference, &meaning, want, ret_type, err);
	case ROOT_GATE: return bind_gate(b, &meaning, ret_type, err);
	case ROOT_ENV: return bind_variable(b, meaning.name, ret_type, err);
	case ROOT_RUN: return bind_run(b, meaning.name, ret_type, err);
	case ROOT_ATTEMPT:
	case ROOT_INDEX: *ret_type = EXPR_NUMBER; return 0;
	case ROOT_KEY: *ret_type = EXPR_TEXT; return 0;
	case ROOT_ITEM: *ret_type = EXPR_ANY; return 0;
	}
	BUG("a reference of root %d", (int)meaning.root);
}

uint32_t
expression_place(
	const struct workflow *w, const struct value *value, struct str text, uint32_t offset)
{
	struct str source = w->source.text;
	uint32_t start = value->offset;
	size_t before = 0;
	const char *found;

	if (start >= source.n || !text.n)
		return start;
	/* The same text may stand in the value more than once: it is not before its own place. */
	if (value->kind == VALUE_STRING && text.p >= value->text &&
		text.p <= value->text + value->n)
		before = MIN((size_t)(text.p - value->text), source.n - start);
	found = memmem(source.p + start + before, source.n - start - before, text.p, text.n);
	if (!found)
		return start;
	return (uint32_t)(found - source.p) + MIN(offset, (uint32_t)text.n);
}

/* Looked for only where somebody is told. */
static uint32_t
place_of(const struct reference_place *at, const struct value *value, struct str text,
	uint32_t offset)
{
	return at->workflow->findings.errors < FINDINGS_KEPT
		? expression_place(at->workflow, value, text, offset)
		: value->offset;
}

static void
warn_absent(const struct reference_place *at, const struct value *value, struct str text,
	const struct expr_reference *reference)
{
	AUTO_BUF struct buf path = BUF_INIT(300);

	expr_write_path(reference, reference->used, &path);
	finding_warning(&at->workflow->findings, at->place,
		place_of(at, value, text, reference->offset),
		"\"%s\" may be absent, and then the step cannot start; " CURE_OUTPUT,
		buf_cstr(&path));
}

static bool
check_parsed(const struct reference_place *at, const struct value *value, struct str text,
	struct expr *expr, bool optional, unsigned *ret_type)
{
	struct findings *findings = &at->workflow->findings;
	struct binding binding = {at, findings, optional};
	const struct expr_names names = {bind, &binding};
	struct expr_checked checked;
	struct err err = ERR_INIT;
	uint32_t offset = 0;

	if (expr_check(expr, &names, &checked, &offset, &err) < 0) {
		finding_error(findings, at->place, place_of(at, value, text, offset), "%s",
			err.message);
		return false;
	}
	if ((checked.type & EXPR_ABSENT) && !optional)
		warn_absent(at, value, text, expr_bound(expr, checked.may_miss));
	if (ret_type)
		*ret_type = checked.type;
	return true;
}

static bool
parse(const struct reference_place *at, const struct value *value, struct str text,
	struct arena *arena, struct expr **ret_expr)
{
	struct findings *findings = &at->workflow->findings;
	struct err err = ERR_INIT;
	uint32_t offset = 0;

	if (!text.n) {
		finding_error(findings, at->place, value->offset,
			"the expression is empty; write ${{ params.NAME }} or the like");
		return false;
	}
	if (expr_parse(arena, text, 0, ret_expr, &offset, &err) == 0)
		return true;
	finding_error(
		findings, at->place, place_of(at, value, text, offset), "%s", err.message);
	return false;
}

bool
expression_check(const struct reference_place *at, const struct value *value, struct str text,
	unsigned *ret_type)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct expr *expr;

	return parse(at, value, text, &arena, &expr) &&
		check_parsed(at, value, text, expr, false, ret_type);
}

/* A list or map cannot stand in a text; an output that stands alone does, as the step wrote it. */
static void
check_is_text(const struct reference_place *at, const struct value *value, struct str text,
	const struct expr *expr, unsigned type)
{
	const struct expr_reference *lone = expr_lone_reference(expr);
	bool is_whole = lone && lone->used == lone->n;
	AUTO_BUF struct buf what = BUF_INIT(128);
	uint32_t place = place_of(at, value, text, 0);

	if ((type & EXPR_SCALAR) || (is_whole && lone->is_artifact))
		return;
	expr_type_describe(type, &what);
	if (is_whole && str_is(lone->segments[0].name, "params") && !(type & EXPR_NULL))
		finding_error(&at->workflow->findings, at->place, place,
			"\"params.%.*s\" is %s and cannot be put into %s; " CURE_PARAM,
			STR_ARG(lone->segments[1].name), buf_cstr(&what), at->what,
			STR_ARG(lone->segments[1].name));
	else
		finding_error(&at->workflow->findings, at->place, place,
			"it gives %s, which cannot be put into %s%s", buf_cstr(&what), at->what,
			type & (EXPR_LIST | EXPR_MAP)
				? "; take it by `in` and write ${{ in.NAME }}, the path of a "
				  "JSON file"
				: "");
}

static void
check_piece(const struct reference_place *at, const struct value *value, struct str text)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct expr *expr;
	unsigned type;

	if (parse(at, value, text, &arena, &expr) &&
		check_parsed(at, value, text, expr, false, &type))
		check_is_text(at, value, text, expr, type);
}

void
references_check(const struct reference_place *at, const struct value *text)
{
	struct str rest = value_text(text);
	struct piece piece;
	struct err err = ERR_INIT;
	int r;

	if (text->kind != VALUE_STRING || !expression_occurs(rest))
		return;
	while ((r = piece_next(&rest, &piece, &err)) == 1)
		if (piece.is_expression)
			check_piece(at, text, piece.text);
	if (r < 0)
		finding_error(
			&at->workflow->findings, at->place, text->offset, "%s", err.message);
}

void
condition_check(const struct reference_place *at, const struct value *v)
{
	struct findings *findings = &at->workflow->findings;
	AUTO_BUF struct buf what = BUF_INIT(128);
	struct str text;
	unsigned type;

	if (v->kind == VALUE_BOOL)
		return;
	if (!expression_alone(value_text(v), true, &text)) {
		finding_error(findings, at->place, v->offset,
			"\"if\" is one expression, such as params.deploy && "
			"steps.test.status == 'succeeded'; put the operators into it");
		return;
	}
	if (!expression_check(at, v, text, &type) || (type & EXPR_BOOL))
		return;
	expr_type_describe(type, &what);
	finding_error(findings, at->place, place_of(at, v, text, 0),
		"\"if\" must give true or false, not %s; compare it with something",
		buf_cstr(&what));
}

bool
expression_is_artifact(const struct expr *expr, struct meaning *ret_meaning)
{
	const struct expr_reference *lone = expr_lone_reference(expr);

	if (!lone || meaning_read(lone, ret_meaning, NULL) < 0 || ret_meaning->used != lone->n)
		return false;
	return ret_meaning->root == ROOT_INPUT ||
		(ret_meaning->root == ROOT_STEP && ret_meaning->fact == FACT_OUTPUT);
}

/* An artifact is taken as it is: asking for its digest binds it without reading it as a value. */
static bool
check_artifact(const struct reference_place *at, const struct value *value, struct str text,
	struct expr *expr, bool optional)
{
	struct workflow *w = at->workflow;
	struct binding binding = {at, &w->findings, optional};
	const struct expr_reference *lone = expr_lone_reference(expr);
	struct expr_reference copy = *lone;
	AUTO_BUF struct buf path = BUF_INIT(300);
	struct err err = ERR_INIT;
	unsigned type;

	if (bind(&binding, &copy, EXPR_WANT_DIGEST, &type, &err) < 0) {
		finding_error(&w->findings, at->place, place_of(at, value, text, 0), "%s",
			err.message);
		return false;
	}
	if (!(type & EXPR_ABSENT) || optional)
		return true;
	expr_write_path(&copy, copy.used, &path);
	finding_warning(&w->findings, at->place, place_of(at, value, text, 0),
		"\"%s\" may be absent, and then the step cannot start; say optional: true here "
		"too "
		"if it can do without",
		buf_cstr(&path));
	return true;
}

/* An artifact, or a value. */
static bool
check_source(const struct reference_place *at, const struct value *value, struct str text,
	bool optional, unsigned *ret_type, bool *ret_is_artifact)
{
	struct known known = known_to(at->workflow, at->step);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct meaning meaning;
	struct expr *expr;

	if (!parse(at, value, text, &arena, &expr))
		return false;
	if (expr_lone_reference(expr))
		(void)known_normalize(&arena, &known, expr_reference(expr, 0), NULL);
	*ret_is_artifact = expression_is_artifact(expr, &meaning);
	return *ret_is_artifact ? check_artifact(at, value, text, expr, optional)
				: check_parsed(at, value, text, expr, optional, ret_type);
}

bool
artifact_check(const struct reference_place *at, const struct value *value, bool optional,
	bool *ret_is_artifact)
{
	struct str text;
	unsigned type;

	*ret_is_artifact = false;
	return expression_alone(value_text(value), false, &text) &&
		check_source(at, value, text, optional, &type, ret_is_artifact);
}

bool
list_check(const struct reference_place *at, const struct value *value, struct str text,
	unsigned *ret_type, bool *ret_is_artifact)
{
	return check_source(at, value, text, false, ret_type, ret_is_artifact);
}

void
source_check(const struct reference_place *at, const struct value *text, bool optional)
{
	struct workflow *w = at->workflow;
	bool is_artifact;
	struct str inner;
	unsigned type;

	if (!expression_alone(value_text(text), false, &inner)) {
		finding_error(&w->findings, at->place, text->offset,
			"must be one expression such as ${{ steps.STEP.out.NAME }}, not %s%s",
			value_describe(&w->arena, text),
			at->step == STEP_NONE ? ""
					      : "; for a file of the workspace write { path: … "
						"}, for a value "
						"{ value: … }");
		return;
	}
	(void)check_source(at, text, inner, optional, &type, &is_artifact);
}

bool
output_source_check(const struct reference_place *at, struct declared_output *output)
{
	struct str text;

	if (!expression_alone(value_text(output->value), false, &text)) {
		source_check(at, output->value, true);
		return false;
	}
	return check_source(at, output->value, text, true, &output->type, &output->is_artifact);
}

int
expression_compile(const struct workflow *w, uint32_t step, struct arena *arena,
	struct str text, struct expr **ret_expr, uint32_t *ret_offset, struct err *err)
{
	struct known known = known_to(w, step);
	struct expr *expr;
	int r = expr_parse(arena, text, 0, &expr, ret_offset, err);

	for (uint32_t i = 0; r == 0 && i < expr_references(expr); i++) {
		struct expr_reference *reference = expr_reference(expr, i);
		struct meaning meaning;

		r = known_normalize(arena, &known, reference, err);
		if (r == 0)
			r = meaning_read(reference, &meaning, err);
		if (r == 0)
			reference->used = meaning.used;
		*ret_offset = reference->offset;
	}
	if (r == 0)
		*ret_expr = expr;
	return r;
}

void
references_refuse(const struct reference_place *at, const struct value *text)
{
	if (expression_occurs(value_text(text)))
		finding_error(&at->workflow->findings, at->place,
			place_of(at, text, STR("${{"), 0), "${{ }} cannot be used in %s",
			at->what);
}
