#include "json/mistake.h"

#define WORD_SHOWN 40

struct slip {
	const char *word;
	const char *advice;
};

static const struct slip slips[] = {
	{"NaN", "JSON has no NaN: write null, or a string"},
	{"nan", "JSON has no NaN: write null, or a string"},
	{"Infinity", "JSON has no infinity: write null, or a string"},
	{"inf", "JSON has no infinity: write null, or a string"},
	{"undefined", "JSON has no undefined: write null, or leave the member out"},
	{"None", "JSON writes this as null"},
	{"nil", "JSON writes this as null"},
	{"Null", "JSON writes this as null"},
	{"NULL", "JSON writes this as null"},
	{"True", "JSON writes this as true"},
	{"TRUE", "JSON writes this as true"},
	{"yes", "JSON writes this as true"},
	{"False", "JSON writes this as false"},
	{"FALSE", "JSON writes this as false"},
	{"no", "JSON writes this as false"},
};

/* The byte at offset, 0 past the end. */
static char
byte_at(const struct source *source, size_t offset)
{
	return offset < source->text.n ? source->text.p[offset] : '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
		c == '$' || c == '-' || (unsigned char)c >= 0x80;
}

static struct str
word_at(const struct source *source, uint32_t offset)
{
	struct str text = source->text;
	size_t end = offset;

	while (end < text.n && end - offset < WORD_SHOWN && is_word(text.p[end]))
		end++;
	while (end < text.n && end > offset && ((unsigned char)text.p[end] & 0xC0) == 0x80)
		end--;
	return (struct str){text.p + offset, end - offset};
}

/* The last byte before offset that is no blank, 0 where there is none. */
static char
byte_before(const struct source *source, uint32_t offset, uint32_t *ret_offset)
{
	while (offset > 0) {
		char c = source->text.p[--offset];

		if (c != ' ' && c != '\t' && c != '\n' && c != '\r') {
			*ret_offset = offset;
			return c;
		}
	}
	return '\0';
}

static const char *
name_of(const struct value *container)
{
	return container->kind == VALUE_ARRAY ? "array" : "object";
}

static int
explain_end(const struct source *source, enum mistake_expected expected,
	const struct value *around, struct err *err)
{
	uint32_t end = (uint32_t)source->text.n;
	struct position position;

	if (!around)
		return source_error(
			source, end, err, "there is nothing here; a JSON value is needed");
	position = source_position(source, around->offset);
	return source_error(source, end, err,
		"the text ends inside the %s that begins at %u:%u%s; it may have been cut off",
		name_of(around), position.line, position.column,
		expected == EXPECTED_COMMA_OR_END ? around->kind == VALUE_ARRAY
				? ", \"]\" is missing"
				: ", \"}\" is missing"
						  : "");
}

static int
explain_bracket(const struct source *source, uint32_t offset, enum mistake_expected expected,
	const struct value *around, struct err *err)
{
	char c = byte_at(source, offset);
	uint32_t before;
	struct position position;

	if (!around)
		return source_error(source, offset, err, "\"%c\" closes nothing; remove it", c);
	position = source_position(source, around->offset);
	if ((c == ']') != (around->kind == VALUE_ARRAY))
		return source_error(source, offset, err,
			"\"%c\" cannot close the %s that begins at %u:%u; \"%c\" is missing", c,
			name_of(around), position.line, position.column,
			around->kind == VALUE_ARRAY ? ']' : '}');
	if (byte_before(source, offset, &before) == ',')
		return source_error(source, before, err, "trailing comma; remove it");
	return source_error(source, offset, err, "%s is missing before \"%c\"",
		expected == EXPECTED_COLON ? "\":\" and a value" : "a value", c);
}

/* Where a word, or something that looks like one, stands in place of a value or a key. */
static int
explain_word(const struct source *source, uint32_t offset, enum mistake_expected expected,
	struct err *err)
{
	struct str word = word_at(source, offset);

	if (expected == EXPECTED_KEY)
		return source_error(source, offset, err,
			"a key is written in double quotes: \"%.*s\"", STR_ARG(word));
	for (size_t i = 0; i < ARRAY_SIZE(slips); i++)
		if (str_is(word, slips[i].word))
			return source_error(source, offset, err, "%s", slips[i].advice);
	return source_error(source, offset, err,
		"\"%.*s\" is no JSON value; a string is written in double quotes",
		STR_ARG(word));
}

static int
explain_value(const struct source *source, uint32_t offset, enum mistake_expected expected,
	struct err *err)
{
	char c = byte_at(source, offset);
	char next = byte_at(source, (size_t)offset + 1);
	bool wants_key = expected == EXPECTED_KEY;

	if (!wants_key && c == '+' && (is_digit(next) || next == '.'))
		return source_error(source, offset, err, "a number has no \"+\"; remove it");
	if (!wants_key && c == '.' && is_digit(next))
		return source_error(source, offset, err,
			"a number begins with a digit; write 0 before \".\"");
	if (c == ',')
		return source_error(source, offset, err,
			"nothing stands before this comma; "
			"remove it, or add what is missing");
	if (c == '`')
		return source_error(
			source, offset, err, "strings are written in double quotes");
	if (is_word(c))
		return explain_word(source, offset, expected, err);
	return source_error(source, offset, err, "%s is needed here",
		wants_key ? "a key in double quotes" : "a value");
}

