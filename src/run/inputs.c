#include "run/inputs.h"

#include "base/file.h"
#include "base/memory.h"
#include "exec/executor.h"
#include "graph/step_surroundings.h"
#include "graph/surroundings.h"
#include "run/leak.h"
#include "run/selection.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>

/* Up to this size a file is hashed at once: it takes less than a millisecond. */
#define AT_ONCE_MAX ((off_t)1 << 20)
/* Until it is open; no input is named so. */
#define STDIN_FILE ".stdin"
#define VALUE_MAX ((size_t)16 << 20)

/* One file or directory to be stored. */
struct inputs_item {
	struct input_found *found;
	int dir;
	const char *path;
	struct str pattern; /* which files below dir; empty: path */
	bool is_tree;
	struct object_staged *staged;
	int failed; /* an enum err_code */
	struct err err;
};

struct inputs_job {
	struct store *store;
	const struct redactor *redactor; /* NULL: nothing is looked for */
	struct inputs_item *items;
	uint32_t n;
};

static int
put_value(const struct values *values, struct input_found *found, const struct value *value,
	struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX);
	int r;

	found->is_text = value->kind == VALUE_STRING;
	if (found->is_text)
		buf_add_str(&text, value_text(value));
	else
		json_write(value, &text);
	r = buf_check(&text, "the value", err);
	if (r == 0 && values->redactor && leak_search_bytes(values->redactor, buf_str(&text)).n)
		r = err_set(err, ERR_INVALID,
			"it holds the value of a secret, which lily does not store; hand it "
			"over "
			"by `secrets`");
	if (r == 0)
		r = object_put(values->store, buf_str(&text), &found->artifact.digest, err);
	found->artifact.size = text.n;
	found->present = r == 0;
	return r;
}

/* What an expression gives; where it is absent, so is an optional input. */
static int
make_value(const struct values *values, struct input_found *found, struct err *err)
{
	struct value value;
	struct err why = ERR_INIT;
	int r = values_expression(values, found->declared->made, &value, &why);

	if (r == ERR_NOT_FOUND && found->declared->optional)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	return put_value(values, found, &value, err);
}

/* Opens what lies at the path of the workspace; a directory where a tree is asked for. 0: an
 * optional one that is not there. */
static int
open_path(const struct step_input *declared, int workspace, const char *path, int *ret_fd,
	struct stat *ret_status, struct err *err)
{
	bool wants_tree = declared->source == INPUT_TREE;
	AUTO_CLOSE int fd = -1;
	int r = file_open_beneath(workspace, path, O_RDONLY | O_NONBLOCK, &fd, err);

	if (r == ERR_NOT_FOUND && declared->optional)
		return 0;
	if (r < 0)
		return r;
	if (fstat(fd, ret_status) != 0)
		return err_sys(err, "stat %s", path);
	if (wants_tree && !S_ISDIR(ret_status->st_mode))
		return err_set(
			err, ERR_INVALID, "%s is not a directory; use path for a file", path);
	if (!wants_tree && !S_ISREG(ret_status->st_mode) &&
		!(declared->of_any_kind && S_ISDIR(ret_status->st_mode)))
		return err_set(err, ERR_INVALID, "%s is not a file%s", path,
			S_ISDIR(ret_status->st_mode) ? "; use tree for a directory" : "");
	*ret_fd = fd_take(&fd);
	return 1;
}

/* What a step reads becomes an object, and none holds a secret. */
static int
refuse_secret(struct str secret, struct err *err)
{
	if (!secret.n)
		return 0;
	return err_set(err, ERR_INVALID,
		"it holds the value of secret %.*s, which lily does not store; hand it over by "
		"`secrets`",
		STR_ARG(secret));
}

static int
check_file(const struct redactor *redactor, int fd, struct err *err)
{
	struct str secret = STR_EMPTY;
	int r = redactor ? leak_search_file(redactor, fd, &secret, err) : 0;

	return r < 0 ? r : refuse_secret(secret, err);
}

static int
check_tree(const struct redactor *redactor, int fd, struct err *err)
{
	struct str secret = STR_EMPTY;
	int r = redactor ? leak_search_tree(redactor, fd, &secret, err) : 0;

	return r < 0 ? r : refuse_secret(secret, err);
}

static void
add_item(const struct values *values, uint32_t n_inputs, struct inputs_item item,
	struct inputs_job **job)
{
	if (!*job) {
		*job = memory_zeroed(1, sizeof(**job));
		(*job)->store = values->store;
		(*job)->redactor = values->redactor;
		(*job)->items = memory_zeroed(n_inputs, sizeof(*(*job)->items));
	}
	(*job)->items[(*job)->n++] = item;
}

