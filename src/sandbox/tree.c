#include "sandbox/tree.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

/* Whoever goes on forking past this gets the next signal, in the end SIGKILL again and again. */
#define ROUNDS_MAX 16

struct member {
	pid_t pid;
	pid_t parent;
	bool belongs;
};

static bool
read_parent(int proc, const char *name, pid_t *ret_parent)
{
	char path[64];
	char text[512];
	AUTO_CLOSE int fd = -1;
	const char *end;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%.20s/stat", name);
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return false;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end && sscanf(end + 1, " %*c %d", ret_parent) == 1;
}

/* Every process that /proc shows, in the order of their numbers. */
static struct member *
list_processes(size_t *ret_n)
{
	struct member *members = NULL;
	size_t capacity = 0;
	size_t n = 0;
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		struct member member = {0};

		if (sscanf(entry->d_name, "%d", &member.pid) != 1 || member.pid <= 0)
			continue;
		if (!read_parent(dirfd(proc), entry->d_name, &member.parent))
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
belongs_in(const struct member *members, size_t n, pid_t pid)
{
	for (size_t i = 0; i < n; i++)
		if (members[i].pid == pid)
			return members[i].belongs;
	return false;
}

/* Marks all that descend from us. */
static void
find_descendants(struct member *members, size_t n)
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
	struct member *before = NULL;
	size_t n_before = 0;
	bool found = true;

	for (int round = 0; found && round < ROUNDS_MAX; round++) {
		size_t n;
		struct member *members = list_processes(&n);

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
