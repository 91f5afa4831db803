#include "run/rejudge.h"

#include "base/memory.h"
#include "graph/plan.h"
#include "graph/step_gates.h"
#include "store/object.h"
#include "json/builder.h"
#include "json/json.h"

#define PLAN_MAX ((size_t)1 << 30)
#define PREFIX "judge."

/* --- which gates --- */

static bool
any_is(const struct reference *references, uint32_t n, enum reference_kind kind)
{
	for (uint32_t i = 0; i < n; i++)
		if (references[i].kind == kind)
			return true;
	return false;
}

static bool
expression_asks(const struct step_expression *expression, enum reference_kind kind)
{
	return expression &&
		any_is(expression->references, expr_references(expression->expr), kind);
}

static bool
template_asks(const struct template *template, enum reference_kind kind)
{
	for (uint32_t i = 0; i < template->n; i++) {
		uint32_t n;
		const struct reference *references =
			template_references(&template->parts[i], &n);

		if (any_is(references, n, kind))
			return true;
	}
	return false;
}

/* Whether a text of the gate names anything of the kind. */
static bool
gate_asks(const struct gate *gate, enum reference_kind kind)
{
	bool asks = expression_asks(gate->expr, kind);

	for (uint32_t i = 0; i < gate->n_argv; i++)
		asks |= template_asks(&gate->argv[i], kind);
	for (uint32_t i = 0; i < gate->n_inputs; i++)
		asks |= expression_asks(gate->inputs[i].made, kind) ||
			template_asks(&gate->inputs[i].path, kind);
	return asks;
}

/* Of an item's: as people name it, without what stands for the key. */
static struct str
name_of(const struct step *step, const struct gate *gate, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	struct str rest = step->name;

	while (rest.n) {
		struct str part = str_cut(rest, '/', &rest);

		if (!str_is(part, "*"))
			buf_printf(&b, "%s%.*s", b.n ? "/" : "", STR_ARG(part));
	}
	if (!step->judges)
		buf_printf(&b, ".%.*s", STR_ARG(gate->name));
	return arena_str(arena, buf_str(&b));
}

static void
look_at(const struct parent *parent, uint32_t number, uint32_t at, struct arena *arena,
	struct rejudge_gate *ret_gate)
{
	const struct step *step = &parent->graph->steps[number];
	const struct gate *gate = &step->gates->items[at];
	bool is_done = step->judges || parent->steps[number].attempt;

	*ret_gate = (struct rejudge_gate){.name = name_of(step, gate, arena),
		.step = number,
		.gate = at,
		.required = gate->required};
	if (step->template_of)
		ret_gate->why_not = "it judges the items of a foreach one by one, which are "
				    "not there in a run that does none of them";
	else if (gate_asks(gate, REFERENCE_FACT))
		ret_gate->why_not =
			"it asks how steps ended or what gates found there, which a run "
			"that only judges does not know";
	else if (gate_asks(gate, REFERENCE_PARAM))
		ret_gate->why_not = "it asks for a param that its file is given only when the "
				    "step that is made from it begins";
	else if (!is_done)
		ret_gate->why_not = arena_printf(arena,
			"step %.*s is %.*s there and has left nothing that was accepted",
			STR_ARG(step->name), STR_ARG(parent->steps[number].state));
	ret_gate->is_judged =
		!ret_gate->why_not || (!is_done && gate->required && !step->template_of);
}

static int
refuse_name(const struct rejudge_gate *gates, size_t n, struct str name, struct arena *arena,
	struct err *err)
{
	struct str *names = ARENA_ARRAY(arena, n, struct str);
	struct str nearest;

	for (size_t i = 0; i < n; i++)
		names[i] = gates[i].name;
	nearest = str_nearest(name, names, n);
	return err_set(err, ERR_NOT_FOUND,
		"its plan has no gate \"%.*s\"%s%.*s%s; gates are named STEP.GATE and "
		"run.GATE",
		(int)MIN(name.n, 100), name.p, nearest.n ? "; did you mean \"" : "",
		STR_ARG(nearest), nearest.n ? "\"?" : "");
}

/* Keeps those of the names, in the order of the plan. */
static int
keep_named(struct rejudge_gate *gates, size_t *n, const struct str *names, size_t n_names,
	struct arena *arena, struct err *err)
{
	bool *kept = ARENA_ARRAY(arena, *n, bool);
	size_t n_kept = 0;

