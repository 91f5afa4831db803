#include "formats.h"

#define TEN "aaaaaaaaaa"
#define LABEL63 TEN TEN TEN TEN TEN TEN "aaa"

/* The same in both formats, whatever they say beyond ASCII. */
static const struct str in_both[] = {
	T("a@b"),
	T("joe@localhost"),
	T("!#$%&'*+-/=?^_`{|}~@a.b"),
	T("a.b.c@d.e"),
	T("1@2"),
	T("\"\"@a"),
	T("\" \"@a"),
	T("\"@\"@a"),
	T("\"a\\\"b\"@a"),
	T("\"\\\\\"@a"),
	T("\"\\ \\a\"@a"),
	T("\"(),:;<>[].\"@a"),
	T("a@a-b.c--d.1"),
	T("a@xn--x"),
	T("a@123.456"),
	T("a@[0.0.0.0]"),
	T("a@[255.255.255.255]"),
	T("a@[127.000.000.001]"),
	T("a@[IPv6:::]"),
	T("a@[ipv6:1::]"),
	T("a@[IPV6:1:2:3:4:5:6:7:8]"),
	T("a@[IPv6:1:2:3:4:5:6::]"),
	T("a@[IPv6:::3:4:5:6:7:8]"),
	T("a@[IPv6:1:2:3:4:5:6:1.2.3.4]"),
	T("a@[IPv6:1:2:3:4::1.2.3.4]"),
	T("a@[IPv6:::ffff:1.2.3.04]"),
	T(TEN TEN TEN TEN TEN TEN TEN "@a"),
	T("a@" LABEL63 ".b"),
};

static const struct str in_neither[] = {
	T(""),
	T("@"),
	T("a"),
	T("a@"),
	T("@a"),
	T("a@@b"),
	T("a@b@c"),
	T(".a@b"),
	T("a.@b"),
	T("a..b@c"),
	T("a b@c"),
	T("a,b@c"),
	T("a(b)@c"),
	T("a<b>@c"),
	T("<a@b>"),
	T("a:b@c"),
	T("a;b@c"),
	T("a\\@b@c"),
	T("a\"b\"@c"),
	T("\"a\"b@c"),
	T("\"a\".b@c"),
	T("\"a@c"),
	T("\"a\"\"@c"),
	T("\"a\\\"@c"),
	T("\"\n\"@c"),
	T("\"\t\"@c"),
	T("\"\\\n\"@c"),
	T("\"\x7F\"@c"),
	T("\"\\\x7F\"@c"),
	T("\"\0\"@c"),
	T("a\0@b"),
	T("a@b\0c"),
	T("a@-b"),
	T("a@b-"),
	T("a@b_c"),
	T("a@b."),
	T("a@.b"),
	T("a@b..c"),
	T("a@b c"),
	T("a@ b"),
	T(" a@b"),
	T("a@b!"),
	T("a@" LABEL63 "a.b"),
	T("a@" LABEL63 "." LABEL63 "." LABEL63 "." LABEL63),
	T("a@[]"),
	T("a@["),
	T("a@]"),
	T("a@[1.2.3.4"),
	T("a@1.2.3.4]"),
	T("a@[1.2.3]"),
	T("a@[1.2.3.256]"),
	T("a@[1.2.3.0004]"),
	T("a@[ 1.2.3.4]"),
	T("a@[1.2.3.4]]"),
	T("a@[1.2.3.4].b"),
	T("a@b[1.2.3.4]"),
	T("a@[::1]"),
	T("a@[IPv6:]"),
	T("a@[IPv6]"),
	T("a@[IPv6::1]"),
	T("a@[IPv6:1.2.3.4]"),
	T("a@[IPv6:1:2:3:4:5:6:7::]"),
	T("a@[IPv6:1:2:3:4:5::1.2.3.4]"),
	T("a@[IPv6:::1%eth0]"),
	T("a@[IPv4:1.2.3.4]"),
	T("a@[tag:content]"),
	T("a@[IP\x16v6:::1]"),
	T("a@\xFF"),
	T("\xC3@a"),
	T("\"\xED\xA0\x80\"@a"),
};

static const struct str beyond_ascii[] = {
	T("\u03B4\u03BF\u03BA@a"),
	T("\"\u03B4 \u03BF\"@a"),
	T("a\u00A0b@c"),
	T("a\xC2\x85@c"),
	T("\U0001F600@a.b"),
	T("\"\\\\\u00E9\"@a"),
	T("\u00E9@[1.2.3.4]"),
	T("\u00E9@[IPv6:::1]"),
	T("a@\u00E9.b"),
	/* Not in NFC. */
	T("a@e\u0301.b"),
	T("a@\u05D0\u05D1.\u05D2"),
};

static void
email(void **state)
{
	(void)state;
	check_texts(FORMAT_EMAIL, in_both, ARRAY_SIZE(in_both), true);
	check_ends(FORMAT_EMAIL, in_both, ARRAY_SIZE(in_both));
	check_texts(FORMAT_EMAIL, in_neither, ARRAY_SIZE(in_neither), false);
	check_texts(FORMAT_EMAIL, beyond_ascii, ARRAY_SIZE(beyond_ascii), false);
}

static void
idn_email(void **state)
{
	static const struct str refused[] = {
		/* A quoted pair is ASCII, a domain has U-labels and one kind of dot. */
		T("\"\\\u00E9\"@a"),
		T("a\uFF20b"),
		T("a@b\u3002c"),
		T("a@\u00C9"),
		T("a@\u0301e"),
		T("a@\u00E9_"),
		T("a@-\u00E9"),
		T("a@\u00E9-"),
		T("a@\u00E9..b"),
		T("a@aa--\u00E9"),
		T("a@b@\u00E9"),
		T("a@a\u05D0"),
		T("a@1.\u05D0"),
		T("a@1.\uFB1D"),
		T("a@\uFFFF"),
		T("a@\u2028"),
		T("\u00E9@[\u00E9]"),
		T("\u00E9 @a"),
	};

	(void)state;
	check_texts(FORMAT_IDN_EMAIL, in_both, ARRAY_SIZE(in_both), true);
	check_ends(FORMAT_IDN_EMAIL, in_both, ARRAY_SIZE(in_both));
	check_texts(FORMAT_IDN_EMAIL, in_neither, ARRAY_SIZE(in_neither), false);
	check_texts(FORMAT_IDN_EMAIL, beyond_ascii, ARRAY_SIZE(beyond_ascii), true);
	check_texts(FORMAT_IDN_EMAIL, refused, ARRAY_SIZE(refused), false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(email),
		cmocka_unit_test(idn_email),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
