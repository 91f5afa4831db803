#include "run/outputs.h"

#include "base/file.h"
#include "base/memory.h"
#include "run/leak.h"
#include "run/selection.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>

#define AT_ONCE_MAX ((off_t)256 << 10)

struct outputs_item {
	struct output_found *found;
	int fd;             /* of the file or directory */
	int dir;            /* to take a file over from, or -1 */
	const char *name;   /* its name below dir */
	struct str pattern; /* which files of the workspace; empty: one */
	const struct schema *schema;
	struct digest checked; /* of the bytes that were looked at */
	struct str secret;     /* it holds its value; else empty */
	struct object_staged *staged;
	int failed;
	struct err err;
};

struct outputs_job {
	struct outputs_request request;
	struct outputs_item *items;
	uint32_t n;
	struct arena arena; /* of the faults */
	struct faults faults;
};

static const char *
kind_of(const struct output_found *found)
{
	enum payload_format format;

	if (found->is_tree)
		return "dir";
	if (!boundary_output_format(found->declared, &format))
		return "file";
	switch (format) {
	case PAYLOAD_JSON: return "json";
	case PAYLOAD_TEXT:
	case PAYLOAD_YAML: return "text";
	case PAYLOAD_JSONL: return "file";
	}
	BUG("a format %d", (int)format);
}

/* Whether an error says something about the output rather than about the machine or the store. */
static bool
is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_LIMIT || code == ERR_NOT_FOUND ||
		code == ERR_DENIED;
}

/* A failure that is the step's own; of its reason the line that says it. */
static void
blame(struct faults *faults, const struct output_found *found, const char *reason)
{
	faults_add(faults,
		&(struct fault){.port = FAULT_OUTPUT,
			.name = found->declared->name,
			.file = STR_EMPTY,
			.instance = {NULL, 0},
			.keyword = {NULL, 0},
			.message = {reason, strcspn(reason, "\n")}});
}

/* It is not even evidence: nothing of it is kept. */
static void
blame_secret(struct outputs *outputs, struct output_found *found, struct str secret,
	struct arena *arena)
{
	blame(&outputs->faults, found,
		arena_printf(arena, "holds the value of secret %.*s; it was not kept",
			STR_ARG(secret)));
	outputs->holds_secret = true;
	found->present = false;
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

/* Whether the bytes are what the type and the schema say. */
static int
check_bytes(const struct outputs_item *item, struct str bytes, struct checker *checker,
	struct faults *faults, struct err *err)
{
	const struct step_output *declared = item->found->declared;
	struct payload payload = {.port = FAULT_OUTPUT,
		.name = declared->name,
		.file = declared->has_path ? str_of(item->name) : declared->name,
		.bytes = bytes};
	struct err why = ERR_INIT;
	int r;

