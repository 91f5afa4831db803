#include "graph/reference_item.h"

#include "expr/check.h"

static bool
is_around(const struct workflow *w, uint32_t step, uint32_t foreach)
{
	while (step != STEP_NONE && step != foreach)
		step = w->steps[step].template_of;
	return step == foreach;
}

int
item_reference_check(const struct reference_place *at, const struct meaning *meaning,
	uint32_t foreach, unsigned *ret_type, struct err *err)
{
	const struct declared_step *step = &at->workflow->steps[foreach];
	bool is_itself = foreach == at->step;

	if (!step->is_foreach)
		return err_set(err, ERR_INVALID,
			"step \"%.*s\" has no items: only a step with `foreach` has",
			STR_ARG(step->name));
	if (at->step == STEP_NONE || is_itself || !is_around(at->workflow, at->step, foreach))
		return err_set(err, ERR_INVALID,
			"\"steps.%.*s.%.*s\" is there in the steps of \"%.*s\" only; write %s",
			STR_ARG(meaning->step), STR_ARG(meaning->name), STR_ARG(step->name),
			is_itself ? "item, key or index in what is worked out for each item"
				  : "steps.STEP.items for what became of its items");
	*ret_type = meaning->fact == FACT_ITEM_KEY ? EXPR_TEXT
		: meaning->fact == FACT_ITEM_INDEX ? EXPR_NUMBER
						   : EXPR_ANY;
	return 0;
}
