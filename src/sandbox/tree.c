#include "sandbox/tree.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

/* Whoever goes on forking past this gets the next signal, in the end SIGKILL again and again. */
#define ROUNDS_MAX 16

/* proc(5), /proc/PID/stat: from the state on, behind the name, which may hold anything. */
static bool
read_process(int proc, const char *name, struct tree_process *process)
{
	static long ticks;
	static long page;
	char path[64];
	char text[1024];
	AUTO_CLOSE int fd = -1;
	long long cpu[4];
	long long pages;
	const char *end;
	ssize_t n;

	if (!ticks) {
		ticks = sysconf(_SC_CLK_TCK);
		page = sysconf(_SC_PAGESIZE);
	}
	(void)snprintf(path, sizeof(path), "%.20s/stat", name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	end = strrchr(text, ')');
	if (!end ||
		sscanf(end + 1,
			" %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d "
			"%*d %*d %*d %*u %*u %lld",
			&process->parent, &cpu[0], &cpu[1], &cpu[2], &cpu[3], &pages) != 6)
		return false;
	process->cpu_us = (cpu[0] + cpu[1] + cpu[2] + cpu[3]) * (1000000 / ticks);
	process->memory = (uint64_t)MAX(pages, 0) * (uint64_t)page;
	return true;
}

/* Every process that /proc shows, in the order of their numbers. */
static struct tree_process *
list_processes(size_t *ret_n)
{
	struct tree_process *members = NULL;
	size_t capacity = 0;
	size_t n = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		struct tree_process member = {0};

		if (sscanf(entry->d_name, "%d", &member.pid) != 1 || member.pid <= 0)
			continue;
		if (!read_process(dirfd(proc), entry->d_name, &member))
			continue;
		members = memory_grow(members, n, &capacity, sizeof(*members));
		members[n++] = member;
	}
	if (proc)
		(void)closedir(proc);
	*ret_n = n;
	return members;
}

static bool
belongs_in(const struct tree_process *members, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (members[i].pid == pid)
			return members[i].belongs;
	return false;
}

/* Marks all that descend from us. */
static void
find_descendants(struct tree_process *members, size_t n)
{
	pid_t self = getpid();
	bool grown = true;

	while (grown) {
		grown = false;
		for (size_t i = 0; i < n; i++) {
			if (members[i].belongs ||
				(members[i].parent != self &&
					!belongs_in(members, n, members[i].parent)))
				continue;
			members[i].belongs = true;
			grown = true;
		}
	}
}

/* Signals each once, and looks again until nobody is new: a process that was born while the list
 * was read may have outlived its parent. */
static void
signal_descendants(int signal)
{
	struct tree_process *before = NULL;
	size_t n_before = 0;
	bool found = true;

	for (int round = 0; found && round < ROUNDS_MAX; round++) {
		size_t n;
		struct tree_process *members = list_processes(&n);

		found = false;
		find_descendants(members, n);
		for (size_t i = 0; i < n; i++) {
			if (!members[i].belongs || belongs_in(before, n_before, members[i].pid))
				continue;
			found = true;
			(void)kill(members[i].pid, signal);
		}
		free(before);
		before = members;
		n_before = n;
	}
	free(before);
}

void
tree_signal(enum lane_mode mode, int signal)
{
	if (mode == LANE_MODE_PID_NAMESPACE)
		(void)kill(-1, signal);
	else
		signal_descendants(signal);
}

size_t
tree_list(enum lane_mode mode, struct tree_process **ret_processes)
{
	size_t n;
	struct tree_process *all = list_processes(&n);
	pid_t self = getpid();
	size_t kept = 0;

	if (mode != LANE_MODE_PID_NAMESPACE)
		find_descendants(all, n);
	for (size_t i = 0; i < n; i++)
		if (all[i].pid != self && (mode == LANE_MODE_PID_NAMESPACE || all[i].belongs))
			all[kept++] = all[i];
	*ret_processes = all;
	return kept;
}
