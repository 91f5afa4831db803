#include "run/trail.h"

#include "base/build.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/map.h"
#include "base/memory.h"
#include "exec/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#define FOLDER "trails"
#define VERSION 1
#define TEXTS_MAX ((size_t)256 << 20)
#define FILE_MAX ((size_t)1 << 30)
#define NS_PER_S INT64_C(1000000000)
#define PATH_SIZE (sizeof(FOLDER "/") + DIGEST_HEX_SIZE)

/* One question and its answer; without padding. Of a file: its path; of a program: PATH, folder, name,
 * file; of a variable: its name, and the digest of its value or nothing. */
struct answer {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
	uint32_t mode;
	uint32_t kind;
	uint64_t text; /* where its texts begin, each with its NUL */
};

struct trail {
	struct answer *answers;
	size_t n;
	size_t capacity;
	struct buf texts;
	struct arena arena;            /* of the keys in: */
	struct map known[TRAIL_KINDS]; /* what was asked before, by its texts */
	int64_t end_us;
	bool is_broken;
};

struct head {
	char magic[8];
	uint32_t version;
	uint32_t answer_size;
	struct repeat_original original;
	int64_t end_us; /* it holds up to then */
	uint64_t parallel;
	uint64_t n_answers;
	uint64_t n_texts; /* bytes */
	uint64_t n_planned;
	uint64_t n_finished;
};

static const char magic[8] = {'l', 'i', 'l', 'y', 't', 'r', 'a', 'l'};

struct trail *
trail_new(void)
{
	struct trail *trail = memory_zeroed(1, sizeof(*trail));

	trail->texts = BUF_INIT(TEXTS_MAX);
	trail->end_us = INT64_MAX;
	for (size_t i = 0; i < TRAIL_KINDS; i++)
		trail->known[i] = MAP_INIT;
	return trail;
}

static void
forget(struct trail *trail)
{
	for (size_t i = 0; i < TRAIL_KINDS; i++) {
		map_done(&trail->known[i]);
		trail->known[i] = MAP_INIT;
	}
	free(trail->answers);
	trail->answers = NULL;
	trail->n = trail->capacity = 0;
	buf_done(&trail->texts);
	arena_done(&trail->arena);
}

void
trail_free(struct trail *trail)
{
	if (!trail)
		return;
	forget(trail);
	free(trail);
}

void
trail_break(struct trail *trail)
{
	if (!trail || trail->is_broken)
		return;
	trail->is_broken = true;
	forget(trail);
}

bool
trail_is_whole(const struct trail *trail)
{
	return trail && !trail->is_broken && !trail->texts.overflowed && trail->n;
}

