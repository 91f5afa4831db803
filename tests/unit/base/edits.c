#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/memory.h"
#include "base/unified.h"

/* What the edits make of the old text. */
static void
edit(const struct lines *old, const struct lines *new, const struct edits *edits, struct buf *b)
{
	uint32_t at = 0;

	for (size_t i = 0; i < edits->n; i++) {
		const struct edit *e = &edits->items[i];

		assert_true(e->old_n || e->new_n);
		assert_true(i == 0 || e->old_at > at);
		while (at < e->old_at)
			buf_add_str(b, old->items[at++]);
		for (uint32_t n = 0; n < e->new_n; n++)
			buf_add_str(b, new->items[e->new_at + n]);
		at += e->old_n;
	}
	while (at < old->n)
		buf_add_str(b, old->items[at++]);
}

/* The fewest lines removed and added, by the longest common subsequence. */
static uint64_t
fewest(const struct lines *old, const struct lines *new)
{
	size_t width = new->n + 1;
	uint32_t *common = memory_zeroed((old->n + 1) * width, sizeof(*common));
	uint64_t length;

	for (size_t i = 1; i <= old->n; i++)
		for (size_t k = 1; k <= new->n; k++)
			common[i * width + k] = str_equal(old->items[i - 1], new->items[k - 1])
				? common[(i - 1) * width + k - 1] + 1
				: MAX(common[(i - 1) * width + k], common[i * width + k - 1]);
	length = common[old->n * width + new->n];
	free(common);
	return old->n + new->n - 2 * length;
}

static uint32_t
draw(uint32_t *state, uint32_t below)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % below;
}

static void
draw_text(uint32_t *state, struct buf *b)
{
	uint32_t n = draw(state, 30);

	for (uint32_t i = 0; i < n; i++)
		buf_printf(b, "%u%s", draw(state, 4), i + 1 < n || draw(state, 3) ? "\n" : "");
}

static void
test_edits_are_the_fewest(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (unsigned round = 0; round < 5000; round++) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		AUTO_BUF struct buf a = BUF_INIT(4096);
		AUTO_BUF struct buf b = BUF_INIT(4096);
		AUTO_BUF struct buf made = BUF_INIT(4096);
		struct lines old;
		struct lines new;
		struct edits edits;
		struct unified_count count;

		draw_text(&seed, &a);
		draw_text(&seed, &b);
		old = lines_of(buf_str(&a), &arena);
		new = lines_of(buf_str(&b), &arena);
		edits = edits_between(&old, &new, &arena);
		edit(&old, &new, &edits, &made);
		assert_true(str_equal(buf_str(&made), buf_str(&b)));
		count = unified_count(&edits);
		assert_int_equal(count.removed + count.added, fewest(&old, &new));
	}
}

/* Far too different to look for the fewest: it ends soon, and the edits are right. */
static void
test_large_texts(void **state)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf a = BUF_INIT(1 << 24);
	AUTO_BUF struct buf b = BUF_INIT(1 << 24);
	AUTO_BUF struct buf made = BUF_INIT(1 << 24);
	uint32_t seed = 3;
	struct lines old;
	struct lines new;
	struct edits edits;

	(void)state;
	for (unsigned i = 0; i < 40000; i++) {
		buf_printf(&a, "%u\n", draw(&seed, 50));
		buf_printf(&b, "%u\n", draw(&seed, 50));
	}
	old = lines_of(buf_str(&a), &arena);
	new = lines_of(buf_str(&b), &arena);
	edits = edits_between(&old, &new, &arena);
	edit(&old, &new, &edits, &made);
	assert_true(str_equal(buf_str(&made), buf_str(&b)));
}

static void
expect_hunks(const char *old_text, const char *new_text, const char *expected)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf b = BUF_INIT(4096);
	struct lines old = lines_of(str_of(old_text), &arena);
	struct lines new = lines_of(str_of(new_text), &arena);
	struct edits edits = edits_between(&old, &new, &arena);

	unified_write(&old, &new, &edits, &b);
	assert_string_equal(buf_cstr(&b), expected);
}

static void
test_hunks(void **state)
{
	(void)state;
	expect_hunks("", "", "");
	expect_hunks("a\n", "a\n", "");
	expect_hunks("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
	expect_hunks("a\n", "", "@@ -1 +0,0 @@\n-a\n");
	expect_hunks("a\n", "b\n", "@@ -1 +1 @@\n-a\n+b\n");
	expect_hunks("a\nb", "a\nb\n",
		"@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
	expect_hunks("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
		"@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
	expect_hunks("0\n1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\n5\n6\n",
		"@@ -1,8 +1,6 @@\n-0\n 1\n 2\n 3\n 4\n 5\n 6\n-7\n");
	expect_hunks("0\n1\n2\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\n5\n6\n7\n",
		"@@ -1,4 +1,3 @@\n-0\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-8\n");
}

static void
test_what_is_text(void **state)
{
	(void)state;
	assert_true(unified_is_text(STR_EMPTY));
	assert_true(unified_is_text(STR("text\xff")));
	assert_false(unified_is_text((struct str){"a\0b", 3}));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edits_are_the_fewest),
		cmocka_unit_test(test_large_texts),
		cmocka_unit_test(test_hunks),
		cmocka_unit_test(test_what_is_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
