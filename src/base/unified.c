#include "base/unified.h"

#define LOOKED_AT ((size_t)8000)

bool
unified_is_text(struct str bytes)
{
	return bytes.n == 0 || !memchr(bytes.p, '\0', MIN(bytes.n, LOOKED_AT));
}

struct unified_count
unified_count(const struct edits *edits)
{
	struct unified_count count = {0, 0};

	for (size_t i = 0; i < edits->n; i++) {
		count.removed += edits->items[i].old_n;
		count.added += edits->items[i].new_n;
	}
	return count;
}

/* Edits that are near enough to share their context: items[from..end). */
static size_t
end_of_hunk(const struct edits *edits, size_t from)
{
	size_t i = from + 1;

	while (i < edits->n &&
		edits->items[i].old_at -
				(edits->items[i - 1].old_at + edits->items[i - 1].old_n) <=
			2 * UNIFIED_CONTEXT)
		i++;
	return i;
}

/* One number where it is one line; an empty range is named by the line before it. */
static void
write_range(char sign, uint32_t at, uint32_t n, struct buf *b)
{
	buf_printf(b, " %c%u", sign, n ? at + 1 : at);
	if (n != 1)
		buf_printf(b, ",%u", n);
}

static void
write_lines(char sign, const struct lines *lines, uint32_t at, uint32_t n, struct buf *b)
{
	for (uint32_t i = at; i < at + n; i++) {
		struct str line = lines->items[i];

		buf_add_char(b, sign);
		buf_add_str(b, line);
		if (line.p[line.n - 1] != '\n')
			buf_add_cstr(b, "\n\\ No newline at end of file\n");
	}
}

static void
write_hunk(const struct lines *old, const struct lines *new, const struct edit *edits, size_t n,
	struct buf *b)
{
	const struct edit *last = &edits[n - 1];
	uint32_t before = MIN(edits->old_at, UNIFIED_CONTEXT);
	uint32_t end = last->old_at + last->old_n;
	uint32_t after = MIN((uint32_t)old->n - end, UNIFIED_CONTEXT);
	uint32_t at = edits->old_at - before;

	buf_add_cstr(b, "@@");
	write_range('-', at, end + after - at, b);
	write_range('+', edits->new_at - before,
		last->new_at + last->new_n + after - (edits->new_at - before), b);
	buf_add_cstr(b, " @@\n");
	for (size_t i = 0; i < n; i++) {
		write_lines(' ', old, at, edits[i].old_at - at, b);
		write_lines('-', old, edits[i].old_at, edits[i].old_n, b);
		write_lines('+', new, edits[i].new_at, edits[i].new_n, b);
		at = edits[i].old_at + edits[i].old_n;
	}
	write_lines(' ', old, at, after, b);
}

void
unified_write(const struct lines *old, const struct lines *new, const struct edits *edits,
	struct buf *b)
{
	size_t i = 0;

	while (i < edits->n) {
		size_t end = end_of_hunk(edits, i);

		write_hunk(old, new, edits->items + i, end - i, b);
		i = end;
	}
}
