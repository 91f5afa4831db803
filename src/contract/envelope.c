#include "contract/envelope.h"

#include "contract/registry.h"
#include "json/builder.h"
#include "json/json.h"

#define ENVELOPE_MAX ((size_t)512 << 20)
#define PRODUCER_MAX 128
#define CANON "rfc8785"

bool
envelope_is_producer_kind(struct str kind)
{
	return str_is(kind, "tool") || str_is(kind, "llm") || str_is(kind, "human") ||
		str_is(kind, "system");
}

static int
check_meta(const struct envelope *envelope, struct err *err)
{
	if (!registry_is_id(envelope->schema_id))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is no id of a schema: a name that ends in its version, such "
			"as review.v1",
			(int)MIN(envelope->schema_id.n, 150), envelope->schema_id.p);
	if (!envelope->producer_id.n || envelope->producer_id.n > PRODUCER_MAX ||
		!str_is_utf8(envelope->producer_id, NULL))
		return err_set(
			err, ERR_INVALID, "a producer is 1 to %d bytes of text", PRODUCER_MAX);
	if (!envelope_is_producer_kind(envelope->producer_kind))
		return err_set(err, ERR_INVALID,
			"a producer is tool, llm, human or system, not \"%.*s\"",
			(int)MIN(envelope->producer_kind.n, 60), envelope->producer_kind.p);
	return 0;
}

/* The digest of the canonical payload. */
static int
digest_payload(const struct value *payload, const struct source *source,
	struct digest *ret_digest, struct err *err)
{
	AUTO_BUF struct buf canonical = BUF_INIT(ENVELOPE_MAX);
	struct err why = ERR_INIT;
	int r = json_canonical(payload, JSON_NUMBERS_EXACT, &canonical, &why);

	if (r == 0)
		r = buf_check(&canonical, "the payload", &why);
	if (r == ERR_INVALID)
		return err_set(err, ERR_INVALID,
			"%s%s%s: an envelope keeps numbers as a double does; write it as text, "
			"or with fewer digits",
			source ? source->name : "", source ? ": " : "", why.message);
	if (r < 0) {
		if (err)
			*err = why;
		return r;
	}
	digest_of(canonical.p, canonical.n, ret_digest);
	return 0;
}

int
envelope_write(const struct envelope *envelope, const struct source *source, struct buf *b,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder made = BUILDER_INIT(&arena);
	char hex[DIGEST_HEX_SIZE];
	struct digest digest;
	int r = check_meta(envelope, err);

	if (r == 0)
		r = digest_payload(envelope->payload, source, &digest, err);
	if (r < 0)
		return r;
	builder_object(&made, NULL);
	builder_object(&made, "meta");
	builder_cstr(&made, "canon", CANON);
	builder_text(&made, "created_at", envelope->created_at);
	builder_array(&made, "inputs");
	for (size_t i = 0; i < envelope->n_inputs; i++)
		builder_text(&made, NULL, envelope->inputs[i]);
	builder_end(&made);
	builder_cstr(&made, "payload_sha256", digest_to_hex(&digest, hex));
	builder_text(&made, "producer_id", envelope->producer_id);
	builder_text(&made, "producer_kind", envelope->producer_kind);
	builder_text(&made, "schema_id", envelope->schema_id);
	builder_end(&made);
	builder_add(&made, "payload", *envelope->payload);
	builder_end(&made);
	return json_canonical(builder_root(&made), JSON_NUMBERS_EXACT, b, err);
}

static const char *const meta_members[] = {"schema_id", "producer_id", "producer_kind",
	"created_at", "inputs", "payload_sha256", "canon"};

/* The members of an object are exactly these. */
static int
check_members(const struct source *source, const struct value *object, const char *what,
	const char *const *names, size_t n, struct err *err)
{
	if (object->kind != VALUE_OBJECT)
		return source_error(source, object->offset, err, "%s must be an object, not %s",
			what, value_kind_name(object));
	for (uint32_t i = 0; i < object->n; i++) {
		struct str key = value_text(&object->members[i].key);
		bool known = false;

		for (size_t j = 0; j < n; j++)
			known = known || str_is(key, names[j]);
		if (!known)
			return source_error(source, object->members[i].key.offset, err,
				"%s has no member \"%.*s\"", what, (int)MIN(key.n, 60), key.p);
	}
	for (size_t j = 0; j < n; j++)
		if (!value_get(object, str_of(names[j])))
			return source_error(source, object->offset, err,
				"%s has no \"%s\"; it must", what, names[j]);
	return 0;
}

static int
read_inputs(const struct source *source, const struct value *list, struct arena *arena,
	struct envelope *envelope, struct err *err)
{
	struct str *inputs;

	if (list->kind != VALUE_ARRAY)
		return source_error(source, list->offset, err, "\"inputs\" must be a list");
	inputs = ARENA_ARRAY(arena, list->n, struct str);
	for (uint32_t i = 0; i < list->n; i++) {
		if (list->items[i].kind != VALUE_STRING)
			return source_error(source, list->items[i].offset, err,
				"\"inputs\" must hold ids of artifacts");
		inputs[i] = value_text(&list->items[i]);
	}
	envelope->inputs = inputs;
	envelope->n_inputs = list->n;
	return 0;
}

static int
read_meta(const struct source *source, const struct value *meta, struct arena *arena,
	struct envelope *envelope, struct err *err)
{
	static const char *const texts[] = {"schema_id", "producer_id", "producer_kind",
		"created_at", "payload_sha256", "canon"};
	struct str *const slots[] = {&envelope->schema_id, &envelope->producer_id,
		&envelope->producer_kind, &envelope->created_at};
	int r = check_members(
		source, meta, "\"meta\"", meta_members, ARRAY_SIZE(meta_members), err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(texts); i++) {
		const struct value *v = value_get(meta, str_of(texts[i]));

		if (v->kind != VALUE_STRING)
			return source_error(
				source, v->offset, err, "\"%s\" must be text", texts[i]);
		if (i < ARRAY_SIZE(slots))
			*slots[i] = value_text(v);
	}
	if (r == 0 && !str_is(value_text(value_get(meta, STR("canon"))), CANON))
		r = source_error(source, value_get(meta, STR("canon"))->offset, err,
			"\"canon\" must be " CANON);
	if (r == 0)
		r = read_inputs(source, value_get(meta, STR("inputs")), arena, envelope, err);
	return r < 0 ? r : check_meta(envelope, err);
}

int
envelope_read(struct str bytes, const char *name, struct arena *arena,
	struct envelope *ret_envelope, struct err *err)
{
	static const char *const members[] = {"meta", "payload"};
	const struct source source = {name, bytes};
	struct envelope envelope = {.payload = NULL};
	const struct value *root;
	const struct value *meta;
	struct digest wanted;
	struct digest found;
	int r = json_parse(
		arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, &root, err);

	if (r == 0)
		r = check_members(&source, root, "an envelope", members, 2, err);
	if (r < 0)
		return r;
	meta = value_get(root, STR("meta"));
	envelope.payload = value_get(root, STR("payload"));
	r = read_meta(&source, meta, arena, &envelope, err);
	if (r == 0)
		r = digest_payload(envelope.payload, &source, &found, err);
	if (r < 0)
		return r;
	meta = value_get(meta, STR("payload_sha256"));
	if (!digest_parse(value_text(meta), &wanted) || !digest_equal(&wanted, &found))
		return source_error(&source, meta->offset, err,
			"the payload is not the one that \"payload_sha256\" names");
	envelope.payload_digest = found;
	*ret_envelope = envelope;
	return 0;
}
