#include "graph/declared_policy.h"

#include "graph/instance.h"
#include "graph/port.h"
#include "json/json.h"

void
policy_check(struct workflow *w, const struct place *place, const struct value *v)
{
	w->has_policies = true;
	if (value_has_expressions(v))
		finding_error(&w->findings, place, v->offset,
			"a policy is what it is before the run begins, and holds no ${{ }}; "
			"give "
			"each case a policy of its own");
}

/* --- in the plan --- */

static bool
has_member(const struct member *members, uint32_t n, struct str name)
{
	for (uint32_t i = 0; i < n; i++)
		if (str_equal(value_text(&members[i].key), name))
			return true;
	return false;
}

static struct str
extended(const struct value *policy)
{
	const struct value *extends = value_get(policy, STR("extends"));

	return extends && extends->kind == VALUE_STRING ? value_text(extends) : STR("default");
}

/* The policies of the file from that name on, each once. */
static struct value
collect(struct planner *p, const struct workflow *w, struct str name)
{
	const struct value *declared = w->keys[WORKFLOW_POLICIES];
	uint32_t room = declared ? declared->n : 0;
	struct member *members = ARENA_ARRAY(&p->arena, room, struct member);
	uint32_t n = 0;

	while (n < room && !has_member(members, n, name)) {
		const struct value *policy = value_get(declared, name);

		if (!policy)
			break;
		members[n++] = (struct member){value_string(name), *policy};
		name = extended(policy);
	}
	return value_object(members, n);
}

static int
write_use(struct planner *p, const struct workflow *w, const struct value *policy,
	struct buf *b, struct err *err)
{
	bool is_name = policy->kind == VALUE_STRING;
	struct value declared = collect(p, w, is_name ? value_text(policy) : extended(policy));
	int r = 0;

	buf_add_char(b, '{');
	if (declared.n) {
		buf_add_cstr(b, "\"policies\":");
		r = json_canonical(&declared, JSON_NUMBERS_EXACT, b, err);
		buf_add_char(b, ',');
	}
	buf_add_cstr(b, "\"policy\":");
	if (r == 0)
		r = json_canonical(policy, JSON_NUMBERS_EXACT, b, err);
	buf_add_char(b, '}');
	return r < 0 ? source_error(&w->source, policy->offset, err, "%s", err->message) : 0;
}

/* What is said of it in one file: by itself, or by that file's own default. NULL: nothing. */
static const struct value *
find_said(const struct workflow *w, const struct value *policy, const struct value *by_default)
{
	const struct value *declared = w->keys[WORKFLOW_POLICIES];

	if (policy || !declared || !value_get(declared, STR("default")))
		return policy;
	return by_default;
}

int
planner_write_policy(struct planner *p, const struct value *own, struct buf *b, struct err *err)
{
	const struct value by_default = value_string(STR("default"));
	const struct instance *at = p->instance;
	const struct value *policy = own;
	int n = 0;

	for (;;) {
		policy = find_said(at->workflow, policy, &by_default);
		/* What holds the whole file is the default, also where its steps say more. */
		if (!policy && !at->outer && n)
			policy = &by_default;
		if (policy) {
			int r;

			buf_add_char(b, n++ ? ',' : '[');
			r = write_use(p, at->workflow, policy, b, err);
			if (r < 0)
				return r;
		}
		if (!at->outer)
			break;
		policy = at->user->keys[STEP_POLICY];
		at = at->outer;
		if (!policy)
			policy = at->workflow->defaults[STEP_POLICY];
	}
	if (n)
		buf_add_char(b, ']');
	return n > 0;
}