	if (!boundary_output_format(declared, &payload.format))
		return 0;
	r = payload_check(&payload, item->schema, checker, faults, &why);
	if (is_of_step(r)) {
		blame(faults, item->found, why.message);
		return 0;
	}
	if (r < 0)
		*err = why;
	return MIN(r, 0);
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
			blame(&outputs->faults, found,
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
	if (refusal || is_of_step(r)) {
		blame(&outputs->faults, found, refusal ? refusal : why.message);
		return 0;
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	found->present = true;
	found->is_tree = S_ISDIR(ret_status->st_mode);
	found->artifact.kind = kind_of(found);
	found->artifact.is_executable =
		declared->has_path && !found->is_tree && (ret_status->st_mode & 0111);
	item->dir = declared->has_path ? -1 : dir;
	return 1;
}

/* A small file: read, checked and stored in one go. */
static int
store_at_once(const struct outputs_request *request, struct outputs *outputs,
	struct output_found *found, const struct outputs_item *item, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT((size_t)AT_ONCE_MAX + 1);
	struct str secret = item->secret;
	struct err reason = ERR_INIT;
	int r = file_read_fd(item->fd, item->name, &bytes, &reason);

	/* A file of the workspace may have grown since. */
	if (is_of_step(r)) {
		blame(&outputs->faults, found, reason.message);
		found->present = false;
		return 0;
	}
	if (r < 0) {
		*err = reason;
		return r;
	}
	if (request->values->redactor && !secret.n)
		secret = leak_search_bytes(request->values->redactor, buf_str(&bytes));
	if (secret.n) {
		blame_secret(outputs, found, secret, request->values->arena);
		return 0;
	}
	r = check_bytes(item, buf_str(&bytes), boundary_checker(request->boundary),
		&outputs->faults, err);
	if (r < 0)
		return r;
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
	job->faults = FAULTS_INIT(&job->arena);
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
	arena_done(&job->arena);
	free(job);
}

static void
add_item(const struct outputs_request *request, struct outputs_job **job,
	struct outputs_item item)
{
	if (!*job)
		*job = new_job(request);
	(*job)->items[(*job)->n++] = item;
}

/* The pattern that its path is; empty where it is none. */
static int
find_pattern(const struct outputs_request *request, struct output_found *found,
	struct str *ret_pattern, struct err *err)
{
	struct err why = ERR_INIT;
	struct str path;
	int r;

	if (!found->declared->has_path)
		return 0;
	r = values_text(request->values, &found->declared->path, &path, &why);
	/* What is wrong with the path is told where it is opened. */
	if (is_of_step(r) || (r == 0 && !path_is_inside(path)))
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	if (!glob_is_pattern(path))
		return 0;
	found->is_tree = true;
	found->artifact.kind = "dir";
	*ret_pattern = path;
	return 0;
}

static int
find_one(const struct outputs_request *request, struct outputs *outputs,
	struct output_found *found, struct outputs_job **job, struct err *err)
{
	struct outputs_item item = {
		.found = found, .fd = -1, .dir = -1, .pattern = STR_EMPTY, .secret = STR_EMPTY};
	struct err why = ERR_INIT;
	struct stat status;
	int r = find_pattern(request, found, &item.pattern, err);

	if (r < 0 || item.pattern.n) {
		if (r == 0)
			add_item(request, job, item);
		return r;
	}
	r = open_output(request, outputs, found, &item, &status, err);
	if (r <= 0)
		return r;
	if (found->declared->from_stdout)
		item.secret = request->stdout_secret;
	r = boundary_schema(request->boundary, found->declared->schema, &item.schema, &why);
	if (is_of_step(r))
		blame(&outputs->faults, found, why.message);
	else if (r < 0) {
		*err = why;
		fd_close(&item.fd);
		return r;
	}
	if (!found->is_tree && status.st_size <= AT_ONCE_MAX) {
		r = store_at_once(request, outputs, found, &item, err);
		fd_close(&item.fd);
		return r;
	}
	add_item(request, job, item);
	return 0;
}

int
outputs_find(const struct outputs_request *request, struct outputs *ret_outputs,
	struct outputs_job **ret_job, struct err *err)
{
	const struct step *step = request->step;
	struct outputs outputs = {.items = ARENA_ARRAY(request->values->arena, step->n_outputs,
					  struct output_found),
		.n = step->n_outputs,
		.faults = FAULTS_INIT(request->values->arena)};
	struct outputs_job *job = NULL;

	for (uint32_t i = 0; i < step->n_outputs; i++) {
		struct output_found *found = &outputs.items[i];
		int r;

		found->declared = &step->outputs[i];
		found->artifact.name = found->declared->name;
		found->artifact.type = STR_EMPTY;
		if (found->declared->schema) {
			found->artifact.type = found->declared->schema->id;
			found->artifact.schema = &found->declared->schema->digest;
		}
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

/* What does not fit is a fault; its bytes are kept all the same. */
static int
check_file(struct outputs_job *job, struct outputs_item *item, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(json_default_limits.bytes);
	struct checker *checker;
	struct err why = ERR_INIT;
	int r = file_read_fd(item->fd, item->name, &bytes, &why);

	if (r == ERR_LIMIT)
		blame(&job->faults, item->found, why.message);
	else if (r < 0)
		*err = why;
	if (r == 0) {
		digest_of(bytes.p, bytes.n, &item->checked);
		checker = checker_new(NULL);
		r = check_bytes(item, buf_str(&bytes), checker, &job->faults, err);
		checker_free(checker);
	}
	if (r == ERR_LIMIT)
		r = 0;
	if (r == 0 && lseek(item->fd, 0, SEEK_SET) != 0)
		r = err_sys(err, "seek");
	return r;
}

static bool
is_other(const struct outputs_item *item)
{
	struct digest kept;
	uint64_t size;

	object_describe_staged(item->staged, &kept, &size);
	return !digest_equal(&kept, &item->checked);
}

static int
search(const struct outputs_job *job, struct outputs_item *item, struct err *err)
{
	const struct redactor *redactor = job->request.values->redactor;

	if (!redactor || item->secret.n)
		return 0;
	return item->found->is_tree ? leak_search_tree(redactor, item->fd, &item->secret, err)
				    : leak_search_file(redactor, item->fd, &item->secret, err);
}

void
outputs_work(void *context)
{
	struct outputs_job *job = context;
	struct store *store = job->request.values->store;

	for (uint32_t i = 0; i < job->n; i++) {
		struct outputs_item *item = &job->items[i];
		enum object_how how =
			item->dir >= 0 && !job->request.keep ? OBJECT_MOVE : OBJECT_COPY;
		enum payload_format format;
		bool looked = boundary_output_format(item->found->declared, &format);
		size_t n = job->faults.n;

		if (item->pattern.n) {
			item->failed = selection_stage(store, job->request.values->redactor,
				job->request.workspace, item->pattern, &item->secret,
				&item->staged, &item->err);
			continue;
		}
		item->failed = search(job, item, &item->err);
		if (item->failed < 0 || item->secret.n)
			continue;
		if (looked)
			item->failed = check_file(job, item, &item->err);
		if (item->failed < 0)
			continue;
		if (item->found->is_tree)
			item->failed = object_stage_tree(
				store, item->fd, ".", &item->staged, &item->err);
		else
			item->failed = object_stage_file(store, item->fd, how, item->dir,
				item->name, &item->staged, &item->err);
		/* A file of the workspace is not ours alone. */
		if (looked && item->staged && job->faults.n == n && is_other(item))
			blame(&job->faults, item->found, "changed while it was read");
	}
}

static void
miss_pattern(struct faults *faults, struct output_found *found, struct str pattern,
	struct arena *arena)
{
	if (!found->declared->optional)
		blame(faults, found,
			arena_printf(arena, "is missing: no file matches \"%.*s\"",
				STR_ARG(pattern)));
}

int
outputs_finish(struct outputs_job *job, struct outputs *outputs, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < job->n; i++) {
		struct outputs_item *item = &job->items[i];
		struct output_found *found = item->found;

		if (item->secret.n) {
			blame_secret(outputs, found, item->secret, job->request.values->arena);
			continue;
		}
		if (is_of_step(item->failed)) {
			blame(&outputs->faults, found, item->err.message);
			found->present = false;
			continue;
		}
		if (item->failed < 0) {
			*err = item->err;
			r = item->failed;
		} else if (!item->staged) {
			miss_pattern(&outputs->faults, found, item->pattern,
				job->request.values->arena);
		} else {
			found->present = true;
			r = object_commit(job->request.values->store, item->staged,
				&found->artifact.digest, &found->artifact.size, err);
			item->staged = NULL;
		}
		if (r < 0)
			(void)err_wrap(err, "output %.*s", STR_ARG(found->declared->name));
	}
	faults_join(&outputs->faults, &job->faults);
	free_job(job);
	return r;
}
