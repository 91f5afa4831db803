#include "base/file.h"
#include "store/examination.h"
#include "store/object_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#define OBJECT_ADVICE "restore it from a backup of the store; what needs it cannot be read"

static void
find(struct examination *x, const struct digest *digest, const char *problem)
{
	char subject[sizeof("object sha256:") + DIGEST_HEX_SIZE];
	char hex[DIGEST_HEX_SIZE];

	(void)snprintf(
		subject, sizeof(subject), "object sha256:%s", digest_to_hex(digest, hex));
	examination_find(x, "I1", subject, OBJECT_ADVICE, "%s", problem);
}

static int
check_file(struct examination *x, const struct digest *digest, uint64_t size, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	char path[OBJECT_FILE_SIZE];
	struct digest actual;
	struct stat status;
	int r;

	(void)object_file_path(digest, path);
	if (fstatat(x->store->objects, path, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		!S_ISREG(status.st_mode)) {
		find(x, digest, "its file is missing");
		return 0;
	}
	if ((uint64_t)status.st_size != size) {
		find(x, digest, "its file does not have the size that was stored");
		return 0;
	}
	if (!(x->flags & FSCK_OBJECT_BYTES))
		return 0;
	r = file_open_regular(x->store->objects, path, &fd, err);
	if (r == 0)
		r = digest_of_fd(fd, &actual, NULL, err);
	if (r == 0 && !digest_equal(&actual, digest))
		find(x, digest, "its file does not have the bytes that were stored");
	return r;
}

static int
check_row(struct examination *x, sqlite3_stmt *statement, struct err *err)
{
	uint64_t size = (uint64_t)db_column_int(statement, 1);
	struct digest digest;
	struct digest actual;
	struct str bytes;
	int r = db_column_digest(statement, 0, &digest, err);

	if (r < 0)
		return r;
	if (db_column_is_null(statement, 2))
		return check_file(x, &digest, size, err);
	if ((uint64_t)sqlite3_column_bytes(statement, 2) != size) {
		find(x, &digest, "its row does not have the size that was stored");
		return 0;
	}
	if (!(x->flags & FSCK_OBJECT_BYTES))
		return 0;
	bytes = db_column_text(statement, 2);
	digest_of(bytes.p, bytes.n, &actual);
	if (!digest_equal(&actual, &digest))
		find(x, &digest, "its row does not have the bytes that were stored");
	return 0;
}

static int
check_rows(struct examination *x, struct err *err)
{
	AUTO_STATEMENT sqlite3_stmt *statement = NULL;
	int r = db_prepare(x->db, "SELECT sha256, size, bytes FROM store.objects ORDER BY id",
		&statement, err);

	while (r == 0 && (r = db_step(statement, err)) > 0)
		r = check_row(x, statement, err);
	return r;
}

/* What must be 0. */
static int
check_index(struct examination *x, struct err *err)
{
	static const struct {
		const char *sql;
		const char *problem;
	} checks[] = {
		{"SELECT count(*) - count(DISTINCT sha256) FROM store.objects",
			"objects have two rows"},
		{"SELECT count(*) FROM store.objects o LEFT JOIN store.object_index i"
		 " ON i.sha256=o.sha256 WHERE o.id<=coalesce((SELECT value FROM store.meta"
		 " WHERE key='object_index_mark'), 0) AND i.object IS NOT o.id",
			"objects before the mark are not in the index"},
		{"SELECT count(*) FROM store.object_index i LEFT JOIN store.objects o"
		 " ON o.id=i.object WHERE o.sha256 IS NOT i.sha256",
			"entries of the index name another object"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		int64_t n = 0;
		int r = db_query_int(x->db, checks[i].sql, &n, err);

		if (r < 0)
			return r;
		if (n)
			examination_find(x, "I1", "object_index",
				"restore lily.db from a backup", "%lld %s", (long long)n,
				checks[i].problem);
	}
	return 0;
}

static int
count_folder(
	struct examination *x, struct object_index *index, const char *folder, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;
	int r = dir_list(x->store->objects, folder, &arena, &names, &n, err);

	for (size_t i = 0; r >= 0 && i < n; i++) {
		const char *hex = arena_printf(&arena, "%s%s", folder, names[i].p);
		struct digest digest;
		int64_t id;

		r = 0;
		if (digest_parse(str_of(hex), &digest))
			r = object_index_find(index, &digest, &id, err);
		if (r == 0)
			x->report->rubbish++;
	}
	return r < 0 ? r : 0;
}

static int
count_rubbish(struct examination *x, struct object_index *index, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n;
	int r = object_index_catch_up(index, err);

	if (r == 0)
		r = dir_list(x->store->objects, ".", &arena, &names, &n, err);
	for (size_t i = 0; r == 0 && i < n; i++)
		if (names[i].n == 2)
			r = count_folder(x, index, names[i].p, err);
	return r;
}

int
examine_objects(struct examination *x, struct err *err)
{
	struct object_index index;
	int r = check_rows(x, err);

	if (r == 0)
		r = check_index(x, err);
	if (r < 0 || x->store->objects < 0)
		return r;
	r = object_index_init(&index, x->db, err);
	if (r < 0)
		return r;
	r = count_rubbish(x, &index, err);
	object_index_done(&index);
	return r;
}
