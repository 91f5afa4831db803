/* Readings: what runs of real steps leave, as the public interface shows it. */
#include "rig.h"

#include <stdbool.h>

#include <unistd.h>

static const char mixed[] =
	"lily: 1\n"
	"name: mixed\n"
	"inputs: { words: { path: words.txt } }\n"
	"steps:\n"
	"  make:\n"
	"    run: |\n"
	"      echo out; sleep 0.05; echo err >&2\n"
	"      cat \"$LILY_IN/words\" > \"$LILY_OUT/x\"\n"
	"    in: { words: '${{ inputs.words }}' }\n"
	"    out: { x: null }\n"
	"  use.it:\n"
	"    run: cp \"$LILY_IN/x\" \"$LILY_OUT/y.z\"\n"
	"    in: { x: '${{ steps.make.out.x }}' }\n"
	"    out: { y.z: null }\n"
	"  bad:\n"
	"    run: for i in $(seq 30); do echo line $i; done; printf 'caf\\351\\n'; exit 3\n"
	"  after: { run: 'true', needs: [ bad ] }\n";

static const char fine[] = "lily: 1\n"
			   "name: fine\n"
			   "steps:\n"
			   "  one: { run: 'echo 1 > $LILY_OUT/n', out: { n: null } }\n"
			   "outputs: { result: '${{ steps.one.out.n }}' }\n";

/* Appends a chunk to a text of `size` bytes. */
static void
append(char *text, size_t size, const struct lily_log_chunk *chunk)
{
	size_t used = strlen(text);

	assert_true(used + chunk->size < size);
	memcpy(text + used, chunk->bytes, chunk->size);
	text[used + chunk->size] = '\0';
}

static void
run_mixed(struct rig *rig)
{
	rig_write(rig, "words.txt", "some words\n");
	assert_string_equal(rig_run(rig, mixed), "failed");
}

static struct lily_document *
describe(struct rig *rig, const char *step, unsigned flags)
{
	struct lily_document *document = NULL;

	must(lily_run_describe(rig->store, "@last", step, flags, &document, &rig->error));
	return document;
}

static void
a_run_is_described_with_its_failures(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document;
	const char *tail;

	run_mixed(rig);
	document = describe(rig, NULL, 0);
	assert_string_equal(rig_text(document, "status"), "failed");
	assert_string_equal(rig_text(document, "workflow"), "mixed");
	assert_string_equal(rig_text(document, "kind"), "start");
	assert_int_equal(rig_number(document, "steps.total"), 4);
	assert_int_equal(rig_number(document, "steps.succeeded"), 2);
	assert_int_equal(rig_number(document, "steps.failed"), 1);
	assert_int_equal(rig_number(document, "steps.blocked"), 1);
	assert_int_equal(rig_number(document, "steps.pending"), 0);
	assert_int_equal(rig_number(document, "attempts"), 3);
	assert_true(rig_number(document, "duration_us") > 0);
	assert_string_equal(rig_text(document, "inputs.0.name"), "words");
	assert_string_equal(rig_text(document, "inputs.0.role"), "input");
	assert_int_equal(strlen(rig_text(document, "plan")), 64);
	assert_int_equal(
		lily_value_count(rig_at(lily_document_root(document), "failed_steps")), 1);
	assert_int_equal(rig_number(document, "failed_steps_more"), 0);
	assert_string_equal(rig_text(document, "failed_steps.0.step"), "bad");
	assert_string_equal(rig_text(document, "failed_steps.0.class"), "exit");
	assert_int_equal(rig_number(document, "failed_steps.0.exit"), 3);
	tail = rig_text(document, "failed_steps.0.log_tail");
	assert_non_null(strstr(tail, "line 12\n"));
	assert_null(strstr(tail, "line 11\n"));
	/* What is not UTF-8 is shown as such. */
	assert_string_equal(strstr(tail, "caf"), "caf\xEF\xBF\xBD\n");
	assert_null(rig_at(lily_document_root(document), "step_list"));
	lily_document_free(document);
}

