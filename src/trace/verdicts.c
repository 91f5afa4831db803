#include "trace/verdicts.h"

#include "contract/envelope.h"
#include "store/object.h"

#define RESULT_MAX ((size_t)64 << 20)

/* The payload of the envelope, in the arena. */
static int
read_result(struct store *store, const struct artifact_row *result, struct arena *arena,
	const struct value **ret_payload, struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(RESULT_MAX);
	struct envelope envelope;
	int r = object_get(store, &result->digest, &bytes, err);

	if (r == 0)
		r = envelope_read(arena_str(arena, buf_str(&bytes)), "the result of a gate",
			arena, &envelope, err);
	if (r < 0)
		return err_wrap(err, "gate %.*s", STR_ARG(result->name));
	*ret_payload = envelope.payload;
	return 0;
}

/* Scalars of the payload; their text is copied, since readers want it to end with a NUL. */
static void
add_member(struct builder *b, const struct value *payload, const char *member)
{
	const struct value *v = value_get(payload, str_of(member));

	if (v && v->kind == VALUE_STRING)
		builder_text(b, member, value_text(v));
	else if (v && v->kind != VALUE_OBJECT && v->kind != VALUE_ARRAY)
		builder_add(b, member, *v);
}

static void
add_metrics(struct builder *b, const struct value *metrics)
{
	builder_object(b, "metrics");
	for (uint32_t i = 0; metrics && i < metrics->n; i++) {
		const struct value *value = value_get(&metrics->members[i].value, STR("value"));

		if (value)
			builder_add(b,
				arena_cstr(b->arena, value_text(&metrics->members[i].key)),
				value_number(arena_str(b->arena, value_text(value))));
	}
	builder_end(b);
}

static void
add_grants(struct builder *b, const struct value *grants)
{
	static const char *const members[] = {"step", "output", "label", "artifact_id"};

	builder_array(b, "grants");
	for (uint32_t i = 0; grants && i < grants->n; i++) {
		builder_object(b, NULL);
		for (size_t j = 0; j < ARRAY_SIZE(members); j++)
			add_member(b, &grants->items[i], members[j]);
		builder_end(b);
	}
	builder_end(b);
}

/* Where it did not judge. */
static void
add_reused(struct builder *b, const struct value *reused)
{
	if (!reused || reused->kind != VALUE_OBJECT)
		return;
	builder_object(b, "reused");
	add_member(b, reused, "run_id");
	if (value_get(reused, STR("attempt")))
		builder_add(b, "attempt",
			value_number(arena_str(
				b->arena, value_text(value_get(reused, STR("attempt"))))));
	builder_end(b);
}

int
verdict_add(struct builder *b, struct store *store, const struct artifact_row *result,
	struct err *err)
{
	static const char *const members[] = {
		"gate", "status", "required", "runner", "reason", "bound", "disagreement"};
	const struct value *payload;
	int r = read_result(store, result, b->arena, &payload, err);

	if (r < 0)
		return r;
	builder_object(b, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		add_member(b, payload, members[i]);
	add_metrics(b, value_get(payload, STR("metrics")));
	add_grants(b, value_get(payload, STR("grants")));
	add_member(b, payload, "definition");
	shape_artifact_id(b, "artifact_id", &result->run_id, result->number);
	add_member(b, payload, "log");
	add_reused(b, value_get(payload, STR("reused")));
	builder_end(b);
	return 0;
}

int
verdict_read(struct store *store, const struct artifact_row *result,
	struct verdict *ret_verdict, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct verdict verdict = {.passed = false};
	const struct value *status;
	const struct value *key;
	const struct value *payload;
	int r = read_result(store, result, &arena, &payload, err);

	if (r < 0)
		return r;
	status = value_get(payload, STR("status"));
	key = value_get(payload, STR("key"));
	verdict.passed = status && str_is(value_text(status), "passed");
	verdict.reused = value_get(payload, STR("reused")) != NULL;
	verdict.has_key =
		key && key->kind == VALUE_STRING && digest_parse(value_text(key), &verdict.key);
	*ret_verdict = verdict;
	return 0;
}
