/*
 * apply: making a write set true in the workspace, or taking it back: all of it or nothing.
 *
 *	apply_begin → apply_check → [record the intent] → apply_go → [record that it is done] → apply_end
 *
 * Every path is looked at by what is there, not by what this process did: it is as before (to do), as
 * after (done), or else it was changed by somebody meanwhile, which is a conflict. So after a crash the
 * same calls go on wherever the first ones came to: forward where no path is in conflict, else back.
 *
 * New content is written to the folder APPLY_STAGE of the workspace, made durable there, and changes
 * places with what it replaces in one step (RENAME_EXCHANGE), so that what was replaced is still there to
 * be looked at: where somebody saved the file in between, it goes back. A file that is replaced keeps its
 * permissions but for being executable, and its owner; one that is new gets the owner of its folder.
 *
 * Not excluded here: other transactions and live steps, by a lock of the caller's.
 */
#ifndef LILY_WORKSPACE_APPLY_H
#define LILY_WORKSPACE_APPLY_H

#include "workspace/moves.h"

#define APPLY_STAGE ".lily.stage"

struct apply_spec {
	struct store *store;         /* has the content of both sides */
	int workspace;               /* directory */
	const struct write_set *set; /* nothing refused; outlives the apply */
	enum moves_direction direction;
};

struct apply;

/* The paths that stand in the way, each with why. */
struct apply_conflicts {
	const struct write_remark *items;
	size_t n;
};

/* ERR_INVALID where the set has refusals, or a path leads out of the workspace. */
int apply_begin(const struct apply_spec *spec, struct apply **ret_apply, struct err *err);

/* Looks at every path; changes nothing. The conflicts are the apply's. */
int apply_check(struct apply *apply, struct apply_conflicts *ret_conflicts, struct err *err);

/* Makes it true, durably. Conflicts that come up on the way: what this call changed is taken back and
 * *ret_conflicts says why; 0 all the same. After an error it is taken back, too; where that cannot be done
 * either the workspace is left between the two (apply_is_between): the calls are to be repeated. */
int apply_go(struct apply *apply, struct apply_conflicts *ret_conflicts, struct err *err);
bool apply_is_between(const struct apply *apply);

/* Removes the stage, durably: before it is written down that nothing is under way any more. */
int apply_clear_stage(struct apply *apply, struct err *err);

/* After a crash within apply_go where apply_check finds conflicts: the other paths are put back as they
 * were. The conflicts are left as they are. */
int apply_retreat(struct apply *apply, struct err *err);

/* Removes the stage, but for one that the way back needs; frees. NULL is fine. */
void apply_end(struct apply *apply);

#endif
