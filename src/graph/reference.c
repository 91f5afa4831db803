#include "graph/reference.h"

#include "base/memory.h"
#include "graph/expression.h"
#include "graph/port.h"

#define CURE_FILE "take it by `in` and write ${{ in.NAME }}, the path of the step's own input"

/* A value and what of its text is meant. */
struct spot {
	const struct value *value;
	struct str text;
};

/* Where it stands in the source: behind the value's start, unless escapes hide it. Looked for only
 * when somebody is told. */
static uint32_t
where(const struct reference_place *at, const struct spot *spot)
{
	struct str source = at->workflow->source.text;
	uint32_t offset = spot->value->offset;
	const char *found;

	if (at->workflow->findings.errors >= FINDINGS_KEPT || offset >= source.n ||
		!spot->text.n)
		return offset;
	found = memmem(source.p + offset, source.n - offset, spot->text.p, spot->text.n);
	return found ? (uint32_t)(found - source.p) : offset;
}

/* Names for a suggestion; none where nobody reads it any more. */
static struct str *
member_names(const struct reference_place *at, const struct value *object, uint32_t *ret_n)
{
	bool read = object && at->workflow->findings.errors < FINDINGS_KEPT;
	struct str *names;

	*ret_n = read ? object->n : 0;
	names = memory_new(*ret_n, sizeof(*names));
	for (uint32_t i = 0; i < *ret_n; i++)
		names[i] = value_text(&object->members[i].key);
	return names;
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
reference_find(const struct workflow *w, struct str name, uint32_t *ret_step,
	const struct value **ret_output)
{
	struct str step;
	struct str output;
	size_t cut = 0;

	while (expression_split(name, &cut, &step, &output)) {
		uint32_t number = map_get(&w->step_by_name, step);
		const struct value *v;

		if (number == MAP_NONE)
			continue;
		v = value_get(w->steps[number].keys[STEP_OUT], output);
		if (!v)
			continue;
		*ret_step = number;
		*ret_output = v;
		return true;
	}
	return false;
}

static bool
is_ambiguous(const struct workflow *w, struct str name)
{
	struct str step;
	struct str output;
	size_t cut = 0;
	unsigned found = 0;

	while (expression_split(name, &cut, &step, &output)) {
		uint32_t number = map_get(&w->step_by_name, step);

		if (number != MAP_NONE && value_get(w->steps[number].keys[STEP_OUT], output))
			found++;
	}
	return found > 1;
}

static void
report_missing_output(const struct reference_place *at, const struct spot *spot, uint32_t step,
	struct str output)
{
	struct workflow *w = at->workflow;
	const struct declared_step *declared = &w->steps[step];
	const struct value *outputs = declared->keys[STEP_OUT];
	struct str *names;
	uint32_t n;

	if (!outputs || !outputs->n) {
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"step \"%.*s\" declares no outputs; add out: { %.*s: } to it",
			STR_ARG(declared->name), STR_ARG(output));
		return;
	}
	names = member_names(at, outputs, &n);
	finding_error(&at->workflow->findings, at->place, where(at, spot),
		"step \"%.*s\" declares no output \"%.*s\"%s", STR_ARG(declared->name),
		STR_ARG(output), finding_suggestion(&at->workflow->findings, output, names, n));
	free(names);
}

/* The way it was most probably meant: the first cut whose step exists, else the first cut. */
static void
report_missing(const struct reference_place *at, const struct spot *spot, struct str name)
{
	struct workflow *w = at->workflow;
	struct str step;
	struct str output;
	size_t cut = 0;

	while (expression_split(name, &cut, &step, &output)) {
		uint32_t number = map_get(&w->step_by_name, step);

		if (number != MAP_NONE) {
			report_missing_output(at, spot, number, output);
			return;
		}
	}
	cut = 0;
	if (!expression_split(name, &cut, &step, &output))
		return;
	finding_error(&at->workflow->findings, at->place, where(at, spot),
		"there is no step \"%.*s\"%s", STR_ARG(step),
		finding_suggestion(
			&at->workflow->findings, step, declared_step_names(w), w->n_steps));
}

/* The step's output, as an edge; false where there is none. */
static bool
check_step(const struct reference_place *at, const struct spot *spot, struct str name,
	uint8_t wants, struct declared_out *ret_out)
{
	const struct value *output;
	uint32_t step;

	if (!reference_find(at->workflow, name, &step, &output)) {
		report_missing(at, spot, name);
		return false;
	}
	if (is_ambiguous(at->workflow, name)) {
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"\"steps.%.*s\" can be read in two ways; rename a step or an output",
			STR_ARG(name));
		return false;
	}
	if (step == at->step) {
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"a step cannot use its own output \"steps.%.*s\"", STR_ARG(name));
		return false;
	}
	add_edge(at, step, wants);
	out_read(output, ret_out);
	return true;
}

