/*
 * tree: a tree.v1 document (store/object.h), as entries and as text.
 */
#ifndef LILY_STORE_TREE_H
#define LILY_STORE_TREE_H

#include "base/buf.h"
#include "base/digest.h"
#include "json/value.h"

enum tree_entry_type { TREE_FILE, TREE_DIR, TREE_LINK };

struct tree_entry {
	struct str path; /* below the directory */
	enum tree_entry_type type;
	bool executable;      /* a file */
	uint64_t size;        /* of a file */
	struct digest digest; /* of a file */
	struct str target;    /* of a link */
};

/* The document, canonical. Sorts the entries by path. */
void tree_write(struct tree_entry *entries, size_t n, struct buf *b);

/* An entry of a document; its texts are the value's. False where it is none. */
bool tree_read_entry(const struct value *v, struct tree_entry *ret_entry);

#endif
