#include "run/record_verdict.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/process.h"
#include "graph/step_gates.h"
#include "run/bounds.h"
#include "run/connections.h"
#include "run/record_adoption.h"
#include "run/record_write.h"
#include "json/json.h"

#include <inttypes.h>

#define VISITS_PER_EVENT 1000

/* Members are written in the order of their keys by hand: RFC 8785 without building values. */
int
record_append(struct run_hold *hold, enum event_type type, const struct buf *payload,
	int64_t time_us, struct err *err)
{
	int r = buf_check(payload, "the payload of an event", err);

	return r < 0 ? err_wrap(err, "record %s", event_type_name(type))
		     : record_append_text(hold, type, time_us, buf_str(payload), err);
}

int
record_append_text(struct run_hold *hold, enum event_type type, int64_t time_us,
	struct str payload, struct err *err)
{
	int r = event_append(hold->store, &hold->chain, type, time_us, payload, NULL, err);

	return r < 0 ? err_wrap(err, "record %s", event_type_name(type)) : 0;
}

void
record_add_digest(struct buf *b, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	buf_add_char(b, '"');
	buf_add(b, digest_to_hex(digest, hex), DIGEST_HEX_SIZE - 1);
	buf_add_char(b, '"');
}

void
record_add_number(struct buf *b, const char *key, int64_t number)
{
	buf_add_cstr(b, key);
	if (number < 0)
		buf_add_char(b, '-');
	buf_add_u64(b, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* Messages may hold whatever bytes a path has; a payload is UTF-8. */
void
record_add_message(struct buf *b, struct str text)
{
	AUTO_BUF struct buf clean = BUF_INIT(RECORD_PAYLOAD_MAX);
	size_t at;

	while (!str_is_utf8(text, &at)) {
		buf_add(&clean, text.p, at);
		buf_add_cstr(&clean, "\xEF\xBF\xBD");
		text = (struct str){text.p + at + 1, text.n - at - 1};
	}
	buf_add_str(&clean, text);
	json_write_string(buf_str(&clean), b);
}

/* A member, where there is something to say. */
void
record_add_text(struct buf *b, const char *key, struct str text)
{
	if (!text.n)
		return;
	buf_add_cstr(b, key);
	record_add_message(b, text);
}

void
record_artifact_json(const struct record_artifact *artifact, struct buf *b)
{
	char from[UUID_TEXT_SIZE];
	const char *comma = "";

	buf_add_char(b, '{');
	if (artifact->number) {
		record_add_number(b, "\"artifact\":", artifact->number);
		comma = ",";
	}
	if (artifact->is_executable) {
		buf_printf(b, "%s\"executable\":true", comma);
		comma = ",";
	}
	if (artifact->from) {
		buf_printf(b, "%s\"from\":\"%s:%u\"", comma, uuid_to_text(artifact->from, from),
			artifact->from_artifact);
		comma = ",";
	}
	if (artifact->kind)
		buf_printf(b, "%s\"kind\":\"%s\"", comma, artifact->kind);
	buf_printf(b, "%s\"name\":", artifact->kind ? "," : comma);
	json_write_string(artifact->name, b);
	if (artifact->schema && artifact->kind) {
		buf_add_cstr(b, ",\"schema\":");
		record_add_digest(b, artifact->schema);
	}
	buf_add_cstr(b, ",\"sha256\":");
	record_add_digest(b, &artifact->digest);
	buf_add_cstr(b, ",\"size\":");
	buf_add_u64(b, artifact->size);
	if (artifact->kind) {
		buf_add_cstr(b, ",\"type\":");
		json_write_string(artifact->type, b);
	}
	buf_add_char(b, '}');
}

void
record_add_artifacts(struct buf *b, const struct record_artifact *artifacts, size_t n)
{
	buf_add_char(b, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		record_artifact_json(&artifacts[i], b);
	}
	buf_add_char(b, ']');
}

static void
add_names(struct buf *b, const struct str *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_char(b, i ? ',' : '[');
		json_write_string(names[i], b);
	}
	buf_add_char(b, ']');
}

int
record_planned(struct run_hold *hold, const struct graph *graph, const struct record_plan *plan,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	if (plan->n_again) {
		buf_add_cstr(&b, "\"again\":");
		add_names(&b, plan->again, plan->n_again);
		buf_add_char(&b, ',');
	}
	buf_add_cstr(&b, "\"inputs\":");
	record_add_artifacts(&b, plan->inputs, plan->n_inputs);
	buf_add_cstr(&b, ",\"plan\":");
	record_add_digest(&b, plan->digest);
	record_add_number(&b, ",\"steps\":", graph->n_steps - graph->n_templates);
	buf_add_cstr(&b, ",\"workflow\":");
	json_write_string(graph->name, &b);
	buf_add_cstr(&b, ",\"workspace\":");
	buf_add_str(&b, plan->workplace);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_RUN_PLANNED, &b, clock_utc_us(), err);
}

