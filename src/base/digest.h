/*
 * digest: SHA-256 (FIPS 180-4), the name of everything that lily keeps.
 *
 * In the store a digest is 32 bytes or 64 lower-case hex digits; outside it is written
 * "sha256:<hex>".
 */
#ifndef LILY_BASE_DIGEST_H
#define LILY_BASE_DIGEST_H

#include "base/err.h"
#include "base/str.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX_SIZE 65 /* 64 digits and NUL */

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/* A hash under way: new, add any number of times, finish (which readies it for the next). */
struct digest_stream;

struct digest_stream *digest_stream_new(void);
void digest_stream_free(struct digest_stream *stream);
void digest_stream_add(struct digest_stream *stream, const void *bytes, size_t n);
void digest_stream_finish(struct digest_stream *stream, struct digest *ret_digest);

/* The digest of n bytes at once. */
void digest_of(const void *bytes, size_t n, struct digest *ret_digest);

/* The digest of all that can be read from fd, from its offset on; *ret_size in bytes, may be
 * NULL. Heeds recall_check (base/recall.h). */
int digest_of_fd(int fd, struct digest *ret_digest, uint64_t *ret_size, struct err *err);

bool digest_equal(const struct digest *a, const struct digest *b);

/* Returns hex, for use in an argument list. */
const char *digest_to_hex(const struct digest *digest, char hex[DIGEST_HEX_SIZE]);

/* Accepts 64 hex digits of either case, with or without "sha256:" before them. */
bool digest_parse(struct str text, struct digest *ret_digest);

#endif
