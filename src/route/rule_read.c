#include "route/reading.h"

#define NO_WORDS (KEY_NULL | KEY_BOOL)
#define SOME_WORDS (KEY_NULL | KEY_BOOL | KEY_TEXT)

enum { RULE_ID, RULE_WHEN, RULE_THEN, RULE_TIMES, RULE_KEYS };
static const struct key of_rule[] = {
	KEY_ENTRY("id", RULE_ID, KEY_TEXT, "a name"),
	KEY_ENTRY("when", RULE_WHEN, KEY_MAP, "a map such as { step: review, status: failed }"),
	KEY_ENTRY("then", RULE_THEN, KEY_TEXT | KEY_MAP,
		"retry, continue, skip, escalate, abort, or a map such as { goto: fix }"),
	KEY_ENTRY("times", RULE_TIMES, KEY_NUMBER, "a whole number"),
};
static const struct key_table rule_keys = {
	"a rule", of_rule, ARRAY_SIZE(of_rule), RULE_KEYS, NULL};

static const struct key of_then[] = {
	KEY_CHOICE("goto", THEN_GOTO, KEY_TEXT, "a step"),
	KEY_CHOICE("retry", THEN_RETRY, NO_WORDS, "true"),
	KEY_CHOICE("continue", THEN_CONTINUE, NO_WORDS, "true"),
	KEY_CHOICE("skip", THEN_SKIP, NO_WORDS, "true"),
	KEY_CHOICE("escalate", THEN_ESCALATE, SOME_WORDS, "text, or true"),
	KEY_CHOICE("abort", THEN_ABORT, SOME_WORDS, "text, or true"),
	KEY_ENTRY("feedback", THEN_FEEDBACK, KEY_BOOL, "true or false"),
	KEY_ENTRY("again", THEN_AGAIN, KEY_TEXT | KEY_LIST,
		"a list of steps that may happen twice, such as [ push ]"),
};
static const struct key_table then_keys = {
	"\"then\"", of_then, ARRAY_SIZE(of_then), THEN_KEYS, NULL};

/* Beside the first slots of `then`. */
static const enum route_action actions[] = {
	[THEN_GOTO] = ROUTE_TO_GOTO,
	[THEN_RETRY] = ROUTE_TO_RETRY,
	[THEN_CONTINUE] = ROUTE_TO_CONTINUE,
	[THEN_SKIP] = ROUTE_TO_SKIP,
	[THEN_ESCALATE] = ROUTE_TO_ESCALATE,
	[THEN_ABORT] = ROUTE_TO_ABORT,
};