int
record_started(struct run_hold *hold, enum event_type type, int64_t at_us, unsigned slots,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	char boot[CLOCK_BOOT_ID_SIZE];
	uint64_t start;
	int r = clock_boot_id(boot, err);

	if (r == 0)
		r = process_start_time(getpid(), &start, err);
	if (r < 0)
		return err_wrap(err, "identify this process");
	buf_printf(&b, "{\"boot\":\"%s\",\"pid\":%d,\"slots\":%u,\"start\":%" PRIu64 "}", boot,
		(int)getpid(), slots, start);
	return record_append(hold, type, &b, at_us, err);
}

int
record_cancelling(
	struct run_hold *hold, int64_t request, struct str reason, bool last, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_cstr(&b, last ? "{\"finally\":true,\"reason\":" : "{\"reason\":");
	record_add_message(&b, reason);
	if (request)
		record_add_number(&b, ",\"request\":", request);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_RUN_CANCELLING, &b, clock_utc_us(), err);
}

static void
add_made(struct buf *b, const struct record_end *end)
{
	bool any = false;

	for (size_t i = 0; i < end->n_outputs; i++) {
		if (!end->outputs[i].kind)
			continue;
		buf_add_cstr(b, any ? "," : "\"made\":[");
		record_artifact_json(&end->outputs[i], b);
		any = true;
	}
	buf_add_cstr(b, any ? "]," : "");
}

int
record_finally(struct run_hold *hold, const char *status, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_printf(&b, "{\"status\":\"%s\"}", status);
	return record_append(hold, EVENT_RUN_FINALLY, &b, clock_utc_us(), err);
}

int
record_exhausted(struct run_hold *hold, const char *bound, int64_t limit, const char *reason,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_printf(&b, "{\"bound\":\"%s\"", bound);
	record_add_number(&b, ",\"limit\":", limit);
	buf_add_cstr(&b, ",\"reason\":");
	record_add_message(&b, str_of(reason));
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_RUN_EXHAUSTED, &b, clock_utc_us(), err);
}

int
record_decided(struct run_hold *hold, const struct value *decision, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	int r = json_canonical(decision, JSON_NUMBERS_EXACT, &b, err);

	return r < 0 ? r : record_append(hold, EVENT_ROUTE_DECIDED, &b, clock_utc_us(), err);
}

int
record_finished(struct run_hold *hold, const struct record_end *end, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	add_made(&b, end);
	for (size_t i = 0; i < end->n_outputs; i++) {
		record_add_number(&b, i ? ",{\"artifact\":" : "\"outputs\":[{\"artifact\":",
			end->outputs[i].number);
		buf_add_cstr(&b, ",\"name\":");
		json_write_string(end->outputs[i].name, &b);
		buf_add_cstr(&b, i + 1 == end->n_outputs ? "}]," : "}");
	}
	if (end->reason) {
		buf_add_cstr(&b, "\"reason\":");
		record_add_message(&b, str_of(end->reason));
		buf_add_char(&b, ',');
	}
	buf_printf(&b, "\"status\":\"%s\"}", end->status);
	return record_append(hold, EVENT_RUN_FINISHED, &b, clock_utc_us(), err);
}

