#include "run/notification.h"

#include "base/file.h"
#include "base/memory.h"
#include "graph/notify.h"
#include "graph/step_surroundings.h"
#include "run/announcement.h"
#include "run/record.h"
#include "run/trial.h"
#include "run/try.h"
#include "run/verdict.h"
#include "store/stats.h"

#include <fcntl.h>
#include <stdio.h>

#define DOCUMENT_NAME "notification.json"
#define DOCUMENT_MAX ((size_t)16 << 20)

enum notification_phase { NOTIFICATION_IDLE, NOTIFICATION_READING, NOTIFICATION_RUNNING };

struct notification {
	enum notification_phase phase;
	struct arena arena; /* of the one that is under way */
	enum notify_event event;
	enum run_state state;
	const char *reason;
	uint64_t after; /* the newest event when it began */
	uint64_t about; /* likewise, but that the run was resumed: one is told of each once */
	uint32_t n;     /* that were sent in the run */
	uint64_t
		told; /* the newest event when the last one ended, if it still counts; else 0 */
	uint64_t stored; /* restored: the newest event of the run before it was resumed, */
	uint64_t said;   /* and before it was resumed the times before that */
	bool is_stopped;
	uint32_t number; /* of its place */
	struct attempt_place place;
	int secrets_failed;
	struct err secrets_err;
};

struct notification *
notification_new(const struct graph *graph)
{
	return graph->notify ? memory_zeroed(1, sizeof(struct notification)) : NULL;
}

void
notification_free(struct notification *notification)
{
	if (!notification)
		return;
	arena_done(&notification->arena);
	free(notification);
}

static enum notify_event
event_of(enum run_state state)
{
	enum notify_event event = NOTIFY_EVENT_COUNT;

	if (!notify_event_parse(str_of(run_state_name(state)), &event))
		BUG("nobody can be told that a run is %s", run_state_name(state));
	return event;
}

/* Why a program did not do its part. */
struct failure {
	enum failure_class class;
	const char *message;
};

/* It is over. end: NULL where it was not run; failure: NULL where there was none. */
static int
conclude(struct engine *engine, const struct attempt_end *end, const struct failure *failure,
	const struct record_artifact *log, struct err *err)
{
	struct notification *x = engine->notification;
	bool counts = engine->hold.chain.seq == x->after;
	struct record_notification record = {.event = notify_event_name(x->event),
		.after = x->after,
		.n = x->n + 1,
		.end = end,
		.class = failure ? failure_class_name(failure->class) : NULL,
		.message = failure ? failure->message : "",
		.log = log};
	int r = record_notified(&engine->hold, &record, err);
	struct notice *notice;

	if (r < 0)
		return r;
	x->n++;
	x->told = counts ? engine->hold.chain.seq : 0;
	notice = notices_add(&engine->notices, NOTICE_NOTIFIED, STEP_NONE);
	notice->has_failed = failure != NULL;
	if (failure)
		notice->class = failure->class;
	if (end)
		notice->duration_us = MAX(0, end->ended_at_us - end->started_at_us);
	(void)snprintf(notice->message, sizeof(notice->message), "notify (%s)%s%.200s",
		record.event, failure ? ": " : "", record.message);
	return 0;
}

/* It could not be run. */
static int
fail(struct engine *engine, const struct err *why, struct err *err)
{
	return conclude(
		engine, NULL, &(struct failure){FAILURE_START, why->message}, NULL, err);
}

/* --- before it runs --- */

static int
make_argv(const struct values *values, const struct runner *program, char ***ret_argv,
	struct err *err)
{
	char **argv = ARENA_ARRAY(values->arena, program->n_argv + 1, char *);

