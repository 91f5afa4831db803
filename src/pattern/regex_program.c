#include "pattern/regex_program.h"

#define NO_JUMP (-1)
/* A group, a sequence and a repeat for each level, and the root. */
#define FRAMES_MAX (3 * (REGEX_DEPTH_MAX + 2))

/* What is open: where its steps begin, and the last jump to its end, each of which holds the one
 * before it until the end is known. */
struct frame {
	uint32_t start;
	int32_t jumps;
};

struct writer {
	struct regex_program program;
	struct arena *arena;
	uint32_t capacity; /* of the program */
	struct frame *frames;
	size_t depth;
};

static struct regex_op *
add_op(struct writer *w, enum regex_op_kind kind, int32_t jump)
{
	struct regex_op *op = &w->program.ops[w->program.n++];

	op->kind = kind;
	op->jump = jump;
	return op;
}

static void
enter(struct writer *w, const struct regex_node *node)
{
	struct regex_program *program = &w->program;

	w->frames[w->depth++] = (struct frame){program->n, NO_JUMP};
	switch (node->kind) {
	case REGEX_SEQUENCE:
		if (node->next)
			(void)add_op(w, REGEX_OP_SPLIT, 0);
		break;
	case REGEX_CHAR:
	case REGEX_SET:
		program->leaves[program->n_leaves] = node;
		add_op(w, REGEX_OP_SET, 0)->leaf = program->n_leaves++;
		break;
	case REGEX_START: (void)add_op(w, REGEX_OP_START, 0); break;
	case REGEX_END: (void)add_op(w, REGEX_OP_END, 0); break;
	case REGEX_GROUP:
	case REGEX_LOOK:
	case REGEX_REPEAT:
	case REGEX_BOUNDARY:
	case REGEX_REFERENCE: break;
	}
}

static void
leave_alternative(struct writer *w, uint32_t start, struct frame *container)
{
	struct regex_program *program = &w->program;

	(void)add_op(w, REGEX_OP_JUMP, container->jumps);
	container->jumps = (int32_t)program->n - 1;
	program->ops[start].jump = (int32_t)(program->n - start);
}

static void
leave_group(struct writer *w, int32_t jumps)
{
	while (jumps != NO_JUMP) {
		int32_t earlier = w->program.ops[jumps].jump;

		w->program.ops[jumps].jump = (int32_t)w->program.n - jumps;
		jumps = earlier;
	}
}

static void
add_copy(struct writer *w, const struct regex_op *ops, uint32_t n)
{
	if (n)
		memcpy(&w->program.ops[w->program.n], ops, n * sizeof(*ops));
	w->program.n += n;
}

/* Writes the steps from start on as often as the repeat says; false where that is too much. */
static bool
leave_repeat(struct writer *w, const struct regex_node *node, uint32_t start)
{
	uint32_t n = w->program.n - start;
	uint32_t times = node->max == REGEX_FOREVER ? MAX(node->min, 1) : node->max;
	uint64_t size = (uint64_t)(n + 1) * times + 2;
	struct regex_op *ops;

	if (start + size > w->capacity)
		return false;
	ops = ARENA_ARRAY(w->arena, n + 1, struct regex_op);
	if (n)
		memcpy(ops, &w->program.ops[start], n * sizeof(*ops));
	w->program.n = start;
	for (uint32_t i = 0; i < node->min; i++)
		add_copy(w, ops, n);
	if (node->max != REGEX_FOREVER) {
		for (uint32_t left = node->max - node->min; left; left--) {
			(void)add_op(w, REGEX_OP_SPLIT, (int32_t)((n + 1) * left));
			add_copy(w, ops, n);
		}
	} else if (node->min) {
		(void)add_op(w, REGEX_OP_SPLIT, -(int32_t)n);
	} else {
		(void)add_op(w, REGEX_OP_SPLIT, (int32_t)n + 2);
		add_copy(w, ops, n);
		(void)add_op(w, REGEX_OP_JUMP, -(int32_t)(n + 1));
	}
	return true;
}

static bool
leave(struct writer *w, const struct regex_node *node)
{
	struct frame frame = w->frames[--w->depth];

	if (node->kind == REGEX_SEQUENCE && node->next)
		leave_alternative(w, frame.start, &w->frames[w->depth - 1]);
	else if (node->kind == REGEX_GROUP)
		leave_group(w, frame.jumps);
	else if (node->kind == REGEX_REPEAT)
		return leave_repeat(w, node, frame.start);
	return true;
}

static bool
is_regular(const struct regex *regex)
{
	for (const struct regex_node *r = regex->references; r; r = r->next_reference)
		if (!r->empty)
			return false;
	return !regex->has_look && !regex->has_boundary && !regex->has_property;
}

bool
regex_program_write(
	struct arena *arena, const struct regex *regex, struct regex_program *ret_program)
{
	struct regex_walk walk = REGEX_WALK(regex->root);
	struct writer w = {.arena = arena};

	if (!is_regular(regex) || regex->root->size > REGEX_PROGRAM_MAX)
		return false;
	/* Each part that size counts is written as at most two steps. */
	w.capacity = MIN(2 * regex->root->size + 8, REGEX_PROGRAM_MAX);
	w.program.ops = ARENA_ARRAY(arena, w.capacity + 4, struct regex_op);
	w.program.leaves = ARENA_ARRAY(arena, regex->root->size, const struct regex_node *);
	w.frames = ARENA_ARRAY(arena, FRAMES_MAX, struct frame);
	while (regex_walk_next(&walk)) {
		if (w.program.n + 2 > w.capacity)
			return false;
		if (!walk.leaving)
			enter(&w, walk.node);
		else if (!leave(&w, walk.node))
			return false;
	}
	(void)add_op(&w, REGEX_OP_MATCH, 0);
	*ret_program = w.program;
	return true;
}
