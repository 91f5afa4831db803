/*
 * yaml: the YAML 1.2 core schema, read into the same values as JSON.
 *
 * Composed from libyaml's events: one document, string keys, no duplicate keys, no tags of the
 * user's own, aliases within a budget. Numbers in forms that JSON does not have (0x1F, 0o17, .5,
 * +1) become their JSON lexeme; .inf and .nan are refused. YAML 1.1 habits (yes, 012, 1:30, <<)
 * are what 1.2 says they are: strings, or refused with a hint. A key is its text, whatever it would
 * be as a value: 1 and "1" are the same key.
 *
 * Where libyaml's scanner differs from YAML 1.2 (a tab as separation, empty keys in { }, anchors
 * with other names than letters, digits, - and _), so does this; every difference that the YAML test
 * suite knows is in tests/unit/json/yaml_deviations.inc. An alias is a copy of its anchor's value
 * that shares the children and has the place of the alias.
 */
#ifndef LILY_JSON_YAML_H
#define LILY_JSON_YAML_H

#include "json/json.h"

struct yaml_limits {
	size_t bytes;   /* of the text */
	uint32_t depth; /* of nesting */
	size_t values;  /* in the document once aliases are expanded */
};

/* 64 MiB, 128 levels, 20 million values. */
extern const struct yaml_limits yaml_default_limits;

/* The one document of the source's text. ERR_INVALID with file:line:col and, for the usual slips,
 * a hint; ERR_LIMIT. limits may be NULL. */
int yaml_parse(struct arena *arena, const struct source *source,
	const struct yaml_limits *limits, const struct value **ret_value, struct err *err);

#endif
