#include "policy/walls.h"

#include "base/file.h"
#include "base/memory.h"
#include "policy/git_directories.h"
#include "policy/listeners.h"
#include "policy/location.h"
#include "sandbox/filter.h"
#include "sandbox/landlock.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define HOSTS_FILE "/etc/hosts"
#define PROCESSES "/proc" /* each lane has one of its own, which nothing is put over */
#define TEMPORARY "/tmp"
#define SHARED_MEMORY "/dev/shm"
#define LINKS_MAX 40 /* as path_resolution(7) */
#define MEMORY_BYTES ((uint64_t)1 << 30)

/* What is put over, and back into, the whole: in the order of paths, so that parents come first. */
struct opening {
	const char *path;
	enum wall_kind kind; /* HIDE, SHOW, OPEN: of one path the last one holds */
};

/* What is shut again inside of it. */
struct shutting {
	const char *path;
	enum policy_clause clause;
};

struct builder {
	const struct policy *policy;
	const struct walls_surroundings *surroundings;
	struct arena *arena;
	struct walls_plan *plan;
	struct opening *openings;
	size_t n_openings;
	size_t openings_capacity;
	struct shutting *shuttings;
	size_t n_shuttings;
	size_t shuttings_capacity;
	struct wall_mount *mounts;
	size_t n_mounts;
	size_t mounts_capacity;
	struct wall_rule *rules;
	size_t n_rules;
	size_t rules_capacity;
	struct walls_absent *absent;
	size_t n_absent;
	size_t absent_capacity;
	struct git_directories git; /* of the folder that was looked through last */
};

/* Whether something is there; a link is. */
static bool
exists(const char *path, struct stat *ret_status)
{
	return lstat(path, ret_status) == 0;
}

static void
add_mount(
	struct builder *b, enum wall_kind kind, const char *path, uint32_t flags, uint64_t size)
{
	b->mounts =
		memory_grow(b->mounts, b->n_mounts, &b->mounts_capacity, sizeof(*b->mounts));
	b->mounts[b->n_mounts++] = (struct wall_mount){kind, flags, path, size};
}

static void
add_rule(struct builder *b, const char *path, uint64_t access)
{
	b->rules = memory_grow(b->rules, b->n_rules, &b->rules_capacity, sizeof(*b->rules));
	b->rules[b->n_rules++] = (struct wall_rule){access, path};
}

static void
add_opening(struct builder *b, enum wall_kind kind, const char *path)
{
	struct stat status;

	if (!exists(path, &status) || S_ISLNK(status.st_mode))
		return;
	b->openings = memory_grow(
		b->openings, b->n_openings, &b->openings_capacity, sizeof(*b->openings));
	b->openings[b->n_openings++] = (struct opening){path, kind};
}

static void
add_shutting(struct builder *b, enum policy_clause clause, const char *path)
{
	b->shuttings = memory_grow(
		b->shuttings, b->n_shuttings, &b->shuttings_capacity, sizeof(*b->shuttings));
	b->shuttings[b->n_shuttings++] = (struct shutting){.path = path, .clause = clause};
}

static void
add_absent(struct builder *b, enum policy_clause clause, const char *path, const char *target)
{
	b->absent =
		memory_grow(b->absent, b->n_absent, &b->absent_capacity, sizeof(*b->absent));
	b->absent[b->n_absent++] = (struct walls_absent){path, target, clause};
}

