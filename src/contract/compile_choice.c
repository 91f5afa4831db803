#include "contract/folding.h"

#define NEEDED_MAX 4  /* names that a guard looks for */
#define UNNAMED_MAX 4 /* alternatives without a name, beside those that have one */

/* The enum that tells a branch apart by the member of that name, NO_INDEX where there is none. */
static uint32_t
enum_of_property(const struct compiler *c, const struct property *p)
{
	const struct block *b = &c->blocks[fold_end_of_chain(c, p->block)];
	uint32_t any = b->ends[GROUP_OBJECT];

	if (!(p->flags & PROPERTY_IS_DECLARED))
		return NO_INDEX;
	for (uint32_t i = any; i < b->ends[GROUP_ANY]; i++) {
		const struct instruction *code = &c->code[b->first + i];

		if (code->op == OP_ENUM && c->enums[code->a].kinds == 1U << VALUE_STRING)
			return code->a;
	}
	return NO_INDEX;
}

static bool
is_alike(const struct property *p, const struct property *like)
{
	return !like ||
		(p->hash == like->hash && p->n == like->n &&
			memcmp(p->text, like->text, p->n) == 0);
}

/* The enum of a member that the block's rules tell of: of that like `like`, or of any where that is
 * NULL; of one that is required, where needs_all is set. */
static uint32_t
enum_of_block(const struct folding *f, uint32_t block, const struct property *like,
	bool needs_all, const struct property **ret_found)
{
	const struct compiler *c = f->c;
	const uint32_t *rules = c->words + f->rules[block];

	if (f->rules[block] == NO_INDEX)
		return NO_INDEX;
	for (uint32_t i = 1; i <= rules[0]; i++) {
		const struct object_rule *rule = &c->objects[rules[i]];

		for (uint32_t k = 0; k < rule->n_properties; k++) {
			const struct property *p = &c->properties[rule->properties + k];
			uint32_t found = is_alike(p, like) ? enum_of_property(c, p) : NO_INDEX;

			if (found == NO_INDEX ||
				(needs_all && !(p->flags & PROPERTY_IS_REQUIRED)))
				continue;
			*ret_found = p;
			return found;
		}
	}
	return NO_INDEX;
}

static uint32_t
add_value(struct compiler *c, const struct property *p)
{
	struct value name = value_string((struct str){p->text, p->n});

	return compile_value(c, &name);
}

/* The names that the first rule which requires any does, up to a few. */
static void
add_needed(struct folding *f, uint32_t block, struct guard *guard)
{
	struct compiler *c = f->c;
	const uint32_t *rules = c->words + f->rules[block];

	guard->needed = (uint32_t)c->n_values;
	for (uint32_t i = 1; i <= rules[0] && !guard->n_needed; i++) {
		const struct object_rule *rule = &c->objects[rules[i]];

		for (uint32_t k = 0; k < rule->n_properties && guard->n_needed < NEEDED_MAX;
			k++) {
			const struct property *p = &c->properties[rule->properties + k];

			if (!(p->flags & PROPERTY_IS_REQUIRED))
				continue;
			(void)add_value(c, p);
			guard->n_needed++;
		}
	}
}

static uint32_t
guard_of(struct folding *f, uint32_t block)
{
	const struct property *found = NULL;
	struct guard guard = {.n_needed = 0};
	uint32_t rule;

	if (f->rules[block] == NO_INDEX)
		return NO_INDEX;
	if (f->guard_of[block])
		return f->guard_of[block] - 1;
	add_needed(f, block, &guard);
	rule = enum_of_block(f, block, NULL, false, &found);
	if (rule != NO_INDEX) {
		guard.has_names = true;
		guard.names = fast_names_of_enum(f, &f->c->enums[rule]);
		guard.name = add_value(f->c, found);
	}
	if (!guard.n_needed && !guard.has_names)
		return NO_INDEX;
	*PUSH(f, guards) = guard;
	f->guard_of[block] = (uint32_t)f->n_guards;
	return (uint32_t)f->n_guards - 1;
}

static bool
enum_has(const struct compiler *c, const struct enum_rule *rule, const struct value *string)
{
	const struct slot *slots = c->slots + rule->slots;

	for (uint32_t k = string->hash & rule->mask; slots[k].index; k = (k + 1) & rule->mask)
		if (slots[k].hash == string->hash &&
			value_equal(&c->values[rule->values + slots[k].index - 1], string))
			return true;
	return false;
}

/* The list of the branches that a value of the member leaves, of none where it is NULL. */
static uint32_t
add_list(struct compiler *c, uint32_t rules, uint32_t n, const struct value *string)
{
	uint32_t first = (uint32_t)c->n_words;

	*PUSH(c, words) = 0;
	for (uint32_t k = 0; k < n; k++) {
		uint32_t rule = c->words[rules + k];

		if (rule == NO_INDEX || (string && enum_has(c, &c->enums[rule], string)))
			*PUSH(c, words) = k;
	}
	c->words[first] = (uint32_t)c->n_words - first - 1;
	return first;
}

static void
add_lists(struct folding *f, uint32_t rules, uint32_t n, struct choice *choice)
{
	struct compiler *c = f->c;

	choice->otherwise = add_list(c, rules, n, NULL);
	for (uint32_t k = 0; k < n; k++) {
		uint32_t index = c->words[rules + k];
		struct enum_rule rule = {.n = 0};

		if (index != NO_INDEX)
			rule = c->enums[index];
		/* What is named twice has two slots, the lists of which are the same. */
		for (uint32_t i = 0; i < rule.n; i++) {
			struct value v = c->values[rule.values + i];

			fast_put_off(f, value_text(&v), v.hash)->list =
				add_list(c, rules, n, &v);
		}
	}
	choice->names = fast_names(f);
}

/* Alternatives that name themselves ("kind": { "const": … }) are chosen by that member. Returns false
 * where too few do. */
static bool
choose(struct folding *f, struct instruction *code)
{
	struct compiler *c = f->c;
	const struct branch *branches = f->branches + code->a;
	const struct property *like = NULL;
	const struct property *found = NULL;
	uint32_t rules = (uint32_t)c->n_words;
	uint32_t n = 0;
	struct choice choice;

	for (uint32_t k = 0; k < code->b && !like; k++)
		(void)enum_of_block(f, branches[k].guard, NULL, true, &like);
	for (uint32_t k = 0; like && k < code->b; k++) {
		uint32_t rule = enum_of_block(f, branches[k].guard, like, true, &found);

		n += rule != NO_INDEX;
		*PUSH(c, words) = rule;
	}
	if (n < 2 || code->b - n > UNNAMED_MAX)
		return false;
	choice.member = add_value(c, like);
	add_lists(f, rules, code->b, &choice);
	*PUSH(f, choices) = choice;
	code->c = (uint32_t)f->n_choices - 1;
	return true;
}

void
fast_choose(struct folding *f)
{
	for (size_t i = 0; i < f->n_code; i++) {
		struct instruction *code = &f->code[i];
		bool is_list = code->op == FAST_ANY_OF || code->op == FAST_ONE_OF;
		uint32_t n = is_list ? code->b : code->op == FAST_IF ? 1 : 0;
		bool is_chosen;

		if (!n || f->branches[code->a].guard == NO_INDEX)
			continue;
		is_chosen = is_list && choose(f, code);
		for (uint32_t k = 0; k < n; k++) {
			struct branch *branch = &f->branches[code->a + k];

			branch->guard = is_chosen ? NO_INDEX : guard_of(f, branch->guard);
		}
	}
}
