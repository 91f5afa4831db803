#include "base/memory.h"
#include "graph/declared_foreach.h"
#include "graph/declared_scope.h"
#include "graph/instance.h"
#include "graph/param.h"
#include "graph/planner.h"
#include "graph/port.h"
#include "json/json.h"

#define NAME_MAX_BYTES ((size_t)1 << 20)

void
planner_enter(struct planner *p, const struct instance *instance, uint32_t step)
{
	p->instance = instance;
	p->workflow = instance->workflow;
	p->params = instance->params;
	p->numbers = instance->numbers;
	p->step = step;
}

/* --- names --- */

static struct str
full_name(struct planner *p, struct str name)
{
	return str_of(arena_printf(
		&p->arena, "%.*s%.*s", STR_ARG(p->instance->prefix), STR_ARG(name)));
}

void
planner_write_name(struct planner *p, const struct declared_step *step, struct buf *b)
{
	json_write_string(p->instance->outer ? full_name(p, step->name) : step->name, b);
}

/* Puts other segments in place of the first `used`. */
static void
replace(struct planner *p, struct expr_reference *reference,
	const struct expr_segment *segments, uint32_t n)
{
	uint32_t rest = reference->n - reference->used;
	struct expr_segment *all = ARENA_ARRAY(&p->arena, n + rest, struct expr_segment);

	memcpy(all, segments, n * sizeof(*all));
	if (rest)
		memcpy(all + n, reference->segments + reference->used, rest * sizeof(*all));
	reference->segments = all;
	reference->n = n + rest;
	reference->used = n;
}

/* An input of a scope that items are made of is one for all of them: their step is not in its name. */
static struct str
input_name(struct planner *p, struct str name)
{
	struct str prefix = p->instance->prefix;
	AUTO_BUF struct buf b = BUF_INIT(NAME_MAX_BYTES);

	while (prefix.n) {
		struct str segment = str_cut(prefix, '/', &prefix);

		if (!str_is(segment, "*"))
			buf_printf(&b, "%.*s/", STR_ARG(segment));
	}
	buf_add_str(&b, name);
	return arena_str(&p->arena, buf_str(&b));
}

static void
rename_reference(struct planner *p, struct expr_reference *reference, struct str name)
{
	struct expr_segment *all = ARENA_ARRAY(&p->arena, reference->n, struct expr_segment);

	memcpy(all, reference->segments, reference->n * sizeof(*all));
	all[1] = (struct expr_segment){name, true};
	reference->segments = all;
}

void
planner_rebase(struct planner *p, struct expr *expr)
{
	const struct instance *instance = p->instance;

	for (uint32_t i = 0; instance->outer && i < expr_references(expr); i++) {
		struct expr_reference *reference = expr_reference(expr, i);
		struct meaning meaning;
		const struct expr_reference *handed = NULL;

		if (meaning_read(reference, &meaning, NULL) < 0)
			BUG("a reference that was checked is none");
		if (meaning.root == ROOT_INPUT)
			handed = instance->inputs[map_get(
				&instance->workflow->input_by_name, meaning.name)];
		if (handed)
			replace(p, reference, handed->segments, handed->used);
		else if (meaning.root == ROOT_INPUT)
			rename_reference(p, reference, input_name(p, meaning.name));
		else if (meaning.root == ROOT_STEP || meaning.root == ROOT_GATE ||
			meaning.root == ROOT_PARAM)
			rename_reference(
				p, reference, full_name(p, reference->segments[1].name));
	}
}

struct str
planner_secret(const struct planner *p, struct str name)
{
	for (const struct instance *i = p->instance; i->outer; i = i->outer)
		name = scope_secret(i->user, name);
	return name;
}

/* --- what a scope is given --- */

/* Known by now: then it has to fit. */
static int
take_known(struct planner *p, struct instance *inner, const struct member *member,
	uint32_t number, const struct value *v, struct err *err)
{
	const char *message = "";
	int r = param_examine(inner->workflow, number, v, &p->arena, &message, err);

	if (r == 1) {
		inner->params[number] = v;
		return 0;
	}
	return r < 0 ? r
		     : source_error(&p->workflow->source, member->value.offset, err,
			       "step \"%.*s\": with \"%.*s\": %s", STR_ARG(inner->user->name),
			       STR_ARG(value_text(&member->key)), message);
}

static int
give_param(
	struct planner *p, struct instance *inner, const struct member *member, struct err *err)
{
	uint32_t number = map_get(&inner->workflow->param_by_name, value_text(&member->key));
	const struct expr *made;
	int r;

	if (!value_has_expressions(&member->value)) {
		inner->params[number] = &member->value;
		return 0;
	}
	r = planner_make_value(p, &member->value, &made, err);
	if (r < 0)
		return r;
	if (expr_lone_literal(made))
		return take_known(p, inner, member, number, expr_lone_literal(made), err);
	inner->given[number] = made;
	return 0;
}

static int
give_input(
	struct planner *p, struct instance *inner, const struct member *member, struct err *err)
{
	uint32_t number = map_get(&inner->workflow->input_by_name, value_text(&member->key));
	struct expr *expr;
	struct str text;
	int r;

