#include "json/yaml_mistake.h"

/* Where the mistake is shown: where libyaml stopped, or where the thing began that it was at. */
enum place { AT_PROBLEM, AT_CONTEXT };

struct advice {
	const char *problem; /* in libyaml's words */
	const char *context; /* or NULL for any */
	enum place place;
	const char *text;
};

static const struct advice advices[] = {
	{"did not find expected alphabetic or numeric character", "while scanning an alias",
		AT_CONTEXT, "\"*\" begins an alias in YAML; if it is text, quote it: \"*…\""},
	{"did not find expected alphabetic or numeric character", "while scanning an anchor",
		AT_CONTEXT, "\"&\" begins an anchor in YAML; if it is text, quote it: \"&…\""},
	{"mapping values are not allowed in this context", NULL, AT_PROBLEM,
		"this \":\" is read as the end of a key, which cannot be here; quote the whole "
		"text if it is one, or check the indentation"},
	{"block sequence entries are not allowed in this context", NULL, AT_PROBLEM,
		"a list item cannot begin here; put \"-\" on a line of its own, or quote it if "
		"it "
		"is text"},
	{"mapping keys are not allowed in this context", NULL, AT_PROBLEM,
		"\"?\" begins a key in YAML, which cannot be here; quote it if it is text"},
	{"could not find expected ':'", "while scanning a simple key", AT_CONTEXT,
		"this is neither \"key: value\" nor part of the value above; check the "
		"indentation, or add \":\""},
	{"did not find expected key", NULL, AT_PROBLEM,
		"a key was expected here; check the indentation, which must be the same for "
		"all "
		"keys of one mapping"},
	{"did not find expected '-' indicator", NULL, AT_PROBLEM,
		"\"- \" was expected here; check the indentation, which must be the same for "
		"all "
		"items of one list"},
	{"found unexpected end of stream", NULL, AT_CONTEXT,
		"this quoted text never ends; close the quote"},
	{"found unexpected document indicator", NULL, AT_CONTEXT,
		"this quoted text never ends; close the quote"},
	{"found unknown escape character", NULL, AT_PROBLEM,
		"YAML has no such escape in double quotes; write \\\\ for a backslash, or use "
		"single quotes"},
	{"did not find expected hexdecimal number", NULL, AT_PROBLEM,
		"this escape needs hexadecimal digits, as in \\x41 or \\u00e9"},
	{"found invalid Unicode character escape code", NULL, AT_PROBLEM,
		"this escape names no character; above \\uffff YAML writes \\U0001F600"},
	{"did not find expected <document start>", NULL, AT_PROBLEM,
		"text after the end of the document; check the indentation and the brackets "
		"above"},
	{"did not find expected node content", NULL, AT_PROBLEM,
		"a value was expected here; is a bracket above not closed, or a comma too "
		"much?"},
	{"found incompatible YAML document", NULL, AT_PROBLEM, "lily reads YAML 1.2"},
	{"found undefined tag handle", NULL, AT_PROBLEM,
		"\"!\" begins a tag in YAML, and this one is not known; if it is text, quote "
		"it"},
	{"did not find expected tag URI", NULL, AT_CONTEXT,
		"\"!\" begins a tag in YAML; if it is text, quote it"},
	{"did not find expected whitespace or line break", "while scanning a tag", AT_CONTEXT,
		"\"!\" begins a tag in YAML; if it is text, quote it"},
	{"found a tab character that violates indentation", NULL, AT_PROBLEM,
		"a tab cannot indent in YAML; use spaces"},
	{"found a tab character where an indentation space is expected", NULL, AT_PROBLEM,
		"a tab cannot indent in YAML; use spaces"},
	{"did not find expected comment or line break", "while scanning a block scalar",
		AT_PROBLEM, "the text of a block begins on the line after \"|\" or \">\""},
};

static char
byte_at(const struct source *source, uint32_t offset)
{
	return offset < source->text.n ? source->text.p[offset] : '\0';
}

/* Whether the line of offset begins with blanks of which one is a tab; *ret_tab is where. */
static bool
is_indented_by_tab(const struct source *source, uint32_t offset, uint32_t *ret_tab)
{
	const char *p = source->text.p;
	size_t start = MIN(offset, source->text.n);

	while (start > 0 && p[start - 1] != '\n' && p[start - 1] != '\r')
		start--;
	while (start < source->text.n && p[start] == ' ')
		start++;
	*ret_tab = (uint32_t)start;
	return start < source->text.n && p[start] == '\t';
}

