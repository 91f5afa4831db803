#include "exec/program.h"

#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>

/* As execvp(3) of glibc has it. */
#define DEFAULT_PATH "/bin:/usr/bin"
/* More than this many programs and paths: start afresh. */
#define ENTRIES_MAX 4096
#define LINE_MAX_BYTES 256

static void
forget_all(struct program_cache *cache)
{
	for (size_t i = 0; i < cache->n; i++) {
		free(cache->entries[i].key);
		free(cache->entries[i].file);
	}
	cache->n = 0;
	map_done(&cache->map);
	cache->map = MAP_INIT;
}

void
program_cache_done(struct program_cache *cache)
{
	forget_all(cache);
	free(cache->entries);
	buf_done(&cache->key);
	buf_done(&cache->found);
}

static struct str
key_of(struct program_cache *cache, const char *path, const char *name)
{
	buf_clear(&cache->key);
	buf_add(&cache->key, path, strlen(path) + 1);
	buf_add_cstr(&cache->key, name);
	return buf_str(&cache->key);
}

/* An answer that hangs on the working directory is not for the next step. */
static bool
is_absolute(const char *path)
{
	struct str rest = str_of(path);

	while (rest.p) {
		struct str folder = str_cut(rest, ':', &rest);

		if (!folder.n || folder.p[0] != '/')
			return false;
	}
	return true;
}

static bool
is_executable_file(const char *file)
{
	struct stat status;

	return stat(file, &status) == 0 && S_ISREG(status.st_mode) &&
		faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0;
}

static int
search(struct program_cache *cache, const char *path, const char *cwd, const char *name,
	struct err *err)
{
	AUTO_BUF struct buf refused = BUF_INIT((size_t)1 << 16);
	struct str rest = str_of(path);

	while (rest.p) {
		struct str folder = str_cut(rest, ':', &rest);

		buf_clear(&cache->found);
		if (!folder.n || folder.p[0] != '/') {
			buf_add_cstr(&cache->found, cwd);
			buf_add_char(&cache->found, '/');
		}
		buf_add_str(&cache->found, folder);
		if (folder.n && folder.p[folder.n - 1] != '/')
			buf_add_char(&cache->found, '/');
		buf_add_cstr(&cache->found, name);
		if (cache->found.overflowed)
			continue;
		if (is_executable_file(buf_cstr(&cache->found)))
			return 0;
		if (!refused.n && access(buf_cstr(&cache->found), F_OK) == 0)
			buf_add_str(&refused, buf_str(&cache->found));
	}
	if (refused.n)
		return err_set(err, ERR_DENIED,
			"program \"%s\" is not executable: %s (chmod +x it, or name an "
			"interpreter)",
			name, buf_cstr(&refused));
	return err_set(
		err, ERR_NOT_FOUND, "program \"%s\" is not in PATH (%.600s)", name, path);
}

static void
remember(struct program_cache *cache, uint32_t known, struct str key)
{
	struct program_entry *entry;

	if (known != MAP_NONE) {
		cache->entries[known].file = memory_copy_string(buf_cstr(&cache->found));
		return;
	}
	if (cache->n == ENTRIES_MAX)
		forget_all(cache);
	cache->entries = memory_grow(
		cache->entries, cache->n, &cache->capacity, sizeof(*cache->entries));
	entry = &cache->entries[cache->n];
	entry->key = memory_new(1, key.n);
	memcpy(entry->key, key.p, key.n);
	entry->file = memory_copy_string(buf_cstr(&cache->found));
	(void)map_add(&cache->map, (struct str){entry->key, key.n}, (uint32_t)cache->n);
	cache->n++;
}

int
program_find(struct program_cache *cache, const char *path, const char *cwd, const char *name,
	const char **ret_file, struct err *err)
{
	struct str key;
	uint32_t known;
	int r;

	if (strchr(name, '/')) {
		*ret_file = name;
		return 0;
	}
	if (!*name)
		return err_set(err, ERR_NOT_FOUND, "the program has no name");
	path = path ? path : DEFAULT_PATH;
	key = key_of(cache, path, name);
	known = map_get(&cache->map, key);
	if (known != MAP_NONE && cache->entries[known].file) {
		*ret_file = cache->entries[known].file;
		return 1;
	}
	r = search(cache, path, cwd, name, err);
	if (r < 0)
		return r;
	if (is_absolute(path) && !cache->key.overflowed)
		remember(cache, known, key);
	*ret_file = buf_cstr(&cache->found);
	return 0;
}

