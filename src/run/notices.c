#include "run/notices.h"

#include "base/clock.h"
#include "base/memory.h"

#define FIRST_CAPACITY 64

static void
grow(struct notices *notices)
{
	size_t capacity = notices->capacity ? notices->capacity * 2 : FIRST_CAPACITY;
	struct notice *items = memory_new(capacity, sizeof(*items));

	for (size_t i = 0; i < notices->n; i++)
		items[i] = notices->items[(notices->first + i) % notices->capacity];
	free(notices->items);
	*notices = (struct notices){items, 0, notices->n, capacity};
}

struct notice *
notices_add(struct notices *notices, enum notice_type type, uint32_t step)
{
	struct notice *notice;

	if (notices->n == notices->capacity)
		grow(notices);
	notice = &notices->items[(notices->first + notices->n++) % notices->capacity];
	*notice = (struct notice){.type = type, .step = step, .time_us = clock_utc_us()};
	return notice;
}

bool
notices_take(struct notices *notices, struct notice *ret_notice)
{
	if (!notices->n)
		return false;
	*ret_notice = notices->items[notices->first];
	notices->first = (notices->first + 1) % notices->capacity;
	notices->n--;
	return true;
}

void
notices_done(struct notices *notices)
{
	free(notices->items);
	*notices = (struct notices){0};
}
