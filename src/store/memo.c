#include "store/memo.h"

#include "base/file.h"
#include "base/memory.h"
#include "store/handle.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#define NAME "memo"
#define VERSION 1
#define NS_PER_S INT64_C(1000000000)
#define COARSE_NS (2 * NS_PER_S)
#define FILE_MAX (sizeof(struct head) + MEMO_ENTRIES_MAX * sizeof(struct entry) + DIGEST_SIZE)

/* In the byte order of the machine: the file does not leave it. */
struct entry {
	uint64_t device;
	uint64_t inode;
	uint64_t size;
	int64_t mtime_ns;
	int64_t ctime_ns;
	uint64_t used; /* day on which it was last asked for; 0: a free slot */
	struct digest digest;
};

struct head {
	char magic[8];
	uint32_t version;
	uint32_t entry_size;
	uint64_t entries;
};

static const char magic[8] = {'l', 'i', 'l', 'y', 'm', 'e', 'm', 'o'};

/* Open addressing by device and inode: one entry for each file. */
struct memo {
	struct store *store;
	struct entry *slots;
	size_t capacity; /* a power of two, or 0 */
	size_t n;
	uint64_t today;
	bool changed;
};

static int64_t
to_ns(struct timespec time)
{
	return (int64_t)time.tv_sec * NS_PER_S + time.tv_nsec;
}

int64_t
memo_clock_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	return to_ns(now);
}

static size_t
slot_of(const struct memo *memo, uint64_t device, uint64_t inode)
{
	uint64_t hash = (inode ^ (device << 40)) * UINT64_C(0x9e3779b97f4a7c15);
	size_t at = (size_t)(hash >> 20) & (memo->capacity - 1);

	while (memo->slots[at].used &&
		(memo->slots[at].inode != inode || memo->slots[at].device != device))
		at = (at + 1) & (memo->capacity - 1);
	return at;
}

static void
put(struct memo *memo, const struct entry *entry)
{
	size_t at = slot_of(memo, entry->device, entry->inode);

	memo->n += !memo->slots[at].used;
	memo->slots[at] = *entry;
}

static void
make_room(struct memo *memo, size_t n)
{
	struct entry *before = memo->slots;
	size_t n_before = memo->capacity;

	if (n * 2 <= memo->capacity)
		return;
	memo->capacity = MAX(memo->capacity, 1024);
	while (memo->capacity < n * 2)
		memo->capacity *= 2;
	memo->slots = memory_zeroed(memo->capacity, sizeof(*memo->slots));
	memo->n = 0;
	for (size_t i = 0; i < n_before; i++)
		if (before[i].used)
			put(memo, &before[i]);
	free(before);
}

static void
load(struct memo *memo, struct str bytes)
{
	struct digest actual;
	struct head head;

	if (bytes.n < sizeof(head) + DIGEST_SIZE)
		return;
	memcpy(&head, bytes.p, sizeof(head));
	digest_of(bytes.p, bytes.n - DIGEST_SIZE, &actual);
	if (memcmp(head.magic, magic, sizeof(magic)) != 0 || head.version != VERSION ||
		head.entry_size != sizeof(struct entry) || head.entries > MEMO_ENTRIES_MAX ||
		bytes.n != sizeof(head) + head.entries * sizeof(struct entry) + DIGEST_SIZE ||
		memcmp(actual.bytes, bytes.p + bytes.n - DIGEST_SIZE, DIGEST_SIZE) != 0)
		return;
	make_room(memo, (size_t)head.entries);
	for (size_t i = 0; i < head.entries; i++) {
		struct entry entry;

		memcpy(&entry, bytes.p + sizeof(head) + i * sizeof(entry), sizeof(entry));
		if (entry.used)
			put(memo, &entry);
	}
}

struct memo *
memo_open(struct store *store)
{
	AUTO_BUF struct buf bytes = BUF_INIT(FILE_MAX);
	struct memo *memo = memory_zeroed(1, sizeof(*memo));

	memo->store = store;
	memo->today = (uint64_t)(memo_clock_ns() / NS_PER_S / 86400);
	if (file_read(store->directory, NAME, &bytes, NULL) == 0)
		load(memo, buf_str(&bytes));
	return memo;
}

static int
compare_used(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;

	return (a->used < b->used) - (a->used > b->used);
}

