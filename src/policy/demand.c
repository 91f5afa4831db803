#include "policy/demand.h"

#include "policy/sets.h"

#define BIT(name) FEATURE_BIT(FEATURE_##name)
#define MOUNTS (BIT(USER_NAMESPACES) | BIT(MOUNT_NAMESPACES))

/* --- who makes a demand --- */

static bool
always(const struct policy *policy)
{
	(void)policy;
	return true;
}

static bool
limits_write(const struct policy *policy)
{
	return !(policy->write.n == 1 && strcmp(policy->write.items[0].path, "/") == 0);
}

/* Whether there is something within what may be written that may not. */
static bool
has_guards(const struct policy *policy)
{
	for (size_t i = 0; i < policy->protect.n; i++) {
		const struct policy_path *entry = &policy->protect.items[i];
		const struct policy_path *obstacle;

		if (sets_admit(&policy->write, &policy->hidden, NULL, entry->path, &obstacle))
			return true;
	}
	return false;
}

static bool
hides_some(const struct policy *policy)
{
	return policy->reads_all && policy->hidden.n;
}

static bool
lists_readable(const struct policy *policy)
{
	return !policy->reads_all;
}

static bool
denies(const struct policy *policy)
{
	return policy->deny.n > 0;
}

static bool
lists_tools(const struct policy *policy)
{
	return !policy->any_tools;
}

static bool
forbids_net(const struct policy *policy)
{
	return policy->net == POLICY_NET_DENY;
}

static bool
lets_in_loopback(const struct policy *policy)
{
	return policy->net == POLICY_NET_LOOPBACK;
}

static bool
lists_hosts(const struct policy *policy)
{
	return policy->net == POLICY_NET_HOSTS;
}

static bool
lists_env(const struct policy *policy)
{
	return !policy->any_env;
}

static bool
limits_devices(const struct policy *policy)
{
	return !(policy->devices.n == 1 && strcmp(policy->devices.items[0].path, "/dev") == 0);
}

static bool
limits_visible_devices(const struct policy *policy)
{
	return policy->reads_all && limits_devices(policy);
}

static bool
limits_listed_devices(const struct policy *policy)
{
	return !policy->reads_all && limits_devices(policy);
}

static bool
forbids_sockets(const struct policy *policy)
{
	return policy->sockets.n == 0;
}

static bool
limits_sockets(const struct policy *policy)
{
	return policy->sockets.n && strcmp(policy->sockets.items[0].path, "/") != 0;
}

static bool
limits_diff(const struct policy *policy)
{
	const struct policy_diff any = POLICY_DIFF_ANY;

	return policy->max_diff.files != any.files || policy->max_diff.lines != any.lines ||
		policy->max_diff.bytes != any.bytes ||
		policy->max_diff.file_bytes != any.file_bytes;
}

#define LIMITS_ONE(name, member)                      \
	static bool name(const struct policy *policy) \
	{                                             \
		return policy->limits.member > 0;     \
	}

LIMITS_ONE(limits_processes, processes)
LIMITS_ONE(limits_cpu, cpu_us)
LIMITS_ONE(limits_open_files, open_files)
LIMITS_ONE(limits_file_size, file_size)
LIMITS_ONE(limits_output, output)
LIMITS_ONE(limits_disk, disk)
LIMITS_ONE(limits_memory, memory)
LIMITS_ONE(limits_memory_per_process, memory_per_process)

/* --- the table --- */

#define ENFORCED(by, features, abi)                  \
	{                                            \
		HOLD_ENFORCED, by, (features), (abi) \
	}
#define DETECTED(by)                    \
	{                               \
		HOLD_DETECTED, by, 0, 0 \
	}
#define NOT_YET(by)                                \
	{                                          \
		HOLD_DETECTED, by, BIT(UNBUILT), 0 \
	}
#define BY_LILY(by) ENFORCED(by, 0, 0)

