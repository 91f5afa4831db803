#include "base/process.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define CHILD_STACK ((size_t)64 << 10)
#define MAX_FDS 8

/* What the child knows, in memory that it shares with its parent until it execs. */
struct child {
	const struct process_spec *spec;
	const char *failed; /* the step that failed, for the parent's message */
	int failed_errno;
};

/* Moves the descriptors out of the way first, so that no target overwrites a source. */
static const char *
place_descriptors(const struct process_spec *spec)
{
	int moved[MAX_FDS];

	for (size_t i = 0; i < spec->n_fds; i++) {
		moved[i] = fcntl(spec->fds[i].from, F_DUPFD_CLOEXEC, 64);
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

static int
child_main(void *argument)
{
	struct child *child = argument;
	const struct process_spec *spec = child->spec;

	reset_signals();
	if (spec->parent_death_signal)
		(void)prctl(PR_SET_PDEATHSIG, spec->parent_death_signal);
	child->failed = place_descriptors(spec);
	if (!child->failed) {
		(void)execve(spec->program, spec->argv, spec->environ);
		child->failed = "exec";
	}
	child->failed_errno = errno;
	_exit(127);
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
	(void)munmap(stack, CHILD_STACK);
	if (pid < 0) {
		errno = error;
		return err_sys(err, "start %s", spec->program);
	}
	if (child.failed) {
		siginfo_t info;

		(void)waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED);
		(void)close(pidfd);
		errno = child.failed_errno;
		return err_sys(err, "%s %s", child.failed, spec->program);
	}
	*ret_pid = pid;
	*ret_pidfd = pidfd;
	return 0;
}

/* Fields of /proc/PID/stat behind the command name, which may itself hold spaces and brackets. */
static int
read_stat(pid_t pid, char *ret_state, uint64_t *ret_start, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	char path[64];
	const char *end;
	unsigned long long start;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	r = file_read(AT_FDCWD, path, &text, err);
	if (r < 0) /* ESRCH: it ended between open and read */
		return err && err->sys_errno == ESRCH
			? err_set(err, ERR_NOT_FOUND, "no process %d", (int)pid)
			: r;
	end = strrchr(buf_cstr(&text), ')');
	if (!end ||
		sscanf(end + 1,
			" %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d "
			"%*d %*d %llu",
			ret_state, &start) != 2)
		return err_set(err, ERR_INVALID, "%s cannot be understood", path);
	*ret_start = start;
	return 0;
}

int
process_start_time(pid_t pid, uint64_t *ret_ticks, struct err *err)
{
	char state;

	return read_stat(pid, &state, ret_ticks, err);
}

bool
process_is_dead(pid_t pid, uint64_t start_ticks)
{
	struct err err = ERR_INIT;
	uint64_t start;
	char state;
	int r = read_stat(pid, &state, &start, &err);

	if (r == ERR_NOT_FOUND)
		return true;
	/* Unreadable is not dead: whoever asks wants proof. */
	return r == 0 && (start != start_ticks || state == 'Z' || state == 'X');
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

int
process_kill(pid_t pid, uint64_t start_ticks, int timeout_ms, struct err *err)
{
	AUTO_CLOSE int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	int64_t deadline = clock_boot_us() + timeout_ms * INT64_C(1000);

	/* The descriptor first, then the look at the start time: the pid cannot change hands now. */
	if (process_is_dead(pid, start_ticks))
		return 0;
	if (fd < 0)
		return err_sys(err, "pidfd_open %d", (int)pid);
	if (process_signal(fd, SIGKILL) != 0 && errno != ESRCH)
		return err_sys(err, "kill %d", (int)pid);
	while (!process_is_dead(pid, start_ticks)) {
		struct pollfd ready = {.fd = fd, .events = POLLIN};
		int64_t left = (deadline - clock_boot_us()) / 1000;

		if (left <= 0)
			return err_set(err, ERR_LIMIT,
				"process %d is still alive %d ms after SIGKILL", (int)pid,
				timeout_ms);
		(void)poll(&ready, 1, (int)MIN(left, 50));
	}
	return 0;
}
