/*
 * migrate: bringing a store of an older version up to this one.
 *
 * A copy of lily.db is kept beside it (lily.db.format-<n>), then, in one transaction, what older
 * versions kept differently is changed, the tables of the fold are dropped, made anew, and all
 * events folded again. Killed at any instant: the old version, or the new one.
 */
#ifndef LILY_STORE_MIGRATE_H
#define LILY_STORE_MIGRATE_H

#include "store/db.h"

/* On the writer's connection, under commit.lock, at most once per version. directory is the
 * store's. */
int migrate(sqlite3 *db, const char *directory, int version, struct err *err);

/* Folds every event of the connection's database into its (empty) derived tables. */
int migrate_fold(sqlite3 *db, struct err *err);

#endif
