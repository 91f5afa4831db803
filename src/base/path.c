#include "base/file.h"

#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

int
path_real(const char *path, struct arena *arena, struct str *ret_path, struct err *err)
{
	char *real = realpath(path, NULL);

	if (!real)
		return err_sys(err, "%s", path);
	*ret_path = arena_str(arena, str_of(real));
	free(real);
	return 0;
}

const char *
path_join(struct arena *arena, const char *dir, const char *name)
{
	size_t n = strlen(dir);

	if (name[0] == '/' || n == 0)
		return arena_cstr(arena, str_of(name));
	return arena_printf(arena, "%s%s%s", dir, dir[n - 1] == '/' ? "" : "/", name);
}

bool
path_is_inside(struct str path)
{
	struct str rest = path;

	if (!path.n || path.p[0] == '/' || memchr(path.p, '\0', path.n))
		return false;
	while (rest.p) {
		struct str part = str_cut(rest, '/', &rest);

		if (str_equal(part, STR("..")))
			return false;
	}
	return true;
}

struct str
path_shorten(struct arena *arena, struct str path)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);
	struct str rest = path;
	size_t fixed = 0; /* what no ".." takes away: the root, or leading ".."s */

	if (path.n && path.p[0] == '/') {
		buf_add_char(&b, '/');
		fixed = 1;
	}
	while (rest.n) {
		struct str part = str_cut(rest, '/', &rest);

		if (!part.n || str_is(part, "."))
			continue;
		if (str_is(part, "..") && b.n > fixed) {
			while (b.n > fixed && b.p[b.n - 1] != '/')
				b.n--;
			b.n -= b.n > fixed;
			continue;
		}
		buf_printf(&b, "%s%.*s", b.n && b.p[b.n - 1] != '/' ? "/" : "", STR_ARG(part));
		if (str_is(part, ".."))
			fixed = b.n;
	}
	return arena_str(arena, buf_str(&b));
}

bool
path_leads_out(const char *folder, const char *below)
{
	const struct open_how how = {.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	AUTO_CLOSE int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	AUTO_CLOSE int fd =
		dir < 0 ? -1 : (int)syscall(SYS_openat2, dir, below, &how, sizeof(how));

	return dir >= 0 && fd < 0 && errno == EXDEV;
}

const char *
path_config(struct arena *arena)
{
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");

	if (config && *config == '/')
		return path_join(arena, config, "lily");
	return home && *home == '/' ? path_join(arena, home, ".config/lily") : NULL;
}
