/*
 * redactor: secrets as they may show up in what a step says or makes, and how they are kept out (I10).
 *
 * A value is known in these forms: as it stands; as JSON escapes it (RFC 8259, only what has to be
 * escaped); percent-encoded (RFC 3986), slashes too or not; in base64 and base64url (RFC 4648) from wherever in the
 * encoded bytes it begins; in hexadecimal digits of either case. Of a value of several lines each
 * line of REDACTOR_LINE_MIN bytes or more counts too where text is shown. Any other transformation
 * (compressed, encrypted, reversed, wrapped over lines, \u escapes of what needs none) is not
 * recognised.
 */
#ifndef LILY_EXEC_REDACTOR_H
#define LILY_EXEC_REDACTOR_H

#include "base/buf.h"

/* The shortest value: less cannot be told from ordinary text. */
#define REDACTOR_VALUE_MIN ((size_t)8)
#define REDACTOR_VALUE_MAX ((size_t)64 << 10)
#define REDACTOR_LINE_MIN ((size_t)8)

struct redactor;

/* redactor_new → redactor_add … → redactor_finish; then any thread may ask it. */
struct redactor *redactor_new(void);
void redactor_free(struct redactor *redactor);

/* Copies both. The value has REDACTOR_VALUE_MIN to REDACTOR_VALUE_MAX bytes. */
void redactor_add(struct redactor *redactor, struct str name, struct str value);
void redactor_finish(struct redactor *redactor);

/* One stream of bytes that comes in pieces. */
struct redaction {
	struct buf held; /* may be the beginning of a value */
	struct str
		found; /* the name of the first secret that was in it, or empty; the redactor's */
};

#define REDACTION_INIT ((struct redaction){BUF_INIT((size_t)1 << 20), STR_EMPTY})

void redaction_done(struct redaction *redaction);

/* Appends to b what is certain by now, with "[secret NAME]" in place of each value. */
void redaction_add(struct redaction *redaction, const struct redactor *redactor,
	struct str bytes, struct buf *b);

/* Nothing follows: appends what was held back. */
void redaction_end(struct redaction *redaction, const struct redactor *redactor, struct buf *b);

/* Looks for whole values, in any form, in bytes that come in pieces and will be kept as they are: the
 * name of the first secret, or empty. Start with an empty buffer, which belongs to the search. */
struct str redactor_search(const struct redactor *redactor, struct buf *held, struct str bytes);

#endif
