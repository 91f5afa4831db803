/*
 * store: everything that lily remembers, in one directory outside every workspace.
 *
 *	lily.db           SQLite, WAL, synchronous=FULL: events (the truth), tables derived from
 *	                  them, requests, objects of at most OBJECT_INLINE_MAX bytes
 *	objects/ab/cdef…  larger objects, one read-only file each
 *	runs/<run id>/    lock, manifest.json, lanes, attempts/<n>/, trash/
 *	spare/            directories of slots that a run left clean, for the next one
 *	commit.lock       flock(2): the queue of writing processes
 *
 * Calling sequence of a writer:
 *
 *	store_open → run_create or run_resume (run.h) → object_put…, event_append… → store_flush
 *	→ run_release → store_close
 *
 * What is submitted (objects, events) goes to one writer thread and becomes durable in groups
 * that are a prefix of the order of submission: after a crash there is never a later one without
 * an earlier one. A group is at most 5 ms or 1000 rows, or at once when somebody waits. The first
 * failure is kept, everything after it is refused: the run ends (exit 9), nothing is half done.
 * One thread submits; any thread may read through connections of its own.
 */
#ifndef LILY_STORE_STORE_H
#define LILY_STORE_STORE_H

#include "base/buf.h"
#include "base/digest.h"

struct store;

enum store_access {
	STORE_READ,  /* no writer thread; nothing in the store changes */
	STORE_WRITE, /* made if it is not there */
};

/* ERR_NOT_FOUND: STORE_READ of nothing. ERR_INVALID: made by a newer version, or on a network file
 * system; the message says what to do. dir is absolute. */
int store_open(
	const char *dir, enum store_access access, struct store **ret_store, struct err *err);

/* Waits for what was submitted, merges and checkpoints where that is cheap. A failure that nobody
 * has been told of is lost here: store_flush first. */
void store_close(struct store *store);

/* Absolute, without links, however it was named. */
const char *store_path(const struct store *store);
int store_directory(const struct store *store); /* descriptor, borrowed */

/* Between the two many small reads cost one lock of the database instead of one each, and see what
 * was committed when the first of them began; objects that are not there by then are looked for
 * again. Never across a wait: the log of the database grows meanwhile. By one thread. */
void store_reading_begin(struct store *store);
void store_reading_end(struct store *store);

/* Waits until everything submitted so far is durable. */
int store_flush(struct store *store, struct err *err);

/* Opens what reading needs, for a moment in which there is nothing else to do. What goes wrong is told
 * to whoever reads. */
void store_warm(struct store *store);

/* Never waits: 0, or the writer's failure. */
int store_check(struct store *store, struct err *err);

/* Something that does no harm yet but that somebody should hear of, such as a WAL over 256 MB:
 * true and the text, once for each; never waits. */
#define STORE_WARNING_SIZE 256
bool store_take_warning(struct store *store, char text[STORE_WARNING_SIZE]);

/* The number of submissions so far, and how many of them are durable. */
uint64_t store_submitted(const struct store *store);
uint64_t store_durable(const struct store *store);

#endif
