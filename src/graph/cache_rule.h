/*
 * cache_rule: what `cache` and `tools` say: whether a step may be reused, and which programs beside
 * its own decide what it makes.
 */
#ifndef LILY_GRAPH_CACHE_RULE_H
#define LILY_GRAPH_CACHE_RULE_H

#include "graph/declaration.h"

#define TOOLS_MAX 1000

/* `cache`: auto, true, false or {ttl: TIME}; what is wrong with it is a finding. */
void cache_rule_read(struct findings *findings, const struct place *place,
	const struct value *v, struct cache_rule *ret_rule);

/* `tools`: names looked for in PATH, or paths; without references. */
void tools_check(struct workflow *w, const struct place *place, const struct value *list);

#endif
