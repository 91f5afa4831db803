#include "policy/words.h"

#include "base/file.h"
#include "policy/default.h"
#include "policy/sets.h"

static int
find_device(const struct policy_surroundings *surroundings, struct str text,
	struct arena *arena, const char **ret_path, struct err *err)
{
	const char *path = text.p[0] == '/' ? arena_cstr(arena, text)
					    : arena_printf(arena, "/dev/%.*s", STR_ARG(text));
	int r = location_find(surroundings, str_of(path), arena, ret_path, err);

	if (r == 0 && (!location_covers("/dev", *ret_path) || strcmp(*ret_path, "/dev") == 0))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is no device: write its name, such as null, or its path in "
			"/dev",
			(int)MIN(text.n, 100), text.p);
	return r;
}

int
policy_word_path(enum policy_clause clause, struct str text,
	const struct policy_surroundings *surroundings, struct arena *arena,
	const char **ret_path, struct err *err)
{
	bool opens = clause == POLICY_WRITE || clause == POLICY_READ;
	int r;

	if (clause == POLICY_DEVICES)
		return find_device(surroundings, text, arena, ret_path, err);
	if (clause == POLICY_TOOLS)
		return location_find_program(surroundings, text, arena, ret_path, err);
	r = location_find(surroundings, text, arena, ret_path, err);
	if (r == 0 && opens && surroundings->store &&
		location_covers(surroundings->store, *ret_path))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is in lily's store, which no step is shown; outputs and "
			"inputs "
			"are the way to what runs made",
			(int)MIN(text.n, 200), text.p);
	return r;
}

int
policy_words_resolve(const struct declared_policy *declared, enum policy_clause clause,
	const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *ret_paths, struct err *err)
{
	const struct policy_words *words = &declared->words[clause];
	struct policy_path *items = ARENA_ARRAY(arena, words->n, struct policy_path);
	struct policy_paths paths = {items, 0};

	for (size_t i = 0; i < words->n; i++) {
		struct policy_path entry = {
			.place = declared_place(declared, words->items[i].offset)};
		struct err own = ERR_INIT;
		int r = policy_word_path(
			clause, words->items[i].text, surroundings, arena, &entry.path, &own);

		if (r < 0 && declared->source)
			return source_error(declared->source, words->items[i].offset, err, "%s",
				own.message);
		if (r < 0)
			return err_set(err, r, "%s", own.message);
		sets_add(&paths, &entry, 1);
	}
	*ret_paths = paths;
	return 0;
}

/* --- what lily itself says --- */

/* What is a link of somebody's is left out: whoever needs it can write where it leads to. */
static void
add(const struct policy_surroundings *surroundings, struct arena *arena, const char *path,
	struct policy_paths *list)
{
	struct policy_path entry = {.place = {.file = STR_EMPTY}};
	struct err ignored = ERR_INIT;

	if (location_find(surroundings, str_of(path), arena, &entry.path, &ignored) == 0)
		sets_add(list, &entry, 1);
}

static void
add_found(const struct policy_surroundings *surroundings, struct arena *arena, const char *path,
	struct policy_paths *list)
{
	struct policy_path entry = {.is_found = true, .place = {.file = STR_EMPTY}};
	struct err ignored = ERR_INIT;

	if (location_find(surroundings, str_of(path), arena, &entry.path, &ignored) == 0)
		sets_add(list, &entry, 1);
}

/* But not what lies in another one, as /bin does in /usr, mostly. */
static void
add_outermost(const struct policy_surroundings *surroundings, struct arena *arena,
	const char *path, struct policy_paths *list)
{
	struct err ignored = ERR_INIT;
	const char *found;

	if (location_find(surroundings, str_of(path), arena, &found, &ignored) == 0 &&
		!sets_find(list, found))
		add(surroundings, arena, found, list);
}

static bool
exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* Whether PATH has that folder of the home, or one below it. */
static bool
is_searched(const struct policy_surroundings *surroundings, const char *folder)
{
	struct str rest = surroundings->search ? str_of(surroundings->search) : STR_EMPTY;

	while (rest.n) {
		struct str part = str_cut(rest, ':', &rest);
		AUTO_ARENA struct arena scratch = ARENA_INIT;

		if (location_covers(folder, path_shorten(&scratch, part).p))
			return true;
	}
	return false;
}

static const char *
in_home(const struct policy_surroundings *surroundings, struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/%s", surroundings->home, name);
}

void
policy_words_toolchains(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *read)
{
	for (size_t i = 0; surroundings->home && i < policy_toolchains_count; i++) {
		const struct toolchain *chain = &policy_toolchains[i];

		if (!is_searched(surroundings, in_home(surroundings, arena, chain->folder)))
			continue;
		for (size_t k = 0; k < ARRAY_SIZE(chain->shown) && chain->shown[k]; k++) {
			const char *path = in_home(surroundings, arena, chain->shown[k]);

			if (exists(path))
				add_found(surroundings, arena, path, read);
		}
	}
}

void
policy_words_hidden(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *hidden)
{
	if (surroundings->home)
		add(surroundings, arena, surroundings->home, hidden);
	if (surroundings->store)
		add(surroundings, arena, surroundings->store, hidden);
	for (size_t i = 0; i < policy_hidden_count; i++)
		add(surroundings, arena, policy_hidden[i], hidden);
	for (size_t i = 0; surroundings->home && i < policy_toolchains_count; i++)
		for (size_t k = 0; k < ARRAY_SIZE(policy_toolchains[i].hidden); k++)
			if (policy_toolchains[i].hidden[k])
				add(surroundings, arena,
					in_home(surroundings, arena,
						policy_toolchains[i].hidden[k]),
					hidden);
}

void
policy_words_system(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *read)
{
	for (size_t i = 0; i < policy_system_count; i++)
		if (exists(policy_system[i]))
			add_outermost(surroundings, arena, policy_system[i], read);
}

static void
add_yielding(
	struct arena *arena, const char *path, bool is_pattern, struct policy_paths *protect)
{
	const struct policy_path entry = {.path = arena_cstr(arena, str_of(path)),
		.is_pattern = is_pattern,
		.yields = true,
		.place = {.file = STR_EMPTY}};

	sets_add(protect, &entry, 1);
}

void
policy_words_protected(const struct policy_surroundings *surroundings, struct arena *arena,
	struct policy_paths *protect)
{
	const char *workspace = surroundings->workspace;
	const char *root = strcmp(workspace, "/") == 0 ? "" : workspace;

	for (size_t i = 0; i < policy_git_files_count; i++)
		add_yielding(arena,
			arena_printf(arena, "%s/.git/%s", root, policy_git_files[i]), true,
			protect);
	for (size_t i = 0; i < policy_own_files_count; i++)
		add_yielding(arena, arena_printf(arena, "%s/%s", root, policy_own_files[i]),
			false, protect);
}
