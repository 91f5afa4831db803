#include "base/digest.h"
#include "expr/function.h"
#include "expr/operate.h"
#include "json/json.h"

#define TEXT_MAX ((size_t)64 << 20)

static int
refuse_argument(struct operation *o, const struct node *node, const struct cell *argument,
	const char *wanted)
{
	return operation_refuse(o, argument->offset, "%s needs %s here, not %s",
		function_rows[node->function].name, wanted,
		operand_describe(o->arena, &argument->value));
}

static bool
occurs(struct str text, struct str part)
{
	return !part.n || (text.n >= part.n && memmem(text.p, text.n, part.p, part.n));
}

static int
contains(struct operation *o, const struct node *node, const struct cell *arguments,
	struct value *ret_value)
{
	const struct value *where = &arguments[0].value;
	const struct value *what = &arguments[1].value;
	uint64_t cost = where->kind == VALUE_STRING ? ((uint64_t)where->n + what->n) / 64
						    : where->n * (1 + (uint64_t)what->n / 64);
	bool found = false;
	int r;

	if (where->kind != VALUE_STRING && where->kind != VALUE_ARRAY)
		return refuse_argument(o, node, &arguments[0], "a text or a list");
	if (where->kind == VALUE_STRING && what->kind != VALUE_STRING)
		return refuse_argument(o, node, &arguments[1], "a text");
	if (what->kind == VALUE_ARRAY || what->kind == VALUE_OBJECT)
		return refuse_argument(
			o, node, &arguments[1], "a text, a number, true, false or null");
	r = operation_charge(o, node->offset, cost);
	if (r < 0)
		return r;
	if (where->kind == VALUE_STRING)
		found = occurs(value_text(where), value_text(what));
	for (uint32_t i = 0; where->kind == VALUE_ARRAY && !found && i < where->n; i++)
		found = value_equal(&where->items[i], what);
	*ret_value = value_bool(found);
	return 0;
}

static int
begins_or_ends(struct operation *o, const struct node *node, const struct cell *arguments,
	struct value *ret_value)
{
	struct str text = value_text(&arguments[0].value);
	struct str part = value_text(&arguments[1].value);

	for (size_t i = 0; i < 2; i++)
		if (arguments[i].value.kind != VALUE_STRING)
			return refuse_argument(o, node, &arguments[i], "a text");
	*ret_value = value_bool(node->function == FUNCTION_STARTS_WITH ? str_starts(text, part)
								       : str_ends(text, part));
	return operation_charge(o, node->offset, part.n / 64);
}

static int
length(struct operation *o, const struct node *node, const struct cell *argument,
	struct value *ret_value)
{
	const struct value *v = &argument->value;
	int64_t n = 0;
	int r = operation_charge(o, node->offset, v->kind == VALUE_STRING ? v->n / 64 : 0);

	if (v->kind != VALUE_STRING && v->kind != VALUE_ARRAY && v->kind != VALUE_OBJECT)
		return refuse_argument(o, node, argument, "a text, a list or a map");
	if (v->kind != VALUE_STRING)
		n = v->n;
	for (uint32_t i = 0; v->kind == VALUE_STRING && i < v->n; i++)
		n += ((unsigned char)v->text[i] & 0xC0) != 0x80;
	*ret_value = value_i64(o->arena, n);
	return r;
}

static int
all_or_any(struct operation *o, const struct node *node, const struct cell *argument,
	struct value *ret_value)
{
	bool wanted = node->function == FUNCTION_ANY;
	const struct value *list = &argument->value;
	bool found = false;

	if (list->kind != VALUE_ARRAY)
		return refuse_argument(o, node, argument, "a list of true and false");
	for (uint32_t i = 0; i < list->n; i++) {
		if (list->items[i].kind != VALUE_BOOL)
			return operation_refuse(o, argument->offset,
				"%s needs a list of true and false; its item %u is %s",
				function_rows[node->function].name, i,
				operand_describe(o->arena, &list->items[i]));
		found |= value_is_true(&list->items[i]) == wanted;
	}
	*ret_value = value_bool(found == wanted);
	return operation_charge(o, node->offset, list->n / 8);
}

