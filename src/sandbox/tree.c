#include "sandbox/tree.h"

#include "base/memory.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

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
parent_belongs(const struct member *members, size_t n, pid_t parent)
{
	for (size_t i = 0; i < n; i++)
		if (members[i].pid == parent)
			return members[i].belongs;
	return false;
}

static void
signal_descendants(int signal)
{
	pid_t self = getpid();
	size_t n;
	struct member *members = list_processes(&n);
	bool grown = true;

	while (grown) {
		grown = false;
		for (size_t i = 0; i < n; i++) {
			if (members[i].belongs ||
				(members[i].parent != self &&
					!parent_belongs(members, n, members[i].parent)))
				continue;
			members[i].belongs = true;
			grown = true;
			(void)kill(members[i].pid, signal);
		}
	}
	free(members);
}

void
tree_signal(enum lane_mode mode, int signal)
{
	if (mode == LANE_MODE_PID_NAMESPACE)
		(void)kill(-1, signal);
	else
		signal_descendants(signal);
}
