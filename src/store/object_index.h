/*
 * object_index: from a digest to the number of the object's row.
 *
 * An index ordered by digest touches another page for each row and grows dearer with the store, so
 * the table object_index lags: rows up to a mark are in it, later ones (the tail) in memory.
 * Merging puts the tail in, sorted, at once. One index belongs to one connection.
 */
#ifndef LILY_STORE_OBJECT_INDEX_H
#define LILY_STORE_OBJECT_INDEX_H

#include "store/db.h"
#include "store/digest_map.h"

struct object_index {
	sqlite3 *db;
	sqlite3_stmt *find;  /* in the table */
	sqlite3_stmt *since; /* rows after `seen` */
	struct digest_map tail;
	int64_t mark; /* rows up to here were in the table when last looked at */
	int64_t seen; /* rows up to here are in the table or in the tail */
};

/* The tail is loaded by the first catch_up. */
int object_index_init(struct object_index *index, sqlite3 *db, struct err *err);
void object_index_done(struct object_index *index);

/* Takes in the rows that were added since, by whomever. */
int object_index_catch_up(struct object_index *index, struct err *err);

/* 1 and the number of the row, 0 where there is none among those seen. */
int object_index_find(struct object_index *index, const struct digest *digest, int64_t *ret_id,
	struct err *err);

/* Tells of a row that this connection added. */
void object_index_add(struct object_index *index, const struct digest *digest, int64_t id);

/* How many rows wait to be merged, and from how many on that is worth its cost. */
size_t object_index_tail(const struct object_index *index);
size_t object_index_tail_limit(const struct object_index *index);

/* Puts the tail into the table. Inside a write transaction, after catch_up. */
int object_index_merge(struct object_index *index, struct err *err);

#endif
