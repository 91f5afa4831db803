#include "base/file.h"
#include "base/process.h"
#include "store/examination.h"
#include "store/lanes.h"
#include "store/manifest.h"
#include "store/rows.h"
#include "store/run_lock.h"

#include <fcntl.h>
#include <stdio.h>

#define NOTE_MAX ((size_t)16 << 20)

static const char *
name_run(const struct run_row *row, char subject[64])
{
	char id[UUID_TEXT_SIZE];

	(void)snprintf(subject, 64, "run %s", uuid_to_text(&row->id, id));
	return subject;
}

/* The run may have gone on since the examination's transaction began: what counts is the row as it
 * is now. */
static int
check_manifest(struct examination *x, const struct run_row *row, struct err *err)
{
	AUTO_READER struct reader_lease lease = READER_LEASE_INIT;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_row now;
	int r = manifest_matches(x->store->directory, row, err);

	if (r != 0)
		return MIN(r, 0);
	r = reader_lease(x->store, &lease, err);
	if (r == 0)
		r = run_row_get(lease.db, row->number, &arena, &now, err);
	if (r == 0)
		r = manifest_matches(x->store->directory, &now, err);
	if (r == 0)
		x->report->stale_manifests++;
	return MIN(r, 0);
}

static int
check_lanes(struct examination *x, const struct run_row *row, const struct lane_place *here,
	struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(NOTE_MAX);
	struct err why = ERR_INIT;
	struct lane_note note;
	struct str rest;
	char subject[64];
	char path[80];
	int r;

	(void)snprintf(path, sizeof(path), "runs/%s/lanes", name_run(row, subject) + 4);
	r = file_read(x->store->directory, path, &text, &why);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	rest = buf_str(&text);
	while ((r = lane_note_next(&rest, &note)) > 0)
		if (lane_place_equal(&note.place, here) &&
			!process_is_dead(note.pid, note.start))
			examination_find(x, "I4", subject,
				"`lily resume` ends it before it goes on",
				"nobody drives the run, but its lane, process %d, lives",
				note.pid);
	if (r < 0)
		examination_find(x, "I4", subject,
			"make sure that no lily-lane runs any more and remove the file",
			"its note of lanes is damaged");
	return 0;
}

int
examine_runs(struct examination *x, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	struct lane_place here;
	int r = lane_place_here(&here, err);

	if (r == 0)
		r = db_prepare(x->db, "SELECT " RUN_COLUMNS " FROM store.runs WHERE number>0",
			&statement, err);
	while (r == 0 && (r = db_step(statement, err)) > 0) {
		AUTO_ARENA struct arena arena = ARENA_INIT;
		struct run_row row;
		int pid;

		r = run_row_read(statement, &arena, &row, err);
		if (r < 0 || run_lock_is_held(x->store->directory, &row.id, &pid))
			continue;
		r = check_manifest(x, &row, err);
		if (r == 0)
			r = check_lanes(x, &row, &here, err);
	}
	return r;
}
