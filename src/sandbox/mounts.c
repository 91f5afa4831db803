#include "sandbox/mounts.h"

#include "base/file.h"
#include "sandbox/network.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#define TAKE (OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE)
#define BOTH_EMPTY (MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH)
#define NULL_DEVICE "/dev/null"
#define PATH_SIZE 4096
#define NAMES_MAX ((size_t)1 << 20)

struct mounts {
	const struct walls *walls;
	const char *slot;
	int *before; /* of each operation: what it takes from before, or -1 */
	int *masks;  /* of each operation: what is to become read-only at the end, or -1 */
};

/* What /proc shows of the machine and not of its processes: read-only, or not at all. */
static const struct wall_mount proc_parts[] = {
	/* The lane: root without a capability still owns these files. */
	{WALL_LOCK, WALL_IF_THERE, "/proc/1", 0},
	{WALL_LOCK, WALL_IF_THERE, "/proc/sys", 0},
	{WALL_LOCK, WALL_IF_THERE, "/proc/sysrq-trigger", 0},
	{WALL_LOCK, WALL_IF_THERE, "/proc/irq", 0},
	{WALL_LOCK, WALL_IF_THERE, "/proc/bus", 0},
	{WALL_LOCK, WALL_IF_THERE, "/proc/fs", 0},
	{WALL_LOCK, WALL_IF_THERE, "/proc/mtrr", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/acpi", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/scsi", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/kcore", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/keys", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/key-users", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/kallsyms", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/timer_list", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/sched_debug", 0},
	{WALL_HIDE, WALL_IF_THERE, "/proc/latency_stats", 0},
};

static const char *const slot_parts[] = {"home", "tmp", "in", "out"};

int
mounts_open(const char *path, int *ret_fd, struct err *err)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC | O_NOFOLLOW,
		.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS};
	AUTO_CLOSE int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
	struct stat status;

	if (fd < 0 || fstat(fd, &status) != 0)
		return err_sys(err, "open %s", path);
	if (S_ISLNK(status.st_mode)) {
		errno = ELOOP;
		return err_sys(err, "open %s", path);
	}
	*ret_fd = fd_take(&fd);
	return 0;
}

static int
set_attributes(
	int fd, const char *path, unsigned recursive, uint64_t attributes, struct err *err)
{
	struct mount_attr attr = {.attr_set = attributes};

	if (mount_setattr(fd, "", AT_EMPTY_PATH | recursive, &attr, sizeof(attr)) != 0)
		return err_sys(err, "mount_setattr %s", path);
	return 0;
}

/* A detached copy of all that is mounted from here down. */
static int
take(const char *path, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int place = -1;
	int r = mounts_open(path, &place, err);

	if (r < 0)
		return r;
	*ret_fd = open_tree(place, "", TAKE);
	return *ret_fd < 0 ? err_sys(err, "open_tree %s", path) : 0;
}

static int
put_at(int tree, int place, const char *path, struct err *err)
{
	if (move_mount(tree, "", place, "", BOTH_EMPTY) != 0)
		return err_sys(err, "move_mount %s", path);
	return 0;
}

static int
put(int tree, const char *path, struct err *err)
{
	AUTO_CLOSE int place = -1;
	int r = mounts_open(path, &place, err);

	return r < 0 ? r : put_at(tree, place, path, err);
}

/* A new file system, detached. */
static int
make(const char *type, const char *const *options, uint64_t attributes, int *ret_fd,
	struct err *err)
{
	AUTO_CLOSE int context = fsopen(type, FSOPEN_CLOEXEC);

	if (context < 0)
		return err_sys(err, "fsopen %s", type);
	for (; *options; options += 2)
		if (fsconfig(context, FSCONFIG_SET_STRING, options[0], options[1], 0) != 0)
			return err_sys(err, "%s of %s", options[0], type);
	if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
		return err_sys(err, "make a %s", type);
	*ret_fd = fsmount(context, FSMOUNT_CLOEXEC, (unsigned)attributes);
	return *ret_fd < 0 ? err_sys(err, "fsmount %s", type) : 0;
}

