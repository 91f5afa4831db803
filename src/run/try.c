#include "run/try.h"

#include "base/clock.h"
#include "base/file.h"
#include "graph/step_surroundings.h"
#include "run/ask.h"
#include "run/bounds.h"
#include "run/condition.h"
#include "run/judging.h"
#include "run/once.h"
#include "run/reuse.h"
#include "run/revisit.h"
#include "run/transaction.h"
#include "run/trial.h"
#include "run/try_end.h"
#include "run/try_kept.h"
#include "run/verdict.h"

#include <fcntl.h>

/* Up to this size a captured log is hashed at once. */
#define LOG_AT_ONCE_MAX ((off_t)1 << 20)
#define FEEDBACK_NAME ".feedback.json"

void
try_keep_failure(struct engine *engine, int code, const struct err *err)
{
	if (code >= 0 || engine->failed)
		return;
	engine->failed = code;
	engine->err = *err;
}

static struct try *
find_try(struct engine *engine, uint32_t number)
{
	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->tries[i].phase != PHASE_FREE &&
			engine->tries[i].number == (number & ~JUDGE_NUMBER))
			return &engine->tries[i];
	BUG("the executor speaks of attempt %u", number);
}

static bool
is_of_gate(uint32_t number)
{
	return (number & TRIAL_NUMBER) == TRIAL_NUMBER;
}

static int
on_gate_exited(struct engine *engine, uint32_t number, struct err *err)
{
	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->tries[i].phase == PHASE_GATED &&
			judging_has(&engine->tries[i], number))
			return judging_on_exited(&engine->tries[i], number, err);
	BUG("the executor speaks of turn %u of a gate", number);
}

static const struct step *
step_of(const struct try *try)
{
	return &try->engine->graph->steps[try->step];
}

/* Errors that say something about the step rather than about the machine or the store. */
static bool
is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_LIMIT ||
		code == ERR_DENIED || code == ERR_POLICY;
}

int
try_record_submit(struct try *try, struct str handle, struct err *err)
{
	const struct record_attempt record = {.number = try->number,
		.step = try->step,
		.name = step_of(try)->name,
		.try_number = try->try_number,
		.visit = try->visit,
		.graph = try->engine->graph,
		.key = try->has_key ? &try->key : NULL,
		.kept_run = try->kept ? &try->kept->run : NULL,
		.kept_attempt = try->kept ? try->kept->attempt : 0,
		.pool_slots = try->pool_slots,
		.bound = bounds_of_step(try->engine->bounds, step_of(try)),
		.once = try->once_begun ? try->once->key : STR_EMPTY};
	struct record_artifact *inputs =
		ARENA_ARRAY(&try->arena, try->inputs.n, struct record_artifact);
	size_t n = 0;
	int r;

	for (uint32_t i = 0; i < try->inputs.n; i++)
		if (try->inputs.items[i].present)
			inputs[n++] = try->inputs.items[i].artifact;
	r = record_submitted(&try->engine->hold, &record, handle, inputs, n, err);
	if (r == 0)
		try_state_move(&try->state, TRY_SUBMITTED, EVENT_ATTEMPT_SUBMITTED);
	return r;
}

/* The step could not even be started: a failure of its own that no retry would mend. */
static int
fail_to_start(struct try *try, int code, struct err *err)
{
	char message[ERR_MESSAGE_SIZE];
	int r;

	if (!is_of_step(code))
		return err_wrap(err, "step %.*s", STR_ARG(step_of(try)->name));
	memcpy(message, err->message, sizeof(message));
	r = try->once_begun ? 0 : try_record_submit(try, STR_EMPTY, err);
	if (r == 0)
		r = try_reject(
			try, code == ERR_POLICY ? FAILURE_POLICY : FAILURE_START, message, err);
	return r;
}

/* An input is not what the step says of it: likewise. */
static int
refuse_inputs(struct try *try, struct err *err)
{
	int r = try_record_submit(try, STR_EMPTY, err);

	return r < 0 ? r : try_reject_faults(try, &try->faults, TRY_FINAL, err);
}

