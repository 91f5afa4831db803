#include "store/object.h"

#include "base/file.h"
#include "store/handle.h"
#include "store/memo.h"
#include "json/json.h"

#define DOCUMENT_MAX ((size_t)256 << 20)

static int
suspect(struct writer *writer, void *context, struct err *err)
{
	(void)err;
	writer_suspect(writer, context);
	return 0;
}

int
object_suspect(struct store *store, const struct digest *digest, struct err *err)
{
	struct digest copy = *digest;
	struct queued_call call = {.function = suspect, .context = &copy};

	return store->access == STORE_WRITE ? queue_call(&store->queue, &call, err) : 0;
}

static int
check_large(
	struct store *store, const struct digest *digest, struct memo *memo, struct err *err)
{
	char path[OBJECT_FILE_SIZE];
	AUTO_CLOSE int fd = -1;
	struct digest actual;
	int r = file_open_regular(store->objects, object_file_path(digest, path), &fd, err);

	if (r == ERR_INVALID)
		return err_set(err, ERR_CORRUPT, "the object is no file");
	if (r == 0)
		r = memo_digest(memo, fd, &actual, NULL, err);
	if (r == 0 && !digest_equal(&actual, digest))
		return err_set(err, ERR_CORRUPT, "the object has other bytes");
	return r;
}

/* 1 where the bytes are there and right, 0 where they are not. */
static int
check_file(struct store *store, const struct digest *digest, struct memo *memo, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(OBJECT_INLINE_MAX);
	struct err why = ERR_INIT;
	int r = object_get(store, digest, &bytes, &why);

	if (r == ERR_LIMIT)
		r = check_large(store, digest, memo, &why);
	if (r == ERR_CORRUPT || r == ERR_NOT_FOUND) {
		r = object_suspect(store, digest, err);
		return r < 0 ? r : 0;
	}
	if (r < 0 && err)
		*err = why;
	return r < 0 ? r : 1;
}

static int
check_tree(struct store *store, const struct digest *digest, struct memo *memo, struct err *err)
{
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = "tree"};
	const struct value *root;
	const struct value *entries;
	int r = check_file(store, digest, memo, err);

	if (r <= 0)
		return r;
	r = object_get(store, digest, &text, err);
	source.text = buf_str(&text);
	if (r == 0)
		r = json_parse(&arena, &source, JSON_BORROW_TEXT, NULL, &root, err);
	if (r < 0)
		return r;
	r = 1;
	entries = value_get(root, STR("entries"));
	for (uint32_t i = 0; r > 0 && entries && i < entries->n; i++) {
		const struct value *named = value_get(&entries->items[i], STR("sha256"));
		struct digest file;

		if (named && digest_parse(value_text(named), &file))
			r = check_file(store, &file, memo, err);
	}
	return r;
}

int
object_check(struct store *store, const struct digest *digest, unsigned flags,
	struct memo *memo, struct err *err)
{
	return flags & OBJECT_IS_TREE ? check_tree(store, digest, memo, err)
				      : check_file(store, digest, memo, err);
}
