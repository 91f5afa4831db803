#include "graph/expression.h"

#include "graph/keys.h"

#define RUNTIME "runtime"

static const struct word roots[] = {
	{"params", NULL, ROOT_PARAM},
	{"inputs", NULL, ROOT_INPUT},
	{"in", NULL, ROOT_IN},
	{"steps", NULL, ROOT_STEP},
	{"run", NULL, ROOT_RUN},
	{"item", RUNTIME, 0},
	{"items", RUNTIME, 0},
	{"key", RUNTIME, 0},
	{"index", RUNTIME, 0},
	{"env", RUNTIME, 0},
	{"attempt", RUNTIME, 0},
	{"gates", "gates", 0},
	{"with", "packs", 0},
};

static const struct word run_names[] = {
	{"id", NULL, 0},
	{"name", NULL, 0},
	{"date", NULL, 0},
	{"started_at", NULL, 0},
	{"status", RUNTIME, 0},
};

static const struct word step_names[] = {
	{"status", RUNTIME, 0},
	{"exit", RUNTIME, 0},
	{"error", RUNTIME, 0},
	{"attempts", RUNTIME, 0},
	{"items", RUNTIME, 0},
	{"gates", "gates", 0},
	{"diff", "containment", 0},
};

static const struct word functions[] = {
	{"contains", RUNTIME, 0},
	{"startsWith", RUNTIME, 0},
	{"endsWith", RUNTIME, 0},
	{"length", RUNTIME, 0},
	{"all", RUNTIME, 0},
	{"any", RUNTIME, 0},
	{"default", RUNTIME, 0},
	{"join", RUNTIME, 0},
	{"digest", RUNTIME, 0},
};

/* Longer ones first. */
static const char *const operators[] = {
	"==",
	"!=",
	"<=",
	">=",
	"&&",
	"||",
	"<",
	">",
	"!",
	"(",
	"[",
};

bool
expression_occurs(struct str text)
{
	return text.n >= 3 && memmem(text.p, text.n, "${{", 3) != NULL;
}

/* Bytes before the closing }}, which does not count within 'text'; n where there is none. */
static size_t
find_close(struct str s)
{
	bool quoted = false;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\'')
			quoted = !quoted;
		if (!quoted && s.p[i] == '}' && i + 1 < s.n && s.p[i + 1] == '}')
			return i;
	}
	return s.n;
}

int
piece_next(struct str *rest, struct piece *ret_piece, struct err *err)
{
	const char *open = rest->n >= 3 ? memmem(rest->p, rest->n, "${{", 3) : NULL;
	size_t before = open ? (size_t)(open - rest->p) : rest->n;
	struct str inner;
	size_t n;

	if (!rest->n)
		return 0;
	if (before) {
		*ret_piece = (struct piece){false, {rest->p, before}};
		*rest = (struct str){rest->p + before, rest->n - before};
		return 1;
	}
	inner = (struct str){rest->p + 3, rest->n - 3};
	n = find_close(inner);
	if (n == inner.n)
		return err_set(err, ERR_INVALID,
			"\"${{\" is not closed; write ${{ params.NAME }} or the like");
	*ret_piece = (struct piece){true, str_trim((struct str){inner.p, n})};
	*rest = (struct str){inner.p + n + 2, inner.n - n - 2};
	return 1;
}

static bool
is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		c == '_' || c == '-' || c == '.';
}

static int
refuse_later(struct err *err, const char *what, struct str name, const char *later)
{
	return err_set(err, ERR_INVALID,
		"%s%.*s is not honoured by this build of lily (%s); only plain references such "
		"as "
		"params.NAME are",
		what, (int)MIN(name.n, 100), name.p, later);
}

static int
refuse_function(struct str name, struct err *err)
{
	const struct word *function = word_find(functions, ARRAY_SIZE(functions), name);

	if (function)
		return refuse_later(err, "the function ", name, function->later);
	return err_set(
		err, ERR_INVALID, "unknown function \"%.*s\"", (int)MIN(name.n, 100), name.p);
}

/* What follows the first word, or begins where there is none. */
static int
refuse_rest(struct str text, struct str rest, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(operators); i++)
		if (str_starts(rest, str_of(operators[i])))
			return refuse_later(
				err, "the operator ", str_of(operators[i]), RUNTIME);
	if (rest.p[0] == '\'')
		return refuse_later(err, "the literal ", rest, RUNTIME);
	return err_set(err, ERR_INVALID,
		"\"%.*s\" is not an expression; write ${{ params.NAME }}, ${{ in.NAME }}, "
		"${{ steps.STEP.out.NAME }} or the like",
		(int)MIN(text.n, 100), text.p);
}

