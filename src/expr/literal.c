#include "expr/literal.h"

#include "base/memory.h"

/* An open container and what of it comes next. */
struct open {
	const struct value *value;
	uint32_t next;
};

static void
write_text(struct str text, struct buf *b)
{
	buf_add_char(b, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_add_char(b, '\'');
		buf_add_char(b, text.p[i]);
	}
	buf_add_char(b, '\'');
}

/* A scalar; false for a container. */
static bool
write_scalar(const struct value *v, struct buf *b)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: buf_add_cstr(b, "null"); return true;
	case VALUE_BOOL: buf_add_cstr(b, value_is_true(v) ? "true" : "false"); return true;
	case VALUE_NUMBER: buf_add_str(b, value_text(v)); return true;
	case VALUE_STRING: write_text(value_text(v), b); return true;
	case VALUE_ARRAY:
	case VALUE_OBJECT: return false;
	}
	BUG("a literal of kind %d", v->kind);
}

void
literal_write(const struct value *v, struct buf *b)
{
	struct open *stack = NULL;
	size_t capacity = 0;
	size_t n = 0;

	if (write_scalar(v, b))
		return;
	stack = memory_grow(stack, n, &capacity, sizeof(*stack));
	stack[n++] = (struct open){v, 0};
	while (n) {
		struct open *open = &stack[n - 1];
		bool is_map = open->value->kind == VALUE_OBJECT;
		uint32_t next = open->next++;
		const struct value *child;

		if (next == 0)
			buf_add_char(b, is_map ? '{' : '[');
		if (next == open->value->n) {
			buf_add_char(b, is_map ? '}' : ']');
			n--;
			continue;
		}
		if (next)
			buf_add_cstr(b, ", ");
		if (is_map) {
			write_text(value_text(&open->value->members[next].key), b);
			buf_add_cstr(b, ": ");
		}
		child = is_map ? &open->value->members[next].value : &open->value->items[next];
		if (write_scalar(child, b))
			continue;
		stack = memory_grow(stack, n, &capacity, sizeof(*stack));
		stack[n++] = (struct open){child, 0};
	}
	free(stack);
}

bool
literal_make(const struct tree *tree, enum node_kind kind, uint32_t n, struct value *ret_value)
{
	const struct node *nodes = tree->nodes + tree->n - n;
	struct value *items;

	if (n > tree->n)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (nodes[i].kind != NODE_LITERAL)
			return false;
	/* A member is a key and a value side by side. */
	items = ARENA_ARRAY(tree->arena, n, struct value);
	for (uint32_t i = 0; i < n; i++)
		items[i] = nodes[i].literal;
	*ret_value = kind == NODE_LIST ? value_array(items, n)
				       : value_object((struct member *)(void *)items, n / 2);
	return true;
}
