#include "graph/declared_label.h"

#include "base/memory.h"
#include "graph/declared_foreach.h"
#include "graph/declared_gate.h"
#include "graph/declared_previous.h"
#include "graph/port.h"

#define LABELS_MAX 1000 /* of one gate or input */

/* A gate of the file, and the step that it belongs to; one of the run has a step of its own. */
struct granter {
	uint32_t step;
	const struct member *gate;
};

static bool
check_label(const struct reference_place *at, const struct value *label)
{
	struct findings *findings = &at->workflow->findings;

	if (label->kind != VALUE_STRING)
		finding_error(findings, at->place, label->offset,
			"must be a label, such as reviewed, not %s",
			value_describe(&at->workflow->arena, label));
	else if (!str_is_name(value_text(label)))
		finding_error(findings, at->place, label->offset,
			"\"%.*s\" is not a name for a label: letters, digits, _ . - and at "
			"most 128 bytes, beginning with a letter, digit or _",
			(int)MIN(label->n, 150), label->text);
	else
		return true;
	return false;
}

/* --- what a gate looks at --- */

/* Gates of an item name what they judge by the foreach. */
static uint32_t
own_step(const struct workflow *w, uint32_t own, uint32_t step)
{
	bool is_alone = w->steps[own].template_of == step && w->steps[step].body == GROUP_NONE;

	return is_alone ? own : step;
}

static bool
read_output(const struct workflow *w, uint32_t own, const struct meaning *meaning,
	struct labelled *ret_labelled)
{
	struct declared_out out;

	if (meaning->root != ROOT_STEP || meaning->fact != FACT_OUTPUT ||
		!reference_find(w, meaning, &ret_labelled->step, &out))
		return false;
	ret_labelled->output = output_name(w, ret_labelled->step, meaning->name);
	ret_labelled->step = own_step(w, own, ret_labelled->step);
	return true;
}

static bool
labelled_equal(const struct labelled *a, const struct labelled *b)
{
	return a->step == b->step && str_equal(a->output, b->output);
}

/* The output that an entry of `in` is, as it was made. */
static bool
takes_output(const struct workflow *w, uint32_t own, const struct value *entry,
	struct arena *arena, struct labelled *ret_labelled)
{
	struct declared_in in;
	struct meaning meaning;
	struct expr *expr;
	struct str text;
	uint32_t offset;

	if (entry->kind != VALUE_STRING && entry->kind != VALUE_OBJECT)
		return false;
	in_read(entry, &in);
	return in.from && expression_alone(value_text(in.from), false, &text) &&
		expression_compile(w, own, arena, text, &expr, &offset, NULL) == 0 &&
		expression_is_artifact(expr, &meaning) &&
		read_output(w, own, &meaning, ret_labelled);
}

/* The gate's input that the output is, or NULL. */
static const struct member *
find_taking(const struct workflow *w, uint32_t step, const struct value *in,
	const struct labelled *wanted)
{
	for (uint32_t i = 0; in && in->kind == VALUE_OBJECT && i < in->n; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct labelled taken;

		if (takes_output(w, step, &in->members[i].value, &arena, &taken) &&
			labelled_equal(&taken, wanted))
			return &in->members[i];
	}
	return NULL;
}

static bool
expression_names(const struct workflow *w, uint32_t step, const struct value *v,
	const struct labelled *wanted)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct expr *expr;
	struct str text;
	uint32_t offset;

	if (v->kind != VALUE_STRING || !expression_alone(value_text(v), true, &text) ||
		expression_compile(w, step, &arena, text, &expr, &offset, NULL) < 0)
		return false;
	for (uint32_t i = 0; i < expr_references(expr); i++) {
		struct labelled named;
		struct meaning meaning;

		if (meaning_read(expr_reference(expr, i), &meaning, NULL) == 0 &&
			read_output(w, step, &meaning, &named) &&
			labelled_equal(&named, wanted))
			return true;
	}
	return false;
}

