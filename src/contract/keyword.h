/*
 * keyword: the words of JSON Schema, which drafts and vocabularies know them, and where a keyword's
 * value holds further schemas.
 */
#ifndef LILY_CONTRACT_KEYWORD_H
#define LILY_CONTRACT_KEYWORD_H

#include "json/value.h"

#define NO_INDEX UINT32_MAX

enum draft {
	DRAFT_4,
	DRAFT_6,
	DRAFT_7,
	DRAFT_2019_09,
	DRAFT_2020_12,
	DRAFT_N, /* also: no draft */
};

enum vocabulary {
	VOCABULARY_CORE = 1 << 0,
	VOCABULARY_APPLICATOR = 1 << 1,
	VOCABULARY_UNEVALUATED = 1 << 2,
	VOCABULARY_VALIDATION = 1 << 3,
	VOCABULARY_META_DATA = 1 << 4,
	VOCABULARY_FORMAT = 1 << 5,
	VOCABULARY_CONTENT = 1 << 6,
	VOCABULARY_FORMAT_ASSERTION = 1 << 7, /* "format" asserts, whatever the caller asks */
	VOCABULARY_ALL = 0x7F,
};

/* What a keyword's value holds. */
enum shape {
	SHAPE_NONE,                    /* no schema */
	SHAPE_SCHEMA,                  /* a schema */
	SHAPE_LIST,                    /* an array of schemas */
	SHAPE_MAP,                     /* an object whose values are schemas */
	SHAPE_SCHEMA_OR_LIST,          /* one of the first two */
	SHAPE_MAP_OF_SCHEMAS_OR_NAMES, /* an object; its values are schemas or arrays of names */
};

