/*
 * schema: JSON Schema, drafts 04, 06, 07, 2019-09 and 2020-12: documents in, answers out.
 *
 *	struct collection *collection = collection_new(NULL);
 *	struct checker *checker = checker_new(NULL);
 *
 *	collection_add(collection, uri, root, source, DRAFT_2020_12, &err);
 *	collection_get(collection, uri, &schema, &err);
 *	valid = schema_is_valid(schema, checker, value, &err);
 *	…
 *	checker_free(checker);
 *	collection_free(collection);
 *
 * A collection holds the documents that schemas may refer to, by URI; nothing is ever fetched. The
 * meta-schemas of the five drafts are in every collection. A schema is compiled when it is first
 * asked for, then kept, and does not change any more. A checker is what one thread needs to check
 * values, and is used for one after the other. Many threads may check by the schemas of a collection,
 * each with its checker, while none adds to it or gets from it.
 */
#ifndef LILY_CONTRACT_SCHEMA_H
#define LILY_CONTRACT_SCHEMA_H

#include "contract/keyword.h"

struct collection;
struct schema;
struct checker;

enum collection_flag {
	COLLECTION_ASSERT_FORMAT = 1 << 0, /* "format" is checked; else it is an annotation */
	COLLECTION_ASSERT_CONTENT = 1
		<< 1, /* and so are contentEncoding and contentMediaType */
};

struct collection_options {
	unsigned flags;
};

struct collection *collection_new(const struct collection_options *options);
void collection_free(struct collection *collection);

/* Adds a document under a URI (its "$id" is a further one). Root, source and their text are
 * borrowed for the collection's life; source may be NULL. `otherwise` is the draft where there is no
 * "$schema". ERR_INVALID at the place where a URI is taken, "$schema" is unknown, or a
 * vocabulary is required that is not known. */
int collection_add(struct collection *collection, struct str uri, const struct value *root,
	const struct source *source, enum draft otherwise, struct err *err);

/* The schema that a URI names (with an anchor or JSON Pointer as fragment), compiled. It is the
 * collection's. ERR_NOT_FOUND; ERR_INVALID at the place where a keyword has a value that it cannot
 * have or a reference that cannot be resolved; ERR_LIMIT. */
int collection_get(struct collection *collection, struct str uri,
	const struct schema **ret_schema, struct err *err);

/* The schema as it is written, and the document it comes from (NULL where that was not given). */
const struct value *schema_value(const struct schema *schema);
const struct source *schema_source(const struct schema *schema);
enum draft schema_draft(const struct schema *schema);

/* A step is a schema applied to one value, or as much other work: about 10 ns. */
struct checker_limits {
	uint64_t steps; /* for a value and all that is inside of it */
	uint32_t depth; /* of schemas within schemas */
	uint32_t units; /* of a report */
	uint32_t
		steps_a_part; /* so many more for each value in it, and each 64 bytes of text */
};

/* 200 million steps and 100 more a part, 5000 deep (or less, as the thread's stack has room), a million
 * units. Explaining what is wrong has as many steps again, and ends with them like a report that is full. */
extern const struct checker_limits checker_default_limits;

/* limits may be NULL. */
struct checker *checker_new(const struct checker_limits *limits);
void checker_free(struct checker *checker);

/* Of ERR_LIMIT, which checking a value ended with: puts its place in the value's source before it. */
void checker_place_limit(
	const struct checker *checker, const struct source *source, struct err *err);

/* 1 where the value is valid, 0 where it is not; ERR_LIMIT. */
int schema_is_valid(const struct schema *schema, struct checker *checker,
	const struct value *value, struct err *err);

#endif
