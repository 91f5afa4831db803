/*
 * remotes: the documents that the JSON Schema suite wants served at http://localhost:1234/, read from
 * its folder once and put into every collection that a case makes.
 */
#ifndef LILY_TESTS_REMOTES_H
#define LILY_TESTS_REMOTES_H

#include "../json/suites.h"
#include "contract/schema.h"
#include "json/json.h"

#define REMOTES_MAX 256

struct remotes {
	struct str uris[REMOTES_MAX];
	const struct source *sources[REMOTES_MAX];
	const struct value *roots[REMOTES_MAX];
	size_t n;
};

/* Reads a file of the suites into the arena; ends the test where it is no JSON. */
static inline const struct value *
remotes_read(struct arena *arena, const char *folder, struct str name,
	const struct source **ret_source)
{
	AUTO_BUF struct buf text = BUF_INIT(SUITES_FILE_MAX);
	struct source *source = ARENA_NEW(arena, struct source);
	const struct value *root;
	struct err err = ERR_INIT;

	suites_read(arena, folder, name, &text);
	*source = (struct source){path_join(arena, folder, arena_cstr(arena, name)),
		arena_str(arena, buf_str(&text))};
	if (json_parse(arena, source, 0, NULL, &root, &err)) {
		(void)fprintf(stderr, "%s\n", err.message);
		exit(1);
	}
	if (ret_source)
		*ret_source = source;
	return root;
}

static inline bool
remotes_is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The folder's files, and those of its folders down to three levels. */
static inline void
remotes_load(struct remotes *remotes, struct arena *arena, const char *folder, const char *uri)
{
	const char *folders[64] = {folder};
	const char *uris[64] = {uri};
	size_t n_folders = 1;

	for (size_t f = 0; f < n_folders; f++) {
		size_t n;
		struct str *names = suites_list(arena, folders[f], &n);

		for (size_t i = 0; i < n; i++) {
			const char *name = arena_cstr(arena, names[i]);
			const char *path = path_join(arena, folders[f], name);
			const char *at = arena_printf(arena, "%s%s", uris[f], name);

			if (str_is(names[i], "v1") || str_is(names[i], "draft3")) {
				(void)printf(
					"not served: %s, of a draft that is not ours\n", path);
			} else if (remotes_is_folder(path) && n_folders < ARRAY_SIZE(folders)) {
				folders[n_folders] = path;
				uris[n_folders++] = arena_printf(arena, "%s/", at);
			} else if (str_ends(names[i], STR(".json")) &&
				remotes->n < REMOTES_MAX) {
				remotes->uris[remotes->n] = str_of(at);
				remotes->roots[remotes->n] = remotes_read(arena, folders[f],
					names[i], &remotes->sources[remotes->n]);
				remotes->n++;
			} else {
				(void)printf("not served: %s\n", path);
			}
		}
	}
}

/* Adds all that can be added; a document may need another one as its meta-schema first. Returns
 * how many could not. */
static inline size_t
remotes_add(const struct remotes *remotes, struct collection *collection, enum draft draft,
	bool is_told)
{
	bool done[REMOTES_MAX] = {false};
	size_t left = remotes->n;
	size_t before;

	do {
		before = left;
		for (size_t i = 0; i < remotes->n; i++) {
			struct err err = ERR_INIT;

			if (done[i] ||
				collection_add(collection, remotes->uris[i], remotes->roots[i],
					remotes->sources[i], draft, &err))
				continue;
			done[i] = true;
			left--;
		}
	} while (left && left < before);
	for (size_t i = 0; i < remotes->n && is_told; i++) {
		struct err err = ERR_INIT;

		if (done[i])
			continue;
		(void)collection_add(collection, remotes->uris[i], remotes->roots[i],
			remotes->sources[i], draft, &err);
		(void)printf("cannot be served: %s\n", err.message);
	}
	return left;
}

#endif
