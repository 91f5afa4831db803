/*
 * source: a text that people wrote, and the places in it.
 *
 * A place is a byte offset; line and column are worked out only when somebody has to be told.
 * Messages have the form
 *
 *	build.lily.yaml:12:7: unknown key "need"; did you mean "needs"?
 *	  |       need: [ fetch ]
 *	  |       ^
 *
 * Nothing that a text contains reaches the terminal as it is: control characters, bytes that are
 * not UTF-8 and characters that turn the direction of writing are shown as stand-ins.
 */
#ifndef LILY_JSON_SOURCE_H
#define LILY_JSON_SOURCE_H

#include "base/buf.h"

struct source {
	const char *name; /* as the user named it; shown, never opened */
	struct str text;
	/* Where the text is a part of a file: lines in front of it, columns in front of its first. */
	uint32_t lines_before;
	uint32_t columns_before;
};

#define SOURCE_NOWHERE UINT32_MAX

struct position {
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in code points; a leading byte order mark does not count */
};

/* Lines end with LF, CR LF or CR. An offset past the end is the end. */
struct position source_position(const struct source *source, uint32_t offset);

/* The same for one offset after the other, none less than the one before, in one pass over the text. */
struct source_pass {
	struct source rest; /* from the last offset on */
	uint32_t at;        /* which is that */
};

#define SOURCE_PASS(source) ((struct source_pass){*(source), 0})

struct position source_pass_to(struct source_pass *pass, uint32_t offset);

/* Appends "name:line:col: message", the line and a caret, no newline at the end. Long lines are
 * cut around the column, long names at their front, long messages at their end, so that the whole
 * is less than ERR_MESSAGE_SIZE. An empty line is not shown. With SOURCE_NOWHERE only
 * "name: message". */
void source_describe(
	const struct source *source, uint32_t offset, struct str message, struct buf *b);

/* Sets ERR_INVALID with source_describe's text. */
int source_error(const struct source *source, uint32_t offset, struct err *err,
	const char *format, ...) ATTR_PRINTF(4, 5);

/* Likewise, ERR_LIMIT. */
int source_limit_error(const struct source *source, uint32_t offset, struct err *err,
	const char *format, ...) ATTR_PRINTF(4, 5);

#endif
