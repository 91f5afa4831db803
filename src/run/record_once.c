#include "run/record_once.h"

#include "base/clock.h"
#include "run/record_write.h"

int
record_interrupted_once(
	struct run_hold *hold, uint32_t number, struct str once, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"n\":", number);
	record_add_text(&b, ",\"once\":", once);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_INTERRUPTED, &b, clock_utc_us(), err);
}

int
record_unknown(struct run_hold *hold, const struct graph *graph, uint32_t step, struct str once,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"i\":", step);
	record_add_text(&b, ",\"once\":", once);
	record_add_text(&b, ",\"step\":", graph->steps[step].name);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_VISIT_UNKNOWN, &b, clock_utc_us(), err);
}

int
record_judged(struct run_hold *hold, const struct graph *graph,
	const struct record_judgement *judgement, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	if (judgement->account.n) {
		record_add_text(&b, "\"account\":", judgement->account);
		buf_add_char(&b, ',');
	}
	buf_printf(&b, "\"by\":\"%s\"", judgement->by);
	record_add_number(&b, ",\"i\":", judgement->step);
	record_add_text(&b, ",\"note\":", judgement->note);
	record_add_text(&b, ",\"once\":", judgement->once);
	record_add_text(&b, ",\"reason\":", judgement->reason);
	if (judgement->request)
		record_add_number(&b, ",\"request\":", judgement->request);
	record_add_text(&b, ",\"step\":", graph->steps[judgement->step].name);
	if (judgement->until_us)
		record_add_number(&b, ",\"until\":", judgement->until_us);
	buf_printf(&b, ",\"verdict\":\"%s\"", judgement->verdict);
	if (judgement->visit)
		buf_printf(&b, ",\"visit\":\"%s\"", judgement->visit);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ONCE_JUDGED, &b, clock_utc_us(), err);
}

int
record_waiting(struct run_hold *hold, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_cstr(&b, "{}");
	return record_append(hold, EVENT_RUN_WAITING, &b, clock_utc_us(), err);
}
