/* Workflow files: described, planned, drawn and formatted without a run. */
#include "rig.h"

static const char good[] =
	"lily: 1\n"
	"name:   good\n"
	"params:\n"
	"  count: { type: integer, default: 3, description: how many }\n"
	"  who: { type: string }\n"
	"inputs: { data: { path: data.txt, optional: true } }\n"
	"steps:\n"
	"  first: { exec: [ echo, '${{ params.who }}', '${{ params.count }}' ] }\n"
	"  second: { run: 'true', needs: [ first ] }\n";

static struct lily_workflow *
open_workflow(struct rig *rig, const char *text)
{
	struct lily_workflow *workflow = NULL;

	must(lily_workflow_open(rig_write(rig, "w.lily.yaml", text), &workflow, &rig->error));
	return workflow;
}

static void
a_good_file_is_described(void **state)
{
	struct rig *rig = *state;
	struct lily_workflow *workflow = open_workflow(rig, good);
	struct lily_document *document = NULL;

	must(lily_workflow_describe(workflow, &document, &rig->error));
	/* The document lives on without the workflow. */
	lily_workflow_close(workflow);
	assert_string_equal(rig_text(document, "name"), "good");
	assert_int_equal(rig_number(document, "steps"), 2);
	assert_int_equal(rig_number(document, "errors"), 0);
	assert_string_equal(rig_text(document, "params.0.name"), "count");
	assert_string_equal(rig_text(document, "params.0.type"), "integer");
	assert_int_equal(rig_number(document, "params.0.default"), 3);
	assert_string_equal(rig_text(document, "params.0.description"), "how many");
	assert_string_equal(rig_text(document, "params.1.name"), "who");
	assert_int_equal(
		lily_value_kind(rig_at(lily_document_root(document), "params.1.default")),
		LILY_KIND_NULL);
	assert_string_equal(rig_text(document, "inputs.0.path"), "data.txt");
	lily_document_free(document);
}

static void
findings_are_a_result(void **state)
{
	struct rig *rig = *state;
	struct lily_workflow *workflow =
		open_workflow(rig, "lily: 1\nsteps:\n  a: { run: 'true', need: [ b ] }\n");
	struct lily_document *document = NULL;
	char *text = NULL;

	must(lily_workflow_describe(workflow, &document, &rig->error));
	assert_true(rig_number(document, "errors") >= 1);
	assert_string_equal(rig_text(document, "findings.0.level"), "error");
	assert_int_equal(rig_number(document, "findings.0.line"), 3);
	assert_non_null(strstr(rig_text(document, "findings.0.message"), "\"need\""));
	assert_non_null(strstr(rig_text(document, "findings.0.text"), "w.lily.yaml:3:"));
	lily_document_free(document);
	document = NULL;
	must_fail(lily_workflow_plan(rig->store, workflow, NULL, &document, &rig->error),
		LILY_ERROR_INVALID, "\"need\"");
	must_fail(lily_workflow_graph(workflow, LILY_GRAPH_TEXT, &text, &rig->error),
		LILY_ERROR_INVALID, "\"need\"");
	assert_null(document);
	lily_workflow_close(workflow);
}

static void
what_cannot_be_read_is_an_error(void **state)
{
	struct rig *rig = *state;
	struct lily_workflow *workflow = NULL;

	must_fail(lily_workflow_open("/nonexistent/w.lily.yaml", &workflow, &rig->error),
		LILY_ERROR_NOT_FOUND, "/nonexistent/w.lily.yaml");
	must_fail(lily_workflow_open(
			  rig_write(rig, "x.lily.yaml", "a: [\n"), &workflow, &rig->error),
		LILY_ERROR_INVALID, "x.lily.yaml:");
	must_fail(lily_workflow_open(rig->workspace, &workflow, &rig->error),
		LILY_ERROR_INVALID, "directory");
	assert_null(workflow);
}

