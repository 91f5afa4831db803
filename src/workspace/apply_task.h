/*
 * apply_task: what an apply remembers of each of its moves, for looking (apply.c) and for doing
 * (apply_go.c).
 */
#ifndef LILY_WORKSPACE_APPLY_TASK_H
#define LILY_WORKSPACE_APPLY_TASK_H

#include "base/map.h"
#include "workspace/apply.h"

#include <limits.h>

/* What tells that a path is still what was looked at. Its ctime changes when it is renamed. */
struct stamp {
	ino_t inode;
	off_t size;
	struct timespec modified;
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

enum task_state { TASK_TO_DO, TASK_DONE, TASK_CONFLICT };

struct task {
	struct move move;
	enum task_state state;
	bool is_ours;       /* done by this process */
	struct stamp stamp; /* of what is there, as it was looked at */
};

struct apply {
	struct apply_spec spec;
	struct arena arena;
	struct task *tasks;
	size_t n;
	struct map locks; /* of Git's, that were found */
	int stage;        /* directory, or -1 */
	bool is_between;  /* the workspace is neither as before nor as after */
	struct write_remark *conflicts;
	size_t n_conflicts, conflicts_capacity;
	char folder_path[PATH_MAX]; /* of the folder that is open */
	int folder;                 /* directory, or -1 */
};

void apply_add_conflict(struct apply *apply, struct str path, const char *why);
struct apply_conflicts apply_conflicts_of(const struct apply *apply);

/* Opens the folder that a path is in as apply->folder, which mostly is that of the path before it.
 * *ret_name is the last component. ERR_NOT_FOUND where there is no such folder; ERR_INVALID where a link
 * leads to it, ERR_DENIED where it lies on another file system. */
int apply_open_folder(
	struct apply *apply, const char *path, const char **ret_name, struct err *err);

/* Looks what is there, and sets state and stamp; says so where it is a conflict. */
int apply_examine(struct apply *apply, struct task *task, struct err *err);

#endif
