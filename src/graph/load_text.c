#include "graph/loader.h"

#include "base/file.h"
#include "base/memory.h"
#include "graph/expression.h"

#include <stdio.h>

/* Words of a shell, options, names of programs: what many steps have in common. */
#define LITERAL_BYTES 32
#define LITERALS_MAX 4096

int
loader_corrupt(struct err *err, const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return err_set(err, ERR_CORRUPT, "the plan is damaged: %s", why);
}

int
loader_read_object(const struct value *object, const char *what, const struct shape *shapes,
	size_t n, const struct value **ret_members, struct err *err)
{
	if (object->kind != VALUE_OBJECT)
		return loader_corrupt(
			err, "%s is %s, not an object", what, value_kind_name(object));
	for (size_t i = 0; i < n; i++)
		ret_members[i] = NULL;
	for (uint32_t i = 0; i < object->n; i++) {
		const struct member *member = &object->members[i];
		size_t j = 0;

		while (j < n && !str_is(value_text(&member->key), shapes[j].name))
			j++;
		if (j == n)
			return loader_corrupt(err, "%s has a member \"%.*s\"", what,
				(int)MIN(member->key.n, 60), member->key.text);
		if (!(shapes[j].kinds & (1U << member->value.kind)))
			return loader_corrupt(err, "\"%s\" of %s is %s", shapes[j].name, what,
				value_kind_name(&member->value));
		ret_members[j] = &member->value;
	}
	for (size_t i = 0; i < n; i++)
		if (shapes[i].required && !ret_members[i])
			return loader_corrupt(err, "%s has no \"%s\"", what, shapes[i].name);
	return 0;
}

int
loader_read_number(const struct value *v, const char *what, uint64_t max, uint64_t *ret_number,
	struct err *err)
{
	int64_t number;

	if (!value_to_i64(v, &number) || number < 0 || (uint64_t)number > max)
		return loader_corrupt(
			err, "%s is %.*s", what, (int)MIN(v->n, 40), value_text(v).p);
	*ret_number = (uint64_t)number;
	return 0;
}

static void
add_pending(struct loader *l, struct reference *reference, struct str step,
	const struct loader_text *at, bool optional)
{
	l->pending = memory_grow(
		l->pending, l->n_pending, &l->pending_capacity, sizeof(*l->pending));
	l->pending[l->n_pending++] = (struct pending){
		reference, step, at->step, at->optional || optional, at->judges, STR_EMPTY};
}

static int
find_input(struct loader *l, struct str name, uint32_t *ret_input, struct err *err)
{
	uint32_t number = map_get(&l->input_by_name, name);

	if (number == MAP_NONE)
		return loader_corrupt(err, "there is no input \"%.*s\"", STR_ARG(name));
	*ret_input = number;
	return 0;
}

