#include "json/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void
positions_count_lines_and_code_points(void **state)
{
	static const struct {
		const char *text;
		uint32_t offset;
		uint32_t line;
		uint32_t column;
	} rows[] = {
		{"", 0, 1, 1},
		{"abc", 0, 1, 1},
		{"abc", 2, 1, 3},
		{"abc", 99, 1, 4},
		{"a\nb", 1, 1, 2},
		{"a\nb", 2, 2, 1},
		{"a\r\nb", 2, 1, 3},
		{"a\r\nb", 3, 2, 1},
		{"a\rb", 2, 2, 1},
		{"\n\n\n", 3, 4, 1},
		{"é€😀x", 9, 1, 4},
		{"\xEF\xBB\xBF{}", 3, 1, 1},
		{"\xEF\xBB\xBF{}", 4, 1, 2},
		{"\xEF\xBB\xBF\n{}", 4, 2, 1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct source source = {"x", str_of(rows[i].text)};
		struct position position = source_position(&source, rows[i].offset);

		assert_int_equal(position.line, rows[i].line);
		assert_int_equal(position.column, rows[i].column);
	}
}

static void
a_part_of_a_file_knows_where_it_begins(void **state)
{
	static const struct {
		uint32_t offset;
		uint32_t line;
		uint32_t column;
	} rows[] = {{0, 8, 41}, {2, 8, 43}, {3, 9, 1}, {4, 9, 2}, {9, 9, 3}};
	struct source source = {"f", STR("ab\ncd"), 7, 40};
	AUTO_BUF struct buf b = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct position position = source_position(&source, rows[i].offset);

		assert_int_equal(position.line, rows[i].line);
		assert_int_equal(position.column, rows[i].column);
	}
	source_describe(&source, 1, STR("m"), &b);
	assert_string_equal(buf_cstr(&b), "f:8:42: m\n  | ab\n  |  ^");
}

static void
descriptions_show_line_and_caret(void **state)
{
	static const struct {
		const char *text;
		uint32_t offset;
		const char *description;
	} rows[] = {
		{"a\n  need: [ fetch ]\nb", 4, "f:2:3: m\n  |   need: [ fetch ]\n  |   ^"},
		{"abc", SOURCE_NOWHERE, "f: m"},
		{"", 0, "f:1:1: m"},
		{"abc\n", 4, "f:2:1: m"},
		{"abc", 3, "f:1:4: m\n  | abc\n  |    ^"},
		{"\tx\ty", 1, "f:1:2: m\n  |  x y\n  |  ^"},
		{"\tx", 0, "f:1:1: m\n  | ␉x\n  | ^"},
		{"a\x1b[2Jb", 5, "f:1:6: m\n  | a␛[2Jb\n  |      ^"},
		{"a\xff\x62", 2, "f:1:3: m\n  | a�b\n  |   ^"},
		{"a\u202Eb", 4, "f:1:3: m\n  | a�b\n  |   ^"},
		{"a\xC2\x85"
		 "b",
			3, "f:1:3: m\n  | a�b\n  |   ^"},
		{"日本 x", 7, "f:1:4: m\n  | 日本 x\n  |      ^"},
		{"e\u0301x", 3, "f:1:3: m\n  | e\u0301x\n  |  ^"},
		{"one\rtwo", 4, "f:2:1: m\n  | two\n  | ^"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);
		struct source source = {"f", str_of(rows[i].text)};

		source_describe(&source, rows[i].offset, STR("m"), &b);
		assert_string_equal(buf_cstr(&b), rows[i].description);
	}
}

static void
messages_and_names_cannot_act_on_the_terminal(void **state)
{
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct source source = {"f\x1b]0;x\a", STR("ok")};

	(void)state;
	source_describe(&source, SOURCE_NOWHERE, STR("a\nb\x1b"), &b);
	assert_string_equal(buf_cstr(&b), "f␛]0;x␇: a␊b␛");
}

static size_t
columns(const char *text)
{
	size_t n = 0;

	for (; *text && *text != '\n'; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

/* A caret below what it points at, wherever that is on a line of a megabyte. */
static void
long_lines_are_cut_around_the_place(void **state)
{
	static const uint32_t offsets[] = {0, 50, 61, 1000, 500000, 999999, 1000000};
	size_t n = 1000000;
	char *text = malloc(n);
	struct source source = {"f", {text, n}};

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		AUTO_BUF struct buf b = BUF_INIT(4096);
		const char *line;
		const char *caret;

		memset(text, 'a', n);
		if (offsets[i] < n)
			text[offsets[i]] = 'X';
		source_describe(&source, offsets[i], STR("m"), &b);
		line = strchr(buf_cstr(&b), '\n') + 1;
		caret = strchr(line, '\n') + 1;
		assert_in_range(columns(line), 4, 84);
		if (offsets[i] < n) {
			const char *mark = strchr(line, 'X');

			assert_non_null(mark);
			assert_int_equal(columns(line) - columns(mark), columns(caret) - 1);
		}
	}
	free(text);
}

static void
errors_fit_whatever_they_show(void **state)
{
	char name[2000];
	char text[4000];
	struct source source = {name, {text, sizeof(text)}};
	struct err err = ERR_INIT;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (size_t i = 0; i < sizeof(text); i += 4)
		memcpy(text + i, "\xF0\x9F\x98\x80", 4);
	assert_int_equal(source_error(&source, 2000, &err, "%s%s", name, name), ERR_INVALID);
	assert_int_equal(err.code, ERR_INVALID);
	assert_true(strlen(err.message) < ERR_MESSAGE_SIZE - 1);
	assert_int_equal(err.message[strlen(err.message) - 1], '^');
	assert_true(str_is_utf8(str_of(err.message), NULL));
	assert_int_equal(source_limit_error(&source, 0, &err, "much"), ERR_LIMIT);
	assert_int_equal(source_error(&source, 0, NULL, "nobody asks"), ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(positions_count_lines_and_code_points),
		cmocka_unit_test(a_part_of_a_file_knows_where_it_begins),
		cmocka_unit_test(descriptions_show_line_and_caret),
		cmocka_unit_test(messages_and_names_cannot_act_on_the_terminal),
		cmocka_unit_test(long_lines_are_cut_around_the_place),
		cmocka_unit_test(errors_fit_whatever_they_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
