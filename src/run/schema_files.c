#include "run/schema_files.h"

#include "base/file.h"
#include "base/memory.h"
#include "contract/file_uri.h"
#include "contract/references.h"

#include <fcntl.h>

#define FILES_MAX 1000

struct following {
	struct str id;
	const char *path;    /* of the root */
	const char *named;   /* as the workflow names it; or NULL */
	struct str root;     /* its last part */
	struct arena *arena; /* of the texts */
	struct references *references;
	struct schema_file *files;
	size_t n, capacity;
	size_t total;
};

static struct str
last_part(const char *path)
{
	struct str name = str_of(path);
	struct str rest;

	while (rest = STR_EMPTY, str_find(name, '/') >= 0) {
		(void)str_cut(name, '/', &rest);
		name = rest;
	}
	return name;
}

/* Behind the root: whoever reads its references wants the others. */
static int
add(struct following *f, struct str path, const char *place, struct str text, struct err *err)
{
	const struct source *source;
	const struct value *root;
	int r = registry_read(place, text, f->arena, &root, &source, err);

	if (r == 0)
		r = references_add(f->references, schema_set_uri(f->id, path, f->arena), root,
			source, DRAFT_2020_12, err);
	f->files = memory_grow(f->files, f->n, &f->capacity, sizeof(*f->files));
	f->files[f->n++] = (struct schema_file){path, text};
	f->total += text.n;
	return r;
}

static int
read_text(const char *place, struct arena *arena, struct str *ret_text, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(REGISTRY_BYTES_MAX);
	int r = file_read(AT_FDCWD, place, &bytes, err);

	if (r == 0)
		*ret_text = arena_str(arena, buf_str(&bytes));
	return r;
}

static unsigned
climb_of(struct str path)
{
	unsigned climb = 0;

	for (; str_starts(path, STR("../")); climb++)
		path = (struct str){path.p + 3, path.n - 3};
	return climb;
}

/* Folders that the root is below that of the workflow; 0 too where it is not. */
static unsigned
depth_of(const char *named)
{
	struct str rest = str_of(named);
	unsigned depth = 0;

	if (!path_is_inside(rest))
		return 0;
	while (str_find(rest, '/') >= 0) {
		struct str part = str_cut(rest, '/', &rest);

		depth += part.n && !str_equal(part, STR("."));
	}
	return depth;
}

static bool
names_file(struct str path)
{
	return str_ends(path, STR(".json")) || str_ends(path, STR(".yaml")) ||
		str_ends(path, STR(".yml"));
}

/* Why a reference to a file is not followed; NULL where it is none, or is. */
static const char *
refusal(const struct following *f, const struct reference *reference, struct str path)
{
	struct str written;
	struct str fragment = STR_EMPTY;

	written = str_cut(reference->written, '#', &fragment);
	if (names_file(written) &&
		(str_starts(written, STR("/")) || str_starts(written, STR("file:"))))
		return "names a file by an absolute path; say it from the folder of this file";
	if (path.n && f->named && climb_of(path) > depth_of(f->named))
		return "leads out of the folders of the workflow file and of its schema; name "
		       "that file under `schemas`, and refer to it by its id";
	return NULL;
}

static int
follow(struct following *f, const struct reference *reference, struct err *err)
{
	struct str path = STR_EMPTY;
	struct err why = ERR_INIT;
	const char *refused;
	const char *place;
	struct str folder = {f->path, strlen(f->path) - f->root.n};
	struct str text;

	if (!uri_is_relative(reference->written) ||
		!schema_set_path(f->id, reference->uri, f->arena, &path) || !names_file(path))
		path = STR_EMPTY;
	refused = refusal(f, reference, path);
	if (refused)
		return source_error(reference->source, reference->offset, err, "\"%.*s\" %s",
			(int)MIN(reference->written.n, 150), reference->written.p, refused);
	if (!path.n)
		return 0;
	for (size_t i = 0; i < f->n; i++)
		if (str_equal(f->files[i].path, path))
			return 0;
	place = arena_printf(f->arena, "%.*s%.*s", STR_ARG(folder), STR_ARG(path));
	if (f->n == FILES_MAX)
		return source_error(reference->source, reference->offset, err,
			"the schema refers to more than %d files", FILES_MAX);
	if (read_text(place, f->arena, &text, &why) < 0)
		return source_error(reference->source, reference->offset, err,
			"\"%.*s\" names a file: %s", (int)MIN(reference->written.n, 150),
			reference->written.p, why.message);
	if (text.n > REGISTRY_BYTES_MAX - f->total)
		return source_error(reference->source, reference->offset, err,
			"with the files that it refers to the schema has more than %zu bytes",
			REGISTRY_BYTES_MAX);
	return add(f, path, place, text, err);
}

static int
follow_all(struct following *f, struct str text, struct err *err)
{
	struct reference reference;
	int r = add(f, f->root, f->path, text, err);

	while (r == 0 && references_next(f->references, &reference))
		r = follow(f, &reference, err);
	if (r == 0 && references_find_loop(f->references, STR_EMPTY, &reference))
		r = source_error(reference.source, reference.offset, err,
			"by \"%.*s\" the schema refers to itself without end",
			(int)MIN(reference.written.n, 150), reference.written.p);
	return r;
}

int
schema_files_read(struct str id, const char *path, const char *named, struct buf *ret_bytes,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct following f = {.id = id,
		.path = path,
		.named = named,
		.root = last_part(path),
		.arena = &arena};
	struct str text;
	int r = read_text(path, &arena, &text, err);

	if (r < 0)
		return r;
	f.references = references_new();
	r = follow_all(&f, text, err);
	references_free(f.references);
	/* A schema that looks like a set is put into one. */
	if (r == 0 && f.n == 1 && !schema_set_is(text))
		buf_add_str(ret_bytes, text);
	else if (r == 0)
		schema_set_write(f.root, f.files, f.n, ret_bytes);
	free(f.files);
	return r < 0 ? r : buf_check(ret_bytes, path, err);
}
