#include "graph/format.h"

#include "graph/layout_line.h"
#include "json/yaml.h"

#define DOCUMENT_MAX ((size_t)1 << 30)

/* Everything that a document says, in its order and spelling. */
static int
read_meaning(const struct source *source, struct buf *b, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct value *v;
	int r = yaml_parse(&arena, source, NULL, &v, err);

	if (r < 0)
		return r;
	json_write(v, b);
	return buf_check(b, source->name, err);
}

/* CR alone, NEL, LS and PS end lines in YAML 1.1 only; an editor does not show them as such. */
static int
refuse_odd_breaks(const struct source *source, struct err *err)
{
	struct str s = source->text;

	for (size_t i = 0; i < s.n; i++) {
		bool odd = s.p[i] == '\r' && (i + 1 == s.n || s.p[i + 1] != '\n');

		odd |= i + 1 < s.n && memcmp(s.p + i, "\xC2\x85", 2) == 0;
		odd |= i + 2 < s.n &&
			(memcmp(s.p + i, "\xE2\x80\xA8", 3) == 0 ||
				memcmp(s.p + i, "\xE2\x80\xA9", 3) == 0);
		if (odd)
			return source_error(source, (uint32_t)i, err,
				"a line end that only YAML knows; write it as an escape in a "
				"quoted text, such as \"\\u2028\"");
	}
	return 0;
}

int
workflow_format(const char *path, struct str text, struct buf *b, struct err *err)
{
	AUTO_BUF struct buf before = BUF_INIT(DOCUMENT_MAX);
	AUTO_BUF struct buf after = BUF_INIT(DOCUMENT_MAX);
	AUTO_BUF struct buf formatted = BUF_INIT(DOCUMENT_MAX);
	struct source source = {path, text};
	struct source again = {path, STR_EMPTY};
	int r = read_meaning(&source, &before, err);

	if (r == 0)
		r = refuse_odd_breaks(&source, err);
	if (r == 0)
		r = layout_lines(&source, &formatted, err);
	if (r == 0)
		r = buf_check(&formatted, path, err);
	if (r < 0)
		return r;
	again.text = buf_str(&formatted);
	if (read_meaning(&again, &after, NULL) < 0 ||
		!str_equal(buf_str(&before), buf_str(&after)))
		return err_set(err, ERR_INVALID,
			"%s: it cannot be laid out anew without changing what it says; nothing "
			"was "
			"changed",
			path);
	buf_add_str(b, again.text);
	return buf_check(b, path, err);
}
