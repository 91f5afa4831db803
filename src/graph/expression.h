/*
 * expression: what stands within ${{ }}.
 *
 * This build knows plain references (params.X, inputs.X, in.X, steps.S.out.O, run.X); functions,
 * operators and literals of the language are recognised and refused by name.
 */
#ifndef LILY_GRAPH_EXPRESSION_H
#define LILY_GRAPH_EXPRESSION_H

#include "base/err.h"
#include "base/str.h"

/* A piece of a text: literal bytes, or an expression without its ${{ }} and blanks. */
struct piece {
	bool is_expression;
	struct str text;
};

/* The next piece of *rest, which is moved behind it: 1, 0 at the end. ERR_INVALID where a ${{ is
 * not closed; its message is one line. */
int piece_next(struct str *rest, struct piece *ret_piece, struct err *err);

/* Whether the text has a ${{ in it. */
bool expression_occurs(struct str text);

enum expression_root { ROOT_PARAM, ROOT_INPUT, ROOT_IN, ROOT_STEP, ROOT_RUN };

/* A plain reference: its root and what follows ("S.out.O" for a step). */
struct expression {
	enum expression_root root;
	struct str name;
};

/* ERR_INVALID where it is anything but a plain reference; the message says what is not honoured
 * or wrong, in one line without a place. */
int expression_read(struct str text, struct expression *ret_expression, struct err *err);

/* Names may contain dots, so "a.out.b.out.c" can be cut into step and output in two ways. Each
 * call gives the next one: 1, or 0. *at starts as 0. */
int expression_split(struct str name, size_t *at, struct str *ret_step, struct str *ret_output);

#endif
