#include "formats.h"

#include "base/buf.h"

#define TEN "aaaaaaaaaa"
#define LABEL61 TEN TEN TEN TEN TEN TEN "a"
#define LABEL63 LABEL61 "aa"

/* The same in both formats. */
static const struct str in_both[] = {
	T("a"),
	T("A"),
	T("0"),
	T("a.b"),
	T("3com.com"),
	T("127.0.0.1"),
	T("a-b.c--d"),
	T("ab--cd.example"),
	T("EXAMPLE.Com"),
	T("xn-a"),
	T("axn--a"),
	T("xn--mnchen-3ya"),
	T("XN--MNCHEN-3YA.de"),
	T("xn--4db"),
	T("xn--4db.a1"),
	T(LABEL63),
	T(LABEL63 "." LABEL63 "." LABEL63 "." LABEL61),
	T("xn--ll-0ea.xn--ll-0ea"),
};

static const struct str in_neither[] = {
	T(""),
	T("."),
	T(".a"),
	T("a."),
	T("a..b"),
	T("-"),
	T("-a"),
	T("a-"),
	T("a.-b"),
	T("a-.b"),
	T("a_b"),
	T("_a.b"),
	T("a b"),
	T(" a"),
	T("a/b"),
	T("a:80"),
	T("a@b"),
	T("*.a"),
	T("a\0b"),
	T("a\0"),
	T("\0"),
	T("[::1]"),
	T("$1"),
	T(LABEL63 "a"),
	T(LABEL63 "." LABEL63 "." LABEL63 "." LABEL61 "a"),
	T("xn--"),
	T("xn---"),
	T("xn--a"),
	T("xn--a-"),
	T("xn--0"),
	T("xn--zz-zzzzzzzzzz"),
	T("xn--99999999999999"),
	/* Upper case, code points that are not in NFC, a symbol. */
	T("xn--dca"),
	T("xn--e-xbb"),
	T("xn--e28h"),
	/* A name with a right-to-left label needs all others to fit. */
	T("1.xn--4db"),
	T("xn--4db.1a"),
	T("\xFF"),
	T("\xC3"),
	T("\xED\xA0\x80"),
};

static const struct str beyond_ascii[] = {
	T("m\u00FCnchen.de"),
	T("\u05D0\u05D1.a"),
	T("a.\u0628\u0629"),
	T("stra\u00DFe"),
	T("a\u3002b"),
	T("a\uFF0E\u00E9\uFF61b"),
	T("l\u00B7l"),
	T("\u0375\u03B1"),
	T("\u05D0\u05F3"),
	T("\u30A2\u30FB"),
	T("\u4E00\u30FBa"),
	T("\u0628\u0661"),
	T("\u0628\u06F1.a"),
	T("\u0915\u094D\u200D"),
	T("\u0628\u200C\u0628"),
	T("a.\u00E9"),
	T("a--b\u00E9"),
	T("ab--c.\u00E9"),
	T("1.\u00E9"),
};

static void
hostname(void **state)
{
	(void)state;
	check_texts(FORMAT_HOSTNAME, in_both, ARRAY_SIZE(in_both), true);
	check_ends(FORMAT_HOSTNAME, in_both, ARRAY_SIZE(in_both));
	check_texts(FORMAT_HOSTNAME, in_neither, ARRAY_SIZE(in_neither), false);
	check_texts(FORMAT_HOSTNAME, beyond_ascii, ARRAY_SIZE(beyond_ascii), false);
}

static void
idn_hostname(void **state)
{
	static const struct str refused[] = {
		T("\u3002"),
		T("a\u3002"),
		T("\uFF61a"),
		T("a\uFF0E.b"),
		/* Mapped by others, refused here. */
		T("\u00C9"),
		T("\u212A"),
		T("e\u0301"),
		T("\uFF41"),
		T("\uFB00"),
		/* Hyphens, marks, symbols, unassigned. */
		T("-\u00E9"),
		T("\u00E9-"),
		T("aa--\u00E9"),
		T("\u00E9\u00E9--a"),
		T("xn--\u00E9"),
		T("\u0301e"),
		T("a \u00E9"),
		T("\u00E9_"),
		T("\u2603"),
		T("\U0001F600"),
		T("\u0378"),
		T("\u00E9\0"),
		T("\u00E9.\0"),
		/* In their context only. */
		T("\u00B7"),
		T("l\u00B7"),
		T("L\u00B7L\u00E9"),
		T("\u03B1\u0375"),
		T("\u05F3\u05D0"),
		T("a\u30FBb"),
		T("\u0628\u0661\u06F1"),
		T("\u0915\u200D"),
		T("a\u200Cb"),
		T("\u0628\u200C"),
		/* The Bidi rule, conditions 1 to 6. */
		T("1\u05D0"),
		T("\u0661"),
		T("\u06F1\u0628"),
		T("\u05D0a"),
		T("\u05D0\u02C6"),
		T("\u05D0\u02C6\u05B0"),
		T("\u05D01\u0661"),
		T("a\u05D0b"),
		T("a\u02C6.\u05D0"),
		T("a\u02C6\u0301.\u05D0"),
		T("\u02C6a.\u05D0"),
		T("1\u00E9.\u05D0"),
		T("\u06F1a.\u05D0"),
		T("1.\u05D0"),
		T("\u05D0.xn--1-bga"),
	};

	(void)state;
	check_texts(FORMAT_IDN_HOSTNAME, in_both, ARRAY_SIZE(in_both), true);
	check_ends(FORMAT_IDN_HOSTNAME, in_both, ARRAY_SIZE(in_both));
	check_texts(FORMAT_IDN_HOSTNAME, in_neither, ARRAY_SIZE(in_neither), false);
	check_texts(FORMAT_IDN_HOSTNAME, beyond_ascii, ARRAY_SIZE(beyond_ascii), true);
	check_texts(FORMAT_IDN_HOSTNAME, refused, ARRAY_SIZE(refused), false);
}