int
record_notified(
	struct run_hold *hold, const struct record_notification *notification, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	const struct attempt_end *end = notification->end;

	record_add_number(&b, "{\"after\":", (int64_t)notification->after);
	record_add_number(&b, ",\"at\":", end ? end->ended_at_us : clock_utc_us());
	if (notification->class)
		buf_printf(&b, ",\"class\":\"%s\"", notification->class);
	buf_printf(&b, ",\"event\":\"%s\"", notification->event);
	if (end && end->started && end->state == ATTEMPT_EXITED && !end->signal)
		record_add_number(&b, ",\"exit\":", end->exit_code);
	if (notification->log) {
		buf_add_cstr(&b, ",\"log\":");
		record_artifact_json(notification->log, &b);
	}
	if (notification->class)
		record_add_text(&b, ",\"message\":", str_of(notification->message));
	record_add_number(&b, ",\"n\":", notification->n);
	if (end && end->signal)
		record_add_number(&b, ",\"signal\":", end->signal);
	if (end && end->started)
		record_add_number(&b, ",\"started\":", end->started_at_us);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_RUN_NOTIFIED, &b, clock_utc_us(), err);
}

/* ,"pools":{"NAME":[slot,…],…} */
static void
add_pools(struct buf *b, const struct record_attempt *attempt)
{
	const struct step *step = &attempt->graph->steps[attempt->step];
	const uint32_t *slots = attempt->pool_slots;

	buf_add_cstr(b, ",\"pools\":{");
	for (uint32_t i = 0; i < step->n_pools; i++) {
		if (i)
			buf_add_char(b, ',');
		json_write_string(attempt->graph->pools[step->pools[i].pool].name, b);
		buf_add_cstr(b, ":[");
		for (uint32_t j = 0; j < step->pools[i].slots; j++)
			record_add_number(b, j ? "," : "", *slots++);
		buf_add_char(b, ']');
	}
	buf_add_char(b, '}');
}

static void
add_bound(struct buf *b, const struct bounding *bound)
{
	buf_add_cstr(b, ",\"policy\":{");
	if (bound->is_degraded)
		buf_add_cstr(b, "\"degraded\":true,");
	buf_add_cstr(b, "\"name\":");
	json_write_string(bound->policy.name, b);
	buf_add_cstr(b, ",\"sha256\":");
	record_add_digest(b, &bound->digest);
	buf_add_char(b, '}');
}

int
record_submitted(struct run_hold *hold, const struct record_attempt *attempt, struct str handle,
	const struct record_artifact *inputs, size_t n_inputs, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	char from[UUID_TEXT_SIZE];

	buf_add_char(&b, '{');
	if (handle.n) {
		buf_add_cstr(&b, "\"handle\":");
		buf_add_str(&b, handle);
		buf_add_char(&b, ',');
	}
	record_add_number(&b, "\"i\":", attempt->step);
	if (n_inputs) {
		buf_add_cstr(&b, ",\"in\":");
		record_add_artifacts(&b, inputs, n_inputs);
	}
	if (attempt->kept_run)
		buf_printf(&b, ",\"kept\":{\"n\":%u,\"run\":\"%s\"}", attempt->kept_attempt,
			uuid_to_text(attempt->kept_run, from));
	if (attempt->key) {
		buf_add_cstr(&b, ",\"key\":");
		record_add_digest(&b, attempt->key);
	}
	record_add_number(&b, ",\"n\":", attempt->number);
	record_add_text(&b, ",\"once\":", attempt->once);
	if (attempt->bound)
		add_bound(&b, attempt->bound);
	if (attempt->pool_slots)
		add_pools(&b, attempt);
	buf_add_cstr(&b, ",\"step\":");
	json_write_string(attempt->name, &b);
	record_add_number(&b, ",\"try\":", attempt->try_number);
	if (attempt->visit > 1)
		record_add_number(&b, ",\"visit\":", attempt->visit);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_SUBMITTED, &b, clock_utc_us(), err);
}

