/*
 * lily/document.h: structured results, and JSON to be read.
 *
 * Readings (lists, descriptions, plans) come as documents: JSON values that are looked at in place
 * or written out. A document owns its values; they are valid until lily_document_free.
 */
#ifndef LILY_DOCUMENT_H
#define LILY_DOCUMENT_H

#include "lily/error.h"

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct lily_document;
struct lily_value;

enum lily_kind {
	LILY_KIND_NULL,
	LILY_KIND_BOOLEAN,
	LILY_KIND_NUMBER,
	LILY_KIND_STRING,
	LILY_KIND_ARRAY,
	LILY_KIND_OBJECT
};

/* Reads JSON (RFC 8259, unique keys). `name` is what messages call it. */
LILY_API int lily_document_parse(const char *name, const char *json, size_t size,
	struct lily_document **ret_document, struct lily_error *error);
LILY_API void lily_document_free(struct lily_document *document);

LILY_API const struct lily_value *lily_document_root(const struct lily_document *document);

/* As JSON text, NUL-terminated, for lily_free. LILY_JSON_INDENTED: two spaces a level. */
enum lily_json_form { LILY_JSON_COMPACT, LILY_JSON_INDENTED };
LILY_API char *lily_value_to_json(const struct lily_value *value, enum lily_json_form form);

/* All of these accept NULL for a value and answer as for null, so that look-ups can be chained. */
LILY_API enum lily_kind lily_value_kind(const struct lily_value *value);
LILY_API size_t lily_value_count(const struct lily_value *value); /* items or members */
LILY_API const struct lily_value *lily_value_at(const struct lily_value *value, size_t index);
LILY_API const struct lily_value *lily_value_get(
	const struct lily_value *value, const char *key);

/* The name of the index-th member; NULL past the end. Not NUL-terminated: *ret_size bytes. */
LILY_API const char *lily_value_key(
	const struct lily_value *value, size_t index, size_t *ret_size);

/* A string's bytes or a number's lexeme, *ret_size of them (may be NULL); "" for other kinds. Those
 * of documents that lily made are NUL-terminated. */
LILY_API const char *lily_value_text(const struct lily_value *value, size_t *ret_size);

/* fallback where the value is not a number in range, or not a boolean. */
LILY_API int64_t lily_value_integer(const struct lily_value *value, int64_t fallback);
LILY_API int lily_value_boolean(const struct lily_value *value, int fallback);

#ifdef __cplusplus
}
#endif

#endif