static int64_t
to_ns(struct timespec time)
{
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

static void
set_status(struct answer *answer, const struct stat *status)
{
	answer->device = status->st_dev;
	answer->inode = status->st_ino;
	answer->size = (uint64_t)status->st_size;
	answer->mtime_ns = to_ns(status->st_mtim);
	answer->ctime_ns = to_ns(status->st_ctim);
	answer->mode = status->st_mode;
}

static bool
is_same(const struct answer *answer, const struct stat *status)
{
	return answer->inode == status->st_ino && answer->device == status->st_dev &&
		answer->size == (uint64_t)status->st_size &&
		answer->mtime_ns == to_ns(status->st_mtim) &&
		answer->ctime_ns == to_ns(status->st_ctim) && answer->mode == status->st_mode;
}

/* NULL where it was asked before, or is not wanted. */
static struct answer *
add(struct trail *trail, enum trail_kind kind, const char *const *texts, size_t n)
{
	struct answer *answer;
	struct str key;
	size_t at;

	if (!trail || trail->is_broken)
		return NULL;
	at = trail->texts.n;
	for (size_t i = 0; i < n; i++)
		buf_add(&trail->texts, texts[i], strlen(texts[i]) + 1);
	if (trail->texts.overflowed) {
		trail_break(trail);
		return NULL;
	}
	key = (struct str){trail->texts.p + at, trail->texts.n - at};
	if (map_get(&trail->known[kind], key) != MAP_NONE) {
		trail->texts.n = at;
		return NULL;
	}
	(void)map_add(&trail->known[kind], arena_str(&trail->arena, key), (uint32_t)trail->n);
	trail->answers = memory_grow(
		trail->answers, trail->n, &trail->capacity, sizeof(*trail->answers));
	answer = &trail->answers[trail->n++];
	*answer = (struct answer){.kind = kind, .text = at};
	return answer;
}

void
trail_add_file(
	struct trail *trail, enum trail_kind kind, const char *path, const struct stat *status)
{
	struct answer *answer = add(trail, kind, &path, 1);

	if (answer && status)
		set_status(answer, status);
}

void
trail_add_program(struct trail *trail, const char *path, const char *cwd, const char *name,
	const char *file, const struct stat *status)
{
	struct answer *answer = add(
		trail, TRAIL_PROGRAM, (const char *[]){path ? path : "", cwd, name, file}, 4);

	if (answer)
		set_status(answer, status);
}

static const char *
digest_variable(const char *name, char hex[DIGEST_HEX_SIZE])
{
	const char *value = getenv(name);
	struct digest digest;

	if (!value)
		return "";
	digest_of(value, strlen(value), &digest);
	return digest_to_hex(&digest, hex);
}

void
trail_add_variable(struct trail *trail, const char *name)
{
	char hex[DIGEST_HEX_SIZE];

	(void)add(trail, TRAIL_VARIABLE, (const char *[]){name, digest_variable(name, hex)}, 2);
}

void
trail_end_at(struct trail *trail, int64_t time_us)
{
	if (trail)
		trail->end_us = MIN(trail->end_us, time_us);
}

bool
trail_ask(const struct digest *plan, struct str workplace, struct digest *ret_question)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXTS_MAX);
	struct str build = build_id();
	const char *path = getenv("PATH");

	buf_printf(&b, "trail %d\nbuild %zu:", VERSION, build.n);
	buf_add_str(&b, build);
	buf_printf(&b, "\nworkplace %zu:", workplace.n);
	buf_add_str(&b, workplace);
	buf_printf(&b, "\nplan ");
	buf_add(&b, plan->bytes, sizeof(plan->bytes));
	buf_add_cstr(&b, path ? "\npath " : "\n");
	buf_add_cstr(&b, path ? path : "");
	if (!build.n || b.overflowed)
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

/* Makes the folder, and room in it. */
static int
make_room(int directory, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *names;
	size_t n = 0;
	int r = dir_make(directory, FOLDER, 0700, err);

	if (r == 0)
		r = dir_list(directory, FOLDER, &arena, &names, &n, err);
	if (r < 0 || n < TRAIL_FILES)
		return r;
	r = tree_remove(directory, FOLDER, err);
	return r < 0 ? r : dir_make(directory, FOLDER, 0700, err);
}

void
trail_keep(struct store *store, const struct digest *question, const struct trail *trail,
	const struct trail_run *run)
{
	AUTO_BUF struct buf b = BUF_INIT(FILE_MAX);
	struct head head;
	struct err ignored = ERR_INIT;
	struct digest digest;
	char path[PATH_SIZE];

	if (!trail_is_whole(trail))
		return;
	memset(&head, 0, sizeof(head));
	memcpy(head.magic, magic, sizeof(magic));
	head.version = VERSION;
	head.answer_size = sizeof(struct answer);
	head.original = run->original;
	head.end_us = trail->end_us;
	head.parallel = run->parallel;
	head.n_answers = trail->n;
	head.n_texts = trail->texts.n;
	head.n_planned = run->planned.n;
	head.n_finished = run->finished.n;
	buf_add(&b, &head, sizeof(head));
	buf_add(&b, trail->answers, trail->n * sizeof(*trail->answers));
	buf_add_str(&b, buf_str(&trail->texts));
	buf_add_str(&b, run->planned);
	buf_add_str(&b, run->finished);
	digest_of(b.p, b.n, &digest);
	buf_add(&b, digest.bytes, sizeof(digest.bytes));
	if (!b.overflowed && make_room(store_directory(store), &ignored) == 0)
		(void)file_replace(store_directory(store), name_file(question, path),
			buf_str(&b), 0600, FILE_NO_SYNC, &ignored);
}

/* What stands in the file, as it was written. */
struct page {
	struct head head;
	const char *answers;
	const char *texts;
};

