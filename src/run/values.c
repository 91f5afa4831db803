#include "run/values.h"

#include "run/boundary.h"
#include "run/outputs.h"
#include "json/json.h"

uint32_t
values_target(const struct values *values, const struct reference *reference)
{
	return graph_target(values->graph, values->step, reference->step);
}

/* It has no number before it is accepted. */
static int
take_candidate(const struct outputs *candidates, const struct reference *reference,
	struct artifact_taken *ret_taken)
{
	const struct output_found *found = &candidates->items[reference->output];

	if (!found->present)
		return 0;
	*ret_taken = (struct artifact_taken){.digest = found->artifact.digest,
		.size = found->artifact.size,
		.is_tree = found->is_tree};
	return 1;
}

int
values_artifact(const struct values *values, const struct reference *reference,
	struct artifact_taken *ret_taken)
{
	if (reference->kind == REFERENCE_INPUT) {
		const struct workflow_input *input = &values->graph->inputs[reference->input];

		if (!input->given)
			return 0;
		*ret_taken = (struct artifact_taken){.digest = input->digest,
			.size = input->size,
			.number = values->input_numbers[reference->input],
			.is_tree = input->is_tree};
		return 1;
	}
	if (reference->kind == REFERENCE_STEP_OUT) {
		uint32_t step = values_target(values, reference);
		const struct visit *visit = schedule_visit(values->schedule, step);
		const struct produced *made;

		if (values->candidates && step == values->judged)
			return take_candidate(values->candidates, reference, ret_taken);
		/* Of one that did not succeed there is nothing: an optional input is absent. */
		if (!visit_is_done(visit->state))
			return 0;
		made = &visit->outputs[reference->output];
		if (!made->artifact)
			return 0;
		*ret_taken = (struct artifact_taken){.digest = made->digest,
			.size = made->size,
			.number = made->artifact,
			.is_tree = made->is_tree};
		return 1;
	}
	BUG("a reference of kind %d names no artifact", (int)reference->kind);
}

static bool
is_json_output(const struct values *values, const struct reference *reference)
{
	enum payload_format format;

	return reference->kind == REFERENCE_STEP_OUT &&
		boundary_output_format(
			&values->graph->steps[reference->step].outputs[reference->output],
			&format) &&
		format == PAYLOAD_JSON;
}

/* A JSON string means its characters; any other value its text as written. */
static int
json_text(const struct values *values, struct str text, struct str *ret_text, struct err *err)
{
	struct source source = {.name = "the value", .text = text};
	const struct value *value;
	int r = json_parse(values->arena, &source, 0, NULL, &value, err);

	if (r < 0)
		return r;
	*ret_text = value->kind == VALUE_STRING ? value_text(value) : str_trim(text);
	return 0;
}

static int
artifact_text(const struct values *values, const struct reference *reference,
	struct str *ret_text, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(VALUES_TEXT_MAX);
	struct artifact_taken taken;
	struct str text;
	int r;

	if (!values_artifact(values, reference, &taken))
		return err_set(
			err, ERR_INVALID, "\"%.*s\" was not made", STR_ARG(reference->name));
	if (taken.is_tree)
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is a directory: give it as an input and use ${{ in.NAME }}",
			STR_ARG(reference->name));
	if (taken.size > VALUES_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
			"\"%.*s\" has %llu bytes, a value at most %zu: give it as an input and "
			"use "
			"${{ in.NAME }}",
			STR_ARG(reference->name), (unsigned long long)taken.size,
			VALUES_TEXT_MAX);
	r = object_get(values->store, &taken.digest, &bytes, err);
	if (r < 0)
		return err_wrap(err, "read \"%.*s\"", STR_ARG(reference->name));
	text = arena_str(values->arena, buf_str(&bytes));
	if (memchr(text.p, '\0', text.n))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" contains a NUL byte and cannot be a value",
			STR_ARG(reference->name));
	if (is_json_output(values, reference))
		return json_text(values, text, ret_text, err);
	if (text.n && text.p[text.n - 1] == '\n')
		text.n--;
	*ret_text = text;
	return 0;
}

