#include "base/process.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

/* A literal that may be passed where char * is asked for. */
#define TEXT(literal) ((char[]){literal})

static char *const no_environment[] = {NULL};

static int
wait_for(int pidfd)
{
	siginfo_t info = {0};

	assert_int_equal(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED), 0);
	(void)close(pidfd);
	return info.si_code == CLD_EXITED ? info.si_status : 1000 + info.si_status;
}

/* Starts /bin/sh -c script with its output in a pipe; returns the reading end. */
static int
start_shell(const char *script, char *const *environment, pid_t *ret_pid, int *ret_pidfd)
{
	char *argv[] = {TEXT("sh"), TEXT("-c"), strdup(script), NULL};
	struct err err = ERR_INIT;
	int ends[2];
	int r;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	r = process_spawn(
		&(struct process_spec){
			.program = "/bin/sh",
			.argv = argv,
			.environ = environment,
			.fds = (struct process_fd[]){{ends[1], 1}, {ends[1], 2}},
			.n_fds = 2,
		},
		ret_pid, ret_pidfd, &err);
	free(argv[2]);
	if (r < 0)
		fail_msg("%s", err.message);
	(void)close(ends[1]);
	return ends[0];
}

/* What the shell printed, up to 4000 bytes. */
static const char *
read_all(int fd, char text[4001])
{
	size_t used = 0;
	ssize_t n;

	while (used < 4000 && (n = read(fd, text + used, 4000 - used)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	(void)close(fd);
	return text;
}

static void
arguments_environment_and_status(void **state)
{
	char *environment[] = {TEXT("NAME=value"), NULL};
	char text[4001];
	int pidfd;
	pid_t pid;
	int fd = start_shell("echo $NAME-$PATH-; exit 7", environment, &pid, &pidfd);

	(void)state;
	assert_non_null(strstr(read_all(fd, text), "value-"));
	assert_int_equal(fcntl(pidfd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(wait_for(pidfd), 7);
}

/* Prints the numbers of the descriptors that are open, without opening one. */
#define LIST_DESCRIPTORS                \
	"i=0; while [ $i -lt 300 ]; do" \
	" [ -e /proc/$$/fd/$i ] && printf '%s ' $i; i=$((i + 1)); done"

static void
only_named_descriptors_are_open(void **state)
{
	AUTO_CLOSE int extra = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char text[4001];
	int pidfd;
	pid_t pid;
	int fd = start_shell(LIST_DESCRIPTORS, no_environment, &pid, &pidfd);

	(void)state;
	assert_true(extra > 2);
	assert_string_equal(read_all(fd, text), "0 1 2 ");
	assert_int_equal(wait_for(pidfd), 0);
}

/* 1 and 2 change places: neither target may overwrite a source that is still needed. */
static void
descriptors_may_cross(void **state)
{
	char *argv[] = {TEXT("sh"), TEXT("-c"), TEXT("echo one; echo two >&2"), NULL};
	char one[4001];
	char two[4001];
	int first[2];
	int second[2];
	int pidfd;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(first, O_CLOEXEC), 0);
	assert_int_equal(pipe2(second, O_CLOEXEC), 0);
	assert_int_equal(
		process_spawn(
			&(struct process_spec){
				.program = "/bin/sh",
				.argv = argv,
				.environ = no_environment,
				.fds = (struct process_fd[]){{first[1], 2}, {second[1], 1},
					{first[1], second[1]}, {second[1], first[1]}},
				.n_fds = 4,
			},
			&pid, &pidfd, NULL),
		0);
	(void)close(first[1]);
	(void)close(second[1]);
	assert_string_equal(read_all(second[0], one), "one\n");
	assert_string_equal(read_all(first[0], two), "two\n");
	assert_int_equal(wait_for(pidfd), 0);
}

/* Descriptors are moved out of the way before they are placed; a target among the places where
 * they were moved to stayed close-on-exec, or lost its source. */
static void
high_targets_arrive_open(void **state)
{
	char *argv[] = {TEXT("sh"), TEXT("-c"), TEXT(LIST_DESCRIPTORS), NULL};
	char text[4001];
	struct err err = ERR_INIT;
	int ends[2];
	int pidfd;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(process_spawn(
				 &(struct process_spec){
					 .program = "/bin/sh",
					 .argv = argv,
					 .environ = no_environment,
					 .fds = (struct process_fd[]){{ends[1], 65},
						 {ends[1], 64}, {ends[1], 66}, {ends[1], 1}},
					 .n_fds = 4,
				 },
				 &pid, &pidfd, &err),
		0);
	(void)close(ends[1]);
	assert_string_equal(read_all(ends[0], text), "0 1 2 64 65 66 ");
	assert_int_equal(wait_for(pidfd), 0);
}

static void
signals_start_as_the_system_has_them(void **state)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before;
	sigset_t blocked;
	sigset_t old;
	char text[4001];
	int pidfd;
	pid_t pid;
	int fd;

	(void)state;
	(void)sigemptyset(&blocked);
	(void)sigaddset(&blocked, SIGUSR1);
	assert_int_equal(sigaction(SIGPIPE, &ignore, &before), 0);
	assert_int_equal(sigprocmask(SIG_BLOCK, &blocked, &old), 0);
	fd = start_shell("exec /bin/grep -E '^Sig(Blk|Ign)' /proc/self/status", no_environment,
		&pid, &pidfd);
	assert_string_equal(
		read_all(fd, text), "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	assert_int_equal(wait_for(pidfd), 0);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_true(sigismember(&blocked, SIGUSR1));
	assert_int_equal(sigprocmask(SIG_SETMASK, &old, NULL), 0);
	assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
}

static void
what_cannot_start_is_told_and_reaped(void **state)
{
	static const struct {
		const char *program;
		int code;
		int error;
	} rows[] = {
		{"/nonexistent/program", ERR_NOT_FOUND, ENOENT},
		{"/etc/passwd/x", ERR_NOT_FOUND, ENOTDIR},
		{"/etc/passwd", ERR_DENIED, EACCES},
		{"/etc", ERR_DENIED, EACCES},
	};
	char *argv[] = {TEXT("x"), NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct process_spec spec = {
			.program = rows[i].program, .argv = argv, .environ = no_environment};
		struct err err = ERR_INIT;
		pid_t pid = 77;
		int pidfd = 77;

		assert_int_equal(process_spawn(&spec, &pid, &pidfd, &err), rows[i].code);
		assert_int_equal(err.sys_errno, rows[i].error);
		assert_non_null(strstr(err.message, rows[i].program));
		assert_int_equal(pid, 77);
		assert_int_equal(pidfd, 77);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(errno, ECHILD);
	}
}

static void
bad_descriptor_or_format_is_told(void **state)
{
	char *argv[] = {TEXT("sh"), NULL};
	struct process_spec spec = {.program = "/bin/sh",
		.argv = argv,
		.environ = no_environment,
		.fds = &(struct process_fd){999, 1},
		.n_fds = 1};
	char path[] = "/tmp/lily-process-XXXXXX";
	struct err err = ERR_INIT;
	int pidfd;
	pid_t pid;
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(process_spawn(&spec, &pid, &pidfd, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, EBADF);
	assert_int_equal(write(fd, "\1\2\3\4", 4), 4);
	assert_int_equal(fchmod(fd, 0755), 0);
	(void)close(fd);
	spec = (struct process_spec){.program = path, .argv = argv, .environ = no_environment};
	assert_int_equal(process_spawn(&spec, &pid, &pidfd, &err), ERR_SYS);
	assert_int_equal(err.sys_errno, ENOEXEC);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void
a_pid_namespace_has_an_init(void **state)
{
	char *argv[] = {TEXT("sh"), TEXT("-c"), TEXT("echo $$"), NULL};
	char text[4001];
	struct err err = ERR_INIT;
	int ends[2];
	int pidfd;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	if (process_spawn(
		    &(struct process_spec){
			    .program = "/bin/sh",
			    .argv = argv,
			    .environ = no_environment,
			    .fds = &(struct process_fd){ends[1], 1},
			    .n_fds = 1,
			    .namespaces = 0x30000000, /* CLONE_NEWUSER | CLONE_NEWPID */
			    .parent_death_signal = SIGKILL,
		    },
		    &pid, &pidfd, &err) < 0) {
		print_message("user namespaces are refused here: %s\n", err.message);
		(void)close(ends[0]);
		(void)close(ends[1]);
		skip();
	}
	(void)close(ends[1]);
	assert_string_equal(read_all(ends[0], text), "1\n");
	assert_int_equal(wait_for(pidfd), 0);
}

static void
start_time_tells_a_process_from_its_successor(void **state)
{
	struct err err = ERR_INIT;
	uint64_t ticks = 0;
	uint64_t again = 1;

	(void)state;
	assert_int_equal(process_start_time(getpid(), &ticks, &err), 0);
	assert_int_equal(process_start_time(getpid(), &again, &err), 0);
	assert_int_equal(ticks, again);
	assert_true(ticks > 0);
	assert_false(process_is_dead(getpid(), ticks));
	assert_true(process_is_dead(getpid(), ticks + 1));
	assert_int_equal(process_start_time(0x3fffffff, &ticks, &err), ERR_NOT_FOUND);
	assert_true(process_is_dead(0x3fffffff, 1));
	assert_int_equal(process_kill(0x3fffffff, 1, 0, 1000, &err), 0);
	assert_int_equal(process_kill(getpid(), ticks + 1, 0, 1000, &err), 0);
}

/* The name in stat(5) is the program's own choice. */
static void
a_hostile_command_name_hides_nothing(void **state)
{
	char text[4001];
	uint64_t start = 0;
	uint64_t plain = 0;
	int pidfd;
	pid_t pid;
	int fd = start_shell("printf ') Z 1 (x) ' >/proc/self/comm; echo ready; kill -STOP $$",
		no_environment, &pid, &pidfd);

	(void)state;
	assert_int_equal(process_start_time(pid, &plain, NULL), 0);
	assert_int_equal(read(fd, text, 6), 6);
	assert_int_equal(process_start_time(pid, &start, NULL), 0);
	assert_int_equal(start, plain);
	assert_false(process_is_dead(pid, start));
	assert_int_equal(process_kill(pid, start, 0, 5000, NULL), 0);
	(void)close(fd);
	assert_int_equal(wait_for(pidfd), 1000 + SIGKILL);
}

static void
kill_ends_with_a_proof(void **state)
{
	char text[8];
	uint64_t start;
	int pidfd;
	pid_t pid;
	int fd = start_shell("trap '' TERM INT HUP; echo ready; while :; do sleep 1; done",
		no_environment, &pid, &pidfd);
	struct err err = ERR_INIT;

	(void)state;
	assert_int_equal(read(fd, text, 6), 6);
	assert_int_equal(process_start_time(pid, &start, &err), 0);
	assert_int_equal(process_signal(pidfd, SIGTERM), 0);
	assert_false(process_is_dead(pid, start));
	assert_int_equal(process_kill(pid, start, 0, 5000, &err), 0);
	assert_true(process_is_dead(pid, start)); /* a zombie of ours, not yet reaped */
	assert_int_equal(process_kill(pid, start, 0, 5000, &err), 0);
	assert_int_equal(wait_for(pidfd), 1000 + SIGKILL);
	assert_true(process_is_dead(pid, start));
	(void)close(fd);
}

static void *
sleep_long(void *unused)
{
	(void)sleep(20);
	return unused;
}

/* The first thread of a program may end before the others: /proc shows state Z, and it still runs. */
static void
a_program_whose_first_thread_ended_is_not_dead(void **state)
{
	uint64_t start = 0;
	siginfo_t info;
	bool zombie = false;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, sleep_long, NULL) != 0)
			_exit(1);
		pthread_exit(NULL);
	}
	assert_int_equal(process_start_time(pid, &start, NULL), 0);
	for (int i = 0; i < 1000 && !zombie; i++) {
		AUTO_BUF struct buf text = BUF_INIT(4096);
		char path[64];

		(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		assert_int_equal(file_read(AT_FDCWD, path, &text, NULL), 0);
		zombie = strstr(buf_cstr(&text), ") Z ") != NULL;
		(void)usleep(1000);
	}
	assert_true(zombie);
	assert_false(process_is_dead(pid, start));
	assert_int_equal(process_kill(pid, start, 0, 5000, NULL), 0);
	assert_true(process_is_dead(pid, start));
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
}

static void
open_gives_a_descriptor_or_says_why(void **state)
{
	struct err err = ERR_INIT;
	int fd = process_open(getpid(), &err);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(process_signal(fd, 0), 0);
	(void)close(fd);
	assert_int_equal(process_open(0x3fffffff, &err), ERR_NOT_FOUND);
	assert_int_equal(err.sys_errno, ESRCH);
}

/* ASan sees it: what is mapped there next was taken for frames of the child. */
static void
the_stack_of_a_child_is_as_if_it_had_never_been(void **state)
{
	size_t size = (size_t)64 << 10;
	char *areas[8];
	int status[8];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		char *argv[] = {TEXT("true"), NULL};
		struct process_spec spec = {
			.program = "/bin/true", .argv = argv, .environ = no_environment};
		struct err err = ERR_INIT;
		int pidfd;
		pid_t pid;

		assert_int_equal(process_spawn(&spec, &pid, &pidfd, &err), 0);
		status[i] = wait_for(pidfd);
		areas[i] = mmap(
			NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_ptr_not_equal(areas[i], MAP_FAILED);
		memset(areas[i], 1, size);
	}
	for (size_t i = 0; i < 8; i++) {
		assert_int_equal(status[i], 0);
		(void)munmap(areas[i], size);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_environment_and_status),
		cmocka_unit_test(only_named_descriptors_are_open),
		cmocka_unit_test(descriptors_may_cross),
		cmocka_unit_test(high_targets_arrive_open),
		cmocka_unit_test(signals_start_as_the_system_has_them),
		cmocka_unit_test(what_cannot_start_is_told_and_reaped),
		cmocka_unit_test(bad_descriptor_or_format_is_told),
		cmocka_unit_test(a_pid_namespace_has_an_init),
		cmocka_unit_test(start_time_tells_a_process_from_its_successor),
		cmocka_unit_test(a_hostile_command_name_hides_nothing),
		cmocka_unit_test(kill_ends_with_a_proof),
		cmocka_unit_test(a_program_whose_first_thread_ended_is_not_dead),
		cmocka_unit_test(open_gives_a_descriptor_or_says_why),
		cmocka_unit_test(the_stack_of_a_child_is_as_if_it_had_never_been),
	};

	/* What the caller left open is no business of these tests. */
	(void)close_range(3, ~0U, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
