#include "sandbox/scratch.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>

#define MODE 0700
#define LISTING_SIZE ((size_t)32 << 10)
/* Longer than a tick, the grain of change times. */
#define GRAIN_NS INT64_C(20000000)

const char *
scratch_name(enum lane_directory which)
{
	static const char *const names[] = {
#define X(name, text) [LANE_##name] = (text),
		LANE_DIRECTORIES(X)
#undef X
	};

	return names[which];
}

static void
remember(struct scratch_directory *directory, const struct stat *status)
{
	directory->device = status->st_dev;
	directory->inode = status->st_ino;
	directory->changed = status->st_ctim;
	(void)clock_gettime(CLOCK_REALTIME, &directory->verified);
}

static bool
is_same(const struct scratch_directory *directory, const struct stat *status)
{
	return S_ISDIR(status->st_mode) && status->st_ino == directory->inode &&
		status->st_dev == directory->device;
}

static bool
is_ours(const struct scratch *scratch, const struct stat *status)
{
	return (status->st_mode & 07777) == MODE && status->st_uid == scratch->user;
}

/* Whether a change after `verified` would have left another change time. */
static bool
is_settled(const struct scratch_directory *directory)
{
	int64_t age =
		(directory->verified.tv_sec - directory->changed.tv_sec) * INT64_C(1000000000) +
		(directory->verified.tv_nsec - directory->changed.tv_nsec);

	return age > GRAIN_NS;
}

static bool
is_unchanged(const struct scratch_directory *directory, const struct stat *status)
{
	return status->st_ctim.tv_sec == directory->changed.tv_sec &&
		status->st_ctim.tv_nsec == directory->changed.tv_nsec;
}

/* The directory's own listing, in one static buffer: a lane has one thread. */
struct listing {
	int fd;
	size_t at;
	size_t n;
};

struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

static _Alignas(8) char listing_bytes[LISTING_SIZE];

static void
listing_begin(struct listing *listing, int fd)
{
	*listing = (struct listing){.fd = fd};
	(void)lseek(fd, 0, SEEK_SET);
}

