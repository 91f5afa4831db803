#include "run/bounds_env.h"

#include "graph/step_surroundings.h"

static int
check(const struct policy *policy, struct str name, const char *key, struct err *err)
{
	const struct policy_place *place = &policy->places[POLICY_ENV];

	for (size_t i = 0; i < policy->env.n; i++)
		if (str_equal(policy->env.items[i], name))
			return 0;
	if (!place->file.n)
		return err_set(err, ERR_POLICY,
			"policy \"%.*s\": \"%s\" hands over %.*s, which \"env\" does not list",
			(int)MIN(policy->name.n, 100), policy->name.p, key,
			(int)MIN(name.n, 100), name.p);
	return err_set(err, ERR_POLICY,
		"policy \"%.*s\": \"%s\" hands over %.*s, which \"env\" in %.*s:%u:%u does not "
		"list",
		(int)MIN(policy->name.n, 100), policy->name.p, key, (int)MIN(name.n, 100),
		name.p, STR_ARG(place->file), place->line, place->column);
}

static int
check_secrets(const struct policy *policy, const struct step *step, struct err *err)
{
	const struct step_surroundings *surroundings = step->surroundings;
	int r = 0;

	for (uint32_t i = 0; r == 0 && surroundings && i < surroundings->n_secrets; i++)
		if (!surroundings->secrets[i].as_file)
			r = check(policy, surroundings->secrets[i].name, "secrets", err);
	return r;
}

int
bounds_check_env(const struct policy *policy, const struct step *step, struct err *err)
{
	const struct step_settings *settings = step->settings;
	int r = 0;

	if (policy->is_none || policy->any_env)
		return 0;
	for (uint32_t i = 0; r == 0 && i < settings->n_env; i++)
		r = check(policy, settings->env[i].name, "env", err);
	for (uint32_t i = 0; r == 0 && i < step->n_env; i++)
		r = check(policy, step->env[i].name, "env", err);
	for (uint32_t i = 0; r == 0 && i < settings->n_pass_env; i++)
		r = check(policy, settings->pass_env[i], "pass_env", err);
	return r < 0 ? r : check_secrets(policy, step, err);
}
