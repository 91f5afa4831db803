#include "base/digest.h"

#include "base/memory.h"
#include "base/recall.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>

#define READ_SIZE ((size_t)256 << 10)

struct digest_stream {
	EVP_MD_CTX *context;
};

static EVP_MD *algorithm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static pthread_key_t thread_stream;

static void
free_thread_stream(void *stream)
{
	digest_stream_free(stream);
}

/* Fetches the algorithm once: an implicit fetch on every init costs more than a short hash. The
 * system's openssl.cnf is not read, so nobody's configuration can replace the algorithm. */
static void
fetch(void)
{
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL);
	algorithm = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	if (!algorithm)
		BUG("libcrypto has no SHA-256");
	if (pthread_key_create(&thread_stream, free_thread_stream) != 0)
		BUG("no thread-specific key left");
}

static void
begin(struct digest_stream *stream)
{
	if (EVP_DigestInit_ex2(stream->context, algorithm, NULL) != 1)
		BUG("SHA-256 could not be started");
}

struct digest_stream *
digest_stream_new(void)
{
	struct digest_stream *stream = memory_new(1, sizeof(*stream));

	(void)pthread_once(&fetched, fetch);
	stream->context = EVP_MD_CTX_new();
	if (!stream->context)
		memory_exhausted(sizeof(*stream));
	begin(stream);
	return stream;
}

void
digest_stream_free(struct digest_stream *stream)
{
	if (!stream)
		return;
	EVP_MD_CTX_free(stream->context);
	free(stream);
}

void
digest_stream_add(struct digest_stream *stream, const void *bytes, size_t n)
{
	if (n && EVP_DigestUpdate(stream->context, bytes, n) != 1)
		BUG("SHA-256 update failed");
}

void
digest_stream_finish(struct digest_stream *stream, struct digest *ret_digest)
{
	if (EVP_DigestFinal_ex(stream->context, ret_digest->bytes, NULL) != 1)
		BUG("SHA-256 could not be finished");
	begin(stream);
}

static struct digest_stream *
stream_of_thread(void)
{
	struct digest_stream *stream;

	(void)pthread_once(&fetched, fetch);
	stream = pthread_getspecific(thread_stream);
	if (!stream) {
		stream = digest_stream_new();
		if (pthread_setspecific(thread_stream, stream) != 0)
			memory_exhausted(sizeof(*stream));
	}
	return stream;
}

void
digest_of(const void *bytes, size_t n, struct digest *ret_digest)
{
	struct digest_stream *stream = stream_of_thread();

	digest_stream_add(stream, bytes, n);
	digest_stream_finish(stream, ret_digest);
}

int
digest_of_fd(int fd, struct digest *ret_digest, uint64_t *ret_size, struct err *err)
{
	struct digest_stream *stream = stream_of_thread();
	char *block = memory_new(1, READ_SIZE);
	uint64_t size = 0;
	int failure = 0;

	while ((failure = recall_check(err)) == 0) {
		ssize_t n = read(fd, block, READ_SIZE);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			failure = err_sys(err, "read");
		if (n <= 0)
			break;
		digest_stream_add(stream, block, (size_t)n);
		size += (uint64_t)n;
	}
	free(block);
	if (failure) {
		struct digest unused;

		digest_stream_finish(stream, &unused);
		return failure;
	}
	digest_stream_finish(stream, ret_digest);
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
