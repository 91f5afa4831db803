/*
 * queue: what was submitted and is not durable yet, between the submitting thread and the writer.
 *
 * Submissions are numbered from 1. The writer takes all that wait as one batch. Adding copies into
 * the batch's arena under one mutex and wakes the writer only where it sleeps without a time.
 */
#ifndef LILY_STORE_QUEUE_H
#define LILY_STORE_QUEUE_H

#include "store/event.h"
#include "store/recent.h"

#include <pthread.h>

#define QUEUE_LINGER_US 5000
#define QUEUE_GROUP_ROWS 1000
#define QUEUE_IDLE_US 200000 /* after which the writer has time for other things */
#define QUEUE_BYTES_MOST ((size_t)64 << 20)

enum submission_kind {
	SUBMISSION_EVENT,
	SUBMISSION_OBJECT,
	SUBMISSION_FILE,
	SUBMISSION_DONE,
	SUBMISSION_CALL,
};

/* A larger object whose bytes wait in a file below objects/. */
struct queued_file {
	struct digest digest;
	uint64_t size;
	const char *path; /* relative to objects/ */
};

/* Something done by the writer, inside its transaction, for a thread that waits for it. */
struct writer;
struct queued_call {
	int (*function)(struct writer *writer, void *context, struct err *err);
	void *context;
	bool finished;
};

struct submission {
	enum submission_kind kind;
	uint64_t number;
	union {
		struct event event;           /* id and hash are the writer's */
		struct recent_object *object; /* one reference */
		struct queued_file file;
		int64_t request;
		struct queued_call *call;
	};
};

struct batch {
	struct arena arena; /* payloads and paths */
	struct submission *items;
	size_t n, capacity;
	size_t bytes;
};

enum queue_writer { QUEUE_WRITER_BUSY, QUEUE_WRITER_IDLE, QUEUE_WRITER_LINGERS };

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t work; /* the writer waits here */
	pthread_cond_t done; /* everybody else */
	struct batch waiting;
	_Atomic uint64_t submitted; /* read by any thread */
	_Atomic uint64_t durable;
	unsigned urgent; /* threads that wait for what they submitted */
	enum queue_writer writer;
	bool stopping;
	_Atomic bool failed;
	struct err failure; /* valid where failed */
};

void queue_init(struct queue *queue);
void queue_done(struct queue *queue);

/* The writer's failure, as an err of the caller's; 0 where there is none. */
int queue_check(struct queue *queue, struct err *err);

/* Adding: begin gives the next submission (its number set) and leaves the mutex locked until
 * commit; bytes that it needs to live come from batch.arena. Waits where too much waits already. */
int queue_begin(struct queue *queue, enum submission_kind kind, size_t bytes,
	struct submission **ret_submission, struct err *err);
void queue_commit(struct queue *queue);

/* Waits until everything up to the number is durable. */
int queue_wait(struct queue *queue, uint64_t number, struct err *err);

/* Has the writer call, in order, and waits until it has; not until it is durable. */
int queue_call(struct queue *queue, struct queued_call *call, struct err *err);

/* The writer's side. take: moves what waits into *batch (emptied) once a group is due: 1; 0 where
 * nothing came for idle_us (-1: any time); < 0 at the end. */
int queue_take(struct queue *queue, struct batch *batch, int64_t idle_us);
/* Whether something was submitted since. */
bool queue_has_more(struct queue *queue);

void queue_finish_call(struct queue *queue, struct queued_call *call);
void queue_set_durable(struct queue *queue, uint64_t number);
void queue_fail(struct queue *queue, const struct err *failure);
void queue_stop(struct queue *queue);

void batch_clear(struct batch *batch);
void batch_done(struct batch *batch);

#endif
