#include "run/plan_memo.h"

#include "base/build.h"
#include "base/file.h"
#include "store/artifact.h"
#include "store/object.h"
#include "json/builder.h"
#include "json/json.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FOLDER "plans"
#define ANSWER_MAX ((size_t)16 << 20)
#define PATH_SIZE (sizeof(FOLDER "/") + DIGEST_HEX_SIZE)

/* Changes where what is asked or answered does. */
#define VERSION 1

static const char *const kinds[] = {
	[SOURCE_KIND_FILE] = "file",
	[SOURCE_KIND_SCHEMA] = "schema",
	[SOURCE_KIND_INPUT] = "input",
	[SOURCE_KIND_ABSENT] = "absent",
	[SOURCE_KIND_TYPE] = "type",
};

static void
add_hex(struct builder *b, const char *key, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	builder_cstr(b, key, digest_to_hex(digest, hex));
}

/* Each part with its label and length, so that no two questions look the same. */
static void
ask_text(struct buf *b, const char *label, struct str text)
{
	buf_printf(b, "%s %zu:", label, text.n);
	buf_add_str(b, text);
	buf_add_char(b, '\n');
}

static void
ask_texts(struct buf *b, const char *label, const struct prepare_text *texts, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		ask_text(b, label, texts[i].name);
		ask_text(b, "is", texts[i].text);
	}
}

static void
ask_number(struct buf *b, const char *label, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	ask_text(b, label, str_of(text));
}

bool
plan_memo_ask(
	const struct prepare_request *request, const char *file, struct digest *ret_question)
{
	AUTO_BUF struct buf b = BUF_INIT(ANSWER_MAX);
	AUTO_BUF struct buf more = BUF_INIT(ANSWER_MAX);
	struct str build = build_id();

	if (!build.n)
		return false;
	ask_number(&b, "version", VERSION);
	ask_text(&b, "build", build);
	ask_text(&b, "file", str_of(file));
	ask_text(&b, "source", (struct str){(const char *)request->source.bytes, DIGEST_SIZE});
	ask_text(&b, "workspace", str_of(request->workspace));
	ask_number(&b, "flags", request->flags);
	ask_texts(&b, "param", request->params, request->n_params);
	if (request->more_params) {
		json_write(request->more_params, &more);
		ask_text(&b, "params", buf_str(&more));
	}
	ask_texts(&b, "input", request->inputs, request->n_inputs);
	for (size_t i = 0; i < request->n_only; i++)
		ask_text(&b, "only", request->only[i]);
	if (more.overflowed || b.overflowed)
		return false;
	digest_of(b.p, b.n, ret_question);
	return true;
}

static const char *
name_file(const struct digest *question, char path[PATH_SIZE])
{
	char hex[DIGEST_HEX_SIZE];

	(void)snprintf(path, PATH_SIZE, "%s/%s", FOLDER, digest_to_hex(question, hex));
	return path;
}

static bool
read_source(const struct value *v, struct source_read *source)
{
	const struct value *kind = value_get(v, STR("kind"));
	const struct value *name = value_get(v, STR("name"));
	const struct value *path = value_get(v, STR("path"));
	const struct value *digest = value_get(v, STR("sha256"));
	const struct value *tree = value_get(v, STR("tree"));
	bool known = false;

	if (!kind || !name || !path || !digest || !tree ||
		!digest_parse(value_text(digest), &source->digest))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!str_is(value_text(kind), kinds[i]))
			continue;
		source->kind = (enum source_kind)i;
		known = true;
	}
	source->name = value_text(name);
	source->path = value_text(path);
	source->is_tree = value_is_true(tree);
	return known;
}

/* What stands in the file, as it was written; NULL where that is not certain. */
static const struct value *
read_answer(struct store *store, const struct digest *question, struct arena *arena)
{
	AUTO_BUF struct buf bytes = BUF_INIT(ANSWER_MAX);
	char path[PATH_SIZE];
	struct source source = {.name = FOLDER};
	const struct value *root;
	struct digest written;
	struct digest actual;
	struct str text;
	struct err ignored = ERR_INIT;

	if (file_read(store_directory(store), name_file(question, path), &bytes, &ignored) < 0)
		return NULL;
	text = arena_str(arena, buf_str(&bytes));
	if (!digest_parse(str_cut(text, '\n', &source.text), &written))
		return NULL;
	digest_of(source.text.p, source.text.n, &actual);
	if (!digest_equal(&written, &actual) ||
		json_parse(arena, &source, JSON_BORROW_TEXT, NULL, &root, &ignored) < 0)
		return NULL;
	return root;
}

static bool
is_unchanged(const char *path, const struct digest *digest)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct err ignored = ERR_INIT;
	struct digest actual;
	struct stat status;

	return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
		digest_of_fd(fd, &actual, NULL, &ignored) == 0 && digest_equal(&actual, digest);
}

/* A type that artifacts have means what it meant for them. */
static int
is_type(struct store *store, const struct source_read *source, struct err *err)
{
	struct digest used;
	struct uuid run;
	int r = artifact_type_find(store, source->name, &used, &run, err);

	return r < 0 ? r : r == 0 || digest_equal(&used, &source->digest);
}

