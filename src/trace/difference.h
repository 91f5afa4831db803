/*
 * difference: texts that people are asked to take, as they differ from what was there before.
 *
 * Each is compared with what the newest earlier attempt of the step in the same run made under that name,
 * whatever became of it; where there is none, with what the last run of the workflow that succeeded has of it.
 * Directories, texts that are not UTF-8 and those of more than DIFFERENCE_TEXT_MAX bytes are not compared.
 */
#ifndef LILY_TRACE_DIFFERENCE_H
#define LILY_TRACE_DIFFERENCE_H

#include "store/question.h"
#include "json/builder.h"

#define DIFFERENCE_TEXT_MAX ((size_t)1 << 18)
#define DIFFERENCE_MAX ((size_t)1 << 15) /* of the hunks; what is beyond that is left out */

/* Adds the member "differences" to a question, whose request.v1 the document is: a list, null where nothing was
 * made, of {"name", "of": "attempt", "visit" or "run", "artifact_id", "sha256", "removed", "added" (lines), "diff"
 * (hunks as of diff -u), "is_cut"}. "sha256" is that of the earlier one. */
int difference_add(struct builder *b, struct store *store, const struct question_row *row,
	const struct value *document, struct err *err);

#endif
