#include "graph/declared_compare.h"

#include "graph/declared_foreach.h"
#include "graph/declared_gate.h"
#include "graph/declared_measure.h"
#include "graph/declared_previous.h"
#include "json/number.h"

enum compare_key { COMPARE_WITH, COMPARE_TOLERANCE, COMPARE_KEYS };

static const struct key of_comparison[] = {
	{"with", NULL, COMPARE_WITH, KEY_TEXT, false, "a file of the workspace, or previous"},
	{"tolerance", NULL, COMPARE_TOLERANCE, KEY_NUMBER | KEY_TEXT, false,
		"a number such as 0.01, or a share such as 1%"},
};

static const struct key_table comparison_keys = {
	"a comparison", of_comparison, ARRAY_SIZE(of_comparison), COMPARE_KEYS};

/* One entry while it is checked. */
struct checking {
	const struct reference_place *at; /* of the entry */
	const struct value *gate;
	const struct value *input; /* what stands there of it */
	struct str name;
};

/* The output of a step that an input of a gate is; false where it is none. */
static bool
find_output(const struct workflow *w, uint32_t step, const struct value *gate, struct str input,
	struct arena *arena, struct found_previous *ret_found)
{
	const struct value *in = value_get(gate, STR("in"));
	struct meaning meaning;
	struct declared_in declared;
	struct expr *expr;
	struct str text;
	uint32_t offset;

	if (!in) {
		ret_found->step = step;
		ret_found->output = input;
		return output_find(w, step, input, &ret_found->out);
	}
	in_read(value_get(in, input), &declared);
	if (!declared.from || !expression_alone(value_text(declared.from), false, &text) ||
		expression_compile(w, step, arena, text, &expr, &offset, NULL) < 0 ||
		!expression_is_artifact(expr, &meaning) || meaning.root != ROOT_STEP ||
		!reference_find(w, &meaning, &ret_found->step, &ret_found->out))
		return false;
	ret_found->output = output_name(w, ret_found->step, meaning.name);
	return true;
}

static struct str
name_of(const struct workflow *w, struct arena *arena, const struct found_previous *found)
{
	return previous_name_compared(arena, w->steps[found->step].name, "out", found->output);
}

struct str
compare_previous_name(const struct workflow *w, uint32_t step, const struct value *gate,
	struct str input, struct arena *arena)
{
	struct found_previous found;

	if (!find_output(w, step, gate, input, arena, &found))
		BUG("what is compared with an earlier run was checked and is no output");
	return name_of(w, arena, &found);
}

const struct value *
compare_file(const struct value *entry)
{
	const struct value *with = value_get(entry, STR("with"));

	return str_is(value_text(with), "previous") ? NULL : with;
}

static void
take_previous(const struct checking *c, const struct value *with)
{
	struct workflow *w = c->at->workflow;
	struct found_previous found;

	if (w->steps[c->at->step].template_of != STEP_NONE)
		finding_later(&w->findings, c->at->place, with->offset,
			"a comparison of an item of a foreach with `previous` is not honoured "
			"by this build of lily (gates): which items there are is known only "
			"when it runs; let a gate of a step behind it judge the list of all");
	else if (!find_output(w, c->at->step, c->gate, c->name, &w->arena, &found))
		finding_error(&w->findings, c->at->place, with->offset,
			"`previous` is what an earlier run had of an output of a step, and "
			"\"%.*s\" is none; name a file to compare it with",
			STR_ARG(c->name));
	else
		previous_add(w,
			&(struct workflow_previous){.name = name_of(w, &w->arena, &found),
				.step = w->steps[found.step].name,
				.output = found.output,
				.path = found.output,
				.is_compared = true});
}

bool
percent_read(struct str text, struct str *ret_number)
{
	struct str number = {text.p, text.n ? text.n - 1 : 0};
	bool has_point = false;

	if (number.n < 1 || text.n > PERCENT_MAX || text.p[number.n] != '%' ||
		(number.n > 1 && number.p[0] == '0' && number.p[1] != '.'))
		return false;
	for (size_t i = 0; i < number.n; i++) {
		if (number.p[i] == '.') {
			if (has_point || i == 0 || i + 1 == number.n)
				return false;
			has_point = true;
		} else if (number.p[i] < '0' || number.p[i] > '9') {
			return false;
		}
	}
	*ret_number = number;
	return true;
}

