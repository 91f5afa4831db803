/* What the items of a foreach get: also where that is a foreach or a scope of their own. */
#include "graph/expansion.h"
#include "rig.h"

#define TOP                                                                                    \
	"lily: 1\n"                                                                            \
	"steps:\n"                                                                             \
	"  s: { run: x, out: { l: { type: json } } }\n"                                        \
	"  o:\n"                                                                               \
	"    foreach: { in: steps.s.out.l, parallel: 1 }\n"                                    \
	"    steps:\n"                                                                         \
	"      a: { run: x, out: { l: { type: json } } }\n"                                    \
	"      f:\n"                                                                           \
	"        foreach: { in: steps.a.out.l, key: item }\n"                                  \
	"        steps:\n"                                                                     \
	"          b: { exec: [ x, \"${{ steps.a.out.l[0] }}\" ], out: { t: { type: text } } " \
	"}\n"                                                                                  \
	"          c: { exec: [ x, \"${{ steps.b.out.t }}\", \"${{ steps.s.out.l[0] }}\" ] "   \
	"}\n"                                                                                  \
	"        outputs: { t: \"${{ steps.b.out.t }}\" }\n"                                   \
	"      z: { workflow: part.yaml, with: { w: \"${{ steps.f.out.t }}\", i: \"${{ index " \
	"}}\" } }\n"                                                                           \
	"    outputs: { t: \"${{ steps.f.out.t }}\", r: \"${{ steps.z.out.r }}\" }\n"          \
	"  e: { exec: [ e, \"${{ steps.o.out.t[0] }}\" ] }\n"                                  \
	"finally: { g: { foreach: [ 1, 2 ], run: x } }\n"

#define PART                                                                                   \
	"lily: 1\n"                                                                            \
	"params: { w: { type: array }, i: { type: integer } }\n"                               \
	"inputs: { n: { path: n.txt } }\n"                                                     \
	"steps:\n"                                                                             \
	"  p: { exec: [ p, \"${{ params.i }}\" ], in: { n: \"${{ inputs.n }}\" }, "            \
	"out: { r: { type: text } } }\n"                                                       \
	"  q: { foreach: { in: params.w }, exec: [ q, \"${{ item }}\", \"${{ params.i }}\" ] " \
	"}\n"                                                                                  \
	"outputs: { r: \"${{ steps.p.out.r }}\" }\n"

static int
fetch(void *context, const char *path, struct buf *b, struct err *err)
{
	(void)context;
	(void)err;
	assert_string_equal(path, "part.yaml");
	buf_add_cstr(b, PART);
	return 0;
}

static void
make_plan(struct plan *ret_plan)
{
	const struct workflow_files files = {fetch, NULL};
	struct plan_request request = {.sketch = true};
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	struct workflow *workflow = NULL;
	struct err err = ERR_INIT;

	if (workflow_read("top.yaml", STR(TOP), &files, &workflow, &err) < 0)
		fail_msg("%s", err.message);
	rig_describe(workflow, &b);
	if (workflow_errors(workflow))
		fail_msg("%s", buf_cstr(&b));
	request.workflow = workflow;
	rig_plan(&request, ret_plan);
	workflow_free(workflow);
}

static struct graph *
load(void)
{
	struct graph *graph;
	struct plan plan;

	make_plan(&plan);
	graph = rig_load(&plan);
	plan_done(&plan);
	return graph;
}

static uint32_t
number_of(const struct graph *graph, const char *name)
{
	uint32_t number = graph_find(graph, str_of(name));

	if (number == STEP_NONE)
		fail_msg("no step %s", name);
	return number;
}

static const struct step *
step_of(const struct graph *graph, const char *name)
{
	return &graph->steps[number_of(graph, name)];
}

static const struct expansion *
expand(struct graph *graph, const char *name, struct str first, struct str second)
{
	const struct str keys[] = {first, second};
	const struct expansion *expansion;
	struct err err = ERR_INIT;

	if (graph_expand(graph, number_of(graph, name),
		    &(struct expansion_items){.keys = keys, .n = 2, .visit = 1}, &expansion,
		    &err) < 0)
		fail_msg("%s", err.message);
	return expansion;
}

