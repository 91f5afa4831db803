#include "gate/result.h"

#include "base/clock.h"
#include "contract/builtin.h"
#include "contract/envelope.h"
#include "contract/registry.h"
#include "json/builder.h"
#include "json/json.h"

#define PRODUCER_MAX 128 /* of an envelope; a longer one is the gate alone */

struct str
result_schema(struct digest *ret_digest)
{
	for (size_t i = 0; i < builtin_n; i++)
		if (strcmp(builtin_documents[i].uri, REGISTRY_KERNEL RESULT_SCHEMA) == 0) {
			*ret_digest = builtin_documents[i].digest;
			return str_of(builtin_documents[i].text);
		}
	BUG("the schema %s is not part of the library", RESULT_SCHEMA);
}

static const char *
artifact_id(const struct gate_subject *subject, uint32_t number, struct arena *arena)
{
	char run[UUID_TEXT_SIZE];

	return arena_printf(arena, "%s:%u", uuid_to_text(&subject->run, run), number);
}

static void
add_id(struct builder *b, const char *key, const struct gate_subject *subject, uint32_t number)
{
	if (number)
		builder_cstr(b, key, artifact_id(subject, number, b->arena));
	else
		builder_null(b, key);
}

static void
add_text(struct builder *b, const char *key, const char *text)
{
	if (text)
		builder_cstr(b, key, text);
	else
		builder_null(b, key);
}

static void
add_time(struct builder *b, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	add_text(b, key, us ? clock_to_text(us, text) : NULL);
}

static void
add_subject(struct builder *b, const struct gate_subject *subject)
{
	if (subject->step.n)
		builder_text(b, "step", subject->step);
	else
		builder_null(b, "step");
	if (subject->item.n)
		builder_text(b, "item", subject->item);
	if (subject->attempt)
		builder_u64(b, "attempt", subject->attempt);
	else
		builder_null(b, "attempt");
}

static void
add_end(struct builder *b, const struct gate_turn *turn)
{
	if (!turn || !turn->ended)
		return;
	if (turn->exit_code >= 0)
		builder_i64(b, "exit", turn->exit_code);
	else
		builder_null(b, "exit");
	if (turn->signal)
		builder_i64(b, "signal", turn->signal);
	else
		builder_null(b, "signal");
	builder_bool(b, "timeout", turn->timed_out);
}

static void
add_inputs(
	struct builder *b, const struct gate_report *report, const struct gate_subject *subject)
{
	builder_array(b, "inputs");
	for (uint32_t i = 0; i < report->n_inputs; i++) {
		char hex[DIGEST_HEX_SIZE];

		builder_object(b, NULL);
		builder_text(b, "name", report->inputs[i].name);
		add_id(b, "artifact_id", subject, report->inputs[i].artifact);
		builder_cstr(b, "sha256", digest_to_hex(&report->inputs[i].digest, hex));
		builder_end(b);
	}
	builder_end(b);
}

static void
add_limits(struct builder *b, const struct gate_metric *limits)
{
	if (!limits)
		return;
	builder_object(b, "limits");
	for (enum gate_limit i = 0; i < GATE_LIMITS; i++)
		if (limits->limits[i].n)
			builder_add(b, gate_limit_name(i), value_number(limits->limits[i]));
	builder_end(b);
}

/* Whether something is asked for that it was compared with another for, or would have been. */
static bool
asks_for_change(const struct gate_metric *limits)
{
	return limits &&
		(limits->limits[GATE_MIN_CHANGE].n || limits->limits[GATE_MAX_CHANGE].n);
}

static void
add_measure(struct builder *b, const struct measure *measure)
{
	builder_object(b, arena_cstr(b->arena, measure->name));
	builder_add(b, "value", measure->value);
	if (measure->is_rounded)
		builder_text(b, "exact", measure->exact);
	if (measure->before)
		builder_add(b, "previous", measure->before->value);
	else if (asks_for_change(measure->limits))
		builder_null(b, "previous");
	add_limits(b, measure->limits);
	builder_cstr(b, "status", measure->passed ? "passed" : "failed");
	builder_end(b);
}

