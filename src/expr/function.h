/*
 * function: the functions of the language, one row each.
 *
 *	contains(text, part)  contains(list, item)    whether it is in there
 *	startsWith(text, part)  endsWith(text, part)
 *	length(x)             code points of a text, items of a list, members of a map
 *	all(list)  any(list)  of booleans; of an empty one: true, false
 *	default(a, b, …)      the first that is there and not null, else the last
 *	join(list, separator) texts, numbers and booleans as one text; the separator is "," by default
 *	digest(x)             "sha256:…" of an artifact's bytes; of any other value, of those that an
 *	                      artifact made of it has: a text's own, else its JSON
 *
 * In plans only: concat(a, b, …), the text that ${{ }} with text around it makes.
 */
#ifndef LILY_EXPR_FUNCTION_H
#define LILY_EXPR_FUNCTION_H

#include "base/err.h"
#include "base/str.h"

enum function {
	FUNCTION_CONTAINS,
	FUNCTION_STARTS_WITH,
	FUNCTION_ENDS_WITH,
	FUNCTION_LENGTH,
	FUNCTION_ALL,
	FUNCTION_ANY,
	FUNCTION_DEFAULT,
	FUNCTION_JOIN,
	FUNCTION_DIGEST,
	FUNCTION_CONCAT,
	FUNCTIONS
};

#define FUNCTION_ANY_NUMBER UINT32_MAX

struct function_row {
	const char *name;
	const char *usage; /* "contains(text, part)", for messages */
	uint32_t n_min;
	uint32_t n_max;
};

extern const struct function_row function_rows[FUNCTIONS];

/* ERR_INVALID where there is none; the message says what to write instead. */
int function_find(
	struct str name, unsigned flags, enum function *ret_function, struct err *err);

/* ERR_INVALID where it does not take n arguments. */
int function_check_number(enum function function, uint32_t n, struct err *err);

#endif
