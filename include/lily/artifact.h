/*
 * lily/artifact.h: what runs took in, made, or were given. Immutable, named by SHA-256, verified
 * whenever it is read.
 *
 * An address is one of
 *	RUN:N           an artifact's id (RUN: a unique prefix of the run's id, or @last)
 *	[RUN/]STEP.OUT  the accepted output of a step; without RUN of the newest run
 *	sha256:HEX      the newest artifact with these bytes (a unique prefix of at least 6 digits will
 *	                do); with all 64 digits, where bytes are asked for, also a log or a plan
 */
#ifndef LILY_ARTIFACT_H
#define LILY_ARTIFACT_H

#include "lily/store.h"

#ifdef __cplusplus
extern "C" {
#endif

struct lily_artifact_options {
	const char *run;           /* address of a run that has not ended */
	const char *name;          /* of the artifact; NULL: of the file or directory */
	const char *producer;      /* who made it; NULL: "lily.h" */
	const char *producer_kind; /* tool llm human system; NULL: "tool" */
	const char *const *inputs; /* addresses of artifacts it was made from */
	size_t n_inputs;
};

/* Stores bytes or files as an artifact of a run and records where it came from. *ret_reference is
 * its ArtifactRef. put_json: must be JSON with unique keys, stored as given. put_text: must be
 * UTF-8. put_file: a regular file. put_dir: files, directories and links below it. */
LILY_API int lily_artifact_put_json(struct lily_store *store,
	const struct lily_artifact_options *options, const char *json, size_t size,
	struct lily_document **ret_reference, struct lily_error *error);
LILY_API int lily_artifact_put_text(struct lily_store *store,
	const struct lily_artifact_options *options, const char *text, size_t size,
	struct lily_document **ret_reference, struct lily_error *error);
LILY_API int lily_artifact_put_file(struct lily_store *store,
	const struct lily_artifact_options *options, const char *path,
	struct lily_document **ret_reference, struct lily_error *error);
LILY_API int lily_artifact_put_dir(struct lily_store *store,
	const struct lily_artifact_options *options, const char *path,
	struct lily_document **ret_reference, struct lily_error *error);

/* An artifact with a type: a JSON payload that is valid by a schema, stored in an envelope
 *
 *	{"meta": {"schema_id", "producer_id", "producer_kind", "created_at", "inputs": [artifact ids],
 *	 "payload_sha256": of the payload's canonical form (RFC 8785), "canon": "rfc8785"},
 *	 "payload": …}
 *
 * schema_id: one of the kernel's own, one that artifacts of this store have, or, with schema_file, a
 * new one that this file (JSON or YAML) defines; an id that is known must have the same bytes.
 * Numbers that the canonical form cannot keep are refused (LILY_ERROR_INVALID), never rounded. */
LILY_API int lily_artifact_put_envelope(struct lily_store *store,
	const struct lily_artifact_options *options, const char *schema_id,
	const char *schema_file, const char *payload, size_t size,
	struct lily_document **ret_reference, struct lily_error *error);

/* The envelope of an artifact that was put as one, its bytes and payload_sha256 verified. */
LILY_API int lily_artifact_get_envelope(struct lily_store *store, const char *address,
	struct lily_document **ret_envelope, struct lily_error *error);

/* The payload of an artifact with a type, in an envelope or as a step left it, after its bytes, its
 * envelope and its validity by the very schema that it was stored with were verified. schema_id:
 * what the caller expects, NULL for any. LILY_ERROR_INVALID where it is something else, or has no
 * type. */
LILY_API int lily_artifact_get_validated(struct lily_store *store, const char *address,
	const char *schema_id, struct lily_document **ret_payload, struct lily_error *error);

/* The ArtifactRef: {"artifact_id", "run_id", "artifact_type", "storage_kind": "json" "text" "file"
 * or "dir", "name", "sha256" and "size" of the bytes (of a directory: of its tree.v1 document),
 * "created_at", "producer_id", "producer_kind", "inputs": [artifact ids], and beside these "role":
 * "input" "output" "put" "work_order" "rejected" or "log", "step" and "attempt" that made it, or null}. */
LILY_API int lily_artifact_describe(struct lily_store *store, const char *address,
	struct lily_document **ret_reference, struct lily_error *error);

/* The bytes (of a directory: its tree.v1 document), NUL-terminated behind *ret_size, for
 * lily_free. At most `limit` bytes, 0 for no limit. */
LILY_API int lily_artifact_get(struct lily_store *store, const char *address, size_t limit,
	char **ret_bytes, size_t *ret_size, struct lily_error *error);

/* A read-only descriptor at offset 0, the caller's to close. */
LILY_API int lily_artifact_open(
	struct lily_store *store, const char *address, int *ret_fd, struct lily_error *error);

/* The path of a read-only file with the bytes, for lily_free. Not for directories. */
LILY_API int lily_artifact_path(struct lily_store *store, const char *address, char **ret_path,
	struct lily_error *error);

/* Writes a copy to a path that does not exist yet; directories as directories. */
LILY_API int lily_artifact_restore(struct lily_store *store, const char *address,
	const char *path, struct lily_error *error);

/* [ArtifactRef], newest run first. run NULL: every run. */
struct lily_artifact_filter {
	const char *run;
	const char *step;
	const char *name;
	int with_rejected;
	uint64_t offset;
	uint64_t limit; /* 0: all */
};
LILY_API int lily_artifact_list(struct lily_store *store,
	const struct lily_artifact_filter *filter, struct lily_document **ret_document,
	struct lily_error *error);

/* Reads the bytes and compares their SHA-256; address NULL: every artifact of the run. *ret is
 * {"checked", "damaged": [{"artifact_id", "name", "sha256", "problem"}], "bytes"}. Equal bytes are
 * read once; of a directory the files below it are read too. */
LILY_API int lily_artifact_verify(struct lily_store *store, const char *run,
	const char *address, struct lily_document **ret_document, struct lily_error *error);

#ifdef __cplusplus
}
#endif

#endif
