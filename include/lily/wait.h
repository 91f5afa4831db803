/*
 * lily/wait.h: runs that exclude each other, and what is told while one waits for another.
 */
#ifndef LILY_WAIT_H
#define LILY_WAIT_H

#include "lily/store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A run whose workflow has `concurrency` finds another one of this store with the same key: it waits for
 * that (busy: wait; with cancel that one is cancelled first). Meanwhile the function is called again and
 * again. It takes a moment, such as 100 ms, and returns 0 to go on waiting; anything else gives up.
 * Without a function waiting is silent. With busy: refuse nothing is waited for. Whoever gave up or was
 * refused gets LILY_ERROR_LIMIT, and what was to begin has not. Holds for lily_run_start, lily_run_resume and
 * lily_run_retry of this handle. */
struct lily_wait {
	const char *key;
	const char *run_id; /* of the other run; "": not known yet */
	int64_t since_us;   /* when it began, 0: not known */
	int cancels;        /* it is being cancelled for this one */
};
typedef int lily_wait_fn(void *context, const struct lily_wait *wait);
LILY_API void lily_store_on_wait(struct lily_store *store, lily_wait_fn *wait, void *context);

#ifdef __cplusplus
}
#endif

#endif