static void
steps_are_listed_in_the_order_of_the_plan(void **state)
{
	static const char *const names[] = {"make", "use.it", "bad", "after"};
	static const char *const states[] = {"succeeded", "succeeded", "failed", "blocked"};
	struct rig *rig = *state;
	const struct lily_value *list;
	struct lily_document *document;
	const struct lily_value *attempt;

	run_mixed(rig);
	document = describe(rig, NULL, LILY_SHOW_STEPS);
	list = rig_at(lily_document_root(document), "step_list");
	assert_int_equal(lily_value_count(list), 4);
	for (size_t i = 0; i < 4; i++) {
		const struct lily_value *step = lily_value_at(list, i);

		assert_string_equal(
			lily_value_text(lily_value_get(step, "step"), NULL), names[i]);
		assert_string_equal(
			lily_value_text(lily_value_get(step, "state"), NULL), states[i]);
	}
	assert_string_equal(rig_text(document, "step_list.1.needs.0"), "make");
	assert_string_equal(rig_text(document, "step_list.3.blocked_by"), "bad");
	assert_int_equal(lily_value_count(rig_at(list, "3.attempts")), 0);
	attempt = rig_at(list, "1.attempts.0");
	assert_string_equal(
		lily_value_text(lily_value_get(attempt, "state"), NULL), "accepted");
	assert_int_equal(lily_value_integer(lily_value_get(attempt, "exit"), -1), 0);
	assert_true(lily_value_integer(lily_value_get(attempt, "duration_us"), -1) > 0);
	assert_true(lily_value_integer(lily_value_get(attempt, "wait_us"), -1) >= 0);
	assert_string_equal(lily_value_text(rig_at(attempt, "inputs.0.name"), NULL), "x");
	assert_string_equal(lily_value_text(rig_at(attempt, "outputs.0.name"), NULL), "y.z");
	assert_string_equal(lily_value_text(rig_at(attempt, "inputs.0.sha256"), NULL),
		lily_value_text(rig_at(list, "0.attempts.0.outputs.0.sha256"), NULL));
	lily_document_free(document);
}

static void
one_step_alone_is_described(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;

	run_mixed(rig);
	document = describe(rig, "use.it", 0);
	assert_int_equal(
		lily_value_count(rig_at(lily_document_root(document), "step_list")), 1);
	assert_string_equal(rig_text(document, "step_list.0.step"), "use.it");
	assert_int_equal(
		lily_value_count(rig_at(lily_document_root(document), "step_list.0.attempts")),
		1);
	lily_document_free(document);
	document = NULL;
	must_fail(lily_run_describe(rig->store, NULL, "mak", 0, &document, &rig->error),
		LILY_ERROR_NOT_FOUND, "did you mean \"make\"");
	assert_null(document);
}

static void
outputs_are_named_and_traced(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;
	char *bytes = NULL;
	size_t size;

	run_mixed(rig);
	/* Step and output have dots of their own. */
	must(lily_artifact_describe(rig->store, "use.it.y.z", &document, &rig->error));
	assert_string_equal(rig_text(document, "step"), "use.it");
	assert_string_equal(rig_text(document, "producer_id"), "use.it");
	assert_string_equal(rig_text(document, "role"), "output");
	must(lily_artifact_get(
		rig->store, rig_text(document, "inputs.0"), 0, &bytes, &size, &rig->error));
	assert_string_equal(bytes, "some words\n");
	lily_free(bytes);
	lily_document_free(document);
	document = NULL;
	must_fail(lily_artifact_describe(rig->store, "bad.x", &document, &rig->error),
		LILY_ERROR_NOT_FOUND, "bad.x");
	assert_string_equal(rig_run(rig, fine), "succeeded");
	document = describe(rig, NULL, 0);
	assert_string_equal(rig_text(document, "outputs.0.output"), "result");
	assert_string_equal(rig_text(document, "outputs.0.name"), "n");
	assert_string_equal(rig_text(document, "outputs.0.step"), "one");
	lily_document_free(document);
	/* Of the newest run, unless another is named. */
	document = NULL;
	must_fail(lily_artifact_describe(rig->store, "make.x", &document, &rig->error),
		LILY_ERROR_NOT_FOUND, "make.x");
	must(lily_run_list(rig->store, 1, 1, &document, &rig->error));
	{
		char address[64];

		(void)snprintf(address, sizeof(address), "%s/make.x",
			rig_text(document, "runs.0.run_id"));
		must(lily_artifact_get(rig->store, address, 0, &bytes, &size, &rig->error));
	}
	assert_string_equal(bytes, "some words\n");
	lily_free(bytes);
	lily_document_free(document);
}