	if (!expression_alone(value_text(&member->value), false, &text))
		BUG("an artifact that was checked is none");
	r = planner_fold(p, &member->value, text, &expr, err);
	if (r == 0)
		inner->inputs[number] = expr_lone_reference(expr);
	return r;
}

/* p has entered the file that uses it. */
static int
give(struct planner *p, struct instance *inner, struct err *err)
{
	const struct value *with = inner->user->keys[STEP_WITH];
	const struct value *in = inner->user->keys[STEP_IN];
	const struct workflow *w = inner->workflow;
	int r = 0;

	for (uint32_t i = 0; r == 0 && with && i < with->n; i++)
		r = give_param(p, inner, &with->members[i], err);
	for (uint32_t i = 0; r == 0 && in && i < in->n; i++)
		r = give_input(p, inner, &in->members[i], err);
	for (uint32_t i = 0; i < w->n_params; i++)
		if (!inner->params[i] && !inner->given[i])
			inner->params[i] = w->params[i].fallback;
	return r;
}

/* --- the order of the plan --- */

static struct instance *
new_instance(struct planner *p, const struct instance *outer, const struct declared_step *user,
	const struct workflow *w)
{
	struct instance *instance = ARENA_NEW(&p->arena, struct instance);

	*instance = (struct instance){.workflow = w,
		.outer = outer,
		.user = user,
		.number = outer->numbers[user - outer->workflow->steps],
		.prefix = str_of(arena_printf(
			&p->arena, "%.*s%.*s/", STR_ARG(outer->prefix), STR_ARG(user->name))),
		.params = ARENA_ARRAY(&p->arena, w->n_params, const struct value *),
		.given = ARENA_ARRAY(&p->arena, w->n_params, const struct expr *),
		.inputs = ARENA_ARRAY(
			&p->arena, w->n_known_inputs, const struct expr_reference *),
		.numbers = ARENA_ARRAY(&p->arena, w->n_steps, uint32_t),
		.parts = ARENA_ARRAY(&p->arena, w->n_scopes, struct instance *),
		.is_last = outer->is_last || user->is_last};
	return instance;
}

/* A file whose steps are being put into the plan. */
struct level {
	struct instance *instance;
	uint32_t next;
};

struct levels {
	struct level items[SCOPE_DEPTH_MAX + 1];
	uint32_t n;
};

static int
add_planned(struct planner *p, struct levels *levels, struct err *err)
{
	struct level *level = &levels->items[levels->n - 1];
	struct instance *instance = level->instance;
	uint32_t step = level->next++;
	const struct declared_step *declared = &instance->workflow->steps[step];
	struct instance *inner;
	int r;

	if (instance->numbers[step] == STEP_NONE)
		return 0;
	instance->numbers[step] = p->n_steps;
	p->planned =
		memory_grow(p->planned, p->n_steps, &p->planned_capacity, sizeof(*p->planned));
	p->planned[p->n_steps++] = (struct planned){instance, step};
	if (declared->scope == SCOPE_NONE)
		return 0;
	inner = new_instance(
		p, instance, declared, instance->workflow->scopes[declared->scope].inner);
	instance->parts[declared->scope] = inner;
	planner_enter(p, instance, step);
	r = give(p, inner, err);
	levels->items[levels->n++] = (struct level){inner, 0};
	return r;
}

int
planner_lay_out(struct planner *p, struct err *err)
{
	struct levels levels = {.n = 1};
	int r = 0;

	levels.items[0] = (struct level){p->top, 0};
	while (r == 0 && levels.n) {
		struct level *level = &levels.items[levels.n - 1];
		struct instance *instance = level->instance;

		if (level->next < instance->workflow->n_steps) {
			r = add_planned(p, &levels, err);
			continue;
		}
		if (instance->outer)
			instance->n_steps = p->n_steps - instance->number - 1;
		levels.n--;
	}
	planner_enter(p, p->top, STEP_NONE);
	return r;
}

/* --- the step itself --- */

/* {NAME: {optional, schema, type}}. */
static void
write_outputs(struct planner *p, const struct declared_step *step, const struct workflow *inner,
	struct buf *b)
{
	const struct declared_output **sorted = planner_sort_outputs(p, inner);

	for (size_t i = 0; i < inner->n_outputs; i++) {
		struct declared_out out;
		const char *between = "";

		if (!scope_output_find(p->workflow, step, sorted[i]->name, &out))
			BUG("an output that was checked is not there");
		buf_add_cstr(b, i ? "," : ",\"out\":{");
		json_write_string(sorted[i]->name, b);
		buf_add_cstr(b, ":{");
		if (out.optional) {
			buf_add_cstr(b, "\"optional\":true");
			between = ",";
		}
		if (out.schema) {
			buf_printf(b, "%s\"schema\":", between);
			json_write_string(value_text(out.schema), b);
			between = ",";
		}
		if (out.type != OUTPUT_FOUND)
			buf_printf(b, "%s\"type\":\"%s\"", between, output_type_name(out.type));
		buf_add_char(b, '}');
	}
	buf_add_cstr(b, inner->n_outputs ? "}" : "");
}

