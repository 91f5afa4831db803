#include "route/facts.h"

#include "json/builder.h"

const struct route_gate *
route_facts_gate(const struct route_facts *facts, struct str name)
{
	for (uint32_t i = 0; i < facts->n_gates; i++)
		if (str_equal(facts->gates[i].name, name))
			return &facts->gates[i];
	return NULL;
}

const struct str *
route_gate_metric(const struct route_gate *gate, struct str name)
{
	for (uint32_t i = 0; i < gate->n_metrics; i++)
		if (str_equal(gate->metrics[i].name, name))
			return &gate->metrics[i].number;
	return NULL;
}

static uint32_t
find_count(const struct route_count *counts, uint32_t n, struct str name, uint32_t fallback)
{
	for (uint32_t i = 0; i < n; i++)
		if (str_equal(counts[i].name, name))
			return counts[i].n;
	return fallback;
}

uint32_t
route_facts_visits(const struct route_facts *facts, struct str step)
{
	bool is_own = !step.n || str_equal(step, facts->step);

	return find_count(
		facts->visits, facts->n_visits, is_own ? facts->step : step, is_own ? 1 : 0);
}

uint32_t
route_facts_applied(const struct route_facts *facts, struct str rule)
{
	return find_count(facts->applied, facts->n_applied, rule, 0);
}

/* --- writing --- */

static void
write_words(struct builder *b, const char *key, const struct terms *terms, unsigned bits)
{
	builder_array(b, key);
	for (uint32_t i = 0; i < terms->n; i++)
		if (bits & 1U << i)
			builder_cstr(b, NULL, terms->names[i]);
	builder_end(b);
}

static void
write_counts(struct builder *b, const char *key, const struct route_count *counts, uint32_t n)
{
	if (!n)
		return;
	builder_object(b, key);
	for (uint32_t i = 0; i < n; i++)
		builder_u64(b, arena_cstr(b->arena, counts[i].name), counts[i].n);
	builder_end(b);
}

static void
write_gates(struct builder *b, const struct route_facts *facts)
{
	if (!facts->n_gates)
		return;
	builder_object(b, "gates");
	for (uint32_t i = 0; i < facts->n_gates; i++) {
		const struct route_gate *gate = &facts->gates[i];

		builder_object(b, arena_cstr(b->arena, gate->name));
		if (gate->n_metrics) {
			builder_object(b, "metrics");
			for (uint32_t j = 0; j < gate->n_metrics; j++)
				builder_add(b, arena_cstr(b->arena, gate->metrics[j].name),
					value_number(gate->metrics[j].number));
			builder_end(b);
		}
		builder_cstr(b, "status", route_verdicts.names[gate->verdict]);
		builder_end(b);
	}
	builder_end(b);
}

static void
write_failure(struct builder *b, const struct route_facts *facts)
{
	builder_u64(b, "attempts", facts->attempts);
	if (facts->has_error)
		builder_cstr(b, "error", route_errors.names[facts->error]);
	if (facts->has_exit)
		builder_u64(b, "exit", facts->exit);
	if (facts->gated)
		builder_bool(b, "gated", true);
	builder_bool(b, "repeatable", facts->repeatable);
	builder_bool(b, "retries", facts->retries);
	builder_bool(b, "tolerated", facts->tolerated);
	builder_u64(b, "tries", facts->tries);
}

struct value
route_facts_write(const struct route_facts *facts, struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);

	builder_object(&b, NULL);
	if (facts->step.n)
		builder_text(&b, "step", facts->step);
	else
		builder_null(&b, "step");
	builder_cstr(&b, "status", route_statuses.names[facts->status]);
	if (facts->status == ROUTE_FAILED)
		write_failure(&b, facts);
	if (facts->exhausted)
		write_words(&b, "exhausted", &route_bounds, facts->exhausted);
	if (facts->clauses)
		write_words(&b, "violations", &route_clauses, facts->clauses);
	if (facts->n_labels) {
		builder_array(&b, "labels_missing");
		for (uint32_t i = 0; i < facts->n_labels; i++)
			builder_text(&b, NULL, facts->labels[i]);
		builder_end(&b);
	}
	write_counts(&b, "visits", facts->visits, facts->n_visits);
	write_gates(&b, facts);
	write_counts(&b, "applied", facts->applied, facts->n_applied);
	builder_end(&b);
	return *builder_root(&b);
}
