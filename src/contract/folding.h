/*
 * folding: from a program as it is written to its fast form.
 *
 * Each block is folded for each kind of value: what is put together is all that must hold, with the
 * references and conjunctions that are opened up, and without what the kind decides. What a block comes to
 * (a verdict) decides further what refers to it. A reference that leads back to what is being folded stays
 * one, and nothing is concluded from it: what never ends is a limit, and no answer.
 */
#ifndef LILY_CONTRACT_FOLDING_H
#define LILY_CONTRACT_FOLDING_H

#include "base/memory.h"
#include "contract/compile.h"

#define OPENED_MAX 24 /* instructions of a sequence that opens others */

enum verdict {
	VERDICT_VALID,
	VERDICT_INVALID,
	VERDICT_OPEN,    /* the value decides */
	VERDICT_ENDLESS, /* nothing can be concluded */
};

struct folding {
	struct compiler *c;
	bool tracks; /* there is a block that does */
	uint32_t *entries;
	uint8_t *states;    /* of the entries */
	uint8_t *numbers;   /* by block: the numbers that it allows, as a mask of kinds */
	uint8_t *narrowed;  /* by block: whether more is asked of numbers than that mask */
	uint32_t *rules;    /* by block: list of the object rules that must hold, or NO_INDEX */
	uint32_t *guard_of; /* by block: index + 1 */
	TABLE(struct instruction, code);
	TABLE(struct name, names);
	TABLE(struct name, put_off);
	TABLE(uint32_t, hashes); /* of those put off */
	TABLE(struct target, targets);
	TABLE(struct fast_object, objects);
	TABLE(struct fast_pattern, patterns);
	TABLE(struct branch, branches);
	TABLE(struct guard, guards);
	TABLE(struct choice, choices);
};

/* A sequence that is being put together: blocks that must hold, for one kind of value. */
struct opening {
	struct folding *f;
	enum value_kind kind;
	unsigned deep; /* foldings under way */
	struct instruction *code[GROUP_N];
	size_t n[GROUP_N];
	size_t capacity[GROUP_N];
	size_t total;
	uint32_t opened[OPENED_MAX]; /* blocks that are in it, or referred to */
	uint32_t n_opened;
	unsigned nested;
	unsigned numbers; /* that are allowed, as a mask of kinds */
	bool is_invalid;
	bool is_endless;
};

static inline bool
opening_wants_marks(const struct opening *o)
{
	return o->f->tracks && o->kind >= VALUE_ARRAY;
}

/* Adds an instruction, in the form that blocks are written in. */
static inline struct instruction *
opening_add(struct opening *o, enum group group, struct instruction i)
{
	o->code[group] =
		memory_grow(o->code[group], o->n[group], &o->capacity[group], sizeof(i));
	o->total++;
	o->code[group][o->n[group]] = i;
	return &o->code[group][o->n[group]++];
}

/* Adds all that the block asks for (compile_fold.c). */
void opening_open(struct opening *o, uint32_t block);

/* Where it is known now what "unevaluatedProperties" and "unevaluatedItems" are left with, whatever
 * the value: puts a rule of its own in the place of each, so that nothing has to be kept track of
 * (compile_unevaluated.c). */
void opening_settle(struct opening *o);

/* What the block comes to for a kind of value; folds it, where not too many are under way. */
enum verdict fold_block(struct folding *f, uint32_t block, enum value_kind kind, unsigned deep);

/* The block that a chain of bare references ends at. */
uint32_t fold_end_of_chain(const struct compiler *c, uint32_t block);

/* Adds the fast form of one instruction to the code (compile_fast_code.c). */
void fast_add(struct folding *f, enum value_kind kind, const struct instruction *i);

/* A table of names: they are put off until all are known (compile_names.c). The slot that is put off is
 * there until the next one is. */
struct name *fast_put_off(struct folding *f, struct str text, uint32_t hash);
struct names fast_names(struct folding *f);
struct names fast_names_of_enum(struct folding *f, const struct enum_rule *rule);

/* Guards of branches, and choices between them, when all is folded (compile_choice.c). */
void fast_choose(struct folding *f);

#endif
