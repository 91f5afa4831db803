/*
 * handle: what a struct store is, for the files of this folder.
 *
 * Three threads of work meet here: the submitting one (queue, recent), the writer's (writer.h),
 * and any that reads (reader, under its mutex; no statement stays open when it is let go).
 */
#ifndef LILY_STORE_HANDLE_H
#define LILY_STORE_HANDLE_H

#include "store/cache_window.h"
#include "store/queue.h"
#include "store/staging.h"
#include "store/store.h"
#include "store/writer.h"

#define EVENT_PAYLOAD_MAX ((size_t)64 << 20)

struct reader {
	pthread_mutex_t mutex;
	sqlite3 *db; /* NULL until somebody reads */
	struct object_index objects;
	sqlite3_stmt *object; /* size and bytes by number */
	sqlite3_stmt *request;
	struct cache_window cached; /* cache.c */
	bool in_batch;              /* store_reading_begin: a transaction spans what is read, */
	bool is_open;               /* and has begun */
};

struct store {
	char *path;
	int directory;
	int objects; /* objects/; -1 where a store to be read has none */
	int lock;    /* commit.lock; -1 for a reader */
	enum store_access access;
	struct queue queue;
	struct recent recent; /* under the queue's mutex */
	struct staging staging;
	struct writer *writer; /* NULL for a reader */
	struct reader reader;
	struct {
		int64_t request;
		uint64_t submission;
	} * finished; /* requests that are done, but perhaps not durably */
	size_t n_finished, finished_capacity;
};

/* The connection for reading, with its mutex held until the scope ends. Declared before any
 * AUTO_STATEMENT, so that the statement goes first. */
struct reader_lease {
	struct store *store;
	sqlite3 *db;
};

#define READER_LEASE_INIT ((struct reader_lease){NULL, NULL})
#define AUTO_READER __attribute__((cleanup(reader_return)))

int reader_lease(struct store *store, struct reader_lease *ret_lease, struct err *err);
void reader_return(struct reader_lease *lease);

/* What is read next sees all that was committed until now, within a batch, too. */
int reader_refresh(const struct reader_lease *lease, struct err *err);

/* The statements of cache.h. */
int cache_reader_prepare(struct reader *reader, sqlite3 *db, struct err *err);

/* ERR_DENIED where the store was opened for reading. */
int store_need_writer(const struct store *store, struct err *err);

#endif
