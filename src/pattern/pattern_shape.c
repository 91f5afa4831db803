#include "pattern/pattern_shape.h"

/* The only alternative's terms, or NULL where there are several alternatives. */
static const struct regex_node *
only_sequence(const struct regex *regex)
{
	return regex->root->first == regex->root->last ? regex->root->first : NULL;
}

/* Whether the sequence is characters between a possible ^ and a possible $. */
static bool
is_literal(const struct regex_node *sequence)
{
	for (const struct regex_node *term = sequence->first; term; term = term->next)
		if (term->kind != REGEX_CHAR && (term->kind != REGEX_START || term->previous) &&
			(term->kind != REGEX_END || term->next))
			return false;
	return true;
}

static struct str
literal_of(struct arena *arena, const struct regex_node *sequence)
{
	AUTO_BUF struct buf text = BUF_INIT(REGEX_TEXT_MAX);

	for (const struct regex_node *term = sequence->first; term; term = term->next)
		if (term->kind == REGEX_CHAR)
			code_write(&text, term->code);
	return arena_str(arena, buf_str(&text));
}

static struct pattern_shape
literal_shape(struct arena *arena, const struct regex_node *sequence)
{
	struct pattern_shape shape = {.text = literal_of(arena, sequence)};
	bool starts = sequence->first && sequence->first->kind == REGEX_START;
	bool ends = sequence->last && sequence->last->kind == REGEX_END;

	shape.kind = starts && ends                   ? PATTERN_SHAPE_EQUALS
		: !shape.text.n || (!starts && !ends) ? PATTERN_SHAPE_CONTAINS
		: starts                              ? PATTERN_SHAPE_STARTS
						      : PATTERN_SHAPE_ENDS;
	if (shape.kind == PATTERN_SHAPE_CONTAINS && !shape.text.n)
		shape.kind = PATTERN_SHAPE_ALL;
	return shape;
}

/* ^[class]{min,max}$, also without the count. */
static bool
find_run(struct arena *arena, const struct regex_node *sequence, struct pattern_shape *shape)
{
	const struct regex_node *term = sequence->first ? sequence->first->next : NULL;

	if (!term || sequence->first->kind != REGEX_START ||
		sequence->last->kind != REGEX_END || term->next != sequence->last)
		return false;
	*shape = (struct pattern_shape){.min = 1, .max = 1, .set = CODE_SET_INIT};
	if (term->kind == REGEX_REPEAT) {
		shape->min = term->min;
		shape->max = term->max;
		term = term->first;
	}
	if (term->kind == REGEX_SET && !term->set->properties)
		code_set_add_set(arena, &shape->set, &term->set->codes);
	else if (term->kind == REGEX_CHAR)
		code_set_add(arena, &shape->set, term->code, term->code);
	else
		return false;
	for (uint32_t code = 0; code < ARRAY_SIZE(shape->ascii); code++)
		shape->ascii[code] = code_set_has(&shape->set, code);
	shape->kind = PATTERN_SHAPE_RUN;
	return true;
}

/* Whether all its terms are repeats that may be left out: every subject matches then. */
static bool
may_be_nothing(const struct regex_node *sequence)
{
	for (const struct regex_node *term = sequence->first; term; term = term->next)
		if ((term->kind != REGEX_REPEAT || term->min > 0) &&
			(term->kind != REGEX_START || term->previous))
			return false;
	return true;
}

struct pattern_shape
pattern_shape_of(struct arena *arena, const struct regex *regex)
{
	const struct regex_node *sequence = only_sequence(regex);
	struct pattern_shape shape = {.kind = PATTERN_SHAPE_NONE};

	if (!sequence)
		return shape;
	if (is_literal(sequence))
		return literal_shape(arena, sequence);
	if (may_be_nothing(sequence))
		shape.kind = PATTERN_SHAPE_ALL;
	else
		(void)find_run(arena, sequence, &shape);
	return shape;
}

static bool
match_run(const struct pattern_shape *shape, struct str subject)
{
	const unsigned char *p = (const unsigned char *)subject.p;
	const unsigned char *end = p + subject.n;
	size_t n = 0;

	for (; p < end; n++) {
		if (*p < 0x80) {
			if (!shape->ascii[*p++])
				return false;
		} else if (!code_set_has(&shape->set, code_take(&p, end))) {
			return false;
		}
	}
	return n >= shape->min && (shape->max == REGEX_FOREVER || n <= shape->max);
}

bool
pattern_shape_match(const struct pattern_shape *shape, struct str subject)
{
	switch (shape->kind) {
	case PATTERN_SHAPE_ALL: return true;
	case PATTERN_SHAPE_CONTAINS:
		return subject.n >= shape->text.n &&
			memmem(subject.p, subject.n, shape->text.p, shape->text.n) != NULL;
	case PATTERN_SHAPE_STARTS: return str_starts(subject, shape->text);
	case PATTERN_SHAPE_ENDS: return str_ends(subject, shape->text);
	case PATTERN_SHAPE_EQUALS: return str_equal(subject, shape->text);
	case PATTERN_SHAPE_RUN: return match_run(shape, subject);
	case PATTERN_SHAPE_NONE: break;
	}
	BUG("a pattern without a shape");
}