int
record_attempt_started(
	struct run_hold *hold, uint32_t number, int64_t at_us, int32_t pid, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"at\":", at_us);
	record_add_number(&b, ",\"n\":", number);
	if (pid)
		record_add_number(&b, ",\"pid\":", pid);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_STARTED, &b, clock_utc_us(), err);
}

static void
add_log(struct buf *b, const struct record_log *log)
{
	buf_add_cstr(b, ",\"log\":{\"sha256\":");
	record_add_digest(b, &log->digest);
	record_add_number(b, ",\"size\":", (int64_t)log->size);
	record_add_number(b, ",\"stderr\":", (int64_t)log->stderr_size);
	record_add_number(b, ",\"stdout\":", (int64_t)log->stdout_size);
	buf_add_char(b, '}');
}

int
record_ended(struct run_hold *hold, uint32_t number, const struct attempt_end *end,
	const struct record_log *log, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"at\":", end->ended_at_us);
	record_add_number(&b, ",\"cpu\":", end->cpu_us);
	if (!end->started && end->state == ATTEMPT_EXITED) {
		buf_add_cstr(&b, ",\"error\":");
		record_add_message(&b, str_of(end->start_error.message));
	} else if (end->state == ATTEMPT_EXITED && !end->signal) {
		record_add_number(&b, ",\"exit\":", end->exit_code);
	}
	if (log)
		add_log(&b, log);
	if (end->state == ATTEMPT_LOST)
		buf_add_cstr(&b, ",\"lost\":true");
	record_add_number(&b, ",\"n\":", number);
	connections_add_counts(end, &b);
	if (end->out_of_memory)
		buf_add_cstr(&b, ",\"oom\":true");
	record_add_number(&b, ",\"rss\":", end->max_rss_kib);
	if (end->signal)
		record_add_number(&b, ",\"signal\":", end->signal);
	if (end->timed_out)
		buf_add_cstr(&b, ",\"timeout\":true");
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_ENDED, &b, clock_utc_us(), err);
}

static void
add_grants(struct buf *b, const struct record_gate *gate)
{
	for (size_t i = 0; i < gate->n_grants; i++) {
		const struct gate_granted *granted = &gate->grants[i];

		buf_add_cstr(b, i ? "," : ",\"grants\":[");
		record_add_number(b, "{\"artifact\":", granted->artifact);
		record_add_text(b, ",\"label\":", granted->label);
		record_add_text(b, ",\"output\":", granted->output);
		record_add_text(b, ",\"step\":", granted->step);
		buf_add_char(b, '}');
	}
	buf_add_cstr(b, gate->n_grants ? "]" : "");
}

static void
add_gate(struct buf *b, const struct record_gate *gate)
{
	buf_add_cstr(b, "{\"definition\":");
	record_add_digest(b, &gate->gate->definition);
	if (gate->n_files) {
		buf_add_cstr(b, ",\"files\":");
		record_add_artifacts(b, gate->files, gate->n_files);
	}
	buf_add_cstr(b, ",\"gate\":");
	json_write_string(gate->gate->name, b);
	add_grants(b, gate);
	if (gate->n_logs) {
		buf_add_cstr(b, ",\"logs\":");
		record_add_artifacts(b, gate->logs, gate->n_logs);
	}
	buf_printf(b, ",\"required\":%s,\"result\":", gate->gate->required ? "true" : "false");
	record_artifact_json(&gate->result, b);
	buf_printf(b, ",\"status\":\"%s\"}", gate->status);
}

