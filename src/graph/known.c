#include "graph/known.h"

#include "graph/declared_foreach.h"
#include "graph/declared_group.h"
#include "graph/port.h"

struct known
known_to(const struct workflow *w, uint32_t step)
{
	return (struct known){w, step, step == STEP_NONE ? GROUP_NONE : w->steps[step].group};
}

/* A step and its output, or a group and what that hands out. */
static bool
knows_step(const struct known *known, const struct str *step, struct str name)
{
	const struct workflow *w = known->workflow;
	struct declared_name found = name_find(w, known->group, step ? *step : name);
	struct declared_out out;

	if (found.step != STEP_NONE)
		return !step || output_find(w, found.step, name, &out);
	return found.group != GROUP_NONE &&
		(!step || value_get(w->groups[found.group].outputs, name));
}

/* A step that may have gates, or `run`; and with a step, one of its gates. */
static bool
knows_gate(const struct known *known, const struct str *step, struct str name)
{
	const struct workflow *w = known->workflow;
	struct str of = step ? *step : name;
	struct declared_name found;

	if (str_is(of, "run"))
		return !step || value_get(w->keys[WORKFLOW_GATES], name);
	found = name_find(w, known->group, of);
	if (found.step == STEP_NONE)
		return false;
	return !step || value_get(w->steps[found.step].keys[STEP_GATES], name);
}

const struct value *
known_variable(const struct workflow *w, uint32_t step, struct str name)
{
	const struct value *own = step == STEP_NONE ? NULL : w->steps[step].keys[STEP_ENV];
	const struct value *v = value_get(own, name);

	if (!v && !own)
		v = value_get(w->defaults[STEP_ENV], name);
	return v ? v : value_get(w->keys[WORKFLOW_ENV], name);
}

static bool
lists(const struct value *list, struct str name)
{
	for (uint32_t i = 0; list && list->kind == VALUE_ARRAY && i < list->n; i++)
		if (str_equal(value_text(&list->items[i]), name))
			return true;
	return false;
}

bool
known_passed(const struct workflow *w, uint32_t step, struct str name)
{
	const struct value *own = step == STEP_NONE ? NULL : w->steps[step].keys[STEP_PASS_ENV];

	return lists(w->keys[WORKFLOW_PASS_ENV], name) ||
		lists(own ? own : w->defaults[STEP_PASS_ENV], name);
}

/* Of the step, or of one of its gates, which have its outputs where they name none. */
static bool
knows_input(const struct declared_step *step, struct str name)
{
	const struct value *gates = step->keys[STEP_GATES];

	if (value_get(step->keys[STEP_IN], name) ||
		(gates && value_get(step->keys[STEP_OUT], name)))
		return true;
	for (uint32_t i = 0; gates && i < gates->n; i++)
		if (value_get(value_get(&gates->members[i].value, STR("in")), name))
			return true;
	return false;
}

static bool
knows(const void *context, enum expression_root root, const struct str *step, struct str name)
{
	const struct known *known = context;
	const struct workflow *w = known->workflow;

	switch (root) {
	case ROOT_PARAM: return map_get(&w->param_by_name, name) != MAP_NONE;
	case ROOT_INPUT: return map_get(&w->input_by_name, name) != MAP_NONE;
	case ROOT_IN:
		return known->step != STEP_NONE && knows_input(&w->steps[known->step], name);
	case ROOT_ENV:
		return known_variable(w, known->step, name) ||
			known_passed(w, known->step, name);
	case ROOT_STEP: return knows_step(known, step, name);
	case ROOT_GATE: return knows_gate(known, step, name);
	case ROOT_ITEM:
	case ROOT_KEY:
	case ROOT_INDEX:
	case ROOT_RUN:
	case ROOT_ATTEMPT: break;
	}
	return false;
}

/* What a group hands out is an output of a step in it, or of a group in that: the reference then says
 * so in the group's own names. */
static int
follow_group(struct arena *arena, const struct workflow *w, uint32_t group,
	struct expr_reference *reference, struct err *err)
{
	const struct declared_group *declared = &w->groups[group];
	const struct expr_reference *inner;
	struct expr_segment *segments;
	struct expr *expr;
	const struct value *v;
	struct str text;
	uint32_t offset;