/* What it matches is looked for beside the loop. */
static int
find_pattern(const struct values *values, struct input_found *found, struct str pattern,
	int workspace, uint32_t n_inputs, struct inputs_job **job, struct err *err)
{
	int dir;

	if (!path_is_inside(pattern))
		return err_set(err, ERR_INVALID, "\"%.*s\" leads out of the workspace",
			STR_ARG(pattern));
	dir = fcntl(workspace, F_DUPFD_CLOEXEC, 0);
	if (dir < 0)
		return err_sys(err, "dup");
	found->path = pattern;
	found->is_tree = true;
	add_item(values, n_inputs,
		(struct inputs_item){.found = found, .dir = dir, .pattern = pattern}, job);
	return 0;
}

static int
find_path(const struct values *values, struct input_found *found, int workspace,
	uint32_t n_inputs, struct inputs_job **job, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat status;
	struct str path;
	int r = values_text(values, &found->declared->path, &path, err);

	if (r < 0)
		return r;
	if (found->declared->source == INPUT_PATH && glob_is_pattern(path))
		return find_pattern(values, found, path, workspace, n_inputs, job, err);
	r = open_path(
		found->declared, workspace, arena_cstr(values->arena, path), &fd, &status, err);
	if (r <= 0)
		return r;
	found->present = true;
	found->path = path;
	found->is_tree = S_ISDIR(status.st_mode);
	if (!found->is_tree && status.st_size <= AT_ONCE_MAX &&
		(r = check_file(values->redactor, fd, err)) < 0)
		return r;
	if (!found->is_tree && status.st_size <= AT_ONCE_MAX)
		return object_put_file(values->store, fd, OBJECT_COPY, -1, NULL,
			&found->artifact.digest, &found->artifact.size, err);
	add_item(values, n_inputs,
		(struct inputs_item){.found = found,
			.dir = fd_take(&fd),
			.path = ".",
			.is_tree = found->is_tree},
		job);
	return 0;
}

/* What no earlier run has left. */
static int
refuse_earlier(const struct earlier *earlier, struct err *err)
{
	char id[UUID_TEXT_SIZE];

	if (earlier->has_run)
		return err_set(err, ERR_INVALID,
			"run %s, the last one that succeeded, left no %.*s; mark the input "
			"optional",
			uuid_to_text(&earlier->run, id), STR_ARG(earlier->name));
	return err_set(err, ERR_INVALID,
		"no run that could leave %.*s had succeeded when this one began; mark the "
		"input optional, for the first run",
		STR_ARG(earlier->name));
}

static int
find_reference(const struct values *values, struct input_found *found, struct err *err)
{
	const struct reference *reference = &found->declared->reference;
	struct artifact_taken taken;

	if (!values_artifact(values, reference, &taken)) {
		if (found->declared->optional)
			return 0;
		if (reference->kind == REFERENCE_INPUT &&
			values->graph->inputs[reference->input].earlier)
			return refuse_earlier(
				values->graph->inputs[reference->input].earlier, err);
		return err_set(err, ERR_INVALID,
			"\"%.*s\" was not made; mark the input optional",
			STR_ARG(reference->name));
	}
	found->present = true;
	found->is_tree = taken.is_tree;
	found->artifact.digest = taken.digest;
	found->artifact.size = taken.size;
	found->artifact.number = taken.number;
	return 0;
}

static int
find_one(const struct values *values, struct input_found *found, int workspace,
	uint32_t n_inputs, struct inputs_job **job, struct err *err)
{
	switch (found->declared->source) {
	case INPUT_VALUE: return put_value(values, found, found->declared->value, err);
	case INPUT_MADE: return make_value(values, found, err);
	case INPUT_REFERENCE: return find_reference(values, found, err);
	case INPUT_PATH:
	case INPUT_TREE: return find_path(values, found, workspace, n_inputs, job, err);
	}
	BUG("an input of source %d", (int)found->declared->source);
}

static void
free_job(struct inputs_job *job)
{
	if (!job)
		return;
	for (uint32_t i = 0; i < job->n; i++) {
		fd_close(&job->items[i].dir);
		if (job->items[i].staged)
			object_discard(job->store, job->items[i].staged);
	}
	free(job->items);
	free(job);
}

int
inputs_find(const struct values *values, const struct step *step, int workspace,
	struct inputs *ret_inputs, struct inputs_job **ret_job, struct err *err)
{
	struct inputs inputs = {
		.items = ARENA_ARRAY(values->arena, step->n_inputs, struct input_found),
		.n = step->n_inputs,
		.has_stdin = step->surroundings && step->surroundings->takes_stdin};
	struct inputs_job *job = NULL;

