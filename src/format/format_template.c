#include "format/cursor.h"
#include "format/format_uri.h"

/* A character of a name. */
static bool
take_varchar(struct cursor *c)
{
	uint32_t byte = cursor_peek(c);

	if (!ascii_is_alnum(byte) && byte != '_')
		return cursor_take_triplet(c);
	c->p++;
	return true;
}

/* Names joined by dots, then perhaps how much of the value is meant. */
static bool
take_variable(struct cursor *c)
{
	do {
		if (!take_varchar(c))
			return false;
		while (take_varchar(c))
			;
	} while (cursor_take(c, '.'));
	if (cursor_take(c, '*') || !cursor_take(c, ':'))
		return true;
	if (cursor_peek(c) == '0')
		return false;
	return cursor_skip_digits(c) - 1 < 4;
}

/* From behind the "{" to behind the "}". The last five operators are reserved: they have a place
 * in the grammar and no meaning yet. */
static bool
take_expression(struct cursor *c)
{
	(void)cursor_take_one_of(c, "+#./;?&=,!@|");
	do {
		if (!take_variable(c))
			return false;
	} while (cursor_take(c, ','));
	return cursor_take(c, '}');
}

/* The apostrophe is among the literals by erratum 6937. */
static bool
is_literal(uint32_t c)
{
	if (c < 0x80)
		return c > ' ' && c < 0x7F && !ascii_is_one_of(c, "\"%<>\\^`{|}");
	return format_is_ucschar(c) || format_is_iprivate(c);
}

bool
format_uri_template(struct str text)
{
	struct cursor c = CURSOR_OF(text);

	while (!cursor_done(&c)) {
		bool is_part = cursor_take(&c, '{')
			? take_expression(&c)
			: cursor_take_triplet(&c) || is_literal(cursor_code_point(&c));

		if (!is_part)
			return false;
	}
	return true;
}
