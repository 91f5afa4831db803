#include "formats.h"

static void
uri_template(void **state)
{
	static const struct str accepted[] = {
		T(""),
		T("a"),
		T("http://example.com/~{username}/"),
		T("http://example.com/search{?q,lang}"),
		T("{var}"),
		T("{+path,x}/here"),
		T("{#path:6}here"),
		T("X{.list*}"),
		T("{/var,x}/here{/list*,path:4}"),
		T("{;x,y,empty}"),
		T("?fixed=yes{&x}"),
		T("{var:1}"),
		T("{var:9999}"),
		T("{a.b.c}"),
		T("{_}"),
		T("{%41%C3%A9.x_1}"),
		T("{0}"),
		T("{a}{b}{c}"),
		/* Reserved operators have a place in the grammar. */
		T("{=a}{,a}{!a}{@a}{|a}"),
		T("!#$&'()*+,-./09:;=?@AZ[]_az~"),
		T("%00%fF"),
		T("\u00A0\uE000\U0010FFFD"),
		T("{a:1,b*,c}"),
	};
	static const struct str refused[] = {
		T("{"),
		T("}"),
		T("{}"),
		T("{{a}}"),
		T("{a"),
		T("a}"),
		T("{a}}"),
		T("{a{b}}"),
		T("{+}"),
		T("{++a}"),
		T("{-a}"),
		T("{$a}"),
		T("{*a}"),
		T("{(a}"),
		T("{a b}"),
		T("{ a}"),
		T("{a }"),
		T("{a,}"),
		T("{,}"),
		T("{,,a}"),
		T("{a,,b}"),
		T("{.}"),
		T("{..a}"),
		T("{a.}"),
		T("{a..b}"),
		T("{a-b}"),
		T("{a/b}"),
		T("{a:}"),
		T("{a:0}"),
		T("{a:01}"),
		T("{a:10000}"),
		T("{a:-1}"),
		T("{a:1*}"),
		T("{a*:1}"),
		T("{a**}"),
		T("{a:b}"),
		T("{a:1.b}"),
		T("{a*.b}"),
		T("{a=b}"),
		T("{a|b}"),
		T("{%}"),
		T("{%4}"),
		T("{%4g}"),
		T("{\u00E9}"),
		T("{a\0}"),
		T("a\0"),
		T("%"),
		T("%4"),
		T("%g1"),
		T("a b"),
		T("\""),
		T("<"),
		T(">"),
		T("\\"),
		T("^"),
		T("`"),
		T("|"),
		T("\x1F"),
		T("\xC2\x80"),
		T("\xC2\x9F"),
		T("\uFFFD"),
		T("\uFDD0"),
		T("\U0010FFFF"),
		T("\U000E0001"),
		T("\xED\xA0\x80"),
		T("\xC3{a}"),
	};

	(void)state;
	CHECK_TABLES_AND_ENDS(FORMAT_URI_TEMPLATE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri_template),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
