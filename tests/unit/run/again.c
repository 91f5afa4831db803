/* Runs that are done again: within themselves while they last, and by another run afterwards. */
#include "fixture.h"
#include "run/adopt.h"
#include "run/record.h"

/* Plans the text and begins it as a run that does the newest one again. */
static struct engine *
begin_again(struct place *p, const char *text, const struct str *again, size_t n_again)
{
	struct engine_options options = options_of(p);
	struct prepare_request request = {.workspace = p->workspace, .flags = PREPARE_KEEP};
	struct engine_beginning beginning = {.again = again, .n_again = n_again};
	struct run_create_spec spec = {.kind = "retry"};
	struct workflow *workflow;
	struct engine *engine;
	struct parent parent;
	struct run_hold hold;
	struct digest digest;
	struct run_row row;
	struct plan plan;

	OK(run_find(p->store, STR("@last"), &p->arena, &row, &err));
	OK(workflow_read("test.lily.yaml", str_of(text), NULL, &workflow, &err));
	OK(workflow_refuse(workflow, &err));
	request.workflow = workflow;
	OK(prepare_plan(p->store, &request, &plan, &err));
	OK(prepare_keep(p->store, &plan, &digest, &err));
	plan_done(&plan);
	workflow_free(workflow);
	OK(parent_read(p->store, &row.id, &p->arena, &parent, &err));
	beginning.parent = &parent;
	beginning.plan = &digest;
	spec.parent = &row.id;
	OK(run_create(p->store, &spec, &hold, NULL, &err));
	OK(engine_start(&options, &hold, &beginning, &engine, &err));
	parent_done(&parent);
	return engine;
}

static void
run_again(struct place *p, const char *text, const char *name)
{
	const struct str again[] = {name ? str_of(name) : STR_EMPTY};
	struct engine *engine = begin_again(p, text, again, name != NULL);

	drive(engine);
	engine_free(engine);
}

static void
run_first(struct place *p, const char *text)
{
	struct engine *engine = begin(p, text, false);

	drive(engine);
	engine_free(engine);
}

static const char *
file_text(struct place *p, const char *name)
{
	AUTO_BUF struct buf text = BUF_INIT(65536);

	OK(file_read(AT_FDCWD, path_join(&p->arena, p->workspace, name), &text, &err));
	return arena_cstr(&p->arena, buf_str(&text));
}

static const char flaky[] =
	"lily: 1\n"
	"outputs: { all: '${{ steps.c.out.text }}' }\n"
	"steps:\n"
	"  a: { run: 'echo a >>ran; echo A >$LILY_OUT/text', out: { text: { type: text } } }\n"
	"  b: { run: 'echo b >>ran; test -e good', needs: [ a ] }\n"
	"  c: { run: 'echo c >>ran; cat $LILY_IN/a >$LILY_OUT/text', needs: [ b ],\n"
	"       in: { a: '${{ steps.a.out.text }}' }, out: { text: { type: text } } }\n";

static void
test_a_linked_run_adopts_every_success(void **state)
{
	struct visit_row *visits;
	struct run_row first;
	struct run_row row;
	struct place p;
	size_t n;

	(void)state;
	place_open(&p);
	run_first(&p, flaky);
	assert_string_equal(states_of(&p), "failed a=succeeded b=failed c=blocked");
	OK(run_find(p.store, STR("@last"), &p.arena, &first, &err));
	put_file(&p, "good", "");
	run_again(&p, flaky, NULL);
	assert_string_equal(states_of(&p), "succeeded a=adopted b=succeeded c=succeeded");
	assert_string_equal(file_text(&p, "ran"), "a\nb\nb\nc\n");
	assert_string_equal(output_of(&p, "c", "text"), "A\n");
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	assert_true(str_is(row.kind, "retry"));
	assert_true(row.has_parent && uuid_equal(&row.parent, &first.id));
	assert_int_equal(row.adopted, 1);
	/* The one that did it stays named, also two runs later. */
	run_again(&p, flaky, "c");
	assert_string_equal(states_of(&p), "succeeded a=adopted b=adopted c=succeeded");
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	OK(run_visits(p.store, row.number, &p.arena, &visits, &n, &err));
	assert_int_equal(n, 3);
	assert_true(uuid_equal(&visits[0].origin, &first.id));
	assert_int_equal(visits[0].origin_attempt, 1);
	place_close(&p);
}

static void
test_a_named_step_runs_with_all_that_needs_it(void **state)
{
	struct place p;

	(void)state;
	place_open(&p);
	put_file(&p, "good", "");
	run_first(&p, flaky);
	run_again(&p, flaky, "b");
	assert_string_equal(states_of(&p), "succeeded a=adopted b=succeeded c=succeeded");
	run_again(&p, flaky, "a");
	assert_string_equal(states_of(&p), "succeeded a=succeeded b=succeeded c=succeeded");
	assert_string_equal(file_text(&p, "ran"), "a\nb\nc\nb\nc\na\nb\nc\n");
	place_close(&p);
}

