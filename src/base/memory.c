#include "base/memory.h"

#include "base/err.h"

#include <stdio.h>
#include <string.h>

/* The exit code for "store or system". */
#define EXIT_SYSTEM 9

void
memory_exhausted(size_t wanted)
{
	(void)fprintf(stderr,
		"lily: out of memory (%zu bytes wanted); nothing recorded is lost, "
		"`lily resume` goes on\n",
		wanted);
	_exit(EXIT_SYSTEM);
}

static size_t
checked_product(size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		memory_exhausted(SIZE_MAX);
	return total ? total : 1;
}

void *
memory_new(size_t n, size_t size)
{
	size_t total = checked_product(n, size);
	void *block = malloc(total);

	if (!block)
		memory_exhausted(total);
	return block;
}

void *
memory_zeroed(size_t n, size_t size)
{
	size_t total = checked_product(n, size);
	void *block = calloc(1, total);

	if (!block)
		memory_exhausted(total);
	return block;
}

void *
memory_resize(void *block, size_t n, size_t size)
{
	size_t total = checked_product(n, size);
	void *resized = realloc(block, total);

	if (!resized)
		memory_exhausted(total);
	return resized;
}

char *
memory_copy_string(const char *text)
{
	size_t size = strlen(text) + 1;

	return memcpy(memory_new(1, size), text, size);
}

void *
memory_grow(void *array, size_t used, size_t *capacity, size_t size)
{
	if (used < *capacity)
		return array;
	*capacity = *capacity ? *capacity * 2 : 16;
	return memory_resize(array, *capacity, size);
}
