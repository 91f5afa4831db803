#include "run/outputs.h"

#include "base/file.h"
#include "base/memory.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>

#define AT_ONCE_MAX ((off_t)256 << 10)

struct outputs_item {
	struct output_found *found;
	int fd;           /* of the file or directory */
	int dir;          /* to take a file over from, or -1 */
	const char *name; /* its name below dir */
	struct object_staged *staged;
	int failed;
	struct err err;
};

struct outputs_job {
	struct outputs_request request;
	struct outputs_item *items;
	uint32_t n;
};

/* Each line of JSON Lines is a JSON value; empty lines are allowed at the end only. */
static int
check_jsonl(struct arena *arena, struct str text, struct err *err)
{
	struct str rest = text;
	unsigned line = 0;

	while (rest.n) {
		struct str part = str_cut(rest, '\n', &rest);
		struct source source = {.name = "line", .text = part};
		const struct value *value;
		int r;

		line++;
		if (!str_trim(part).n && !str_trim(rest).n)
			break;
		r = json_parse(
			arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, &value, err);
		if (r < 0)
			return err_wrap(err, "line %u", line);
		arena_reset(arena);
	}
	return 0;
}

/* Whether bytes are what the type says; ERR_INVALID with the reason, ERR_LIMIT. */
static int
check_text(const struct step_output *declared, struct str text, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	enum output_type type = declared->type;
	struct source source = {
		.name = arena_printf(&arena, "%.*s", STR_ARG(declared->name)), .text = text};
	const struct value *value;
	size_t at;
	int r;

	if (type == OUTPUT_TEXT && !str_is_utf8(text, &at))
		return err_set(err, ERR_INVALID, "not UTF-8: byte %zu", at);
	if (type == OUTPUT_JSONL)
		return check_jsonl(&arena, text, err);
	if (type != OUTPUT_JSON)
		return 0;
	r = json_parse(&arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, &value, err);
	if (r < 0)
		return err_wrap(err, r == ERR_INVALID ? "not JSON" : "cannot be read as JSON");
	return 0;
}

static bool
is_checked(enum output_type type)
{
	return type == OUTPUT_TEXT || type == OUTPUT_JSON || type == OUTPUT_JSONL;
}

static const char *
kind_of(const struct output_found *found)
{
	if (found->is_tree)
		return "dir";
	switch (found->declared->type) {
	case OUTPUT_TEXT: return "text";
	case OUTPUT_JSON: return "json";
	case OUTPUT_FOUND:
	case OUTPUT_FILE:
	case OUTPUT_JSONL:
	case OUTPUT_DIR: return "file";
	}
	BUG("an output of type %d", (int)found->declared->type);
}

/* Whether an error says something about the output rather than about the machine or the store. */
static bool
is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_LIMIT || code == ERR_NOT_FOUND ||
		code == ERR_DENIED;
}

/* A failure that is the step's own: keeps the first. */
static void
blame(const struct outputs_request *request, struct outputs *outputs,
	const struct output_found *found, const char *reason)
{
	if (outputs->failure)
		return;
	outputs->failure = arena_printf(request->values->arena, "output %.*s %s",
		STR_ARG(found->declared->name), reason);
}

/* The same, where why it cannot be taken is an error's message: the line of it that says it. */
static void
blame_error(const struct outputs_request *request, struct outputs *outputs,
	const struct output_found *found, const struct err *why)
{
	if (outputs->failure)
		return;
	outputs->failure = arena_printf(request->values->arena, "output %.*s: %.*s",
		STR_ARG(found->declared->name), (int)strcspn(why->message, "\n"), why->message);
}

/* Why what was found cannot be kept as what was declared; NULL where it can. */
static const char *
refuse_kind(const struct outputs_request *request, enum output_type type, mode_t mode)
{
	if (S_ISREG(mode))
		return type == OUTPUT_DIR ? "is a file, dir is declared" : NULL;
	if (!S_ISDIR(mode))
		return "is neither file nor directory";
	if (type == OUTPUT_DIR || type == OUTPUT_FOUND)
		return NULL;
	return arena_printf(request->values->arena, "is a directory, %s is declared",
		output_type_name(type));
}

/* Sets *ret_dir and *ret_path to where the output has to be. */
static int
locate(const struct outputs_request *request, const struct step_output *declared, int *ret_dir,
	const char **ret_path, struct err *err)
{
	struct str path;
	int r;

	if (!declared->has_path) {
		*ret_dir = request->out_dir;
		*ret_path = arena_cstr(request->values->arena, declared->name);
		return 0;
	}
	r = values_text(request->values, &declared->path, &path, err);
	if (r < 0)
		return r;
	*ret_dir = request->workspace;
	*ret_path = arena_cstr(request->values->arena, path);
	return 0;
}

/* 1 and a descriptor; 0 where the output is missing or nothing that can be kept (blamed). */
static int
open_output(const struct outputs_request *request, struct outputs *outputs,
	struct output_found *found, struct outputs_item *item, struct stat *ret_status,
	struct err *err)
{
	const struct step_output *declared = found->declared;
	const char *refusal = NULL;
	struct err why = ERR_INIT;
	int dir = -1;
	int r = locate(request, declared, &dir, &item->name, &why);

