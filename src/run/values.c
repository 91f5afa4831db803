#include "run/values.h"

#include "base/clock.h"
#include "run/boundary.h"
#include "json/json.h"

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
		const struct visit *visit = schedule_visit(values->schedule, reference->step);
		const struct produced *made;

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

static struct str
run_text(const struct values *values, struct str name)
{
	char time[CLOCK_TEXT_SIZE];

	if (str_is(name, "id"))
		return str_of(values->run_id);
	if (str_is(name, "name"))
		return values->graph->name;
	(void)clock_to_text(values->run_started_us, time);
	if (str_is(name, "date"))
		time[10] = '\0';
	return arena_str(values->arena, str_of(time));
}

static int
reference_text(const struct values *values, const struct reference *reference,
	struct str *ret_text, struct err *err)
{
	switch (reference->kind) {
	case REFERENCE_STEP_OUT:
	case REFERENCE_INPUT: return artifact_text(values, reference, ret_text, err);
	case REFERENCE_IN:
		*ret_text = str_of(arena_printf(
			values->arena, "%s/%.*s", values->in_dir, STR_ARG(reference->name)));
		return 0;
	case REFERENCE_RUN: *ret_text = run_text(values, reference->name); return 0;
	}
	BUG("a reference of kind %d", (int)reference->kind);
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
		const struct template_part *part = &template->parts[i];
		struct str text = part->text;
		int r = part->is_reference
			? reference_text(values, &part->reference, &text, err)
			: 0;

		if (r < 0)
			return r;
		buf_add_str(&whole, text);
	}
	*ret_text = arena_str(values->arena, buf_str(&whole));
	return buf_check(&whole, "a value", err);
}