/* What was wrong with the attempt before, beside the inputs: no input's name begins with a dot. */
static int
place_feedback(struct try *try, int dir, struct err *err)
{
	const struct digest *feedback = revisit_feedback(try->engine, try->step);
	int r;

	if (!feedback)
		return 0;
	r = object_restore(
		try->engine->store, feedback, OBJECT_READ_ONLY, dir, FEEDBACK_NAME, err);
	if (r < 0)
		return err_wrap(err, "feedback");
	try->feedback = arena_printf(&try->arena, "%s/%s", try->values.in_dir, FEEDBACK_NAME);
	return 0;
}

/* Of what it takes in and of the programs as they are now. */
static int
note_key(struct try *try, struct err *err)
{
	struct reuse *reuse = try->engine->reuse;
	int r = reuse ? reuse_key(reuse, &try->values, try->step, &try->inputs, &try->key, err)
		      : 0;

	if (r < 0)
		return err_wrap(err, "step %.*s", STR_ARG(step_of(try)->name));
	try->has_key = r > 0;
	reuse_ran(reuse);
	return 0;
}

/* On disk before it can have done anything. */
static int
begin_once(struct try *try, struct err *err)
{
	int r;

	try->once_begun = true;
	r = try_record_submit(try, STR_EMPTY, err);
	return r < 0 ? r : store_flush(try->engine->store, err);
}

/* The inputs are in their place. */
static int
submit(struct try *try, int input, struct err *err)
{
	struct engine *engine = try->engine;
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_spec spec;
	enum submit_result submitted;
	int r = try_make_spec(try, &spec, err);

	if (r < 0)
		return fail_to_start(try, r, err);
	r = ask_permit(try, err);
	if (r == 0)
		return 0;
	if (r < 0)
		return fail_to_start(try, r, err);
	r = note_key(try, err);
	if (r < 0)
		return r;
	spec.has_stdin = input >= 0;
	spec.stdin_fd = input;
	if (try->once) {
		r = begin_once(try, err);
		if (r < 0)
			return r;
	}
	submitted = engine->executor->ops->submit(engine->executor, &spec, &handle, err);
	if (submitted == SUBMIT_REJECTED)
		return fail_to_start(try, err->code, err);
	if (submitted != SUBMIT_OK)
		BUG("an executor with room answered %d to submit", (int)submitted);
	try->phase = PHASE_IN_LANE;
	if (!try->once)
		r = try_record_submit(try, buf_str(&handle), err);
	if (r == 0)
		(void)try_notify(try, NOTICE_STARTED);
	return r;
}

typedef int next_fn(struct try *try, struct err *err);

/* After a job of the TAKING phase that ended with r: what comes next, unless it was cancelled. */
static void
go_on(struct try *try, int r, next_fn *next, struct err *err)
{
	try->jobs--;
	if (try->engine->failed)
		return;
	if (try->superseded) {
		r = try_put_aside(try, err);
	} else if (r == 0 && (try->cancelled || try->spent)) {
		r = try_record_submit(try, STR_EMPTY, err);
		if (r == 0)
			r = try->cancelled ? try_record_cancelled(try, err)
					   : try_reject_spent(try, err);
	} else {
		r = r < 0 ? fail_to_start(try, r, err) : next(try, err);
	}
	try_keep_failure(try->engine, r, err);
}

/* After the inputs were written to the directory. */
static int
submit_with_feedback(struct try *try, int dir, struct err *err)
{
	AUTO_CLOSE int input = -1;
	int r = place_feedback(try, dir, err);

	if (r == 0)
		r = inputs_open_stdin(&try->inputs, dir, &input, err);
	return r < 0 ? fail_to_start(try, r, err) : submit(try, input, err);
}

static void
do_write_work(void *context)
{
	struct try *try = context;

	try->write_failed =
		inputs_write(&try->values, &try->inputs, try->write_dir, &try->write_err);
}

