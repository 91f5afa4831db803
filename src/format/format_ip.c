#include "format/format_ip.h"

#include "format/cursor.h"

#define GROUPS 8

/* In what the two standards differ. */
struct dialect {
	bool has_leading_zeros;
	unsigned most_groups; /* beside a "::" */
};

static const struct dialect plain = {false, 7};
static const struct dialect mail = {true, 6};

static bool
take_octet(struct cursor *c, const struct dialect *dialect)
{
	const char *start = c->p;
	size_t n = cursor_skip_digits(c);
	unsigned octet = 0;

	if (n < 1 || n > 3 || (n > 1 && start[0] == '0' && !dialect->has_leading_zeros))
		return false;
	for (size_t i = 0; i < n; i++)
		octet = octet * 10 + (unsigned)(start[i] - '0');
	return octet <= 255;
}

static bool
is_ipv4(struct cursor c, const struct dialect *dialect)
{
	for (int i = 0; i < 4; i++)
		if ((i && !cursor_take(&c, '.')) || !take_octet(&c, dialect))
			return false;
	return cursor_done(&c);
}

static bool
fills(unsigned groups, bool has_gap, const struct dialect *dialect)
{
	return has_gap ? groups <= dialect->most_groups : groups == GROUPS;
}

/* Reads the groups of an address; an IPv4 address at its end counts for two. */
static bool
is_ipv6(struct cursor c, const struct dialect *dialect)
{
	unsigned groups = 0;
	bool has_gap = c.end - c.p >= 2 && c.p[0] == ':' && c.p[1] == ':';

	if (has_gap) {
		c.p += 2;
		if (cursor_done(&c))
			return true;
	}
	for (;;) {
		struct cursor group = c;
		size_t digits = cursor_skip_hex(&c);

		if (cursor_peek(&c) == '.')
			return is_ipv4(group, dialect) && fills(groups + 2, has_gap, dialect);
		if (digits < 1 || digits > 4 || ++groups > GROUPS)
			return false;
		if (cursor_done(&c))
			break;
		if (!cursor_take(&c, ':'))
			return false;
		if (!cursor_take(&c, ':'))
			continue;
		if (has_gap)
			return false;
		has_gap = true;
		if (cursor_done(&c))
			break;
	}
	return fills(groups, has_gap, dialect);
}

bool
format_ipv4(struct str text)
{
	return is_ipv4(CURSOR_OF(text), &plain);
}

bool
format_ipv6(struct str text)
{
	return is_ipv6(CURSOR_OF(text), &plain);
}

bool
format_ipv4_of_mail(struct str text)
{
	return is_ipv4(CURSOR_OF(text), &mail);
}

bool
format_ipv6_of_mail(struct str text)
{
	return is_ipv6(CURSOR_OF(text), &mail);
}