static bool
read_page(struct str bytes, struct page *ret_page)
{
	struct digest actual;
	struct head head;
	uint64_t rest;

	if (bytes.n < sizeof(head) + DIGEST_SIZE)
		return false;
	memcpy(&head, bytes.p, sizeof(head));
	rest = bytes.n - sizeof(head) - DIGEST_SIZE;
	digest_of(bytes.p, bytes.n - DIGEST_SIZE, &actual);
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.version != VERSION ||
		head.answer_size != sizeof(struct answer) ||
		head.n_answers > rest / sizeof(struct answer) || head.n_texts > rest ||
		head.n_planned > rest || head.n_finished > rest ||
		head.n_answers * sizeof(struct answer) + head.n_texts + head.n_planned +
				head.n_finished !=
			rest ||
		memcmp(actual.bytes, bytes.p + bytes.n - DIGEST_SIZE, DIGEST_SIZE) != 0)
		return false;
	*ret_page = (struct page){.head = head,
		.answers = bytes.p + sizeof(head),
		.texts = bytes.p + sizeof(head) + head.n_answers * sizeof(struct answer)};
	return head.n_texts && ret_page->texts[head.n_texts - 1] == '\0';
}

/* The next text, "" where there is none. */
static const char *
next_text(const struct page *page, uint64_t *at)
{
	const char *text;

	if (*at >= page->head.n_texts)
		return "";
	text = page->texts + *at;
	*at += strlen(text) + 1;
	return text;
}

static bool
is_program(const struct page *page, const struct answer *answer)
{
	struct program_cache programs = PROGRAM_CACHE_INIT;
	uint64_t at = answer->text;
	const char *path = next_text(page, &at);
	const char *cwd = next_text(page, &at);
	const char *name = next_text(page, &at);
	const char *expected = next_text(page, &at);
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const char *file = NULL;
	struct stat status;
	bool same = program_find(&programs, *path ? path : NULL, cwd, name, &file, NULL) >= 0 &&
		strcmp(file, expected) == 0 &&
		stat(path_join(&arena, cwd, file), &status) == 0 && is_same(answer, &status);

	program_cache_done(&programs);
	return same;
}

static bool
is_variable(const struct page *page, const struct answer *answer)
{
	char hex[DIGEST_HEX_SIZE];
	uint64_t at = answer->text;
	const char *name = next_text(page, &at);

	return strcmp(digest_variable(name, hex), next_text(page, &at)) == 0;
}

static bool
holds(const struct page *page, const struct answer *answer, int workspace, int store)
{
	uint64_t at = answer->text;
	const char *path = next_text(page, &at);
	struct stat status;

	switch ((enum trail_kind)answer->kind) {
	case TRAIL_INPUT:
		return fstatat(workspace, path, &status, 0) == 0 && is_same(answer, &status);
	case TRAIL_OUTPUT:
		return fstatat(workspace, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			is_same(answer, &status);
	case TRAIL_ABSENT: return fstatat(workspace, path, &status, 0) != 0 && errno == ENOENT;
	case TRAIL_OBJECT:
		return fstatat(store, path, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			is_same(answer, &status);
	case TRAIL_PROGRAM: return is_program(page, answer);
	case TRAIL_VARIABLE: return is_variable(page, answer);
	case TRAIL_KINDS: break;
	}
	return false;
}

static bool
all_hold(const struct page *page, int workspace, int store)
{
	if (clock_utc_us() > page->head.end_us)
		return false;
	for (uint64_t i = 0; i < page->head.n_answers; i++) {
		struct answer answer;

		memcpy(&answer, page->answers + i * sizeof(answer), sizeof(answer));
		if (!holds(page, &answer, workspace, store))
			return false;
	}
	return true;
}

int
trail_follow(struct store *store, const struct digest *question, int workspace,
	struct arena *arena, struct trail_run *ret_run, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FILE_MAX);
	struct err ignored = ERR_INIT;
	char path[PATH_SIZE];
	struct page page;
	const char *planned;
	int r;

	if (file_read(store_directory(store), name_file(question, path), &bytes, &ignored) <
			0 ||
		!read_page(buf_str(&bytes), &page) ||
		!all_hold(&page, workspace, store_directory(store)))
		return 0;
	r = repeat_holds(store, &page.head.original, err);
	if (r <= 0)
		return r;
	planned = page.texts + page.head.n_texts;
	*ret_run = (struct trail_run){.original = page.head.original,
		.parallel = (uint32_t)page.head.parallel,
		.planned = arena_str(arena, (struct str){planned, page.head.n_planned}),
		.finished = arena_str(arena,
			(struct str){planned + page.head.n_planned, page.head.n_finished})};
	return 1;
}
