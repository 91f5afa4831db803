/* Boundaries inside of the engine: what is checked, kept, handed on and remembered. */
#include "run/boundary.h"
#include "fixture.h"

#define NUMBERS "{\"type\":\"array\",\"items\":{\"type\":\"integer\"}}"

/* The text with the path of a schema in it, which the workspace gets. */
static const char *
with_schema(struct place *p, const char *schema, const char *validators, const char *steps)
{
	put_file(p, "s.json", schema);
	return arena_printf(&p->arena,
		"lily: 1\nschemas: { s.v1: { file: %s/s.json, validators: [ %s ] } "
		"}\nsteps:\n%s",
		p->workspace, validators, steps);
}

static void
run_to_end(struct place *p, const char *text, const char *wanted)
{
	struct engine *engine = begin(p, text, false);

	drive(engine);
	engine_free(engine);
	assert_string_equal(states_of(p), wanted);
}

/* "name/role/type …" of the newest run's artifacts. */
static const char *
artifacts_of(struct place *p)
{
	AUTO_BUF struct buf b = BUF_INIT(65536);
	struct artifact_filter filter = {.with_rejected = true};
	struct artifact_row *rows;
	struct run_row row;
	size_t n;

	OK(run_find(p->store, STR("@last"), &p->arena, &row, &err));
	filter.run = row.number;
	OK(artifact_list(p->store, &filter, &p->arena, &rows, &n, &err));
	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%.*s/%.*s/%.*s%s", i ? " " : "", STR_ARG(rows[i].name),
			STR_ARG(rows[i].role), STR_ARG(rows[i].type),
			rows[i].has_schema ? "!" : "");
	return arena_cstr(&p->arena, buf_str(&b));
}

static void
test_valid_and_invalid(void **state)
{
	struct place p;

	(void)state;
	place_open(&p);
	run_to_end(&p,
		with_schema(&p, NUMBERS, "",
			"  a: { run: 'echo [1] >$LILY_OUT/o', out: { o: { schema: s.v1 } } "
			"}\n"),
		"succeeded a=succeeded");
	assert_string_equal(artifacts_of(&p), "o/output/s.v1!");
	run_to_end(&p,
		with_schema(&p, NUMBERS, "",
			"  a: { run: 'echo [true] >$LILY_OUT/o; echo x >$LILY_OUT/p',\n"
			"       out: { o: { schema: s.v1 }, p: { } } }\n"),
		"failed a=failed");
	assert_string_equal(artifacts_of(&p), "o/rejected/ p/rejected/ errors/rejected/");
	assert_string_equal(
		failure_of(&p), "schema: output o: o:1:2: must be a whole number, not true");
	place_close(&p);
}

static void
test_what_an_id_means(void **state)
{
	struct digest digest;
	struct digest wanted;
	struct uuid run;
	struct place p;

	(void)state;
	place_open(&p);
	assert_int_equal(artifact_type_find(p.store, STR("s.v1"), &digest, &run, &err), 0);
	run_to_end(&p,
		with_schema(&p, NUMBERS, "",
			"  a: { run: 'echo [true] >$LILY_OUT/o', out: { o: { schema: s.v1 } } "
			"}\n"),
		"failed a=failed");
	assert_int_equal(artifact_type_find(p.store, STR("s.v1"), &digest, &run, &err), 0);
	run_to_end(&p,
		with_schema(&p, "true", "",
			"  a: { run: 'echo [true] >$LILY_OUT/o', out: { o: { schema: s.v1 } } "
			"}\n"),
		"succeeded a=succeeded");
	assert_int_equal(artifact_type_find(p.store, STR("s.v1"), &digest, &run, &err), 1);
	digest_of("true", 4, &wanted);
	assert_true(digest_equal(&digest, &wanted));
	place_close(&p);
}

static void
test_validators(void **state)
{
	struct place p;

	(void)state;
	place_open(&p);
	run_to_end(&p,
		with_schema(&p, NUMBERS, "{ run: 'grep -q 7 $LILY_IN/value' }",
			"  a: { run: 'echo [7] >$LILY_OUT/o', out: { o: { schema: s.v1 } } }\n"
			"  b: { run: 'echo [8] >$LILY_OUT/o', out: { o: { schema: s.v1 } } }\n"
			"  c: { run: 'echo [7] >$LILY_OUT/o', out: { o: { type: json } } }\n"),
		"failed a=succeeded b=failed c=succeeded");
	assert_string_equal(failure_of(&p),
		"schema: output o: validator 1 of schema s.v1 (bash): exit status 1, and it "
		"printed nothing");
	place_close(&p);
}

static void
test_a_faulty_input_starts_nothing(void **state)
{
	struct place p;

	(void)state;
	place_open(&p);
	put_file(&p, "in.json", "[1,\n null]");
	run_to_end(&p,
		with_schema(&p, NUMBERS, "",
			"  a: { run: 'exit 9', in: { i: { path: in.json, schema: s.v1 } },\n"
			"       retry: { attempts: 5 } }\n"),
		"failed a=failed");
	assert_string_equal(failure_of(&p),
		"schema: input i: in.json:2:2: must be a whole number, not null");
	place_close(&p);
}

static void
test_formats(void **state)
{
	static const struct template_part yaml = {.text = {"d/x.yaml", 8}};
	const struct step_output outputs[] = {
		{.type = OUTPUT_JSON},
		{.type = OUTPUT_JSON, .has_path = true, .path = {&yaml, 1}},
		{.type = OUTPUT_JSONL},
		{.type = OUTPUT_TEXT},
	};
	const enum payload_format wanted[] = {
		PAYLOAD_JSON, PAYLOAD_YAML, PAYLOAD_JSONL, PAYLOAD_TEXT};
	enum payload_format format;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
		assert_true(boundary_output_format(&outputs[i], &format));
		assert_int_equal(format, wanted[i]);
	}
	assert_false(
		boundary_output_format(&(struct step_output){.type = OUTPUT_FILE}, &format));
	assert_false(
		boundary_output_format(&(struct step_output){.type = OUTPUT_FOUND}, &format));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_and_invalid),
		cmocka_unit_test(test_what_an_id_means),
		cmocka_unit_test(test_validators),
		cmocka_unit_test(test_a_faulty_input_starts_nothing),
		cmocka_unit_test(test_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
