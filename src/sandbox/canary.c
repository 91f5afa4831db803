#include "base/file.h"
#include "sandbox/enclosure.h"
#include "sandbox/landlock.h"
#include "sandbox/mounts.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#define CANARY ".lily-canary"

static int
refuse(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_DENIED, "the walls of a lane do not hold: a step could %s%s%s",
		what, path ? " " : "", path ? path : "");
}

/* Whether a file can be made there; it is gone again. */
static bool
can_make(const char *directory)
{
	char path[4096 + sizeof(CANARY) + 1];
	AUTO_CLOSE int fd = -1;

	if (snprintf(path, sizeof(path), "%s/" CANARY, directory) >= (int)sizeof(path))
		return false;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)unlink(path);
	return fd >= 0;
}

static int
try_mount(const struct wall_mount *mount, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct statfs status;
	struct err ignored = ERR_INIT;

	if (mounts_open(mount->path, &fd, &ignored) < 0)
		return 0; /* not even there to be opened */
	if (fstatfs(fd, &status) != 0)
		return err_sys(err, "look at %s", mount->path);
	switch (mount->kind) {
	case WALL_SEAL:
	case WALL_SHOW:
	case WALL_LOCK:
	case WALL_NAMES:
		if (!(status.f_flags & ST_RDONLY) || can_make(mount->path))
			return refuse(err, "write", mount->path);
		return 0;
	case WALL_HIDE: {
		AUTO_CLOSE int file = open(mount->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

		if (can_make(mount->path))
			return refuse(err, "write", mount->path);
		if (file >= 0 && status.f_type != TMPFS_MAGIC)
			return refuse(err, "read", mount->path);
		return 0;
	}
	case WALL_OPEN:
	case WALL_PIN:
	case WALL_MEMORY:
	case WALL_PROCESSES:
	case WALL_DEVICES:
	case WALL_DEVICE:
	case WALL_QUEUES:
	case WALL_SLOT:
	case WALL_TEMPORARY:
	case WALL_KIND_COUNT: break;
	}
	return 0;
}

/* Whether an operation further down put something else there. */
static bool
is_covered(const struct walls *walls, size_t i)
{
	for (size_t k = i + 1; k < walls->n_mounts; k++)
		if (strcmp(walls->mounts[k].path, walls->mounts[i].path) == 0)
			return true;
	return false;
}

static int
try_mounts(const struct walls *walls, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < walls->n_mounts; i++)
		if (!is_covered(walls, i))
			r = try_mount(&walls->mounts[i], err);
	return r;
}

/* The run's own directory is where nothing of a step has any business, and on a file system that the
 * user can write: at every tier. */
static int
try_around_slot(const struct enclosure *enclosure, struct err *err)
{
	char parent[4096];

	if (snprintf(parent, sizeof(parent), "%s/..", enclosure->slot) >= (int)sizeof(parent))
		return 0;
	if ((enclosure->walls.n_mounts || enclosure->walls.handled_fs) && can_make(parent))
		return refuse(err, "write beside", enclosure->slot);
	return 0;
}

/* What a step cannot do without. */
static int
try_slot(const char *slot, struct err *err)
{
	char home[4096];
	AUTO_CLOSE int fd = -1;

	if (snprintf(home, sizeof(home), "%s/home", slot) >= (int)sizeof(home))
		return err_set(err, ERR_LIMIT, "%s is too long", slot);
	fd = open(home, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "a step would not reach its own folder: open %s", home)
		      : 0;
}

/* Connecting a datagram socket asks for a route and sends nothing; the addresses are for
 * documentation (RFC 5737, RFC 3849). */
static bool
has_route(void)
{
	struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(9)};
	struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	AUTO_CLOSE int socket4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	AUTO_CLOSE int socket6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, "192.0.2.1", &four.sin_addr);
	(void)inet_pton(AF_INET6, "2001:db8::1", &six.sin6_addr);
	return (socket4 >= 0 &&
		       connect(socket4, (const struct sockaddr *)(const void *)&four,
			       sizeof(four)) == 0) ||
		(socket6 >= 0 &&
			connect(socket6, (const struct sockaddr *)(const void *)&six,
				sizeof(six)) == 0);
}

/* This process and the lane are all that /proc may show. */
static bool
sees_others(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	unsigned n = 0;

	while (proc && (entry = readdir(proc)))
		n += entry->d_name[0] >= '1' && entry->d_name[0] <= '9';
	if (proc)
		(void)closedir(proc);
	return n > 2;
}

static bool
shows_processes(const struct walls *walls)
{
	for (size_t i = 0; i < walls->n_mounts; i++)
		if (walls->mounts[i].kind == WALL_PROCESSES)
			return true;
	return false;
}

static int
try_privileges(const struct walls *walls, struct err *err)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct has[2] = {{0}};

	if (syscall(SYS_capget, &header, has) != 0 || has[0].effective | has[1].effective ||
		has[0].permitted | has[1].permitted)
		return refuse(err, "use capabilities", NULL);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return refuse(err, "gain privileges", NULL);
	if (walls->flags & WALLS_USER && (getuid() != walls->uid || getgid() != walls->gid))
		return refuse(err, "act as another user", NULL);
	/* With these flags and no filter it would be a no-op for an ordinary user, and fail for none. */
	if (walls->n_filter && syscall(SYS_unshare, CLONE_NEWUSER) == 0)
		return refuse(err, "make a user namespace", NULL);
	return 0;
}

int
canary_try(const struct enclosure *enclosure, struct err *err)
{
	const struct walls *walls = &enclosure->walls;
	int r = try_privileges(walls, err);

	if (r == 0)
		r = try_mounts(walls, err);
	if (r == 0)
		r = try_slot(enclosure->slot, err);
	if (r == 0)
		r = try_around_slot(enclosure, err);
	if (r == 0 && walls->namespaces & CLONE_NEWNET && has_route())
		r = refuse(err, "reach the network", NULL);
	if (r == 0 && shows_processes(walls) && sees_others())
		r = refuse(err, "see other processes", NULL);
	return r;
}
