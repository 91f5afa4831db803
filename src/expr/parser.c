/*
 * An operator precedence parser (Dijkstra's shunting yard, 1961): operands go to the tree at once,
 * operators and open brackets wait on a stack of bounded depth.
 */
#include "base/memory.h"
#include "expr/function.h"
#include "expr/lexer.h"
#include "expr/literal.h"

/* What waits: operators by their node_kind, and open brackets. */
enum { OPEN_PAREN = NODE_KINDS, OPEN_CALL, OPEN_INDEX, OPEN_LIST, OPEN_MAP };

struct waiting {
	uint8_t kind;
	uint8_t function; /* OPEN_CALL */
	uint32_t n;       /* operands that are complete */
	uint32_t offset;
};

struct parser {
	struct lexer lexer;
	struct tree tree;
	struct waiting *waiting;
	uint32_t n_waiting;
	uint32_t depth_max;
	struct expr_reference *references;
	size_t n_references;
	size_t references_capacity;
	struct expr_segment *segments; /* of the path that is being read */
	size_t segments_capacity;
};

static int
push(struct parser *p, struct waiting waiting)
{
	if (p->n_waiting == p->depth_max) {
		p->lexer.fault_at = waiting.offset;
		return err_set(p->lexer.err, ERR_LIMIT,
			"operators and brackets lie deeper within each other than %u",
			p->depth_max);
	}
	p->waiting[p->n_waiting++] = waiting;
	return 0;
}

/* Operators that bind at least as tightly have their operands. */
static void
reduce(struct parser *p, unsigned precedence)
{
	while (p->n_waiting) {
		struct waiting w = p->waiting[p->n_waiting - 1];

		if (w.kind >= NODE_KINDS ||
			node_precedence((enum node_kind)w.kind) < precedence)
			return;
		p->n_waiting--;
		tree_add_node(&p->tree,
			(struct node){.kind = w.kind,
				.n = w.kind == NODE_NOT ? 1 : 2,
				.offset = w.offset});
	}
}

/* The innermost open bracket, or NULL. */
static struct waiting *
innermost(struct parser *p)
{
	reduce(p, 0);
	return p->n_waiting ? &p->waiting[p->n_waiting - 1] : NULL;
}

static void
add_segment(struct parser *p, size_t n, struct str name, bool is_bracketed)
{
	p->segments = memory_grow(p->segments, n, &p->segments_capacity, sizeof(*p->segments));
	p->segments[n] = (struct expr_segment){name, is_bracketed};
}

/* ['name'] behind a path: 1; 0 where something else stands there. */
static int
read_bracketed(struct parser *p, struct str *ret_name)
{
	size_t start = p->lexer.at;
	int r;

	if (!lexer_take(&p->lexer, "[") || lexer_peek(&p->lexer) != '\'') {
		p->lexer.at = start;
		return 0;
	}
	r = lexer_text(&p->lexer, ret_name);
	if (r < 0)
		return r;
	if (lexer_take(&p->lexer, "]"))
		return 1;
	p->lexer.at = start;
	return 0;
}

/* .name: 1; 0 where no dot follows. */
static int
read_member(struct parser *p, struct str *ret_name)
{
	if (p->lexer.at >= p->lexer.text.n || p->lexer.text.p[p->lexer.at] != '.')
		return 0;
	p->lexer.at++;
	if (lexer_name(&p->lexer, true, ret_name))
		return 1;
	return lexer_refuse(&p->lexer, p->lexer.at,
		"a name is missing behind the dot; one with other characters than letters, "
		"digits, _ and - is written ['…']");
}

