#include "run/gathering.h"

#include "base/memory.h"

void
gathering_init(struct gathering *gathering, const struct expansion *expansion)
{
	uint32_t n = expansion->n_items;

	*gathering = (struct gathering){.expansion = expansion,
		.left = n,
		.steps_left = memory_new(n, sizeof(*gathering->steps_left)),
		.fates = memory_zeroed(n, sizeof(*gathering->fates))};
	for (uint32_t i = 0; i < n; i++)
		gathering->steps_left[i] = expansion->n_parts;
}

void
gathering_done(struct gathering *gathering)
{
	free(gathering->steps_left);
	free(gathering->fates);
}

uint32_t
gathering_admit(struct gathering *gathering)
{
	uint32_t parallel = gathering->expansion->foreach->parallel;

	if (gathering->admitted == gathering->expansion->n_items ||
		(parallel && gathering->open >= parallel))
		return STEP_NONE;
	/* Of a stored run some have ended before they are let in. */
	gathering->open += gathering->steps_left[gathering->admitted] > 0;
	return gathering->admitted++;
}

bool
gathering_end_step(struct gathering *gathering, uint32_t item, enum visit_state state)
{
	uint8_t *fate = &gathering->fates[item];

	if (state == VISIT_FAILED || state == VISIT_BLOCKED)
		*fate |= ITEM_FAILED;
	if (state == VISIT_CANCELLED)
		*fate |= ITEM_CANCELLED;
	if (--gathering->steps_left[item])
		return false;
	gathering->left--;
	gathering->open -= item < gathering->admitted;
	gathering->failed += (*fate & ITEM_FAILED) != 0;
	gathering->cancelled += *fate == ITEM_CANCELLED;
	return true;
}
