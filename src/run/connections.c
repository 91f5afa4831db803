#include "run/connections.h"

#include "base/clock.h"
#include "run/engine_state.h"
#include "run/judging.h"
#include "run/record_write.h"
#include "run/trial.h"

/* The attempt that it was for, and in *ret_by what of that it was, NULL for the step itself. */
static uint32_t
attempt_of(const struct engine *engine, uint32_t number, const char **ret_by)
{
	*ret_by = NULL;
	if (!(number & EXECUTOR_ASIDE))
		return number;
	*ret_by = "gate";
	if ((number & TRIAL_NUMBER) == TRIAL_NUMBER)
		for (unsigned i = 0; i < engine->slots; i++)
			if (engine->tries[i].phase == PHASE_GATED &&
				judging_has(&engine->tries[i], number))
				return engine->tries[i].number;
	*ret_by = "program";
	return number & ~EXECUTOR_ASIDE;
}

int
connections_note(void *context, uint32_t number, const struct reach *reach,
	const struct relay_report *report, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	struct engine *engine = context;
	const struct reach_target *target = &reach->targets[report->target];
	int64_t now = clock_utc_us();
	const char *by;
	uint32_t attempt = attempt_of(engine, number, &by);

	buf_add_char(&b, '{');
	if (report->address[0]) {
		record_add_text(&b, "\"address\":", str_of(report->address));
		buf_add_char(&b, ',');
	}
	record_add_number(&b, "\"at\":", now);
	if (by)
		record_add_text(&b, ",\"by\":", str_of(by));
	record_add_text(&b, ",\"host\":", str_of(target->host));
	record_add_number(&b, ",\"n\":", attempt);
	record_add_text(&b, ",\"outcome\":", str_of(relay_outcome_name(report->outcome)));
	record_add_number(&b, ",\"port\":", target->port);
	if (report->reason[0]) {
		buf_add_cstr(&b, ",\"reason\":");
		record_add_message(&b, str_of(report->reason));
	}
	buf_add_char(&b, '}');
	return record_append(&engine->hold, EVENT_ATTEMPT_CONNECTED, &b, now, err);
}

static bool
was_tried(const struct relay_count *count)
{
	return count->connected || count->refused || count->failed;
}

/* What is larger than a number of JSON keeps is as good as that. */
static void
add_count(struct buf *b, const char *key, uint64_t n)
{
	record_add_number(b, key, (int64_t)MIN(n, (uint64_t)1 << 53));
}

void
connections_add_counts(const struct attempt_end *end, struct buf *b)
{
	bool any = false;

	for (size_t i = 0; end->reach && i < end->reach->n; i++) {
		const struct relay_count *count = &end->connections[i];

		if (!was_tried(count))
			continue;
		buf_add_cstr(b, any ? "," : ",\"net\":[");
		any = true;
		add_count(b, "{\"connected\":", count->connected);
		add_count(b, ",\"failed\":", count->failed);
		record_add_text(b, ",\"host\":", str_of(end->reach->targets[i].host));
		record_add_number(b, ",\"port\":", end->reach->targets[i].port);
		add_count(b, ",\"received\":", count->received);
		add_count(b, ",\"refused\":", count->refused);
		add_count(b, ",\"sent\":", count->sent);
		buf_add_char(b, '}');
	}
	if (any)
		buf_add_char(b, ']');
}
