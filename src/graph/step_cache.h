/*
 * step_cache: whether a step is reused instead of being run again.
 */
#ifndef LILY_GRAPH_STEP_CACHE_H
#define LILY_GRAPH_STEP_CACHE_H

#include <stdint.h>

/* Whether a step is reused where an earlier attempt had the same key (run/key.h). */
enum cache_mode {
	CACHE_AUTO, /* where the step is proven to be closed */
	CACHE_TRUE, /* its author says that it depends on nothing else */
	CACHE_FALSE,
};

struct cache_rule {
	enum cache_mode mode;
	int64_t ttl_us; /* CACHE_TRUE: only what was accepted within it; 0: at any time */
};

#endif