/* Why the gate's passing would say nothing of the output; NULL: it does. */
static const char *
find_blindness(const struct workflow *w, uint32_t step, const struct value *gate,
	const struct labelled *wanted)
{
	const struct value *in = value_get(gate, STR("in"));
	const struct value *schema = value_get(gate, STR("schema"));
	const struct value *compare = value_get(gate, STR("compare"));
	const struct value *expr = value_get(gate, STR("expr"));
	const struct member *taking = find_taking(w, step, in, wanted);
	struct str name = taking ? value_text(&taking->key) : wanted->output;

	if (in && !taking)
		return "it does not look at it: take it by the gate's `in`, as it is";
	if (!in && w->steps[step].judges)
		return "it does not look at it: give the gate `in` with that output";
	if (!in && !schema && !compare && !expr)
		return "what its program reads is bound to nothing that is recorded: name what "
		       "it looks at by the gate's `in`";
	if (schema && !value_get(schema, name))
		return "its `schema` does not check it";
	if (compare && !value_get(compare, name))
		return "its `compare` does not name it";
	if (expr && !expression_names(w, step, expr, wanted))
		return "its expression does not name it";
	return NULL;
}

/* --- grants --- */

static bool
find_granted(const struct workflow *w, uint32_t step, struct str name, struct arena *arena,
	struct labelled *ret_labelled)
{
	struct found_previous found;
	struct declared_out out;
	struct str known;

	if (!w->steps[step].judges) {
		*ret_labelled = (struct labelled){step, name};
		return output_find(w, step, name, &out);
	}
	if (previous_find(w, arena, STEP_NONE, name, &found, &known) != 1)
		return false;
	*ret_labelled = (struct labelled){found.step, found.output};
	return true;
}

void
grant_read(const struct workflow *w, uint32_t step, struct str name, struct arena *arena,
	struct labelled *ret_labelled)
{
	if (!find_granted(w, step, name, arena, ret_labelled))
		BUG("an output that was checked is none");
}

static void
refuse_output(const struct reference_place *at, const struct value *name)
{
	const struct workflow *w = at->workflow;
	const struct value *out = w->steps[at->step].keys[STEP_OUT];
	struct str candidates[64];
	uint32_t n = 0;

	if (w->steps[at->step].judges) {
		finding_error(&at->workflow->findings, at->place, name->offset,
			"\"%.*s\" is no output of a step of this file; a gate of the run "
			"grants labels to STEP.OUTPUT",
			(int)MIN(name->n, 150), name->text);
		return;
	}
	for (; out && n < out->n && n < ARRAY_SIZE(candidates); n++)
		candidates[n] = value_text(&out->members[n].key);
	finding_error(&at->workflow->findings, at->place, name->offset,
		"the step has no output \"%.*s\"%s; a gate of a step grants labels to what "
		"that step makes",
		(int)MIN(name->n, 150), name->text,
		finding_suggestion(&at->workflow->findings, value_text(name), candidates, n));
}

void
grants_check(const struct reference_place *at, const struct value *gate)
{
	struct workflow *w = at->workflow;
	const struct value *grants = value_get(gate, STR("grants"));

	if (grants->n > LABELS_MAX)
		finding_error(&w->findings, at->place, grants->offset,
			"%u labels, more than %d", grants->n, LABELS_MAX);
	for (uint32_t i = 0; i < grants->n; i++) {
		const struct member *grant = &grants->members[i];
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct labelled labelled;
		const char *why;

		if (!check_label(at, &grant->value))
			continue;
		if (!find_granted(w, at->step, value_text(&grant->key), &arena, &labelled)) {
			refuse_output(at, &grant->key);
			continue;
		}
		why = find_blindness(w, at->step, gate, &labelled);
		if (why)
			finding_error(&w->findings, at->place, grant->key.offset,
				"the gate can grant nothing to \"%.*s\": %s",
				STR_ARG(value_text(&grant->key)), why);
	}
}

/* --- accepts --- */

uint32_t
accepted_count(const struct value *labels)
{
	return labels->kind == VALUE_ARRAY ? labels->n : 1;
}

