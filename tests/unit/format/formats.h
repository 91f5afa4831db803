/*
 * formats: tables of texts that have a format and of texts that have it not.
 */
#ifndef LILY_TESTS_FORMATS_H
#define LILY_TESTS_FORMATS_H

#include "base/memory.h"
#include "format/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A row of a table; the literal may hold NUL. */
#define T(literal)                             \
	{                                      \
		(literal), sizeof(literal) - 1 \
	}

/* format_check on a block of just this size, so that ASan sees a read past its end. */
static inline bool
check_exact(enum format format, struct str text)
{
	char *exact = memory_new(text.n ? text.n : 1, 1);
	bool has_format;

	if (text.n)
		memcpy(exact, text.p, text.n);
	has_format = format_check(format, (struct str){exact, text.n});
	free(exact);
	return has_format;
}

static inline void
check_texts(enum format format, const struct str *texts, size_t n, bool expected)
{
	for (size_t i = 0; i < n; i++)
		if (check_exact(format, texts[i]) != expected)
			fail_msg("\"%.*s\" (row %zu) is %s as %s", STR_ARG(texts[i]), i,
				expected ? "refused" : "accepted", format_name(format));
}

/* No format but the pointers and patterns has a text that ends in one of these. */
static inline void
check_ends(enum format format, const struct str *texts, size_t n)
{
	static const char *const ends[] = {
		"\n", "\r", " ", "\t", "\x7F", "\xFF", "\xC3", "\x00"};

	for (size_t i = 0; i < n * ARRAY_SIZE(ends); i++) {
		struct str text = texts[i / ARRAY_SIZE(ends)];
		char *longer = memory_new(text.n + 1, 1);

		memcpy(longer, text.p, text.n);
		longer[text.n] = ends[i % ARRAY_SIZE(ends)][0];
		check_texts(format, &(struct str){longer, text.n + 1}, 1, false);
		free(longer);
	}
}

/* Two tables named `accepted` and `refused` in scope. */
#define CHECK_TABLES(format)                                                 \
	do {                                                                 \
		check_texts((format), accepted, ARRAY_SIZE(accepted), true); \
		check_texts((format), refused, ARRAY_SIZE(refused), false);  \
	} while (0)

#define CHECK_TABLES_AND_ENDS(format)                                 \
	do {                                                          \
		CHECK_TABLES(format);                                 \
		check_ends((format), accepted, ARRAY_SIZE(accepted)); \
	} while (0)

#endif
