/*
 * dialects: the parts of a schema document that different meta-schemas judge.
 *
 * A resource inside of a document may name another "$schema" than what is around it (bundles do);
 * the meta-schema of the outer one has nothing to say of it. So a document is judged in parts (JSON
 * Schema 2020-12, 9.3.3): each such resource by its own meta-schema, and where it stood the rest has
 * the schema {}.
 */
#ifndef LILY_CONTRACT_DIALECTS_H
#define LILY_CONTRACT_DIALECTS_H

#include "contract/keyword.h"

struct dialect_part {
	struct value *root; /* its values stand where they stood in the document */
	struct str meta;    /* URI of the meta-schema, as it is written */
	struct str pointer; /* JSON Pointer to it in the document */
};

/* The document itself, then what is in it, outer parts first, in the arena; root is borrowed.
 * `otherwise` is the draft where there is no "$schema". A document that cannot be read as schemas
 * is one part: its meta-schema will say why. */
void dialects_split(const struct value *root, enum draft otherwise, struct arena *arena,
	struct dialect_part **ret_parts, size_t *ret_n);

#endif
