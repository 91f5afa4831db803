/*
 * demand: what policies forbid, and the mechanisms that see to it, as one table.
 */
#ifndef LILY_POLICY_DEMAND_H
#define LILY_POLICY_DEMAND_H

#include "policy/enforcement.h"

/* How one tier meets a demand. */
struct demand_way {
	enum policy_hold hold;
	const char *mechanism;
	uint32_t needs;    /* bits by enum policy_feature */
	uint32_t landlock; /* the least ABI */
};

struct demand_row {
	enum policy_clause clause;
	const char *what;
	bool is_resource;
	bool (*is_made)(const struct policy *policy);
	struct demand_way
		ways[TIER_COUNT]; /* a tier without one of its own holds as the one before */
};

extern const struct demand_row demand_rows[];
extern const size_t demand_rows_count;

#endif
