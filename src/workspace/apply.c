#include "workspace/apply_task.h"

#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>

void
apply_add_conflict(struct apply *apply, struct str path, const char *why)
{
	apply->conflicts = memory_grow(apply->conflicts, apply->n_conflicts,
		&apply->conflicts_capacity, sizeof(*apply->conflicts));
	apply->conflicts[apply->n_conflicts++] = (struct write_remark){path, why};
}

struct apply_conflicts
apply_conflicts_of(const struct apply *apply)
{
	return (struct apply_conflicts){apply->conflicts, apply->n_conflicts};
}

static struct stamp
stamp_of(const struct stat *status)
{
	return (struct stamp){status->st_ino, status->st_size, status->st_mtim, status->st_mode,
		status->st_uid, status->st_gid};
}

int
apply_open_folder(struct apply *apply, const char *path, const char **ret_name, struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;
	int fd = -1;
	int r;

	if (n >= sizeof(apply->folder_path))
		return err_set(err, ERR_INVALID, "%.100s… is longer than a path can be", path);
	*ret_name = slash ? slash + 1 : path;
	if (apply->folder >= 0 && strlen(apply->folder_path) == n &&
		memcmp(apply->folder_path, path, n) == 0)
		return 0;
	fd_close(&apply->folder);
	memcpy(apply->folder_path, path, n);
	apply->folder_path[n] = '\0';
	r = dir_open_beneath(apply->spec.workspace, apply->folder_path, &fd, err);
	apply->folder = r == 0 ? fd : -1;
	return r;
}

/* What is at the path now. A folder on the way that is missing, or is something else by now, or a link,
 * means that nothing is there. */
static int
look(struct apply *apply, const char *path, struct side *ret_side, struct stat *status,
	struct err *err)
{
	struct side_reader reader = {apply->spec.store, NULL, &apply->arena};
	struct err inner = ERR_INIT;
	const char *name;
	int r = apply_open_folder(apply, path, &name, &inner);

	*status = (struct stat){0};
	if (r == ERR_NOT_FOUND || r == ERR_INVALID) {
		*ret_side = (struct side){.type = SIDE_NONE};
		return 0;
	}
	if (r < 0) {
		*err = inner;
		return r;
	}
	return side_read(&reader, apply->folder, name, ret_side, status, err);
}

static const char *
reason(const struct side *there, const struct side *expected)
{
	if (there->type == SIDE_NONE)
		return "it was removed meanwhile";
	return expected->type == SIDE_NONE ? "it appeared meanwhile"
					   : "it was changed meanwhile";
}

/* Of two moves of one path the one is done where the other is, and nothing there is between them. */
static bool
is_done(const struct move *move, const struct side *there)
{
	if (side_equal(there, &move->to))
		return true;
	return move->to.type == SIDE_NONE && side_equal(there, &move->around);
}

static bool
is_to_do(const struct move *move, const struct side *there)
{
	if (side_equal(there, &move->from))
		return true;
	return move->from.type == SIDE_NONE && side_equal(there, &move->around);
}

int
apply_examine(struct apply *apply, struct task *task, struct err *err)
{
	struct side there;
	struct stat status;
	int r = look(apply, task->move.name, &there, &status, err);

	if (r < 0)
		return err_wrap(err, "%s", task->move.name);
	task->stamp = stamp_of(&status);
	if (is_done(&task->move, &there)) {
		task->state = TASK_DONE;
	} else if (is_to_do(&task->move, &there)) {
		task->state = TASK_TO_DO;
	} else {
		task->state = TASK_CONFLICT;
		/* Both moves of a path would say the same. */
		if (task->move.around.type == SIDE_NONE || task->move.phase == 1)
			apply_add_conflict(
				apply, task->move.path, reason(&there, &task->move.from));
	}
	return 0;
}

/* Git writes FILE.lock beside what it is about to replace. One that the set itself would leave there is
 * none of Git's, and would keep it out for ever. */
static int
check_repository(struct apply *apply, const struct move *move, struct err *err)
{
	struct str repository = moves_repository(move->path);
	const char *names[2];
	struct stat status;

	if (!repository.n)
		return 0;
	if (str_ends(move->path, STR(".lock")) && move->to.type != SIDE_NONE) {
		apply_add_conflict(apply, move->path, "the step left a lock of Git behind");
		return 0;
	}
	names[0] = arena_printf(&apply->arena, "%.*s/index.lock", STR_ARG(repository));
	names[1] = arena_printf(&apply->arena, "%s.lock", move->name);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		const char *name;
		int r = apply_open_folder(apply, names[i], &name, err);

		if (r == ERR_NOT_FOUND)
			continue;
		if (r < 0)
			return r;
		if (fstatat(apply->folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			map_add(&apply->locks, str_of(names[i]), 0) == MAP_NONE)
			apply_add_conflict(
				apply, str_of(names[i]), "Git is at work: it holds this lock");
	}
	return 0;
}

static bool
is_safe_path(struct str path)
{
	struct str rest = path;

	if (!path_is_inside(path))
		return false;
	do {
		struct str component = str_cut(rest, '/', &rest);

		if (component.n == 0 || str_is(component, "."))
			return false;
	} while (rest.p);
	return path.p && !str_is(path, APPLY_STAGE) && !str_starts(path, STR(APPLY_STAGE "/"));
}

int
apply_begin(const struct apply_spec *spec, struct apply **ret_apply, struct err *err)
{
	struct apply *apply;
	struct moves moves;

	if (spec->set->refused.n)
		return err_set(err, ERR_INVALID, "%.*s: %s",
			STR_ARG(spec->set->refused.items[0].path),
			spec->set->refused.items[0].what);
	for (size_t i = 0; i < spec->set->n; i++)
		if (!is_safe_path(spec->set->entries[i].path))
			return err_set(err, ERR_INVALID, "%.*s is no path of the workspace",
				STR_ARG(spec->set->entries[i].path));
	apply = memory_zeroed(1, sizeof(*apply));
	apply->spec = *spec;
	apply->arena = ARENA_INIT;
	apply->stage = -1;
	apply->folder = -1;
	moves = moves_of(spec->set, spec->direction, &apply->arena);
	apply->tasks = ARENA_ARRAY(&apply->arena, moves.n, struct task);
	apply->n = moves.n;
	for (size_t i = 0; i < moves.n; i++)
		apply->tasks[i].move = moves.items[i];
	*ret_apply = apply;
	return 0;
}

int
apply_check(struct apply *apply, struct apply_conflicts *ret_conflicts, struct err *err)
{
	int r = 0;

	apply->n_conflicts = 0;
	map_done(&apply->locks);
	apply->locks = MAP_INIT;
	for (size_t i = 0; r == 0 && i < apply->n; i++) {
		r = apply_examine(apply, &apply->tasks[i], err);
		if (r == 0)
			r = check_repository(apply, &apply->tasks[i].move, err);
	}
	if (r == 0)
		*ret_conflicts = apply_conflicts_of(apply);
	return r;
}