	for (size_t i = 0; i < n_names; i++) {
		size_t at = 0;

		while (at < *n && !str_equal(gates[at].name, names[i]))
			at++;
		if (at == *n)
			return refuse_name(gates, *n, names[i], arena, err);
		if (!gates[at].is_judged)
			return err_set(err, ERR_INVALID, "gate %.*s cannot judge alone: %s",
				STR_ARG(names[i]), gates[at].why_not);
		kept[at] = true;
	}
	for (size_t i = 0; n_names && i < *n; i++)
		if (kept[i])
			gates[n_kept++] = gates[i];
	*n = n_names ? n_kept : *n;
	return 0;
}

static int
check_some(const struct rejudge_gate *gates, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (gates[i].is_judged)
			return 0;
	if (!n)
		return err_set(err, ERR_INVALID, "its plan has no gates");
	return err_set(err, ERR_INVALID, "none of its gates can judge: gate %.*s: %s",
		STR_ARG(gates[0].name), gates[0].why_not);
}

int
rejudge_choose(const struct parent *parent, const struct str *names, size_t n_names,
	struct arena *arena, struct rejudge_gate **ret_gates, size_t *ret_n, struct err *err)
{
	const struct graph *graph = parent->graph;
	struct rejudge_gate *gates;
	size_t n = 0;
	int r;

	if (graph->is_judging)
		return err_set(err, ERR_INVALID,
			"it only judges another run itself; name that one, which `lily show` "
			"calls its parent");
	for (uint32_t i = 0; i < graph->n_planned; i++)
		n += graph->steps[i].gates ? graph->steps[i].gates->n : 0;
	gates = ARENA_ARRAY(arena, n, struct rejudge_gate);
	n = 0;
	for (uint32_t i = 0; i < graph->n_planned; i++)
		for (uint32_t j = 0; graph->steps[i].gates && j < graph->steps[i].gates->n; j++)
			look_at(parent, i, j, arena, &gates[n++]);
	r = keep_named(gates, &n, names, n_names, arena, err);
	if (r == 0)
		r = check_some(gates, n, err);
	*ret_gates = gates;
	*ret_n = n;
	return r;
}

/* --- the plan --- */

struct writing {
	struct store *store;
	const struct graph *graph;
	struct arena arena;           /* of all documents that are read */
	const struct value *head;     /* of the plan as it was */
	const struct value **entries; /* by number: the steps in it */
	struct buf text;              /* of what is put */
	struct str *chunks;           /* names of those behind the ones that it has */
	size_t n_chunks;
};

static int
fetch(struct writing *x, const struct digest *digest, const struct value **ret_value,
	struct err *err)
{
	struct source source = {.name = "plan"};

	buf_clear(&x->text);
	if (object_get(x->store, digest, &x->text, err) < 0)
		return err->code;
	source.text = arena_str(&x->arena, buf_str(&x->text));
	return json_parse(&x->arena, &source, JSON_BORROW_TEXT, NULL, ret_value, err);
}

static int
read_plan(struct writing *x, const struct digest *plan, struct err *err)
{
	const struct value *chunks;
	uint32_t n = 0;
	int r = fetch(x, plan, &x->head, err);

	chunks = r == 0 ? value_get(x->head, STR("chunks")) : NULL;
	x->entries = ARENA_ARRAY(&x->arena, x->graph->n_planned, const struct value *);
	for (uint32_t i = 0; r == 0 && chunks && i < chunks->n; i++) {
		const struct value *chunk = NULL;
		struct digest digest;

		if (!digest_parse(value_text(&chunks->items[i]), &digest))
			return err_set(
				err, ERR_CORRUPT, "a chunk of the plan is named wrongly");
		r = fetch(x, &digest, &chunk, err);
		for (uint32_t j = 0; r == 0 && j < chunk->n && n < x->graph->n_planned; j++)
			x->entries[n++] = &chunk->items[j];
	}
	if (r == 0 && n != x->graph->n_planned)
		return err_set(err, ERR_CORRUPT, "the plan lacks steps");
	return r;
}

static int
put(struct writing *x, const struct value *v, struct digest *ret_digest, struct err *err)
{
	int r;

	buf_clear(&x->text);
	r = json_canonical(v, JSON_NUMBERS_EXACT, &x->text, err);
	if (r == 0)
		r = buf_check(&x->text, "a plan", err);
	return r < 0 ? r : object_put(x->store, buf_str(&x->text), ret_digest, err);
}

