#include "format/format_pointer.h"

#include "format/cursor.h"

static bool
is_pointer(struct cursor c)
{
	if (!cursor_done(&c) && *c.p != '/')
		return false;
	while (!cursor_done(&c)) {
		bool is_escape = *c.p == '~';

		c.p++;
		if (is_escape && !cursor_take_one_of(&c, "01"))
			return false;
	}
	return true;
}

bool
format_json_pointer(struct str text)
{
	return is_pointer(CURSOR_OF(text));
}

/* Without leading zeros. */
static bool
take_number(struct cursor *c)
{
	return cursor_take(c, '0') || cursor_skip_digits(c);
}

bool
format_relative_json_pointer(struct str text)
{
	struct cursor c = CURSOR_OF(text);

	if (!take_number(&c))
		return false;
	if (cursor_take_one_of(&c, "+-") && !take_number(&c))
		return false;
	if (cursor_take(&c, '#'))
		return cursor_done(&c);
	return is_pointer(c);
}
