#include "graph/settings.h"

#include "base/clock.h"
#include "graph/cache_rule.h"
#include "graph/declared_policy.h"

#define ATTEMPTS_MAX 1000
#define FACTOR_MAX 1000
#define CLASSES_ALL                                                             \
	(1U << FAILURE_EXIT | 1U << FAILURE_SIGNAL | 1U << FAILURE_TIMEOUT |    \
		1U << FAILURE_SCHEMA | 1U << FAILURE_LOST | 1U << FAILURE_OOM | \
		1U << FAILURE_GATE | 1U << FAILURE_CONFLICT)

const struct retry_rule retry_default = {
	.attempts = 1,
	.classes = CLASSES_ALL,
	.backoff_us = 1000000,
	.factor = 2,
	.max_backoff_us = 60000000,
	.full_jitter = true,
};

static const struct word classes[] = {
	{"exit", NULL, FAILURE_EXIT},
	{"signal", NULL, FAILURE_SIGNAL},
	{"timeout", NULL, FAILURE_TIMEOUT},
	{"schema", NULL, FAILURE_SCHEMA},
	{"lost", NULL, FAILURE_LOST},
	{"oom", NULL, FAILURE_OOM},
	{"gate", NULL, FAILURE_GATE},
	{"conflict", NULL, FAILURE_CONFLICT},
	{"rate", "models", 0},
};

static const char *const never_retried[] = {"violation", "secret", "rejected", "budget"};

int64_t
settings_time(const struct value *v)
{
	int64_t us = 0;

	(void)clock_parse_duration(value_text(v), &us);
	return us;
}

static bool
read_time(struct findings *findings, const struct place *place, const char *key,
	const struct value *v, int64_t *ret_us)
{
	struct str text = value_text(v);

	if (clock_parse_duration(text, ret_us))
		return true;
	finding_error(findings, place, v->offset,
		"\"%s\" is not a time: \"%.*s\"; write 90s, 10m, 1h30m or 7d", key,
		(int)MIN(text.n, 60), text.p);
	return false;
}

int64_t
settings_check_time(
	struct workflow *w, const struct place *place, const char *key, const struct value *v)
{
	int64_t us;

	return read_time(&w->findings, place, key, v, &us) ? us : -1;
}

static void
read_attempts(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *rule)
{
	int64_t n;

	if (value_to_i64(v, &n) && n >= 1 && n <= ATTEMPTS_MAX)
		rule->attempts = (uint32_t)n;
	else
		finding_error(findings, place, v->offset,
			"\"attempts\" must be a whole number from 1 to %d (the first counts), "
			"not "
			"%.*s",
			ATTEMPTS_MAX, (int)MIN(v->n, 60), v->text);
}

static void
read_factor(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *rule)
{
	double factor;

	if (value_to_double(v, &factor) && factor >= 1 && factor <= FACTOR_MAX)
		rule->factor = factor;
	else
		finding_error(findings, place, v->offset,
			"\"factor\" must be a number from 1 to %d, not %.*s", FACTOR_MAX,
			(int)MIN(v->n, 60), v->text);
}

