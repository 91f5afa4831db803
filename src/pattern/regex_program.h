/*
 * regex_program: a regular expression as steps of a nondeterministic automaton.
 *
 * Counts are written out, so the program of (ab){3} has six REGEX_OP_SET. Jumps are relative to the
 * step that jumps. Only for what a finite automaton can do: no looks, no \b, no properties, no
 * references but empty ones.
 */
#ifndef LILY_PATTERN_REGEX_PROGRAM_H
#define LILY_PATTERN_REGEX_PROGRAM_H

#include "pattern/regex.h"

#define REGEX_PROGRAM_MAX 8192

enum regex_op_kind {
	REGEX_OP_SET, /* one character that leaves[leaf] matches, then the next step */
	REGEX_OP_JUMP,
	REGEX_OP_SPLIT, /* the next step, and the jump */
	REGEX_OP_START,
	REGEX_OP_END,
	REGEX_OP_MATCH,
};

struct regex_op {
	enum regex_op_kind kind;
	union {
		int32_t jump;
		uint32_t leaf;
	};
};

struct regex_program {
	struct regex_op *ops;
	uint32_t n;
	const struct regex_node **leaves; /* of kind REGEX_CHAR and REGEX_SET */
	uint32_t n_leaves;
};

/* false where the expression needs more than that, or is too large. All in the arena. */
bool regex_program_write(
	struct arena *arena, const struct regex *regex, struct regex_program *ret_program);

#endif
