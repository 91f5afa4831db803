/* Two documents: where they differ, and how far they may. */
#include "gate/comparison.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
	enum compared_as as;
	enum payload_format format;
	const char *judged;
	const char *with;
	const char *tolerance; /* NULL: none; N%: a share */
	const char *differs;   /* NULL: not at all */
} rows[] = {
	/* Values: what they mean counts, not how they are written. */
	{COMPARED_VALUE, PAYLOAD_JSON, "{\"a\":1,\"b\":[true,null]}",
		"{ \"b\": [ true, null ], \"a\": 1.0 }", NULL, NULL},
	{COMPARED_VALUE, PAYLOAD_JSON, "1e400", "10e399", NULL, NULL},
	{COMPARED_VALUE, PAYLOAD_JSON, "9007199254740993", "9007199254740992", NULL,
		"input o: is 9007199254740993, and 9007199254740992 in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "{\"a\":{\"b\":[1,2]}}", "{\"a\":{\"b\":[1,3]}}", NULL,
		"input o: /a/b/1: is 2, and 3 in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "{\"a\":1}", "{\"b\":1}", NULL,
		"input o: /a: is 1, and is not in g; input o: /b: is not there, and 1 in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "[1,2,3]", "[1,2]", NULL,
		"input o: /2: is 3, and is not in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "[]", "{}", NULL, "input o: is [], and {} in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "\"1\"", "1", NULL, "input o: is \"1\", and 1 in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "null", "false", NULL,
		"input o: is null, and false in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "{\"a/b~\":0}", "{\"a/b~\":1}", NULL,
		"input o: /a~1b~0: is 0, and 1 in g"},
	/* Numbers within a tolerance, exactly; shapes must still be the same. */
	{COMPARED_VALUE, PAYLOAD_JSON, "[0.3,1]", "[0.2,1]", "0.1", NULL},
	{COMPARED_VALUE, PAYLOAD_JSON, "[0.30000000000000000001]", "[0.2]", "0.1",
		"input o: /0: is 0.30000000000000000001, and 0.2 in g: more than 0.1 apart"},
	{COMPARED_VALUE, PAYLOAD_JSON, "[0.2]", "[0.3]", "0.1", NULL},
	{COMPARED_VALUE, PAYLOAD_JSON, "[101]", "[100]", "1%", NULL},
	{COMPARED_VALUE, PAYLOAD_JSON, "[100]", "[98]", "2%",
		"input o: /0: is 100, and 98 in g: more than 2% apart"},
	{COMPARED_VALUE, PAYLOAD_JSON, "{\"a\":1,\"b\":2}", "{\"a\":1}", "5",
		"input o: /b: is 2, and is not in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "{\"a\":\"1\"}", "{\"a\":\"2\"}", "5",
		"input o: /a: is \"1\", and \"2\" in g"},
	{COMPARED_VALUE, PAYLOAD_JSON, "[true]", "[1]", "5",
		"input o: /0: is true, and 1 in g"},
	{COMPARED_VALUE, PAYLOAD_YAML, "a: 1\nb: [ 2 ]", "{ b: [ 2.0 ], a: 1 }", NULL, NULL},
	{COMPARED_VALUE, PAYLOAD_JSONL, "1\n{\"a\":2}\n", "1\n{\"a\":2}", NULL, NULL},
	{COMPARED_VALUE, PAYLOAD_JSONL, "1\n{\"a\":2}\n", "1\n{\"a\":3}\n", NULL,
		"input o: o:2:1: /a is 2, and 3 in g"},
	{COMPARED_VALUE, PAYLOAD_JSONL, "1\n", "1\n2\n", NULL,
		"input o: o:2:1: is not there, and 2 in g"},
	{COMPARED_VALUE, PAYLOAD_JSONL, "1\n2\n", "", NULL,
		"input o: o:1:1: is 1, and is not in g; input o: o:2:1: is 2, and is not in g"},
	/* Texts: what is no number has to be the same. */
	{COMPARED_TEXT, PAYLOAD_TEXT, "loss 0.51, n=7\n", "loss  0.5, n=7\n", "0.01", NULL},
	{COMPARED_TEXT, PAYLOAD_TEXT, "loss 0.52", "loss 0.5\n", "0.01",
		"input o: o:1:1: is \"loss 0.52\", and \"loss 0.5\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "gain 1", "loss 1", "9",
		"input o: o:1:1: is \"gain 1\", and \"loss 1\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "a\nb", "a\n", "1",
		"input o: o:2:1: is \"b\", and is not in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "-1e-3 (2)", "-0.0011 (3)", "1", NULL},
	{COMPARED_TEXT, PAYLOAD_TEXT, "v1.2.3 2026-01-02 12:30:05 a1 0x1 7b .5",
		"v1.2.3 2026-01-02 12:30:05 a1 0x1 7b .5", "1", NULL},
	{COMPARED_TEXT, PAYLOAD_TEXT, "v 1.2.3", "v 1.2.4", "1",
		"input o: o:1:1: is \"v 1.2.3\", and \"v 1.2.4\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "2026-01-02", "2026-01-03", "1",
		"input o: o:1:1: is \"2026-01-02\", and \"2026-01-03\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "12:30", "12:31", "1",
		"input o: o:1:1: is \"12:30\", and \"12:31\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "a1", "a2", "1",
		"input o: o:1:1: is \"a1\", and \"a2\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "1 2", "1", "1",
		"input o: o:1:1: is \"1 2\", and \"1\" in g"},
	{COMPARED_TEXT, PAYLOAD_TEXT, "1,2;3", "2,3;4", "1", NULL},
	/* Bytes. */
	{COMPARED_BYTES, PAYLOAD_TEXT, "a\nb\n", "a\nc\n", NULL,
		"input o: o:2:1: is \"b\", and \"c\" in g"},
	{COMPARED_BYTES, PAYLOAD_TEXT, "a\n", "a", NULL,
		"input o: is not g: it has 2 bytes, and that 1; byte 1 is the first that "
		"differs"},
	{COMPARED_BYTES, PAYLOAD_TEXT, "1 ", "1  ", NULL,
		"input o: o:1:1: is \"1 \", and \"1  \" in g"},
	{COMPARED_BYTES, PAYLOAD_TEXT, "x\377", "x\376", NULL,
		"input o: is not g: it has 2 bytes, and that 2; byte 1 is the first that "
		"differs"},
	/* Directories, by their trees. */
	{COMPARED_TREE, PAYLOAD_JSON,
		"{\"entries\":[{\"path\":\"a\",\"size\":1},{\"path\":\"b\"},{\"path\":\"d\"}]}",
		"{\"entries\":[{\"path\":\"a\",\"size\":2},{\"path\":\"c\"},{\"path\":\"d\"}]}",
		NULL,
		"input o: /a: is {\"path\":\"a\",\"size\":1}, and {\"path\":\"a\",\"size\":2} "
		"in "
		"g; input o: /b: is {\"path\":\"b\"}, and is not in g; input o: /c: is not "
		"there, and {\"path\":\"c\"} in g"},
};

static struct compared
compared_of(enum compared_as as, enum payload_format format, const char *judged,
	const char *with, const char *tolerance)
{
	size_t n = tolerance ? strlen(tolerance) : 0;
	bool is_percent = n && tolerance[n - 1] == '%';

	return (struct compared){.as = as,
		.judged = {.name = STR("o"), .bytes = str_of(judged), .format = format},
		.with = {.name = STR("with/o"),
			.file = STR("g"),
			.bytes = str_of(with),
			.format = format},
		.tolerance = {{tolerance, n - is_percent}, is_percent}};
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct compared compared = compared_of(rows[i].as, rows[i].format,
			rows[i].judged, rows[i].with, rows[i].tolerance);
		struct faults faults = FAULTS_INIT(&arena);
		struct err err = ERR_INIT;

		assert_int_equal(comparison_make(&compared, &faults, &err), 0);
		if (rows[i].differs)
			assert_string_equal(
				faults_summary(&faults, 4000, &arena), rows[i].differs);
		else if (faults.n)
			fail_msg("%s and %s: %s", rows[i].judged, rows[i].with,
				faults_summary(&faults, 4000, &arena));
	}
}

/* What cannot be read is no equality. */
static void
test_unreadable(void **state)
{
	static const enum payload_format formats[] = {
		PAYLOAD_JSON, PAYLOAD_YAML, PAYLOAD_JSONL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct faults faults = FAULTS_INIT(&arena);
		struct err err = ERR_INIT;
		struct compared compared =
			compared_of(COMPARED_VALUE, formats[i], "[ 1 ]", "[ 1", NULL);

		assert_int_equal(comparison_make(&compared, &faults, &err), ERR_INVALID);
		assert_non_null(strstr(err.message, "g"));
	}
}

/* As many members, and as many differences, as there are: in a time that grows with their number. */
static void
test_many(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf judged = BUF_INIT((size_t)64 << 20);
	AUTO_BUF struct buf with = BUF_INIT((size_t)64 << 20);
	struct faults faults = FAULTS_INIT(&arena);
	struct compared compared;
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		buf_printf(&judged, "%s\"k%d\":%d", i ? "," : "{", i, i);
		buf_printf(&with, "%s\"k%d\":%d", i ? "," : "{", 199999 - i, 200000 - i);
	}
	buf_add_char(&judged, '}');
	buf_add_char(&with, '}');
	compared = compared_of(
		COMPARED_VALUE, PAYLOAD_JSON, buf_cstr(&judged), buf_cstr(&with), NULL);
	assert_int_equal(comparison_make(&compared, &faults, &err), 0);
	assert_int_equal(faults.n, FAULTS_KEPT);
	assert_int_equal(faults.n + faults.more, 200000);
	faults = FAULTS_INIT(&arena);
	compared = compared_of(
		COMPARED_VALUE, PAYLOAD_JSON, buf_cstr(&judged), buf_cstr(&with), "1");
	assert_int_equal(comparison_make(&compared, &faults, &err), 0);
	assert_int_equal(faults.n, 0);
}

/* Of a long text what differs is shown, whole characters of it. */
static void
test_long_texts(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf a = BUF_INIT(10000);
	AUTO_BUF struct buf b = BUF_INIT(10000);
	struct faults faults = FAULTS_INIT(&arena);
	struct compared compared;
	struct err err = ERR_INIT;
	const char *why;

	(void)state;
	for (int i = 0; i < 1000; i++)
		buf_add_cstr(&a, "é");
	buf_add_str(&b, buf_str(&a));
	buf_add_cstr(&a, "right");
	buf_add_cstr(&b, "wrong");
	for (int i = 0; i < 1000; i++)
		buf_add_cstr(&a, "é");
	compared = compared_of(COMPARED_BYTES, PAYLOAD_TEXT, buf_cstr(&a), buf_cstr(&b), NULL);
	assert_int_equal(comparison_make(&compared, &faults, &err), 0);
	why = faults_summary(&faults, 4000, &arena);
	assert_non_null(strstr(why, "éright"));
	assert_non_null(strstr(why, "éwrong\" in g"));
	assert_true(str_is_utf8(str_of(why), NULL));
	assert_true(strlen(why) < 400);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
