#include "gate/comparison_part.h"

#include "json/json.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What makes a number before or behind it a part of something else: a version, a date, a name. */
static bool
joins(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80) ||
		(c != '\0' && strchr("_.-+:/", c));
}

static size_t
digits(struct str s, size_t i)
{
	size_t n = 0;

	while (i + n < s.n && is_digit(s.p[i + n]))
		n++;
	return n;
}

/* Bytes of the JSON number that begins here, 0 where none does. */
static size_t
number_length(struct str s)
{
	size_t i = s.n && s.p[0] == '-';
	size_t whole = digits(s, i);
	size_t more;

	if (!whole || (whole > 1 && s.p[i] == '0'))
		return 0;
	i += whole;
	if (i < s.n && s.p[i] == '.' && (more = digits(s, i + 1)))
		i += 1 + more;
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		size_t sign = i + 1 < s.n && (s.p[i + 1] == '-' || s.p[i + 1] == '+');

		more = digits(s, i + 1 + sign);
		i += more ? 1 + sign + more : 0;
	}
	return i < s.n && joins(s.p[i]) ? 0 : i;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next number of the line, one blank for all that stand together, or one byte; empty at the end. */
static struct str
next_token(struct str line, size_t *at, bool *ret_is_number)
{
	struct str rest = {line.p + *at, line.n - *at};
	size_t n = 0;

	*ret_is_number = false;
	if (!rest.n)
		return STR_EMPTY;
	if (is_blank(rest.p[0])) {
		while (*at < line.n && is_blank(line.p[*at]))
			(*at)++;
		return STR(" ");
	}
	if (*at == 0 || !joins(line.p[*at - 1]))
		n = number_length(rest);
	*ret_is_number = n > 0;
	*at += n ? n : 1;
	return (struct str){rest.p, n ? n : 1};
}

static bool
lines_are_equal(const struct tolerance *tolerance, struct str judged, struct str with)
{
	size_t at_judged = 0;
	size_t at_with = 0;

	if (!tolerance->number.n)
		return str_equal(judged, with);
	judged = str_trim(judged);
	with = str_trim(with);
	for (;;) {
		bool is_number;
		bool is_number_too;
		struct str a = next_token(judged, &at_judged, &is_number);
		struct str b = next_token(with, &at_with, &is_number_too);

		if (is_number && is_number_too ? !tolerance_allows(tolerance, a, b)
					       : !str_equal(a, b))
			return false;
		if (!a.n)
			return true;
	}
}

/* The next line, without its end; false where there is none. */
static bool
next_line(struct str *rest, struct str *ret_line)
{
	if (!rest->n)
		return false;
	*ret_line = str_cut(*rest, '\n', rest);
	return true;
}

void
comparing_text(struct comparing *c)
{
	struct str judged_rest = c->compared->judged.bytes;
	struct str with_rest = c->compared->with.bytes;

	for (;;) {
		struct str judged = STR_EMPTY;
		struct str with = STR_EMPTY;
		bool has_judged = next_line(&judged_rest, &judged);
		bool has_with = next_line(&with_rest, &with);
		struct value a = value_string(judged);
		struct value b = value_string(with);

		if (!has_judged && !has_with)
			return;
		c->line++;
		if (!has_judged || !has_with ||
			!lines_are_equal(&c->compared->tolerance, judged, with))
			comparing_differ(c, has_judged ? &a : NULL, has_with ? &b : NULL);
	}
}

void
comparing_bytes(struct comparing *c)
{
	struct str judged = c->compared->judged.bytes;
	struct str with = c->compared->with.bytes;
	size_t before = c->faults->n;
	size_t at = 0;

	if (str_equal(judged, with))
		return;
	if (str_is_utf8(judged, NULL) && str_is_utf8(with, NULL))
		comparing_text(c);
	if (c->faults->n > before || c->faults->more)
		return;
	c->line = 0;
	while (at < judged.n && at < with.n && judged.p[at] == with.p[at])
		at++;
	comparing_say(c,
		"is not %.*s: it has %zu bytes, and that %zu; byte %zu is the first "
		"that differs",
		(int)MIN(c->compared->with.file.n, 200), c->compared->with.file.p, judged.n,
		with.n, at);
}