	if (r == 0)
		r = file_open_beneath(
			dir, item->name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, &item->fd, &why);
	if (r == ERR_NOT_FOUND) {
		if (!declared->optional)
			blame(request, outputs, found,
				arena_printf(request->values->arena,
					"is missing: %s%s was not written",
					declared->has_path ? "" : "$LILY_OUT/", item->name));
		return 0;
	}
	if (r == 0 && fstat(item->fd, ret_status) != 0)
		r = err_sys(&why, "stat %s", item->name);
	if (r == 0)
		refusal = refuse_kind(request, declared->type, ret_status->st_mode);
	if (refusal || r < 0)
		fd_close(&item->fd);
	if (refusal)
		blame(request, outputs, found, refusal);
	else if (is_of_step(r))
		blame_error(request, outputs, found, &why);
	if (refusal || is_of_step(r))
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	found->present = true;
	found->is_tree = S_ISDIR(ret_status->st_mode);
	found->artifact.kind = kind_of(found);
	item->dir = declared->has_path ? -1 : dir;
	return 1;
}

/* A small file: read, checked and stored in one go. */
static int
store_at_once(const struct outputs_request *request, struct outputs *outputs,
	struct output_found *found, const struct outputs_item *item, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT((size_t)AT_ONCE_MAX + 1);
	struct err reason = ERR_INIT;
	int r = file_read_fd(item->fd, item->name, &bytes, &reason);

	/* A file of the workspace may have grown since. */
	if (is_of_step(r)) {
		blame_error(request, outputs, found, &reason);
		return 0;
	}
	if (r < 0) {
		*err = reason;
		return r;
	}
	if (check_text(found->declared, buf_str(&bytes), &reason) < 0)
		blame_error(request, outputs, found, &reason);
	found->artifact.size = bytes.n;
	return object_put(
		request->values->store, buf_str(&bytes), &found->artifact.digest, err);
}

static struct outputs_job *
new_job(const struct outputs_request *request)
{
	struct outputs_job *job = memory_zeroed(1, sizeof(*job));

	job->request = *request;
	job->items = memory_zeroed(request->step->n_outputs, sizeof(*job->items));
	return job;
}

static void
free_job(struct outputs_job *job)
{
	if (!job)
		return;
	for (uint32_t i = 0; i < job->n; i++) {
		fd_close(&job->items[i].fd);
		if (job->items[i].staged)
			object_discard(job->request.values->store, job->items[i].staged);
	}
	free(job->items);
	free(job);
}

static int
find_one(const struct outputs_request *request, struct outputs *outputs,
	struct output_found *found, struct outputs_job **job, struct err *err)
{
	struct outputs_item item = {.found = found, .fd = -1, .dir = -1};
	struct stat status;
	int r = open_output(request, outputs, found, &item, &status, err);

	if (r <= 0)
		return r;
	if (!found->is_tree && status.st_size <= AT_ONCE_MAX) {
		r = store_at_once(request, outputs, found, &item, err);
		fd_close(&item.fd);
		return r;
	}
	if (!*job)
		*job = new_job(request);
	(*job)->items[(*job)->n++] = item;
	return 0;
}

int
outputs_find(const struct outputs_request *request, struct outputs *ret_outputs,
	struct outputs_job **ret_job, struct err *err)
{
	const struct step *step = request->step;
	struct outputs outputs = {.items = ARENA_ARRAY(request->values->arena, step->n_outputs,
					  struct output_found),
		.n = step->n_outputs};
	struct outputs_job *job = NULL;

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		struct output_found *found = &outputs.items[i];
		int r;

		found->declared = &step->outputs[i];
		found->artifact.name = found->declared->name;
		found->artifact.type = STR_EMPTY;
		r = find_one(request, &outputs, found, &job, err);
		if (r < 0) {
			free_job(job);
			return err_wrap(err, "output %.*s", STR_ARG(found->declared->name));
		}
	}
	*ret_outputs = outputs;
	*ret_job = job;
	return 0;
}

static int
check_file(const struct outputs_item *item, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(json_default_limits.bytes);
	int r = file_read_fd(item->fd, item->name, &bytes, err);

	if (r == 0)
		r = check_text(item->found->declared, buf_str(&bytes), err);
	if (r == 0 && lseek(item->fd, 0, SEEK_SET) != 0)
		r = err_sys(err, "seek");
	return r;
}

void
outputs_work(void *context)
{
	struct outputs_job *job = context;
	struct store *store = job->request.values->store;

	for (uint32_t i = 0; i < job->n; i++) {
		struct outputs_item *item = &job->items[i];
		enum object_how how = item->dir >= 0 ? OBJECT_MOVE : OBJECT_COPY;

		if (is_checked(item->found->declared->type))
			item->failed = check_file(item, &item->err);
		if (item->failed < 0)
			continue;
		if (item->found->is_tree)
			item->failed = object_stage_tree(
				store, item->fd, ".", &item->staged, &item->err);
		else
			item->failed = object_stage_file(store, item->fd, how, item->dir,
				item->name, &item->staged, &item->err);
	}
}

int
outputs_finish(struct outputs_job *job, struct outputs *outputs, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < job->n; i++) {
		struct outputs_item *item = &job->items[i];
		struct output_found *found = item->found;

		if (is_of_step(item->failed)) {
			blame_error(&job->request, outputs, found, &item->err);
			continue;
		}
		if (item->failed < 0) {
			*err = item->err;
			r = item->failed;
		} else {
			r = object_commit(job->request.values->store, item->staged,
				&found->artifact.digest, &found->artifact.size, err);
			item->staged = NULL;
		}
		if (r < 0)
			(void)err_wrap(err, "output %.*s", STR_ARG(found->declared->name));
	}
	free_job(job);
	return r;
}
