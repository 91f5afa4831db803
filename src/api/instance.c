#include "api/handle.h"

#include "base/file.h"
#include "base/memory.h"
#include "lily/instance.h"
#include "json/json.h"
#include "json/yaml.h"

#include <fcntl.h>

struct lily_instances {
	char *name;
	enum lily_syntax syntax;
	struct buf text;
	size_t at; /* what is to be read next */
	uint32_t lines_before;
	uint32_t line;
	bool is_done;
};

static enum lily_syntax
syntax_of(struct str name)
{
	if (str_ends(name, STR(".jsonl")) || str_ends(name, STR(".ndjson")))
		return LILY_SYNTAX_JSON_LINES;
	if (str_ends(name, STR(".yaml")) || str_ends(name, STR(".yml")))
		return LILY_SYNTAX_YAML;
	return LILY_SYNTAX_JSON;
}

static struct lily_instances *
instances_new(const char *name, enum lily_syntax syntax)
{
	struct lily_instances *instances = memory_zeroed(1, sizeof(*instances));

	instances->name = memory_copy_string(name);
	instances->syntax = syntax == LILY_SYNTAX_BY_NAME ? syntax_of(str_of(name)) : syntax;
	instances->text =
		BUF_INIT(instances->syntax == LILY_SYNTAX_YAML ? yaml_default_limits.bytes
							       : json_default_limits.bytes);
	return instances;
}

static int
give(struct lily_instances *instances, int r, const struct err *err,
	struct lily_instances **ret_instances, struct lily_error *error)
{
	if (r < 0) {
		lily_instances_close(instances);
		return error_give(err, error);
	}
	*ret_instances = instances;
	return 0;
}

int
lily_instances_open(const char *path, enum lily_syntax syntax,
	struct lily_instances **ret_instances, struct lily_error *error)
{
	struct lily_instances *instances = instances_new(path, syntax);
	struct err err = ERR_INIT;
	int r = file_read(AT_FDCWD, path, &instances->text, &err);

	return give(instances, r, &err, ret_instances, error);
}

int
lily_instances_open_fd(int fd, const char *name, enum lily_syntax syntax,
	struct lily_instances **ret_instances, struct lily_error *error)
{
	struct lily_instances *instances = instances_new(name, syntax);
	struct err err = ERR_INIT;
	int r = file_read_fd(fd, name, &instances->text, &err);

	return give(instances, r, &err, ret_instances, error);
}

int
lily_instances_open_text(const char *name, const char *text, size_t size,
	enum lily_syntax syntax, struct lily_instances **ret_instances,
	struct lily_error *error)
{
	struct lily_instances *instances = instances_new(name, syntax);
	struct err err = ERR_INIT;
	int r;

	buf_add(&instances->text, text, size);
	r = buf_check(&instances->text, name, &err);
	return give(instances, r, &err, ret_instances, error);
}

void
lily_instances_close(struct lily_instances *instances)
{
	if (!instances)
		return;
	buf_done(&instances->text);
	free(instances->name);
	free(instances);
}

unsigned
lily_instances_line(const struct lily_instances *instances)
{
	return instances->line;
}

/* The next line that is not blank, without its end. */
static bool
next_line(struct lily_instances *instances, struct str *ret_line)
{
	struct str text = buf_str(&instances->text);

	while (instances->at < text.n) {
		const char *start = text.p + instances->at;
		size_t left = text.n - instances->at;
		const char *end = memchr(start, '\n', left);
		struct str line = {start, end ? (size_t)(end - start) : left};

		instances->at += line.n + 1;
		instances->line = ++instances->lines_before;
		if (str_trim(line).n) {
			*ret_line = line;
			return true;
		}
	}
	return false;
}

static int
read_line(struct lily_instances *instances, struct lily_document *document, struct err *err)
{
	struct str line;
	int r;

	if (!next_line(instances, &line))
		return 0;
	document->source.text = arena_str(&document->arena, line);
	document->source.lines_before = instances->line - 1;
	r = json_parse(&document->arena, &document->source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT,
		NULL, &document->root, err);
	return r < 0 ? r : 1;
}

static int
read_whole(struct lily_instances *instances, struct lily_document *document, struct err *err)
{
	int r;

	if (instances->is_done)
		return 0;
	instances->is_done = true;
	document->source.text.n = instances->text.n;
	document->text = buf_take(&instances->text);
	document->source.text.p = document->text;
	if (instances->syntax == LILY_SYNTAX_YAML)
		r = yaml_parse(&document->arena, &document->source, NULL, &document->root, err);
	else
		r = json_parse(&document->arena, &document->source,
			JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, &document->root, err);
	if (r < 0)
		return r;
	instances->line = source_position(&document->source, document->root->offset).line;
	return 1;
}

int
lily_instances_next(struct lily_instances *instances, struct lily_document **ret_instance,
	struct lily_error *error)
{
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r;

	document->source.name = arena_cstr(&document->arena, str_of(instances->name));
	if (instances->syntax == LILY_SYNTAX_JSON_LINES)
		r = read_line(instances, document, &err);
	else
		r = read_whole(instances, document, &err);
	if (r > 0) {
		*ret_instance = document;
		return 1;
	}
	lily_document_free(document);
	return r < 0 ? error_give(&err, error) : 0;
}
