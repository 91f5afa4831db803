#include "run/routing.h"

#include "base/memory.h"
#include "graph/step_gates.h"
#include "route/decide.h"
#include "run/engine_end.h"
#include "run/record.h"
#include "run/revisit.h"
#include "store/event.h"
#include "store/stats.h"
#include "json/builder.h"
#include "json/json.h"

/* What was decided about one attempt. */
struct decision {
	uint32_t rule;
	enum route_action action;
	bool is_answered; /* by a person: the action is his */
	unsigned may;     /* ROUTE_TO_ESCALATE: what he may decide */
	bool holds;
	uint32_t
		before; /* the step's decision before this one, as its place in the list plus 1; or 0 */
};

struct routing {
	struct arena arena; /* of the rules */
	struct rules rules;
	bool *of_success;           /* by planned step: a rule may be about its success */
	struct decision *decisions; /* as they came */
	size_t n;
	size_t capacity;
	uint32_t *newest;     /* by planned step, as `before` */
	uint32_t *by_attempt; /* likewise */
	uint32_t n_attempts;
	uint32_t n_steps;
	bool is_aborted;
};

static void
note_success(const struct graph *graph, struct routing *routing)
{
	routing->of_success = ARENA_ARRAY(&routing->arena, routing->n_steps, bool);
	for (uint32_t i = 0; i < routing->rules.n; i++) {
		const struct rule_when *when = &routing->rules.items[i].when;
		bool is_any = !(when->asks & 1U << ASK_STEP);

		if (!(rule_statuses(when) & 1U << ROUTE_SUCCEEDED))
			continue;
		for (uint32_t j = 0; is_any && j < routing->n_steps; j++)
			routing->of_success[j] = true;
		for (uint32_t j = 0; j < when->n_steps; j++) {
			uint32_t step = graph_find(graph, when->steps[j]);

			if (step < routing->n_steps)
				routing->of_success[step] = true;
		}
	}
}

int
routing_new(const struct graph *graph, struct routing **ret_routing, struct err *err)
{
	struct routing *routing;
	struct findings findings;
	size_t errors;

	*ret_routing = NULL;
	if (!graph->routes)
		return 0;
	routing = memory_zeroed(1, sizeof(*routing));
	findings_init(&findings, &routing->arena);
	rules_read(&findings, &routing->arena, graph->routes, NULL, &routing->rules);
	errors = findings.errors;
	findings_done(&findings);
	if (errors) {
		routing_free(routing);
		return err_set(err, ERR_CORRUPT, "the plan is damaged: its rules are none");
	}
	routing->n_steps = graph->n_planned;
	note_success(graph, routing);
	routing->newest = memory_zeroed(graph->n_planned, sizeof(*routing->newest));
	*ret_routing = routing;
	return 0;
}

void
routing_free(struct routing *routing)
{
	if (!routing)
		return;
	free(routing->decisions);
	free(routing->newest);
	free(routing->by_attempt);
	arena_done(&routing->arena);
	free(routing);
}

/* --- what was decided --- */

static struct decision *
find_decision(const struct routing *routing, uint32_t attempt)
{
	uint32_t at = attempt < routing->n_attempts ? routing->by_attempt[attempt] : 0;

	return at ? &routing->decisions[at - 1] : NULL;
}

static void
note_attempt(struct routing *routing, uint32_t attempt)
{
	if (attempt >= routing->n_attempts) {
		uint32_t n = attempt + attempt / 2 + 16;

		routing->by_attempt =
			memory_resize(routing->by_attempt, n, sizeof(*routing->by_attempt));
		memset(routing->by_attempt + routing->n_attempts, 0,
			(n - routing->n_attempts) * sizeof(*routing->by_attempt));
		routing->n_attempts = n;
	}
	routing->by_attempt[attempt] = (uint32_t)routing->n;
}

static void
add_decision(struct routing *routing, uint32_t attempt, uint32_t step, uint32_t rule,
	enum route_action action)
{
	routing->decisions = memory_grow(routing->decisions, routing->n, &routing->capacity,
		sizeof(*routing->decisions));
	routing->decisions[routing->n++] = (struct decision){
		.rule = rule, .action = action, .before = routing->newest[step]};
	routing->newest[step] = (uint32_t)routing->n;
	note_attempt(routing, attempt);
}

static const struct decision *
need_decision(const struct routing *routing, uint32_t attempt)
{
	const struct decision *decision = routing ? find_decision(routing, attempt) : NULL;

	if (!decision)
		BUG("nothing was decided about attempt %u", attempt);
	return decision;
}

struct str
routing_rule(const struct routing *routing, uint32_t attempt)
{
	return routing->rules.items[need_decision(routing, attempt)->rule].id;
}