static void
test_plan(void **state)
{
	struct graph *g = load();
	const struct step *o = step_of(g, "o");
	const struct step *f = step_of(g, "o/*/f");

	(void)state;
	assert_int_equal(o->foreach->n_templates, 8);
	assert_int_equal(f->foreach->n_templates, 2);
	assert_ptr_equal(f->template_of, o->foreach);
	assert_ptr_equal(step_of(g, "o/*/f/*/b")->template_of, f->foreach);
	assert_ptr_equal(step_of(g, "o/*/z/q")->template_of, o->foreach);
	assert_ptr_equal(step_of(g, "o/*/z/q/*")->template_of, step_of(g, "o/*/z/q")->foreach);
	assert_int_equal(g->n_templates, 9);
	/* What the inner one needs from outside, the outer one waits for. */
	assert_int_equal(o->n_needs, 1);
	assert_int_equal(o->needs[0], number_of(g, "s"));
	assert_int_equal(f->n_needs, 1);
	assert_int_equal(f->needs[0], number_of(g, "o/*/a"));
	/* All items take in the same file. */
	assert_true(str_is(g->inputs[0].name, "o/z/n"));
	assert_true(step_of(g, "g")->is_last);
	assert_true(step_of(g, "g/*")->is_last);
	graph_free(g);
}

static void
test_items(void **state)
{
	struct graph *g = load();
	uint32_t n = g->n_steps;
	uint32_t n_scopes = g->n_scopes;
	const struct expansion *outer = expand(g, "o", STR("x"), STR("y"));
	const struct step *f = step_of(g, "o/y/f");
	const struct step *z = step_of(g, "o/y/z");

	(void)state;
	assert_int_equal(g->n_steps, n + 2 * 8);
	assert_int_equal(outer->n_parts, 3); /* a, f, z */
	assert_int_equal(outer->n_inner, 3); /* f/b, f/c, z/q's */
	assert_int_equal(g->n_scopes, n_scopes + 2);
	assert_ptr_equal(f->item, &outer->items[1]);
	assert_null(f->template_of);
	assert_int_equal(f->foreach->step, number_of(g, "o/y/f"));
	assert_int_equal(f->foreach->planned, number_of(g, "o/*/f/*/b"));
	assert_ptr_equal(step_of(g, "o/y/f/*/c")->template_of, f->foreach);
	assert_int_equal(f->needs[0], number_of(g, "o/y/a"));
	assert_ptr_equal(graph_item(g, f), &outer->items[1]);
	/* A step of the scope is in the item, but no part of it. */
	assert_int_equal(z->scope->step, number_of(g, "o/y/z"));
	assert_ptr_equal(g->scopes[z->scope->number], z->scope);
	assert_ptr_equal(step_of(g, "o/y/z/p")->inside, z->scope);
	assert_ptr_equal(step_of(g, "o/y/z/p")->item, &outer->items[1]);
	assert_null(graph_item(g, step_of(g, "o/y/z/p")));
	assert_ptr_equal(graph_item(g, z), &outer->items[1]);
	assert_int_equal(step_of(g, "o/y/z/p")->needs[0], number_of(g, "o/y/z"));
	graph_free(g);
}

static void
test_items_of_items(void **state)
{
	struct graph *g = load();
	const struct expansion *outer = expand(g, "o", STR("x"), STR("y"));
	const struct expansion *inner = expand(g, "o/y/f", STR("k"), STR("l"));
	const struct expansion *other = expand(g, "o/x/z/q", STR("0"), STR("1"));
	const struct step *c;

	(void)state;
	assert_int_equal(inner->number, 1);
	assert_int_equal(inner->n_parts, 2);
	assert_int_equal(inner->n_inner, 0);
	assert_ptr_equal(graph_expansion(g, number_of(g, "o/y/f")), inner);
	assert_null(graph_expansion(g, number_of(g, "o/x/f")));
	assert_null(graph_expansion(g, number_of(g, "o/y/a")));
	c = step_of(g, "o/y/f/l/c");
	assert_ptr_equal(c->item, &inner->items[1]);
	assert_int_equal(c->needs[0], number_of(g, "o/y/f/l/b"));
	/* A number of the plan means what its own item, or the one around that, got. */
	assert_int_equal(
		graph_target(g, c, number_of(g, "o/*/f/*/b")), number_of(g, "o/y/f/l/b"));
	assert_int_equal(graph_target(g, c, number_of(g, "o/*/a")), number_of(g, "o/y/a"));
	assert_int_equal(graph_target(g, c, number_of(g, "s")), number_of(g, "s"));
	assert_int_equal(
		graph_target(g, step_of(g, "e"), number_of(g, "o/*/a")), number_of(g, "o/*/a"));
	c = step_of(g, "o/x/z/q/1");
	assert_ptr_equal(graph_item(g, c), &other->items[1]);
	assert_int_equal(graph_target(g, c, number_of(g, "o/*/z")), number_of(g, "o/x/z"));
	assert_int_equal(outer->number, 0);
	graph_free(g);
}