static bool
is_literal(struct str word)
{
	return (word.p[0] >= '0' && word.p[0] <= '9') || word.p[0] == '-' || word.p[0] == '.' ||
		str_is(word, "true") || str_is(word, "false") || str_is(word, "null");
}

static int
refuse_root(struct str root, struct err *err)
{
	struct str candidates[ARRAY_SIZE(roots)];
	struct str nearest;

	for (size_t i = 0; i < ARRAY_SIZE(roots); i++)
		candidates[i] = str_of(roots[i].name);
	nearest = str_nearest(root, candidates, ARRAY_SIZE(candidates));
	if (nearest.n)
		return err_set(err, ERR_INVALID,
			"unknown name \"%.*s\"; did you mean \"%.*s\"?", (int)MIN(root.n, 100),
			root.p, STR_ARG(nearest));
	return err_set(err, ERR_INVALID,
		"unknown name \"%.*s\"; references begin with params, inputs, in, steps or run",
		(int)MIN(root.n, 100), root.p);
}

static int
check_run_name(struct str name, struct err *err)
{
	const struct word *word = word_find(run_names, ARRAY_SIZE(run_names), name);

	if (!word)
		return err_set(err, ERR_INVALID,
			"unknown name \"run.%.*s\"; there are run.id, run.name, run.date and "
			"run.started_at",
			(int)MIN(name.n, 100), name.p);
	if (word->later)
		return refuse_later(err, "run.", name, word->later);
	return 0;
}

static int
check_step_name(struct str name, struct err *err)
{
	struct str step;
	struct str last;
	const struct word *word;
	size_t at = 0;

	if (expression_split(name, &at, &step, &last) == 1)
		return 0;
	for (at = name.n; at && name.p[at - 1] != '.'; at--)
		;
	last = (struct str){name.p + at, name.n - at};
	word = word_find(step_names, ARRAY_SIZE(step_names), last);
	if (at && word)
		return refuse_later(err, "steps.", name, word->later);
	return err_set(err, ERR_INVALID,
		"\"steps.%.*s\" names no output; write steps.STEP.out.NAME",
		(int)MIN(name.n, 100), name.p);
}

static int
check_name(enum expression_root root, struct str first, struct str name, struct err *err)
{
	if (root == ROOT_RUN)
		return check_run_name(name, err);
	if (root == ROOT_STEP)
		return check_step_name(name, err);
	if (!str_is_name(name))
		return err_set(err, ERR_INVALID, "\"%.*s.%.*s\" names nothing; write %.*s.NAME",
			STR_ARG(first), (int)MIN(name.n, 100), name.p, STR_ARG(first));
	return 0;
}

int
expression_read(struct str text, struct expression *ret_expression, struct err *err)
{
	struct str word = {text.p, 0};
	struct str rest;
	struct str first;
	struct str name;
	const struct word *root;
	int r;

	if (!text.n)
		return err_set(err, ERR_INVALID,
			"\"${{ }}\" is empty; write ${{ params.NAME }} or the like");
	while (word.n < text.n && is_word_byte(text.p[word.n]))
		word.n++;
	rest = str_trim((struct str){text.p + word.n, text.n - word.n});
	if (word.n && rest.n && rest.p[0] == '(')
		return refuse_function(word, err);
	if (rest.n)
		return refuse_rest(text, rest, err);
	if (is_literal(word))
		return refuse_later(err, "the literal ", word, RUNTIME);
	first = str_cut(word, '.', &name);
	root = word_find(roots, ARRAY_SIZE(roots), first);
	if (!root)
		return refuse_root(first, err);
	if (root->later)
		return refuse_later(err, "", word, root->later);
	r = check_name((enum expression_root)root->number, first, name, err);
	if (r < 0)
		return r;
	*ret_expression = (struct expression){(enum expression_root)root->number, name};
	return 0;
}

int
expression_split(struct str name, size_t *at, struct str *ret_step, struct str *ret_output)
{
	for (size_t i = *at; i + 5 < name.n; i++) {
		struct str step = {name.p, i};
		struct str output = {name.p + i + 5, name.n - i - 5};

		if (memcmp(name.p + i, ".out.", 5) != 0)
			continue;
		if (!str_is_name(step) || !str_is_name(output))
			continue;
		*at = i + 1;
		*ret_step = step;
		*ret_output = output;
		return 1;
	}
	return 0;
}
