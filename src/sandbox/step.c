#include "sandbox/step.h"

#include "base/clock.h"
#include "base/file.h"
#include "sandbox/meter.h"
#include "sandbox/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#define STARTED_AFTER_US 5000
#define LINGER_US 100000
#define KILL_AGAIN_US 10000
#define CHILD_STACK ((size_t)64 << 10)

enum phase { PHASE_RUNNING, PHASE_LINGERING, PHASE_ENDING, PHASE_KILLING };

struct step {
	const struct step_host *host;
	const struct lane_request *request;
	struct lane_report *report;
	pid_t first;
	enum phase phase;
	bool first_ended;
	bool announced;      /* STARTED was sent */
	int64_t announce_us; /* since boot: when it is due */
	int64_t deadline_us; /* since boot, of the phase; 0: none */
	int64_t armed_us;    /* what the timer is set to */
	int64_t meter_us; /* since boot: when its bounds are looked at next; 0: it has none */
	uint64_t oom_kills;
};

static void
on_child(int number)
{
	(void)number; /* it only ends ppoll */
}

int
step_host_init(struct step_host *host, enum lane_mode mode, int socket, struct err *err)
{
	struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP};
	sigset_t all;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) != 0 || sigaction(SIGCHLD, &action, NULL) != 0)
		return err_sys(err, "prepare signals");
	host->mode = mode;
	host->socket = socket;
	host->timer = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (host->timer < 0)
		return err_sys(err, "timerfd_create");
	return 0;
}

/* What the child knows, in memory that it shares with the lane until it execs. */
struct child {
	const struct step_order *order;
	const struct step_host *host;
	enum lane_stage stage;
	int error;
};

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether `place` lies in the folder, or is it: by what is above it. */
static bool
lies_in(int place, const struct stat *folder)
{
	AUTO_CLOSE int at = fcntl(place, F_DUPFD_CLOEXEC, 0);
	struct stat status;
	struct stat below = {0};

	while (at >= 0 && fstat(at, &status) == 0 && !is_same(&status, &below)) {
		int above;

		if (is_same(&status, folder))
			return true;
		below = status;
		above = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		fd_close(&at);
		at = above;
	}
	return false;
}

/* Without openat2(2), whose arguments a filter cannot see. Whoever replaces a folder meanwhile is a step,
 * which could go wherever this one gets. */
