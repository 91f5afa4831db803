#include "cli/heap.h"

#include "cli/status.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
heap_exhausted(void)
{
	(void)fputs("lily: out of memory\n", stderr);
	exit(STATUS_SYSTEM);
}

void *
heap_new(size_t n, size_t size)
{
	void *block = calloc(n ? n : 1, size);

	if (!block)
		heap_exhausted();
	return block;
}

void *
heap_grow(void *array, size_t used, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *block;

	if (used < *capacity)
		return array;
	if (wanted > SIZE_MAX / 2 / size)
		heap_exhausted();
	block = realloc(array, wanted * size);
	if (!block)
		heap_exhausted();
	*capacity = wanted;
	return block;
}

char *
heap_copy(const char *bytes, size_t n)
{
	char *copy = heap_new(n + 1, 1);

	memcpy(copy, bytes, n);
	return copy;
}