/* In { } and [ ] a plain "$" ends where "{" begins. */
static bool
is_expression(const struct source *source, uint32_t offset)
{
	return offset > 0 && byte_at(source, offset - 1) == '$' &&
		byte_at(source, offset) == '{' && byte_at(source, offset + 1) == '{';
}

/* The place before offset on the same line where a quote closes, if nothing but blanks follow. */
static bool
follows_quote(const struct source *source, uint32_t offset)
{
	while (offset > 0 && byte_at(source, offset - 1) == ' ')
		offset--;
	return offset > 0 &&
		(byte_at(source, offset - 1) == '"' || byte_at(source, offset - 1) == '\'');
}

/* Whether the value on the line of offset, behind "key: " or "- ", begins with "!"; it was read as
 * a tag, and what libyaml stumbled over is what came after. */
static bool
follows_tag(const struct source *source, uint32_t offset, uint32_t *ret_tag)
{
	const char *p = source->text.p;

	for (size_t at = MIN(offset, source->text.n); at > 2 && p[at - 1] != '\n'; at--)
		if (p[at - 1] == '!' && p[at - 2] == ' ' &&
			(p[at - 3] == ':' || p[at - 3] == '-')) {
			*ret_tag = (uint32_t)at - 1;
			return true;
		}
	return false;
}

static int
explain_bad_start(const struct source *source, uint32_t offset, struct err *err)
{
	char c = byte_at(source, offset);

	if (c == '\t')
		return source_error(
			source, offset, err, "a tab cannot indent in YAML; use spaces");
	return source_error(source, offset, err,
		"unquoted text cannot begin with \"%c\" in YAML; quote it", c);
}

static int
explain_flow(const struct source *source, const struct yaml_mistake *m, struct err *err)
{
	bool is_list = strchr(m->problem, ']') != NULL;
	struct position position = source_position(source, m->context_offset);

	return source_error(source, m->offset, err,
		"\",\" or \"%c\" is missing in the %s that begins at %u:%u",
		is_list ? ']' : '}', is_list ? "list" : "mapping", position.line,
		position.column);
}

/* Slips that libyaml reports in several ways. */
static int
explain_slip(const struct source *source, const struct yaml_mistake *m, struct err *err)
{
	uint32_t tab;
	uint32_t tag;

	if (follows_tag(source, m->offset, &tag))
		return source_error(source, tag, err,
			"\"!\" begins a tag in YAML; if it is text, quote it");
	if (is_expression(source, m->offset))
		return source_error(source, m->offset - 1, err,
			"inside { } and [ ] an expression must be quoted: \"${{ … }}\"");
	if (is_indented_by_tab(source, m->offset, &tab))
		return source_error(
			source, tab, err, "a tab cannot indent in YAML; use spaces");
	if (follows_quote(source, m->offset) && strstr(m->problem, "did not find expected"))
		return source_error(source, m->offset, err,
			"text after a closing quote; put the quotes around the whole, or "
			"double "
			"those inside");
	return 0;
}

static int
explain_by_table(const struct source *source, const struct yaml_mistake *m, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++) {
		const struct advice *a = &advices[i];
		bool at_context = a->place == AT_CONTEXT && m->context_offset != SOURCE_NOWHERE;

		if (strcmp(a->problem, m->problem) != 0)
			continue;
		if (a->context && (!m->context || strcmp(a->context, m->context) != 0))
			continue;
		return source_error(
			source, at_context ? m->context_offset : m->offset, err, "%s", a->text);
	}
	return 0;
}

int
yaml_mistake_explain(
	const struct source *source, const struct yaml_mistake *mistake, struct err *err)
{
	int code = explain_slip(source, mistake, err);

	if (code)
		return code;
	if (strcmp(mistake->problem, "found character that cannot start any token") == 0)
		return explain_bad_start(source, mistake->offset, err);
	if (strstr(mistake->problem, "expected ',' or ") &&
		mistake->context_offset != SOURCE_NOWHERE)
		return explain_flow(source, mistake, err);
	code = explain_by_table(source, mistake, err);
	if (code)
		return code;
	return source_error(source, mistake->offset, err, "%s%s%s",
		mistake->context ? mistake->context : "", mistake->context ? ": " : "",
		mistake->problem);
}
