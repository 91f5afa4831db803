#include "run/record_question.h"

#include "base/clock.h"
#include "graph/step_question.h"
#include "run/record_write.h"

int
record_question_opened(
	struct run_hold *hold, const struct record_opening *opening, struct err *err)
{
	const struct step *step = &opening->graph->steps[opening->step];
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	if (opening->until_us) {
		buf_printf(&b, "\"boot\":\"%s\"", opening->boot);
		record_add_number(&b, ",\"due\":", opening->due_us);
		buf_add_char(&b, ',');
	}
	record_add_number(&b, "\"i\":", opening->step);
	buf_printf(&b, ",\"kind\":\"%s\"", question_row_kind_name(opening->kind));
	if (opening->attempt)
		record_add_number(&b, ",\"n\":", opening->attempt);
	buf_add_cstr(&b, ",\"request\":");
	record_add_digest(&b, opening->request);
	record_add_text(&b, ",\"step\":", step->name);
	if (opening->until_us)
		record_add_number(&b, ",\"until\":", opening->until_us);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_QUESTION_OPENED, &b, clock_utc_us(), err);
}

int
record_question_closed(
	struct run_hold *hold, const struct record_closing *closing, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	if (closing->account.n) {
		record_add_text(&b, "\"account\":", closing->account);
		buf_add_char(&b, ',');
	}
	if (closing->answer) {
		buf_add_cstr(&b, "\"answer\":");
		record_add_digest(&b, closing->answer);
		buf_add_char(&b, ',');
	}
	if (closing->approval) {
		buf_add_cstr(&b, "\"approval\":");
		record_artifact_json(closing->approval, &b);
		buf_add_char(&b, ',');
	}
	record_add_number(&b, "\"i\":", closing->step);
	if (closing->attempt)
		record_add_number(&b, ",\"n\":", closing->attempt);
	record_add_text(&b, ",\"reason\":", closing->reason);
	buf_add_cstr(&b, ",\"request\":");
	record_add_digest(&b, closing->request);
	record_add_text(&b, ",\"step\":", closing->graph->steps[closing->step].name);
	buf_printf(&b, ",\"verdict\":\"%s\"", closing->verdict);
	if (closing->wish)
		record_add_number(&b, ",\"wish\":", closing->wish);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_QUESTION_CLOSED, &b, clock_utc_us(), err);
}

int
record_held(struct run_hold *hold, const struct record_holding *holding, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	if (holding->failure)
		buf_printf(&b, "\"class\":\"%s\",", holding->failure);
	if (holding->errors) {
		buf_add_cstr(&b, "\"errors\":");
		record_artifact_json(holding->errors, &b);
		buf_add_char(&b, ',');
	}
	record_add_gates(&b, &holding->gates);
	record_add_logs(&b, holding->logs, holding->n_logs);
	if (holding->failure) {
		buf_add_cstr(&b, "\"message\":");
		record_add_message(&b, holding->message);
		buf_add_char(&b, ',');
	}
	record_add_number(&b, "\"n\":", holding->number);
	if (holding->n_candidates) {
		buf_add_cstr(&b, ",\"out\":");
		record_add_artifacts(&b, holding->candidates, holding->n_candidates);
	}
	buf_add_cstr(&b, ",\"request\":");
	record_add_digest(&b, holding->request);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_HELD, &b, clock_utc_us(), err);
}
