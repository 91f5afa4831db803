/*
 * uuid: UUID version 7 (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits, so that
 * identities sort by the time they were made. Within one process they strictly increase (method 3
 * of section 6.2: 12 more bits of time).
 */
#ifndef LILY_BASE_UUID_H
#define LILY_BASE_UUID_H

#include "base/err.h"
#include "base/str.h"

#define UUID_TEXT_SIZE 37 /* 36 characters and NUL */

struct uuid {
	uint8_t bytes[16];
};

int uuid_new(struct uuid *ret_uuid, struct err *err);

/* Returns text, lower case with hyphens. */
const char *uuid_to_text(const struct uuid *uuid, char text[UUID_TEXT_SIZE]);

static inline bool
uuid_equal(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* Accepts exactly the form that uuid_to_text writes, in either case. */
bool uuid_parse(struct str text, struct uuid *ret_uuid);

#endif