/* After a value or a key, where "," ":" or the end of the container should follow. */
static int
explain_separator(const struct source *source, uint32_t offset, enum mistake_expected expected,
	const struct value *around, struct err *err)
{
	char c = byte_at(source, offset);
	char before = offset ? byte_at(source, offset - 1U) : '\0';

	if (before == '0' && is_digit(c))
		return source_error(source, offset - 1U, err,
			"a number has no zeros in front; remove them, or write a string");
	if (before == '0' && (c == 'x' || c == 'X' || c == 'o' || c == 'b'))
		return source_error(source, offset - 1U, err,
			"JSON numbers are decimal; write it so, or as a string");
	if (is_digit(before) && (is_word(c) || c == '.'))
		return source_error(source, offset, err,
			"a number cannot go on like this; if it is no number, put it in double "
			"quotes");
	if (expected == EXPECTED_COLON && c == '=')
		return source_error(
			source, offset, err, "a key is followed by \":\", not \"=\"");
	if (expected == EXPECTED_COLON)
		return source_error(source, offset, err, "\":\" is missing after the key");
	if (c == ';')
		return source_error(source, offset, err, "values are separated by \",\"");
	if (c == ':')
		return source_error(source, offset, err,
			around->kind == VALUE_ARRAY
				? "\":\" inside an array; members need an object, { }"
				: "\":\" after a value; is a comma missing before the key?");
	if (offset && byte_at(source, offset - 1U) == '"' && is_word(c))
		return source_error(source, offset, err,
			"text after the end of a string; write \\\" for a quote inside it");
	return source_error(source, offset, err, "a comma, or \"%c\", is missing before this",
		around->kind == VALUE_ARRAY ? ']' : '}');
}

static int
explain_rest(const struct source *source, uint32_t offset, struct err *err)
{
	char c = byte_at(source, offset);

	if (offset && byte_at(source, offset - 1U) == '0' && is_digit(c))
		return source_error(source, offset - 1U, err,
			"a number has no zeros in front; remove them, or write a string");
	if (c == ']' || c == '}')
		return source_error(source, offset, err, "\"%c\" closes nothing; remove it", c);
	return source_error(source, offset, err,
		"text after the end of the document; a file holds one value (put several into "
		"[ ])");
}

/* What is wrong wherever it stands outside a string. */
static const char *
advice_for_bytes(const struct source *source, uint32_t offset)
{
	char c = byte_at(source, offset);
	char next = byte_at(source, (size_t)offset + 1);

	if (str_starts((struct str){source->text.p + offset, source->text.n - offset},
		    STR("\xEF\xBB\xBF")))
		return "a byte order mark; save the file as UTF-8 without one";
	if (c == '#' || (c == '/' && (next == '/' || next == '*')))
		return "JSON has no comments; remove it";
	if (c == '\'')
		return "strings are written in double quotes, not single ones";
	if (c == '\0')
		return "a NUL byte; is this UTF-16, or no text at all? JSON is UTF-8";
	if (c == '\f' || c == '\v')
		return "a control character; only space, tab and line ends may stand between "
		       "values";
	if (str_starts((struct str){source->text.p + offset, source->text.n - offset},
		    STR("\xC2\xA0")))
		return "a no-break space; write a plain one";
	if (str_starts((struct str){source->text.p + offset, source->text.n - offset},
		    STR("\xE2\x80\x9C")))
		return "a typographic quote; strings are written in plain double quotes";
	return NULL;
}

int
mistake_explain(const struct source *source, uint32_t offset, enum mistake_expected expected,
	const struct value *around, struct err *err)
{
	const char *advice;
	char c;

	if (offset >= source->text.n)
		return explain_end(source, expected, around, err);
	advice = advice_for_bytes(source, offset);
	if (advice)
		return source_error(source, offset, err, "%s", advice);
	c = byte_at(source, offset);
	if ((c == ']' || c == '}') && expected != EXPECTED_NOTHING)
		return explain_bracket(source, offset, expected, around, err);
	switch (expected) {
	case EXPECTED_VALUE:
	case EXPECTED_KEY: return explain_value(source, offset, expected, err);
	case EXPECTED_COLON:
	case EXPECTED_COMMA_OR_END:
		return explain_separator(source, offset, expected, around, err);
	case EXPECTED_NOTHING: break;
	}
	return explain_rest(source, offset, err);
}

int
mistake_in_number(const struct source *source, uint32_t start, uint32_t offset, struct err *err)
{
	char before = byte_at(source, offset - 1U);

	if (before == '-' && offset == start + 1) {
		struct str word = word_at(source, offset);

		if (str_is(word, "Infinity") || str_is(word, "inf"))
			return source_error(source, start, err,
				"JSON has no infinity: write null, or a string");
		return source_error(source, offset, err, "a digit must follow \"-\"");
	}
	if (before == '.')
		return source_error(source, offset, err,
			"a digit must follow \".\"; write 0, or leave the point out");
	return source_error(source, offset, err, "the exponent needs a digit");
}

int
mistake_in_encoding(const struct source *source, uint32_t offset, struct err *err)
{
	struct str text = source->text;

	if (text.n >= 2 &&
		(memcmp(text.p, "\xFF\xFE", 2) == 0 || memcmp(text.p, "\xFE\xFF", 2) == 0))
		return source_error(
			source, SOURCE_NOWHERE, err, "this is UTF-16; save the file as UTF-8");
	return source_error(source, offset, err,
		"byte 0x%02X is not UTF-8 here; save the file as UTF-8",
		(unsigned char)text.p[offset]);
}
