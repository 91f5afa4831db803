/*
 * recall: whether the work that this thread does has been called off.
 *
 * Reading, hashing and copying a file of any size is one call; whoever leaves has not to wait until
 * it has come to its end. The thread is told once where its flag is, and long loops look at it.
 * A thread that was told of none is never called off.
 */
#ifndef LILY_BASE_RECALL_H
#define LILY_BASE_RECALL_H

#include "base/err.h"

#include <stdatomic.h>

/* From now on the flag counts for this thread; it must outlive the thread's work. */
void recall_watch(const atomic_bool *flag);

/* ERR_SYS where the work has been called off: nobody wants its result any more. */
int recall_check(struct err *err);

#endif
