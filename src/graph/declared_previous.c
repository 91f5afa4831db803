#include "graph/declared_previous.h"

#include "base/memory.h"
#include "graph/declared_foreach.h"
#include "graph/declared_group.h"

/* One way to cut the text in two. */
static bool
find_cut(const struct workflow *w, struct arena *arena, uint32_t group, struct str name,
	struct str output, struct found_previous *found, bool *ret_is_step)
{
	struct declared_name named = name_find(w, group, name);
	struct str inner = output;

	if (named.step == STEP_NONE && named.group == GROUP_NONE)
		return false;
	*ret_is_step = true;
	if (named.step == STEP_NONE) {
		if (!group_output_find(
			    w, named.group, output, &found->step, &inner, &found->out))
			return false;
	} else if (!output_find(w, named.step, output, &found->out)) {
		return false;
	} else {
		found->step = named.step;
	}
	found->output = arena_str(arena, inner);
	found->name = str_of(arena_printf(arena, "%.*s.%.*s",
		STR_ARG(w->steps[found->step].name), STR_ARG(found->output)));
	return true;
}

unsigned
previous_find(const struct workflow *w, struct arena *arena, uint32_t step, struct str text,
	struct found_previous *ret_found, struct str *ret_known)
{
	uint32_t group = step == STEP_NONE ? GROUP_NONE : w->steps[step].group;
	unsigned n = 0;

	*ret_known = STR_EMPTY;
	for (size_t i = 1; i + 1 < text.n; i++) {
		struct str name = {text.p, i};
		struct str output = {text.p + i + 1, text.n - i - 1};
		struct found_previous found;
		bool is_step = false;

		if (text.p[i] != '.')
			continue;
		if (find_cut(w, arena, group, name, output, &found, &is_step) && n++ == 0)
			*ret_found = found;
		if (is_step)
			*ret_known = name;
	}
	return n;
}

void
previous_read(const struct workflow *w, uint32_t step, const struct value *text,
	struct arena *arena, struct found_previous *ret_found)
{
	struct str known;

	if (previous_find(w, arena, step, value_text(text), ret_found, &known) != 1)
		BUG("an output of an earlier run that was checked is none");
}

static void
refuse(const struct reference_place *at, const struct value *v, struct str known)
{
	struct findings *findings = &at->workflow->findings;
	struct str text = value_text(v);
	struct str rest;
	struct str step = str_cut(text, '.', &rest);

	if (known.n)
		finding_error(findings, at->place, v->offset,
			"\"%.*s\" declares no output \"%.*s\" in this file, and so no later "
			"run "
			"could find it in an earlier one",
			(int)MIN(known.n, 150), known.p, (int)MIN(text.n - known.n - 1, 150),
			text.p + known.n + 1);
	else if (!rest.n || !step.n || str_find(text, ' ') >= 0)
		finding_error(findings, at->place, v->offset,
			"\"previous\" is an output of an earlier run, STEP.NAME, not \"%.*s\"",
			(int)MIN(text.n, 150), text.p);
	else
		finding_error(findings, at->place, v->offset, "there is no step \"%.*s\"%s",
			(int)MIN(step.n, 150), step.p,
			finding_suggestion(findings, step, declared_step_names(at->workflow),
				at->workflow->n_steps));
}

/* Where it is a file whose name is written down, what it is named: its end says what it holds. */
static struct str
file_name(struct arena *arena, const struct found_previous *found)
{
	if (found->out.path && !expression_occurs(value_text(found->out.path)))
		return value_text(found->out.path);
	return found->out.type == OUTPUT_JSONL
		? str_of(arena_printf(arena, "%.*s.jsonl", STR_ARG(found->output)))
		: found->output;
}

struct str
previous_name_compared(struct arena *arena, struct str step, const char *what, struct str name)
{
	return str_of(arena_printf(arena, "%.*s:%s:%.*s", STR_ARG(step), what, STR_ARG(name)));
}

void
previous_add(struct workflow *w, const struct workflow_previous *previous)
{
	if (map_add(&w->previous_by_name, previous->name, (uint32_t)w->n_previous) != MAP_NONE)
		return;
	w->previous = memory_grow(
		w->previous, w->n_previous, &w->previous_capacity, sizeof(*w->previous));
	w->previous[w->n_previous++] = *previous;
}

void
previous_check(const struct reference_place *at, const struct value *v)
{
	struct workflow *w = at->workflow;
	struct reference_place plain = *at;
	struct found_previous found;
	struct str known;
	unsigned n;

	plain.what = "`previous`, which names an output of an earlier run: STEP.NAME";
	if (expression_occurs(value_text(v))) {
		references_refuse(&plain, v);
		return;
	}
	n = previous_find(w, &w->arena, at->step, value_text(v), &found, &known);
	if (!n)
		refuse(at, v, known);
	else if (n > 1)
		finding_error(&w->findings, at->place, v->offset,
			"\"%.*s\" can be read in two ways; give the step or its output a name "
			"without a dot",
			(int)MIN(v->n, 150), v->text);
	else if (w->steps[found.step].template_of != STEP_NONE)
		finding_error(&w->findings, at->place, v->offset,
			"\"%.*s\" is made by every item of a foreach; name an output of the "
			"foreach itself, which is the list of them",
			(int)MIN(v->n, 150), v->text);
	else
		previous_add(w,
			&(struct workflow_previous){.name = found.name,
				.step = w->steps[found.step].name,
				.output = found.output,
				.path = file_name(&w->arena, &found)});
}