static int
read_path(struct parser *p, struct str first, size_t offset)
{
	struct arena *arena = p->lexer.arena;
	struct expr_segment *segments;
	struct str name = first;
	bool is_bracketed = false;
	size_t n = 0;
	int r = 1;

	while (r == 1) {
		add_segment(p, n++, name, is_bracketed);
		r = read_member(p, &name);
		is_bracketed = r == 0;
		if (r == 0)
			r = read_bracketed(p, &name);
	}
	if (r < 0)
		return r;
	segments = ARENA_ARRAY(arena, n, struct expr_segment);
	memcpy(segments, p->segments, n * sizeof(*segments));
	p->references = memory_grow(p->references, p->n_references, &p->references_capacity,
		sizeof(*p->references));
	p->references[p->n_references] = (struct expr_reference){
		.segments = segments, .n = (uint32_t)n, .used = 1, .offset = (uint32_t)offset};
	tree_add_reference(&p->tree, (uint32_t)p->n_references++, (uint32_t)offset);
	return 0;
}

static int
open_call(struct parser *p, struct str name, size_t offset)
{
	enum function function;
	int r = function_find(name, p->lexer.flags, &function, p->lexer.err);

	if (r < 0) {
		p->lexer.fault_at = (uint32_t)offset;
		return r;
	}
	return push(p,
		(struct waiting){.kind = OPEN_CALL,
			.function = (uint8_t)function,
			.offset = (uint32_t)offset});
}

/* A word: a literal (1), a path (1), a function with its bracket (0: an argument comes next). */
static int
read_word(struct parser *p, struct str name, size_t offset)
{
	struct value v;
	size_t end = p->lexer.at;
	int r;

	if (lexer_take(&p->lexer, "("))
		return open_call(p, name, offset);
	p->lexer.at = end;
	if (str_is(name, "not"))
		return lexer_refuse(&p->lexer, offset, "write ! for \"not\"");
	if (str_is(name, "null"))
		v = value_null();
	else if (str_is(name, "true") || str_is(name, "false"))
		v = value_bool(str_is(name, "true"));
	else {
		r = read_path(p, name, offset);
		return r < 0 ? r : 1;
	}
	tree_add_literal(&p->tree, v, (uint32_t)offset);
	return 1;
}

static int
read_scalar(struct parser *p, char c, size_t offset)
{
	struct str text;
	int r = c == '\'' ? lexer_text(&p->lexer, &text) : lexer_number(&p->lexer, &text);

	if (r < 0)
		return r;
	tree_add_literal(&p->tree, c == '\'' ? value_string(text) : value_number(text),
		(uint32_t)offset);
	return 1;
}

static int close_bracket(struct parser *p, char c);

/* One operand, or what opens before it: 1 where an operator can follow, 0 where an operand has to. */
static int
read_operand(struct parser *p)
{
	static const struct {
		const char *text;
		uint8_t kind;
		bool in_plans;
	} opening[] = {
		{"!", NODE_NOT, false},
		{"(", OPEN_PAREN, false},
		{"[", OPEN_LIST, true},
		{"{", OPEN_MAP, true},
	};
	char c = lexer_peek(&p->lexer);
	size_t offset = p->lexer.at;
	const struct waiting *open = p->n_waiting ? &p->waiting[p->n_waiting - 1] : NULL;
	struct str name;

	for (size_t i = 0; i < ARRAY_SIZE(opening); i++) {
		bool known = !opening[i].in_plans || (p->lexer.flags & EXPR_PLAN);

		if (known && lexer_take(&p->lexer, opening[i].text))
			return push(p,
				(struct waiting){
					.kind = opening[i].kind, .offset = (uint32_t)offset});
	}
	if (open && !open->n &&
		((open->kind == OPEN_CALL && c == ')') ||
			(open->kind == OPEN_LIST && c == ']') ||
			(open->kind == OPEN_MAP && c == '}')))
		return close_bracket(p, c);
	if (lexer_name(&p->lexer, false, &name))
		return read_word(p, name, offset);
	if (c == '\'' || c == '-' || (c >= '0' && c <= '9'))
		return read_scalar(p, c, offset);
	return lexer_refuse_operand(&p->lexer);
}

