/*
 * concurrency: runs of one store that exclude each other: those with the same key.
 */
#ifndef LILY_GRAPH_CONCURRENCY_H
#define LILY_GRAPH_CONCURRENCY_H

#include "base/str.h"

/* What a run does that finds another one with its key. */
enum busy {
	BUSY_WAIT,   /* until that has ended */
	BUSY_REFUSE, /* does not begin */
	BUSY_CANCEL, /* has it cancelled, and waits for its end */
};

struct concurrency {
	struct str key; /* empty: it excludes none */
	enum busy busy;
};

const char *busy_name(enum busy busy);
bool busy_parse(struct str name, enum busy *ret_busy);

#endif
