#include "formats.h"

#include <uriparser/Uri.h>

static const struct str uris[] = {
	T("a:"),
	T("a:b"),
	T("A+-.1:"),
	T("a:b:c"),
	T("a:/"),
	T("a:/b//c"),
	T("a:b/c?d?e/f#g/h?i"),
	T("a:?"),
	T("a:#"),
	T("a:?#"),
	T("a://"),
	T("a:///"),
	T("a:////"),
	T("a://b:"),
	T("a://:80"),
	T("a://@"),
	T("a://@:"),
	T("a://u:p:q@h:00000000000000000000000000080/"),
	T("a://%41%61@%C3%A9:1"),
	T("a://-._~!$&'()*+,;="),
	T("a://1.2.3.4.5"),
	T("a://256.1.1.1"),
	T("a://[::]"),
	T("a://[::1]:"),
	T("a://u@[1:2:3:4:5:6:1.2.3.4]:80?"),
	T("a://[1:2:3:4:5:6:7::]"),
	T("a://[v1.a]"),
	T("a://[VFFf.-._~!$&'()*+,;=:]/"),
	T("a:@:/@:?@:/?#@:/?"),
	T("a:%00"),
	T("urn:isbn:0451450523"),
	T("mailto:a@b?subject=c%20d"),
	T("tel:+1-816-555-1212"),
	T("data:,a"),
	T("file:///etc/hosts"),
	T("http://a/b;c=1;d/../.;e"),
};

static const struct str references[] = {
	T(""),
	T("/"),
	T("."),
	T("../a"),
	T("a"),
	T("a/b:c"),
	T("./a:b"),
	T("/a:b"),
	T("//"),
	T("//a"),
	T("//u@h:1"),
	T("//[::1]:1/a"),
	T("///a"),
	T("////"),
	T("?"),
	T("?a:b"),
	T("#"),
	T("#a:b"),
	T("?#"),
	T("a?b#c"),
	T(";a=b"),
	T("@"),
	T("a@b"),
	T("%41"),
	T("1"),
	T("-a"),
	T("*"),
};

static const struct str in_none[] = {
	T(":"),
	T(":a"),
	T("://a"),
	T("1a:b"),
	T("+a:b"),
	T("a_b:c"),
	T("a@b:c"),
	T("%61:b"),
	T("a:%"),
	T("a:%4"),
	T("a:%4g"),
	T("a:%g4"),
	T("a:%%41"),
	T("a: "),
	T("a:\""),
	T("a:<"),
	T("a:>"),
	T("a:\\"),
	T("a:^"),
	T("a:`"),
	T("a:{"),
	T("a:|"),
	T("a:}"),
	T("a:["),
	T("a:]"),
	T("a:?["),
	T("a:#]"),
	T("a:##"),
	T("a:#b#c"),
	T("#a#b"),
	T("a:\0b"),
	T("a:b\0"),
	T("\0"),
	T("a\0:b"),
	T("a://b:c"),
	T("a://b:80c"),
	T("a://b:-1"),
	T("a://b:1:2"),
	T("a://b@c@d"),
	T("a://b@c:d@e"),
	T("a://["),
	T("a://]"),
	T("a://[]"),
	T("a://[::1"),
	T("a://::1"),
	T("a://[::1]b"),
	T("a://b[::1]"),
	T("a://[::1]:a"),
	T("a://[[::1]]"),
	T("a://[1.2.3.4]"),
	T("a://[::1.2.3.04]"),
	T("a://[1:2:3:4:5:6:7:8:9]"),
	T("a://[1:2:3:4::5:6:7:8]"),
	T("a://[::1%25eth0]"),
	T("a://[::1%eth0]"),
	T("a://[v.a]"),
	T("a://[v1.]"),
	T("a://[v1]"),
	T("a://[vg.a]"),
	T("a://[v1.%41]"),
	T("a://[v1.a/]"),
	T("a://[v1.a@b]"),
	T("a://u@v[::1]"),
	T("//a:b"),
	T("//a b"),
	T("/a b"),
	T("a b"),
	T("\\\\a\\b"),
	T("a://\x80"),
	T("a:\xC3"),
	T("a:\xC0\xAF"),
	T("a:\xED\xA0\x80"),
	T("a:\xF4\x90\x80\x80"),
};

static const struct str iris[] = {
	T("a:\u00E9"),
	T("a://\u00E9"),
	T("a://\u00E9@\u00E9:1/\u00E9?\u00E9#\u00E9"),
	T("a:\u00A0"),
	T("a:\uD7FF"),
	T("a:\uF900"),
	T("a:\uFDCF"),
	T("a:\uFDF0"),
	T("a:\uFFEF"),
	T("a:\U00010000"),
	T("a:\U0001FFFD"),
	T("a:\U000DFFFD"),
	T("a:\U000E1000"),
	T("a:\U000EFFFD"),
	T("a:?\uE000"),
	T("a:?\uF8FF"),
	T("a:?\U000F0000\U000FFFFD\U00100000\U0010FFFD"),
};

