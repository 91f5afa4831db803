#include "trace/doctor.h"

#include "base/clock.h"
#include "base/file.h"
#include "exec/machine.h"
#include "exec/probe.h"
#include "store/db.h"
#include "store/run.h"
#include "trace/inventory.h"
#include "trace/shape.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#define KERNEL_MAJOR 5
#define KERNEL_MINOR 15
#define SQLITE_LEAST 3040000
#define SPACE_WARNING ((uint64_t)1 << 30)
#define SPACE_FAILED ((uint64_t)64 << 20)
#define OPEN_FILES_LEAST 512
#define YEAR_2025_US ((int64_t)1735689600 * 1000000)

enum verdict { OK, WARNING, FAILED };

struct doctor {
	const struct doctor_request *request;
	struct builder *b;
	struct arena *arena;
	struct utsname system;
	struct probe probe;
	struct err lane_error; /* its code is 0 where the lane is well */
	const char *place;     /* of the store, or where it would be made */
};

static void
add_check(struct doctor *d, const char *name, enum verdict verdict, const char *found,
	const char *advice)
{
	static const char *const words[] = {"ok", "warning", "failed"};

	builder_object(d->b, NULL);
	builder_cstr(d->b, "name", name);
	builder_cstr(d->b, "status", words[verdict]);
	builder_cstr(d->b, "found", found);
	if (verdict == OK)
		builder_null(d->b, "advice");
	else
		builder_cstr(d->b, "advice", advice);
	builder_end(d->b);
}

/* --- the kernel and what it grants --- */

static void
check_kernel(struct doctor *d)
{
	struct str rest;
	struct str major = str_cut(str_of(d->system.release), '.', &rest);
	uint64_t first = 0;
	uint64_t second = 0;
	size_t digits = 0;
	bool known;

	while (digits < rest.n && rest.p[digits] >= '0' && rest.p[digits] <= '9')
		digits++;
	known = str_to_u64(major, 1000, &first) &&
		str_to_u64((struct str){rest.p, digits}, 100000, &second);
	known = known &&
		(first > KERNEL_MAJOR || (first == KERNEL_MAJOR && second >= KERNEL_MINOR));
	add_check(d, "kernel", known ? OK : FAILED,
		arena_printf(d->arena, "%s %s", d->system.sysname, d->system.release),
		"lily needs Linux 5.15 or newer");
}

static void
check_lane(struct doctor *d)
{
	bool well = d->lane_error.code == 0;

	add_check(d, "lane", well ? OK : FAILED,
		well ? d->request->lane : d->lane_error.message,
		"install lily as a whole, or name the program by --lane: no step runs without "
		"it");
}

/* A number in a file of /proc/sys, or fallback where there is no such setting. */
static uint64_t
setting(const char *path, uint64_t fallback)
{
	AUTO_BUF struct buf text = BUF_INIT(64);
	struct err ignored = ERR_INIT;
	uint64_t number;

	if (file_read(AT_FDCWD, path, &text, &ignored) < 0 ||
		!str_to_u64(str_trim(buf_str(&text)), UINT64_MAX, &number))
		return fallback;
	return number;
}

