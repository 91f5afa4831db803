#include "expr/check.h"

#include "base/memory.h"
#include "expr/function.h"
#include "expr/tree.h"

struct typed {
	unsigned type;
	uint32_t offset;
	uint32_t may_miss;
};

struct check {
	struct expr *expr;
	const struct expr_names *names;
	struct typed *stack;
	uint32_t n;
	uint32_t fault_at;
	struct err *err;
};

void
expr_type_describe(unsigned type, struct buf *b)
{
	static const struct {
		unsigned type;
		const char *name;
	} rows[] = {
		{EXPR_TEXT, "a text"},
		{EXPR_NUMBER, "a number"},
		{EXPR_BOOL, "true or false"},
		{EXPR_LIST, "a list"},
		{EXPR_MAP, "a map"},
		{EXPR_NULL, "null"},
	};
	const char *between = "";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(type & rows[i].type))
			continue;
		buf_printf(b, "%s%s", between, rows[i].name);
		between = " or ";
	}
}

unsigned
expr_type_of(const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: return EXPR_NULL;
	case VALUE_BOOL: return value_is_true(v) ? EXPR_TRUE : EXPR_FALSE;
	case VALUE_NUMBER: return EXPR_NUMBER;
	case VALUE_STRING: return EXPR_TEXT;
	case VALUE_ARRAY: return EXPR_LIST;
	case VALUE_OBJECT: return EXPR_MAP;
	}
	BUG("a value of kind %d", v->kind);
}

static int
refuse(struct check *c, uint32_t offset, const char *before, unsigned type, const char *behind)
{
	AUTO_BUF struct buf b = BUF_INIT(256);

	expr_type_describe(type, &b);
	c->fault_at = offset;
	return err_set(c->err, ERR_INVALID, "%s%s%s", before, buf_cstr(&b), behind);
}

static int
check_reference(struct check *c, uint32_t at, struct typed *ret_typed)
{
	const struct node *node = &c->expr->nodes[at];
	struct expr_reference *reference = &c->expr->references[node->reference];
	unsigned type = 0;
	int r;

	c->fault_at = node->offset;
	r = c->names->bind(c->names->context, reference,
		node_is_digested(c->expr, at) ? EXPR_WANT_DIGEST : EXPR_WANT_VALUE, &type,
		c->err);
	if (r < 0)
		return r;
	if (reference->used < reference->n && !(type & (EXPR_MAP | EXPR_NULL))) {
		AUTO_BUF struct buf path = BUF_INIT(200);

		expr_write_path(reference, reference->used, &path);
		buf_add_cstr(&path, " is ");
		return refuse(c, node->offset, buf_cstr(&path), type,
			type & EXPR_LIST ? " and its items have numbers, such as [0]"
					 : " and has no members");
	}
	if (reference->used < reference->n)
		type = EXPR_ANY | (type & EXPR_ABSENT);
	*ret_typed = (struct typed){type, node->offset, node->reference};
	return 0;
}

static int
check_order(struct check *c, const struct node *node, const struct typed *operands)
{
	unsigned both = operands[0].type & operands[1].type;
	unsigned wrong = operands[0].type & (EXPR_NUMBER | EXPR_TEXT) ? operands[1].type
								      : operands[0].type;

	if (both & (EXPR_NUMBER | EXPR_TEXT))
		return 0;
	return refuse(c, node->offset, "two numbers or two texts have an order, not ",
		wrong & ~(unsigned)EXPR_ABSENT, "; and the kinds must be the same");
}

static int
check_equal(struct check *c, const struct node *node, const struct typed *operands)
{
	unsigned a = operands[0].type & ~(unsigned)EXPR_ABSENT;
	unsigned b = operands[1].type & ~(unsigned)EXPR_ABSENT;
	AUTO_BUF struct buf first = BUF_INIT(256);

	/* Whether something is null can always be asked. */
	if ((a & b) || (a & EXPR_BOOL && b & EXPR_BOOL) || a == EXPR_NULL || b == EXPR_NULL)
		return 0;
	expr_type_describe(a, &first);
	buf_add_cstr(&first, " never equals ");
	return refuse(c, node->offset, buf_cstr(&first), b,
		(a | b) & EXPR_TEXT && (a | b) & EXPR_NUMBER
			? ": a number stands without quotes, a text with them"
			: "");
}

