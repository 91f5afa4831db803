#include "base/file.h"

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
