/*
 * yaml_scalar: what a plain scalar means by the core schema of YAML 1.2 (section 10.3.2).
 */
#ifndef LILY_JSON_YAML_SCALAR_H
#define LILY_JSON_YAML_SCALAR_H

#include "json/value.h"

/* Sets kind, flags and text of *ret_value; a string keeps `text` itself, a number whose form JSON
 * does not have gets a lexeme in the arena. Returns NULL, or what is wrong, with what to do. */
const char *yaml_scalar_resolve(struct arena *arena, struct str text, struct value *ret_value);

/* The enum value_kind that a tag of the core schema (tag:yaml.org,2002:str …) asks for, -1 for any
 * other tag. */
int yaml_tag_kind(const char *tag);

/* The same for a scalar with such a tag, or with the lone "!" that makes it a string. */
const char *yaml_scalar_resolve_tagged(
	struct arena *arena, const char *tag, struct str text, struct value *ret_value);

#endif
