#include "base/clock.h"
#include "run/boundary.h"
#include "run/inputs.h"
#include "run/judged.h"
#include "run/values.h"
#include "json/yaml.h"

#include <stdlib.h>

static struct value
text_value(const struct values *values, struct str text)
{
	return value_string(arena_str(values->arena, text));
}

/* The step itself, or the outermost foreach of the same file whose item it is of. */
static const struct step *
outermost(const struct graph *graph, const struct step *step)
{
	const struct item *item;

	while ((item = graph_item(graph, step)))
		step = &graph->steps[item->expansion->foreach->step];
	return step;
}

/* How the steps before `finally` have ended: within a scope those in it, each of which is needed; else
 * those of the run. Where nobody knows, nothing has happened: a plan is looked at. */
static const char *
status_so_far(const struct values *values)
{
	const struct step *step = values->step ? outermost(values->graph, values->step) : NULL;
	enum run_state state = RUN_SUCCEEDED;

	if (!step || !step->inside)
		return values->run_status ? values->run_status : "succeeded";
	for (uint32_t i = 0; i < step->n_needs; i++) {
		uint8_t ended = schedule_visit(values->schedule, step->needs[i])->state;

		if (schedule_has_failed(values->schedule, step->needs[i]))
			return run_state_name(RUN_FAILED);
		if (ended == VISIT_CANCELLED)
			state = RUN_CANCELLED;
	}
	return run_state_name(state);
}

static struct value
run_value(const struct values *values, struct str name)
{
	char time[CLOCK_TEXT_SIZE];

	if (str_is(name, "id"))
		return value_string(str_of(values->run_id));
	if (str_is(name, "name"))
		return value_string(values->graph->name);
	if (str_is(name, "status"))
		return value_string(str_of(status_so_far(values)));
	(void)clock_to_text(values->run_started_us, time);
	if (str_is(name, "date"))
		time[10] = '\0';
	return text_value(values, str_of(time));
}

static struct value
digest_value(const struct values *values, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	return value_string(
		str_of(arena_printf(values->arena, "sha256:%s", digest_to_hex(digest, hex))));
}

/* Lines of JSON as a list; checked when they were made, and yet bounded by their bytes alone. */
static int
read_lines(
	const struct values *values, struct str text, struct value *ret_value, struct err *err)
{
	struct value *items;
	size_t n = 0;
	size_t room = 1;
	struct str line;

	for (size_t i = 0; i < text.n; i++)
		room += text.p[i] == '\n';
	items = ARENA_ARRAY(values->arena, room, struct value);
	while (text.n) {
		struct source source = {.name = "a line"};
		const struct value *v;
		int r;

		line = str_cut(text, '\n', &text);
		if (!str_trim(line).n)
			continue;
		source.text = line;
		r = json_parse(values->arena, &source, JSON_BORROW_TEXT, NULL, &v, err);
		if (r < 0)
			return r;
		items[n++] = *v;
	}
	*ret_value = value_array(items, n);
	return 0;
}

static int
read_value(const struct values *values, enum payload_format format, struct str text,
	struct value *ret_value, struct err *err)
{
	struct source source = {.name = "the value", .text = text};
	const struct value *v;
	int r;

	if (format == PAYLOAD_JSONL)
		return read_lines(values, text, ret_value, err);
	if (format == PAYLOAD_TEXT) {
		if (text.n && text.p[text.n - 1] == '\n')
			text.n--;
		*ret_value = value_string(text);
		return 0;
	}
	r = format == PAYLOAD_YAML
		? yaml_parse(values->arena, &source, NULL, &v, err)
		: json_parse(values->arena, &source, JSON_BORROW_TEXT, NULL, &v, err);
	if (r == 0)
		*ret_value = *v;
	return r;
}

static int
output_value(const struct values *values, const struct reference *reference,
	const struct artifact_taken *taken, struct value *ret_value, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(VALUES_READ_MAX);
	enum payload_format format;
	int r;

	if (taken->is_tree ||
		!boundary_output_format(
			&values->graph->steps[reference->step].outputs[reference->output],
			&format))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is a %s: take it by `in` and use ${{ in.NAME }}",
			STR_ARG(reference->name), taken->is_tree ? "directory" : "file");
	if (taken->size > VALUES_READ_MAX)
		return err_set(err, ERR_LIMIT,
			"\"%.*s\" has %llu bytes, more than the %zu that an expression looks "
			"into: take it by `in` and use ${{ in.NAME }}",
			STR_ARG(reference->name), (unsigned long long)taken->size,
			VALUES_READ_MAX);
	r = object_get(values->store, &taken->digest, &bytes, err);
	if (r == 0)
		r = read_value(values, format, arena_str(values->arena, buf_str(&bytes)),
			ret_value, err);
	return r < 0 ? err_wrap(err, "read \"%.*s\"", STR_ARG(reference->name)) : 1;
}

