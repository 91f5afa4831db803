#include "exec/machine.h"

#include "base/file.h"
#include "exec/probe.h"
#include "sandbox/landlock.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#define CGROUPS "/sys/fs/cgroup"
/* Unprivileged mounts of it. */
#define OVERLAY_MAJOR 5
#define OVERLAY_MINOR 11

/* A small file of /proc or /sys; empty where it cannot be read. */
static struct str
read_file(const char *path, struct buf *b)
{
	struct err ignored = ERR_INIT;

	if (file_read(AT_FDCWD, path, b, &ignored) < 0)
		return STR_EMPTY;
	return buf_str(b);
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

void
machine_probe(const char *lane, struct policy_machine *ret_machine)
{
	struct policy_machine machine = {
		.landlock = (uint32_t)landlock_abi(), .is_root = geteuid() == 0};
	struct err ignored = ERR_INIT;
	struct probe probe;

	if (machine.landlock)
		machine.features |= FEATURE_BIT(FEATURE_LANDLOCK);
	if (has_seccomp())
		machine.features |= FEATURE_BIT(FEATURE_SECCOMP);
	if (has_cgroup())
		machine.features |= FEATURE_BIT(FEATURE_CGROUP);
	if (probe_lane(lane, &probe, &ignored) == 0 && probe.mode == LANE_MODE_PID_NAMESPACE) {
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