/* Whether it is known to be no JSON and no text. */
static bool
is_opaque(const struct checking *c, struct str *ret_why)
{
	struct found_previous found;
	const struct value *as = value_get(c->input, STR("as"));
	struct workflow *w = c->at->workflow;

	if (as) {
		*ret_why = value_text(as);
		return str_is(*ret_why, "file") || str_is(*ret_why, "dir");
	}
	*ret_why = STR("dir");
	if (value_get(c->input, STR("tree")))
		return true;
	if (!find_output(w, c->at->step, c->gate, c->name, &w->arena, &found) ||
		found.out.type >= OUTPUT_TEXT)
		return false;
	*ret_why = found.out.type == OUTPUT_FOUND ? STR("file of no type")
						  : str_of(output_type_name(found.out.type));
	return true;
}

static void
check_number(const struct checking *c, const struct value *tolerance)
{
	struct findings *findings = &c->at->workflow->findings;
	struct str number;

	if (tolerance->kind == VALUE_STRING) {
		if (!percent_read(value_text(tolerance), &number))
			finding_error(findings, c->at->place, tolerance->offset,
				"\"tolerance\" must be a number such as 0.01, or a share such "
				"as 1%%, not \"%.*s\"",
				(int)MIN(tolerance->n, 60), tolerance->text);
	} else if (number_compare(value_text(tolerance), STR("0")) < 0) {
		finding_error(findings, c->at->place, tolerance->offset,
			"\"tolerance\" is how far numbers may differ, up or down: it cannot "
			"be negative");
	} else {
		(void)limit_check(c->at, c->at->place, tolerance);
	}
}

static void
check_tolerance(const struct checking *c, const struct value *tolerance)
{
	struct str type;

	if (tolerance->kind != VALUE_STRING && tolerance->kind != VALUE_NUMBER)
		return;
	check_number(c, tolerance);
	if (is_opaque(c, &type))
		finding_error(&c->at->workflow->findings, c->at->place, tolerance->offset,
			"\"tolerance\" is for the numbers in json, jsonl and text, and "
			"\"%.*s\" "
			"is a %.*s; say what it is (type: json, as: json), or leave "
			"`tolerance` out",
			STR_ARG(c->name), STR_ARG(type));
}

static void
check_entry(const struct checking *c, const struct value *entry)
{
	struct findings *findings = &c->at->workflow->findings;
	const struct value *keys[COMPARE_KEYS];
	size_t errors = findings->errors;

	keys_read(findings, c->at->place, &comparison_keys, entry, keys, NULL);
	if (!keys[COMPARE_WITH] && findings->errors == errors)
		finding_error(findings, c->at->place, entry->offset,
			"says not what to compare it with; write { with: golden.json } or "
			"{ with: previous }");
	if (keys[COMPARE_WITH] && str_is(value_text(keys[COMPARE_WITH]), "previous"))
		take_previous(c, keys[COMPARE_WITH]);
	else if (keys[COMPARE_WITH])
		port_check_path(c->at, keys[COMPARE_WITH]);
	if (keys[COMPARE_TOLERANCE])
		check_tolerance(c, keys[COMPARE_TOLERANCE]);
}

void
compare_check(const struct reference_place *outer, const struct value *gate)
{
	const struct value *compare = value_get(gate, STR("compare"));
	struct findings *findings = &outer->workflow->findings;

	if (!compare->n)
		finding_error(findings, outer->place, compare->offset,
			"\"compare\" compares nothing; write { INPUT: { with: golden.json } }");
	for (uint32_t i = 0; i < compare->n; i++) {
		const struct member *member = &compare->members[i];
		struct place place = {outer->place, "compare", value_text(&member->key)};
		struct reference_place at = *outer;
		struct checking c = {&at, gate,
			gate_find_input(outer, value_text(&member->key)), place.name};

		at.place = &place;
		at.may = MAY_PATH;
		at.what = "a path";
		if (!c.input)
			gate_refuse_input(outer, &member->key);
		else if (member->value.kind != VALUE_OBJECT)
			finding_error(findings, &place, member->value.offset,
				"must be a map such as { with: golden.json }, not %s",
				value_describe(&outer->workflow->arena, &member->value));
		else
			check_entry(&c, &member->value);
	}
}
