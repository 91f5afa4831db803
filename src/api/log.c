#include "api/handle.h"

#include "base/memory.h"
#include "exec/log.h"
#include "store/object.h"
#include "store/run.h"
#include "store/stats.h"
#include "trace/journal.h"

struct lily_log {
	struct store *store;
	struct uuid run;
	uint32_t attempt;
	int fd; /* -1 while there is nothing to read */
	struct log_reader *reader;
	char *validator; /* that wrote it, */
	char *gate;      /* or the gate, by the name of the log; NULL: the attempt itself, or */
	char *notified;  /* the program of `notify`, told of this */
	bool is_over;    /* the attempt ended before the records were last read */
	bool is_complete; /* and all of them have been read */
};

/* Which attempt is meant. */
struct wanted {
	const char *address; /* of the run */
	struct str step;     /* or empty */
	uint32_t attempt;    /* 0: the newest one of the step */
};

static int
find_attempt(struct lily_log *log, const struct wanted *wanted, struct arena *arena,
	struct run_row *ret_run, struct attempt_row *ret_attempt, struct err *err)
{
	struct str step = wanted->step;
	int r;

	if (!wanted->attempt && !step.n)
		return err_set(err, ERR_INVALID, "a log is one of a step or of an attempt");
	r = run_find(log->store, str_of(wanted->address ? wanted->address : ""), arena, ret_run,
		err);
	if (r < 0)
		return r;
	if (wanted->attempt)
		r = stats_attempt(
			log->store, ret_run->number, wanted->attempt, arena, ret_attempt, err);
	else
		r = stats_newest_attempt(
			log->store, ret_run->number, step, arena, ret_attempt, err);
	if (r == 0 && step.n && !str_equal(ret_attempt->name, step))
		r = err_set(err, ERR_NOT_FOUND,
			"attempt %u of the run is one of step %.*s, not of %.*s",
			wanted->attempt, STR_ARG(ret_attempt->name), STR_ARG(step));
	if (r < 0)
		return r;
	log->run = ret_run->id;
	log->attempt = ret_attempt->number;
	return 0;
}

/* An object that does not change any more; *ret_name gets a copy of its name. */
static int
open_kept(
	struct lily_log *log, const struct artifact_row *row, char **ret_name, struct err *err)
{
	uint64_t size;
	int r = object_open(log->store, &row->digest, &log->fd, &size, err);

	if (r < 0)
		return r;
	*ret_name = memory_zeroed(row->name.n + 1, 1);
	memcpy(*ret_name, row->name.p, row->name.n);
	log->reader = log_reader_new(log->fd);
	log->is_over = true;
	return 0;
}

/* Whose log of an attempt is meant. */
enum log_writer { LOG_OF_ATTEMPT, LOG_OF_VALIDATOR, LOG_OF_GATE };

/* The index-th of those that wrote anything. */
static int
open_judge(struct lily_log *log, const struct run_row *run, const struct attempt_row *attempt,
	enum log_writer writer, size_t index, struct err *err)
{
	bool is_gate = writer == LOG_OF_GATE;
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct artifact_row *rows = NULL;
	size_t n = 0;
	int r = is_gate
		? journal_gates(log->store, run->number, attempt, &arena, &rows, &n, err)
		: journal_validators(log->store, run->number, attempt, &arena, &rows, &n, err);

	if (r == 0 && index >= n)
		r = err_set(err, ERR_NOT_FOUND,
			n ? "no more %ss wrote anything about attempt %u"
			  : "no %s wrote anything about attempt %u",
			is_gate ? "gate" : "validator", attempt->number);
	return r < 0
		? r
		: open_kept(log, &rows[index], is_gate ? &log->gate : &log->validator, err);
}

static int
open_log(struct lily_store *store, const struct wanted *wanted, enum log_writer writer,
	size_t index, struct lily_log **ret_log, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_log *log = memory_zeroed(1, sizeof(*log));
	struct attempt_row attempt;
	struct err err = ERR_INIT;
	struct run_row run;
	int r;

	store_settle(store);
	log->store = store->store;
	log->fd = -1;
	r = find_attempt(log, wanted, &arena, &run, &attempt, &err);
	if (r == 0 && writer != LOG_OF_ATTEMPT)
		r = open_judge(log, &run, &attempt, writer, index, &err);
	if (r < 0) {
		lily_log_close(log);
		return error_give(&err, error);
	}
	*ret_log = log;
	return 0;
}

int
lily_log_open(struct lily_store *store, const char *address, const char *step, uint32_t attempt,
	struct lily_log **ret_log, struct lily_error *error)
{
	const struct wanted wanted = {address, str_of(step ? step : ""), attempt};

	return open_log(store, &wanted, LOG_OF_ATTEMPT, 0, ret_log, error);
}

int
lily_log_open_validator(struct lily_store *store, const char *address, const char *step,
	uint32_t attempt, size_t index, struct lily_log **ret_log, struct lily_error *error)
{
	const struct wanted wanted = {address, str_of(step ? step : ""), attempt};

	return open_log(store, &wanted, LOG_OF_VALIDATOR, index, ret_log, error);
}

