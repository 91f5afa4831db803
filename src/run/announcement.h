/*
 * announcement: what the program of `notify` reads on its standard input: the document
 * notification.v1 (schemas/kernel), which says how a run stands.
 *
 * It is made of committed rows, so that it says what `lily show` would.
 */
#ifndef LILY_RUN_ANNOUNCEMENT_H
#define LILY_RUN_ANNOUNCEMENT_H

#include "graph/notify.h"
#include "store/run.h"

/* Of failed steps, and of those that wait for word, so many are listed; how many more there are is
 * said. */
#define ANNOUNCEMENT_STEPS_MAX 100

struct announcement {
	struct store *store; /* all that the run did is committed */
	struct uuid run;
	const char *workspace;
	enum notify_event event;
	uint32_t n;         /* of the notification in its run */
	const char *reason; /* beside what the record has; NULL: none */
};

/* Appends the document, with a newline. Errors are the store's. */
int announcement_write(const struct announcement *announcement, struct buf *b, struct err *err);

#endif