/* With the comma behind it: other members follow. */
void
record_add_gates(struct buf *b, const struct record_gates *gates)
{
	for (size_t i = 0; i < gates->n; i++) {
		buf_add_cstr(b, i ? "," : "\"gates\":[");
		add_gate(b, &gates->items[i]);
	}
	buf_add_cstr(b, gates->n ? "]," : "");
}

/* Likewise. */
void
record_add_logs(struct buf *b, const struct record_artifact *logs, size_t n)
{
	if (!n)
		return;
	buf_add_cstr(b, "\"logs\":");
	record_add_artifacts(b, logs, n);
	buf_add_char(b, ',');
}

/* Likewise. */
static void
add_labels(struct buf *b, const struct record_label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		buf_add_cstr(b, i ? "," : "\"labels\":[");
		record_add_number(b, "{\"artifact\":", labels[i].artifact);
		buf_add_cstr(b, ",\"definition\":");
		record_add_digest(b, &labels[i].definition);
		record_add_text(b, ",\"gate\":", labels[i].gate);
		record_add_text(b, ",\"label\":", labels[i].label);
		buf_add_char(b, '}');
	}
	buf_add_cstr(b, n ? "]," : "");
}

int
record_accepted(
	struct run_hold *hold, const struct record_acceptance *acceptance, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	record_add_gates(&b, &acceptance->gates);
	if (acceptance->key) {
		buf_add_cstr(&b, "\"key\":");
		record_add_digest(&b, acceptance->key);
		buf_add_char(&b, ',');
	}
	add_labels(&b, acceptance->labels, acceptance->n_labels);
	record_add_logs(&b, acceptance->logs, acceptance->n_logs);
	record_add_number(&b, "\"n\":", acceptance->number);
	record_add_text(&b, ",\"once\":", acceptance->once);
	if (acceptance->n_outputs) {
		buf_add_cstr(&b, ",\"out\":");
		record_add_artifacts(&b, acceptance->outputs, acceptance->n_outputs);
	}
	if (acceptance->by_person)
		buf_add_cstr(&b, ",\"producer_kind\":\"human\"");
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_ACCEPTED, &b, clock_utc_us(), err);
}

int
record_rejected(
	struct run_hold *hold, const struct record_rejection *rejection, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	if (rejection->until_us)
		buf_printf(&b, "\"boot\":\"%s\",", rejection->boot);
	buf_printf(&b, "\"class\":\"%s\"", failure_class_name(rejection->class));
	if (rejection->until_us)
		record_add_number(&b, ",\"due\":", rejection->due_us);
	if (rejection->errors) {
		buf_add_cstr(&b, ",\"errors\":");
		record_artifact_json(rejection->errors, &b);
	}
	buf_add_char(&b, ',');
	record_add_gates(&b, &rejection->gates);
	if (rejection->key) {
		buf_add_cstr(&b, "\"key\":");
		record_add_digest(&b, rejection->key);
		buf_add_char(&b, ',');
	}
	record_add_logs(&b, rejection->logs, rejection->n_logs);
	buf_add_cstr(&b, "\"message\":");
	record_add_message(&b, rejection->message);
	record_add_number(&b, ",\"n\":", rejection->number);
	record_add_text(&b, ",\"once\":", rejection->once);
	if (rejection->n_outputs) {
		buf_add_cstr(&b, ",\"out\":");
		record_add_artifacts(&b, rejection->outputs, rejection->n_outputs);
	}
	if (rejection->tolerated)
		buf_add_cstr(&b, ",\"tolerated\":true");
	if (rejection->unknown)
		buf_add_cstr(&b, ",\"unknown\":true");
	if (rejection->until_us)
		record_add_number(&b, ",\"until\":", rejection->until_us);
	buf_add_cstr(&b, rejection->errors ? ",\"v\":2}" : "}");
	return record_append(hold, EVENT_ATTEMPT_REJECTED, &b, clock_utc_us(), err);
}

