#include "pattern/regex_translate.h"

/* Fewer characters than these are compared faster than they are counted. */
#define CHARGE_MIN 64

/* Terms and alternatives between two callouts of a long expression. */
#define TERMS_APART 64
#define ALTERNATIVES_APART 16

struct translator {
	const struct regex *regex;
	struct buf *text;
	uint32_t *numbers; /* what PCRE2 calls the group; 0 where it captures nothing */
	uint32_t terms;
	uint32_t alternatives;
};

static void
add_charge(struct buf *text, uint32_t characters)
{
	unsigned power = 0;

	while (characters >> power > 1)
		power++;
	buf_printf(text, "(?C%u)", power);
}

static void
add_code(struct buf *text, uint32_t code)
{
	bool is_alphanumeric = (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
		(code >= 'A' && code <= 'Z');

	if (is_alphanumeric)
		buf_add_char(text, (char)code);
	else
		buf_printf(text, "\\x{%x}", code);
}

static void
add_ranges(struct buf *text, const struct code_set *set)
{
	for (size_t i = 0; i < set->n; i++) {
		add_code(text, set->ranges[i].first);
		if (set->ranges[i].last == set->ranges[i].first)
			continue;
		buf_add_char(text, '-');
		add_code(text, set->ranges[i].last);
	}
}

static void
add_set(struct arena *arena, struct buf *text, const struct regex_set *set)
{
	bool negated = set->negated;
	struct code_set codes = set->codes;

	/* PCRE2 searches the ranges one after the other: the side with fewer of them is written. */
	if (!set->properties && code_set_has(&codes, CODE_MAX)) {
		codes = code_set_complement(arena, &codes);
		negated = true;
	}
	if (!codes.n && !set->properties) {
		buf_add_cstr(text, negated ? "(?s:.)" : "(?:(?!))");
		return;
	}
	buf_add_cstr(text, negated ? "[^" : "[");
	add_ranges(text, &codes);
	for (const struct regex_property *p = set->properties; p; p = p->next)
		buf_printf(text, "\\%c{%s}", p->negated ? 'P' : 'p', p->name);
	buf_add_char(text, ']');
}

static int
add_reference(struct translator *t, const struct regex_node *node, struct err *err)
{
	uint32_t number = t->numbers[node->number];

	if (node->empty) {
		buf_add_cstr(t->text, "(?:)");
		return 0;
	}
	if (number > REGEX_CALLOUT_LAST - REGEX_CALLOUT_REFERENCE + 1)
		return regex_error(t->regex->text, node->at, ERR_LIMIT, err,
			"more than %d groups that are referred to are not supported",
			REGEX_CALLOUT_LAST - REGEX_CALLOUT_REFERENCE + 1);
	buf_printf(t->text, "(?:(?C%u)\\g{%u})", number + REGEX_CALLOUT_REFERENCE - 1, number);
	return 0;
}

static int
enter_repeat(struct translator *t, const struct regex_node *node, struct err *err)
{
	uint32_t most = node->max == REGEX_FOREVER ? node->min : node->max;

	if (most > REGEX_COUNT_MAX)
		return regex_error(t->regex->text, node->at, ERR_LIMIT, err,
			"a count above %d is not supported here", REGEX_COUNT_MAX);
	if (node->min >= CHARGE_MIN)
		add_charge(t->text, node->min);
	if (node->first->kind == REGEX_GROUP)
		buf_add_cstr(t->text, "(?:");
	return 0;
}

static void
leave_repeat(struct translator *t, const struct regex_node *node)
{
	if (node->first->kind == REGEX_GROUP)
		buf_add_cstr(t->text, "(?C0))");
	buf_printf(t->text, "{%u,", node->min);
	if (node->max != REGEX_FOREVER)
		buf_printf(t->text, "%u", node->max);
	buf_add_cstr(t->text, node->lazy ? "}?" : "}");
	if (node->min != node->max)
		buf_add_cstr(t->text, "(?C0)");
}

static void
enter_container(struct translator *t, const struct regex_node *node)
{
	if (node->kind == REGEX_LOOK)
		buf_printf(
			t->text, "(?%s%c", node->behind ? "<" : "", node->negated ? '!' : '=');
	else
		buf_add_cstr(t->text, node->referenced ? "(" : "(?:");
}

static void
enter_sequence(struct translator *t, const struct regex_node *node)
{
	if (!node->previous)
		return;
	buf_add_char(t->text, '|');
	if (++t->alternatives % ALTERNATIVES_APART == 0)
		buf_add_cstr(t->text, "(?C0)");
}

static int
enter(struct translator *t, struct arena *arena, const struct regex_node *node, struct err *err)
{
	if (node->parent && node->parent->kind == REGEX_SEQUENCE &&
		++t->terms % TERMS_APART == 0)
		buf_add_cstr(t->text, "(?C0)");
	switch (node->kind) {
	case REGEX_GROUP:
	case REGEX_LOOK: enter_container(t, node); break;
	case REGEX_SEQUENCE: enter_sequence(t, node); break;
	case REGEX_REPEAT: return enter_repeat(t, node, err);
	case REGEX_CHAR: add_code(t->text, node->code); break;
	case REGEX_SET: add_set(arena, t->text, node->set); break;
	case REGEX_START: buf_add_char(t->text, '^'); break;
	case REGEX_END: buf_add_char(t->text, '$'); break;
	case REGEX_BOUNDARY: buf_add_cstr(t->text, node->negated ? "\\B" : "\\b"); break;
	case REGEX_REFERENCE: return add_reference(t, node, err);
	}
	return 0;
}

static void
leave(struct translator *t, const struct regex_node *node)
{
	switch (node->kind) {
	case REGEX_GROUP:
	case REGEX_LOOK:
		buf_add_char(t->text, ')');
		if (node->first != node->last)
			buf_add_cstr(t->text, "(?C0)");
		break;
	case REGEX_REPEAT: leave_repeat(t, node); break;
	case REGEX_SEQUENCE:
	case REGEX_CHAR:
	case REGEX_SET:
	case REGEX_START:
	case REGEX_END:
	case REGEX_BOUNDARY:
	case REGEX_REFERENCE: break;
	}
}

static void
number_groups(struct translator *t)
{
	uint32_t used = 0;

	for (uint32_t i = 1; i < t->regex->n_groups; i++)
		t->numbers[i] = t->regex->groups[i]->referenced ? ++used : 0;
}

int
regex_translate(
	struct arena *arena, const struct regex *regex, struct buf *text, struct err *err)
{
	struct translator t = {regex, text, ARENA_ARRAY(arena, regex->n_groups, uint32_t)};
	struct regex_walk walk = REGEX_WALK(regex->root);

	if (regex->root->size > REGEX_SIZE_MAX)
		return err_set(err, ERR_LIMIT,
			"the counts in this pattern multiply to more than %u characters",
			REGEX_SIZE_MAX);
	t.numbers = ARENA_ARRAY(arena, regex->n_groups, uint32_t);
	number_groups(&t);
	buf_add_cstr(text, "(?C0)");
	while (regex_walk_next(&walk)) {
		int code;

		if (walk.leaving) {
			leave(&t, walk.node);
			continue;
		}
		code = enter(&t, arena, walk.node, err);
		if (code)
			return code;
	}
	return buf_check(text, "the translation of a pattern", err);
}