const struct value *
accepted_at(const struct value *labels, uint32_t i)
{
	return labels->kind == VALUE_ARRAY ? &labels->items[i] : labels;
}

/* One entry of `accepts`. */
struct accepting {
	const struct reference_place *at;
	const struct value *input; /* its name */
	struct labelled from;      /* what it is */
	struct str candidates[64]; /* labels that its output can have */
	uint32_t n_candidates;
};

static bool
gate_grants(struct accepting *x, uint32_t step, const struct member *gate, struct str label)
{
	const struct workflow *w = x->at->workflow;
	const struct value *grants = value_get(&gate->value, STR("grants"));
	bool found = false;

	for (uint32_t i = 0; grants && grants->kind == VALUE_OBJECT && i < grants->n; i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct str granted = value_text(&grants->members[i].value);
		struct labelled labelled;

		if (grants->members[i].value.kind != VALUE_STRING ||
			!find_granted(w, step, value_text(&grants->members[i].key), &arena,
				&labelled) ||
			!labelled_equal(&labelled, &x->from))
			continue;
		found |= str_equal(granted, label);
		if (x->n_candidates < ARRAY_SIZE(x->candidates))
			x->candidates[x->n_candidates++] = granted;
	}
	return found;
}

/* Whether such a gate of the run cannot have judged before the step begins. */
static bool
comes_after(const struct accepting *x, const struct granter *granter)
{
	const struct value *after = value_get(&granter->gate->value, STR("after"));
	bool waits_for_all =
		!after || (after->kind == VALUE_STRING && str_is(value_text(after), "run"));

	return waits_for_all && !x->at->workflow->steps[x->at->step].is_last;
}

static void
need_granter(const struct accepting *x, const struct granter *granter)
{
	struct edges *edges = x->at->edges;
	struct str name = value_text(&granter->gate->key);

	if (comes_after(x, granter)) {
		finding_error(&x->at->workflow->findings, x->at->place, x->input->offset,
			"gate run.%.*s judges when all steps have ended, so it cannot have "
			"granted anything to input \"%.*s\" before; say which steps it comes "
			"after, such as after: %.*s",
			STR_ARG(name), (int)MIN(x->input->n, 150), x->input->text,
			STR_ARG(x->at->workflow->steps[x->from.step].name));
		return;
	}
	edges->items =
		memory_grow(edges->items, edges->n, &edges->capacity, sizeof(*edges->items));
	edges->items[edges->n++] = (struct edge){granter->step, EDGE_FACT};
}

/* What else is to be said of an output to which no gate grants the label. */
static const char *
advise(const struct accepting *x, struct str label)
{
	struct workflow *w = x->at->workflow;
	const struct declared_step *step = &w->steps[x->from.step];
	int n = (int)MIN(label.n, 100);

	if (step->is_foreach)
		return arena_printf(&w->arena,
			"; a list of what items made carries none of their labels: let a gate "
			"of the run, after: %.*s, look at the list and grant it",
			STR_ARG(step->name));
	if (step->scope != SCOPE_NONE)
		return arena_printf(&w->arena,
			"; what another file returns carries no label of that file: let a gate "
			"of the run, after: %.*s, look at it and grant it",
			STR_ARG(step->name));
	return arena_printf(&w->arena,
		"; add grants: { %.*s: %.*s } to a gate that looks at it",
		STR_ARG(x->from.output), n, label.p);
}