int
record_cancelled(struct run_hold *hold, uint32_t number, const struct record_artifact *logs,
	size_t n_logs, struct record_gates gates, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	buf_add_char(&b, '{');
	record_add_gates(&b, &gates);
	record_add_logs(&b, logs, n_logs);
	record_add_number(&b, "\"n\":", number);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_ATTEMPT_CANCELLED, &b, clock_utc_us(), err);
}

static void
add_adoption(struct buf *b, const struct graph *graph, const struct record_adoption *adoption)
{
	record_add_number(b, "{\"i\":", adoption->step);
	buf_add_char(b, ',');
	add_labels(b, adoption->labels, adoption->n_labels);
	record_add_number(b, "\"n\":", adoption->attempt);
	if (adoption->n_outputs) {
		buf_add_cstr(b, ",\"out\":");
		record_add_artifacts(b, adoption->outputs, adoption->n_outputs);
		if (!str_is(adoption->producer_kind, "tool")) {
			buf_add_cstr(b, ",\"producer_kind\":");
			json_write_string(adoption->producer_kind, b);
		}
	}
	buf_add_cstr(b, ",\"step\":");
	json_write_string(graph->steps[adoption->step].name, b);
	buf_add_char(b, '}');
}

int
record_adopted(struct run_hold *hold, const struct graph *graph,
	const struct record_adoption *adoptions, size_t n, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	size_t done = 0;
	int r = 0;

	while (r == 0 && done < n) {
		const struct uuid *run = &adoptions[done].run;
		char id[UUID_TEXT_SIZE];
		size_t first = done;

		buf_clear(&b);
		buf_printf(&b, "{\"from\":\"%s\",\"steps\":[", uuid_to_text(run, id));
		for (; done < n && done - first < VISITS_PER_EVENT &&
			uuid_equal(&adoptions[done].run, run);
			done++) {
			if (done > first)
				buf_add_char(&b, ',');
			add_adoption(&b, graph, &adoptions[done]);
		}
		buf_add_cstr(&b, "]}");
		r = record_append(hold, EVENT_VISIT_ADOPTED, &b, clock_utc_us(), err);
	}
	return r;
}

static void
add_steps(struct buf *b, const struct graph *graph, const uint32_t *steps, size_t n)
{
	buf_add_cstr(b, "\"steps\":[");
	for (size_t i = 0; i < n; i++) {
		record_add_number(b, i ? ",{\"i\":" : "{\"i\":", steps[i]);
		buf_add_cstr(b, ",\"step\":");
		json_write_string(graph->steps[steps[i]].name, b);
		buf_add_char(b, '}');
	}
	buf_add_cstr(b, "]}");
}

/* One event, so that no crash can leave a part of them retried. */
int
record_retried(struct run_hold *hold, const struct graph *graph, int64_t request,
	const uint32_t *steps, size_t n_steps, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"after\":", (int64_t)hold->next_attempt - 1);
	if (request)
		record_add_number(&b, ",\"request\":", request);
	buf_add_char(&b, ',');
	add_steps(&b, graph, steps, n_steps);
	return record_append(hold, EVENT_VISIT_RETRIED, &b, clock_utc_us(), err);
}

int
record_expanded(struct run_hold *hold, const struct graph *graph,
	const struct expansion *expansion, const struct digest *list, uint64_t list_size,
	struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	const struct foreach *foreach = expansion->foreach;

	record_add_number(&b, "{\"each\":", foreach->n_templates);
	record_add_number(&b, ",\"first\":", expansion->first);
	record_add_number(&b, ",\"i\":", foreach->step);
	buf_add_cstr(&b, ",\"keys\":[");
	for (uint32_t i = 0; i < expansion->n_items; i++) {
		if (i)
			buf_add_char(&b, ',');
		json_write_string(expansion->items[i].key, &b);
	}
	buf_add_cstr(&b, "],\"list\":{\"sha256\":");
	record_add_digest(&b, list);
	record_add_number(&b, ",\"size\":", (int64_t)list_size);
	buf_add_cstr(&b, "},\"step\":");
	json_write_string(graph->steps[foreach->step].name, &b);
	if (expansion->n_inner)
		record_add_number(&b, ",\"templates\":", expansion->n_inner);
	if (expansion->visit > 1)
		record_add_number(&b, ",\"visit\":", expansion->visit);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_STEP_EXPANDED, &b, clock_utc_us(), err);
}

