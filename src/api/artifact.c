#include "api/handle.h"

#include "base/memory.h"
#include "run/parcel.h"
#include "store/object.h"
#include "trace/address.h"
#include "trace/reference.h"
#include "trace/verify.h"
#include "json/builder.h"
#include "json/copy.h"

#include <fcntl.h>

/* --- put --- */

/* The last part of a path, without slashes at its end. */
static struct str
last_part(struct str path)
{
	size_t start;

	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	start = path.n;
	while (start && path.p[start - 1] != '/')
		start--;
	return (struct str){path.p + start, path.n - start};
}

/* The bytes of an address, as this handle sees them. */
static int
find_bytes(struct lily_store *store, const char *address, struct address_bytes *ret_bytes,
	struct err *err)
{
	store_settle(store);
	return address_bytes(store->store, str_of(address), ret_bytes, err);
}

static int
find_inputs(struct lily_store *store, const struct lily_artifact_options *options,
	struct arena *arena, const struct str **ret_ids, struct err *err)
{
	struct str *ids = ARENA_ARRAY(arena, options->n_inputs, struct str);

	for (size_t i = 0; i < options->n_inputs; i++) {
		struct artifact_row row;
		char id[ARTIFACT_ID_SIZE];
		int r = address_artifact(
			store->store, str_of(options->inputs[i]), arena, &row, err);

		if (r < 0)
			return err_wrap(err, "input");
		ids[i] = arena_str(
			arena, str_of(artifact_id_to_text(&row.run_id, row.number, id)));
	}
	*ret_ids = ids;
	return 0;
}

/* Completes the artifact by the options and stores it, in an envelope where there is a parcel. */
static int
put(struct lily_store *store, const struct lily_artifact_options *options,
	struct deposit_artifact *artifact, const struct parcel *parcel,
	struct lily_document *document, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct artifact_row made;
	struct run_row run;
	uint32_t number;
	int r = store_need_write(store, err);

	if (r == 0)
		r = store_find_run(store, options->run, &arena, &run, err);
	if (r == 0)
		r = find_inputs(store, options, &arena, &artifact->inputs, err);
	if (r < 0)
		return r;
	if (options->name)
		artifact->name = str_of(options->name);
	artifact->n_inputs = options->n_inputs;
	artifact->producer = str_of(options->producer ? options->producer : "lily.h");
	artifact->producer_kind =
		str_of(options->producer_kind ? options->producer_kind : "tool");
	r = parcel ? parcel_put(store->store, &run.id, artifact, parcel, &number, err)
		   : deposit_put(store->store, &run.id, artifact, &number, err);
	if (r == 0)
		r = artifact_find(store->store, run.number, number, &arena, &made, err);
	if (r == 0)
		r = reference_make(store->store, &made, &document->arena, &document->root, err);
	return r;
}

static int
put_bytes(struct lily_store *store, const struct lily_artifact_options *options,
	enum deposit_kind kind, struct str bytes, struct lily_document **ret_reference,
	struct lily_error *error)
{
	struct deposit_artifact artifact = {.kind = kind, .bytes = bytes, .name = STR_EMPTY};
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = put(store, options, &artifact, NULL, document, &err);

	return document_give(document, r, &err, ret_reference, error);
}

static int
put_path(struct lily_store *store, const struct lily_artifact_options *options,
	enum deposit_kind kind, const char *path, struct lily_document **ret_reference,
	struct lily_error *error)
{
	struct deposit_artifact artifact = {
		.kind = kind,
		.path = path,
		.name = last_part(str_of(path)),
	};
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = put(store, options, &artifact, NULL, document, &err);

	return document_give(document, r, &err, ret_reference, error);
}

int
lily_artifact_put_json(struct lily_store *store, const struct lily_artifact_options *options,
	const char *json, size_t size, struct lily_document **ret_reference,
	struct lily_error *error)
{
	return put_bytes(
		store, options, DEPOSIT_JSON, (struct str){json, size}, ret_reference, error);
}

int
lily_artifact_put_text(struct lily_store *store, const struct lily_artifact_options *options,
	const char *text, size_t size, struct lily_document **ret_reference,
	struct lily_error *error)
{
	return put_bytes(
		store, options, DEPOSIT_TEXT, (struct str){text, size}, ret_reference, error);
}

