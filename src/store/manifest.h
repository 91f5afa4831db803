/*
 * manifest: runs/<run id>/manifest.json, what a run is at a glance, for people and other programs.
 *
 * run_manifest.v1: {"schema", "run_id", "kind", "status", "workflow", "source", "kernel",
 * "created_at", "started_at", "ended_at", "work_order": {"artifact_id", "sha256"}, "plan":
 * "sha256:…", "steps": {"total", "running", "waiting", "succeeded", "failed", "blocked",
 * "cancelled", "adopted", "skipped", "unknown"}, "attempts", "events": {"seq", "head"}, "parent"}; times RFC 3339 in UTC; null
 * where there is nothing. It is a reading of the tables: replaced in one step after the group that
 * changed the run's status is durable, not flushed itself, and written again where it is missing.
 */
#ifndef LILY_STORE_MANIFEST_H
#define LILY_STORE_MANIFEST_H

#include "store/db.h"
#include "store/run.h"

/* Writes it for the run of that number. A run whose folder is gone gets it back. */
int manifest_write(sqlite3 *db, int store, int64_t run, struct err *err);

/* A process may die between the commit and the writing. The table manifests holds the runs for
 * which that may have happened: note adds them in the transaction that changes their status,
 * forget takes those that were written since (the list, then empty) out in a later one, catch_up
 * writes, under commit.lock, those that are not right and lists all. */
struct manifest_list {
	int64_t *runs; /* heap */
	size_t n, capacity;
};

/* Adds the run unless it is there. */
void manifest_list_add(struct manifest_list *list, int64_t run);
int manifest_note(sqlite3 *db, const int64_t *runs, size_t n, struct err *err);
int manifest_forget(sqlite3 *db, struct manifest_list *list, struct err *err);
int manifest_catch_up(sqlite3 *db, int store, struct manifest_list *list, struct err *err);

/* 1 where the manifest says what the row says as far as status goes, 0 where it is missing or says
 * otherwise. */
int manifest_matches(int store, const struct run_row *row, struct err *err);

#endif
