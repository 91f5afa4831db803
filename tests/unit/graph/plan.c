/*
 * Plans: what is in them, that they are pure and canonical, what they refuse.
 */
#include "base/clock.h"
#include "rig.h"
#include "json/json.h"

#include <stdio.h>

#define HEAD "lily: 1\n"

static void
add_plan(const struct plan *plan, struct buf *b)
{
	buf_add_str(b, buf_str(&plan->head));
	for (size_t i = 0; i < plan->n_chunks; i++)
		buf_add_str(b, buf_str(&plan->chunks[i]));
}

#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"

static void
make_text(const char *text, struct buf *b)
{
	struct workflow *workflow = rig_workflow("p.lily.yaml", str_of(text));
	struct plan_request request = {.workflow = workflow};
	struct plan plan;

	rig_plan(&request, &plan);
	add_plan(&plan, b);
	plan_done(&plan);
	workflow_free(workflow);
}

static const struct {
	const char *text;
	const char *holds;
} fragments[] = {
	{HEAD "steps: { a: { run: make x } }\n",
		"[{\"argv\":[\"bash\",\"-euo\",\"pipefail\",\"-c\",\"make "
		"x\"],\"name\":\"a\"}]"},
	{HEAD "steps: { a: { run: x, shell: sh } }\n",
		"\"argv\":[\"sh\",\"-eu\",\"-c\",\"x\"]"},
	{HEAD "steps: { a: { run: x, shell: [ python3, -c ] } }\n",
		"\"argv\":[\"python3\",\"-c\",\"x\"]"},
	{HEAD "defaults: { shell: sh }\nsteps: { a: { run: x } }\n", "\"argv\":[\"sh\""},
	{HEAD "defaults: { shell: sh }\nsteps: { a: { run: x, shell: bash } }\n",
		"\"argv\":[\"bash\""},
	/* schemas, by id, with what judges beside them */
	{HEAD "schemas: { b.v1: b.json, a.v2: { file: a.yaml, validators: [ { run: x }, { "
	      "exec: [ y, "
	      "3.10, True ], timeout: 2s } ] } }\nsteps: { a: { run: x } }\n",
		"\"schemas\":{\"a.v2\":{\"file\":\"a.yaml\",\"sha256\":\"" ZEROS "\","
		"\"validators\":[{\"argv\":[\"bash\",\"-euo\",\"pipefail\",\"-c\",\"x\"],"
		"\"timeout\":60000000},{\"argv\":[\"y\",\"3.10\",\"True\"],\"timeout\":2000000}"
		"]},"
		"\"b.v1\":{\"file\":\"b.json\",\"sha256\":\"" ZEROS "\"}},\"settings\""},
	{HEAD "schemas: { s.v1: f }\nsteps: { a: { run: x, in: { i: { path: p, as: json, "
	      "optional: true, "
	      "schema: s.v1 } }, out: { o: { schema: s.v1, optional: true }, p: { type: jsonl, "
	      "schema: s.v1 } } } }\n",
		"\"in\":{\"i\":{\"as\":\"json\",\"optional\":true,\"path\":\"p\",\"schema\":"
		"\"s.v1\"}},"
		"\"name\":\"a\",\"out\":{\"o\":{\"optional\":true,\"schema\":\"s.v1\",\"type\":"
		"\"json\"},"
		"\"p\":{\"schema\":\"s.v1\",\"type\":\"jsonl\"}}"},
	{HEAD "schemas: { s.v1: f }\ninputs: { i: { optional: true, schema: s.v1 } }\n"
	      "steps: { a: { run: x } }\n",
		"\"inputs\":{\"i\":{\"optional\":true,\"schema\":\"s.v1\"}}"},
	{HEAD "params: { p: { type: array, default: [ 1.0, { b: 1, a: [] } ] } }\n"
	      "steps: { a: { run: x, in: { i: \"${{ params.p }}\" } } }\n",
		"\"in\":{\"i\":{\"value\":[1,{\"a\":[],\"b\":1}]}}"},
	/* numbers and booleans stay as they were written */
	{HEAD "steps: { a: { exec: [ x, 3.10, 0x1F, -0, 1e3, True, \"y\\u00e9\" ] } }\n",
		"\"argv\":[\"x\",\"3.10\",\"0x1F\",\"-0\",\"1e3\",\"True\",\"yé\"]"},
	/* params are put in, text around them joined */
	{HEAD "params: { p: { default: 3.10 }, q: { default: \"a\\\"b\" } }\n"
	      "steps: { a: { exec: [ x, \"${{ params.p }}\", \"-${{params.q}}-${{ params.p "
	      "}}\" ] } }\n",
		"\"argv\":[\"x\",\"3.10\",\"-a\\\"b-3.10\"]"},
	{HEAD "params: { p: { default: 3.10 } }\nsteps: { a: { run: x } }\n",
		"\"params\":{\"p\":3.1}"},
	{HEAD "steps: { a: { exec: [ \"r${{ run.id }}\", \"${{run.date}}\" ] } }\n",
		"\"argv\":[{\"parts\":[\"r\",{\"ref\":\"run.id\"}]},{\"parts\":[{\"ref\":\"run."
		"date\"}]}]"},
	{HEAD "params: { p: { default: d } }\n"
	      "steps: { a: { run: x, in: { i: { path: \"${{ params.p }}/f\" }, j: { tree: t, "
	      "optional: "
	      "true }, k: { value: { b: 1.0, a: [ null ] } }, l: \"${{ params.p }}\" } } }\n",
		"\"in\":{\"i\":{\"path\":\"d/"
		"f\"},\"j\":{\"optional\":true,\"tree\":\"t\"},\"k\":{\"value\":"
		"{\"a\":[null],\"b\":1}},\"l\":{\"value\":\"d\"}}"},
	{HEAD "steps: { a: { run: x, out: { u: , t: { type: dir, path: d, optional: true }, s: "
	      "{ from: "
	      "stdout, type: text } } } }\n",
		"\"out\":{\"s\":{\"from\":\"stdout\",\"type\":\"text\"},\"t\":{\"optional\":"
		"true,\"path\":\"d\","
		"\"type\":\"dir\"},\"u\":{}}"},
	/* edges come from needs and references, each once, ascending */
	{HEAD "steps:\n  z: { run: x, needs: [ b, a, b ], in: { i: \"${{ steps.a.out.o }}\" } "
	      "}\n"
	      "  a: { run: x, out: { o: } }\n  b: { run: x }\n",
		"\"in\":{\"i\":{\"from\":\"steps.a.out.o\"}},\"name\":\"z\",\"needs\":[1,2]}"},
	{HEAD "steps:\n  a: { run: x, out: { o: { type: text } } }\n"
	      "  b: { run: x, env: { E: \"${{ steps.a.out.o }}\" } }\n"
	      "  c: { run: x, out: { p: { path: \"${{ steps.a.out.o }}.txt\" } } }\n",
		"\"name\":\"b\",\"needs\":[0]},{\"argv\":[\"bash\",\"-euo\",\"pipefail\",\"-"
		"c\",\"x\"],"
		"\"name\":\"c\",\"needs\":[0]"},
	/* settings: the workflow's, the defaults', the step's; each kind once */
	{HEAD "env: { B: 1, A: 2 }\npass_env: [ Z, Y ]\n"
	      "defaults: { env: { B: 3 }, pass_env: [ Y, X ], timeout: 1m, grace: 5s }\n"
	      "steps:\n  a: { run: x }\n  b: { run: x, timeout: 60s }\n"
	      "  c: { run: x, env: { C: 4 }, pass_env: [], timeout: 2s, grace: 2s }\n",
		"\"settings\":[{\"env\":{\"A\":\"2\",\"B\":\"3\"},\"grace\":5000000,\"pass_"
		"env\":[\"X\",\"Y\","
		"\"Z\"],\"timeout\":60000000},{\"env\":{\"A\":\"2\",\"B\":\"1\"},\"pass_env\":["
		"\"Y\",\"Z\"],"
		"\"timeout\":2000000}]"},
	{HEAD "steps: { a: { run: x, env: { C: 4, B: 5 } } }\n",
		"\"env\":{\"B\":\"5\",\"C\":\"4\"},\"name\":\"a\""},
	{HEAD "steps: { a: { run: x, retry: { attempts: 3 } } }\n",
		"\"settings\":[{\"retry\":{\"attempts\":3,\"backoff\":1000000,\"factor\":2,"
		"\"jitter\":"
		"\"full\",\"max_backoff\":60000000}}]"},
	{HEAD "steps: { a: { run: x, retry: { attempts: 2, errors: [ exit:9, lost, exit:3, "
	      "exit:9 ], "
	      "backoff: 10ms, factor: 1.5, max_backoff: 1s, jitter: none } } }\n",
		"{\"attempts\":2,\"backoff\":10000,\"errors\":[\"lost\",\"exit:3\",\"exit:9\"],"
		"\"factor\":1.5,"
		"\"jitter\":\"none\",\"max_backoff\":1000000}"},
	{HEAD "parallel: 7\ndescription: \"tab\\t\"\nsteps: { a: { run: x } }\n",
		"\"description\":\"tab\\t\",\"inputs\":{},\"name\":\"p\",\"outputs\":{},"
		"\"parallel\":7"},
	{HEAD "outputs: { b: \"${{ steps.a.out.o }}\", a: \"${{ steps.a.out.p }}\" }\n"
	      "steps: { a: { run: x, out: { o: , p: } } }\n",
		"\"outputs\":{\"a\":{\"ref\":\"steps.a.out.p\"},\"b\":{\"ref\":\"steps.a.out."
		"o\"}}"},
	{HEAD "steps: { a: { run: x, in: { w: { from: \"${{ inputs.work_order }}\", optional: "
	      "true } } } }\n",
		"\"inputs\":{\"work_order\":{\"optional\":true}}"},
};

