/*
 * What a step takes from an earlier run: how it is read, planned, loaded, and refused.
 */
#include "rig.h"

#define HEAD "lily: 1\nname: w\n"

static const char chain[] =
	HEAD "steps:\n"
	     "  make: { run: x, out: { rows: { type: jsonl }, f: { path: \"d/f.yaml\" } } }\n"
	     "  use: { run: x, in: { r: { previous: make.rows }, f: { previous: make.f,"
	     " optional: true }, s: { previous: make.rows } } }\n";

#define RUN "01a21638-340e-7f02-b32a-93b7c7d68805"

static struct plan_previous
left_behind(const char *name, bool present)
{
	struct plan_previous previous = {
		.name = str_of(name), .present = present, .kind = STR_EMPTY, .type = STR_EMPTY};

	if (present) {
		previous.has_run = uuid_parse(STR(RUN), &previous.run);
		previous.artifact = 7;
		previous.size = 42;
		previous.kind = STR("json");
		previous.type = STR("row.v1");
		previous.has_schema = true;
	}
	return previous;
}

static void
test_listed(void **state)
{
	struct workflow *workflow = rig_workflow("w.yaml", STR(chain));
	size_t n;
	const struct workflow_previous *all = workflow_previous(workflow, &n);

	(void)state;
	assert_int_equal(n, 2);
	assert_true(str_is(all[0].name, "make.rows") && str_is(all[0].step, "make"));
	assert_true(str_is(all[0].output, "rows") && str_is(all[0].path, "rows.jsonl"));
	assert_true(str_is(all[1].name, "make.f") && str_is(all[1].path, "d/f.yaml"));
	workflow_free(workflow);
}

/* The group's output is that of the step in it, which the step beside it knows by its own name. */
static void
test_groups(void **state)
{
	struct workflow *workflow = rig_workflow("w.yaml",
		STR(HEAD "steps:\n"
			 "  g:\n"
			 "    outputs: { all: \"${{ steps.a.out.o }}\" }\n"
			 "    steps:\n"
			 "      a: { run: x, out: { o: } }\n"
			 "      b: { run: x, in: { i: { previous: a.o, optional: true } } }\n"
			 "  c: { run: x, in: { i: { previous: g.all, optional: true }, j: { "
			 "previous:"
			 " g/a.o, optional: true } } }\n"));
	size_t n;
	const struct workflow_previous *all = workflow_previous(workflow, &n);

	(void)state;
	assert_int_equal(n, 1);
	assert_true(str_is(all[0].name, "g/a.o"));
	workflow_free(workflow);
}

static void
test_planned(void **state)
{
	struct workflow *workflow = rig_workflow("w.yaml", STR(chain));
	const struct plan_previous left[] = {
		left_behind("make.rows", true), left_behind("make.f", false)};
	struct plan_request request = {
		.workflow = workflow, .previous = left, .n_previous = ARRAY_SIZE(left)};
	const struct earlier *earlier;
	struct graph *graph;
	struct plan plan;

	(void)state;
	rig_plan(&request, &plan);
	assert_non_null(strstr(plan.head.p,
		"\"previous\":{\"make.f\":{\"path\":\"d/"
		"f.yaml\"},\"make.rows\":{\"artifact\":7,"
		"\"kind\":\"json\",\"path\":\"rows.jsonl\",\"run\":\"" RUN
		"\",\"schema\":\"0000"));
	assert_non_null(strstr(plan.head.p, "\"size\":42,\"type\":\"row.v1\"}},\"settings\""));
	assert_non_null(strstr(plan.chunks[0].p,
		"\"in\":{\"f\":{\"optional\":true,\"previous\":\"make.f\"},\"r\":{\"previous\":"
		"\"make.rows\"}"));
	graph = rig_load(&plan);
	assert_int_equal(graph->n_inputs, 2);
	assert_true(str_is(graph->inputs[0].name, "previous/make.f"));
	assert_true(!graph->inputs[0].given && !graph->inputs[0].earlier->has_run);
	assert_true(graph->inputs[1].given && graph->inputs[1].size == 42);
	earlier = graph_earlier(graph, &graph->steps[1], STR("s"));
	assert_ptr_equal(earlier, graph->inputs[1].earlier);
	assert_true(earlier->has_run && earlier->artifact == 7 && earlier->has_schema);
	assert_true(str_is(earlier->type, "row.v1") && str_is(earlier->kind, "json"));
	assert_null(graph_earlier(graph, &graph->steps[1], STR("x")));
	graph_free(graph);
	plan_done(&plan);
	workflow_free(workflow);
}

