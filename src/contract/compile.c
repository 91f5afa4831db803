#include "contract/compile.h"

#include "base/memory.h"
#include "json/number.h"

#define BLOCKS_MAX ((size_t)1 << 22)
#define GROUP_MAX \
	8192 /* instructions of one block: most keywords are one, some one for each entry */

uint32_t
compile_value(struct compiler *c, const struct value *v)
{
	*PUSH(c, values) = *v;
	return (uint32_t)c->n_values - 1;
}

static void
reach(struct compiler *c, uint32_t resource)
{
	if (resource >= c->reached_size) {
		size_t size = MAX(c->frame->n_resources, (size_t)resource + 1);

		c->reached = memory_resize(c->reached, size, sizeof(*c->reached));
		memset(c->reached + c->reached_size, 0, size - c->reached_size);
		c->reached_size = size;
	}
	c->reached[resource] = 1;
}

static bool
is_reached(const struct compiler *c, uint32_t resource)
{
	return resource < c->reached_size && c->reached[resource];
}

uint32_t
compile_block(struct compiler *c, uint32_t node)
{
	if (node >= c->block_of_size) {
		size_t size = MAX(c->frame->n_nodes, (size_t)node + 1);

		c->block_of = memory_resize(c->block_of, size, sizeof(*c->block_of));
		memset(c->block_of + c->block_of_size, 0,
			(size - c->block_of_size) * sizeof(*c->block_of));
		c->block_of_size = size;
	}
	if (!c->block_of[node]) {
		*PUSH(c, blocks) = (struct block){.kinds = KIND_ALL,
			.node = node,
			.resource = c->frame->nodes[node].resource};
		c->block_of[node] = (uint32_t)c->n_blocks;
		reach(c, c->frame->nodes[node].resource);
	}
	return c->block_of[node] - 1;
}

void
compile_slots(struct compiler *c, uint32_t n, uint32_t *ret_first, uint32_t *ret_mask)
{
	uint32_t size = 4;

	while (size < n * 2)
		size *= 2;
	*ret_first = (uint32_t)c->n_slots;
	*ret_mask = size - 1;
	for (uint32_t i = 0; i < size; i++)
		*PUSH(c, slots) = (struct slot){0, 0};
}

void
compile_slot_add(
	struct compiler *c, uint32_t first, uint32_t mask, uint32_t hash, uint32_t index)
{
	uint32_t i = hash & mask;

	while (c->slots[first + i].index)
		i = (i + 1) & mask;
	c->slots[first + i] = (struct slot){hash, index + 1};
}

struct instruction *
lower_add(struct lowering *l, enum group group, enum op op, enum keyword keyword)
{
	struct instruction *i;

	l->pending[group] = memory_grow(l->pending[group], l->n[group], &l->capacity[group],
		sizeof(struct instruction));
	i = &l->pending[group][l->n[group]++];
	*i = (struct instruction){.op = (uint8_t)op, .keyword = (uint8_t)keyword};
	return i;
}

int
lower_schema(
	struct lowering *l, const struct value *v, enum keyword keyword, uint32_t *ret_block)
{
	uint32_t node = frame_node_of(l->c->frame, v);

	if (!node || (v->kind != VALUE_OBJECT && v->kind != VALUE_BOOL))
		return lower_error(l, v,
			"\"%s\" has %s where a schema is due, which is an object or a boolean",
			keyword_name(keyword), value_kind_name(v));
	*ret_block = compile_block(l->c, node);
	return 0;
}

int
lower_count(struct lowering *l, enum keyword keyword, uint32_t *ret_count)
{
	const struct value *v = l->has[keyword];
	int64_t count;

	if (!v)
		return 0;
	if (v->kind != VALUE_NUMBER || !number_is_whole(value_text(v)) ||
		number_compare(value_text(v), STR("0")) < 0)
		return lower_error(l, v, "\"%s\" must be a whole number that is not negative",
			keyword_name(keyword));
	if (!value_to_i64(v, &count) || count > COUNT_MAX)
		count = COUNT_MAX;
	*ret_count = (uint32_t)count;
	return 0;
}

static bool
is_annotation(const struct lowering *l, enum keyword k)
{
	if (k == KEYWORD_N)
		return true;
	if (keyword_infos[k].vocabulary == VOCABULARY_META_DATA)
		return true;
	if (k == KEYWORD_CONTENT_SCHEMA)
		return l->has[KEYWORD_CONTENT_MEDIA_TYPE] != NULL;
	return k == KEYWORD_FORMAT || k == KEYWORD_CONTENT_ENCODING ||
		k == KEYWORD_CONTENT_MEDIA_TYPE;
}

