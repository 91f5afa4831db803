/*
 * keys: every key of the workflow language, and which of them this build honours.
 *
 * The one place to change when a build learns a key: take away its `later` and give it a slot. What
 * is not honoured is refused by name; a key that no table knows is a slip. Keys that begin with x-
 * are free.
 */
#ifndef LILY_GRAPH_KEYS_H
#define LILY_GRAPH_KEYS_H

#include "graph/key_slots.h"
#include "json/key_table.h"
#include "json/word.h"

extern const struct key_table workflow_keys;
extern const struct key_table defaults_keys;
extern const struct key_table step_keys;
extern const struct key_table budget_keys;
extern const struct key_table concurrency_keys;
extern const struct key_table foreach_keys;
extern const struct key_table in_keys;
extern const struct key_table out_keys;
extern const struct key_table input_keys;
extern const struct key_table param_keys;
extern const struct key_table retry_keys;
extern const struct key_table cache_keys;
extern const struct key_table schema_keys;
extern const struct key_table validator_keys;
extern const struct key_table secret_keys;
extern const struct key_table human_keys;
extern const struct key_table approve_keys;

#endif
