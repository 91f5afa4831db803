#include "trace/shape.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

void
shape_time(struct builder *b, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us)
		builder_cstr(b, key, clock_to_text(us, text));
	else
		builder_null(b, key);
}

void
shape_span(struct builder *b, const char *key, int64_t from_us, int64_t to_us)
{
	if (from_us && to_us)
		builder_i64(b, key, MAX(to_us - from_us, 0));
	else
		builder_null(b, key);
}

void
shape_digest(struct builder *b, const char *key, const struct digest *digest)
{
	char hex[DIGEST_HEX_SIZE];

	builder_cstr(b, key, digest_to_hex(digest, hex));
}

void
shape_uuid(struct builder *b, const char *key, const struct uuid *id)
{
	char text[UUID_TEXT_SIZE];

	builder_cstr(b, key, uuid_to_text(id, text));
}

void
shape_text(struct builder *b, const char *key, struct str s)
{
	if (s.n)
		builder_text(b, key, s);
	else
		builder_null(b, key);
}

const char *
artifact_id_to_text(const struct uuid *run, uint32_t number, char text[ARTIFACT_ID_SIZE])
{
	char id[UUID_TEXT_SIZE];

	(void)snprintf(text, ARTIFACT_ID_SIZE, "%s:%" PRIu32, uuid_to_text(run, id), number);
	return text;
}

void
shape_artifact_id(struct builder *b, const char *key, const struct uuid *run, uint32_t number)
{
	char text[ARTIFACT_ID_SIZE];

	builder_cstr(b, key, artifact_id_to_text(run, number, text));
}

void
shape_labels(struct builder *b, const struct artifact_row *row)
{
	struct str rest = row->labels;

	builder_array(b, "labels");
	while (rest.n)
		builder_text(b, NULL, str_cut(rest, ',', &rest));
	builder_end(b);
}
