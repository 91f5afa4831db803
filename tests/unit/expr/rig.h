/*
 * rig: names for the tests of expr: the members of one JSON object, whose values are known.
 *
 * A name that begins with "maybe" may be absent, and is; "file" is an artifact without a value.
 */
#ifndef LILY_TESTS_UNIT_EXPR_RIG_H
#define LILY_TESTS_UNIT_EXPR_RIG_H

#include "expr/check.h"
#include "json/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define RIG_DIGEST "sha256:00000000000000000000000000000000000000000000000000000000000000ff"

struct rig {
	struct arena arena;
	const struct value *names;
	struct expr *expr;
	unsigned asked; /* how often a name's value was asked for */
	uint32_t offset;
	struct err err;
};

static inline void
rig_open(struct rig *rig, const char *names)
{
	struct source source = {"names", str_of(names)};

	*rig = (struct rig){.arena = ARENA_INIT};
	assert_int_equal(json_parse(&rig->arena, &source, 0, NULL, &rig->names, &rig->err), 0);
}

static inline int
rig_parse(struct rig *rig, const char *text, unsigned flags)
{
	rig->err = ERR_INIT;
	rig->offset = 999;
	return expr_parse(
		&rig->arena, str_of(text), flags, &rig->expr, &rig->offset, &rig->err);
}

static inline int
rig_bind(void *context, struct expr_reference *reference, enum expr_want want,
	unsigned *ret_type, struct err *err)
{
	struct rig *rig = context;
	struct str name = reference->segments[0].name;
	const struct value *v = value_get(rig->names, name);

	reference->used = 1;
	if (str_is(name, "file")) {
		reference->is_artifact = true;
		*ret_type = EXPR_TEXT;
		return want == EXPR_WANT_DIGEST ? 0 : err_set(err, ERR_INVALID, "a file");
	}
	if (str_starts(name, STR("maybe"))) {
		*ret_type = EXPR_ANY | EXPR_ABSENT;
		return 0;
	}
	if (!v)
		return err_set(err, ERR_INVALID, "no name %.*s", (int)MIN(name.n, 60), name.p);
	*ret_type = str_starts(name, STR("any")) ? EXPR_ANY : expr_type_of(v);
	return 0;
}

static inline int
rig_check(struct rig *rig, struct expr_checked *ret_checked)
{
	const struct expr_names names = {rig_bind, rig};

	return expr_check(rig->expr, &names, ret_checked, &rig->offset, &rig->err);
}

static inline int
rig_get(void *context, uint32_t number, enum expr_want want, struct value *ret_value,
	struct err *err)
{
	struct rig *rig = context;
	struct str name = expr_bound(rig->expr, number)->segments[0].name;
	const struct value *v = value_get(rig->names, name);

	(void)err;
	rig->asked++;
	if (want == EXPR_WANT_DIGEST) {
		*ret_value = value_string(STR(RIG_DIGEST));
		return 1;
	}
	if (!v)
		return 0;
	*ret_value = *v;
	return 1;
}

static inline int
rig_evaluate(struct rig *rig, struct value *ret_value)
{
	const struct expr_scope scope = {rig_get, rig, &rig->arena, 0};

	return expr_evaluate(rig->expr, &scope, ret_value, &rig->offset, &rig->err);
}

/* The canonical text of an expression. */
static inline const char *
rig_text(struct rig *rig, const struct expr *expr)
{
	struct buf b = BUF_INIT((size_t)1 << 20);
	const char *text;

	expr_write(expr, &b);
	text = arena_cstr(&rig->arena, buf_str(&b));
	buf_done(&b);
	return text;
}

#endif