static void
test_fragments(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fragments); i++) {
		AUTO_BUF struct buf got = BUF_INIT((size_t)1 << 20);

		make_text(fragments[i].text, &got);
		if (!strstr(buf_cstr(&got), fragments[i].holds))
			fail_msg("%s\nwants %s\ngot %s", fragments[i].text, fragments[i].holds,
				buf_cstr(&got));
	}
}

static void
check_canonical(struct str text)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf canonical = BUF_INIT((size_t)1 << 24);
	struct source source = {"plan", text};
	const struct value *v;
	struct err err = ERR_INIT;

	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, NULL, &v, &err) < 0 ||
		json_canonical(v, JSON_NUMBERS_EXACT, &canonical, &err) < 0)
		fail_msg("%s\n%.*s", err.message, STR_ARG(text));
	if (!str_equal(buf_str(&canonical), text))
		fail_msg("%.*s\nis not\n%s", STR_ARG(text), buf_cstr(&canonical));
}

/* Written by hand, member by member, and yet RFC 8785; the same bytes each time. */
static void
test_canonical_and_pure(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fragments); i++) {
		struct workflow *workflow = rig_workflow("p.yaml", str_of(fragments[i].text));
		struct plan_request request = {.workflow = workflow};
		AUTO_BUF struct buf first = BUF_INIT((size_t)1 << 20);
		AUTO_BUF struct buf second = BUF_INIT((size_t)1 << 20);
		struct plan plan;

		rig_plan(&request, &plan);
		add_plan(&plan, &first);
		check_canonical(buf_str(&plan.head));
		for (size_t j = 0; j < plan.n_chunks; j++)
			check_canonical(buf_str(&plan.chunks[j]));
		plan_done(&plan);
		workflow_free(workflow);
		workflow = rig_workflow("p.yaml", str_of(fragments[i].text));
		request.workflow = workflow;
		rig_plan(&request, &plan);
		add_plan(&plan, &second);
		assert_true(str_equal(buf_str(&first), buf_str(&second)));
		plan_done(&plan);
		workflow_free(workflow);
	}
}