/* Any gate that grants the label to the output will do. */
static void
find_granters(struct accepting *x, const struct value *label)
{
	struct workflow *w = x->at->workflow;
	struct str text = value_text(label);
	bool found = false;

	x->n_candidates = 0;
	for (uint32_t i = 0; i < w->n_steps; i++) {
		const struct value *gates = w->steps[i].keys[STEP_GATES];

		if (!gates || gates->kind != VALUE_OBJECT ||
			(i != x->from.step && !w->steps[i].judges))
			continue;
		for (uint32_t j = 0; j < gates->n; j++) {
			const struct granter granter = {i, &gates->members[j]};

			if (!gate_grants(x, i, granter.gate, text))
				continue;
			found = true;
			if (w->steps[i].judges)
				need_granter(x, &granter);
		}
	}
	if (!found)
		finding_error(&w->findings, x->at->place, label->offset,
			"no gate grants \"%.*s\" to steps.%.*s.out.%.*s%s%s",
			(int)MIN(text.n, 150), text.p, STR_ARG(w->steps[x->from.step].name),
			STR_ARG(x->from.output),
			finding_suggestion(&w->findings, text, x->candidates, x->n_candidates),
			advise(x, text));
}

static bool
is_given(const struct workflow *w, uint32_t step, const struct declared_in *in)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct meaning meaning;
	struct expr *expr;
	struct str text;
	uint32_t offset;

	return in->from && expression_alone(value_text(in->from), false, &text) &&
		expression_compile(w, step, &arena, text, &expr, &offset, NULL) == 0 &&
		expression_is_artifact(expr, &meaning) && meaning.root == ROOT_INPUT;
}

/* Why what the input is carries no label, whatever gates there are. */
static const char *
name_origin(const struct workflow *w, uint32_t step, const struct value *entry)
{
	struct declared_in in;

	in_read(entry, &in);
	if (is_given(w, step, &in))
		return "given to this file from outside";
	if (in.path || in.tree)
		return "a file of the workspace";
	if (in.previous)
		return "of an earlier run";
	if (in.value)
		return "a value of the file";
	return "no output of a step of this file as it was made";
}

static void
check_accepted(const struct reference_place *at, const struct member *accepted)
{
	struct workflow *w = at->workflow;
	const struct value *in = w->steps[at->step].keys[STEP_IN];
	const struct value *entry = value_get(in, value_text(&accepted->key));
	struct accepting x = {.at = at, .input = &accepted->key};
	AUTO_ARENA struct arena arena = ARENA_INIT;

	if (accepted->value.kind != VALUE_STRING && accepted->value.kind != VALUE_ARRAY) {
		finding_error(&w->findings, at->place, accepted->value.offset,
			"must be a label or a list such as [ reviewed ], not %s",
			value_describe(&w->arena, &accepted->value));
		return;
	}
	if (!entry) {
		finding_error(&w->findings, at->place, accepted->key.offset,
			"the step has no input \"%.*s\"; labels are asked of what stands in "
			"its `in`",
			(int)MIN(accepted->key.n, 150), accepted->key.text);
		return;
	}
	if (entry->kind != VALUE_STRING && entry->kind != VALUE_OBJECT)
		return;
	if (!takes_output(w, at->step, entry, &arena, &x.from)) {
		finding_error(&w->findings, at->place, accepted->key.offset,
			"input \"%.*s\" is %s, which carries no label: a gate grants labels to "
			"what a step of this run made",
			STR_ARG(value_text(&accepted->key)), name_origin(w, at->step, entry));
		return;
	}
	for (uint32_t i = 0; i < accepted_count(&accepted->value); i++)
		if (check_label(at, accepted_at(&accepted->value, i)))
			find_granters(&x, accepted_at(&accepted->value, i));
}

void
accepts_check(struct workflow *w, uint32_t step, const struct place *place, struct edges *edges)
{
	const struct value *accepts = w->steps[step].keys[STEP_ACCEPTS];

	for (uint32_t i = 0; i < accepts->n; i++) {
		const struct member *accepted = &accepts->members[i];
		struct place inner = {place, "accepts", value_text(&accepted->key)};
		const struct reference_place at = {w, &inner, step, 0, "accepts", edges};

		if (accepted->value.kind == VALUE_ARRAY && accepted->value.n > LABELS_MAX)
			finding_error(&w->findings, &inner, accepted->value.offset,
				"%u labels, more than %d", accepted->value.n, LABELS_MAX);
		else
			check_accepted(&at, accepted);
	}
}
