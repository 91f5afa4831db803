/*
 * Any bytes as JSON. What is refused has an error with a message; what is accepted is the same
 * when it was written and read again, is equal to itself, and its canonical form is a fixed point.
 */
#include "fuzz.h"
#include "json/json.h"

#define WRITTEN_MAX ((size_t)64 << 20)

static const struct value *
read_again(struct arena *arena, const struct buf *text)
{
	const struct source source = {"written", buf_str(text)};
	const struct json_limits limits = {WRITTEN_MAX, 600};
	const struct value *v = NULL;
	struct err err = ERR_INIT;

	if (json_parse(arena, &source, 0, &limits, &v, &err))
		fuzz_fail("%s", err.message);
	return v;
}

static void
check_written(struct arena *arena, const struct value *v)
{
	AUTO_BUF struct buf compact = BUF_INIT(WRITTEN_MAX);
	AUTO_BUF struct buf indented = BUF_INIT(WRITTEN_MAX);

	json_write(v, &compact);
	json_write_indented(v, &indented);
	if (!value_equal(v, read_again(arena, &compact)))
		fuzz_fail("json_write changed the value");
	if (!value_equal(v, read_again(arena, &indented)))
		fuzz_fail("json_write_indented changed the value");
}

static void
check_canonical(struct arena *arena, const struct value *v)
{
	AUTO_BUF struct buf once = BUF_INIT(WRITTEN_MAX);
	AUTO_BUF struct buf twice = BUF_INIT(WRITTEN_MAX);
	const struct value *again;
	struct err err = ERR_INIT;

	if (json_canonical(v, JSON_NUMBERS_EXACT, &once, &err)) {
		fuzz_check_error(&err);
		return;
	}
	again = read_again(arena, &once);
	if (!value_equal(v, again))
		fuzz_fail("the exact canonical form changed the value");
	if (json_canonical(again, JSON_NUMBERS_EXACT, &twice, &err) ||
		!str_equal(buf_str(&once), buf_str(&twice)))
		fuzz_fail("the canonical form has another canonical form");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct source source = {"fuzz", {(const char *)bytes, n}};
	const struct value *v = NULL;
	const struct value *borrowed = NULL;
	struct err err = ERR_INIT;

	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, NULL, &v, &err)) {
		fuzz_check_error(&err);
		if (json_parse(&arena, &source, 0, NULL, &v, &err))
			return 0;
	}
	if (json_parse(&arena, &source, JSON_BORROW_TEXT, NULL, &borrowed, &err) ||
		!value_equal(v, borrowed))
		fuzz_fail("borrowing text changed the value");
	check_written(&arena, v);
	check_canonical(&arena, v);
	return 0;
}
