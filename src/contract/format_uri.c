#include "contract/format_uri.h"

#include "contract/cursor.h"
#include "contract/format_ip.h"

/* What a part is made of beside letters, digits and percent-encoded octets. */
enum sign {
	NAME = 1, /* unreserved, sub-delims */
	COLON = 2,
	AT = 4,
	SLASH = 8,
	QUESTION = 16,
	ANY_SIGN = NAME | COLON | AT | SLASH | QUESTION,
};

static const unsigned char signs[0x80] = {
	['-'] = NAME,
	['.'] = NAME,
	['_'] = NAME,
	['~'] = NAME,
	['!'] = NAME,
	['$'] = NAME,
	['&'] = NAME,
	['\''] = NAME,
	['('] = NAME,
	[')'] = NAME,
	['*'] = NAME,
	['+'] = NAME,
	[','] = NAME,
	[';'] = NAME,
	['='] = NAME,
	[':'] = COLON,
	['@'] = AT,
	['/'] = SLASH,
	['?'] = QUESTION,
};

enum wideness {
	ASCII_ONLY, /* URI */
	WIDE,       /* IRI */
	WIDE_QUERY, /* the same with private use */
};

bool
format_is_ucschar(uint32_t code_point)
{
	if (code_point < 0x10000)
		return (code_point >= 0xA0 && code_point <= 0xD7FF) ||
			(code_point >= 0xF900 && code_point <= 0xFDCF) ||
			(code_point >= 0xFDF0 && code_point <= 0xFFEF);
	/* All planes without their last two, in the 14th without tags. */
	return code_point <= 0xEFFFD && (code_point & 0xFFFF) <= 0xFFFD &&
		(code_point < 0xE0000 || code_point >= 0xE1000);
}

bool
format_is_iprivate(uint32_t code_point)
{
	return (code_point >= 0xE000 && code_point <= 0xF8FF) ||
		(code_point >= 0xF0000 && code_point <= 0x10FFFD &&
			(code_point & 0xFFFF) <= 0xFFFD);
}

static bool
is_sign(uint32_t byte, unsigned which)
{
	return byte < 0x80 && signs[byte] & which;
}

/* Steps over letters, digits, percent-encoded octets and signs of `which`, and, as wideness says,
 * over more. */
static void
skip(struct cursor *c, unsigned which, enum wideness wideness)
{
	for (;;) {
		struct cursor next = *c;
		uint32_t byte = cursor_peek(&next);
		uint32_t code_point;

		while (ascii_is_alnum(byte) || is_sign(byte, which)) {
			next.p++;
			byte = cursor_peek(&next);
		}
		c->p = next.p;
		if (cursor_take_triplet(c))
			continue;
		if (wideness == ASCII_ONLY || byte < 0x80)
			return;
		code_point = cursor_code_point(&next);
		if (!format_is_ucschar(code_point) &&
			!(wideness == WIDE_QUERY && format_is_iprivate(code_point)))
			return;
		*c = next;
	}
}

/* "v", a version, and what it means. */
static bool
is_future_address(struct str text)
{
	struct cursor c = CURSOR_OF(text);

	if (!cursor_take_one_of(&c, "Vv") || !cursor_skip_hex(&c) || !cursor_take(&c, '.') ||
		cursor_done(&c))
		return false;
	while (ascii_is_alnum(cursor_peek(&c)) || is_sign(cursor_peek(&c), NAME | COLON))
		c.p++;
	return cursor_done(&c);
}

/* An address in brackets. */
static bool
take_ip_literal(struct cursor *c)
{
	struct str rest = {c->p, (size_t)(c->end - c->p)};
	ptrdiff_t length;
	struct str address;

	if (!cursor_take(c, '['))
		return false;
	length = str_find(rest, ']');
	if (length < 0)
		return false;
	address = (struct str){rest.p + 1, (size_t)length - 1};
	c->p = rest.p + length + 1;
	return format_ipv6(address) || is_future_address(address);
}

/* [userinfo "@"] host [":" port]. An IPv4 address is also a registered name. */
static bool
take_authority(struct cursor *c, enum wideness wideness)
{
	struct cursor host = *c;

	/* A name and a port can be the beginning of a userinfo, which shows at its end only. */
	skip(c, NAME | COLON, wideness);
	if (!cursor_take(c, '@'))
		*c = host;
	if (cursor_peek(c) == '[') {
		if (!take_ip_literal(c))
			return false;
	} else {
		skip(c, NAME, wideness);
	}
	if (cursor_take(c, ':'))
		(void)cursor_skip_digits(c);
	return cursor_done(c) || ascii_is_one_of(cursor_peek(c), "/?#");
}

static bool
take_scheme(struct cursor *c)
{
	struct cursor scheme = *c;

	if (!ascii_is_alpha(cursor_peek(&scheme)))
		return false;
	do {
		scheme.p++;
	} while (ascii_is_alnum(cursor_peek(&scheme)) || cursor_peek(&scheme) == '+' ||
		cursor_peek(&scheme) == '-' || cursor_peek(&scheme) == '.');
	if (!cursor_take(&scheme, ':'))
		return false;
	*c = scheme;
	return true;
}

/* What follows the scheme. */
static bool
is_rest(struct cursor c, enum wideness wideness, bool has_scheme)
{
	if (c.end - c.p >= 2 && c.p[0] == '/' && c.p[1] == '/') {
		c.p += 2;
		if (!take_authority(&c, wideness))
			return false;
	} else if (!has_scheme) {
		/* Up to its first slash a relative path has no colon: that would be a scheme. */
		skip(&c, NAME | AT, wideness);
		if (cursor_peek(&c) == ':')
			return false;
	}
	skip(&c, NAME | COLON | AT | SLASH, wideness);
	if (cursor_take(&c, '?'))
		skip(&c, ANY_SIGN, wideness == WIDE ? WIDE_QUERY : wideness);
	if (cursor_take(&c, '#'))
		skip(&c, ANY_SIGN, wideness);
	return cursor_done(&c);
}

static bool
is_absolute(struct str text, enum wideness wideness)
{
	struct cursor c = CURSOR_OF(text);

	return take_scheme(&c) && is_rest(c, wideness, true);
}

static bool
is_reference(struct str text, enum wideness wideness)
{
	struct cursor c = CURSOR_OF(text);
	bool has_scheme = take_scheme(&c);

	return is_rest(c, wideness, has_scheme);
}

bool
format_uri(struct str text)
{
	return is_absolute(text, ASCII_ONLY);
}

bool
format_uri_reference(struct str text)
{
	return is_reference(text, ASCII_ONLY);
}

bool
format_iri(struct str text)
{
	return is_absolute(text, WIDE);
}

bool
format_iri_reference(struct str text)
{
	return is_reference(text, WIDE);
}