struct str
routing_words(const struct routing *routing, uint32_t attempt)
{
	return routing->rules.items[need_decision(routing, attempt)->rule].words;
}

unsigned
routing_may(const struct routing *routing, uint32_t attempt)
{
	return need_decision(routing, attempt)->may;
}

struct str
routing_say(const struct routing *routing, uint32_t attempt, struct str message,
	struct arena *arena)
{
	const struct decision *decision = routing ? find_decision(routing, attempt) : NULL;
	const struct rule *rule;

	if (!decision)
		return message;
	rule = &routing->rules.items[decision->rule];
	return str_of(arena_printf(arena, "%.*s; rule %.*s: %s%s%.*s", STR_ARG(message),
		STR_ARG(rule->id), route_actions.names[rule->action], rule->words.n ? ", " : "",
		STR_ARG(rule->words)));
}

enum route_action
routing_hold(struct routing *routing, uint32_t attempt)
{
	struct decision *decision = routing ? find_decision(routing, attempt) : NULL;

	if (!decision)
		return ROUTE_ACTION_COUNT;
	decision->holds = true;
	return decision->action;
}

const struct rule *
routing_decider(const struct routing *routing, uint32_t attempt)
{
	return &routing->rules.items[find_decision(routing, attempt)->rule];
}

enum visit_routed
routing_made(enum route_action action)
{
	switch (action) {
	case ROUTE_TO_CONTINUE: return ROUTED_CONTINUE;
	case ROUTE_TO_SKIP: return ROUTED_SKIP;
	case ROUTE_TO_ABORT: return ROUTED_ABORT;
	case ROUTE_TO_RETRY:
	case ROUTE_TO_GOTO:
	case ROUTE_TO_ESCALATE:
	case ROUTE_TO_FAIL:
	case ROUTE_ACTION_COUNT: return ROUTED_NOT;
	}
	BUG("action %d", (int)action);
}

/* How often each rule has decided for the step. */
static uint32_t
count_applied(const struct routing *routing, uint32_t step, struct route_count *counts)
{
	uint32_t n = 0;

	for (uint32_t at = routing->newest[step]; at; at = routing->decisions[at - 1].before) {
		const struct decision *decision = &routing->decisions[at - 1];
		struct str rule = routing->rules.items[decision->rule].id;
		uint32_t i = 0;

		if (!decision->holds)
			continue;
		while (i < n && !str_equal(counts[i].name, rule))
			i++;
		if (i == n)
			counts[n++] = (struct route_count){.name = rule};
		counts[i].n++;
	}
	return n;
}

/* --- asking --- */

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

static void
gather_gates(const struct engine *engine, const struct routing_question *q, struct arena *arena,
	struct route_facts *ret_facts)
{
	struct str step = engine->graph->steps[q->step].name;
	struct route_gate *gates = ARENA_ARRAY(arena, q->gates.n, struct route_gate);
	uint32_t verdict = 0;

	for (size_t i = 0; i < q->gates.n; i++) {
		const struct record_gate *gate = &q->gates.items[i];

		if (!terms_find(&route_verdicts, str_of(gate->status), &verdict))
			BUG("rules do not know gates that are %s", gate->status);
		gates[i] =
			(struct route_gate){.name = str_of(arena_printf(arena, "%.*s.%.*s",
						    STR_ARG(step), STR_ARG(gate->gate->name))),
				.verdict = (enum route_verdict)verdict};
		if (gate->measures)
			gather_metrics(gate->measures, arena, &gates[i]);
	}
	ret_facts->gates = gates;
	ret_facts->n_gates = (uint32_t)q->gates.n;
}

/* Of the step, and of those that rules ask about: they come before it. */
static void
gather_visits(const struct engine *engine, uint32_t step, struct arena *arena,
	struct route_facts *ret_facts)
{
	const struct rules *rules = &engine->routing->rules;
	struct route_count *visits = ARENA_ARRAY(arena, rules->n + 1, struct route_count);
	uint32_t n = 0;

	for (uint32_t i = 0; i <= rules->n; i++) {
		struct str name = i == rules->n ? engine->graph->steps[step].name
						: rules->items[i].when.visits_of;
		uint32_t number = name.n ? graph_find(engine->graph, name) : STEP_NONE;
		bool is_new = number != STEP_NONE;

		for (uint32_t j = 0; j < n; j++)
			is_new &= !str_equal(visits[j].name, name);
		if (is_new) {
			visits[n].name = name;
			visits[n++].n = revisit_number(engine, number);
		}
	}
	ret_facts->visits = visits;
	ret_facts->n_visits = n;
}