static int
artifact_value(const struct values *values, const struct reference *reference,
	enum expr_want want, struct value *ret_value, struct err *err)
{
	struct artifact_taken taken;

	if (!values_artifact(values, reference, &taken))
		return 0;
	if (want == EXPR_WANT_VALUE)
		return output_value(values, reference, &taken, ret_value, err);
	*ret_value = digest_value(values, &taken.digest);
	return 1;
}

static int
in_value(const struct values *values, const struct reference *reference, enum expr_want want,
	struct value *ret_value)
{
	const struct input_found *found = values->inputs && values->inputs->items
		? &values->inputs->items[reference->input]
		: NULL;

	if (want == EXPR_WANT_VALUE) {
		*ret_value = value_string(str_of(arena_printf(
			values->arena, "%s/%.*s", values->in_dir, STR_ARG(reference->name))));
		return 1;
	}
	if (!found || !found->present)
		return 0;
	*ret_value = digest_value(values, &found->artifact.digest);
	return 1;
}

static struct value
exit_value(const struct values *values, const struct visit *visit)
{
	if (visit_is_done((enum visit_state)visit->state))
		return value_number(STR("0"));
	return visit->has_exit ? value_i64(values->arena, visit->exit_code) : value_null();
}

static struct value
error_value(const struct visit *visit)
{
	return visit->state == VISIT_FAILED
		? value_string(str_of(failure_class_name((enum failure_class)visit->class)))
		: value_null();
}

static struct value
status_value(const struct visit *visit)
{
	return value_string(str_of(visit_state_name((enum visit_state)visit->state)));
}

/* Which of two ends says more of an item: what failed, was not run, ran; at last what was skipped. */
static int
weight(const struct visit *visit)
{
	static const enum visit_state order[] = {VISIT_SKIPPED, VISIT_REUSED, VISIT_ADOPTED,
		VISIT_SUCCEEDED, VISIT_CANCELLED, VISIT_BLOCKED, VISIT_FAILED};
	int i = (int)ARRAY_SIZE(order);

	while (--i > 0 && visit->state != order[i])
		continue;
	return i;
}

/* Of the steps that stand in an item directly, the one whose end tells how the item ended: the first of
 * the worst. */
static struct value
item_fate(const struct values *values, const struct expansion *expansion, uint32_t item)
{
	const struct foreach *foreach = expansion->foreach;
	uint32_t first = expansion_step(expansion, item, foreach->first_template);
	const struct visit *worst = schedule_visit(values->schedule, first);
	uint32_t tries = 0;
	struct member *members = ARENA_ARRAY(values->arena, 5, struct member);

	for (uint32_t i = 0; i < foreach->n_templates; i++) {
		const struct visit *visit = schedule_visit(values->schedule, first + i);
		const struct step *step = &values->graph->steps[first + i];

		tries += visit->tries;
		if (!step->template_of &&
			graph_item(values->graph, step) == &expansion->items[item] &&
			weight(visit) > weight(worst))
			worst = visit;
	}
	members[0] = (struct member){
		value_string(STR("key")), value_string(expansion->items[item].key)};
	members[1] = (struct member){value_string(STR("status")), status_value(worst)};
	members[2] = (struct member){value_string(STR("error")), error_value(worst)};
	members[3] = (struct member){value_string(STR("exit")), exit_value(values, worst)};
	members[4] =
		(struct member){value_string(STR("attempts")), value_i64(values->arena, tries)};
	return value_object(members, 5);
}

/* Empty where it was never expanded. */
static struct value
items_value(const struct values *values, uint32_t step)
{
	const struct expansion *expansion = graph_expansion(values->graph, step);
	uint32_t n = expansion ? expansion->n_items : 0;
	struct value *items = ARENA_ARRAY(values->arena, n, struct value);

	for (uint32_t i = 0; i < n; i++)
		items[i] = item_fate(values, expansion, i);
	return value_array(items, n);
}

static struct value
item_part(const struct values *values, const struct item *item, enum reference_kind kind)
{
	if (!item)
		BUG("an item is asked for outside a foreach");
	if (kind == REFERENCE_KEY)
		return value_string(item->key);
	return kind == REFERENCE_INDEX ? value_i64(values->arena, item->index) : *item->value;
}

