#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "workspace/write_set.h"
#include "json/json.h"

static const struct write_set_subject subject = {
	.run_id = {"0198c0de-0000-7000-8000-000000000000", 36},
	.step = {"fix", 3},
	.attempt = 7,
	.is_exact = true,
	.lines = 12,
};

static struct side
file_of(const char *text, bool executable)
{
	struct side side = {.type = SIDE_FILE, .executable = executable, .size = strlen(text)};

	digest_of(text, strlen(text), &side.digest);
	return side;
}

static int
read_back(struct str text, struct arena *arena, struct write_set *ret, struct err *err)
{
	struct source *source = ARENA_NEW(arena, struct source);
	const struct value *document;

	*source = (struct source){.name = "set", .text = text};
	assert_int_equal(json_parse(arena, source, 0, NULL, &document, err), 0);
	return write_set_read(document, arena, ret, err);
}

static void
test_a_document_is_read_back(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(1 << 16);
	struct err err = ERR_INIT;
	struct side none = {.type = SIDE_NONE};
	struct side dir = {.type = SIDE_DIR};
	struct side link = {.type = SIDE_LINK, .target = STR("to \"there\"")};
	struct write_entry entries[] = {{STR("a"), none, file_of("one", true)},
		{STR("b"), file_of("one", false), file_of("one", true)},
		{STR("c"), file_of("one", false), link}, {STR("d\n"), dir, none}};
	struct write_remark stripped[] = {{STR("a"), "set-id bits"}};
	struct write_set set = {
		.entries = entries, .n = ARRAY_SIZE(entries), .stripped = {stripped, 1}};
	static const char *const changes[] = {"added", "mode", "modified", "deleted"};
	struct write_set read;

	write_set_write(&set, &subject, &b);
	assert_int_equal(read_back(buf_str(&b), &arena, &read, &err), 0);
	assert_int_equal(read.n, set.n);
	for (size_t i = 0; i < read.n; i++) {
		assert_true(str_equal(read.entries[i].path, entries[i].path));
		assert_int_equal(read.entries[i].before.type, entries[i].before.type);
		assert_int_equal(read.entries[i].after.type, entries[i].after.type);
		assert_int_equal(read.entries[i].after.size, entries[i].after.size);
		assert_true(side_equal(&read.entries[i].before, &entries[i].before));
		assert_true(side_equal(&read.entries[i].after, &entries[i].after));
		assert_string_equal(
			write_change_name(write_entry_change(&read.entries[i])), changes[i]);
	}
	assert_non_null(
		strstr(buf_cstr(&b), "\"totals\":{\"bytes\":3,\"files\":4,\"lines\":12}"));
	assert_non_null(strstr(
		buf_cstr(&b), "\"stripped\":[{\"path\":\"a\",\"what\":\"set-id bits\"}]"));
	(void)state;
}

static void
test_what_is_no_document(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"entries\":1}",
		"{\"entries\":[{\"path\":\"\",\"before\":null,\"after\":{\"type\":\"dir\"}}]}",
		"{\"entries\":[{\"path\":\"a\",\"before\":null}]}",
		"{\"entries\":[{\"path\":\"a\",\"before\":null,\"after\":null}]}",
		"{\"entries\":[{\"path\":\"a\",\"before\":null,\"after\":{\"type\":\"fifo\"}}]"
		"}",
		"{\"entries\":[{\"path\":\"a\",\"before\":null,\"after\":{\"type\":\"file\"}}]"
		"}",
		("{\"entries\":[{\"path\":\"b\",\"before\":null,\"after\":{\"type\":\"dir\"}},"
		 "{\"path\":\"a\",\"before\":null,\"after\":{\"type\":\"dir\"}}]}"),
		"{\"entries\":[{\"path\":\"a\\u0000b\",\"before\":null,\"after\":{\"type\":"
		"\"dir\"}}]}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct err err = ERR_INIT;
		struct write_set read;

		if (read_back(str_of(texts[i]), &arena, &read, &err) != ERR_CORRUPT)
			fail_msg("%s was taken", texts[i]);
	}
	(void)state;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_document_is_read_back),
		cmocka_unit_test(test_what_is_no_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