/* The inputs of a step are sorted by name. */
static int
find_in(const struct loader_text *at, struct str name, uint32_t *ret_input, struct err *err)
{
	uint32_t low = 0;
	uint32_t high = at->n_inputs;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = str_compare(at->inputs[middle].name, name);

		if (order == 0) {
			*ret_input = middle;
			return 0;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return loader_corrupt(err, "a step has no input \"%.*s\"", STR_ARG(name));
}

static int
bind_run(struct loader *l, const struct loader_text *at, struct reference *ret_reference,
	struct err *err)
{
	ret_reference->kind = REFERENCE_RUN;
	l->graph->names_run = true;
	if (!str_is(ret_reference->name, "status") || at->of_end)
		return 0;
	if (at->step == STEP_NONE || !l->steps[at->step].is_last)
		return loader_corrupt(err, "\"run.status\" stands outside `finally`");
	l->graph->asks_status = true;
	return 0;
}

/* SCOPE/NAME; without a scope it is one of a sketch. */
static int
bind_param(struct loader *l, struct reference *reference, const struct loader_text *at)
{
	struct str name = reference->name;
	size_t n = name.n;

	reference->kind = REFERENCE_PARAM;
	while (n && name.p[n - 1] != '/')
		n--;
	if (!n)
		return 0;
	reference->name = (struct str){name.p + n, name.n - n};
	add_pending(l, reference, (struct str){name.p, n - 1}, at, true);
	return 0;
}

/* What a normal reference of a plan names, as a reference of the graph. */
static int
bind(struct loader *l, struct expr_reference *named, const struct loader_text *at,
	struct reference *ret_reference, struct err *err)
{
	struct meaning meaning;

	if (meaning_read(named, &meaning, NULL) < 0 || !(at->may & (1U << meaning.root)))
		return loader_corrupt(err, "the reference \"%.*s\" cannot stand where it does",
			(int)MIN(named->segments[0].name.n, 60), named->segments[0].name.p);
	named->used = meaning.used;
	*ret_reference = (struct reference){
		.step = STEP_NONE,
		.fact = meaning.fact,
		.name = arena_str(&l->graph->arena, meaning.name),
	};
	switch (meaning.root) {
	case ROOT_STEP:
		ret_reference->kind =
			meaning.fact == FACT_OUTPUT ? REFERENCE_STEP_OUT : REFERENCE_FACT;
		named->is_artifact = meaning.fact == FACT_OUTPUT;
		add_pending(l, ret_reference, arena_str(&l->graph->arena, meaning.step), at,
			named->is_guarded || meaning.fact != FACT_OUTPUT);
		return 0;
	case ROOT_GATE:
		ret_reference->kind = REFERENCE_FACT;
		l->graph->asks_gates = true;
		add_pending(
			l, ret_reference, arena_str(&l->graph->arena, meaning.step), at, true);
		l->pending[l->n_pending - 1].gate = arena_str(&l->graph->arena, meaning.gate);
		return 0;
	case ROOT_INPUT:
		ret_reference->kind = REFERENCE_INPUT;
		named->is_artifact = true;
		return find_input(l, meaning.name, &ret_reference->input, err);
	case ROOT_IN:
		ret_reference->kind = REFERENCE_IN;
		named->is_artifact = true;
		return find_in(at, meaning.name, &ret_reference->input, err);
	case ROOT_RUN: return bind_run(l, at, ret_reference, err);
	case ROOT_ENV: ret_reference->kind = REFERENCE_ENV; return 0;
	case ROOT_ATTEMPT: ret_reference->kind = REFERENCE_ATTEMPT; return 0;
	case ROOT_PARAM: return bind_param(l, ret_reference, at);
	case ROOT_ITEM: ret_reference->kind = REFERENCE_ITEM; return 0;
	case ROOT_KEY: ret_reference->kind = REFERENCE_KEY; return 0;
	case ROOT_INDEX: ret_reference->kind = REFERENCE_INDEX; return 0;
	}
	BUG("a reference of root %d", (int)meaning.root);
}

static int
parse_expression(struct arena *arena, struct str text, struct expr **ret_expr, struct err *err)
{
	struct err why = ERR_INIT;
	uint32_t offset;

	if (expr_parse(arena, text, EXPR_PLAN, ret_expr, &offset, &why) < 0)
		return loader_corrupt(err, "\"%.*s\" is no expression: %.300s",
			(int)MIN(text.n, 60), text.p, why.message);
	return 0;
}

int
loader_read_expression(struct loader *l, struct str text, const struct loader_text *at,
	const struct step_expression **ret_expression, struct err *err)
{
	struct loader_text inner = *at;
	struct step_expression *expression;
	struct reference *references;
	struct expr *expr;
	int r = parse_expression(&l->graph->arena, text, &expr, err);

	if (r < 0)
		return r;
	/* A param that is still there is one of a sketch, which is only looked at. */
	inner.may |= 1U << ROOT_PARAM | 1U << ROOT_INPUT;
	references = ARENA_ARRAY(&l->graph->arena, expr_references(expr), struct reference);
	for (uint32_t i = 0; i < expr_references(expr); i++) {
		r = bind(l, expr_reference(expr, i), &inner, &references[i], err);
		if (r < 0)
			return r;
	}
	expression = ARENA_NEW(&l->graph->arena, struct step_expression);
	*expression =
		(struct step_expression){expr, references, arena_str(&l->graph->arena, text)};
	*ret_expression = expression;
	return 0;
}

int
loader_read_reference(struct loader *l, struct str text, const struct loader_text *at,
	struct reference *ret_reference, struct err *err)
{
	const struct expr_reference *lone;
	struct loader_text inner = *at;
	struct expr *expr;
	int r = parse_expression(&l->graph->arena, text, &expr, err);

	if (r < 0)
		return r;
	lone = expr_lone_reference(expr);
	if (!lone)
		return loader_corrupt(
			err, "\"%.*s\" is no reference", (int)MIN(text.n, 60), text.p);
	/* What a scope is given may stand everywhere. */
	if (expression_names_scope(lone))
		inner.may |= 1U << ROOT_PARAM;
	r = bind(l, expr_reference(expr, 0), &inner, ret_reference, err);
	if (r == 0 && ret_reference->kind == REFERENCE_PARAM && !expression_names_scope(lone))
		return loader_corrupt(
			err, "the param \"%.*s\" was not put in", STR_ARG(ret_reference->name));
	if (r == 0 && lone->used != lone->n)
		r = loader_corrupt(err, "\"%.*s\" has members", (int)MIN(text.n, 60), text.p);
	return r;
}

static int
read_literal(struct loader *l, struct str text, struct template_part *part, struct err *err)
{
	if (str_find(text, '\0') >= 0)
		return loader_corrupt(err, "a text has a NUL character in it");
	*part = (struct template_part){.is_reference = false};
	part->text = arena_str(&l->graph->arena, text);
	return 0;
}

/* One part that is text; short ones are kept once. */
static int
share_literal(struct loader *l, struct str text, const struct template_part **ret_part,
	struct err *err)
{
	bool shared = text.n <= LITERAL_BYTES;
	uint32_t number = shared ? map_get(&l->literals, text) : MAP_NONE;
	struct template_part *part;
	int r;

	if (number != MAP_NONE) {
		*ret_part = l->literal_parts[number];
		return 0;
	}
	part = ARENA_NEW(&l->graph->arena, struct template_part);
	r = read_literal(l, text, part, err);
	if (r < 0)
		return r;
	*ret_part = part;
	if (!shared || l->literals.used == LITERALS_MAX)
		return 0;
	l->literal_parts = memory_grow(l->literal_parts, l->literals.used, &l->literal_capacity,
		sizeof(const struct template_part *));
	l->literal_parts[l->literals.used] = part;
	(void)map_add(&l->literals, part->text, (uint32_t)l->literals.used);
	return 0;
}

static int
read_part(struct loader *l, const struct value *v, const struct loader_text *at,
	struct template_part *part, struct err *err)
{
	static const struct shape shape[] = {
		{"expr", 1U << VALUE_STRING, false}, {"ref", 1U << VALUE_STRING, false}};
	const struct value *members[ARRAY_SIZE(shape)];
	int r;

	if (v->kind == VALUE_STRING)
		return read_literal(l, value_text(v), part, err);
	r = loader_read_object(v, "a part", shape, ARRAY_SIZE(shape), members, err);
	if (r < 0)
		return r;
	if (!members[0] == !members[1])
		return loader_corrupt(err, "a part is not exactly one of expr and ref");
	part->is_reference = true;
	if (members[1])
		return loader_read_reference(
			l, value_text(members[1]), at, &part->reference, err);
	r = loader_read_expression(l, value_text(members[0]), at, &part->expression, err);
	if (r == 0)
		part->reference = (struct reference){
			.kind = REFERENCE_MANY, .name = part->expression->text};
	return r;
}

static int
read_parts(struct loader *l, const struct value *v, const struct loader_text *at,
	struct template *ret_template, struct err *err)
{
	static const struct shape shape[] = {{"parts", 1U << VALUE_ARRAY, true}};
	const struct value *list = NULL;
	struct template_part *parts;
	int r = loader_read_object(v, "a text", shape, 1, &list, err);

	if (r < 0)
		return r;
	if (!list->n)
		return loader_corrupt(err, "a text has no parts");
	parts = ARENA_ARRAY(&l->graph->arena, list->n, struct template_part);
	for (uint32_t i = 0; i < list->n && r == 0; i++)
		r = read_part(l, &list->items[i], at, &parts[i], err);
	*ret_template = (struct template){parts, list->n};
	return r;
}

int
loader_read_template(struct loader *l, const struct value *v, const struct loader_text *at,
	struct template *ret_template, struct err *err)
{
	const struct template_part *part;
	int r;

	if (v->kind != VALUE_STRING)
		return read_parts(l, v, at, ret_template, err);
	if (at->is_path && !path_is_inside(value_text(v)))
		return loader_corrupt(err, "the path \"%.*s\" leads out of the workspace",
			(int)MIN(v->n, 200), v->text);
	r = share_literal(l, value_text(v), &part, err);
	if (r < 0)
		return r;
	*ret_template = (struct template){part, 1};
	return 0;
}

int
loader_read_env(struct loader *l, const struct value *object, const struct loader_text *at,
	const struct env_entry **ret_entries, uint32_t *ret_n, struct err *err)
{
	struct env_entry *entries = ARENA_ARRAY(&l->graph->arena, object->n, struct env_entry);

	for (uint32_t i = 0; i < object->n; i++) {
		struct str name = value_text(&object->members[i].key);
		int r;

		if (!str_is_name(name))
			return loader_corrupt(err, "\"%.*s\" is no variable's name",
				(int)MIN(name.n, 60), name.p);
		entries[i].name = arena_str(&l->graph->arena, name);
		r = loader_read_template(
			l, &object->members[i].value, at, &entries[i].value, err);
		if (r < 0)
			return r;
	}
	*ret_entries = entries;
	*ret_n = object->n;
	return 0;
}