/* A container of nothing but literals is one itself. */
static void
add_closed(struct parser *p, struct node node)
{
	struct value v;

	if ((node.kind != NODE_LIST && node.kind != NODE_MAP) ||
		!literal_make(&p->tree, (enum node_kind)node.kind, node.n, &v)) {
		tree_add_node(&p->tree, node);
		return;
	}
	p->tree.n -= node.n;
	tree_add_literal(&p->tree, v, node.offset);
}

/* The node of a bracket that has just closed over n operands. */
static int
close_node(struct parser *p, const struct waiting *open)
{
	static const uint8_t kinds[] = {[OPEN_CALL - NODE_KINDS] = NODE_CALL,
		[OPEN_INDEX - NODE_KINDS] = NODE_INDEX,
		[OPEN_LIST - NODE_KINDS] = NODE_LIST,
		[OPEN_MAP - NODE_KINDS] = NODE_MAP};
	struct node node = {.kind = kinds[open->kind - NODE_KINDS],
		.function = open->function,
		.n = open->n + (open->kind == OPEN_INDEX),
		.offset = open->offset};
	int r = 0;

	if (node.kind == NODE_CALL)
		r = function_check_number((enum function)open->function, node.n, p->lexer.err);
	if (r < 0) {
		p->lexer.fault_at = open->offset;
		return r;
	}
	add_closed(p, node);
	return 1;
}

static int
close_bracket(struct parser *p, char c)
{
	static const char closing[] = {[OPEN_PAREN - NODE_KINDS] = ')',
		[OPEN_CALL - NODE_KINDS] = ')',
		[OPEN_INDEX - NODE_KINDS] = ']',
		[OPEN_LIST - NODE_KINDS] = ']',
		[OPEN_MAP - NODE_KINDS] = '}'};
	struct waiting *open = innermost(p);
	struct waiting closed;

	if (!open || closing[open->kind - NODE_KINDS] != c)
		return lexer_refuse(&p->lexer, p->lexer.at, "\"%c\" closes nothing", c);
	p->lexer.at++;
	closed = *open;
	p->n_waiting--;
	return closed.kind == OPEN_PAREN ? 1 : close_node(p, &closed);
}

/* A comma, or the colon behind a key. */
static int
separate(struct parser *p, char c)
{
	struct waiting *open = innermost(p);
	const struct node *newest = &p->tree.nodes[p->tree.n - 1];
	bool fits = open && open->kind == OPEN_MAP && (open->n & 1) == (c == ',');

	if (open && open->kind != OPEN_MAP)
		fits = c == ',' && (open->kind == OPEN_CALL || open->kind == OPEN_LIST);
	if (fits && c == ':')
		fits = newest->kind == NODE_LITERAL && newest->literal.kind == VALUE_STRING;
	if (!fits)
		return lexer_refuse(&p->lexer, p->lexer.at, "\"%c\" does not belong here", c);
	open->n++;
	p->lexer.at++;
	return 0;
}

static int
refuse_operator(struct parser *p)
{
	static const struct {
		const char *word;
		const char *refusal;
	} rows[] = {
		{"and", "write && for \"and\""},
		{"or", "write || for \"or\""},
		{"in", "write contains(list, item) for \"item is in list\""},
		{"is", "write == to compare"},
	};
	size_t at = p->lexer.at;
	struct str name;

	if (!lexer_name(&p->lexer, true, &name))
		return lexer_refuse(&p->lexer, at,
			p->lexer.text.p[at] == '"'
				? "a text stands in single quotes, such as 'high'"
				: "an operator such as == or && is missing here");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (str_is(name, rows[i].word))
			return lexer_refuse(&p->lexer, at, "%s", rows[i].refusal);
	return lexer_refuse(&p->lexer, at,
		"an operator such as == or && is missing before \"%.*s\"", (int)MIN(name.n, 60),
		name.p);
}

