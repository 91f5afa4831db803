#include "trace/kept.h"

#include "base/file.h"

#include <fcntl.h>
#include <unistd.h>

/* A log that others follow may lie there, too; each attempt has a home. */
static bool
is_there(struct store *store, const char *folder, struct arena *arena)
{
	return faccessat(store_directory(store), arena_printf(arena, "%s/home", folder), F_OK,
		       AT_SYMLINK_NOFOLLOW) == 0;
}

bool
kept_may_be(struct store *store, const struct uuid *run)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char id[UUID_TEXT_SIZE];

	return faccessat(store_directory(store),
		       arena_printf(&arena, "runs/%s/attempts", uuid_to_text(run, id)), F_OK,
		       AT_SYMLINK_NOFOLLOW) == 0;
}

static void
add(struct builder *b, const char *key, struct store *store, const char *folder,
	struct arena *arena)
{
	if (folder)
		builder_cstr(b, key, arena_printf(arena, "%s/%s", store_path(store), folder));
	else
		builder_null(b, key);
}

void
kept_add(struct builder *b, const char *key, struct store *store, const struct uuid *run,
	uint32_t attempt)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char id[UUID_TEXT_SIZE];
	const char *folder =
		arena_printf(&arena, "runs/%s/attempts/%u", uuid_to_text(run, id), attempt);

	add(b, key, store, is_there(store, folder, &arena) ? folder : NULL, &arena);
}

void
kept_add_all(struct builder *b, const char *key, struct store *store, const struct uuid *run)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char id[UUID_TEXT_SIZE];
	const char *folder = arena_printf(&arena, "runs/%s/attempts", uuid_to_text(run, id));
	struct str *names;
	bool found = false;
	size_t n = 0;

	/* Mostly it is not there. */
	if (dir_list(store_directory(store), folder, &arena, &names, &n, NULL) < 0)
		n = 0;
	for (size_t i = 0; !found && i < n; i++)
		found = is_there(
			store, arena_printf(&arena, "%s/%s", folder, names[i].p), &arena);
	add(b, key, store, found ? folder : NULL, &arena);
}