static void
test_an_edited_file_keeps_what_is_unchanged(void **state)
{
	static const char before[] = "lily: 1\n"
				     "steps:\n"
				     "  a: { run: 'echo a >>ran', retry: { attempts: 2 } }\n"
				     "  b: { run: 'echo b >>ran', in: { f: { path: f } } }\n"
				     "  c: { run: 'echo c >>ran', needs: [ b ] }\n"
				     "  d: { run: 'echo d >>ran; false', env: { X: '1' } }\n"
				     "  e: { run: 'echo e >>ran' }\n";
	/* New and moved steps, a script, a variable; when it is given up does not count. */
	static const char after[] = "lily: 1\n"
				    "parallel: 1\n"
				    "steps:\n"
				    "  new: { run: 'echo new >>ran' }\n"
				    "  c: { run: 'echo c >>ran', needs: [ b ] }\n"
				    "  a: { run: 'echo a >>ran', timeout: 5m }\n"
				    "  b: { run: 'echo b >>ran', in: { f: { path: f } } }\n"
				    "  d: { run: 'echo d >>ran', env: { X: '1' } }\n"
				    "  e: { run: 'echo e >>ran', env: { X: '2' } }\n";
	struct place p;

	(void)state;
	place_open(&p);
	put_file(&p, "f", "one");
	run_first(&p, before);
	put_file(&p, "ran", "");
	run_again(&p, after, NULL);
	assert_string_equal(states_of(&p),
		"succeeded new=succeeded c=adopted a=adopted b=adopted d=succeeded "
		"e=succeeded");
	place_close(&p);
}

static void
test_a_workflow_input_with_other_bytes_counts_where_it_is_spoken_of(void **state)
{
	static const char text[] =
		"lily: 1\n"
		"inputs: { f: { path: f } }\n"
		"steps:\n"
		"  a: { run: 'cat $LILY_IN/x', in: { x: '${{ inputs.f }}' } }\n"
		"  b: { run: 'true' }\n";
	struct place p;

	(void)state;
	place_open(&p);
	put_file(&p, "f", "one");
	run_first(&p, text);
	put_file(&p, "f", "two");
	run_again(&p, text, NULL);
	assert_string_equal(states_of(&p), "succeeded a=succeeded b=adopted");
	place_close(&p);
}

/* As a process that is killed behind the plan leaves it: nothing is adopted yet, or a part. */
static void
test_an_interrupted_adoption_is_completed(void **state)
{
	const struct str again[] = {STR("b")};
	struct engine_options options;
	struct record_plan plan = {.workplace = STR("{\"inode\":\"1:1\",\"path\":\"/\"}"),
		.again = again,
		.n_again = 1};
	struct run_create_spec spec = {.kind = "retry"};
	struct engine *engine;
	struct run_hold hold;
	struct run_row parent;
	struct run_row row;
	struct graph *graph;
	struct place p;

	(void)state;
	place_open(&p);
	options = options_of(&p);
	put_file(&p, "good", "");
	run_first(&p, flaky);
	OK(run_find(p.store, STR("@last"), &p.arena, &parent, &err));
	spec.parent = &parent.id;
	OK(run_create(p.store, &spec, &hold, NULL, &err));
	OK(prepare_load(p.store, &parent.plan, &graph, &err));
	plan.digest = &parent.plan;
	OK(record_planned(&hold, graph, &plan, &err));
	graph_free(graph);
	OK(store_flush(p.store, &err));
	run_release(&hold);
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	OK(run_take(p.store, &row.id, &hold, &err));
	OK(engine_resume(&options, &hold, &row, &engine, &err));
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "succeeded a=adopted b=succeeded c=succeeded");
	assert_string_equal(file_text(&p, "ran"), "a\nb\nc\nb\nc\n");
	place_close(&p);
}

/* The adopted outputs of a run that was killed later are found again. */
static void
test_a_killed_linked_run_goes_on_with_what_it_adopted(void **state)
{
	struct engine_options options;
	struct notice notice;
	struct engine *engine;
	struct run_hold hold;
	struct run_row row;
	struct place p;

	(void)state;
	place_open(&p);
	options = options_of(&p);
	run_first(&p, flaky);
	put_file(&p, "good", "");
	engine = begin_again(&p, flaky, NULL, 0);
	do
		OK(engine_next(engine, -1, &notice, &err));
	while (notice.type != NOTICE_STARTED);
	engine_free(engine);
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	OK(run_take(p.store, &row.id, &hold, &err));
	OK(engine_resume(&options, &hold, &row, &engine, &err));
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "succeeded a=adopted b=succeeded c=succeeded");
	assert_string_equal(output_of(&p, "c", "text"), "A\n");
	place_close(&p);
}

static const char slow[] =
	"lily: 1\n"
	"steps:\n"
	"  wait: { run: 'until test -e done; do sleep 0.02; done' }\n"
	"  bad: { run: 'echo bad >>ran; test -e good', retry: { attempts: 2, backoff: 0s } }\n"
	"  worse: { run: 'false' }\n"
	"  of_bad: { run: 'echo of_bad >>ran', needs: [ bad ] }\n"
	"  of_both: { run: 'true', needs: [ of_bad, worse ] }\n";

