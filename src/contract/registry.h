/*
 * registry: schemas by the names that people give them.
 *
 *	registry = registry_new();
 *	registry_add(registry, STR("review.v1"), "schemas/review.json", bytes, &err);
 *	registry_get(registry, STR("review.v1"), &schema, &err);
 *	registry_free(registry);
 *
 * An id is "NAME.vN", or "PACK/NAME.vN". A schema is also known by its "$id", and by REGISTRY_BASE
 * and its id, which is its base URI where it has no "$id": so one schema can refer to the other by
 * { "$ref": "address.v1" }. Nothing is ever fetched. "format" is asserted: what a schema says of a
 * string holds at a boundary.
 *
 * A schema that refers to files is a set (contract/schema_set.h): these bytes are its bytes.
 *
 * The same id with the same bytes is one schema; with other bytes it is refused. A schema is
 * compiled when it is first asked for; after that it can be used by any thread.
 */
#ifndef LILY_CONTRACT_REGISTRY_H
#define LILY_CONTRACT_REGISTRY_H

#include "base/digest.h"
#include "contract/schema.h"
#include "contract/schema_set.h"

#define REGISTRY_BASE "lily:///schemas/"
#define REGISTRY_KERNEL "urn:lily:schema:"
#define REGISTRY_BYTES_MAX ((size_t)16 << 20)  /* of one schema */
#define REGISTRY_TOTAL_MAX ((size_t)256 << 20) /* of all in one registry */
#define REGISTRY_ID_MAX 256

struct registry;

struct registry_entry {
	struct str id;
	struct digest digest; /* of the bytes */
	struct str bytes;
	const char *place; /* where it is from: a file, for people */
	struct str uri;    /* that it has in any case */
	const struct schema_file
		*files; /* of a set; their paths are from the folder of `place` */
	size_t n_files;
};

/* Whether an id is one: a name, perhaps behind "PACK/", that ends in .v and a number from 1. */
bool registry_is_id(struct str id);

/* With the kernel's own schemas (those of the library whose URI is REGISTRY_KERNEL and an id), or
 * without: for schemas that were put away together with those of the kernel that they are used
 * with, perhaps by another version. */
enum registry_kind { REGISTRY_OF_KERNEL, REGISTRY_BARE };
struct registry *registry_new(enum registry_kind kind);
void registry_free(struct registry *registry);

/* Adds a schema, or the set that it is; place and bytes are copied. YAML where the place ends in .yaml or .yml, else JSON.
 * ERR_INVALID with PLACE:LINE:COLUMN where the bytes are no document, or name a draft that is not
 * known; and, naming both places, where the id, or its "$id", has other bytes already. */
int registry_add(struct registry *registry, struct str id, const char *place, struct str bytes,
	struct err *err);

/* The value of a schema's file, as the registry reads it: place and bytes are borrowed. ERR_INVALID. */
int registry_read(const char *place, struct str bytes, struct arena *arena,
	const struct value **ret_root, const struct source **ret_source, struct err *err);

/* The entry of an id, or NULL. */
const struct registry_entry *registry_find(const struct registry *registry, struct str id);

/* All of them, by order of adding, the kernel's first: the entry, or NULL at the end. */
const struct registry_entry *registry_at(const struct registry *registry, size_t number);

/* The schema of an id or URI, compiled. ERR_NOT_FOUND, with the nearest id; ERR_INVALID at the place
 * where it is wrong; ERR_LIMIT. */
int registry_get(struct registry *registry, struct str name, const struct schema **ret_schema,
	struct err *err);

/* Whether all of the schema is one: it is checked by its meta-schema, then compiled. As
 * registry_get. */
int registry_verify(struct registry *registry, struct str id, struct err *err);

#endif
