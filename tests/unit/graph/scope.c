/* Workflows that are made of several files: how they are read, planned and loaded. */
#include "graph/scope.h"
#include "rig.h"

/* Files in memory, for workflow_read; how often each was asked for. */
struct file {
	const char *path;
	const char *text;
	unsigned fetched;
};

struct shelf {
	struct file *files;
	size_t n;
};

static int
fetch(void *context, const char *path, struct buf *b, struct err *err)
{
	struct shelf *shelf = context;

	for (size_t i = 0; i < shelf->n; i++) {
		if (strcmp(shelf->files[i].path, path) != 0)
			continue;
		shelf->files[i].fetched++;
		buf_add_cstr(b, shelf->files[i].text);
		return 0;
	}
	return err_set(err, ERR_NOT_FOUND, "%s: there is none", path);
}

static struct workflow *
read_files(struct file *files, size_t n)
{
	struct shelf shelf = {files, n};
	const struct workflow_files from = {fetch, &shelf};
	struct workflow *workflow = NULL;
	struct err err = ERR_INIT;

	if (workflow_read(files[0].path, str_of(files[0].text), &from, &workflow, &err) < 0)
		fail_msg("%s", err.message);
	return workflow;
}

static struct workflow *
read_right(struct file *files, size_t n)
{
	struct workflow *workflow = read_files(files, n);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	size_t n_parts;
	const struct workflow *const *parts = workflow_parts(workflow, &n_parts);

	rig_describe(workflow, &b);
	for (size_t i = 0; i < n_parts; i++)
		rig_describe(parts[i], &b);
	if (workflow_errors(workflow))
		fail_msg("%s", buf_cstr(&b));
	return workflow;
}

#define PART                                                                            \
	"lily: 1\n"                                                                     \
	"params: { w: { type: string }, n: { type: integer, default: 3 } }\n"           \
	"inputs: { f: {}, o: { optional: true } }\n"                                    \
	"env: { W: \"${{ params.w }}\" }\n"                                             \
	"steps:\n"                                                                      \
	"  a: { run: x, in: { f: \"${{ inputs.f }}\" }, out: { t: { type: text } } }\n" \
	"  b: { exec: [ y, \"${{ steps.a.out.t }}\", \"${{ params.n }}\" ] }\n"         \
	"finally: { c: { run: z, needs: { b: failed } } }\n"                            \
	"outputs: { t: \"${{ steps.a.out.t }}\", n: \"${{ params.n > 1 }}\" }\n"

#define TOP                                                                  \
	"lily: 1\n"                                                          \
	"steps:\n"                                                           \
	"  s: { run: x, out: { f: , w: { type: text } } }\n"                 \
	"  p: { workflow: d/p.yaml, with: { w: \"${{ steps.s.out.w }}\" }, " \
	"in: { f: \"${{ steps.s.out.f }}\" } }\n"                            \
	"  q: { workflow: ./d/../d/p.yaml, with: { w: known, n: 7 }, "       \
	"in: { f: \"${{ steps.s.out.f }}\" } }\n"                            \
	"  e: { exec: [ e, \"${{ steps.p.out.t }}\", \"${{ steps.q.out.n }}\" ] }\n"

static struct graph *
load(const struct workflow *workflow, struct plan *ret_plan)
{
	struct plan_request request = {.workflow = workflow};

	rig_plan(&request, ret_plan);
	return rig_load(ret_plan);
}

static const struct step *
step_of(const struct graph *graph, const char *name)
{
	uint32_t number = graph_find(graph, str_of(name));

	if (number == STEP_NONE)
		fail_msg("no step %s", name);
	return &graph->steps[number];
}

