#include "run/routing.h"

#include "base/memory.h"
#include "route/decide.h"
#include "run/circumstances.h"
#include "run/engine_end.h"
#include "run/record.h"
#include "run/revisit.h"
#include "store/event.h"
#include "store/stats.h"
#include "json/builder.h"
#include "json/json.h"

/* The rules of one file: they decide about the steps of each scope that is made from it. */
struct rule_set {
	const struct value *source; /* of the plan: scopes of one file share it */
	struct rules rules;
};

/* What was decided about one attempt. */
struct decision {
	const struct rule *rule;
	enum route_action action;
	bool is_answered; /* by a person: the action is his */
	unsigned may;     /* ROUTE_TO_ESCALATE: what he may decide */
	bool holds;
	uint32_t
		before; /* the step's decision before this one, as its place in the list plus 1; or 0 */
};

struct routing {
	const struct graph *graph;
	struct arena arena; /* of the rules */
	struct rule_set *sets;
	size_t n_sets;
	size_t sets_capacity;
	struct decision *decisions; /* as they came */
	size_t n;
	size_t capacity;
	uint32_t *newest;     /* by step, as `before` */
	uint32_t *by_attempt; /* likewise */
	uint32_t n_attempts;
	uint32_t n_steps;
	bool is_aborted;
};

static const struct rule_set *
find_set(const struct routing *routing, const struct value *source)
{
	for (size_t i = 0; source && i < routing->n_sets; i++)
		if (routing->sets[i].source == source)
			return &routing->sets[i];
	return NULL;
}

/* Those that decide about the step, or NULL: items are not asked about one by one. */
static const struct rules *
rules_of(const struct routing *routing, uint32_t step)
{
	const struct graph *graph = routing->graph;
	const struct step *node = &graph->steps[step];
	const struct rule_set *set;

	if (node->template_of || graph_item(graph, node))
		return NULL;
	set = find_set(routing, node->inside ? node->inside->routes : graph->routes);
	return set ? &set->rules : NULL;
}

static bool
may_ask_success(const struct rules *rules, struct str step)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct rule_when *when = &rules->items[i].when;

		if (!(rule_statuses(when) & 1U << ROUTE_SUCCEEDED))
			continue;
		if (!(when->asks & 1U << ASK_STEP))
			return true;
		for (uint32_t j = 0; j < when->n_steps; j++)
			if (str_equal(when->steps[j], step))
				return true;
	}
	return false;
}

static int
add_set(struct routing *routing, const struct value *source, struct err *err)
{
	struct rule_set *set;
	struct findings findings;
	size_t errors;

	if (!source || find_set(routing, source))
		return 0;
	routing->sets = memory_grow(routing->sets, routing->n_sets, &routing->sets_capacity,
		sizeof(*routing->sets));
	set = &routing->sets[routing->n_sets++];
	*set = (struct rule_set){.source = source};
	findings_init(&findings, &routing->arena);
	rules_read(&findings, &routing->arena, source, NULL, &set->rules);
	errors = findings.errors;
	findings_done(&findings);
	return errors ? err_set(err, ERR_CORRUPT, "the plan is damaged: its rules are none")
		      : 0;
}

int
routing_new(const struct graph *graph, struct routing **ret_routing, struct err *err)
{
	struct routing *routing;
	int r;

	*ret_routing = NULL;
	if (!graph->has_routes)
		return 0;
	routing = memory_zeroed(1, sizeof(*routing));
	routing->graph = graph;
	r = add_set(routing, graph->routes, err);
	for (uint32_t i = 0; r == 0 && i < graph->n_scopes; i++)
		r = add_set(routing, graph->scopes[i]->routes, err);
	if (r < 0)
		routing_free(routing);
	else
		*ret_routing = routing;
	return r;
}