static int
submit_written(struct try *try, struct err *err)
{
	return submit_with_feedback(try, try->place.in_dir, err);
}

static void
on_inputs_written(void *context)
{
	struct try *try = context;

	fd_close(&try->write_dir);
	go_on(try, try->write_failed, submit_written, &try->write_err);
}

/* At once, and to memory where there is one: a file on disk costs more than a small step's own
 * process. */
static int
launch_small(struct try *try, struct err *err)
{
	const struct attempt_place *place = &try->place;
	bool has_feedback = engine_feedback(try->engine, try->step) != NULL;
	bool in_memory = place->memory_dir >= 0 && !has_feedback;
	int dir = in_memory ? place->memory_dir : place->in_dir;
	int r;

	try->values.in_dir = in_memory ? place->memory : place->in;
	r = inputs_write(&try->values, &try->inputs, dir, err);
	return r < 0 ? fail_to_start(try, r, err) : submit_with_feedback(try, dir, err);
}

/* Writes the inputs, on the pool where they are large, and submits the attempt. */
static int
launch(struct try *try, struct err *err)
{
	if (inputs_are_small(&try->inputs))
		return launch_small(try, err);
	try->values.in_dir = try->place.in;
	/* The job may outlive the executor, whose descriptor this is. */
	try->write_dir = fcntl(try->place.in_dir, F_DUPFD_CLOEXEC, 0);
	if (try->write_dir < 0)
		return err_sys(err, "dup");
	try->write_err = ERR_INIT;
	try->jobs++;
	pool_submit(try->engine->pool, do_write_work, on_inputs_written, try);
	return 0;
}

/* An input lacks a label: likewise. */
static int
refuse_unlabelled(struct try *try, struct err *err)
{
	int r = try_record_submit(try, STR_EMPTY, err);

	return r < 0 ? r
		     : try_reject(try, FAILURE_LABEL,
			       arena_cstr(&try->arena, try->lacking.message), err);
}

static int
launch_examined(struct try *try, struct err *err)
{
	int r = try->faults.n ? 0 : try_kept_judge(try, err);

	if (r != 0)
		return MIN(r, 0);
	return try->faults.n ? refuse_inputs(try, err) : launch(try, err);
}

static void
on_inputs_examined(void *context)
{
	struct try *try = context;
	struct err err = ERR_INIT;
	int r = examine_finish(try->examine_job, &try->faults, &err);

	try->examine_job = NULL;
	go_on(try, r, launch_examined, &err);
}

static void
do_examine_work(void *context)
{
	examine_work(((struct try *)context)->examine_job);
}

/* All inputs are objects: what is wrong with them is found out before the step starts. */
static int
examine(struct try *try, struct err *err)
{
	int r;

	labels_look(try->engine->labels, &try->values, step_of(try), &try->lacking);
	if (try->lacking.n)
		return refuse_unlabelled(try, err);
	r = examine_inputs(&try->values, try->engine->boundary, &try->inputs, &try->faults,
		&try->examine_job, err);

	if (r < 0)
		return fail_to_start(try, r, err);
	if (!try->examine_job)
		return launch_examined(try, err);
	try->jobs++;
	pool_submit(try->engine->pool, do_examine_work, on_inputs_examined, try);
	return 0;
}

static void
on_inputs_stored(void *context)
{
	struct try *try = context;
	struct err err = ERR_INIT;
	int r = inputs_finish(try->inputs_job, &err);

	try->inputs_job = NULL;
	go_on(try, r, examine, &err);
}

static void
do_inputs_work(void *context)
{
	inputs_work(((struct try *)context)->inputs_job);
}

static int
take_inputs(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	int r;

	try->values.redactor = secrets_redactor(engine->secrets);
	r = inputs_find(&try->values, step_of(try), engine->workspace, &try->inputs,
		&try->inputs_job, err);
	if (r < 0)
		return fail_to_start(try, r, err);
	if (!try->inputs_job)
		return examine(try, err);
	try->jobs++;
	pool_submit(engine->pool, do_inputs_work, on_inputs_stored, try);
	return 0;
}

