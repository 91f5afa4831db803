#include "run/attempt.h"

#include "base/clock.h"
#include "base/file.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <sys/random.h>

/* Up to this size a captured log is hashed at once. */
#define LOG_AT_ONCE_MAX ((off_t)1 << 20)
#define US_PER_MS 1000.0

static int conclude(struct attempt *attempt, struct err *err);

/* In a callback there is nobody to return an error to: engine_next looks at it. */
static void
keep_failure(struct engine *engine, int code, const struct err *err)
{
	if (code >= 0 || engine->failed)
		return;
	engine->failed = code;
	engine->err = *err;
}

static struct attempt *
find_attempt(struct engine *engine, uint32_t number)
{
	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->attempts[i].phase != ATTEMPT_FREE &&
			engine->attempts[i].number == number)
			return &engine->attempts[i];
	BUG("the executor speaks of attempt %u", number);
}

static const struct step *
step_of(const struct attempt *attempt)
{
	return &attempt->engine->graph->steps[attempt->step];
}

static void
release(struct attempt *attempt)
{
	struct engine *engine = attempt->engine;

	engine->executor->ops->release(engine->executor, attempt->number);
	attempt->phase = ATTEMPT_FREE;
	engine->busy--;
}

/* Errors that say something about the step rather than about the machine or the store. */
static bool
is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_LIMIT ||
		code == ERR_DENIED;
}

static struct notice *
notify(struct attempt *attempt, enum notice_type type)
{
	struct notice *notice = engine_notify(attempt->engine, type, attempt->step);

	notice->attempt = attempt->number;
	notice->try_number = attempt->try_number;
	if (type != NOTICE_STARTED)
		notice->duration_us =
			MAX(0, attempt->end.ended_at_us - attempt->end.started_at_us);
	return notice;
}

/* Spread of a retry (full jitter): uniform in [0, delay]. */
static double
jitter(double delay)
{
	uint32_t random;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return delay;
	return delay * ((double)random / UINT32_MAX);
}

static int64_t
backoff(const struct retry_rule *rule, uint32_t tries)
{
	double delay = (double)rule->backoff_us * pow(rule->factor, (double)(tries - 1));

	if (!(delay < (double)rule->max_backoff_us))
		delay = (double)rule->max_backoff_us;
	if (rule->full_jitter)
		delay = jitter(delay);
	return (int64_t)delay;
}

static bool
may_retry(const struct attempt *attempt, enum failure_class class)
{
	const struct retry_rule *rule = &step_of(attempt)->settings->retry;

	if (class == FAILURE_START || attempt->try_number >= rule->attempts ||
		attempt->engine->failed_fast)
		return false;
	if (rule->classes & 1U << class)
		return true;
	for (uint32_t i = 0; class == FAILURE_EXIT && i < rule->n_exit_codes; i++)
		if (rule->exit_codes[i] == attempt->end.exit_code)
			return true;
	return false;
}

static void
fill_failure(struct notice *notice, enum failure_class class, const char *message)
{
	notice->class = class;
	(void)snprintf(notice->message, sizeof(notice->message), "%s", message);
}

static int
reject(struct attempt *attempt, enum failure_class class, const char *message, struct err *err)
{
	struct engine *engine = attempt->engine;
	bool again = may_retry(attempt, class);
	int64_t delay =
		again ? backoff(&step_of(attempt)->settings->retry, attempt->try_number) : 0;
	int64_t until = again ? clock_utc_us() + delay : 0;
	int r = record_rejected(
		&engine->hold, attempt->number, class, str_of(message), until, err);
	struct notice *notice;

	if (r < 0)
		return r;
	try_state_move(&attempt->state, TRY_REJECTED, EVENT_ATTEMPT_REJECTED);
	notice = notify(attempt, again ? NOTICE_RETRYING : NOTICE_FAILED);
	notice->until_us = until;
	fill_failure(notice, class, message);
	release(attempt);
	if (again) {
		schedule_retry(engine->schedule, attempt->step, clock_boot_us() + delay);
		return 0;
	}
	schedule_failed(engine->schedule, attempt->step);
	return engine_block(engine, attempt->step, err);
}

