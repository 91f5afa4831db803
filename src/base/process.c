#include "base/process.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/poison.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CHILD_STACK ((size_t)64 << 10)
#define MAX_FDS 8

/* What the child knows, in memory that it shares with its parent until it execs. */
struct child {
	const struct process_spec *spec;
	const char *failed; /* the step that failed, for the parent's message */
	int failed_errno;
	char user_map[32];
	char group_map[32];
};

static bool
write_once(const char *path, const char *text)
{
	AUTO_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	size_t n = strlen(text);

	return fd >= 0 && write(fd, text, n) == (ssize_t)n;
}

/* user_namespaces(7): one's own ids may be mapped without privilege once setgroups is denied. The
 * capabilities that the new namespace gave would end at exec, ambient ones do not. */
static const char *
keep_identity(const struct child *child)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint32_t kept = child->spec->capabilities | UINT32_C(1) << CAP_SYS_ADMIN;

	if (!write_once("/proc/self/setgroups", "deny") ||
		!write_once("/proc/self/uid_map", child->user_map) ||
		!write_once("/proc/self/gid_map", child->group_map))
		return "map user and group for";
	if (syscall(SYS_capget, &header, data) != 0)
		return "read capabilities for";
	data[0].inheritable |= kept;
	if (syscall(SYS_capset, &header, data) != 0)
		return "keep capabilities for";
	for (unsigned i = 0; i < 32; i++)
		if (kept & UINT32_C(1) << i &&
			prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) != 0)
			return "keep capabilities for";
	return NULL;
}

