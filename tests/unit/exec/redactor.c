#include "exec/redactor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define VALUE "s3cr3t/v\xc3\xa4lue+\"q\"?"

/* The text comes in pieces of so many bytes. */
static void
redact(const struct redactor *redactor, struct str text, size_t piece, struct buf *b)
{
	struct redaction redaction = REDACTION_INIT;

	for (size_t at = 0; at < text.n; at += piece)
		redaction_add(&redaction, redactor,
			(struct str){text.p + at, MIN(piece, text.n - at)}, b);
	redaction_end(&redaction, redactor, b);
	redaction_done(&redaction);
}

static void
check(const struct redactor *redactor, struct str text, const char *want)
{
	for (size_t piece = 1; piece <= text.n; piece++) {
		AUTO_BUF struct buf b = BUF_INIT(1 << 20);

		redact(redactor, text, piece, &b);
		assert_string_equal(buf_cstr(&b), want);
	}
}

static struct redactor *
make(const char *value)
{
	struct redactor *redactor = redactor_new();

	redactor_add(redactor, STR("TOKEN"), str_of(value));
	redactor_finish(redactor);
	return redactor;
}

static void
every_form_is_found_however_it_is_cut(void **state)
{
	/* python3: json.dumps(ensure_ascii=False), urllib.parse.quote(safe=""), base64 of 0, 1 and 2
	 * bytes and the value, urlsafe_b64encode likewise, bytes.hex(). */
	static const struct {
		const char *text;
		const char *shown;
	} cases[] = {
		{"<" VALUE ">", "<[secret TOKEN]>"},
		{VALUE VALUE, "[secret TOKEN][secret TOKEN]"},
		{"{\"t\":\"s3cr3t/v\xc3\xa4lue+\\\"q\\\"?\"}", "{\"t\":\"[secret TOKEN]\"}"},
		{"?t=s3cr3t%2Fv%C3%A4lue%2B%22q%22%3F&", "?t=[secret TOKEN]&"},
		{"/s3cr3t/v%C3%A4lue%2B%22q%22%3F/", "/[secret TOKEN]/"},
		{"czNjcjN0L3bDpGx1ZSsicSI/", "[secret TOKEN]"},
		{"czNjcjN0L3bDpGx1ZSsicSI_", "[secret TOKEN]"},
		{"eHMzY3IzdC92w6RsdWUrInEiPw==", "eH[secret TOKEN]w=="},
		{"eHlzM2NyM3QvdsOkbHVlKyJxIj8=", "eHl[secret TOKEN]8="},
		{"7333637233742f76c3a46c75652b2271223f", "[secret TOKEN]"},
		{"7333637233742F76C3A46C75652B2271223F", "[secret TOKEN]"},
		{"s3cr3t/v s3cr3t/v\xc3\xa4lue+", "s3cr3t/v s3cr3t/v\xc3\xa4lue+"},
		{"s3cr3t/v\xc3\xa4lues3cr3t/v\xc3\xa4lue+\"q\"?",
			"s3cr3t/v\xc3\xa4lue[secret TOKEN]"},
	};
	struct redactor *redactor = make(VALUE);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		check(redactor, str_of(cases[i].text), cases[i].shown);
	redactor_free(redactor);
}

static void
lines_of_a_value_are_hidden_but_not_searched_for(void **state)
{
	static const char value[] =
		"-----BEGIN KEY-----\nline one of it\r\nshort\nline two of it\n"
		"-----END KEY-----";
	struct redactor *redactor = make(value);
	AUTO_BUF struct buf held = BUF_INIT(1 << 20);

	(void)state;
	check(redactor, str_of(value), "[secret TOKEN]");
	check(redactor, STR("a line two of it b"), "a [secret TOKEN] b");
	check(redactor, STR("line one of it\nshort\n"), "[secret TOKEN]\nshort\n");
	check(redactor, STR("-----BEGIN KEY-----"), "-----BEGIN KEY-----");
	assert_int_equal(redactor_search(redactor, &held, STR("line two of it")).n, 0);
	buf_clear(&held);
	assert_int_equal(redactor_search(redactor, &held, str_of(value)).n, 5);
	redactor_free(redactor);
}

static void
a_search_sees_what_is_cut(void **state)
{
	struct redactor *redactor = make(VALUE);
	const struct str value = STR("ab" VALUE);

	(void)state;
	for (size_t cut = 1; cut < value.n; cut++) {
		AUTO_BUF struct buf held = BUF_INIT(1 << 20);

		assert_int_equal(
			redactor_search(redactor, &held, (struct str){value.p, cut}).n, 0);
		assert_int_equal(redactor_search(redactor, &held,
					 (struct str){value.p + cut, value.n - cut})
					 .n,
			5);
	}
	redactor_free(redactor);
}

static void
bytes_that_are_no_text(void **state)
{
	struct redactor *redactor = make("\xff\xfe\x01\x80\x90\xa0\xb0\xc0");
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);
	static const char text[] = "\0\xff\xfe\x01\x80\x90\xa0\xb0\xc0\0";

	(void)state;
	redact(redactor, (struct str){text, sizeof(text) - 1}, 3, &b);
	assert_int_equal(b.n, 16);
	assert_memory_equal(b.p, "\0[secret TOKEN]\0", 16);
	redactor_free(redactor);
}

static void
the_longest_value_fits(void **state)
{
	static char value[REDACTOR_VALUE_MAX + 1];
	struct redactor *redactor;
	AUTO_BUF struct buf b = BUF_INIT(1 << 20);

	(void)state;
	for (size_t i = 0; i < REDACTOR_VALUE_MAX; i++)
		value[i] = (char)(1 + (i * 2654435761U >> 7) % 31);
	redactor = make(value);
	redact(redactor, str_of(value), 1000, &b);
	assert_string_equal(buf_cstr(&b), "[secret TOKEN]");
	redactor_free(redactor);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_found_however_it_is_cut),
		cmocka_unit_test(lines_of_a_value_are_hidden_but_not_searched_for),
		cmocka_unit_test(a_search_sees_what_is_cut),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(the_longest_value_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
