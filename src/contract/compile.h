/*
 * compile: from the nodes of a frame to a program.
 *
 * Blocks are made for the entry and then for whatever the blocks so far refer to, until there is
 * nothing new. Dynamic references come last: only resources that can be reached at all can be in
 * the dynamic scope, so most have one candidate.
 */
#ifndef LILY_CONTRACT_COMPILE_H
#define LILY_CONTRACT_COMPILE_H

#include "contract/frame.h"
#include "contract/program.h"

enum compile_flag {
	COMPILE_ASSERT_FORMAT = 1 << 0,
	COMPILE_ASSERT_CONTENT = 1 << 1,
};

/* The program of a node, in the arena; its patterns are the caller's to free by program_done.
 * ERR_INVALID at the place in the schema, ERR_LIMIT. */
int program_compile(struct frame *frame, uint32_t node, unsigned flags, struct arena *arena,
	struct program **ret_program, struct err *err);
void program_done(struct program *program);

/* The rest is what the files compile_*.c share. */

struct dynamic_reference {
	uint32_t block; /* of the reference; where in its code is found by op */
	uint32_t node;  /* that the reference names at first */
	struct str name;
	uint32_t at; /* instruction */
};

#define TABLE(type, name) \
	type *name;       \
	size_t n_##name, name##_capacity

struct compiler {
	struct frame *frame;
	unsigned flags;
	struct err *err;
	uint32_t *block_of; /* by node: block + 1 */
	size_t block_of_size;
	uint8_t *reached; /* by resource: has a block */
	size_t reached_size;
	uint32_t next; /* block to be lowered */
	TABLE(struct block, blocks);
	TABLE(struct instruction, code);
	TABLE(uint32_t, words);
	TABLE(struct value, values);
	TABLE(struct bounding, bounds);
	TABLE(struct slot, slots);
	TABLE(struct property, properties);
	TABLE(struct pattern_rule, pattern_rules);
	TABLE(struct object_rule, objects);
	TABLE(struct enum_rule, enums);
	TABLE(struct pattern *, patterns);
	TABLE(struct dynamic_reference, dynamic);
	struct map pattern_by_text;
	struct map dynamic_by_name;
	bool is_dynamic;
};

#define PUSH(c, name)                                                                  \
	((c)->name = memory_grow(                                                      \
		 (c)->name, (c)->n_##name, &(c)->name##_capacity, sizeof(*(c)->name)), \
		&(c)->name[(c)->n_##name++])

/* The schema that is being lowered: what it has for each keyword. */
struct lowering {
	struct compiler *c;
	uint32_t node;
	uint32_t block;
	enum draft draft;
	const struct value *schema;
	const struct value *has[KEYWORD_N]; /* NULL where it has none */
	struct instruction *pending[GROUP_N];
	size_t n[GROUP_N];
	size_t capacity[GROUP_N];
};

/* Adds an instruction to a group of the schema that is being lowered. */
struct instruction *lower_add(
	struct lowering *l, enum group group, enum op op, enum keyword keyword);

/* Sets the error at a value inside of the schema that is being lowered. */
#define lower_error(l, at, ...) \
	frame_error((l)->c->frame, (l)->node, (at), (l)->c->err, __VA_ARGS__)

/* The block of a schema that stands at this value; ERR_INVALID where none can. */
int lower_schema(
	struct lowering *l, const struct value *v, enum keyword keyword, uint32_t *ret_block);

/* A count such as "minItems" has, no more than COUNT_MAX; left as it is where l has no such
 * keyword. */
int lower_count(struct lowering *l, enum keyword keyword, uint32_t *ret_count);

int lower_numbers(struct lowering *l);
int lower_strings(struct lowering *l);
int lower_arrays(struct lowering *l);
int lower_objects(struct lowering *l);
int lower_any(struct lowering *l);
int lower_scalars_of_any(struct lowering *l);
int lower_dependencies(struct lowering *l);
int lower_pattern(struct lowering *l, const struct value *text, uint32_t *ret_pattern);

uint32_t compile_value(struct compiler *c, const struct value *v);
uint32_t compile_block(struct compiler *c, uint32_t node);
void compile_slots(struct compiler *c, uint32_t n, uint32_t *ret_first, uint32_t *ret_mask);
void compile_slot_add(
	struct compiler *c, uint32_t first, uint32_t mask, uint32_t hash, uint32_t index);

/* Makes the fast form of what the compiler has, in the arena. */
void compile_fast(struct compiler *c, struct arena *arena, struct fast *ret_fast);

/* A table, moved to the arena. */
void *compile_copy(struct arena *arena, const void *table, size_t n, size_t size);

#define MOVE(to, from, arena, name) \
	((to)->name = compile_copy( \
		 (arena), (from)->name, (from)->n_##name, sizeof(*(from)->name)))

#endif
