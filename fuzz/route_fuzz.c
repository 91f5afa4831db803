/*
 * Any document as { routes: [rules], facts: {…} } for a small graph. What is wrong is said in whole
 * messages; what is accepted has one canonical form, decides, can be explained, and decides the same from
 * what is recorded.
 */
#include "fuzz.h"
#include "route/decide.h"
#include "json/json.h"
#include "json/yaml.h"

#define DOCUMENT_MAX ((size_t)64 << 20)
#define TEXT_MAX ((size_t)1 << 16)

/* A name in a static table, where gcc takes the literal of STR for no constant. */
#define NAME(text)                       \
	{                                \
		(text), sizeof(text) - 1 \
	}

static const uint32_t needs[] = {0, 1, 3};
static const struct str gates[] = {NAME("tests"), NAME("v1.lint")};
static const struct str groups[] = {NAME("g")};

static const struct route_step items[] = {
	{.name = NAME("a")},
	{.name = NAME("b"), .needs = &needs[0], .n_needs = 1, .gates = gates, .n_gates = 2},
	{.name = NAME("c"), .needs = &needs[1], .n_needs = 1},
	{.name = NAME("d")},
	{.name = NAME("push"), .is_once = true, .needs = &needs[2], .n_needs = 1},
	{.name = NAME("g/x")},
	{.name = NAME("each"), .kind = ROUTE_STEP_FOREACH},
	{.name = NAME("each/*"), .kind = ROUTE_STEP_TEMPLATE},
	{.name = NAME("sub"), .kind = ROUTE_STEP_SCOPE},
};

static void
check_message(struct str message)
{
	if (!message.n || !str_is_utf8(message, NULL) || str_find(message, '\n') >= 0)
		fuzz_fail("a message that is not one line: %.*s", STR_ARG(message));
}

static void
check_findings(struct findings *findings, const struct source *source)
{
	findings_finish(findings);
	for (size_t i = 0; i < findings->n; i++) {
		check_message(findings->items[i].message);
		if (findings->items[i].offset != SOURCE_NOWHERE &&
			findings->items[i].offset > source->text.n)
			fuzz_fail("a place past the end: %.*s",
				STR_ARG(findings->items[i].message));
	}
	findings_done(findings);
}

static bool
write_canonical(const struct rules *rules, struct arena *arena, struct buf *b)
{
	struct err err = ERR_INIT;

	/* A metric may have a number that no double is. */
	return json_canonical(rules_write(rules, arena), JSON_NUMBERS_EXACT, b, &err) == 0;
}

static void
check_canonical(const struct rules *rules, const struct route_steps *steps)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf once = BUF_INIT(DOCUMENT_MAX);
	AUTO_BUF struct buf twice = BUF_INIT(DOCUMENT_MAX);
	struct source source = {.name = "canonical"};
	struct findings findings;
	struct rules again;
	const struct value *v;
	struct err err = ERR_INIT;

	if (!write_canonical(rules, &arena, &once))
		return;
	source.text = buf_str(&once);
	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, NULL, &v, &err) < 0)
		fuzz_fail("the canonical form is no JSON: %s", err.message);
	findings_init(&findings, &arena);
	rules_read(&findings, &arena, v, steps, &again);
	if (findings.errors)
		fuzz_fail("the canonical form is refused: %.*s",
			STR_ARG(findings.items[0].message));
	findings_done(&findings);
	if (!write_canonical(&again, &arena, &twice) ||
		!str_equal(buf_str(&once), buf_str(&twice)))
		fuzz_fail("two canonical forms: %s", buf_cstr(&once));
}

static void
check_record(const struct rules *rules, const struct route_facts *facts,
	const struct route_decision *decision, struct arena *arena)
{
	const struct value *record = route_record(rules, facts, decision, arena);
	struct route_facts recorded;
	struct route_decision again;
	struct findings findings;

	findings_init(&findings, arena);
	route_facts_read(&findings, arena, value_get(record, STR("facts")), &recorded);
	if (findings.errors)
		fuzz_fail(
			"recorded facts are refused: %.*s", STR_ARG(findings.items[0].message));
	findings_done(&findings);
	route_decide(rules, &recorded, arena, &again);
	if (again.action != decision->action || again.rule != decision->rule)
		fuzz_fail("another decision from what was recorded");
}

static void
check_decision(const struct rules *rules, const struct route_facts *facts, struct arena *arena)
{
	struct route_decision decision;

	route_decide(rules, facts, arena, &decision);
	for (uint32_t i = 0; i < decision.n_asked; i++) {
		AUTO_BUF struct buf b = BUF_INIT(DOCUMENT_MAX);

		route_explain(&rules->items[i], facts, decision.obstacles[i], &b);
		if (!b.n)
			fuzz_fail("no explanation");
	}
	check_record(rules, facts, &decision, arena);
}

static void
check(const struct value *root, const struct source *source, struct arena *arena)
{
	struct route_steps steps = {.items = items,
		.n = ARRAY_SIZE(items),
		.groups = groups,
		.n_groups = 1,
		.gates = gates,
		.n_gates = 1};
	const struct value *list = value_get(root, STR("routes"));
	const struct value *given = value_get(root, STR("facts"));
	struct rules rules = {.n = 0};
	struct route_facts facts;
	struct findings findings;

	route_steps_index(&steps);
	findings_init(&findings, arena);
	if (list && list->kind == VALUE_ARRAY)
		rules_read(&findings, arena, list, &steps, &rules);
	check_canonical(&rules, &steps);
	if (given) {
		size_t errors = findings.errors;

		route_facts_read(&findings, arena, given, &facts);
		if (findings.errors == errors)
			check_decision(&rules, &facts, arena);
	}
	check_findings(&findings, source);
	route_steps_done(&steps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "fuzz.yaml", .text = {(const char *)bytes, n}};
	const struct value *root;
	struct err err = ERR_INIT;

	if (n > TEXT_MAX)
		return 0;
	if (yaml_parse(&arena, &source, NULL, &root, &err) < 0)
		fuzz_check_error(&err);
	else
		check(root, &source, &arena);
	return 0;
}