static void
do_secrets_work(void *context)
{
	struct try *try = context;

	try->secrets_failed =
		secrets_read(try->engine->secrets, step_of(try), &try->secrets_err);
}

static void
on_secrets_read(void *context)
{
	struct try *try = context;

	secrets_publish(try->engine->secrets);
	go_on(try, try->secrets_failed, take_inputs, &try->secrets_err);
}

void
try_reset(struct try *try, uint32_t step)
{
	struct engine *engine = try->engine;
	struct arena arena = try->arena;

	arena_reset(&arena);
	*try = (struct try){.engine = engine,
		.arena = arena,
		.phase = PHASE_TAKING,
		.state = TRY_NONE,
		.number = engine->hold.next_attempt++,
		.step = step,
		.try_number = schedule_visit(engine->schedule, step)->tries + 1,
		.visit = revisit_number(engine, step),
		.begun_us = clock_utc_us(),
		.write_dir = -1,
		.log_fd = -1};
	try->faults = FAULTS_INIT(&try->arena);
}

void
engine_values(
	struct engine *engine, uint32_t step, struct arena *arena, struct values *ret_values)
{
	*ret_values = (struct values){.store = engine->store,
		.graph = engine->graph,
		.schedule = engine->schedule,
		.input_numbers = engine->input_numbers,
		.run_id = engine->run_id,
		.run_started_us = engine->started_us,
		.run_status = engine->body_status,
		.step = &engine->graph->steps[step],
		.visit = revisit_number(engine, step),
		.arena = arena};
}

static struct try *
find_free(struct engine *engine)
{
	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->tries[i].phase == PHASE_FREE)
			return &engine->tries[i];
	return NULL;
}

int
try_begin_ended(struct try *try, struct err *err)
{
	int r;

	try->end = (struct attempt_end){.state = ATTEMPT_EXITED,
		.started = true,
		.view = -1,
		.started_at_us = try->begun_us,
		.ended_at_us = try->begun_us};
	r = try_record_submit(try, STR_EMPTY, err);
	if (r < 0)
		return r;
	(void)try_notify(try, NOTICE_STARTED);
	r = record_ended(&try->engine->hold, try->number, &try->end, NULL, err);
	if (r < 0)
		return r;
	try_state_move(&try->state, TRY_ENDED, EVENT_ATTEMPT_ENDED);
	return 0;
}

/* 1, or 0 where others are at work there with whom it may not be. */
static int
enter_workspace(struct engine *engine, uint32_t step, struct err *err)
{
	switch (step_workspace(&engine->graph->steps[step])) {
	case WORKSPACE_NONE: return 1;
	case WORKSPACE_TRANSACTION:
		return occupancy_enter(&engine->occupancy, OCCUPANCY_ALONE, err);
	case WORKSPACE_LIVE:
	case WORKSPACE_PRIVATE: break;
	}
	return occupancy_enter(&engine->occupancy, OCCUPANCY_SHARED, err);
}

static void
leave_workspace(struct engine *engine, uint32_t step)
{
	enum step_workspace workspace = step_workspace(&engine->graph->steps[step]);

	if (workspace != WORKSPACE_NONE)
		occupancy_leave(&engine->occupancy,
			workspace == WORKSPACE_TRANSACTION ? OCCUPANCY_ALONE
							   : OCCUPANCY_SHARED);
}

void
try_leave_workspace(struct try *try)
{
	if (try->is_at_work)
		leave_workspace(try->engine, try->step);
	try->is_at_work = false;
}

int
try_begin_judging(struct engine *engine, uint32_t step, struct err *err)
{
	struct try *try = find_free(engine);
	int r;

	if (!try)
		return 0;
	r = enter_workspace(engine, step, err);
	if (r <= 0)
		return r;
	try_reset(try, step);
	try->is_at_work = true;
	engine_values(engine, step, &try->arena, &try->values);
	engine->busy++;
	schedule_submitted(engine->schedule, step);
	try->phase = PHASE_GATED;
	r = try_begin_ended(try, err);
	if (r == 0)
		r = judging_begin(try, err);
	return r < 0 ? r : 1;
}

