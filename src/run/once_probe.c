#include "run/once.h"

#include "base/clock.h"
#include "base/file.h"
#include "run/bounds.h"
#include "run/revisit.h"
#include "run/verdict.h"

#include <stdio.h>

#define NOTE_MAX 400

static struct try *
free_try(struct engine *engine)
{
	for (unsigned i = 0; i < engine->slots; i++)
		if (engine->tries[i].phase == PHASE_FREE)
			return &engine->tries[i];
	return NULL;
}

static int
make_argv(struct try *try, const struct runner *probe, char ***ret_argv, struct err *err)
{
	char **argv = ARENA_ARRAY(&try->arena, probe->n_argv + 1, char *);

	for (uint32_t i = 0; i < probe->n_argv; i++) {
		struct str text;
		int r = values_text(&try->values, &probe->argv[i], &text, err);

		if (r < 0)
			return err_wrap(err, "argument %u of the probe", i);
		/* The executor only reads it. */
		memcpy(&argv[i], &(const char *){arena_cstr(&try->arena, text)},
			sizeof(argv[i]));
	}
	*ret_argv = argv;
	return 0;
}

/* It sees what all steps see, and the key; not what is the step's own. */
static int
make_spec(struct try *try, struct attempt_spec *ret_spec, struct err *err)
{
	struct engine *engine = try->engine;
	const struct step *step = &engine->graph->steps[try->step];
	const struct step bare = {.name = step->name, .settings = step->settings};
	const struct environment_request environment = {.base = &engine->environment,
		.values = &try->values,
		.step = &bare,
		.try_number = schedule_visit(engine->schedule, try->step)->tries,
		.run = &engine->hold.chain.id,
		.workspace = str_of(engine->options.workspace),
		.once_key = try->once->key};
	const struct bounding *bound = bounds_of_step(engine->bounds, step);
	char **argv;
	char **environ_list;
	int r = make_argv(try, &step->effects->probe, &argv, err);

	if (r == 0)
		r = environment_make(&environment, &environ_list, err);
	if (r < 0)
		return r;
	*ret_spec = (struct attempt_spec){.number = try->number | JUDGE_NUMBER,
		.policy = bound ? &bound->policy : NULL,
		.argv = argv,
		.environ = environ_list,
		.cwd = engine->options.workspace,
		.in = try->place.in,
		.timeout_us = step->effects->probe.timeout_us,
		.grace_us = step->settings->grace_us};
	return 0;
}

/* The place is free again; what the executor left of it is taken away. */
static int
leave(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	char leftover[32];

	engine->executor->ops->release(engine->executor, try->number | JUDGE_NUMBER);
	try->phase = PHASE_FREE;
	try->once = NULL;
	engine->busy--;
	if (try->superseded)
		revisit_try_ended(engine);
	(void)snprintf(leftover, sizeof(leftover), "attempts/%u", try->number | JUDGE_NUMBER);
	return tree_remove(engine->hold.directory, leftover, err);
}

static int
say_nothing(struct try *try, const char *why, struct err *err)
{
	struct engine *engine = try->engine;
	struct once_work *work = try->once;
	const struct once_verdict verdict = {.by = "probe",
		.says = ONCE_SAYS_NOTHING,
		.note = str_of(arena_cstr(&work->arena, str_of(why)))};
	int r = leave(try, err);

	return r < 0 ? r : once_judge(engine, work, &verdict, err);
}

int
once_probe(struct engine *engine, struct once_work *work, struct err *err)
{
	struct try *try = free_try(engine);
	uint32_t number = engine->hold.next_attempt;
	AUTO_BUF struct buf handle = BUF_INIT(4096);
	struct attempt_place place;
	struct attempt_spec spec;
	struct err why = ERR_INIT;
	int r;

	if (!try)
		return 0;
	r = engine->executor->ops->prepare(
		engine->executor, number | JUDGE_NUMBER, &place, err);
	if (r <= 0)
		return r;
	try_reset(try, work->step);
	try->place = place;
	engine_values(engine, work->step, &try->arena, &try->values);
	try->phase = PHASE_PROBED;
	try->once = work;
	work->phase = ONCE_PROBED;
	engine->busy++;
	r = make_spec(try, &spec, &why);
	if (r == 0 &&
		engine->executor->ops->submit(engine->executor, &spec, &handle, &why) ==
			SUBMIT_OK)
		return 1;
	r = say_nothing(try, why.message, err);
	return r < 0 ? r : 1;
}

/* Why it says nothing. */
static const char *
explain(struct try *try, const struct attempt_end *end, const struct attempt_log *log)
{
	const struct step *step = &try->engine->graph->steps[try->step];
	struct step_settings settings = {.timeout_us = step->effects->probe.timeout_us};
	char message[ERR_MESSAGE_SIZE];

	(void)verdict_of(end, &settings, message);
	return arena_printf(&try->arena, "its probe: %.*s%.*s", NOTE_MAX, message, NOTE_MAX,
		judge_last_line(log, &try->arena));
}

int
once_on_probed(struct try *try, struct err *err)
{
	struct engine *engine = try->engine;
	struct once_work *work = try->once;
	struct once_verdict verdict = {
		.by = "probe", .says = ONCE_SAYS_NOTHING, .note = STR_EMPTY};
	struct attempt_end end;
	struct attempt_log log;
	int r = engine->executor->ops->collect(
		engine->executor, try->number | JUDGE_NUMBER, &end, &log, err);
	bool exited;

	if (r < 0)
		return r;
	exited = end.state == ATTEMPT_EXITED && end.started && !end.timed_out && !end.signal &&
		!end.cancelled;
	if (exited && end.exit_code == 0)
		verdict.says = ONCE_SAYS_DONE;
	else if (exited && end.exit_code == 1)
		verdict.says = ONCE_SAYS_NOT_DONE;
	else
		verdict.note =
			str_of(arena_cstr(&work->arena, str_of(explain(try, &end, &log))));
	r = leave(try, err);
	if (r < 0)
		return r;
	/* A run that is cancelled asks for nothing any more. */
	return engine->cancelling || try->superseded ? once_end(engine, work, err)
						     : once_judge(engine, work, &verdict, err);
}
