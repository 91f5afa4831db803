/*
 * table: the files of tests/data: a question and an answer a line, with " => " between them.
 */
#ifndef LILY_TESTS_TABLE_H
#define LILY_TESTS_TABLE_H

#include "base/file.h"

#include <fcntl.h>

/* At the first occurrence of a text of some bytes; fails where there is none. */
static inline void
table_cut(struct str line, struct str between, struct str *ret_before, struct str *ret_after)
{
	const char *at = memmem(line.p, line.n, between.p, between.n);

	if (!at)
		fail_msg("no \"%s\" in: %.*s", between.p, STR_ARG(line));
	*ret_before = (struct str){line.p, (size_t)(at - line.p)};
	*ret_after = (struct str){at + between.n, line.n - ret_before->n - between.n};
}

/* Calls with each line that is no comment; returns how many there were. */
static inline size_t
table_each(const char *name, void (*ask)(struct str question, struct str answer))
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 20);
	struct err err = ERR_INIT;
	struct str rest;
	size_t n = 0;

	if (file_read(AT_FDCWD, arena_printf(&arena, SOURCE_ROOT "/tests/data/%s", name), &text,
		    &err) < 0)
		fail_msg("%s", err.message);
	for (rest = buf_str(&text); rest.n;) {
		struct str line = str_cut(rest, '\n', &rest);
		struct str question;
		struct str answer;

		if (!line.n || line.p[0] == '#')
			continue;
		table_cut(line, STR(" => "), &question, &answer);
		ask(question, answer);
		n++;
	}
	return n;
}

#endif
