#include "run/reuse_state.h"

#include "base/file.h"
#include "base/glob.h"
#include "run/selection.h"
#include "store/staging.h"
#include "json/json.h"

#include <fcntl.h>

#define VALUE_MAX ((size_t)16 << 20)
/* What is larger and was not read before is not read on the loop's thread. */
#define READ_AT_ONCE_MAX ((off_t)256 << 20)

void
reuse_note_file(struct reuse *reuse, enum trail_kind kind, const char *path,
	const struct stat *status, const struct digest *expected)
{
	struct digest digest;

	if (memo_find(reuse->memo, status, &digest) && digest_equal(&digest, expected))
		trail_add_file(reuse->trail, kind, path, status);
	else
		trail_break(reuse->trail);
}

static int
find_value(const struct value *value, struct key_input *ret_input, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(VALUE_MAX);
	int r;

	if (value->kind == VALUE_STRING)
		buf_add_str(&text, value_text(value));
	else
		json_write(value, &text);
	r = buf_check(&text, "the value", err);
	digest_of(text.p, text.n, &ret_input->digest);
	ret_input->present = r == 0;
	return r;
}

/* What an expression gives, as the step would find it. */
static int
find_made(const struct values *values, const struct step_input *declared,
	struct key_input *ret_input, struct err *err)
{
	struct err why = ERR_INIT;
	struct value value;
	int r = values_expression(values, declared->made, &value, &why);

	if (r == ERR_NOT_FOUND && declared->optional)
		return 0;
	if (r < 0) {
		*err = why;
		return r;
	}
	return find_value(&value, ret_input, err);
}

/* Most files were read before and need one system call. */
static int
find_file(struct reuse *reuse, const char *path, struct key_input *ret_input, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	struct stat status;
	int r;

	ret_input->present = true;
	if (fstatat(reuse->request.workspace, path, &status, 0) == 0 &&
		memo_find(reuse->memo, &status, &ret_input->digest)) {
		trail_add_file(reuse->trail, TRAIL_INPUT, path, &status);
		return 0;
	}
	r = file_open_beneath(reuse->request.workspace, path, O_RDONLY | O_NONBLOCK, &fd, err);
	if (r < 0)
		return r;
	if (fstat(fd, &status) != 0)
		return err_sys(err, "stat %s", path);
	if (!S_ISREG(status.st_mode))
		return err_set(err, ERR_INVALID, "%s is not a file", path);
	if (status.st_size > READ_AT_ONCE_MAX)
		return err_set(err, ERR_LIMIT, "%s is large and was not read before", path);
	r = memo_digest(reuse->memo, fd, &ret_input->digest, NULL, err);
	if (r == 0)
		reuse_note_file(reuse, TRAIL_INPUT, path, &status, &ret_input->digest);
	return r;
}

static int
find_tree(struct reuse *reuse, const char *path, struct key_input *ret_input, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	uint64_t size;
	int r = file_open_beneath(
		reuse->request.workspace, path, O_RDONLY | O_DIRECTORY, &fd, err);

	ret_input->present = ret_input->is_tree = true;
	return r < 0 ? r
		     : object_hash_tree(fd, ".", reuse->memo, &ret_input->digest, &size, err);
}

/* All that a pattern matches: names and contents count. */
static int
find_files(struct reuse *reuse, struct str pattern, bool is_optional,
	struct key_input *ret_input, struct err *err)
{
	int r;

	trail_break(reuse->trail);
	if (!path_is_inside(pattern))
		return err_set(err, ERR_INVALID, "\"%.*s\" leads out of the workspace",
			STR_ARG(pattern));
	r = selection_hash(
		reuse->request.workspace, pattern, reuse->memo, &ret_input->digest, err);
	if (r == 0 && !is_optional)
		return err_set(
			err, ERR_NOT_FOUND, "no file matches \"%.*s\"", STR_ARG(pattern));
	ret_input->present = ret_input->is_tree = r > 0;
	return MIN(r, 0);
}

static int
find_input(struct reuse *reuse, const struct values *values, const struct step_input *declared,
	struct key_input *ret_input, struct err *err)
{
	struct artifact_taken taken;
	struct str path;
	const char *name;
	int r;

	switch (declared->source) {
	case INPUT_VALUE: return find_value(declared->value, ret_input, err);
	case INPUT_MADE: return find_made(values, declared, ret_input, err);
	case INPUT_REFERENCE:
		if (values_artifact(values, &declared->reference, &taken))
			*ret_input = (struct key_input){true, taken.is_tree, taken.digest};
		else if (!declared->optional)
			return err_set(err, ERR_INVALID, "was not made");
		return 0;
	case INPUT_PATH:
	case INPUT_TREE: break;
	}
	r = values_text(values, &declared->path, &path, err);
	if (r < 0)
		return r;
	if (declared->source == INPUT_PATH && glob_is_pattern(path))
		return find_files(reuse, path, declared->optional, ret_input, err);
	name = arena_cstr(values->arena, path);
	if (declared->source == INPUT_TREE)
		trail_break(reuse->trail);
	r = declared->source == INPUT_TREE ? find_tree(reuse, name, ret_input, err)
					   : find_file(reuse, name, ret_input, err);
	if (r == ERR_NOT_FOUND && declared->optional) {
		trail_add_file(reuse->trail, TRAIL_ABSENT, name, NULL);
		*ret_input = (struct key_input){0};
		return 0;
	}
	return r;
}

int
reuse_find_inputs(struct reuse *reuse, const struct values *values, const struct step *step,
	struct key_input **ret_inputs, struct err *err)
{
	struct key_input *inputs = ARENA_ARRAY(values->arena, step->n_inputs, struct key_input);

	for (uint32_t i = 0; i < step->n_inputs; i++) {
		int r = find_input(reuse, values, &step->inputs[i], &inputs[i], err);

		if (r < 0)
			return err_wrap(err, "input %.*s", STR_ARG(step->inputs[i].name));
	}
	*ret_inputs = inputs;
	return 0;
}
