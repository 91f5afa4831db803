/*
 * lily/store.h: the place where everything is kept, one for each workspace.
 */
#ifndef LILY_STORE_H
#define LILY_STORE_H

#include "lily/document.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_store;

enum lily_store_flag {
	LILY_STORE_READ_ONLY = 1 << 0, /* must exist; nothing in it changes */
	LILY_STORE_EXACT =
		1 << 1 /* workspace is the root itself; no search for .lily upwards */
};

struct lily_store_options {
	const char *workspace; /* a folder in it; NULL: the current directory */
	const char *store;     /* the store's directory; NULL: found by the workspace */
	const char *lane;      /* path of the lily-lane program; NULL: where it was installed */
	unsigned flags;        /* enum lily_store_flag */
};

/* Opens the store, making it on first use. Several processes may have it open. */
LILY_API int lily_store_open(const struct lily_store_options *options,
	struct lily_store **ret_store, struct lily_error *error);
LILY_API void lily_store_close(struct lily_store *store);

/* Absolute paths, valid until lily_store_close. */
LILY_API const char *lily_store_path(const struct lily_store *store);
LILY_API const char *lily_store_workspace(const struct lily_store *store);

/* What its owner should know (the workspace was moved or copied, the log is large); "" if nothing.
 * One note a line. Valid until the next call for this store. */
LILY_API const char *lily_store_notes(const struct lily_store *store);

/* Makes the workspace's root what `workspace` names: writes its .lily. Doing it again is fine. */
LILY_API int lily_store_mark(struct lily_store *store, struct lily_error *error);

/* {"path", "workspace", "version", "runs", "artifacts", "objects", "events", "bytes": {"database",
 * "objects", "runs"}} */
LILY_API int lily_store_describe(struct lily_store *store, struct lily_document **ret_document,
	struct lily_error *error);

/* Checks what must always be true; *ret_document is {"ok", "runs", "events", "objects",
 * "artifacts", "stale_manifests", "findings": [{"invariant", "subject", "problem", "advice"}]}. Reads only. */
enum lily_check_flag { LILY_CHECK_BYTES = 1 << 0 /* read and hash every object */ };
LILY_API int lily_store_check(struct lily_store *store, unsigned flags,
	struct lily_document **ret_document, struct lily_error *error);

/* What this machine offers: {"version", "kernel", "lane": {"path", "mode": "pid-namespace",
 * "subreaper" or null, "problem"}, "store": as lily_store_describe or null, "checks": [{"name",
 * "status": "ok" | "warning" | "failed", "found", "advice"}]}. A lane is started and ended. store
 * may be NULL where it could not be opened; lane NULL: the store's, else where it was installed. */
LILY_API int lily_doctor(struct lily_store *store, const char *lane,
	struct lily_document **ret_document, struct lily_error *error);

/* Where the kernel, or a container, lacks what policies need, their runs are refused. is_accepted: not those
 * of this user, from now on; they are degraded, which is said and recorded. Kept in
 * ${XDG_CONFIG_HOME:-~/.config}/lily/accept. */
LILY_API int lily_doctor_accept(int is_accepted, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