static struct member
param(const char *name, struct value v)
{
	return (struct member){value_string(str_of(name)), v};
}

static const char with_params[] = HEAD
	"params: { p: { type: string }, n: { type: integer, enum: [ 1, 2 ], default: 1 } }\n"
	"inputs: { i: { path: f }, o: { optional: true } }\n"
	"steps: { a: { exec: [ x, \"${{ params.p }}\", \"${{ params.n }}\" ], in: { f: { path: "
	"\"${{ params.p }}/x\" } } } }\n";

static void
check_refused(struct plan_request *request, const char *says)
{
	struct err err = ERR_INIT;
	struct plan plan;
	int r = plan_make(request, &plan, &err);

	if (r != ERR_INVALID || !strstr(err.message, says))
		fail_msg("wants %s, got %d %s", says, r, err.message);
}

static void
test_arguments(void **state)
{
	struct workflow *workflow = rig_workflow("p.yaml", STR(with_params));
	const struct plan_input given = {.name = STR("i"), .path = STR("dir/f"), .size = 7};
	struct member params[2] = {param("p", value_string(STR("v")))};
	struct plan_request request = {.workflow = workflow, .params = params};
	AUTO_BUF struct buf got = BUF_INIT((size_t)1 << 20);
	struct plan plan;

	(void)state;
	check_refused(
		&request, "p.yaml:2:11: param \"p\" has no default and must be given: -p p=");
	request.n_params = 1;
	check_refused(&request, "p.yaml:3:11: input \"i\" must be given: -i i=FILE");
	request.inputs = &given;
	request.n_inputs = 1;
	rig_plan(&request, &plan);
	add_plan(&plan, &got);
	plan_done(&plan);
	assert_non_null(strstr(buf_cstr(&got), "\"argv\":[\"x\",\"v\",\"1\"]"));
	assert_non_null(strstr(buf_cstr(&got),
		"\"inputs\":{\"i\":{\"path\":\"dir/"
		"f\",\"sha256\":\"0000000000000000000000000000"
		"000000000000000000000000000000000000\",\"size\":7},\"o\":{\"optional\":true}"
		"}"));
	request.n_params = 2;
	params[1] = param("n", value_number(STR("3")));
	check_refused(
		&request, "p.yaml:2:32: param \"n\" must be one of 1, 2, not the number 3");
	params[1] = param("n", value_string(STR("1")));
	check_refused(&request, "param \"n\" must be integer, not the text \"1\"");
	params[1] = param("m", value_string(STR("1")));
	check_refused(&request, "p.yaml has no param \"m\"");
	request.n_params = 1;
	params[0] = param("p", value_string(STR("..")));
	check_refused(&request, "p.yaml:4:83: with its params the path is \"../x\"");
	params[0] = param("p", value_string((struct str){"a\0b", 3}));
	check_refused(&request, "NUL");
	workflow_free(workflow);
}

