#include "api/handle.h"
#include "graph/workflow.h"
#include "route/decide.h"
#include "run/routes.h"
#include "json/builder.h"
#include "json/copy.h"

static int
refuse(const struct findings *findings, const struct source *source, const char *remedy,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	size_t shown = 0;

	if (!findings->errors)
		return 0;
	findings_show_errors(findings, source, FINDINGS_ALL, &b, &shown);
	return findings_refuse(&b, findings->errors, shown, remedy, err);
}

static int
read_facts(const struct lily_document *document, const struct routes *routes,
	struct arena *arena, struct route_facts *ret_facts, struct err *err)
{
	struct source unnamed = {.name = "facts", .text = STR_EMPTY};
	struct findings findings;
	int r;

	findings_init(&findings, arena);
	route_facts_read(&findings, arena, document->root, ret_facts);
	if (!findings.errors)
		route_facts_check(&findings, document->root, &routes->steps, &routes->rules);
	findings_finish(&findings);
	r = refuse(&findings, document->source.name ? &document->source : &unnamed,
		"mend these first", err);
	findings_done(&findings);
	return r;
}

static void
add_rules(struct builder *b, const struct source *source, const struct rules *rules,
	const struct route_facts *facts, const struct route_decision *decision)
{
	builder_array(b, "rules");
	for (uint32_t i = 0; i < rules->n; i++) {
		const struct rule *rule = &rules->items[i];
		bool is_asked = i < decision->n_asked;

		builder_object(b, NULL);
		builder_text(b, "id", rule->id);
		builder_u64(b, "line", source_position(source, rule->offset).line);
		builder_cstr(b, "answer",
			i == decision->rule ? "decides"
				: is_asked  ? "passed"
					    : "unasked");
		if (is_asked && i != decision->rule) {
			AUTO_BUF struct buf because = BUF_INIT((size_t)1 << 24);

			route_explain(rule, facts, decision->obstacles[i], &because);
			builder_text(b, "because", buf_str(&because));
		} else {
			builder_null(b, "because");
		}
		builder_end(b);
	}
	builder_end(b);
}

/* As the record has it, and null where it is silent. */
static void
add_member(struct builder *b, const struct value *record, const char *key)
{
	const struct value *v = value_get(record, str_of(key));

	builder_add(b, key, v ? value_copy(b->arena, v) : value_null());
}

static const struct value *
describe(const struct workflow *workflow, const struct routes *routes,
	const struct route_facts *facts, struct arena *arena)
{
	static const char *const members[] = {
		"step", "action", "rule", "to", "feedback", "again", "words"};
	AUTO_ARENA struct arena scratch = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct route_decision decision;
	const struct value *record;

	route_decide(&routes->rules, facts, &scratch, &decision);
	record = route_record(&routes->rules, facts, &decision, &scratch);
	builder_object(&b, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		add_member(&b, record, members[i]);
	add_rules(&b, workflow_source(workflow), &routes->rules, facts, &decision);
	add_member(&b, record, "facts");
	builder_end(&b);
	return builder_root(&b);
}

static int
test(const struct workflow *workflow, const struct lily_document *given,
	struct lily_document *document, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct route_facts facts;
	struct routes routes;
	int r = workflow_refuse_own(workflow, err);

	if (r < 0)
		return r;
	routes_read(workflow, ROUTES_TRIED, &arena, &routes);
	r = refuse(&routes.findings, workflow_source(workflow), "lily check shows them", err);
	if (r == 0)
		r = read_facts(given, &routes, &arena, &facts, err);
	if (r == 0)
		document->root = describe(workflow, &routes, &facts, &document->arena);
	routes_done(&routes);
	return r;
}

int
lily_route_test(const struct lily_workflow *workflow, const struct lily_document *facts,
	struct lily_document **ret_decision, struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = test(workflow->workflow, facts, document, &err);

	return document_give(document, r, &err, ret_decision, error);
}
