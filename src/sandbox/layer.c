#include "sandbox/layer.h"

#include "base/file.h"
#include "sandbox/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define OPTION_SIZE 64
#define LOG_SIZE 256

/* The folders, so that no option holds a path, whose colons and commas the kernel would take for its own. */
struct folders {
	int path;
	int upper;
	int work;
	int over; /* -1: none */
};

static int
open_folders(const struct wall_layer *layer, struct folders *folders, struct err *err)
{
	int r = mounts_open(layer->path, &folders->path, err);

	if (r == 0)
		r = mounts_open(layer->upper, &folders->upper, err);
	if (r == 0)
		r = mounts_open(layer->work, &folders->work, err);
	if (r == 0 && layer->over)
		r = mounts_open(layer->over, &folders->over, err);
	return r;
}

static void
close_folders(struct folders *folders)
{
	fd_close(&folders->path);
	fd_close(&folders->upper);
	fd_close(&folders->work);
	fd_close(&folders->over);
}

/* fsopen(2): what went wrong, as the kernel logs it in the context ("e overlay: …"). */
static int
fail(int context, const char *path, struct err *err)
{
	int error = errno;
	char log[LOG_SIZE];
	ssize_t n = read(context, log, sizeof(log) - 1);

	errno = error;
	if (n <= 2)
		return err_sys(err, "lay something over %s", path);
	log[n] = '\0';
	log[strcspn(log, "\n")] = '\0';
	return err_sys(err, "lay something over %s (%s)", path, log + 2);
}

static int
configure(int context, const struct folders *folders)
{
	char lower[2 * OPTION_SIZE];
	char upper[OPTION_SIZE];
	char work[OPTION_SIZE];

	if (folders->over >= 0)
		(void)snprintf(lower, sizeof(lower), "/proc/self/fd/%d:/proc/self/fd/%d",
			folders->over, folders->path);
	else
		(void)snprintf(lower, sizeof(lower), "/proc/self/fd/%d", folders->path);
	(void)snprintf(upper, sizeof(upper), "/proc/self/fd/%d", folders->upper);
	(void)snprintf(work, sizeof(work), "/proc/self/fd/%d", folders->work);
	if (fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) != 0 ||
		fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) != 0 ||
		fsconfig(context, FSCONFIG_SET_STRING, "index", "off", 0) != 0 ||
		fsconfig(context, FSCONFIG_SET_STRING, "lowerdir", lower, 0) != 0 ||
		fsconfig(context, FSCONFIG_SET_STRING, "upperdir", upper, 0) != 0 ||
		fsconfig(context, FSCONFIG_SET_STRING, "workdir", work, 0) != 0)
		return -1;
	return fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
}

static int
mount_over(const struct wall_layer *layer, const struct folders *folders, int *ret_view,
	struct err *err)
{
	AUTO_CLOSE int context = fsopen("overlay", FSOPEN_CLOEXEC);
	AUTO_CLOSE int tree = -1;

	if (context < 0)
		return err_sys(err, "lay something over %s: overlay file systems", layer->path);
	if (configure(context, folders) != 0)
		return fail(context, layer->path, err);
	tree = fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
	if (tree < 0)
		return err_sys(err, "fsmount an overlay over %s", layer->path);
	if (move_mount(tree, "", folders->path, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) != 0)
		return err_sys(err, "move_mount an overlay over %s", layer->path);
	*ret_view = openat(tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_view < 0 ? err_sys(err, "open what lies over %s", layer->path) : 0;
}

int
layer_mount(const struct wall_layer *layer, int *ret_view, struct err *err)
{
	struct folders folders = {-1, -1, -1, -1};
	int r = open_folders(layer, &folders, err);

	if (r == 0)
		r = mount_over(layer, &folders, ret_view, err);
	close_folders(&folders);
	return r;
}
