/*
 * runner: a program beside the steps, such as a probe: a script or a list of arguments, and how long
 * it may take.
 *
 * It runs in a lane of its own, in the root of the workspace.
 */
#ifndef LILY_GRAPH_RUNNER_H
#define LILY_GRAPH_RUNNER_H

#include "graph/loader.h"
#include "graph/planner.h"
#include "graph/reference.h"
#include "graph/step_effects.h"

#define RUNNER_TIMEOUT_US INT64_C(60000000) /* unless it says another */

enum runner_key { RUNNER_RUN, RUNNER_EXEC, RUNNER_SHELL, RUNNER_TIMEOUT, RUNNER_KEYS };

/* As lists of keys have it that hold a runner's: its slots are their first ones. */
#define RUNNER_KEY_TABLE                                                   \
	{"run", NULL, RUNNER_RUN, KEY_TEXT, true, "the text of a script"}, \
		{"exec", NULL, RUNNER_EXEC, KEY_LIST, true,                \
			"a list such as [ python3, check.py ]"},           \
		{"shell", NULL, RUNNER_SHELL, KEY_TEXT | KEY_LIST, false,  \
			"bash, sh, or a list such as [ python3, -c ]"},    \
	{                                                                  \
		"timeout", NULL, RUNNER_TIMEOUT, KEY_TEXT, false,          \
			"a time such as 90s, 10m or 1h30m"                 \
	}

/* Finds what is wrong with the keys of a runner; `offset` is its place, at->what names it ("a
 * probe"), at->may says what its arguments can refer to. */
void runner_check(const struct reference_place *at, uint32_t offset,
	const struct value *const keys[RUNNER_KEYS], const struct keys_found *found);

/* A map that holds nothing but a runner's keys. */
void runner_check_map(const struct reference_place *at, const struct value *v);

/* {"argv": […], "timeout": µs} of a map with a runner's keys. */
int runner_write(struct planner *p, const struct value *v, struct buf *b, struct err *err);

/* The arguments alone, without brackets. */
int runner_write_argv(struct planner *p, const struct value *v, struct buf *b, struct err *err);

/* The same, from a plan. */
int runner_load(struct loader *l, const struct value *v, const struct loader_text *at,
	struct runner *ret_runner, struct err *err);

#endif
