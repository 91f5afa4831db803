#include "route/decide.h"

#include "json/builder.h"

/* What the rules that were asked could look at, beside how the step itself ended. */
static void
keep_gates(const struct rules *rules, const struct route_facts *facts, uint32_t n_asked,
	struct arena *arena, struct route_facts *ret_kept)
{
	struct route_gate *gates = ARENA_ARRAY(arena, n_asked, struct route_gate);

	ret_kept->gates = gates;
	ret_kept->n_gates = 0;
	for (uint32_t i = 0; i < n_asked; i++) {
		struct str name = rules->items[i].when.gate;
		const struct route_gate *gate = name.n ? route_facts_gate(facts, name) : NULL;

		if (gate && !route_facts_gate(ret_kept, name))
			gates[ret_kept->n_gates++] = *gate;
	}
}

static bool
has_count(const struct route_count *counts, uint32_t n, struct str name)
{
	for (uint32_t i = 0; i < n; i++)
		if (str_equal(counts[i].name, name))
			return true;
	return false;
}

static void
keep_counts(const struct rules *rules, const struct route_facts *facts, uint32_t n_asked,
	struct arena *arena, struct route_facts *ret_kept)
{
	struct route_count *visits = ARENA_ARRAY(arena, n_asked + 1, struct route_count);
	struct route_count *applied = ARENA_ARRAY(arena, n_asked, struct route_count);

	*ret_kept = *facts;
	ret_kept->visits = visits;
	ret_kept->n_visits = 0;
	ret_kept->applied = applied;
	ret_kept->n_applied = 0;
	if (facts->step.n)
		visits[ret_kept->n_visits++] = (struct route_count){
			facts->step, route_facts_visits(facts, facts->step)};
	for (uint32_t i = 0; i < n_asked; i++) {
		const struct rule *rule = &rules->items[i];
		struct str of = rule->when.visits_of;

		if (of.n && route_facts_visits(facts, of) &&
			!has_count(visits, ret_kept->n_visits, of))
			visits[ret_kept->n_visits++] =
				(struct route_count){of, route_facts_visits(facts, of)};
		if (rule->times && route_facts_applied(facts, rule->id))
			applied[ret_kept->n_applied++] = (struct route_count){
				rule->id, route_facts_applied(facts, rule->id)};
	}
}

static void
add_action(struct builder *b, const struct rule *rule)
{
	if (rule->action == ROUTE_TO_GOTO) {
		builder_text(b, "to", rule->target);
		if (rule->feedback)
			builder_bool(b, "feedback", true);
	}
	if (rule->n_again) {
		builder_array(b, "again");
		for (uint32_t i = 0; i < rule->n_again; i++)
			builder_text(b, NULL, rule->again[i]);
		builder_end(b);
	}
	if (rule->words.n)
		builder_text(b, "words", rule->words);
}

const struct value *
route_record(const struct rules *rules, const struct route_facts *facts,
	const struct route_decision *decision, struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct route_facts kept;

	keep_counts(rules, facts, decision->n_asked, arena, &kept);
	keep_gates(rules, facts, decision->n_asked, arena, &kept);
	builder_object(&b, NULL);
	if (facts->step.n)
		builder_text(&b, "step", facts->step);
	else
		builder_null(&b, "step");
	if (decision->rule == RULE_NONE)
		builder_null(&b, "rule");
	else
		builder_text(&b, "rule", rules->items[decision->rule].id);
	builder_cstr(&b, "action", route_actions.names[decision->action]);
	if (decision->rule != RULE_NONE)
		add_action(&b, &rules->items[decision->rule]);
	builder_add(&b, "facts", route_facts_write(&kept, arena));
	builder_end(&b);
	return builder_root(&b);
}
