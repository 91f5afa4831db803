/*
 * Reads lines "PATTERN SUBJECT…" in hexadecimal UTF-8 ("-" is the empty text) and writes for each
 * "invalid", "limit", or a character for each subject: 1, 0, or L for a limit. With an argument the
 * message of a pattern that was refused follows.
 */
#include "base/arena.h"
#include "contract/pattern.h"

#include <stdio.h>

static int
hex_value(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static struct str
decode(struct arena *arena, struct str word)
{
	char *bytes = arena_bytes(arena, word.n / 2 + 1);

	if (str_is(word, "-"))
		return STR_EMPTY;
	for (size_t i = 0; i < word.n / 2; i++)
		bytes[i] = (char)(hex_value(word.p[2 * i]) << 4 | hex_value(word.p[2 * i + 1]));
	return (struct str){bytes, word.n / 2};
}

static void
answer(struct arena *arena, struct str line, bool explain)
{
	struct str rest;
	struct str text = decode(arena, str_cut(line, ' ', &rest));
	struct pattern *pattern = NULL;
	struct err err = ERR_INIT;
	int code = pattern_new(text, &pattern, &err);

	if (code) {
		(void)fputs(code == ERR_INVALID ? "invalid" : "limit", stdout);
		if (explain)
			(void)printf(" %s", err.message);
		(void)putchar('\n');
		return;
	}
	while (rest.p) {
		struct str subject = decode(arena, str_cut(rest, ' ', &rest));
		int matches = pattern_match(pattern, subject, &err);

		(void)putchar(matches < 0 ? 'L' : '0' + matches);
	}
	(void)putchar('\n');
	pattern_free(pattern);
}

int
main(int argc, char **argv)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char *line = NULL;
	size_t capacity = 0;
	ssize_t n;

	(void)argv;
	while ((n = getline(&line, &capacity, stdin)) > 0) {
		arena_reset(&arena);
		answer(&arena, str_trim((struct str){line, (size_t)n}), argc > 1);
	}
	free(line);
	return ferror(stdin) || fflush(stdout);
}