static void
write_entries(struct memo *memo, struct buf *b)
{
	struct entry *entries = memory_new(memo->n, sizeof(*entries));
	struct head head = {.version = VERSION, .entry_size = sizeof(struct entry)};
	struct digest digest;
	size_t n = 0;

	for (size_t i = 0; i < memo->capacity; i++)
		if (memo->slots[i].used)
			entries[n++] = memo->slots[i];
	if (n > MEMO_ENTRIES_MAX) {
		qsort(entries, n, sizeof(*entries), compare_used);
		n = MEMO_ENTRIES_MAX;
	}
	memcpy(head.magic, magic, sizeof(magic));
	head.entries = n;
	buf_add(b, &head, sizeof(head));
	buf_add(b, entries, n * sizeof(*entries));
	digest_of(b->p, b->n, &digest);
	buf_add(b, digest.bytes, sizeof(digest.bytes));
	free(entries);
}

void
memo_save(struct memo *memo)
{
	AUTO_BUF struct buf b = BUF_INIT(FILE_MAX);

	if (!memo->changed || memo->store->access != STORE_WRITE)
		return;
	write_entries(memo, &b);
	if (!b.overflowed &&
		file_replace(memo->store->directory, NAME, buf_str(&b), 0600, FILE_NO_SYNC,
			NULL) == 0)
		memo->changed = false;
}

void
memo_free(struct memo *memo)
{
	if (!memo)
		return;
	free(memo->slots);
	free(memo);
}

static bool
is_same(const struct entry *entry, const struct stat *status)
{
	return entry->size == (uint64_t)status->st_size &&
		entry->mtime_ns == to_ns(status->st_mtim) &&
		entry->ctime_ns == to_ns(status->st_ctim);
}

bool
memo_find(struct memo *memo, const struct stat *status, struct digest *ret_digest)
{
	struct entry *entry;

	if (!memo->capacity || !S_ISREG(status->st_mode))
		return false;
	entry = &memo->slots[slot_of(memo, status->st_dev, status->st_ino)];
	if (!entry->used || !is_same(entry, status))
		return false;
	if (entry->used != memo->today) {
		entry->used = memo->today;
		memo->changed = true;
	}
	*ret_digest = entry->digest;
	return true;
}

/* Whether the tick in which the file was last changed was over at that time. */
static bool
is_settled(const struct stat *status, int64_t clock_ns)
{
	int64_t mtime = to_ns(status->st_mtim);
	int64_t ctime = to_ns(status->st_ctim);
	bool coarse = mtime % NS_PER_S == 0 && ctime % NS_PER_S == 0;

	return MAX(mtime, ctime) + (coarse ? COARSE_NS : 0) < clock_ns;
}

void
memo_note(struct memo *memo, const struct stat *status, int64_t clock_ns,
	const struct digest *digest)
{
	const struct entry entry = {.device = status->st_dev,
		.inode = status->st_ino,
		.size = (uint64_t)status->st_size,
		.mtime_ns = to_ns(status->st_mtim),
		.ctime_ns = to_ns(status->st_ctim),
		.used = memo->today,
		.digest = *digest};

	if (!S_ISREG(status->st_mode) || !is_settled(status, clock_ns))
		return;
	make_room(memo, memo->n + 1);
	put(memo, &entry);
	memo->changed = true;
}

int
memo_digest(struct memo *memo, int fd, struct digest *ret_digest, uint64_t *ret_size,
	struct err *err)
{
	int64_t clock_ns = memo_clock_ns();
	struct stat before;
	struct stat after;
	int r;

	if (fstat(fd, &before) != 0)
		return err_sys(err, "stat");
	if (memo && memo_find(memo, &before, ret_digest)) {
		if (ret_size)
			*ret_size = (uint64_t)before.st_size;
		return 0;
	}
	r = digest_of_fd(fd, ret_digest, ret_size, err);
	if (r < 0 || !memo)
		return r;
	if (fstat(fd, &after) == 0 && before.st_size == after.st_size &&
		to_ns(before.st_mtim) == to_ns(after.st_mtim) &&
		to_ns(before.st_ctim) == to_ns(after.st_ctim))
		memo_note(memo, &after, clock_ns, ret_digest);
	return 0;
}
