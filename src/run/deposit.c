#include "run/deposit.h"

#include "base/clock.h"
#include "base/file.h"
#include "contract/envelope.h"
#include "store/object.h"
#include "json/builder.h"
#include "json/json.h"

#include <fcntl.h>

#define PRODUCER_MAX 128
#define PAYLOAD_MAX ((size_t)1 << 20)

/* What submitting an artifact's bytes found out about them. */
struct deposited {
	struct digest digest;
	uint64_t size;
};

const char *
deposit_kind_name(enum deposit_kind kind)
{
	static const char *const names[] = {
		[DEPOSIT_JSON] = "json",
		[DEPOSIT_TEXT] = "text",
		[DEPOSIT_FILE] = "file",
		[DEPOSIT_DIR] = "dir",
	};

	return names[kind];
}

/* --- the work order --- */

static int
check_json(const char *name, struct str bytes, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct source source = {.name = name, .text = bytes};
	const struct value *value;

	return json_parse(
		&arena, &source, JSON_UNIQUE_KEYS | JSON_BORROW_TEXT, NULL, &value, err);
}

static enum deposit_kind
kind_of_bytes(struct str bytes)
{
	struct err ignored = ERR_INIT;

	if (check_json("work order", bytes, &ignored) == 0)
		return DEPOSIT_JSON;
	return str_is_utf8(bytes, NULL) ? DEPOSIT_TEXT : DEPOSIT_FILE;
}

/* Opens what a person named: links are followed, but only to a regular file. */
static int
open_named(const char *path, int *ret_fd, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct str real;
	int r = path_real(path, &arena, &real, err);

	return r < 0 ? r : file_open_regular(AT_FDCWD, real.p, ret_fd, err);
}

static int
put_named_file(
	struct store *store, const char *path, struct deposited *ret_made, struct err *err)
{
	AUTO_CLOSE int fd = -1;
	int r = open_named(path, &fd, err);

	if (r < 0)
		return r;
	return object_put_file(store, fd, OBJECT_COPY, AT_FDCWD, NULL, &ret_made->digest,
		&ret_made->size, err);
}

int
deposit_work_order(struct store *store, const char *path, struct run_work_order *ret_order,
	struct err *err)
{
	AUTO_BUF struct buf bytes = BUF_INIT(DEPOSIT_LOOK_MAX);
	struct err look = ERR_INIT;
	struct deposited made = {0};
	enum deposit_kind kind = DEPOSIT_FILE;
	int r = file_read(AT_FDCWD, path, &bytes, &look);

	if (r < 0 && r != ERR_LIMIT) {
		*err = look;
		return err_wrap(err, "work order");
	}
	if (r == 0) {
		kind = kind_of_bytes(buf_str(&bytes));
		made.size = bytes.n;
		r = object_put(store, buf_str(&bytes), &made.digest, err);
	} else {
		r = put_named_file(store, path, &made, err);
	}
	if (r < 0)
		return err_wrap(err, "work order %s", path);
	*ret_order = (struct run_work_order){
		.name = STR("work_order"),
		.kind = str_of(deposit_kind_name(kind)),
		.digest = made.digest,
		.size = made.size,
		.type = STR_EMPTY,
	};
	return 0;
}

/* --- making a run --- */

int
deposit_create(struct store *store, const char *work_order, struct str key, struct uuid *ret_id,
	struct err *err)
{
	struct run_work_order order;
	struct run_create_spec spec = {.kind = "start", .key = key};
	struct run_hold hold;
	int r = 0;

	if (work_order) {
		r = deposit_work_order(store, work_order, &order, err);
		spec.work_order = &order;
	}
	if (r < 0)
		return r;
	r = run_create(store, &spec, &hold, ret_id, err);
	if (r != 0)
		return r < 0 ? err_wrap(err, "make a run") : r;
	r = store_flush(store, err);
	if (r == 0)
		*ret_id = hold.chain.id;
	run_release(&hold);
	return r;
}

/* --- taking a run that has not ended --- */

static int
take(struct store *store, const struct uuid *id, struct run_hold *ret_hold, bool *ret_has_plan,
	struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	char text[UUID_TEXT_SIZE];
	struct run_row row;
	int r = run_take(store, id, ret_hold, err);

	if (r < 0)
		return r;
	r = run_find(store, str_of(uuid_to_text(id, text)), &arena, &row, err);
	if (r == 0 && row.ended_us)
		r = err_set(err, ERR_INVALID,
			"run %s has ended (%.*s); make a new one with lily run new", text,
			STR_ARG(row.status));
	if (r < 0)
		run_release(ret_hold);
	else
		*ret_has_plan = row.has_plan;
	return r;
}

/* --- artifacts --- */

static bool
is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == '\x7f')
			return false;
	return str_is_utf8(s, NULL);
}

static int
check_words(const struct deposit_artifact *artifact, struct err *err)
{
	if (!str_is_name(artifact->name))
		return err_set(err, ERR_INVALID,
			"\"%.*s\" is no name for an artifact: letters, digits, _ . - (not "
			"first), at most 128; give one",
			STR_ARG(artifact->name));
	if (!artifact->producer.n || artifact->producer.n > PRODUCER_MAX ||
		!is_printable(artifact->producer))
		return err_set(err, ERR_INVALID,
			"a producer is 1 to %d bytes of printable text", PRODUCER_MAX);
	if (!envelope_is_producer_kind(artifact->producer_kind))
		return err_set(err, ERR_INVALID,
			"a producer is tool, llm, human or system, not \"%.*s\"",
			STR_ARG(artifact->producer_kind));
	return 0;
}

