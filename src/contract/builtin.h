/*
 * builtin: the meta-schemas that are part of the library, as text.
 *
 * The table is written by schemas/json-schema/embed.py when lily is built.
 */
#ifndef LILY_CONTRACT_BUILTIN_H
#define LILY_CONTRACT_BUILTIN_H

#include "base/digest.h"

struct builtin {
	const char *uri; /* without a fragment */
	const char *text;
	struct digest digest; /* of the text */
};

extern const struct builtin builtin_documents[];
extern const size_t builtin_n;

#endif
