/*
 * value: what a JSON or YAML document says, and where it says it.
 *
 * A value is 24 bytes, immutable, and lives in an arena with all that it refers to. The children of
 * a container lie side by side, in the order of the document. Strings are valid UTF-8 without a
 * terminating NUL (and may contain U+0000). A number is its lexeme, as written: nothing is lost by
 * reading it. Every value knows the byte offset at which it begins in its source; every string
 * carries a hash, so that keys are compared by one word before their bytes.
 */
#ifndef LILY_JSON_VALUE_H
#define LILY_JSON_VALUE_H

#include "base/arena.h"
#include "json/source.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_NUMBER,
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT,
};

enum value_flag {
	VALUE_IS_TRUE = 1 << 0,    /* of a bool */
	VALUE_IS_INTEGER = 1 << 1, /* a number's lexeme has neither '.' nor exponent */
	VALUE_IS_PLAIN = 1 << 2,   /* a YAML scalar written without quotes */
};

struct member;

struct value {
	uint8_t kind;  /* enum value_kind */
	uint8_t flags; /* enum value_flag */
	uint16_t unused;
	uint32_t n; /* bytes of a string or lexeme, items of an array, members of an object */
	union {
		const char *text;             /* string, number */
		const struct value *items;    /* array */
		const struct member *members; /* object */
	};
	uint32_t offset; /* in the source; SOURCE_NOWHERE where there is none */
	uint32_t hash;   /* of a string: value_hash of its bytes; else 0 */
};

struct member {
	struct value key; /* a string */
	struct value value;
};

/* The hash kept in strings: the same for the same bytes in one process, seeded at its start. */
uint32_t value_hash(struct str s);

/* Bytes of a string or lexeme of a number, empty for any other kind. */
static inline struct str
value_text(const struct value *v)
{
	return v->kind == VALUE_STRING || v->kind == VALUE_NUMBER ? (struct str){v->text, v->n}
								  : STR_EMPTY;
}

static inline bool
value_is_true(const struct value *v)
{
	return v->kind == VALUE_BOOL && (v->flags & VALUE_IS_TRUE);
}

/* The member's value, of equal keys the last one's; NULL where there is none, and where v is NULL
 * or no object. */
const struct value *value_get(const struct value *v, struct str key);

/* Whole numbers only, by lexeme (1.0 and 1e2 count, being whole); false out of range and for any
 * other kind of value, here and below. */
bool value_to_i64(const struct value *v, int64_t *ret_number);

/* The nearest double (IEEE 754, ties to even); false where it overflows. */
bool value_to_double(const struct value *v, double *ret_number);

/* Equal as JSON Schema means it: numbers by mathematical value (exactly, by lexeme), strings by
 * code points, objects without regard to order; where a key occurs more than once, its values in
 * their order. Iterative. */
bool value_equal(const struct value *a, const struct value *b);

/* Likewise, for at most *steps, of which one is taken for each pair of values that are compared, and more
 * for long ones. 0 are left where they did not suffice: false then says nothing. */
bool value_equal_within(const struct value *a, const struct value *b, uint64_t *steps);

/* "null", "boolean", "number", "string", "array", "object". */
const char *value_kind_name(const struct value *v);

/* Making values (offset SOURCE_NOWHERE). Text is borrowed, not copied; it is the caller's word that
 * a string is UTF-8 and a lexeme a JSON number. */
struct value value_null(void);
struct value value_bool(bool truth);
struct value value_string(struct str s);
struct value value_number(struct str lexeme);
struct value value_i64(struct arena *arena, int64_t number);
struct value value_array(const struct value *items, size_t n);
struct value value_object(const struct member *members, size_t n);

#endif