static const struct item *
own_item(const struct values *values)
{
	return values->item ? values->item : graph_item(values->graph, values->step);
}

/* Of a foreach around the step, by its number in the plan. A foreach that an item got has a number of its
 * own: its templates tell where it stands there. */
static const struct item *
outer_item(const struct values *values, const struct reference *reference)
{
	const struct item *item = values->step->item;

	while (item && item->expansion->foreach->planned != reference->step + 1)
		item = values->graph->steps[item->expansion->foreach->step].item;
	return item;
}

/* How a step ended that is needed, and therefore has. */
static struct value
fact_value(const struct values *values, const struct reference *reference)
{
	uint32_t step = values_target(values, reference);
	const struct visit *visit = schedule_visit(values->schedule, step);

	switch (reference->fact) {
	case FACT_STATUS: return status_value(visit);
	case FACT_EXIT: return exit_value(values, visit);
	case FACT_ERROR: return error_value(visit);
	case FACT_ATTEMPTS: return value_i64(values->arena, visit->tries);
	case FACT_ITEMS: return items_value(values, step);
	case FACT_ITEM_VALUE:
		return item_part(values, outer_item(values, reference), REFERENCE_ITEM);
	case FACT_ITEM_KEY:
		return item_part(values, outer_item(values, reference), REFERENCE_KEY);
	case FACT_ITEM_INDEX:
		return item_part(values, outer_item(values, reference), REFERENCE_INDEX);
	case FACT_OUTPUT:
	case FACT_GATE_STATUS:
	case FACT_GATE_METRIC: break;
	}
	BUG("fact %d", (int)reference->fact);
}

static const struct template *
find_variable(const struct env_entry *entries, uint32_t n, struct str name)
{
	for (uint32_t i = 0; i < n; i++)
		if (str_equal(entries[i].name, name))
			return &entries[i].value;
	return NULL;
}

/* As the step will find it: what is passed on wins over what is written. */
static int
variable_value(
	const struct values *values, struct str name, struct value *ret_value, struct err *err)
{
	const struct step *step = values->step;
	const struct step_settings *settings;
	const struct template *template;
	struct str text;
	int r;

	if (!step)
		return 0;
	settings = step->settings;
	for (uint32_t i = 0; i < settings->n_pass_env; i++) {
		const char *passed = str_equal(settings->pass_env[i], name)
			? getenv(arena_cstr(values->arena, name))
			: NULL;

		if (passed) {
			*ret_value = value_string(str_of(passed));
			return 1;
		}
	}
	template = find_variable(step->env, step->n_env, name);
	if (!template)
		template = find_variable(settings->env, settings->n_env, name);
	if (!template)
		return 0;
	r = values_text(values, template, &text, err);
	if (r < 0)
		return err_wrap(err, "env %.*s", STR_ARG(name));
	*ret_value = value_string(text);
	return 1;
}

/* What the scope was given that the step is in; a param of a sketch is not there. */
static int
given_value(
	const struct values *values, const struct reference *reference, struct value *ret_value)
{
	const struct value *given = reference->step == STEP_NONE
		? NULL
		: graph_given(
			  values->graph, values_target(values, reference), reference->output);

	if (!given)
		return 0;
	*ret_value = *given;
	return 1;
}

int
values_name(const struct values *values, const struct reference *reference, enum expr_want want,
	struct value *ret_value, struct err *err)
{
	switch (reference->kind) {
	case REFERENCE_STEP_OUT:
	case REFERENCE_INPUT: return artifact_value(values, reference, want, ret_value, err);
	case REFERENCE_IN: return in_value(values, reference, want, ret_value);
	case REFERENCE_RUN: *ret_value = run_value(values, reference->name); return 1;
	case REFERENCE_FACT:
		if (reference->fact >= FACT_GATE_STATUS)
			return judged_value(values, reference, ret_value, err);
		*ret_value = fact_value(values, reference);
		return 1;
	case REFERENCE_ENV: return variable_value(values, reference->name, ret_value, err);
	case REFERENCE_ATTEMPT:
		*ret_value = value_i64(values->arena, values->try_number);
		return 1;
	case REFERENCE_PARAM: return given_value(values, reference, ret_value);
	case REFERENCE_ITEM:
	case REFERENCE_KEY:
	case REFERENCE_INDEX:
		*ret_value = item_part(values, own_item(values), reference->kind);
		return 1;
	case REFERENCE_MANY: break;
	}
	BUG("a reference of kind %d", (int)reference->kind);
}