/* Each class of the Bidi rule that is not libidn2's to tell, at its edges: beside a label from right
 * to left none of these labels may stand. */
static void
classes_of_the_bidi_rule(void **state)
{
	static const char *const neutral[] = {"\u02B9", "\u02BA", "\u02C6", "\u02CF", "\u02EC",
		"\u2E2F", "\uA67F", "\uA717", "\uA71F", "\uA788", "\u30A2\u30FB",
		"\u0915\u094D\u200C", "\u0915\u094D\u200D"};
	static const char *const european[] = {
		"0", "1", "8", "9", "\u06F0", "\u06F1", "\u06F8", "\u06F9"};
	static const char *const arabic[] = {"\u0660", "\u0661", "\u0668", "\u0669",
		"\U00010D30", "\U00010D31", "\U00010D38", "\U00010D39"};
	static const char *const right_to_left[] = {"\u05D0", "\u05F2", "\u0620", "\u0710",
		"\u07CA", "\u0840", "\u0860", "\u08A0", "\uFE73", "\U00010800", "\U00010D22",
		"\U00010FE0", "\U0001E800", "\U0001E922"};
	char text[64];

	(void)state;
#define NAME(...) ((void)snprintf(text, sizeof(text), __VA_ARGS__), str_of(text))
#define HAS(...) check_exact(FORMAT_IDN_HOSTNAME, NAME(__VA_ARGS__))
	for (size_t i = 0; i < ARRAY_SIZE(neutral); i++) {
		assert_true(HAS("a%s.b", neutral[i]));
		assert_true(HAS("a%sa.\u05D0", neutral[i]));
		assert_false(HAS("a%s.\u05D0", neutral[i]));
		assert_false(HAS("a%s\u0301.\u05D0", neutral[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(european); i++) {
		assert_true(HAS("\u00E9%s.\u05D0", european[i]));
		assert_true(HAS("%s\u00E9.a", european[i]));
		assert_false(HAS("%s\u00E9.\u05D0", european[i]));
		assert_true(HAS("\u05D0%s", european[i]));
		assert_false(HAS("\u05D0%s\U00010D30", european[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(arabic); i++) {
		assert_true(HAS("\u05D0%s", arabic[i]));
		assert_false(HAS("\u05D0%s1", arabic[i]));
		assert_false(HAS("a%s", arabic[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(right_to_left); i++) {
		assert_true(HAS("a.%s", right_to_left[i]));
		assert_false(HAS("1.%s", right_to_left[i]));
	}
#undef HAS
#undef NAME
}

/* Limits count octets of A-labels. */
static void
limits_are_those_of_dns(void **state)
{
	AUTO_BUF struct buf name = BUF_INIT(4096);
	size_t longest = 0;

	(void)state;
	for (size_t n = 1; n <= 80; n++) {
		buf_add_cstr(&name, "\u00FC");
		if (check_exact(FORMAT_IDN_HOSTNAME, buf_str(&name)))
			longest = n;
	}
	assert_int_equal(longest, 57);
	buf_clear(&name);
	/* 8 octets each as A-labels with their dots. */
	for (size_t n = 0; n < 31; n++)
		buf_add_cstr(&name, "\u00FC.");
	buf_add_cstr(&name, "aaaaa");
	assert_true(check_exact(FORMAT_IDN_HOSTNAME, buf_str(&name)));
	buf_add_char(&name, 'a');
	assert_false(check_exact(FORMAT_IDN_HOSTNAME, buf_str(&name)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostname),
		cmocka_unit_test(idn_hostname),
		cmocka_unit_test(classes_of_the_bidi_rule),
		cmocka_unit_test(limits_are_those_of_dns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
