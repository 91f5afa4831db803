#include "exec/log.h"

#include "base/memory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define READ_SIZE (2 * LOG_RECORD_MAX)

struct log_reader {
	int fd;          /* -1: bytes */
	uint64_t offset; /* of what is read next from fd */
	struct str bytes;
	struct buf window; /* read and not yet consumed */
	size_t at;         /* consumed of the window or the bytes */
};

size_t
log_header(char header[LOG_HEADER_MAX], enum log_stream stream, int64_t time_us, size_t length)
{
	int n = snprintf(
		header, LOG_HEADER_MAX, "%d %" PRId64 " %zu\n", (int)stream, time_us, length);

	return (size_t)n;
}

void
log_add(struct buf *b, enum log_stream stream, int64_t time_us, struct str bytes)
{
	char header[LOG_HEADER_MAX];

	buf_add(b, header, log_header(header, stream, time_us, bytes.n));
	buf_add_str(b, bytes);
	buf_add_char(b, '\n');
}

void
log_add_cut(struct buf *b, int64_t time_us, enum log_stream stream, uint64_t bytes)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "cut %d %" PRIu64, (int)stream, bytes);

	log_add(b, LOG_NOTE, time_us, (struct str){text, (size_t)n});
}

void
log_add_whole(struct buf *b, int64_t time_us, enum log_stream stream, uint64_t bytes,
	const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];
	char text[160];
	int n = snprintf(text, sizeof(text), "whole %d %" PRIu64 " sha256:%s", (int)stream,
		bytes, digest_to_hex(digest, hex));

	log_add(b, LOG_NOTE, time_us, (struct str){text, (size_t)n});
}

void
log_add_end(struct buf *b, int64_t time_us)
{
	log_add(b, LOG_NOTE, time_us, STR("end"));
}

static bool
parse_stream(struct str text, enum log_stream *ret_stream)
{
	uint64_t number;

	if (!str_to_u64(text, LOG_STDERR, &number))
		return false;
	*ret_stream = (enum log_stream)number;
	return true;
}

bool
log_note_parse(struct str bytes, struct log_note *ret_note)
{
	struct log_note note = {0};
	struct str rest = bytes;
	struct str word = str_cut(rest, ' ', &rest);

	if (str_is(bytes, "end")) {
		note.type = LOG_END;
		*ret_note = note;
		return true;
	}
	note.type = str_is(word, "whole") ? LOG_WHOLE : LOG_CUT;
	if (note.type == LOG_CUT && !str_is(word, "cut"))
		return false;
	if (!rest.p || !parse_stream(str_cut(rest, ' ', &rest), &note.stream) || !rest.p)
		return false;
	if (!str_to_u64(str_cut(rest, ' ', &rest), UINT64_MAX, &note.bytes))
		return false;
	if (note.type == LOG_WHOLE && (!rest.p || !digest_parse(rest, &note.digest)))
		return false;
	if (note.type == LOG_CUT && rest.p)
		return false;
	*ret_note = note;
	return true;
}

struct log_reader *
log_reader_new(int fd)
{
	struct log_reader *reader = memory_zeroed(1, sizeof(*reader));

	reader->fd = fd;
	reader->window = BUF_INIT(READ_SIZE);
	return reader;
}

struct log_reader *
log_reader_new_bytes(struct str bytes)
{
	struct log_reader *reader = log_reader_new(-1);

	reader->bytes = bytes;
	return reader;
}

void
log_reader_free(struct log_reader *reader)
{
	if (!reader)
		return;
	buf_done(&reader->window);
	free(reader);
}

static struct str
ahead(const struct log_reader *reader)
{
	struct str all = reader->fd < 0 ? reader->bytes : buf_str(&reader->window);

	return (struct str){all.p + reader->at, all.n - reader->at};
}

/* Reads more into the window: > 0 bytes, 0 at the present end. */
static int
fill(struct log_reader *reader, struct err *err)
{
	struct str left = ahead(reader);
	char *room;
	ssize_t n;

	if (reader->fd < 0)
		return 0;
	if (left.n)
		memmove(reader->window.p, left.p, left.n);
	reader->window.n = left.n;
	reader->at = 0;
	room = buf_reserve(&reader->window, READ_SIZE - left.n);
	do
		n = pread(reader->fd, room, READ_SIZE - left.n, (off_t)reader->offset);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "read a log");
	reader->offset += (uint64_t)n;
	reader->window.n += (size_t)n;
	return (int)n;
}

/* 1: a whole record; 0: not yet; ERR_CORRUPT. *ret_used is the size of the record with its frame. */
static int
parse(struct str text, struct log_record *ret_record, size_t *ret_used, struct err *err)
{
	ptrdiff_t line = str_find((struct str){text.p, MIN(text.n, LOG_HEADER_MAX)}, '\n');
	struct str rest = {text.p, line < 0 ? 0 : (size_t)line};
	struct log_record record;
	uint64_t time;
	uint64_t length;

	if (line < 0 && text.n < LOG_HEADER_MAX)
		return 0;
	if (line < 0 || !parse_stream(str_cut(rest, ' ', &rest), &record.stream) || !rest.p ||
		!str_to_u64(str_cut(rest, ' ', &rest), INT64_MAX, &time) || !rest.p ||
		!str_to_u64(rest, LOG_RECORD_MAX, &length))
		return err_set(err, ERR_CORRUPT, "a record of the log cannot be understood");
	record.time_us = (int64_t)time;
	record.bytes = (struct str){text.p + line + 1, (size_t)length};
	*ret_used = (size_t)line + 1 + (size_t)length + 1;
	if (text.n < *ret_used)
		return 0;
	if (text.p[*ret_used - 1] != '\n')
		return err_set(err, ERR_CORRUPT, "a record of the log has the wrong length");
	*ret_record = record;
	return 1;
}

int
log_reader_next(struct log_reader *reader, struct log_record *ret_record, struct err *err)
{
	size_t used = 0;
	int r = 0;

	for (;;) {
		r = parse(ahead(reader), ret_record, &used, err);
		if (r != 0)
			break;
		r = fill(reader, err);
		if (r <= 0)
			return r;
	}
	if (r > 0)
		reader->at += used;
	return r;
}

struct str
log_end(struct log_reader *reader, size_t most, struct arena *arena)
{
	char *end = ARENA_ARRAY(arena, 2 * most + 1, char);
	struct log_record record = {.bytes = STR_EMPTY};
	bool is_cut = false;
	size_t n = 0;

	while (log_reader_next(reader, &record, NULL) == 1) {
		struct str bytes = record.bytes;

		if (record.stream == LOG_NOTE)
			continue;
		if (bytes.n > most) {
			bytes = (struct str){bytes.p + bytes.n - most, most};
			is_cut = true;
			n = 0;
		}
		if (n + bytes.n > 2 * most) {
			memmove(end, end + n - most, most);
			is_cut = true;
			n = most;
		}
		memcpy(end + n, bytes.p, bytes.n);
		n += bytes.n;
	}
	if (n > most) {
		end += n - most;
		n = most;
		is_cut = true;
	}
	while (is_cut && n && *end != '\n') {
		end++;
		n--;
	}
	end[n] = '\0';
	return (struct str){end, n};
}
