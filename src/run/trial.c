#include "run/trial.h"

#include "base/clock.h"
#include "base/file.h"
#include "run/baseline.h"
#include "run/gate_step.h"
#include "run/judging.h"
#include "run/reuse.h"

bool
trial_is_refusal(int code)
{
	return code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_LIMIT ||
		code == ERR_DENIED || code == ERR_POLICY;
}

struct engine *
trial_engine(const struct trial *trial)
{
	return trial->try->engine;
}

struct gate_turn *
trial_turn(struct trial *trial)
{
	return &trial->report.turns[trial->report.n_turns];
}

int
trial_end(struct trial *trial)
{
	trial->phase = TRIAL_ENDED;
	trial->report.ended_us = clock_utc_us();
	report_conclude(&trial->report, &trial->arena);
	return 0;
}

/* Nothing was started: lily's own verdict, or why there is none. */
static int
end_unstarted(struct trial *trial, enum gate_status status, const char *reason)
{
	if (!trial->report.started_us)
		trial->report.started_us = clock_utc_us();
	*trial_turn(trial) = (struct gate_turn){.status = status,
		.exit_code = -1,
		.reason = reason ? arena_cstr(&trial->arena, str_of(reason)) : NULL};
	trial->report.n_turns++;
	return trial_end(trial);
}

int
trial_end_error(struct trial *trial, int code, const struct err *why, struct err *err)
{
	if (trial_is_refusal(code))
		return end_unstarted(trial, GATE_ERROR, why->message);
	*err = *why;
	return err_wrap(err, "gate %.*s", STR_ARG(trial->gate->name));
}

/* --- its inputs --- */

static void
list_inputs(struct trial *trial)
{
	struct gate_report *report = &trial->report;
	const struct inputs *inputs = &trial->inputs;

	report->inputs = ARENA_ARRAY(&trial->arena, inputs->n, struct gate_input);
	for (uint32_t i = 0; i < inputs->n; i++)
		if (inputs->items[i].present)
			report->inputs[report->n_inputs++] =
				(struct gate_input){inputs->items[i].declared->name,
					inputs->items[i].artifact.digest,
					inputs->items[i].artifact.number};
}

static struct reuse_judged
as_judged(const struct trial *trial, const bool *verdict)
{
	return (struct reuse_judged){.step = trial->try->step,
		.gate = trial->gate,
		.own = &trial->own,
		.inputs = &trial->inputs,
		.verdict = verdict};
}

/* Of what is reused the next run may ask whether the gate would find the same. */
static int
note_key(struct trial *trial, const bool *verdict, struct err *err)
{
	const struct reuse_judged judged = as_judged(trial, verdict);
	struct reuse *reuse = trial_engine(trial)->reuse;
	int r = 1;

	if (!trial->try->has_key)
		return 0;
	/* What it judges was made a moment ago, and so may the gate's own program have been. */
	reuse_ran(reuse);
	if (gate_runs_program(trial->gate))
		r = reuse_gate_programs(reuse, &trial->values, &judged, &trial->programs, err);
	if (r > 0)
		r = reuse_gate_key(reuse, &trial->values, &judged, &trial->report.key, err);
	if (r < 0)
		return err_wrap(err, "gate %.*s", STR_ARG(trial->gate->name));
	trial->report.has_key = r > 0;
	return 0;
}

int
trial_check_programs(struct trial *trial, struct err *err)
{
	const struct reuse_judged judged = as_judged(trial, NULL);
	struct gate_turn *turn = trial_turn(trial);
	struct digest now;
	int r;

	if (!trial->report.has_key || !gate_runs_program(trial->gate))
		return 0;
	r = reuse_gate_programs(trial_engine(trial)->reuse, &trial->values, &judged, &now, err);
	if (r < 0)
		return err_wrap(err, "gate %.*s", STR_ARG(trial->gate->name));
	if (r > 0 && digest_equal(&now, &trial->programs))
		return 0;
	trial->report.has_key = false;
	turn->status = GATE_ERROR;
	turn->reason =
		"its program changed after it was looked at, so nobody can say which one "
		"judged";
	return 0;
}

static int
judge_expression(struct trial *trial, struct err *err)
{
	struct err why = ERR_INIT;
	bool truth = false;
	int r = values_condition(&trial->values, trial->gate->expr, &truth, &why);

	if (r == ERR_NOT_FOUND)
		return end_unstarted(trial, GATE_ERROR, why.message);
	if (r < 0)
		return trial_end_error(trial, r, &why, err);
	r = note_key(trial, &truth, err);
	if (r < 0)
		return r;
	return end_unstarted(trial, truth ? GATE_PASSED : GATE_FAILED,
		truth ? NULL
		      : arena_printf(&trial->arena, "%.*s is false",
				(int)MIN(trial->gate->expr->text.n, 300),
				trial->gate->expr->text.p));
}

