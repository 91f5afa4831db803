#include "contract/hint.h"

#include "base/memory.h"

#define WORDS_TRIED 8

/* The word by which alternatives tell themselves apart: a member of the value that each of them wants
 * to be another. */
struct word {
	const struct value *key;
	const struct value *found;
	const struct value *wanted[CANDIDATES];
	uint32_t n;
	uint32_t n_branches; /* that ask for it */
};

/* What the branch's "type" allows; 0 where it has failed by anything else. */
static unsigned
branch_kinds(const struct report *report, size_t branch)
{
	size_t end = unit_end(report, branch);
	const struct unit *found = NULL;

	for (size_t i = branch; i < end; i++) {
		const struct unit *u = &report->units[i];

		if (!u->message.n)
			continue;
		if (u->keyword != KEYWORD_TYPE || found ||
			u->instance_location.n != report->units[branch].instance_location.n)
			return 0;
		found = u;
	}
	return found ? found->kinds : 0;
}

static void
add_wanted(struct word *word, const struct value *v)
{
	for (uint32_t i = 0; i < word->n; i++)
		if (value_equal(word->wanted[i], v))
			return;
	if (word->n < CANDIDATES)
		word->wanted[word->n++] = v;
}

/* What the branch wants the word to be; false where it does not care, or is content. */
static bool
add_branch_words(struct explainer *e, size_t branch, struct word *word)
{
	const struct report *report = e->report;
	size_t end = unit_end(report, branch);
	bool any = false;

	for (size_t i = branch; i < end; i++) {
		const struct unit *u = &report->units[i];
		bool is_enum = u->keyword == KEYWORD_ENUM;
		const struct value *values;

		if (!u->message.n || u->value != word->found ||
			!(is_enum || u->keyword == KEYWORD_CONST))
			continue;
		values = value_get(e->program->frame->nodes[u->node].value,
			str_of(keyword_name((enum keyword)u->keyword)));
		for (uint32_t k = 0; k < (is_enum ? values->n : 1); k++)
			add_wanted(word, is_enum ? &values->items[k] : values);
		any = true;
	}
	word->n_branches += any;
	return any;
}

/* Whether nothing is wrong in the branch but the kind of the whole value. */
static bool
is_of_other_kind(const struct report *report, size_t branch)
{
	size_t end = unit_end(report, branch);

	for (size_t i = branch; i < end; i++) {
		const struct unit *u = &report->units[i];

		if (u->message.n && u->keyword == KEYWORD_TYPE &&
			u->instance_location.n == report->units[branch].instance_location.n)
			return true;
	}
	return false;
}

static bool
all_want(struct explainer *e, size_t at, struct word *word)
{
	size_t end = unit_end(e->report, at);

	for (size_t i = at + 1; i < end; i = unit_end(e->report, i))
		if (!add_branch_words(e, i, word) && !is_of_other_kind(e->report, i))
			return false;
	return word->n_branches > 1;
}

/* The member of the object whose value that is, not a copy of it. */
static const struct member *
member_of(const struct value *object, const struct value *value)
{
	uintptr_t first = (uintptr_t)object->members;
	uintptr_t at = (uintptr_t)value;
	const struct member *m;

	if (!object->n || at < first || at >= (uintptr_t)(object->members + object->n))
		return NULL;
	m = &object->members[(at - first) / sizeof(*m)];
	return &m->value == value ? m : NULL;
}

static bool
find_word(struct explainer *e, size_t at, const struct value *v, struct word *word)
{
	size_t end = unit_end(e->report, at);
	uint32_t tried = 0;

	*word = (struct word){.key = NULL};
	for (size_t i = at + 1; v->kind == VALUE_OBJECT && i < end && tried < WORDS_TRIED;
		i++) {
		const struct unit *u = &e->report->units[i];
		const struct member *m = NULL;

		if (u->message.n && (u->keyword == KEYWORD_CONST || u->keyword == KEYWORD_ENUM))
			m = member_of(v, u->value);
		if (!m || &m->value == word->found)
			continue;
		*word = (struct word){.key = &m->key, .found = &m->value};
		if (all_want(e, at, word))
			return true;
		tried++;
	}
	return false;
}

void
message_branches(struct explainer *e, struct keyword_unit *k, uint32_t n, const struct value *v)
{
	const struct report *report = e->report;
	size_t nearest = k->at == SIZE_MAX ? 0 : unit_nearest(report, k->at);
	size_t end = k->at == SIZE_MAX ? 0 : unit_end(report, k->at);
	bool only_types = nearest != 0;
	uint32_t number = 1;
	uint32_t n_units = 0;
	unsigned kinds = 0;
	struct word word;

	for (size_t i = k->at + 1; i < end; i = unit_end(report, i)) {
		unsigned allowed = branch_kinds(report, i);

		only_types = only_types && allowed;
		kinds |= allowed;
		number += i < nearest;
		n_units++;
	}
	k->unit.is_whole = true;
	if (only_types && n_units == n) {
		message_kind(e, kinds, v);
		return;
	}
	if (nearest && n_units == n && find_word(e, k->at, v, &word)) {
		k->unit.value = word.found;
		message_add_quoted(&e->message, value_text(word.key));
		buf_add_char(&e->message, ' ');
		message_values(e, word.wanted, word.n, word.found);
		return;
	}
	k->unit.is_whole = false;
	buf_printf(&e->message, "fits none of the %u alternatives", n);
	if (n_units == n && n > 1)
		buf_printf(&e->message, "; %.*s/%u comes nearest", STR_ARG(k->unit.name),
			number - 1);
}
