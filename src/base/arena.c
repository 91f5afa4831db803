#include "base/arena.h"

#include "base/err.h"
#include "base/memory.h"
#include "base/poison.h"

#include <stdarg.h>
#include <stdio.h>

#define ALIGNMENT _Alignof(max_align_t)
#define FIRST_BLOCK ((size_t)4 << 10)
#define LARGEST_BLOCK ((size_t)1 << 20)

struct arena_block {
	struct arena_block *older;
	size_t used;
	size_t size;
	_Alignas(max_align_t) char bytes[];
};

static struct arena_block *
add_block(struct arena *arena, size_t at_least)
{
	size_t size = arena->blocks ? MIN(arena->blocks->size * 2, LARGEST_BLOCK) : FIRST_BLOCK;
	struct arena_block *block;

	size = MAX(size, at_least);
	if (size > SIZE_MAX - sizeof(*block))
		memory_exhausted(size);
	block = memory_new(1, sizeof(*block) + size);
	block->older = arena->blocks;
	block->used = 0;
	block->size = size;
	memory_poison(block->bytes, block->size);
	arena->blocks = block;
	arena->total += size;
	return block;
}

static char *
take(struct arena *arena, size_t n, size_t alignment)
{
	struct arena_block *block = arena->blocks;
	size_t start = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;

	if (!block || start > block->size || n > block->size - start) {
		block = add_block(arena, n);
		start = 0;
	}
	block->used = start + n;
	memory_unpoison(block->bytes + start, n);
	return block->bytes + start;
}

void *
arena_alloc(struct arena *arena, size_t n, size_t size)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(n, size, &total))
		memory_exhausted(SIZE_MAX);
	memory = take(arena, total, ALIGNMENT);
	memset(memory, 0, total);
	return memory;
}

char *
arena_bytes(struct arena *arena, size_t n)
{
	return take(arena, n, 1);
}

const char *
arena_cstr(struct arena *arena, struct str s)
{
	char *copy = arena_bytes(arena, s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

struct str
arena_str(struct arena *arena, struct str s)
{
	return (struct str){arena_cstr(arena, s), s.n};
}

#define PRINT_SHORT 128

const char *
arena_printf(struct arena *arena, const char *format, ...)
{
	char printed[PRINT_SHORT];
	va_list args;
	va_list again;
	int length;
	char *text;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(printed, sizeof(printed), format, args);
	va_end(args);
	if (length < 0)
		BUG("format \"%s\"", format);
	text = arena_bytes(arena, (size_t)length + 1);
	if ((size_t)length < sizeof(printed))
		memcpy(text, printed, (size_t)length + 1);
	else
		(void)vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

static void
free_block(struct arena_block *block)
{
	memory_unpoison(block->bytes, block->size);
	free(block);
}

void
arena_reset(struct arena *arena)
{
	struct arena_block *kept = NULL;

	for (struct arena_block *block = arena->blocks, *older; block; block = older) {
		older = block->older;
		/* The newest that is no single oversized request. */
		if (!kept && block->size <= LARGEST_BLOCK)
			kept = block;
		else
			free_block(block);
	}
	arena->blocks = kept;
	arena->total = kept ? kept->size : 0;
	if (!kept)
		return;
	kept->older = NULL;
	kept->used = 0;
	memory_poison(kept->bytes, kept->size);
}

void
arena_done(struct arena *arena)
{
	arena_reset(arena);
	if (arena->blocks)
		free_block(arena->blocks);
	arena->blocks = NULL;
	arena->total = 0;
}
