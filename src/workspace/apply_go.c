#include "workspace/apply_task.h"

#include "base/file.h"
#include "store/object.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* From so many changes on, the whole file system is synchronised at once. */
#define SYNC_MANY 64

/* Names in the stage: what is to come, and of what is put back. */
#define STAGE_NAME_SIZE 32

static bool
is_stamped(const struct stat *status, const struct stamp *stamp)
{
	return status->st_ino == stamp->inode && status->st_size == stamp->size &&
		status->st_mtim.tv_sec == stamp->modified.tv_sec &&
		status->st_mtim.tv_nsec == stamp->modified.tv_nsec &&
		status->st_mode == stamp->mode;
}

static int
open_stage(struct apply *apply, struct err *err)
{
	int r;

	if (apply->stage >= 0)
		return 0;
	r = tree_remove(apply->spec.workspace, APPLY_STAGE, err);
	if (r == 0 && mkdirat(apply->spec.workspace, APPLY_STAGE, 0700) != 0)
		r = err_sys(err, "make %s in the workspace", APPLY_STAGE);
	if (r == 0)
		r = dir_open_beneath(apply->spec.workspace, APPLY_STAGE, &apply->stage, err);
	return r;
}

/* May be run by whoever may read it, or by nobody; the rest is as it was. */
static mode_t
mode_of(mode_t old, bool executable)
{
	mode_t run = old & 0111 ? old & 0111 : (old & 0444) >> 2;

	return (old & 0666) | (executable ? run : 0);
}

/* What takes the place of a file gets its permissions and owner, as far as we may give them; what is
 * new the owner of its folder, where lily is root and that is somebody else. */