/* The last operand of a bracket has come. */
static int
end_bracket(struct parser *p, char c)
{
	struct waiting *open = innermost(p);

	if (open &&
		(open->kind == OPEN_CALL || open->kind == OPEN_LIST ||
			(open->kind == OPEN_MAP && (open->n & 1))))
		open->n++;
	else if (open && open->kind == OPEN_INDEX)
		open->n = 1;
	else if (open && open->kind == OPEN_MAP)
		return lexer_refuse(&p->lexer, p->lexer.at, "a key without a value");
	return close_bracket(p, c);
}

/* What follows an operand: 0 where another one has to come, 1 where not, 2 at the end. */
static int
read_operator(struct parser *p)
{
	char c = lexer_peek(&p->lexer);
	size_t offset = p->lexer.at;
	enum node_kind kind;
	struct str name;
	int r;

	if (offset == p->lexer.text.n)
		return 2;
	if (c == ')' || c == ']' || c == '}')
		return end_bracket(p, c);
	if (c == ',' || c == ':')
		return separate(p, c);
	if (lexer_take(&p->lexer, "["))
		return push(
			p, (struct waiting){.kind = OPEN_INDEX, .offset = (uint32_t)offset});
	r = read_member(p, &name);
	if (r == 1) {
		tree_add_literal(&p->tree, value_string(name), (uint32_t)offset + 1);
		tree_add_node(&p->tree,
			(struct node){.kind = NODE_INDEX, .n = 2, .offset = (uint32_t)offset});
	}
	if (r != 0)
		return r;
	r = lexer_operator(&p->lexer, &kind);
	if (r <= 0)
		return r < 0 ? r : refuse_operator(p);
	reduce(p, node_precedence(kind));
	return push(p, (struct waiting){.kind = (uint8_t)kind, .offset = (uint32_t)offset});
}

static int
parse(struct parser *p)
{
	const struct waiting *open;
	int r = 0;

	while (r == 0 || r == 1)
		r = r == 0 ? read_operand(p) : read_operator(p);
	if (r < 0)
		return r;
	open = innermost(p);
	if (open)
		return lexer_refuse(&p->lexer, open->offset,
			open->kind == OPEN_CALL ? "the brackets of this function are not closed"
						: "this bracket is not closed");
	return 0;
}

int
expr_parse(struct arena *arena, struct str text, unsigned flags, struct expr **ret_expr,
	uint32_t *ret_offset, struct err *err)
{
	struct waiting user[EXPR_DEPTH_MAX];
	size_t max = flags & EXPR_PLAN ? EXPR_PLAN_BYTES_MAX : EXPR_BYTES_MAX;
	struct parser p = {
		.lexer = {.arena = arena, .flags = flags, .err = err},
		.tree = TREE_INIT(arena),
		.waiting = user,
		.depth_max = EXPR_DEPTH_MAX,
	};
	size_t bad = 0;
	int r;

	*ret_offset = 0;
	if (text.n > max)
		return err_set(err, ERR_LIMIT, "an expression of %zu bytes, more than %zu",
			text.n, max);
	if (!str_is_utf8(text, &bad)) {
		*ret_offset = (uint32_t)bad;
		return err_set(err, ERR_INVALID, "the expression is not UTF-8");
	}
	p.lexer.text = arena_str(arena, text);
	if (flags & EXPR_PLAN) {
		p.depth_max = EXPR_PLAN_DEPTH_MAX;
		p.waiting = memory_new(p.depth_max, sizeof(*p.waiting));
	}
	r = parse(&p);
	if (r < 0)
		*ret_offset = p.lexer.fault_at;
	else
		*ret_expr = tree_finish(&p.tree, p.references, (uint32_t)p.n_references);
	if (p.waiting != user)
		free(p.waiting);
	free(p.references);
	free(p.segments);
	tree_done(&p.tree);
	return r;
}
