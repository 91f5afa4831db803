#include "contract/folding.h"

#define DEEP_MAX 24 /* foldings that are under way at once */
#define SHORT_LEVELS 2
#define CHAIN_MAX 64 /* references to references */

enum state { STATE_NEW, STATE_UNDER_WAY, STATE_DONE, STATE_ENDLESS };

uint32_t
fold_end_of_chain(const struct compiler *c, uint32_t block)
{
	uint32_t at = block;

	for (int i = 0; i < CHAIN_MAX && !c->is_dynamic; i++) {
		const struct block *b = &c->blocks[at];

		if (b->ends[GROUP_LATE] != 1 || b->kinds != KIND_ALL ||
			c->code[b->first].op != OP_REF)
			return at;
		at = c->code[b->first].a;
	}
	return block;
}

static void
add_bare(struct folding *f, enum fast_op op, uint32_t a)
{
	*PUSH(f, code) = (struct instruction){.op = (uint8_t)op, .a = a};
}

/* Numbers may be allowed in part, which their sequence looks at itself. */
static bool
is_partial(const struct opening *o)
{
	return o->kind == VALUE_NUMBER && (o->numbers & KIND_NUMBER) != KIND_NUMBER;
}

/* Whether an instruction is done in a time that its value is worth, without looking inside of it. */
static bool
is_short(unsigned op)
{
	switch (op) {
	case OP_MINIMUM:
	case OP_MAXIMUM:
	case OP_LENGTH:
	case OP_PATTERN:
	case OP_FORMAT:
	case OP_COUNT:
	case FAST_KINDS:
	case FAST_STRING: return true;
	default: return false;
	}
}

static uint32_t
write_sequence(struct opening *o, uint32_t block)
{
	struct folding *f = o->f;
	uint32_t first = (uint32_t)f->n_code;

	if (o->is_invalid || (o->kind == VALUE_NUMBER && !(o->numbers & KIND_NUMBER)))
		return FAST_INVALID;
	if (!o->total && !is_partial(o))
		return FAST_VALID;
	if (f->c->is_dynamic) {
		add_bare(f, FAST_SCOPE, f->c->blocks[block].resource);
		add_bare(f, FAST_END, 0);
	}
	if (o->n[GROUP_LATE]) {
		add_bare(f, FAST_TRACK, 0);
		add_bare(f, FAST_END, 0);
	}
	if (is_partial(o))
		add_bare(f, FAST_KINDS, o->numbers);
	for (unsigned g = 0; g <= GROUP_LATE; g++)
		for (size_t i = 0; i < o->n[g]; i++)
			fast_add(f, o->kind, &o->code[g][i]);
	if (f->n_code == first + 1 && is_short(f->code[first].op))
		f->code[first].flags |= OP_ONLY;
	add_bare(f, FAST_END, 0);
	return first;
}

/* The object rules that must hold, for guards and choices. */
static uint32_t
write_rules(struct opening *o)
{
	struct compiler *c = o->f->c;
	uint32_t first = (uint32_t)c->n_words;

	*PUSH(c, words) = 0;
	for (size_t i = 0; i < o->n[GROUP_OBJECT]; i++)
		if (o->code[GROUP_OBJECT][i].op == OP_OBJECT)
			*PUSH(c, words) = o->code[GROUP_OBJECT][i].a;
	c->words[first] = (uint32_t)c->n_words - first - 1;
	if (c->words[first])
		return first;
	c->n_words = first;
	return NO_INDEX;
}

/* Bounded by DEEP_MAX. NOLINTBEGIN(misc-no-recursion) */

static void
fold_opened(struct folding *f, uint32_t block, enum value_kind kind, unsigned deep)
{
	struct opening o = {.f = f, .kind = kind, .deep = deep, .numbers = KIND_ALL};
	uint32_t entry = fast_entry(block, kind);

	opening_open(&o, block);
	if (kind == VALUE_OBJECT)
		f->rules[block] = write_rules(&o);
	if (o.n[GROUP_LATE])
		opening_settle(&o);
	if (kind == VALUE_NUMBER) {
		f->numbers[block] = o.is_invalid ? 0 : (uint8_t)(o.numbers & KIND_NUMBER);
		f->narrowed[block] = o.total > 0;
	}
	f->entries[entry] = write_sequence(&o, block);
	f->states[entry] = o.is_endless ? STATE_ENDLESS : STATE_DONE;
	for (unsigned g = 0; g < GROUP_N; g++)
		free(o.code[g]);
}