	for (uint32_t i = 0; i < program->n_argv; i++) {
		struct str text;
		int r = values_text(values, &program->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u", i);
		/* The executor only reads it. */
		memcpy(&argv[i], &(const char *){arena_cstr(values->arena, text)},
			sizeof(argv[i]));
	}
	*ret_argv = argv;
	return 0;
}

static int
make_environ(struct engine *engine, const struct values *values, char ***ret_environ,
	struct err *err)
{
	const struct environment_request request = {.base = &engine->environment,
		.values = values,
		.step = &engine->graph->notify->step,
		.try_number = 1,
		.visit = (uint32_t)engine->notification->about,
		.run = &engine->hold.chain.id,
		.workspace = str_of(engine->options.workspace),
		.secrets = engine->graph->notify->step.surroundings ? engine->secrets : NULL};

	return environment_make(&request, ret_environ, err);
}

static int
make_spec(struct engine *engine, struct attempt_spec *ret_spec, struct err *err)
{
	struct notification *x = engine->notification;
	const struct notify *notify = engine->graph->notify;
	const struct values values = {.store = engine->store,
		.graph = engine->graph,
		.schedule = engine->schedule,
		.input_numbers = engine->input_numbers,
		.run_id = engine->run_id,
		.run_started_us = engine->started_us,
		.run_status = run_state_name(x->state),
		.step = &notify->step,
		.arena = &x->arena};
	struct secret_file *files = NULL;
	char **argv;
	char **environ_list;
	int r = make_argv(&values, &notify->program, &argv, err);

	if (r == 0)
		r = make_environ(engine, &values, &environ_list, err);
	if (r < 0)
		return r;
	*ret_spec = (struct attempt_spec){.number = x->number,
		.argv = argv,
		.environ = environ_list,
		.cwd = engine->options.workspace,
		.in = x->place.in,
		.redactor = secrets_redactor_place(engine->secrets),
		.timeout_us = notify->program.timeout_us,
		.grace_us = notify->step.settings->grace_us};
	if (notify->step.surroundings)
		ret_spec->n_secret_files = secrets_list_files(
			engine->secrets, notify->step.surroundings, &x->arena, &files);
	ret_spec->secret_files = files;
	return 0;
}

/* The document as a file of the place, open for reading. */
static int
place_document(struct engine *engine, int *ret_fd, struct err *err)
{
	struct notification *x = engine->notification;
	const struct announcement announcement = {.store = engine->store,
		.run = engine->hold.chain.id,
		.workspace = engine->options.workspace,
		.event = x->event,
		.n = x->n + 1,
		.reason = x->reason};
	AUTO_BUF struct buf text = BUF_INIT(DOCUMENT_MAX);
	int r = store_flush(engine->store, err);

	if (r == 0)
		r = announcement_write(&announcement, &text, err);
	if (r == 0)
		r = buf_check(&text, "what is told", err);
	if (r == 0)
		r = file_replace(x->place.in_dir, DOCUMENT_NAME, buf_str(&text), 0444,
			FILE_NO_SYNC, err);
	return r < 0 ? r : file_open_regular(x->place.in_dir, DOCUMENT_NAME, ret_fd, err);
}

static int
remove_folder(struct engine *engine, struct err *err)
{
	char folder[32];

	(void)snprintf(folder, sizeof(folder), "attempts/%u", engine->notification->number);
	return tree_remove(engine->hold.directory, folder, err);
}

static int
submit(struct engine *engine, struct err *err)
{
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	AUTO_CLOSE int document = -1;
	struct attempt_spec spec;
	int r = place_document(engine, &document, err);

	if (r == 0)
		r = remove_folder(engine, err);
	if (r == 0)
		r = make_spec(engine, &spec, err);
	if (r < 0)
		return r;
	spec.has_stdin = true;
	spec.stdin_fd = document;
	if (engine->executor->ops->submit(engine->executor, &spec, &handle, err) == SUBMIT_OK)
		return 0;
	return err->code;
}

/* 1: it runs, or waits for a place; 0: it could not be run. */
static int
launch(struct engine *engine, struct err *err)
{
	const struct executor_ops *ops = engine->executor->ops;
	struct notification *x = engine->notification;
	struct err why = ERR_INIT;
	int r;

	/* Nobody else has a place now: the number of the next attempt is nobody's yet. */
	x->number = engine->hold.next_attempt | JUDGE_NUMBER | TRIAL_NUMBER;
	r = ops->prepare(engine->executor, x->number, &x->place, &why);
	if (r < 0)
		return fail(engine, &why, err);
	if (r == 0)
		return 1;
	r = submit(engine, &why);
	if (r == 0) {
		x->phase = NOTIFICATION_RUNNING;
		x->is_stopped = false;
		engine->busy++;
		return 1;
	}
	ops->release(engine->executor, x->number);
	if (r == ERR_SYS || r == ERR_CORRUPT) {
		*err = why;
		return err_wrap(err, "notify");
	}
	return fail(engine, &why, err);
}

static void
do_secrets_work(void *context)
{
	struct engine *engine = context;
	struct notification *x = engine->notification;

	x->secrets_failed =
		secrets_read(engine->secrets, &engine->graph->notify->step, &x->secrets_err);
}

/* It is launched by the next notification_send. */
static void
on_secrets_read(void *context)
{
	struct engine *engine = context;
	struct notification *x = engine->notification;
	struct err err = ERR_INIT;
	int r;

	secrets_publish(engine->secrets);
	x->phase = NOTIFICATION_IDLE;
	engine->busy--;
	if (engine->failed || x->secrets_failed == 0)
		return;
	r = fail(engine, &x->secrets_err, &err);
	if (r < 0) {
		engine->failed = r;
		engine->err = err;
	}
}

static int
begin(struct engine *engine, enum run_state state, const char *reason, struct err *err)
{
	struct notification *x = engine->notification;

	arena_reset(&x->arena);
	x->event = event_of(state);
	x->state = state;
	x->reason = reason ? arena_cstr(&x->arena, str_of(reason)) : NULL;
	x->after = engine->hold.chain.seq;
	x->about = x->stored && x->after == x->stored + 1 ? x->said : x->after;
	x->secrets_err = ERR_INIT;
	if (!engine->secrets ||
		!secrets_are_missing(engine->secrets, &engine->graph->notify->step))
		return launch(engine, err);
	x->phase = NOTIFICATION_READING;
	engine->busy++;
	pool_submit(engine->pool, do_secrets_work, on_secrets_read, engine);
	return 1;
}

int
notification_send(
	struct engine *engine, enum run_state state, const char *reason, struct err *err)
{
	struct notification *x = engine->notification;