static const struct str in_no_iri[] = {
	T("\u00E9:"),
	T("a\u00E9:b"),
	T("a://b:\u0661"),
	T("a://[\u00E9]"),
	T("a://[v1.\u00E9]"),
	T("a:%\u0661\u0661"),
	T("a:\xC2\x80"),
	T("a:\xC2\x9F"),
	T("a:\uE000"),
	T("a:#\uE000"),
	T("a://\uE000"),
	T("a:\uFDD0"),
	T("a:\uFDEF"),
	T("a:\uFFF0"),
	T("a:\uFFFD"),
	T("a:\uFFFE"),
	T("a:\U0001FFFE"),
	T("a:\U000E0000"),
	T("a:\U000E0FFF"),
	T("a:\U000EFFFE"),
	T("a:\U000F0000"),
	T("a:?\U000FFFFE"),
	T("a:?\U0010FFFF"),
	T("a:?\uFFFE"),
};

#define CHECK(format, texts, expected) \
	check_texts((format), texts, ARRAY_SIZE(texts), (expected))

static void
uri(void **state)
{
	(void)state;
	CHECK(FORMAT_URI, uris, true);
	check_ends(FORMAT_URI, uris, ARRAY_SIZE(uris));
	CHECK(FORMAT_URI, references, false);
	CHECK(FORMAT_URI, in_none, false);
	CHECK(FORMAT_URI, iris, false);
	CHECK(FORMAT_URI, in_no_iri, false);
}

static void
uri_reference(void **state)
{
	(void)state;
	CHECK(FORMAT_URI_REFERENCE, uris, true);
	CHECK(FORMAT_URI_REFERENCE, references, true);
	check_ends(FORMAT_URI_REFERENCE, references, ARRAY_SIZE(references));
	CHECK(FORMAT_URI_REFERENCE, in_none, false);
	CHECK(FORMAT_URI_REFERENCE, iris, false);
	CHECK(FORMAT_URI_REFERENCE, in_no_iri, false);
}

static void
iri(void **state)
{
	(void)state;
	CHECK(FORMAT_IRI, uris, true);
	CHECK(FORMAT_IRI, iris, true);
	check_ends(FORMAT_IRI, iris, ARRAY_SIZE(iris));
	CHECK(FORMAT_IRI, references, false);
	CHECK(FORMAT_IRI, in_none, false);
	CHECK(FORMAT_IRI, in_no_iri, false);
}

static void
iri_reference(void **state)
{
	static const struct str accepted[] = {
		T("\u00E9"),
		T("\u00E9/a:b"),
		T("//\u00E9"),
		T("?\uE000"),
		T("#\u00E9"),
	};
	static const struct str refused[] = {
		T("\u00E9:a"),
		T("\uE000"),
		T("#\uE000"),
		T("//a?\uE000#\uE000"),
		T("\u00E9 "),
	};

	(void)state;
	CHECK_TABLES_AND_ENDS(FORMAT_IRI_REFERENCE);
	CHECK(FORMAT_IRI_REFERENCE, uris, true);
	CHECK(FORMAT_IRI_REFERENCE, references, true);
	CHECK(FORMAT_IRI_REFERENCE, iris, true);
	CHECK(FORMAT_IRI_REFERENCE, in_none, false);
	CHECK(FORMAT_IRI_REFERENCE, in_no_iri, false);
}

static bool
liburiparser_takes(struct str text)
{
	UriUriA parsed;
	const char *bad;
	int code = uriParseSingleUriExA(&parsed, text.p, text.p + text.n, &bad);

	if (code == URI_SUCCESS)
		uriFreeUriMembersA(&parsed);
	return code == URI_SUCCESS;
}

/* Texts made of what means something in a URI. */
static void
references_agree_with_liburiparser(void **state)
{
	static const char *const parts[] = {"a", "b:", "/", "//", ":", "?", "#", "@", "[", "]",
		"::", "[::1]", "1", "80", ".", "%41", "%", "v1.", "-", "~", "!", " ", "|", "A"};
	uint64_t bits = 88172645463325252;
	size_t accepted = 0;

	(void)state;
	for (size_t i = 0; i < 200000; i++) {
		char text[64];
		struct str s = {text, 0};

		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		for (uint64_t rest = bits >> bits % 50; rest > 15 && s.n < 50; rest /= 53) {
			const char *part = parts[rest % ARRAY_SIZE(parts)];

			memcpy(text + s.n, part, strlen(part));
			s.n += strlen(part);
		}
		check_texts(FORMAT_URI_REFERENCE, &s, 1, liburiparser_takes(s));
		accepted += check_exact(FORMAT_IRI_REFERENCE, s);
	}
	assert_in_range(accepted, 20000, 180000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(uri),
		cmocka_unit_test(uri_reference),
		cmocka_unit_test(iri),
		cmocka_unit_test(iri_reference),
		cmocka_unit_test(references_agree_with_liburiparser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
