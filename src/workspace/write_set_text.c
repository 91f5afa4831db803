#include "workspace/write_set.h"

#include "json/json.h"

static const char *const type_names[] = {
	[SIDE_NONE] = "", [SIDE_FILE] = "file", [SIDE_DIR] = "dir", [SIDE_LINK] = "link"};

static void
write_side(const struct side *side, const char *key, struct buf *b)
{
	char hex[DIGEST_HEX_SIZE];

	buf_printf(b, "\"%s\":", key);
	if (side->type == SIDE_NONE) {
		buf_add_cstr(b, "null");
		return;
	}
	buf_add_char(b, '{');
	if (side->type == SIDE_FILE)
		buf_printf(b, "\"executable\":%s,\"sha256\":\"%s\",\"size\":%llu,",
			side->executable ? "true" : "false", digest_to_hex(&side->digest, hex),
			(unsigned long long)side->size);
	if (side->type == SIDE_LINK) {
		buf_add_cstr(b, "\"target\":");
		json_write_string(side->target, b);
		buf_add_char(b, ',');
	}
	buf_printf(b, "\"type\":\"%s\"}", type_names[side->type]);
}

static void
write_entry(const struct write_entry *entry, struct buf *b)
{
	buf_add_char(b, '{');
	write_side(&entry->after, "after", b);
	buf_add_char(b, ',');
	write_side(&entry->before, "before", b);
	buf_printf(b,
		",\"change\":\"%s\",\"path\":", write_change_name(write_entry_change(entry)));
	json_write_string(entry->path, b);
	buf_add_char(b, '}');
}

static void
write_stripped(const struct write_remarks *stripped, struct buf *b)
{
	buf_add_cstr(b, ",\"stripped\":[");
	for (size_t i = 0; i < stripped->n; i++) {
		buf_add_cstr(b, i ? ",{\"path\":" : "{\"path\":");
		json_write_string(stripped->items[i].path, b);
		buf_printf(b, ",\"what\":\"%s\"}", stripped->items[i].what);
	}
	buf_add_char(b, ']');
}

void
write_set_write(
	const struct write_set *set, const struct write_set_subject *subject, struct buf *b)
{
	struct write_totals totals = write_set_totals(set);

	buf_printf(b, "{\"attempt\":%llu,\"entries\":[", (unsigned long long)subject->attempt);
	for (size_t i = 0; i < set->n; i++) {
		if (i)
			buf_add_char(b, ',');
		write_entry(&set->entries[i], b);
	}
	buf_printf(b, "],\"exact\":%s,\"run_id\":", subject->is_exact ? "true" : "false");
	json_write_string(subject->run_id, b);
	buf_add_cstr(b, ",\"step\":");
	json_write_string(subject->step, b);
	if (set->stripped.n)
		write_stripped(&set->stripped, b);
	buf_printf(b, ",\"totals\":{\"bytes\":%llu,\"files\":%llu,\"lines\":%llu}}",
		(unsigned long long)totals.bytes, (unsigned long long)totals.files,
		(unsigned long long)subject->lines);
}

static struct str
text_of(const struct value *v, const char *key)
{
	const struct value *text = value_get(v, str_of(key));

	return text && text->kind == VALUE_STRING ? value_text(text) : STR_EMPTY;
}

static bool
read_side(const struct value *entry, const char *key, struct side *ret_side)
{
	const struct value *v = value_get(entry, str_of(key));
	const struct value *size;
	const struct value *executable;
	struct side side = {.type = SIDE_NONE};
	int64_t bytes = 0;

	if (!v)
		return false;
	if (v->kind != VALUE_NULL) {
		struct str type = text_of(v, "type");

		side.type = SIDE_FILE;
		while (side.type < ARRAY_SIZE(type_names) &&
			!str_is(type, type_names[side.type]))
			side.type++;
	}
	if (side.type == ARRAY_SIZE(type_names))
		return false;
	size = value_get(v, STR("size"));
	executable = value_get(v, STR("executable"));
	if (side.type == SIDE_FILE &&
		(!digest_parse(text_of(v, "sha256"), &side.digest) || !size ||
			!value_to_i64(size, &bytes) || bytes < 0))
		return false;
	side.size = (uint64_t)bytes;
	side.executable = executable && value_is_true(executable);
	side.target = text_of(v, "target");
	*ret_side = side;
	return true;
}

/* Paths come out of a document, and are gone to below the workspace. */
static bool
read_entry(const struct value *v, struct write_entry *ret_entry)
{
	ret_entry->path = text_of(v, "path");
	return ret_entry->path.n && !memchr(ret_entry->path.p, '\0', ret_entry->path.n) &&
		read_side(v, "before", &ret_entry->before) &&
		read_side(v, "after", &ret_entry->after) &&
		!side_equal(&ret_entry->before, &ret_entry->after);
}

int
write_set_read(const struct value *document, struct arena *arena, struct write_set *ret_set,
	struct err *err)
{
	const struct value *entries = value_get(document, STR("entries"));
	struct write_entry *read;

	if (!entries || entries->kind != VALUE_ARRAY)
		return err_set(err, ERR_CORRUPT, "the write set has no entries");
	read = ARENA_ARRAY(arena, entries->n, struct write_entry);
	for (size_t i = 0; i < entries->n; i++)
		if (!read_entry(&entries->items[i], &read[i]) ||
			(i && str_compare(read[i - 1].path, read[i].path) >= 0))
			return err_set(
				err, ERR_CORRUPT, "entry %zu of the write set is none", i);
	*ret_set = (struct write_set){.entries = read, .n = entries->n};
	return 0;
}