static int
enter_and_look(const char *below)
{
	AUTO_CLOSE int place = open(below, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat folder;

	if (place < 0 || stat(".", &folder) != 0)
		return -1;
	if (below[0] != '/' && lies_in(place, &folder))
		return fchdir(place);
	errno = EXDEV;
	return -1;
}

/* In one step, so that nobody can put a link in its way. */
static int
enter_below(const char *below)
{
	const struct open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, AT_FDCWD, below, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return enter_and_look(below);
	return fd < 0 ? -1 : fchdir((int)fd);
}

static enum lane_stage
become_step(const struct child *child)
{
	const struct step_order *order = child->order;
	const struct enclosure *enclosure = child->host->enclosure;
	enum lane_stage stage = LANE_STAGE_NONE;
	sigset_t none;

	/* A session of its own: no terminal but one that is given, and `kill 0` reaches nobody else. */
	if (setsid() < 0)
		return LANE_STAGE_SPAWN;
	if (dup2(order->stdout_fd, STDOUT_FILENO) < 0 ||
		dup2(order->stderr_fd, STDERR_FILENO) < 0)
		return LANE_STAGE_SPAWN;
	if (order->stdin_fd >= 0 && dup2(order->stdin_fd, STDIN_FILENO) < 0)
		return LANE_STAGE_SPAWN;
	if (order->request.flags & LANE_HAS_TERMINAL && ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0)
		return LANE_STAGE_SPAWN;
	if (enclosure)
		stage = enclosure_enter(enclosure);
	if (stage)
		return stage;
	/* A change of user takes it away, so not before. */
	if (child->host->mode == LANE_MODE_SUBREAPER)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (chdir(order->cwd) != 0 || (*order->below && enter_below(order->below) != 0))
		return LANE_STAGE_CWD;
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execve(order->program, order->argv, order->environ);
	return LANE_STAGE_EXEC;
}

static int
child_main(void *argument)
{
	struct child *child = argument;

	child->stage = become_step(child);
	child->error = errno;
	return 127; /* ends the child, clone(2) */
}

pid_t
step_start(const struct step_host *host, const struct step_order *order,
	struct lane_report *ret_report)
{
	static _Alignas(16) char stack[CHILD_STACK];
	struct child child = {.order = order, .host = host};
	pid_t pid;

	*ret_report = (struct lane_report){
		.type = LANE_EXITED,
		.number = order->request.number,
		.started_us = clock_utc_us(),
	};
	pid = clone(
		child_main, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
	if (pid < 0) {
		child.stage = LANE_STAGE_SPAWN;
		child.error = errno;
	} else if (child.stage) {
		(void)waitpid(pid, NULL, 0);
	}
	if (!child.stage)
		return pid;
	ret_report->stage = child.stage;
	ret_report->error = child.error;
	ret_report->ended_us = clock_utc_us();
	return 0;
}

/* System-wide count of the kernel's OOM kills (proc(5), /proc/vmstat); 0 where there is none. */
static uint64_t
count_oom_kills(void)
{
	AUTO_BUF struct buf text = BUF_INIT(64 << 10);
	struct err err = ERR_INIT;
	const char *line;

	if (file_read(AT_FDCWD, "/proc/vmstat", &text, &err) < 0)
		return 0;
	line = strstr(buf_cstr(&text), "\noom_kill ");
	return line ? strtoull(line + strlen("\noom_kill "), NULL, 10) : 0;
}

static void
add_usage(struct lane_report *report, const struct rusage *usage)
{
	report->cpu_us += (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * INT64_C(1000000) +
		usage->ru_utime.tv_usec + usage->ru_stime.tv_usec;
	report->max_rss_kib = MAX(report->max_rss_kib, usage->ru_maxrss);
}

static void
note_first(struct step *step, int status)
{
	bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;

	step->first_ended = true;
	step->report->status = status;
	if (killed && step->announced && step->phase == PHASE_RUNNING &&
		count_oom_kills() > step->oom_kills)
		step->report->flags |= LANE_OUT_OF_MEMORY;
}

/* Reaps what has ended; false once nothing is left: the tree is dead (I4). */
static bool
reap(struct step *step)
{
	for (;;) {
		struct rusage usage;
		int status;
		pid_t pid = wait4(-1, &status, WNOHANG | __WALL, &usage);

		if (pid == 0)
			return true;
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return false;
		add_usage(step->report, &usage);
		if (pid == step->first)
			note_first(step, status);
	}
}

static void
begin_ending(struct step *step, int64_t now)
{
	step->phase = PHASE_ENDING;
	step->deadline_us = now + step->request->grace_us;
	/* A stopped process sees TERM only once it goes on. */
	tree_signal(step->host->mode, SIGTERM);
	tree_signal(step->host->mode, SIGCONT);
}

/* Goes to the next phase where its time has come. */
static void
check_phase(struct step *step)
{
	int64_t now;

	if (step->first_ended && step->phase == PHASE_RUNNING) {
		step->phase = PHASE_LINGERING;
		step->deadline_us = clock_boot_us() + MIN(LINGER_US, step->request->grace_us);
	}
	if (!step->deadline_us)
		return;
	now = clock_boot_us();
	if (now < step->deadline_us)
		return;
	if (step->phase == PHASE_RUNNING)
		step->report->flags |= LANE_TIMED_OUT;
	if (step->phase < PHASE_ENDING) {
		begin_ending(step, now);
		return;
	}
	step->phase = PHASE_KILLING;
	tree_signal(step->host->mode, SIGKILL);
	step->deadline_us = now + KILL_AGAIN_US;
}

static const struct wall_bounds *
bounds_of(const struct step *step)
{
	static const struct wall_bounds none;

	return step->host->enclosure ? &step->host->enclosure->walls.bounds : &none;
}

/* Who is past a bound has no time to tidy up. */
static void
check_bounds(struct step *step)
{
	int64_t now = clock_boot_us();

	if (!step->meter_us || now < step->meter_us || step->phase == PHASE_KILLING)
		return;
	step->report->exceeded =
		meter_look(bounds_of(step), step->host->mode, step->report->cpu_us);
	/* What takes long to look at is looked at less often. */
	step->meter_us = clock_boot_us() + MAX(METER_EVERY_US, 10 * (clock_boot_us() - now));
	if (!step->report->exceeded)
		return;
	step->phase = PHASE_KILLING;
	tree_signal(step->host->mode, SIGKILL);
	step->deadline_us = now + KILL_AGAIN_US;
}

static void
announce(struct step *step)
{
	struct lane_report started = {
		.type = LANE_STARTED,
		.number = step->request->number,
		.started_us = step->report->started_us,
	};

	step->announced = true;
	step->oom_kills = count_oom_kills();
	(void)send(step->host->socket, &started, sizeof(started), MSG_NOSIGNAL);
}

/* Sets the timer to the deadline of the phase (0: to none). Poll's own timeout does not count
 * the time that the machine sleeps. */
static void
arm(struct step *step, int64_t at_us)
{
	struct itimerspec when = {.it_value = {at_us / 1000000, at_us % 1000000 * 1000}};

	if (at_us == step->armed_us)
		return;
	(void)timerfd_settime(step->host->timer, TFD_TIMER_ABSTIME, &when, NULL);
	step->armed_us = at_us;
}

static void
hear(struct step *step)
{
	struct lane_request request;
	ssize_t n = recv(step->host->socket, &request, sizeof(request), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n != (ssize_t)sizeof(request) || request.type != LANE_CANCEL)
		step_abandon(step->host);
	if (request.number != step->request->number || step->first_ended)
		return;
	step->report->flags |= LANE_CANCEL_TAKEN;
	if (step->phase == PHASE_RUNNING)
		begin_ending(step, clock_boot_us());
}

/* When something is due: the end of the phase, or a look at its bounds; 0: nothing. */
static int64_t
next_time(const struct step *step)
{
	if (!step->meter_us || step->phase == PHASE_KILLING)
		return step->deadline_us;
	return step->deadline_us ? MIN(step->deadline_us, step->meter_us) : step->meter_us;
}

/* Waits for a child's end, a message or the time. Most steps end before they are announced, and
 * cost no timer. */
static void
wait_for_something(struct step *step)
{
	struct pollfd fds[] = {
		{.fd = step->host->socket, .events = POLLIN},
		{.fd = step->host->timer, .events = POLLIN},
	};
	struct timespec pause = {0};
	int64_t pause_us = 0;
	sigset_t mask;
	int n;

	if (!step->announced) {
		int64_t until = step->announce_us;

		if (step->deadline_us)
			until = MIN(until, step->deadline_us);
		pause_us = MAX(until - clock_boot_us(), 0);
		pause.tv_nsec = pause_us * 1000;
	} else {
		arm(step, next_time(step));
	}
	(void)sigfillset(&mask);
	(void)sigdelset(&mask, SIGCHLD);
	n = ppoll(fds, step->announced ? 2 : 1, step->announced ? NULL : &pause, &mask);
	if (n == 0 && clock_boot_us() >= step->announce_us)
		announce(step);
	if (n > 0 && fds[0].revents)
		hear(step);
}

void
step_finish(const struct step_host *host, const struct lane_request *request, pid_t first,
	struct lane_report *report)
{
	int64_t now = clock_boot_us();
	struct step step = {
		.host = host,
		.request = request,
		.report = report,
		.first = first,
		.announce_us = now + STARTED_AFTER_US,
		.deadline_us = request->timeout_us ? now + request->timeout_us : 0,
	};

	if (meter_is_needed(bounds_of(&step)))
		step.meter_us = step.announce_us;
	do {
		check_bounds(&step);
		check_phase(&step);
		wait_for_something(&step);
	} while (reap(&step));
	arm(&step, 0);
	if (!report->exceeded)
		report->exceeded =
			meter_judge(bounds_of(&step), report->cpu_us, report->max_rss_kib);
	report->ended_us = clock_utc_us();
}

void
step_abandon(const struct step_host *host)
{
	/* As PID 1 its end is everybody's end; a subreaper has to see to it. */
	if (host->mode == LANE_MODE_SUBREAPER) {
		for (;;) {
			struct timespec pause = {.tv_nsec = 1000000};

			tree_signal(host->mode, SIGKILL);
			while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
				continue;
			if (waitpid(-1, NULL, WNOHANG | __WALL) < 0 && errno == ECHILD)
				break;
			(void)nanosleep(&pause, NULL);
		}
	}
	_exit(0);
}
