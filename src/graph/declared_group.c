#include "graph/declared_group.h"

#include "base/memory.h"
#include "graph/declared_foreach.h"
#include "graph/declared_scope.h"
#include "graph/expression.h"
#include "graph/known.h"
#include "graph/port.h"
#include "graph/question.h"
#include "graph/surroundings.h"

/* A map of steps that is being read. */
struct level {
	const struct value *steps;
	uint32_t next;
	uint32_t group;
};

struct walk {
	struct workflow *w;
	struct level levels[GROUP_DEPTH_MAX + 1];
	uint32_t n;
};

/* One step of the file as its keys were read. */
struct entry {
	const struct member *member;
	struct str name; /* full */
	uint32_t group;
	const struct value *keys[STEP_KEYS];
	struct keys_found found;
};

static void
check_name(struct workflow *w, const struct value *name)
{
	if (!str_is_name(value_text(name)))
		finding_error(&w->findings, NULL, name->offset,
			"\"%.*s\" is not a name for a step: letters, digits, _ . - and at most "
			"128 "
			"bytes, beginning with a letter, digit or _",
			(int)MIN(name->n, 150), name->text);
}

static void
check_kind(struct workflow *w, const struct place *place, const struct entry *entry)
{
	static const uint64_t honoured = KEY_BIT(STEP_RUN) | KEY_BIT(STEP_EXEC) |
		KEY_BIT(STEP_STEPS) | KEY_BIT(STEP_WORKFLOW) | KEY_BIT(STEP_HUMAN);
	const struct keys_found *found = &entry->found;
	uint64_t kinds = found->seen & honoured;

	/* A kind that is not honoured has its finding already. */
	if (!found->n_kinds)
		finding_error(&w->findings, place, entry->member->key.offset,
			"nothing to do: give it `run` (a script), `exec` (a program and its "
			"arguments), `workflow` (another file), `human` (a question) or "
			"`steps` "
			"(a group)");
	else if (kinds & (kinds - 1))
		finding_error(&w->findings, place, found->kinds[1]->key.offset,
			"\"%.*s\" and \"%.*s\" cannot stand together: a step is of exactly one "
			"kind",
			STR_ARG(value_text(&found->kinds[0]->key)),
			STR_ARG(value_text(&found->kinds[1]->key)));
	if (entry->keys[STEP_SHELL] && (found->seen & KEY_BIT(STEP_EXEC)))
		finding_error(&w->findings, place, entry->keys[STEP_SHELL]->offset,
			"`shell` goes with `run` only: `exec` starts its program without one");
}

/* Keys of the step that are not among `own`. */
static void
refuse_others(struct workflow *w, const struct place *place, const struct entry *entry,
	uint64_t own, const char *advice)
{
	const struct value *object = &entry->member->value;

	for (uint32_t i = 0; i < object->n; i++)
		for (unsigned slot = 0; slot < STEP_KEYS; slot++)
			if (entry->keys[slot] == &object->members[i].value &&
				!(own & KEY_BIT(slot)))
				finding_error(&w->findings, place,
					object->members[i].key.offset, "\"%.*s\" %s",
					STR_ARG(value_text(&object->members[i].key)), advice);
}

/* Nor has a scope: its steps stand in another file. */
static void
check_scope_keys(struct workflow *w, const struct place *place, const struct entry *entry)
{
	static const uint64_t kinds =
		KEY_BIT(STEP_RUN) | KEY_BIT(STEP_EXEC) | KEY_BIT(STEP_STEPS);
	static const uint64_t own = KEY_BIT(STEP_WORKFLOW) | KEY_BIT(STEP_WITH) |
		KEY_BIT(STEP_IN) | KEY_BIT(STEP_SECRETS) | KEY_BIT(STEP_NEEDS) |
		KEY_BIT(STEP_IF) | KEY_BIT(STEP_CONTINUE) | KEY_BIT(STEP_FOREACH) |
		KEY_BIT(STEP_OUT) | KEY_BIT(STEP_OUTPUTS) | KEY_BIT(STEP_ACCEPTS) |
		KEY_BIT(STEP_POLICY);
	const struct value *const outputs[] = {
		entry->keys[STEP_OUT], entry->keys[STEP_OUTPUTS]};

	refuse_others(w, place, entry, own | kinds,
		"does not go with `workflow`: give it to the steps of that file, or to all of "
		"them by its `defaults`");
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
		if (outputs[i])
			finding_error(&w->findings, place, outputs[i]->offset,
				"\"%s\" does not go with `workflow`: what it makes is said by "
				"the `outputs` of that file",
				i ? "outputs" : "out");
	if (entry->keys[STEP_ACCEPTS])
		finding_later(&w->findings, place, entry->keys[STEP_ACCEPTS]->offset,
			"\"accepts\" with `workflow` is not honoured by this build of lily "
			"(gates): no label crosses into another file; let a step of this one "
			"accept the input and hand on what it makes of it");
}

