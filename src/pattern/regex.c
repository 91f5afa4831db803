#include "pattern/regex.h"

#include "base/map.h"
#include "base/memory.h"
#include "pattern/regex_reader.h"

#include <stdio.h>

struct parser {
	struct regex_reader reader;
	struct regex *regex;
	struct regex_node *sequence; /* the innermost open one */
	size_t groups_capacity;
	uint32_t depth;
	struct map names; /* number by name */
};

int
regex_error(struct str text, size_t at, int code, struct err *err, const char *format, ...)
{
	char message[ERR_MESSAGE_SIZE / 2];
	size_t character = 1;
	va_list args;

	for (size_t i = 0; i < at; i++)
		character += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return err_set(err, code, "character %zu: %s", character, message);
}

static uint32_t
offset_of(const struct parser *parser, const char *at)
{
	return (uint32_t)(at - parser->reader.text.p);
}

static struct regex_node *
new_node(struct parser *parser, enum regex_kind kind, const char *at)
{
	struct regex_node *node = ARENA_NEW(parser->reader.arena, struct regex_node);

	node->kind = kind;
	node->at = offset_of(parser, at);
	node->size = 1;
	return node;
}

static void
append(struct regex_node *parent, struct regex_node *child)
{
	child->parent = parent;
	child->previous = parent->last;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
}

static struct regex_node *
add_term(struct parser *parser, enum regex_kind kind, const char *at)
{
	struct regex_node *node = new_node(parser, kind, at);

	node->consumes = kind == REGEX_CHAR || kind == REGEX_SET;
	append(parser->sequence, node);
	return node;
}

static void
open_sequence(struct parser *parser, struct regex_node *container)
{
	parser->sequence = new_node(parser, REGEX_SEQUENCE, parser->reader.p);
	append(container, parser->sequence);
}