const struct demand_row demand_rows[] = {
	{POLICY_WRITE, "nothing else is written", false, limits_write,
		/* LANDLOCK_ACCESS_FS_TRUNCATE is of ABI 3. */
		{[TIER_S1] = ENFORCED("Landlock", BIT(LANDLOCK), 3),
			[TIER_S2] = ENFORCED("read-only mounts", MOUNTS, 0)}},
	{POLICY_READ, "hidden places are not seen", false, hides_some,
		{[TIER_S2] = ENFORCED("empty mounts", MOUNTS, 0)}},
	{POLICY_READ, "nothing else is read", false, lists_readable,
		{[TIER_S1] = ENFORCED("Landlock", BIT(LANDLOCK), 1),
			[TIER_S2] =
				ENFORCED("mounts and Landlock", MOUNTS | BIT(LANDLOCK), 1)}},
	{POLICY_DENY, "denied paths are not there", false, denies,
		{[TIER_S2] = ENFORCED("empty mounts", MOUNTS, 0)}},
	{POLICY_PROTECT, "protected paths are not written", false, has_guards,
		{[TIER_S2] = ENFORCED("read-only mounts", MOUNTS, 0)}},
	{POLICY_TOOLS, "no other program starts", false, lists_tools,
		{[TIER_S1] = ENFORCED(
			 "Landlock and seccomp", BIT(LANDLOCK) | BIT(SECCOMP), 1)}},
	{POLICY_NET, "there is no network", false, forbids_net,
		{[TIER_S1] = ENFORCED("seccomp", BIT(SECCOMP), 0),
			[TIER_S2] = ENFORCED("a network namespace",
				BIT(USER_NAMESPACES) | BIT(NET_NAMESPACES), 0)}},
	{POLICY_NET, "no other host is reached", false, lets_in_loopback,
		{[TIER_S2] = ENFORCED("a network namespace",
			 BIT(USER_NAMESPACES) | BIT(NET_NAMESPACES), 0)}},
	{POLICY_NET, "no other host is reached", false, lists_hosts,
		{[TIER_S2] = ENFORCED(
			 "listeners in a network namespace", MOUNTS | BIT(NET_NAMESPACES), 0)}},
	{POLICY_ENV, "no other variable is handed over", false, lists_env,
		{[TIER_S0] = ENFORCED("lily itself", 0, 0)}},
	{POLICY_DEVICES, "no other device is used", false, limits_visible_devices,
		{[TIER_S2] = ENFORCED("a /dev of its own", MOUNTS, 0)}},
	/* LANDLOCK_ACCESS_FS_IOCTL_DEV is of ABI 5. */
	{POLICY_DEVICES, "no other device is used", false, limits_listed_devices,
		{[TIER_S1] = ENFORCED("Landlock", BIT(LANDLOCK), 5),
			[TIER_S2] = ENFORCED("a /dev of its own", MOUNTS, 0)}},
	{POLICY_SOCKETS, "no unix socket is used", false, forbids_sockets,
		{[TIER_S1] = ENFORCED("seccomp", BIT(SECCOMP), 0)}},
	{POLICY_SOCKETS, "no other unix socket is used", false, limits_sockets,
		/* LANDLOCK_ACCESS_FS_RESOLVE_UNIX is of ABI 9. */
		{[TIER_S1] = ENFORCED("Landlock", BIT(LANDLOCK), 9)}},
	{POLICY_MAX_DIFF, "no larger change is made", true, limits_diff,
		{[TIER_S0] = NOT_YET("a comparison afterwards"),
			[TIER_S3] = ENFORCED("an overlay that is not applied",
				BIT(UNBUILT) | MOUNTS | BIT(OVERLAY) | BIT(TRANSACTION), 0)}},
	{POLICY_LIMITS, "processes", true, limits_processes,
		{[TIER_S0] = DETECTED("counting"),
			[TIER_S2] = ENFORCED("a cgroup", BIT(UNBUILT) | BIT(CGROUP), 0)}},
	{POLICY_LIMITS, "cpu", true, limits_cpu, {[TIER_S0] = DETECTED("counting")}},
	{POLICY_LIMITS, "open_files", true, limits_open_files,
		{[TIER_S0] = BY_LILY("RLIMIT_NOFILE")}},
	{POLICY_LIMITS, "file_size", true, limits_file_size,
		{[TIER_S0] = BY_LILY("RLIMIT_FSIZE")}},
	{POLICY_LIMITS, "output", true, limits_output, {[TIER_S0] = BY_LILY("lily itself")}},
	{POLICY_LIMITS, "disk", true, limits_disk, {[TIER_S0] = NOT_YET("counting")}},
	{POLICY_LIMITS, "memory", true, limits_memory,
		{[TIER_S0] = DETECTED("counting"),
			[TIER_S2] = ENFORCED("a cgroup", BIT(UNBUILT) | BIT(CGROUP), 0)}},
	{POLICY_LIMITS, "memory_per_process", true, limits_memory_per_process,
		{[TIER_S0] = BY_LILY("RLIMIT_AS")}},
	/* Signals are scoped from ABI 6 on; ptrace(2) never leaves a domain. */
	{POLICY_OTHERS, "no other process is touched", false, always,
		{[TIER_S1] = ENFORCED("Landlock", BIT(LANDLOCK), 6),
			[TIER_S2] = ENFORCED("a PID namespace",
				BIT(USER_NAMESPACES) | BIT(PID_NAMESPACES), 0)}},
};
const size_t demand_rows_count = ARRAY_SIZE(demand_rows);
