#include "run/leavings.h"

#include "base/file.h"
#include "exec/log.h"
#include "run/leak.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#define REASON_MAX ((size_t)64 << 10)
/* With a secret at its end, however that is written. */
#define REASON_READ ((size_t)1 << 20)
#define PRINTED_MAX ((size_t)16 << 10)

/* A file of its own, up to a size: 1, 0 where there is none or nothing in it. What it holds of a
 * secret is never kept. */
static int
read_own(struct leavings *left, struct trial *trial, const char *name, struct buf *b,
	struct err *err)
{
	struct arena *arena = &trial->arena;
	AUTO_CLOSE int fd = -1;
	struct err why = ERR_INIT;
	int r = file_open_regular(left->out_dir, name, &fd, &why);

	if (r == 0)
		r = file_read_fd(fd, name, b, &why);
	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == ERR_INVALID || r == ERR_LIMIT || r == ERR_DENIED) {
		left->refusal = arena_printf(arena, "$LILY_OUT/%s", why.message);
		return 0;
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	if (trial->values.redactor && leak_search_bytes(trial->values.redactor, buf_str(b)).n) {
		left->refusal =
			arena_printf(arena, "$LILY_OUT/%s holds the value of a secret", name);
		return 0;
	}
	return b->n > 0;
}

/* Appends the text with U+FFFD for every byte that is no UTF-8, or is NUL; how many these were. */
static size_t
add_repaired(struct buf *b, struct str text)
{
	size_t repaired = 0;
	size_t good;

	while (text.n) {
		const char *nul;

		if (str_is_utf8(text, &good))
			good = text.n;
		nul = memchr(text.p, '\0', good);
		good = nul ? (size_t)(nul - text.p) : good;
		buf_add(b, text.p, good);
		if (good == text.n)
			break;
		buf_add_cstr(b, "\xEF\xBF\xBD");
		repaired++;
		text = (struct str){text.p + good + 1, text.n - good - 1};
	}
	return repaired;
}

/* The first bytes of it, as whole characters. */
static struct str
cut(struct str text)
{
	size_t n = REASON_MAX;

	if (text.n <= n)
		return text;
	while (n && (text.p[n] & 0xC0) == 0x80)
		n--;
	return (struct str){text.p, n};
}

/* The words that are there, whatever they are, and what had to be done to them. */
static void
take_reason(struct leavings *left, struct arena *arena, struct str text, uint64_t size)
{
	AUTO_BUF struct buf b = BUF_INIT(4 * REASON_MAX);
	struct str kept = cut(text);
	size_t repaired = add_repaired(&b, kept);

	if (repaired)
		buf_printf(&b, " ($LILY_REASON: %zu bytes are no UTF-8 or are NUL)", repaired);
	if (kept.n < text.n)
		buf_printf(&b, " ($LILY_REASON: cut, it has %llu bytes, more than %zu)",
			(unsigned long long)size, REASON_MAX);
	left->reason = arena_cstr(arena, buf_str(&b));
}

