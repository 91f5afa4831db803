#include "run/judge.h"

#include "base/clock.h"
#include "base/file.h"
#include "exec/log.h"
#include "json/json.h"

#include <signal.h>
#include <stdio.h>

#define SAID_MAX ((size_t)4 << 20)
#define LAST_LINE_MAX 200

static const struct output_found *
judged(const struct judge *judge, const struct judge_request *request)
{
	return &request->outputs->items[judge->output];
}

static bool
is_judged(const struct output_found *found)
{
	return found->present && found->declared->schema &&
		found->declared->schema->n_validators;
}

bool
judge_is_needed(const struct outputs *outputs)
{
	for (uint32_t i = 0; i < outputs->n; i++)
		if (is_judged(&outputs->items[i]))
			return true;
	return false;
}

/* Something went wrong with the validator itself. */
static void
blame(const struct judge *judge, const struct judge_request *request, const char *what)
{
	const struct step_schema *schema = judged(judge, request)->declared->schema;
	const char *message =
		arena_printf(request->values->arena, "validator %u of schema %.*s (%.*s): %s",
			judge->validator + 1, STR_ARG(schema->id),
			(int)MIN(schema->validators[judge->validator].argv[0].n, 60),
			schema->validators[judge->validator].argv[0].p, what);

	faults_add(&request->outputs->faults,
		&(struct fault){.port = FAULT_OUTPUT,
			.name = judged(judge, request)->declared->name,
			.file = STR_EMPTY,
			.instance = {NULL, 0},
			.keyword = {NULL, 0},
			.message = str_of(message)});
}

static void
move_on(struct judge *judge, const struct judge_request *request)
{
	judge->submitted = false;
	judge->validator++;
	if (judge->validator < judged(judge, request)->declared->schema->n_validators)
		return;
	judge->validator = 0;
	judge->output++;
}

static char **
make_argv(const struct validator *validator, struct arena *arena)
{
	char **argv = ARENA_ARRAY(arena, validator->n_argv + 1, char *);

	/* The executor only reads them. */
	for (uint32_t i = 0; i < validator->n_argv; i++)
		memcpy(&argv[i], &validator->argv[i].p, sizeof(argv[i]));
	return argv;
}

static int
submit(struct judge *judge, const struct judge_request *request, struct err *err)
{
	const struct output_found *found = judged(judge, request);
	const struct validator *validator =
		&found->declared->schema->validators[judge->validator];
	struct arena *arena = request->values->arena;
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_spec spec = {.number = request->number | JUDGE_NUMBER,
		.argv = make_argv(validator, arena),
		.policy = request->policy,
		.cwd = request->workspace,
		.in = judge->place.in,
		.redactor = request->redactor,
		.wants_out = true,
		.timeout_us = validator->timeout_us,
		.grace_us = request->grace_us};
	char **environ_list;
	int r = object_restore(request->values->store, &found->artifact.digest,
		OBJECT_READ_ONLY, judge->place.in_dir, "value", err);

	if (r == 0)
		r = environment_make(request->environment, &environ_list, err);
	if (r < 0)
		return r;
	spec.environ = environ_list;
	if (request->executor->ops->submit(request->executor, &spec, &handle, err) == SUBMIT_OK)
		return 0;
	return err->code;
}

int
judge_next(struct judge *judge, const struct judge_request *request, struct err *err)
{
	const struct executor_ops *ops = request->executor->ops;
	struct err why = ERR_INIT;
	int r;

	while (judge->output < request->outputs->n && !is_judged(judged(judge, request)))
		judge->output++;
	if (judge->output == request->outputs->n)
		return 2;
	r = ops->prepare(request->executor, request->number | JUDGE_NUMBER, &judge->place, err);
	if (r <= 0)
		return r;
	r = submit(judge, request, &why);
	if (r == 0) {
		judge->submitted = true;
		return 1;
	}
	ops->release(request->executor, request->number | JUDGE_NUMBER);
	if (r == ERR_SYS || r == ERR_CORRUPT) {
		*err = why;
		return err_wrap(err, "a validator");
	}
	blame(judge, request, why.message);
	move_on(judge, request);
	return 0;
}

/* What is kept of a stream, as far as there is room. */
static void
read_stream(const struct attempt_log *log, enum log_stream stream, struct buf *b)
{
	struct log_reader *reader =
		log->fd >= 0 ? log_reader_new(log->fd) : log_reader_new_bytes(log->bytes);
	struct log_record record;

	while (log_reader_next(reader, &record, NULL) == 1)
		if (record.stream == stream)
			buf_add_str(b, record.bytes);
	log_reader_free(reader);
}

const char *
judge_last_line(const struct attempt_log *log, struct arena *arena)
{
	AUTO_BUF struct buf tail = BUF_INIT(SAID_MAX);
	struct str text;
	size_t start;

	read_stream(log, LOG_STDERR, &tail);
	text = str_trim(buf_str(&tail));
	for (start = text.n; start && text.p[start - 1] != '\n'; start--)
		continue;
	text = (struct str){text.p + start, text.n - start};
	return text.n ? arena_printf(arena, ": %.*s", (int)MIN(text.n, LAST_LINE_MAX), text.p)
		      : "";
}

