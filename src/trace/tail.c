#include "trace/tail.h"

#include "exec/log.h"
#include "store/object.h"
#include "trace/journal.h"

/* Appends to a buffer of which only the end counts. */
static void
keep_end(struct buf *end, struct str bytes)
{
	if (bytes.n >= TAIL_BYTES) {
		bytes.p += bytes.n - TAIL_BYTES;
		bytes.n = TAIL_BYTES;
		buf_clear(end);
	}
	if (end->n + bytes.n > end->max) {
		memmove(end->p, end->p + end->n - TAIL_BYTES, TAIL_BYTES);
		end->n = TAIL_BYTES;
	}
	buf_add_str(end, bytes);
}

/* The last TAIL_LINES lines of it; `cut`: something stood before it. */
static struct str
last_lines(struct str text, bool cut)
{
	size_t end = text.n && text.p[text.n - 1] == '\n' ? text.n - 1 : text.n;
	unsigned lines = 0;
	size_t start = end;

	while (start && (text.p[start - 1] != '\n' || ++lines < TAIL_LINES))
		start--;
	/* A line whose beginning is lost is left out, unless it is the only one. */
	if (!start && cut) {
		const char *newline = memchr(text.p, '\n', end);

		if (newline)
			start = (size_t)(newline - text.p) + 1;
	}
	return (struct str){text.p + start, text.n - start};
}

static int
read_end(int fd, struct buf *end, uint64_t *total, struct err *err)
{
	struct log_reader *reader = log_reader_new(fd);
	struct log_record record;
	int r;

	while ((r = log_reader_next(reader, &record, err)) > 0) {
		if (record.stream == LOG_NOTE)
			continue;
		*total += record.bytes.n;
		keep_end(end, record.bytes);
	}
	log_reader_free(reader);
	return r;
}

static int
read_judges(struct store *store, const struct run_row *run, const struct attempt_row *attempt,
	struct buf *end, uint64_t *total, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct artifact_row *rows;
	size_t n;
	int r = str_is(attempt->class, "gate")
		? journal_gates(store, run->number, attempt, &arena, &rows, &n, err)
		: journal_validators(store, run->number, attempt, &arena, &rows, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++) {
		AUTO_CLOSE int fd = -1;
		uint64_t size;

		r = object_open(store, &rows[i].digest, &fd, &size, err);
		if (r == 0)
			r = read_end(fd, end, total, err);
	}
	return r;
}

int
tail_of_attempt(struct store *store, const struct run_row *run,
	const struct attempt_row *attempt, struct arena *arena, struct str *ret_tail,
	struct err *err)
{
	AUTO_BUF struct buf end = BUF_INIT(4 * TAIL_BYTES);
	AUTO_CLOSE int fd = -1;
	struct str text;
	uint64_t total = 0;
	int r = journal_open(store, &run->id, attempt, &fd, err);

	if (r > 0)
		r = read_end(fd, &end, &total, err);
	if (r == 0 && (str_is(attempt->class, "schema") || str_is(attempt->class, "gate")))
		r = read_judges(store, run, attempt, &end, &total, err);
	if (r < 0 || !total)
		return r;
	text = buf_str(&end);
	if (text.n > TAIL_BYTES)
		text = (struct str){text.p + text.n - TAIL_BYTES, TAIL_BYTES};
	*ret_tail = arena_str(arena, last_lines(text, total > text.n));
	return 1;
}
