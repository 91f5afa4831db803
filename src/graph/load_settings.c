#include "graph/loader.h"

#include "graph/reference.h"
#include "graph/settings.h"

/* 100 years, as clock_parse_duration allows. */
#define TIME_MAX_US (INT64_C(36500) * 86400 * 1000000)

enum {
	SETTING_CACHE,
	SETTING_ENV,
	SETTING_GRACE,
	SETTING_PASS_ENV,
	SETTING_POLICY,
	SETTING_RETRY,
	SETTING_TIMEOUT,
	SETTING_TOOLS,
	SETTINGS
};

static const struct shape setting_shape[] = {
	[SETTING_CACHE] = {"cache", KEY_BOOL | KEY_NUMBER, false},
	[SETTING_ENV] = {"env", KEY_MAP, false},
	[SETTING_GRACE] = {"grace", KEY_NUMBER, false},
	[SETTING_PASS_ENV] = {"pass_env", KEY_LIST, false},
	[SETTING_POLICY] = {"policy", KEY_LIST, false},
	[SETTING_RETRY] = {"retry", KEY_MAP, false},
	[SETTING_TIMEOUT] = {"timeout", KEY_NUMBER, false},
	[SETTING_TOOLS] = {"tools", KEY_LIST, false},
};

static const struct shape retry_shape[] = {
	[RETRY_ATTEMPTS] = {"attempts", KEY_NUMBER, true},
	[RETRY_ERRORS] = {"errors", KEY_LIST, false},
	[RETRY_BACKOFF] = {"backoff", KEY_NUMBER, true},
	[RETRY_FACTOR] = {"factor", KEY_NUMBER, true},
	[RETRY_MAX_BACKOFF] = {"max_backoff", KEY_NUMBER, true},
	[RETRY_JITTER] = {"jitter", KEY_TEXT, true},
};

static int
read_time(const struct value *v, const char *what, int64_t *ret_us, struct err *err)
{
	uint64_t us;
	int r = loader_read_number(v, what, (uint64_t)TIME_MAX_US, &us, err);

	if (r == 0)
		*ret_us = (int64_t)us;
	return r;
}

static int
read_error(struct str text, struct retry_rule *rule, int32_t *codes, struct err *err)
{
	uint64_t code;

	for (unsigned class = 0; class <= FAILURE_CONFLICT; class ++)
		if (str_is(text, failure_class_name((enum failure_class) class))) {
			rule->classes |= 1U << class;
			return 0;
		}
	if (!str_starts(text, STR("exit:")) ||
		!str_to_u64((struct str){text.p + 5, text.n - 5}, 255, &code))
		return loader_corrupt(
			err, "\"%.*s\" is no error", (int)MIN(text.n, 40), text.p);
	codes[rule->n_exit_codes++] = (int32_t)code;
	return 0;
}

static int
read_errors(
	struct loader *l, const struct value *list, struct retry_rule *rule, struct err *err)
{
	int32_t *codes = ARENA_ARRAY(&l->graph->arena, list->n, int32_t);

	rule->classes = 0;
	for (uint32_t i = 0; i < list->n; i++) {
		int r = read_error(value_text(&list->items[i]), rule, codes, err);

		if (r < 0)
			return r;
	}
	rule->exit_codes = codes;
	return 0;
}

static int
read_retry(
	struct loader *l, const struct value *v, struct retry_rule *ret_rule, struct err *err)
{
	const struct value *members[ARRAY_SIZE(retry_shape)];
	struct retry_rule rule = retry_default;
	uint64_t attempts;
	int r = loader_read_object(
		v, "\"retry\"", retry_shape, ARRAY_SIZE(retry_shape), members, err);

	if (r == 0)
		r = loader_read_number(
			members[RETRY_ATTEMPTS], "\"attempts\"", UINT32_MAX, &attempts, err);
	if (r == 0)
		r = read_time(members[RETRY_BACKOFF], "\"backoff\"", &rule.backoff_us, err);
	if (r == 0)
		r = read_time(members[RETRY_MAX_BACKOFF], "\"max_backoff\"",
			&rule.max_backoff_us, err);
	if (r == 0 && members[RETRY_ERRORS])
		r = read_errors(l, members[RETRY_ERRORS], &rule, err);
	if (r < 0)
		return r;
	if (attempts < 1 || !value_to_double(members[RETRY_FACTOR], &rule.factor) ||
		rule.factor < 1)
		return loader_corrupt(err, "a retry rule is out of its bounds");
	rule.attempts = (uint32_t)attempts;
	rule.full_jitter = str_is(value_text(members[RETRY_JITTER]), "full");
	*ret_rule = rule;
	return 0;
}

