#include "expr/operate.h"

#include "base/memory.h"
#include "expr/function.h"
#include "json/number.h"

int
operation_refuse(struct operation *o, uint32_t offset, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = err_setv(o->err, ERR_INVALID, format, args);
	va_end(args);
	o->fault_at = offset;
	return r;
}

int
operation_charge(struct operation *o, uint32_t offset, uint64_t cost)
{
	if (cost <= o->cost) {
		o->cost -= cost;
		return 0;
	}
	o->fault_at = offset;
	return err_set(
		o->err, ERR_LIMIT, "the expression takes too much work; let a step compute it");
}

const char *
operand_describe(struct arena *arena, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: return "null";
	case VALUE_BOOL: return value_is_true(v) ? "true" : "false";
	case VALUE_NUMBER:
		return arena_printf(arena, "the number %.*s", (int)MIN(v->n, 40), v->text);
	case VALUE_STRING:
		if (v->n > 40 || memchr(v->text, '\n', v->n))
			return "a text";
		return arena_printf(arena, "the text '%.*s'", (int)v->n, v->text);
	case VALUE_ARRAY: return "a list";
	case VALUE_OBJECT: return "a map";
	}
	BUG("a value of kind %d", v->kind);
}

static int
absent(struct operation *o, const struct cell *base, const char *what, struct cell *ret_cell)
{
	*ret_cell = (struct cell){.is_absent = true,
		.missing = arena_printf(o->arena, "%s", what),
		.offset = base->offset};
	return 0;
}

static int
index_map(struct operation *o, const struct cell *base, const struct value *key,
	uint32_t offset, struct cell *ret_cell)
{
	const struct value *found;
	int r;

	if (key->kind != VALUE_STRING)
		return operation_refuse(o, offset,
			"a member of a map is named by a text, not %s",
			operand_describe(o->arena, key));
	r = operation_charge(o, offset, base->value.n / 8);
	if (r < 0)
		return r;
	found = value_get(&base->value, value_text(key));
	if (!found)
		return absent(o, base,
			arena_printf(o->arena, "the member \"%.*s\"", (int)MIN(key->n, 60),
				key->text),
			ret_cell);
	*ret_cell = (struct cell){.value = *found, .offset = base->offset};
	return 0;
}

static int
index_list(struct operation *o, const struct cell *base, const struct value *key,
	uint32_t offset, struct cell *ret_cell)
{
	int64_t number = -1;

	if (key->kind != VALUE_NUMBER || !number_is_whole(value_text(key)) ||
		value_text(key).p[0] == '-')
		return operation_refuse(o, offset,
			"an item of a list is named by a whole number from 0 on, not %s",
			operand_describe(o->arena, key));
	if (!value_to_i64(key, &number) || number >= base->value.n)
		return absent(o, base,
			arena_printf(o->arena, "item %.*s of a list of %u",
				(int)MIN(key->n, 40), key->text, base->value.n),
			ret_cell);
	*ret_cell = (struct cell){.value = base->value.items[number], .offset = base->offset};
	return 0;
}

int
operate_index(struct operation *o, const struct cell *base, const struct value *key,
	uint32_t offset, struct cell *ret_cell)
{
	if (base->value.kind == VALUE_OBJECT)
		return index_map(o, base, key, offset, ret_cell);
	if (base->value.kind == VALUE_ARRAY)
		return index_list(o, base, key, offset, ret_cell);
	/* What was asked of a null is as absent as the null's owner left it. */
	if (base->value.kind == VALUE_NULL)
		return absent(o, base,
			key->kind == VALUE_STRING
				? arena_printf(o->arena, "the member \"%.*s\" (of null)",
					  (int)MIN(key->n, 60), key->text)
				: "an item (of null)",
			ret_cell);
	return operation_refuse(
		o, offset, "%s has no members", operand_describe(o->arena, &base->value));
}

int
operate_members(struct operation *o, const struct expr_reference *reference, struct cell *cell)
{
	for (uint32_t i = reference->used; i < reference->n && !cell->is_absent; i++) {
		struct value key = value_string(reference->segments[i].name);
		struct cell member;
		int r = operation_charge(o, reference->offset, 1);

		if (r == 0)
			r = operate_index(o, cell, &key, reference->offset, &member);
		if (r < 0)
			return r;
		*cell = member;
	}
	return 0;
}

int
operate_lazy(struct operation *o, const struct node *node, const struct cell *cell)
{
	if (cell->is_absent)
		return node->kind != NODE_CALL;
	if (node->kind == NODE_CALL)
		return cell->value.kind != VALUE_NULL;
	if (node->kind == NODE_AND && cell->value.kind != VALUE_BOOL)
		return operation_refuse(o, cell->offset,
			"the left side of && must be true or false, not %s; compare it with "
			"something",
			operand_describe(o->arena, &cell->value));
	if (cell->value.kind == VALUE_NULL)
		return operation_refuse(o, cell->offset,
			"the left side of || is null; write default(a, b) for \"a, or b if "
			"there is none\"");
	if (cell->value.kind != VALUE_BOOL)
		return 1;
	return value_is_true(&cell->value) == (node->kind == NODE_OR);
}