int
lily_artifact_put_file(struct lily_store *store, const struct lily_artifact_options *options,
	const char *path, struct lily_document **ret_reference, struct lily_error *error)
{
	return put_path(store, options, DEPOSIT_FILE, path, ret_reference, error);
}

int
lily_artifact_put_dir(struct lily_store *store, const struct lily_artifact_options *options,
	const char *path, struct lily_document **ret_reference, struct lily_error *error)
{
	return put_path(store, options, DEPOSIT_DIR, path, ret_reference, error);
}

int
lily_artifact_put_envelope(struct lily_store *store,
	const struct lily_artifact_options *options, const char *schema_id,
	const char *schema_file, const char *payload, size_t size,
	struct lily_document **ret_reference, struct lily_error *error)
{
	struct deposit_artifact artifact = {.name = STR_EMPTY};
	const struct parcel parcel = {.schema_id = str_of(schema_id),
		.schema_file = schema_file,
		.payload = {payload, size}};
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r = put(store, options, &artifact, &parcel, document, &err);

	return document_give(document, r, &err, ret_reference, error);
}

/* --- get --- */

int
lily_artifact_describe(struct lily_store *store, const char *address,
	struct lily_document **ret_reference, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	struct artifact_row row;
	int r;

	store_settle(store);
	r = address_artifact(store->store, str_of(address), &arena, &row, &err);

	if (r == 0)
		r = reference_make(store->store, &row, &document->arena, &document->root, &err);
	return document_give(document, r, &err, ret_reference, error);
}

static const struct value *
envelope_value(const struct envelope *envelope, const char *digest, struct arena *arena)
{
	AUTO_BUILDER struct builder b = BUILDER_INIT(arena);

	builder_object(&b, NULL);
	builder_object(&b, "meta");
	builder_text(&b, "schema_id", envelope->schema_id);
	builder_text(&b, "producer_id", envelope->producer_id);
	builder_text(&b, "producer_kind", envelope->producer_kind);
	builder_text(&b, "created_at", envelope->created_at);
	builder_array(&b, "inputs");
	for (size_t i = 0; i < envelope->n_inputs; i++)
		builder_text(&b, NULL, envelope->inputs[i]);
	builder_end(&b);
	builder_cstr(&b, "payload_sha256", digest);
	builder_cstr(&b, "canon", "rfc8785");
	builder_end(&b);
	builder_add(&b, "payload", value_copy(arena, envelope->payload));
	builder_end(&b);
	return builder_root(&b);
}

int
lily_artifact_get_envelope(struct lily_store *store, const char *address,
	struct lily_document **ret_envelope, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	char hex[DIGEST_HEX_SIZE];
	struct envelope envelope;
	struct artifact_row row;
	int r;

	store_settle(store);
	r = address_artifact(store->store, str_of(address), &arena, &row, &err);
	if (r == 0)
		r = parcel_open(store->store, &row, &arena, &envelope, &err);
	if (r == 0)
		document->root = envelope_value(&envelope,
			digest_to_hex(&envelope.payload_digest, hex), &document->arena);
	return document_give(document, r, &err, ret_envelope, error);
}

int
lily_artifact_get_validated(struct lily_store *store, const char *address,
	const char *schema_id, struct lily_document **ret_payload, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	const struct value *payload;
	struct artifact_row row;
	int r;

	store_settle(store);
	r = address_artifact(store->store, str_of(address), &arena, &row, &err);
	if (r == 0 && schema_id && !str_is(row.type, schema_id))
		r = err_set(&err, ERR_INVALID, "%s is %s%.*s, not %s", address,
			row.type.n ? "of type " : "of no type", STR_ARG(row.type), schema_id);
	if (r == 0)
		r = parcel_validate(store->store, &row, &arena, &payload, &err);
	if (r == 0) {
		struct value *root = ARENA_NEW(&document->arena, struct value);

		*root = value_copy(&document->arena, payload);
		document->root = root;
	}
	return document_give(document, r, &err, ret_payload, error);
}

