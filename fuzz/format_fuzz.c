/*
 * Any bytes as a value of each format. What is true by the standards holds between them: a URI is a
 * URI reference and an IRI, a host name is an internationalized one, and so on; references are what
 * liburiparser takes, too.
 */
#include "base/buf.h"
#include "format/format.h"
#include "fuzz.h"

#include <uriparser/Uri.h>

/* What has the first format has the second. */
static const struct {
	enum format one;
	enum format other;
} implied[] = {
	{FORMAT_URI, FORMAT_URI_REFERENCE},
	{FORMAT_URI, FORMAT_IRI},
	{FORMAT_URI_REFERENCE, FORMAT_IRI_REFERENCE},
	{FORMAT_IRI, FORMAT_IRI_REFERENCE},
	{FORMAT_HOSTNAME, FORMAT_IDN_HOSTNAME},
	{FORMAT_HOSTNAME, FORMAT_URI_REFERENCE},
	{FORMAT_IDN_HOSTNAME, FORMAT_IRI_REFERENCE},
	{FORMAT_EMAIL, FORMAT_IDN_EMAIL},
	{FORMAT_IPV4, FORMAT_HOSTNAME},
	{FORMAT_DATE, FORMAT_HOSTNAME},
	{FORMAT_UUID, FORMAT_HOSTNAME},
};

static bool
is_ascii(struct str text)
{
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] & 0x80)
			return false;
	return true;
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

/* before, text and after together, as another format. */
static bool
check_within(enum format format, const char *before, struct str text, const char *after)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

	buf_add_cstr(&b, before);
	buf_add_str(&b, text);
	buf_add_cstr(&b, after);
	return format_check(format, buf_str(&b));
}

static void
check_parts(const bool *has, struct str text)
{
	if (has[FORMAT_IPV4] && !check_within(FORMAT_IPV6, "::", text, ""))
		fuzz_fail("an IPv4 address that cannot end an IPv6 address");
	if (has[FORMAT_IPV6] && !check_within(FORMAT_URI, "a://[", text, "]"))
		fuzz_fail("an IPv6 address that is no host of a URI");
	if (has[FORMAT_TIME] && !check_within(FORMAT_DATE_TIME, "2016-12-31T", text, "") &&
		!check_within(FORMAT_DATE_TIME, "2017-01-01T", text, ""))
		fuzz_fail("a time that has no date");
	if (has[FORMAT_DATE] && !check_within(FORMAT_DATE_TIME, "", text, "t00:00:00z"))
		fuzz_fail("a date that has no time");
	if (has[FORMAT_JSON_POINTER] &&
		!check_within(FORMAT_RELATIVE_JSON_POINTER, "0", text, ""))
		fuzz_fail("a pointer that cannot follow a number");
	if (has[FORMAT_URI_REFERENCE] && str_find(text, '[') < 0 &&
		!check_within(FORMAT_URI, "a://b/", text, ""))
		fuzz_fail("a reference without brackets that cannot follow a path");
	if (has[FORMAT_URI_TEMPLATE] && !check_within(FORMAT_URI_TEMPLATE, "{a}", text, "{b}"))
		fuzz_fail("a template that cannot stand between expressions");
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct str text = {(const char *)bytes, n};
	bool has[FORMAT_UNKNOWN];

	for (int i = 0; i < FORMAT_UNKNOWN; i++)
		has[i] = format_check((enum format)i, text);
	for (size_t i = 0; i < ARRAY_SIZE(implied); i++)
		if (has[implied[i].one] && !has[implied[i].other])
			fuzz_fail("a %s that is no %s", format_name(implied[i].one),
				format_name(implied[i].other));
	if (has[FORMAT_URI_REFERENCE] != liburiparser_takes(text))
		fuzz_fail("liburiparser thinks otherwise");
	if (is_ascii(text) &&
		(has[FORMAT_IDN_HOSTNAME] != has[FORMAT_HOSTNAME] ||
			has[FORMAT_IDN_EMAIL] != has[FORMAT_EMAIL] ||
			has[FORMAT_IRI] != has[FORMAT_URI]))
		fuzz_fail("ASCII that is something else as Unicode");
	check_parts(has, text);
	return 0;
}