static void
runs_are_listed_newest_first(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document = NULL;
	char ids[3][LILY_RUN_ID_SIZE];

	must(lily_run_list(rig->store, 0, 0, &document, &rig->error));
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "runs")), 0);
	assert_int_equal(
		lily_value_boolean(rig_at(lily_document_root(document), "more"), -1), 0);
	lily_document_free(document);
	for (size_t i = 0; i < 3; i++)
		rig_create_run(rig, ids[i]);
	must(lily_run_list(rig->store, 0, 2, &document, &rig->error));
	assert_string_equal(rig_text(document, "runs.0.run_id"), ids[2]);
	assert_string_equal(rig_text(document, "runs.1.run_id"), ids[1]);
	assert_int_equal(lily_value_count(rig_at(lily_document_root(document), "runs")), 2);
	assert_int_equal(
		lily_value_boolean(rig_at(lily_document_root(document), "more"), -1), 1);
	lily_document_free(document);
	must(lily_run_list(rig->store, 2, 2, &document, &rig->error));
	assert_string_equal(rig_text(document, "runs.0.run_id"), ids[0]);
	assert_int_equal(
		lily_value_boolean(rig_at(lily_document_root(document), "more"), -1), 0);
	lily_document_free(document);
}

static void
a_work_order_is_what_it_looks_like(void **state)
{
	static const struct {
		const char *text;
		const char *kind;
	} cases[] = {
		{"{\"task\": \"a\"}", "json"},
		{"please do it\n", "text"},
		{"\xff\xfe", "file"},
		{"{\"a\":1,\"a\":2}", "text"},
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lily_document *document;
		char id[LILY_RUN_ID_SIZE];
		char *bytes = NULL;
		size_t size = 0;

		must(lily_run_create(rig->store, rig_write(rig, "order", cases[i].text), NULL,
			id, &rig->error));
		document = describe(rig, NULL, 0);
		assert_string_equal(rig_text(document, "run_id"), id);
		assert_string_equal(rig_text(document, "status"), "created");
		assert_string_equal(rig_text(document, "work_order.role"), "work_order");
		assert_string_equal(
			rig_text(document, "work_order.storage_kind"), cases[i].kind);
		must(lily_artifact_get(rig->store, rig_text(document, "work_order.artifact_id"),
			0, &bytes, &size, &rig->error));
		assert_string_equal(bytes, cases[i].text);
		lily_free(bytes);
		lily_document_free(document);
	}
	{
		char id[LILY_RUN_ID_SIZE];

		must_fail(lily_run_create(
				  rig->store, "/nonexistent/order", NULL, id, &rig->error),
			LILY_ERROR_NOT_FOUND, "/nonexistent/order");
	}
}

static void
a_key_gives_the_same_run(void **state)
{
	struct rig *rig = *state;
	char first[LILY_RUN_ID_SIZE];
	char second[LILY_RUN_ID_SIZE];

	assert_int_equal(lily_run_create(rig->store, NULL, "nightly", first, &rig->error), 0);
	assert_int_equal(lily_run_create(rig->store, NULL, "nightly", second, &rig->error), 1);
	assert_string_equal(first, second);
	assert_int_equal(lily_run_create(rig->store, NULL, "other", second, &rig->error), 0);
	assert_string_not_equal(first, second);
}

static void
a_run_without_a_plan_is_finished_once(void **state)
{
	struct rig *rig = *state;
	struct lily_document *document;
	char id[LILY_RUN_ID_SIZE];

	rig_create_run(rig, id);
	must_fail(lily_run_finish(rig->store, id, "done", &rig->error), LILY_ERROR_INVALID,
		"\"done\"");
	must(lily_run_finish(rig->store, id, "succeeded", &rig->error));
	must_fail(lily_run_finish(rig->store, id, "failed", &rig->error), LILY_ERROR_INVALID,
		"has ended");
	document = describe(rig, NULL, LILY_SHOW_STEPS);
	assert_string_equal(rig_text(document, "status"), "succeeded");
	assert_int_equal(strlen(rig_text(document, "ended_at")), 27);
	assert_int_equal(
		lily_value_count(rig_at(lily_document_root(document), "step_list")), 0);
	lily_document_free(document);
	run_mixed(rig);
	must_fail(lily_run_finish(rig->store, NULL, "failed", &rig->error), LILY_ERROR_INVALID,
		"has ended");
}