static bool
is_dot(const char *name)
{
	return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* getdents64(2); the names . and .. are left out. */
static int
listing_next(struct listing *listing, const char **ret_name, struct err *err)
{
	for (;;) {
		const struct entry *entry;

		if (listing->at == listing->n) {
			long n = syscall(
				SYS_getdents64, listing->fd, listing_bytes, LISTING_SIZE);

			if (n < 0)
				return err_sys(err, "read directory");
			if (n == 0)
				return 0;
			listing->at = 0;
			listing->n = (size_t)n;
		}
		entry = (const struct entry *)(const void *)(listing_bytes + listing->at);
		listing->at += entry->length;
		if (is_dot(entry->name))
			continue;
		*ret_name = entry->name;
		return 1;
	}
}

/* Opens what has the name now. Unless it is empty it counts as changed until it is cleared. */
static int
open_directory(struct scratch *scratch, enum lane_directory which, struct err *err)
{
	struct scratch_directory *directory = &scratch->directory[which];
	const char *name = scratch_name(which);
	const char *found;
	struct listing listing;
	struct stat status;
	int r;
	int fd = openat(scratch->slot, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open %s/%s", scratch->path, name);
	fd_close(&directory->fd);
	directory->fd = fd;
	if (fstat(fd, &status) != 0)
		return err_sys(err, "stat %s/%s", scratch->path, name);
	remember(directory, &status);
	listing_begin(&listing, fd);
	r = listing_next(&listing, &found, err);
	if (r > 0)
		directory->changed = (struct timespec){0};
	return MIN(r, 0);
}

/* Root's lane, whose steps are another user's. */
static int
give(const struct scratch *scratch, enum lane_directory which, struct err *err)
{
	const char *name = scratch_name(which);

	if (scratch->user != geteuid() &&
		fchownat(scratch->slot, name, scratch->user, scratch->group,
			AT_SYMLINK_NOFOLLOW) != 0)
		return err_sys(err, "give away %s/%s", scratch->path, name);
	return 0;
}

int
scratch_open(
	struct scratch *scratch, const char *path, uid_t user, gid_t group, struct err *err)
{
	struct stat status;
	int r;

	*scratch = (struct scratch){.path = path, .user = user, .group = group};
	for (int i = 0; i < LANE_DIRECTORY_COUNT; i++)
		scratch->directory[i].fd = -1;
	r = dir_open(AT_FDCWD, path, &scratch->slot, err);
	/* Its user passes through. */
	if (r == 0 && user != geteuid() && fchmod(scratch->slot, MODE | 011) != 0)
		r = err_sys(err, "chmod %s", path);
	if (r == 0 && fstat(scratch->slot, &status) != 0)
		r = err_sys(err, "stat %s", path);
	if (r == 0)
		remember(&scratch->slot_state, &status);
	for (int i = 0; r == 0 && i < LANE_DIRECTORY_COUNT; i++) {
		/* What steps only read belongs to whoever mounted it. */
		if (i != LANE_MEMORY)
			r = give(scratch, (enum lane_directory)i, err);
		if (r == 0)
			r = open_directory(scratch, (enum lane_directory)i, err);
	}
	return r;
}

void
scratch_close(struct scratch *scratch)
{
	for (int i = 0; i < LANE_DIRECTORY_COUNT; i++)
		fd_close(&scratch->directory[i].fd);
	fd_close(&scratch->slot);
}

/* Puts a new directory where there is none, or something else. */
static int
make_anew(struct scratch *scratch, enum lane_directory which, struct err *err)
{
	const char *name = scratch_name(which);
	int r = tree_remove(scratch->slot, name, err);

	if (r == 0 && mkdirat(scratch->slot, name, MODE) != 0)
		r = err_sys(err, "make directory %s/%s", scratch->path, name);
	/* The mask of the user may have taken bits away. */
	if (r == 0 && fchmodat(scratch->slot, name, MODE, 0) != 0)
		r = err_sys(err, "chmod %s/%s", scratch->path, name);
	if (r == 0)
		r = give(scratch, which, err);
	if (r == 0)
		r = open_directory(scratch, which, err);
	scratch->slot_dirty = true;
	return r;
}

/* The lane's own mount, which steps see read-only. */
static bool
is_mount(const struct scratch *scratch, const struct scratch_directory *directory)
{
	return directory->device != scratch->slot_state.device;
}

/* 1: dirty; 0: as it was. */
static int
check_one(
	struct scratch *scratch, enum lane_directory which, uint32_t *replaced, struct err *err)
{
	struct scratch_directory *directory = &scratch->directory[which];
	const char *name = scratch_name(which);
	const char *found;
	struct listing listing;
	struct stat status;
	int r = fstatat(scratch->slot, name, &status, AT_SYMLINK_NOFOLLOW);

	if (r != 0 || !S_ISDIR(status.st_mode)) {
		*replaced |= UINT32_C(1) << which;
		r = make_anew(scratch, which, err);
		return r < 0 ? r : 1;
	}
	if (is_mount(scratch, directory) && is_same(directory, &status))
		return 0;
	if (is_mount(scratch, directory) || status.st_dev != scratch->slot_state.device)
		return err_set(err, ERR_DENIED, "a step changed what is mounted on %s/%s",
			scratch->path, name);
	if (!is_ours(scratch, &status) && fchmodat(scratch->slot, name, MODE, 0) != 0)
		return err_sys(err, "chmod %s/%s", scratch->path, name);
	if (!is_same(directory, &status)) {
		*replaced |= UINT32_C(1) << which;
		r = open_directory(scratch, which, err);
		return r < 0 ? r : 1;
	}
	if (!is_ours(scratch, &status) || !is_unchanged(directory, &status))
		return 1;
	if (is_settled(directory))
		return 0;
	listing_begin(&listing, directory->fd);
	r = listing_next(&listing, &found, err);
	if (r == 0)
		remember(directory, &status);
	return r;
}

/* Whether the slot is still where its path says; names in it that are not ours go at clearing. */
static int
check_slot(struct scratch *scratch, struct err *err)
{
	struct scratch_directory *slot = &scratch->slot_state;
	struct stat status;

	if (fstat(scratch->slot, &status) != 0)
		return err_sys(err, "stat %s", scratch->path);
	if (is_unchanged(slot, &status) && is_settled(slot))
		return 0;
	scratch->slot_dirty |= !is_unchanged(slot, &status);
	remember(slot, &status);
	if (stat(scratch->path, &status) != 0 || !is_same(slot, &status))
		return err_set(err, ERR_NOT_FOUND, "a step moved %s away", scratch->path);
	if ((status.st_mode & 0700) != 0700 && fchmod(scratch->slot, MODE) != 0)
		return err_sys(err, "chmod %s", scratch->path);
	return 0;
}

int
scratch_check(
	struct scratch *scratch, uint32_t *ret_dirty, uint32_t *ret_replaced, struct err *err)
{
	uint32_t dirty = 0;
	uint32_t replaced = 0;
	int r = check_slot(scratch, err);

	for (int i = 0; r >= 0 && i < LANE_DIRECTORY_COUNT; i++) {
		r = check_one(scratch, (enum lane_directory)i, &replaced, err);
		if (r > 0)
			dirty |= UINT32_C(1) << i;
	}
	if (r < 0)
		return r;
	/* A name beside the four is cleared with whatever directory is at hand. */
	if (scratch->slot_dirty)
		dirty |= UINT32_C(1) << LANE_TMP;
	*ret_dirty = dirty;
	*ret_replaced = replaced;
	return 0;
}

/* Empties an open directory; goes round until a listing shows nothing, since what is removed
 * during a listing may hide what follows it. Each round removes something or fails. */
static int
empty(int fd, struct err *err)
{
	bool found;

	do {
		struct listing listing;
		const char *name = NULL;
		int r;

		found = false;
		listing_begin(&listing, fd);
		while ((r = listing_next(&listing, &name, err)) > 0) {
			found = true;
			if (unlinkat(fd, name, 0) == 0)
				continue;
			r = tree_remove(fd, name, err);
			if (r < 0)
				return r;
		}
		if (r < 0)
			return r;
	} while (found);
	return 0;
}

/* Attributes and access lists would outlive emptying: such a directory is made anew. */
static bool
is_plain(const struct scratch *scratch, int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && is_ours(scratch, &status) &&
		flistxattr(fd, NULL, 0) <= 0;
}

static int
clear_one(
	struct scratch *scratch, enum lane_directory which, uint32_t *replaced, struct err *err)
{
	struct scratch_directory *directory = &scratch->directory[which];
	struct stat status;
	int r = empty(directory->fd, err);

	if (r < 0)
		return err_wrap(err, "empty %s/%s", scratch->path, scratch_name(which));
	if (!is_plain(scratch, directory->fd)) {
		*replaced |= UINT32_C(1) << which;
		return make_anew(scratch, which, err);
	}
	if (fstat(directory->fd, &status) != 0)
		return err_sys(err, "stat %s/%s", scratch->path, scratch_name(which));
	remember(directory, &status);
	return 0;
}

static bool
is_known(const char *name)
{
	for (int i = 0; i < LANE_DIRECTORY_COUNT; i++)
		if (strcmp(name, scratch_name((enum lane_directory)i)) == 0)
			return true;
	return false;
}

static int
clear_slot(struct scratch *scratch, struct err *err)
{
	bool removed;

	do {
		struct listing listing;
		const char *name = NULL;
		int r;

		removed = false;
		listing_begin(&listing, scratch->slot);
		while ((r = listing_next(&listing, &name, err)) > 0) {
			if (is_known(name))
				continue;
			removed = true;
			r = tree_remove(scratch->slot, name, err);
			if (r < 0)
				return err_wrap(err, "%s", scratch->path);
		}
		if (r < 0)
			return r;
	} while (removed);
	return 0;
}

int
scratch_clear(struct scratch *scratch, uint32_t *ret_replaced, struct err *err)
{
	uint32_t replaced = 0;
	struct stat status;
	int r = 0;

	for (int i = 0; r >= 0 && i < LANE_DIRECTORY_COUNT; i++) {
		r = check_one(scratch, (enum lane_directory)i, &replaced, err);
		if (r > 0)
			r = clear_one(scratch, (enum lane_directory)i, &replaced, err);
	}
	if (r == 0 && scratch->slot_dirty) {
		r = clear_slot(scratch, err);
		if (r == 0 && fstat(scratch->slot, &status) != 0)
			r = err_sys(err, "stat %s", scratch->path);
		if (r == 0) {
			remember(&scratch->slot_state, &status);
			scratch->slot_dirty = false;
		}
	}
	if (r < 0)
		return r;
	*ret_replaced = replaced;
	return 0;
}