/* Nor has what a person does. */
static void
check_human_keys(struct workflow *w, const struct place *place, const struct entry *entry)
{
	/* A second kind has its finding already. */
	static const uint64_t own = KEY_BIT(STEP_HUMAN) | KEY_BIT(STEP_NEEDS) |
		KEY_BIT(STEP_IF) | KEY_BIT(STEP_CONTINUE) | KEY_BIT(STEP_FOREACH) |
		KEY_BIT(STEP_RUN) | KEY_BIT(STEP_EXEC) | KEY_BIT(STEP_STEPS) |
		KEY_BIT(STEP_WORKFLOW) | KEY_BIT(STEP_OUT);

	refuse_others(w, place, entry, own,
		"does not go with `human`: no program is run for it; what it is about is named "
		"in `show`");
	if (entry->keys[STEP_OUT])
		finding_error(&w->findings, place, entry->keys[STEP_OUT]->offset,
			"\"out\" does not go with `human`: it has one output, `answer`, whose "
			"schema is that of `human`");
}

/* A group has no process of its own: what says how one is started stands at its steps. */
static void
check_group_keys(struct workflow *w, const struct place *place, const struct entry *entry)
{
	/* A second kind has its finding already. */
	static const uint64_t own = KEY_BIT(STEP_STEPS) | KEY_BIT(STEP_NEEDS) |
		KEY_BIT(STEP_FOREACH) | KEY_BIT(STEP_OUTPUTS) | KEY_BIT(STEP_RUN) |
		KEY_BIT(STEP_EXEC) | KEY_BIT(STEP_IF) | KEY_BIT(STEP_CONTINUE) |
		KEY_BIT(STEP_WORKFLOW) | KEY_BIT(STEP_WITH);

	refuse_others(w, place, entry, own,
		"does not go with `steps`: give it to the steps of the group, or to all steps "
		"by `defaults`");
	if (entry->keys[STEP_CONTINUE] && !entry->keys[STEP_FOREACH])
		finding_error(&w->findings, place, entry->keys[STEP_CONTINUE]->offset,
			"\"continue_on_error\" does not go with `steps` without `foreach`: "
			"give it "
			"to the steps of the group");
	if (entry->keys[STEP_IF] && !entry->keys[STEP_FOREACH])
		finding_error(&w->findings, place, entry->keys[STEP_IF]->offset,
			"\"if\" does not go with `steps` without `foreach`: give it to the "
			"steps of "
			"the group that need nothing, what needs them is skipped with them");
	if (!entry->keys[STEP_STEPS]->n)
		finding_error(&w->findings, place, entry->keys[STEP_STEPS]->offset,
			"\"steps\" is empty; a group has at least one step");
}

static uint32_t
add_step(struct workflow *w, const struct entry *entry, struct str name)
{
	struct declared_step *step;

	w->steps = memory_grow(w->steps, w->n_steps, &w->steps_capacity, sizeof(*w->steps));
	step = &w->steps[w->n_steps];
	*step = (struct declared_step){.name = name,
		.group = entry->group,
		.template_of = STEP_NONE,
		.body = GROUP_NONE,
		.scope = SCOPE_NONE,
		.offset = entry->member->key.offset};
	memcpy(step->keys, entry->keys, sizeof(step->keys));
	(void)map_add(&w->step_by_name, name, w->n_steps);
	return w->n_steps++;
}

static void
add_plain(struct workflow *w, const struct place *place, const struct entry *entry,
	struct str name)
{
	uint32_t number = add_step(w, entry, name);

	stdin_read(w, place, &w->steps[number]);
	question_declare(w, &w->steps[number]);
}

/* The file itself is read later (library.h). */
static void
add_scope(struct workflow *w, const struct entry *entry, struct str name)
{
	uint32_t number = add_step(w, entry, name);

	w->scopes =
		memory_grow(w->scopes, w->n_scopes, &w->scopes_capacity, sizeof(*w->scopes));
	w->scopes[w->n_scopes] =
		(struct declared_scope){.step = number, .file = entry->keys[STEP_WORKFLOW]};
	w->steps[number].scope = w->n_scopes++;
}

