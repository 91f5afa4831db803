#include "pattern/regex_reader.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define NAME_BYTES_MAX 4096

/* RegExpIdentifierName: which characters may be in a name is Unicode's, so PCRE2 is asked. */
static bool
is_identifier(struct str name)
{
	static const char text[] =
		"^[\\p{ID_Start}$_][\\p{ID_Continue}$\\x{200c}\\x{200d}]*\\z";
	int number;
	PCRE2_SIZE at;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, sizeof(text) - 1,
		PCRE2_UTF | PCRE2_NO_UTF_CHECK, &number, &at, NULL);
	pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;
	bool is = data &&
		pcre2_match(code, (PCRE2_SPTR)name.p, name.n, 0, PCRE2_NO_UTF_CHECK, data,
			NULL) >= 0;

	pcre2_match_data_free(data);
	pcre2_code_free(code);
	return is;
}

static bool
is_ascii_identifier(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool is_digit = c >= '0' && c <= '9';

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && c != '_' &&
			c != '$' && !(i && is_digit))
			return false;
	}
	return name.n > 0;
}

int
regex_read_name(struct regex_reader *r, struct str *ret_name, struct err *err)
{
	AUTO_BUF struct buf name = BUF_INIT(NAME_BYTES_MAX);
	const char *from = r->p;

	while (!regex_skip(r, '>')) {
		struct regex_escaped escaped = {.code = 0};
		int code;

		if (r->p == r->end)
			return regex_complain(
				r, from, err, "this name of a group is not closed: add a >");
		if (*r->p != '\\') {
			code_write(&name, regex_take(r));
			continue;
		}
		if (!regex_at(r, "\\u"))
			return regex_complain(
				r, r->p, err, "a name of a group has no escapes but \\u");
		code = regex_read_escape(r, REGEX_IN_TEXT, &escaped, err);
		if (code)
			return code;
		code_write(&name, code_is_surrogate(escaped.code) ? ' ' : escaped.code);
	}
	if (name.overflowed)
		return regex_error(r->text, (size_t)(from - r->text.p), ERR_LIMIT, err,
			"a name of a group may have %d bytes", NAME_BYTES_MAX);
	*ret_name = arena_str(r->arena, buf_str(&name));
	if (!is_ascii_identifier(*ret_name) && !is_identifier(*ret_name))
		return regex_complain(
			r, from, err, "a name of a group is made of letters, digits, $ and _");
	return 0;
}
