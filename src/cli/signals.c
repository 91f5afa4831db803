#include "cli/signals.h"

#include <stddef.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

void
signals_open(struct signals *signals)
{
	static const int wanted[] = {SIGINT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	*signals = (struct signals){.fd = -1};
	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		struct sigaction now;

		if (sigaction(wanted[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			(void)sigaddset(&set, wanted[i]);
	}
	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)sigprocmask(SIG_BLOCK, &set, &signals->before);
	signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->fd < 0)
		(void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

void
signals_close(struct signals *signals)
{
	if (signals->fd < 0)
		return;
	/* What is pending was asked of the command that has just ended. */
	signals_read(signals);
	(void)close(signals->fd);
	signals->fd = -1;
	(void)sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

void
signals_read(struct signals *signals)
{
	struct signalfd_siginfo info;

	while (signals->fd >= 0 && read(signals->fd, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTSTP: signals->suspend = true; break;
		case SIGWINCH: signals->resized = true; break;
		default: signals->stops++; break;
		}
	}
}

void
signals_suspend(struct signals *signals)
{
	signals->suspend = false;
	(void)kill(getpid(), SIGSTOP);
}