static int
make_memory(uint64_t size, const char *mode, int *ret_fd, struct err *err)
{
	char bytes[32];
	const char *const options[] = {"size", bytes, "mode", mode, "nr_inodes", "65536", NULL};

	(void)snprintf(bytes, sizeof(bytes), "%llu", (unsigned long long)size);
	return make("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, ret_fd, err);
}

/* Makes what is missing of a path below a mask, its last component a directory or a file; elsewhere
 * the file system says that it is read-only. */
static int
make_place(const char *path, bool is_directory, struct err *err)
{
	char part[PATH_SIZE];
	size_t n = strlen(path);

	if (n >= sizeof(part))
		return err_set(err, ERR_LIMIT, "%s is longer than %d", path, PATH_SIZE);
	for (size_t i = 1; i <= n; i++) {
		bool is_last = i == n;
		AUTO_CLOSE int fd = -1;

		if (!is_last && path[i] != '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		fd = open(part, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0)
			continue;
		if (errno != ENOENT)
			return err_sys(err, "open %s", part);
		if (!is_last || is_directory) {
			if (mkdir(part, 0755) != 0 || chmod(part, 0755) != 0)
				return err_sys(err, "make %s", part);
			continue;
		}
		fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0444);
		if (fd < 0)
			return err_sys(err, "make %s", part);
	}
	return 0;
}

/* Puts what was taken from before where it was. */
static int
put_back(int tree, const char *path, uint64_t attributes, struct err *err)
{
	struct stat status;
	int r;

	if (fstat(tree, &status) != 0)
		return err_sys(err, "stat %s", path);
	r = make_place(path, S_ISDIR(status.st_mode), err);
	if (r == 0)
		r = set_attributes(tree, path, AT_RECURSIVE, attributes, err);
	return r < 0 ? r : put(tree, path, err);
}

/* On itself, as it is now. */
static int
bind_again(const char *path, uint64_t attributes, struct err *err)
{
	AUTO_CLOSE int tree = -1;
	int r = take(path, &tree, err);

	if (r == 0 && attributes)
		r = set_attributes(tree, path, AT_RECURSIVE, attributes, err);
	return r < 0 ? r : put(tree, path, err);
}

/* A file is hidden by a device that cannot be opened: not empty, but not to be had. */
static int
hide_file(int place, const char *path, struct err *err)
{
	AUTO_CLOSE int tree = -1;
	int r = take(NULL_DEVICE, &tree, err);

	if (r == 0)
		r = set_attributes(tree, path, 0,
			MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
	return r < 0 ? r : put_at(tree, place, path, err);
}

/* Becomes read-only only when all that is shown below has a place. */
static int
hide(const char *path, int *ret_mask, struct err *err)
{
	AUTO_CLOSE int place = -1;
	AUTO_CLOSE int mask = -1;
	struct stat status;
	int r = mounts_open(path, &place, err);

	if (r < 0)
		return r;
	if (fstat(place, &status) != 0)
		return err_sys(err, "stat %s", path);
	if (!S_ISDIR(status.st_mode))
		return hide_file(place, path, err);
	r = make_memory((uint64_t)1 << 20, "0755", &mask, err);
	if (r == 0)
		r = put_at(mask, place, path, err);
	if (r == 0)
		*ret_mask = fd_take(&mask);
	return r;
}

static int
add_memory(const char *path, uint64_t size, struct err *err)
{
	AUTO_CLOSE int tree = -1;
	int r = make_memory(size, "1777", &tree, err);

	if (r == 0)
		r = make_place(path, true, err);
	return r < 0 ? r : put(tree, path, err);
}

static int
add_system(const char *type, const char *const *options, const char *path, struct err *err)
{
	AUTO_CLOSE int tree = -1;
	int r = make(type, options,
		MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC |
			(strcmp(type, "devpts") == 0 ? 0 : MOUNT_ATTR_NODEV),
		&tree, err);

	if (r == 0)
		r = make_place(path, true, err);
	return r < 0 ? r : put(tree, path, err);
}

/* /dev with the names that programs know, and terminals of its own. */
static int
add_devices(const char *path, int *ret_mask, struct err *err)
{
	static const char *const links[][2] = {{"/proc/self/fd", "fd"},
		{"/proc/self/fd/0", "stdin"}, {"/proc/self/fd/1", "stdout"},
		{"/proc/self/fd/2", "stderr"}, {"pts/ptmx", "ptmx"}};
	static const char *const terminals[] = {"ptmxmode", "0666", "mode", "0620", NULL};
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int r = hide(path, ret_mask, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(links); i++) {
		const char *name = arena_printf(&arena, "%s/%s", path, links[i][1]);

		if (symlink(links[i][0], name) != 0)
			r = err_sys(err, "make %s", name);
	}
	if (r == 0)
		r = add_system("devpts", terminals, arena_printf(&arena, "%s/pts", path), err);
	return r;
}

static int
lock_parts_of_proc(struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(proc_parts); i++) {
		AUTO_CLOSE int mask = -1;
		struct err why = ERR_INIT;
		struct stat status;

		if (lstat(proc_parts[i].path, &status) != 0)
			continue;
		r = proc_parts[i].kind == WALL_LOCK
			? bind_again(proc_parts[i].path, MOUNT_ATTR_RDONLY, &why)
			: hide(proc_parts[i].path, &mask, &why);
		if (r == 0 && mask >= 0)
			r = set_attributes(
				mask, proc_parts[i].path, 0, MOUNT_ATTR_RDONLY, &why);
		if (r < 0)
			*err = why;
	}
	return r;
}

static int
show_slot(const struct mounts *mounts, int tree, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	int r = put_back(tree, mounts->slot, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(slot_parts); i++)
		r = bind_again(
			arena_printf(&arena, "%s/%s", mounts->slot, slot_parts[i]), 0, err);
	return r;
}

/* The slot's tmp as it was before: by now the slot itself may be hidden. */
static int
take_temporary(const struct mounts *mounts, int *ret_fd, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;

	return take(arena_printf(&arena, "%s/tmp", mounts->slot), ret_fd, err);
}

static int
seal(const char *path, struct err *err)
{
	AUTO_CLOSE int place = -1;
	int r = mounts_open(path, &place, err);

	if (r < 0)
		return r;
	return set_attributes(place, path, AT_RECURSIVE,
		MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, err);
}

/* A file of its own, as a mount that can be put anywhere. Only what is mounted somewhere can be cloned
 * (open_tree(2)), so it stands for a moment in the slot. */
static int
make_names(const struct mounts *mounts, int *ret_fd, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUF struct buf text = BUF_INIT(NAMES_MAX);
	const char *folder = arena_printf(&arena, "%s/tmp", mounts->slot);
	AUTO_CLOSE int memory = -1;
	AUTO_CLOSE int file = -1;
	int r = make_memory(NAMES_MAX, "0755", &memory, err);

	network_write_names(mounts->walls, &text);
	if (r == 0)
		r = buf_check(&text, "the names of hosts", err);
	if (r < 0)
		return r;
	file = openat(memory, "hosts", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (file < 0 || fchmod(file, 0444) != 0)
		return err_sys(err, "make a file of names");
	r = file_write(file, text.p, text.n, err);
	if (r == 0)
		r = put(memory, folder, err);
	if (r < 0)
		return r;
	r = take(arena_printf(&arena, "%s/hosts", folder), ret_fd, err);
	if (umount2(folder, MNT_DETACH) != 0 && r == 0)
		r = err_sys(err, "umount %s", folder);
	return r;
}

static int
carry_out(struct mounts *mounts, size_t i, struct err *err)
{
	static const char *const no_options[] = {NULL};
	const struct wall_mount *mount = &mounts->walls->mounts[i];
	int before = mounts->before[i];
	const uint64_t plain = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
	int r;

	switch (mount->kind) {
	case WALL_SEAL: return seal(mount->path, err);
	case WALL_HIDE:
		r = make_place(mount->path, true, err);
		return r < 0 ? r : hide(mount->path, &mounts->masks[i], err);
	case WALL_SHOW: return put_back(before, mount->path, plain | MOUNT_ATTR_RDONLY, err);
	case WALL_OPEN: return put_back(before, mount->path, plain, err);
	case WALL_PIN: return bind_again(mount->path, 0, err);
	case WALL_LOCK: return bind_again(mount->path, MOUNT_ATTR_RDONLY, err);
	case WALL_MEMORY: return add_memory(mount->path, mount->size, err);
	case WALL_PROCESSES:
		r = put(before, mount->path, err);
		return r < 0 ? r : lock_parts_of_proc(err);
	case WALL_DEVICES: return add_devices(mount->path, &mounts->masks[i], err);
	case WALL_DEVICE: return put_back(before, mount->path, MOUNT_ATTR_NOEXEC, err);
	case WALL_QUEUES: return add_system("mqueue", no_options, mount->path, err);
	case WALL_SLOT: return show_slot(mounts, before, err);
	case WALL_TEMPORARY:
		r = set_attributes(before, mount->path, 0, plain, err);
		return r < 0 ? r : put(before, mount->path, err);
	case WALL_NAMES:
		r = set_attributes(before, mount->path, 0,
			plain | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC, err);
		return r < 0 ? r : put(before, mount->path, err);
	case WALL_KIND_COUNT: break;
	}
	return err_set(err, ERR_INVALID, "wall %d is of no kind", (int)mount->kind);
}

static int
take_one(struct mounts *mounts, size_t i, struct err *err)
{
	static const char *const no_options[] = {NULL};
	const struct wall_mount *mount = &mounts->walls->mounts[i];

	switch (mount->kind) {
	case WALL_SHOW:
	case WALL_OPEN:
	case WALL_DEVICE: return take(mount->path, &mounts->before[i], err);
	case WALL_SLOT: return take(mounts->slot, &mounts->before[i], err);
	case WALL_TEMPORARY: return take_temporary(mounts, &mounts->before[i], err);
	case WALL_NAMES: return make_names(mounts, &mounts->before[i], err);
	/* Only while the old one can be seen whole, the kernel lets a user mount one. */
	case WALL_PROCESSES:
		return make("proc", no_options,
			MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
			&mounts->before[i], err);
	case WALL_SEAL:
	case WALL_HIDE:
	case WALL_PIN:
	case WALL_LOCK:
	case WALL_MEMORY:
	case WALL_DEVICES:
	case WALL_QUEUES:
	case WALL_KIND_COUNT: break;
	}
	return 0;
}

/* What is not there, if it need not be. */
static bool
is_absent(const struct wall_mount *mount)
{
	struct stat status;

	return mount->flags & WALL_IF_THERE && lstat(mount->path, &status) != 0 &&
		(errno == ENOENT || errno == ENOTDIR);
}

static int
each(struct mounts *mounts, int (*act)(struct mounts *, size_t, struct err *), struct err *err)
{
	for (size_t i = 0; i < mounts->walls->n_mounts; i++) {
		const struct wall_mount *mount = &mounts->walls->mounts[i];

		/* What was taken is put back also where a mask has hidden it since. */
		if (mounts->before[i] < 0 && is_absent(mount))
			continue;
		if (act(mounts, i, err) < 0)
			return err_wrap(err, "wall %zu: %s %s", i, wall_kind_name(mount->kind),
				mount->path);
	}
	return 0;
}

static int
close_masks(struct mounts *mounts, size_t i, struct err *err)
{
	if (mounts->masks[i] < 0)
		return 0;
	return set_attributes(
		mounts->masks[i], mounts->walls->mounts[i].path, 0, MOUNT_ATTR_RDONLY, err);
}

int
mounts_carry_out(const struct walls *walls, const char *slot, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct mounts mounts = {
		.walls = walls,
		.slot = slot,
		.before = ARENA_ARRAY(&arena, walls->n_mounts, int),
		.masks = ARENA_ARRAY(&arena, walls->n_mounts, int),
	};
	int r;

	for (size_t i = 0; i < walls->n_mounts; i++) {
		mounts.before[i] = -1;
		mounts.masks[i] = -1;
	}
	r = each(&mounts, take_one, err);
	if (r == 0)
		r = each(&mounts, carry_out, err);
	if (r == 0)
		r = each(&mounts, close_masks, err);
	for (size_t i = 0; i < walls->n_mounts; i++) {
		fd_close(&mounts.before[i]);
		fd_close(&mounts.masks[i]);
	}
	return r;
}
