/*
 * schema_set: a schema and the files that it refers to, as one document, so that one digest says what
 * the schema means.
 *
 *	{"schema_set":1,"root":"review.json","files":{"address.json":"{…","review.json":"{…"}}
 *
 * Files are texts as they were, by their paths from the folder of the root, in order. Inside a
 * registry each has a URI below SCHEMA_SET_BASE and the id of the schema, with so many folders in
 * front of its path that ".." finds its way: a reference resolves as the path would.
 */
#ifndef LILY_CONTRACT_SCHEMA_SET_H
#define LILY_CONTRACT_SCHEMA_SET_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define SCHEMA_SET_BASE "lily:///sets/"
#define SCHEMA_SET_CLIMB 16 /* most folders that a path goes up from that of the root */

struct schema_file {
	struct str path; /* from the root's folder: "address.json", "../x/y.json" */
	struct str text;
};

/* Whether the bytes say that they are one. */
bool schema_set_is(struct str bytes);

/* Files in any order; the root is one of them. */
void schema_set_write(struct str root, struct schema_file *files, size_t n, struct buf *b);

/* In the arena; borrows nothing of the bytes. ERR_CORRUPT. */
int schema_set_read(struct str bytes, struct arena *arena, struct str *ret_root,
	struct schema_file **ret_files, size_t *ret_n, struct err *err);

/* The URI of a file of the schema's set; of its root also with the id as path, which stands beside
 * it. */
struct str schema_set_uri(struct str id, struct str path, struct arena *arena);

/* The path that a URI of the schema's set names; false where it is another URI. */
bool schema_set_path(struct str id, struct str uri, struct arena *arena, struct str *ret_path);

/* A file of a set refers to other schemas by their ids, as every schema does; and the id of a schema
 * that is a set leads to its root. The URI that one which is not known stands for, or false. */
bool schema_set_redirect(struct str uri, struct arena *arena, struct str *ret_uri);

#endif