static void
test_given(void **state)
{
	const struct value one[] = {value_number(STR("1")), value_number(STR("2"))};
	struct graph *g = load();
	uint32_t z;

	(void)state;
	(void)expand(g, "o", STR("x"), STR("y"));
	z = number_of(g, "o/y/z");
	assert_null(graph_given(g, z, 1));
	graph_give(g, z, one);
	assert_ptr_equal(graph_given(g, z, 1), &one[1]);
	assert_null(graph_given(g, number_of(g, "o/x/z"), 1));
	graph_free(g);
}

/* Many, one after the other: numbers and what was kept by number stay right. */
static void
test_growth(void **state)
{
	struct str keys[200];
	char texts[200][8];
	struct graph *g = load();
	const struct expansion *expansion;
	struct err err = ERR_INIT;

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(keys); i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "k%u", i);
		keys[i] = str_of(texts[i]);
	}
	assert_int_equal(graph_expand(g, number_of(g, "o"),
				 &(struct expansion_items){
					 .keys = keys, .n = ARRAY_SIZE(keys), .visit = 1},
				 &expansion, &err),
		0);
	for (uint32_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "o/k%u/f", i);
		(void)expand(g, name, STR("p"), STR("q"));
	}
	for (uint32_t i = 0; i < ARRAY_SIZE(keys); i++) {
		char name[32];
		uint32_t c;

		(void)snprintf(name, sizeof(name), "o/k%u/f/q/c", i);
		c = number_of(g, name);
		assert_int_equal(g->steps[c].item->expansion->number, i + 1);
		(void)snprintf(name, sizeof(name), "o/k%u/a", i);
		assert_int_equal(graph_target(g, &g->steps[c], number_of(g, "o/*/a")),
			number_of(g, name));
	}
	assert_int_equal(
		g->n_steps - g->n_templates, g->n_planned - 9 + 200 * (8 - 3) + 200 * 4);
	graph_free(g);
}

/* A chunk under the name that its bytes give it. */
static void
rename_chunk(struct plan *plan)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	char *at = strstr(buf_cstr(&plan->head), "\"chunks\":[\"");

	assert_non_null(at);
	digest_of(plan->chunks[0].p, plan->chunks[0].n, &digest);
	memcpy(plan->head.p + (at - plan->head.p) + 11, digest_to_hex(&digest, hex), 64);
}

/* Every foreach that is no template, also those that come with the items of another. */
static void
expand_all(struct graph *graph)
{
	const struct str keys[] = {STR("x"), STR("y")};
	const struct expansion *expansion;
	struct err err = ERR_INIT;

	for (uint32_t i = 0; i < graph->n_steps && graph->n_steps < 10000; i++)
		if (graph->steps[i].foreach && !graph->steps[i].template_of &&
			graph_expand(graph, i,
				&(struct expansion_items){.keys = keys, .n = 2, .visit = 1},
				&expansion, &err) < 0)
			fail_msg("%s", err.message);
}

/* Numbers of a damaged plan: it is refused, or its items hold together. */
static void
test_damaged_plans(void **state)
{
	static const char digits[] = "0123456789";
	uint32_t n_loaded = 0;

	(void)state;
	for (uint32_t round = 0; round < 10; round++) {
		struct plan plan;

		make_plan(&plan);
		for (size_t i = 1; i + 1 < plan.chunks[0].n; i++) {
			struct rig_chunks chunks = {&plan, 0};
			char was = plan.chunks[0].p[i];
			struct graph *graph = NULL;

			if (!strchr(digits, was) || strchr(digits, plan.chunks[0].p[i - 1]))
				continue;
			plan.chunks[0].p[i] = digits[round];
			rename_chunk(&plan);
			if (plan_load(buf_str(&plan.head), rig_fetch, &chunks, &graph, NULL) ==
				0) {
				expand_all(graph);
				for (uint32_t k = 0; k < graph->n_steps; k++)
					for (uint32_t j = 0; j < graph->steps[k].n_needs; j++)
						assert_in_range(graph->steps[k].needs[j], 0,
							graph->n_steps - 1);
				graph_free(graph);
				n_loaded++;
			}
			plan.chunks[0].p[i] = was;
		}
		plan_done(&plan);
	}
	assert_in_range(n_loaded, 20, 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_items),
		cmocka_unit_test(test_items_of_items),
		cmocka_unit_test(test_given),
		cmocka_unit_test(test_growth),
		cmocka_unit_test(test_damaged_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