/* What its outputs are made of, as the file itself says it. */
static int
write_returns(struct planner *p, const struct instance *inner, struct buf *b, struct err *err)
{
	const struct instance *outer = p->instance;
	const struct declared_output **sorted = planner_sort_outputs(p, inner->workflow);
	uint32_t step = p->step;
	int r = 0;

	planner_enter(p, inner, STEP_NONE);
	for (size_t i = 0; r == 0 && i < inner->workflow->n_outputs; i++) {
		buf_add_cstr(b, i ? "," : ",\"returns\":{");
		r = planner_write_output(p, sorted[i], b, err);
	}
	buf_add_cstr(b, inner->workflow->n_outputs ? "}" : "");
	planner_enter(p, outer, step);
	return r;
}

/* {NAME: {expr, schema}}: the params that are made when the scope begins. */
static int
write_params(struct planner *p, const struct instance *inner, struct buf *b, struct err *err)
{
	const struct workflow *w = inner->workflow;
	const struct value *declared = w->keys[WORKFLOW_PARAMS];
	const struct member **sorted = declared ? planner_sort(p, declared) : NULL;
	const char *between = ",\"with\":{";
	int r = 0;

	for (uint32_t i = 0; r == 0 && declared && i < declared->n; i++) {
		struct str name = value_text(&sorted[i]->key);
		const struct expr *given = inner->given[map_get(&w->param_by_name, name)];

		if (!given)
			continue;
		buf_add_cstr(b, between);
		json_write_string(name, b);
		buf_add_cstr(b, ":{\"expr\":");
		r = planner_write_expression(given, b, err);
		buf_add_cstr(b, ",\"schema\":");
		if (r == 0)
			r = json_canonical(&sorted[i]->value, JSON_NUMBERS_EXACT, b, err);
		buf_add_char(b, '}');
		between = ",";
	}
	if (*between == ',' && !between[1])
		buf_add_char(b, '}');
	return r;
}

/* Members in canonical order: continue_on_error, if, last, name, needs, out, scope, with. */
int
planner_write_scope(
	struct planner *p, const struct declared_step *step, struct buf *b, struct err *err)
{
	const struct instance *inner = p->instance->parts[step->scope];
	size_t start = b->n;
	int r;

	if (step->keys[STEP_CONTINUE] && value_is_true(step->keys[STEP_CONTINUE]))
		buf_add_cstr(b, ",\"continue_on_error\":true");
	r = planner_write_condition(p, step->keys[STEP_IF], b, err);
	if (step->is_last || p->instance->is_last)
		buf_add_cstr(b, ",\"last\":true");
	buf_add_cstr(b, ",\"name\":");
	planner_write_name(p, step, b);
	planner_write_needs(p, step, b);
	write_outputs(p, step, inner->workflow, b);
	buf_add_cstr(b, ",\"scope\":{\"file\":");
	json_write_string(str_of(inner->workflow->source.name), b);
	if (r == 0)
		r = write_returns(p, inner, b, err);
	if (r == 0)
		r = planner_write_routes(p, inner->workflow, b, err);
	buf_printf(b, ",\"steps\":%u}", inner->n_steps);
	if (r == 0)
		r = write_params(p, inner, b, err);
	buf_add_char(b, '}');
	/* Every member has written the comma before it. */
	if (b->n > start)
		b->p[start] = '{';
	return r;
}

/* --- the head --- */

int
planner_write_routes(
	struct planner *p, const struct workflow *workflow, struct buf *b, struct err *err)
{
	const struct plan_request *request = p->request;

	for (size_t i = 0; i < request->n_routes; i++) {
		if (request->routes[i].workflow != workflow)
			continue;
		buf_add_cstr(b, ",\"routes\":");
		return json_canonical(request->routes[i].rules, JSON_NUMBERS_EXACT, b, err);
	}
	return 0;
}

static int
compare_files(const void *left, const void *right)
{
	const struct workflow *const *a = left;
	const struct workflow *const *b = right;

	return strcmp((*a)->source.name, (*b)->source.name);
}

void
planner_write_files(struct planner *p, struct buf *b)
{
	const struct workflow *w = p->request->workflow;
	const struct workflow **sorted =
		ARENA_ARRAY(&p->arena, w->n_files, const struct workflow *);
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;

	for (size_t i = 0; i < w->n_files; i++)
		sorted[i] = w->files[i];
	if (w->n_files)
		qsort(sorted, w->n_files, sizeof(*sorted), compare_files);
	for (size_t i = 0; i < w->n_files; i++) {
		buf_add_cstr(b, i ? "," : ",\"files\":{");
		json_write_string(str_of(sorted[i]->source.name), b);
		digest_of(sorted[i]->source.text.p, sorted[i]->source.text.n, &digest);
		buf_printf(b, ":\"%s\"", digest_to_hex(&digest, hex));
	}
	buf_add_cstr(b, w->n_files ? "}" : "");
}