static void
read_action_word(struct rule_reading *r, const struct value *v)
{
	struct str words[ARRAY_SIZE(actions)];
	uint32_t number;

	if (terms_find(&route_actions, value_text(v), &number) && number != ROUTE_TO_GOTO &&
		number != ROUTE_TO_FAIL) {
		r->rule->action = (enum route_action)number;
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		words[i] = str_of(of_then[i].name);
	if (str_is(value_text(v), "goto"))
		finding_error(r->findings, &r->rule_place, v->offset,
			"\"then: goto\" does not say where; write then: { goto: STEP }");
	else
		finding_error(r->findings, &r->rule_place, v->offset,
			"\"then\" must be retry, continue, skip, escalate, abort or a map such "
			"as "
			"{ goto: STEP }, not %s%s",
			value_describe(r->arena, v),
			finding_suggestion(
				r->findings, value_text(v), words, ARRAY_SIZE(words)));
}

/* What an action is given beside its name. */
static void
read_words_of(struct rule_reading *r, const struct value *v, const char *action)
{
	if (v->kind == VALUE_BOOL && !value_is_true(v))
		finding_error(r->findings, &r->then_place, v->offset,
			"\"%s: false\" is no action", action);
	if (v->kind != VALUE_STRING)
		return;
	if (v->n > RULE_WORDS_MAX)
		finding_error(r->findings, &r->then_place, v->offset,
			"\"%s\" has more than %d bytes", action, RULE_WORDS_MAX);
	else
		r->rule->words = value_text(v);
}

static void
read_goto(struct rule_reading *r)
{
	static const char *const only[] = {"feedback", "again"};
	struct rule *rule = r->rule;

	if (rule->action == ROUTE_TO_GOTO) {
		rule->target = value_text(r->then[THEN_GOTO]);
		rule->feedback =
			r->then[THEN_FEEDBACK] && value_is_true(r->then[THEN_FEEDBACK]);
		if (r->then[THEN_AGAIN])
			list_read_names(r, &r->then_place, "again", r->then[THEN_AGAIN],
				&rule->again, &rule->n_again);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(only); i++)
		if (r->then[THEN_FEEDBACK + i])
			finding_error(r->findings, &r->then_place,
				r->then[THEN_FEEDBACK + i]->offset,
				"\"%s\" goes with goto only", only[i]);
}

static void
read_action(struct rule_reading *r, const struct value *v)
{
	struct keys_found found;

	keys_read(r->findings, &r->rule_place, &then_keys, v, r->then, &found);
	if (found.n_kinds != 1) {
		finding_error(r->findings, &r->then_place,
			found.n_kinds ? found.kinds[1]->key.offset : v->offset,
			"needs exactly one of goto, retry, continue, skip, escalate and abort");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (!r->then[i])
			continue;
		r->rule->action = actions[i];
		if (actions[i] != ROUTE_TO_GOTO)
			read_words_of(r, r->then[i], of_then[i].name);
		read_goto(r);
	}
}

static void
read_id(struct rule_reading *r, const struct value *v)
{
	struct str id = value_text(v);

	r->rule_place.name = id;
	r->rule->id = id;
	if (!str_is_name(id))
		finding_error(r->findings, NULL, v->offset,
			"\"%.*s\" is not an id for a rule: letters, digits, _ . - and at most "
			"128 bytes, beginning with a letter, digit or _",
			(int)MIN(id.n, 150), id.p);
}

static void
read_times(struct rule_reading *r, const struct value *v)
{
	int64_t times;

	if (value_to_i64(v, &times) && times >= 1 && times <= RULE_TIMES_MAX)
		r->rule->times = (uint32_t)times;
	else
		finding_error(r->findings, &r->rule_place, v->offset,
			"\"times\" must be a whole number from 1 to %d, not %s", RULE_TIMES_MAX,
			value_describe(r->arena, v));
}

static void
read_members(struct rule_reading *r, const struct value *v)
{
	static const char *const required[] = {"id", "when", "then"};
	const struct value *keys[RULE_KEYS];
	struct keys_found found;
	size_t errors;

	/* The id goes first, so that all other messages have it. */
	if (value_get(v, STR("id")) && value_get(v, STR("id"))->kind == VALUE_STRING)
		read_id(r, value_get(v, STR("id")));
	errors = r->findings->errors;
	keys_read(r->findings, &r->rule_place, &rule_keys, v, keys, &found);
	/* What is missing may only be misspelled. */
	for (unsigned i = 0; i < ARRAY_SIZE(required) && r->findings->errors == errors; i++)
		if (!(found.seen & 1U << i))
			finding_error(r->findings, &r->rule_place, v->offset,
				"\"%s\" is missing; a rule has id, when and then", required[i]);
	if (keys[RULE_TIMES])
		read_times(r, keys[RULE_TIMES]);
	if (keys[RULE_WHEN]) {
		r->when_offset = keys[RULE_WHEN]->offset;
		rule_when_read(r, keys[RULE_WHEN]);
	}
	if (!keys[RULE_THEN])
		return;
	r->then_offset = keys[RULE_THEN]->offset;
	if (keys[RULE_THEN]->kind == VALUE_STRING)
		read_action_word(r, keys[RULE_THEN]);
	else
		read_action(r, keys[RULE_THEN]);
}

/* Whether it is a rule without errors; the checks of what its parts say together need such parts. */
static bool
read_rule(const struct rule_reading *begin, const struct value *v, struct rule *rule)
{
	struct rule_reading reading = *begin;
	struct rule_reading *r = &reading;
	size_t errors = r->findings->errors;

	*rule = (struct rule){.offset = v->offset};
	r->rule = rule;
	r->rule_place = (struct place){NULL, "rule", STR_EMPTY};
	r->when_place = (struct place){&r->rule_place, "when", STR_EMPTY};
	r->then_place = (struct place){&r->rule_place, "then", STR_EMPTY};
	if (v->kind != VALUE_OBJECT) {
		finding_error(r->findings, NULL, v->offset,
			"a rule is a map such as { id: risky, when: { status: failed }, then: "
			"escalate }, not %s",
			value_describe(r->arena, v));
		return false;
	}
	read_members(r, v);
	if (r->findings->errors == errors)
		rule_check(r);
	if (r->findings->errors == errors && r->steps)
		rule_names_check(r);
	return r->findings->errors == errors;
}

static bool
check_id(struct findings *findings, const struct rules *rules, const struct rule *rule)
{
	for (uint32_t i = 0; i < rules->n; i++) {
		if (!str_equal(rules->items[i].id, rule->id))
			continue;
		finding_error(findings, NULL, rule->offset,
			"there is a rule \"%.*s\" already; each has an id of its own",
			STR_ARG(rule->id));
		return false;
	}
	return true;
}

static void
check_hidden(struct findings *findings, const struct rules *rules, const struct rule *rule)
{
	struct place place = {NULL, "rule", rule->id};

	for (uint32_t i = 0; i < rules->n; i++) {
		if (!rule_hides(&rules->items[i], rule))
			continue;
		finding_warning(findings, &place, rule->offset,
			"is never reached: rule \"%.*s\" before it holds whenever this one "
			"does; put this one in front, or make that one narrower",
			STR_ARG(rules->items[i].id));
		return;
	}
}

void
rules_read(struct findings *findings, struct arena *arena, const struct value *list,
	const struct route_steps *steps, struct rules *ret_rules)
{
	struct rule_reading reading = {.findings = findings, .arena = arena, .steps = steps};
	struct rule *rules = ARENA_ARRAY(arena, MIN(list->n, RULES_MAX), struct rule);

	*ret_rules = (struct rules){.items = rules};
	if (list->n > RULES_MAX) {
		finding_error(findings, NULL, list->offset,
			"there are %u rules; at most %d are allowed", list->n, RULES_MAX);
		return;
	}
	for (uint32_t i = 0; i < list->n; i++) {
		struct rule *rule = &rules[ret_rules->n];

		if (!read_rule(&reading, &list->items[i], rule))
			continue;
		if (check_id(findings, ret_rules, rule))
			check_hidden(findings, ret_rules, rule);
		ret_rules->n++;
	}
}