static void
add_measures(struct builder *b, const struct measures *measures)
{
	if (!measures->n)
		return;
	builder_object(b, "metrics");
	for (size_t i = 0; i < measures->n; i++)
		add_measure(b, &measures->items[i]);
	builder_end(b);
}

/* With what it was compared. */
static void
add_before(struct builder *b, const struct gate_report *report)
{
	char run[UUID_TEXT_SIZE];

	if (!report->n_before)
		return;
	builder_array(b, "previous");
	for (uint32_t i = 0; i < report->n_before; i++) {
		const struct gate_before *before = &report->before[i];

		builder_object(b, NULL);
		builder_text(b, "name", before->name);
		if (before->has_run)
			builder_cstr(b, "run_id", uuid_to_text(&before->run, run));
		else
			builder_null(b, "run_id");
		if (before->artifact)
			builder_cstr(b, "artifact_id",
				arena_printf(b->arena, "%s:%u", uuid_to_text(&before->run, run),
					before->artifact));
		else
			builder_null(b, "artifact_id");
		builder_end(b);
	}
	builder_end(b);
}

static void
add_findings(struct builder *b, const struct faults *faults)
{
	AUTO_BUF struct buf text = BUF_INIT((size_t)1 << 16);

	if (!faults || !faults->n)
		return;
	builder_array(b, "findings");
	for (size_t i = 0; i < faults->n; i++) {
		struct str instance = faults->items[i].instance;

		buf_clear(&text);
		fault_describe(&faults->items[i], &text);
		builder_object(b, NULL);
		builder_text(b, "instance", instance.p ? instance : STR_EMPTY);
		builder_text(b, "message", buf_str(&text));
		builder_end(b);
	}
	builder_end(b);
}

static void
add_turns(
	struct builder *b, const struct gate_report *report, const struct gate_subject *subject)
{
	if (report->n_turns < 2)
		return;
	builder_bool(b, "disagreement", report_disagrees(report));
	builder_array(b, "verdicts");
	for (uint32_t i = 0; i < report->n_turns; i++) {
		const struct gate_turn *turn = &report->turns[i];

		builder_object(b, NULL);
		builder_cstr(b, "status", gate_status_name(turn->status));
		add_text(b, "reason", turn->reason);
		add_id(b, "log", subject, turn->has_log ? turn->log.number : 0);
		builder_end(b);
	}
	builder_end(b);
}

static void
add_grants(
	struct builder *b, const struct gate_report *report, const struct gate_subject *subject)
{
	if (!report->n_grants)
		return;
	builder_array(b, "grants");
	for (size_t i = 0; i < report->n_grants; i++) {
		const struct gate_granted *granted = &report->grants[i];

		builder_object(b, NULL);
		builder_text(b, "step", granted->step);
		builder_text(b, "output", granted->output);
		builder_text(b, "label", granted->label);
		add_id(b, "artifact_id", subject, granted->artifact);
		builder_end(b);
	}
	builder_end(b);
}

static const struct value *
make_payload(const struct gate_report *report, const struct gate_subject *subject,
	struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);
	const struct gate_turn *turn = report->decisive;
	char hex[DIGEST_HEX_SIZE];

	builder_object(&b, NULL);
	builder_text(&b, "gate", report->gate->name);
	add_subject(&b, subject);
	builder_cstr(&b, "definition", digest_to_hex(&report->gate->definition, hex));
	if (report->has_key)
		builder_cstr(&b, "key", digest_to_hex(&report->key, hex));
	else
		builder_null(&b, "key");
	builder_cstr(&b, "runner", gate_runner_name(report->gate->runner));
	builder_bool(&b, "required", report->gate->required);
	builder_cstr(&b, "status", gate_status_name(report->status));
	add_text(&b, "reason", report->reason);
	add_end(&b, turn);
	add_time(&b, "started_at", report->started_us);
	add_time(&b, "ended_at", report->ended_us);
	add_inputs(&b, report, subject);
	add_before(&b, report);
	builder_bool(&b, "bound", report->is_bound);
	add_id(&b, "log", subject, turn && turn->has_log ? turn->log.number : 0);
	builder_array(&b, "files");
	for (size_t i = 0; i < report->n_files; i++)
		add_id(&b, NULL, subject, report->files[i].number);
	builder_end(&b);
	add_measures(&b, &report->measures);
	add_turns(&b, report, subject);
	add_findings(&b, report->faults);
	add_grants(&b, report, subject);
	builder_end(&b);
	return builder_root(&b);
}

