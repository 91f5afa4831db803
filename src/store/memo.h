/*
 * memo: digests of files, remembered by what stat(2) says of them.
 *
 * A memo saves reading a file again; it never decides anything by itself, and without it everything
 * comes out the same. An entry holds for a file of the same device, inode, size, mtime and ctime,
 * to the nanosecond, under the rule that git has for its index (Documentation/technical/
 * racy-git.txt): the kernel stamps files with a clock that stands still between two ticks, so a
 * file may be written again without any of the five changing, as long as the tick in which it was
 * last changed lasts. Therefore an entry is only made where, by that same clock (CLOCK_REALTIME_
 * COARSE), the tick of the newest of mtime and ctime was over *before* the file was read. Such a
 * file cannot change any more without its ctime. Where a file system keeps whole seconds, two of
 * them have to be over. A younger file is read again next time, and only then remembered.
 *
 * On disk: the file "memo" of the store, read whole and replaced whole: a head {"lilymemo", version,
 * entries}, the entries, and the SHA-256 of all before it. What is damaged is as good as none.
 */
#ifndef LILY_STORE_MEMO_H
#define LILY_STORE_MEMO_H

#include "store/store.h"

#include <sys/stat.h>

/* More entries than this: those that were not asked for longest are dropped. */
#define MEMO_ENTRIES_MAX ((size_t)1 << 20)

struct memo;

/* Never fails: what cannot be read is empty. The store outlives it. */
struct memo *memo_open(struct store *store);

/* Keeps what is new where the store may be written; a failure to is none: the next one reads more. */
void memo_save(struct memo *memo);
void memo_free(struct memo *memo);

/* The remembered digest of a regular file. */
bool memo_find(struct memo *memo, const struct stat *status, struct digest *ret_digest);

/* The digest of the regular file open at offset 0, remembered or read. memo may be NULL. */
int memo_digest(struct memo *memo, int fd, struct digest *ret_digest, uint64_t *ret_size,
	struct err *err);

/* What memo_digest does, for callers that read by themselves: the clock, before the file is looked
 * at; then its digest, where its status before and after reading was the same. */
int64_t memo_clock_ns(void);
void memo_note(struct memo *memo, const struct stat *status, int64_t clock_ns,
	const struct digest *digest);

#endif
