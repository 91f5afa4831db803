#include "graph/plan.h"

#include "base/memory.h"
#include "graph/declared_budget.h"
#include "graph/declared_concurrency.h"
#include "graph/declared_group.h"
#include "graph/declared_notify.h"
#include "graph/expansion.h"
#include "graph/instance.h"
#include "graph/param.h"
#include "graph/planner.h"
#include "graph/reference.h"
#include "json/json.h"

#define TEXT_MAX ((size_t)64 << 20)
/* A chunk is closed before it is full where its steps are large. */
#define CHUNK_BYTES ((size_t)1 << 20)

static int
set_params(struct planner *p, struct err *err)
{
	const struct workflow *w = p->workflow;

	p->params = p->top->params;
	for (size_t i = 0; i < p->request->n_params; i++) {
		const struct member *given = &p->request->params[i];
		uint32_t number = map_get(&w->param_by_name, value_text(&given->key));
		int r;

		if (number == MAP_NONE)
			return param_unknown(w, value_text(&given->key), err);
		r = param_check(w, number, &given->value, err);
		if (r < 0)
			return r;
		p->params[number] = &given->value;
	}
	for (uint32_t i = 0; i < w->n_params; i++) {
		struct str name = w->params[i].name;

		if (!p->params[i])
			p->params[i] = w->params[i].fallback;
		if (!p->params[i] && !p->request->sketch)
			return source_error(&w->source, w->param_keys[i].offset, err,
				"param \"%.*s\" has no default and must be given: -p %.*s=…",
				STR_ARG(name), STR_ARG(name));
	}
	return 0;
}

static const struct plan_input *
find_input(const struct planner *p, struct str name)
{
	for (size_t i = 0; i < p->request->n_inputs; i++)
		if (str_equal(p->request->inputs[i].name, name))
			return &p->request->inputs[i];
	return NULL;
}

/* Its own, work_order, or one of a scope. */
static bool
declares_input(const struct workflow *w, struct str name)
{
	if (map_get(&w->input_by_name, name) != MAP_NONE)
		return true;
	for (size_t i = w->n_inputs; i < w->n_all_inputs; i++)
		if (str_equal(w->all_inputs[i].name, name))
			return true;
	return false;
}

static int
check_inputs(const struct planner *p, struct err *err)
{
	const struct workflow *w = p->workflow;

	for (size_t i = 0; i < p->request->n_inputs; i++) {
		struct str name = p->request->inputs[i].name;

		if (!declares_input(w, name))
			return err_set(err, ERR_INVALID, "%s declares no input \"%.*s\"",
				w->source.name, (int)MIN(name.n, 100), name.p);
	}
	for (size_t i = 0; i < w->n_all_inputs; i++) {
		struct str name = w->all_inputs[i].name;

		if (!w->all_inputs[i].optional && !p->request->sketch && !find_input(p, name))
			return source_error(&w->source,
				i < w->n_inputs ? w->input_offsets[i] : 0, err,
				"input \"%.*s\" must be given: -i %.*s=FILE", STR_ARG(name),
				STR_ARG(name));
	}
	return 0;
}

static void
mark(struct planner *p, uint32_t step, uint32_t *stack, uint32_t *n)
{
	if (p->numbers[step] != STEP_NONE)
		return;
	p->numbers[step] = 0;
	stack[(*n)++] = step;
}

/* Marks the step and all that it needs, a foreach with its templates; `stack` has room for every
 * step. */
static void
select_step(struct planner *p, uint32_t step, uint32_t *stack)
{
	uint32_t n = 0;

	mark(p, step, stack, &n);
	while (n) {
		uint32_t next = stack[--n];
		const struct declared_step *declared = &p->workflow->steps[next];

		for (uint32_t i = 0; i < declared->n_needs; i++)
			mark(p, declared->needs[i], stack, &n);
		for (uint32_t i = 1; i <= declared->n_templates; i++)
			mark(p, next + i, stack, &n);
	}
}

/* Steps of `finally` and gates of the run are there with any selection that has all that they need. */
static void
select_last(struct planner *p)
{
	const struct workflow *w = p->workflow;

	for (bool found = true; found;) {
		found = false;
		for (uint32_t i = 0; i < w->n_steps; i++) {
			const struct declared_step *step = &w->steps[i];
			bool missing =
				!(step->is_last || step->judges) || p->numbers[i] != STEP_NONE;

			for (uint32_t j = 0; !missing && j < step->n_needs; j++)
				missing = p->numbers[step->needs[j]] == STEP_NONE;
			if (missing)
				continue;
			p->numbers[i] = 0;
			found = true;
		}
	}
}

