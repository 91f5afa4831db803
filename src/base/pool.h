/*
 * pool: work that would hold up the loop (hashing and copying of large files), done by other
 * threads.
 *
 * A job is handed over, worked on by one of a few threads, and handed back on the loop's thread,
 * in a later turn. Threads start with the first job. Order between jobs is not kept.
 */
#ifndef LILY_BASE_POOL_H
#define LILY_BASE_POOL_H

#include "base/loop.h"

struct pool;

typedef void pool_fn(void *job);

int pool_new(struct loop *loop, unsigned threads, struct pool **ret_pool, struct err *err);

/* Calls off the jobs that wait or are being worked on (base/recall.h) and waits for them; every job
 * handed over is handed back, by its done, before this returns. */
void pool_free(struct pool *pool);

/* work(job) on a thread of the pool, then done(job) on the loop's. */
void pool_submit(struct pool *pool, pool_fn *work, pool_fn *done, void *job);

#endif