int
loader_read_pass_env(struct loader *l, const struct value *list, const struct str **ret_names,
	uint32_t *ret_n, struct err *err)
{
	struct str *names = ARENA_ARRAY(&l->graph->arena, list->n, struct str);

	for (uint32_t i = 0; i < list->n; i++) {
		struct str name = value_text(&list->items[i]);

		if (list->items[i].kind != VALUE_STRING || !str_is_name(name))
			return loader_corrupt(err, "\"pass_env\" holds what is no name");
		names[i] = arena_str(&l->graph->arena, name);
	}
	*ret_names = names;
	*ret_n = list->n;
	return 0;
}

static int
read_cache(const struct value *v, struct cache_rule *ret_rule, struct err *err)
{
	struct cache_rule rule = {CACHE_TRUE, 0};
	int r = 0;

	if (v->kind == VALUE_BOOL && !value_is_true(v))
		rule.mode = CACHE_FALSE;
	else if (v->kind == VALUE_NUMBER)
		r = read_time(v, "\"cache\"", &rule.ttl_us, err);
	if (r == 0)
		*ret_rule = rule;
	return r;
}

static int
read_tools(struct loader *l, const struct value *list, struct step_settings *settings,
	struct err *err)
{
	struct str *tools = ARENA_ARRAY(&l->graph->arena, list->n, struct str);

	for (uint32_t i = 0; i < list->n; i++) {
		struct str tool = value_text(&list->items[i]);

		if (list->items[i].kind != VALUE_STRING || !tool.n || str_find(tool, '\0') >= 0)
			return loader_corrupt(err, "\"tools\" holds what is no program");
		if (i && str_compare(tools[i - 1], tool) >= 0)
			return loader_corrupt(err, "\"tools\" is not in its order");
		tools[i] = arena_str(&l->graph->arena, tool);
	}
	settings->tools = tools;
	settings->n_tools = list->n;
	return 0;
}

int
loader_read_policy(struct loader *l, const struct value *list, const struct value **ret_policy,
	struct err *err)
{
	if (!list->n)
		return loader_corrupt(err, "\"policy\" is empty");
	l->graph->has_policies = true;
	return loader_keep_value(l, list, ret_policy, err);
}

static int
read_setting(struct loader *l, const struct value *v, struct step_settings *settings,
	struct err *err)
{
	const struct loader_text at = {.step = STEP_NONE, .may = 1U << ROOT_RUN};
	const struct value *members[SETTINGS];
	int r = loader_read_object(v, "a setting", setting_shape, SETTINGS, members, err);

	settings->grace_us = GRACE_DEFAULT_US;
	settings->retry = retry_default;
	if (r == 0 && members[SETTING_CACHE])
		r = read_cache(members[SETTING_CACHE], &settings->cache, err);
	if (r == 0 && members[SETTING_ENV])
		r = loader_read_env(
			l, members[SETTING_ENV], &at, &settings->env, &settings->n_env, err);
	if (r == 0 && members[SETTING_GRACE])
		r = read_time(members[SETTING_GRACE], "\"grace\"", &settings->grace_us, err);
	if (r == 0 && members[SETTING_PASS_ENV])
		r = loader_read_pass_env(l, members[SETTING_PASS_ENV], &settings->pass_env,
			&settings->n_pass_env, err);
	if (r == 0 && members[SETTING_POLICY])
		r = loader_read_policy(l, members[SETTING_POLICY], &settings->policy, err);
	if (r == 0 && members[SETTING_RETRY])
		r = read_retry(l, members[SETTING_RETRY], &settings->retry, err);
	if (r == 0 && members[SETTING_TIMEOUT])
		r = read_time(
			members[SETTING_TIMEOUT], "\"timeout\"", &settings->timeout_us, err);
	if (r == 0 && members[SETTING_TOOLS])
		r = read_tools(l, members[SETTING_TOOLS], settings, err);
	return r;
}

int
loader_read_settings(struct loader *l, const struct value *list, struct err *err)
{
	l->n_settings = list->n;
	l->settings = ARENA_ARRAY(&l->graph->arena, list->n, struct step_settings);
	for (uint32_t i = 0; i < list->n; i++) {
		int r = read_setting(l, &list->items[i], &l->settings[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}
