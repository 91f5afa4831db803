/*
 * findings: what is wrong with a document, gathered so that all of it can be told at once.
 *
 * At most FINDINGS_KEPT errors and as many warnings are kept, the others counted. A place says
 * where in the file's structure a message belongs (step "fix": in "issue": …); it lives on the
 * caller's stack and costs nothing as long as nothing is wrong.
 */
#ifndef LILY_JSON_FINDINGS_H
#define LILY_JSON_FINDINGS_H

#include "base/arena.h"
#include "json/finding.h"

#define FINDINGS_KEPT 100

struct place {
	const struct place *outer; /* NULL at the outermost */
	const char *noun; /* "step", "in", …; NULL: nothing is printed for this level */
	struct str name;  /* printed in quotes where not empty */
};

struct findings {
	struct arena *arena; /* of the messages */
	struct finding *items;
	size_t n;
	size_t capacity;
	size_t errors;   /* all of them */
	size_t later;    /* of these, that something is not honoured by this build */
	size_t warnings; /* all of them */
};

void findings_init(struct findings *findings, struct arena *arena);
void findings_done(struct findings *findings);

/* place may be NULL. */
void finding_error(struct findings *findings, const struct place *place, uint32_t offset,
	const char *format, ...) ATTR_PRINTF(4, 5);
/* An error, too, but not of whoever wrote the document. */
void finding_later(struct findings *findings, const struct place *place, uint32_t offset,
	const char *format, ...) ATTR_PRINTF(4, 5);
void finding_warning(struct findings *findings, const struct place *place, uint32_t offset,
	const char *format, ...) ATTR_PRINTF(4, 5);

/* Puts them into the order of the file and says at the end how many were not kept. */
void findings_finish(struct findings *findings);

/* "; did you mean "X"?" for the candidate that `wrong` is probably a slip of, else "". Looks at no
 * candidates where there are more than can be compared while a person waits. */
const char *finding_suggestion(struct findings *findings, struct str wrong,
	const struct str *candidates, size_t n_candidates);

/* Appends the errors, with their places, until FINDINGS_SHOWN of them are or an ERR_MESSAGE_SIZE is
 * nearly full; at least one where *shown is 0. *shown grows. FINDINGS_OWN: but those of the build. */
#define FINDINGS_SHOWN 3
enum findings_kind { FINDINGS_ALL, FINDINGS_OWN };
void findings_show_errors(const struct findings *findings, const struct source *source,
	enum findings_kind kind, struct buf *b, size_t *shown);

/* ERR_INVALID with what findings_show_errors gave, which is the first `shown` of `errors`; `remedy`
 * says where the others can be seen. */
int findings_refuse(
	struct buf *b, size_t errors, size_t shown, const char *remedy, struct err *err);

#endif
