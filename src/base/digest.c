#include "base/digest.h"

#include "base/memory.h"
#include "base/recall.h"

#include <errno.h>

/* The plain functions of libcrypto, deprecated in favour of fetched algorithms: a fetch reads and
 * builds tables that cost more than all the hashing of a small run, and every short hash pays for the
 * indirection. These have no set-up, use the same SHA instructions of the processor, and no openssl.cnf
 * can replace them. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#define READ_SIZE ((size_t)256 << 10)

struct digest_stream {
	SHA256_CTX context;
};

static void
begin(SHA256_CTX *context)
{
	if (SHA256_Init(context) != 1)
		BUG("SHA-256 could not be started");
}

static void
add(SHA256_CTX *context, const void *bytes, size_t n)
{
	if (n && SHA256_Update(context, bytes, n) != 1)
		BUG("SHA-256 update failed");
}

static void
finish(SHA256_CTX *context, struct digest *ret_digest)
{
	if (SHA256_Final(ret_digest->bytes, context) != 1)
		BUG("SHA-256 could not be finished");
}

struct digest_stream *
digest_stream_new(void)
{
	struct digest_stream *stream = memory_new(1, sizeof(*stream));

	begin(&stream->context);
	return stream;
}

void
digest_stream_free(struct digest_stream *stream)
{
	free(stream);
}

void
digest_stream_add(struct digest_stream *stream, const void *bytes, size_t n)
{
	add(&stream->context, bytes, n);
}

void
digest_stream_finish(struct digest_stream *stream, struct digest *ret_digest)
{
	finish(&stream->context, ret_digest);
	begin(&stream->context);
}

void
digest_of(const void *bytes, size_t n, struct digest *ret_digest)
{
	SHA256_CTX context;

	begin(&context);
	add(&context, bytes, n);
	finish(&context, ret_digest);
}

int
digest_of_fd(int fd, struct digest *ret_digest, uint64_t *ret_size, struct err *err)
{
	SHA256_CTX context;
	char *block = memory_new(1, READ_SIZE);
	uint64_t size = 0;
	int failure = 0;

	begin(&context);
	while ((failure = recall_check(err)) == 0) {
		ssize_t n = read(fd, block, READ_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			failure = err_sys(err, "read");
		if (n <= 0)
			break;
		add(&context, block, (size_t)n);
		size += (uint64_t)n;
	}
	free(block);
	if (failure)
		return failure;
	finish(&context, ret_digest);
	if (ret_size)
		*ret_size = size;
	return 0;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return memcmp(a->bytes, b->bytes, DIGEST_SIZE) == 0;
}

const char *
digest_to_hex(const struct digest *digest, char hex[DIGEST_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		hex[2 * i] = digits[digest->bytes[i] >> 4];
		hex[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	hex[DIGEST_HEX_SIZE - 1] = '\0';
	return hex;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
digest_parse(struct str text, struct digest *ret_digest)
{
	struct digest digest;

	if (str_starts(text, STR("sha256:")))
		text = (struct str){text.p + 7, text.n - 7};
	if (text.n != (size_t)2 * DIGEST_SIZE)
		return false;
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int high = hex_digit(text.p[2 * i]);
		int low = hex_digit(text.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		digest.bytes[i] = (uint8_t)(high << 4 | low);
	}
	*ret_digest = digest;
	return true;
}
