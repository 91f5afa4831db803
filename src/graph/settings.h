/*
 * settings: how a step is carried out: timeout, grace, retry, cache.
 */
#ifndef LILY_GRAPH_SETTINGS_H
#define LILY_GRAPH_SETTINGS_H

#include "graph/declaration.h"

#define GRACE_DEFAULT_US 2000000

/* Without `retry`: one attempt. */
extern const struct retry_rule retry_default;

/* Finds what is wrong with the settings among the keys of a step or of `defaults`. */
void settings_check(struct workflow *w, const struct place *place,
	const struct value *const keys[STEP_KEYS]);

/* The rule that a map says; its exit codes live in the findings' arena. */
void retry_read(struct findings *findings, const struct place *place, const struct value *v,
	struct retry_rule *ret_rule);

/* Finds whether it is a time: µs, or -1. */
int64_t settings_check_time(
	struct workflow *w, const struct place *place, const char *key, const struct value *v);

/* A time that was checked. */
int64_t settings_time(const struct value *v);

#endif
