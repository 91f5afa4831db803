#include "format/cursor.h"

bool
cursor_take_digits(struct cursor *c, size_t n, unsigned *ret_number)
{
	unsigned number = 0;

	if ((size_t)(c->end - c->p) < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned digit = (unsigned)c->p[i] - '0';

		if (digit > 9)
			return false;
		number = number * 10 + digit;
	}
	c->p += n;
	*ret_number = number;
	return true;
}

size_t
cursor_skip_digits(struct cursor *c)
{
	const char *start = c->p;

	while (ascii_is_digit(cursor_peek(c)))
		c->p++;
	return (size_t)(c->p - start);
}

size_t
cursor_skip_hex(struct cursor *c)
{
	const char *start = c->p;

	while (ascii_is_hex(cursor_peek(c)))
		c->p++;
	return (size_t)(c->p - start);
}

bool
cursor_take_triplet(struct cursor *c)
{
	if (c->end - c->p < 3 || c->p[0] != '%' || !ascii_is_hex((unsigned char)c->p[1]) ||
		!ascii_is_hex((unsigned char)c->p[2]))
		return false;
	c->p += 3;
	return true;
}

uint32_t
cursor_code_point(struct cursor *c)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t first = cursor_peek(c);
	uint32_t code_point;
	size_t length;

	if (first < 0x80) {
		c->p++;
		return first;
	}
	if (cursor_done(c) || first < 0xC2 || first > 0xF4)
		return CURSOR_NONE;
	length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if ((size_t)(c->end - c->p) < length)
		return CURSOR_NONE;
	code_point = first & (0x7FU >> length);
	for (size_t i = 1; i < length; i++) {
		if ((c->p[i] & 0xC0) != 0x80)
			return CURSOR_NONE;
		code_point = code_point << 6 | (c->p[i] & 0x3F);
	}
	if (code_point < smallest[length] || code_point > 0x10FFFF ||
		(code_point >= 0xD800 && code_point <= 0xDFFF))
		return CURSOR_NONE;
	c->p += length;
	return code_point;
}