/* One list: enum, name, first and last draft, vocabulary, shape. */
#define KEYWORD_LIST(X)                                                                   \
	X(ID_4, "id", 4, 4, CORE, NONE)                                                   \
	X(ID, "$id", 6, 2020_12, CORE, NONE)                                              \
	X(SCHEMA, "$schema", 4, 2020_12, CORE, NONE)                                      \
	X(REF, "$ref", 4, 2020_12, CORE, NONE)                                            \
	X(ANCHOR, "$anchor", 2019_09, 2020_12, CORE, NONE)                                \
	X(DYNAMIC_REF, "$dynamicRef", 2020_12, 2020_12, CORE, NONE)                       \
	X(DYNAMIC_ANCHOR, "$dynamicAnchor", 2020_12, 2020_12, CORE, NONE)                 \
	X(RECURSIVE_REF, "$recursiveRef", 2019_09, 2019_09, CORE, NONE)                   \
	X(RECURSIVE_ANCHOR, "$recursiveAnchor", 2019_09, 2019_09, CORE, NONE)             \
	X(VOCABULARY, "$vocabulary", 2019_09, 2020_12, CORE, NONE)                        \
	X(COMMENT, "$comment", 4, 2020_12, CORE, NONE)                                    \
	X(DEFS, "$defs", 2019_09, 2020_12, CORE, MAP)                                     \
	X(DEFINITIONS, "definitions", 4, 2020_12, CORE, MAP)                              \
	X(ALL_OF, "allOf", 4, 2020_12, APPLICATOR, LIST)                                  \
	X(ANY_OF, "anyOf", 4, 2020_12, APPLICATOR, LIST)                                  \
	X(ONE_OF, "oneOf", 4, 2020_12, APPLICATOR, LIST)                                  \
	X(NOT, "not", 4, 2020_12, APPLICATOR, SCHEMA)                                     \
	X(IF, "if", 7, 2020_12, APPLICATOR, SCHEMA)                                       \
	X(THEN, "then", 7, 2020_12, APPLICATOR, SCHEMA)                                   \
	X(ELSE, "else", 7, 2020_12, APPLICATOR, SCHEMA)                                   \
	X(PREFIX_ITEMS, "prefixItems", 2020_12, 2020_12, APPLICATOR, LIST)                \
	X(ITEMS, "items", 4, 2020_12, APPLICATOR, SCHEMA_OR_LIST)                         \
	X(ADDITIONAL_ITEMS, "additionalItems", 4, 2019_09, APPLICATOR, SCHEMA)            \
	X(CONTAINS, "contains", 6, 2020_12, APPLICATOR, SCHEMA)                           \
	X(PROPERTIES, "properties", 4, 2020_12, APPLICATOR, MAP)                          \
	X(PATTERN_PROPERTIES, "patternProperties", 4, 2020_12, APPLICATOR, MAP)           \
	X(ADDITIONAL_PROPERTIES, "additionalProperties", 4, 2020_12, APPLICATOR, SCHEMA)  \
	X(PROPERTY_NAMES, "propertyNames", 6, 2020_12, APPLICATOR, SCHEMA)                \
	X(DEPENDENT_SCHEMAS, "dependentSchemas", 2019_09, 2020_12, APPLICATOR, MAP)       \
	X(DEPENDENCIES, "dependencies", 4, 2020_12, APPLICATOR, MAP_OF_SCHEMAS_OR_NAMES)  \
	X(UNEVALUATED_ITEMS, "unevaluatedItems", 2019_09, 2020_12, UNEVALUATED, SCHEMA)   \
	X(UNEVALUATED_PROPERTIES, "unevaluatedProperties", 2019_09, 2020_12, UNEVALUATED, \
		SCHEMA)                                                                   \
	X(TYPE, "type", 4, 2020_12, VALIDATION, NONE)                                     \
	X(ENUM, "enum", 4, 2020_12, VALIDATION, NONE)                                     \
	X(CONST, "const", 6, 2020_12, VALIDATION, NONE)                                   \
	X(MULTIPLE_OF, "multipleOf", 4, 2020_12, VALIDATION, NONE)                        \
	X(MAXIMUM, "maximum", 4, 2020_12, VALIDATION, NONE)                               \
	X(EXCLUSIVE_MAXIMUM, "exclusiveMaximum", 4, 2020_12, VALIDATION, NONE)            \
	X(MINIMUM, "minimum", 4, 2020_12, VALIDATION, NONE)                               \
	X(EXCLUSIVE_MINIMUM, "exclusiveMinimum", 4, 2020_12, VALIDATION, NONE)            \
	X(MAX_LENGTH, "maxLength", 4, 2020_12, VALIDATION, NONE)                          \
	X(MIN_LENGTH, "minLength", 4, 2020_12, VALIDATION, NONE)                          \
	X(PATTERN, "pattern", 4, 2020_12, VALIDATION, NONE)                               \
	X(MAX_ITEMS, "maxItems", 4, 2020_12, VALIDATION, NONE)                            \
	X(MIN_ITEMS, "minItems", 4, 2020_12, VALIDATION, NONE)                            \
	X(UNIQUE_ITEMS, "uniqueItems", 4, 2020_12, VALIDATION, NONE)                      \
	X(MAX_CONTAINS, "maxContains", 2019_09, 2020_12, VALIDATION, NONE)                \
	X(MIN_CONTAINS, "minContains", 2019_09, 2020_12, VALIDATION, NONE)                \
	X(MAX_PROPERTIES, "maxProperties", 4, 2020_12, VALIDATION, NONE)                  \
	X(MIN_PROPERTIES, "minProperties", 4, 2020_12, VALIDATION, NONE)                  \
	X(REQUIRED, "required", 4, 2020_12, VALIDATION, NONE)                             \
	X(DEPENDENT_REQUIRED, "dependentRequired", 2019_09, 2020_12, VALIDATION, NONE)    \
	X(FORMAT, "format", 4, 2020_12, FORMAT, NONE)                                     \
	X(CONTENT_ENCODING, "contentEncoding", 7, 2020_12, CONTENT, NONE)                 \
	X(CONTENT_MEDIA_TYPE, "contentMediaType", 7, 2020_12, CONTENT, NONE)              \
	X(CONTENT_SCHEMA, "contentSchema", 2019_09, 2020_12, CONTENT, SCHEMA)             \
	X(TITLE, "title", 4, 2020_12, META_DATA, NONE)                                    \
	X(DESCRIPTION, "description", 4, 2020_12, META_DATA, NONE)                        \
	X(DEFAULT, "default", 4, 2020_12, META_DATA, NONE)                                \
	X(DEPRECATED, "deprecated", 2019_09, 2020_12, META_DATA, NONE)                    \
	X(READ_ONLY, "readOnly", 7, 2020_12, META_DATA, NONE)                             \
	X(WRITE_ONLY, "writeOnly", 7, 2020_12, META_DATA, NONE)                           \
	X(EXAMPLES, "examples", 6, 2020_12, META_DATA, NONE)

enum keyword {
#define X(id, name, first, last, vocabulary, shape) KEYWORD_##id,
	KEYWORD_LIST(X)
#undef X
		KEYWORD_N, /* also: no keyword */
};

struct keyword_info {
	const char *name;
	uint8_t first; /* enum draft */
	uint8_t last;
	uint8_t vocabulary;
	uint8_t shape;
};

extern const struct keyword_info keyword_infos[KEYWORD_N];

/* The keyword that a member's key is in a schema of the draft and vocabularies, or KEYWORD_N. */
enum keyword keyword_find(const struct value *key, enum draft draft, unsigned vocabularies);

const char *keyword_name(enum keyword keyword);

/* The draft whose meta-schema has the URI (an empty fragment does not count), or DRAFT_N. The one without
 * a version, http://json-schema.org/schema, is that of the newest draft. */
enum draft draft_find(struct str uri);

/* Its meta-schema's URI without a fragment, and the name that people use: "2020-12". */
struct str draft_uri(enum draft draft);
const char *draft_name(enum draft draft);

/* The vocabularies that a URI in "$vocabulary" names, 0 where it is unknown. */
unsigned vocabulary_find(struct str uri, enum draft draft);

#endif
