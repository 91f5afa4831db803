/*
 * Any bytes as an expression, the first one choosing between that of people and that of plans. What
 * is refused says so at a place in the text; what is read has a canonical text that is read as the
 * same, and evaluating it, with some names known and with none, ends; where folding it gives a
 * literal, evaluating gives that too.
 */
#include "expr/check.h"
#include "fuzz.h"
#include "json/json.h"

#define TEXT_MAX ((size_t)1 << 14)

struct names {
	const struct expr *expr;
	const struct value *known;
};

static int
get(void *context, uint32_t number, enum expr_want want, struct value *ret_value,
	struct err *err)
{
	const struct names *names = context;
	const struct value *v =
		value_get(names->known, expr_bound(names->expr, number)->segments[0].name);

	(void)want;
	(void)err;
	if (!v)
		return 0;
	*ret_value = *v;
	return 1;
}

static int
bind(void *context, struct expr_reference *reference, enum expr_want want, unsigned *ret_type,
	struct err *err)
{
	(void)context;
	(void)want;
	(void)err;
	reference->used = 1;
	*ret_type = EXPR_ANY | EXPR_ABSENT;
	return 0;
}

static void
check_fault(const struct err *err, uint32_t offset, struct str text)
{
	if (err->code != ERR_NOT_FOUND)
		fuzz_check_error(err);
	if (offset > text.n)
		fuzz_fail("a place past the end: %s", err->message);
}

static void
check_text(struct arena *arena, const struct expr *expr, struct buf *text)
{
	AUTO_BUF struct buf again = BUF_INIT((size_t)1 << 20);
	struct err err = ERR_INIT;
	struct expr *second;
	uint32_t offset;

	expr_write(expr, text);
	if (expr_parse(arena, buf_str(text), EXPR_PLAN, &second, &offset, &err))
		fuzz_fail("not read again: %s: %s", buf_cstr(text), err.message);
	expr_write(second, &again);
	if (!str_equal(buf_str(text), buf_str(&again)))
		fuzz_fail("%s becomes %s", buf_cstr(text), buf_cstr(&again));
}

static void
check_values(struct arena *arena, struct expr *expr, struct str text)
{
	static const char known[] =
		"{\"a\":true,\"b\":[1,\"x\",{\"c\":null}],\"c\":\"x\",\"d\":1.50}";
	struct source source = {"known", STR(known)};
	struct names names = {.expr = expr};
	struct expr_scope scope = {get, &names, arena, 100000};
	struct expr *folded;
	struct value v;
	uint32_t offset = 0;
	struct err err = ERR_INIT;
	struct err other = ERR_INIT;
	int r;

	if (json_parse(arena, &source, 0, NULL, &names.known, &err))
		fuzz_fail("%s", err.message);
	r = expr_evaluate(expr, &scope, &v, &offset, &err);
	if (r < 0)
		check_fault(&err, offset, text);
	if (expr_fold(expr, &scope, &folded, &offset, &other))
		check_fault(&other, offset, text);
	else if (expr_lone_literal(folded) && r == 0 &&
		!value_equal(&v, expr_lone_literal(folded)))
		fuzz_fail("folding differs: %.*s", STR_ARG(text));
	else {
		AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 20);

		check_text(arena, folded, &b);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf canonical = BUF_INIT((size_t)1 << 20);
	const struct expr_names names = {bind, NULL};
	struct expr_checked checked;
	struct err err = ERR_INIT;
	struct expr *expr;
	uint32_t offset = 0;
	struct str text;

	if (!n || n > TEXT_MAX)
		return 0;
	text = (struct str){(const char *)bytes + 1, n - 1};
	if (expr_parse(&arena, text, bytes[0] == 'p' ? EXPR_PLAN : 0, &expr, &offset, &err)) {
		check_fault(&err, offset, text);
		return 0;
	}
	check_text(&arena, expr, &canonical);
	if (expr_check(expr, &names, &checked, &offset, &err))
		check_fault(&err, offset, text);
	check_values(&arena, expr, text);
	return 0;
}
