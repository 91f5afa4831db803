#include "store/turn.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "store/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define FOLDER "turns"
#define PATH_SIZE (sizeof(FOLDER "/.queue") + DIGEST_HEX_SIZE)
#define LINE_SIZE 80
#define MAKING_S 60 /* a ticket is made in much less */

struct turn {
	int store; /* its directory, borrowed */
	int lock;
	struct digest key;
	char queue[PATH_SIZE];
	int ticket; /* -1: not in line */
	char name[UUID_TEXT_SIZE];
};

/* 1, 0 where another has it. */
static int
take_lock(int fd, struct err *err)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
		return 1;
	return errno == EAGAIN || errno == EACCES ? 0 : err_sys(err, "lock");
}

int
turn_new(struct store *store, struct str key, struct turn **ret_turn, struct err *err)
{
	struct turn *turn = memory_zeroed(1, sizeof(*turn));
	char path[PATH_SIZE];
	char hex[DIGEST_HEX_SIZE];
	int r;

	digest_of(key.p, key.n, &turn->key);
	(void)digest_to_hex(&turn->key, hex);
	(void)snprintf(path, sizeof(path), FOLDER "/%s", hex);
	(void)snprintf(turn->queue, sizeof(turn->queue), FOLDER "/%s.queue", hex);
	turn->store = store->directory;
	turn->ticket = turn->lock = -1;
	r = dir_make(turn->store, FOLDER, 0700, err);
	if (r == 0) {
		turn->lock = openat(turn->store, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (turn->lock < 0)
			r = err_sys(err, "open %s", path);
	}
	if (r < 0) {
		turn_free(turn);
		return r;
	}
	*ret_turn = turn;
	return 0;
}

/* Whether somebody has a ticket; one that nobody has is taken away. */
static bool
is_in_line(int queue, const char *name)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	AUTO_CLOSE int fd = openat(queue, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || fcntl(fd, F_OFD_GETLK, &whole) != 0)
		return false;
	if (whole.l_type != F_UNLCK)
		return true;
	(void)unlinkat(queue, name, 0);
	return false;
}

/* Names in the making begin with a dot; one that is old is of a process that was killed. */
static void
clear_half_made(int queue, const char *name)
{
	struct stat status;

	if (fstatat(queue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		clock_utc_us() / 1000000 - status.st_mtim.tv_sec > MAKING_S)
		(void)unlinkat(queue, name, 0);
}

/* Whether nobody came before: 1, 0. */
static int
is_first(const struct turn *turn, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_CLOSE int queue = -1;
	struct err why = ERR_INIT;
	struct str *names;
	size_t n;
	int r = dir_open(turn->store, turn->queue, &queue, &why);

	if (r == ERR_NOT_FOUND)
		return 1;
	if (r == 0)
		r = dir_list(turn->store, turn->queue, &arena, &names, &n, &why);
	if (r < 0) {
		*err = why;
		return r;
	}
	for (size_t i = 0; i < n; i++) {
		if (names[i].n && names[i].p[0] == '.') {
			clear_half_made(queue, arena_cstr(&arena, names[i]));
			continue;
		}
		if (turn->ticket >= 0 && str_compare(names[i], str_of(turn->name)) >= 0)
			break;
		if (is_in_line(queue, arena_cstr(&arena, names[i])))
			return 0;
	}
	return 1;
}

/* Nobody sees the ticket before it is locked. */
static int
stand_in_line(struct turn *turn, struct err *err)
{
	char path[PATH_SIZE + UUID_TEXT_SIZE + 1];
	char making[PATH_SIZE + UUID_TEXT_SIZE + 2];
	AUTO_CLOSE int fd = -1;
	struct uuid id;
	int r = dir_make(turn->store, turn->queue, 0700, err);

	if (r == 0)
		r = uuid_new(&id, err);
	if (r < 0)
		return r;
	(void)uuid_to_text(&id, turn->name);
	(void)snprintf(path, sizeof(path), "%s/%s", turn->queue, turn->name);
	(void)snprintf(making, sizeof(making), "%s/.%s", turn->queue, turn->name);
	fd = openat(turn->store, making, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(err, "open %s", making);
	r = take_lock(fd, err);
	if (r < 0)
		return r;
	if (renameat(turn->store, making, turn->store, path) != 0)
		return err_sys(err, "rename %s", making);
	turn->ticket = fd_take(&fd);
	return 0;
}

static void
leave_line(struct turn *turn)
{
	char path[PATH_SIZE + UUID_TEXT_SIZE + 1];

	if (turn->ticket < 0)
		return;
	(void)snprintf(path, sizeof(path), "%s/%s", turn->queue, turn->name);
	(void)unlinkat(turn->store, path, 0);
	fd_close(&turn->ticket);
}

/* What whoever had it last wrote counts as long as it is locked. */
static void
read_holder(const struct turn *turn, struct turn_holder *ret_holder)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char text[LINE_SIZE];
	ssize_t n = pread(turn->lock, text, sizeof(text), 0);
	struct str rest = {text, (size_t)MAX(n, 0)};
	struct str run = str_cut(str_trim(rest), ' ', &rest);
	uint64_t since;

	*ret_holder = (struct turn_holder){.has_run = false};
	if (fcntl(turn->lock, F_OFD_GETLK, &whole) == 0 && whole.l_type == F_UNLCK)
		return;
	ret_holder->has_run = uuid_parse(run, &ret_holder->run);
	if (str_to_u64(rest, INT64_MAX, &since))
		ret_holder->since_us = (int64_t)since;
}

int
turn_take(struct turn *turn, struct turn_holder *ret_holder, struct err *err)
{
	int r = is_first(turn, err);

	if (r > 0)
		r = take_lock(turn->lock, err);
	if (r < 0)
		return r;
	if (r > 0) {
		leave_line(turn);
		return ftruncate(turn->lock, 0) == 0 ? 1 : err_sys(err, "write a turn");
	}
	read_holder(turn, ret_holder);
	return turn->ticket >= 0 ? 0 : stand_in_line(turn, err);
}

/* For people, and for whoever wants it cancelled: the lock is the kernel's. */
int
turn_note(struct turn *turn, const struct uuid *run, struct err *err)
{
	char line[LINE_SIZE];
	char id[UUID_TEXT_SIZE];
	int n = snprintf(line, sizeof(line), "%s %lld\n", uuid_to_text(run, id),
		(long long)clock_utc_us());

	if (pwrite(turn->lock, line, (size_t)n, 0) != n)
		return err_sys(err, "write a turn");
	return 0;
}

bool
turn_is_of(const struct turn *turn, struct str key)
{
	struct digest digest;

	digest_of(key.p, key.n, &digest);
	return digest_equal(&digest, &turn->key);
}

void
turn_free(struct turn *turn)
{
	if (!turn)
		return;
	leave_line(turn);
	fd_close(&turn->lock);
	free(turn);
}
