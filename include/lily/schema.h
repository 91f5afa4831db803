/*
 * lily/schema.h: JSON Schema: drafts 04, 06, 07, 2019-09 and 2020-12.
 *
 *	struct lily_schemas *schemas = lily_schemas_new(NULL);
 *	struct lily_report *report = lily_report_new();
 *	struct lily_finding finding;
 *	const struct lily_schema *schema;
 *
 *	lily_schemas_open(schemas, "order.schema.json", &schema, &error);
 *	if (lily_schema_check(schema, instance, report, &error) == 0)
 *		while (lily_report_next(report, &finding))
 *			puts(finding.text);
 *	lily_report_free(report);
 *	lily_schemas_free(schemas);
 *
 * Nothing is ever fetched from a network. A relative reference from a schema that was read from a
 * file ("$ref": "../item.json") names another file (*.json, *.yaml, *.yml), which is then read; what
 * has a URI of another kind, or an absolute path, is added by the caller, before or when its resolver is
 * asked for it. lily's own schemas and the meta-schemas of the drafts are always there. The functions below are used by one thread at a
 * time.
 */
#ifndef LILY_SCHEMA_H
#define LILY_SCHEMA_H

#include "lily/document.h"
#include "lily/report.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_schemas; /* documents that may refer to each other */
struct lily_schema;  /* one that is ready to check values; it is its collection's */

enum lily_draft {
	LILY_DRAFT_2020_12, /* the default */
	LILY_DRAFT_2019_09,
	LILY_DRAFT_7,
	LILY_DRAFT_6,
	LILY_DRAFT_4
};

enum lily_schemas_flag {
	LILY_SCHEMAS_NO_FORMAT = 1 << 0, /* "format" only says, and is not checked */
	LILY_SCHEMAS_NO_FILES = 1 << 1   /* relative references read no files */
};

/* Gives the document that has an absolute URI without a fragment, for references to what was not
 * added: 1 and its text (JSON; YAML where the URI ends so), which is copied before anything else is
 * asked; 0 where there is none; a negative LILY_ERROR_… ends the call that asked. Each URI is asked for
 * once. It must not call functions with the same schemas. */
typedef int lily_schema_resolver(
	void *context, const char *uri, const char **ret_text, size_t *ret_size);

struct lily_schemas_options {
	enum lily_draft draft;          /* of documents that have no "$schema" */
	unsigned flags;                 /* enum lily_schemas_flag */
	lily_schema_resolver *resolver; /* may be NULL */
	void *context;                  /* of the resolver's */
};

/* options may be NULL. */
LILY_API struct lily_schemas *lily_schemas_new(const struct lily_schemas_options *options);
LILY_API void lily_schemas_free(struct lily_schemas *schemas);

/* Adds a document of JSON under a URI; its "$id" is a further one. `name` is what messages call it.
 * LILY_ERROR_INVALID where the text is no JSON, a URI is taken, or "$schema" is not known. */
LILY_API int lily_schemas_add(struct lily_schemas *schemas, const char *uri, const char *name,
	const char *json, size_t size, struct lily_error *error);

/* Adds a file of JSON or YAML under its file URI and its "$id". */
LILY_API int lily_schemas_add_file(
	struct lily_schemas *schemas, const char *path, struct lily_error *error);

/* Adds the files *.json, *.yaml and *.yml in a folder and below it. What is no schema (other JSON, or
 * a "$schema" that is not known) is passed over; links to folders and names with a dot are not
 * followed. */
LILY_API int lily_schemas_add_folder(
	struct lily_schemas *schemas, const char *path, struct lily_error *error);

/* The schema that a URI (with "#" and an anchor or a JSON Pointer, if need be) or the name of one
 * of lily's own ("run_event.v1") stands for. LILY_ERROR_NOT_FOUND; LILY_ERROR_INVALID with the
 * place where a keyword has a value that it cannot have, a pattern does not compile, or a
 * reference leads nowhere. */
LILY_API int lily_schemas_get(struct lily_schemas *schemas, const char *uri,
	const struct lily_schema **ret_schema, struct lily_error *error);

/* Adds a file and gets its schema. */
LILY_API int lily_schemas_open(struct lily_schemas *schemas, const char *path,
	const struct lily_schema **ret_schema, struct lily_error *error);

/* Whether a schema is one: its document against its meta-schema (0 and the findings where it is
 * not), then every part of it, used or not, is compiled (LILY_ERROR_INVALID). */
LILY_API int lily_schema_check_itself(
	const struct lily_schema *schema, struct lily_report *report, struct lily_error *error);

/* Likewise of a file, which need not have been added and may be no schema at all.
 * LILY_SCHEMA_SHALLOW: only against its meta-schema. */
enum lily_schema_depth { LILY_SCHEMA_SHALLOW, LILY_SCHEMA_DEEP };
LILY_API int lily_schemas_check_file(struct lily_schemas *schemas, const char *path,
	enum lily_schema_depth depth, struct lily_report *report, struct lily_error *error);

/* "2020-12", "draft-07". */
LILY_API const char *lily_schema_draft(const struct lily_schema *schema);

/* Whether the value is valid: 1, or 0; LILY_ERROR_LIMIT where that takes too many steps: more than 200
 * million of some 10 ns, and 100 for each value in it, or 64 bytes of text. */
LILY_API int lily_schema_is_valid(const struct lily_schema *schema,
	const struct lily_value *value, struct lily_error *error);

/* The same with every finding. The instance and the schema must live as long as the report is read. An
 * error has the place in the instance where the limit was reached. */
LILY_API int lily_schema_check(const struct lily_schema *schema,
	const struct lily_document *instance, struct lily_report *report,
	struct lily_error *error);

/* [{"id", "uri", "title", "file": null, "sha256"}] of the schemas that are part of lily: the kernel's ("run_event.v1"), that
 * of the workflow file ("workflow"), those of what commands print ("cli/run"), and the drafts'. */
LILY_API int lily_schemas_list(struct lily_document **ret_document, struct lily_error *error);

/* The text of one of them, by id or URI; it is never freed. LILY_ERROR_NOT_FOUND. */
LILY_API int lily_schemas_text(
	const char *name, const char **ret_text, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
