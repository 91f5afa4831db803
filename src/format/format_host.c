#include "format/format_host.h"

#include "format/cursor.h"
#include "format/format_idna.h"

#define NAME_OCTETS 253
#define LABEL_OCTETS 63

/* What may stand in a name beside plain labels. */
enum host_flags {
	A_LABELS = 1,
	U_LABELS = 2,
	WIDE_DOTS = 4,
	ANY_FORM = 8, /* U-labels that are not in NFC */
};

/* Octets of the separator at p, 0 if there is none. */
static size_t
separator_length(const char *p, const char *end, unsigned flags)
{
	static const char *const wide[] = {"\u3002", "\uFF0E", "\uFF61"};

	if (*p == '.')
		return 1;
	if (!(flags & WIDE_DOTS) || end - p < 3)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		if (memcmp(p, wide[i], 3) == 0)
			return 3;
	return 0;
}

/* Moves the first label out of *rest, which becomes empty and NULL-based behind the last one. */
static struct str
next_label(struct str *rest, unsigned flags)
{
	const char *end = rest->p + rest->n;
	struct str label = {rest->p, 0};

	for (const char *p = rest->p; p < end; p++) {
		size_t n = separator_length(p, end, flags);

		if (!n)
			continue;
		label.n = (size_t)(p - rest->p);
		*rest = (struct str){p + n, (size_t)(end - p) - n};
		return label;
	}
	label.n = rest->n;
	*rest = (struct str){NULL, 0};
	return label;
}

static bool
is_ldh(struct str label)
{
	for (size_t i = 0; i < label.n; i++)
		if (!ascii_is_alnum((unsigned char)label.p[i]) && label.p[i] != '-')
			return false;
	return true;
}

static bool
has_ace_prefix(struct str label)
{
	return label.n >= 4 && (label.p[0] | 0x20) == 'x' && (label.p[1] | 0x20) == 'n' &&
		label.p[2] == '-' && label.p[3] == '-';
}

/* Octets of the label in a query to DNS, 0 where it is none; *info says how it runs. */
static size_t
label_octets(struct str label, unsigned flags, struct idna_label *info)
{
	if (!label.n || label.p[0] == '-' || label.p[label.n - 1] == '-')
		return 0;
	if (!is_ldh(label)) {
		if (!(flags & U_LABELS))
			return 0;
		return idna_u_label(label, flags & ANY_FORM ? IDNA_ANY_FORM : IDNA_NFC, info);
	}
	if (label.n > LABEL_OCTETS)
		return 0;
	if (flags & A_LABELS && has_ace_prefix(label))
		return idna_a_label(label, info);
	*info = (struct idna_label){false, ascii_is_alpha((unsigned char)label.p[0])};
	return label.n;
}

static bool
is_name(struct str text, unsigned flags)
{
	size_t octets = 0;
	bool is_bidi = false;
	bool fits_bidi = true;

	for (struct str rest = text; rest.p;) {
		struct str label = next_label(&rest, flags);
		struct idna_label info = {false, false};
		size_t n = label_octets(label, flags, &info);

		octets += n + (octets != 0);
		if (!n || octets > NAME_OCTETS)
			return false;
		is_bidi |= info.is_right_to_left;
		fits_bidi &= info.fits_bidi;
	}
	return octets && (!is_bidi || fits_bidi);
}

bool
format_hostname(struct str text)
{
	return is_name(text, A_LABELS);
}

bool
format_idn_hostname(struct str text)
{
	return is_name(text, A_LABELS | U_LABELS | WIDE_DOTS);
}

bool
format_mail_domain(struct str text)
{
	return is_name(text, 0);
}

bool
format_idn_mail_domain(struct str text)
{
	return is_name(text, U_LABELS | ANY_FORM);
}
