#include "store/queue.h"

#include "base/memory.h"

#include <errno.h>
#include <time.h>

void
queue_init(struct queue *queue)
{
	pthread_condattr_t attributes;

	*queue = (struct queue){0};
	(void)pthread_mutex_init(&queue->mutex, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&queue->work, &attributes);
	(void)pthread_cond_init(&queue->done, &attributes);
	(void)pthread_condattr_destroy(&attributes);
}

void
batch_clear(struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++)
		if (batch->items[i].kind == SUBMISSION_OBJECT)
			recent_object_release(batch->items[i].object);
	batch->n = 0;
	batch->bytes = 0;
	arena_reset(&batch->arena);
}

void
batch_done(struct batch *batch)
{
	batch_clear(batch);
	arena_done(&batch->arena);
	free(batch->items);
	*batch = (struct batch){0};
}

void
queue_done(struct queue *queue)
{
	batch_done(&queue->waiting);
	(void)pthread_cond_destroy(&queue->work);
	(void)pthread_cond_destroy(&queue->done);
	(void)pthread_mutex_destroy(&queue->mutex);
}

static int
report(const struct queue *queue, struct err *err)
{
	if (err)
		*err = queue->failure;
	return queue->failure.code;
}

int
queue_check(struct queue *queue, struct err *err)
{
	int r;

	if (!atomic_load(&queue->failed))
		return 0;
	(void)pthread_mutex_lock(&queue->mutex);
	r = report(queue, err);
	(void)pthread_mutex_unlock(&queue->mutex);
	return r;
}

int
queue_begin(struct queue *queue, enum submission_kind kind, size_t bytes,
	struct submission **ret_submission, struct err *err)
{
	struct batch *batch = &queue->waiting;
	struct submission *submission;

	(void)pthread_mutex_lock(&queue->mutex);
	while (batch->bytes > QUEUE_BYTES_MOST && !atomic_load(&queue->failed)) {
		queue->urgent++;
		(void)pthread_cond_signal(&queue->work);
		(void)pthread_cond_wait(&queue->done, &queue->mutex);
		queue->urgent--;
	}
	if (atomic_load(&queue->failed)) {
		int r = report(queue, err);

		(void)pthread_mutex_unlock(&queue->mutex);
		return r;
	}
	batch->items =
		memory_grow(batch->items, batch->n, &batch->capacity, sizeof(*batch->items));
	submission = &batch->items[batch->n++];
	*submission = (struct submission){.kind = kind, .number = ++queue->submitted};
	batch->bytes += bytes + sizeof(*submission);
	*ret_submission = submission;
	return 0;
}

void
queue_commit(struct queue *queue)
{
	bool wake = queue->writer == QUEUE_WRITER_IDLE ||
		(queue->writer == QUEUE_WRITER_LINGERS &&
			(queue->waiting.n >= QUEUE_GROUP_ROWS || queue->urgent));

	if (wake)
		queue->writer = QUEUE_WRITER_BUSY;
	(void)pthread_mutex_unlock(&queue->mutex);
	if (wake)
		(void)pthread_cond_signal(&queue->work);
}

int
queue_wait(struct queue *queue, uint64_t number, struct err *err)
{
	int r = 0;

	(void)pthread_mutex_lock(&queue->mutex);
	queue->urgent++;
	if (atomic_load(&queue->durable) < number)
		(void)pthread_cond_signal(&queue->work);
	while (atomic_load(&queue->durable) < number && !atomic_load(&queue->failed))
		(void)pthread_cond_wait(&queue->done, &queue->mutex);
	queue->urgent--;
	if (atomic_load(&queue->durable) < number)
		r = report(queue, err);
	(void)pthread_mutex_unlock(&queue->mutex);
	return r;
}

int
queue_call(struct queue *queue, struct queued_call *call, struct err *err)
{
	struct submission *submission;
	int r = queue_begin(queue, SUBMISSION_CALL, 0, &submission, err);

	if (r < 0)
		return r;
	submission->call = call;
	call->finished = false;
	queue->urgent++;
	(void)pthread_cond_signal(&queue->work);
	while (!call->finished && !atomic_load(&queue->failed))
		(void)pthread_cond_wait(&queue->done, &queue->mutex);
	queue->urgent--;
	if (!call->finished)
		r = report(queue, err);
	(void)pthread_mutex_unlock(&queue->mutex);
	return r;
}

static struct timespec
time_in(int64_t us)
{
	struct timespec at;

	(void)clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += us / 1000000;
	at.tv_nsec += us % 1000000 * 1000;
	if (at.tv_nsec >= 1000000000L) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000L;
	}
	return at;
}

/* Waits for the first submission of a group; false where idle_us passed without one. */
static bool
wait_for_first(struct queue *queue, int64_t idle_us)
{
	struct timespec until = time_in(MAX(idle_us, 0));
	int r = 0;

	while (!queue->waiting.n && !queue->stopping && r == 0) {
		queue->writer = QUEUE_WRITER_IDLE;
		if (idle_us < 0)
			(void)pthread_cond_wait(&queue->work, &queue->mutex);
		else
			r = pthread_cond_timedwait(&queue->work, &queue->mutex, &until);
	}
	return queue->waiting.n || queue->stopping;
}

/* Lets a group gather: a longer one costs hardly more than a short one. */
static void
linger(struct queue *queue)
{
	struct timespec until = time_in(QUEUE_LINGER_US);
	int r = 0;

	while (!queue->urgent && !queue->stopping && queue->waiting.n < QUEUE_GROUP_ROWS &&
		r != ETIMEDOUT) {
		queue->writer = QUEUE_WRITER_LINGERS;
		r = pthread_cond_timedwait(&queue->work, &queue->mutex, &until);
	}
}

int
queue_take(struct queue *queue, struct batch *batch, int64_t idle_us)
{
	struct batch empty = *batch;
	int r = 0;

	(void)pthread_mutex_lock(&queue->mutex);
	if (wait_for_first(queue, idle_us))
		linger(queue);
	queue->writer = QUEUE_WRITER_BUSY;
	if (queue->waiting.n) {
		*batch = queue->waiting;
		queue->waiting = empty;
		r = 1;
	} else if (queue->stopping) {
		r = -1;
	}
	(void)pthread_mutex_unlock(&queue->mutex);
	return r;
}

bool
queue_has_more(struct queue *queue)
{
	bool more;

	(void)pthread_mutex_lock(&queue->mutex);
	more = queue->waiting.n > 0;
	(void)pthread_mutex_unlock(&queue->mutex);
	return more;
}

void
queue_finish_call(struct queue *queue, struct queued_call *call)
{
	(void)pthread_mutex_lock(&queue->mutex);
	call->finished = true;
	(void)pthread_cond_broadcast(&queue->done);
	(void)pthread_mutex_unlock(&queue->mutex);
}

void
queue_set_durable(struct queue *queue, uint64_t number)
{
	(void)pthread_mutex_lock(&queue->mutex);
	atomic_store(&queue->durable, number);
	(void)pthread_cond_broadcast(&queue->done);
	(void)pthread_mutex_unlock(&queue->mutex);
}

void
queue_fail(struct queue *queue, const struct err *failure)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->failure = *failure;
	atomic_store(&queue->failed, true);
	(void)pthread_cond_broadcast(&queue->done);
	(void)pthread_mutex_unlock(&queue->mutex);
}

void
queue_stop(struct queue *queue)
{
	(void)pthread_mutex_lock(&queue->mutex);
	queue->stopping = true;
	(void)pthread_cond_signal(&queue->work);
	(void)pthread_mutex_unlock(&queue->mutex);
}
