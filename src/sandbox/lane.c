#include "sandbox/lane.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/process.h"
#include "sandbox/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

/* How long a lane that was asked to end may take: killed, it is only the kernel's work. */
#define END_MS 10000

/* stdout, stderr, stdin, memfd */
#define FDS_MAX 4

struct lane {
	pid_t pid;
	int pidfd;
	int socket;
	int memory; /* -1: none */
	int view;   /* likewise */
	int *listeners;
	size_t n_listeners;
	enum lane_mode mode;
	bool reaped;
	bool has_walls;
};

struct lane_walls {
	int memfd;
	uint64_t namespaces;
	bool has_layer;
	struct buf bytes;
};

/* A user's lane needs these in its namespace to lay something over files that are the user's: who mounts an
 * overlay lends it his rights. */
#define LAYER_CAPABILITIES                                            \
	(UINT32_C(1) << CAP_CHOWN | UINT32_C(1) << CAP_DAC_OVERRIDE | \
		UINT32_C(1) << CAP_FOWNER | UINT32_C(1) << CAP_FSETID)

const char *
lane_mode_name(enum lane_mode mode)
{
	return mode == LANE_MODE_PID_NAMESPACE ? LANE_MODE_NAMESPACE_WORD
					       : LANE_MODE_SUBREAPER_WORD;
}

int
lane_directories_make(int directory, struct err *err)
{
	for (int i = 0; i < LANE_DIRECTORY_COUNT; i++) {
		const char *name = scratch_name((enum lane_directory)i);
		int r = dir_make(directory, name, 0700, err);

		if (r < 0)
			return r;
		if (fchmodat(directory, name, 0700, 0) != 0)
			return err_sys(err, "chmod %s", name);
	}
	return 0;
}

static bool
is_clean(int directory, const char *name)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct stat status;
	struct str *names;
	size_t n;

	return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISDIR(status.st_mode) && (status.st_mode & 07777) == 0700 &&
		status.st_uid == geteuid() &&
		dir_list(directory, name, &arena, &names, &n, NULL) == 0 && n == 0;
}

bool
lane_directories_are_clean(int directory)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;

	if (dir_list(directory, ".", &arena, &names, &n, NULL) < 0 || n != LANE_DIRECTORY_COUNT)
		return false;
	for (int i = 0; i < LANE_DIRECTORY_COUNT; i++)
		if (!is_clean(directory, scratch_name((enum lane_directory)i)))
			return false;
	return true;
}

/* Those of every lane that is PID 1. */
static uint64_t
own_namespaces(void)
{
	return CLONE_NEWPID | CLONE_NEWNS | (geteuid() != 0 ? (uint64_t)CLONE_NEWUSER : 0);
}

bool
lane_gets_namespaces(const char *program)
{
	static const char *const argv[] = {"lily-lane", NULL};
	char *const nothing[] = {NULL};
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_CLOSE int pidfd = -1;
	const struct process_fd fds[] = {
		{null, STDIN_FILENO}, {null, STDOUT_FILENO}, {null, STDERR_FILENO}};
	const struct process_spec process = {.program = program,
		.argv = (char *const *)(uintptr_t)argv, /* execve's old prototype */
		.environ = nothing,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds),
		.namespaces = own_namespaces()};
	struct err ignored = ERR_INIT;
	siginfo_t info;
	pid_t pid;

	if (null < 0 || process_spawn(&process, &pid, &pidfd, &ignored) < 0)
		return false;
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) != 0 && errno == EINTR)
		continue;
	return true;
}