static int
record_cancelled(struct attempt *attempt, struct err *err)
{
	struct engine *engine = attempt->engine;
	int r = record_gone(&engine->hold, EVENT_ATTEMPT_CANCELLED, attempt->number, err);

	if (r < 0)
		return r;
	try_state_move(&attempt->state, TRY_CANCELLED, EVENT_ATTEMPT_CANCELLED);
	schedule_attempt_cancelled(engine->schedule, attempt->step);
	(void)notify(attempt, NOTICE_CANCELLED);
	release(attempt);
	return 0;
}

static int
record_submit(struct attempt *attempt, struct str handle, struct err *err)
{
	const struct record_attempt record = {.number = attempt->number,
		.step = attempt->step,
		.name = step_of(attempt)->name,
		.try_number = attempt->try_number};
	struct record_artifact *inputs =
		ARENA_ARRAY(&attempt->arena, attempt->inputs.n, struct record_artifact);
	size_t n = 0;
	int r;

	for (uint32_t i = 0; i < attempt->inputs.n; i++)
		if (attempt->inputs.items[i].present)
			inputs[n++] = attempt->inputs.items[i].artifact;
	r = record_submitted(&attempt->engine->hold, &record, handle, inputs, n, err);
	if (r == 0)
		try_state_move(&attempt->state, TRY_SUBMITTED, EVENT_ATTEMPT_SUBMITTED);
	return r;
}

/* The step could not even be started: a failure of its own that no retry would mend. */
static int
fail_to_start(struct attempt *attempt, int code, struct err *err)
{
	char message[ERR_MESSAGE_SIZE];
	int r;

	if (!is_of_step(code))
		return err_wrap(err, "step %.*s", STR_ARG(step_of(attempt)->name));
	memcpy(message, err->message, sizeof(message));
	r = record_submit(attempt, STR_EMPTY, err);
	if (r == 0)
		r = reject(attempt, FAILURE_START, message, err);
	return r;
}

