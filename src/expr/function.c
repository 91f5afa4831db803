#include "expr/function.h"

#include "expr/expr.h"

const struct function_row function_rows[FUNCTIONS] = {
	[FUNCTION_CONTAINS] = {"contains", "contains(text or list, what)", 2, 2},
	[FUNCTION_STARTS_WITH] = {"startsWith", "startsWith(text, part)", 2, 2},
	[FUNCTION_ENDS_WITH] = {"endsWith", "endsWith(text, part)", 2, 2},
	[FUNCTION_LENGTH] = {"length", "length(text, list or map)", 1, 1},
	[FUNCTION_ALL] = {"all", "all(list)", 1, 1},
	[FUNCTION_ANY] = {"any", "any(list)", 1, 1},
	[FUNCTION_DEFAULT] = {"default", "default(value, value if there is none)", 2,
		FUNCTION_ANY_NUMBER},
	[FUNCTION_JOIN] = {"join", "join(list, separator)", 1, 2},
	[FUNCTION_DIGEST] = {"digest", "digest(value)", 1, 1},
	[FUNCTION_CONCAT] = {"concat", "concat(text, …)", 1, FUNCTION_ANY_NUMBER},
};

/* Functions of GitHub's that are not here, and what does their work. */
static const struct {
	const char *name;
	const char *instead;
} others[] = {
	{"success", "a step runs when all that it needs succeeded"},
	{"always", "write needs: { STEP: finished }"},
	{"failure", "write needs: { STEP: failed }"},
	{"cancelled", "write run.status == 'cancelled'"},
	{"format", "write the text around ${{ }}"},
	{"fromJSON", "an output of type json is a value already"},
	{"toJSON", "take the value by `in`: it becomes a JSON file"},
	{"hashFiles", "digest(in.NAME) is the digest of an input"},
	{"case", "write condition && value || other"},
};

static int
refuse_other(struct str name, struct err *err)
{
	struct str names[FUNCTION_CONCAT];
	struct str nearest;

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_is(name, others[i].name))
			return err_set(err, ERR_INVALID, "there is no function %s; %s",
				others[i].name, others[i].instead);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		names[i] = str_of(function_rows[i].name);
	nearest = str_nearest(name, names, ARRAY_SIZE(names));
	if (nearest.n)
		return err_set(err, ERR_INVALID,
			"there is no function \"%.*s\"; did you mean %.*s?",
			(int)MIN(name.n, 60), name.p, STR_ARG(nearest));
	return err_set(err, ERR_INVALID,
		"there is no function \"%.*s\"; there are contains, startsWith, endsWith, "
		"length, all, any, default, join and digest",
		(int)MIN(name.n, 60), name.p);
}

int
function_find(struct str name, unsigned flags, enum function *ret_function, struct err *err)
{
	for (size_t i = 0; i < FUNCTIONS; i++) {
		if (!str_is(name, function_rows[i].name) ||
			(i == FUNCTION_CONCAT && !(flags & EXPR_PLAN)))
			continue;
		*ret_function = (enum function)i;
		return 0;
	}
	return refuse_other(name, err);
}

int
function_check_number(enum function function, uint32_t n, struct err *err)
{
	const struct function_row *row = &function_rows[function];

	if (n >= row->n_min && n <= row->n_max)
		return 0;
	return err_set(err, ERR_INVALID, "%s takes %s%u argument%s, not %u: %s", row->name,
		row->n_max == row->n_min ? ""
			: n < row->n_min ? "at least "
					 : "at most ",
		n < row->n_min ? row->n_min : row->n_max,
		(n < row->n_min ? row->n_min : row->n_max) == 1 ? "" : "s", n, row->usage);
}
