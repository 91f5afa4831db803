#include "run/trial.h"

#include "base/clock.h"
#include "base/file.h"
#include "run/baseline.h"
#include "run/bounds.h"
#include "run/leavings.h"
#include "run/reuse.h"
#include "run/transaction.h"
#include "run/verdict.h"

#include <fcntl.h>
#include <stdio.h>

static void
do_inputs_work(void *context)
{
	inputs_work(((struct trial *)context)->inputs_job);
}

static int
make_argv(struct trial *trial, char ***ret_argv, struct err *err)
{
	char **argv = ARENA_ARRAY(&trial->arena, trial->gate->n_argv + 1, char *);

	for (uint32_t i = 0; i < trial->gate->n_argv; i++) {
		struct str text;
		int r = values_text(&trial->values, &trial->gate->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u", i);
		/* The executor only reads it. */
		memcpy(&argv[i], &(const char *){arena_cstr(&trial->arena, text)},
			sizeof(argv[i]));
	}
	*ret_argv = argv;
	return 0;
}

/* Of a transaction it sees what that made, and what it writes is thrown away. */
static int
lay_over(struct trial *trial, struct attempt_spec *spec, struct err *err)
{
	const struct transaction *transaction = trial->try->transaction;
	struct wall_layer *layer;
	int r;

	if (!transaction)
		return 0;
	layer = ARENA_NEW(&trial->arena, struct wall_layer);
	r = layers_make(&trial_engine(trial)->layers, trial->number,
		transaction_upper(transaction), &trial->arena, layer, err);
	if (r == 0)
		spec->layer = layer;
	return r;
}

/* It sees what all steps see and what it was given, not what is the step's own. */
static int
make_spec(struct trial *trial, struct attempt_spec *ret_spec, struct err *err)
{
	struct engine *engine = trial_engine(trial);
	const struct environment_gate judging = {trial->gate->name,
		arena_printf(&trial->arena, "%s/" LEAVINGS_METRICS, trial->place.out),
		arena_printf(&trial->arena, "%s/" LEAVINGS_REASON, trial->place.out)};
	const struct environment_request environment = {.base = &engine->environment,
		.values = &trial->values,
		.step = &trial->own,
		.try_number = trial->try->try_number,
		.run = &engine->hold.chain.id,
		.workspace = str_of(engine->options.workspace),
		.secrets = trial->own.surroundings ? engine->secrets : NULL,
		.gate = &judging};
	struct secret_file *secret_files = NULL;
	const struct bounding *bound = bounds_of_gate(
		engine->bounds, &engine->graph->steps[trial->try->step], trial->gate);
	char **argv;
	char **environ_list;
	int r = make_argv(trial, &argv, err);

	if (r == 0)
		r = environment_make(&environment, &environ_list, err);
	if (r < 0)
		return r;
	*ret_spec = (struct attempt_spec){.number = trial->number,
		.policy = bound ? &bound->policy : NULL,
		.argv = argv,
		.environ = environ_list,
		.cwd = engine->options.workspace,
		.in = trial->values.in_dir,
		.redactor = secrets_redactor_place(engine->secrets),
		.wants_out = true,
		.timeout_us = trial->gate->timeout_us,
		.grace_us = trial->settings.grace_us};
	if (trial->own.surroundings)
		ret_spec->n_secret_files = secrets_list_files(
			engine->secrets, trial->own.surroundings, &trial->arena, &secret_files);
	ret_spec->secret_files = secret_files;
	return lay_over(trial, ret_spec, err);
}

/* The place is free again; what the executor left of it is taken away. */
static int
leave(struct trial *trial, struct err *err)
{
	struct engine *engine = trial_engine(trial);
	char leftover[32];

	engine->executor->ops->release(engine->executor, trial->number);
	if (trial->try->transaction)
		layers_remove(&engine->layers, trial->number);
	(void)snprintf(leftover, sizeof(leftover), "attempts/%u", trial->number);
	return tree_remove(engine->hold.directory, leftover, err);
}

static int
refuse_start(struct trial *trial, int code, const struct err *why, struct err *err)
{
	int r = leave(trial, err);

	return r < 0 ? r : trial_end_error(trial, code, why, err);
}

static int
submit(struct trial *trial, struct err *err)
{
	struct engine *engine = trial_engine(trial);
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_spec spec;
	struct err why = ERR_INIT;
	int r = make_spec(trial, &spec, &why);

	if (r == 0 &&
		engine->executor->ops->submit(engine->executor, &spec, &handle, &why) !=
			SUBMIT_OK)
		r = why.code;
	if (r < 0)
		return refuse_start(trial, r, &why, err);
	trial->phase = TRIAL_IN_LANE;
	return 0;
}

static void
do_write_work(void *context)
{
	struct trial *trial = context;

	trial->failed =
		inputs_write(&trial->values, &trial->inputs, trial->write_dir, &trial->err);
}

static int
submit_written(struct trial *trial, struct err *err)
{
	return trial->failed < 0 ? refuse_start(trial, trial->failed, &trial->err, err)
				 : submit(trial, err);
}

static void
on_written(void *context)
{
	struct trial *trial = context;

	fd_close(&trial->write_dir);
	if (trial->try->cancelled && !trial_engine(trial)->failed)
		trial->failed = leave(trial, &trial->err);
	trial_go_on(trial, trial->try->cancelled ? trial->failed : 0, submit_written);
}

/* Small ones at once, and to memory where there is one, as those of a step. */
static int
write_inputs(struct trial *trial, struct err *err)
{
	const struct attempt_place *place = &trial->place;
	bool small = inputs_are_small(&trial->inputs);
	bool in_memory = small && place->memory_dir >= 0;

	trial->values.in_dir = in_memory ? place->memory : place->in;
	trial->err = ERR_INIT;
	trial->failed = 0;
	if (small) {
		trial->failed = inputs_write(&trial->values, &trial->inputs,
			in_memory ? place->memory_dir : place->in_dir, &trial->err);
		return submit_written(trial, err);
	}
	/* The job may outlive the executor, whose descriptor this is. */
	trial->write_dir = fcntl(place->in_dir, F_DUPFD_CLOEXEC, 0);
	if (trial->write_dir < 0)
		return err_sys(err, "dup");
	trial->phase = TRIAL_WRITING;
	pool_submit(trial_engine(trial)->pool, do_write_work, on_written, trial);
	return 0;
}

int
trial_start(struct trial *trial, struct err *err)
{
	struct engine *engine = trial_engine(trial);
	uint32_t number = TRIAL_NUMBER | (engine->gate_turns % TRIAL_BIT);
	int r = engine->executor->ops->prepare(engine->executor, number, &trial->place, err);

	if (r <= 0)
		return r;
	engine->gate_turns++;
	trial->number = number;
	if (!trial->report.started_us)
		trial->report.started_us = clock_utc_us();
	r = write_inputs(trial, err);
	return r < 0 ? r : 1;
}

/* --- what it left --- */

/* What passed only since there was nothing to compare it with is said to have. */
static const char *
say_unmeasured(struct trial *trial, const char *reason, struct str names)
{
	return arena_printf(&trial->arena, "%s%sthe change of %.*s was not judged: %s",
		reason ? reason : "", reason ? "; " : "", STR_ARG(names),
		baseline_lack(trial, &trial->report.before[0]));
}

/* Its own word for it wins; a file that could not be read as what it is makes its verdict void. */
static void
judge_end(struct trial *trial, const struct attempt_end *ended, const struct leavings *left,
	const struct measures *before)
{
	struct gate_turn *turn = trial_turn(trial);
	AUTO_BUF struct buf why = BUF_INIT((size_t)256 << 10);
	AUTO_BUF struct buf unmeasured = BUF_INIT((size_t)256 << 10);
	bool keeps =
		measures_judge(trial->gate, &trial->report.measures, before, &why, &unmeasured);
	char message[ERR_MESSAGE_SIZE];

	turn->ended = ended->state == ATTEMPT_EXITED && ended->started;
	turn->exit_code = verdict_exit(ended);
	turn->signal = ended->signal;
	turn->timed_out = ended->timed_out;
	turn->reason = left->reason;
	if (trial->try->cancelled && !verdict_is_good(ended)) {
		turn->status = GATE_ERROR;
		turn->reason = "cancelled";
	} else if (ended->made) {
		turn->status = GATE_ERROR;
		turn->reason = arena_printf(&trial->arena,
			"%s %s while it ran, which `%s` of its policy forbids; look at it, and "
			"%s",
			ended->made->path, walls_absent_became(ended->made),
			policy_clause_name(ended->made->clause),
			walls_absent_remedy(ended->made));
	} else if (!verdict_is_good(ended)) {
		enum failure_class class = verdict_of(ended, &trial->settings, message);

		turn->status = class == FAILURE_EXIT ? GATE_FAILED : GATE_ERROR;
		if (!turn->reason || class != FAILURE_EXIT)
			turn->reason =
				arena_printf(&trial->arena, "%s%s", message, left->last_line);
	} else if (left->refusal) {
		turn->status = GATE_ERROR;
		turn->reason = left->refusal;
	} else if (!keeps) {
		turn->status = GATE_FAILED;
		turn->reason = arena_printf(&trial->arena, "%s%s%s", buf_cstr(&why),
			left->reason ? ": " : "", left->reason ? left->reason : "");
	} else if (unmeasured.n) {
		turn->reason = say_unmeasured(trial, turn->reason, buf_str(&unmeasured));
	}
}

static int
judge(struct trial *trial, const struct attempt_end *ended, struct leavings *left,
	struct err *err)
{
	struct measures before = {NULL, 0};
	struct err why = ERR_INIT;
	int r = baseline_measures(trial, &before, &why);

	/* What was there and is gone must not count as nothing. */
	if (trial_is_refusal(r) || r == ERR_CORRUPT)
		left->refusal = arena_cstr(&trial->arena, str_of(why.message));
	else if (r < 0)
		*err = why;
	judge_end(trial, ended, left, r > 0 ? &before : NULL);
	return r < 0 && !left->refusal ? r : 0;
}

static bool
is_as_before(const struct input_found *before, const struct input_found *after)
{
	return before->present == after->present &&
		(!before->present ||
			digest_equal(&before->artifact.digest, &after->artifact.digest));
}

/* A workspace path that it names must be what it was: nobody can say what the gate saw of it. */
static void
compare_inputs(struct trial *trial)
{
	struct gate_turn *turn = trial_turn(trial);

	for (uint32_t i = 0; i < trial->inputs.n; i++) {
		if (is_as_before(&trial->inputs.items[i], &trial->again.items[i]))
			continue;
		turn->status = GATE_ERROR;
		turn->reason = arena_printf(&trial->arena,
			"input %.*s (%.*s) changed while the gate ran",
			STR_ARG(trial->inputs.items[i].declared->name),
			STR_ARG(trial->inputs.items[i].path));
	}
}

static int
end_turn(struct trial *trial, struct err *err)
{
	int r = trial_check_programs(trial, err);

	if (r < 0)
		return r;
	trial->report.n_turns++;
	if (trial->report.n_turns < trial->gate->times && !trial->try->cancelled) {
		trial->phase = TRIAL_WAITING;
		return 0;
	}
	return trial_end(trial);
}

static int
compare_and_end(struct trial *trial, struct err *err)
{
	compare_inputs(trial);
	return end_turn(trial, err);
}

static void
on_looked_again(void *context)
{
	struct trial *trial = context;
	struct err why = ERR_INIT;
	int r = inputs_finish(trial->inputs_job, &why);

	trial->inputs_job = NULL;
	trial->err = why;
	/* What cannot be read any more has changed. */
	if (trial_is_refusal(r)) {
		trial_turn(trial)->status = GATE_ERROR;
		trial_turn(trial)->reason = arena_cstr(&trial->arena, str_of(why.message));
		trial_go_on(trial, 0, end_turn);
		return;
	}
	trial_go_on(trial, r, compare_and_end);
}

static bool
names_paths(const struct gate *gate)
{
	for (uint32_t i = 0; i < gate->n_inputs; i++)
		if (gate->inputs[i].source == INPUT_PATH ||
			gate->inputs[i].source == INPUT_TREE)
			return true;
	return false;
}

/* Until a gate has a view of its own, others may write what it reads. */
int
trial_look_again(struct trial *trial, struct err *err)
{
	struct err why = ERR_INIT;
	int r;

	if (!names_paths(trial->gate))
		return end_turn(trial, err);
	r = inputs_find(&trial->values, &trial->own, trial_engine(trial)->workspace,
		&trial->again, &trial->inputs_job, &why);
	if (trial_is_refusal(r)) {
		trial_turn(trial)->status = GATE_ERROR;
		trial_turn(trial)->reason = arena_cstr(&trial->arena, str_of(why.message));
		return end_turn(trial, err);
	}
	if (r < 0) {
		*err = why;
		return r;
	}
	if (!trial->inputs_job)
		return compare_and_end(trial, err);
	trial->err = ERR_INIT;
	pool_submit(trial_engine(trial)->pool, do_inputs_work, on_looked_again, trial);
	return 0;
}

static int
keep_files(struct trial *trial, struct err *err)
{
	const char *refusal = leavings_take(&trial->outputs, &trial->report, &trial->arena);
	int r = leave(trial, err);

	if (refusal && trial_turn(trial)->status != GATE_FAILED) {
		trial_turn(trial)->status = GATE_ERROR;
		trial_turn(trial)->reason = refusal;
	}
	return r < 0 ? r : trial_look_again(trial, err);
}

static void
do_files_work(void *context)
{
	outputs_work(((struct trial *)context)->outputs_job);
}

static void
on_files_stored(void *context)
{
	struct trial *trial = context;
	int r = outputs_finish(trial->outputs_job, &trial->outputs, &trial->err);

	trial->outputs_job = NULL;
	trial_go_on(trial, r, keep_files);
}

int
trial_on_exited(struct trial *trial, struct err *err)
{
	struct engine *engine = trial_engine(trial);
	struct leavings left = {.out_dir = trial->place.out_dir};
	struct outputs_request request = {.values = &trial->values,
		.step = &trial->own,
		.out_dir = trial->place.out_dir,
		.workspace = engine->workspace,
		.boundary = engine->boundary};
	struct attempt_end ended;
	struct attempt_log log;
	int r = engine->executor->ops->collect(
		engine->executor, trial->number, &ended, &log, err);

	if (r < 0)
		return r;
	trial->phase = TRIAL_KEEPING;
	trial->values.redactor = secrets_redactor(engine->secrets);
	reuse_ran(engine->reuse);
	*trial_turn(trial) = (struct gate_turn){.status = GATE_PASSED};
	trial->report.measures = (struct measures){NULL, 0};
	r = leavings_read(&left, trial, &log, err);
	if (r < 0)
		return err_wrap(err, "gate %.*s", STR_ARG(trial->gate->name));
	r = judge(trial, &ended, &left, err);
	if (r < 0)
		return r;
	r = outputs_find(&request, &trial->outputs, &trial->outputs_job, err);
	if (r < 0)
		return err_wrap(err, "gate %.*s", STR_ARG(trial->gate->name));
	if (!trial->outputs_job)
		return keep_files(trial, err);
	trial->err = ERR_INIT;
	pool_submit(engine->pool, do_files_work, on_files_stored, trial);
	return 0;
}
