/*
 * Any bytes as YAML, within limits that keep a run short. What is refused has an error with a
 * message; what is accepted stays below its limits with its aliases expanded, and is the same when
 * it was written as JSON and read again.
 */
#include "fuzz.h"
#include "json/yaml.h"

#define WRITTEN_MAX ((size_t)64 << 20)

static const struct yaml_limits limits = {.bytes = 1 << 16, .depth = 64, .values = 10000};

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(WRITTEN_MAX);
	const struct json_limits json_limits = {WRITTEN_MAX, limits.depth};
	struct source source = {"fuzz", {(const char *)bytes, n}};
	const struct value *v = NULL;
	const struct value *again = NULL;
	struct err err = ERR_INIT;

	if (yaml_parse(&arena, &source, &limits, &v, &err)) {
		fuzz_check_error(&err);
		return 0;
	}
	json_write(v, &text);
	if (text.overflowed)
		return 0;
	source.text = buf_str(&text);
	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, &json_limits, &again, &err))
		fuzz_fail("%s", err.message);
	if (!value_equal(v, again))
		fuzz_fail("writing as JSON changed the value");
	return 0;
}