int
try_begin(struct engine *engine, uint32_t step, struct err *err)
{
	struct try *try = find_free(engine);
	const struct err *unclear;
	struct attempt_place place;
	int r;

	if (!try)
		return 0;
	r = enter_workspace(engine, step, err);
	if (r <= 0)
		return r;
	r = engine->executor->ops->prepare(
		engine->executor, engine->hold.next_attempt, &place, err);
	if (r <= 0) {
		leave_workspace(engine, step);
		return r;
	}
	try_reset(try, step);
	try->is_at_work = true;
	try->place = place;
	engine_values(engine, step, &try->arena, &try->values);
	try->values.try_number = try->try_number;
	try->values.inputs = &try->inputs;
	engine->busy++;
	try->once = once_begin(engine, step);
	try->pool_slots = pools_take(engine->pools, step, &try->arena);
	schedule_submitted(engine->schedule, step);
	engine->spending.attempts += !engine->graph->steps[step].is_last;
	unclear = try->try_number == 1 ? condition_failure(engine, step) : NULL;
	engine->asked = STEP_NONE;
	if (unclear) {
		*err = *unclear;
		r = fail_to_start(try, err->code, err);
		return r < 0 ? r : 1;
	}
	if (engine->secrets && secrets_are_missing(engine->secrets, step_of(try))) {
		try->secrets_err = ERR_INIT;
		try->jobs++;
		pool_submit(engine->pool, do_secrets_work, on_secrets_read, try);
		return 1;
	}
	r = take_inputs(try, err);
	return r < 0 ? r : 1;
}

int
try_on_started(struct engine *engine, const struct executor_event *event, struct err *err)
{
	struct try *try;
	int r;

	if (event->number & JUDGE_NUMBER || is_of_gate(event->number))
		return 0;
	try = find_try(engine, event->number);
	r = record_attempt_started(
		&engine->hold, event->number, event->started_at_us, event->pid, err);

	if (r == 0)
		try_state_move(&try->state, TRY_STARTED, EVENT_ATTEMPT_STARTED);
	return r;
}

static void
do_outputs_work(void *context)
{
	outputs_work(((struct try *)context)->outputs_job);
}

static void
after_job(struct try *try, int r, struct err *err)
{
	try->jobs--;
	if (r == 0 && try->jobs == 0 && !try->engine->failed)
		r = try_conclude(try, err);
	try_keep_failure(try->engine, r, err);
}

static void
on_outputs_stored(void *context)
{
	struct try *try = context;
	struct err err = ERR_INIT;
	int r = outputs_finish(try->outputs_job, &try->outputs, &err);

	try->outputs_job = NULL;
	after_job(try, r, &err);
}

static void
do_log_work(void *context)
{
	struct try *try = context;

	(void)object_stage_file(try->engine->store, try->log_fd, OBJECT_COPY, -1, NULL,
		&try->log_staged, &try->log_err);
}

static void
on_log_stored(void *context)
{
	struct try *try = context;
	struct err err = try->log_err;
	int r = err.code;

	if (try->log_staged)
		r = object_commit(try->engine->store, try->log_staged, &try->log.digest,
			&try->log.size, &err);
	try->log_staged = NULL;
	after_job(try, r, &err);
}

static int
keep_log(struct try *try, const struct attempt_log *log, struct err *err)
{
	struct store *store = try->engine->store;
	struct stat status;

	try->has_log = log->fd >= 0 || log->bytes.n > 0;
	try->log_is_file = log->fd >= 0;
	try->log.stdout_size = log->stdout_size;
	try->log.stderr_size = log->stderr_size;
	if (log->fd < 0) {
		try->log.size = log->bytes.n;
		return try->has_log ? object_put(store, log->bytes, &try->log.digest, err) : 0;
	}
	if (fstat(log->fd, &status) != 0)
		return err_sys(err, "stat the log");
	if (status.st_size <= LOG_AT_ONCE_MAX)
		return object_put_file(store, log->fd, OBJECT_COPY, -1, NULL, &try->log.digest,
			&try->log.size, err);
	try->log_fd = log->fd;
	try->jobs++;
	pool_submit(try->engine->pool, do_log_work, on_log_stored, try);
	return 0;
}

