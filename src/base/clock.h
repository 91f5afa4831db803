/*
 * clock: what time it is, for people (UTC) and for deadlines (BOOTTIME, which no one can set and
 * which counts sleep). Order is never taken from a clock: it is a sequence number.
 */
#ifndef LILY_BASE_CLOCK_H
#define LILY_BASE_CLOCK_H

#include "base/err.h"
#include "base/str.h"

#define CLOCK_TEXT_SIZE 28    /* 2026-01-02T03:04:05.678901Z and NUL */
#define CLOCK_BOOT_ID_SIZE 37 /* a UUID in text and NUL */

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_utc_us(void);

/* Microseconds since boot, suspension included. */
int64_t clock_boot_us(void);

/* RFC 3339 in UTC with microseconds; returns text. Times outside the years 1 to 9999, which the form
 * cannot hold, become its first or last. */
const char *clock_to_text(int64_t utc_us, char text[CLOCK_TEXT_SIZE]);

/* The kernel's identity of this boot (/proc/sys/kernel/random/boot_id). */
int clock_boot_id(char ret_id[CLOCK_BOOT_ID_SIZE], struct err *err);

/* "1h 02m", "3m 04s", "12.3s", "45ms": for people; returns text. */
#define CLOCK_DURATION_SIZE 24
const char *clock_duration_to_text(int64_t us, char text[CLOCK_DURATION_SIZE]);

/* "90s", "10m", "1h30m", "7d", "250ms" → microseconds; false where s is anything else. */
bool clock_parse_duration(struct str s, int64_t *ret_us);

#endif
