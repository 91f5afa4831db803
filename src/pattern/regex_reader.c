#include "pattern/regex_reader.h"

#include "pattern/regex_property.h"

static const struct code_range digit_ranges[] = {{'0', '9'}};
static const struct code_range word_ranges[] = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
/* WhiteSpace and LineTerminator of ECMA-262. */
static const struct code_range space_ranges[] = {{'\t', '\r'}, {' ', ' '}, {0xA0, 0xA0},
	{0x1680, 0x1680}, {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F},
	{0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
static const struct code_range line_ranges[] = {{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}};

static struct code_set
set_of(struct arena *arena, const struct code_range *ranges, size_t n)
{
	struct code_set set = CODE_SET_INIT;

	for (size_t i = 0; i < n; i++)
		code_set_add(arena, &set, ranges[i].first, ranges[i].last);
	return set;
}

struct code_set
regex_dot(struct arena *arena)
{
	struct code_set lines = set_of(arena, line_ranges, ARRAY_SIZE(line_ranges));

	return code_set_complement(arena, &lines);
}

/* What \d, \s, \w and their opposites stand for; false where c is none of them. */
static bool
class_escape(struct arena *arena, char c, struct code_set *ret_set)
{
	switch (c) {
	case 'd':
	case 'D': *ret_set = set_of(arena, digit_ranges, ARRAY_SIZE(digit_ranges)); break;
	case 's':
	case 'S': *ret_set = set_of(arena, space_ranges, ARRAY_SIZE(space_ranges)); break;
	case 'w':
	case 'W': *ret_set = set_of(arena, word_ranges, ARRAY_SIZE(word_ranges)); break;
	default: return false;
	}
	if (c < 'a')
		*ret_set = code_set_complement(arena, ret_set);
	return true;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9'    ? c - '0'
		: c >= 'a' && c <= 'f' ? c - 'a' + 10
		: c >= 'A' && c <= 'F' ? c - 'A' + 10
				       : -1;
}

/* n hexadecimal digits at p, or -1; p does not move. */
static int32_t
peek_hex(const char *p, const char *end, int n)
{
	int32_t number = 0;

	if (end - p < n)
		return -1;
	for (int i = 0; i < n; i++) {
		int digit = hex_digit(p[i]);

		if (digit < 0)
			return -1;
		number = number << 4 | digit;
	}
	return number;
}

/* Behind \u{ */
static int
read_braced(struct regex_reader *r, const char *from, uint32_t *ret_code, struct err *err)
{
	const char *first = r->p;
	uint32_t code = 0;

	for (; r->p < r->end && hex_digit(*r->p) >= 0; r->p++) {
		code = code << 4 | (uint32_t)hex_digit(*r->p);
		if (code > CODE_MAX)
			return regex_complain(
				r, from, err, "there is no character past \\u{10FFFF}");
	}
	if (r->p == first || !regex_skip(r, '}'))
		return regex_complain(r, from, err,
			"\\u{ needs hexadecimal digits and a }, as in \\u{1F600}");
	*ret_code = code;
	return 0;
}

/* Behind \u */
static int
read_unicode(struct regex_reader *r, const char *from, uint32_t *ret_code, struct err *err)
{
	int32_t code;
	int32_t low = -1;

	if (regex_skip(r, '{'))
		return read_braced(r, from, ret_code, err);
	code = peek_hex(r->p, r->end, 4);
	if (code < 0)
		return regex_complain(
			r, from, err, "\\u needs four hexadecimal digits, as in \\u00e9");
	r->p += 4;
	if (code >= 0xD800 && code < 0xDC00 && regex_at(r, "\\u"))
		low = peek_hex(r->p + 2, r->end, 4);
	if (low >= 0xDC00 && low <= 0xDFFF) {
		r->p += 6;
		code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
	}
	*ret_code = (uint32_t)code;
	return 0;
}

static bool
is_short_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < ' ' || s.p[i] > '~')
			return false;
	return s.n <= 60;
}

static int
read_property(struct regex_reader *r, const char *from, bool negated,
	struct regex_escaped *ret_escaped, struct err *err)
{
	struct regex_property *property = ARENA_NEW(r->arena, struct regex_property);
	const char *close;
	struct str text;

	if (!regex_skip(r, '{'))
		return regex_complain(r, from, err,
			"\\%c needs a property in braces, as in \\p{Letter}", from[1]);
	close = memchr(r->p, '}', (size_t)(r->end - r->p));
	if (!close)
		return regex_complain(
			r, from, err, "the { of this \\%c is not closed", from[1]);
	text = (struct str){r->p, (size_t)(close - r->p)};
	property->name = regex_property_find(r->arena, text);
	if (!property->name)
		return regex_complain(r, from, err,
			"\\%c{%s} names no property of characters that ECMA-262 has", from[1],
			is_short_ascii(text) ? arena_cstr(r->arena, text) : "…");
	property->negated = negated;
	r->p = close + 1;
	ret_escaped->kind = REGEX_ESCAPE_PROPERTY;
	ret_escaped->property = property;
	return 0;
}

/* What a control letter stands for, or 0. */
static uint32_t
control_escape(char c)
{
	switch (c) {
	case 'f': return '\f';
	case 'n': return '\n';
	case 'r': return '\r';
	case 't': return '\t';
	case 'v': return '\v';
	default: return 0;
	}
}

static bool
is_digit(const struct regex_reader *r, const char *p)
{
	return p < r->end && *p >= '0' && *p <= '9';
}