static uint32_t
add_sizes(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

static void
close_sequence(struct parser *parser)
{
	for (struct regex_node *term = parser->sequence->first; term; term = term->next) {
		parser->sequence->consumes |= term->consumes;
		parser->sequence->size = add_sizes(parser->sequence->size, term->size);
	}
}

static void
close_container(struct regex_node *container)
{
	container->consumes = container->kind == REGEX_GROUP;
	for (struct regex_node *each = container->first; each; each = each->next) {
		container->consumes &= each->consumes;
		container->size = add_sizes(container->size, each->size);
	}
}

static void
add_group(struct parser *parser, struct regex_node *group)
{
	struct regex *regex = parser->regex;

	regex->groups = memory_grow(regex->groups, regex->n_groups, &parser->groups_capacity,
		sizeof(struct regex_node *));
	group->number = regex->n_groups;
	regex->groups[regex->n_groups++] = group;
}

/* Behind "(?<" of a name. */
static int
name_group(struct parser *parser, const char *open, struct err *err)
{
	struct str name;
	int code = regex_read_name(&parser->reader, &name, err);

	if (code)
		return code;
	if (map_add(&parser->names, name, parser->regex->n_groups) != MAP_NONE)
		return regex_complain(
			&parser->reader, open, err, "another group has this name already");
	return 0;
}

/* The heads of groups that begin with "(?". */
static const struct head {
	const char *text;
	enum regex_kind kind;
	bool behind;
	bool negated;
} heads[] = {
	{"(?:", REGEX_GROUP, false, false},
	{"(?=", REGEX_LOOK, false, false},
	{"(?!", REGEX_LOOK, false, true},
	{"(?<=", REGEX_LOOK, true, false},
	{"(?<!", REGEX_LOOK, true, true},
};

static const struct head *
find_head(const struct regex_reader *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
		if (regex_at(r, heads[i].text))
			return &heads[i];
	return NULL;
}

static int
open_group(struct parser *parser, struct err *err)
{
	struct regex_reader *r = &parser->reader;
	const char *open = r->p;
	const struct head *head = find_head(r);
	struct regex_node *node;
	int code = 0;

	if (++parser->depth > REGEX_DEPTH_MAX)
		return regex_error(r->text, offset_of(parser, open), ERR_LIMIT, err,
			"groups are nested more than %d deep", REGEX_DEPTH_MAX);
	node = add_term(parser, head ? head->kind : REGEX_GROUP, open);
	if (head) {
		node->behind = head->behind;
		node->negated = head->negated;
		parser->regex->has_look |= head->kind == REGEX_LOOK;
		r->p += strlen(head->text);
	} else {
		r->p++;
		if (regex_at(r, "?<")) {
			r->p += 2;
			code = name_group(parser, open, err);
		} else if (regex_at(r, "?")) {
			return regex_complain(r, open, err,
				"behind (? comes :, =, !, <=, <! or a name in < and >");
		}
		add_group(parser, node);
	}
	open_sequence(parser, node);
	return code;
}

static uint32_t
read_number(struct regex_reader *r)
{
	uint32_t number = 0;

	for (; r->p < r->end && *r->p >= '0' && *r->p <= '9'; r->p++) {
		uint32_t digit = (uint32_t)(*r->p - '0');

		number = number > (REGEX_FOREVER - 1 - digit) / 10 ? REGEX_FOREVER - 1
								   : number * 10 + digit;
	}
	return number;
}

static bool
at_digit(const struct regex_reader *r)
{
	return r->p < r->end && *r->p >= '0' && *r->p <= '9';
}

/* At {. */
static int
read_counts(struct regex_reader *r, uint32_t *ret_min, uint32_t *ret_max, struct err *err)
{
	const char *from = r->p++;
	bool complete = at_digit(r);

	*ret_min = read_number(r);
	*ret_max = *ret_min;
	if (complete && regex_skip(r, ','))
		*ret_max = at_digit(r) ? read_number(r) : REGEX_FOREVER;
	if (!complete || !regex_skip(r, '}'))
		return regex_complain(r, from, err,
			"a { begins a count, as in {3}, {3,} or {3,5}; write \\{ for the "
			"character");
	if (*ret_max < *ret_min)
		return regex_complain(
			r, from, err, "the second number of this count is below the first");
	return 0;
}

/* Puts a repeat in the place of its term. */
static struct regex_node *
wrap(struct parser *parser, struct regex_node *term)
{
	struct regex_node *repeat = new_node(parser, REGEX_REPEAT, parser->reader.p);
	struct regex_node *sequence = term->parent;

	repeat->previous = term->previous;
	repeat->parent = sequence;
	*(term->previous ? &term->previous->next : &sequence->first) = repeat;
	sequence->last = repeat;
	term->previous = NULL;
	repeat->first = term;
	repeat->last = term;
	term->parent = repeat;
	return repeat;
}

static int
read_quantifier(struct parser *parser, struct err *err)
{
	struct regex_reader *r = &parser->reader;
	struct regex_node *term = parser->sequence->last;
	struct regex_node *repeat;
	uint64_t size;
	char c = r->p < r->end ? *r->p : '\0';
	uint32_t min = c == '+';
	uint32_t max = c == '?' ? 1 : REGEX_FOREVER;
	int code = 0;

	if (c == '{')
		code = read_counts(r, &min, &max, err);
	else if (c == '*' || c == '+' || c == '?')
		r->p++;
	else
		return 0;
	if (code)
		return code;
	repeat = wrap(parser, term);
	repeat->min = min;
	repeat->max = max;
	repeat->lazy = regex_skip(r, '?');
	repeat->consumes = min > 0 && term->consumes;
	size = (uint64_t)term->size * MAX(max == REGEX_FOREVER ? min : max, 1);
	repeat->size = (uint32_t)MIN(size + 1, UINT32_MAX);
	return 0;
}

static int
close_group(struct parser *parser, struct err *err)
{
	struct regex_node *container = parser->sequence->parent;

	if (!container->parent)
		return regex_complain(&parser->reader, parser->reader.p, err,
			"this ) closes no group; write \\) for the character");
	parser->reader.p++;
	close_sequence(parser);
	close_container(container);
	parser->sequence = container->parent;
	parser->depth--;
	return container->kind == REGEX_GROUP ? read_quantifier(parser, err) : 0;
}

static int
add_set(struct parser *parser, const char *from, struct regex_set set, struct err *err)
{
	struct regex_set *copy = ARENA_NEW(parser->reader.arena, struct regex_set);

	*copy = set;
	parser->regex->has_property |= set.properties != NULL;
	add_term(parser, REGEX_SET, from)->set = copy;
	return read_quantifier(parser, err);
}

static int
add_char(struct parser *parser, const char *from, uint32_t code, struct err *err)
{
	/* A lone surrogate is valid, and matches nothing that UTF-8 can say. */
	if (code_is_surrogate(code))
		return add_set(
			parser, from, (struct regex_set){CODE_SET_INIT, NULL, false}, err);
	add_term(parser, REGEX_CHAR, from)->code = code;
	return read_quantifier(parser, err);
}

static int
add_reference(struct parser *parser, struct err *err)
{
	struct regex_reader *r = &parser->reader;
	const char *from = r->p++;
	struct regex_node *node = add_term(parser, REGEX_REFERENCE, from);

	node->next_reference = parser->regex->references;
	parser->regex->references = node;
	if (regex_skip(r, 'k')) {
		int code;

		if (!regex_skip(r, '<'))
			return regex_complain(
				r, from, err, "\\k needs the name of a group, as in \\k<name>");
		code = regex_read_name(r, &node->name, err);
		if (code)
			return code;
	} else {
		node->number = read_number(r);
	}
	return read_quantifier(parser, err);
}

static int
add_escape(struct parser *parser, struct err *err)
{
	struct regex_reader *r = &parser->reader;
	const char *from = r->p;
	char c = r->end - from > 1 ? from[1] : '\0';
	struct regex_escaped escaped = {.code = 0};
	int code;

	if (c == 'b' || c == 'B') {
		r->p += 2;
		add_term(parser, REGEX_BOUNDARY, from)->negated = c == 'B';
		parser->regex->has_boundary = true;
		return 0;
	}
	if (c == 'k' || (c >= '1' && c <= '9'))
		return add_reference(parser, err);
	code = regex_read_escape(r, REGEX_IN_TEXT, &escaped, err);
	if (code)
		return code;
	if (escaped.kind == REGEX_ESCAPE_CHAR)
		return add_char(parser, from, escaped.code, err);
	return add_set(
		parser, from, (struct regex_set){escaped.set, escaped.property, false}, err);
}

static int
add_class(struct parser *parser, struct err *err)
{
	const char *from = parser->reader.p;
	struct regex_set set;
	int code = regex_read_class(&parser->reader, &set, err);

	return code ? code : add_set(parser, from, set, err);
}

static int
read_term(struct parser *parser, struct err *err)
{
	struct regex_reader *r = &parser->reader;
	const char *from = r->p;

	switch (*from) {
	case '(': return open_group(parser, err);
	case ')': return close_group(parser, err);
	case '[': return add_class(parser, err);
	case '\\': return add_escape(parser, err);
	case '|':
		r->p++;
		close_sequence(parser);
		open_sequence(parser, parser->sequence->parent);
		return 0;
	case '^':
	case '$':
		r->p++;
		(void)add_term(parser, *from == '^' ? REGEX_START : REGEX_END, from);
		return 0;
	case '.':
		r->p++;
		return add_set(parser, from,
			(struct regex_set){regex_dot(r->arena), NULL, false}, err);
	case '*':
	case '+':
	case '?':
	case '{':
		return regex_complain(r, from, err,
			"there is nothing before this %c that it could repeat; write \\%c for "
			"the "
			"character",
			*from, *from);
	case '}':
	case ']':
		return regex_complain(r, from, err,
			"this %c closes nothing; write \\%c for the character", *from, *from);
	default: return add_char(parser, from, regex_take(r), err);
	}
}

static int
resolve_references(struct parser *parser, struct err *err)
{
	struct regex *regex = parser->regex;

	for (struct regex_node *node = regex->references; node; node = node->next_reference) {
		if (node->name.p)
			node->number = map_get(&parser->names, node->name);
		if (node->number >= regex->n_groups)
			return regex_error(regex->text, node->at, ERR_INVALID, err,
				node->name.p ? "there is no group of this name"
					     : "there are not as many groups");
	}
	return 0;
}

static int
read_all(struct parser *parser, struct err *err)
{
	struct regex *regex = parser->regex;
	struct regex_node *container;
	int code = 0;

	regex->root = new_node(parser, REGEX_GROUP, parser->reader.p);
	add_group(parser, regex->root);
	open_sequence(parser, regex->root);
	while (!code && parser->reader.p < parser->reader.end)
		code = read_term(parser, err);
	if (code)
		return code;
	container = parser->sequence->parent;
	if (container != regex->root)
		return regex_error(regex->text, container->at, ERR_INVALID, err,
			"this group is not closed: add a )");
	close_sequence(parser);
	close_container(container);
	return resolve_references(parser, err);
}

int
regex_parse(struct arena *arena, struct str text, struct regex *ret_regex, struct err *err)
{
	struct regex regex = {.text = text.n ? text : STR_EMPTY};
	struct parser parser = {
		.reader = {arena, regex.text, regex.text.p, regex.text.p + text.n},
		.regex = &regex,
		.names = MAP_INIT,
	};
	struct regex_node **groups;
	size_t bad;
	int code;

	if (text.n > REGEX_TEXT_MAX)
		return err_set(err, ERR_LIMIT, "a pattern may have %zu bytes, this one has %zu",
			REGEX_TEXT_MAX, text.n);
	if (!str_is_utf8(text, &bad))
		return regex_error(text, bad, ERR_INVALID, err, "this is not UTF-8");
	code = read_all(&parser, err);
	map_done(&parser.names);
	if (!code) {
		groups = ARENA_ARRAY(arena, regex.n_groups, struct regex_node *);
		memcpy(groups, regex.groups, regex.n_groups * sizeof(struct regex_node *));
	}
	free(regex.groups);
	if (code)
		return code;
	regex.groups = groups;
	*ret_regex = regex;
	return 0;
}
