#include "store/tree.h"

#include "base/memory.h"
#include "json/json.h"

static const char *const type_names[] = {
	[TREE_FILE] = "file", [TREE_DIR] = "dir", [TREE_LINK] = "link"};

static int
compare_entries(const void *a, const void *b)
{
	return str_compare(
		((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

static void
write_entry(const struct tree_entry *entry, struct buf *b)
{
	char hex[DIGEST_HEX_SIZE];

	buf_add_char(b, '{');
	if (entry->type == TREE_FILE)
		buf_printf(b, "\"executable\":%s,", entry->executable ? "true" : "false");
	buf_add_cstr(b, "\"path\":");
	json_write_string(entry->path, b);
	if (entry->type == TREE_FILE)
		buf_printf(b, ",\"sha256\":\"%s\",\"size\":%llu",
			digest_to_hex(&entry->digest, hex), (unsigned long long)entry->size);
	if (entry->type == TREE_LINK) {
		buf_add_cstr(b, ",\"target\":");
		json_write_string(entry->target, b);
	}
	buf_printf(b, ",\"type\":\"%s\"}", type_names[entry->type]);
}

void
tree_write(struct tree_entry *entries, size_t n, struct buf *b)
{
	if (n)
		qsort(entries, n, sizeof(*entries), compare_entries);
	buf_add_cstr(b, "{\"entries\":[");
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_add_char(b, ',');
		write_entry(&entries[i], b);
	}
	buf_add_cstr(b, "],\"tree\":1}");
}

static struct str
text_of(const struct value *entry, const char *member)
{
	const struct value *v = value_get(entry, str_of(member));

	return v && v->kind == VALUE_STRING ? value_text(v) : STR_EMPTY;
}

bool
tree_read_entry(const struct value *v, struct tree_entry *ret_entry)
{
	const struct value *executable = value_get(v, STR("executable"));
	const struct value *size = value_get(v, STR("size"));
	struct tree_entry entry = {.path = text_of(v, "path"),
		.executable = executable && value_is_true(executable),
		.target = text_of(v, "target")};
	struct str type = text_of(v, "type");
	int64_t bytes = 0;

	while (entry.type < ARRAY_SIZE(type_names) && !str_is(type, type_names[entry.type]))
		entry.type++;
	if (entry.type == ARRAY_SIZE(type_names) || !entry.path.n)
		return false;
	if (entry.type == TREE_FILE &&
		(!digest_parse(text_of(v, "sha256"), &entry.digest) || !size ||
			!value_to_i64(size, &bytes) || bytes < 0))
		return false;
	entry.size = (uint64_t)bytes;
	*ret_entry = entry;
	return true;
}