int
result_write(const struct gate_report *report, const struct gate_subject *subject,
	struct buf *b, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str *inputs = ARENA_ARRAY(&arena, report->n_inputs, struct str);
	char made[CLOCK_TEXT_SIZE];
	struct envelope envelope = {.schema_id = STR(RESULT_SCHEMA),
		.producer_id = report->gate->name,
		.producer_kind = STR("system"),
		.inputs = inputs,
		.payload = make_payload(report, subject, &arena)};
	int r;

	for (uint32_t i = 0; i < report->n_inputs; i++)
		if (report->inputs[i].artifact)
			inputs[envelope.n_inputs++] = str_of(
				artifact_id(subject, report->inputs[i].artifact, &arena));
	envelope.created_at = str_of(clock_to_text(report->ended_us, made));
	if (subject->step.n + report->gate->name.n + 1 <= PRODUCER_MAX && subject->step.n)
		envelope.producer_id = str_of(arena_printf(&arena, "%.*s.%.*s",
			STR_ARG(subject->step), STR_ARG(report->gate->name)));
	r = envelope_write(&envelope, NULL, b, err);
	return r < 0 ? r : buf_check(b, "the result of a gate", err);
}

int
result_take_over(struct str document, const struct uuid *run, uint32_t attempt, struct buf *b,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder payload = BUILDER_INIT(&arena);
	struct err why = ERR_INIT;
	struct envelope envelope;
	char id[UUID_TEXT_SIZE];
	int r = envelope_read(document, "the result of a gate", &arena, &envelope, &why);

	if (r < 0 || envelope.payload->kind != VALUE_OBJECT)
		return err_set(err, ERR_CORRUPT, "the result of a gate is none: %s",
			r < 0 ? why.message : "it is no object");
	builder_object(&payload, NULL);
	for (uint32_t i = 0; i < envelope.payload->n; i++)
		builder_add(&payload,
			arena_cstr(&arena, value_text(&envelope.payload->members[i].key)),
			envelope.payload->members[i].value);
	/* Of one that was taken over itself the attempt that it judged is known. */
	if (!value_get(envelope.payload, STR("reused"))) {
		builder_object(&payload, "reused");
		builder_cstr(&payload, "run_id", uuid_to_text(run, id));
		builder_u64(&payload, "attempt", attempt);
		builder_end(&payload);
	}
	builder_end(&payload);
	envelope.payload = builder_root(&payload);
	r = envelope_write(&envelope, NULL, b, err);
	return r < 0 ? r : buf_check(b, "the result of a gate", err);
}

/* One name, one number. */
static void
add_numbers(struct builder *b, const struct measures *measures)
{
	if (!measures->n)
		return;
	builder_object(b, "metrics");
	for (size_t i = 0; i < measures->n; i++)
		builder_add(b, arena_cstr(b->arena, measures->items[i].name),
			measures->items[i].value);
	builder_end(b);
}

void
results_write_feedback(const struct gate_report *reports, size_t n, struct buf *b)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder list = BUILDER_INIT(&arena);

	builder_array(&list, NULL);
	for (size_t i = 0; i < n; i++) {
		const struct gate_report *report = &reports[i];

		if (report->status == GATE_PASSED)
			continue;
		builder_object(&list, NULL);
		builder_text(&list, "gate", report->gate->name);
		builder_cstr(&list, "status", gate_status_name(report->status));
		builder_bool(&list, "required", report->gate->required);
		add_text(&list, "reason", report->reason);
		add_numbers(&list, &report->measures);
		add_findings(&list, report->faults);
		if (report->decisive && report->decisive->printed)
			builder_cstr(&list, "printed", report->decisive->printed);
		builder_end(&list);
	}
	builder_end(&list);
	(void)json_canonical(builder_root(&list), JSON_NUMBERS_NEAREST, b, NULL);
	buf_add_char(b, '\n');
}