static void
a_plan_has_its_steps_in_place(void **state)
{
	struct rig *rig = *state;
	struct lily_workflow *workflow = open_workflow(rig, good);
	const struct lily_named_text params[] = {{"who", "you"}};
	const char *only[] = {"first"};
	struct lily_workflow_arguments arguments = {.params = params, .n_params = 1};
	struct lily_document *plan = NULL;
	struct lily_document *runs = NULL;

	must_fail(lily_workflow_plan(rig->store, workflow, NULL, &plan, &rig->error),
		LILY_ERROR_INVALID, "who");
	must(lily_workflow_plan(rig->store, workflow, &arguments, &plan, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(plan), "steps")), 2);
	assert_string_equal(rig_text(plan, "steps.0.name"), "first");
	assert_string_equal(rig_text(plan, "steps.0.argv.1"), "you");
	assert_string_equal(rig_text(plan, "steps.0.argv.2"), "3");
	assert_int_equal(rig_number(plan, "steps.1.needs.0"), 0);
	assert_null(rig_at(lily_document_root(plan), "chunks"));
	lily_document_free(plan);
	plan = NULL;
	arguments.params_json = "{\"count\": 5}";
	arguments.steps = only;
	arguments.n_steps = 1;
	must(lily_workflow_plan(rig->store, workflow, &arguments, &plan, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(plan), "steps")), 1);
	assert_string_equal(rig_text(plan, "steps.0.argv.2"), "5");
	lily_document_free(plan);
	plan = NULL;
	arguments.params_json = "[]";
	must_fail(lily_workflow_plan(rig->store, workflow, &arguments, &plan, &rig->error),
		LILY_ERROR_INVALID, "object");
	arguments.params_json = "{";
	must_fail(lily_workflow_plan(rig->store, workflow, &arguments, &plan, &rig->error),
		LILY_ERROR_INVALID, "params");
	assert_null(plan);
	/* Planning leaves nothing behind. */
	must(lily_run_list(rig->store, 0, 0, &runs, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(runs), "runs")), 0);
	lily_document_free(runs);
	lily_workflow_close(workflow);
}

static void
many_steps_are_planned_and_drawn(void **state)
{
	enum { STEPS = 1500 };
	struct rig *rig = *state;
	char *text = malloc((size_t)STEPS * 48 + 64);
	struct lily_workflow *workflow;
	struct lily_document *plan = NULL;
	char *picture = NULL;
	size_t n;

	assert_non_null(text);
	n = (size_t)snprintf(text, 64, "lily: 1\nsteps:\n");
	for (int i = 0; i < STEPS; i++)
		n += (size_t)snprintf(text + n, 48, "  s%d: { exec: [ echo, '%d' ] }\n", i, i);
	workflow = open_workflow(rig, text);
	must(lily_workflow_plan(rig->store, workflow, NULL, &plan, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(plan), "steps")), STEPS);
	assert_string_equal(rig_text(plan, "steps.1499.name"), "s1499");
	assert_string_equal(rig_text(plan, "steps.1024.argv.1"), "1024");
	must(lily_workflow_graph(workflow, LILY_GRAPH_DOT, &picture, &rig->error));
	assert_non_null(strstr(picture, "s1499"));
	lily_free(picture);
	lily_document_free(plan);
	lily_workflow_close(workflow);
	free(text);
}

static void
the_graph_needs_no_arguments(void **state)
{
	struct rig *rig = *state;
	struct lily_workflow *workflow = open_workflow(rig, good);
	char *text = NULL;

	must(lily_workflow_graph(workflow, LILY_GRAPH_TEXT, &text, &rig->error));
	assert_non_null(strstr(text, "second"));
	lily_free(text);
	lily_workflow_close(workflow);
}

static void
formatting_keeps_what_it_says(void **state)
{
	struct rig *rig = *state;
	struct lily_workflow *workflow = open_workflow(
		rig, "lily: 1   \n\n\n\nsteps:\n    # why\n    a:\n        run: x\n");
	char *text = NULL;

	must(lily_workflow_format(workflow, &text, &rig->error));
	assert_string_equal(text, "lily: 1\n\nsteps:\n  # why\n  a:\n    run: x\n");
	lily_free(text);
	lily_workflow_close(workflow);
}

int
main(void)
{
#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		with_rig(a_good_file_is_described),
		with_rig(findings_are_a_result),
		with_rig(what_cannot_be_read_is_an_error),
		with_rig(a_plan_has_its_steps_in_place),
		with_rig(many_steps_are_planned_and_drawn),
		with_rig(the_graph_needs_no_arguments),
		with_rig(formatting_keeps_what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