/* A step, or all steps of a group. False where there is nothing of that name. */
static bool
select_name(struct planner *p, struct str name, uint32_t *stack)
{
	const struct workflow *w = p->workflow;
	struct declared_name found = name_find(w, GROUP_NONE, name);

	if (found.step != STEP_NONE) {
		select_step(p, found.step, stack);
	} else if (found.group != GROUP_NONE) {
		const struct declared_group *group = &w->groups[found.group];

		for (uint32_t i = 0; i < group->n_steps; i++)
			select_step(p, group->first + i, stack);
	}
	return found.step != STEP_NONE || found.group != GROUP_NONE;
}

static int
refuse_selection(const struct workflow *w, struct str name, struct err *err)
{
	struct str *names = memory_new(w->n_steps, sizeof(*names));
	struct str nearest;

	for (uint32_t i = 0; i < w->n_steps; i++)
		names[i] = w->steps[i].name;
	nearest = str_nearest(name, names, w->n_steps);
	free(names);
	return err_set(err, ERR_INVALID, "%s has no step \"%.*s\"%s%.*s%s", w->source.name,
		(int)MIN(name.n, 100), name.p, nearest.n ? "; did you mean \"" : "",
		STR_ARG(nearest), nearest.n ? "\"?" : "");
}

static int
number_steps(struct planner *p, struct err *err)
{
	const struct workflow *w = p->workflow;
	uint32_t *stack = ARENA_ARRAY(&p->arena, w->n_steps, uint32_t);

	for (uint32_t i = 0; i < w->n_steps; i++)
		p->numbers[i] = p->request->n_only ? STEP_NONE : 0;
	for (size_t i = 0; i < p->request->n_only; i++)
		if (!select_name(p, p->request->only[i], stack))
			return refuse_selection(w, p->request->only[i], err);
	if (p->request->n_only)
		select_last(p);
	return planner_lay_out(p, err);
}

static struct buf *
add_chunk(struct plan *plan, size_t *capacity)
{
	plan->chunks =
		memory_grow(plan->chunks, plan->n_chunks, capacity, sizeof(*plan->chunks));
	plan->chunks[plan->n_chunks] = BUF_INIT(PLAN_BYTES_MAX);
	return &plan->chunks[plan->n_chunks++];
}

static int
close_chunk(struct buf *chunk, size_t *total, struct err *err)
{
	buf_add_char(chunk, ']');
	*total += chunk->n;
	if (*total > PLAN_BYTES_MAX || chunk->overflowed)
		return err_set(err, ERR_LIMIT, "the plan is larger than its limit of %zu bytes",
			PLAN_BYTES_MAX);
	return 0;
}

static int
write_chunks(struct planner *p, struct plan *plan, struct err *err)
{
	struct buf *chunk = NULL;
	size_t capacity = 0;
	size_t total = 0;
	uint32_t in_chunk = 0;

	for (uint32_t i = 0; i < p->n_steps; i++) {
		const struct planned *planned = &p->planned[i];
		int r = 0;

		planner_enter(p, planned->instance, planned->step);
		if (chunk && (in_chunk == PLAN_CHUNK_STEPS || chunk->n >= CHUNK_BYTES)) {
			r = close_chunk(chunk, &total, err);
			chunk = NULL;
		}
		if (!chunk) {
			chunk = add_chunk(plan, &capacity);
			in_chunk = 0;
		}
		buf_add_char(chunk, in_chunk++ ? ',' : '[');
		if (r == 0)
			r = planner_write_step(
				p, &p->workflow->steps[planned->step], chunk, err);
		if (r < 0)
			return r;
	}
	return chunk ? close_chunk(chunk, &total, err) : 0;
}

static void
write_input(
	const struct planner *p, const struct workflow_input_declaration *input, struct buf *b)
{
	const struct plan_input *given = find_input(p, input->name);
	char hex[DIGEST_HEX_SIZE];
	const char *between;

	json_write_string(input->name, b);
	buf_add_cstr(b, input->optional ? ":{\"optional\":true" : ":{");
	between = input->optional ? "," : "";
	if (given) {
		buf_printf(b, "%s\"path\":", between);
		json_write_string(given->path, b);
		between = ",";
	}
	if (input->schema.n) {
		buf_printf(b, "%s\"schema\":", between);
		json_write_string(input->schema, b);
	}
	if (given) {
		buf_printf(
			b, ",\"sha256\":\"%s\",\"size\":", digest_to_hex(&given->digest, hex));
		buf_add_u64(b, given->size);
		buf_add_cstr(b, given->is_tree ? ",\"tree\":true" : "");
	}
	buf_add_char(b, '}');
}