static bool
check_param(const struct reference_place *at, const struct spot *spot, struct str name)
{
	struct workflow *w = at->workflow;
	struct str *names;
	uint32_t n;

	if (map_get(&w->param_by_name, name) != MAP_NONE)
		return true;
	names = member_names(at, w->keys[WORKFLOW_PARAMS], &n);
	finding_error(&at->workflow->findings, at->place, where(at, spot),
		"there is no param \"%.*s\"%s", STR_ARG(name),
		finding_suggestion(&at->workflow->findings, name, names, n));
	free(names);
	return false;
}

/* The number of the workflow's input, MAP_NONE (and a finding) where there is none. */
static uint32_t
check_input(const struct reference_place *at, const struct spot *spot, struct str name)
{
	struct workflow *w = at->workflow;
	uint32_t number = map_get(&w->input_by_name, name);
	struct str *names;
	uint32_t n;

	if (number != MAP_NONE) {
		if (number >= w->n_inputs)
			w->uses_work_order = true;
		return number;
	}
	names = member_names(at, w->keys[WORKFLOW_INPUTS], &n);
	finding_error(&at->workflow->findings, at->place, where(at, spot),
		"the workflow has no input \"%.*s\"%s; add it to `inputs`", STR_ARG(name),
		finding_suggestion(&at->workflow->findings, name, names, n));
	free(names);
	return MAP_NONE;
}

static void
check_in(const struct reference_place *at, const struct spot *spot, struct str name)
{
	const struct value *inputs = at->workflow->steps[at->step].keys[STEP_IN];
	struct str *names;
	uint32_t n;

	if (value_get(inputs, name))
		return;
	names = member_names(at, inputs, &n);
	finding_error(&at->workflow->findings, at->place, where(at, spot),
		"the step has no input \"%.*s\"%s; add it to `in`", STR_ARG(name),
		finding_suggestion(&at->workflow->findings, name, names, n));
	free(names);
}

static void
refuse_as_text(const struct reference_place *at, const struct spot *spot, struct str name,
	const struct declared_out *out)
{
	if (out->type == OUTPUT_FOUND)
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"\"steps.%.*s\" has no type, so it is a file and no text; declare it "
			"with "
			"type: text or json, or " CURE_FILE,
			STR_ARG(name));
	else
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"\"steps.%.*s\" is a %s and cannot be put into %s; " CURE_FILE,
			STR_ARG(name), out->type == OUTPUT_DIR ? "directory" : "file",
			at->what);
}

static void
refuse_root(
	const struct reference_place *at, const struct spot *spot, const struct expression *e)
{
	struct str name = e->name;

	if (e->root == ROOT_INPUT && at->step != STEP_NONE)
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"\"inputs.%.*s\" is a file and cannot be put into %s; " CURE_FILE,
			STR_ARG(name), at->what);
	else if (e->root == ROOT_IN && at->step != STEP_NONE)
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"\"in.%.*s\" is the path of a read-only copy outside the workspace and "
			"cannot be part of %s",
			STR_ARG(name), at->what);
	else
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"%s is the same for all steps: only params and run can be used in it",
			at->what);
}

/* Of a param that may be text or a list, the plan finds out. */
static void
check_param_is_text(const struct reference_place *at, const struct spot *spot, struct str name)
{
	const struct workflow *w = at->workflow;
	struct str type = w->params[map_get(&w->param_by_name, name)].type;

	if (str_is(type, "array") || str_is(type, "object"))
		finding_error(&at->workflow->findings, at->place, where(at, spot),
			"\"params.%.*s\" is %s and cannot be put into %s; " CURE_PARAM,
			STR_ARG(name), str_is(type, "array") ? "a list" : "a map", at->what,
			STR_ARG(name));
}

