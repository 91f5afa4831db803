/*
 * instruction: what a program is made of: instructions, and the blocks that they stand in.
 *
 * A block is a schema. It allows some kinds of values at once, by a mask, and has a run of
 * instructions, in groups: those for each kind of value, those for any, those that need to know what
 * the others evaluated, and notes, which only annotate. So a value meets no instruction that does not
 * concern it. Block 0 allows everything, block 1 nothing.
 */
#ifndef LILY_CONTRACT_INSTRUCTION_H
#define LILY_CONTRACT_INSTRUCTION_H

#include "json/value.h"

#define BLOCK_TRUE 0
#define BLOCK_FALSE 1
#define BLOCK_NONE UINT32_MAX
#define COUNT_MAX UINT32_MAX /* no upper limit */

/* A value's bit in a mask of kinds is 1 << its kind; a number that is not written whole has another
 * one. */
enum kind_mask {
	KIND_WHOLE = 1 << 6,    /* 1.0, 1e2 */
	KIND_FRACTION = 1 << 7, /* 1.5 */
	KIND_INTEGER = 1 << VALUE_NUMBER | KIND_WHOLE,
	KIND_NUMBER = KIND_INTEGER | KIND_FRACTION,
	KIND_ALL = 0xFF,
};

enum group {
	GROUP_NUMBER,
	GROUP_STRING,
	GROUP_ARRAY,
	GROUP_OBJECT,
	GROUP_ANY,
	GROUP_LATE,
	GROUP_NOTES,
	GROUP_N,
};

/* What a, b and c are is said behind each. */
enum op {
	OP_MINIMUM,            /* a: bound; flag: exclusive */
	OP_MAXIMUM,            /* likewise */
	OP_MULTIPLE_OF,        /* a: bound */
	OP_LENGTH,             /* a: least, b: most code points */
	OP_PATTERN,            /* a: pattern */
	OP_FORMAT,             /* a: enum format */
	OP_CONTENT,            /* a: flags */
	OP_COUNT,              /* a: least, b: most items or members */
	OP_ITEMS,              /* a: list of b blocks for the first, c: block of the others */
	OP_CONTAINS,           /* a: block, b: least, c: most; flag: marks */
	OP_UNIQUE,             /* */
	OP_OBJECT,             /* a: object rule */
	OP_REQUIRED,           /* a: list of b names */
	OP_NAMES,              /* a: block */
	OP_DEPENDENT_REQUIRED, /* a: name, b: list of c names */
	OP_DEPENDENT_SCHEMA,   /* a: name, b: block */
	OP_ENUM,               /* a: enum rule */
	OP_NOT,                /* a: block */
	OP_REF,                /* a: block */
	OP_DYNAMIC_REF,        /* a: block, b: list of c pairs resource, block */
	OP_ALL_OF,             /* a: list of b blocks */
	OP_ANY_OF,             /* likewise */
	OP_ONE_OF,             /* likewise */
	OP_IF,                 /* a: block, b: then, c: else */
	OP_UNEVALUATED_ITEMS,  /* a: block */
	OP_UNEVALUATED_PROPERTIES, /* a: block */
	OP_TYPE,                   /* a: mask; a note, as the block has it */
	OP_NOTE,                   /* a: member of the schema */
};

enum op_flag {
	OP_EXCLUSIVE = 1 << 0,
	OP_MARKS = 1 << 1,
	OP_ITEMS_LIST = 1 << 2, /* "items" is the list, "additionalItems" for the others */
	OP_ONLY_SOON = 1 << 4,  /* while that is found out, level by level */
	OP_ONLY = 1 << 3, /* all of a sequence, and done in a time that its value is worth */
};

enum content_flag {
	CONTENT_IS_BASE64 = 1 << 0,
	CONTENT_IS_JSON = 1 << 1,
};

struct instruction {
	uint8_t op;
	uint8_t keyword; /* enum keyword, as the schema has it; KEYWORD_N for one unknown */
	uint16_t flags;
	uint32_t a;
	uint32_t b;
	uint32_t c;
};

enum block_flag {
	BLOCK_TRACKS = 1 << 0, /* has instructions of GROUP_LATE */
};

struct block {
	uint32_t first;
	uint16_t ends[GROUP_N]; /* of the groups, from first */
	uint8_t kinds;
	uint8_t flags;
	uint32_t resource;
	uint32_t node; /* of the frame */
};

#endif
