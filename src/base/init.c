#include "base/init.h"

#include "base/file.h"
#include "base/process.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static const int handed_on[] = {
	SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP, SIGCONT};

static void
block_signals(sigset_t *set)
{
	(void)sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(handed_on); i++)
		(void)sigaddset(set, handed_on[i]);
	(void)sigaddset(set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, set, NULL);
}

/* Takes in all that have ended; true once the child is one of them. */
static bool
reap(pid_t child, int *ret_status)
{
	bool ended = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != child)
			continue;
		ended = true;
		*ret_status =
			WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	}
	return ended;
}

static int
wait_for(pid_t child, int pidfd, const sigset_t *set)
{
	int status = 0;

	while (!reap(child, &status)) {
		siginfo_t info;
		int signal = sigwaitinfo(set, &info);

		/* A terminal's goes to the whole group: the child has got it, too. */
		if (signal > 0 && signal != SIGCHLD && info.si_code != SI_KERNEL)
			(void)process_signal(pidfd, signal);
	}
	return status;
}

int
init_run(char *const argv[], int *ret_status, struct err *err)
{
	static const struct process_fd fds[] = {{0, 0}, {1, 1}, {2, 2}};
	const struct process_spec spec = {.program = "/proc/self/exe",
		.argv = argv,
		.environ = environ,
		.fds = fds,
		.n_fds = ARRAY_SIZE(fds)};
	AUTO_CLOSE int pidfd = -1;
	sigset_t set;
	pid_t child;
	int r;

	block_signals(&set);
	r = process_spawn(&spec, &child, &pidfd, err);
	if (r < 0) {
		(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
		return err_wrap(err, "be the first process");
	}
	*ret_status = wait_for(child, pidfd, &set);
	return 0;
}