static int
judge_examined(struct trial *trial, struct err *err)
{
	bool is_schema = trial->gate->runner == GATE_SCHEMA;
	int r = trial->gate->runner == GATE_EXPR ? 0 : note_key(trial, NULL, err);

	if (r < 0)
		return r;
	list_inputs(trial);
	if (trial->faults.n) {
		trial->report.faults = &trial->faults;
		return end_unstarted(trial, is_schema ? GATE_FAILED : GATE_ERROR,
			faults_summary(&trial->faults, 400, &trial->arena));
	}
	if (is_schema)
		return end_unstarted(trial, GATE_PASSED, NULL);
	if (trial->gate->runner == GATE_EXPR)
		return judge_expression(trial, err);
	if (trial->gate->runner == GATE_COMPARE)
		return trial_compare(trial, err);
	trial->phase = TRIAL_WAITING;
	return 0;
}

void
trial_go_on(struct trial *trial, int r, trial_next_fn *next)
{
	struct err why = trial->err;
	struct err err = ERR_INIT;

	if (trial_engine(trial)->failed)
		return;
	if (r < 0)
		r = trial_end_error(trial, r, &why, &err);
	else if (trial->try->cancelled && trial->phase < TRIAL_IN_LANE)
		r = end_unstarted(trial, GATE_ERROR, "it was cancelled");
	else
		r = next(trial, &err);
	judging_went_on(trial, r, &err);
}

static void
do_examine_work(void *context)
{
	examine_work(((struct trial *)context)->examine_job);
}

static void
on_examined(void *context)
{
	struct trial *trial = context;
	int r = examine_finish(trial->examine_job, &trial->faults, &trial->err);

	trial->examine_job = NULL;
	trial_go_on(trial, r, judge_examined);
}

static int
examine(struct trial *trial, struct err *err)
{
	struct err why = ERR_INIT;
	int r = examine_inputs(&trial->values, trial_engine(trial)->boundary, &trial->inputs,
		&trial->faults, &trial->examine_job, &why);

	if (r < 0)
		return trial_end_error(trial, r, &why, err);
	if (!trial->examine_job)
		return judge_examined(trial, err);
	trial->err = ERR_INIT;
	pool_submit(trial_engine(trial)->pool, do_examine_work, on_examined, trial);
	return 0;
}

static void
do_inputs_work(void *context)
{
	inputs_work(((struct trial *)context)->inputs_job);
}

static void
on_inputs_stored(void *context)
{
	struct trial *trial = context;
	int r = inputs_finish(trial->inputs_job, &trial->err);

	trial->inputs_job = NULL;
	trial_go_on(trial, r, examine);
}

static int
take_inputs(struct trial *trial, struct err *err)
{
	struct engine *engine = trial_engine(trial);
	struct err why = ERR_INIT;
	int r;

	trial->values.redactor = secrets_redactor(engine->secrets);
	r = inputs_find(&trial->values, &trial->own, engine->workspace, &trial->inputs,
		&trial->inputs_job, &why);
	if (r < 0)
		return trial_end_error(trial, r, &why, err);
	if (!trial->inputs_job)
		return examine(trial, err);
	trial->err = ERR_INIT;
	pool_submit(engine->pool, do_inputs_work, on_inputs_stored, trial);
	return 0;
}

static void
do_secrets_work(void *context)
{
	struct trial *trial = context;

	trial->failed = secrets_read(trial_engine(trial)->secrets, &trial->own, &trial->err);
}

static void
on_secrets_read(void *context)
{
	struct trial *trial = context;

	secrets_publish(trial_engine(trial)->secrets);
	trial_go_on(trial, trial->failed, take_inputs);
}

int
trial_begin(struct trial *trial, struct try *try, const struct gate *gate, struct err *err)
{
	struct engine *engine = try->engine;
	const struct step *judged = judging_step(engine, try->step);

	*trial = (struct trial){.try = try,
		.gate = gate,
		.phase = TRIAL_TAKING,
		.write_dir = -1,
		.report = {.gate = gate,
			.is_bound = gate->names_inputs || !gate_runs_program(gate)}};
	trial->faults = FAULTS_INIT(&trial->arena);
	baseline_list(trial);
	trial->report.turns = ARENA_ARRAY(&trial->arena, gate->times, struct gate_turn);
	gate_step_make(gate, judged, &trial->arena, &trial->settings, &trial->own);
	engine_values(engine, try->step, &trial->arena, &trial->values);
	trial->values.try_number = try->try_number;
	trial->values.inputs = &trial->inputs;
	trial->values.candidates = &try->outputs;
	trial->values.judged = try->step;
	if (!engine->secrets || !secrets_are_missing(engine->secrets, &trial->own))
		return take_inputs(trial, err);
	trial->err = ERR_INIT;
	pool_submit(engine->pool, do_secrets_work, on_secrets_read, trial);
	return 0;
}

void
trial_cancel(struct trial *trial)
{
	if (trial->phase == TRIAL_IN_LANE)
		trial_engine(trial)->executor->ops->cancel(
			trial_engine(trial)->executor, trial->number);
	else if (trial->phase == TRIAL_WAITING)
		(void)end_unstarted(trial, GATE_ERROR, "it was cancelled");
}

void
trial_done(struct trial *trial)
{
	fd_close(&trial->write_dir);
	arena_done(&trial->arena);
}
