#include "store/fold_reading.h"

void
reading_refuse(struct reading *x, const char *member, const char *what)
{
	if (!x->failure)
		x->failure = err_set(x->err, ERR_INVALID, "member \"%s\" %s", member, what);
}

int64_t
reading_get_number(
	struct reading *x, const struct value *from, const char *member, int64_t fallback)
{
	const struct value *v = value_get(from, str_of(member));
	int64_t number = fallback;

	if (v && !value_to_i64(v, &number))
		reading_refuse(x, member, "is not a whole number in range");
	else if (v && number < 0)
		reading_refuse(x, member, "is negative");
	return number;
}

int64_t
reading_need_number(struct reading *x, const struct value *from, const char *member,
	int64_t least, int64_t most)
{
	int64_t number = reading_get_number(x, from, member, -1);

	if (number < least || number > most)
		reading_refuse(x, member, number < 0 ? "is missing" : "is out of range");
	return number;
}

struct str
reading_get_text(struct reading *x, const struct value *from, const char *member)
{
	const struct value *v = value_get(from, str_of(member));

	if (v && v->kind != VALUE_STRING && v->kind != VALUE_NULL)
		reading_refuse(x, member, "is not text");
	return v && v->kind == VALUE_STRING ? value_text(v) : STR_EMPTY;
}

struct str
reading_need_text(struct reading *x, const struct value *from, const char *member)
{
	struct str text = reading_get_text(x, from, member);

	if (!text.n)
		reading_refuse(x, member, "is missing");
	return text;
}

const struct value *
reading_get_list(struct reading *x, const char *member)
{
	const struct value *v = value_get(x->payload, str_of(member));

	if (v && v->kind != VALUE_ARRAY) {
		reading_refuse(x, member, "is not a list");
		return NULL;
	}
	return v;
}

void
reading_need_digest(struct reading *x, const struct value *from, const char *member,
	struct digest *ret_digest)
{
	if (!digest_parse(reading_need_text(x, from, member), ret_digest))
		reading_refuse(x, member, "is not a digest");
}

int64_t
reading_need_object(struct reading *x, const struct value *from, const char *member)
{
	char hex[DIGEST_HEX_SIZE];
	struct digest digest = {{0}};
	int64_t id = 0;
	int r;

	reading_need_digest(x, from, member, &digest);
	if (x->failure)
		return 0;
	r = object_index_find(x->fold->objects, &digest, &id, x->err);
	if (r < 0)
		x->failure = r;
	else if (r == 0)
		x->failure = err_set(x->err, ERR_INVALID, "names object %s, which was not put",
			digest_to_hex(&digest, hex));
	return id;
}

static struct str
or_else(struct str text, struct str fallback)
{
	return text.n ? text : fallback;
}

static void
use_schema(struct reading *x, struct str id, int64_t schema)
{
	sqlite3_stmt *insert = x->fold->insert_schema;

	db_bind_text(insert, 1, id);
	db_bind_int(insert, 2, schema);
	db_bind_int(insert, 3, x->event->run);
	if (!x->failure)
		x->failure = db_run(insert, x->err);
}

void
reading_add_artifact(
	struct reading *x, const struct value *artifact, const struct fold_origin *origin)
{
	sqlite3_stmt *insert = x->fold->insert_artifact;
	int64_t number = reading_need_number(x, artifact, "artifact", 1, UINT32_MAX);
	int64_t object = reading_need_object(x, artifact, "sha256");
	struct str producer = reading_get_text(x, artifact, "producer");
	struct str producer_kind = reading_get_text(x, artifact, "producer_kind");
	struct str type = reading_get_text(x, artifact, "type");
	int64_t schema = value_get(artifact, STR("schema"))
		? reading_need_object(x, artifact, "schema")
		: 0;

	if (schema && !type.n)
		reading_refuse(x, "schema", "is there without a type");
	db_bind_int(insert, 1, x->event->run);
	db_bind_int(insert, 2, number);
	db_bind_int(insert, 3, object);
	db_bind_text(insert, 4, reading_need_text(x, artifact, "name"));
	db_bind_text(insert, 5, reading_need_text(x, artifact, "kind"));
	db_bind_text(insert, 6, type);
	db_bind_int(insert, 7, x->event->time_us);
	db_bind_text(insert, 8, or_else(producer, origin->producer));
	db_bind_text(insert, 9, or_else(producer_kind, origin->producer_kind));
	db_bind_int(insert, 10, origin->attempt);
	db_bind_text(insert, 11, origin->role);
	db_bind_int(insert, 12, schema);
	if (!x->failure)
		x->failure = db_run(insert, x->err);
	/* What was rejected is not of its type. */
	if (schema && !str_is(origin->role, "rejected"))
		use_schema(x, type, schema);
}

void
reading_add_artifacts(struct reading *x, const char *member, const struct fold_origin *origin)
{
	reading_add_list(x, reading_get_list(x, member), origin);
}

void
reading_add_list(struct reading *x, const struct value *list, const struct fold_origin *origin)
{
	if (list && list->kind != VALUE_ARRAY)
		reading_refuse(x, "artifacts", "are no list");
	for (uint32_t i = 0; list && !x->failure && i < list->n; i++)
		reading_add_artifact(x, &list->items[i], origin);
}

bool
reading_get_flag(struct reading *x, const char *member)
{
	const struct value *v = value_get(x->payload, str_of(member));

	return v && value_is_true(v);
}

struct str
reading_keep(struct reading *x, struct str text)
{
	return text.n ? arena_str(&x->fold->rows.arena, text) : STR_EMPTY;
}