/* A bare reference shares what it refers to. False where that is still under way. */
static bool
fold_as(struct folding *f, uint32_t block, uint32_t end, enum value_kind kind, unsigned deep)
{
	uint32_t from = fast_entry(end, kind);
	uint32_t to = fast_entry(block, kind);

	(void)fold_block(f, end, kind, deep);
	if (f->states[from] < STATE_DONE)
		return false;
	f->entries[to] = f->entries[from];
	f->states[to] = f->states[from];
	f->numbers[block] = f->numbers[end];
	f->narrowed[block] = f->narrowed[end];
	f->rules[block] = f->rules[end];
	return true;
}

static void
fold_now(struct folding *f, uint32_t block, enum value_kind kind, unsigned deep)
{
	const struct block *b = &f->c->blocks[block];
	uint32_t entry = fast_entry(block, kind);
	unsigned wanted = kind == VALUE_NUMBER ? KIND_NUMBER : 1U << kind;
	uint32_t end = fold_end_of_chain(f->c, block);

	f->states[entry] = STATE_UNDER_WAY;
	if (!(b->kinds & wanted)) {
		f->entries[entry] = FAST_INVALID;
		f->states[entry] = STATE_DONE;
		return;
	}
	if (end == block || !fold_as(f, block, end, kind, deep))
		fold_opened(f, block, kind, deep);
}

enum verdict
fold_block(struct folding *f, uint32_t block, enum value_kind kind, unsigned deep)
{
	uint32_t entry = fast_entry(block, kind);

	if (f->states[entry] == STATE_NEW && deep < DEEP_MAX)
		fold_now(f, block, kind, deep);
	if (f->states[entry] != STATE_DONE)
		return VERDICT_ENDLESS;
	return f->entries[entry] == FAST_VALID      ? VERDICT_VALID
		: f->entries[entry] == FAST_INVALID ? VERDICT_INVALID
						    : VERDICT_OPEN;
}

/* NOLINTEND(misc-no-recursion) */

/* What a target's masks are is known when all is folded; until then it has its block for its entries. */
static void
settle_target(const struct folding *f, struct target *target)
{
	uint32_t block = target->entries;
	unsigned numbers = f->numbers[block];
	bool is_narrowed = f->narrowed[block];
	unsigned yes = 0;
	unsigned maybe = 0;

	for (unsigned kind = 0; kind < KINDS; kind++) {
		uint32_t entry = f->entries[fast_entry(block, kind)];

		yes |= (unsigned)(entry == FAST_VALID) << kind;
		maybe |= (unsigned)(entry != FAST_INVALID) << kind;
	}
	if (maybe >> VALUE_NUMBER & 1 && numbers >> VALUE_NUMBER & 1) {
		yes |= (unsigned)!is_narrowed << CLASS_WHOLE;
		maybe |= 1U << CLASS_WHOLE;
	}
	target->entries = fast_entry(block, 0);
	target->yes = (uint16_t)yes;
	target->maybe = (uint16_t)maybe;
}

static void
settle_targets(struct folding *f)
{
	for (size_t i = 0; i < f->n_targets; i++)
		settle_target(f, &f->targets[i]);
	for (size_t i = 0; i < f->n_objects; i++)
		settle_target(f, &f->objects[i].additional);
	for (size_t i = 0; i < f->n_patterns; i++)
		settle_target(f, &f->patterns[i].target);
	/* Names that belong to no object have none: they are those of values. */
	for (size_t i = 0; i < f->n_objects; i++) {
		struct name *slots = f->names + f->objects[i].names.first;

		for (size_t k = 0; k <= f->objects[i].names.mask; k++)
			if (slots[k].n != NAME_FREE)
				settle_target(f, &slots[k].target);
	}
}

