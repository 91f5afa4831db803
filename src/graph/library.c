#include "graph/library.h"

#include "base/file.h"
#include "base/memory.h"
#include "graph/declared_scope.h"
#include "graph/effects.h"
#include "graph/expression.h"
#include "json/yaml.h"

#define PATH_BYTES_MAX 4000

/* A file whose scopes are being read. */
struct open {
	struct workflow *w;
	uint32_t next;
};

struct library {
	struct workflow *top; /* keeps all others */
	const struct workflow_files *files;
	struct map by_path; /* numbers in top->files */
	struct open open[SCOPE_DEPTH_MAX + 1];
	uint32_t n_open;
};

static void
refuse(struct workflow *w, const struct declared_scope *scope, const char *message)
{
	struct place place = {NULL, "step", w->steps[scope->step].name};

	finding_error(&w->findings, &place, scope->file->offset, "%s", message);
}

/* Relative to the file that names it. */
static const char *
path_of(const struct workflow *w, struct str file, struct arena *arena)
{
	struct str folder = str_of(w->source.name);

	while (folder.n && folder.p[folder.n - 1] != '/')
		folder.n--;
	return arena_cstr(arena,
		path_shorten(arena,
			str_of(path_join(
				arena, arena_cstr(arena, folder), arena_cstr(arena, file)))));
}

/* "a → b → c", from an open file on. */
static const char *
chain(const struct library *library, uint32_t from, const char *last, struct arena *arena)
{
	AUTO_BUF struct buf b = BUF_INIT((size_t)1 << 16);

	for (uint32_t i = from; i < library->n_open; i++)
		buf_printf(&b, "%s → ", library->open[i].w->source.name);
	buf_add_cstr(&b, last);
	return arena_cstr(arena, buf_str(&b));
}

static bool
is_plain(struct str file)
{
	return file.n && file.n <= PATH_BYTES_MAX && str_find(file, '\0') < 0 &&
		!expression_occurs(file);
}

/* Whether it is one of those that are open, each of which uses the next. */
static bool
is_cycle(const struct library *library, struct workflow *w, const struct declared_scope *scope,
	const char *path)
{
	for (uint32_t i = 0; i < library->n_open; i++) {
		if (!str_equal(path_shorten(&w->arena, str_of(library->open[i].w->source.name)),
			    str_of(path)))
			continue;
		refuse(w, scope,
			arena_printf(&w->arena, "a workflow cannot use itself: %s",
				chain(library, i, path, &w->arena)));
		return true;
	}
	return false;
}

static void
push(struct library *library, struct workflow *w)
{
	library->open[library->n_open++] = (struct open){w, 0};
}

static void
keep(struct library *library, struct workflow *w)
{
	struct workflow *top = library->top;

	top->files = memory_grow(
		top->files, top->n_files, &top->files_capacity, sizeof(struct workflow *));
	(void)map_add(&library->by_path, str_of(w->source.name), (uint32_t)top->n_files);
	top->files[top->n_files++] = w;
}

/* Reads a file that nobody has named before, and opens it. */
static struct workflow *
read_file(struct library *library, struct workflow *w, const struct declared_scope *scope,
	const char *path)
{
	AUTO_BUF struct buf text = BUF_INIT(yaml_default_limits.bytes);
	struct workflow *inner = NULL;
	struct err err = ERR_INIT;
	int r = library->files
		? library->files->fetch(library->files->context, path, &text, &err)
		: err_set(&err, ERR_NOT_FOUND, "%s: other files are not to be had here", path);

	if (r == 0)
		r = workflow_declare(path, buf_str(&text), &inner, &err);
	if (r < 0) {
		refuse(w, scope,
			arena_printf(&w->arena, "\"workflow\": %.*s",
				(int)strcspn(err.message, "\n"), err.message));
		return NULL;
	}
	keep(library, inner);
	push(library, inner);
	return inner;
}

/* The file of one scope: known already, or read now, and then open. */
static void
find_file(struct library *library, struct workflow *w, struct declared_scope *scope)
{
	struct str file = scope->file ? value_text(scope->file) : STR_EMPTY;
	const char *path;
	uint32_t number;

	/* A value of the wrong kind was told of. */
	if (!scope->file)
		return;
	if (!is_plain(file)) {
		refuse(w, scope,
			"\"workflow\" must be the plain path of a file, relative to "
			"this one");
		return;
	}
	path = path_of(w, file, &w->arena);
	if (is_cycle(library, w, scope, path))
		return;
	number = map_get(&library->by_path, str_of(path));
	if (number != MAP_NONE)
		scope->inner = library->top->files[number];
	else if (library->n_open <= SCOPE_DEPTH_MAX)
		scope->inner = read_file(library, w, scope, path);
	else
		refuse(w, scope,
			arena_printf(&w->arena,
				"workflows lie more than %d deep in each other: %s",
				SCOPE_DEPTH_MAX, chain(library, 0, path, &w->arena)));
}

/* All files of its scopes are checked: what they come to. What has errors is as good as not there. */
static void
settle(struct library *library, struct workflow *w)
{
	w->total_steps = w->n_steps;
	for (uint32_t i = 0; i < w->n_scopes; i++) {
		struct declared_scope *scope = &w->scopes[i];
		const struct workflow *inner = scope->inner;

		if (!inner)
			continue;
		w->depth = MAX(w->depth, inner->depth + 1);
		w->total_steps = MIN(w->total_steps + inner->total_steps, SCOPE_STEPS_MAX + 1);
		w->has_once |= inner->has_once;
		if (inner->findings.errors)
			refuse(w, scope,
				arena_printf(&w->arena, "%s, which it uses, has %zu error%s",
					inner->source.name, inner->findings.errors,
					inner->findings.errors == 1 ? "" : "s"));
		else if (library->n_open - 1 + w->depth > SCOPE_DEPTH_MAX)
			refuse(w, scope,
				arena_printf(&w->arena,
					"workflows lie more than %d deep in each other: %s → …",
					SCOPE_DEPTH_MAX,
					chain(library, 0, inner->source.name, &w->arena)));
		else if (w->total_steps > SCOPE_STEPS_MAX)
			refuse(w, scope,
				arena_printf(&w->arena,
					"with the steps of %s there are more than %d",
					inner->source.name, SCOPE_STEPS_MAX));
		else
			continue;
		scope->inner = NULL;
	}
	for (uint32_t i = 0; i < w->n_steps; i++)
		w->has_once |= effects_are_once(&w->steps[i]);
}

void
library_read(struct workflow *top, const struct workflow_files *files)
{
	struct library library = {.top = top, .files = files};

	push(&library, top);
	while (library.n_open) {
		struct open *open = &library.open[library.n_open - 1];

		if (open->next < open->w->n_scopes) {
			find_file(&library, open->w, &open->w->scopes[open->next++]);
			continue;
		}
		settle(&library, open->w);
		workflow_check(open->w);
		library.n_open--;
	}
	map_done(&library.by_path);
}