/* It judges when all is known: what the step needed, and what its file did, has ended. */
static void
add_needs(struct builder *b, const struct writing *x, uint32_t number)
{
	const struct step *steps = x->graph->steps;
	bool *needed = memory_zeroed(x->graph->n_planned, sizeof(*needed));

	for (uint32_t at = number; at != STEP_NONE; at = step_scope(&steps[at]))
		for (uint32_t i = 0; i < steps[at].n_needs; i++)
			needed[steps[at].needs[i]] = true;
	builder_array(b, "needs");
	for (uint32_t i = 0; i < x->graph->n_planned; i++) {
		/* Its own gates cannot do without what it made. */
		if (i == number && !steps[i].judges) {
			builder_u64(b, NULL, i);
			continue;
		}
		if (!needed[i] && i != number)
			continue;
		builder_array(b, NULL);
		builder_u64(b, NULL, i);
		builder_cstr(b, NULL, need_outcome_name(NEED_FINISHED));
		builder_end(b);
	}
	builder_end(b);
	free(needed);
}

static void
add_judge(struct builder *b, const struct writing *x, const struct rejudge_gate *gate)
{
	const struct value *entry = x->entries[gate->step];
	struct str name = x->graph->steps[gate->step].gates->items[gate->gate].name;
	const struct value *settings = value_get(entry, STR("settings"));
	const struct value *definition = value_get(value_get(entry, STR("gates")), name);

	builder_object(b, NULL);
	builder_object(b, "gates");
	builder_add(b, arena_cstr(b->arena, name), *definition);
	builder_end(b);
	builder_bool(b, "judges", true);
	builder_text(
		b, "name", str_of(arena_printf(b->arena, PREFIX "%.*s", STR_ARG(gate->name))));
	add_needs(b, x, gate->step);
	builder_u64(b, "of", gate->step);
	if (settings)
		builder_add(b, "settings", *settings);
	builder_end(b);
}

static int
put_chunk(struct writing *x, const struct rejudge_gate *gates, size_t *at, size_t n,
	struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(&x->arena);
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	uint32_t n_steps = 0;
	int r;

	builder_array(&b, NULL);
	for (; *at < n && n_steps < PLAN_CHUNK_STEPS; ++*at) {
		if (!gates[*at].is_judged)
			continue;
		add_judge(&b, x, &gates[*at]);
		n_steps++;
	}
	builder_end(&b);
	if (!n_steps)
		return 0;
	r = put(x, builder_root(&b), &digest, err);
	if (r == 0)
		x->chunks[x->n_chunks++] =
			arena_str(&x->arena, str_of(digest_to_hex(&digest, hex)));
	return r;
}

static void
add_chunks(struct builder *b, const struct writing *x)
{
	const struct value *chunks = value_get(x->head, STR("chunks"));

	builder_array(b, "chunks");
	for (uint32_t i = 0; chunks && i < chunks->n; i++)
		builder_add(b, NULL, chunks->items[i]);
	for (size_t i = 0; i < x->n_chunks; i++)
		builder_text(b, NULL, x->chunks[i]);
	builder_end(b);
}

static int
put_head(struct writing *x, size_t n_judges, struct digest *ret_plan, struct err *err)
{
	static const char *const left_out[] = {"budget", "chunks", "concurrency", "judging",
		"max_transitions", "notify", "outputs", "routes", "steps"};
	AUTO_BUILDER struct builder b = BUILDER_INIT(&x->arena);

	builder_object(&b, NULL);
	for (uint32_t i = 0; i < x->head->n; i++) {
		const struct member *member = &x->head->members[i];
		bool keeps = true;

		for (size_t j = 0; j < ARRAY_SIZE(left_out); j++)
			keeps &= !str_is(value_text(&member->key), left_out[j]);
		if (keeps)
			builder_add(&b, arena_cstr(&x->arena, value_text(&member->key)),
				member->value);
	}
	add_chunks(&b, x);
	builder_bool(&b, "judging", true);
	builder_object(&b, "outputs");
	builder_end(&b);
	builder_u64(&b, "steps", x->graph->n_planned + n_judges);
	builder_end(&b);
	return put(x, builder_root(&b), ret_plan, err);
}

int
rejudge_plan(struct store *store, const struct parent *parent, const struct rejudge_gate *gates,
	size_t n, struct digest *ret_plan, struct err *err)
{
	struct writing x = {.store = store,
		.graph = parent->graph,
		.arena = ARENA_INIT,
		.text = BUF_INIT(PLAN_MAX)};
	size_t n_judges = 0;
	size_t at = 0;
	int r = read_plan(&x, &parent->row.plan, err);

	for (size_t i = 0; i < n; i++)
		n_judges += gates[i].is_judged;
	x.chunks = ARENA_ARRAY(&x.arena, n_judges + 1, struct str);
	while (r == 0 && at < n)
		r = put_chunk(&x, gates, &at, n, err);
	if (r == 0)
		r = put_head(&x, n_judges, ret_plan, err);
	buf_done(&x.text);
	arena_done(&x.arena);
	return r;
}
