/*
 * lexer: the words of an expression.
 *
 * Names are [A-Za-z_][A-Za-z0-9_-]*, behind a dot also with a digit first; texts stand in single
 * quotes, a quote in them is doubled; numbers are those of JSON.
 */
#ifndef LILY_EXPR_LEXER_H
#define LILY_EXPR_LEXER_H

#include "expr/tree.h"

struct lexer {
	struct arena *arena; /* of texts without their quotes */
	struct str text;
	size_t at;
	unsigned flags;    /* enum expr_flag */
	uint32_t fault_at; /* where the newest error is */
	struct err *err;
};

/* Sets the error, of code ERR_INVALID, at a byte of the text. */
int lexer_refuse(struct lexer *l, size_t at, const char *format, ...) ATTR_PRINTF(3, 4);

/* The byte at the place after blanks, '\0' at the end. */
char lexer_peek(struct lexer *l);

/* Moves past `word` where it comes next. */
bool lexer_take(struct lexer *l, const char *word);

/* A name, number or text that begins here; false (or ERR_INVALID) where none does. */
bool lexer_name(struct lexer *l, bool behind_dot, struct str *ret_name);
int lexer_number(struct lexer *l, struct str *ret_lexeme);
int lexer_text(struct lexer *l, struct str *ret_text);

/* An operator between two operands: 1, 0 where none comes next; ERR_INVALID for those of other
 * languages. */
int lexer_operator(struct lexer *l, enum node_kind *ret_kind);

/* What stands here instead of an operand: always ERR_INVALID. */
int lexer_refuse_operand(struct lexer *l);

#endif
