/*
 * Reads lines "PATTERN SUBJECT…" in hexadecimal UTF-8 ("-" is the empty text) and writes for each
 * "invalid", "limit", or a character for each subject: 1, 0, L for a limit, and D where PCRE2 says
 * something else than the shape or automaton that stands for it. With an argument the message of a
 * pattern that was refused follows.
 */
#include "pattern/pattern.h"
#include "pattern/pattern_engine.h"
#include "pattern/regex_reference.h"
#include "pattern/regex_translate.h"

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

/* The same pattern without what is tried before PCRE2; NULL where PCRE2 cannot take it. */
static struct pattern_engine *
engine_of(struct arena *arena, struct str text)
{
	AUTO_BUF struct buf translation = BUF_INIT((size_t)1 << 20);
	struct pattern_engine *engine = NULL;
	struct regex regex;
	struct err err = ERR_INIT;

	if (regex_parse(arena, text, &regex, &err) == 0 &&
		regex_reference_resolve(&regex, &err) == 0 &&
		regex_translate(arena, &regex, &translation, &err) == 0)
		(void)pattern_engine_new(buf_str(&translation), &engine, &err);
	return engine;
}

static char
answer_subject(const struct pattern *pattern, struct pattern_engine *engine, struct str subject)
{
	uint64_t work = UINT64_MAX;
	struct err err = ERR_INIT;
	int matches = pattern_match(pattern, subject, &err);
	int again = engine ? pattern_engine_match(engine, subject, &work, &err) : -1;

	if (matches >= 0 && again >= 0 && matches != again)
		return 'D';
	return matches < 0 ? 'L' : (char)('0' + matches);
}

static void
answer(struct arena *arena, struct str line, bool explain)
{
	struct pattern_engine *engine;
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
	engine = engine_of(arena, text);
	while (rest.p)
		(void)putchar(answer_subject(
			pattern, engine, decode(arena, str_cut(rest, ' ', &rest))));
	(void)putchar('\n');
	pattern_engine_free(engine);
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
