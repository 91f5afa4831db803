#include "run/try_kept.h"

#include "run/judging.h"
#include "run/reuse_turn.h"
#include "run/try_end.h"

/* 1 where the outputs are there, and lie where they belong. */
static int
find(struct try *try, struct reuse_found *ret_found, struct err *err)
{
	struct engine *engine = try->engine;
	struct values values;
	const char *ignored;
	int r;

	engine_values(engine, try->step, &try->arena, &values);
	r = reuse_look(engine->reuse, &values, try->step, ret_found, err);
	if (r < 0 || (ret_found->answer != REUSE_JUDGE && ret_found->answer != REUSE_HIT))
		return MIN(r, 0);
	r = reuse_put_back(engine->reuse, &values, try->step, ret_found, &ignored, err);
	if (r <= 0)
		return r;
	r = reuse_key(engine->reuse, &try->values, try->step, &try->inputs, &try->key, err);
	/* A file may have changed since it was taken in. */
	return r > 0 ? digest_equal(&try->key, &ret_found->key) : r;
}

static int
judge(struct try *try, const struct reuse_found *found, struct err *err)
{
	struct engine *engine = try->engine;
	const struct step *step = &engine->graph->steps[try->step];
	struct try_kept *kept = ARENA_NEW(&try->arena, struct try_kept);
	int r;

	*kept = (struct try_kept){found->entry.run_id, found->entry.attempt, found->gates};
	try->kept = kept;
	try->has_key = true;
	try->outputs = reuse_candidates(&try->values, step, found);
	r = try_begin_ended(try, err);
	if (r < 0)
		return r;
	engine->executor->ops->release(engine->executor, try->number);
	try->phase = PHASE_GATED;
	return judging_begin(try, err);
}

int
try_kept_judge(struct try *try, struct err *err)
{
	struct reuse_found found;
	int r;

	if (!reuse_turn_take_kept(try->engine, try->step))
		return 0;
	r = find(try, &found, err);
	reuse_ran(try->engine->reuse);
	if (r > 0)
		r = judge(try, &found, err);
	else if (r == 0)
		return 0;
	return r < 0 ? r : 1;
}