/* It is stored on the way, as an input of a plan is. */
static int
is_input(struct store *store, const char *path, const struct source_read *source)
{
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct err ignored = ERR_INIT;
	struct digest actual;
	struct stat status;
	uint64_t size;
	int r;

	if (fd < 0 || fstat(fd, &status) != 0 || !!S_ISDIR(status.st_mode) != source->is_tree ||
		(!source->is_tree && !S_ISREG(status.st_mode)))
		return 0;
	r = source->is_tree
		? object_put_tree(store, fd, ".", &actual, &size, &ignored)
		: object_put_file(store, fd, OBJECT_COPY, -1, NULL, &actual, &size, &ignored);
	/* Who reads it the long way says what is wrong with it. */
	return r == 0 && digest_equal(&actual, &source->digest);
}

static int
holds(struct store *store, const struct source_read *source, struct arena *arena,
	struct err *err)
{
	const char *path = arena_cstr(arena, source->path);

	switch (source->kind) {
	case SOURCE_KIND_FILE: return is_unchanged(path, &source->digest);
	case SOURCE_KIND_SCHEMA:
		/* The kernel's own are the build's. */
		if (!source->path.n)
			return 1;
		return is_unchanged(path, &source->digest) ? is_type(store, source, err) : 0;
	case SOURCE_KIND_TYPE: return is_type(store, source, err);
	case SOURCE_KIND_INPUT: return is_input(store, path, source);
	case SOURCE_KIND_ABSENT: return access(path, F_OK) != 0 && errno == ENOENT;
	}
	return 0;
}

int
plan_memo_find(struct store *store, const struct digest *question, struct arena *arena,
	struct plan_memo_answer *ret_answer, struct err *err)
{
	const struct value *root = read_answer(store, question, arena);
	const struct value *plan = root ? value_get(root, STR("plan")) : NULL;
	const struct value *name = root ? value_get(root, STR("name")) : NULL;
	const struct value *list = root ? value_get(root, STR("sources")) : NULL;
	struct plan_memo_answer answer;
	int r = 1;

	if (!plan || !name || !list || !digest_parse(value_text(plan), &answer.plan))
		return 0;
	for (uint32_t i = 0; r > 0 && i < list->n; i++) {
		struct source_read source;

		r = read_source(&list->items[i], &source) ? holds(store, &source, arena, err)
							  : 0;
	}
	/* Its chunks, the schemas and the file itself were put before it. */
	if (r > 0)
		r = object_exists(store, &answer.plan, err);
	answer.name = value_text(name);
	if (r > 0)
		*ret_answer = answer;
	return r;
}

static void
write_answer(
	const struct plan_memo_answer *answer, const struct sources *sources, struct builder *b)
{
	builder_object(b, NULL);
	builder_text(b, "name", answer->name);
	add_hex(b, "plan", &answer->plan);
	builder_array(b, "sources");
	for (size_t i = 0; i < sources->n; i++) {
		const struct source_read *source = &sources->items[i];

		builder_object(b, NULL);
		builder_cstr(b, "kind", kinds[source->kind]);
		builder_text(b, "name", source->name);
		builder_text(b, "path", source->path);
		add_hex(b, "sha256", &source->digest);
		builder_bool(b, "tree", source->is_tree);
		builder_end(b);
	}
	builder_end(b);
	builder_end(b);
}

/* Makes the folder, and room in it. */
static int
make_room(struct store *store, struct arena *arena, struct err *err)
{
	int directory = store_directory(store);
	struct str *names;
	size_t n = 0;
	int r = dir_make(directory, FOLDER, 0700, err);

	if (r == 0)
		r = dir_list(directory, FOLDER, arena, &names, &n, err);
	if (r < 0 || n < PLAN_MEMO_FILES)
		return r;
	r = tree_remove(directory, FOLDER, err);
	return r < 0 ? r : dir_make(directory, FOLDER, 0700, err);
}

void
plan_memo_keep(struct store *store, const struct digest *question,
	const struct plan_memo_answer *answer, const struct sources *sources)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
	AUTO_BUF struct buf text = BUF_INIT(ANSWER_MAX);
	AUTO_BUF struct buf file = BUF_INIT(ANSWER_MAX);
	struct err ignored = ERR_INIT;
	char hex[DIGEST_HEX_SIZE];
	char path[PATH_SIZE];
	struct digest digest;

	/* JSON cannot say every path. */
	for (size_t i = 0; i < sources->n; i++)
		if (!str_is_utf8(sources->items[i].path, NULL))
			return;
	write_answer(answer, sources, &b);
	json_write(builder_root(&b), &text);
	digest_of(text.p, text.n, &digest);
	buf_add_cstr(&file, digest_to_hex(&digest, hex));
	buf_add_char(&file, '\n');
	buf_add_str(&file, buf_str(&text));
	if (!file.overflowed && make_room(store, &arena, &ignored) == 0)
		(void)file_replace(store_directory(store), name_file(question, path),
			buf_str(&file), 0600, FILE_NO_SYNC, &ignored);
}
