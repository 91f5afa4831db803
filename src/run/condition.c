#include "run/condition.h"

/* Errors that say something about the step rather than about the machine or the store. */
static bool
is_of_step(int code)
{
	return code == ERR_INVALID || code == ERR_NOT_FOUND || code == ERR_LIMIT;
}

/* 1, 0: what the `if` says; ERR_… where it cannot be worked out. */
static int
ask(struct engine *engine, uint32_t step, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct values values;
	bool truth = false;
	int r;

	engine_values(engine, step, &arena, &values);
	r = values_condition(&values, engine->graph->steps[step].condition, &truth, err);
	if (r < 0)
		return err_wrap(err, "if");
	return truth;
}

int
condition_ask(struct engine *engine, uint32_t step, struct err *err)
{
	const struct visit *visit = schedule_visit(engine->schedule, step);
	struct err why = ERR_INIT;
	int r;

	/* What was begun once is not asked again. */
	if (visit->tries || engine->asked == step)
		return 1;
	r = ask(engine, step, &why);
	if (r < 0 && !is_of_step(r)) {
		*err = why;
		return err_wrap(err, "step %.*s", STR_ARG(engine->graph->steps[step].name));
	}
	if (r == 0) {
		schedule_skip(engine->schedule, step);
		return engine_settle(engine, err);
	}
	if (visit->by != STEP_NONE) {
		schedule_block_ready(engine->schedule, step);
		return engine_settle(engine, err);
	}
	engine->asked = step;
	engine->asked_err = why;
	return 1;
}

const struct err *
condition_failure(struct engine *engine, uint32_t step)
{
	if (!engine->graph->steps[step].condition)
		return NULL;
	/* Another one may have been asked while this one waited for a pool. */
	if (engine->asked != step) {
		engine->asked = step;
		engine->asked_err = ERR_INIT;
		(void)ask(engine, step, &engine->asked_err);
	}
	return engine->asked_err.code ? &engine->asked_err : NULL;
}