static void
do_transaction_work(void *context)
{
	transaction_read(((struct try *)context)->transaction);
}

static void
on_transaction_read(void *context)
{
	struct try *try = context;
	struct err err = ERR_INIT;

	after_job(try, 0, &err);
}

/* Its tree is dead: what it left is looked at. */
static int
take_end(struct try *try, const struct executor_event *event, struct err *err)
{
	struct engine *engine = try->engine;
	struct outputs_request request = {.values = &try->values,
		.step = step_of(try),
		.out_dir = try->place.out_dir,
		.keep = engine->options.keep,
		.workspace = engine->workspace,
		.boundary = engine->boundary};
	struct attempt_log log;
	int r;

	try->values.redactor = secrets_redactor(engine->secrets);
	r = engine->executor->ops->collect(engine->executor, try->number, &try->end, &log, err);
	if (r < 0)
		return r;
	if (try->end.view >= 0)
		request.workspace = try->end.view;
	request.stdout_secret = log.stdout_secret;
	try->phase = PHASE_KEEPING;
	if (try->state == TRY_SUBMITTED && try->end.started)
		r = try_on_started(engine,
			&(struct executor_event){.number = try->number,
				.started_at_us = try->end.started_at_us,
				.pid = event->pid},
			err);
	if (r == 0)
		r = keep_log(try, &log, err);
	if (r == 0 && verdict_is_good(&try->end))
		r = outputs_find(&request, &try->outputs, &try->outputs_job, err);
	if (r < 0)
		return err_wrap(err, "step %.*s", STR_ARG(request.step->name));
	if (try->outputs_job) {
		try->jobs++;
		pool_submit(engine->pool, do_outputs_work, on_outputs_stored, try);
	}
	if (try->transaction && verdict_is_good(&try->end)) {
		try->jobs++;
		pool_submit(engine->pool, do_transaction_work, on_transaction_read, try);
	}
	return try->jobs ? 0 : try_conclude(try, err);
}

int
try_on_exited(struct engine *engine, const struct executor_event *event, struct err *err)
{
	struct try *try;

	if (is_of_gate(event->number))
		return on_gate_exited(engine, event->number, err);
	try = find_try(engine, event->number);
	if (try->phase == PHASE_PROBED)
		return once_on_probed(try, err);
	if (event->number & JUDGE_NUMBER)
		return try_on_judged(try, err);
	return take_end(try, event, err);
}
bool
try_is_last(const struct try *try)
{
	return try->phase != PHASE_FREE && step_of(try)->is_last;
}

void
try_cancel(struct try *try)
{
	if (try->phase == PHASE_FREE || try->cancelled)
		return;
	try->cancelled = true;
	if (try->phase == PHASE_GATED)
		judging_cancel(try);
	if (try->phase == PHASE_IN_LANE && !try->spent)
		try->engine->executor->ops->cancel(try->engine->executor, try->number);
	if (try->phase == PHASE_PROBED || (try->phase == PHASE_JUDGED && try->judge.submitted))
		try->engine->executor->ops->cancel(
			try->engine->executor, try->number | JUDGE_NUMBER);
}

void
try_spend(struct try *try)
{
	/* What has ended is looked at in any case. */
	if (try->cancelled || try->spent ||
		(try->phase != PHASE_TAKING && try->phase != PHASE_IN_LANE))
		return;
	try->spent = true;
	if (try->phase == PHASE_IN_LANE)
		try->engine->executor->ops->cancel(try->engine->executor, try->number);
}
