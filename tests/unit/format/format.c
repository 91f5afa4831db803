#include "formats.h"

#include "pattern/pattern.h"

static void
names_are_found(void **state)
{
	(void)state;
	for (int i = 0; i < FORMAT_UNKNOWN; i++) {
		const char *name = format_name((enum format)i);

		assert_true(name[0] != '\0');
		assert_int_equal(format_find(str_of(name)), i);
	}
	assert_int_equal(format_find(STR("idn-hostname")), FORMAT_IDN_HOSTNAME);
	assert_int_equal(format_find(STR("")), FORMAT_UNKNOWN);
	assert_int_equal(format_find(STR("Date")), FORMAT_UNKNOWN);
	assert_int_equal(format_find(STR("date-")), FORMAT_UNKNOWN);
	assert_int_equal(format_find(STR("date\0")), FORMAT_UNKNOWN);
	assert_string_equal(format_name(FORMAT_UNKNOWN), "");
}

static void
examples_have_their_format(void **state)
{
	(void)state;
	for (int i = 0; i < FORMAT_UNKNOWN; i++) {
		const char *example = format_example((enum format)i);

		if (!example[0] || !format_check((enum format)i, str_of(example)))
			fail_msg("%s: %s", format_name((enum format)i), example);
	}
	assert_string_equal(format_example(FORMAT_UNKNOWN), "");
}

static void
an_unknown_format_says_nothing(void **state)
{
	(void)state;
	assert_true(format_check(FORMAT_UNKNOWN, STR("")));
	assert_true(format_check(FORMAT_UNKNOWN, STR("\xFF\0")));
}

static void
uuid(void **state)
{
	static const struct str accepted[] = {
		T("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
		T("00000000-0000-0000-0000-000000000000"),
		T("FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF"),
		T("0193D3a0-b1c2-7Def-8123-456789abcdef"),
	};
	static const struct str refused[] = {
		T(""),
		T("f81d4fae-7dec-11d0-a765-00a0c91e6bf"),
		T("f81d4fae-7dec-11d0-a765-00a0c91e6bf66"),
		T("{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}"),
		T("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"),
		T("f81d4fae07dec-11d0-a765-00a0c91e6bf6"),
		T("f81d4fae-7dec-11d0-a765-00a0c91e6bg6"),
		T("f81d4fae-7dec-11d0-a765-00a0c91e6b\0006"),
		T("f81d4fa\x10"
		  "5-7dec-11d0-a765-00a0c91e6bf6"),
		T("f81d4fae_7dec_11d0_a765_00a0c91e6bf6"),
		T("f81d4fa@-7dec-11d0-a765-00a0c91e6bf6"),
		T("f81d4fa`-7dec-11d0-a765-00a0c91e6bf6"),
		T("f81d4fa:-7dec-11d0-a765-00a0c91e6bf6"),
	};

	(void)state;
	CHECK_TABLES_AND_ENDS(FORMAT_UUID);
}

static void
json_pointer(void **state)
{
	static const struct str accepted[] = {
		T(""),
		T("/"),
		T("//"),
		T("/foo/0"),
		T("/a~1b"),
		T("/c%d"),
		T("/e^f"),
		T("/ "),
		T("/m~0n"),
		T("/~0~1~01"),
		T("/-"),
		T("/a\0b\n"),
		T("/\u00E9\U0001F600"),
		T("/#"),
	};
	static const struct str refused[] = {
		T("a"),
		T(" /a"),
		T("#"),
		T("#/a"),
		T("/~"),
		T("/a~"),
		T("/~2"),
		T("/~/a"),
		T("/~~0"),
		T("/a/~\0"),
		T("/~\xC2\xB9"),
		T("0"),
		T("~0"),
	};

	(void)state;
	CHECK_TABLES(FORMAT_JSON_POINTER);
}

static void
relative_json_pointer(void **state)
{
	static const struct str accepted[] = {
		T("0"),
		T("10"),
		T("0#"),
		T("120#"),
		T("0/"),
		T("1/a~1b/~0"),
		T("99999999999999999999999999999999/a"),
		T("0+1"),
		T("0-1/name"),
		T("2+10/0"),
		T("0-0"),
		T("0-1#"),
	};
	static const struct str refused[] = {
		T(""),
		T("/"),
		T("#"),
		T("00"),
		T("01"),
		T("-1"),
		T("+1"),
		T("0##"),
		T("0#/a"),
		T("0/#~"),
		T("0a"),
		T("0+"),
		T("0+/a"),
		T("0-01"),
		T("0+-1"),
		T("0+1+1"),
		T("0+1a"),
		T("1.0"),
		T(" 0"),
		T("0 "),
		T("0\0"),
		T("\u0661"),
		T("1\n"),
	};

	(void)state;
	CHECK_TABLES(FORMAT_RELATIVE_JSON_POINTER);
}

static void
regex_is_what_pattern_takes(void **state)
{
	static const char *const texts[] = {
		"", "a", "^(a|b)*$", "(", "[a", "a{2,1}", "\\a", "(?P<n>a)"};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct pattern *pattern = NULL;
		struct err err = ERR_INIT;
		int code = pattern_new(str_of(texts[i]), &pattern, &err);

		if (!code)
			pattern_free(pattern);
		assert_int_equal(format_check(FORMAT_REGEX, str_of(texts[i])),
			!code || code == ERR_LIMIT);
	}
}

/* What repeats until it is long: none takes longer than its length asks for. */
static void
long_texts_take_linear_time(void **state)
{
	static const struct {
		const char *first;
		const char *again;
	} rows[] = {
		{"", "1"},
		{"P", "1"},
		{"P", "1Y"},
		{"2016-12-31T23:59:60.", "0"},
		{"", "a."},
		{"a@", "a."},
		{"", "xn--"},
		{"", "\u00E9"},
		{"a@\u00E9", "a\u05D0"},
		{"\"", "\\\""},
		{"", "a@"},
		{"a@[", "["},
		{"::", "1:"},
		{"", ":"},
		{"http://", "a@"},
		{"http://", "a:"},
		{"http://", "["},
		{"http://[", "v1."},
		{"http://a", "/"},
		{"//", "%41"},
		{"", "\U00010000"},
		{"", "{a}"},
		{"{", "a,"},
		{"{", "a."},
		{"", "/~0"},
		{"0", "/"},
	};
	const size_t n = 1 << 20;
	char *text = memory_new(n + 32, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t length = strlen(rows[i].first);

		memcpy(text, rows[i].first, length);
		while (length < n) {
			memcpy(text + length, rows[i].again, strlen(rows[i].again));
			length += strlen(rows[i].again);
		}
		for (int j = 0; j < FORMAT_UNKNOWN; j++)
			if (j != FORMAT_REGEX)
				(void)format_check((enum format)j, (struct str){text, length});
	}
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_found),
		cmocka_unit_test(examples_have_their_format),
		cmocka_unit_test(an_unknown_format_says_nothing),
		cmocka_unit_test(uuid),
		cmocka_unit_test(json_pointer),
		cmocka_unit_test(relative_json_pointer),
		cmocka_unit_test(regex_is_what_pattern_takes),
		cmocka_unit_test(long_texts_take_linear_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
