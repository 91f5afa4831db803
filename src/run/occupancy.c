#include "run/occupancy.h"

#include "base/file.h"
#include "workspace/apply.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int
occupancy_open(int workspace, struct occupancy *ret_occupancy, struct err *err)
{
	int fd = openat(workspace, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open the workspace");
	*ret_occupancy = (struct occupancy){fd, 0, false};
	return 0;
}

void
occupancy_done(struct occupancy *occupancy)
{
	fd_close(&occupancy->workspace);
}

/* 1, or 0 where another process has it. */
static int
lock(struct occupancy *occupancy, int operation, struct err *err)
{
	while (flock(occupancy->workspace, operation | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return 0;
		if (errno != EINTR)
			return err_sys(err, "lock the workspace");
	}
	return 1;
}

static void
unlock(struct occupancy *occupancy)
{
	(void)flock(occupancy->workspace, LOCK_UN);
}

static int
enter_first(struct occupancy *occupancy, int operation, struct err *err)
{
	int r = lock(occupancy, operation, err);

	if (r <= 0)
		return r;
	if (faccessat(occupancy->workspace, APPLY_STAGE, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
		return 1;
	unlock(occupancy);
	return err_set(err, ERR_INVALID,
		"a run was cut off while the changes of a transaction were made true "
		"(" APPLY_STAGE " is there): `lily resume` that run first, it puts the "
		"workspace back; where there "
		"is no such run, it is nobody's, and can be taken away");
}

int
occupancy_enter(struct occupancy *occupancy, enum occupancy_how how, struct err *err)
{
	int r = 1;

	if (occupancy->is_alone || (how == OCCUPANCY_ALONE && occupancy->shared))
		return 0;
	if (how == OCCUPANCY_ALONE || !occupancy->shared)
		r = enter_first(occupancy, how == OCCUPANCY_ALONE ? LOCK_EX : LOCK_SH, err);
	if (r <= 0)
		return r;
	occupancy->shared += how == OCCUPANCY_SHARED;
	occupancy->is_alone = how == OCCUPANCY_ALONE;
	return 1;
}

void
occupancy_leave(struct occupancy *occupancy, enum occupancy_how how)
{
	if (how == OCCUPANCY_ALONE)
		occupancy->is_alone = false;
	else
		occupancy->shared--;
	if (!occupancy->is_alone && !occupancy->shared)
		unlock(occupancy);
}

int
occupancy_enter_to_mend(struct occupancy *occupancy, struct err *err)
{
	int r = lock(occupancy, LOCK_EX, err);

	occupancy->is_alone = r > 0;
	return r;
}