static int
compare_inputs(const void *left, const void *right)
{
	const struct workflow_input_declaration *const *a = left;
	const struct workflow_input_declaration *const *b = right;

	return str_compare((*a)->name, (*b)->name);
}

/* work_order is there where it was declared, given or referred to. */
static void
write_inputs(struct planner *p, struct buf *b)
{
	const struct workflow *w = p->workflow;
	const struct workflow_input_declaration **sorted = ARENA_ARRAY(
		&p->arena, w->n_all_inputs + 1, const struct workflow_input_declaration *);
	size_t n = 0;

	for (size_t i = 0; i < w->n_all_inputs; i++)
		sorted[n++] = &w->all_inputs[i];
	for (size_t i = w->n_inputs; i < w->n_known_inputs; i++)
		if (w->uses_work_order || find_input(p, w->inputs[i].name))
			sorted[n++] = &w->inputs[i];
	qsort(sorted, n, sizeof(*sorted), compare_inputs);
	buf_add_cstr(b, ",\"inputs\":{");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		write_input(p, sorted[i], b);
	}
	buf_add_char(b, '}');
}

static int
compare_outputs(const void *left, const void *right)
{
	const struct declared_output *const *a = left;
	const struct declared_output *const *b = right;

	return str_compare((*a)->name, (*b)->name);
}

/* Whether all that it refers to is in the plan. */
static bool
is_selected(const struct planner *p, const struct declared_output *output)
{
	for (size_t i = 0; i < output->n_steps; i++)
		if (p->numbers[output->steps[i]] == STEP_NONE)
			return false;
	return true;
}

int
planner_write_output(
	struct planner *p, const struct declared_output *output, struct buf *b, struct err *err)
{
	struct meaning meaning;
	struct expr *expr;
	struct str text;
	int r;

	if (!expression_alone(value_text(output->value), false, &text))
		BUG("an expression that was checked is none");
	r = planner_fold(p, output->value, text, &expr, err);
	if (r < 0)
		return r;
	json_write_string(output->name, b);
	buf_add_cstr(b, expression_is_artifact(expr, &meaning) ? ":{\"ref\":" : ":{\"expr\":");
	r = planner_write_expression(expr, b, err);
	buf_add_char(b, '}');
	return r;
}

const struct declared_output **
planner_sort_outputs(struct planner *p, const struct workflow *w)
{
	const struct declared_output **sorted =
		ARENA_ARRAY(&p->arena, w->n_outputs, const struct declared_output *);

	for (size_t i = 0; i < w->n_outputs; i++)
		sorted[i] = &w->outputs[i];
	if (w->n_outputs)
		qsort(sorted, w->n_outputs, sizeof(*sorted), compare_outputs);
	return sorted;
}

static int
write_outputs(struct planner *p, struct buf *b, struct err *err)
{
	const struct workflow *w = p->workflow;
	const struct declared_output **sorted = planner_sort_outputs(p, w);
	const char *between = "";
	int r = 0;

	buf_add_cstr(b, ",\"outputs\":{");
	for (size_t i = 0; i < w->n_outputs && r == 0; i++) {
		if (!is_selected(p, sorted[i]))
			continue;
		buf_add_cstr(b, between);
		between = ",";
		r = planner_write_output(p, sorted[i], b, err);
	}
	buf_add_char(b, '}');
	return r;
}

static int
write_params(struct planner *p, struct buf *b, struct err *err)
{
	const struct value *declared = p->workflow->keys[WORKFLOW_PARAMS];
	const struct member **sorted = declared ? planner_sort(p, declared) : NULL;
	const char *between = "";

	buf_add_cstr(b, ",\"params\":{");
	for (uint32_t i = 0; declared && i < declared->n; i++) {
		struct str name = value_text(&sorted[i]->key);
		const struct value *v = p->params[map_get(&p->workflow->param_by_name, name)];
		int r;

		if (!v)
			continue;
		buf_add_cstr(b, between);
		json_write_string(name, b);
		buf_add_char(b, ':');
		r = json_canonical(v, JSON_NUMBERS_EXACT, b, err);
		if (r < 0)
			return r;
		between = ",";
	}
	buf_add_char(b, '}');
	return 0;
}