int
lily_log_open_gate(struct lily_store *store, const char *address, const char *step,
	uint32_t attempt, size_t index, struct lily_log **ret_log, struct lily_error *error)
{
	const struct wanted wanted = {address, str_of(step ? step : ""), attempt};

	return open_log(store, &wanted, LOG_OF_GATE, index, ret_log, error);
}

const char *
lily_log_gate(const struct lily_log *log)
{
	return log->gate;
}

int
lily_log_open_notification(struct lily_store *store, const char *address, size_t index,
	struct lily_log **ret_log, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_log *log = memory_zeroed(1, sizeof(*log));
	struct artifact_row *rows = NULL;
	struct err err = ERR_INIT;
	struct run_row run;
	size_t n = 0;
	int r = store_find_run(store, address, &arena, &run, &err);

	log->store = store->store;
	log->fd = -1;
	if (r == 0)
		r = journal_notifications(store->store, run.number, &arena, &rows, &n, &err);
	if (r == 0 && index >= n)
		r = err_set(&err, ERR_NOT_FOUND,
			n ? "notify wrote nothing more" : "notify wrote nothing in this run");
	if (r == 0)
		r = open_kept(log, &rows[index], &log->notified, &err);
	if (r < 0) {
		lily_log_close(log);
		return error_give(&err, error);
	}
	*ret_log = log;
	return 0;
}

const char *
lily_log_notification(const struct lily_log *log)
{
	return log->notified;
}

const char *
lily_log_validator(const struct lily_log *log)
{
	return log->validator;
}

/* Looks whether the attempt is over and, where there was nothing to read yet, whether there is
 * now. In this order: what an attempt wrote before it was over is then there to be read. */
static int
look_once(struct lily_log *log, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char id[UUID_TEXT_SIZE];
	struct attempt_row attempt;
	struct run_row run;
	int r = run_find(log->store, str_of(uuid_to_text(&log->run, id)), &arena, &run, err);

	if (r == 0)
		r = stats_attempt(log->store, run.number, log->attempt, &arena, &attempt, err);
	if (r < 0)
		return r;
	log->is_over = journal_is_complete(&run, &attempt);
	if (log->reader)
		return 0;
	r = journal_open(log->store, &log->run, &attempt, &log->fd, err);
	if (r > 0)
		log->reader = log_reader_new(log->fd);
	return r < 0 ? r : 0;
}

/* The file goes once the log is an object: who comes in between sees neither, the first time. */
static int
look(struct lily_log *log, struct err *err)
{
	int r = look_once(log, err);

	return r == 0 && !log->reader && !log->is_over ? look_once(log, err) : r;
}

/* 1 and a record, 0 where there is none now. */
static int
next_record(struct lily_log *log, struct log_record *ret_record, struct err *err)
{
	int r = log->reader ? log_reader_next(log->reader, ret_record, err) : 0;

	if (r != 0 || log->is_over) {
		log->is_complete = r == 0;
		return r;
	}
	r = look(log, err);
	if (r == 0 && log->reader)
		r = log_reader_next(log->reader, ret_record, err);
	if (r == 0)
		log->is_complete = log->is_over;
	return r;
}

/* Whether a record is something for the caller; notes about the whole are not. */
static bool
is_chunk(struct lily_log *log, const struct log_record *record, struct lily_log_chunk *chunk)
{
	struct log_note note;

	*chunk = (struct lily_log_chunk){
		.stream = (int)record->stream,
		.time_us = record->time_us,
		.bytes = record->bytes.p,
		.size = record->bytes.n,
	};
	if (record->stream != LOG_NOTE)
		return true;
	if (!log_note_parse(record->bytes, &note))
		return false;
	if (note.type == LOG_END)
		log->is_over = true;
	chunk->bytes = "";
	chunk->size = 0;
	chunk->gap = note.bytes;
	return note.type == LOG_CUT;
}

int
lily_log_next(struct lily_log *log, struct lily_log_chunk *ret_chunk, struct lily_error *error)
{
	struct err err = ERR_INIT;
	struct lily_log_chunk chunk;
	struct log_record record;
	int r;

	while ((r = next_record(log, &record, &err)) > 0) {
		if (!is_chunk(log, &record, &chunk))
			continue;
		*ret_chunk = chunk;
		return 1;
	}
	return r < 0 ? error_give(&err, error) : 0;
}

int
lily_log_is_complete(const struct lily_log *log)
{
	return log->is_complete;
}

uint32_t
lily_log_attempt(const struct lily_log *log)
{
	return log->attempt;
}

void
lily_log_close(struct lily_log *log)
{
	if (!log)
		return;
	if (log->reader)
		log_reader_free(log->reader);
	fd_close(&log->fd);
	free(log->validator);
	free(log->gate);
	free(log->notified);
	free(log);
}
