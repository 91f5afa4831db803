#include "base/pool.h"

#include "base/memory.h"
#include "base/recall.h"

#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>

#define THREADS_MAX 8

struct task {
	struct task *next;
	pool_fn *work;
	pool_fn *done;
	void *job;
};

struct queue {
	struct task *first;
	struct task **last;
};

struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t wanted; /* a task waits, or the pool is closing */
	struct queue waiting;
	struct queue finished;
	atomic_bool closing;
	unsigned threads; /* wanted */
	unsigned started;
	pthread_t thread[THREADS_MAX];
	struct watch *watch; /* of `ready` */
	int ready;           /* eventfd: tasks are in `finished` */
};

static void
queue_add(struct queue *queue, struct task *task)
{
	task->next = NULL;
	*queue->last = task;
	queue->last = &task->next;
}

static struct task *
queue_take(struct queue *queue)
{
	struct task *task = queue->first;

	if (!task)
		return NULL;
	queue->first = task->next;
	if (!queue->first)
		queue->last = &queue->first;
	return task;
}

static void
hand_back(struct pool *pool)
{
	struct task *task;

	for (;;) {
		(void)pthread_mutex_lock(&pool->mutex);
		task = queue_take(&pool->finished);
		(void)pthread_mutex_unlock(&pool->mutex);
		if (!task)
			return;
		task->done(task->job);
		free(task);
	}
}

static void
on_ready(void *context)
{
	struct pool *pool = context;
	uint64_t count;

	if (read(pool->ready, &count, sizeof(count)) == sizeof(count))
		hand_back(pool);
}

static void *
thread_main(void *context)
{
	struct pool *pool = context;
	const uint64_t one = 1;

	recall_watch(&pool->closing);
	(void)pthread_mutex_lock(&pool->mutex);
	for (;;) {
		struct task *task = queue_take(&pool->waiting);

		if (!task && pool->closing)
			break;
		if (!task) {
			(void)pthread_cond_wait(&pool->wanted, &pool->mutex);
			continue;
		}
		(void)pthread_mutex_unlock(&pool->mutex);
		task->work(task->job);
		(void)pthread_mutex_lock(&pool->mutex);
		queue_add(&pool->finished, task);
		if (write(pool->ready, &one, sizeof(one)) != sizeof(one))
			BUG("an eventfd refused a write");
	}
	(void)pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

int
pool_new(struct loop *loop, unsigned threads, struct pool **ret_pool, struct err *err)
{
	struct pool *pool;
	int ready = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (ready < 0)
		return err_sys(err, "eventfd");
	pool = memory_zeroed(1, sizeof(*pool));
	(void)pthread_mutex_init(&pool->mutex, NULL);
	(void)pthread_cond_init(&pool->wanted, NULL);
	pool->waiting.last = &pool->waiting.first;
	pool->finished.last = &pool->finished.first;
	pool->threads = MAX(1, MIN(threads, THREADS_MAX));
	pool->ready = ready;
	pool->watch = watch_new(loop, on_ready, pool);
	watch_start(pool->watch, ready);
	*ret_pool = pool;
	return 0;
}

/* Signals are the business of the program's own threads. */
static void
start_thread(struct pool *pool)
{
	sigset_t all;
	sigset_t before;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&pool->thread[pool->started], NULL, thread_main, pool) == 0)
		pool->started++;
	else if (pool->started == 0)
		memory_exhausted(0);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void
pool_submit(struct pool *pool, pool_fn *work, pool_fn *done, void *job)
{
	struct task *task = memory_new(1, sizeof(*task));

	*task = (struct task){.work = work, .done = done, .job = job};
	(void)pthread_mutex_lock(&pool->mutex);
	if (pool->started < pool->threads)
		start_thread(pool);
	queue_add(&pool->waiting, task);
	(void)pthread_cond_signal(&pool->wanted);
	(void)pthread_mutex_unlock(&pool->mutex);
}

void
pool_free(struct pool *pool)
{
	if (!pool)
		return;
	(void)pthread_mutex_lock(&pool->mutex);
	pool->closing = true;
	(void)pthread_cond_broadcast(&pool->wanted);
	(void)pthread_mutex_unlock(&pool->mutex);
	for (unsigned i = 0; i < pool->started; i++)
		(void)pthread_join(pool->thread[i], NULL);
	hand_back(pool);
	watch_free(pool->watch);
	(void)close(pool->ready);
	(void)pthread_cond_destroy(&pool->wanted);
	(void)pthread_mutex_destroy(&pool->mutex);
	free(pool);
}