static int
check_not(struct check *c, const struct node *node, const struct typed *operand)
{
	if (operand->type & EXPR_BOOL)
		return 0;
	return refuse(c, node->offset, "! needs true or false, not ", operand->type,
		"; it binds tighter than any comparison: write !(a == b)");
}

static int
check_index(struct check *c, const struct node *node, const struct typed *operands)
{
	unsigned base = operands[0].type;
	unsigned key = operands[1].type;

	if (!(base & (EXPR_LIST | EXPR_MAP | EXPR_NULL)))
		return refuse(c, node->offset, "", base, " has no members");
	if (!(key &
		    ((base & EXPR_MAP ? EXPR_TEXT : 0) | (base & EXPR_LIST ? EXPR_NUMBER : 0) |
			    (base & EXPR_NULL ? EXPR_TEXT | EXPR_NUMBER : 0))))
		return refuse(c, node->offset,
			"a member is named by a text, an item by a number, not by ", key, "");
	return 0;
}

/* The left side of && has to be able to be true or false, that of || to be false. */
static int
check_decides(struct check *c, const struct node *node, const struct typed *left)
{
	if (node->kind == NODE_AND && !(left->type & EXPR_BOOL))
		return refuse(c, left->offset,
			"the left side of && must be true or false, not ", left->type,
			"; compare it with something");
	if (node->kind == NODE_OR && !(left->type & EXPR_BOOL))
		return refuse(c, left->offset, "the left side of || is ", left->type,
			", never false; write default(a, b) for \"a, or b if there is none\"");
	return 0;
}

static int
check_argument(
	struct check *c, const struct node *node, const struct typed *argument, unsigned wanted)
{
	AUTO_BUF struct buf b = BUF_INIT(256);

	if (argument->type & wanted)
		return 0;
	buf_printf(&b, "%s needs ", function_rows[node->function].name);
	expr_type_describe(wanted, &b);
	buf_add_cstr(&b, " here, not ");
	return refuse(c, argument->offset, buf_cstr(&b), argument->type, "");
}

/* By function: what its arguments may be (the last row counts for all that follow), and what it
 * gives. */
static const struct {
	unsigned arguments[2];
	unsigned type;
} functions[FUNCTIONS] = {
	[FUNCTION_CONTAINS] = {{EXPR_TEXT | EXPR_LIST, EXPR_SCALAR | EXPR_NULL}, EXPR_BOOL},
	[FUNCTION_STARTS_WITH] = {{EXPR_TEXT, EXPR_TEXT}, EXPR_BOOL},
	[FUNCTION_ENDS_WITH] = {{EXPR_TEXT, EXPR_TEXT}, EXPR_BOOL},
	[FUNCTION_LENGTH] = {{EXPR_TEXT | EXPR_LIST | EXPR_MAP, 0}, EXPR_NUMBER},
	[FUNCTION_ALL] = {{EXPR_LIST, 0}, EXPR_BOOL},
	[FUNCTION_ANY] = {{EXPR_LIST, 0}, EXPR_BOOL},
	[FUNCTION_DEFAULT] = {{EXPR_ANY | EXPR_ABSENT, EXPR_ANY | EXPR_ABSENT}, EXPR_ANY},
	[FUNCTION_JOIN] = {{EXPR_LIST, EXPR_TEXT}, EXPR_TEXT},
	[FUNCTION_DIGEST] = {{EXPR_ANY, 0}, EXPR_TEXT},
	[FUNCTION_CONCAT] = {{EXPR_SCALAR, EXPR_SCALAR}, EXPR_TEXT},
};

static int
check_call(struct check *c, const struct node *node, const struct typed *arguments)
{
	int r = 0;

	for (uint32_t i = 0; i < node->n && r == 0; i++)
		r = check_argument(
			c, node, &arguments[i], functions[node->function].arguments[MIN(i, 1)]);
	/* In a text there is a text, in a list anything. */
	if (r == 0 && node->function == FUNCTION_CONTAINS && !(arguments[0].type & EXPR_LIST))
		r = check_argument(c, node, &arguments[1], EXPR_TEXT);
	return r;
}

