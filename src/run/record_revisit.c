#include "run/record_revisit.h"

#include "base/clock.h"
#include "run/record_write.h"
#include "json/json.h"

static void
add_steps(struct buf *b, const struct graph *graph, const struct record_superseding *s)
{
	buf_add_cstr(b, ",\"steps\":[");
	for (size_t i = 0; i < s->n_steps; i++) {
		const struct record_revisited *step = &s->steps[i];

		record_add_number(b, i ? ",{\"i\":" : "{\"i\":", step->step);
		if (step->gives_up) {
			record_add_number(b, ",\"items\":", step->n_gone);
			record_add_number(b, ",\"next\":", step->items);
		}
		record_add_text(b, ",\"step\":", graph->steps[step->step].name);
		record_add_number(b, ",\"visit\":", step->number);
		buf_add_char(b, '}');
	}
	buf_add_char(b, ']');
}

int
record_superseded(struct run_hold *hold, const struct graph *graph,
	const struct record_superseding *s, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"after\":", (int64_t)hold->next_attempt - 1);
	record_add_text(&b, ",\"by\":", graph->steps[s->by].name);
	if (s->feedback->kind) {
		buf_add_cstr(&b, ",\"feedback\":");
		record_artifact_json(s->feedback, &b);
	}
	record_add_number(&b, ",\"n\":", s->attempt);
	record_add_text(&b, ",\"rule\":", s->rule);
	add_steps(&b, graph, s);
	record_add_text(&b, ",\"to\":", graph->steps[s->to].name);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_VISITS_SUPERSEDED, &b, clock_utc_us(), err);
}
