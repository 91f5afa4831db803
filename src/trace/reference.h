/*
 * reference: ArtifactRef, an artifact as readings describe it, with where it came from.
 *
 *	{"artifact_id": "RUN:N", "run_id", "artifact_type": schema id or null, "storage_kind":
 *	 "json" | "text" | "file" | "dir", "name", "sha256", "size": bytes, "created_at",
 *	 "producer_id", "producer_kind", "role": "input" | "output" | "put" | "work_order" |
 *	 "rejected" | "log" | "approval", "step": of an output or null, "attempt": number or null, "inputs": [artifact
 *	 ids]}
 *
 * inputs: of an output what its attempt took in, of one that was put what its producer named, of an
 * input that an earlier run left the artifact there.
 */
#ifndef LILY_TRACE_REFERENCE_H
#define LILY_TRACE_REFERENCE_H

#include "trace/shape.h"

/* What has been read about the provenance of one run's artifacts, kept from one of them to the
 * next. */
struct references {
	struct store *store;
	int64_t run; /* that all below is about, -1 for none */
	struct arena arena;
	struct attempt_row *attempts; /* by number */
	size_t n_attempts;
	bool has_attempts;         /* all of the run's are loaded */
	unsigned asked;            /* how many were asked for one at a time */
	struct reference_put *put; /* by artifact number */
	size_t n_put;
	bool has_put;
	const struct value *given; /* the list of run.planned, NULL: none */
	bool has_given;
};

void references_init(struct references *references, struct store *store);
void references_done(struct references *references);

/* The members above, into the object that is open. */
int reference_add_members(struct builder *b, struct references *references,
	const struct artifact_row *row, struct err *err);

/* One whole ArtifactRef. */
int reference_make(struct store *store, const struct artifact_row *row, struct arena *arena,
	const struct value **ret_value, struct err *err);

/* [ArtifactRef]. */
int reference_list(struct store *store, const struct artifact_filter *filter,
	struct arena *arena, const struct value **ret_value, struct err *err);

#endif
