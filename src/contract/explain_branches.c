#include "contract/explain.h"

/* What a branch marks counts only if it holds. */
static bool
explain_branch(struct explainer *e, struct place *path, uint32_t block, const struct value *v)
{
	struct checker *c = e->checker;
	size_t before = c->current;
	bool valid;

	if (before == NO_MARKS)
		return explain_below(e, path, NULL, block, v);
	before = marks_open(c, v->n);
	valid = explain_below(e, path, NULL, block, v);
	marks_close(c, before, valid);
	return valid;
}

static bool
explain_reference(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	uint32_t block = i->op == OP_DYNAMIC_REF ? evaluate_dynamic(e->checker, i) : i->a;
	struct keyword_unit k;

	explain_open(e, &k, b, (enum keyword)i->keyword, v);
	e->by = (enum keyword)i->keyword;
	return explain_close(e, &k, explain_below(e, NULL, NULL, block, v));
}

static bool
explain_not(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	struct keyword_unit k;

	if (!explain_nothing(e, i->a, v))
		return true;
	explain_open(e, &k, b, KEYWORD_NOT, v);
	buf_add_cstr(&e->message, "must not be what \"not\" describes");
	return explain_close(e, &k, false);
}

static bool
explain_all_of(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	struct keyword_unit k;
	bool valid = true;

	explain_open(e, &k, b, KEYWORD_ALL_OF, v);
	for (uint32_t n = 0; n < i->b; n++) {
		struct place path = {NULL, {NULL, 0}, n};

		e->by = KEYWORD_ALL_OF;
		valid = explain_below(e, &path, NULL, e->program->words[i->a + n], v) && valid;
	}
	return explain_close(e, &k, valid);
}

static bool
explain_alternatives(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	enum keyword keyword = (enum keyword)i->keyword;
	uint32_t first = 0;
	uint32_t second = 0;
	uint32_t n_valid = 0;
	struct keyword_unit k;
	bool valid;

	explain_open(e, &k, b, keyword, v);
	e->open_ends++;
	for (uint32_t n = 0; n < i->b; n++) {
		struct place path = {NULL, {NULL, 0}, n};

		e->by = keyword;
		if (!explain_branch(e, &path, e->program->words[i->a + n], v))
			continue;
		if (n_valid++ == 0)
			first = n;
		else if (n_valid == 2)
			second = n;
	}
	e->open_ends--;
	valid = i->op == OP_ANY_OF ? n_valid > 0 : n_valid == 1;
	/* How the others fail is no error, nor is how some fail where not all were looked at. */
	if (e->checker->code || (valid && !(e->flags & REPORT_ANNOTATIONS)))
		unit_drop(e->report, k.below);
	else if (valid)
		unit_filter(e->report, k.below.n, true);
	if (!valid && !n_valid)
		message_branches(e, &k, i->b, v);
	else if (!valid)
		buf_printf(&e->message,
			"must fit exactly one of the %u alternatives of \"oneOf\"; it fits %u, "
			"the first two of them being oneOf/%u and oneOf/%u",
			i->b, n_valid, first, second);
	return explain_close(e, &k, valid);
}

static bool
explain_if(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	struct keyword_unit k;
	enum keyword keyword;
	bool holds;
	uint32_t block;

	explain_open(e, &k, b, KEYWORD_IF, v);
	e->by = KEYWORD_IF;
	e->open_ends++;
	holds = explain_branch(e, NULL, i->a, v);
	e->open_ends--;
	if (!holds || e->checker->code)
		unit_drop(e->report, k.below);
	(void)explain_close(e, &k, true);
	keyword = holds ? KEYWORD_THEN : KEYWORD_ELSE;
	block = holds ? i->b : i->c;
	if (block == BLOCK_TRUE)
		return true;
	explain_open(e, &k, b, keyword, v);
	e->by = keyword;
	return explain_close(e, &k, explain_below(e, NULL, NULL, block, v));
}

bool
explain_branches(struct explainer *e, const struct block *b, const struct instruction *i,
	const struct value *v)
{
	switch (i->op) {
	case OP_NOT: return explain_not(e, b, i, v);
	case OP_ALL_OF: return explain_all_of(e, b, i, v);
	case OP_ANY_OF:
	case OP_ONE_OF: return explain_alternatives(e, b, i, v);
	case OP_IF: return explain_if(e, b, i, v);
	default: return explain_reference(e, b, i, v);
	}
}
