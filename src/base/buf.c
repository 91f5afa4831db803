#include "base/buf.h"

#include "base/memory.h"

#include <stdio.h>

#define FIRST_CAPACITY 256

void
buf_done(struct buf *b)
{
	free(b->p);
	b->p = NULL;
	b->n = 0;
	b->capacity = 0;
	b->overflowed = false;
}

void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->overflowed = false;
	if (b->p)
		b->p[0] = '\0';
}

char *
buf_reserve(struct buf *b, size_t n)
{
	size_t wanted;

	if (n > b->max || b->n > b->max - n) {
		b->overflowed = true;
		return NULL;
	}
	wanted = b->n + n + 1;
	if (wanted > b->capacity) {
		size_t doubled = b->capacity ? b->capacity * 2 : FIRST_CAPACITY;

		b->capacity = MAX(doubled, wanted);
		b->p = memory_resize(b->p, b->capacity, 1);
	}
	return b->p + b->n;
}

void
buf_add(struct buf *b, const void *bytes, size_t n)
{
	char *room = buf_reserve(b, n);

	if (!room)
		return;
	if (n)
		memcpy(room, bytes, n);
	b->n += n;
	b->p[b->n] = '\0';
}

void
buf_add_str(struct buf *b, struct str s)
{
	buf_add(b, s.p, s.n);
}

void
buf_add_cstr(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void
buf_add_u64(struct buf *b, uint64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	buf_add(b, digits + at, sizeof(digits) - at);
}

void
buf_printf(struct buf *b, const char *format, ...)
{
	size_t left = b->p ? b->capacity - b->n : 0;
	va_list args;
	va_list again;
	int length;
	char *room;

	va_start(args, format);
	va_copy(again, args);
	/* Mostly it fits into what is there. */
	length = vsnprintf(left ? b->p + b->n : NULL, left, format, args);
	va_end(args);
	if (length < 0)
		BUG("format \"%s\"", format);
	room = buf_reserve(b, (size_t)length);
	if (room && (size_t)length >= left)
		(void)vsnprintf(room, (size_t)length + 1, format, again);
	if (room)
		b->n += (size_t)length;
	else if (left)
		b->p[b->n] = '\0';
	va_end(again);
}

/* Room that was reserved is filled without us: the end is marked when somebody looks. */
static const char *
terminated(const struct buf *b)
{
	if (!b->p)
		return "";
	b->p[b->n] = '\0';
	return b->p;
}

struct str
buf_str(const struct buf *b)
{
	return (struct str){terminated(b), b->n};
}

const char *
buf_cstr(const struct buf *b)
{
	return terminated(b);
}

char *
buf_take(struct buf *b)
{
	char *taken = b->p ? b->p : memory_zeroed(1, 1);

	taken[b->n] = '\0';
	b->p = NULL;
	b->n = 0;
	b->capacity = 0;
	return taken;
}

int
buf_check(const struct buf *b, const char *what, struct err *err)
{
	if (!b->overflowed)
		return 0;
	return err_set(
		err, ERR_LIMIT, "%s is larger than its limit of %zu bytes", what, b->max);
}
