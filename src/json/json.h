/*
 * json: reading and writing JSON (RFC 8259), strictly and without loss.
 *
 * Reading is iterative and bounded; it refuses what the RFC does not allow, and lone surrogates.
 * json_canonical is RFC 8785 (JCS).
 */
#ifndef LILY_JSON_JSON_H
#define LILY_JSON_JSON_H

#include "json/value.h"

enum json_flag {
	JSON_UNIQUE_KEYS = 1 << 0, /* duplicate keys are an error that names both places */
	JSON_BORROW_TEXT = 1 << 1, /* strings without escapes point into the source's text */
};

struct json_limits {
	size_t bytes;   /* of the text */
	uint32_t depth; /* of nesting */
};

/* 256 MiB, 512 levels. */
extern const struct json_limits json_default_limits;

/* The one value in the source's text. ERR_INVALID with file:line:col, or ERR_LIMIT. limits may be
 * NULL. */
int json_parse(struct arena *arena, const struct source *source, unsigned flags,
	const struct json_limits *limits, const struct value **ret_value, struct err *err);

/* As written: numbers by lexeme, members in order, no spaces (or two-space indents). */
void json_write(const struct value *v, struct buf *b);
void json_write_indented(const struct value *v, struct buf *b);

/* A string with quotes and the escapes that RFC 8259 requires, shortest forms. */
void json_write_string(struct str s, struct buf *b);

enum json_canonical_numbers {
	JSON_NUMBERS_EXACT,  /* refuse a number whose value the canonical form would change */
	JSON_NUMBERS_NEAREST /* as the RFC reads them: the nearest double */
};

/* RFC 8785. ERR_INVALID where a number overflows a double, or, with JSON_NUMBERS_EXACT, where the
 * shortest digits of the nearest double are not the number that was written. */
int json_canonical(const struct value *v, enum json_canonical_numbers numbers, struct buf *b,
	struct err *err);

/* ECMAScript's Number::toString for a finite double, as RFC 8785 asks. Returns bytes written to
 * text (at least 32 bytes of room). */
size_t json_number_to_text(double number, char *text);

/* RFC 6901: the value at the pointer, or NULL. */
const struct value *json_pointer_get(const struct value *root, struct str pointer);

/* Appends one more step to a pointer, escaped. */
void json_pointer_add(struct buf *pointer, struct str token);

#endif