static void
find_keywords(struct lowering *l, const struct dialect *dialect)
{
	bool only_ref = false;

	if (dialect->draft <= DRAFT_7) {
		const struct value *ref = value_get(l->schema, STR("$ref"));

		only_ref = ref && ref->kind == VALUE_STRING;
	}
	for (uint32_t i = 0; i < l->schema->n; i++) {
		const struct member *m = &l->schema->members[i];
		enum keyword k = keyword_find(&m->key, dialect->draft, dialect->vocabularies);

		if (k != KEYWORD_N && (!only_ref || k == KEYWORD_REF))
			l->has[k] = &m->value;
	}
	for (uint32_t i = 0; i < l->schema->n && !only_ref; i++) {
		const struct member *m = &l->schema->members[i];
		enum keyword k = keyword_find(&m->key, dialect->draft, dialect->vocabularies);

		if (is_annotation(l, k)) {
			struct instruction *note = lower_add(l, GROUP_NOTES, OP_NOTE, k);

			note->a = i;
		}
	}
}

static int
lower_keywords(struct lowering *l)
{
	int (*const all[])(struct lowering *) = {lower_numbers, lower_strings, lower_arrays,
		lower_objects, lower_dependencies, lower_any};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (all[i](l))
			return -1;
	return 0;
}

/* A limit of this library, not a mistake in the schema. */
static int
too_much(struct compiler *c, const struct lowering *l, size_t n)
{
	(void)frame_error(c->frame, l->node, l->schema, c->err,
		"a schema of %zu rules, more than %d: each entry of \"dependentRequired\" and "
		"the "
		"like is one; spread them over several schemas in \"allOf\"",
		n, GROUP_MAX);
	if (c->err)
		c->err->code = ERR_LIMIT;
	return -1;
}

/* Moves the groups into the code, one behind the other. */
static int
close_block(struct lowering *l)
{
	struct compiler *c = l->c;
	struct block *b = &c->blocks[l->block];
	size_t n = 0;

	b->first = (uint32_t)c->n_code;
	for (unsigned g = 0; g < GROUP_N; g++) {
		for (size_t i = 0; i < l->n[g]; i++)
			*PUSH(c, code) = l->pending[g][i];
		n += l->n[g];
		b->ends[g] = (uint16_t)n;
	}
	if (l->n[GROUP_LATE])
		b->flags |= BLOCK_TRACKS;
	if (n > GROUP_MAX)
		return too_much(c, l, n);
	return 0;
}

static int
lower_block(struct compiler *c, uint32_t block)
{
	uint32_t index = c->blocks[block].node;
	struct lowering l = {.c = c, .node = index, .block = block};
	struct node node = c->frame->nodes[index];
	int code = 0;

	l.draft = node.dialect.draft;
	l.schema = node.value;
	if (node.value->kind == VALUE_BOOL) {
		c->blocks[block].kinds = value_is_true(node.value) ? KIND_ALL : 0;
	} else {
		find_keywords(&l, &node.dialect);
		code = lower_keywords(&l);
	}
	if (!code)
		code = close_block(&l);
	for (unsigned g = 0; g < GROUP_N; g++)
		free(l.pending[g]);
	return code;
}

/* The next anchor, from *at on, that a dynamic reference of the name may come to mean: one of a
 * resource that can be reached. */
static const struct anchor *
next_candidate(const struct compiler *c, uint32_t *at)
{
	while (*at != NO_INDEX) {
		const struct anchor *anchor = &c->frame->anchors[*at];

		*at = anchor->next;
		if (anchor->is_dynamic && is_reached(c, anchor->resource))
			return anchor;
	}
	return NULL;
}

/* One round over the names of dynamic references: adds candidates in resources that came to be
 * reachable. */
static void
find_candidates(struct compiler *c)
{
	for (size_t i = 0; i < c->n_dynamic; i++) {
		struct str name = c->dynamic[i].name;
		uint32_t first = map_add(&c->dynamic_by_name, name, (uint32_t)i);
		uint32_t at = map_get(&c->frame->by_name, name);
		const struct anchor *anchor;

		/* Of one name, one reference stands for all. */
		if (first != MAP_NONE && first != i)
			continue;
		while ((anchor = next_candidate(c, &at)))
			(void)compile_block(c, anchor->node);
	}
}