void
routing_free(struct routing *routing)
{
	if (!routing)
		return;
	free(routing->sets);
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

static uint32_t
newest_of(const struct routing *routing, uint32_t step)
{
	return step < routing->n_steps ? routing->newest[step] : 0;
}

static void
add_decision(struct routing *routing, uint32_t attempt, uint32_t step, const struct rule *rule,
	enum route_action action)
{
	uint32_t n = routing->graph->n_steps;

	if (step >= routing->n_steps) {
		routing->newest = memory_resize(routing->newest, n, sizeof(*routing->newest));
		memset(routing->newest + routing->n_steps, 0,
			(n - routing->n_steps) * sizeof(*routing->newest));
		routing->n_steps = n;
	}
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
	return need_decision(routing, attempt)->rule->id;
}

struct str
routing_words(const struct routing *routing, uint32_t attempt)
{
	return need_decision(routing, attempt)->rule->words;
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
	rule = decision->rule;
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
	return need_decision(routing, attempt)->rule;
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

	for (uint32_t at = newest_of(routing, step); at;
		at = routing->decisions[at - 1].before) {
		const struct decision *decision = &routing->decisions[at - 1];
		struct str rule = decision->rule->id;
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

/* The record with the attempt's and the step's numbers. */
static int
record(struct engine *engine, const struct circumstances *a, const struct route_facts *facts,
	const struct route_decision *decision, struct err *err)
{
	static const char *const members[] = {"rule", "action", "words", "facts"};
	AUTO_BUILDER struct builder b = BUILDER_INIT(a->arena);
	const struct value *v = route_record(a->rules, facts, decision, a->arena);

	builder_object(&b, NULL);
	builder_u64(&b, "n", a->question->attempt);
	builder_u64(&b, "i", a->question->step);
	builder_text(&b, "step", engine->graph->steps[a->question->step].name);
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
note_bound(struct engine *engine, const struct circumstances *a,
	const struct route_decision *decision, struct err *err)
{
	bool may;

	for (uint32_t i = 0; i < decision->n_asked; i++)
		if (decision->obstacles[i] == OBSTACLE_RUN_EXHAUSTED &&
			a->rules->items[i].action == ROUTE_TO_GOTO &&
			spending_of_retry(&engine->spending) != BOUNDS)
			return engine_pay_retry(engine, a->question->step, &may, err);
	return 0;
}

int
routing_ask(struct engine *engine, const struct routing_question *q,
	enum route_action *ret_action, struct err *err)
{
	const struct step *step = &engine->graph->steps[q->step];
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct circumstances asking = {.engine = engine, .question = q, .arena = &arena};
	const struct decision *before;
	struct route_decision decision;
	struct route_facts facts;
	int r;

	asking.rules = engine->routing ? rules_of(engine->routing, q->step) : NULL;
	if (!asking.rules)
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
	asking.applied = ARENA_ARRAY(&arena, asking.rules->n, struct route_count);
	asking.n_applied = count_applied(engine->routing, q->step, asking.applied);
	r = circumstances_gather(&asking, &facts, err);
	if (r < 0)
		return r;
	route_decide(asking.rules, &facts, &arena, &decision);
	if (decision.rule == RULE_NONE)
		return note_bound(engine, &asking, &decision, err);
	r = record(engine, &asking, &facts, &decision, err);
	if (r < 0)
		return r;
	add_decision(engine->routing, q->attempt, q->step, &asking.rules->items[decision.rule],
		decision.action);
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
	builder_text(&b, "rule", decision->rule->id);
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
	const struct rules *rules = routing ? rules_of(routing, step) : NULL;

	if (!rules)
		return false;
	return may_ask_success(rules, step_local_name(routing->graph, step));
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
		rule = routing->decisions[routing->newest[i] - 1].rule;
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

static const struct rule *
find_rule(const struct rules *rules, struct str id)
{
	for (uint32_t i = 0; rules && i < rules->n; i++)
		if (str_equal(rules->items[i].id, id))
			return &rules->items[i];
	return NULL;
}

/* Of a step whose items a rule gave up since, too. */
static const struct rules *
rules_then(const struct routing *routing, int64_t step)
{
	const struct graph *graph = routing->graph;
	const struct rule_set *set = NULL;

	if (step >= 0 && step < graph->n_steps)
		set = find_set(routing,
			graph->steps[step].inside ? graph->steps[step].inside->routes
						  : graph->routes);
	return set ? &set->rules : NULL;
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
	const struct rule *rule;
	uint32_t action;
	int r = event_parse_payload(event, arena, &payload, err);

	if (r < 0)
		return r;
	(void)value_to_i64(value_get(payload, STR("n")), &attempt);
	(void)value_to_i64(value_get(payload, STR("i")), &step);
	rule = find_rule(
		rules_then(routing, step), value_text(value_get(payload, STR("rule"))));
	by_person = value_get(payload, STR("by")) != NULL;
	before = attempt > 0 && attempt <= UINT32_MAX
		? find_decision(routing, (uint32_t)attempt)
		: NULL;
	if (attempt < 1 || attempt >= engine->hold.next_attempt || !rule ||
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
