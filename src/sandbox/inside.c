#include "sandbox/inside.h"

#include "base/buf.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ANCESTORS_MAX 100000

/* What proc(5) /proc/PID/stat says of a process: its name, which may itself hold brackets, stands before
 * the last one, its parent is the fourth field. */
struct ancestor {
	long parent;
	bool is_named_lane; /* where the link to its program may not be read */
};

static bool
read_process(const char *directory, struct ancestor *ret_ancestor)
{
	AUTO_BUF struct buf text = BUF_INIT(4096);
	struct err ignored = ERR_INIT;
	char path[64];
	const char *name;
	const char *end;
	char *rest;

	(void)snprintf(path, sizeof(path), "%s/stat", directory);
	if (file_read(AT_FDCWD, path, &text, &ignored) < 0)
		return false;
	name = strchr(buf_cstr(&text), '(');
	end = strrchr(buf_cstr(&text), ')');
	if (!name || !end || !end[1] || !end[2] || end[3] != ' ')
		return false;
	ret_ancestor->is_named_lane =
		str_is((struct str){name + 1, (size_t)(end - name - 1)}, "lily-lane");
	ret_ancestor->parent = strtol(end + 4, &rest, 10);
	return true;
}

static bool
runs(const char *directory, const struct stat *lane)
{
	struct stat program;
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/exe", directory);
	return stat(path, &program) == 0 && program.st_dev == lane->st_dev &&
		program.st_ino == lane->st_ino;
}

int
inside_lane(const char *lane, struct err *err)
{
	char directory[40] = "/proc/self";
	struct ancestor process = {.parent = 0};
	struct stat status;
	bool has_lane = stat(lane, &status) == 0; /* else it is known by its name alone */

	for (int i = 0; i < ANCESTORS_MAX; i++) {
		if (!read_process(directory, &process))
			return err_set(err, ERR_DENIED,
				"/proc does not show the processes above this one, so that "
				"nobody "
				"can tell whether it is part of a step");
		if (i && (process.is_named_lane || (has_lane && runs(directory, &status))))
			return 1;
		if (process.parent <= 0)
			return 0;
		(void)snprintf(directory, sizeof(directory), "/proc/%ld", process.parent);
	}
	return 0;
}

/* The inode of the first PID namespace is fixed: PROC_PID_INIT_INO of the kernel's proc_ns.h. */
#define FIRST_PID_NAMESPACE 0xEFFFFFFCU

bool
inside_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/pid", &status) != 0 || status.st_ino != FIRST_PID_NAMESPACE;
}