static void
test_plan(void **state)
{
	struct file files[] = {{"top.yaml", TOP, 0}, {"d/p.yaml", PART, 0}};
	struct workflow *workflow = read_right(files, 2);
	struct plan plan;
	struct graph *g = load(workflow, &plan);
	const struct step *p = step_of(g, "p");
	const struct step *a = step_of(g, "p/a");
	const struct step *b = step_of(g, "q/b");
	const struct step *c = step_of(g, "p/c");

	(void)state;
	/* Read once, in the plan twice. */
	assert_int_equal(files[1].fetched, 1);
	assert_int_equal(g->n_steps, 10);
	assert_int_equal(g->n_scopes, 2);
	assert_int_equal(p->scope->n_steps, 3);
	assert_true(str_is(p->scope->file, "d/p.yaml"));
	assert_ptr_equal(a->inside, p->scope);
	assert_null(p->inside);
	assert_null(step_of(g, "e")->inside);
	/* What is known is put in, what is not is named with its scope. */
	assert_int_equal(p->scope->n_params, 1);
	assert_true(str_is(p->scope->params[0].name, "w"));
	assert_int_equal(step_of(g, "q")->scope->n_params, 0);
	assert_int_equal(a->settings->env[0].value.parts[0].reference.kind, REFERENCE_PARAM);
	assert_int_equal(
		a->settings->env[0].value.parts[0].reference.step, graph_find(g, STR("p")));
	assert_true(str_is(b->settings->env[0].value.parts[0].text, "known"));
	assert_true(str_is(b->argv[2].parts[0].text, "7"));
	/* What is handed over is the artifact itself. */
	assert_int_equal(a->inputs[0].reference.kind, REFERENCE_STEP_OUT);
	assert_int_equal(a->inputs[0].reference.step, graph_find(g, STR("s")));
	/* All wait for the scope, the last one for all. */
	assert_int_equal(a->n_needs, 1);
	assert_int_equal(a->wants[0], NEED_SUCCEEDED);
	assert_int_equal(c->n_needs, 3);
	assert_int_equal(c->wants[1], NEED_FINISHED);
	assert_int_equal(c->wants[2], NEED_FAILED);
	assert_true(c->is_last);
	/* Optional inputs that nobody hands over are absent, each for itself. */
	assert_int_equal(g->n_inputs, 2);
	assert_true(str_is(g->inputs[0].name, "p/o") && !g->inputs[0].given);
	/* What it returns has the type that it has there. */
	assert_int_equal(p->n_outputs, 2);
	assert_int_equal(p->outputs[0].type, OUTPUT_JSON);
	assert_int_equal(p->outputs[1].type, OUTPUT_TEXT);
	assert_int_equal(p->scope->results[1].reference.step, graph_find(g, STR("p/a")));
	graph_free(g);
	plan_done(&plan);
	workflow_free(workflow);
}

static void
test_same_files_same_plan(void **state)
{
	struct file files[] = {{"top.yaml", TOP, 0}, {"d/p.yaml", PART, 0}};
	struct workflow *one = read_right(files, 2);
	struct workflow *two = read_right(files, 2);
	struct plan plan_one;
	struct plan plan_two;

	(void)state;
	graph_free(load(one, &plan_one));
	graph_free(load(two, &plan_two));
	assert_true(str_equal(buf_str(&plan_one.head), buf_str(&plan_two.head)));
	assert_true(str_equal(buf_str(&plan_one.chunks[0]), buf_str(&plan_two.chunks[0])));
	plan_done(&plan_one);
	plan_done(&plan_two);
	workflow_free(one);
	workflow_free(two);
}

static void
test_given_values(void **state)
{
	struct file files[] = {{"top.yaml", TOP, 0}, {"d/p.yaml", PART, 0}};
	struct workflow *workflow = read_right(files, 2);
	struct value value = value_string(STR("v"));
	struct plan plan;
	struct graph *g = load(workflow, &plan);
	uint32_t p = graph_find(g, STR("p"));

	(void)state;
	assert_null(graph_given(g, p, 0));
	graph_give(g, p, &value);
	assert_ptr_equal(graph_given(g, p, 0), &value);
	assert_null(graph_given(g, graph_find(g, STR("q")), 0));
	graph_free(g);
	plan_done(&plan);
	workflow_free(workflow);
}

/* The one error of the second file is told at the step of the first that uses it, too. */
static void
test_errors_of_both(void **state)
{
	struct file files[] = {{"top.yaml", "lily: 1\nsteps: { p: { workflow: p.yaml } }\n", 0},
		{"p.yaml", "lily: 1\nsteps: { a: { run: x, needs: [ z ] } }\n", 0}};
	struct workflow *workflow = read_files(files, 2);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	struct err err = ERR_INIT;
	size_t n;
	const struct workflow *const *parts = workflow_parts(workflow, &n);

	(void)state;
	assert_int_equal(n, 1);
	assert_int_equal(workflow_errors(workflow), 1);
	assert_int_equal(workflow_errors(parts[0]), 1);
	rig_describe(workflow, &b);
	assert_non_null(
		strstr(buf_cstr(&b), "top.yaml:2:25: step \"p\": p.yaml, which it uses"));
	assert_int_equal(workflow_refuse(workflow, &err), ERR_INVALID);
	if (!strstr(err.message, "p.yaml:2:32: step \"a\": there is no step \"z\""))
		fail_msg("%s", err.message);
	workflow_free(workflow);
}

static void
expect_error(struct file *files, size_t n, const char *says)
{
	struct workflow *workflow = read_files(files, n);
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	size_t n_parts;
	const struct workflow *const *parts = workflow_parts(workflow, &n_parts);

	rig_describe(workflow, &b);
	for (size_t i = 0; i < n_parts; i++)
		rig_describe(parts[i], &b);
	assert_true(workflow_errors(workflow) > 0);
	if (!strstr(buf_cstr(&b), says))
		fail_msg("no \"%s\" in\n%s", says, buf_cstr(&b));
	workflow_free(workflow);
}