/* Until the step of that name has failed for good. */
static void
until_failed(struct engine *engine, const char *name)
{
	struct notice notice;

	do
		if (engine_next(engine, 10000, &notice, &err) != 1 ||
			notice.type == NOTICE_IDLE)
			fail_msg("%s does not fail", name);
	while (notice.type != NOTICE_FAILED ||
		strcmp(engine_step_name(engine, notice.step), name) != 0);
}

static void
test_a_run_that_has_not_ended_retries_what_failed(void **state)
{
	const struct str bad[] = {STR("bad")};
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p, slow, false);
	until_failed(engine, "bad");
	/* Its two tries are new ones. */
	OK(engine_retry(engine, 0, bad, 1, &err));
	until_failed(engine, "bad");
	assert_string_equal(file_text(&p, "ran"), "bad\nbad\nbad\nbad\n");
	put_file(&p, "good", "");
	OK(engine_retry(engine, 7, bad, 1, &err));
	put_file(&p, "done", "");
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p),
		"failed wait=succeeded bad=succeeded worse=failed of_bad=succeeded "
		"of_both=blocked");
	place_close(&p);
}

/* Tries of before do not count, also where a process ended in between. */
static void
test_a_retried_step_keeps_its_tries_through_a_crash(void **state)
{
	struct engine_options options;
	struct engine *engine;
	struct run_hold hold;
	struct run_row row;
	struct place p;

	(void)state;
	place_open(&p);
	options = options_of(&p);
	engine = begin(&p, slow, false);
	until_failed(engine, "bad");
	OK(engine_retry(engine, 0, NULL, 0, &err));
	engine_free(engine);
	put_file(&p, "done", "");
	OK(run_find(p.store, STR("@last"), &p.arena, &row, &err));
	OK(run_take(p.store, &row.id, &hold, &err));
	OK(engine_resume(&options, &hold, &row, &engine, &err));
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p),
		"failed wait=succeeded bad=failed worse=failed of_bad=blocked "
		"of_both=blocked");
	assert_string_equal(file_text(&p, "ran"), "bad\nbad\nbad\nbad\n");
	place_close(&p);
}

/* A retry after the budget was spent is cancelled like all that is new, and the run ends. */
static void
test_nothing_is_retried_beyond_the_budget(void **state)
{
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nbudget: { attempts: 2 }\nsteps:\n"
		"  wait: { run: 'until [ -e done ]; do sleep 0.02; done' }\n"
		"  bad: { exec: [ 'false' ], retry: { attempts: 2, backoff: 1ms } }\n",
		false);
	until_failed(engine, "bad");
	OK(engine_retry(engine, 0, NULL, 0, &err));
	put_file(&p, "done", "");
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p), "failed wait=succeeded bad=cancelled");
	place_close(&p);
}

static void
test_what_was_skipped_for_a_failure_is_wanted_after_its_retry(void **state)
{
	const struct str bad[] = {STR("bad")};
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p,
		"lily: 1\nsteps:\n"
		"  wait: { run: 'until [ -e done ]; do sleep 0.02; done' }\n"
		"  bad: { run: '[ -e good ]' }\n"
		"  praise: { exec: [ 'true' ], needs: { bad: succeeded } }\n"
		"finally: { last: { exec: [ 'true' ] } }\n",
		false);
	until_failed(engine, "bad");
	put_file(&p, "good", "");
	OK(engine_retry(engine, 0, bad, 1, &err));
	put_file(&p, "done", "");
	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(&p),
		"succeeded wait=succeeded bad=succeeded praise=succeeded "
		"last=succeeded");
	place_close(&p);
}

static void
test_what_fail_fast_cancelled_is_retried_as_well(void **state)
{
	struct engine *engine;
	struct place p;

	(void)state;
	place_open(&p);
	engine = begin(&p, slow, true);
	until_failed(engine, "bad");
	put_file(&p, "good", "");
	OK(engine_retry(engine, 0, NULL, 0, &err));
	put_file(&p, "done", "");
	drive(engine);
	engine_free(engine);
	/* It was cancelled before it had begun. */
	assert_non_null(strstr(states_of(&p), "bad=succeeded worse=failed"));
	place_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_linked_run_adopts_every_success),
		cmocka_unit_test(test_a_named_step_runs_with_all_that_needs_it),
		cmocka_unit_test(test_an_edited_file_keeps_what_is_unchanged),
		cmocka_unit_test(
			test_a_workflow_input_with_other_bytes_counts_where_it_is_spoken_of),
		cmocka_unit_test(test_an_interrupted_adoption_is_completed),
		cmocka_unit_test(test_a_killed_linked_run_goes_on_with_what_it_adopted),
		cmocka_unit_test(test_a_run_that_has_not_ended_retries_what_failed),
		cmocka_unit_test(test_a_retried_step_keeps_its_tries_through_a_crash),
		cmocka_unit_test(test_nothing_is_retried_beyond_the_budget),
		cmocka_unit_test(test_what_was_skipped_for_a_failure_is_wanted_after_its_retry),
		cmocka_unit_test(test_what_fail_fast_cancelled_is_retried_as_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