	if (reference->n < 4 || !str_is(reference->segments[2].name, "out"))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is a group; write steps.%.*s.out.NAME for one of its "
			"outputs, "
			"or steps['%.*s/STEP'] for a step in it",
			STR_ARG(declared->name), STR_ARG(declared->name),
			STR_ARG(declared->name));
	v = value_get(declared->outputs, reference->segments[3].name);
	if (!v)
		return err_set(err, ERR_INVALID,
			"group \"%.*s\" has no output \"%.*s\"; add it to its `outputs`",
			STR_ARG(declared->name), (int)MIN(reference->segments[3].name.n, 100),
			reference->segments[3].name.p);
	if (!expression_alone(value_text(v), false, &text) ||
		expr_parse(arena, text, 0, &expr, &offset, NULL) < 0 ||
		!(inner = expr_lone_reference(expr)))
		return err_set(err, ERR_INVALID,
			"output \"%.*s\" of group \"%.*s\" names no output of a step",
			STR_ARG(reference->segments[3].name), STR_ARG(declared->name));
	segments = ARENA_ARRAY(arena, inner->n + reference->n - 4, struct expr_segment);
	memcpy(segments, inner->segments, inner->n * sizeof(*segments));
	/* Members of the output stay what they are, whatever the names in the group. */
	for (uint32_t i = 4; i < reference->n; i++)
		segments[inner->n + i - 4] =
			(struct expr_segment){reference->segments[i].name, true};
	reference->n += inner->n - 4;
	reference->segments = segments;
	return 0;
}

/* The step by its full name. */
static void
name_step(struct arena *arena, struct expr_reference *reference, struct str name)
{
	struct expr_segment *segments;

	if (str_equal(name, reference->segments[1].name))
		return;
	segments = ARENA_ARRAY(arena, reference->n, struct expr_segment);
	memcpy(segments, reference->segments, reference->n * sizeof(*segments));
	segments[1] = (struct expr_segment){name, true};
	reference->segments = segments;
}

/* Those of the run are each a step that does nothing but be judged. */
static int
name_gate(struct arena *arena, const struct known *known, struct expr_reference *reference,
	struct err *err)
{
	const struct workflow *w = known->workflow;
	struct str step = reference->segments[1].name;
	struct declared_name found;

	if (str_is(step, "run")) {
		if (reference->n > 2 &&
			value_get(w->keys[WORKFLOW_GATES], reference->segments[2].name))
			name_step(arena, reference,
				str_of(arena_printf(arena, "run.%.*s",
					STR_ARG(reference->segments[2].name))));
		return 0;
	}
	found = name_find(w, known->group, step);
	if (found.step == STEP_NONE && found.group != GROUP_NONE)
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is a group, and its steps have the gates; write "
			"gates['%.*s/STEP'].GATE.status",
			STR_ARG(step), STR_ARG(w->groups[found.group].name));
	if (found.step != STEP_NONE)
		name_step(arena, reference, w->steps[found.step].name);
	return 0;
}

/* One name in each segment, and of a step the full one. 1: of what a group hands out, which is to be
 * looked up anew, in *group. */
static int
normalize_once(struct arena *arena, const struct known *known, struct expr_reference *reference,
	uint32_t *group, struct err *err)
{
	const struct known_names names = {knows, known};
	const struct workflow *w = known->workflow;
	struct declared_name found;
	int r = reference_normalize(arena, &names, reference, err);

	if (r == 0 && reference->n > 1 && str_is(reference->segments[0].name, "gates"))
		return name_gate(arena, known, reference, err);
	if (r < 0 || reference->n < 2 || !str_is(reference->segments[0].name, "steps"))
		return r;
	found = name_find(w, known->group, reference->segments[1].name);
	if (found.step == STEP_NONE && found.group != GROUP_NONE) {
		*group = found.group;
		r = follow_group(arena, w, found.group, reference, err);
		return r < 0 ? r : 1;
	}
	if (found.step != STEP_NONE)
		name_step(arena, reference, w->steps[found.step].name);
	return 0;
}

/* Of what the place where it stands calls so. Each group is within the one before, or a sibling that
 * stands there, so there are no more than groups. */
int
known_normalize(struct arena *arena, const struct known *known,
	struct expr_reference *reference, struct err *err)
{
	struct known place = *known;
	uint32_t group = GROUP_NONE;
	int r = 1;

	for (uint32_t i = 0; r > 0 && i <= known->workflow->n_groups; i++) {
		r = normalize_once(arena, &place, reference, &group, err);
		place = (struct known){known->workflow, STEP_NONE, group};
	}
	if (r > 0)
		return err_set(err, ERR_INVALID,
			"the outputs of these groups name each other, and no step");
	return r;
}