	for (uint32_t i = 0; i < step->n_inputs; i++) {
		struct input_found *found = &inputs.items[i];
		int r;

		found->declared = &step->inputs[i];
		found->artifact.name = found->declared->name;
		found->path = STR_EMPTY;
		r = find_one(values, found, workspace, step->n_inputs, &job, err);
		if (r < 0) {
			free_job(job);
			return err_wrap(err, "input %.*s", STR_ARG(found->declared->name));
		}
	}
	*ret_inputs = inputs;
	*ret_job = job;
	return 0;
}

static int
stage_pattern(const struct inputs_job *job, struct inputs_item *item, struct err *err)
{
	struct str secret;
	int r = selection_stage(job->store, job->redactor, item->dir, item->pattern, &secret,
		&item->staged, err);

	if (r == 0)
		r = refuse_secret(secret, err);
	if (r == 0 && !item->staged && !item->found->declared->optional)
		r = err_set(err, ERR_NOT_FOUND,
			"no file matches \"%.*s\"; mark the input optional if there may be "
			"none",
			STR_ARG(item->pattern));
	return r;
}

static int
stage(const struct inputs_job *job, struct inputs_item *item, struct err *err)
{
	int r;

	if (item->pattern.n)
		return stage_pattern(job, item, err);
	if (item->is_tree) {
		r = check_tree(job->redactor, item->dir, err);
		return r < 0 ? r
			     : object_stage_tree(
				       job->store, item->dir, item->path, &item->staged, err);
	}
	r = check_file(job->redactor, item->dir, err);
	return r < 0 ? r
		     : object_stage_file(job->store, item->dir, OBJECT_COPY, -1, NULL,
			       &item->staged, err);
}

void
inputs_work(void *context)
{
	struct inputs_job *job = context;

	for (uint32_t i = 0; i < job->n; i++)
		job->items[i].failed = stage(job, &job->items[i], &job->items[i].err);
}

int
inputs_finish(struct inputs_job *job, struct err *err)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < job->n; i++) {
		struct inputs_item *item = &job->items[i];
		struct input_found *found = item->found;

		if (item->failed < 0) {
			*err = item->err;
			r = item->failed;
		} else if (item->staged) {
			found->present = true;
			r = object_commit(job->store, item->staged, &found->artifact.digest,
				&found->artifact.size, err);
			item->staged = NULL;
		}
		if (r < 0)
			(void)err_wrap(err, "input %.*s", STR_ARG(found->declared->name));
	}
	free_job(job);
	return r;
}

bool
inputs_are_small(const struct inputs *inputs)
{
	uint64_t size = 0;
	uint32_t n = 0;

	for (uint32_t i = 0; i < inputs->n; i++) {
		const struct input_found *found = &inputs->items[i];

		if (!found->present)
			continue;
		size += found->artifact.size;
		if (++n > EXECUTOR_MEMORY_FILES || size > EXECUTOR_MEMORY_BYTES ||
			found->is_tree)
			return false;
	}
	return true;
}

static bool
is_stdin(const struct inputs *inputs, const struct input_found *found)
{
	return inputs->has_stdin && str_is(found->declared->name, STDIN_INPUT);
}

/* No name, as what a step finds by it, but a file that only the step has open. */
int
inputs_open_stdin(const struct inputs *inputs, int in_dir, int *ret_fd, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r;

	*ret_fd = -1;
	if (!inputs->has_stdin)
		return 0;
	r = file_open_regular(in_dir, STDIN_FILE, &fd, err);
	if (r == ERR_INVALID)
		return err_set(
			err, ERR_INVALID, "stdin: a directory cannot be read; take it by `in`");
	if (r < 0)
		return err_wrap(err, "stdin");
	if (unlinkat(in_dir, STDIN_FILE, 0) != 0)
		return err_sys(err, "stdin");
	*ret_fd = fd_take(&fd);
	return 0;
}

int
inputs_write(
	const struct values *values, const struct inputs *inputs, int in_dir, struct err *err)
{
	for (uint32_t i = 0; i < inputs->n; i++) {
		const struct input_found *found = &inputs->items[i];
		int r;

		if (!found->present)
			continue;
		r = object_restore(values->store, &found->artifact.digest,
			OBJECT_READ_ONLY | (found->is_tree ? OBJECT_IS_TREE : 0), in_dir,
			is_stdin(inputs, found)
				? STDIN_FILE
				: arena_cstr(values->arena, found->declared->name),
			err);
		if (r < 0)
			return err_wrap(err, "input %.*s", STR_ARG(found->declared->name));
	}
	return 0;
}
