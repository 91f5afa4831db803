#include "route/rule.h"

#include "json/builder.h"

static bool
asks(const struct rule_when *when, enum rule_ask ask)
{
	return (when->asks & 1U << ask) != 0;
}

static void
write_names(struct builder *b, const char *key, const struct str *names, uint32_t n)
{
	builder_array(b, key);
	for (uint32_t i = 0; i < n; i++)
		builder_text(b, NULL, names[i]);
	builder_end(b);
}

static void
write_words(struct builder *b, const char *key, const struct terms *terms, unsigned bits)
{
	uint32_t number;

	builder_array(b, key);
	while (terms_next(terms, &bits, &number))
		builder_cstr(b, NULL, terms->names[number]);
	builder_end(b);
}

static void
write_exits(struct builder *b, const struct exit_set *exits)
{
	builder_array(b, "exit");
	for (uint32_t code = 0; code <= UINT8_MAX; code++)
		if (exit_set_has(exits, code))
			builder_u64(b, NULL, code);
	builder_end(b);
}

static void
write_metrics(struct builder *b, const struct rule_when *when)
{
	builder_object(b, "metric");
	for (uint32_t i = 0; i < when->n_metrics; i++) {
		const struct rule_metric *metric = &when->metrics[i];

		builder_object(b, arena_cstr(b->arena, metric->name));
		if (metric->above.n)
			builder_add(b, "above", value_number(metric->above));
		if (metric->below.n)
			builder_add(b, "below", value_number(metric->below));
		builder_end(b);
	}
	builder_end(b);
}

static void
write_visits(struct builder *b, const struct rule_when *when)
{
	builder_object(b, "visits");
	builder_u64(b, "below", when->visits_below);
	if (when->visits_of.n)
		builder_text(b, "step", when->visits_of);
	builder_end(b);
}

/* In the order of the keys, as canonical JSON has them. */
static void
write_when(struct builder *b, const struct rule_when *when)
{
	builder_object(b, "when");
	if (asks(when, ASK_ERROR))
		write_words(b, "error", &route_errors, when->errors);
	if (asks(when, ASK_EXHAUSTED) && when->exhausted_tries)
		builder_bool(b, "exhausted", true);
	else if (asks(when, ASK_EXHAUSTED))
		write_words(b, "exhausted", &route_bounds, when->exhausted);
	if (asks(when, ASK_EXIT))
		write_exits(b, &when->exits);
	if (asks(when, ASK_GATE))
		builder_text(b, "gate", when->gate);
	if (asks(when, ASK_GATE_STATUS))
		write_words(b, "gate_status", &route_verdicts, when->verdicts);
	if (asks(when, ASK_LABEL_MISSING) && !when->n_labels)
		builder_bool(b, "label_missing", true);
	else if (asks(when, ASK_LABEL_MISSING))
		write_names(b, "label_missing", when->labels, when->n_labels);
	if (asks(when, ASK_METRIC))
		write_metrics(b, when);
	if (asks(when, ASK_STATUS))
		write_words(b, "status", &route_statuses, when->statuses);
	if (asks(when, ASK_STEP))
		write_names(b, "step", when->steps, when->n_steps);
	if (asks(when, ASK_VIOLATION))
		write_words(b, "violation", &route_clauses, when->clauses);
	if (asks(when, ASK_VISITS))
		write_visits(b, when);
	builder_end(b);
}

static void
write_then(struct builder *b, const struct rule *rule)
{
	builder_object(b, "then");
	if (rule->action != ROUTE_TO_GOTO) {
		if (rule->words.n)
			builder_text(b, route_actions.names[rule->action], rule->words);
		else
			builder_bool(b, route_actions.names[rule->action], true);
		builder_end(b);
		return;
	}
	if (rule->n_again)
		write_names(b, "again", rule->again, rule->n_again);
	if (rule->feedback)
		builder_bool(b, "feedback", true);
	builder_text(b, "goto", rule->target);
	builder_end(b);
}

const struct value *
rules_write(const struct rules *rules, struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);

	builder_array(&b, NULL);
	for (uint32_t i = 0; i < rules->n; i++) {
		builder_object(&b, NULL);
		builder_text(&b, "id", rules->items[i].id);
		write_then(&b, &rules->items[i]);
		if (rules->items[i].times)
			builder_u64(&b, "times", rules->items[i].times);
		write_when(&b, &rules->items[i].when);
		builder_end(&b);
	}
	builder_end(&b);
	return builder_root(&b);
}
