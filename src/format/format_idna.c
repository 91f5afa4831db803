#include "format/format_idna.h"

#include "base/memory.h"
#include "format/cursor.h"

#include <ctype.h>
#include <idn2.h>

#define LABEL_OCTETS 63

/* A label of 63 octets encodes less than 63 code points. */
#define LABEL_BYTES ((size_t)LABEL_OCTETS * 4)

struct range {
	uint32_t first;
	uint32_t last;
};

static bool
is_in(uint32_t c, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

/* Of the code points that a U-label can hold: class EN, AN, and ES, ON or BN. */
static bool
is_european_digit(uint32_t c)
{
	return ascii_is_digit(c) || (c >= 0x6F0 && c <= 0x6F9);
}

static bool
is_arabic_digit(uint32_t c)
{
	return (c >= 0x660 && c <= 0x669) || (c >= 0x10D30 && c <= 0x10D39);
}

static bool
is_neutral(uint32_t c)
{
	static const struct range neutral[] = {
		{'-', '-'},
		{0xB7, 0xB7},
		{0x2B9, 0x2BA},
		{0x2C6, 0x2CF},
		{0x2EC, 0x2EC},
		{0x375, 0x375},
		{0x200C, 0x200D},
		{0x2E2F, 0x2E2F},
		{0x30FB, 0x30FB},
		{0xA67F, 0xA67F},
		{0xA717, 0xA71F},
		{0xA788, 0xA788},
	};

	return is_in(c, neutral, ARRAY_SIZE(neutral));
}

/* The blocks outside which nothing runs from right to left. */
static bool
is_in_right_to_left_block(uint32_t c)
{
	static const struct range blocks[] = {
		{0x590, 0x8FF},
		{0xFB1D, 0xFDFF},
		{0xFE70, 0xFEFF},
		{0x10800, 0x10FFF},
		{0x1E800, 0x1EFFF},
	};

	return is_in(c, blocks, ARRAY_SIZE(blocks));
}

/* libidn2's word on a label. */
static int
register_label(const char *label, int flags, char *ret_a_label)
{
	uint8_t *a_label = NULL;
	int code = idn2_register_u8((const uint8_t *)label, NULL, &a_label, flags);

	if (code == IDN2_MALLOC)
		memory_exhausted(strlen(label));
	if (code == IDN2_OK && ret_a_label)
		(void)snprintf(ret_a_label, LABEL_OCTETS + 1, "%s", (const char *)a_label);
	idn2_free(a_label);
	return code;
}

/* The same on `before` and the code point at `p`. libidn2 keeps its tables of directions to itself,
 * but its Bidi rule shows what stands in them. */
static int
probe(const char *before, const char *p, const char *end)
{
	char label[16];

	(void)snprintf(label, sizeof(label), "%s%.*s", before, (int)(end - p), p);
	return register_label(label, IDN2_NFC_INPUT, NULL);
}

/* Condition 1 of the Bidi rule: no label that begins with a digit runs from right to left. */
static bool
is_right_to_left(const char *p, const char *end)
{
	return probe("0", p, end) == IDN2_BIDI;
}

/* Of what is no digit and runs from left to right if anywhere: condition 3 lets a label from right
 * to left end with such marks. */
static bool
is_nonspacing_mark(const char *p, const char *end)
{
	return probe("\u05D0", p, end) == IDN2_OK;
}

/* Condition 4: not both kinds of digits. */
static bool
mixes_digits(struct str label)
{
	struct cursor c = CURSOR_OF(label);
	bool has_european = false;
	bool has_arabic = false;

	while (!cursor_done(&c)) {
		uint32_t code_point = cursor_code_point(&c);

		has_european |= is_european_digit(code_point);
		has_arabic |= is_arabic_digit(code_point);
	}
	return has_european && has_arabic;
}

static bool
has_right_to_left(struct str label)
{
	struct cursor c = CURSOR_OF(label);

	while (!cursor_done(&c)) {
		const char *start = c.p;

		if (is_in_right_to_left_block(cursor_code_point(&c)) &&
			is_right_to_left(start, c.p))
			return true;
	}
	return false;
}

/* Condition 1 for a label that does not run from right to left. */
static bool
begins_with_letter(struct str label)
{
	struct cursor c = CURSOR_OF(label);
	uint32_t first = cursor_code_point(&c);

	return !is_european_digit(first) && !is_neutral(first);
}

/* Conditions 3 and 6: a letter or digit stands at the end, marks aside. */
static bool
ends_with_letter_or_digit(struct str label)
{
	const char *end = label.p + label.n;

	while (end > label.p) {
		const char *p = end - 1;
		struct cursor c;
		uint32_t last;

		while ((*p & 0xC0) == 0x80)
			p--;
		c = (struct cursor){p, end};
		last = cursor_code_point(&c);
		if (is_neutral(last))
			return false;
		if (last < 0x80 || is_european_digit(last) || is_right_to_left(p, end) ||
			!is_nonspacing_mark(p, end))
			return true;
		end = p;
	}
	return false;
}

/* Whether a label that libidn2 accepted keeps the Bidi rule; where it runs from left to right that
 * matters beside other labels only. */
static bool
check_bidi(struct str label, struct idna_label *ret_info)
{
	bool is_rtl = has_right_to_left(label);
	bool fits = ends_with_letter_or_digit(label) &&
		(is_rtl ? !mixes_digits(label) : begins_with_letter(label));

	if (is_rtl && !fits)
		return false;
	*ret_info = (struct idna_label){is_rtl, fits};
	return true;
}

static bool
is_ascii(struct str label)
{
	for (size_t i = 0; i < label.n; i++)
		if (label.p[i] & 0x80)
			return false;
	return true;
}

/* Octets of the A-label for a U-label, 0 where it is none. */
static size_t
encode(struct str label, enum idna_form form, char *ret_a_label, struct idna_label *ret_info)
{
	char text[LABEL_BYTES + 1];

	/* What is all ASCII libidn2 lets pass, whatever it is. */
	if (label.n > LABEL_BYTES || is_ascii(label) || str_find(label, '\0') >= 0 ||
		!str_is_utf8(label, NULL))
		return 0;
	memcpy(text, label.p, label.n);
	text[label.n] = '\0';
	if (register_label(text, form == IDNA_ANY_FORM ? IDN2_NFC_INPUT : 0, ret_a_label) ||
		!check_bidi(label, ret_info))
		return 0;
	return strlen(ret_a_label);
}

size_t
idna_u_label(struct str label, enum idna_form form, struct idna_label *ret_info)
{
	char a_label[LABEL_OCTETS + 1];

	return encode(label, form, a_label, ret_info);
}

size_t
idna_a_label(struct str label, struct idna_label *ret_info)
{
	char lower[LABEL_OCTETS + 1];
	char again[LABEL_OCTETS + 1];
	char *u_label = NULL;
	size_t n = 0;

	if (label.n > LABEL_OCTETS)
		return 0;
	for (size_t i = 0; i < label.n; i++)
		lower[i] = (char)tolower((unsigned char)label.p[i]);
	lower[label.n] = '\0';
	/* What is no U-label has no A-label, or another one: Punycode has many spellings. */
	if (idn2_to_unicode_8z8z(lower, &u_label, 0) == IDN2_OK &&
		encode(str_of(u_label), IDNA_NFC, again, ret_info) && strcmp(again, lower) == 0)
		n = label.n;
	idn2_free(u_label);
	return n;
}