static int
add_text(struct operation *o, uint32_t offset, const struct value *v, struct buf *b)
{
	struct str text;
	int r = expr_value_text(v, &text, o->err);

	if (r == 0)
		r = operation_charge(o, offset, text.n / 64);
	else
		o->fault_at = offset;
	if (r == 0)
		buf_add_str(b, text);
	return r;
}

static int
keep_text(struct operation *o, uint32_t offset, const struct buf *b, struct value *ret_value)
{
	int r = buf_check(b, "a text that an expression makes", o->err);

	if (r == 0)
		*ret_value = value_string(arena_str(o->arena, buf_str(b)));
	else
		o->fault_at = offset;
	return r;
}

static int
join(struct operation *o, const struct node *node, const struct cell *arguments,
	struct value *ret_value)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
	const struct value *list = &arguments[0].value;
	struct value separator = node->n > 1 ? arguments[1].value : value_string(STR(","));

	if (list->kind != VALUE_ARRAY)
		return refuse_argument(o, node, &arguments[0], "a list");
	if (separator.kind != VALUE_STRING)
		return refuse_argument(o, node, &arguments[1], "a text");
	for (uint32_t i = 0; i < list->n; i++) {
		int r = i ? add_text(o, arguments[0].offset, &separator, &b) : 0;

		if (r == 0)
			r = add_text(o, arguments[0].offset, &list->items[i], &b);
		if (r == 0)
			r = operation_charge(o, arguments[0].offset, 1);
		if (r == ERR_INVALID)
			return err_wrap(o->err, "join: item %u", i);
		if (r < 0)
			return r;
	}
	return keep_text(o, node->offset, &b, ret_value);
}

static int
concat(struct operation *o, const struct node *node, const struct cell *arguments,
	struct value *ret_value)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);

	for (uint32_t i = 0; i < node->n; i++) {
		int r = add_text(o, arguments[i].offset, &arguments[i].value, &b);

		if (r < 0)
			return r;
	}
	return keep_text(o, node->offset, &b, ret_value);
}

static int
digest(struct operation *o, const struct node *node, const struct cell *argument,
	struct value *ret_value)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
	const struct value *v = &argument->value;
	char hex[DIGEST_HEX_SIZE];
	struct digest made;
	int r;

	if (v->kind == VALUE_STRING)
		buf_add_str(&b, value_text(v));
	else
		json_write(v, &b);
	r = buf_check(&b, "a value whose digest is asked for", o->err);
	if (r == 0)
		r = operation_charge(o, node->offset, b.n / 64);
	else
		o->fault_at = node->offset;
	if (r < 0)
		return r;
	digest_of(buf_cstr(&b), b.n, &made);
	*ret_value = value_string(
		str_of(arena_printf(o->arena, "sha256:%s", digest_to_hex(&made, hex))));
	return 0;
}

int
operate_function(struct operation *o, const struct node *node, const struct cell *arguments,
	struct value *ret_value)
{
	switch ((enum function)node->function) {
	case FUNCTION_CONTAINS: return contains(o, node, arguments, ret_value);
	case FUNCTION_STARTS_WITH:
	case FUNCTION_ENDS_WITH: return begins_or_ends(o, node, arguments, ret_value);
	case FUNCTION_LENGTH: return length(o, node, arguments, ret_value);
	case FUNCTION_ALL:
	case FUNCTION_ANY: return all_or_any(o, node, arguments, ret_value);
	case FUNCTION_JOIN: return join(o, node, arguments, ret_value);
	case FUNCTION_CONCAT: return concat(o, node, arguments, ret_value);
	case FUNCTION_DIGEST: return digest(o, node, arguments, ret_value);
	case FUNCTION_DEFAULT:
	case FUNCTIONS: break;
	}
	BUG("function %d", node->function);
}
