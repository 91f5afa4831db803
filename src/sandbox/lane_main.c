/*
 * lily-lane VERSION MODE PATH [walls]: runs steps for one slot of lily; see sandbox/protocol.h.
 *
 * Started by lily only, with its socket as a descriptor. It is a program
 * of its own, small and static, so that a step starts from a few pages and not from lily's memory,
 * and so that nothing of lily's (files, keys, threads) is within reach of a step.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "sandbox/layer.h"
#include "sandbox/scratch.h"
#include "sandbox/step.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define STEP_FDS 4 /* stdout, stderr, stdin, memfd */

struct host {
	struct step_host step;
	struct scratch scratch;
	struct enclosure enclosure;
	bool is_enclosed;
	char *message; /* header and strings of one request */
	char **pointers;
	size_t n_pointers;
};

/* A request as it was received. */
struct received {
	struct lane_request request;
	const char *strings; /* in the message or in the map */
	int fds[STEP_FDS];
	size_t n_fds;
	void *map; /* of the memfd, or NULL */
};

/* READY, with the descriptors that there are. */
static void
ready_send(
	struct lane_report *report, int memory, int view, const int *sockets, size_t n_sockets)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(LANE_READY_FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec part = {report, sizeof(*report)};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	int fds[LANE_READY_FDS_MAX];
	size_t n = 0;

	if (memory >= 0) {
		report->flags |= LANE_BRINGS_MEMORY;
		fds[n++] = memory;
	}
	if (view >= 0) {
		report->flags |= LANE_BRINGS_VIEW;
		fds[n++] = view;
	}
	for (size_t i = 0; i < n_sockets; i++)
		fds[n++] = sockets[i];
	if (n) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(n * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n * sizeof(int));
	}
	while (sendmsg(LANE_FD_SOCKET, &header, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(0);
}

/* The sockets are lily's alone from now on. */
static void
send_descriptors(struct host *host, struct lane_report *ready, int memory, int view)
{
	size_t n = host->is_enclosed ? host->enclosure.walls.n_listeners : 0;

	ready_send(ready, memory, view, host->enclosure.sockets, n);
	for (size_t i = 0; i < n; i++)
		fd_close(&host->enclosure.sockets[i]);
}

static void
report_send(const struct lane_report *report)
{
	while (send(LANE_FD_SOCKET, report, sizeof(*report), MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			_exit(0); /* lily is gone: its children end with this process */
}

static void
fail(int error)
{
	struct lane_report report = {.type = LANE_FAILED, .error = error};

	report_send(&report);
	_exit(1);
}

/* What the walls could not do, in words. */
static void
fail_saying(const struct err *why)
{
	struct lane_report report = {.type = LANE_FAILED, .error = why->sys_errno};
	struct iovec parts[] = {{&report, sizeof(report)},
		{(void *)(uintptr_t)why->message, MIN(strlen(why->message), LANE_TEXT_MAX)}};
	struct msghdr header = {.msg_iov = parts, .msg_iovlen = ARRAY_SIZE(parts)};

	while (sendmsg(LANE_FD_SOCKET, &header, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			break;
	_exit(1);
}

/* Own view of processes, where the kernel lets us; the old /proc does otherwise. */
static bool
mount_proc(void)
{
	return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

/* A memory file system on the slot's `memory`, and over it the view that steps have. Returns the
 * directory as lily writes it, or -1 where the kernel does not let us: then it stays empty. */
static int
mount_memory(const char *slot)
{
	unsigned long flags = MS_NOSUID | MS_NODEV;
	AUTO_BUF struct buf path = BUF_INIT((size_t)1 << 16);
	AUTO_BUF struct buf options = BUF_INIT(256);
	AUTO_CLOSE int fd = -1;

	buf_printf(&path, "%s/%s", slot, scratch_name(LANE_MEMORY));
	buf_printf(&options, "size=%zu,nr_inodes=%d,mode=0700", LANE_MEMORY_BYTES,
		LANE_MEMORY_FILES);
	if (mount("lily", buf_cstr(&path), "tmpfs", flags, buf_cstr(&options)) != 0)
		return -1;
	fd = open(buf_cstr(&path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && mount(buf_cstr(&path), buf_cstr(&path), NULL, MS_BIND, NULL) == 0 &&
		mount(NULL, buf_cstr(&path), NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags,
			NULL) == 0)
		return fd_take(&fd);
	while (umount2(buf_cstr(&path), MNT_DETACH) == 0)
		continue;
	return -1;
}

/* An ordinary user's lane needed rights in its user namespace for its mounts only. */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (geteuid() == 0)
		return;
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &header, none) != 0)
		fail(errno);
}

/* What the lane can do without: mounts that are refused cost steps nothing that they were promised. */
static void
mount_comforts(const char *path, struct lane_report *ready, int *ret_memory)
{
	/* Ours are not seen outside; mounts made outside later still come in. */
	if (mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) != 0)
		return;
	if (mount_proc())
		ready->flags |= LANE_FRESH_PROC;
	*ret_memory = mount_memory(path);
}

/* The same directory by a mount of its own, which no wall makes read-only. */
static int
mount_apart(int memory)
{
	AUTO_CLOSE int fd = memory;

	return fd < 0 ? -1
		      : open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
}

/* A lane that does not confine its steps, but lays something over a folder. */
static void
lay_over(struct host *host, const char *path, struct lane_report *ready, int *ret_memory,
	int *ret_view)
{
	struct err err = ERR_INIT;

	mount_comforts(path, ready, ret_memory);
	if (layer_mount(&host->enclosure.walls.layer, ret_view, &err) < 0)
		fail_saying(&err);
}

/* What it was told to do, all of it or nothing. */
static void
enclose(struct host *host, const char *path, bool is_init, struct lane_report *ready,
	int *ret_memory, int *ret_view)
{
	struct err err = ERR_INIT;

	if (enclosure_read(LANE_FD_WALLS, path, &host->enclosure, &err) < 0)
		fail_saying(&err);
	if (host->enclosure.walls.flags & WALLS_BARE) {
		lay_over(host, path, ready, ret_memory, ret_view);
		return;
	}
	if (is_init && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
		(void)err_sys(&err, "make mounts private");
		fail_saying(&err);
	}
	if (is_init)
		*ret_memory = mount_apart(mount_memory(path));
	/* The user's group may look inside; lily writes there, and nobody else can. */
	if (*ret_memory >= 0 && host->enclosure.walls.flags & WALLS_USER &&
		(fchownat(*ret_memory, ".", geteuid(), host->enclosure.walls.gid, 0) != 0 ||
			fchmodat(*ret_memory, ".", 0750, 0) != 0)) {
		(void)err_sys(&err, "let steps look into memory");
		fail_saying(&err);
	}
	if (enclosure_build(&host->enclosure, ret_view, &err) < 0)
		fail_saying(&err);
	host->is_enclosed = true;
	host->step.enclosure = &host->enclosure;
	ready->flags |= is_init ? LANE_FRESH_PROC : 0U;
}

static uid_t
user_of(const struct host *host)
{
	return host->enclosure.walls.flags & WALLS_USER ? host->enclosure.walls.uid : geteuid();
}

static gid_t
group_of(const struct host *host)
{
	return host->enclosure.walls.flags & WALLS_USER ? host->enclosure.walls.gid : getegid();
}

static void
set_up(struct host *host, const char *mode_name, const char *path, bool has_walls)
{
	bool is_init = strcmp(mode_name, LANE_MODE_NAMESPACE_WORD) == 0;
	struct lane_report ready = {.type = LANE_READY};
	AUTO_CLOSE int memory = -1;
	AUTO_CLOSE int view = -1;
	struct err err = ERR_INIT;

	if (is_init)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	else if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		fail(errno);
	if (has_walls)
		enclose(host, path, is_init, &ready, &memory, &view);
	else if (is_init)
		mount_comforts(path, &ready, &memory);
	if (scratch_open(&host->scratch, path, user_of(host), group_of(host), &err) < 0)
		fail_saying(&err);
	if (host->is_enclosed && enclosure_close(&host->enclosure, &err) < 0)
		fail_saying(&err);
	drop_capabilities();
	/* No step of the same user may trace us or reach our descriptors. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setsid();
	if (chdir("/") != 0 ||
		step_host_init(&host->step,
			is_init ? LANE_MODE_PID_NAMESPACE : LANE_MODE_SUBREAPER, LANE_FD_SOCKET,
			&err) < 0)
		fail(errno);
	host->message = memory_new(1, sizeof(struct lane_request) + LANE_INLINE_MAX);
	send_descriptors(host, &ready, memory, view);
}

static void
take_descriptors(struct msghdr *header, struct received *received)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(header);

	if (!control || control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
		return;
	received->n_fds = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(received->fds, CMSG_DATA(control), received->n_fds * sizeof(int));
}

static bool
has_stdin(const struct received *received)
{
	return received->request.flags & LANE_HAS_STDIN;
}

/* How many descriptors a step has beside the memfd. */
static size_t
count_streams(const struct received *received)
{
	return has_stdin(received) ? 3 : 2;
}

static bool
map_strings(struct received *received)
{
	size_t streams = count_streams(received);

	if (received->n_fds != streams + 1 || received->request.size > LANE_STRINGS_MAX)
		return false;
	received->map = mmap(NULL, received->request.size, PROT_READ, MAP_PRIVATE,
		received->fds[streams], 0);
	if (received->map == MAP_FAILED)
		fail(errno);
	received->strings = received->map;
	return true;
}

static void
receive(struct host *host, struct received *received)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(STEP_FDS * sizeof(int))];
	} control;
	struct iovec place = {host->message, sizeof(struct lane_request) + LANE_INLINE_MAX};
	struct msghdr header = {
		.msg_iov = &place,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;

	do
		n = recvmsg(LANE_FD_SOCKET, &header, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		step_abandon(&host->step);
	*received = (struct received){0};
	take_descriptors(&header, received);
	if ((size_t)n < sizeof(received->request) ||
		(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)))
		fail(EBADMSG);
	memcpy(&received->request, host->message, sizeof(received->request));
	received->strings = host->message + sizeof(received->request);
	if (received->request.size != (size_t)n - sizeof(received->request) &&
		!map_strings(received))
		fail(EBADMSG);
}

/* Points at n strings, a NULL behind them; NULL where they run past the end. */
static const char *
point_at(char **pointers, size_t n, const char *p, const char *end)
{
	for (size_t i = 0; i < n; i++) {
		const char *zero = p < end ? memchr(p, '\0', (size_t)(end - p)) : NULL;

		if (!zero)
			return NULL;
		pointers[i] = (char *)(uintptr_t)p; /* execve's old prototype; nobody writes */
		p = zero + 1;
	}
	pointers[n] = NULL;
	return p;
}

static bool
read_order(struct host *host, const struct received *received, struct step_order *ret_order)
{
	const struct lane_request *request = &received->request;
	const char *end = received->strings + request->size;
	size_t n = (size_t)request->n_argv + request->n_environ + 5;
	char *places[4];
	const char *p = point_at(places, 3, received->strings, end);

	if (!p || n > LANE_STRINGS_MAX || received->n_fds < count_streams(received))
		return false;
	if (n > host->n_pointers) {
		host->pointers = memory_resize(host->pointers, n, sizeof(*host->pointers));
		host->n_pointers = n;
	}
	*ret_order = (struct step_order){
		.request = *request,
		.program = places[0],
		.cwd = places[1],
		.below = places[2],
		.argv = host->pointers,
		.environ = host->pointers + request->n_argv + 1,
		.stdout_fd = received->fds[0],
		.stderr_fd = received->fds[1],
		.stdin_fd = has_stdin(received) ? received->fds[2] : -1,
	};
	p = point_at(host->pointers, request->n_argv, p, end);
	if (p)
		p = point_at(host->pointers + request->n_argv + 1, request->n_environ, p, end);
	return p == end;
}

/* The pipes must close with the step's last process, so nothing of them stays here. */
static void
let_go(struct received *received)
{
	for (size_t i = 0; i < received->n_fds; i++)
		(void)close(received->fds[i]);
	if (received->map)
		(void)munmap(received->map, received->request.size);
}

static void
run_step(struct host *host, struct received *received)
{
	struct lane_report report;
	struct step_order order;
	struct err err = ERR_INIT;
	pid_t first;

	if (!read_order(host, received, &order))
		fail(EBADMSG);
	first = step_start(&host->step, &order, &report);
	let_go(received);
	if (first)
		step_finish(&host->step, &order.request, first, &report);
	if ((host->is_enclosed && enclosure_clear(&host->enclosure, &err) < 0) ||
		scratch_check(&host->scratch, &report.dirty, &report.replaced, &err) < 0) {
		/* The result stands; the slot is not to be used again. */
		report.dirty = LANE_DIRTY_BROKEN;
		report.replaced = 0;
	}
	report_send(&report);
}

static void
clear(struct host *host)
{
	struct lane_report report = {.type = LANE_CLEARED};
	struct err err = ERR_INIT;

	if (scratch_clear(&host->scratch, &report.replaced, &err) < 0)
		report.error = err.sys_errno ? err.sys_errno : EIO;
	report_send(&report);
}

static void
serve(struct host *host)
{
	for (;;) {
		struct received received;

		receive(host, &received);
		switch (received.request.type) {
		case LANE_STEP: run_step(host, &received); break;
		case LANE_CLEAR: clear(host); break;
		case LANE_CANCEL: break; /* of a step that has just ended */
		default: fail(EBADMSG);
		}
	}
}

int
main(int argc, char **argv)
{
	static struct host host;

	bool has_walls = argc == 5 && strcmp(argv[4], LANE_WALLS_WORD) == 0;

	if (argc != 4 && !has_walls) {
		(void)fputs(
			"lily-lane is started by lily, and does nothing by itself\n", stderr);
		return 2;
	}
	if (strcmp(argv[1], LANE_VERSION) != 0)
		fail(EPROTO);
	/* Whatever lily's program left open is not for steps. */
	(void)syscall(
		SYS_close_range, (has_walls ? LANE_FD_WALLS : LANE_FD_SOCKET) + 1, ~0U, 0);
	if (fcntl(LANE_FD_SOCKET, F_SETFD, FD_CLOEXEC) != 0)
		return 2;
	set_up(&host, argv[2], argv[3], has_walls);
	serve(&host);
	return 0;
}
