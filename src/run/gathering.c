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

bool
gathering_has_admitted(const struct gathering *gathering, uint32_t item)
{
	return (gathering->fates[item] & ITEM_ADMITTED) != 0;
}

static void
admit(struct gathering *gathering, uint32_t item)
{
	gathering->fates[item] |= ITEM_ADMITTED;
	/* Of a stored run some have ended before they are let in. */
	gathering->open += gathering->steps_left[item] > 0;
}

uint32_t
gathering_admit(struct gathering *gathering)
{
	uint32_t n = gathering->expansion->n_items;
	uint32_t parallel = gathering->expansion->foreach->parallel;

	while (gathering->next < n && gathering_has_admitted(gathering, gathering->next))
		gathering->next++;
	if (gathering->next == n || (parallel && gathering->open >= parallel))
		return STEP_NONE;
	admit(gathering, gathering->next);
	return gathering->next++;
}

void
gathering_begun(struct gathering *gathering, uint32_t item)
{
	if (!gathering_has_admitted(gathering, item))
		admit(gathering, item);
}

bool
gathering_is_lost(const struct gathering *gathering, uint32_t item)
{
	return (gathering->fates[item] & (ITEM_FAILED | ITEM_CANCELLED)) != 0;
}

void
gathering_remember(struct gathering *gathering, uint32_t item, enum visit_state state)
{
	if (state == VISIT_FAILED || state == VISIT_BLOCKED)
		gathering->fates[item] |= ITEM_FAILED;
	if (state == VISIT_CANCELLED)
		gathering->fates[item] |= ITEM_CANCELLED;
}

/* What became of an item that has ended; by: 1, or -1 where it is taken back. */
static void
count(struct gathering *gathering, uint32_t item, uint32_t by)
{
	uint8_t fate = gathering->fates[item] & (ITEM_FAILED | ITEM_CANCELLED);

	gathering->left -= by;
	gathering->open -= by * gathering_has_admitted(gathering, item);
	gathering->failed += by * ((fate & ITEM_FAILED) != 0);
	gathering->cancelled += by * (fate == ITEM_CANCELLED);
}

bool
gathering_end_step(struct gathering *gathering, uint32_t item, enum visit_state state)
{
	gathering_remember(gathering, item, state);
	if (--gathering->steps_left[item])
		return false;
	count(gathering, item, 1);
	return true;
}

void
gathering_renew_step(struct gathering *gathering, uint32_t item)
{
	if (!gathering->steps_left[item]++) {
		gathering->fates[item] &= (uint8_t)~ITEM_ADMITTED;
		count(gathering, item, UINT32_MAX);
		gathering->next = MIN(gathering->next, item);
	}
	gathering->fates[item] &= ITEM_ADMITTED;
}
