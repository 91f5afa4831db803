#include "fixture.h"

static void
test_hash_is_what_the_header_says(void **state)
{
	struct digest previous = {{1, 2, 3}};
	struct uuid run = {{0xAA, 0xBB}};
	struct digest payload = {{9}};
	struct digest hash;
	struct digest expected;
	uint8_t text[32 + 16 + 8 + 1 + 11 + 8 + 32] = {1, 2, 3};

	(void)state;
	text[32] = 0xAA;
	text[33] = 0xBB;
	text[54] = 1;
	text[55] = 2; /* seq 258, big endian */
	text[56] = 11;
	memcpy(text + 57, "run.created", 11);
	text[74] = 3;
	text[75] = 4; /* time 772 */
	text[76] = 9;
	digest_of(text, sizeof(text), &expected);
	event_hash(&previous, &run, 258, STR("run.created"), 772, &payload, &hash);
	assert_memory_equal(hash.bytes, expected.bytes, DIGEST_SIZE);
}

static void
test_names(void **state)
{
	enum event_type type;

	(void)state;
	for (int i = 0; i < EVENT_TYPE_COUNT; i++) {
		const char *name = event_type_name((enum event_type)i);

		assert_true(event_type_parse(str_of(name), &type));
		assert_int_equal(type, i);
	}
	assert_false(event_type_parse(STR("run.create"), &type));
	assert_string_equal(event_type_name((enum event_type)999), "unknown");
}

static void
test_reading_in_order(void **state)
{
	enum { STEPS = 300 };
	struct fixture *f = *state;
	struct run_hold a = create_run(f);
	struct run_hold b = create_run(f);
	struct event_reader *reader;
	struct event event;
	struct digest head = {{0}};
	uint64_t seq = 0;
	int64_t last = 0;
	int r;

	append(f, &a, EVENT_RUN_STARTED, "{}");
	for (unsigned i = 0; i < STEPS; i++) {
		run_step(f, &a, i);
		run_step(f, &b, i);
	}
	must(store_flush(f->store, &f->err));
	must(event_reader_open(f->store, a.chain.run, 0, &reader, &f->err));
	while ((r = event_reader_next(reader, &event, &f->err)) > 0) {
		struct digest payload;
		struct digest hash;

		assert_int_equal(event.seq, ++seq);
		assert_int_equal(event.run, a.chain.run);
		assert_true(event.id > last);
		assert_false(event.removed);
		digest_of(event.payload.p, event.payload.n, &payload);
		event_hash(&head, &a.chain.id, seq, str_of(event_type_name(event.type)),
			event.time_us, &payload, &hash);
		assert_memory_equal(hash.bytes, event.hash.bytes, DIGEST_SIZE);
		head = hash;
		last = event.id;
	}
	must(r);
	assert_int_equal(seq, 2 + 4 * STEPS);
	/* The reader goes on where it was when there is more. */
	append(f, &a, EVENT_RUN_FINISHED, "{\"status\":\"succeeded\"}");
	must(store_flush(f->store, &f->err));
	assert_int_equal(event_reader_next(reader, &event, &f->err), 1);
	assert_int_equal(event.type, EVENT_RUN_FINISHED);
	assert_int_equal(event_reader_next(reader, &event, &f->err), 0);
	event_reader_close(reader);
	/* Of all runs, after a cursor: the end of the run also stands in the store's chain. */
	must(event_reader_open(f->store, -1, event.id, &reader, &f->err));
	assert_int_equal(event_reader_next(reader, &event, &f->err), 1);
	assert_int_equal(event.type, EVENT_RUN_CLOSED);
	assert_int_equal(event.run, 0);
	assert_int_equal(event.seq, 1);
	event_reader_close(reader);
	run_release(&a);
	run_release(&b);
	(void)expect_sound(f, 0);
}