static void
test_absent(void **state)
{
	struct workflow *workflow = rig_workflow("w.yaml", STR(chain));
	struct plan_previous left[] = {
		left_behind("make.rows", false), left_behind("make.f", false)};
	const struct str only[] = {STR("make")};
	struct plan_request request = {.workflow = workflow};
	struct err err = ERR_INIT;
	struct plan plan;

	(void)state;
	assert_int_equal(plan_make(&request, &plan, &err), ERR_INVALID);
	assert_non_null(strstr(err.message,
		"w.yaml:5:39: no run of \"w\" that could leave "
		"make.rows has succeeded yet"));
	left[0].has_run = uuid_parse(STR(RUN), &left[0].run);
	request.previous = left;
	request.n_previous = ARRAY_SIZE(left);
	assert_int_equal(plan_make(&request, &plan, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "run " RUN " of \"w\""));
	request.sketch = true;
	rig_plan(&request, &plan);
	plan_done(&plan);
	request.sketch = false;
	request.only = only;
	request.n_only = 1;
	rig_plan(&request, &plan);
	assert_null(strstr(plan.head.p, "\"previous\""));
	plan_done(&plan);
	workflow_free(workflow);
}

/* One place of the head is another: the plan is damaged, and no plan that is read wrongly. */
static void
test_damaged(void **state)
{
	static const struct {
		const char *is, *becomes;
	} rows[] = {
		{"\"kind\":\"json\",", ""},
		{"\"artifact\":7,", ""},
		{"\"artifact\":7,", "\"artifact\":-7,"},
		{"\"run\":\"01a21638", "\"run\":\"x1a21638"},
		{"\"run\":\"" RUN "\",", ""},
		{"\"sha256\":\"00", "\"sha256\":\"x0"},
		{"\"schema\":\"00", "\"schema\":\"x0"},
		{"\"size\":42", "\"size\":4.2"},
		{"\"path\":\"rows.jsonl\",", ""},
		{"\"make.rows\":{", "\"make.row\":{"},
		{"\"type\":\"row.v1\"", "\"typ\":\"row.v1\""},
	};
	struct workflow *workflow = rig_workflow("w.yaml", STR(chain));
	const struct plan_previous left[] = {
		left_behind("make.rows", true), left_behind("make.f", false)};
	struct plan_request request = {
		.workflow = workflow, .previous = left, .n_previous = ARRAY_SIZE(left)};
	struct plan plan;

	(void)state;
	rig_plan(&request, &plan);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_BUF struct buf head = BUF_INIT((size_t)1 << 20);
		struct rig_chunks chunks = {&plan, 0};
		const char *at = strstr(strstr(plan.head.p, "\"previous\""), rows[i].is);
		struct err err = ERR_INIT;
		struct graph *graph;

		assert_non_null(at);
		buf_add(&head, plan.head.p, (size_t)(at - plan.head.p));
		buf_add_cstr(&head, rows[i].becomes);
		buf_add_cstr(&head, at + strlen(rows[i].is));
		if (plan_load(buf_str(&head), rig_fetch, &chunks, &graph, &err) != ERR_CORRUPT)
			fail_msg("%s -> %s: %s", rows[i].is, rows[i].becomes, err.message);
	}
	plan_done(&plan);
	workflow_free(workflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_planned),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