static void
blame_end(const struct judge *judge, const struct judge_request *request,
	const struct attempt_end *end, const struct attempt_log *log, const char *what)
{
	struct arena *arena = request->values->arena;
	const char *said = judge_last_line(log, arena);
	const char *signal_name = end->signal ? sigabbrev_np(end->signal) : NULL;
	char duration[CLOCK_DURATION_SIZE];

	if (end->state == ATTEMPT_LOST)
		blame(judge, request, "its lane died");
	else if (!end->started)
		blame(judge, request, end->start_error.message);
	else if (end->timed_out)
		blame(judge, request,
			arena_printf(arena, "timed out after %s",
				clock_duration_to_text(
					judged(judge, request)
						->declared->schema->validators[judge->validator]
						.timeout_us,
					duration)));
	else if (end->signal)
		blame(judge, request,
			arena_printf(arena, "killed by SIG%s%s",
				signal_name ? signal_name : "?", said));
	else
		blame(judge, request,
			arena_printf(arena, "exit status %d, and it printed %s%s",
				end->exit_code, what, said));
}

/* Whether a value is [{"instance": text, "message": text}, …]. */
static bool
is_list_of_faults(const struct value *list)
{
	for (uint32_t i = 0; list->kind == VALUE_ARRAY && i < list->n; i++) {
		const struct value *instance = value_get(&list->items[i], STR("instance"));
		const struct value *message = value_get(&list->items[i], STR("message"));

		if (!instance || instance->kind != VALUE_STRING || !message ||
			message->kind != VALUE_STRING)
			return false;
	}
	return list->kind == VALUE_ARRAY && list->n;
}

/* Takes the faults over; false where it printed something else, or none. */
static bool
read_said(const struct judge_request *request, struct str said, const struct payload *payload)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	const struct source source = {"what it printed", said};
	struct faults *all = &request->outputs->faults;
	struct fault *faults;
	const struct value *list;
	size_t n;

	if (json_parse(&arena, &source, JSON_UNIQUE_KEYS, NULL, &list, NULL) < 0 ||
		!is_list_of_faults(list))
		return false;
	n = MIN(list->n, FAULTS_KEPT);
	faults = ARENA_ARRAY(&arena, n, struct fault);
	for (size_t i = 0; i < n; i++) {
		const struct value *item = &list->items[i];
		struct str message = value_text(value_get(item, STR("message")));

		/* One line, as every other fault has. */
		message.n = MIN(message.n, strcspn(arena_cstr(&arena, message), "\n"));
		faults[i] = (struct fault){.port = payload->port,
			.name = payload->name,
			.file = payload->file,
			.instance = value_text(value_get(item, STR("instance"))),
			.keyword = {NULL, 0},
			.message = message};
	}
	payload_locate(payload, faults, n);
	for (size_t i = 0; i < n; i++)
		faults_add(all, &faults[i]);
	all->more += list->n - n;
	return true;
}

/* *ret_is_list: it printed what it has to. */
static int
take_said(const struct judge *judge, const struct judge_request *request,
	const struct attempt_end *end, const struct attempt_log *log, bool *ret_is_list,
	struct err *err)
{
	const struct output_found *found = judged(judge, request);
	AUTO_BUF struct buf bytes = BUF_INIT(json_default_limits.bytes);
	AUTO_BUF struct buf said = BUF_INIT(SAID_MAX);
	struct payload payload = {.port = FAULT_OUTPUT,
		.name = found->declared->name,
		.file = found->declared->name};
	int r = object_get(request->values->store, &found->artifact.digest, &bytes, err);

	if (r < 0)
		return r;
	payload.bytes = buf_str(&bytes);
	(void)boundary_output_format(found->declared, &payload.format);
	read_stream(log, LOG_STDOUT, &said);
	*ret_is_list =
		said.n == log->stdout_size && read_said(request, buf_str(&said), &payload);
	if (!log->stdout_size)
		blame_end(judge, request, end, log, "nothing");
	else if (!*ret_is_list)
		blame_end(judge, request, end, log, "no JSON list of {instance, message}");
	return 0;
}

/* Evidence of the attempt, under the output's name and the validator's number. */
static int
keep_log(struct judge *judge, const struct judge_request *request,
	const struct attempt_log *log, struct err *err)
{
	struct store *store = request->values->store;
	struct arena *arena = request->values->arena;
	struct record_artifact *logs =
		ARENA_ARRAY(arena, judge->n_logs + 1, struct record_artifact);
	struct record_artifact *kept = &logs[judge->n_logs];

	if (judge->n_logs)
		memcpy(logs, judge->logs, judge->n_logs * sizeof(*logs));
	judge->logs = logs;
	judge->n_logs++;
	*kept = (struct record_artifact){
		.name = str_of(arena_printf(arena, "%.*s.validator-%u",
			STR_ARG(judged(judge, request)->declared->name), judge->validator + 1)),
		.size = log->bytes.n,
		.kind = "file",
		.type = STR_EMPTY};
	return log->fd < 0 ? object_put(store, log->bytes, &kept->digest, err)
			   : object_put_file(store, log->fd, OBJECT_COPY, -1, NULL,
				     &kept->digest, &kept->size, err);
}

int
judge_ended(struct judge *judge, const struct judge_request *request, struct err *err)
{
	const struct executor_ops *ops = request->executor->ops;
	uint32_t number = request->number | JUDGE_NUMBER;
	struct attempt_end end;
	struct attempt_log log;
	char leftover[32];
	int r = ops->collect(request->executor, number, &end, &log, err);
	bool is_list = false;
	bool exited;

	if (r < 0)
		return r;
	exited = end.state == ATTEMPT_EXITED && end.started && !end.timed_out && !end.signal &&
		!end.cancelled;
	if (!exited)
		blame_end(judge, request, &end, &log, "");
	else if (end.exit_code)
		r = take_said(judge, request, &end, &log, &is_list, err);
	if (r == 0 && (log.stderr_size || (log.stdout_size && !is_list)))
		r = keep_log(judge, request, &log, err);
	ops->release(request->executor, number);
	move_on(judge, request);
	(void)snprintf(leftover, sizeof(leftover), "attempts/%u", number);
	return r < 0 ? r : tree_remove(request->run_directory, leftover, err);
}
