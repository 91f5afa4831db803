/*
 * references: what schemas refer to outside of themselves, so that their owner can fetch it before
 * they are compiled.
 *
 *	references_add(references, uri, root, source, draft, &err);
 *	while (references_next(references, &reference))
 *		… read the document that reference.uri names, references_add it …
 *
 * Every document that a collection gets is added here too. A reference is followed the same way as
 * the compiler does it, so that a pointer into a part of a document that no keyword makes a schema
 * is followed as well. Nothing here is an answer about a schema: a reference that leads nowhere is
 * passed over, and the compiler says so if the schema needs it.
 */
#ifndef LILY_CONTRACT_REFERENCES_H
#define LILY_CONTRACT_REFERENCES_H

#include "contract/keyword.h"

struct references;

struct references *references_new(void);
void references_free(struct references *references);

/* As collection_add; root and source are borrowed. */
int references_add(struct references *references, struct str uri, const struct value *root,
	const struct source *source, enum draft otherwise, struct err *err);

struct reference {
	struct str written;          /* the keyword's value */
	struct str uri;              /* what it names: absolute, without a fragment */
	const struct source *source; /* where it stands; NULL where that was not given */
	uint32_t offset;
};

/* The next reference to a document that is not there, or false. Each place is given once, so the same
 * document may come again where the caller did not add it. */
bool references_next(struct references *references, struct reference *ret_reference);

/* A reference of that document (empty: of any) by which a schema applies itself to the same value again,
 * without end (loop.h); false where there is none. */
bool references_find_loop(
	struct references *references, struct str uri, struct reference *ret_reference);

/* A schema that refers to every schema of the document of that URI, in the arena: what it takes to
 * compile all of a document, used or not. The document must have been added. */
const struct value *references_to_all(
	const struct references *references, struct str uri, struct arena *arena);

#endif
