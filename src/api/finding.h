/*
 * finding: what is wrong with a document, as readings have it.
 */
#ifndef LILY_API_FINDING_H
#define LILY_API_FINDING_H

#include "json/builder.h"
#include "json/finding.h"

/* {"level", "file", "line", "column", "message", "text"}, the next item of an open array. */
void finding_add(struct builder *b, const struct source *source, const struct finding *finding);

#endif
