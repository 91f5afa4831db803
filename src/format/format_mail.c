#include "format/format_mail.h"

#include "format/cursor.h"
#include "format/format_host.h"
#include "format/format_ip.h"

#include <strings.h>

enum alphabet {
	ASCII_ONLY,
	WIDE,
};

/* One code point beyond ASCII. */
static bool
take_wide(struct cursor *c, enum alphabet alphabet)
{
	struct cursor next = *c;

	if (alphabet == ASCII_ONLY || cursor_peek(c) < 0x80 ||
		cursor_code_point(&next) == CURSOR_NONE)
		return false;
	*c = next;
	return true;
}

static bool
take_atom(struct cursor *c, enum alphabet alphabet)
{
	const char *start = c->p;

	for (;;) {
		if (ascii_is_alnum(cursor_peek(c)))
			c->p++;
		else if (!cursor_take_one_of(c, "!#$%&'*+-/=?^_`{|}~") &&
			!take_wide(c, alphabet))
			return c->p > start;
	}
}

static bool
take_dotted(struct cursor *c, enum alphabet alphabet)
{
	do {
		if (!take_atom(c, alphabet))
			return false;
	} while (cursor_take(c, '.'));
	return true;
}

/* From behind the first quote to behind the last; "" is a local part too. */
static bool
take_quoted(struct cursor *c, enum alphabet alphabet)
{
	while (!cursor_take(c, '"')) {
		bool is_escaped = cursor_take(c, '\\');

		if (!is_escaped && take_wide(c, alphabet))
			continue;
		if (cursor_peek(c) < ' ' || cursor_peek(c) > '~')
			return false;
		c->p++;
	}
	return true;
}

/* IPv6 is the one tag that is registered for an address of another kind than IPv4. */
static bool
is_address(struct str text)
{
	static const struct str tag = {"IPv6:", 5};

	if (text.n < tag.n || strncasecmp(text.p, tag.p, tag.n) != 0)
		return format_ipv4_of_mail(text);
	return format_ipv6_of_mail((struct str){text.p + tag.n, text.n - tag.n});
}

static bool
is_mailbox(struct str text, enum alphabet alphabet)
{
	struct cursor c = CURSOR_OF(text);
	struct str domain;

	if (cursor_take(&c, '"') ? !take_quoted(&c, alphabet) : !take_dotted(&c, alphabet))
		return false;
	if (!cursor_take(&c, '@'))
		return false;
	domain = (struct str){c.p, (size_t)(c.end - c.p)};
	if (domain.n >= 2 && domain.p[0] == '[' && domain.p[domain.n - 1] == ']')
		return is_address((struct str){domain.p + 1, domain.n - 2});
	return alphabet == WIDE ? format_idn_mail_domain(domain) : format_mail_domain(domain);
}

bool
format_email(struct str text)
{
	return is_mailbox(text, ASCII_ONLY);
}

bool
format_idn_email(struct str text)
{
	return is_mailbox(text, WIDE);
}
