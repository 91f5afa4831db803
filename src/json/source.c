#include "json/source.h"

#include <stdio.h>

/* Together these stay below ERR_MESSAGE_SIZE: 160 + 2 * 11 + 400 + 76 * 4 + 2 * 66 and change. */
#define NAME_BYTES 160
#define MESSAGE_BYTES 400
#define LINE_COLUMNS 76
#define COLUMNS_BEFORE_CARET 60
#define COLUMNS_KEPT_BEFORE 40
#define DESCRIPTION_MAX 4096

#define REPLACEMENT 0xFFFD
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct range {
	uint32_t first;
	uint32_t last;
};

/* Two columns on a terminal: the blocks of Unicode's EastAsianWidth W and F, and emoji. */
static const struct range wide_ranges[] = {
	{0x1100, 0x115F},
	{0x2E80, 0x303E},
	{0x3041, 0xA4CF},
	{0xA960, 0xA97C},
	{0xAC00, 0xD7A3},
	{0xF900, 0xFAFF},
	{0xFE30, 0xFE6F},
	{0xFF00, 0xFF60},
	{0xFFE0, 0xFFE6},
	{0x1F300, 0x1F64F},
	{0x1F680, 0x1FAFF},
	{0x20000, 0x3FFFD},
};

/* No column of their own: they are put above or below the character before. */
static const struct range combining_ranges[] = {
	{0x0300, 0x036F},
	{0x1AB0, 0x1AFF},
	{0x1DC0, 0x1DFF},
	{0x20D0, 0x20FF},
	{0xFE00, 0xFE0F},
	{0xFE20, 0xFE2F},
};

/* They would act on the terminal or hide text from the reader (Unicode TR36). */
static const struct range unprintable_ranges[] = {
	{0x7F, 0x9F},
	{0x200B, 0x200F},
	{0x2028, 0x202E},
	{0x2060, 0x206F},
	{0xFEFF, 0xFEFF},
	{0xE0000, 0xE0FFF},
};

static bool
is_within(uint32_t code_point, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	return false;
}

/* Bytes of the character at p, of which n > 0 are left; 1 and REPLACEMENT where there is none. */
static size_t
decode(const char *p, size_t n, uint32_t *ret_code_point)
{
	unsigned char lead = (unsigned char)p[0];
	size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
	uint32_t code_point = length == 1 ? lead : lead & (0x7FU >> length);

	if (length > n || !str_is_utf8((struct str){p, length}, NULL)) {
		*ret_code_point = REPLACEMENT;
		return 1;
	}
	for (size_t i = 1; i < length; i++)
		code_point = code_point << 6 | ((unsigned char)p[i] & 0x3FU);
	*ret_code_point = code_point;
	return length;
}

/* Appends the character at p or its stand-in; returns its bytes in the text. */
static size_t
add_visible(struct buf *b, const char *p, size_t n)
{
	uint32_t code_point;
	size_t length = decode(p, n, &code_point);

	if (code_point < 0x20) {
		/* U+2400 … U+241F, the pictures of the control characters. */
		const char picture[] = {'\xE2', '\x90', (char)(0x80 + code_point)};

		buf_add(b, picture, sizeof(picture));
	} else if (code_point == REPLACEMENT ||
		is_within(code_point, unprintable_ranges, ARRAY_SIZE(unprintable_ranges))) {
		buf_add_cstr(b, "\xEF\xBF\xBD");
	} else {
		buf_add(b, p, length);
	}
	return length;
}

static void
add_visible_str(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n;)
		i += add_visible(b, s.p + i, s.n - i);
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* The start of the line that holds offset. */
static size_t
find_line(struct str text, size_t offset, uint32_t *ret_number)
{
	uint32_t number = 1;
	size_t start = 0;

	for (size_t i = 0; i < offset; i++) {
		bool ends = text.p[i] == '\n' ||
			(text.p[i] == '\r' && (i + 1 == text.n || text.p[i + 1] != '\n'));

		if (!ends)
			continue;
		number++;
		start = i + 1;
	}
	*ret_number = number;
	if (start == 0 && str_starts(text, STR(BYTE_ORDER_MARK)) && offset >= 3)
		start = 3;
	return start;
}

static uint32_t
count_code_points(struct str s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += !is_continuation(s.p[i]);
	return n;
}

struct position
source_position(const struct source *source, uint32_t offset)
{
	size_t end = MIN(offset, source->text.n);
	struct position position;
	size_t start = find_line(source->text, end, &position.line);

	position.column =
		1 + count_code_points((struct str){source->text.p + start, end - start});
	if (position.line == 1)
		position.column += source->columns_before;
	position.line += source->lines_before;
	return position;
}