#define USES(file) "lily: 1\nsteps: { s: { workflow: " file " } }\n"

static void
test_cycles_and_depth(void **state)
{
	struct file itself[] = {{"a.yaml", USES("./x/../a.yaml"), 0}};
	struct file circle[] = {{"a.yaml", USES("b/b.yaml"), 0},
		{"b/b.yaml", USES("c.yaml"), 0}, {"b/c.yaml", USES("b.yaml"), 0}};
	struct file deep[] = {{"f0", USES("f1"), 0}, {"f1", USES("f2"), 0},
		{"f2", USES("f3"), 0}, {"f3", USES("f4"), 0}, {"f4", USES("f5"), 0},
		{"f5", USES("f6"), 0}, {"f6", USES("f7"), 0}, {"f7", USES("f8"), 0},
		{"f8", USES("f9"), 0}, {"f9", "lily: 1\nsteps: { s: { run: x } }\n", 0}};
	/* Known from a short way, and too far down by the long one. */
	struct file known[] = {
		{"f0", "lily: 1\nsteps: { a: { workflow: f5 }, b: { workflow: f1 } }\n", 0},
		{"f1", USES("f2"), 0}, {"f2", USES("f3"), 0}, {"f3", USES("f4"), 0},
		{"f4", USES("f5"), 0}, {"f5", USES("f6"), 0}, {"f6", USES("f7"), 0},
		{"f7", USES("f8"), 0}, {"f8", USES("f9"), 0},
		{"f9", "lily: 1\nsteps: { s: { run: x } }\n", 0}};

	(void)state;
	expect_error(itself, 1, "a workflow cannot use itself: a.yaml → a.yaml");
	expect_error(circle, 3,
		"b/c.yaml:2:25: step \"s\": a workflow cannot use itself: b/b.yaml → b/c.yaml "
		"→ "
		"b/b.yaml");
	expect_error(deep, ARRAY_SIZE(deep),
		"workflows lie more than 8 deep in each other: f0 → f1");
	expect_error(
		known, ARRAY_SIZE(known), "workflows lie more than 8 deep in each other: f0");
}

/* Each file uses the next ten times: that many steps nobody means. */
static void
test_too_many_steps(void **state)
{
	static char texts[7][1024];
	static char names[8][2];
	struct file files[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct buf b = BUF_INIT(1023);

		names[i][0] = (char)('0' + i);
		files[i] = (struct file){names[i], "lily: 1\nsteps: { s: { run: x } }\n", 0};
		if (i == 7)
			continue;
		buf_add_cstr(&b, "lily: 1\nsteps:\n");
		for (int j = 0; j < 10; j++)
			buf_printf(&b, "  s%d: { workflow: \"%zu\" }\n", j, i + 1);
		memcpy(texts[i], buf_cstr(&b), b.n + 1);
		files[i].text = texts[i];
		buf_done(&b);
	}
	expect_error(files, 8, "there are more than 1000000");
}

/* An id is one schema in a run; the same file by another way is the same. */
static void
test_schemas(void **state)
{
#define SCHEMED(file)                                                                      \
	"lily: 1\nschemas: { s.v1: " file " }\nsteps: { a: { run: x, out: { o: { schema: " \
	"s.v1 } } } }\noutputs: { o: \"${{ steps.a.out.o }}\" }\n"
	struct file same[] = {{"top.yaml",
				      "lily: 1\nschemas: { s.v1: x/s.json }\nsteps: { p: { "
				      "workflow: d/p.yaml } }\n",
				      0},
		{"d/p.yaml", SCHEMED("../x/s.json"), 0}};
	struct file other[] = {{"top.yaml",
				       "lily: 1\nschemas: { s.v1: s.json }\nsteps: { p: { "
				       "workflow: d/p.yaml } }\n",
				       0},
		{"d/p.yaml", SCHEMED("s.json"), 0}};
	struct file lifted[] = {
		{"top.yaml", USES("d/p.yaml"), 0}, {"d/p.yaml", SCHEMED("s.json"), 0}};
	struct workflow *workflow = read_right(same, 2);

	(void)state;
	assert_int_equal(workflow_schemas(workflow), 1);
	workflow_free(workflow);
	expect_error(other, 2,
		"schema \"s.v1\" of d/p.yaml is the file d/s.json and elsewhere in this "
		"workflow "
		"s.json");
	workflow = read_right(lifted, 2);
	assert_int_equal(workflow_schemas(workflow), 1);
	assert_true(str_is(workflow_schema(workflow, 0).file, "d/s.json"));
	workflow_free(workflow);
}

