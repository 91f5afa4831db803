#include "exec/capture.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/uio.h>

#define N_STREAMS 2
/* What the frame of a record adds, about: it counts against the head, so that many small writes
 * cannot make a large log. */
#define FRAME 24
/* A piece with a long name in place of each short value, and what was held back before it. */
#define SHOWN_MAX ((size_t)64 << 20)

struct stream {
	uint64_t size;
	uint64_t kept;      /* of the head, frames included */
	bool cut;           /* the head is full */
	uint64_t tail_size; /* all that came after the head */
	int64_t last_us;
	int tail; /* a file without a name: the last options.tail bytes, in a ring */
	struct digest_stream *digest;
	struct redaction redaction;
};

struct capture {
	struct capture_options options;
	uint64_t head; /* of this attempt */
	uint64_t tail;
	uint32_t number;
	bool live;
	int directory; /* attempts/<number>, once it is needed */
	int file;
	struct buf memory;
	struct stream stream[N_STREAMS];
	const struct redactor *const *redactor; /* NULL: none */
	struct buf shown;                       /* of one piece, without secrets */
	struct spool spool;
	struct err failed; /* the first thing that went wrong */
	char *block;
};

struct capture *
capture_new(const struct capture_options *options)
{
	struct capture *capture = memory_zeroed(1, sizeof(*capture));

	capture->options = *options;
	capture_keep(capture, 0);
	capture->directory = -1;
	capture->file = -1;
	capture->memory = BUF_INIT(2 * CAPTURE_MEMORY);
	capture->shown = BUF_INIT(SHOWN_MAX);
	capture->spool = SPOOL_INIT;
	capture->block = memory_new(1, LOG_RECORD_MAX);
	for (int i = 0; i < N_STREAMS; i++) {
		capture->stream[i].tail = -1;
		capture->stream[i].digest = digest_stream_new();
		capture->stream[i].redaction = REDACTION_INIT;
	}
	return capture;
}

/* Forgets the attempt before. */
static void
reset(struct capture *capture)
{
	capture->live = false;
	capture->failed.code = 0;
	fd_close(&capture->file);
	fd_close(&capture->directory);
	buf_clear(&capture->memory);
	spool_reset(&capture->spool);
	for (int i = 0; i < N_STREAMS; i++) {
		struct stream *stream = &capture->stream[i];
		struct digest unused;

		fd_close(&stream->tail);
		if (stream->size && stream->digest)
			digest_stream_finish(stream->digest, &unused);
		redaction_done(&stream->redaction);
		*stream = (struct stream){
			.tail = -1, .digest = stream->digest, .redaction = REDACTION_INIT};
	}
}

void
capture_keep(struct capture *capture, uint64_t bytes)
{
	uint64_t share = bytes ? bytes / 4 : UINT64_MAX;

	capture->head = MIN(capture->options.head, share);
	capture->tail = MIN(capture->options.tail, share);
}

void
capture_free(struct capture *capture)
{
	if (!capture)
		return;
	reset(capture);
	for (int i = 0; i < N_STREAMS; i++)
		digest_stream_free(capture->stream[i].digest);
	buf_done(&capture->memory);
	buf_done(&capture->shown);
	spool_done(&capture->spool);
	free(capture->block);
	free(capture);
}

int
capture_begin(struct capture *capture, uint32_t number, struct str stdout_name,
	const struct redactor *const *redactor, struct err *err)
{
	reset(capture);
	capture->number = number;
	capture->redactor = redactor;
	return stdout_name.n ? spool_begin(&capture->spool, stdout_name, err) : 0;
}

static int
open_directory(struct capture *capture, struct err *err)
{
	char path[64];
	int r;

	if (capture->directory >= 0)
		return 0;
	(void)snprintf(path, sizeof(path), "attempts/%u", capture->number);
	r = dir_make_all(capture->options.run_directory, path, 0700, err);
	return r < 0 ? r
		     : dir_open(capture->options.run_directory, path, &capture->directory, err);
}