static int
put_bytes(struct store *store, const struct deposit_artifact *artifact,
	struct deposited *ret_made, struct err *err)
{
	size_t at;
	int r = 0;

	if (artifact->kind == DEPOSIT_JSON)
		r = check_json("artifact", artifact->bytes, err);
	else if (!str_is_utf8(artifact->bytes, &at))
		r = err_set(err, ERR_INVALID,
			"byte %zu of %.*s is not UTF-8; store it as a file", at,
			STR_ARG(artifact->name));
	if (r == 0)
		r = object_put(store, artifact->bytes, &ret_made->digest, err);
	if (r == 0)
		ret_made->size = artifact->bytes.n;
	return r;
}

static int
put_object(struct store *store, const struct deposit_artifact *artifact,
	struct deposited *ret_made, struct err *err)
{
	switch (artifact->kind) {
	case DEPOSIT_JSON:
	case DEPOSIT_TEXT: return put_bytes(store, artifact, ret_made, err);
	case DEPOSIT_FILE: return put_named_file(store, artifact->path, ret_made, err);
	case DEPOSIT_DIR:
		return object_put_tree(store, AT_FDCWD, artifact->path, &ret_made->digest,
			&ret_made->size, err);
	}
	BUG("artifact of kind %d", (int)artifact->kind);
}

/* An input of the same run by its number, any other by its id. */
static void
write_input(struct builder *b, struct str id, const struct uuid *run)
{
	char own[UUID_TEXT_SIZE];
	struct str number;
	struct str head = str_cut(id, ':', &number);
	uint64_t n;

	if (str_is(head, uuid_to_text(run, own)) && str_to_u64(number, UINT32_MAX, &n))
		builder_u64(b, NULL, n);
	else
		builder_text(b, NULL, id);
}

static int
append_put(struct run_hold *hold, const struct deposit_artifact *artifact,
	const struct deposited *made, struct err *err)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	AUTO_BUILDER struct builder b = BUILDER_INIT(&arena);
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);
	char hex[DIGEST_HEX_SIZE];
	char schema[DIGEST_HEX_SIZE];
	int r;

	builder_object(&b, NULL);
	builder_u64(&b, "artifact", hold->next_artifact);
	builder_array(&b, "inputs");
	for (size_t i = 0; i < artifact->n_inputs; i++)
		write_input(&b, artifact->inputs[i], &hold->chain.id);
	builder_end(&b);
	builder_cstr(&b, "kind", deposit_kind_name(artifact->kind));
	builder_text(&b, "name", artifact->name);
	builder_text(&b, "producer", artifact->producer);
	builder_text(&b, "producer_kind", artifact->producer_kind);
	if (artifact->schema)
		builder_cstr(&b, "schema", digest_to_hex(artifact->schema, schema));
	builder_cstr(&b, "sha256", digest_to_hex(&made->digest, hex));
	builder_u64(&b, "size", made->size);
	builder_text(&b, "type", artifact->schema ? artifact->type : STR_EMPTY);
	builder_end(&b);
	r = json_canonical(builder_root(&b), JSON_NUMBERS_EXACT, &payload, err);
	if (r == 0)
		r = buf_check(&payload, "the list of inputs", err);
	if (r == 0)
		r = event_append(hold->store, &hold->chain, EVENT_ARTIFACT_PUT, clock_utc_us(),
			buf_str(&payload), NULL, err);
	return r;
}

static int
put_into(struct run_hold *hold, const struct deposit_artifact *artifact, uint32_t *ret_number,
	struct err *err)
{
	struct deposited made = {0};
	int r = put_object(hold->store, artifact, &made, err);

	if (r == 0)
		r = append_put(hold, artifact, &made, err);
	if (r == 0)
		r = store_flush(hold->store, err);
	if (r == 0)
		*ret_number = hold->next_artifact++;
	return r;
}

int
deposit_put(struct store *store, const struct uuid *run,
	const struct deposit_artifact *artifact, uint32_t *ret_number, struct err *err)
{
	struct run_hold hold;
	bool has_plan;
	int r = check_words(artifact, err);

	if (r == 0)
		r = take(store, run, &hold, &has_plan, err);
	if (r < 0)
		return r;
	r = put_into(&hold, artifact, ret_number, err);
	run_release(&hold);
	return r;
}

/* --- the end --- */

static int
append_finished(struct run_hold *hold, struct str status, struct err *err)
{
	AUTO_BUF struct buf payload = BUF_INIT(PAYLOAD_MAX);
	int r;

	buf_printf(&payload, "{\"status\":\"%.*s\"}", STR_ARG(status));
	r = event_append(hold->store, &hold->chain, EVENT_RUN_FINISHED, clock_utc_us(),
		buf_str(&payload), NULL, err);
	return r < 0 ? r : store_flush(hold->store, err);
}

int
deposit_finish(struct store *store, const struct uuid *run, struct str status, struct err *err)
{
	struct run_hold hold;
	bool has_plan;
	int r;

	if (!str_is(status, "succeeded") && !str_is(status, "failed"))
		return err_set(err, ERR_INVALID,
			"a run finishes as succeeded or failed, not \"%.*s\"", STR_ARG(status));
	r = take(store, run, &hold, &has_plan, err);
	if (r < 0)
		return r;
	if (has_plan)
		r = err_set(err, ERR_INVALID,
			"the run has a plan and ends when its steps have; go on with it by "
			"lily resume, or end it by lily cancel");
	else
		r = append_finished(&hold, status, err);
	run_release(&hold);
	return r;
}