/* What a plan says of scopes is believed only where it fits together. */
static void
test_damaged_plans(void **state)
{
	static const struct {
		const char *was;
		const char *is; /* as long */
	} damages[] = {
		{"\"steps\":3}", "\"steps\":9}"},
		{"\"steps\":3}", "\"steps\":0}"},
		{"\"steps\":3}", "\"steps\":2}"},
		{"[1,\"succeeded\"]", "[0,\"succeeded\"]"},
		{"[1,\"succeeded\"]", "[1,\"finished\"] "},
		{"\"returns\":{\"n\"", "\"returns\":{\"m\""},
		{"\"name\":\"p/a\"", "\"name\":\"p//\""},
	};
	struct file files[] = {{"top.yaml", TOP, 0}, {"d/p.yaml", PART, 0}};
	struct workflow *workflow = read_right(files, 2);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(damages); i++) {
		struct plan_request request = {.workflow = workflow};
		struct rig_chunks chunks = {NULL, 0};
		char hex[DIGEST_HEX_SIZE];
		struct digest digest;
		struct graph *graph;
		struct plan plan;
		struct err err = ERR_INIT;
		char *at;

		rig_plan(&request, &plan);
		at = strstr(plan.chunks[0].p, damages[i].was);
		assert_non_null(at);
		memcpy(at, damages[i].is, strlen(damages[i].is));
		digest_of(plan.chunks[0].p, plan.chunks[0].n, &digest);
		memcpy(strstr(plan.head.p, "[\"") + 2, digest_to_hex(&digest, hex), 64);
		chunks.plan = &plan;
		if (plan_load(buf_str(&plan.head), rig_fetch, &chunks, &graph, &err) !=
			ERR_CORRUPT)
			fail_msg("%s was believed", damages[i].is);
		plan_done(&plan);
	}
	workflow_free(workflow);
}

/* What parts take from earlier runs is that of their place, each once; what is left is the plan's. */
static void
test_previous(void **state)
{
	struct file files[] = {{"top.yaml",
				       "lily: 1\n"
				       "name: top\n"
				       "steps:\n"
				       "  p: { workflow: mid.yaml }\n"
				       "  q: { workflow: part.yaml, if: \"params.x\" }\n"
				       "params: { x: { type: boolean, default: true } }\n",
				       0},
		{"mid.yaml", "lily: 1\nsteps: { i: { workflow: part.yaml } }\n", 0},
		{"part.yaml",
			"lily: 1\n"
			"steps:\n"
			"  a: { run: x, in: { l: { previous: a.o } }, out: { o: } }\n",
			0}};
	struct workflow *workflow = read_right(files, 3);
	struct plan_previous left[] = {{.name = STR("p/i/a.o"),
					       .has_run = true,
					       .present = true,
					       .artifact = 7,
					       .kind = STR("file"),
					       .type = STR_EMPTY},
		{.name = STR("q/a.o")}};
	struct plan_request request = {.workflow = workflow, .previous = left, .n_previous = 2};
	struct err err = ERR_INIT;
	struct plan plan;
	size_t n;
	const struct workflow_previous *previous = workflow_previous(workflow, &n);
	struct graph *g;

	(void)state;
	assert_int_equal(n, 2);
	assert_true(str_is(previous[0].name, "p/i/a.o"));
	assert_true(str_is(previous[0].step, "p/i/a"));
	assert_true(str_is(previous[1].name, "q/a.o"));
	rig_plan(&request, &plan);
	g = rig_load(&plan);
	assert_true(str_is(graph_earlier(g, step_of(g, "p/i/a"), STR("l"))->name, "p/i/a.o"));
	assert_int_equal(graph_earlier(g, step_of(g, "p/i/a"), STR("l"))->artifact, 7);
	/* The other one may be skipped with its scope. */
	assert_false(graph_earlier(g, step_of(g, "q/a"), STR("l"))->has_run);
	graph_free(g);
	plan_done(&plan);
	left[0].present = false;
	assert_int_equal(plan_make(&request, &plan, &err), ERR_INVALID);
	assert_non_null(strstr(
		err.message, "of \"top\", the last one that succeeded, left no p/i/a.o"));
	workflow_free(workflow);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_previous),
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_same_files_same_plan),
		cmocka_unit_test(test_given_values),
		cmocka_unit_test(test_errors_of_both),
		cmocka_unit_test(test_cycles_and_depth),
		cmocka_unit_test(test_too_many_steps),
		cmocka_unit_test(test_schemas),
		cmocka_unit_test(test_damaged_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