static void
what_nobody_drives_is_interrupted(void **state)
{
	struct rig *rig = *state;
	struct lily_run *run = rig_start(rig,
		"lily: 1\nsteps: { s: { exec: [ sleep, '60' ] }, t: { exec: [ 'true' ], needs: "
		"[ s "
		"] } }\n");
	struct lily_run_event event = {.type = LILY_RUN_IDLE};
	struct lily_document *document;

	while (event.type != LILY_RUN_STEP_STARTED)
		must(lily_run_next(run, -1, &event, &rig->error));
	document = describe(rig, NULL, LILY_SHOW_STEPS);
	assert_string_equal(rig_text(document, "status"), "running");
	assert_int_equal(rig_number(document, "holder_pid"), getpid());
	assert_string_equal(rig_text(document, "step_list.0.state"), "running");
	assert_string_equal(rig_text(document, "step_list.1.state"), "pending");
	lily_document_free(document);
	lily_run_close(run);
	document = describe(rig, NULL, LILY_SHOW_STEPS);
	assert_string_equal(rig_text(document, "status"), "interrupted");
	assert_string_equal(rig_text(document, "step_list.0.state"), "interrupted");
	assert_string_equal(rig_text(document, "step_list.0.attempts.0.state"), "interrupted");
	assert_string_equal(rig_text(document, "step_list.1.state"), "pending");
	assert_int_equal(lily_value_kind(rig_at(lily_document_root(document), "duration_us")),
		LILY_KIND_NULL);
	lily_document_free(document);
	must_fail(lily_run_finish(rig->store, NULL, "failed", &rig->error), LILY_ERROR_INVALID,
		"has a plan");
}

static void
events_come_in_order_and_go_on(void **state)
{
	struct rig *rig = *state;
	struct lily_events *events = NULL;
	struct lily_events *later = NULL;
	struct lily_event event;
	uint64_t seq = 0;
	int64_t id = 0;
	int64_t middle = 0;
	int r;

	run_mixed(rig);
	must(lily_events_open(rig->store, "@last", 0, &events, &rig->error));
	while ((r = lily_events_next(events, &event, &rig->error)) > 0) {
		struct lily_document *payload = NULL;

		assert_int_equal(event.seq, ++seq);
		assert_true(event.id > id);
		id = event.id;
		if (seq == 5)
			middle = id;
		assert_int_equal(strlen(event.hash), 64);
		assert_int_equal(strlen(event.payload), event.payload_size);
		must(lily_document_parse(
			"payload", event.payload, event.payload_size, &payload, &rig->error));
		lily_document_free(payload);
		if (seq == 1)
			assert_string_equal(event.type, "run.created");
	}
	assert_int_equal(r, 0);
	assert_string_equal(event.type, "run.finished");
	must(lily_events_open(rig->store, NULL, middle, &later, &rig->error));
	must(lily_events_next(later, &event, &rig->error));
	assert_int_equal(event.seq, 6);
	lily_events_close(later);
	/* A reader that has come to the end sees what comes after. */
	assert_string_equal(rig_run(rig, fine), "succeeded");
	assert_int_equal(lily_events_next(events, &event, &rig->error), 0);
	lily_events_close(events);
	must(lily_events_open(rig->store, NULL, id, &later, &rig->error));
	assert_int_equal(lily_events_next(later, &event, &rig->error), 1);
	assert_string_equal(event.type, "run.created");
	assert_int_equal(event.seq, 1);
	lily_events_close(later);
}

