/* The region at the bottom: what is written is exactly what takes the last frame away. */
#include "cli/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

struct fixture {
	int pipe[2];
	struct term term;
	struct screen screen;
	char bytes[4096];
};

static void
begin(struct fixture *fixture)
{
	assert_int_equal(pipe(fixture->pipe), 0);
	fixture->term = (struct term){.fd = fixture->pipe[1]};
	screen_init(&fixture->screen, &fixture->term);
}

static void
end(struct fixture *fixture)
{
	screen_done(&fixture->screen);
	(void)close(fixture->pipe[0]);
	(void)close(fixture->pipe[1]);
}

static const char *
drawn(struct fixture *fixture, const char *above, const char *lines)
{
	AUTO_TEXT struct text above_text = TEXT_INIT;
	AUTO_TEXT struct text lines_text = TEXT_INIT;
	ssize_t n;

	text_add_string(&above_text, above);
	text_add_string(&lines_text, lines);
	screen_draw(&fixture->screen, &above_text, &lines_text);
	n = read(fixture->pipe[0], fixture->bytes, sizeof(fixture->bytes) - 1);
	assert_true(n >= 0);
	fixture->bytes[n] = '\0';
	return fixture->bytes;
}

static void
frames_replace_each_other(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_string_equal(drawn(&fixture, "", "head\none\ntwo"), "head\none\ntwo");
	assert_string_equal(
		drawn(&fixture, "done a\n", "head\none"), "\r\033[2A\033[Jdone a\nhead\none");
	assert_string_equal(drawn(&fixture, "", "head"), "\r\033[1A\033[Jhead");
	assert_string_equal(drawn(&fixture, "last\n", ""), "\r\033[Jlast\n");
	assert_string_equal(drawn(&fixture, "", "x"), "x");
	end(&fixture);
}

/* A line of 100 columns stands on two rows of 80; its colours take none. */
static void
broken_lines_count_as_their_rows(void **state)
{
	AUTO_TEXT struct text wide = TEXT_INIT;
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	text_add_string(&wide, "\033[1m");
	text_fill(&wide, 'x', 100);
	text_add_string(&wide, "\033[0m\ny");
	(void)drawn(&fixture, "", text_string(&wide));
	assert_string_equal(drawn(&fixture, "", "z"), "\r\033[2A\033[Jz");
	text_clear(&wide);
	text_add_string(&wide, "\033[1m");
	text_fill(&wide, 'x', 80);
	text_add_string(&wide, "\033[0m\ny");
	(void)drawn(&fixture, "", text_string(&wide));
	assert_string_equal(drawn(&fixture, "", "z"), "\r\033[1A\033[Jz");
	end(&fixture);
}

static void
erasing_leaves_nothing(void **state)
{
	struct fixture fixture;
	ssize_t n;

	(void)state;
	begin(&fixture);
	(void)drawn(&fixture, "", "a\nb");
	screen_erase(&fixture.screen);
	n = read(fixture.pipe[0], fixture.bytes, sizeof(fixture.bytes));
	assert_int_equal(n, 8);
	assert_memory_equal(fixture.bytes, "\r\033[1A\033[J", 8);
	screen_erase(&fixture.screen);
	assert_string_equal(drawn(&fixture, "", "c"), "c");
	end(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_replace_each_other),
		cmocka_unit_test(broken_lines_count_as_their_rows),
		cmocka_unit_test(erasing_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