/* Behind \c, \x or \0; 1 where c begins none of them. */
static int
read_coded(
	struct regex_reader *r, const char *from, char c, uint32_t *ret_code, struct err *err)
{
	int32_t code;

	if (c == 'c') {
		char letter = r->p < r->end ? (char)(*r->p | 0x20) : '\0';

		if (letter < 'a' || letter > 'z')
			return regex_complain(r, from, err, "\\c needs a letter, as in \\cJ");
		*ret_code = *r->p++ & 0x1F;
		return 0;
	}
	if (c == 'x') {
		code = peek_hex(r->p, r->end, 2);
		if (code < 0)
			return regex_complain(
				r, from, err, "\\x needs two hexadecimal digits, as in \\x2e");
		r->p += 2;
		*ret_code = (uint32_t)code;
		return 0;
	}
	if (c != '0')
		return 1;
	if (is_digit(r, r->p))
		return regex_complain(r, from, err,
			"octal escapes are not allowed: write \\x and two digits");
	*ret_code = 0;
	return 0;
}

static int
complain_of_escape(struct regex_reader *r, const char *from, struct err *err)
{
	char c = from[1];

	if (c >= '1' && c <= '9')
		return regex_complain(
			r, from, err, "\\%c refers to a group, inside a class", c);
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return regex_complain(r, from, err, "there is no escape \\%c", c);
	return regex_complain(
		r, from, err, "a backslash here stands before a character that needs none");
}

static int
read_char_escape(struct regex_reader *r, enum regex_place place, const char *from,
	uint32_t *ret_code, struct err *err)
{
	char c = *r->p++;
	int coded;

	if (c && strchr("^$\\.*+?()[]{}|/", c)) {
		*ret_code = (unsigned char)c;
		return 0;
	}
	if (place == REGEX_IN_CLASS && (c == '-' || c == 'b')) {
		*ret_code = c == 'b' ? '\b' : '-';
		return 0;
	}
	if (c == 'u')
		return read_unicode(r, from, ret_code, err);
	*ret_code = control_escape(c);
	if (*ret_code)
		return 0;
	coded = read_coded(r, from, c, ret_code, err);
	return coded == 1 ? complain_of_escape(r, from, err) : coded;
}

int
regex_read_escape(struct regex_reader *r, enum regex_place place,
	struct regex_escaped *ret_escaped, struct err *err)
{
	const char *from = r->p++;

	if (r->p == r->end)
		return regex_complain(r, from, err, "a backslash at the end escapes nothing");
	if (*r->p == 'p' || *r->p == 'P')
		return read_property(r, from, *r->p++ == 'P', ret_escaped, err);
	if (class_escape(r->arena, *r->p, &ret_escaped->set)) {
		r->p++;
		ret_escaped->kind = REGEX_ESCAPE_SET;
		return 0;
	}
	ret_escaped->kind = REGEX_ESCAPE_CHAR;
	return read_char_escape(r, place, from, &ret_escaped->code, err);
}

static int
read_class_atom(struct regex_reader *r, struct regex_escaped *ret_atom, struct err *err)
{
	if (*r->p == '\\')
		return regex_read_escape(r, REGEX_IN_CLASS, ret_atom, err);
	ret_atom->kind = REGEX_ESCAPE_CHAR;
	ret_atom->code = regex_take(r);
	return 0;
}

static void
add_atom(struct regex_reader *r, struct regex_set *set, const struct regex_escaped *atom)
{
	switch (atom->kind) {
	case REGEX_ESCAPE_CHAR:
		code_set_add(r->arena, &set->codes, atom->code, atom->code);
		break;
	case REGEX_ESCAPE_SET: code_set_add_set(r->arena, &set->codes, &atom->set); break;
	case REGEX_ESCAPE_PROPERTY: {
		struct regex_property *property = ARENA_NEW(r->arena, struct regex_property);

		*property = *atom->property;
		property->next = set->properties;
		set->properties = property;
		break;
	}
	}
}

/* One atom, or two with a hyphen between them. */
static int
read_class_part(struct regex_reader *r, struct regex_set *set, struct err *err)
{
	const char *from = r->p;
	struct regex_escaped first = {0};
	struct regex_escaped last = {0};
	int code = read_class_atom(r, &first, err);

	if (code)
		return code;
	if (!regex_at(r, "-") || r->end - r->p < 2 || r->p[1] == ']') {
		add_atom(r, set, &first);
		return 0;
	}
	r->p++;
	code = read_class_atom(r, &last, err);
	if (code)
		return code;
	if (first.kind != REGEX_ESCAPE_CHAR || last.kind != REGEX_ESCAPE_CHAR)
		return regex_complain(r, from, err,
			"a range in a class goes from a character to a character");
	if (first.code > last.code)
		return regex_complain(r, from, err, "this range in a class is out of order");
	code_set_add(r->arena, &set->codes, first.code, last.code);
	return 0;
}

int
regex_read_class(struct regex_reader *r, struct regex_set *ret_set, struct err *err)
{
	const char *open = r->p++;
	struct regex_set set = {CODE_SET_INIT, NULL, false};
	bool negated = regex_skip(r, '^');

	while (!regex_skip(r, ']')) {
		int code;

		if (r->p == r->end)
			return regex_complain(
				r, open, err, "this class is not closed: add a ]");
		code = read_class_part(r, &set, err);
		if (code)
			return code;
	}
	code_set_settle(&set.codes);
	if (set.properties)
		set.negated = negated;
	else if (negated)
		set.codes = code_set_complement(r->arena, &set.codes);
	*ret_set = set;
	return 0;
}