static const char *
advice_for_namespaces(void)
{
	if (setting("/proc/sys/user/max_user_namespaces", 1) == 0)
		return "set user.max_user_namespaces above 0 (sysctl)";
	if (setting("/proc/sys/kernel/unprivileged_userns_clone", 1) == 0)
		return "set kernel.unprivileged_userns_clone=1 (sysctl)";
	if (setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", 0) == 1)
		return "AppArmor keeps unprivileged programs from user namespaces: give "
		       "lily-lane "
		       "a profile with userns, or set "
		       "kernel.apparmor_restrict_unprivileged_userns=0";
	return "something (a container's seccomp filter, perhaps) refuses namespaces; steps "
	       "that "
	       "daemonise and a lane that is killed can leave processes behind";
}

static void
check_namespaces(struct doctor *d)
{
	if (d->lane_error.code)
		add_check(d, "namespaces", WARNING, "not tried, there is no lane",
			"mend the lane first");
	else if (d->probe.mode == LANE_MODE_PID_NAMESPACE)
		add_check(d, "namespaces", OK, "steps run in a PID namespace of their own", "");
	else
		add_check(d, "namespaces", WARNING,
			"refused: lanes are subreapers, which find the processes of a step "
			"less "
			"surely",
			advice_for_namespaces());
}

static void
check_proc(struct doctor *d)
{
	if (d->lane_error.code || d->probe.mode != LANE_MODE_PID_NAMESPACE)
		return;
	add_check(d, "proc", d->probe.fresh_proc ? OK : WARNING,
		d->probe.fresh_proc ? "steps see a /proc of their own"
				    : "steps see the /proc of all processes",
		"the kernel refuses a fresh /proc where parts of the old one are mounted over, "
		"as "
		"in most containers");
}

/* What the default policy needs. */
static void
check_policies(struct doctor *d)
{
	struct policy_machine machine;
	uint32_t needs = FEATURE_BIT(FEATURE_MOUNT_NAMESPACES) |
		FEATURE_BIT(FEATURE_PID_NAMESPACES) | FEATURE_BIT(FEATURE_NET_NAMESPACES);

	machine_probe(d->request->lane, &machine);
	if ((machine.features & needs) == needs)
		add_check(d, "policies", OK, "steps are held to the default policy", "");
	else if (machine.accepts_s1)
		add_check(d, "policies", WARNING,
			"held as far as Landlock and seccomp go, which was accepted",
			"`lily doctor --accept S2` takes that back");
	else
		add_check(d, "policies", WARNING,
			"runs under the default policy are refused: it needs namespaces",
			machine.is_container
				? "start the container with `--cap-add SYS_ADMIN "
				  "--security-opt "
				  "seccomp=unconfined --security-opt apparmor=unconfined`, or "
				  "accept less with `lily doctor --accept S1`"
				: "allow namespaces, or accept less with `lily doctor --accept "
				  "S1`");
}

static void
check_open_files(struct doctor *d)
{
	struct rlimit limit = {0};
	bool enough;

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	enough = limit.rlim_max >= OPEN_FILES_LEAST;
	add_check(d, "open_files", enough ? OK : WARNING,
		arena_printf(d->arena, "%" PRIu64 " at a time", (uint64_t)limit.rlim_max),
		"raise the limit (ulimit -Hn 1024): each step that runs takes about ten");
}

/* --- the store --- */

static void
check_sqlite(struct doctor *d)
{
	add_check(d, "sqlite", sqlite3_libversion_number() >= SQLITE_LEAST ? OK : FAILED,
		sqlite3_libversion(), "lily needs SQLite 3.40 or newer");
}

static void
check_store(struct doctor *d)
{
	struct store *store = d->request->store;
	bool writable;

	if (!store) {
		add_check(d, "store", WARNING, "none is open",
			"lily init makes one for a workspace");
		return;
	}
	writable = faccessat(AT_FDCWD, store_path(store), W_OK | X_OK, AT_EACCESS) == 0;
	add_check(d, "store", writable ? OK : FAILED,
		arena_printf(d->arena, "%s, %s", store_path(store),
			writable ? "writable" : "not writable"),
		"make the folder yours and its file system writable, or choose another by "
		"--store");
}

static const char *
name_of_file_system(struct arena *arena, uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} known[] = {
		{0xEF53, "ext4"},
		{0x58465342, "XFS"},
		{0x9123683E, "btrfs"},
		{0xF2F52010, "F2FS"},
		{0x2FC12FC1, "ZFS"},
		{0xCA451A4E, "bcachefs"},
		{0x794C7630, "overlayfs"},
		{0x01021994, "tmpfs"},
		{0x01021997, "9p"},
		{0x65735546, "FUSE"},
	};
	const char *network = db_network_file_system((long)type);

	if (network)
		return network;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].type == type)
			return known[i].name;
	return arena_printf(arena, "type 0x%08" PRIx32, type);
}