/* Moves the log from memory into its file. */
static int
open_file(struct capture *capture, struct err *err)
{
	int r = open_directory(capture, err);

	if (r < 0)
		return r;
	capture->file = openat(capture->directory, "log",
		O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (capture->file < 0)
		return err_sys(err, "create attempts/%u/log", capture->number);
	r = file_write(capture->file, capture->memory.p, capture->memory.n, err);
	buf_clear(&capture->memory);
	return r;
}

/* Writes one record with a single call, so that followers seldom see a part of it. */
static int
write_record(struct capture *capture, enum log_stream stream, int64_t time_us, struct str bytes,
	struct err *err)
{
	char header[LOG_HEADER_MAX];
	size_t n = log_header(header, stream, time_us, bytes.n);
	struct iovec parts[] = {
		{header, n},
		{(void *)(uintptr_t)bytes.p, bytes.n},
		{(void *)(uintptr_t) "\n", 1},
	};
	size_t whole = n + bytes.n + 1;
	ssize_t written = writev(capture->file, parts, ARRAY_SIZE(parts));

	/* The rest after an interrupted or short write goes piece by piece. */
	if (written < 0 && errno != EINTR)
		return err_sys(err, "write attempts/%u/log", capture->number);
	for (size_t i = 0, at = 0, done = (size_t)MAX(written, 0); done < whole && i < 3;
		at += parts[i++].iov_len) {
		size_t skip = done > at ? MIN(done - at, parts[i].iov_len) : 0;
		int r = file_write(capture->file, (const char *)parts[i].iov_base + skip,
			parts[i].iov_len - skip, err);

		if (r < 0)
			return err_wrap(err, "attempts/%u/log", capture->number);
	}
	return 0;
}

static int
put_record(struct capture *capture, enum log_stream stream, int64_t time_us, struct str bytes,
	struct err *err)
{
	if (capture->file < 0 &&
		(capture->live ||
			capture->memory.n + bytes.n + LOG_HEADER_MAX > CAPTURE_MEMORY)) {
		int r = open_file(capture, err);

		if (r < 0)
			return r;
	}
	if (capture->file >= 0)
		return write_record(capture, stream, time_us, bytes, err);
	log_add(&capture->memory, stream, time_us, bytes);
	return 0;
}

/* A file that nobody else sees; it is gone with its descriptor. */
static int
open_tail(struct capture *capture, struct stream *stream, struct err *err)
{
	int r;

	if (stream->tail >= 0)
		return 0;
	r = open_directory(capture, err);
	if (r < 0)
		return r;
	stream->tail =
		openat(capture->directory, "tail", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (stream->tail < 0)
		return err_sys(err, "create attempts/%u/tail", capture->number);
	(void)unlinkat(capture->directory, "tail", 0);
	return 0;
}

static int
write_at(int fd, const char *p, size_t n, uint64_t offset, struct err *err)
{
	while (n) {
		ssize_t written = pwrite(fd, p, n, (off_t)offset);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_sys(err, "write the tail of a log");
		p += written;
		offset += (uint64_t)written;
		n -= (size_t)written;
	}
	return 0;
}

static int
put_tail(struct capture *capture, struct stream *stream, struct str bytes, struct err *err)
{
	uint64_t ring = capture->tail;
	int r;

	if (!bytes.n)
		return 0;
	r = ring ? open_tail(capture, stream, err) : 0;
	while (r == 0 && ring && bytes.n) {
		uint64_t offset = stream->tail_size % ring;
		size_t n = (size_t)MIN((uint64_t)bytes.n, ring - offset);

		r = write_at(stream->tail, bytes.p, n, offset, err);
		stream->tail_size += n;
		bytes = (struct str){bytes.p + n, bytes.n - n};
	}
	stream->tail_size += bytes.n;
	return r;
}

/* The part of bytes that still goes into the head. */
static size_t
head_part(const struct capture *capture, struct stream *stream, size_t n)
{
	uint64_t room;

	if (stream->cut || stream->kept + FRAME >= capture->head) {
		stream->cut = true;
		return 0;
	}
	room = capture->head - stream->kept - FRAME;
	if (n >= room) {
		stream->cut = true;
		return (size_t)room;
	}
	return n;
}

static int
keep(struct capture *capture, enum log_stream which, int64_t now, struct str bytes,
	struct err *err)
{
	struct stream *stream = &capture->stream[which - 1];

	while (bytes.n && !stream->cut) {
		size_t n = head_part(capture, stream, MIN(bytes.n, LOG_RECORD_MAX));
		int r = n ? put_record(capture, which, now, (struct str){bytes.p, n}, err) : 0;

		if (r < 0)
			return r;
		stream->kept += n + FRAME;
		bytes = (struct str){bytes.p + n, bytes.n - n};
	}
	return put_tail(capture, stream, bytes, err);
}

/* Counts and keeps what may be shown. */
static int
take(struct capture *capture, enum log_stream which, struct str bytes, struct err *err)
{
	struct stream *stream = &capture->stream[which - 1];
	int64_t now = clock_utc_us();
	int r = 0;

	if (!bytes.n)
		return 0;
	stream->size += bytes.n;
	stream->last_us = now;
	digest_stream_add(stream->digest, bytes.p, bytes.n);
	if (capture->failed.code) {
		*err = capture->failed;
		return err->code;
	}
	if (which == LOG_STDOUT && capture_is_output(capture)) {
		/* Only past its memory does the spool need the directory. */
		if (capture->spool.memory.n + bytes.n > SPOOL_MEMORY)
			r = open_directory(capture, err);
		if (r == 0)
			r = spool_add(&capture->spool, bytes, capture->directory, err);
	}
	if (r == 0)
		r = keep(capture, which, now, bytes, err);
	if (r < 0)
		capture->failed = *err;
	return r;
}

int
capture_add(struct capture *capture, enum log_stream which, struct str bytes, struct err *err)
{
	const struct redactor *redactor = capture->redactor ? *capture->redactor : NULL;

	if (!redactor)
		return take(capture, which, bytes, err);
	buf_clear(&capture->shown);
	redaction_add(&capture->stream[which - 1].redaction, redactor, bytes, &capture->shown);
	return take(capture, which, buf_str(&capture->shown), err);
}

/* What was held back as the possible beginning of a secret. */
static void
take_held(struct capture *capture, enum log_stream which)
{
	struct redaction *redaction = &capture->stream[which - 1].redaction;
	struct err ignored = ERR_INIT;

	if (!redaction->held.n)
		return;
	buf_clear(&capture->shown);
	redaction_end(redaction, *capture->redactor, &capture->shown);
	(void)take(capture, which, buf_str(&capture->shown), &ignored);
}

int
capture_read(struct capture *capture, enum log_stream which, int pipe, size_t max_bytes)
{
	size_t taken = 0;

	while (taken < max_bytes) {
		struct err err = ERR_INIT;
		ssize_t n = read(pipe, capture->block, LOG_RECORD_MAX);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return -1;
		(void)capture_add(
			capture, which, (struct str){capture->block, (size_t)n}, &err);
		taken += (size_t)n;
	}
	return 1;
}

void
capture_go_live(struct capture *capture)
{
	struct err err = ERR_INIT;

	capture->live = true;
	if (capture->memory.n && !capture->failed.code && open_file(capture, &err) < 0)
		capture->failed = err;
}

static int
put_note(struct capture *capture, const struct buf *note, struct err *err)
{
	if (capture->file >= 0)
		return file_write(capture->file, note->p, note->n, err);
	buf_add_str(&capture->memory, buf_str(note));
	return buf_check(&capture->memory, "the log", err);
}

/* Copies the ring, oldest byte first, as records. */
static int
unroll(struct capture *capture, enum log_stream which, struct err *err)
{
	struct stream *stream = &capture->stream[which - 1];
	uint64_t ring = capture->tail;
	uint64_t left = MIN(stream->tail_size, ring);
	uint64_t offset = stream->tail_size > ring ? stream->tail_size % ring : 0;

	while (left) {
		size_t n = (size_t)MIN(MIN(left, ring - offset), LOG_RECORD_MAX);
		ssize_t got = pread(stream->tail, capture->block, n, (off_t)offset);
		int r;

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return err_sys(err, "read the tail of a log");
		r = put_record(capture, which, stream->last_us,
			(struct str){capture->block, (size_t)got}, err);
		if (r < 0)
			return r;
		left -= (uint64_t)got;
		offset = (offset + (uint64_t)got) % ring;
	}
	return 0;
}

static int
finish_stream(struct capture *capture, enum log_stream which, struct err *err)
{
	AUTO_BUF struct buf note = BUF_INIT(4096);
	struct stream *stream = &capture->stream[which - 1];
	uint64_t gone = stream->tail_size - MIN(stream->tail_size, capture->tail);
	struct digest digest;
	int r = 0;

	if (!gone)
		return unroll(capture, which, err);
	log_add_cut(&note, stream->last_us, which, gone);
	r = put_note(capture, &note, err);
	if (r == 0)
		r = unroll(capture, which, err);
	if (r < 0)
		return r;
	digest_stream_finish(stream->digest, &digest);
	buf_clear(&note);
	log_add_whole(&note, stream->last_us, which, stream->size, &digest);
	return put_note(capture, &note, err);
}

static int
finish_file(struct capture *capture, struct err *err)
{
	AUTO_BUF struct buf note = BUF_INIT(4096);
	int r;

	if (capture->file < 0)
		return 0;
	log_add_end(&note, clock_utc_us());
	r = put_note(capture, &note, err);
	(void)lseek(capture->file, 0, SEEK_SET);
	return r;
}

int
capture_finish(struct capture *capture, int out, struct err *err)
{
	int r = 0;

	take_held(capture, LOG_STDOUT);
	take_held(capture, LOG_STDERR);
	if (capture->failed.code) {
		*err = capture->failed;
		r = capture->failed.code;
	}
	for (int i = LOG_STDOUT; r == 0 && i <= LOG_STDERR; i++)
		if (capture->stream[i - 1].size)
			r = finish_stream(capture, (enum log_stream)i, err);
	if (r == 0)
		r = finish_file(capture, err);
	if (r == 0 && capture_is_output(capture))
		r = spool_place(&capture->spool, capture->directory, out, err);
	return r;
}

struct str
capture_secret(const struct capture *capture, enum log_stream which)
{
	return capture->stream[which - 1].redaction.found;
}

bool
capture_is_output(const struct capture *capture)
{
	return capture->spool.name.n > 0;
}

void
capture_log(const struct capture *capture, struct str *ret_bytes, int *ret_fd)
{
	*ret_fd = capture->file;
	*ret_bytes = capture->file < 0 ? buf_str(&capture->memory) : STR_EMPTY;
}

uint64_t
capture_size(const struct capture *capture, enum log_stream which)
{
	return capture->stream[which - 1].size;
}