int
lily_artifact_get(struct lily_store *store, const char *address, size_t limit, char **ret_bytes,
	size_t *ret_size, struct lily_error *error)
{
	AUTO_BUF struct buf bytes = BUF_INIT(limit ? limit : SIZE_MAX / 2);
	struct address_bytes found;
	struct err err = ERR_INIT;
	int r = find_bytes(store, address, &found, &err);

	if (r == 0)
		r = object_get(store->store, &found.digest, &bytes, &err);
	if (r < 0)
		return error_give(&err, error);
	if (ret_size)
		*ret_size = bytes.n;
	*ret_bytes = buf_take(&bytes);
	return 0;
}

int
lily_artifact_open(
	struct lily_store *store, const char *address, int *ret_fd, struct lily_error *error)
{
	struct address_bytes found;
	struct err err = ERR_INIT;
	int r = find_bytes(store, address, &found, &err);

	if (r == 0)
		r = object_open(store->store, &found.digest, ret_fd, NULL, &err);
	return r < 0 ? error_give(&err, error) : 0;
}

int
lily_artifact_path(struct lily_store *store, const char *address, char **ret_path,
	struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct address_bytes found;
	struct err err = ERR_INIT;
	const char *path;
	int r = find_bytes(store, address, &found, &err);

	if (r == 0 && found.is_tree)
		r = err_set(&err, ERR_INVALID,
			"%s is a directory, which is not kept as one; lily artifact get writes "
			"it "
			"out",
			address);
	if (r == 0)
		r = object_path(store->store, &found.digest, &arena, &path, &err);
	if (r < 0)
		return error_give(&err, error);
	*ret_path = memory_copy_string(path);
	return 0;
}

int
lily_artifact_restore(struct lily_store *store, const char *address, const char *path,
	struct lily_error *error)
{
	struct address_bytes found;
	struct err err = ERR_INIT;
	int r = find_bytes(store, address, &found, &err);

	if (r == 0)
		r = object_restore(store->store, &found.digest,
			found.is_tree ? OBJECT_IS_TREE : 0, AT_FDCWD, path, &err);
	return r < 0 ? error_give(&err, error) : 0;
}

/* --- list and verify --- */

static int
run_number(struct lily_store *store, const char *address, int64_t *ret_run, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct run_row row;
	int r = store_find_run(store, address, &arena, &row, err);

	if (r == 0)
		*ret_run = row.number;
	return r;
}

int
lily_artifact_list(struct lily_store *store, const struct lily_artifact_filter *filter,
	struct lily_document **ret_document, struct lily_error *error)
{
	static const struct lily_artifact_filter all = {0};
	const struct lily_artifact_filter *wanted = filter ? filter : &all;
	struct artifact_filter rows = {
		.run = -1,
		.producer = wanted->step ? str_of(wanted->step) : STR_EMPTY,
		.name = wanted->name ? str_of(wanted->name) : STR_EMPTY,
		.with_rejected = wanted->with_rejected != 0,
		.offset = wanted->offset,
		.limit = wanted->limit,
	};
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	int r;

	store_settle(store);
	r = wanted->run ? run_number(store, wanted->run, &rows.run, &err) : 0;

	if (r == 0)
		r = reference_list(
			store->store, &rows, &document->arena, &document->root, &err);
	return document_give(document, r, &err, ret_document, error);
}

int
lily_artifact_verify(struct lily_store *store, const char *run, const char *address,
	struct lily_document **ret_document, struct lily_error *error)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct artifact_filter filter = {.run = -1, .with_rejected = true};
	struct lily_document *document = document_new();
	struct err err = ERR_INIT;
	struct artifact_row one;
	struct artifact_row *rows = &one;
	size_t n = 1;
	int r = 0;

	store_settle(store);
	if (address) {
		r = address_artifact(store->store, str_of(address), &arena, &one, &err);
	} else {
		r = run_number(store, run ? run : "", &filter.run, &err);
		if (r == 0)
			r = artifact_list(store->store, &filter, &arena, &rows, &n, &err);
	}
	if (r == 0)
		r = verify_artifacts(
			store->store, rows, n, &document->arena, &document->root, &err);
	return document_give(document, r, &err, ret_document, error);
}