static void
push(struct walk *walk, const struct entry *entry, struct str name, uint32_t foreach)
{
	struct workflow *w = walk->w;

	if (walk->n == ARRAY_SIZE(walk->levels)) {
		finding_error(&w->findings, NULL, entry->member->key.offset,
			"groups lie more than %d deep in each other", GROUP_DEPTH_MAX);
		return;
	}
	w->groups =
		memory_grow(w->groups, w->n_groups, &w->groups_capacity, sizeof(*w->groups));
	w->groups[w->n_groups] = (struct declared_group){.name = name,
		.outer = entry->group,
		.foreach = foreach,
		.first = w->n_steps,
		.needs = foreach == STEP_NONE ? entry->keys[STEP_NEEDS] : NULL,
		.outputs = entry->keys[STEP_OUTPUTS]};
	(void)map_add(&w->group_by_name, name, w->n_groups);
	walk->levels[walk->n++] =
		(struct level){.steps = entry->keys[STEP_STEPS], .group = w->n_groups++};
}

/* Whether a condition asks about each item: else it is about the whole. */
static bool
mentions_item(const struct value *condition)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct meaning meaning;
	struct expr *expr;
	struct str text;
	uint32_t offset;

	if (!condition || condition->kind != VALUE_STRING ||
		!expression_alone(value_text(condition), true, &text) ||
		expr_parse(&arena, text, 0, &expr, &offset, NULL) < 0)
		return false;
	for (uint32_t i = 0; i < expr_references(expr); i++)
		if (meaning_read(expr_bound(expr, i), &meaning, NULL) == 0 &&
			meaning.root >= ROOT_ITEM)
			return true;
	return false;
}

/* The foreach step has what concerns the whole, its templates the rest. */
static void
add_foreach(struct walk *walk, struct entry *entry)
{
	struct workflow *w = walk->w;
	struct str name = str_of(arena_printf(&w->arena, "%.*s/*", STR_ARG(entry->name)));
	uint32_t number = add_step(w, entry, entry->name);
	struct declared_step *step = &w->steps[number];

	memset(step->keys, 0, sizeof(step->keys));
	step->is_foreach = true;
	step->keys[STEP_FOREACH] = entry->keys[STEP_FOREACH];
	step->keys[STEP_NEEDS] = entry->keys[STEP_NEEDS];
	step->keys[STEP_CONTINUE] = entry->keys[STEP_CONTINUE];
	entry->keys[STEP_FOREACH] = entry->keys[STEP_NEEDS] = entry->keys[STEP_CONTINUE] = NULL;
	if (entry->keys[STEP_STEPS] || !mentions_item(entry->keys[STEP_IF])) {
		step->keys[STEP_IF] = entry->keys[STEP_IF];
		entry->keys[STEP_IF] = NULL;
	}
	if (entry->keys[STEP_STEPS]) {
		w->steps[number].body = w->n_groups;
		push(walk, entry, name, number);
		return;
	}
	if (entry->keys[STEP_WORKFLOW])
		add_scope(w, entry, name);
	else
		add_plain(w, &(struct place){NULL, "step", entry->name}, entry, name);
	w->steps[number + 1].template_of = number;
	w->steps[number].n_templates = 1;
}

static struct str
full_name(struct workflow *w, uint32_t group, struct str name)
{
	return group == GROUP_NONE ? name
				   : str_of(arena_printf(&w->arena, "%.*s/%.*s",
					     STR_ARG(w->groups[group].name), STR_ARG(name)));
}

