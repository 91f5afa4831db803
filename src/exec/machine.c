#include "exec/machine.h"

#include "base/file.h"
#include "exec/acceptance.h"
#include "sandbox/landlock.h"
#include "sandbox/lane.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#define CGROUPS "/sys/fs/cgroup"
/* Unprivileged mounts of it. */
#define OVERLAY_MAJOR 5
#define OVERLAY_MINOR 11
#define MOUNTS_MAX ((size_t)64 << 20)

/* A small file of /proc or /sys; empty where it cannot be read. */
static struct str
read_file(const char *path, struct buf *b)
{
	struct err ignored = ERR_INIT;

	if (file_read(AT_FDCWD, path, b, &ignored) < 0)
		return STR_EMPTY;
	return buf_str(b);
}

/* proc(5): blanks, line feeds and backslashes of a path are "\\ooo" in mountinfo. */
static struct str
unescape(struct arena *arena, struct str text)
{
	char *path = arena_bytes(arena, text.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < text.n; n++) {
		if (text.p[i] == '\\' && i + 3 < text.n) {
			path[n] = (char)((text.p[i + 1] - '0') << 6 |
				(text.p[i + 2] - '0') << 3 | (text.p[i + 3] - '0'));
			i += 4;
		} else {
			path[n] = text.p[i++];
		}
	}
	path[n] = '\0';
	return (struct str){path, n};
}

const char *
machine_find_mount(const char *folder, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT(MOUNTS_MAX);
	struct str above =
		str_of(arena_printf(arena, "%s/", strcmp(folder, "/") ? folder : ""));
	struct str rest = read_file("/proc/self/mountinfo", &b);

	while (rest.n) {
		struct str line = str_cut(rest, '\n', &rest);
		struct str field = STR_EMPTY;
		struct str path;

		/* "36 35 98:0 /root /place …": the fifth. */
		for (int i = 0; i < 5; i++)
			field = str_cut(line, ' ', &line);
		path = unescape(arena, field);
		if (path.n > above.n && str_starts(path, above))
			return path.p;
	}
	return NULL;
}

static bool
has_word(const char *path, const char *word)
{
	static const char blanks[] = " \t\n";
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	const char *p;

	(void)read_file(path, &b);
	for (p = buf_cstr(&b); *p; p += strcspn(p, blanks)) {
		p += strspn(p, blanks);
		if (str_is((struct str){p, strcspn(p, blanks)}, word))
			return true;
	}
	return false;
}

static bool
is_positive(const char *path)
{
	AUTO_BUF struct buf b = BUF_INIT(64);
	uint64_t number;

	return str_to_u64(str_trim(read_file(path, &b)), UINT64_MAX, &number) && number > 0;
}

/* Only kernels with filters have that file. */
static bool
has_seccomp(void)
{
	return has_word("/proc/sys/kernel/seccomp/actions_avail", "errno");
}

static bool
has_overlay(void)
{
	struct utsname system;
	int major;
	int minor;

	if (uname(&system) < 0 || sscanf(system.release, "%d.%d", &major, &minor) != 2)
		return false;
	return (major > OVERLAY_MAJOR || (major == OVERLAY_MAJOR && minor >= OVERLAY_MINOR)) &&
		has_word("/proc/filesystems", "overlay");
}

/* Whether the cgroup that this process is in can have others below it, with limits: "0::/PATH". */
static bool
has_cgroup(void)
{
	AUTO_BUF struct buf b = BUF_INIT(8192);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str rest = read_file("/proc/self/cgroup", &b);
	const char *folder = NULL;
	struct statfs system;

	while (rest.n && !folder) {
		struct str line = str_cut(rest, '\n', &rest);

		if (str_starts(line, STR("0::/")))
			folder = arena_printf(
				&arena, CGROUPS "%.*s", (int)(line.n - 3), line.p + 3);
	}
	if (!folder || statfs(CGROUPS, &system) < 0 || system.f_type != CGROUP2_SUPER_MAGIC)
		return false;
	return access(folder, W_OK) == 0 &&
		access(arena_printf(&arena, "%s/cgroup.procs", folder), W_OK) == 0 &&
		has_word(arena_printf(&arena, "%s/cgroup.controllers", folder), "memory") &&
		has_word(arena_printf(&arena, "%s/cgroup.controllers", folder), "pids");
}

/* Docker's mark, and that of Podman and others. */
static bool
is_container(void)
{
	return access("/.dockerenv", F_OK) == 0 || access("/run/.containerenv", F_OK) == 0;
}

void
machine_probe(const char *lane, struct policy_machine *ret_machine)
{
	struct policy_machine machine = {.landlock = (uint32_t)landlock_abi(),
		.is_root = geteuid() == 0,
		.accepts_s1 = acceptance_of_s1(),
		.is_container = is_container()};

	if (machine.landlock)
		machine.features |= FEATURE_BIT(FEATURE_LANDLOCK);
	if (has_seccomp())
		machine.features |= FEATURE_BIT(FEATURE_SECCOMP);
	if (has_cgroup())
		machine.features |= FEATURE_BIT(FEATURE_CGROUP);
	if (lane_gets_namespaces(lane)) {
		machine.features |= FEATURE_BIT(FEATURE_PID_NAMESPACES) |
			FEATURE_BIT(FEATURE_MOUNT_NAMESPACES);
		if (!machine.is_root)
			machine.features |= FEATURE_BIT(FEATURE_USER_NAMESPACES);
		if (is_positive("/proc/sys/user/max_net_namespaces"))
			machine.features |= FEATURE_BIT(FEATURE_NET_NAMESPACES);
		if (has_overlay())
			machine.features |= FEATURE_BIT(FEATURE_OVERLAY);
	}
	*ret_machine = machine;
}
