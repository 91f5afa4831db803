/*
 * schema_files: a schema's file and the files that it refers to.
 *
 * A "$ref" (or "$dynamicRef") is followed where it is a relative path that ends in .json, .yaml or
 * .yml, from the folder of the file in which it stands; so are those of the files that it leads to.
 * Each is read once, so files may refer to each other. Where a file says by "$id" that it has another
 * URI, its references are relative to that, and lead to what has such a URI.
 */
#ifndef LILY_RUN_SCHEMA_FILES_H
#define LILY_RUN_SCHEMA_FILES_H

#include "contract/registry.h"

/* The bytes that registry_add takes for the schema in the file at `path`: those of the file, or a set
 * with those that it refers to. `named`: the path as a workflow names it from its folder, which no
 * reference leads out of, unless it stays in the schema's own; NULL: anywhere. ERR_INVALID at the
 * reference where it leads to no file; else as file_read for the schema itself. */
int schema_files_read(struct str id, const char *path, const char *named, struct buf *ret_bytes,
	struct err *err);

#endif
