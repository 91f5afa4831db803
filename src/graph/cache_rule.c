#include "graph/cache_rule.h"

#include "base/clock.h"
#include "graph/reference.h"

static void
read_ttl(struct findings *findings, const struct place *place, const struct value *v,
	struct cache_rule *rule)
{
	struct place inner = {place, "cache", STR_EMPTY};
	const struct value *keys[CACHE_KEYS];
	size_t errors = findings->errors;
	struct str text;

	keys_read(findings, &inner, &cache_keys, v, keys, NULL);
	if (!keys[CACHE_TTL]) {
		if (findings->errors == errors)
			finding_error(findings, place, v->offset,
				"\"cache\" is a map without \"ttl\"; write { ttl: 7d }, or "
				"true");
		return;
	}
	text = value_text(keys[CACHE_TTL]);
	rule->mode = CACHE_TRUE;
	if (!clock_parse_duration(text, &rule->ttl_us) || !rule->ttl_us)
		finding_error(findings, &inner, keys[CACHE_TTL]->offset,
			"\"ttl\" must be a time longer than 0, such as 90s, 10m, 1h30m or 7d, "
			"not \"%.*s\"",
			(int)MIN(text.n, 60), text.p);
}

void
cache_rule_read(struct findings *findings, const struct place *place, const struct value *v,
	struct cache_rule *ret_rule)
{
	*ret_rule = (struct cache_rule){CACHE_AUTO, 0};
	if (v->kind == VALUE_BOOL)
		ret_rule->mode = value_is_true(v) ? CACHE_TRUE : CACHE_FALSE;
	else if (v->kind == VALUE_OBJECT)
		read_ttl(findings, place, v, ret_rule);
	else if (!str_is(value_text(v), "auto"))
		finding_error(findings, place, v->offset,
			"\"cache\" must be auto, true, false or { ttl: 7d }, not \"%.*s\"",
			(int)MIN(v->n, 60), v->text);
}

void
tools_check(struct workflow *w, const struct place *place, const struct value *list)
{
	struct place inner = {place, "tools", STR_EMPTY};
	struct reference_place at = {w, &inner, STEP_NONE, 0, "a list of tools", NULL};

	if (list->n > TOOLS_MAX)
		finding_error(&w->findings, &inner, list->offset,
			"%u programs are more than %d", list->n, TOOLS_MAX);
	for (uint32_t i = 0; i < list->n; i++) {
		const struct value *tool = &list->items[i];

		if (tool->kind != VALUE_STRING || !tool->n ||
			str_find(value_text(tool), '\0') >= 0)
			finding_error(&w->findings, &inner, tool->offset,
				"must hold names or paths of programs, not %s",
				value_describe(&w->arena, tool));
		else
			references_refuse(&at, tool);
	}
}
