/*
 * cache: what was accepted under which content key, to be used again.
 *
 * An entry says which attempt was the newest to be accepted under a key (an object: the key's
 * document) and which artifacts it left. It is made by attempt.accepted alone, in the fold (I3). An
 * entry promises nothing about bytes: whoever takes it has its objects verified.
 */
#ifndef LILY_STORE_CACHE_H
#define LILY_STORE_CACHE_H

#include "store/artifact.h"

struct cache_output {
	struct str name;
	struct str kind; /* json text file dir */
	struct str type; /* schema id, or "" */
	struct digest digest;
	uint64_t size;
	uint32_t artifact; /* its number in that run */
	bool has_schema;
	struct digest schema;
	bool is_executable; /* of a file of the workspace */
	bool is_whole;      /* its bytes were looked at and are right; else: object_check */
};

struct cache_entry {
	int64_t run; /* number in the store */
	struct uuid run_id;
	uint32_t attempt;
	int64_t accepted_us;
	struct cache_output *outputs; /* in the arena */
	uint32_t n_outputs;
	uint32_t
		after; /* the artifacts of the run from this number on: what its gates found first */
};

/* Sees what was committed until now; before the first cache_find of a run. */
int cache_refresh(struct store *store, struct err *err);

/* 1 and the entry of the key, 0 where there was none at the last
 * cache_refresh. Small outputs are verified on
 * the way: ERR_CORRUPT names the first object that is damaged, *ret_damaged. */
int cache_find(struct store *store, const struct digest *key, struct arena *arena,
	struct cache_entry *ret_entry, struct digest *ret_damaged, struct err *err);

/* The results of the gates of an entry's attempt, documents of gate_result.v1, by name in the arena. */
struct cache_gate {
	struct str name;
	struct digest result;
};
int cache_gates(struct store *store, const struct cache_entry *entry, struct arena *arena,
	struct cache_gate **ret_gates, uint32_t *ret_n, struct err *err);

struct cache_stats {
	uint64_t entries;
	uint64_t outputs;
	uint64_t bytes; /* of the outputs' objects, each once */
	int64_t oldest_us, newest_us;
};
int cache_stat(struct store *store, struct cache_stats *ret_stats, struct err *err);

/* Forgets all entries (cache.cleared, durable on return); *ret_n: how many there were. */
int cache_clear(struct store *store, uint64_t *ret_n, struct err *err);

#endif
