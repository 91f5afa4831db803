/*
 * memory: allocation that does not fail.
 *
 * Every input has a stated limit, so a request that the machine cannot meet means that the machine
 * is out of memory, not that an input was hostile. The process then says so and ends: nothing is
 * lost, since a run survives the end of its process at any instant (docs/decisions/0002).
 */
#ifndef LILY_BASE_MEMORY_H
#define LILY_BASE_MEMORY_H

#include "base/attr.h"

/* n * size bytes, zeroed by memory_zeroed; the product is checked. Released with free(). */
void *memory_new(size_t n, size_t size) ATTR_NODISCARD;
void *memory_zeroed(size_t n, size_t size) ATTR_NODISCARD;

/* Like realloc with a checked product; the old block is gone. */
void *memory_resize(void *block, size_t n, size_t size) ATTR_NODISCARD;

/* A NUL-terminated copy, owned by the caller. */
char *memory_copy_string(const char *text) ATTR_NODISCARD;

/* Makes room for one more item in a growing array of *capacity items; returns the array. */
void *memory_grow(void *array, size_t used, size_t *capacity, size_t size) ATTR_NODISCARD;

/* For callers with an allocator of their own: says that memory ran out and ends the process. */
void memory_exhausted(size_t wanted) ATTR_NORETURN;

#endif