static void
check_file_system(struct doctor *d)
{
	struct statfs status;
	const char *name;
	uint32_t type;

	if (statfs(d->place, &status) != 0)
		return;
	type = (uint32_t)status.f_type;
	name = name_of_file_system(d->arena, type);
	if (db_network_file_system((long)type))
		add_check(d, "file_system", FAILED, arena_printf(d->arena, "%s", name),
			"keep the store on a local disk (--store DIR, or XDG_STATE_HOME)");
	else if (type == 0x01021994)
		add_check(d, "file_system", WARNING, name,
			"what is kept here is gone when the machine is started again");
	else
		add_check(d, "file_system", OK, name, "");
}

static void
check_space(struct doctor *d)
{
	struct statvfs status;
	uint64_t available;
	enum verdict verdict = OK;

	if (statvfs(d->place, &status) != 0)
		return;
	available = (uint64_t)status.f_bavail * status.f_frsize;
	if (available < SPACE_WARNING)
		verdict = WARNING;
	if (available < SPACE_FAILED)
		verdict = FAILED;
	add_check(d, "disk_space", verdict,
		arena_printf(d->arena, "%" PRIu64 " MiB free on %s", available >> 20, d->place),
		"free space: a full disk interrupts runs");
}

static void
check_clock(struct doctor *d)
{
	char now_text[CLOCK_TEXT_SIZE];
	char then_text[CLOCK_TEXT_SIZE];
	int64_t now = clock_utc_us();
	struct err ignored = ERR_INIT;
	struct run_row *rows;
	size_t n = 0;
	int64_t then = YEAR_2025_US;

	if (d->request->store &&
		run_list(d->request->store, 0, 1, d->arena, &rows, &n, &ignored) == 0 && n)
		then = MAX(then, rows[0].created_us);
	(void)clock_to_text(now, now_text);
	if (now >= then)
		add_check(d, "clock", OK, now_text, "");
	else
		add_check(d, "clock", WARNING,
			arena_printf(d->arena, "%s, but the newest run is of %s", now_text,
				clock_to_text(then, then_text)),
			"set the clock: times in records will mislead, their order will not");
}

/* --- the whole --- */

typedef void check_fn(struct doctor *d);

static check_fn *const checks[] = {
	check_kernel,
	check_lane,
	check_namespaces,
	check_proc,
	check_policies,
	check_open_files,
	check_sqlite,
	check_store,
	check_file_system,
	check_space,
	check_clock,
};

/* The nearest directory that exists at or above the place of a store. */
static const char *
find_place(struct doctor *d)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (d->request->store)
		return store_path(d->request->store);
	if (state && access(state, X_OK) == 0)
		return state;
	return home && access(home, X_OK) == 0 ? home : "/";
}

static void
add_lane(struct doctor *d)
{
	bool well = d->lane_error.code == 0;

	builder_object(d->b, "lane");
	builder_cstr(d->b, "path", d->request->lane);
	if (well)
		builder_cstr(d->b, "mode", lane_mode_name(d->probe.mode));
	else
		builder_null(d->b, "mode");
	if (well)
		builder_null(d->b, "problem");
	else
		builder_cstr(d->b, "problem", d->lane_error.message);
	builder_end(d->b);
}

static int
add_store(struct doctor *d, struct err *err)
{
	int r;

	if (!d->request->store) {
		builder_null(d->b, "store");
		return 0;
	}
	builder_object(d->b, "store");
	r = inventory_add_members(d->b, d->request->store, d->request->workspace, err);
	builder_end(d->b);
	return r;
}

int
doctor_examine(const struct doctor_request *request, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	struct doctor d = {.request = request, .b = &b, .arena = arena, .lane_error = ERR_INIT};
	int r;

	(void)uname(&d.system);
	d.place = find_place(&d);
	if (probe_lane(request->lane, &d.probe, &d.lane_error) < 0)
		(void)err_wrap(&d.lane_error, "%s", request->lane);
	builder_object(&b, NULL);
	builder_cstr(&b, "version", request->version);
	builder_cstr(&b, "kernel", d.system.release);
	add_lane(&d);
	r = add_store(&d, err);
	if (r < 0)
		return r;
	builder_array(&b, "checks");
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		checks[i](&d);
	builder_end(&b);
	builder_end(&b);
	*ret_value = builder_root(&b);
	return 0;
}
