/*
 * fuzz: what the fuzz targets share: their entry point, which libFuzzer or replay.c calls, and how
 * they fail.
 */
#ifndef LILY_FUZZ_FUZZ_H
#define LILY_FUZZ_FUZZ_H

#include "base/err.h"
#include "base/str.h"

#include <stdio.h>

/* The visibility that libFuzzer's own declaration has. */
__attribute__((visibility("default"))) int LLVMFuzzerTestOneInput(
	const uint8_t *bytes, size_t n);

#define fuzz_fail(...)                              \
	do {                                        \
		(void)fprintf(stderr, __VA_ARGS__); \
		(void)fputc('\n', stderr);          \
		abort();                            \
	} while (0)

/* An error that people can read: a code, and a message that is whole and UTF-8. */
static inline void
fuzz_check_error(const struct err *err)
{
	if (err->code != ERR_INVALID && err->code != ERR_LIMIT)
		fuzz_fail("code %d: %s", err->code, err->message);
	if (!err->message[0] || strlen(err->message) >= ERR_MESSAGE_SIZE - 1)
		fuzz_fail("no message, or one that was cut off: %s", err->message);
	if (!str_is_utf8(str_of(err->message), NULL))
		fuzz_fail("a message that is not UTF-8: %s", err->message);
}

#endif
