#include "cli/text.h"

#include "cli/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void
text_done(struct text *text)
{
	free(text->bytes);
	*text = TEXT_INIT;
}

void
text_clear(struct text *text)
{
	text->size = 0;
	if (text->bytes)
		text->bytes[0] = '\0';
}

const char *
text_string(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

/* Room for n more bytes and the NUL. */
static char *
text_reserve(struct text *text, size_t n)
{
	size_t wanted = text->capacity ? text->capacity : 64;

	if (n > SIZE_MAX / 4 - text->size)
		heap_exhausted();
	while (wanted <= text->size + n)
		wanted *= 2;
	if (wanted > text->capacity) {
		char *bytes = realloc(text->bytes, wanted);

		if (!bytes)
			heap_exhausted();
		text->bytes = bytes;
		text->capacity = wanted;
	}
	return text->bytes + text->size;
}

void
text_add(struct text *text, const char *bytes, size_t n)
{
	char *end = text_reserve(text, n);

	if (n > 0)
		memcpy(end, bytes, n);
	end[n] = '\0';
	text->size += n;
}

void
text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void
text_add_char(struct text *text, char c)
{
	text_add(text, &c, 1);
}

void
text_fill(struct text *text, char c, size_t n)
{
	memset(text_reserve(text, n), c, n);
	text->size += n;
	text->bytes[text->size] = '\0';
}

void
text_format(struct text *text, const char *format, ...)
{
	va_list args;
	va_list again;
	int n;

	va_start(args, format);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n > 0) {
		(void)vsnprintf(text_reserve(text, (size_t)n), (size_t)n + 1, format, again);
		text->size += (size_t)n;
	}
	va_end(again);
}

size_t
text_character(const char *bytes, size_t n, uint32_t *ret_character)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)bytes;
	uint32_t character;
	size_t length;

	if (n == 0)
		return 0;
	length = p[0] < 0x80            ? 1
		: (p[0] & 0xe0) == 0xc0 ? 2
		: (p[0] & 0xf0) == 0xe0 ? 3
		: (p[0] & 0xf8) == 0xf0 ? 4
					: 0;
	if (length == 0 || length > n)
		return 0;
	character = length == 1 ? p[0] : p[0] & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (p[i] & 0x3fU);
	}
	if (character < least[length] || character > 0x10ffff ||
		(character >= 0xd800 && character <= 0xdfff))
		return 0;
	if (ret_character)
		*ret_character = character;
	return length;
}

/* Characters that a terminal acts on or that make a line read differently from its bytes. */
static bool
is_dangerous(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200b && c <= 0x200f) ||
		(c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static void
add_escaped(struct text *text, uint32_t c)
{
	if (c == '\n')
		text_add(text, "\\n", 2);
	else if (c == '\t')
		text_add(text, "\\t", 2);
	else if (c == '\r')
		text_add(text, "\\r", 2);
	else if (c < 0x80)
		text_format(text, "\\x%02x", (unsigned)c);
	else
		text_format(text, "\\u{%04x}", (unsigned)c);
}

void
text_add_safe(struct text *text, const char *bytes, size_t n, enum text_form form)
{
	size_t start = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t length = text_character(bytes + i, n - i, &c);

		if (length > 0 &&
			(!is_dangerous(c) ||
				(form == TEXT_LINES && (c == '\n' || c == '\t')))) {
			i += length;
			continue;
		}
		text_add(text, bytes + start, i - start);
		if (length > 0)
			add_escaped(text, c);
		else
			text_format(text, "\\x%02x", (unsigned char)bytes[i]);
		i += length > 0 ? length : 1;
		start = i;
	}
	text_add(text, bytes + start, n - start);
}

void
text_add_json(struct text *text, const char *bytes, size_t n)
{
	text_add_char(text, '"');
	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t length = text_character(bytes + i, n - i, &c);

		if (length == 0)
			text_add_string(text, "\xef\xbf\xbd");
		else if (c == '"' || c == '\\')
			text_format(text, "\\%c", (char)c);
		else if (c < 0x20 || c == 0x7f)
			text_format(text, "\\u%04x", (unsigned)c);
		else
			text_add(text, bytes + i, length);
		i += length > 0 ? length : 1;
	}
	text_add_char(text, '"');
}

/* wcwidth(3) knows no character in the C locale; then each counts as one column. */
static size_t
character_width(uint32_t c)
{
	int width = c < 0x80 ? 1 : wcwidth((wchar_t)c);

	return width < 0 ? 1 : (size_t)width;
}

size_t
text_width(const char *bytes, size_t n)
{
	size_t width = 0;

	for (size_t i = 0; i < n;) {
		uint32_t c = 0;
		size_t length = text_character(bytes + i, n - i, &c);

		width += length > 0 ? character_width(c) : 1;
		i += length > 0 ? length : 1;
	}
	return width;
}

size_t
text_fit(const char *bytes, size_t n, size_t columns)
{
	size_t width = 0;
	size_t i = 0;

	while (i < n) {
		uint32_t c = 0;
		size_t length = text_character(bytes + i, n - i, &c);
		size_t next = width + (length > 0 ? character_width(c) : 1);

		if (next > columns)
			break;
		width = next;
		i += length > 0 ? length : 1;
	}
	return i;
}

void
text_add_cut(struct text *text, const char *bytes, size_t n, size_t columns)
{
	if (text_fit(bytes, n, columns) == n) {
		text_add(text, bytes, n);
		return;
	}
	if (columns == 0)
		return;
	text_add(text, bytes, text_fit(bytes, n, columns - 1));
	text_add_string(text, "…");
}

/* One line of at most `columns`: the bytes up to the last blank that fits, or a whole long word. */
static size_t
line_length(const char *string, size_t n, size_t columns)
{
	size_t fit = text_fit(string, n, columns);
	size_t end = fit;

	if (fit == n || string[fit] == ' ')
		return fit;
	while (end > 0 && string[end] != ' ')
		end--;
	if (end > 0)
		return end;
	while (fit < n && string[fit] != ' ')
		fit++;
	return fit;
}

static void
add_wrapped_line(struct text *text, const char *line, size_t n, size_t indent, size_t columns)
{
	size_t room = columns > indent + 20 ? columns - indent : 20;

	while (n > 0) {
		size_t length = line[0] == ' ' ? n : line_length(line, n, room);

		text_fill(text, ' ', indent);
		text_add(text, line, length);
		text_add_char(text, '\n');
		line += length;
		n -= length;
		while (n > 0 && line[0] == ' ') {
			line++;
			n--;
		}
	}
}

void
text_add_wrapped(struct text *text, const char *string, size_t indent, size_t columns)
{
	while (*string) {
		size_t n = strcspn(string, "\n");

		if (n == 0)
			text_add_char(text, '\n');
		else
			add_wrapped_line(text, string, n, indent, columns);
		string += n;
		if (*string)
			string++;
	}
}
