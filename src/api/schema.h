/*
 * schema: what the files behind lily/schema.h share.
 */
#ifndef LILY_API_SCHEMA_H
#define LILY_API_SCHEMA_H

#include "api/handle.h"
#include "base/map.h"
#include "contract/references.h"
#include "contract/report.h"
#include "lily/schema.h"

struct lily_schema {
	struct lily_schemas *schemas;
	const struct schema *schema;
};

/* A document, in the arena of the collection. */
struct schema_text {
	struct str uri;
	const struct source *source;
	const struct value *root;
};

struct lily_schemas {
	struct arena arena; /* of documents and their text */
	struct collection *collection;
	struct references *references;
	struct checker *checker;
	struct err err;   /* of is_valid, that it need not clear one of its own each time */
	enum draft draft; /* of documents that do not say it */
	unsigned flags;
	lily_schema_resolver *resolver;
	void *context;
	uint32_t n_resolving; /* meta-schemas that are asked for just now */
	struct map files;     /* URIs of what was added, or looked for in vain */
	struct map by_id;     /* texts by their "$id" */
	struct schema_text *texts;
	size_t n_texts, texts_capacity;
	struct lily_schema **given;
	size_t n_given, given_capacity;
	uint32_t n_whole; /* documents made to compile all of another */
};

struct finding_at {
	struct finding finding;
	size_t order;
};

struct lily_report {
	struct report *report;
	const struct schema *schema;
	struct checker *checker; /* of the schema's collection */
	const struct value *value;
	const struct source *source; /* of the instance; NULL */
	struct str place;            /* JSON Pointer of what was checked in the instance */
	bool is_listed;
	bool says_once;          /* what several parts of a meta-schema say of one place */
	struct finding_at *list; /* in the order of the instance */
	size_t n, capacity;
	size_t next;
	struct source rest; /* the source from the line of the finding given last */
	uint32_t rest_at;
	struct arena arena; /* of the finding given last */
};

/* Reads a file of JSON or YAML. */
int schema_text_read(struct lily_schemas *schemas, const char *path,
	struct schema_text *ret_text, struct err *err);

/* Adds it unless its URI was added before. A copy of one of lily's own gets that one's URI. */
int schema_text_add(struct lily_schemas *schemas, struct schema_text *text, struct err *err);

/* Adds the *.json, *.yaml and *.yml below a folder that may be schemas. */
int schema_text_add_folder(struct lily_schemas *schemas, const char *path, struct err *err);

/* Reads the files that relative references name, and those that they name in turn; what is no file is
 * asked of the resolver. */
int schema_text_follow(struct lily_schemas *schemas, struct err *err);

/* Adds what the resolver gives for a URI, if it was not asked before and has something. */
int schema_text_resolve(struct lily_schemas *schemas, struct str uri, struct err *err);

int schemas_find(struct lily_schemas *schemas, const char *uri,
	const struct lily_schema **ret_schema, struct err *err);

/* Checks a value into the report; 1 or 0. source may be NULL. */
int report_fill(struct lily_report *report, const struct schema *schema,
	struct checker *checker, const struct value *value, const struct source *source,
	struct err *err);

#endif