static int
write_head(struct planner *p, struct plan *plan, struct err *err)
{
	const struct workflow *w = p->top->workflow;
	struct buf *b = &plan->head;
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int r;

	planner_enter(p, p->top, STEP_NONE);
	buf_add_char(b, '{');
	budget_write(&w->budget, b);
	buf_add_cstr(b, "\"chunks\":[");
	for (size_t i = 0; i < plan->n_chunks; i++) {
		digest_of(plan->chunks[i].p, plan->chunks[i].n, &digest);
		buf_printf(b, "%s\"%s\"", i ? "," : "", digest_to_hex(&digest, hex));
	}
	buf_add_cstr(b, "],");
	r = planner_write_concurrency(p, b, err);
	if (r < 0)
		return r;
	buf_add_cstr(b, "\"description\":");
	json_write_string(w->description, b);
	planner_write_files(p, b);
	if (p->request->fresh)
		buf_add_cstr(b, ",\"fresh\":true");
	write_inputs(p, b);
	if (w->max_items != ITEMS_MAX)
		buf_printf(b, ",\"max_items\":%u", w->max_items);
	if (w->budget.transitions != TRANSITIONS_DEFAULT)
		buf_printf(b, ",\"max_transitions\":%u", w->budget.transitions);
	buf_add_cstr(b, ",\"name\":");
	json_write_string(w->name, b);
	r = planner_write_notify(p, b, err);
	if (r == 0)
		r = write_outputs(p, b, err);
	buf_printf(b, ",\"parallel\":%u", w->parallel);
	if (r == 0)
		r = write_params(p, b, err);
	if (r < 0)
		return r;
	buf_add_cstr(b, ",\"plan\":1");
	planner_write_pools(p, w->keys[WORKFLOW_POOLS], b);
	planner_write_previous(p, b);
	r = planner_write_routes(p, w, b, err);
	buf_add_char(b, ',');
	if (r == 0)
		r = planner_write_schemas(p, b, err);
	if (r < 0)
		return r;
	planner_write_secrets(p, b);
	buf_add_cstr(b, "\"settings\":[");
	buf_add_str(b, buf_str(&p->settings));
	buf_add_cstr(b, "],\"source\":{\"path\":");
	json_write_string(str_of(w->source.name), b);
	buf_printf(b, ",\"sha256\":\"%s\"},\"steps\":%u}",
		digest_to_hex(&p->request->source_digest, hex), p->n_steps);
	if (p->settings.overflowed)
		b->overflowed = true;
	return buf_check(b, "the plan", err);
}

static int
make(struct planner *p, struct plan *plan, struct err *err)
{
	int r = set_params(p, err);

	if (r == 0)
		r = check_inputs(p, err);
	if (r == 0)
		r = number_steps(p, err);
	p->takes_previous = ARENA_ARRAY(&p->arena, p->workflow->n_previous, bool);
	if (r == 0)
		r = write_chunks(p, plan, err);
	if (r == 0)
		r = write_head(p, plan, err);
	return r;
}

/* The run's own file. */
static struct instance *
new_top(struct planner *p)
{
	const struct workflow *w = p->request->workflow;
	struct instance *top = ARENA_NEW(&p->arena, struct instance);

	*top = (struct instance){.workflow = w,
		.number = STEP_NONE,
		.prefix = STR_EMPTY,
		.params = ARENA_ARRAY(&p->arena, w->n_params, const struct value *),
		.numbers = ARENA_ARRAY(&p->arena, w->n_steps, uint32_t),
		.parts = ARENA_ARRAY(&p->arena, w->n_scopes, struct instance *)};
	return top;
}

int
plan_make(const struct plan_request *request, struct plan *ret_plan, struct err *err)
{
	struct plan plan = {.head = BUF_INIT(PLAN_BYTES_MAX)};
	struct planner p = {
		.request = request,
		.text = BUF_INIT(TEXT_MAX),
		.setting = BUF_INIT(TEXT_MAX),
		.settings = BUF_INIT(PLAN_BYTES_MAX),
	};
	int r;

	if (workflow_errors(request->workflow))
		BUG("a plan of a workflow with errors");
	p.top = new_top(&p);
	planner_enter(&p, p.top, STEP_NONE);
	r = make(&p, &plan, err);
	free(p.planned);
	buf_done(&p.text);
	buf_done(&p.setting);
	buf_done(&p.settings);
	map_done(&p.setting_numbers);
	arena_done(&p.arena);
	if (r < 0) {
		plan_done(&plan);
		return r;
	}
	*ret_plan = plan;
	return 0;
}

void
plan_done(struct plan *plan)
{
	buf_done(&plan->head);
	for (size_t i = 0; i < plan->n_chunks; i++)
		buf_done(&plan->chunks[i]);
	free(plan->chunks);
	plan->chunks = NULL;
	plan->n_chunks = 0;
}
