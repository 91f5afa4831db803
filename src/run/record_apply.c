#include "run/record_apply.h"

#include "base/clock.h"
#include "run/record_write.h"

int
record_apply_intent(struct run_hold *hold, uint32_t attempt, const struct digest *write_set,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"n\":", attempt);
	buf_add_cstr(&b, ",\"write_set\":");
	record_add_digest(&b, write_set);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_APPLY_INTENT, &b, clock_utc_us(), err);
}

static void
add_conflicts(struct buf *b, const struct apply_conflicts *conflicts)
{
	if (!conflicts->n)
		return;
	for (size_t i = 0; i < conflicts->n; i++) {
		buf_add_cstr(b, i ? ",{\"path\":" : "\"conflicts\":[{\"path\":");
		record_add_message(b, conflicts->items[i].path);
		buf_add_cstr(b, ",\"why\":");
		record_add_message(b, str_of(conflicts->items[i].what));
		buf_add_char(b, '}');
	}
	buf_add_cstr(b, "],");
}

int
record_apply_done(struct run_hold *hold, uint32_t attempt, enum record_applied outcome,
	const struct apply_conflicts *conflicts, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	add_conflicts(&b, conflicts);
	record_add_number(&b, "\"n\":", attempt);
	buf_printf(
		&b, ",\"outcome\":\"%s\"}", outcome == RECORD_APPLIED ? "applied" : "undone");
	return record_append(hold, EVENT_APPLY_DONE, &b, clock_utc_us(), err);
}
