#include "run/file_match.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <sys/stat.h>

#define LOOKED_AT_MAX 1000000

/* A folder, and the components of the pattern that what is in it has to match. */
struct place {
	struct str folder; /* empty: the top */
	struct str rest;
};

struct search {
	int dir;
	uint32_t max;
	uint32_t looked_at;
	struct arena *arena;
	struct place *places;
	size_t n_places;
	size_t places_capacity;
	struct str *paths;
	size_t n_paths;
	size_t paths_capacity;
};

static void
add_place(struct search *s, struct str folder, struct str rest)
{
	s->places =
		memory_grow(s->places, s->n_places, &s->places_capacity, sizeof(*s->places));
	s->places[s->n_places++] = (struct place){folder, rest};
}

static int
add_path(struct search *s, struct str path, struct err *err)
{
	if (s->n_paths > s->max)
		return err_set(err, ERR_LIMIT, "more than %u files match", s->max);
	s->paths = memory_grow(s->paths, s->n_paths, &s->paths_capacity, sizeof(*s->paths));
	s->paths[s->n_paths++] = path;
	return 0;
}

static bool
matches(struct search *s, struct str component, struct str name)
{
	return fnmatch(arena_cstr(s->arena, component), arena_cstr(s->arena, name),
		       FNM_PERIOD) == 0;
}

/* One entry of a folder. */
static int
look_at(struct search *s, const struct place *place, struct str name, struct err *err)
{
	struct str rest;
	struct str component = str_cut(place->rest, '/', &rest);
	struct str path = place->folder.n ? str_of(arena_printf(s->arena, "%.*s/%.*s",
						    STR_ARG(place->folder), STR_ARG(name)))
					  : name;
	struct stat status;
	bool is_folder;

	if (++s->looked_at > LOOKED_AT_MAX)
		return err_set(err, ERR_LIMIT,
			"more than %d files and folders had to be looked at; narrow it down",
			LOOKED_AT_MAX);
	if (!str_is(component, "**") && !matches(s, component, name))
		return 0;
	if (fstatat(s->dir, path.p, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : err_sys(err, "stat %s", path.p);
	is_folder = S_ISDIR(status.st_mode);
	if (str_is(component, "**")) {
		/* Folders whose name begins with a dot are looked into only where it is said. */
		if (is_folder && name.p[0] != '.')
			add_place(s, path, place->rest);
		return 0;
	}
	if (rest.n && is_folder)
		add_place(s, path, rest);
	return !rest.n && S_ISREG(status.st_mode) ? add_path(s, path, err) : 0;
}

static int
look_into(struct search *s, struct place place, struct err *err)
{
	struct str *names;
	struct str rest;
	size_t n;
	int r;

	/* No folder at all is one of the things that ** stands for. */
	if (str_is(str_cut(place.rest, '/', &rest), "**") && rest.n)
		add_place(s, place.folder, rest);
	r = dir_list(s->dir, place.folder.n ? place.folder.p : ".", s->arena, &names, &n, err);
	if (r == ERR_NOT_FOUND)
		return 0;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = look_at(s, &place, names[i], err);
	return r;
}

static int
compare_paths(const void *a, const void *b)
{
	return str_compare(*(const struct str *)a, *(const struct str *)b);
}

int
file_match(int dir, struct str pattern, uint32_t max, struct arena *arena,
	struct str **ret_paths, uint32_t *ret_n, struct err *err)
{
	struct search s = {.dir = dir, .max = max, .arena = arena};
	uint32_t n = 0;
	int r = 0;

	add_place(&s, STR_EMPTY, pattern);
	while (r == 0 && s.n_places)
		r = look_into(&s, s.places[--s.n_places], err);
	if (r == 0) {
		if (s.n_paths)
			qsort(s.paths, s.n_paths, sizeof(*s.paths), compare_paths);
		*ret_paths = ARENA_ARRAY(arena, s.n_paths, struct str);
		/* Two ** in a pattern find some files twice. */
		for (size_t i = 0; i < s.n_paths; i++)
			if (!n || !str_equal((*ret_paths)[n - 1], s.paths[i]))
				(*ret_paths)[n++] = s.paths[i];
		*ret_n = n;
	}
	free(s.places);
	free(s.paths);
	return r < 0 ? err_wrap(err, "%.*s", STR_ARG(pattern)) : 0;
}
