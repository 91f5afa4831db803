/*
 * writer: the one thread of a process that changes lily.db.
 *
 * It takes groups off the queue, puts each into one transaction under commit.lock, and says what
 * is durable. Object files get their names and are on disk before the commit that names them (I1).
 * Between groups it merges the index and checkpoints the WAL. Its first failure is its last act.
 */
#ifndef LILY_STORE_WRITER_H
#define LILY_STORE_WRITER_H

#include "store/fold.h"
#include "store/queue.h"

#define WRITER_WARNING_SIZE 256

struct writer;

struct writer_spec {
	const char *path; /* of the store */
	int directory;    /* of the store, borrowed like the rest */
	int objects;      /* objects/ */
	int lock;         /* commit.lock */
	struct queue *queue;
	uint64_t wal_report; /* bytes of WAL from which on it is reported */
};

/* Opens the database (made or migrated if need be) and starts the thread. The caller does not hold
 * commit.lock. */
int writer_open(const struct writer_spec *spec, struct writer **ret_writer, struct err *err);

/* Waits for what was submitted, merges and checkpoints. */
void writer_close(struct writer *writer);

/* Takes the pending warning, if there is one. */
bool writer_take_warning(struct writer *writer, char text[WRITER_WARNING_SIZE]);

/* For calls (queue.h): inside the transaction of the group. */
sqlite3 *writer_db(struct writer *writer);
struct object_index *writer_objects(struct writer *writer);

/* The seq of the next event of the store's own chain. */
int writer_next_of_store(struct writer *writer, uint64_t *ret_seq, struct err *err);

/* Bytes of this object were found damaged: the next put writes them again. */
void writer_suspect(struct writer *writer, const struct digest *digest);

/* Adds the next event of a run to its chain; sets the event's id, and checks its seq. */
int writer_add_event(struct writer *writer, struct event *event, struct err *err);

#endif
