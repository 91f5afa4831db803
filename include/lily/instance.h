/*
 * lily/instance.h: files that hold values to be checked: JSON, JSON Lines, YAML.
 *
 *	struct lily_instances *file;
 *	struct lily_document *instance;
 *
 *	lily_instances_open("orders.jsonl", LILY_SYNTAX_BY_NAME, &file, &error);
 *	while ((r = lily_instances_next(file, &instance, &error)) > 0) {
 *		…
 *		lily_document_free(instance);
 *	}
 *	lily_instances_close(file);
 *
 * A document that comes from here knows the place of each of its values, so that what a check finds
 * has a line and a column. A key that occurs twice in one object is an error.
 */
#ifndef LILY_INSTANCE_H
#define LILY_INSTANCE_H

#include "lily/document.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_instances;

enum lily_syntax {
	LILY_SYNTAX_BY_NAME,    /* .jsonl and .ndjson, .yaml and .yml; all else is JSON */
	LILY_SYNTAX_JSON,       /* one value */
	LILY_SYNTAX_JSON_LINES, /* a value on each line; blank lines are passed over */
	LILY_SYNTAX_YAML        /* one document of YAML 1.2 */
};

/* Reads the file at once: at most 256 MiB, 64 MiB of YAML. */
LILY_API int lily_instances_open(const char *path, enum lily_syntax syntax,
	struct lily_instances **ret_instances, struct lily_error *error);

/* Likewise from a descriptor to its end; `name` is what messages call it. */
LILY_API int lily_instances_open_fd(int fd, const char *name, enum lily_syntax syntax,
	struct lily_instances **ret_instances, struct lily_error *error);

/* Likewise of bytes, which are copied. */
LILY_API int lily_instances_open_text(const char *name, const char *text, size_t size,
	enum lily_syntax syntax, struct lily_instances **ret_instances,
	struct lily_error *error);
LILY_API void lily_instances_close(struct lily_instances *instances);

/* 1 and the next value, for lily_document_free (before or after the file is closed); 0 at the end.
 * LILY_ERROR_INVALID with file:line:col where the text is not what its syntax says: in JSON Lines
 * the call after that goes on with the next line, else it is the end. */
LILY_API int lily_instances_next(struct lily_instances *instances,
	struct lily_document **ret_instance, struct lily_error *error);

/* The line, from 1, that the value given last began on; of JSON Lines its own. */
LILY_API unsigned lily_instances_line(const struct lily_instances *instances);

#ifdef __cplusplus
}
#endif

#endif