static void
test_sketch(void **state)
{
	struct workflow *workflow = rig_workflow("p.yaml", STR(with_params));
	struct plan_request request = {.workflow = workflow, .sketch = true};
	AUTO_BUF struct buf got = BUF_INIT((size_t)1 << 20);
	struct plan plan;

	(void)state;
	rig_plan(&request, &plan);
	add_plan(&plan, &got);
	assert_non_null(strstr(buf_cstr(&got), "\"argv\":[\"x\",\"${{ params.p }}\",\"1\"]"));
	plan_done(&plan);
	workflow_free(workflow);
}

static void
test_only(void **state)
{
	struct workflow *workflow = rig_workflow("p.yaml",
		STR(HEAD "outputs: { x: \"${{ steps.a.out.o }}\", y: \"${{ steps.d.out.o }}\" "
			 "}\n"
			 "steps:\n  a: { run: x, needs: [ c ], out: { o: } }\n  b: { run: x }\n"
			 "  c: { run: x }\n  d: { run: x, needs: [ b ], out: { o: } }\n"));
	struct str only[] = {STR("a"), STR("c"), STR("a")};
	struct plan_request request = {.workflow = workflow, .only = only, .n_only = 3};
	AUTO_BUF struct buf got = BUF_INIT((size_t)1 << 20);
	struct plan plan;

	(void)state;
	rig_plan(&request, &plan);
	add_plan(&plan, &got);
	assert_non_null(strstr(buf_cstr(&got), "\"steps\":2}"));
	assert_non_null(
		strstr(buf_cstr(&got), "\"outputs\":{\"x\":{\"ref\":\"steps.a.out.o\"}}"));
	assert_non_null(strstr(buf_cstr(&got), "\"name\":\"a\",\"needs\":[1]"));
	assert_null(strstr(buf_cstr(&got), "\"name\":\"b\""));
	plan_done(&plan);
	only[1] = STR("steps");
	check_refused(&request, "p.yaml has no step \"steps\"");
	only[1] = STR("aa");
	check_refused(&request, "did you mean \"a\"?");
	workflow_free(workflow);
}