/* What may not be appended: the writer fails, tells why, and nothing after it becomes durable. */
static void
test_refusals(void **state)
{
	static const struct {
		enum event_type type;
		const char *payload;
		const char *message;
	} cases[] = {
		{EVENT_RUN_STARTED, "{", "run.started"},
		{EVENT_RUN_STARTED, "[]", "not an object"},
		{EVENT_RUN_FINISHED, "{}", "\"status\" is missing"},
		{EVENT_RUN_FINISHED, "{\"status\":\"running\"}", "not how a run can end"},
		{EVENT_RUN_PLANNED, "{\"plan\":\"12\",\"steps\":1}",
			"\"plan\" is not a digest"},
		{EVENT_RUN_PLANNED,
			"{\"plan\":"
			"\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\","
			"\"steps\":1}",
			"which was not put"},
		{EVENT_ATTEMPT_STARTED, "{\"n\":1}", "no attempt 1 was submitted"},
		{EVENT_ATTEMPT_ACCEPTED, "{\"n\":0}", "\"n\" is out of range"},
		{EVENT_ATTEMPT_SUBMITTED, "{\"i\":0,\"n\":1,\"try\":1}", "\"step\" is missing"},
		{EVENT_ATTEMPT_SUBMITTED, "{\"i\":-1,\"n\":1,\"step\":\"a\",\"try\":1}",
			"\"i\" is negative"},
		{EVENT_ATTEMPT_SUBMITTED, "{\"i\":0,\"n\":\"1\",\"step\":\"a\",\"try\":1}",
			"\"n\" is not a whole number"},
		{EVENT_VISIT_BLOCKED, "{\"by\":\"a\"}", "\"steps\" is missing"},
		{EVENT_VISIT_BLOCKED, "{\"by\":\"a\",\"steps\":{}}", "\"steps\" is not a list"},
		{EVENT_ARTIFACT_PUT, "{\"artifact\":1,\"name\":\"x\",\"sha256\":7}",
			"not text"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct fixture *f;
		void *own;
		struct run_hold hold;
		struct run_row row;

		(void)fixture_open(&own);
		f = own;
		hold = create_run(f);
		must(store_flush(f->store, &f->err));
		append(f, &hold, cases[i].type, cases[i].payload);
		expect_error(store_flush(f->store, &f->err), ERR_INVALID, cases[i].message);
		expect_error(event_append(f->store, &hold.chain, EVENT_RUN_STARTED, 1,
				     STR("{}"), NULL, &f->err),
			ERR_INVALID, cases[i].message);
		expect_error(store_check(f->store, &f->err), ERR_INVALID, cases[i].message);
		run_release(&hold);
		reopen(f);
		row = find_run(f, "@last");
		assert_int_equal(row.seq, 1);
		(void)expect_sound(f, 0);
		(void)fixture_close(&own);
	}
}

static void
test_nothing_follows_the_end(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);

	append(f, &hold, EVENT_RUN_FINISHED, "{\"status\":\"cancelled\"}");
	append(f, &hold, EVENT_RUN_STARTED, "{}");
	expect_error(store_flush(f->store, &f->err), ERR_INVALID, "the run has ended");
	run_release(&hold);
}

/* A holder whose numbers are not those of the table has lost its lock to somebody. */
static void
test_a_foreign_append_is_noticed(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);

	hold.chain.seq = 7;
	append(f, &hold, EVENT_RUN_STARTED, "{}");
	expect_error(store_flush(f->store, &f->err), ERR_SYS, "another process has appended");
	run_release(&hold);
}

static void
test_reading_only_cannot_append(void **state)
{
	struct fixture *f = *state;
	struct run_hold hold = create_run(f);
	struct store *reader;
	struct digest digest;

	run_release(&hold);
	must(store_open(f->path, STORE_READ, &reader, &f->err));
	expect_error(event_append(reader, &hold.chain, EVENT_RUN_STARTED, 1, STR("{}"), NULL,
			     &f->err),
		ERR_DENIED, "for reading only");
	expect_error(
		object_put(reader, STR("x"), &digest, &f->err), ERR_DENIED, "reading only");
	store_close(reader);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hash_is_what_the_header_says),
		cmocka_unit_test(test_names),
		cmocka_unit_test_setup_teardown(
			test_reading_in_order, fixture_open, fixture_close),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test_setup_teardown(
			test_nothing_follows_the_end, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_a_foreign_append_is_noticed, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(
			test_reading_only_cannot_append, fixture_open, fixture_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
