/* Payloads of every format: what is right, what is wrong, and where. */
#include "contract/payload.h"

#include "contract/registry.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdio.h>

static const struct {
	enum payload_format format;
	const char *schema; /* NULL: none */
	const char *bytes;
	const char *wanted; /* the first fault as people see it, or NULL: none */
} cases[] = {
	{PAYLOAD_JSON, NULL, "{\"a\": 1}", NULL},
	{PAYLOAD_JSON, NULL, "{\"a\": 1,}", "output o: f:1:8: is not JSON: trailing comma"},
	{PAYLOAD_JSON, NULL, "", "output o: f:1:1: is not JSON: "},
	{PAYLOAD_JSON, NULL, "{\"a\":1,\n\"a\":2}",
		"output o: f:2:1: is not JSON: duplicate key"},
	{PAYLOAD_JSON, "{\"type\":\"object\"}", "{}", NULL},
	{PAYLOAD_JSON, "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\n\"a\": 3}",
		"output o: f:2:6: must be null"},
	{PAYLOAD_JSONL, NULL, "1\n2\n\n\n", NULL},
	{PAYLOAD_JSONL, NULL, "", NULL},
	{PAYLOAD_JSONL, NULL, "1\n\n2\n", "output o: f:2:1: is not JSON: "},
	{PAYLOAD_JSONL, NULL, "1\n2\n[3\n4\n", "output o: f:3:3: is not JSON: "},
	{PAYLOAD_JSONL, "{\"type\":\"integer\"}", "1\n2\n  \"x\"\n",
		"output o: f:3:3: must be a whole number"},
	{PAYLOAD_YAML, NULL, "a: [ 1, yes ]\n", NULL},
	{PAYLOAD_YAML, NULL, "a: [ 1\n", "output o: f:2:1: is not YAML: "},
	{PAYLOAD_YAML, "{\"properties\":{\"a\":{\"type\":\"null\"}}}", "b: 1\na: 2\n",
		"output o: f:2:4: must be null"},
	{PAYLOAD_TEXT, NULL, "any\n", NULL},
	{PAYLOAD_TEXT, NULL, "\xFF", "output o: is not text: byte 0 is not UTF-8"},
	{PAYLOAD_TEXT, "{\"minLength\":3}", "abc", NULL},
	{PAYLOAD_TEXT, "{\"minLength\":3}", "ab", "output o: must "},
};

static int
check(size_t number, struct faults *faults)
{
	const struct payload payload = {.name = STR("o"),
		.file = STR("f"),
		.bytes = str_of(cases[number].bytes),
		.format = cases[number].format};
	struct registry *registry = registry_new(REGISTRY_OF_KERNEL);
	struct checker *checker = checker_new(NULL);
	const struct schema *schema = NULL;
	struct err err = ERR_INIT;
	int r = 0;

	if (cases[number].schema) {
		r = registry_add(
			registry, STR("s.v1"), "s.json", str_of(cases[number].schema), &err);
		if (r == 0)
			r = registry_get(registry, STR("s.v1"), &schema, &err);
	}
	if (r == 0)
		r = payload_check(&payload, schema, checker, faults, &err);
	if (r < 0)
		fail_msg("%s: %s", cases[number].bytes, err.message);
	checker_free(checker);
	registry_free(registry);
	return r;
}

static void
test_payloads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf said = BUF_INIT(4096);
		struct faults faults = FAULTS_INIT(&arena);
		int valid = check(i, &faults);

		if (faults.n)
			fault_describe(&faults.items[0], &said);
		if (valid != !cases[i].wanted || !faults.n != !cases[i].wanted ||
			!str_starts(
				buf_str(&said), str_of(cases[i].wanted ? cases[i].wanted : "")))
			fail_msg("%s\n%d: %s\nwanted: %s", cases[i].bytes, valid,
				buf_cstr(&said), cases[i].wanted ? cases[i].wanted : "");
	}
}

static void
test_the_document_is_bounded(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);
	struct faults faults = FAULTS_INIT(&arena);
	struct faults joined = FAULTS_INIT(&arena);
	char message[32];

	(void)state;
	for (int i = 0; i < 150; i++) {
		(void)snprintf(message, sizeof(message), "fault %d", i);
		faults_add(&faults,
			&(struct fault){.name = STR("o"),
				.file = STR("f"),
				.instance = STR("/a"),
				.keyword = {NULL, 0},
				.line = 3,
				.column = 4,
				.message = str_of(message)});
	}
	assert_int_equal(faults.n, FAULTS_KEPT);
	assert_string_equal(
		faults_summary(&faults, 60, &arena), "output o: f:3:4: fault 0; and 149 more");
	faults_join(&joined, &faults);
	faults_write(&joined, &b);
	assert_true(str_starts(buf_str(&b),
		STR("[{\"at\":\"f:3:4\",\"column\":4,\"instance\":\"/a\",\"keyword\":null,"
		    "\"line\":3,\"message\":\"fault 0\",\"output\":\"o\"},")));
	assert_true(str_ends(buf_str(&b), STR(",{\"message\":\"50 more are left out\"}]\n")));
}

static void
test_pointers_are_located(void **state)
{
	static const struct {
		enum payload_format format;
		const char *bytes;
		const char *pointer;
		unsigned line;
		unsigned column;
	} places[] = {
		{PAYLOAD_JSON, "{\"a\":\n [1, 2]}", "/a/1", 2, 6},
		{PAYLOAD_JSON, "{}", "", 1, 1},
		{PAYLOAD_JSON, "{}", "/b", 0, 0},
		{PAYLOAD_JSONL, "1\n{\"a\": 2}\n", "/1/a", 2, 7},
		{PAYLOAD_JSONL, "1\n", "/1", 0, 0},
		{PAYLOAD_JSONL, "1\n", "/x", 0, 0},
		{PAYLOAD_YAML, "a: 1\nb: 2\n", "/b", 2, 4},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		const struct payload payload = {
			.bytes = str_of(places[i].bytes), .format = places[i].format};
		struct fault fault = {.instance = str_of(places[i].pointer)};

		payload_locate(&payload, &fault, 1);
		if (fault.line != places[i].line || fault.column != places[i].column)
			fail_msg("%s: %u:%u", places[i].pointer, fault.line, fault.column);
	}
}

static void
test_names_say_the_format(void **state)
{
	(void)state;
	assert_int_equal(payload_format_of(STR("a.jsonl")), PAYLOAD_JSONL);
	assert_int_equal(payload_format_of(STR("a.ndjson")), PAYLOAD_JSONL);
	assert_int_equal(payload_format_of(STR("d/a.yml")), PAYLOAD_YAML);
	assert_int_equal(payload_format_of(STR("a.yaml")), PAYLOAD_YAML);
	assert_int_equal(payload_format_of(STR("a.json")), PAYLOAD_JSON);
	assert_int_equal(payload_format_of(STR("")), PAYLOAD_JSON);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payloads),
		cmocka_unit_test(test_the_document_is_bounded),
		cmocka_unit_test(test_pointers_are_located),
		cmocka_unit_test(test_names_say_the_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