/* What is behind the part that is kept may be the rest of a secret, and is looked at for that. */
static int
read_reason(struct leavings *left, struct trial *trial, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(REASON_READ);
	char *room = buf_reserve(&b, REASON_READ);
	AUTO_CLOSE int fd = -1;
	struct err why = ERR_INIT;
	struct stat status;
	int r = file_open_regular(left->out_dir, LEAVINGS_REASON, &fd, &why);

	if (r == ERR_NOT_FOUND)
		return 0;
	if (r == ERR_INVALID || r == ERR_DENIED) {
		left->refusal = arena_printf(&trial->arena, "$LILY_OUT/%s", why.message);
		return 0;
	}
	if (r == 0 && fstat(fd, &status) != 0)
		return err_sys(err, "stat " LEAVINGS_REASON);
	while (r == 0 && b.n < REASON_READ) {
		ssize_t n = pread(fd, room + b.n, REASON_READ - b.n, (off_t)b.n);

		if (n < 0 && errno != EINTR)
			return err_sys(err, "read " LEAVINGS_REASON);
		if (n == 0)
			break;
		b.n += (size_t)MAX(n, 0);
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	if (trial->values.redactor && leak_search_bytes(trial->values.redactor, buf_str(&b)).n)
		left->refusal = "$LILY_REASON holds the value of a secret";
	else if (str_trim(buf_str(&b)).n)
		take_reason(
			left, &trial->arena, str_trim(buf_str(&b)), (uint64_t)status.st_size);
	return 0;
}

static int
read_metrics(struct leavings *left, struct trial *trial, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(MEASURES_BYTES_MAX);
	struct err why = ERR_INIT;
	int r = read_own(left, trial, LEAVINGS_METRICS, &b, err);

	if (r <= 0)
		return r;
	r = measures_read(arena_str(&trial->arena, buf_str(&b)), &trial->arena,
		&trial->report.measures, &why);
	if (r < 0)
		left->refusal = arena_cstr(&trial->arena, str_of(why.message));
	return 0;
}

static const char *
end_of_log(const struct attempt_log *log, struct arena *arena)
{
	struct log_reader *reader =
		log->fd >= 0 ? log_reader_new(log->fd) : log_reader_new_bytes(log->bytes);
	struct str end = log_end(reader, PRINTED_MAX, arena);

	log_reader_free(reader);
	return end.n ? end.p : NULL;
}

static int
keep_log(struct trial *trial, const struct attempt_log *log, struct err *err)
{
	struct gate_turn *turn = &trial->report.turns[trial->report.n_turns];
	struct store *store = trial->try->engine->store;
	struct arena *arena = &trial->arena;

	if (!log->stdout_size && !log->stderr_size)
		return 0;
	turn->has_log = true;
	turn->printed = end_of_log(log, arena);
	turn->log = (struct gate_evidence){.kind = "file", .size = log->bytes.n};
	turn->log.name = trial->gate->times > 1
		? str_of(arena_printf(arena, "%.*s.log-%u", STR_ARG(trial->gate->name),
			  trial->report.n_turns + 1))
		: str_of(arena_printf(arena, "%.*s.log", STR_ARG(trial->gate->name)));
	return log->fd < 0 ? object_put(store, log->bytes, &turn->log.digest, err)
			   : object_put_file(store, log->fd, OBJECT_COPY, -1, NULL,
				     &turn->log.digest, &turn->log.size, err);
}

/* Each is an output that is kept as it is found. */
static int
list_files(struct leavings *left, struct trial *trial, struct err *err)
{
	struct arena *arena = &trial->arena;
	struct step_output *outputs;
	struct str *names;
	size_t n;
	int r = dir_list(left->out_dir, ".", arena, &names, &n, err);

	trial->own.n_outputs = 0;
	if (r < 0)
		return r;
	if (n > LEAVINGS_FILES_MAX) {
		left->refusal = arena_printf(
			arena, "$LILY_OUT has %zu files, more than %d", n, LEAVINGS_FILES_MAX);
		return 0;
	}
	outputs = ARENA_ARRAY(arena, n, struct step_output);
	for (size_t i = 0; i < n; i++) {
		if (str_is(names[i], LEAVINGS_METRICS) || str_is(names[i], LEAVINGS_REASON))
			continue;
		if (str_is_name(names[i]))
			outputs[trial->own.n_outputs++] =
				(struct step_output){.name = names[i], .type = OUTPUT_FOUND};
		else
			left->refusal = arena_printf(arena,
				"$LILY_OUT/%.*s is no name: letters, digits, _ . - and at most "
				"128 bytes, beginning with a letter, digit or _",
				(int)MIN(names[i].n, 150), names[i].p);
	}
	trial->own.outputs = outputs;
	return 0;
}

int
leavings_read(struct leavings *left, struct trial *trial, const struct attempt_log *log,
	struct err *err)
{
	int r = keep_log(trial, log, err);

	left->last_line = judge_last_line(log, &trial->arena);
	if (r == 0)
		r = list_files(left, trial, err);
	if (r == 0)
		r = read_reason(left, trial, err);
	return r < 0 ? r : read_metrics(left, trial, err);
}

const char *
leavings_take(const struct outputs *outputs, struct gate_report *report, struct arena *arena)
{
	struct gate_evidence *files =
		ARENA_ARRAY(arena, report->n_files + outputs->n, struct gate_evidence);

	if (report->n_files)
		memcpy(files, report->files, report->n_files * sizeof(*files));
	for (uint32_t i = 0; i < outputs->n; i++) {
		const struct output_found *found = &outputs->items[i];

		if (!found->present)
			continue;
		files[report->n_files++] = (struct gate_evidence){
			.name = str_of(arena_printf(arena, "%.*s.%.*s",
				STR_ARG(report->gate->name), STR_ARG(found->declared->name))),
			.digest = found->artifact.digest,
			.size = found->artifact.size,
			.kind = found->is_tree ? "dir" : "file"};
	}
	report->files = files;
	return outputs->faults.n ? faults_summary(&outputs->faults, 400, arena) : NULL;
}