int
record_opened(struct run_hold *hold, const struct graph *graph, uint32_t step, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);

	record_add_number(&b, "{\"i\":", step);
	buf_add_cstr(&b, ",\"step\":");
	json_write_string(graph->steps[step].name, &b);
	buf_add_char(&b, '}');
	return record_append(hold, EVENT_SCOPE_OPENED, &b, clock_utc_us(), err);
}

/* The runs that are named, each once; *index: where that of the step stands. */
static uint32_t
find_run(struct uuid *runs, uint32_t *n, const struct uuid *run)
{
	uint32_t at = *n;

	/* Mostly all are of the run before: the newest is looked at first. */
	while (at > 0 && memcmp(&runs[at - 1], run, sizeof(*run)) != 0)
		at--;
	if (at)
		return at - 1;
	runs[*n] = *run;
	return (*n)++;
}

static void
add_reused(struct buf *b, const struct graph *graph, const struct record_reused *reused,
	uint32_t run)
{
	const struct record_gates gates = {reused->gates, reused->n_gates};

	buf_add_char(b, '{');
	record_add_gates(b, &gates);
	record_add_number(b, "\"i\":", reused->step);
	record_add_number(b, ",\"n\":", reused->attempt);
	if (reused->n_outputs) {
		buf_add_cstr(b, ",\"out\":");
		record_add_artifacts(b, reused->outputs, reused->n_outputs);
	}
	if (run)
		record_add_number(b, ",\"run\":", run);
	buf_add_cstr(b, ",\"step\":");
	json_write_string(graph->steps[reused->step].name, b);
	buf_add_char(b, '}');
}

int
record_reused(struct run_hold *hold, const struct graph *graph,
	const struct record_reused *steps, size_t n, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	AUTO_BUF struct buf list = BUF_INIT(RECORD_PAYLOAD_MAX);
	struct uuid *runs = memory_new(n, sizeof(*runs));
	char text[UUID_TEXT_SIZE];
	uint32_t n_runs = 0;
	int r;

	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(&list, ',');
		add_reused(&list, graph, &steps[i], find_run(runs, &n_runs, &steps[i].run));
	}
	for (uint32_t i = 0; i < n_runs; i++)
		buf_printf(
			&b, "%s\"%s\"", i ? "," : "{\"runs\":[", uuid_to_text(&runs[i], text));
	buf_add_cstr(&b, "],\"steps\":[");
	buf_add_str(&b, buf_str(&list));
	buf_add_cstr(&b, "]}");
	free(runs);
	r = buf_check(&list, "the payload of an event", err);
	return r < 0 ? r : record_append(hold, EVENT_VISIT_REUSED, &b, clock_utc_us(), err);
}

int
record_visits(struct run_hold *hold, const struct graph *graph, enum event_type type,
	uint32_t by, const uint32_t *steps, size_t n_steps, struct err *err)
{
	AUTO_BUF struct buf b = BUF_INIT(RECORD_PAYLOAD_MAX);
	int r = 0;

	for (size_t done = 0; r == 0 && done < n_steps; done += VISITS_PER_EVENT) {
		size_t end = MIN(done + VISITS_PER_EVENT, n_steps);

		buf_clear(&b);
		buf_add_char(&b, '{');
		if (by != STEP_NONE) {
			buf_add_cstr(&b, "\"by\":");
			json_write_string(graph->steps[by].name, &b);
			buf_add_char(&b, ',');
		}
		add_steps(&b, graph, steps + done, end - done);
		r = record_append(hold, type, &b, clock_utc_us(), err);
	}
	return r;
}