void
program_forget(struct program_cache *cache, const char *path, const char *name)
{
	uint32_t known = map_get(&cache->map, key_of(cache, path ? path : DEFAULT_PATH, name));

	if (known == MAP_NONE)
		return;
	free(cache->entries[known].file);
	cache->entries[known].file = NULL;
}

/* The interpreter that a script names in its first line, without its argument; "" where it is no
 * script. */
static void
read_interpreter(const char *file, char line[static LINE_MAX_BYTES + 1])
{
	AUTO_CLOSE int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, line, LINE_MAX_BYTES);
	struct str text;

	line[MAX(n, 0)] = '\0';
	if (n < 2 || line[0] != '#' || line[1] != '!') {
		line[0] = '\0';
		return;
	}
	text = (struct str){line + 2, strcspn(line + 2, "\n")};
	text = str_trim(text);
	text.n = MIN(text.n, strcspn(text.p, " \t\r\n"));
	memmove(line, text.p, text.n);
	line[text.n] = '\0';
}

static int
explain_missing(const char *named, const char *file, struct err *err)
{
	char interpreter[LINE_MAX_BYTES + 1];
	struct stat status;

	if (stat(file, &status) != 0)
		return err_set(err, ERR_NOT_FOUND, "program \"%s\" does not exist", named);
	read_interpreter(file, interpreter);
	if (interpreter[0])
		return err_set(err, ERR_NOT_FOUND,
			"the interpreter \"%s\" that script %s names in its first line does "
			"not exist",
			interpreter, named);
	return err_set(err, ERR_NOT_FOUND,
		"program %s cannot start: the dynamic loader that it was built for is not on "
		"this machine",
		named);
}

static int
explain_denied(const char *named, const char *file, struct err *err)
{
	char interpreter[LINE_MAX_BYTES + 1];
	struct stat status;

	if (stat(file, &status) == 0 && S_ISDIR(status.st_mode))
		return err_set(
			err, ERR_DENIED, "%s is a directory, a program is needed", named);
	if (!is_executable_file(file))
		return err_set(err, ERR_DENIED,
			"program %s is not executable (chmod +x it, or name an interpreter)",
			named);
	read_interpreter(file, interpreter);
	if (interpreter[0] && !is_executable_file(interpreter))
		return err_set(err, ERR_DENIED,
			"the interpreter \"%s\" of script %s is not executable", interpreter,
			named);
	return err_set(err, ERR_DENIED,
		"program %s may not be executed (its file system may be mounted noexec)",
		named);
}

int
program_explain(const char *file, const char *cwd, int error, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *whole = path_join(&arena, cwd, file);

	switch (error) {
	case ENOENT:
	case ENOTDIR: return explain_missing(file, whole, err);
	case EACCES: return explain_denied(file, whole, err);
	case ENOEXEC:
		return err_set(err, ERR_INVALID,
			"%s is neither a program for this machine nor a script that begins "
			"with "
			"#!",
			file);
	case E2BIG:
		err_set(err, ERR_LIMIT,
			"arguments and environment of %s are larger than the kernel takes (a "
			"quarter of `ulimit -s` in all, 128 KiB each); hand large values over "
			"in a file",
			file);
		return ERR_LIMIT;
	default: errno = error; return err_sys(err, "start %s", file);
	}
}

static int
explain_folder(const char *cwd, const char *below, int error, struct err *err)
{
	/* Where a link leads may not be there for a step. */
	if (below && (error == EXDEV || (error == ENOENT && path_leads_out(cwd, below))))
		return err_set(err, ERR_DENIED,
			"cwd %s leads out of the workspace by a link; start in a folder of it",
			below);
	if (below && (error == ENOENT || error == ENOTDIR))
		return err_set(err, ERR_NOT_FOUND,
			"cwd %s %s; a step before this one has to make it", below,
			error == ENOENT ? "does not exist" : "is no folder");
	errno = error;
	return err_sys(
		err, "working directory %s%s%s", cwd, below ? "/" : "", below ? below : "");
}

int
program_explain_start(const char *file, const char *cwd, const char *below,
	const struct lane_report *report, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;

	switch (report->stage) {
	case LANE_STAGE_EXEC:
		return program_explain(
			file, below ? path_join(&arena, cwd, below) : cwd, report->error, err);
	case LANE_STAGE_CWD: return explain_folder(cwd, below, report->error, err);
	default:
		errno = report->error;
		return err_sys(err, "%s for %s",
			lane_stage_name(
				(enum lane_stage)MIN(report->stage, LANE_STAGE_COUNT - 1)),
			file);
	}
}
