/*
 * capture: what an attempt writes to stdout and stderr, from the pipes to its log.
 *
 * The log (exec/log.h) is in memory at first. Past 64 KiB, or once somebody may want to watch
 * (250 ms, capture_go_live), it is the file attempts/<number>/log in the run's directory, which
 * other processes can follow. Of each stream the log keeps a head and a tail, in a bounded
 * file; all of it is counted and hashed. Memory stays flat.
 *
 * Every captured byte passes through capture_add: the one place where secrets are taken out before
 * anything is counted, hashed or kept (I10).
 */
#ifndef LILY_EXEC_CAPTURE_H
#define LILY_EXEC_CAPTURE_H

#include "exec/log.h"
#include "exec/redactor.h"
#include "exec/spool.h"

#define CAPTURE_MEMORY ((size_t)64 << 10)
#define CAPTURE_HEAD ((uint64_t)8 << 20)
#define CAPTURE_TAIL ((uint64_t)8 << 20)
#define CAPTURE_LIVE_US 250000

struct capture_options {
	int run_directory; /* borrowed */
	uint64_t head;     /* bytes kept of the start of each stream, frames included */
	uint64_t tail;     /* of its end */
};

struct capture;

struct capture *capture_new(const struct capture_options *options);
void capture_free(struct capture *capture);

/* How much the next attempts keep at most, heads and tails of both streams together; 0: what it was made with. */
void capture_keep(struct capture *capture, uint64_t bytes);

/* Readies it for an attempt. stdout_name: the output that stdout is, or empty. redactor: where to look,
 * each time, for what must not be shown; NULL: nothing. */
int capture_begin(struct capture *capture, uint32_t number, struct str stdout_name,
	const struct redactor *const *redactor, struct err *err);

/* Takes bytes of a stream. An error (a full disk) is kept and returned by capture_finish too. */
int capture_add(
	struct capture *capture, enum log_stream stream, struct str bytes, struct err *err);

/* Takes what a pipe has, at most max_bytes: 1 it may have more, 0 it is empty for now, -1 it has
 * ended. Whatever goes wrong in keeping is told by capture_finish. */
int capture_read(struct capture *capture, enum log_stream stream, int pipe, size_t max_bytes);

/* From now on the log is a file, as soon as there is something in it. */
void capture_go_live(struct capture *capture);

/* Completes the log and puts a stdout that is an output into `out`. */
int capture_finish(struct capture *capture, int out, struct err *err);

/* Whether stdout is an output, which capture_finish puts in its place. */
bool capture_is_output(const struct capture *capture);

/* The name of a secret that the stream held, or empty; valid as long as the redactor. */
struct str capture_secret(const struct capture *capture, enum log_stream stream);

/* The log, valid until the next capture_begin: bytes, or *ret_fd >= 0 with offset 0. */
void capture_log(const struct capture *capture, struct str *ret_bytes, int *ret_fd);

/* Bytes of a stream so far, and their digest once it is finished. */
uint64_t capture_size(const struct capture *capture, enum log_stream stream);

#endif