	if (!x || !(engine->graph->notify->events & 1U << event_of(state)))
		return 0;
	if (x->phase != NOTIFICATION_IDLE)
		return 1;
	if (x->told && x->told == engine->hold.chain.seq && x->event == event_of(state))
		return 0;
	return begin(engine, state, reason, err);
}

bool
notification_is_under_way(const struct engine *engine)
{
	return engine->notification && engine->notification->phase != NOTIFICATION_IDLE;
}

/* --- while it runs, and after that --- */

bool
notification_is_meant(const struct engine *engine, const struct executor_event *event)
{
	return notification_is_under_way(engine) &&
		engine->notification->phase == NOTIFICATION_RUNNING &&
		engine->notification->number == event->number;
}

void
notification_stop(struct engine *engine)
{
	struct notification *x = engine->notification;

	if (!x || x->phase != NOTIFICATION_RUNNING)
		return;
	x->is_stopped = true;
	engine->executor->ops->cancel(engine->executor, x->number);
}

/* 1: there is one. */
static int
keep_log(struct engine *engine, const struct attempt_log *log, struct record_artifact *ret_kept,
	struct err *err)
{
	int r;

	*ret_kept = (struct record_artifact){
		.name = str_of(notify_event_name(engine->notification->event)),
		.size = log->bytes.n,
		.kind = "file",
		.type = STR_EMPTY};
	if (!log->stdout_size && !log->stderr_size)
		return 0;
	r = log->fd < 0 ? object_put(engine->store, log->bytes, &ret_kept->digest, err)
			: object_put_file(engine->store, log->fd, OBJECT_COPY, -1, NULL,
				  &ret_kept->digest, &ret_kept->size, err);
	if (r < 0)
		return err_wrap(err, "what notify wrote");
	ret_kept->number = engine->hold.next_artifact++;
	return 1;
}

static int
take_end(struct engine *engine, struct err *err)
{
	const struct notify *notify = engine->graph->notify;
	struct notification *x = engine->notification;
	const struct step_settings settings = {.timeout_us = notify->program.timeout_us};
	char message[ERR_MESSAGE_SIZE] = "";
	struct failure failure = {.message = message};
	bool good;
	struct record_artifact kept;
	struct attempt_end end;
	struct attempt_log log;
	int r = engine->executor->ops->collect(engine->executor, x->number, &end, &log, err);

	if (r < 0)
		return r;
	good = verdict_is_good(&end);
	if (!good)
		failure.class = verdict_of(&end, &settings, message);
	if (!good && x->is_stopped)
		(void)snprintf(message, sizeof(message), "ended before it was done");
	r = keep_log(engine, &log, &kept, err);
	if (r >= 0)
		r = conclude(engine, &end, good ? NULL : &failure, r ? &kept : NULL, err);
	return r;
}

int
notification_hear(struct engine *engine, const struct executor_event *event, struct err *err)
{
	struct notification *x = engine->notification;
	int r;

	if (event->type == EXECUTOR_STARTED)
		return 0;
	r = take_end(engine, err);
	engine->executor->ops->release(engine->executor, x->number);
	x->phase = NOTIFICATION_IDLE;
	engine->busy--;
	return r < 0 ? r : remove_folder(engine, err);
}

/* --- across processes --- */

/* Of the events behind `after` all but the notification itself say that the run was resumed. */
static int
still_counts(struct engine *engine, uint64_t after, struct arena *arena, struct err *err)
{
	struct event *events;
	uint64_t others = engine->hold.chain.seq - after - 1;
	size_t n;
	int r = stats_events(engine->store, engine->hold.chain.run, EVENT_RUN_RESUMED, arena,
		&events, &n, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		others -= events[i].seq > after && others > 0;
	return r < 0 ? r : others == 0;
}

/* What a process was killed while it told of is what the next one tells of, under the same key. */
static int
find_said(struct engine *engine, struct arena *arena, struct err *err)
{
	struct notification *x = engine->notification;
	struct event *events;
	size_t n = 0;
	int r = stats_events(engine->store, engine->hold.chain.run, EVENT_RUN_RESUMED, arena,
		&events, &n, err);

	x->said = x->stored;
	while (r == 0 && n && events[n - 1].seq == x->said) {
		x->said--;
		n--;
	}
	return r;
}

int
notification_restore(struct engine *engine, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct notification *x = engine->notification;
	const struct value *payload;
	const struct value *text;
	struct event *events;
	int64_t after;
	size_t n;
	int r;

	if (!x)
		return 0;
	x->stored = engine->hold.chain.seq;
	r = find_said(engine, &arena, err);
	if (r < 0)
		return r;
	r = stats_events(engine->store, engine->hold.chain.run, EVENT_RUN_NOTIFIED, &arena,
		&events, &n, err);
	if (r < 0 || !n)
		return r;
	x->n = (uint32_t)n;
	if (events[n - 1].removed)
		return 0;
	r = event_parse_payload(&events[n - 1], &arena, &payload, err);
	if (r < 0)
		return r;
	text = value_get(payload, STR("event"));
	if (!text || !notify_event_parse(value_text(text), &x->event) ||
		!value_get(payload, STR("after")) ||
		!value_to_i64(value_get(payload, STR("after")), &after))
		return err_set(err, ERR_CORRUPT, "run.notified says nothing; run lily fsck");
	r = still_counts(engine, (uint64_t)after, &arena, err);
	x->told = r > 0 ? x->stored : 0;
	return MIN(r, 0);
}

void
notification_resumed(struct engine *engine)
{
	struct notification *x = engine->notification;

	/* One event says so; another one is something new. */
	if (x && x->told)
		x->told = engine->hold.chain.seq == x->stored + 1 ? x->stored + 1 : 0;
}
