#include "json/quoted.h"

#define LOWEST_HIGH_SURROGATE 0xD800
#define LOWEST_LOW_SURROGATE 0xDC00
#define HIGHEST_LOW_SURROGATE 0xDFFF
#define ESCAPE_LENGTH 6 /* \u0000 */

static uint32_t
offset_of(const struct source *source, const char *at)
{
	return (uint32_t)(at - source->text.p);
}

static int
complain_of_control(
	const struct source *source, const char *open, const char *at, struct err *err)
{
	if (*at == '\n' || *at == '\r')
		return source_error(source, offset_of(source, open), err,
			"this string does not end on its line: close it with \", or write \\n "
			"for a line break in it");
	if (*at == '\t')
		return source_error(source, offset_of(source, at), err,
			"a tab inside a string: write it as \\t");
	return source_error(source, offset_of(source, at), err,
		"a control character inside a string: write it as \\u%04x", (unsigned char)*at);
}

/* The closing quote of the string that opens at `open`, or NULL. */
static const char *
find_end(const struct source *source, const char *open, struct err *err)
{
	const char *end = source->text.p + source->text.n;
	const char *at = open + 1;

	for (;;) {
		at = quoted_skip(at, end);
		if (at < end && *at == '"')
			return at;
		if (at < end && *at != '\\') {
			(void)complain_of_control(source, open, at, err);
			return NULL;
		}
		if (end - at < 2) {
			(void)source_error(source, offset_of(source, open), err,
				"this string never ends: close it with \"");
			return NULL;
		}
		at += 2;
	}
}

/* The four digits at p, or -1. */
static int32_t
read_hex(const char *p, const char *end)
{
	int32_t number = 0;

	if (end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit = c >= '0' && c <= '9' ? c - '0'
			: c >= 'a' && c <= 'f'   ? c - 'a' + 10
			: c >= 'A' && c <= 'F'   ? c - 'A' + 10
						 : -1;

		if (digit < 0)
			return -1;
		number = number << 4 | digit;
	}
	return number;
}

static char *
put_utf8(char *to, uint32_t code_point)
{
	if (code_point < 0x80) {
		*to++ = (char)code_point;
		return to;
	}
	if (code_point < 0x800) {
		*to++ = (char)(0xC0 | code_point >> 6);
	} else {
		if (code_point < 0x10000) {
			*to++ = (char)(0xE0 | code_point >> 12);
		} else {
			*to++ = (char)(0xF0 | code_point >> 18);
			*to++ = (char)(0x80 | (code_point >> 12 & 0x3F));
		}
		*to++ = (char)(0x80 | (code_point >> 6 & 0x3F));
	}
	*to++ = (char)(0x80 | (code_point & 0x3F));
	return to;
}

/* The code point of the \u escape at p, which may be a pair; *ret_length in bytes. -1 with err. */
static int32_t
read_unicode(const struct source *source, const char *p, const char *end, size_t *ret_length,
	struct err *err)
{
	int32_t first = read_hex(p + 2, end);
	int32_t second = -1;

	if (first < 0)
		return source_error(source, offset_of(source, p), err,
			"\\u needs four hexadecimal digits, as in \\u00e9");
	*ret_length = ESCAPE_LENGTH;
	if (first < LOWEST_HIGH_SURROGATE || first > HIGHEST_LOW_SURROGATE)
		return first;
	if (first < LOWEST_LOW_SURROGATE && end - p >= 2 * ESCAPE_LENGTH && p[6] == '\\' &&
		p[7] == 'u')
		second = read_hex(p + ESCAPE_LENGTH + 2, end);
	if (second < LOWEST_LOW_SURROGATE || second > HIGHEST_LOW_SURROGATE)
		return source_error(source, offset_of(source, p), err,
			"half a character: \\u%04x is one of a pair of surrogates, and the "
			"other "
			"is missing; write the character itself, or both",
			(unsigned)first);
	*ret_length = 2 * ESCAPE_LENGTH;
	return 0x10000 + ((first - LOWEST_HIGH_SURROGATE) << 10) +
		(second - LOWEST_LOW_SURROGATE);
}

/* What a one-letter escape stands for, or 0. */
static char
simple_escape(char c)
{
	switch (c) {
	case '"':
	case '\\':
	case '/': return c;
	case 'b': return '\b';
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	default: return '\0';
	}
}

/* Decodes the escape at p to *to. Returns its length, or 0 with err. */
static size_t
decode_escape(
	const struct source *source, const char *p, const char *end, char **to, struct err *err)
{
	char simple = simple_escape(p[1]);
	int32_t code_point;
	size_t length;

	if (simple) {
		*(*to)++ = simple;
		return 2;
	}
	if (p[1] != 'u') {
		(void)source_error(source, offset_of(source, p), err,
			"JSON has no such escape; write \\\\ for a backslash");
		return 0;
	}
	code_point = read_unicode(source, p, end, &length, err);
	if (code_point < 0)
		return 0;
	*to = put_utf8(*to, (uint32_t)code_point);
	return length;
}

const char *
quoted_decode(struct arena *arena, const struct source *source, const char *at,
	struct str *ret_text, struct err *err)
{
	const char *end = find_end(source, at, err);
	const char *p = at + 1;
	char *text;
	char *to;

	if (!end)
		return NULL;
	/* No escape is shorter than what it stands for. */
	text = to = arena_bytes(arena, (size_t)(end - p));
	while (p < end) {
		const char *stop = memchr(p, '\\', (size_t)(end - p));
		size_t run = (size_t)((stop ? stop : end) - p);
		size_t length;

		memcpy(to, p, run);
		to += run;
		p += run;
		if (!stop)
			break;
		length = decode_escape(source, p, end, &to, err);
		if (!length)
			return NULL;
		p += length;
	}
	*ret_text = (struct str){text, (size_t)(to - text)};
	return end + 1;
}