/* No step is lost at the borders of chunks. */
static void
test_chunks(void **state)
{
	static const uint32_t sizes[] = {1, PLAN_CHUNK_STEPS - 1, PLAN_CHUNK_STEPS,
		PLAN_CHUNK_STEPS + 1, 2 * PLAN_CHUNK_STEPS, 2 * PLAN_CHUNK_STEPS + 1};
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 22);

	(void)state;
	for (size_t k = 0; k < ARRAY_SIZE(sizes); k++) {
		struct graph *graph;

		buf_clear(&text);
		buf_add_cstr(&text, HEAD "steps:\n");
		for (uint32_t i = 0; i < sizes[k]; i++)
			buf_printf(&text, "  s%u: { exec: [ x, %u ] }\n", i, i);
		graph = rig_graph(buf_str(&text));
		assert_int_equal(graph->n_steps, sizes[k]);
		for (uint32_t i = 0; i < sizes[k]; i++) {
			char number[16];

			(void)snprintf(number, sizeof(number), "%u", i);
			assert_true(str_is(graph->steps[i].argv[1].parts[0].text, number));
		}
		graph_free(graph);
	}
}

/* 100 000 steps in a chain: the time is printed, the memory bounded. */
static void
test_long_chain(void **state)
{
	const uint32_t n = 100000;
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 25);
	int64_t start = clock_boot_us();
	struct workflow *workflow;
	struct plan_request request = {0};
	struct plan plan;
	struct graph *graph;

	(void)state;
	buf_add_cstr(&text, HEAD "steps:\n");
	for (uint32_t i = 0; i < n; i++)
		buf_printf(
			&text, "  s%u: { exec: [ work, %u ], needs: [ s%u ] }\n", i, i, i + 1);
	buf_printf(&text, "  s%u: { exec: [ work ] }\n", n);
	workflow = rig_workflow("chain.yaml", buf_str(&text));
	print_message("read and checked after %lld ms\n",
		(long long)(clock_boot_us() - start) / 1000);
	request.workflow = workflow;
	rig_plan(&request, &plan);
	print_message("planned after %lld ms\n", (long long)(clock_boot_us() - start) / 1000);
	graph = rig_load(&plan);
	print_message("loaded after %lld ms, %zu bytes a step\n",
		(long long)(clock_boot_us() - start) / 1000, graph->arena.total / n);
	assert_int_equal(graph->n_steps, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(graph->steps[i].n_needs, 1);
		assert_int_equal(graph->steps[i].needs[0], i + 1);
		assert_int_equal(graph->steps[i + 1].dependents[0], i);
	}
	assert_true(graph->arena.total / n < 500);
	graph_free(graph);
	plan_done(&plan);
	workflow_free(workflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_canonical_and_pure),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_sketch),
		cmocka_unit_test(test_only),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_long_chain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
