/*
 * doctor: whether this machine offers what lily needs, and what to do where it does not.
 *
 *	{"version", "kernel", "lane": {"path", "mode": "pid-namespace" | "subreaper" or null,
 *	 "problem": text or null}, "store": inventory members or null, "checks": [{"name", "status":
 *	 "ok" | "warning" | "failed", "found", "advice": text or null}]}
 *
 * To add a check: write a function that ends in one call of add_check, and name it in `checks`.
 */
#ifndef LILY_TRACE_DOCTOR_H
#define LILY_TRACE_DOCTOR_H

#include "store/store.h"
#include "json/value.h"

struct doctor_request {
	const char *version;   /* of lily */
	const char *lane;      /* absolute path of lily-lane */
	struct store *store;   /* NULL where it could not be opened */
	const char *workspace; /* of the store, or NULL */
};

/* Starts a lane in a directory of its own below TMPDIR or /tmp, and ends it again. */
int doctor_examine(const struct doctor_request *request, struct arena *arena,
	const struct value **ret_value, struct err *err);

#endif
