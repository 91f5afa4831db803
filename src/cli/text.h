/*
 * text: bytes that grow, and the ways in which numbers, times and foreign text are shown to people.
 *
 * Whatever comes from a step, a file or a store is shown through text_add_safe: control
 * characters, bytes that are not UTF-8 and characters that reorder a line are written as \x1b,
 * \u{202e}, so that nothing can move the cursor, change colours or hide what it says.
 */
#ifndef LILY_CLI_TEXT_H
#define LILY_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *bytes; /* NUL-terminated once something was added */
	size_t size;
	size_t capacity;
};

#define TEXT_INIT ((struct text){NULL, 0, 0})
#define AUTO_TEXT __attribute__((cleanup(text_done)))

void text_done(struct text *text);
void text_clear(struct text *text);
const char *text_string(const struct text *text); /* "" where nothing was added */

void text_add(struct text *text, const char *bytes, size_t n);
void text_add_string(struct text *text, const char *string);
void text_add_char(struct text *text, char c);
void text_fill(struct text *text, char c, size_t n);
void text_format(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* TEXT_LINES lets line ends and tabs through; TEXT_LINE makes them \n and \t. */
enum text_form { TEXT_LINE, TEXT_LINES };
void text_add_safe(struct text *text, const char *bytes, size_t n, enum text_form form);

/* A JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void text_add_json(struct text *text, const char *bytes, size_t n);

/* "3.2s", "1m 05s", "2h 03m". */
void text_add_duration(struct text *text, int64_t us);
/* "512 B", "1.2 kB", "3.4 MB": thousands. */
void text_add_size(struct text *text, uint64_t bytes);
/* "12 345". Thin enough to be read, plain enough to be copied: below 10 000 no blank. */
void text_add_count(struct text *text, uint64_t number);
/* "3 steps", "1 step". */
void text_add_plural(struct text *text, uint64_t number, const char *noun);
/* UTC µs as RFC 3339 with milliseconds (for data), or as local "2026-01-31 14:05:09". */
void text_add_time(struct text *text, int64_t utc_us);
void text_add_local_time(struct text *text, int64_t utc_us);

/* RFC 3339 in UTC to µs since 1970; false where it is anything else. */
bool text_parse_time(const char *string, int64_t *ret_utc_us);

/* The length in bytes of the well-formed UTF-8 character at the start (RFC 3629), 0 if there is
 * none; *ret_character may be NULL. */
size_t text_character(const char *bytes, size_t n, uint32_t *ret_character);

/* Columns that a text takes on a terminal (no escapes in it), and how many of its bytes fit. */
size_t text_width(const char *bytes, size_t n);
size_t text_fit(const char *bytes, size_t n, size_t columns);

/* Adds at most `columns` columns of the bytes, the last one an ellipsis where they do not fit. */
void text_add_cut(struct text *text, const char *bytes, size_t n, size_t columns);

/* Adds paragraphs (split by empty lines; lines that begin with a blank are kept as they are)
 * broken at blanks, each line behind `indent` blanks and at most `columns` wide. */
void text_add_wrapped(struct text *text, const char *string, size_t indent, size_t columns);

#endif
