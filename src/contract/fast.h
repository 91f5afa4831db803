/*
 * fast: the form of a program that answers one question: is this value valid?
 *
 * Each block has a sequence of instructions for each kind of value, which ends with FAST_END: what
 * cannot concern that kind, and what is known already of it, is not there. Alternatives of which one can
 * hold have become that one, "type" has chosen the sequence, and references and conjunctions are
 * opened up. A sequence stands in `code` where `entries` says; that of what is valid at once is
 * FAST_VALID, that of what is not is FAST_INVALID.
 */
#ifndef LILY_CONTRACT_FAST_H
#define LILY_CONTRACT_FAST_H

#include "contract/instruction.h"
#include "contract/names.h"

/* Entries that are known before anything is compiled: their code has the same places. */
#define FAST_VALID 0
#define FAST_INVALID 1

/* Where a block has its sequence for a kind. */
static inline uint32_t
fast_entry(uint32_t block, unsigned kind)
{
	return block * KINDS + kind;
}

/* Instructions that only the fast form has, beside those of enum op that look at a value alone. An
 * "entry" is an index of `entries`. */
enum fast_op {
	FAST_END = OP_NOTE + 1,
	FAST_FAIL,
	FAST_KINDS,     /* a: mask, of numbers */
	FAST_STRING,    /* a, b, c: names, of which the string must be one */
	FAST_OBJECT,    /* a: fast object */
	FAST_MEMBERS,   /* likewise, a plain one */
	FAST_EACH,      /* a: target, of all members */
	FAST_EACH_ITEM, /* likewise, of all items */
	FAST_ITEMS, /* a: list of b targets for the first, c: target of the others or NO_INDEX */
	FAST_CONTAINS,          /* a: target, b: least, c: most; flag: marks */
	FAST_NAMES,             /* a: target */
	FAST_DEPENDENT,         /* a: name, b: entry */
	FAST_NOT,               /* a: entry */
	FAST_CALL,              /* a: entry */
	FAST_ANY_OF,            /* a: list of b branches, c: choice or NO_INDEX */
	FAST_ONE_OF,            /* likewise */
	FAST_IF,                /* a: branch, b: entry of then, c: of else */
	FAST_SCOPE,             /* a: resource, in which what follows is */
	FAST_TRACK,             /* what follows keeps track of what is evaluated */
	FAST_UNEVALUATED_ITEMS, /* a: target */
	FAST_UNEVALUATED_PROPERTIES,
	FAST_N,
};

struct fast_pattern {
	uint32_t pattern;
	struct target target;
};

/* What one pass over the members of an object looks for. */
struct fast_object {
	uint64_t required; /* bits */
	struct names names;
	struct target additional;
	uint32_t n_required;
	uint32_t patterns;
	uint32_t n_patterns;
	bool has_additional;
	bool is_plain; /* has no patterns, and nobody asks what was evaluated */
};

struct branch {
	uint32_t entry;
	uint32_t guard; /* NO_INDEX where it has none */
};

/* What a block needs at the least of an object: some members, and that one, if it is there, is a
 * string of an enum. Looked at first where the block may fail without harm. */
struct guard {
	uint32_t needed; /* first of the names, values */
	uint32_t n_needed;
	uint32_t name; /* value */
	struct names names;
	bool has_names;
};

/* The member by which alternatives name themselves, and which of them each name leaves. */
struct choice {
	uint32_t member; /* value */
	struct names names;
	uint32_t otherwise; /* list, for any other name and none */
};

struct fast {
	const uint32_t *entries; /* by block and kind */
	const struct instruction *code;
	const struct name *names;
	const struct target *targets;
	const struct fast_object *objects;
	const struct fast_pattern *patterns;
	const struct branch *branches;
	const struct guard *guards;
	const struct choice *choices;
};

#endif