static void
gather_facts(const struct engine *engine, const struct routing_question *q, struct arena *arena,
	struct route_facts *ret_facts)
{
	struct routing *routing = engine->routing;
	const struct step *step = &engine->graph->steps[q->step];
	struct route_count *applied = ARENA_ARRAY(arena, routing->rules.n, struct route_count);
	uint32_t error;

	*ret_facts = (struct route_facts){.step = step->name,
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
		.applied = applied};
	gather_gates(engine, q, arena, ret_facts);
	ret_facts->n_applied = count_applied(routing, q->step, applied);
	gather_visits(engine, q->step, arena, ret_facts);
	if (q->succeeds)
		return;
	if (!terms_find(&route_errors, str_of(failure_class_name(q->class)), &error))
		BUG("rules do not know errors of class %s", failure_class_name(q->class));
	ret_facts->has_error = true;
	ret_facts->error = (enum route_error)error;
}

/* The record with the attempt's and the step's numbers. */
static int
record(struct engine *engine, const struct routing_question *q, const struct route_facts *facts,
	const struct route_decision *decision, struct arena *arena, struct err *err)
{
	static const char *const members[] = {"step", "rule", "action", "words", "facts"};
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	const struct value *v = route_record(&engine->routing->rules, facts, decision, arena);

	builder_object(&b, NULL);
	builder_u64(&b, "n", q->attempt);
	builder_u64(&b, "i", q->step);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		const struct value *member = value_get(v, str_of(members[i]));

		if (member)
			builder_add(&b, members[i], *member);
	}
	builder_end(&b);
	return record_decided(&engine->hold, builder_root(&b), err);
}

/* A rule would have gone back, and the run may not do anything again: that is why it ends as it does. */
static int
note_bound(struct engine *engine, uint32_t step, const struct route_decision *decision,
	struct err *err)
{
	const struct rules *rules = &engine->routing->rules;
	bool may;

	for (uint32_t i = 0; i < decision->n_asked; i++)
		if (decision->obstacles[i] == OBSTACLE_RUN_EXHAUSTED &&
			rules->items[i].action == ROUTE_TO_GOTO &&
			spending_of_retry(&engine->spending) != BOUNDS)
			return engine_pay_retry(engine, step, &may, err);
	return 0;
}

int
routing_ask(struct engine *engine, const struct routing_question *q,
	enum route_action *ret_action, struct err *err)
{
	const struct step *step = &engine->graph->steps[q->step];
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct decision *before;
	struct route_decision decision;
	struct route_facts facts;
	int r;

	if (!engine->routing || q->step >= engine->routing->n_steps ||
		step_scope(step) != STEP_NONE)
		return 0;
	/* What is being stopped goes nowhere any more. */
	if (engine->cancelling || (engine->failed_fast && !step->is_last))
		return 0;
	/* The process before decided, and had no time to say what followed. */
	before = find_decision(engine->routing, q->attempt);
	if (before) {
		*ret_action = before->action;
		return 1;
	}
	gather_facts(engine, q, &arena, &facts);
	route_decide(&engine->routing->rules, &facts, &arena, &decision);
	if (decision.rule == RULE_NONE)
		return note_bound(engine, q->step, &decision, err);
	r = record(engine, q, &facts, &decision, &arena, err);
	if (r < 0)
		return r;
	add_decision(engine->routing, q->attempt, q->step, decision.rule, decision.action);
	find_decision(engine->routing, q->attempt)->may = route_possible(&facts);
	*ret_action = decision.action;
	return 1;
}

int
routing_answer(struct engine *engine, uint32_t step, uint32_t attempt, enum route_action action,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
	struct decision *decision =
		engine->routing ? find_decision(engine->routing, attempt) : NULL;
	int r;

	if (!decision)
		return err_set(err, ERR_CORRUPT,
			"the record does not say by which rule a person was asked about "
			"attempt "
			"%u; run lily fsck",
			attempt);
	if (decision->is_answered)
		return 0;
	builder_object(&b, NULL);
	builder_u64(&b, "n", attempt);
	builder_u64(&b, "i", step);
	builder_text(&b, "step", engine->graph->steps[step].name);
	builder_text(&b, "rule", engine->routing->rules.items[decision->rule].id);
	builder_cstr(&b, "action", route_actions.names[action]);
	builder_cstr(&b, "by", "person");
	builder_end(&b);
	r = record_decided(&engine->hold, builder_root(&b), err);
	if (r < 0)
		return r;
	decision->is_answered = true;
	decision->action = action;
	return 0;
}

void
routing_note_abort(struct routing *routing)
{
	routing->is_aborted = true;
}

bool
routing_is_about_success(const struct routing *routing, uint32_t step)
{
	return routing && step < routing->n_steps && routing->of_success[step];
}

