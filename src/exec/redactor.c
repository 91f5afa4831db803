#include "exec/redactor.h"

#include "base/memory.h"
#include "base/needles.h"
#include "json/json.h"

/* JSON needs six bytes for a control character. */
#define FORM_MAX (6 * REDACTOR_VALUE_MAX + 64)

struct redactor {
	struct arena names;
	struct str *name;
	size_t n;
	size_t capacity;
	struct needles *shown; /* every form, lines too */
	struct needles *kept;  /* forms of whole values */
};

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

struct redactor *
redactor_new(void)
{
	struct redactor *redactor = memory_zeroed(1, sizeof(*redactor));

	redactor->shown = needles_new();
	redactor->kept = needles_new();
	return redactor;
}

void
redactor_free(struct redactor *redactor)
{
	if (!redactor)
		return;
	needles_free(redactor->shown);
	needles_free(redactor->kept);
	free(redactor->name);
	arena_done(&redactor->names);
	free(redactor);
}

static void
add_form(struct redactor *redactor, struct buf *form)
{
	uint32_t number = (uint32_t)redactor->n - 1;

	needles_add(redactor->shown, buf_str(form), number);
	needles_add(redactor->kept, buf_str(form), number);
	explicit_bzero(form->p, form->n);
	buf_clear(form);
}

static void
add_json(struct redactor *redactor, struct str value, struct buf *form)
{
	if (!str_is_utf8(value, NULL))
		return;
	json_write_string(value, form);
	/* Without its quotes. */
	form->n--;
	memmove(form->p, form->p + 1, --form->n);
	add_form(redactor, form);
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '-' || c == '.' || c == '_' || c == '~';
}

/* Many leave the slash as it is: spared is that, or none. */
static void
add_percent(struct redactor *redactor, struct str value, const char *spared, struct buf *form)
{
	for (size_t i = 0; i < value.n; i++) {
		char c = value.p[i];

		if (is_unreserved(c) || (c && strchr(spared, c)))
			buf_add_char(form, c);
		else
			buf_printf(form, "%%%02X", (unsigned char)c);
	}
	add_form(redactor, form);
}

static void
add_hex(struct redactor *redactor, struct str value, const char digits[17], struct buf *form)
{
	for (size_t i = 0; i < value.n; i++) {
		buf_add_char(form, digits[(unsigned char)value.p[i] >> 4]);
		buf_add_char(form, digits[(unsigned char)value.p[i] & 15]);
	}
	add_form(redactor, form);
}

/* The digits that depend on the value alone where `before` bytes stand in front of it. */
static void
add_base64(struct redactor *redactor, struct str value, size_t before, const char *digits,
	struct buf *form)
{
	size_t first = (8 * before + 5) / 6;
	size_t end = 8 * (before + value.n) / 6;

	for (size_t i = first; i < end; i++) {
		size_t bit = 6 * i - 8 * before;
		size_t at = bit / 8;
		unsigned pair = (unsigned)(unsigned char)value.p[at] << 8;

		if (at + 1 < value.n)
			pair |= (unsigned char)value.p[at + 1];
		buf_add_char(form, digits[pair >> (10 - bit % 8) & 63]);
	}
	add_form(redactor, form);
}

static void
add_lines(struct redactor *redactor, struct str value)
{
	uint32_t number = (uint32_t)redactor->n - 1;
	struct str rest = value;

	while (rest.p) {
		struct str line = str_cut(rest, '\n', &rest);

		if (line.n && line.p[line.n - 1] == '\r')
			line.n--;
		/* What frames a key in PEM says nothing. */
		if (line.n >= REDACTOR_LINE_MIN && !str_starts(line, STR("-----")))
			needles_add(redactor->shown, line, number);
	}
}

void
redactor_add(struct redactor *redactor, struct str name, struct str value)
{
	struct buf form = BUF_INIT(FORM_MAX);

	if (value.n < REDACTOR_VALUE_MIN || value.n > REDACTOR_VALUE_MAX)
		BUG("a secret of %zu bytes", value.n);
	redactor->name = memory_grow(
		redactor->name, redactor->n, &redactor->capacity, sizeof(*redactor->name));
	redactor->name[redactor->n++] = arena_str(&redactor->names, name);
	buf_add_str(&form, value);
	add_form(redactor, &form);
	add_json(redactor, value, &form);
	add_percent(redactor, value, "", &form);
	add_percent(redactor, value, "/", &form);
	add_hex(redactor, value, "0123456789abcdef", &form);
	add_hex(redactor, value, "0123456789ABCDEF", &form);
	for (size_t before = 0; before < 3; before++) {
		add_base64(redactor, value, before, base64_digits, &form);
		add_base64(redactor, value, before, base64url_digits, &form);
	}
	if (memchr(value.p, '\n', value.n))
		add_lines(redactor, value);
	buf_done(&form);
}

void
redactor_finish(struct redactor *redactor)
{
	needles_finish(redactor->shown);
	needles_finish(redactor->kept);
}

void
redaction_done(struct redaction *redaction)
{
	buf_done(&redaction->held);
}

/* What is held back may lie in the buffer itself. */
static void
hold(struct buf *held, struct str rest)
{
	if (held->n && rest.n)
		memmove(held->p, rest.p, rest.n);
	else if (!held->n)
		buf_add_str(held, rest);
	held->n = rest.n;
}

static void
pass(struct redaction *redaction, const struct redactor *redactor, struct str text, size_t end,
	struct buf *b)
{
	struct needle_found found;
	size_t from = 0;

	while (needles_find(redactor->shown, text, from, &found) && found.at < end) {
		struct str name = redactor->name[found.number];

		buf_add(b, text.p + from, found.at - from);
		buf_printf(b, "[secret %.*s]", STR_ARG(name));
		if (!redaction->found.n)
			redaction->found = name;
		from = found.at + found.n;
		if (from > end && end < text.n)
			end = text.n - needles_begun(redactor->shown, text, from);
	}
	if (from < end)
		buf_add(b, text.p + from, end - from);
	end = MAX(from, end);
	hold(&redaction->held, (struct str){text.p + end, text.n - end});
}

/* All that is known and not passed on yet. */
static struct str
join(struct buf *held, struct str bytes)
{
	if (!held->n)
		return bytes;
	buf_add_str(held, bytes);
	return buf_str(held);
}

void
redaction_add(struct redaction *redaction, const struct redactor *redactor, struct str bytes,
	struct buf *b)
{
	struct str text = join(&redaction->held, bytes);

	pass(redaction, redactor, text, text.n - needles_begun(redactor->shown, text, 0), b);
}

void
redaction_end(struct redaction *redaction, const struct redactor *redactor, struct buf *b)
{
	AUTO_BUF struct buf last = BUF_INIT((size_t)1 << 20);

	buf_add_str(&last, buf_str(&redaction->held));
	buf_clear(&redaction->held);
	pass(redaction, redactor, buf_str(&last), last.n, b);
}

struct str
redactor_search(const struct redactor *redactor, struct buf *held, struct str bytes)
{
	struct str text = join(held, bytes);
	struct needle_found found;
	size_t begun;

	if (needles_find(redactor->kept, text, 0, &found))
		return redactor->name[found.number];
	begun = needles_begun(redactor->kept, text, 0);
	hold(held, (struct str){text.p + text.n - begun, begun});
	return STR_EMPTY;
}