static void
check_expression(
	const struct reference_place *at, const struct spot *spot, const struct expression *e)
{
	struct declared_out out;

	if (e->root == ROOT_INPUT && at->step != STEP_NONE &&
		check_input(at, spot, e->name) == MAP_NONE)
		return;
	if (!(at->may & (1U << e->root))) {
		refuse_root(at, spot, e);
		return;
	}
	switch (e->root) {
	case ROOT_PARAM:
		if (check_param(at, spot, e->name))
			check_param_is_text(at, spot, e->name);
		break;
	case ROOT_IN: check_in(at, spot, e->name); break;
	case ROOT_STEP:
		if (check_step(at, spot, e->name, NEED_OUTPUT, &out) &&
			(out.type == OUTPUT_FOUND || out.type == OUTPUT_FILE ||
				out.type == OUTPUT_DIR))
			refuse_as_text(at, spot, e->name, &out);
		break;
	case ROOT_INPUT:
	case ROOT_RUN: break;
	}
}

void
references_check(const struct reference_place *at, const struct value *text)
{
	struct str rest = value_text(text);
	struct piece piece;
	struct expression expression;
	struct err err = ERR_INIT;
	int r;

	if (!expression_occurs(rest))
		return;
	while ((r = piece_next(&rest, &piece, &err)) == 1) {
		struct spot spot = {text, piece.text};

		if (!piece.is_expression)
			continue;
		if (expression_read(piece.text, &expression, &err) == 0)
			check_expression(at, &spot, &expression);
		else
			finding_error(&at->workflow->findings, at->place, where(at, &spot),
				"%s", err.message);
	}
	if (r < 0)
		finding_error(
			&at->workflow->findings, at->place, text->offset, "%s", err.message);
}

static bool
read_single(const struct reference_place *at, const struct value *text,
	struct expression *ret_expression)
{
	struct str rest = str_trim(value_text(text));
	struct piece piece = {0};
	struct err err = ERR_INIT;
	int r = piece_next(&rest, &piece, &err);

	if (r < 0 ||
		(r == 1 && piece.is_expression && !rest.n &&
			expression_read(piece.text, ret_expression, &err) < 0)) {
		finding_error(
			&at->workflow->findings, at->place, text->offset, "%s", err.message);
		return false;
	}
	if (r == 1 && piece.is_expression && !rest.n)
		return true;
	finding_error(&at->workflow->findings, at->place, text->offset,
		"must be one reference such as ${{ steps.STEP.out.NAME }}, not %s%s",
		value_describe(&at->workflow->arena, text),
		at->step == STEP_NONE
			? ""
			: "; for a file of the workspace write { path: … }, for a "
			  "value { value: … }");
	return false;
}

static bool
refuse_artifact(
	const struct reference_place *at, const struct spot *spot, enum reference_want want)
{
	finding_error(&at->workflow->findings, at->place, where(at, spot),
		want == REFERENCE_OUTPUT
			? "must name an output of a step: ${{ steps.STEP.out.NAME }}"
			: "must name an artifact or a param: ${{ steps.STEP.out.NAME }}, "
			  "${{ inputs.NAME }} or ${{ params.NAME }}");
	return false;
}

bool
reference_check_artifact(const struct reference_place *at, const struct value *text,
	enum reference_want want, bool optional, struct str *ret_reference)
{
	struct workflow *w = at->workflow;
	struct declared_out out = {0};
	struct expression e;
	struct spot whole = {text, STR_EMPTY};
	const struct spot *spot = &whole;
	bool may_be_absent = false;

	if (!read_single(at, text, &e))
		return false;
	if (e.root == ROOT_STEP) {
		if (!check_step(at, spot, e.name, optional ? 0 : NEED_OUTPUT, &out))
			return false;
		may_be_absent = out.optional;
	} else if (e.root == ROOT_INPUT && want != REFERENCE_OUTPUT) {
		uint32_t number = check_input(at, spot, e.name);

		if (number == MAP_NONE)
			return false;
		may_be_absent = w->inputs[number].optional;
	} else if (e.root == ROOT_PARAM && want == REFERENCE_OR_PARAM) {
		if (!check_param(at, spot, e.name))
			return false;
	} else {
		return refuse_artifact(at, spot, want);
	}
	if (may_be_absent && !optional)
		finding_warning(&at->workflow->findings, at->place, where(at, spot),
			"\"%s.%.*s\" is optional: where it is absent the step cannot start; "
			"say "
			"optional: true here too if it can do without",
			e.root == ROOT_STEP ? "steps" : "inputs", STR_ARG(e.name));
	*ret_reference = e.name;
	return true;
}

void
references_refuse(const struct reference_place *at, const struct value *text)
{
	struct spot spot = {text, STR("${{")};

	if (expression_occurs(value_text(text)))
		finding_error(&at->workflow->findings, at->place, where(at, &spot),
			"${{ }} cannot be used in %s", at->what);
}