int
routing_ask_success(struct engine *engine, uint32_t step, uint32_t attempt,
	struct record_gates gates, struct err *err)
{
	const struct routing_question question = {.step = step,
		.attempt = attempt,
		.succeeds = true,
		.exit_code = -1,
		.tries = 1,
		.attempts = 1,
		.gates = gates};
	enum route_action action = ROUTE_ACTION_COUNT;
	bool may = true;
	int r = routing_is_about_success(engine->routing, step)
		? routing_ask(engine, &question, &action, err)
		: 0;

	if (r > 0 && action == ROUTE_TO_GOTO)
		r = engine_pay_retry(engine, step, &may, err);
	return MIN(r, 0);
}

int
routing_follow_success(struct engine *engine, uint32_t step, uint32_t attempt,
	const struct digest *log, struct err *err)
{
	enum route_action action = routing_hold(engine->routing, attempt);
	int r;

	if (action == ROUTE_TO_GOTO)
		return revisit_begin(engine,
			&(struct revisit_cause){
				.step = step, .attempt = attempt, .exit_code = -1, .log = log},
			err);
	r = engine_settle(engine, err);
	if (r < 0 || action != ROUTE_TO_ABORT)
		return r;
	schedule_note_route(engine->schedule, step, ROUTED_ABORT);
	return routing_abort(engine, err);
}

bool
routing_is_aborted(const struct engine *engine)
{
	return engine->routing && engine->routing->is_aborted;
}

const char *
routing_failure(const struct engine *engine, struct arena *arena)
{
	const struct routing *routing = engine->routing;

	for (uint32_t i = 0; routing && i < routing->n_steps; i++) {
		const struct visit *visit = schedule_visit(engine->schedule, i);
		const struct rule *rule;

		if (visit->state != VISIT_SUCCEEDED || visit->routed != ROUTED_ABORT)
			continue;
		rule = &routing->rules.items[routing->decisions[routing->newest[i] - 1].rule];
		return arena_printf(arena, "rule %.*s, by %.*s: abort%s%.*s", STR_ARG(rule->id),
			STR_ARG(engine->graph->steps[i].name), rule->words.n ? ", " : "",
			STR_ARG(rule->words));
	}
	return NULL;
}

int
routing_abort(struct engine *engine, struct err *err)
{
	int r;

	engine->failed_fast = true;
	r = engine_cancel_pending(engine, SCHEDULE_BEFORE_LAST, err);
	for (unsigned i = 0; i < engine->slots; i++)
		if (!try_is_last(&engine->tries[i]))
			try_cancel(&engine->tries[i]);
	return r;
}

/* --- going on --- */

static uint32_t
find_rule(const struct rules *rules, struct str id)
{
	for (uint32_t i = 0; i < rules->n; i++)
		if (str_equal(rules->items[i].id, id))
			return i;
	return RULE_NONE;
}

static int
read_decision(const struct engine *engine, const struct event *event, struct arena *arena,
	struct err *err)
{
	struct routing *routing = engine->routing;
	const struct value *payload;
	struct decision *before;
	int64_t attempt = 0;
	int64_t step = -1;
	bool by_person;
	uint32_t action;
	uint32_t rule;
	int r = event_parse_payload(event, arena, &payload, err);

	if (r < 0)
		return r;
	(void)value_to_i64(value_get(payload, STR("n")), &attempt);
	(void)value_to_i64(value_get(payload, STR("i")), &step);
	rule = find_rule(&routing->rules, value_text(value_get(payload, STR("rule"))));
	by_person = value_get(payload, STR("by")) != NULL;
	before = attempt > 0 && attempt <= UINT32_MAX
		? find_decision(routing, (uint32_t)attempt)
		: NULL;
	if (attempt < 1 || attempt >= engine->hold.next_attempt || step < 0 ||
		step >= routing->n_steps || rule == RULE_NONE ||
		!terms_find(&route_actions, value_text(value_get(payload, STR("action"))),
			&action) ||
		by_person != (before && before->action == ROUTE_TO_ESCALATE) ||
		(before && !by_person))
		return err_set(err, ERR_CORRUPT,
			"the record does not fit its plan: event %llu; run lily fsck",
			(unsigned long long)event->seq);
	if (before) {
		before->is_answered = true;
		before->action = (enum route_action)action;
		return 0;
	}
	add_decision(
		routing, (uint32_t)attempt, (uint32_t)step, rule, (enum route_action)action);
	return 0;
}

int
routing_read(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct event *events;
	size_t n;
	int r;

	if (!engine->routing)
		return 0;
	r = stats_events(engine->store, engine->hold.chain.run, EVENT_ROUTE_DECIDED, &arena,
		&events, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (!events[i].removed)
			r = read_decision(engine, &events[i], &arena, err);
	return r;
}
