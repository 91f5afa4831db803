/*
 * object: bytes under the name of their SHA-256.
 *
 * I1: an object exists when its row exists; the row is committed only after bytes and directory
 * entry are durable; its name is the SHA-256 of its bytes. Deduplication asks the table, never the
 * directory: a file without a row is rubbish, and is written again.
 *
 * A directory is an object too: a tree.v1 document, {"tree": 1, "entries": [{"path", "type":
 * "file" | "dir" | "link", "executable", "size", "sha256" | "target"}, …]}, sorted by the bytes of
 * path, canonical.
 */
#ifndef LILY_STORE_OBJECT_H
#define LILY_STORE_OBJECT_H

#include "base/arena.h"
#include "store/store.h"

#define OBJECT_INLINE_MAX ((size_t)16 << 10)

/* The largest file, and the sum of a directory's files. A file of any size costs its maker nothing
 * where it has holes, and everybody else the time to hash it. */
#define OBJECT_SIZE_MAX ((uint64_t)1 << 40)

/* Submits bytes. They are durable before any event submitted later. */
int object_put(
	struct store *store, struct str bytes, struct digest *ret_digest, struct err *err);

/* Submits a file by its open descriptor (regular, at offset 0). With OBJECT_MOVE the file
 * dir/name behind it is taken over where that is safe (same file system, one link, owned by us),
 * so that a large output costs no copy; else it is copied. ERR_LIMIT beyond OBJECT_SIZE_MAX. */
enum object_how { OBJECT_COPY, OBJECT_MOVE };
int object_put_file(struct store *store, int fd, enum object_how how, int dir, const char *name,
	struct digest *ret_digest, uint64_t *ret_size, struct err *err);

/* Submits a directory: every file below it, then its tree.v1 document, which is what the digest
 * names. ERR_INVALID for what is neither file, directory nor link; ERR_LIMIT beyond 1 000 000
 * entries or OBJECT_SIZE_MAX. *ret_size is the sum of the files. */
int object_put_tree(struct store *store, int dir, const char *path, struct digest *ret_digest,
	uint64_t *ret_size, struct err *err);

/* The two halves of object_put_file for callers that hash beside the main thread: stage may be
 * called on any thread, commit on the submitting one only. name may be NULL with OBJECT_COPY.
 * What was staged is gone after commit, whatever it returns. */
struct object_staged;
int object_stage_file(struct store *store, int fd, enum object_how how, int dir,
	const char *name, struct object_staged **ret_staged, struct err *err);
int object_stage_tree(struct store *store, int dir, const char *path,
	struct object_staged **ret_staged, struct err *err);
/* One without parts yet, to which its maker adds them (stage.h), at last the object itself. */
int object_stage_new(struct store *store, struct object_staged **ret_staged, struct err *err);
/* The directory that has only these files of it (and links), with the folders that they are in: paths
 * below dir/path, without "." and "..", each once. No link is followed on the way. */
int object_stage_listed(struct store *store, int dir, const char *path, const struct str *paths,
	size_t n, struct object_staged **ret_staged, struct err *err);
int object_commit(struct store *store, struct object_staged *staged, struct digest *ret_digest,
	uint64_t *ret_size, struct err *err);
/* What a staged object will be. */
void object_describe_staged(
	const struct object_staged *staged, struct digest *ret_digest, uint64_t *ret_size);
void object_discard(struct store *store, struct object_staged *staged);

/* What a directory's digest would be; nothing is kept. memo (memo.h) may be NULL. */
struct memo;
int object_hash_tree(int dir, const char *path, struct memo *memo, struct digest *ret_digest,
	uint64_t *ret_size, struct err *err);

/* Whether there is such an object: 1 or 0. Nothing is read of it. A file that is not committed yet
 * may count as none. */
int object_exists(struct store *store, const struct digest *digest, struct err *err);

/* Likewise what object_stage_listed would keep. */
int object_hash_listed(int dir, const char *path, const struct str *paths, size_t n,
	struct memo *memo, struct digest *ret_digest, struct err *err);

/* Appends the bytes, verified against the name: ERR_NOT_FOUND, ERR_CORRUPT, ERR_LIMIT. Sees what
 * was submitted, committed or not. */
int object_get(struct store *store, const struct digest *digest, struct buf *ret_bytes,
	struct err *err);

/* A read-only descriptor of the bytes, verified while they are copied or read through once; an
 * inline object comes as a sealed memfd. */
int object_open(struct store *store, const struct digest *digest, int *ret_fd,
	uint64_t *ret_size, struct err *err);

/* The absolute path of a read-only file with the bytes, verified; an inline object is moved to a
 * file first. */
int object_path(struct store *store, const struct digest *digest, struct arena *arena,
	const char **ret_path, struct err *err);

enum object_restore_flag {
	OBJECT_IS_TREE = 1 << 0,
	OBJECT_READ_ONLY =
		1 << 1, /* files get mode 0444 (0555); else 0666 (0777), less umask */
	OBJECT_EXECUTABLE = 1 << 2 /* of a file */
};

/* Whether the bytes are there and right, of a directory those of all its files: 1, else 0. What is
 * damaged is written again by the next put of the same bytes (object_suspect): deduplication would
 * keep it damaged for ever. flags: OBJECT_IS_TREE. memo: of large
 * files that were read before, or NULL. */
int object_check(struct store *store, const struct digest *digest, unsigned flags,
	struct memo *memo, struct err *err);
int object_suspect(struct store *store, const struct digest *digest, struct err *err);

/* Writes the object out: a file at dir/path, or a whole directory. Existing files are not
 * replaced: ERR_SYS with EEXIST. */
int object_restore(struct store *store, const struct digest *digest, unsigned flags, int dir,
	const char *path, struct err *err);

#endif