/* What comparing a value costs, at most: its size, counted no further than what is left. */
static int
charge_size(struct operation *o, const struct node *node, const struct cell *cell)
{
	const struct value **waiting = NULL;
	const struct value *v = &cell->value;
	size_t capacity = 0;
	uint64_t cost = 0;
	size_t n = 0;

	while (v && cost <= o->cost) {
		bool is_list = v->kind == VALUE_ARRAY;
		bool is_map = v->kind == VALUE_OBJECT;

		cost += is_list || is_map ? v->n : v->n / 64;
		for (uint32_t i = 0; (is_list || is_map) && i < v->n && cost <= o->cost; i++) {
			waiting = memory_grow(waiting, n, &capacity, sizeof(*waiting));
			waiting[n++] = is_list ? &v->items[i] : &v->members[i].value;
		}
		v = n ? waiting[--n] : NULL;
	}
	free(waiting);
	return operation_charge(o, node->offset, cost);
}

static int
equal(struct operation *o, const struct node *node, const struct cell *operands,
	struct value *ret_value)
{
	const struct value *a = &operands[0].value;
	const struct value *b = &operands[1].value;
	int r = charge_size(o, node, &operands[0]);

	if (r == 0)
		r = charge_size(o, node, &operands[1]);
	if (r < 0)
		return r;
	if (a->kind != b->kind && a->kind != VALUE_NULL && b->kind != VALUE_NULL)
		return operation_refuse(o, node->offset,
			"%s and %s cannot be compared: they are of different kinds",
			operand_describe(o->arena, a), operand_describe(o->arena, b));
	*ret_value = value_bool(value_equal(a, b) == (node->kind == NODE_EQUAL));
	return 0;
}

static int
order(struct operation *o, const struct node *node, const struct cell *operands,
	struct value *ret_value)
{
	const struct value *a = &operands[0].value;
	const struct value *b = &operands[1].value;
	int sign;
	int r = operation_charge(o, node->offset, ((uint64_t)a->n + b->n) / 64);

	if (r < 0)
		return r;
	if (a->kind == VALUE_NUMBER && b->kind == VALUE_NUMBER)
		sign = number_compare(value_text(a), value_text(b));
	else if (a->kind == VALUE_STRING && b->kind == VALUE_STRING)
		sign = str_compare(value_text(a), value_text(b));
	else
		return operation_refuse(o, node->offset,
			"%s and %s have no order: only two numbers or two texts have",
			operand_describe(o->arena, a), operand_describe(o->arena, b));
	if (node->kind == NODE_LESS || node->kind == NODE_GREATER_EQUAL)
		*ret_value = value_bool((sign < 0) == (node->kind == NODE_LESS));
	else
		*ret_value = value_bool((sign > 0) == (node->kind == NODE_GREATER));
	return 0;
}

static int
negate(struct operation *o, const struct node *node, const struct cell *operand,
	struct value *ret_value)
{
	if (operand->value.kind != VALUE_BOOL)
		return operation_refuse(o, node->offset,
			"! needs true or false, not %s; it binds tighter than any comparison: "
			"write !(a == b)",
			operand_describe(o->arena, &operand->value));
	*ret_value = value_bool(!value_is_true(&operand->value));
	return 0;
}

static void
make_container(struct operation *o, const struct node *node, const struct cell *operands,
	struct value *ret_value)
{
	/* A member is a key and a value side by side. */
	struct value *items = ARENA_ARRAY(o->arena, node->n, struct value);

	for (uint32_t i = 0; i < node->n; i++)
		items[i] = operands[i].value;
	*ret_value = node->kind == NODE_LIST
		? value_array(items, node->n)
		: value_object((struct member *)(void *)items, node->n / 2);
}

int
operate(struct operation *o, const struct node *node, const struct cell *operands,
	struct cell *ret_cell)
{
	struct cell cell = {.offset = node->n && node->kind != NODE_CALL ? operands[0].offset
									 : node->offset};
	int r = operation_charge(o, node->offset, 1 + node->n);

	if (r < 0)
		return r;
	for (uint32_t i = 0; i < node->n; i++)
		if (operands[i].is_absent) {
			*ret_cell = operands[i];
			return 0;
		}
	switch ((enum node_kind)node->kind) {
	case NODE_INDEX:
		return operate_index(
			o, &operands[0], &operands[1].value, node->offset, ret_cell);
	case NODE_NOT: r = negate(o, node, operands, &cell.value); break;
	case NODE_EQUAL:
	case NODE_NOT_EQUAL: r = equal(o, node, operands, &cell.value); break;
	case NODE_LESS:
	case NODE_LESS_EQUAL:
	case NODE_GREATER:
	case NODE_GREATER_EQUAL: r = order(o, node, operands, &cell.value); break;
	case NODE_CALL: r = operate_function(o, node, operands, &cell.value); break;
	case NODE_LIST:
	case NODE_MAP: make_container(o, node, operands, &cell.value); break;
	case NODE_LITERAL:
	case NODE_REFERENCE:
	case NODE_AND:
	case NODE_OR:
	case NODE_KINDS: BUG("an operation of kind %d", node->kind);
	}
	if (r == 0)
		*ret_cell = cell;
	return r;
}
