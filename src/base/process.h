/*
 * process: starting a program and holding it by a descriptor.
 *
 * A program is started with clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD): no copy of the page
 * tables is made, however large the caller has grown, and the child is held by a pidfd from its
 * first instant (clone(2), pidfd_open(2)). The child starts with default signal dispositions, an
 * empty signal mask and only the descriptors that the spec names.
 */
#ifndef LILY_BASE_PROCESS_H
#define LILY_BASE_PROCESS_H

#include "base/err.h"
#include "base/str.h"

#include <sys/types.h>

/* Puts the caller's descriptor `from` at `to` in the child. */
struct process_fd {
	int from;
	int to;
};

struct process_spec {
	const char *program;  /* absolute path; no PATH search */
	char *const *argv;    /* NULL-terminated */
	char *const *environ; /* NULL-terminated */
	const struct process_fd *fds;
	size_t n_fds; /* at most 8; every other descriptor must be close-on-exec */
	/* CLONE_NEW… flags, 0 for none. With CLONE_NEWUSER the caller's user and group are mapped to
	 * themselves, nobody else, and the program starts with CAP_SYS_ADMIN in its namespaces, and with
	 * those of `capabilities`, bits of CAP_… below 32. */
	uint64_t namespaces;
	uint32_t capabilities;
	int parent_death_signal; /* sent when the starting thread ends; 0 for none */
	uint64_t open_files;     /* the program's soft limit of them; 0: as here */
};

/* ERR_NOT_FOUND, ERR_DENIED or ERR_SYS where namespaces or exec were refused. *ret_pidfd is the
 * caller's, who also waits for the child (waitid with P_PIDFD). */
int process_spawn(
	const struct process_spec *spec, pid_t *ret_pid, int *ret_pidfd, struct err *err);

/* Lets this process have as many files open as the system allows, at most PROCESS_FILES_MOST.
 * *ret_before is the soft limit until now, for the programs that it starts: not all of them can live
 * with more. ERR_LIMIT where that is less than `needed`. */
#define PROCESS_FILES_MOST ((uint64_t)1 << 16)
int process_raise_files(uint64_t needed, uint64_t *ret_before, struct err *err);

/* Sets the soft limit; what is open above it stays open. */
void process_limit_files(uint64_t most);

/* When a process started, in clock ticks since boot (proc(5), stat field 22): with the pid an
 * identity that a later process of the same pid does not share. ERR_NOT_FOUND: no such process. */
int process_start_time(pid_t pid, uint64_t *ret_ticks, struct err *err);

/* Whether the process (pid, start time) is gone or only a zombie. As pid 1 of a PID namespace it
 * is a zombie only once everything in the namespace is dead (pid_namespaces(7)). */
bool process_is_dead(pid_t pid, uint64_t start_ticks);

/* Waits until the process (pid, start time) is dead, for up to grace_ms (unless that is 0 it gets
 * SIGCONT first); then kills it with SIGKILL and waits for up to timeout_ms. Already dead is fine;
 * ERR_LIMIT where it outlives the time. */
int process_kill(
	pid_t pid, uint64_t start_ticks, int grace_ms, int timeout_ms, struct err *err);

/* pidfd_open(2) and pidfd_send_signal(2), which Debian 12's libc does not wrap everywhere. */
int process_open(pid_t pid, struct err *err);
int process_signal(int pidfd, int signal);

#endif
