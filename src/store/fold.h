/*
 * fold: what events mean for the tables that are derived from them (I3).
 *
 * There is one way from an event to the tables, fold_event, taken by the writer as events are
 * appended and by whoever folds them again (fsck, migration). Rows are changed in memory and
 * written once by fold_flush, at the latest at the end of the transaction in which they were read:
 * between two transactions a fold remembers nothing.
 *
 * An event is legal for the fold when what it names exists: a run that was created and has not
 * ended, an attempt that was submitted, an object that was put. Which transitions are legal is
 * decided by run/.
 */
#ifndef LILY_STORE_FOLD_H
#define LILY_STORE_FOLD_H

#include "store/event.h"
#include "store/object_index.h"
#include "store/states.h"

/* The numbers in the row of a run that events change. */
struct fold_run {
	int64_t number;
	struct uuid id;
	enum row_run status;
	int64_t started_us;
	int64_t ended_us;
	uint64_t seq;
	struct digest head;
	uint64_t visits[ROW_VISIT_COUNT]; /* by state; READY and PENDING are not kept */
	uint64_t attempts;
	uint32_t stops;      /* enum run_stop (states.h) */
	int64_t driven_us;   /* by the processes before the one that drives it */
	int64_t turn_us;     /* since when that one does, UTC */
	int64_t latest_us;   /* when the newest event was, UTC */
	bool status_changed; /* an event since the row was read began, ended or planned the run */
};

struct fold;

/* The connection and the index (of the same connection) outlive the fold. */
int fold_new(
	sqlite3 *db, struct object_index *objects, struct fold **ret_fold, struct err *err);
void fold_free(struct fold *fold);

/* The run as it is after the events folded so far; valid until fold_flush. ERR_NOT_FOUND. */
int fold_run(
	struct fold *fold, int64_t number, const struct fold_run **ret_run, struct err *err);

/* Applies one event, whose hash becomes the run's head. The first event of a run makes its row.
 * ERR_INVALID where the payload does not have the shape that docs/events.md says or names what does not
 * exist. A removed payload changes seq and head only. */
int fold_event(struct fold *fold, const struct event *event, struct err *err);

/* Writes what changed and forgets all rows. The runs with status_changed go to *ret_changed (in
 * memory of the fold, valid until the next event; may be NULL). */
int fold_flush(struct fold *fold, const int64_t **ret_changed, size_t *ret_n, struct err *err);

#endif