static int
make_argv(struct attempt *attempt, char ***ret_argv, struct err *err)
{
	const struct step *step = step_of(attempt);
	char **argv = ARENA_ARRAY(&attempt->arena, step->n_argv + 1, char *);

	for (uint32_t i = 0; i < step->n_argv; i++) {
		struct str text;
		int r = values_text(&attempt->values, &step->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u", i);
		/* Literal text ends with a NUL behind the view (graph.h), made text likewise; the
		 * executor only reads it. */
		memcpy(&argv[i], &text.p, sizeof(argv[i]));
		if (text.p[text.n])
			memcpy(&argv[i], &(const char *){arena_cstr(&attempt->arena, text)},
				sizeof(argv[i]));
	}
	*ret_argv = argv;
	return 0;
}

static struct str
stdout_output(const struct step *step)
{
	for (uint32_t i = 0; i < step->n_outputs; i++)
		if (step->outputs[i].from_stdout)
			return step->outputs[i].name;
	return STR_EMPTY;
}

static int
make_spec(struct attempt *attempt, struct attempt_spec *ret_spec, struct err *err)
{
	struct engine *engine = attempt->engine;
	const struct step *step = step_of(attempt);
	const struct environment_request environment = {.base = &engine->environment,
		.values = &attempt->values,
		.step = step,
		.try_number = attempt->try_number,
		.run = &engine->hold.chain.id,
		.workspace = str_of(engine->options.workspace)};
	char **argv;
	char **environ_list;
	int r = make_argv(attempt, &argv, err);

	if (r == 0)
		r = environment_make(&environment, &environ_list, err);
	if (r < 0)
		return r;
	*ret_spec = (struct attempt_spec){.number = attempt->number,
		.argv = argv,
		.environ = environ_list,
		.cwd = engine->options.workspace,
		.stdout_name = stdout_output(step),
		.wants_out = step->n_outputs > 0,
		.timeout_us = step->settings->timeout_us,
		.grace_us = step->settings->grace_us};
	return 0;
}

static int
launch(struct attempt *attempt, struct err *err)
{
	struct engine *engine = attempt->engine;
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_spec spec;
	enum submit_result submitted;
	int r = inputs_write(&attempt->values, &attempt->inputs, attempt->place.in_dir, err);

	if (r == 0)
		r = make_spec(attempt, &spec, err);
	if (r < 0)
		return fail_to_start(attempt, r, err);
	submitted = engine->executor->ops->submit(engine->executor, &spec, &handle, err);
	if (submitted == SUBMIT_REJECTED)
		return fail_to_start(attempt, err->code, err);
	if (submitted != SUBMIT_OK)
		BUG("an executor with room answered %d to submit", (int)submitted);
	attempt->phase = ATTEMPT_IN_LANE;
	r = record_submit(attempt, buf_str(&handle), err);
	if (r == 0)
		(void)notify(attempt, NOTICE_STARTED);
	return r;
}

static void
on_inputs_stored(void *context)
{
	struct attempt *attempt = context;
	struct err err = ERR_INIT;
	int r = inputs_finish(attempt->inputs_job, &err);

	attempt->jobs--;
	attempt->inputs_job = NULL;
	if (attempt->engine->failed)
		return;
	if (r == 0 && attempt->cancelled) {
		r = record_submit(attempt, STR_EMPTY, &err);
		if (r == 0)
			r = record_cancelled(attempt, &err);
	} else {
		r = r < 0 ? fail_to_start(attempt, r, &err) : launch(attempt, &err);
	}
	keep_failure(attempt->engine, r, &err);
}

static void
do_inputs_work(void *context)
{
	inputs_work(((struct attempt *)context)->inputs_job);
}

static void
reset_attempt(struct attempt *attempt, uint32_t step)
{
	struct engine *engine = attempt->engine;
	struct arena arena = attempt->arena;

	arena_reset(&arena);
	*attempt = (struct attempt){.engine = engine,
		.arena = arena,
		.phase = ATTEMPT_TAKING,
		.state = TRY_NONE,
		.number = engine->hold.next_attempt++,
		.step = step,
		.try_number = schedule_visit(engine->schedule, step)->tries + 1,
		.begun_us = clock_utc_us(),
		.log_fd = -1};
}

static void
set_values(struct attempt *attempt)
{
	struct engine *engine = attempt->engine;

	attempt->values = (struct values){.store = engine->store,
		.graph = engine->graph,
		.schedule = engine->schedule,
		.input_numbers = engine->input_numbers,
		.run_id = engine->run_id,
		.run_started_us = engine->started_us,
		.in_dir = attempt->place.in,
		.arena = &attempt->arena};
}

int
attempt_begin(struct engine *engine, uint32_t step, struct err *err)
{
	struct attempt *attempt = NULL;
	struct attempt_place place;
	int r;

	for (unsigned i = 0; !attempt && i < engine->slots; i++)
		if (engine->attempts[i].phase == ATTEMPT_FREE)
			attempt = &engine->attempts[i];
	if (!attempt)
		return 0;
	r = engine->executor->ops->prepare(
		engine->executor, engine->hold.next_attempt, &place, err);
	if (r <= 0)
		return r;
	reset_attempt(attempt, step);
	attempt->place = place;
	set_values(attempt);
	engine->busy++;
	schedule_submitted(engine->schedule, step);
	r = inputs_find(&attempt->values, step_of(attempt), engine->workspace, &attempt->inputs,
		&attempt->inputs_job, err);
	if (r < 0)
		r = fail_to_start(attempt, r, err);
	else if (attempt->inputs_job) {
		attempt->jobs++;
		pool_submit(engine->pool, do_inputs_work, on_inputs_stored, attempt);
	} else
		r = launch(attempt, err);
	return r < 0 ? r : 1;
}

int
attempt_on_started(struct engine *engine, const struct executor_event *event, struct err *err)
{
	struct attempt *attempt = find_attempt(engine, event->number);
	int r = record_attempt_started(
		&engine->hold, event->number, event->started_at_us, event->pid, err);

	if (r == 0)
		try_state_move(&attempt->state, TRY_STARTED, EVENT_ATTEMPT_STARTED);
	return r;
}

static void
do_outputs_work(void *context)
{
	outputs_work(((struct attempt *)context)->outputs_job);
}

static void
after_job(struct attempt *attempt, int r, struct err *err)
{
	attempt->jobs--;
	if (r == 0 && attempt->jobs == 0 && !attempt->engine->failed)
		r = conclude(attempt, err);
	keep_failure(attempt->engine, r, err);
}

static void
on_outputs_stored(void *context)
{
	struct attempt *attempt = context;
	struct err err = ERR_INIT;
	int r = outputs_finish(attempt->outputs_job, &attempt->outputs, &err);

	attempt->outputs_job = NULL;
	after_job(attempt, r, &err);
}

static void
do_log_work(void *context)
{
	struct attempt *attempt = context;

	(void)object_stage_file(attempt->engine->store, attempt->log_fd, OBJECT_COPY, -1, NULL,
		&attempt->log_staged, &attempt->log_err);
}

static void
on_log_stored(void *context)
{
	struct attempt *attempt = context;
	struct err err = attempt->log_err;
	int r = err.code;

	if (attempt->log_staged)
		r = object_commit(attempt->engine->store, attempt->log_staged,
			&attempt->log.digest, &attempt->log.size, &err);
	attempt->log_staged = NULL;
	after_job(attempt, r, &err);
}

static int
keep_log(struct attempt *attempt, const struct attempt_log *log, struct err *err)
{
	struct store *store = attempt->engine->store;
	struct stat status;

	attempt->has_log = log->fd >= 0 || log->bytes.n > 0;
	attempt->log.stdout_size = log->stdout_size;
	attempt->log.stderr_size = log->stderr_size;
	if (log->fd < 0) {
		attempt->log.size = log->bytes.n;
		return attempt->has_log
			? object_put(store, log->bytes, &attempt->log.digest, err)
			: 0;
	}
	if (fstat(log->fd, &status) != 0)
		return err_sys(err, "stat the log");
	if (status.st_size <= LOG_AT_ONCE_MAX)
		return object_put_file(store, log->fd, OBJECT_COPY, -1, NULL,
			&attempt->log.digest, &attempt->log.size, err);
	attempt->log_fd = log->fd;
	attempt->jobs++;
	pool_submit(attempt->engine->pool, do_log_work, on_log_stored, attempt);
	return 0;
}

static bool
ended_well(const struct attempt_end *end)
{
	return end->state == ATTEMPT_EXITED && end->started && !end->timed_out &&
		!end->cancelled && end->signal == 0 && end->exit_code == 0;
}

int
attempt_on_exited(struct engine *engine, const struct executor_event *event, struct err *err)
{
	struct attempt *attempt = find_attempt(engine, event->number);
	const struct outputs_request request = {.values = &attempt->values,
		.step = step_of(attempt),
		.out_dir = attempt->place.out_dir,
		.workspace = engine->workspace};
	struct attempt_log log;
	int r = engine->executor->ops->collect(
		engine->executor, attempt->number, &attempt->end, &log, err);

	if (r < 0)
		return r;
	attempt->phase = ATTEMPT_KEEPING;
	if (attempt->state == TRY_SUBMITTED && attempt->end.started)
		r = attempt_on_started(engine,
			&(struct executor_event){.number = attempt->number,
				.started_at_us = attempt->end.started_at_us,
				.pid = event->pid},
			err);
	if (r == 0)
		r = keep_log(attempt, &log, err);
	if (r == 0 && ended_well(&attempt->end))
		r = outputs_find(&request, &attempt->outputs, &attempt->outputs_job, err);
	if (r < 0)
		return err_wrap(err, "step %.*s", STR_ARG(request.step->name));
	if (attempt->outputs_job) {
		attempt->jobs++;
		pool_submit(engine->pool, do_outputs_work, on_outputs_stored, attempt);
	}
	return attempt->jobs ? 0 : conclude(attempt, err);
}

/* Why an attempt that did not end well failed; the text is for people. */
static enum failure_class
classify(const struct attempt *attempt, char message[static ERR_MESSAGE_SIZE])
{
	const struct attempt_end *end = &attempt->end;
	char duration[CLOCK_DURATION_SIZE];

	if (end->state == ATTEMPT_LOST) {
		(void)snprintf(message, ERR_MESSAGE_SIZE,
			"its lane died; all of its processes are dead");
		return FAILURE_LOST;
	}
	if (!end->started) {
		(void)snprintf(message, ERR_MESSAGE_SIZE, "%s", end->start_error.message);
		return FAILURE_START;
	}
	if (end->timed_out) {
		(void)snprintf(message, ERR_MESSAGE_SIZE, "timed out after %s",
			clock_duration_to_text(
				step_of(attempt)->settings->timeout_us, duration));
		return FAILURE_TIMEOUT;
	}
	if (end->out_of_memory) {
		(void)snprintf(message, ERR_MESSAGE_SIZE, "out of memory");
		return FAILURE_OOM;
	}
	if (end->signal) {
		const char *name = sigabbrev_np(end->signal);

		(void)snprintf(message, ERR_MESSAGE_SIZE, "killed by signal %d (SIG%s)",
			end->signal, name ? name : "?");
		return FAILURE_SIGNAL;
	}
	(void)snprintf(message, ERR_MESSAGE_SIZE, "exit status %d", end->exit_code);
	return FAILURE_EXIT;
}

static int
accept(struct attempt *attempt, struct err *err)
{
	struct engine *engine = attempt->engine;
	uint32_t n_declared = attempt->outputs.n;
	struct record_artifact *recorded =
		ARENA_ARRAY(&attempt->arena, n_declared, struct record_artifact);
	struct produced *produced =
		n_declared ? ARENA_ARRAY(&engine->arena, n_declared, struct produced) : NULL;
	size_t n = 0;
	int r;

	for (uint32_t i = 0; i < n_declared; i++) {
		struct output_found *found = &attempt->outputs.items[i];

		if (!found->present)
			continue;
		found->artifact.number = engine->hold.next_artifact++;
		produced[i] = (struct produced){.digest = found->artifact.digest,
			.size = found->artifact.size,
			.artifact = found->artifact.number,
			.is_tree = found->is_tree};
		recorded[n++] = found->artifact;
	}
	r = record_accepted(&engine->hold, attempt->number, recorded, n, err);
	if (r < 0)
		return r;
	try_state_move(&attempt->state, TRY_ACCEPTED, EVENT_ATTEMPT_ACCEPTED);
	(void)notify(attempt, NOTICE_SUCCEEDED);
	release(attempt);
	schedule_accepted(engine->schedule, attempt->step, produced);
	return 0;
}

/* All that it left is stored: the attempt's end and its verdict. */
static int
conclude(struct attempt *attempt, struct err *err)
{
	struct engine *engine = attempt->engine;
	char message[ERR_MESSAGE_SIZE];
	enum failure_class class;
	int r = record_ended(&engine->hold, attempt->number, &attempt->end,
		attempt->has_log ? &attempt->log : NULL, err);

	if (r < 0)
		return r;
	try_state_move(&attempt->state, TRY_ENDED, EVENT_ATTEMPT_ENDED);
	if (ended_well(&attempt->end) && !attempt->outputs.failure)
		return accept(attempt, err);
	if (attempt->cancelled)
		return record_cancelled(attempt, err);
	if (ended_well(&attempt->end))
		return reject(attempt, FAILURE_SCHEMA, attempt->outputs.failure, err);
	class = classify(attempt, message);
	return reject(attempt, class, message, err);
}

void
attempt_cancel(struct attempt *attempt)
{
	if (attempt->phase == ATTEMPT_FREE || attempt->cancelled)
		return;
	attempt->cancelled = true;
	if (attempt->phase == ATTEMPT_IN_LANE)
		attempt->engine->executor->ops->cancel(
			attempt->engine->executor, attempt->number);
}