static void
logs_hold_both_streams(void **state)
{
	struct rig *rig = *state;
	struct lily_log *log = NULL;
	struct lily_log_chunk chunk;
	char text[3][64] = {"", "", ""};
	int64_t time = 0;
	int r;

	run_mixed(rig);
	must(lily_log_open(rig->store, NULL, "make", 0, &log, &rig->error));
	assert_int_equal(lily_log_attempt(log), 1);
	while ((r = lily_log_next(log, &chunk, &rig->error)) > 0) {
		assert_in_range(chunk.stream, 1, 2);
		assert_true(chunk.time_us >= time);
		time = chunk.time_us;
		append(text[chunk.stream], sizeof(text[0]), &chunk);
	}
	assert_int_equal(r, 0);
	assert_true(lily_log_is_complete(log));
	assert_string_equal(text[1], "out\n");
	assert_string_equal(text[2], "err\n");
	lily_log_close(log);
	log = NULL;
	must_fail(lily_log_open(rig->store, NULL, "after", 0, &log, &rig->error),
		LILY_ERROR_NOT_FOUND, "after");
	must_fail(lily_log_open(rig->store, NULL, "make", 99, &log, &rig->error),
		LILY_ERROR_NOT_FOUND, "attempt 99");
	must_fail(lily_log_open(rig->store, NULL, NULL, 0, &log, &rig->error),
		LILY_ERROR_INVALID, "step or of an attempt");
	must_fail(lily_log_open(rig->store, NULL, "bad", 1, &log, &rig->error),
		LILY_ERROR_NOT_FOUND, "make");
	assert_null(log);
}

static void
a_log_is_followed_while_it_grows(void **state)
{
	struct rig *rig = *state;
	struct lily_run *run = rig_start(
		rig, "lily: 1\nsteps: { s: { run: 'echo first; sleep 0.6; echo last' } }\n");
	struct lily_run_event event;
	struct lily_log *log = NULL;
	struct lily_log_chunk chunk;
	bool seen_early = false;
	char text[64] = "";
	int r;

	while ((r = lily_run_next(run, 20, &event, &rig->error)) > 0) {
		if (!log && event.type == LILY_RUN_STEP_STARTED)
			must(lily_log_open(rig->store, NULL, "s", 0, &log, &rig->error));
		while (log && lily_log_next(log, &chunk, &rig->error) > 0) {
			append(text, sizeof(text), &chunk);
			seen_early = true;
			assert_false(lily_log_is_complete(log));
		}
	}
	must(r);
	assert_true(seen_early);
	while ((r = lily_log_next(log, &chunk, &rig->error)) > 0)
		append(text, sizeof(text), &chunk);
	must(r);
	assert_true(lily_log_is_complete(log));
	assert_string_equal(text, "first\nlast\n");
	lily_log_close(log);
	lily_run_close(run);
}

static void
the_graph_shows_every_step(void **state)
{
	static const struct {
		enum lily_graph_format format;
		const char *mark;
	} cases[] = {{LILY_GRAPH_TEXT, "use.it"}, {LILY_GRAPH_DOT, "digraph"},
		{LILY_GRAPH_SVG, "<svg"}};
	struct rig *rig = *state;
	char id[LILY_RUN_ID_SIZE];
	char *text = NULL;

	run_mixed(rig);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		must(lily_run_graph(rig->store, NULL, cases[i].format, &text, &rig->error));
		assert_non_null(strstr(text, cases[i].mark));
		assert_non_null(strstr(text, "use.it"));
		lily_free(text);
	}
	rig_create_run(rig, id);
	must_fail(lily_run_graph(rig->store, id, LILY_GRAPH_TEXT, &text, &rig->error),
		LILY_ERROR_NOT_FOUND, "no plan");
}

int
main(void)
{
#define with_rig(test) cmocka_unit_test_setup_teardown(test, rig_open, rig_close)
	const struct CMUnitTest tests[] = {
		with_rig(a_run_is_described_with_its_failures),
		with_rig(steps_are_listed_in_the_order_of_the_plan),
		with_rig(one_step_alone_is_described),
		with_rig(outputs_are_named_and_traced),
		with_rig(runs_are_listed_newest_first),
		with_rig(a_work_order_is_what_it_looks_like),
		with_rig(a_key_gives_the_same_run),
		with_rig(a_run_without_a_plan_is_finished_once),
		with_rig(what_nobody_drives_is_interrupted),
		with_rig(events_come_in_order_and_go_on),
		with_rig(logs_hold_both_streams),
		with_rig(a_log_is_followed_while_it_grows),
		with_rig(the_graph_shows_every_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
