#include "cli/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CHUNK 4096
#define LAST_READS 256 /* of a chunk, once it has ended */
#define TERMINATED 143 /* 128 + SIGTERM */

/* What the user typed and the program has not read yet. */
struct typed {
	char bytes[CHUNK];
	size_t n;
	bool ended;
};

static void
copy_size(const struct relay *relay)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
		(void)ioctl(relay->master, TIOCSWINSZ, &size);
}

bool
relay_open(struct relay *relay)
{
	const char *name;

	*relay = (struct relay){.slave = -1};
	relay->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (relay->master < 0)
		return false;
	if (grantpt(relay->master) == 0 && unlockpt(relay->master) == 0 &&
		(name = ptsname(relay->master)) != NULL)
		relay->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (relay->slave < 0 || fcntl(relay->master, F_SETFL, O_NONBLOCK) != 0) {
		relay_close(relay);
		return false;
	}
	copy_size(relay);
	return true;
}

static void
make_raw(struct relay *relay)
{
	struct termios raw;

	if (tcgetattr(STDIN_FILENO, &relay->saved) != 0)
		return;
	raw = relay->saved;
	cfmakeraw(&raw);
	relay->is_raw = tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* false at the end: nobody has the other side open any more. */
static bool
show(const struct relay *relay)
{
	char bytes[CHUNK];
	ssize_t n = read(relay->master, bytes, sizeof(bytes));

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	for (ssize_t done = 0; done < n;) {
		ssize_t written = write(STDOUT_FILENO, bytes + done, (size_t)(n - done));

		if (written < 0 && errno != EINTR)
			return false;
		done += written > 0 ? written : 0;
	}
	return n > 0;
}

static void
take_typed(struct typed *typed)
{
	ssize_t n = read(STDIN_FILENO, typed->bytes, sizeof(typed->bytes));

	if (n > 0)
		typed->n = (size_t)n;
	else if (n == 0 || errno != EINTR)
		typed->ended = true;
}

static void
pass_typed(const struct relay *relay, struct typed *typed)
{
	ssize_t n = write(relay->master, typed->bytes, typed->n);

	if (n > 0)
		memmove(typed->bytes, typed->bytes + n, typed->n -= (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		typed->n = 0;
}

static void
stop_showing(struct relay *relay)
{
	(void)close(relay->master);
	relay->master = -1;
}

/* One round: 1 it has ended, 0 it goes on. */
static int
turn(struct relay *relay, struct lily_shell *shell, struct signals *signals,
	struct typed *typed, int *ret_status, struct lily_error *error)
{
	int master = relay ? relay->master : -1;
	struct pollfd fds[] = {
		{.fd = lily_shell_fd(shell), .events = POLLIN},
		{.fd = master, .events = (short)(POLLIN | (typed->n ? POLLOUT : 0))},
		{.fd = master < 0 || typed->n || typed->ended ? -1 : STDIN_FILENO,
			.events = POLLIN},
		{.fd = signals->fd, .events = POLLIN},
	};

	if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) < 0)
		return 0;
	if (fds[3].revents)
		signals_read(signals);
	if (signals->stops) {
		*ret_status = TERMINATED;
		return 1;
	}
	if (signals->suspend)
		signals_suspend(signals);
	if (signals->resized && master >= 0)
		copy_size(relay);
	signals->resized = false;
	if (fds[2].revents)
		take_typed(typed);
	if (fds[1].revents & POLLOUT)
		pass_typed(relay, typed);
	if (fds[1].revents & (POLLIN | POLLHUP) && !show(relay))
		stop_showing(relay);
	return fds[0].revents ? lily_shell_next(shell, ret_status, error) : 0;
}

int
relay_run(struct relay *relay, struct lily_shell *shell, struct signals *signals,
	int *ret_status, struct lily_error *error)
{
	struct typed typed = {.n = 0};
	int n = 0;

	if (relay) {
		(void)close(relay->slave);
		relay->slave = -1;
		make_raw(relay);
	}
	while (n == 0)
		n = turn(relay, shell, signals, &typed, ret_status, error);
	/* What it said last; it may still be talking. */
	for (int i = 0; i < LAST_READS && relay && relay->master >= 0 && n > 0; i++) {
		struct pollfd left = {.fd = relay->master, .events = POLLIN};

		if (poll(&left, 1, 0) <= 0 || !show(relay))
			break;
	}
	return n < 0 ? n : 0;
}

void
relay_close(struct relay *relay)
{
	if (relay->is_raw)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &relay->saved);
	relay->is_raw = false;
	if (relay->slave >= 0)
		(void)close(relay->slave);
	if (relay->master >= 0)
		(void)close(relay->master);
	relay->slave = relay->master = -1;
}
