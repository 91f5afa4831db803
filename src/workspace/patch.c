#include "workspace/patch.h"

#include "base/unified.h"
#include "store/object.h"

/* One side of an entry, as bytes: of a link its target. */
struct content {
	struct buf bytes;
	bool is_shown; /* text, and not too large */
};

static bool
has_content(const struct side *side)
{
	return side->type == SIDE_FILE || side->type == SIDE_LINK;
}

static int
read_content(
	struct store *store, const struct side *side, struct content *content, struct err *err)
{
	int r;

	content->is_shown = true;
	if (side->type == SIDE_LINK)
		buf_add_str(&content->bytes, side->target);
	if (side->type != SIDE_FILE)
		return 0;
	if (side->size > PATCH_FILE_MAX) {
		content->is_shown = false;
		return 0;
	}
	r = object_get(store, &side->digest, &content->bytes, err);
	content->is_shown = r == 0 && unified_is_text(buf_str(&content->bytes));
	return r;
}

/* As Git writes a name that has such characters in it. */
static void
write_name(const char *prefix, struct str path, struct buf *b)
{
	static const char escaped[] = "\a\b\t\n\v\f\r\"\\";
	static const char letters[] = "abtnvfr\"\\";
	bool is_plain = true;

	for (size_t i = 0; i < path.n; i++)
		is_plain = is_plain && (unsigned char)path.p[i] >= ' ' && path.p[i] != 0x7f &&
			path.p[i] != '"' && path.p[i] != '\\';
	if (is_plain) {
		buf_printf(b, "%s%.*s", prefix, STR_ARG(path));
		return;
	}
	buf_printf(b, "\"%s", prefix);
	for (size_t i = 0; i < path.n; i++) {
		const char *at = path.p[i] ? strchr(escaped, path.p[i]) : NULL;

		if (at)
			buf_printf(b, "\\%c", letters[at - escaped]);
		else if ((unsigned char)path.p[i] < ' ' || path.p[i] == 0x7f)
			buf_printf(b, "\\%03o", (unsigned)(unsigned char)path.p[i]);
		else
			buf_add_char(b, path.p[i]);
	}
	buf_add_char(b, '"');
}

static const char *
mode_of(const struct side *side)
{
	if (side->type == SIDE_LINK)
		return "120000";
	return side->executable ? "100755" : "100644";
}

static void
write_heading(struct str path, const struct side *old, const struct side *new, struct buf *b)
{
	buf_add_cstr(b, "diff --git ");
	write_name("a/", path, b);
	buf_add_char(b, ' ');
	write_name("b/", path, b);
	buf_add_char(b, '\n');
	if (!has_content(old))
		buf_printf(b, "new file mode %s\n", mode_of(new));
	else if (!has_content(new))
		buf_printf(b, "deleted file mode %s\n", mode_of(old));
	else if (strcmp(mode_of(old), mode_of(new)) != 0)
		buf_printf(b, "old mode %s\nnew mode %s\n", mode_of(old), mode_of(new));
}

static void
write_side_name(
	char sign, const char *prefix, struct str path, const struct side *side, struct buf *b)
{
	buf_printf(b, "%c%c%c ", sign, sign, sign);
	if (has_content(side))
		write_name(prefix, path, b);
	else
		buf_add_cstr(b, "/dev/null");
	buf_add_char(b, '\n');
}

/* Two sides with at most one type of content between them; b may be NULL: only counted. */
static void
compare(struct str path, const struct write_entry *entry, const struct content contents[2],
	struct buf *b, uint64_t *lines)
{
	AUTO_ARENA struct arena arena = ARENA_INIT;
	struct lines old = lines_of(buf_str(&contents[0].bytes), &arena);
	struct lines new = lines_of(buf_str(&contents[1].bytes), &arena);
	struct edits edits = edits_between(&old, &new, &arena);
	struct unified_count count = unified_count(&edits);

	*lines += count.removed + count.added;
	if (!b || edits.n == 0)
		return;
	write_side_name('-', "a/", path, &entry->before, b);
	write_side_name('+', "b/", path, &entry->after, b);
	unified_write(&old, &new, &edits, b);
}

static void
write_binary(const struct write_entry *entry, struct buf *b)
{
	buf_add_cstr(b, "Binary files ");
	if (has_content(&entry->before))
		write_name("a/", entry->path, b);
	else
		buf_add_cstr(b, "/dev/null");
	buf_add_cstr(b, " and ");
	if (has_content(&entry->after))
		write_name("b/", entry->path, b);
	else
		buf_add_cstr(b, "/dev/null");
	buf_add_cstr(b, " differ\n");
}

static int
write_difference(struct store *store, const struct write_entry *entry, struct buf *b,
	uint64_t *lines, struct err *err)
{
	struct content contents[2] = {
		{BUF_INIT(PATCH_FILE_MAX), true}, {BUF_INIT(PATCH_FILE_MAX), true}};
	int r = read_content(store, &entry->before, &contents[0], err);

	if (r == 0)
		r = read_content(store, &entry->after, &contents[1], err);
	if (r == 0 && b)
		write_heading(entry->path, &entry->before, &entry->after, b);
	if (r == 0 && contents[0].is_shown && contents[1].is_shown)
		compare(entry->path, entry, contents, b, lines);
	else if (r == 0 && b)
		write_binary(entry, b);
	buf_done(&contents[0].bytes);
	buf_done(&contents[1].bytes);
	return r;
}

/* What becomes something else is taken away, and put there anew: a patch of one thing into another is
 * none. */
static int
write_entry(struct store *store, const struct write_entry *entry, struct buf *b,
	uint64_t *lines, struct err *err)
{
	struct write_entry half = *entry;
	int r = 0;

	if (!has_content(&entry->before) && !has_content(&entry->after))
		return 0;
	if (entry->before.type == entry->after.type)
		return write_difference(store, entry, b, lines, err);
	half.after = (struct side){.type = SIDE_NONE};
	if (has_content(&entry->before))
		r = write_difference(store, &half, b, lines, err);
	half.before = half.after;
	half.after = entry->after;
	if (r == 0 && has_content(&entry->after))
		r = write_difference(store, &half, b, lines, err);
	return r;
}

static int
write_all(struct store *store, const struct write_set *set, struct buf *b, uint64_t *lines,
	struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < set->n; i++) {
		r = write_entry(store, &set->entries[i], b, lines, err);
		if (r < 0)
			r = err_wrap(err, "%.*s", STR_ARG(set->entries[i].path));
	}
	return r;
}

int
patch_write(struct store *store, const struct write_set *set, struct buf *b, struct err *err)
{
	uint64_t lines = 0;

	return write_all(store, set, b, &lines, err);
}

int
patch_count_lines(
	struct store *store, const struct write_set *set, uint64_t *ret_lines, struct err *err)
{
	uint64_t lines = 0;
	int r = write_all(store, set, NULL, &lines, err);

	if (r == 0)
		*ret_lines = lines;
	return r;
}
