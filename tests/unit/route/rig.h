/*
 * rig: what the tests of this folder share: values from text, and one small graph.
 *
 *	a → b → c     d → push (once)     g/x → g/y     each (foreach)     sub (another file)
 *
 * b has the gates tests and v1.lint, push the gate done, the run has the gate all.
 */
#ifndef LILY_TESTS_ROUTE_RIG_H
#define LILY_TESTS_ROUTE_RIG_H

#include "route/decide.h"
#include "json/json.h"
#include "json/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* A name in a static table, where gcc takes the literal of STR for no constant. */
#define NAME(text)                       \
	{                                \
		(text), sizeof(text) - 1 \
	}

static const uint32_t rig_needs[] = {0, 1, 3, 4};
static const struct str rig_gates_of_b[] = {NAME("tests"), NAME("v1.lint")};
static const struct str rig_gates_of_push[] = {NAME("done")};
static const struct str rig_gates_of_run[] = {NAME("all")};
static const struct str rig_groups[] = {NAME("g")};

static const struct route_step rig_items[] = {
	{.name = NAME("a")},
	{.name = NAME("b"),
		.needs = &rig_needs[0],
		.n_needs = 1,
		.gates = rig_gates_of_b,
		.n_gates = 2},
	{.name = NAME("c"), .needs = &rig_needs[1], .n_needs = 1},
	{.name = NAME("d")},
	{.name = NAME("g/x")},
	{.name = NAME("g/y"), .needs = &rig_needs[3], .n_needs = 1},
	{.name = NAME("each"), .kind = ROUTE_STEP_FOREACH},
	{.name = NAME("each/*"), .kind = ROUTE_STEP_TEMPLATE},
	{.name = NAME("sub"), .kind = ROUTE_STEP_SCOPE},
	{.name = NAME("push"),
		.is_once = true,
		.needs = &rig_needs[2],
		.n_needs = 1,
		.gates = rig_gates_of_push,
		.n_gates = 1},
};

static inline struct route_steps
rig_steps(void)
{
	struct route_steps steps = {.items = rig_items,
		.n = ARRAY_SIZE(rig_items),
		.groups = rig_groups,
		.n_groups = ARRAY_SIZE(rig_groups),
		.gates = rig_gates_of_run,
		.n_gates = ARRAY_SIZE(rig_gates_of_run)};

	route_steps_index(&steps);
	return steps;
}

static inline const struct value *
rig_value(struct arena *arena, struct source *source)
{
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	if (yaml_parse(arena, source, NULL, &v, &err) < 0)
		fail_msg("%s", err.message);
	return v;
}

/* All findings as a person sees them. */
static inline void
rig_describe(const struct findings *findings, const struct source *source, struct buf *b)
{
	for (size_t i = 0; i < findings->n; i++) {
		buf_add_cstr(b, finding_is_error(&findings->items[i]) ? "error " : "warning ");
		source_describe(
			source, findings->items[i].offset, findings->items[i].message, b);
		buf_add_char(b, '\n');
	}
}

static inline void
rig_expect_good(struct findings *findings, const struct source *source)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	rig_describe(findings, source, &b);
	if (findings->errors)
		fail_msg("%s: %s", source->text.p, buf_cstr(&b));
	findings_done(findings);
}

/* Rules without errors, by the graph above. */
static inline struct rules
rig_rules(struct arena *arena, struct str text)
{
	struct source *source = ARENA_NEW(arena, struct source);
	struct route_steps steps = rig_steps();
	struct findings findings;
	struct rules rules;

	*source = (struct source){.name = "rules", .text = arena_str(arena, text)};
	findings_init(&findings, arena);
	rules_read(&findings, arena, rig_value(arena, source), &steps, &rules);
	rig_expect_good(&findings, source);
	route_steps_done(&steps);
	return rules;
}

static inline struct route_facts
rig_facts(struct arena *arena, struct str text)
{
	struct source *source = ARENA_NEW(arena, struct source);
	struct findings findings;
	struct route_facts facts;

	*source = (struct source){.name = "facts", .text = arena_str(arena, text)};
	findings_init(&findings, arena);
	route_facts_read(&findings, arena, rig_value(arena, source), &facts);
	rig_expect_good(&findings, source);
	return facts;
}

#endif
