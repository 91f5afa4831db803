#include "run/circumstances.h"

#include "graph/step_gates.h"
#include "run/judged.h"
#include "run/revisit.h"

static unsigned
exhausted_bits(const struct engine *engine, uint32_t step)
{
	static const enum route_bound bounds[BOUNDS] = {
		[BOUND_ATTEMPTS] = ROUTE_BOUND_ATTEMPTS,
		[BOUND_TRANSITIONS] = ROUTE_BOUND_TRANSITIONS,
		[BOUND_WALL] = ROUTE_BOUND_WALL,
	};
	enum bound next = spending_of_retry(&engine->spending);
	unsigned bits = 0;

	/* Nothing is paid for what runs last. */
	if (engine->graph->steps[step].is_last)
		return 0;
	for (unsigned i = 0; i < BOUNDS; i++)
		if (engine->spending.exhausted & 1U << i || i == next)
			bits |= 1U << bounds[i];
	return bits;
}

static void
gather_metrics(
	const struct measures *measures, struct arena *arena, struct route_gate *ret_gate)
{
	struct route_metric *metrics = ARENA_ARRAY(arena, measures->n, struct route_metric);

	for (size_t i = 0; i < measures->n; i++)
		metrics[i] = (struct route_metric){
			measures->items[i].name, measures->items[i].exact};
	ret_gate->metrics = metrics;
	ret_gate->n_metrics = (uint32_t)measures->n;
}

static enum route_verdict
verdict_named(struct str name)
{
	uint32_t verdict = 0;

	if (!terms_find(&route_verdicts, name, &verdict))
		BUG("rules do not know gates that are %.*s", STR_ARG(name));
	return (enum route_verdict)verdict;
}

/* "STEP.GATE", or of a gate of the run, whose step has that name, "run.GATE". */
static struct str
name_gate(const struct circumstances *a, uint32_t step, struct str gate)
{
	struct str name = step_local_name(a->engine->graph, step);

	return a->engine->graph->steps[step].judges
		? name
		: str_of(arena_printf(a->arena, "%.*s.%.*s", STR_ARG(name), STR_ARG(gate)));
}

static bool
is_known(const struct route_facts *facts, struct str gate)
{
	return route_facts_gate(facts, gate) != NULL;
}

/* Of a step that came before. It may have been skipped, or not been judged for another reason. */
static int
gather_other(const struct circumstances *a, struct str name, struct route_gate *gates,
	uint32_t *n, struct err *err)
{
	const struct engine *engine = a->engine;

	for (size_t i = 1; i < name.n; i++) {
		uint32_t step = name.p[i] == '.'
			? step_in_file(
				  a->engine->graph, a->question->step, (struct str){name.p, i})
			: STEP_NONE;
		const struct step_gates *own =
			step == STEP_NONE ? NULL : engine->graph->steps[step].gates;

		for (uint32_t j = 0; own && j < own->n; j++) {
			struct result_reading found;
			int r;

			if (!str_equal(own->items[j].name,
				    (struct str){name.p + i + 1, name.n - i - 1}))
				continue;
			r = judged_read(engine->store, engine->schedule, engine->graph,
				&(struct judged_gate){step, j}, a->arena, &found, err);
			if (r <= 0)
				return r;
			gates[*n] = (struct route_gate){
				.name = name, .verdict = verdict_named(found.status)};
			gather_metrics(&found.measures, a->arena, &gates[(*n)++]);
			return 0;
		}
	}
	return 0;
}

/* Its own, and those of steps before it that rules ask about. */
static int
gather_gates(const struct circumstances *a, struct route_facts *ret_facts, struct err *err)
{
	const struct routing_question *q = a->question;
	struct route_gate *gates =
		ARENA_ARRAY(a->arena, q->gates.n + a->rules->n, struct route_gate);
	uint32_t n = 0;
	int r = 0;

	ret_facts->gates = gates;
	for (size_t i = 0; i < q->gates.n; i++) {
		const struct record_gate *gate = &q->gates.items[i];

		gates[n] = (struct route_gate){.name = name_gate(a, q->step, gate->gate->name),
			.verdict = verdict_named(str_of(gate->status))};
		if (gate->measures)
			gather_metrics(gate->measures, a->arena, &gates[n]);
		ret_facts->n_gates = ++n;
	}
	for (uint32_t i = 0; r == 0 && i < a->rules->n; i++) {
		const struct rule_when *when = &a->rules->items[i].when;

		if (when->asks & 1U << ASK_GATE && !when->of_run &&
			!is_known(ret_facts, when->gate))
			r = gather_other(a, when->gate, gates, &n, err);
		ret_facts->n_gates = n;
	}
	return r;
}

/* Of the step, and of those that rules ask about: they come before it. */
static void
gather_visits(const struct circumstances *a, struct route_facts *ret_facts)
{
	const struct rules *rules = a->rules;
	struct route_count *visits = ARENA_ARRAY(a->arena, rules->n + 1, struct route_count);
	uint32_t n = 0;

	for (uint32_t i = 0; i <= rules->n; i++) {
		struct str name = i == rules->n
			? step_local_name(a->engine->graph, a->question->step)
			: rules->items[i].when.visits_of;
		uint32_t number = name.n
			? step_in_file(a->engine->graph, a->question->step, name)
			: STEP_NONE;
		bool is_new = number != STEP_NONE;

		for (uint32_t j = 0; j < n; j++)
			is_new &= !str_equal(visits[j].name, name);
		if (is_new) {
			visits[n].name = name;
			visits[n++].n = revisit_number(a->engine, number);
		}
	}
	ret_facts->visits = visits;
	ret_facts->n_visits = n;
}

int
circumstances_gather(
	const struct circumstances *a, struct route_facts *ret_facts, struct err *err)
{
	const struct engine *engine = a->engine;
	const struct routing_question *q = a->question;
	const struct step *step = &engine->graph->steps[q->step];
	uint32_t error;

	*ret_facts = (struct route_facts){
		.step = step->judges ? STR_EMPTY : step_local_name(engine->graph, q->step),
		.status = q->succeeds ? ROUTE_SUCCEEDED : ROUTE_FAILED,
		.has_exit = q->exit_code >= 0,
		.exit = (uint8_t)MAX(q->exit_code, 0),
		.tries = q->tries,
		.attempts = q->attempts,
		.retries = q->retries,
		.repeatable = q->is_repeatable,
		.tolerated = step->continue_on_error,
		.gated = !q->succeeds && step->has_required_gate,
		.exhausted = exhausted_bits(engine, q->step),
		.labels = q->labels,
		.n_labels = q->n_labels,
		.applied = a->applied,
		.n_applied = a->n_applied};
	gather_visits(a, ret_facts);
	if (!q->succeeds) {
		if (!terms_find(&route_errors, str_of(failure_class_name(q->class)), &error))
			BUG("rules do not know errors of class %s",
				failure_class_name(q->class));
		ret_facts->has_error = true;
		ret_facts->error = (enum route_error)error;
	}
	return gather_gates(a, ret_facts, err);
}
