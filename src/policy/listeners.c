#include "policy/listeners.h"

#include "base/file.h"

#include <fcntl.h>
#include <stdio.h>

#define TABLE "/proc/net/unix"
#define TABLE_MAX ((size_t)16 << 20)
#define ACCEPTS 0x10000 /* __SO_ACCEPTCON */

/* Num RefCount Protocol Flags Type St Inode Path; empty where it does not listen, or has no path. A
 * datagram socket takes whatever is sent to it. */
static struct str
path_of(struct str line)
{
	unsigned flags = 0;
	unsigned type = 0;
	int at = 0;
	char text[512];

	(void)snprintf(text, sizeof(text), "%.*s", STR_ARG(line));
	if (sscanf(text, "%*x: %*x %*x %x %x %*x %*u %n", &flags, &type, &at) != 2 || at <= 0 ||
		(size_t)at >= line.n || line.p[at] != '/')
		return STR_EMPTY;
	if (!(flags & ACCEPTS) && type != 2)
		return STR_EMPTY;
	return (struct str){line.p + at, line.n - (size_t)at};
}

/* Where the path leads now, if to a socket. */
static const char *
resolve(struct str path, struct arena *arena)
{
	const char *text = arena_cstr(arena, path);
	struct stat status;
	struct str real;
	struct err ignored = ERR_INIT;

	if (stat(text, &status) != 0 || !S_ISSOCK(status.st_mode) ||
		path_real(text, arena, &real, &ignored) < 0)
		return NULL;
	return real.p;
}

int
listeners_find(struct arena *arena, const char ***ret_paths, size_t *ret_n, struct err *err)
{
	AUTO_BUF struct buf table = BUF_INIT(TABLE_MAX);
	struct str rest;
	size_t lines = 0;
	size_t n = 0;
	int r = file_read(AT_FDCWD, TABLE, &table, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < table.n; i++)
		lines += table.p[i] == '\n';
	*ret_paths = ARENA_ARRAY(arena, lines + 1, const char *);
	rest = buf_str(&table);
	while (rest.n) {
		struct str path = path_of(str_cut(rest, '\n', &rest));
		const char *found = path.n ? resolve(path, arena) : NULL;

		if (found)
			(*ret_paths)[n++] = found;
	}
	*ret_n = n;
	return 0;
}