static int
dress(struct apply *apply, const struct task *task, const char *staged, struct err *err)
{
	const struct stamp *old = &task->stamp;
	bool is_replaced = task->move.from.type == SIDE_FILE;
	struct stat folder;

	if (task->move.to.type == SIDE_FILE && is_replaced &&
		fchmodat(apply->stage, staged, mode_of(old->mode, task->move.to.executable),
			0) != 0)
		return err_sys(err, "chmod %s", task->move.name);
	if (geteuid() != 0)
		return 0;
	if (!is_replaced && fstat(apply->folder, &folder) != 0)
		return err_sys(err, "stat the folder of %s", task->move.name);
	if (fchownat(apply->stage, staged, is_replaced ? old->uid : folder.st_uid,
		    is_replaced ? old->gid : folder.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "chown %s", task->move.name);
	return 0;
}

static int
sync_staged(struct apply *apply, const char *staged, struct err *err)
{
	AUTO_CLOSE int fd = -1;

	if (apply->n > SYNC_MANY)
		return 0;
	fd = openat(apply->stage, staged, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	/* Its own maker may have no right to read it, but root's syncfs does then. */
	if (fd < 0 || fdatasync(fd) != 0)
		return syncfs(apply->stage) == 0 ? 0 : err_sys(err, "sync %s", APPLY_STAGE);
	return 0;
}

/* Writes what is to come into the stage; the folder that it goes to is made by then only where it is
 * there already. */
static int
stage_content(struct apply *apply, const struct task *task, const char *staged, struct err *err)
{
	const struct side *to = &task->move.to;
	int r;

	if (to->type == SIDE_LINK)
		return symlinkat(arena_cstr(&apply->arena, to->target), apply->stage, staged) ==
				0
			? 0
			: err_sys(err, "make the link %s", task->move.name);
	r = object_restore(apply->spec.store, &to->digest,
		to->executable ? OBJECT_EXECUTABLE : 0, apply->stage, staged, err);
	return r < 0 ? err_wrap(err, "%s", task->move.name) : sync_staged(apply, staged, err);
}

static bool
needs_content(const struct task *task)
{
	return task->state == TASK_TO_DO &&
		(task->move.to.type == SIDE_FILE || task->move.to.type == SIDE_LINK) &&
		!side_differs_in_mode(&task->move.from, &task->move.to);
}

static void
name_staged(char name[STAGE_NAME_SIZE], size_t index)
{
	(void)snprintf(name, STAGE_NAME_SIZE, "%zu", index);
}

static int
stage_all(struct apply *apply, struct err *err)
{
	int r = open_stage(apply, err);

	for (size_t i = 0; r == 0 && i < apply->n; i++) {
		char name[STAGE_NAME_SIZE];

		name_staged(name, i);
		if (needs_content(&apply->tasks[i]))
			r = stage_content(apply, &apply->tasks[i], name, err);
	}
	if (r == 0 && apply->n > SYNC_MANY && syncfs(apply->stage) != 0)
		r = err_sys(err, "sync %s", APPLY_STAGE);
	return r;
}

/* The outcome of one move that could not be made because of what is there. */
static int
conflict(struct apply *apply, struct task *task, const char *why)
{
	task->state = TASK_CONFLICT;
	apply_add_conflict(apply, task->move.path, why);
	return 0;
}

static int
done(struct task *task)
{
	task->state = TASK_DONE;
	task->is_ours = true;
	return 0;
}

static int
remove_folder(struct apply *apply, struct task *task, const char *name, struct err *err)
{
	if (unlinkat(apply->folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return done(task);
	if (errno == ENOTEMPTY || errno == EEXIST)
		return conflict(apply, task, "something was put into it meanwhile");
	if (errno == ENOTDIR)
		return conflict(apply, task, "it was changed meanwhile");
	return err_sys(err, "remove %s", task->move.name);
}

/* Moves it into the stage, where it can be told whether it is what was looked at. */
static int
remove_file(struct apply *apply, struct task *task, const char *name, const char *staged,
	struct err *err)
{
	struct stat status;

	if (renameat2(apply->folder, name, apply->stage, staged, RENAME_NOREPLACE) != 0)
		return errno == ENOENT ? done(task)
				       : err_sys(err, "remove %s", task->move.name);
	if (fstatat(apply->stage, staged, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "stat what was %s", task->move.name);
	if (is_stamped(&status, &task->stamp))
		return done(task);
	if (renameat2(apply->stage, staged, apply->folder, name, RENAME_NOREPLACE) != 0)
		return err_sys(err, "put %s back", task->move.name);
	return conflict(apply, task, "it was changed meanwhile");
}

static int
make_folder(struct apply *apply, struct task *task, const char *name, struct err *err)
{
	struct stat status;

	if (mkdirat(apply->folder, name, 0777) == 0) {
		/* The folder is there, whoever owns it. */
		if (geteuid() == 0 && fstat(apply->folder, &status) == 0 &&
			fchownat(apply->folder, name, status.st_uid, status.st_gid,
				AT_SYMLINK_NOFOLLOW) != 0)
			errno = 0;
		return done(task);
	}
	if (errno != EEXIST)
		return err_sys(err, "make %s", task->move.name);
	return conflict(apply, task, "it appeared meanwhile");
}

static int
change_mode(struct apply *apply, struct task *task, const char *name, struct err *err)
{
	AUTO_CLOSE int fd =
		openat(apply->folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		return err_sys(err, "open %s", task->move.name);
	if (!is_stamped(&status, &task->stamp))
		return conflict(apply, task, "it was changed meanwhile");
	if (fchmod(fd, mode_of(status.st_mode, task->move.to.executable)) != 0)
		return err_sys(err, "chmod %s", task->move.name);
	return done(task);
}

static int
put_new(struct apply *apply, struct task *task, const char *name, const char *staged,
	struct err *err)
{
	if (renameat2(apply->stage, staged, apply->folder, name, RENAME_NOREPLACE) == 0)
		return done(task);
	if (errno == EEXIST)
		return conflict(apply, task, "it appeared meanwhile");
	return err_sys(err, "put %s", task->move.name);
}

/* For file systems that cannot exchange: what is replaced is looked at before, not after. */
static int
put_over(struct apply *apply, struct task *task, const char *name, const char *staged,
	struct err *err)
{
	struct stat status;

	if (fstatat(apply->folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		!is_stamped(&status, &task->stamp))
		return conflict(apply, task, "it was changed meanwhile");
	if (renameat(apply->stage, staged, apply->folder, name) != 0)
		return err_sys(err, "replace %s", task->move.name);
	return done(task);
}

static int
exchange(struct apply *apply, struct task *task, const char *name, const char *staged,
	struct err *err)
{
	struct stat status;

	if (renameat2(apply->stage, staged, apply->folder, name, RENAME_EXCHANGE) != 0) {
		if (errno == EINVAL || errno == ENOSYS)
			return put_over(apply, task, name, staged, err);
		if (errno == ENOENT)
			return conflict(apply, task, "it was removed meanwhile");
		return err_sys(err, "replace %s", task->move.name);
	}
	if (fstatat(apply->stage, staged, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "stat what was %s", task->move.name);
	if (is_stamped(&status, &task->stamp))
		return done(task);
	if (renameat2(apply->stage, staged, apply->folder, name, RENAME_EXCHANGE) != 0)
		return err_sys(err, "put %s back", task->move.name);
	return conflict(apply, task, "it was changed meanwhile");
}

static int
put_content(struct apply *apply, struct task *task, const char *name, const char *staged,
	struct err *err)
{
	int r = dress(apply, task, staged, err);

	if (r < 0)
		return r;
	return task->move.from.type == SIDE_NONE ? put_new(apply, task, name, staged, err)
						 : exchange(apply, task, name, staged, err);
}

static int
do_task(struct apply *apply, struct task *task, const char *staged, struct err *err)
{
	const char *name;
	int r = apply_open_folder(apply, task->move.name, &name, err);

	if (r == ERR_NOT_FOUND || r == ERR_INVALID || r == ERR_DENIED)
		return conflict(apply, task, "the folder that it is in was changed meanwhile");
	if (r < 0)
		return r;
	if (task->move.to.type == SIDE_NONE)
		return task->move.from.type == SIDE_DIR
			? remove_folder(apply, task, name, err)
			: remove_file(apply, task, name, staged, err);
	if (task->move.to.type == SIDE_DIR)
		return make_folder(apply, task, name, err);
	if (side_differs_in_mode(&task->move.from, &task->move.to))
		return change_mode(apply, task, name, err);
	return put_content(apply, task, name, staged, err);
}

/* Puts one path back, unless somebody changed it since. */
static int
revert(struct apply *apply, const struct task *task, size_t index, struct err *err)
{
	struct task back = {.move = task->move};
	char staged[STAGE_NAME_SIZE];
	int r;

	back.move.from = task->move.to;
	back.move.to = task->move.from;
	r = apply_examine(apply, &back, err);
	if (r < 0 || back.state != TASK_TO_DO)
		return r;
	(void)snprintf(staged, sizeof(staged), "back-%zu", index);
	if (needs_content(&back))
		r = stage_content(apply, &back, staged, err);
	return r < 0 ? r : do_task(apply, &back, staged, err);
}

static int
sync_folders(struct apply *apply, struct err *err)
{
	char synced[PATH_MAX] = "/"; /* none of the paths */
	const char *name;

	if (apply->n > SYNC_MANY)
		return syncfs(apply->spec.workspace) == 0 ? 0
							  : err_sys(err, "sync the workspace");
	for (size_t i = 0; i < apply->n; i++) {
		int r = apply_open_folder(apply, apply->tasks[i].move.name, &name, err);

		/* It is gone with what was in it. */
		if (r == ERR_NOT_FOUND || r == ERR_INVALID)
			continue;
		if (r < 0)
			return r;
		if (strcmp(synced, apply->folder_path) == 0)
			continue;
		if (fsync(apply->folder) != 0)
			return err_sys(err, "fsync %s", apply->folder_path);
		memcpy(synced, apply->folder_path, strlen(apply->folder_path) + 1);
	}
	return 0;
}

enum retreat_what { RETREAT_OURS, RETREAT_ALL };

static int
retreat(struct apply *apply, enum retreat_what what, struct err *err)
{
	int r = open_stage(apply, err);

	for (size_t i = apply->n; r == 0 && i > 0; i--) {
		const struct task *task = &apply->tasks[i - 1];

		if (task->state == TASK_DONE && (what == RETREAT_ALL || task->is_ours))
			r = revert(apply, task, i, err);
	}
	return r < 0 ? r : sync_folders(apply, err);
}

int
apply_retreat(struct apply *apply, struct err *err)
{
	return retreat(apply, RETREAT_ALL, err);
}

int
apply_go(struct apply *apply, struct apply_conflicts *ret_conflicts, struct err *err)
{
	struct err ignored = ERR_INIT;
	int r = stage_all(apply, err);

	apply->n_conflicts = 0;
	for (size_t i = 0; r == 0 && i < apply->n && !apply->n_conflicts; i++) {
		char staged[STAGE_NAME_SIZE];

		name_staged(staged, i);
		if (apply->tasks[i].state == TASK_TO_DO)
			r = do_task(apply, &apply->tasks[i], staged, err);
	}
	if (r == 0)
		r = apply->n_conflicts ? retreat(apply, RETREAT_OURS, err)
				       : sync_folders(apply, err);
	if (r == 0)
		*ret_conflicts = apply_conflicts_of(apply);
	else
		apply->is_between = retreat(apply, RETREAT_OURS, &ignored) < 0;
	return r;
}

bool
apply_is_between(const struct apply *apply)
{
	return apply->is_between;
}

int
apply_clear_stage(struct apply *apply, struct err *err)
{
	int r;

	if (apply->stage < 0)
		return 0;
	fd_close(&apply->folder);
	fd_close(&apply->stage);
	r = tree_remove(apply->spec.workspace, APPLY_STAGE, err);
	if (r == 0 && fsync(apply->spec.workspace) != 0)
		r = err_sys(err, "fsync the workspace");
	return r;
}

void
apply_end(struct apply *apply)
{
	struct err ignored;

	if (!apply)
		return;
	fd_close(&apply->folder);
	if (apply->stage >= 0 && !apply->is_between)
		(void)tree_remove(apply->spec.workspace, APPLY_STAGE, &ignored);
	fd_close(&apply->stage);
	map_done(&apply->locks);
	free(apply->conflicts);
	arena_done(&apply->arena);
	free(apply);
}
