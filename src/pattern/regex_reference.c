#include "pattern/regex_reference.h"

static size_t
depth_of(const struct regex_node *node)
{
	size_t depth = 0;

	for (; node->parent; node = node->parent)
		depth++;
	return depth;
}

/* The innermost node that both are in; one of them where the other is in it. */
static const struct regex_node *
common_ancestor(const struct regex_node *a, const struct regex_node *b)
{
	size_t a_depth = depth_of(a);
	size_t b_depth = depth_of(b);

	for (; a_depth > b_depth; a_depth--)
		a = a->parent;
	for (; b_depth > a_depth; b_depth--)
		b = b->parent;
	while (a != b) {
		a = a->parent;
		b = b->parent;
	}
	return a;
}

static bool
is_in_lookbehind(const struct regex_node *node)
{
	for (; node; node = node->parent)
		if (node->kind == REGEX_LOOK && node->behind)
			return true;
	return false;
}

/* Whether the group can have captured nothing when the reference is reached: it comes later, in
 * another alternative, around the reference, or in a negative look that the reference is not in. */
static bool
is_empty(const struct regex_node *group, const struct regex_node *reference)
{
	const struct regex_node *common = common_ancestor(group, reference);

	if (common == group || common->kind != REGEX_SEQUENCE || reference->at < group->at)
		return true;
	for (const struct regex_node *node = group; node != common; node = node->parent)
		if ((node->kind == REGEX_LOOK && node->negated) ||
			(node->kind == REGEX_REPEAT && node->max == 0))
			return true;
	return false;
}

/* Whether each repetition of the repeat leaves in the group what ECMA-262 would: one that always
 * goes through the group, and that is never taken back because it matched nothing. */
static bool
is_kept(const struct regex_node *repeat, const struct regex_node *group)
{
	bool always = true;
	bool looks = false;

	for (const struct regex_node *node = group; node != repeat; node = node->parent) {
		if (node->kind == REGEX_SEQUENCE && (node->previous || node->next))
			always = false;
		if (node->kind == REGEX_REPEAT && node->min == 0)
			always = false;
		looks |= node->kind == REGEX_LOOK;
	}
	if (repeat->max <= 1)
		return repeat->min == 1 || repeat->first->consumes || !looks;
	return always && (repeat->first->consumes || repeat->min == repeat->max);
}

static bool
is_faithful(const struct regex_node *group)
{
	for (const struct regex_node *node = group->parent; node; node = node->parent)
		if (node->kind == REGEX_REPEAT &&
			(!is_kept(node, group) || (node->max > 1 && is_in_lookbehind(node))))
			return false;
	return true;
}

int
regex_reference_resolve(struct regex *regex, struct err *err)
{
	for (struct regex_node *node = regex->references; node; node = node->next_reference) {
		struct regex_node *group = regex->groups[node->number];

		if (is_in_lookbehind(node))
			return regex_error(regex->text, node->at, ERR_LIMIT, err,
				"a reference inside a lookbehind is not supported");
		node->empty = is_empty(group, node);
		if (node->empty)
			continue;
		if (!is_faithful(group))
			return regex_error(regex->text, node->at, ERR_LIMIT, err,
				"a reference to a group that a repeated part may pass by, or "
				"match "
				"without a character, is not supported");
		group->referenced = true;
	}
	return 0;
}
