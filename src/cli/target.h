/*
 * target: what RUN, RUN/STEP, RUN/STEP@N and their short forms name.
 *
 *	""  @last  0199a7b2     a run; the newest one where it is empty
 *	0199a7b2/build          a step of that run
 *	0199a7b2/build@7 @7     the attempt with number 7 in its run
 *	build                   a step of the newest run
 *
 * A first part that has only hexadecimal digits and hyphens, four at least, is a run; so is one
 * that begins with @ and a letter.
 */
#ifndef LILY_CLI_TARGET_H
#define LILY_CLI_TARGET_H

#include <lily.h>

#include <stdbool.h>

struct target {
	char *run;        /* heap; "" is the newest */
	char *step;       /* heap; NULL: none */
	uint32_t attempt; /* 0: none */
};

/* word may be NULL. false where it is no address (an attempt's number that is none). */
bool target_parse(struct target *target, const char *word);
void target_done(struct target *target);

/* Finds the step of an attempt that was named by its number alone. */
int target_find_step(struct target *target, struct lily_store *store, struct lily_error *error);

#endif
