#include "run/secret_program.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/process.h"
#include "base/recall.h"
#include "exec/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

#define LOOK_MS 100

/* Takes what it prints until it closes its stdout. */
static int
hear(int pipe, int64_t deadline_us, struct buf *b, struct err *err)
{
	for (;;) {
		struct pollfd ready = {.fd = pipe, .events = POLLIN};
		char bytes[4096];
		ssize_t n;
		int r = recall_check(err);

		if (r < 0)
			return r;
		if (clock_boot_us() > deadline_us)
			return err_set(err, ERR_LIMIT, "it did not end within %d s",
				SECRET_PROGRAM_MS / 1000);
		if (poll(&ready, 1, LOOK_MS) <= 0)
			continue;
		n = read(pipe, bytes, sizeof(bytes));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return 0;
		buf_add(b, bytes, (size_t)n);
		explicit_bzero(bytes, sizeof(bytes));
		if (b->overflowed)
			return err_set(err, ERR_LIMIT, "it printed too much");
	}
}

static int
start(const struct secret_source *source, const char *file, int writer, int *ret_pidfd,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char **argv = ARENA_ARRAY(&arena, source->n_argv + 1, char *);
	const struct process_fd fds[] = {
		{null, STDIN_FILENO}, {writer, STDOUT_FILENO}, {STDERR_FILENO, STDERR_FILENO}};
	const struct process_spec spec = {.program = file,
		.argv = argv,
		.environ = environ,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds)};
	pid_t pid;

	if (null < 0)
		return err_sys(err, "open /dev/null");
	/* The child only reads them. */
	for (uint32_t i = 0; i < source->n_argv; i++)
		memcpy(&argv[i], &source->argv[i].p, sizeof(argv[i]));
	return process_spawn(&spec, &pid, ret_pidfd, err);
}

static int
check_end(const siginfo_t *info, struct err *err)
{
	if (info->si_code == CLD_EXITED && info->si_status == 0)
		return 0;
	return err_set(err, ERR_INVALID,
		info->si_code == CLD_EXITED ? "it ended with exit status %d"
					    : "it was killed by signal %d",
		info->si_status);
}

static int
run(const struct secret_source *source, const char *file, struct buf *b, struct err *err)
{
	AUTO_CLOSE int reader = -1;
	AUTO_CLOSE int writer = -1;
	AUTO_CLOSE int pidfd = -1;
	siginfo_t info = {0};
	int pair[2];
	int r;

	if (pipe2(pair, O_CLOEXEC) != 0)
		return err_sys(err, "make a pipe");
	reader = pair[0];
	writer = pair[1];
	r = start(source, file, writer, &pidfd, err);
	if (r < 0)
		return r;
	fd_close(&writer);
	r = hear(reader, clock_boot_us() + SECRET_PROGRAM_MS * INT64_C(1000), b, err);
	if (r < 0)
		(void)process_signal(pidfd, SIGKILL);
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) != 0)
		if (errno != EINTR)
			return err_sys(err, "wait for it");
	return r < 0 ? r : check_end(&info, err);
}

int
secret_program_run(const struct secret_source *source, const char *workspace, struct buf *b,
	struct err *err)
{
	struct program_cache cache = PROGRAM_CACHE_INIT;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *file;
	int r = program_find(&cache, getenv("PATH"), workspace, source->argv[0].p, &file, err);

	if (r >= 0)
		r = run(source, path_join(&arena, workspace, file), b, err);
	program_cache_done(&cache);
	return r < 0 ? err_wrap(err, "%s", source->argv[0].p) : 0;
}