struct position
source_pass_to(struct source_pass *pass, uint32_t offset)
{
	size_t passed = MIN(offset - pass->at, pass->rest.text.n);
	struct position position = source_position(&pass->rest, (uint32_t)passed);

	pass->rest.text.p += passed;
	pass->rest.text.n -= passed;
	pass->rest.lines_before = position.line - 1;
	pass->rest.columns_before = position.column - 1;
	pass->at = offset;
	return position;
}

/* The line that holds offset, without its end; *ret_at is offset within it. */
static struct str
line_around(struct str text, size_t offset, size_t *ret_at)
{
	uint32_t number;
	size_t start = find_line(text, offset, &number);
	size_t end = start;

	while (end < text.n && text.p[end] != '\n' && text.p[end] != '\r')
		end++;
	*ret_at = MIN(offset, end) - start;
	return (struct str){text.p + start, end - start};
}

/* Drops the front of a line whose caret would be too far to the right. */
static struct str
cut_front(struct str line, size_t *at)
{
	size_t kept = 0;
	size_t start = *at;

	if (count_code_points((struct str){line.p, *at}) <= COLUMNS_BEFORE_CARET)
		return line;
	while (start > 0 && kept < COLUMNS_KEPT_BEFORE) {
		start--;
		kept += !is_continuation(line.p[start]);
	}
	*at -= start;
	return (struct str){line.p + start, line.n - start};
}

static unsigned
columns_of(const char *p, size_t n)
{
	uint32_t code_point;

	(void)decode(p, n, &code_point);
	if (is_within(code_point, combining_ranges, ARRAY_SIZE(combining_ranges)))
		return 0;
	return 1 + is_within(code_point, wide_ranges, ARRAY_SIZE(wide_ranges));
}

static void
add_line(struct buf *b, struct str whole, size_t at)
{
	struct str line = cut_front(whole, &at);
	unsigned columns = 0;
	unsigned caret = 0;
	size_t i = 0;

	buf_add_cstr(b, "\n  | ");
	if (line.n < whole.n) {
		buf_add_cstr(b, "…");
		caret = 1;
	}
	while (i < line.n && columns < LINE_COLUMNS) {
		unsigned width = columns_of(line.p + i, line.n - i);

		columns += MAX(width, 1U);
		caret += i < at ? width : 0;
		/* A tab is shown as such only where it is the culprit. */
		if (line.p[i] == '\t' && i != at) {
			buf_add_char(b, ' ');
			i++;
		} else {
			i += add_visible(b, line.p + i, line.n - i);
		}
	}
	if (i < line.n)
		buf_add_cstr(b, "…");
	buf_printf(b, "\n  | %*s^", (int)caret, "");
}

/* At most n bytes from the end or the front of s, whole characters, "…" for what is left out. */
static void
add_tail(struct buf *b, struct str s, size_t n)
{
	size_t start = s.n > n ? s.n - n : 0;

	while (start > 0 && start < s.n && is_continuation(s.p[start]))
		start++;
	if (start > 0)
		buf_add_cstr(b, "…");
	add_visible_str(b, (struct str){s.p + start, s.n - start});
}

static void
add_head(struct buf *b, struct str s, size_t n)
{
	size_t end = MIN(s.n, n);

	while (end > 0 && end < s.n && is_continuation(s.p[end]))
		end--;
	add_visible_str(b, (struct str){s.p, end});
	if (end < s.n)
		buf_add_cstr(b, "…");
}

void
source_describe(const struct source *source, uint32_t offset, struct str message, struct buf *b)
{
	struct position position;
	struct str line;
	size_t at;

	add_tail(b, str_of(source->name), NAME_BYTES);
	if (offset == SOURCE_NOWHERE) {
		buf_add_cstr(b, ": ");
		add_head(b, message, MESSAGE_BYTES);
		return;
	}
	position = source_position(source, offset);
	buf_printf(b, ":%u:%u: ", position.line, position.column);
	add_head(b, message, MESSAGE_BYTES);
	line = line_around(source->text, MIN(offset, source->text.n), &at);
	if (line.n)
		add_line(b, line, at);
}

static int set_error(const struct source *source, uint32_t offset, int code, struct err *err,
	const char *format, va_list args) ATTR_PRINTF(5, 0);

static int
set_error(const struct source *source, uint32_t offset, int code, struct err *err,
	const char *format, va_list args)
{
	AUTO_BUF struct buf b = BUF_INIT(DESCRIPTION_MAX);
	char message[MESSAGE_BYTES + 8];

	(void)vsnprintf(message, sizeof(message), format, args);
	source_describe(source, offset, str_of(message), &b);
	return err_set(err, code, "%s", buf_cstr(&b));
}

int
source_error(
	const struct source *source, uint32_t offset, struct err *err, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = set_error(source, offset, ERR_INVALID, err, format, args);
	va_end(args);
	return code;
}

int
source_limit_error(
	const struct source *source, uint32_t offset, struct err *err, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = set_error(source, offset, ERR_LIMIT, err, format, args);
	va_end(args);
	return code;
}