/* A text of argv and env: no longer than those may be. */
static int
check_text(struct str text, struct err *err)
{
	if (text.n > VALUES_TEXT_MAX)
		return err_set(err, ERR_LIMIT,
			"a value of %zu bytes, more than %zu: take it by `in` and use "
			"${{ in.NAME }}",
			text.n, VALUES_TEXT_MAX);
	if (text.n && memchr(text.p, '\0', text.n))
		return err_set(
			err, ERR_INVALID, "a NUL character cannot be handed to a program");
	return 0;
}

/* A lone reference to an artifact is its text, whatever it holds; anything else a value. */
static int
reference_text(const struct values *values, const struct reference *reference,
	struct str *ret_text, struct err *err)
{
	struct value value;
	int r;

	if (reference->kind == REFERENCE_STEP_OUT || reference->kind == REFERENCE_INPUT)
		return artifact_text(values, reference, ret_text, err);
	r = values_name(values, reference, EXPR_WANT_VALUE, &value, err);
	if (r == 0 && reference->kind == REFERENCE_FACT)
		return err_set(err, ERR_NOT_FOUND,
			"the metric \"%.*s\" is not there: the gate did not judge, or did not "
			"measure it; default(a, b) says what to take instead",
			STR_ARG(reference->name));
	if (r == 0)
		return err_set(
			err, ERR_NOT_FOUND, "\"%.*s\" is not there", STR_ARG(reference->name));
	return r < 0 ? r : expr_value_text(&value, ret_text, err);
}

/* For expr_scope. */
struct lookup {
	const struct values *values;
	const struct step_expression *expression;
};

static int
get(void *context, uint32_t number, enum expr_want want, struct value *ret_value,
	struct err *err)
{
	const struct lookup *lookup = context;

	return values_name(
		lookup->values, &lookup->expression->references[number], want, ret_value, err);
}

static int
wrap(const struct step_expression *expression, int code, struct err *err)
{
	struct str text = expression->text;

	if (code < 0)
		(void)err_wrap(err, "${{ %.*s%s }}", (int)MIN(text.n, 120), text.p,
			text.n > 120 ? " …" : "");
	return code;
}

int
values_expression(const struct values *values, const struct step_expression *expression,
	struct value *ret_value, struct err *err)
{
	struct lookup lookup = {values, expression};
	const struct expr_scope scope = {get, &lookup, values->arena, 0};
	uint32_t offset;

	return wrap(expression,
		expr_evaluate(expression->expr, &scope, ret_value, &offset, err), err);
}

int
values_condition(const struct values *values, const struct step_expression *condition,
	bool *ret_truth, struct err *err)
{
	struct lookup lookup = {values, condition};
	const struct expr_scope scope = {get, &lookup, values->arena, 0};
	uint32_t offset;

	return wrap(condition,
		expr_evaluate_condition(condition->expr, &scope, ret_truth, &offset, err), err);
}

static int
expression_text(const struct values *values, const struct step_expression *expression,
	struct str *ret_text, struct err *err)
{
	struct value value;
	struct str text;
	int r = values_expression(values, expression, &value, err);

	if (r < 0)
		return r;
	r = expr_value_text(&value, &text, err);
	if (r == 0)
		r = check_text(text, err);
	if (r == 0)
		*ret_text = text;
	return wrap(expression, r, err);
}

static int
part_text(const struct values *values, const struct template_part *part, struct str *ret_text,
	struct err *err)
{
	if (!part->is_reference) {
		*ret_text = part->text;
		return 0;
	}
	if (part->expression)
		return expression_text(values, part->expression, ret_text, err);
	return reference_text(values, &part->reference, ret_text, err);
}

int
values_text(const struct values *values, const struct template *template, struct str *ret_text,
	struct err *err)
{
	AUTO_BUF struct buf whole = BUF_INIT(VALUES_TEXT_MAX * 4);

	if (template->n == 1 && !template->parts[0].is_reference) {
		*ret_text = template->parts[0].text;
		return 0;
	}
	for (uint32_t i = 0; i < template->n; i++) {
		struct str text;
		int r = part_text(values, &template->parts[i], &text, err);

		if (r < 0)
			return r;
		buf_add_str(&whole, text);
	}
	*ret_text = arena_str(values->arena, buf_str(&whole));
	return buf_check(&whole, "a value", err);
}
