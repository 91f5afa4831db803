/*
 * buf: bytes that grow to a stated maximum.
 *
 * Appending past the maximum drops the bytes and sets `overflowed`, which stays set: a writer
 * appends without checking each call and asks once at the end. What buf_str, buf_cstr and buf_take
 * give is followed by a NUL that does not count.
 */
#ifndef LILY_BASE_BUF_H
#define LILY_BASE_BUF_H

#include "base/err.h"
#include "base/str.h"

struct buf {
	char *p;
	size_t n;
	size_t capacity;
	size_t max;
	bool overflowed;
};

/* A buffer of at most max_bytes; nothing is allocated yet. */
#define BUF_INIT(max_bytes) ((struct buf){NULL, 0, 0, (max_bytes), false})

/* Closes over the scope's end: AUTO_BUF struct buf b = BUF_INIT(4096); */
#define AUTO_BUF __attribute__((cleanup(buf_done)))

void buf_done(struct buf *b);
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_add_str(struct buf *b, struct str s);
void buf_add_cstr(struct buf *b, const char *text);
void buf_add_char(struct buf *b, char c);
void buf_add_u64(struct buf *b, uint64_t number);
void buf_printf(struct buf *b, const char *format, ...) ATTR_PRINTF(2, 3);

/* Room for n more bytes at the end, to be written by the caller and then counted by adding to
 * b->n; NULL (and overflowed) where that is past the maximum. */
char *buf_reserve(struct buf *b, size_t n);

/* The bytes as a view, valid until the buffer changes. */
struct str buf_str(const struct buf *b);

/* The bytes as a C string, "" where there are none. */
const char *buf_cstr(const struct buf *b);

/* Moves the bytes out as a heap block (NUL-terminated); the buffer is empty afterwards. */
char *buf_take(struct buf *b);

/* 0, or ERR_LIMIT naming `what` where bytes were dropped. */
int buf_check(const struct buf *b, const char *what, struct err *err);

#endif
