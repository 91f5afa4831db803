/*
 * heap: memory for the command line. The machine being out of it ends the program with a message,
 * so nothing here returns NULL; runs survive the end of their process at any instant.
 */
#ifndef LILY_CLI_HEAP_H
#define LILY_CLI_HEAP_H

#include <stddef.h>

/* n * size zeroed bytes, the product checked. Released with free(). */
void *heap_new(size_t n, size_t size) __attribute__((warn_unused_result));

/* Room for one more item behind `used` in a growing array of *capacity items. */
void *heap_grow(void *array, size_t used, size_t *capacity, size_t size)
	__attribute__((warn_unused_result));

/* A NUL-terminated copy of the first n bytes. */
char *heap_copy(const char *bytes, size_t n) __attribute__((warn_unused_result));

/* For memory from elsewhere (open_memstream, getline): says so and ends. */
void heap_exhausted(void) __attribute__((noreturn));

#endif
