/*
 * step_settings: how steps are carried out, as far as many of them share it.
 */
#ifndef LILY_GRAPH_STEP_SETTINGS_H
#define LILY_GRAPH_STEP_SETTINGS_H

#include "base/str.h"
#include "graph/step_cache.h"
#include "graph/step_retry.h"

struct env_entry;
struct value;

/* Each kind of it once in the plan. */
struct step_settings {
	int64_t timeout_us; /* 0: none */
	int64_t grace_us;
	struct retry_rule retry;
	const struct env_entry
		*env; /* of the workflow and its defaults, by name; no REFERENCE_IN */
	uint32_t n_env;
	const struct str *pass_env; /* of workflow and step, by name */
	uint32_t n_pass_env;
	struct cache_rule cache;
	const struct str
		*tools; /* further programs: names, or paths in the workspace; by name */
	uint32_t n_tools;
	const struct value *policy; /* as planner_write_policy writes it; NULL: none is named */
};

#endif