static int
spawn(const struct lane_spec *spec, struct lane *lane, int socket, int null, struct err *err)
{
	char *const nothing[] = {NULL};
	bool is_init = lane->mode == LANE_MODE_PID_NAMESPACE;
	const char *argv[] = {"lily-lane", LANE_VERSION, lane_mode_name(lane->mode), spec->path,
		spec->walls ? LANE_WALLS_WORD : NULL, NULL};
	const struct process_fd fds[] = {
		{null, STDIN_FILENO},
		{null, STDOUT_FILENO},
		{null, STDERR_FILENO},
		{socket, LANE_FD_SOCKET},
		{spec->walls ? spec->walls->memfd : -1, LANE_FD_WALLS},
	};
	struct process_spec process = {
		.program = spec->program,
		.argv = (char *const *)(uintptr_t)argv, /* execve's old prototype */
		.environ = nothing,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds) - (spec->walls ? 0 : 1),
		.open_files = spec->open_files,
	};

	if (is_init) {
		process.namespaces = own_namespaces();
		/* A subreaper must live to end its tree; the end of its socket tells it. */
		process.parent_death_signal = SIGKILL;
	}
	if (is_init && spec->walls) {
		process.namespaces |= spec->walls->namespaces;
		process.capabilities = UINT32_C(1) << CAP_NET_ADMIN |
			UINT32_C(1) << CAP_NET_BIND_SERVICE | UINT32_C(1) << CAP_SETPCAP;
		if (spec->walls->has_layer)
			process.capabilities |= LAYER_CAPABILITIES;
	}
	return process_spawn(&process, &lane->pid, &lane->pidfd, err);
}

int
lane_start(const struct lane_spec *spec, struct lane **ret_lane, struct err *err)
{
	struct lane lane = {
		.mode = spec->mode, .memory = -1, .view = -1, .has_walls = spec->walls != NULL};
	AUTO_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];
	int r;

	if (null < 0)
		return err_sys(err, "open /dev/null");
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return err_sys(err, "socketpair");
	r = spawn(spec, &lane, pair[1], null, err);
	/* Never weaker than the walls ask for. */
	if (r < 0 && lane.mode == LANE_MODE_PID_NAMESPACE && !spec->walls) {
		lane.mode = LANE_MODE_SUBREAPER;
		r = spawn(spec, &lane, pair[1], null, err);
	}
	(void)close(pair[1]);
	if (r < 0) {
		(void)close(pair[0]);
		return r;
	}
	lane.socket = pair[0];
	*ret_lane = memory_new(1, sizeof(lane));
	**ret_lane = lane;
	return 0;
}

pid_t
lane_pid(const struct lane *lane)
{
	return lane->pid;
}

enum lane_mode
lane_mode(const struct lane *lane)
{
	return lane->mode;
}

int
lane_socket(const struct lane *lane)
{
	return lane->socket;
}

int
lane_pidfd(const struct lane *lane)
{
	return lane->pidfd;
}

int
lane_take_memory(struct lane *lane)
{
	return fd_take(&lane->memory);
}

int
lane_take_view(struct lane *lane)
{
	return fd_take(&lane->view);
}

/* A sealed file in memory. */
static int
memfd_of(const struct iovec *parts, int n_parts, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int fd = memfd_create("lily-lane", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return err_sys(err, "memfd_create");
	for (int i = 0; i < n_parts; i++) {
		int r = file_write(fd, parts[i].iov_base, parts[i].iov_len, err);

		if (r < 0)
			return r;
	}
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) !=
		0)
		return err_sys(err, "seal a memfd");
	*ret_fd = fd_take(&fd);
	return 0;
}