static void
read_entry(struct walk *walk, const struct member *member, uint32_t group)
{
	struct workflow *w = walk->w;
	struct entry entry = {.member = member, .group = group};
	struct place place = {NULL, "step", STR_EMPTY};

	entry.name = full_name(w, group, value_text(&member->key));
	place.name = entry.name;
	check_name(w, &member->key);
	if (map_get(&w->step_by_name, entry.name) != MAP_NONE ||
		map_get(&w->group_by_name, entry.name) != MAP_NONE)
		finding_error(&w->findings, NULL, member->key.offset,
			"a step \"%.*s\" is in `steps` already; name it otherwise",
			(int)MIN(entry.name.n, 150), entry.name.p);
	if (member->value.kind != VALUE_OBJECT) {
		finding_error(&w->findings, &place, member->value.offset,
			"must be a map such as { run: make }, not %s",
			value_describe(&w->arena, &member->value));
		(void)add_step(w, &entry, entry.name);
		return;
	}
	keys_read(&w->findings, &place, &step_keys, &member->value, entry.keys, &entry.found);
	check_kind(w, &place, &entry);
	if (entry.keys[STEP_STEPS])
		check_group_keys(w, &place, &entry);
	else if (entry.keys[STEP_WORKFLOW])
		check_scope_keys(w, &place, &entry);
	else if (entry.keys[STEP_HUMAN])
		check_human_keys(w, &place, &entry);
	else if (entry.keys[STEP_OUTPUTS])
		finding_error(&w->findings, &place, entry.keys[STEP_OUTPUTS]->offset,
			"`outputs` goes with `steps` only: what a step itself makes stands in "
			"`out`");
	if (!entry.keys[STEP_WORKFLOW] && entry.keys[STEP_WITH])
		finding_error(&w->findings, &place, entry.keys[STEP_WITH]->offset,
			"`with` goes with `workflow`: a step itself takes `env` and `in`");
	if (entry.keys[STEP_FOREACH])
		add_foreach(walk, &entry);
	else if (entry.keys[STEP_WORKFLOW])
		add_scope(w, &entry, entry.name);
	else if (entry.keys[STEP_STEPS])
		push(walk, &entry, entry.name, STEP_NONE);
	else
		add_plain(w, &place, &entry, entry.name);
}

static void
pop(struct walk *walk)
{
	struct workflow *w = walk->w;
	uint32_t number = walk->levels[--walk->n].group;
	struct declared_group *group;

	if (number == GROUP_NONE)
		return;
	group = &w->groups[number];
	group->n_steps = w->n_steps - group->first;
	if (group->foreach == STEP_NONE)
		return;
	w->steps[group->foreach].n_templates = group->n_steps;
	/* A foreach in it has its own already. */
	for (uint32_t i = group->first; i < group->first + group->n_steps; i++)
		if (w->steps[i].template_of == STEP_NONE)
			w->steps[i].template_of = group->foreach;
}

static void
read_all(struct workflow *w, const struct value *steps)
{
	struct walk walk = {.w = w};

	if (!steps)
		return;
	walk.levels[walk.n++] = (struct level){.steps = steps, .group = GROUP_NONE};
	while (walk.n) {
		struct level *level = &walk.levels[walk.n - 1];

		if (level->next == level->steps->n)
			pop(&walk);
		else
			read_entry(&walk, &level->steps->members[level->next++], level->group);
	}
}

void
groups_read(struct workflow *w)
{
	const struct value *steps = w->keys[WORKFLOW_STEPS];
	uint32_t n;

	if (steps && !steps->n)
		finding_error(&w->findings, NULL, steps->offset,
			"\"steps\" is empty; a workflow has at least one step");
	read_all(w, steps);
	n = w->n_steps;
	read_all(w, w->keys[WORKFLOW_FINALLY]);
	for (; n < w->n_steps; n++)
		w->steps[n].is_last = true;
}

static bool
look_up(const struct workflow *w, struct str name, struct declared_name *ret_name)
{
	ret_name->step = map_get(&w->step_by_name, name);
	ret_name->group = map_get(&w->group_by_name, name);
	return ret_name->step != STEP_NONE || ret_name->group != GROUP_NONE;
}

struct declared_name
name_find(const struct workflow *w, uint32_t group, struct str name)
{
	struct declared_name found = {STEP_NONE, GROUP_NONE};

	/* Nobody can write the name of a template. */
	if (str_find(name, '*') >= 0)
		return found;
	for (; group != GROUP_NONE; group = w->groups[group].outer) {
		AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

		buf_printf(&b, "%.*s/%.*s", STR_ARG(w->groups[group].name), STR_ARG(name));
		if (look_up(w, buf_str(&b), &found))
			return found;
	}
	(void)look_up(w, name, &found);
	return found;
}

bool
group_output_find(const struct workflow *w, uint32_t group, struct str name, uint32_t *ret_step,
	struct str *ret_output, struct declared_out *ret_out)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v = value_get(w->groups[group].outputs, name);
	const struct known known = {w, STEP_NONE, group};
	struct meaning meaning;
	struct expr *expr;
	struct str text;
	uint32_t offset;

	if (!v || !expression_alone(value_text(v), false, &text) ||
		expr_parse(&arena, text, 0, &expr, &offset, NULL) < 0 ||
		!expr_lone_reference(expr) ||
		known_normalize(&arena, &known, expr_reference(expr, 0), NULL) < 0 ||
		!expression_is_artifact(expr, &meaning) ||
		!reference_find(w, &meaning, ret_step, ret_out))
		return false;
	*ret_output = output_name(w, *ret_step, meaning.name);
	return true;
}
