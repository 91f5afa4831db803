/*
 * comparison_part: one comparison while it is made; private to comparison*.c.
 */
#ifndef LILY_GATE_COMPARISON_PART_H
#define LILY_GATE_COMPARISON_PART_H

#include "gate/comparison.h"

struct comparing {
	const struct compared *compared;
	struct faults *faults;
	struct arena arena; /* of what is needed for a document, or a line of it */
	struct buf pointer; /* to what is being compared */
	uint32_t line;      /* of JSON Lines and text; 0: none */
};

/* Adds that the two differ; one of them may be NULL: it is not there. */
void comparing_differ(
	struct comparing *c, const struct value *judged, const struct value *with);

/* Likewise, in words. */
void comparing_say(struct comparing *c, const char *format, ...) ATTR_PRINTF(2, 3);

/* comparison_value.c: with all that they hold, from the pointer on. */
void comparing_values(
	struct comparing *c, const struct value *judged, const struct value *with);

/* comparison_text.c: line by line, with the tolerance; and as bytes. */
void comparing_text(struct comparing *c);
void comparing_bytes(struct comparing *c);

#endif