/* Moves the descriptors out of the way first, so that no target overwrites a source. */
static const char *
place_descriptors(const struct process_spec *spec)
{
	int moved[MAX_FDS];
	int above = 3;

	for (size_t i = 0; i < spec->n_fds; i++)
		above = MAX(above, spec->fds[i].to + 1);
	for (size_t i = 0; i < spec->n_fds; i++) {
		moved[i] = fcntl(spec->fds[i].from, F_DUPFD_CLOEXEC, above);
		if (moved[i] < 0)
			return "dup";
	}
	for (size_t i = 0; i < spec->n_fds; i++)
		if (dup2(moved[i], spec->fds[i].to) < 0)
			return "dup2";
	return NULL;
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void
process_limit_files(uint64_t most)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = MIN(most, limit.rlim_max);
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static int
child_main(void *argument)
{
	struct child *child = argument;
	const struct process_spec *spec = child->spec;

	reset_signals();
	if (spec->parent_death_signal)
		(void)prctl(PR_SET_PDEATHSIG, spec->parent_death_signal);
	child->failed = NULL;
	if (spec->namespaces & CLONE_NEWUSER)
		child->failed = keep_identity(child);
	if (!child->failed)
		child->failed = place_descriptors(spec);
	if (spec->open_files)
		process_limit_files(spec->open_files);
	if (!child->failed) {
		(void)execve(spec->program, spec->argv, spec->environ);
		child->failed = "exec";
	}
	child->failed_errno = errno;
	/* Returning ends the child, clone(2); ASan warns of _exit on a stack that it does not know. */
	return 127;
}

int
process_spawn(const struct process_spec *spec, pid_t *ret_pid, int *ret_pidfd, struct err *err)
{
	struct child child = {.spec = spec};
	int flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD | (int)spec->namespaces;
	sigset_t all;
	sigset_t before;
	char *stack;
	int pidfd = -1;
	pid_t pid;
	int error;

	if (spec->n_fds > MAX_FDS)
		BUG("%zu descriptors for a child", spec->n_fds);
	(void)snprintf(child.user_map, sizeof(child.user_map), "%u %u 1", geteuid(), geteuid());
	(void)snprintf(
		child.group_map, sizeof(child.group_map), "%u %u 1", getegid(), getegid());
	stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		memory_exhausted(CHILD_STACK);
	/* No handler of ours may run in the child while it shares our memory. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	pid = clone(child_main, stack + CHILD_STACK, flags, &child, &pidfd);
	error = errno;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	memory_unpoison(stack, CHILD_STACK);
	(void)munmap(stack, CHILD_STACK);
	if (pid < 0) {
		errno = error;
		return err_sys(err, "start %s", spec->program);
	}
	if (child.failed) {
		siginfo_t info;

		while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) != 0 && errno == EINTR)
			;
		(void)close(pidfd);
		errno = child.failed_errno;
		return err_sys(err, "%s %s", child.failed, spec->program);
	}
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return 0;
}

int
process_raise_files(uint64_t needed, uint64_t *ret_before, struct err *err)
{
	struct rlimit limit;
	uint64_t before;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return err_sys(err, "getrlimit");
	before = limit.rlim_cur;
	if (limit.rlim_cur < PROCESS_FILES_MOST) {
		limit.rlim_cur = MIN(limit.rlim_max, PROCESS_FILES_MOST);
		if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
			return err_sys(err, "setrlimit");
	}
	if (limit.rlim_cur < needed)
		return err_set(err, ERR_LIMIT,
			"%llu files have to be open at a time, this process may have %llu "
			"(ulimit -Hn)",
			(unsigned long long)needed, (unsigned long long)limit.rlim_cur);
	*ret_before = before;
	return 0;
}

/* Fields of /proc/PID/stat behind the command name, which may itself hold spaces and brackets. */
struct process_stat {
	char state;
	long threads;
	unsigned long long start;
};

static int
read_stat(pid_t pid, struct process_stat *ret_stat, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	struct process_stat stat = {0};
	char path[64];
	const char *end;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = file_read(AT_FDCWD, path, &text, err);
	if (r < 0)
		return r;
	end = strrchr(buf_cstr(&text), ')');
	if (!end ||
		sscanf(end + 1,
			" %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			"%ld %*d %llu",
			&stat.state, &stat.threads, &stat.start) != 3)
		return err_set(err, ERR_INVALID, "%s cannot be understood", path);
	*ret_stat = stat;
	return 0;
}

int
process_start_time(pid_t pid, uint64_t *ret_ticks, struct err *err)
{
	struct process_stat stat = {0};
	int r = read_stat(pid, &stat, err);

	if (r == 0)
		*ret_ticks = stat.start;
	return r;
}

bool
process_is_dead(pid_t pid, uint64_t start_ticks)
{
	struct process_stat stat;
	int r = read_stat(pid, &stat, NULL);

	/* Unreadable is not dead: whoever asks wants proof. /proc may be hidden or absent. */
	if (r == ERR_NOT_FOUND)
		return pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH);
	if (r < 0)
		return false;
	if (stat.start != start_ticks || stat.state == 'X')
		return true;
	/* A first thread that ended before the others shows as a zombie, too. */
	return stat.state == 'Z' && stat.threads <= 1;
}

int
process_open(pid_t pid, struct err *err)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	return fd < 0 ? err_sys(err, "pidfd_open %d", (int)pid) : fd;
}

int
process_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static bool
wait_until_dead(int pidfd, pid_t pid, uint64_t start_ticks, int timeout_ms)
{
	int64_t deadline = clock_boot_us() + timeout_ms * INT64_C(1000);

	while (!process_is_dead(pid, start_ticks)) {
		struct pollfd ready = {.fd = pidfd, .events = POLLIN};
		int64_t left = (deadline - clock_boot_us()) / 1000;

		if (left <= 0)
			return false;
		(void)poll(&ready, 1, (int)MIN(left, 50));
	}
	return true;
}

int
process_kill(pid_t pid, uint64_t start_ticks, int grace_ms, int timeout_ms, struct err *err)
{
	AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	/* The descriptor first, then the look at the start time: the pid cannot change hands now. */
	if (process_is_dead(pid, start_ticks))
		return 0;
	if (fd < 0)
		return err_sys(err, "pidfd_open %d", (int)pid);
	/* A stopped process cannot end by itself. */
	if (grace_ms)
		(void)process_signal(fd, SIGCONT);
	if (wait_until_dead(fd, pid, start_ticks, grace_ms))
		return 0;
	if (process_signal(fd, SIGKILL) != 0 && errno != ESRCH)
		return err_sys(err, "kill %d", (int)pid);
	if (!wait_until_dead(fd, pid, start_ticks, timeout_ms))
		return err_set(err, ERR_LIMIT, "process %d is still alive %d ms after SIGKILL",
			(int)pid, timeout_ms);
	return 0;
}