static unsigned
lazy_type(const struct node *node, const struct typed *operands)
{
	unsigned left = operands[0].type;
	unsigned type = 0;

	if (node->kind == NODE_AND)
		return (left & (EXPR_FALSE | EXPR_ABSENT)) |
			(left & EXPR_TRUE ? operands[1].type : 0);
	if (node->kind == NODE_OR)
		return (left & ~(unsigned)(EXPR_FALSE | EXPR_NULL)) |
			(left & EXPR_FALSE ? operands[1].type : 0);
	for (uint32_t i = 0; i < node->n; i++)
		type |= i + 1 < node->n
			? operands[i].type & ~(unsigned)(EXPR_NULL | EXPR_ABSENT)
			: operands[i].type;
	return type;
}

static unsigned
operation_type(const struct node *node)
{
	if (node->kind == NODE_INDEX)
		return EXPR_ANY;
	if (node->kind == NODE_CALL)
		return functions[node->function].type;
	if (node->kind == NODE_LIST || node->kind == NODE_MAP)
		return node->kind == NODE_LIST ? EXPR_LIST : EXPR_MAP;
	return EXPR_BOOL;
}

static int
check_operation(struct check *c, const struct node *node, const struct typed *operands)
{
	switch ((enum node_kind)node->kind) {
	case NODE_INDEX: return check_index(c, node, operands);
	case NODE_NOT: return check_not(c, node, operands);
	case NODE_LESS:
	case NODE_LESS_EQUAL:
	case NODE_GREATER:
	case NODE_GREATER_EQUAL: return check_order(c, node, operands);
	case NODE_EQUAL:
	case NODE_NOT_EQUAL: return check_equal(c, node, operands);
	case NODE_AND:
	case NODE_OR: return check_decides(c, node, operands);
	case NODE_CALL: return check_call(c, node, operands);
	case NODE_LIST:
	case NODE_MAP: return 0;
	case NODE_LITERAL:
	case NODE_REFERENCE:
	case NODE_KINDS: break;
	}
	BUG("an operation of kind %d", node->kind);
}

/* What may be absent makes the whole so, where the node is not lazy. */
static void
combine(const struct node *node, const struct typed *operands, struct typed *typed)
{
	typed->offset = node->n && node->kind != NODE_CALL ? operands[0].offset : node->offset;
	if (node_is_lazy(node)) {
		typed->type = lazy_type(node, operands);
	} else {
		typed->type = operation_type(node);
		for (uint32_t i = 0; i < node->n; i++)
			typed->type |= operands[i].type & EXPR_ABSENT;
	}
	for (uint32_t i = node->n; i-- > 0;)
		if (operands[i].type & EXPR_ABSENT)
			typed->may_miss = operands[i].may_miss;
}

static int
step(struct check *c, uint32_t at)
{
	const struct node *node = &c->expr->nodes[at];
	struct typed typed = {0};
	int r = 0;

	if (node->kind == NODE_LITERAL) {
		typed = (struct typed){expr_type_of(&node->literal), node->offset, 0};
	} else if (node->kind == NODE_REFERENCE) {
		r = check_reference(c, at, &typed);
	} else {
		c->n -= node->n;
		r = check_operation(c, node, &c->stack[c->n]);
		if (r == 0)
			combine(node, &c->stack[c->n], &typed);
	}
	c->stack[c->n++] = typed;
	return r;
}

int
expr_check(struct expr *expr, const struct expr_names *names, struct expr_checked *ret_checked,
	uint32_t *ret_offset, struct err *err)
{
	struct check c = {
		.expr = expr,
		.names = names,
		.stack = memory_new((size_t)expr->depth + 1, sizeof(*c.stack)),
		.err = err,
	};
	int r = 0;

	for (uint32_t i = 0; i < expr->n_nodes && r == 0; i++)
		r = step(&c, i);
	if (r == 0)
		*ret_checked = (struct expr_checked){c.stack[0].type, c.stack[0].may_miss};
	else
		*ret_offset = c.fault_at;
	free(c.stack);
	return r;
}