static int
lower_all(struct compiler *c)
{
	uint32_t before;

	do {
		before = (uint32_t)c->n_blocks;
		for (; c->next < c->n_blocks; c->next++) {
			if (c->n_blocks > BLOCKS_MAX)
				return err_set(
					c->err, ERR_LIMIT, "more than %zu schemas", BLOCKS_MAX);
			if (lower_block(c, c->next))
				return -1;
		}
		find_candidates(c);
	} while (c->n_blocks > before);
	return 0;
}

static void
add_candidates(struct compiler *c, const struct dynamic_reference *d, uint32_t entry)
{
	struct instruction *code = &c->code[d->at];
	uint32_t first = (uint32_t)c->n_words;
	uint32_t at = map_get(&c->frame->by_name, d->name);
	const struct anchor *anchor;
	uint32_t n = 0;
	uint32_t node;

	/* The outermost resource is always in scope, and first. */
	node = frame_dynamic_anchor(c->frame, c->blocks[entry].resource, d->name);
	if (node) {
		code->op = OP_REF;
		code->a = compile_block(c, node);
		return;
	}
	while ((anchor = next_candidate(c, &at))) {
		*PUSH(c, words) = anchor->resource;
		*PUSH(c, words) = compile_block(c, anchor->node);
		n++;
	}
	if (n <= 1) {
		code->op = OP_REF;
		return;
	}
	code->b = first;
	code->c = n;
	c->is_dynamic = true;
}

static void
resolve_dynamic(struct compiler *c, uint32_t entry)
{
	for (uint32_t b = 2; c->n_dynamic && b < c->n_blocks; b++)
		for (uint32_t i = 0; i < c->blocks[b].ends[GROUP_ANY]; i++) {
			uint32_t at = c->blocks[b].first + i;

			if (c->code[at].op != OP_DYNAMIC_REF)
				continue;
			c->dynamic[c->code[at].b].at = at;
			add_candidates(c, &c->dynamic[c->code[at].b], entry);
		}
}

void *
compile_copy(struct arena *arena, const void *table, size_t n, size_t size)
{
	/* One more, so that there is an address even where there is nothing. */
	void *copy = arena_alloc(arena, n + 1, size);

	if (n)
		memcpy(copy, table, n * size);
	return copy;
}

static struct program *
finish(struct compiler *c, uint32_t entry, struct arena *arena)
{
	struct program *p = ARENA_NEW(arena, struct program);

	compile_fast(c, arena, &p->fast);
	p->frame = c->frame;
	MOVE(p, c, arena, blocks);
	MOVE(p, c, arena, code);
	MOVE(p, c, arena, words);
	MOVE(p, c, arena, values);
	MOVE(p, c, arena, bounds);
	MOVE(p, c, arena, slots);
	MOVE(p, c, arena, properties);
	MOVE(p, c, arena, pattern_rules);
	MOVE(p, c, arena, objects);
	MOVE(p, c, arena, enums);
	MOVE(p, c, arena, patterns);
	p->n_blocks = (uint32_t)c->n_blocks;
	p->n_patterns = (uint32_t)c->n_patterns;
	p->entry = entry;
	p->is_dynamic = c->is_dynamic;
	return p;
}

static void
compiler_done(struct compiler *c)
{
	free(c->block_of);
	free(c->blocks);
	free(c->code);
	free(c->words);
	free(c->values);
	free(c->bounds);
	free(c->slots);
	free(c->properties);
	free(c->pattern_rules);
	free(c->objects);
	free(c->enums);
	free(c->patterns);
	free(c->dynamic);
	free(c->reached);
	map_done(&c->pattern_by_text);
	map_done(&c->dynamic_by_name);
}

int
program_compile(struct frame *frame, uint32_t node, unsigned flags, struct arena *arena,
	struct program **ret_program, struct err *err)
{
	struct compiler c = {.frame = frame, .flags = flags, .err = err, .next = 2};
	uint32_t entry;
	int code;

	*PUSH(&c, blocks) = (struct block){.kinds = KIND_ALL};
	*PUSH(&c, blocks) = (struct block){.kinds = 0};
	entry = compile_block(&c, node);
	code = lower_all(&c);
	if (code) {
		for (size_t i = 0; i < c.n_patterns; i++)
			pattern_free(c.patterns[i]);
		compiler_done(&c);
		return err && err->code ? err->code : ERR_INVALID;
	}
	resolve_dynamic(&c, entry);
	*ret_program = finish(&c, entry, arena);
	compiler_done(&c);
	return 0;
}

void
program_done(struct program *program)
{
	for (uint32_t i = 0; i < program->n_patterns; i++)
		pattern_free(program->patterns[i]);
	program->n_patterns = 0;
}