static void
refuse_class(struct findings *findings, const struct place *place, const struct value *v)
{
	struct str candidates[ARRAY_SIZE(classes)];
	struct str text = value_text(v);

	for (size_t i = 0; i < ARRAY_SIZE(never_retried); i++) {
		if (!str_is(text, never_retried[i]))
			continue;
		finding_error(findings, place, v->offset,
			"\"%s\" is never retried; leave it out", never_retried[i]);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		candidates[i] = str_of(classes[i].name);
	finding_error(findings, place, v->offset,
		"unknown error \"%.*s\"%s; there are exit, exit:N, signal, timeout, schema, "
		"lost, oom and gate",
		(int)MIN(text.n, 60), text.p,
		finding_suggestion(findings, text, candidates, ARRAY_SIZE(candidates)));
}

static void
read_class(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *rule, int32_t *codes)
{
	struct str text = value_text(v);
	const struct word *word = word_find(classes, ARRAY_SIZE(classes), text);
	uint64_t code;

	if (word && word->later) {
		finding_later(findings, place, v->offset,
			"error \"%s\" is not honoured by this build of lily (%s)", word->name,
			word->later);
	} else if (word) {
		rule->classes |= 1U << word->number;
	} else if (str_starts(text, STR("exit:"))) {
		struct str number = {text.p + 5, text.n - 5};

		if (str_to_u64(number, 255, &code) && code >= 1)
			codes[rule->n_exit_codes++] = (int32_t)code;
		else
			finding_error(findings, place, v->offset,
				"\"%.*s\" is no exit code: write exit:1 to exit:255",
				(int)MIN(text.n, 60), text.p);
	} else {
		refuse_class(findings, place, v);
	}
}

static int
compare_codes(const void *left, const void *right)
{
	int32_t a = *(const int32_t *)left;
	int32_t b = *(const int32_t *)right;

	return (a > b) - (a < b);
}

static void
read_errors(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *rule)
{
	int32_t *codes = ARENA_ARRAY(findings->arena, v->n, int32_t);
	uint32_t unique = 0;

	rule->classes = 0;
	if (!v->n)
		finding_error(findings, place, v->offset,
			"\"errors\" is empty; leave it out to retry after any error");
	for (uint32_t i = 0; i < v->n; i++) {
		if (v->items[i].kind == VALUE_STRING)
			read_class(findings, place, &v->items[i], rule, codes);
		else
			finding_error(findings, place, v->items[i].offset,
				"\"errors\" must hold words such as timeout, not %s",
				value_describe(findings->arena, &v->items[i]));
	}
	if (rule->n_exit_codes)
		qsort(codes, rule->n_exit_codes, sizeof(*codes), compare_codes);
	for (uint32_t i = 0; i < rule->n_exit_codes; i++)
		if (!unique || codes[unique - 1] != codes[i])
			codes[unique++] = codes[i];
	rule->exit_codes = codes;
	rule->n_exit_codes = unique;
}

static void
read_jitter(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *rule)
{
	rule->full_jitter = str_is(value_text(v), "full");
	if (!rule->full_jitter && !str_is(value_text(v), "none"))
		finding_error(findings, place, v->offset,
			"\"jitter\" must be full or none, not \"%.*s\"", (int)MIN(v->n, 60),
			v->text);
}

static void
check_from(struct findings *findings, const struct place *place, const struct value *v)
{
	if (str_is(value_text(v), "last"))
		finding_later(findings, place, v->offset,
			"\"from: last\" is not honoured by this build of lily (containment)");
	else if (!str_is(value_text(v), "clean"))
		finding_error(findings, place, v->offset,
			"\"from\" must be clean, not \"%.*s\"", (int)MIN(v->n, 60), v->text);
}

void
retry_read(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *ret_rule)
{
	struct place inner = {place, "retry", STR_EMPTY};
	const struct value *keys[RETRY_KEYS];
	struct retry_rule rule = retry_default;

	keys_read(findings, &inner, &retry_keys, v, keys, NULL);
	if (keys[RETRY_ATTEMPTS])
		read_attempts(findings, &inner, keys[RETRY_ATTEMPTS], &rule);
	if (keys[RETRY_ERRORS])
		read_errors(findings, &inner, keys[RETRY_ERRORS], &rule);
	if (keys[RETRY_BACKOFF])
		(void)read_time(
			findings, &inner, "backoff", keys[RETRY_BACKOFF], &rule.backoff_us);
	if (keys[RETRY_FACTOR])
		read_factor(findings, &inner, keys[RETRY_FACTOR], &rule);
	if (keys[RETRY_MAX_BACKOFF])
		(void)read_time(findings, &inner, "max_backoff", keys[RETRY_MAX_BACKOFF],
			&rule.max_backoff_us);
	if (keys[RETRY_JITTER])
		read_jitter(findings, &inner, keys[RETRY_JITTER], &rule);
	if (keys[RETRY_FROM])
		check_from(findings, &inner, keys[RETRY_FROM]);
	*ret_rule = rule;
}

void
settings_check(struct workflow *w, const struct place *place,
	const struct value *const keys[STEP_KEYS])
{
	const struct value *timeout = keys[STEP_TIMEOUT];
	struct cache_rule cache;
	struct retry_rule rule;
	int64_t us;

	if (timeout && read_time(&w->findings, place, "timeout", timeout, &us) && us == 0)
		finding_error(&w->findings, place, timeout->offset,
			"\"timeout\" must be longer than 0; leave it out for none");
	if (keys[STEP_GRACE])
		(void)read_time(&w->findings, place, "grace", keys[STEP_GRACE], &us);
	if (keys[STEP_RETRY])
		retry_read(&w->findings, place, keys[STEP_RETRY], &rule);
	if (keys[STEP_CACHE])
		cache_rule_read(&w->findings, place, keys[STEP_CACHE], &cache);
	if (keys[STEP_POLICY])
		policy_check(w, place, keys[STEP_POLICY]);
	if (keys[STEP_TOOLS])
		tools_check(w, place, keys[STEP_TOOLS]);
}
