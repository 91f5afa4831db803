/*
 * finding: one thing that is wrong with a document, where it is, and what to do about it.
 */
#ifndef LILY_JSON_FINDING_H
#define LILY_JSON_FINDING_H

#include "json/source.h"

enum finding_level {
	FINDING_ERROR,
	FINDING_WARNING,
	FINDING_LATER, /* an error: it may be right, but this build does not honour it */
};

struct finding {
	enum finding_level level;
	uint32_t offset;    /* in the document's source, or SOURCE_NOWHERE */
	struct str message; /* one line, with what to do about it */
};

static inline bool
finding_is_error(const struct finding *finding)
{
	return finding->level != FINDING_WARNING;
}

#endif