static int
send_message(const struct lane *lane, struct iovec *parts, size_t n_parts, const int *fds,
	size_t n_fds, struct err *err)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	} control = {0};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = n_parts};

	if (n_fds) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	while (sendmsg(lane->socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		if (errno != EINTR)
			return err_sys(err, "hand a step to lane %d", (int)lane->pid);
	return 0;
}

static struct iovec
part_of(const void *bytes, size_t n)
{
	return (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = n};
}

int
lane_run(struct lane *lane, const struct lane_step *step, struct err *err)
{
	size_t n_program = strlen(step->program) + 1;
	size_t n_cwd = strlen(step->cwd) + 1;
	const char *below = step->below ? step->below : "";
	size_t n_below = strlen(below) + 1;
	struct lane_request request = {
		.type = LANE_STEP,
		.number = step->number,
		.n_argv = step->n_argv,
		.n_environ = step->n_environ,
		.flags = (step->has_stdin ? LANE_HAS_STDIN : 0U) |
			(step->has_terminal ? LANE_HAS_TERMINAL : 0U),
		.size = n_program + n_cwd + n_below + step->strings.n,
		.timeout_us = step->timeout_us,
		.grace_us = step->grace_us,
	};
	struct iovec parts[] = {
		part_of(&request, sizeof(request)),
		part_of(step->program, n_program),
		part_of(step->cwd, n_cwd),
		part_of(below, n_below),
		part_of(step->strings.p, step->strings.n),
	};
	int fds[FDS_MAX] = {step->stdout_fd, step->stderr_fd};
	size_t n_fds = 2;
	int memfd;
	int r;

	if (request.size > LANE_STRINGS_MAX)
		return err_set(err, ERR_LIMIT,
			"arguments and environment take %llu bytes, more than the limit of %zu",
			(unsigned long long)request.size, LANE_STRINGS_MAX);
	if (step->has_stdin)
		fds[n_fds++] = step->stdin_fd;
	if (request.size <= LANE_INLINE_MAX)
		return send_message(lane, parts, ARRAY_SIZE(parts), fds, n_fds, err);
	r = memfd_of(parts + 1, ARRAY_SIZE(parts) - 1, &memfd, err);
	if (r < 0)
		return r;
	fds[n_fds++] = memfd;
	r = send_message(lane, parts, 1, fds, n_fds, err);
	(void)close(memfd);
	return r;
}

static int
send_request(
	const struct lane *lane, enum lane_request_type type, uint32_t number, struct err *err)
{
	struct lane_request request = {.type = type, .number = number};
	struct iovec part = part_of(&request, sizeof(request));

	return send_message(lane, &part, 1, NULL, 0, err);
}

int
lane_cancel(struct lane *lane, uint32_t number, struct err *err)
{
	return send_request(lane, LANE_CANCEL, number, err);
}

int
lane_clear(struct lane *lane, struct err *err)
{
	return send_request(lane, LANE_CLEAR, 0, err);
}

int
lane_walls_new(const struct walls *walls, struct lane_walls **ret_walls, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(WALLS_SIZE_MAX);
	struct iovec part;
	int memfd;
	int r = walls_encode(walls, &bytes, err);

	if (r < 0)
		return r;
	part = part_of(bytes.p, bytes.n);
	r = memfd_of(&part, 1, &memfd, err);
	if (r < 0)
		return r;
	*ret_walls = memory_new(1, sizeof(**ret_walls));
	**ret_walls =
		(struct lane_walls){memfd, walls->namespaces, walls->layer.path != NULL, bytes};
	bytes = BUF_INIT(0);
	return 0;
}

void
lane_walls_free(struct lane_walls *walls)
{
	if (!walls)
		return;
	(void)close(walls->memfd);
	buf_done(&walls->bytes);
	free(walls);
}

bool
lane_walls_equal(const struct lane_walls *a, const struct lane_walls *b)
{
	return a == b || (a && b && str_equal(buf_str(&a->bytes), buf_str(&b->bytes)));
}

static void
close_listeners(struct lane *lane)
{
	for (size_t i = 0; i < lane->n_listeners; i++)
		fd_close(&lane->listeners[i]);
	free(lane->listeners);
	lane->listeners = NULL;
	lane->n_listeners = 0;
}

/* Those of a READY, by what its flags say of them; what is left are sockets. */
static void
keep_descriptors(
	struct lane *lane, const struct lane_report *report, const struct cmsghdr *control)
{
	size_t n = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	int fds[LANE_READY_FDS_MAX];
	size_t taken = 0;

	memcpy(fds, CMSG_DATA(control), n * sizeof(int));
	fd_close(&lane->memory);
	fd_close(&lane->view);
	close_listeners(lane);
	if (report->flags & LANE_BRINGS_MEMORY && taken < n)
		lane->memory = fds[taken++];
	if (report->flags & LANE_BRINGS_VIEW && taken < n)
		lane->view = fds[taken++];
	lane->n_listeners = n - taken;
	lane->listeners = memory_new(lane->n_listeners, sizeof(int));
	memcpy(lane->listeners, fds + taken, lane->n_listeners * sizeof(int));
}

/* Like recv(2), and keeps the descriptors that come with READY. */
static ssize_t
receive(struct lane *lane, struct lane_report *report, char text[LANE_TEXT_MAX])
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(LANE_READY_FDS_MAX * sizeof(int))];
	} control;
	struct iovec parts[] = {{report, sizeof(*report)}, {text, LANE_TEXT_MAX}};
	struct msghdr header = {
		.msg_iov = parts,
		.msg_iovlen = ARRAY_SIZE(parts),
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *first;
	ssize_t n;

	do
		n = recvmsg(lane->socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	first = n < 0 ? NULL : CMSG_FIRSTHDR(&header);
	if (first && first->cmsg_level == SOL_SOCKET && first->cmsg_type == SCM_RIGHTS)
		keep_descriptors(lane, report, first);
	return n;
}

size_t
lane_take_listeners(struct lane *lane, int **ret_sockets)
{
	size_t n = lane->n_listeners;

	*ret_sockets = lane->listeners;
	lane->listeners = NULL;
	lane->n_listeners = 0;
	return n;
}

static int
failed(const struct lane *lane, const struct lane_report *report, const char *text, size_t n,
	struct err *err)
{
	if (n && lane->has_walls)
		return err_set(err, ERR_DENIED, "%.*s", (int)n, text);
	errno = report->error;
	return n ? err_sys(err, "lane %d cannot go on: %.*s", (int)lane->pid, (int)n, text)
		 : err_sys(err, "lane %d cannot go on", (int)lane->pid);
}

int
lane_next(struct lane *lane, struct lane_report *ret_report, struct err *err)
{
	struct lane_report report = {0};
	char text[LANE_TEXT_MAX];
	ssize_t n = receive(lane, &report, text);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		return err_sys(err, "hear lane %d", (int)lane->pid);
	if (n == 0)
		return err_set(err, ERR_NOT_FOUND, "lane %d has ended", (int)lane->pid);
	if (n < (ssize_t)sizeof(report) || report.type < LANE_READY ||
		report.type > LANE_FAILED ||
		(n > (ssize_t)sizeof(report) && report.type != LANE_FAILED))
		return err_set(
			err, ERR_INVALID, "lane %d sent what is no report", (int)lane->pid);
	if (report.type == LANE_FAILED)
		return failed(lane, &report, text, (size_t)n - sizeof(report), err);
	*ret_report = report;
	return 1;
}

void
lane_kill(struct lane *lane)
{
	/* A subreaper ends its tree itself when its socket ends, unless a step has stopped it. */
	if (lane->mode == LANE_MODE_SUBREAPER) {
		(void)shutdown(lane->socket, SHUT_RDWR);
		(void)process_signal(lane->pidfd, SIGCONT);
	} else {
		(void)process_signal(lane->pidfd, SIGKILL);
	}
}

int
lane_reap(struct lane *lane, int timeout_ms)
{
	int64_t deadline = clock_boot_us() + timeout_ms * INT64_C(1000);

	while (!lane->reaped) {
		struct pollfd ready = {.fd = lane->pidfd, .events = POLLIN};
		int64_t left = (deadline - clock_boot_us() + 999) / 1000;
		siginfo_t info = {0};

		if (waitid(P_PIDFD, (id_t)lane->pidfd, &info, WEXITED | WNOHANG) != 0) {
			/* Somebody else's wait(2) took it: gone all the same. */
			lane->reaped = errno == ECHILD;
			if (errno != EINTR && errno != ECHILD)
				return 0;
		} else if (info.si_pid) {
			lane->reaped = true;
		} else if (left <= 0) {
			return 0;
		} else {
			(void)poll(&ready, 1, (int)left);
		}
	}
	return 1;
}

void
lane_free(struct lane *lane)
{
	if (!lane)
		return;
	if (!lane->reaped)
		lane_kill(lane);
	if (!lane_reap(lane, END_MS)) {
		(void)process_signal(lane->pidfd, SIGKILL);
		(void)lane_reap(lane, END_MS);
	}
	(void)close(lane->socket);
	(void)close(lane->pidfd);
	fd_close(&lane->memory);
	fd_close(&lane->view);
	close_listeners(lane);
	free(lane);
}