static bool
target_is_short(const struct folding *f, const struct target *target)
{
	for (unsigned kind = 0; kind < KINDS; kind++) {
		uint32_t entry = f->entries[target->entries + kind];

		if (entry != FAST_VALID && entry != FAST_INVALID &&
			!(f->code[entry].flags & OP_ONLY))
			return false;
	}
	return true;
}

static bool
members_are_short(const struct folding *f, const struct fast_object *o)
{
	const struct name *slots = f->names + o->names.first;

	for (size_t k = 0; k <= o->names.mask; k++)
		if (slots[k].n != NAME_FREE && !target_is_short(f, &slots[k].target))
			return false;
	return target_is_short(f, &o->additional);
}

/* What looks at each member or item shortly is done in a time that the value is worth. A few levels of
 * that need no more of the stack than what every sequence leaves. */
static void
find_short(struct folding *f)
{
	for (uint32_t i = 0; i < f->c->n_blocks * KINDS; i++) {
		struct instruction *code = &f->code[f->entries[i]];
		bool is_it = false;

		if (code[0].op == FAST_END || code[0].flags & OP_ONLY || code[1].op != FAST_END)
			continue;
		if (code->op == FAST_EACH || code->op == FAST_EACH_ITEM)
			is_it = target_is_short(f, &f->targets[code->a]);
		else if (code->op == FAST_MEMBERS)
			is_it = members_are_short(f, &f->objects[code->a]);
		code->flags |= is_it ? OP_ONLY_SOON : 0;
	}
	for (size_t i = 0; i < f->n_code; i++)
		if (f->code[i].flags & OP_ONLY_SOON)
			f->code[i].flags = OP_ONLY;
}

static void
folding_init(struct folding *f)
{
	size_t n = f->c->n_blocks;

	f->entries = memory_zeroed(n * KINDS, sizeof(*f->entries));
	f->states = memory_zeroed(n * KINDS, sizeof(*f->states));
	f->numbers = memory_zeroed(n, sizeof(*f->numbers));
	f->narrowed = memory_zeroed(n, sizeof(*f->narrowed));
	f->guard_of = memory_zeroed(n, sizeof(*f->guard_of));
	f->rules = memory_new(n, sizeof(*f->rules));
	memset(f->rules, 0xFF, n * sizeof(*f->rules));
	for (size_t i = 0; i < n; i++)
		f->tracks |= f->c->blocks[i].flags & BLOCK_TRACKS;
	add_bare(f, FAST_END, 0);
	add_bare(f, FAST_FAIL, 0);
}

static void
folding_done(struct folding *f)
{
	free(f->entries);
	free(f->states);
	free(f->numbers);
	free(f->narrowed);
	free(f->guard_of);
	free(f->rules);
	free(f->code);
	free(f->names);
	free(f->put_off);
	free(f->hashes);
	free(f->targets);
	free(f->objects);
	free(f->patterns);
	free(f->branches);
	free(f->guards);
	free(f->choices);
}

void
compile_fast(struct compiler *c, struct arena *arena, struct fast *ret_fast)
{
	struct folding f = {.c = c};

	folding_init(&f);
	for (uint32_t block = 0; block < c->n_blocks; block++)
		for (unsigned kind = 0; kind < KINDS; kind++)
			(void)fold_block(&f, block, (enum value_kind)kind, 0);
	settle_targets(&f);
	for (int level = 0; level < SHORT_LEVELS; level++)
		find_short(&f);
	fast_choose(&f);
	ret_fast->entries =
		compile_copy(arena, f.entries, c->n_blocks * KINDS, sizeof(*f.entries));
	MOVE(ret_fast, &f, arena, code);
	MOVE(ret_fast, &f, arena, names);
	MOVE(ret_fast, &f, arena, targets);
	MOVE(ret_fast, &f, arena, objects);
	MOVE(ret_fast, &f, arena, patterns);
	MOVE(ret_fast, &f, arena, branches);
	MOVE(ret_fast, &f, arena, guards);
	MOVE(ret_fast, &f, arena, choices);
	folding_done(&f);
}
