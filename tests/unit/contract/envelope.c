/* Envelopes: written and read again, changed ones, numbers that cannot be kept. */
#include "contract/envelope.h"

#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define META_BEGIN                                                                             \
	"{\"meta\":{\"canon\":\"rfc8785\",\"created_at\":\"2025-01-02T03:04:05Z\",\"inputs\":" \
	"[\"r:1\"],"
#define DIGEST                \
	"\"payload_sha256\":" \
	"\"78acba4311beff9d27866a1a49fb00d0eefff078c66c6f7599cdc0274aabd1c7\","
#define META_END "\"producer_id\":\"p\",\"producer_kind\":\"tool\",\"schema_id\":\"a.v1\"}"
#define WHOLE META_BEGIN DIGEST META_END ",\"payload\":{\"b\":1,\"a\":1.50}}"

static int
seal(const char *payload, const char *id, struct buf *b, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct source source = {"payload", str_of(payload)};
	static const struct str inputs[] = {{"r:1", 3}};
	struct envelope envelope = {.schema_id = str_of(id),
		.producer_id = STR("p"),
		.producer_kind = STR("tool"),
		.created_at = STR("2025-01-02T03:04:05Z"),
		.inputs = inputs,
		.n_inputs = 1};

	assert_int_equal(json_parse(&arena, &source, 0, NULL, &envelope.payload, err), 0);
	return envelope_write(&envelope, &source, b, err);
}

static void
test_what_is_written_is_read(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct err err = ERR_INIT;
	struct envelope envelope;

	(void)state;
	assert_int_equal(seal("{\"b\": 1, \"a\": 1.50}", "a.v1", &b, &err), 0);
	assert_int_equal(envelope_read(buf_str(&b), "e", &arena, &envelope, &err), 0);
	assert_true(str_is(envelope.schema_id, "a.v1"));
	assert_true(str_is(envelope.producer_id, "p"));
	assert_true(str_is(envelope.producer_kind, "tool"));
	assert_int_equal(envelope.n_inputs, 1);
	assert_true(str_is(envelope.inputs[0], "r:1"));
	assert_int_equal(envelope.payload->n, 2);
}

static void
test_numbers_are_never_rounded(void **state)
{
	static const char *const kept[] = {"9007199254740991", "1e300", "0.1", "-0.5", "1.0"};
	static const char *const refused[] = {"9007199254740993", "12345678901234567890",
		"0.1000000000000000000000001", "1e400"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;

		if (seal(kept[i], "a.v1", &b, &err) < 0)
			fail_msg("%s: %s", kept[i], err.message);
	}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct err err = ERR_INIT;

		assert_int_equal(seal(refused[i], "a.v1", &b, &err), ERR_INVALID);
		assert_non_null(strstr(err.message, "write it as text"));
	}
}

static const struct {
	const char *bytes;
	const char *message; /* NULL: fine */
} texts[] = {
	{WHOLE, NULL},
	{"[]", "e:1:1: an envelope must be an object, not array"},
	{"{\"meta\":{}}", "an envelope has no \"payload\""},
	{META_BEGIN DIGEST META_END ",\"payload\":1,\"x\":2}", "has no member \"x\""},
	{META_BEGIN DIGEST "\"x\":1," META_END ",\"payload\":1}",
		"\"meta\" has no member \"x\""},
	{META_BEGIN META_END ",\"payload\":1}", "\"meta\" has no \"payload_sha256\""},
	{META_BEGIN DIGEST META_END ",\"payload\":{\"a\":1.5,\"b\":2}}", "is not the one"},
	{"{\"payload\":1,\"meta\":{\"canon\":\"jcs\",\"created_at\":\"\",\"inputs\":[]," DIGEST
			META_END "}",
		"\"canon\" must be rfc8785"},
	{"{\"payload\":1,\"meta\":{\"canon\":\"rfc8785\",\"created_at\":\"\",\"inputs\":[3]"
	 "," DIGEST META_END "}",
		"\"inputs\" must hold ids"},
	{"{\"payload\":1,\"meta\":{\"canon\":\"rfc8785\",\"created_at\":3,\"inputs\":[]," DIGEST
			META_END "}",
		"\"created_at\" must be text"},
};

static void
test_what_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct envelope envelope;
		int r = envelope_read(str_of(texts[i].bytes), "e", &arena, &envelope, &err);

		if (r != (texts[i].message ? ERR_INVALID : 0) ||
			(texts[i].message && !strstr(err.message, texts[i].message)))
			fail_msg("%s\n%d: %s", texts[i].bytes, r, err.message);
	}
}

static void
test_meta_has_rules(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(seal("1", "a", &b, &err), ERR_INVALID);
	assert_non_null(strstr(err.message, "\"a\" is no id of a schema"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_written_is_read),
		cmocka_unit_test(test_numbers_are_never_rounded),
		cmocka_unit_test(test_what_is_read),
		cmocka_unit_test(test_meta_has_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
