#include "api/handle.h"
#include "api/lane.h"

#include "base/file.h"
#include "base/memory.h"
#include "exec/machine.h"
#include "store/home.h"

#define NOTES_MAX ((size_t)64 << 10)

static int
find_workspace(
	struct lily_store *handle, const struct lily_store_options *options, struct err *err)
{
	const char *start = options->workspace ? options->workspace : ".";
	struct str path;
	int r;

	if (!(options->flags & LILY_STORE_EXACT))
		return home_workspace(start, &handle->arena, &handle->workspace, err);
	r = path_real(start, &handle->arena, &path, err);
	if (r == 0)
		handle->workspace = path.p;
	return r;
}

/* The absolute path of a directory that need not be there yet. */
static int
absolute_path(struct arena *arena, const char *path, const char **ret_path, struct err *err)
{
	struct err missing = ERR_INIT;
	struct str real;
	int r = path_real(path, arena, &real, &missing);

	if (r == ERR_NOT_FOUND && path[0] == '/') {
		*ret_path = arena_cstr(arena, str_of(path));
		return 0;
	}
	if (r == ERR_NOT_FOUND && path[0]) {
		r = path_real(".", arena, &real, err);
		if (r == 0)
			*ret_path = path_join(arena, real.p, path);
		return r;
	}
	if (r < 0) {
		*err = missing;
		return r;
	}
	*ret_path = real.p;
	return 0;
}

static int
find_directory(struct lily_store *handle, const struct lily_store_options *options,
	const char **ret_dir, struct err *err)
{
	unsigned flags = handle->access == STORE_WRITE ? HOME_CREATE : 0;

	if (options->store)
		return absolute_path(&handle->arena, options->store, ret_dir, err);
	return home_find(
		handle->workspace, flags, &handle->arena, ret_dir, &handle->home_note, err);
}

static int
open_handle(
	struct lily_store *handle, const struct lily_store_options *options, struct err *err)
{
	const char *dir;
	int r;

	handle->access = options->flags & LILY_STORE_READ_ONLY ? STORE_READ : STORE_WRITE;
	r = find_workspace(handle, options, err);
	if (r == 0)
		r = find_directory(handle, options, &dir, err);
	if (r == 0)
		r = store_open(dir, handle->access, &handle->store, err);
	if (r < 0)
		return r;
	handle->lane = lane_find(&handle->arena);
	if (options->lane)
		r = absolute_path(&handle->arena, options->lane, &handle->lane, err);
	return r;
}

int
lily_store_open(const struct lily_store_options *options, struct lily_store **ret_store,
	struct lily_error *error)
{
	static const struct lily_store_options none = {0};
	struct lily_store *handle = memory_zeroed(1, sizeof(*handle));
	struct err err = ERR_INIT;

	handle->arena = ARENA_INIT;
	handle->home_note = STR_EMPTY;
	handle->notes = ARENA_NEW(&handle->arena, struct buf);
	*handle->notes = BUF_INIT(NOTES_MAX);
	if (open_handle(handle, options ? options : &none, &err) < 0) {
		lily_store_close(handle);
		return error_give(&err, error);
	}
	*ret_store = handle;
	return 0;
}

void
lily_store_close(struct lily_store *store)
{
	if (!store)
		return;
	if (store->store)
		store_close(store->store);
	buf_done(store->notes);
	arena_done(&store->arena);
	free(store);
}

const char *
lily_store_path(const struct lily_store *store)
{
	return store_path(store->store);
}

const char *
lily_store_workspace(const struct lily_store *store)
{
	return store->workspace;
}

/* A store below the workspace is within reach of every step that may write there. */
static void
note_inside(const struct lily_store *store)
{
	struct str path = str_of(store_path(store->store));
	struct str workspace = str_of(store->workspace);

	if (!str_starts(path, workspace))
		return;
	if (workspace.n > 1 && path.n > workspace.n && path.p[workspace.n] != '/')
		return;
	buf_printf(store->notes,
		"the store %.*s lies inside the workspace, where steps can damage it; choose a "
		"folder outside (--store DIR, or XDG_STATE_HOME)\n",
		STR_ARG(path));
}

const char *
lily_store_notes(const struct lily_store *store)
{
	char warning[STORE_WARNING_SIZE];

	buf_clear(store->notes);
	if (store->home_note.n)
		buf_printf(store->notes, "%.*s\n", STR_ARG(store->home_note));
	note_inside(store);
	while (store_take_warning(store->store, warning))
		buf_printf(store->notes, "%s\n", warning);
	return buf_cstr(store->notes);
}

int
lily_store_mark(struct lily_store *store, struct lily_error *error)
{
	struct err err = ERR_INIT;
	int r = store_need_write(store, &err);

	if (r == 0)
		r = home_mark(store->workspace, store_path(store->store), &err);
	return r < 0 ? error_give(&err, error) : 0;
}

const struct policy_machine *
store_machine(struct lily_store *store)
{
	if (!store->knows_machine)
		machine_probe(store->lane, &store->machine);
	store->knows_machine = true;
	return &store->machine;
}

int
store_need_write(const struct lily_store *store, struct err *err)
{
	if (store->access == STORE_WRITE)
		return 0;
	return err_set(err, ERR_DENIED, "the store %s was opened for reading only",
		store_path(store->store));
}

void
store_settle(struct lily_store *store)
{
	if (store_durable(store->store) < store_submitted(store->store))
		(void)store_flush(store->store, NULL);
}

int
store_find_run(struct lily_store *store, const char *address, struct arena *arena,
	struct run_row *ret_row, struct err *err)
{
	store_settle(store);
	return run_find(store->store, str_of(address ? address : ""), arena, ret_row, err);
}