/* By component: '/' before every other byte. */
static int
compare_paths(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		continue;
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int
compare_openings(const void *a, const void *b)
{
	const struct opening *x = a;
	const struct opening *y = b;
	int order = compare_paths(x->path, y->path);

	return order ? order : (x->kind > y->kind) - (x->kind < y->kind);
}

static int
compare_shuttings(const void *a, const void *b)
{
	const struct shutting *x = a;
	const struct shutting *y = b;
	int order = compare_paths(x->path, y->path);

	return order ? order : (x->clause > y->clause) - (x->clause < y->clause);
}

static void
collect_openings(struct builder *b)
{
	const struct policy *policy = b->policy;

	for (size_t i = 0; i < policy->hidden.n; i++)
		add_opening(b, WALL_HIDE, policy->hidden.items[i].path);
	for (size_t i = 0; i < policy->read.n; i++)
		if (strcmp(policy->read.items[i].path, "/") != 0 &&
			!location_covers(PROCESSES, policy->read.items[i].path))
			add_opening(b, WALL_SHOW, policy->read.items[i].path);
	for (size_t i = 0; i < policy->tools.n; i++)
		add_opening(b, WALL_SHOW, policy->tools.items[i].path);
	for (size_t i = 0; i < policy->sockets.n; i++)
		add_opening(b, WALL_SHOW, policy->sockets.items[i].path);
	for (size_t i = 0; i < policy->write.n; i++)
		add_opening(b, WALL_OPEN, policy->write.items[i].path);
	if (b->n_openings)
		qsort(b->openings, b->n_openings, sizeof(*b->openings), compare_openings);
}

/* Of /tmp and a path in it the path of its first component. */
static const char *
first_below(struct builder *b, const char *folder, const char *path)
{
	size_t n = strlen(folder) + 1;

	return arena_cstr(b->arena, (struct str){path, n + strcspn(path + n, "/")});
}

static bool
is_strictly_below(const char *folder, const char *path)
{
	return location_covers(folder, path) && strcmp(folder, path) != 0;
}

/* What is shown in /tmp has its place in a memory file system; a folder on the way to it is not for
 * steps, who would leave things there. */
static void
make_place_in_temporary(struct builder *b, const char *path)
{
	const char *first = first_below(b, TEMPORARY, path);

	if (strcmp(first, path) == 0)
		return;
	for (size_t i = 0; i < b->n_mounts; i++)
		if (b->mounts[i].kind == WALL_HIDE && strcmp(b->mounts[i].path, first) == 0)
			return;
	add_mount(b, WALL_HIDE, first, 0, 0);
}

/* /tmp is the step's own: the slot's folder, or, where anything has to be seen in it, memory. */
static void
hide_temporary(struct builder *b)
{
	bool shows = location_covers(TEMPORARY, b->surroundings->slots);

	for (size_t i = 0; i < b->n_openings; i++)
		shows = shows ||
			(b->openings[i].kind != WALL_HIDE &&
				is_strictly_below(TEMPORARY, b->openings[i].path));
	if (!shows) {
		add_mount(b, WALL_TEMPORARY, TEMPORARY, 0, 0);
		return;
	}
	add_mount(b, WALL_MEMORY, TEMPORARY, 0, MEMORY_BYTES);
	for (size_t i = 0; i < b->n_openings; i++)
		if (b->openings[i].kind != WALL_HIDE &&
			is_strictly_below(TEMPORARY, b->openings[i].path))
			make_place_in_temporary(b, b->openings[i].path);
	if (is_strictly_below(TEMPORARY, b->surroundings->slots))
		make_place_in_temporary(b, b->surroundings->slots);
}

/* Whether a write or read entry opens exactly this path, so that it need not be hidden first. */
static bool
is_opened(const struct builder *b, size_t i)
{
	return i + 1 < b->n_openings &&
		strcmp(b->openings[i].path, b->openings[i + 1].path) == 0;
}

/* A file in a folder that may be written is open without a mount, which would keep programs from replacing
 * it, as git does with its config. Of `write` it is only so that nothing protects it. */
static bool
is_open_already(const struct builder *b, size_t i)
{
	const char *path = b->openings[i].path;
	struct stat status;

	if (b->openings[i].kind != WALL_OPEN || !exists(path, &status) ||
		!S_ISREG(status.st_mode))
		return false;
	while (i-- > 0)
		if (is_strictly_below(b->openings[i].path, path))
			return b->openings[i].kind == WALL_OPEN;
	return false;
}

static void
add_openings(struct builder *b)
{
	for (size_t i = 0; i < b->n_openings; i++) {
		const struct opening *opening = &b->openings[i];

		if (is_opened(b, i) || is_open_already(b, i))
			continue;
		if (opening->kind != WALL_HIDE)
			add_mount(b, opening->kind, opening->path, 0, 0);
		else if (strcmp(opening->path, TEMPORARY) == 0)
			hide_temporary(b);
		else
			add_mount(b, WALL_HIDE, opening->path, WALL_IF_THERE, 0);
	}
}

/* The folder opened for writing that the path lies in, the innermost, or else the path where it is opened
 * itself; NULL: neither. */
static const char *
find_writable(const struct policy *policy, const char *path)
{
	const char *found = NULL;
	const char *self = NULL;

	for (size_t i = 0; i < policy->write.n; i++) {
		const char *entry = policy->write.items[i].path;

		if (!location_covers(entry, path))
			continue;
		if (strcmp(entry, path) == 0)
			self = entry;
		else if (!found || strlen(entry) > strlen(found))
			found = entry;
	}
	return found ? found : self;
}

/* The first link on the way from a folder without links to the path, the path itself included; NULL: none. */
static const char *
find_link(struct builder *b, const char *from, const char *path)
{
	size_t n = strcmp(from, "/") == 0 ? 0 : strlen(from);
	struct stat status;

	while (path[n]) {
		const char *part;

		n += 1 + strcspn(path + n + 1, "/");
		part = arena_cstr(b->arena, (struct str){path, n});
		if (!exists(part, &status))
			return NULL;
		if (S_ISLNK(status.st_mode))
			return part;
	}
	return NULL;
}

static bool
read_link(struct builder *b, const char *link, struct str *ret_target)
{
	char target[PATH_MAX];
	ssize_t n = readlink(link, target, sizeof(target));

	if (n <= 0 || (size_t)n == sizeof(target))
		return false;
	*ret_target = arena_str(b->arena, (struct str){target, (size_t)n});
	return true;
}

/* Where a link leads to, as far as it is there; the rest by the words alone. */
static const char *
follow_link(struct builder *b, const char *link, const char *target)
{
	const char *slash = strrchr(link, '/');
	const char *folder = arena_cstr(b->arena, (struct str){link, (size_t)(slash - link)});
	const char *path = path_join(b->arena, folder, target);
	struct err ignored = ERR_INIT;
	struct str real;

	if (path_real(path, b->arena, &real, &ignored) < 0)
		real = path_shorten(b->arena, str_of(path));
	return real.p;
}

/* What git or lily go by, wherever a link leads them. One that may be written cannot be mounted over: what
 * it leads to is shut, and whether it was replaced is looked at afterwards. */
static void
add_protected(struct builder *b, const struct policy_path *entry, const char *path)
{
	for (unsigned i = 0; entry->yields; i++) {
		const char *opened = find_writable(b->policy, path);
		const char *link = opened ? find_link(b, opened, path) : NULL;
		const char *rest;
		struct str target;

		if (!link || !read_link(b, link, &target))
			break;
		add_absent(b, POLICY_PROTECT, link, target.p);
		if (i == LINKS_MAX)
			return; /* nobody gets through it */
		rest = path + strlen(link);
		path = follow_link(b, link, target.p);
		if (*rest)
			path = arena_printf(b->arena, "%s%s", path, rest);
	}
	add_shutting(b, POLICY_PROTECT, path);
}

static bool
yields(const struct policy *policy, const struct policy_path *entry, const char *path)
{
	for (size_t i = 0; entry->yields && i < policy->write.n; i++)
		if (location_covers(path, policy->write.items[i].path))
			return true;
	return false;
}

static void
collect_pattern(struct builder *b, const struct policy_path *entry)
{
	const char *git = strstr(entry->path, "/.git/");
	const char *folder;

	if (!git) {
		add_protected(b, entry, entry->path);
		return;
	}
	folder = arena_cstr(
		b->arena, (struct str){entry->path, MAX((size_t)(git - entry->path), 1)});
	git_directories_find(folder, WALLS_SEARCH_MAX, b->arena, &b->git);
	b->plan->searched_all &= b->git.all;
	for (size_t i = 0; i < b->git.n; i++) {
		const char *path = arena_printf(
			b->arena, "%s/%s", b->git.paths[i], git + strlen("/.git/"));

		if (!yields(b->policy, entry, path))
			add_protected(b, entry, path);
	}
	/* Also where there is no git directory yet. */
	if (!yields(b->policy, entry, entry->path))
		add_protected(b, entry, entry->path);
}

static int
collect_sockets(struct builder *b, struct err *err)
{
	const char **found;
	size_t n;
	int r = listeners_find(b->arena, &found, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		bool allowed = false;

		for (size_t k = 0; k < b->policy->sockets.n; k++)
			allowed = allowed ||
				location_covers(b->policy->sockets.items[k].path, found[i]);
		if (!allowed)
			add_shutting(b, POLICY_SOCKETS, found[i]);
	}
	return r;
}

static int
collect_shuttings(struct builder *b, struct err *err)
{
	const struct policy *policy = b->policy;
	int r;

	for (size_t i = 0; i < policy->deny.n; i++)
		add_shutting(b, POLICY_DENY, policy->deny.items[i].path);
	for (size_t i = 0; i < policy->protect.n; i++) {
		const struct policy_path *entry = &policy->protect.items[i];

		if (entry->is_pattern)
			collect_pattern(b, entry);
		else if (!yields(policy, entry, entry->path))
			add_protected(b, entry, entry->path);
	}
	r = collect_sockets(b, err);
	if (b->n_shuttings)
		qsort(b->shuttings, b->n_shuttings, sizeof(*b->shuttings), compare_shuttings);
	return r;
}

static bool
has_mount(const struct builder *b, enum wall_kind kind, const char *path)
{
	for (size_t i = 0; i < b->n_mounts; i++)
		if (b->mounts[i].kind == kind && strcmp(b->mounts[i].path, path) == 0)
			return true;
	return false;
}

/* Each folder between what is opened and the path, so that none can be renamed from above it. */
static void
pin_ancestors(struct builder *b, const char *opened, const char *path)
{
	size_t start = strcmp(opened, "/") == 0 ? 0 : strlen(opened);

	for (size_t i = start + 1; path[i]; i++) {
		const char *ancestor;

		if (path[i] != '/')
			continue;
		ancestor = arena_cstr(b->arena, (struct str){path, i});
		if (!has_mount(b, WALL_PIN, ancestor))
			add_mount(b, WALL_PIN, ancestor, WALL_IF_THERE, 0);
	}
}

/* Denied wins over protected where one path is both, and is sorted first. */
static int
shut(struct builder *b, const struct shutting *shutting, struct err *err)
{
	const char *opened = find_writable(b->policy, shutting->path);
	bool is_protected = shutting->clause == POLICY_PROTECT;
	struct stat status;

	if (is_protected && (!opened || has_mount(b, WALL_HIDE, shutting->path)))
		return 0;
	if (!exists(shutting->path, &status)) {
		if (opened && shutting->clause != POLICY_SOCKETS)
			add_absent(b, shutting->clause, shutting->path, NULL);
		return 0;
	}
	if (S_ISLNK(status.st_mode))
		return err_set(err, ERR_INVALID,
			"%s is a link, which a step could replace: it cannot be kept from "
			"steps; "
			"name what it leads to",
			shutting->path);
	if (opened && strcmp(opened, shutting->path) != 0)
		pin_ancestors(b, opened, shutting->path);
	if (!has_mount(b, is_protected ? WALL_LOCK : WALL_HIDE, shutting->path))
		add_mount(b, is_protected ? WALL_LOCK : WALL_HIDE, shutting->path,
			WALL_IF_THERE, 0);
	return 0;
}

static void
add_devices(struct builder *b)
{
	add_mount(b, WALL_DEVICES, "/dev", 0, 0);
	for (size_t i = 0; i < b->policy->devices.n; i++)
		add_mount(b, WALL_DEVICE, b->policy->devices.items[i].path, WALL_IF_THERE, 0);
	add_mount(b, WALL_MEMORY, SHARED_MEMORY, 0, MEMORY_BYTES);
	add_mount(b, WALL_QUEUES, "/dev/mqueue", 0, 0);
}

/* Where programs look up names, if need be behind links. A place for it cannot be made. */
static int
add_names(struct builder *b, struct err *err)
{
	struct err why = ERR_INIT;
	struct str real;

	if (b->policy->net != POLICY_NET_HOSTS)
		return 0;
	if (path_real(HOSTS_FILE, b->arena, &real, &why) == 0)
		add_mount(b, WALL_NAMES, real.p, 0, 0);
	else if (reach_has_names(&b->plan->reach))
		return err_set(err, ERR_POLICY,
			"net: hosts cannot be named (%s); make that file, an empty one will "
			"do, or "
			"give each host a `listen`",
			why.message);
	return 0;
}

static int
build_mounts(struct builder *b, struct err *err)
{
	int r;

	add_mount(b, WALL_SEAL, "/", 0, 0);
	add_mount(b, WALL_PROCESSES, PROCESSES, 0, 0);
	add_devices(b);
	add_openings(b);
	add_mount(b, WALL_SLOT, "/", 0, 0);
	r = add_names(b, err);
	for (size_t i = 0; r == 0 && i < b->n_shuttings; i++)
		r = shut(b, &b->shuttings[i], err);
	return r;
}

/* What the kernel starts in the place of a dynamic program has to be executable, too. */
static void
add_loaders(struct builder *b)
{
	static const char *const loaders[] = {"/lib64/ld-linux-x86-64.so.2",
		"/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1",
		"/lib/ld-musl-aarch64.so.1"};

	for (size_t i = 0; i < ARRAY_SIZE(loaders); i++) {
		struct err ignored = ERR_INIT;
		struct str real;

		if (path_real(loaders[i], b->arena, &real, &ignored) == 0)
			add_rule(b, real.p, LANDLOCK_EXECUTE | LANDLOCK_READ_FILE);
	}
}

/* Landlock for what mounts do not say: which files may be read at all, or executed; at S1 for all. */
static void
build_rules(struct builder *b)
{
	const struct policy *policy = b->policy;
	struct walls *walls = &b->plan->walls;
	bool is_s1 = b->surroundings->tier == WALLS_S1;
	uint64_t reads = LANDLOCK_READ_FILE | LANDLOCK_READ_DIRECTORY;
	uint64_t executes = policy->any_tools ? (uint64_t)LANDLOCK_EXECUTE : 0;
	uint64_t seen = policy->reads_all ? 0 : reads | executes;

	if (is_s1)
		walls->handled_fs |= LANDLOCK_WRITES | LANDLOCK_DEVICES;
	if (!policy->reads_all)
		walls->handled_fs |= reads | LANDLOCK_EXECUTE;
	if (!policy->any_tools) {
		walls->handled_fs |= LANDLOCK_EXECUTE;
		walls->flags |= WALLS_NO_NEW_PROGRAMS;
	}
	if (!walls->handled_fs)
		return;
	for (size_t i = 0; i < policy->write.n; i++)
		add_rule(b, policy->write.items[i].path, reads | executes | LANDLOCK_WRITES);
	for (size_t i = 0; seen && i < policy->read.n; i++)
		add_rule(b, policy->read.items[i].path, seen);
	for (size_t i = 0; i < policy->tools.n; i++)
		add_rule(b, policy->tools.items[i].path, LANDLOCK_EXECUTE | LANDLOCK_READ_FILE);
	if (!policy->any_tools)
		add_loaders(b);
	for (size_t i = 0; i < policy->devices.n; i++)
		add_rule(b, policy->devices.items[i].path,
			LANDLOCK_READ_FILE | LANDLOCK_WRITE_FILE);
	if (is_s1)
		return;
	/* Of their own, whatever they hold. */
	add_rule(b, "/dev", reads | LANDLOCK_WRITES);
	add_rule(b, TEMPORARY, reads | executes | LANDLOCK_WRITES);
	add_rule(b, PROCESSES, reads | LANDLOCK_WRITES);
}

static void
add_limit(struct builder *b, uint32_t resource, uint64_t value)
{
	struct walls *walls = &b->plan->walls;

	if (value)
		walls->limits[walls->n_limits++] = (struct wall_limit){resource, value};
}

static void
build_limits(struct builder *b)
{
	const struct policy_limits *limits = &b->policy->limits;

	b->plan->walls.limits = ARENA_ARRAY(b->arena, WALLS_LIMITS_MAX, struct wall_limit);
	/* Not 0: with a program as core_pattern, the kernel heeds only 1 (core(5)). */
	add_limit(b, RLIMIT_CORE, 1);
	/* Of all processes of a user, in his namespace: an ordinary user's lane has one of its own. */
	if (!b->surroundings->is_root)
		add_limit(b, RLIMIT_NPROC, limits->processes);
	/* Of one process; that of all together is looked at, and says more when it is first. */
	if (limits->cpu_us)
		add_limit(b, RLIMIT_CPU, limits->cpu_us / 1000000 + 2);
	add_limit(b, RLIMIT_NOFILE, limits->open_files);
	add_limit(b, RLIMIT_FSIZE, limits->file_size);
	add_limit(b, RLIMIT_AS, limits->memory_per_process);
	b->plan->walls.bounds =
		(struct wall_bounds){limits->processes, limits->cpu_us, limits->memory};
}

/* Started as root, steps are the workspace owner's; if that is root they are root without a capability,
 * who still owns files, so that nobody gets a program of his. */
static int
build_user(struct builder *b, uint32_t *filter, struct err *err)
{
	struct walls *walls = &b->plan->walls;
	struct stat status;

	if (!b->surroundings->is_root)
		return 0;
	if (stat(b->surroundings->workspace, &status) != 0)
		return err_sys(err, "%s", b->surroundings->workspace);
	if (status.st_uid == 0) {
		*filter |= FILTER_NO_SET_ID;
		return 0;
	}
	walls->flags |= WALLS_USER;
	walls->uid = status.st_uid;
	walls->gid = status.st_gid;
	return 0;
}

static int
build_reach(struct builder *b, struct err *err)
{
	struct walls *walls = &b->plan->walls;
	int r;

	if (b->surroundings->tier == WALLS_S1)
		return err_set(err, ERR_POLICY,
			"net: single hosts are let through in a network namespace only");
	r = reach_plan(b->policy, b->arena, &b->plan->reach, err);
	walls->listeners = b->plan->reach.listeners;
	walls->n_listeners = b->plan->reach.n;
	return r;
}

static int
build(struct builder *b, struct err *err)
{
	const struct policy *policy = b->policy;
	struct walls *walls = &b->plan->walls;
	bool is_s1 = b->surroundings->tier == WALLS_S1;
	uint32_t filter = policy->any_tools ? 0 : FILTER_NO_NEW_PROGRAMS;
	int r = policy->net == POLICY_NET_HOSTS ? build_reach(b, err) : 0;

	if (r < 0)
		return r;
	if (!is_s1) {
		filter |= FILTER_INTERNET | FILTER_UNIX;
		walls->namespaces = CLONE_NEWIPC | CLONE_NEWUTS;
		collect_openings(b);
		r = collect_shuttings(b, err);
		if (r == 0)
			r = build_mounts(b, err);
	} else {
		walls->handled_net = LANDLOCK_NET_BIND | LANDLOCK_NET_CONNECT;
		walls->scoped = LANDLOCK_SCOPE_ABSTRACT | LANDLOCK_SCOPE_SIGNAL;
	}
	if (policy->net == POLICY_NET_ALLOW) {
		filter |= FILTER_INTERNET;
		walls->handled_net = 0;
	} else if (!is_s1) {
		walls->namespaces |= CLONE_NEWNET;
	}
	if (policy->net == POLICY_NET_LOOPBACK || policy->net == POLICY_NET_HOSTS)
		walls->flags |= WALLS_LOOPBACK;
	if (r == 0)
		r = build_user(b, &filter, err);
	if (r < 0)
		return r;
	build_rules(b);
	build_limits(b);
	return filter_make(filter, b->arena, &walls->filter, &walls->n_filter, err);
}

static const void *
copy(struct arena *arena, const void *items, size_t n, size_t size)
{
	void *copied = arena_alloc(arena, n, size);

	if (n)
		memcpy(copied, items, n * size);
	return copied;
}

static void
keep(struct builder *b)
{
	struct walls_plan *plan = b->plan;

	plan->walls.mounts = (struct wall_mount *)(uintptr_t)copy(
		b->arena, b->mounts, b->n_mounts, sizeof(*b->mounts));
	plan->walls.n_mounts = b->n_mounts;
	plan->walls.rules = (struct wall_rule *)(uintptr_t)copy(
		b->arena, b->rules, b->n_rules, sizeof(*b->rules));
	plan->walls.n_rules = b->n_rules;
	plan->absent = copy(b->arena, b->absent, b->n_absent, sizeof(*b->absent));
	plan->n_absent = b->n_absent;
}

static int
refuse_unsearched(const struct builder *b, struct err *err)
{
	static const char rest[] = "git's directories cannot all be protected; write `enforce: "
				   "best_effort` to go on without those";

	if (b->git.closed)
		return err_set(err, ERR_POLICY,
			"%s cannot be looked into, but a step could open it: %s", b->git.closed,
			rest);
	return err_set(err, ERR_POLICY, "the workspace has more than %d folders: %s",
		WALLS_SEARCH_MAX, rest);
}

int
walls_plan(const struct policy *policy, const struct walls_surroundings *surroundings,
	struct arena *arena, struct walls_plan *ret_plan, struct err *err)
{
	struct walls_plan plan = {.searched_all = true};
	struct builder b = {
		.policy = policy, .surroundings = surroundings, .arena = arena, .plan = &plan};
	int r;

	if (policy->is_none)
		return err_set(err, ERR_INVALID, "a policy of none has no walls");
	r = build(&b, err);
	if (r == 0 && !plan.searched_all && !policy->is_best_effort)
		r = refuse_unsearched(&b, err);
	if (r == 0) {
		keep(&b);
		*ret_plan = plan;
	}
	free(b.openings);
	free(b.shuttings);
	free(b.mounts);
	free(b.rules);
	free(b.absent);
	return r;
}

static bool
has_changed(const struct walls_absent *absent)
{
	char target[PATH_MAX];
	struct stat status;
	ssize_t n;

	if (!absent->target)
		return exists(absent->path, &status);
	n = readlink(absent->path, target, sizeof(target));
	return n < 0 || !str_equal((struct str){target, (size_t)n}, str_of(absent->target));
}

const struct walls_absent *
walls_find_new(const struct walls_plan *plan, size_t *at)
{
	while (*at < plan->n_absent) {
		const struct walls_absent *absent = &plan->absent[(*at)++];

		if (has_changed(absent))
			return absent;
	}
	return NULL;
}

const char *
walls_absent_became(const struct walls_absent *absent)
{
	return absent->target ? "was replaced" : "came to be";
}

const char *
walls_absent_remedy(const struct walls_absent *absent)
{
	return absent->target ? "make it the link again that it was" : "take it away";
}
