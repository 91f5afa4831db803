/*
 * log: what a step said, as lily keeps it: records, each a line of its own that says what follows.
 *
 *	<stream> <time> <length>\n<bytes>\n
 *
 * stream is 1 (stdout), 2 (stderr) or 0 (a note of lily's about the log itself), time is in
 * microseconds since 1970 UTC, length counts the bytes, which are followed by a newline that is
 * not counted. A record that is not there in full is being written. People can read it, `cat`
 * included; followers parse a growing file record by record.
 *
 * Notes are one of these texts:
 *
 *	cut <stream> <bytes>                        here so many bytes of the stream are left out
 *	whole <stream> <bytes> sha256:<hex>         after a cut: size and digest of all it said
 *	end                                         nothing follows
 *
 * A log that was kept in memory has no end; one that came to be a file has.
 */
#ifndef LILY_EXEC_LOG_H
#define LILY_EXEC_LOG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/digest.h"

enum log_stream { LOG_NOTE = 0, LOG_STDOUT = 1, LOG_STDERR = 2 };

/* The longest record; writers split what is longer. */
#define LOG_RECORD_MAX ((size_t)64 << 10)
#define LOG_HEADER_MAX 48

/* Writes a record's first line with its newline to header; returns its length. */
size_t log_header(
	char header[LOG_HEADER_MAX], enum log_stream stream, int64_t time_us, size_t length);

/* Appends a record of at most LOG_RECORD_MAX bytes. */
void log_add(struct buf *b, enum log_stream stream, int64_t time_us, struct str bytes);

void log_add_cut(struct buf *b, int64_t time_us, enum log_stream stream, uint64_t bytes);
void log_add_whole(struct buf *b, int64_t time_us, enum log_stream stream, uint64_t bytes,
	const struct digest *digest);
void log_add_end(struct buf *b, int64_t time_us);

struct log_record {
	enum log_stream stream;
	int64_t time_us;
	struct str bytes;
};

struct log_note {
	enum { LOG_CUT, LOG_WHOLE, LOG_END } type;
	enum log_stream stream; /* of a cut or whole */
	uint64_t bytes;
	struct digest digest; /* of a whole */
};

/* What a record of stream LOG_NOTE says; false where it is none of the three. */
bool log_note_parse(struct str bytes, struct log_note *ret_note);

/* Reads records from a descriptor (by pread, so its offset stays) or from bytes; both borrowed. */
struct log_reader;
struct log_reader *log_reader_new(int fd);
struct log_reader *log_reader_new_bytes(struct str bytes);
void log_reader_free(struct log_reader *reader);

/* The next record: 1, its bytes valid until the next call; 0: none in full, ask again if it may
 * still grow; ERR_CORRUPT where it is no log. */
int log_reader_next(struct log_reader *reader, struct log_record *ret_record, struct err *err);

/* What both streams said last, at most `most` bytes of all that the reader still finds, from the start of a
 * line where more was said; ends with a NUL, in the arena. */
struct str log_end(struct log_reader *reader, size_t most, struct arena *arena);

#endif
