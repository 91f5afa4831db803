/*
 * cache_window: entries of the cache, read ahead.
 *
 * What one run left in a row is mostly asked for in the same order again: the entries that stand
 * behind the one that is asked for are read with it, more of them as long as they are asked for
 * indeed (and only one where they are not). What is read holds as long as the snapshot of the
 * database that it was read from: within a batch (store_reading_begin), which ends by a drop.
 */
#ifndef LILY_STORE_CACHE_WINDOW_H
#define LILY_STORE_CACHE_WINDOW_H

#include "store/cache.h"
#include "store/db.h"
#include "store/digest_map.h"

#define CACHE_WINDOW_MOST 256

struct cache_window_item {
	struct digest key;
	struct cache_entry entry;
	bool is_damaged;       /* an output whose bytes stand in its row is: */
	struct digest damaged; /* this object */
	struct str name;       /* of that output */
};

struct cache_window {
	sqlite3_stmt *read;
	struct arena arena; /* of the items' texts */
	struct digest_map by_key;
	struct cache_window_item *items;
	uint32_t n;
	uint32_t used;  /* of these */
	uint32_t ahead; /* how many are read next time */
};

int cache_window_prepare(struct cache_window *window, sqlite3 *db, struct err *err);
void cache_window_done(struct cache_window *window);

/* The entry of the key, or NULL where it is not among those that were read. Valid until the next
 * read or drop. */
const struct cache_window_item *cache_window_get(
	struct cache_window *window, const struct digest *key);

/* Reads from the entry on whose key is the object with this number. */
int cache_window_read(struct cache_window *window, int64_t id, struct err *err);

void cache_window_drop(struct cache_window *window);

#endif
