#include "gate/comparison_part.h"

#include "json/json.h"
#include "json/number.h"

#include <stdarg.h>
#include <stdio.h>

#define SHOWN_MAX 80 /* bytes of a value in a message */
#define TEXT_MAX ((size_t)1 << 16)

bool
tolerance_allows(const struct tolerance *tolerance, struct str number, struct str with)
{
	if (!tolerance->number.n)
		return number_compare(number, with) == 0;
	return tolerance->is_percent ? number_is_within_percent(number, with, tolerance->number)
				     : number_is_within(number, with, tolerance->number);
}

/* --- what is said of it --- */

static void
add_fault(struct comparing *c, const struct buf *message)
{
	const struct payload *judged = &c->compared->judged;

	faults_add(c->faults,
		&(struct fault){.port = FAULT_INPUT,
			.name = judged->name,
			.file = judged->file.n ? judged->file : judged->name,
			.instance = c->line ? (struct str){NULL, 0} : buf_str(&c->pointer),
			.keyword = {NULL, 0},
			.line = c->line,
			.column = c->line ? 1 : 0,
			.message = buf_str(message)});
}

void
comparing_say(struct comparing *c, const char *format, ...)
{
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_add_cstr(&b, text);
	add_fault(c, &b);
}

/* The start of the character that the byte is a part of. */
static size_t
character(struct str text, size_t at)
{
	while (at && at < text.n && (text.p[at] & 0xC0) == 0x80)
		at--;
	return at;
}

/* A text from there on, as much of it as is shown. */
static void
show_text(struct buf *b, struct str text, size_t from)
{
	size_t end = text.n - from > SHOWN_MAX ? character(text, from + SHOWN_MAX) : text.n;

	if (from)
		buf_add_cstr(b, "…");
	json_write_string((struct str){text.p + from, end - from}, b);
	if (end < text.n)
		buf_add_cstr(b, "…");
}

static void
show(struct buf *b, const struct value *v, size_t from)
{
	AUTO_BUF struct buf text = BUF_INIT(SHOWN_MAX);

	if (v->kind == VALUE_STRING) {
		show_text(b, value_text(v), from);
		return;
	}
	json_write(v, &text);
	if (!text.overflowed)
		buf_add_str(b, buf_str(&text));
	else if (v->kind == VALUE_NUMBER)
		buf_printf(b, "%.*s…", SHOWN_MAX, v->text);
	else
		buf_printf(b, v->kind == VALUE_ARRAY ? "a list of %u" : "a map of %u", v->n);
}

/* From where on two texts are shown, so that what differs is. */
static size_t
start_of(const struct value *judged, const struct value *with)
{
	size_t same = 0;

	if (!judged || !with || judged->kind != VALUE_STRING || with->kind != VALUE_STRING)
		return 0;
	while (same < judged->n && same < with->n && judged->text[same] == with->text[same])
		same++;
	return same < SHOWN_MAX / 2 ? 0 : character(value_text(judged), same - SHOWN_MAX / 4);
}

/* "is 0.5, and 0.6 in golden.json". */
void
comparing_differ(struct comparing *c, const struct value *judged, const struct value *with)
{
	const struct tolerance *tolerance = &c->compared->tolerance;
	AUTO_BUF struct buf b = BUF_INIT(TEXT_MAX);
	size_t from = start_of(judged, with);

	if (faults_are_full(c->faults)) {
		c->faults->more++;
		return;
	}
	/* Of JSON Lines the place is the line. */
	if (c->line && c->pointer.n)
		buf_printf(&b, "%s ", buf_cstr(&c->pointer));
	if (judged) {
		buf_add_cstr(&b, "is ");
		show(&b, judged, from);
	} else {
		buf_add_cstr(&b, "is not there");
	}
	if (with) {
		buf_add_cstr(&b, ", and ");
		show(&b, with, from);
		buf_printf(&b, " in %.*s", STR_ARG(c->compared->with.file));
	} else {
		buf_printf(&b, ", and is not in %.*s", STR_ARG(c->compared->with.file));
	}
	if (judged && with && judged->kind == VALUE_NUMBER && with->kind == VALUE_NUMBER &&
		tolerance->number.n)
		buf_printf(&b, ": more than %.*s%s apart", STR_ARG(tolerance->number),
			tolerance->is_percent ? "%" : "");
	add_fault(c, &b);
}

/* --- documents --- */

static int
read_value(const struct payload *payload, struct arena *arena, const struct value **ret_value,
	struct err *err)
{
	int r = payload_read(payload, arena, ret_value, err);

	return r < 0 ? err_wrap(err, "%.*s", STR_ARG(payload->file)) : 0;
}

static int
compare_documents(struct comparing *c, struct err *err)
{
	const struct value *judged;
	const struct value *with;
	int r = read_value(&c->compared->judged, &c->arena, &judged, err);

	if (r == 0)
		r = read_value(&c->compared->with, &c->arena, &with, err);
	if (r == 0)
		comparing_values(c, judged, with);
	return r;
}

/* The next line that is not empty, as a value: 1, 0 where there is none. */
static int
next_line(const struct payload *payload, struct str *rest, uint32_t *line, struct arena *arena,
	const struct value **ret_value, struct err *err)
{
	struct payload one = *payload;
	int r;

	do {
		if (!rest->n)
			return 0;
		one.bytes = str_cut(*rest, '\n', rest);
		(*line)++;
	} while (!str_trim(one.bytes).n);
	one.format = PAYLOAD_JSON;
	r = payload_read(&one, arena, ret_value, err);
	return r < 0 ? err_wrap(err, "%.*s: line %u", STR_ARG(payload->file), *line) : 1;
}

static int
compare_lines(struct comparing *c, struct err *err)
{
	struct str judged_rest = c->compared->judged.bytes;
	struct str with_rest = c->compared->with.bytes;
	uint32_t judged_line = 0;
	uint32_t with_line = 0;

	for (;;) {
		const struct value *judged = NULL;
		const struct value *with = NULL;
		int r;

		arena_reset(&c->arena);
		r = next_line(&c->compared->judged, &judged_rest, &judged_line, &c->arena,
			&judged, err);
		if (r >= 0)
			r = next_line(&c->compared->with, &with_rest, &with_line, &c->arena,
				&with, err);
		if (r < 0 || (!judged && !with))
			return r;
		c->line = judged ? judged_line : with_line;
		comparing_values(c, judged, with);
	}
}

/* --- trees --- */

/* {"tree": 1, "entries": […]}: the list. */
static int
read_tree(const struct payload *payload, struct arena *arena, const struct value **ret_entries,
	struct err *err)
{
	const struct value *root;
	int r = read_value(payload, arena, &root, err);

	if (r < 0)
		return r;
	*ret_entries = value_get(root, STR("entries"));
	if (!*ret_entries || (*ret_entries)->kind != VALUE_ARRAY)
		return err_set(err, ERR_CORRUPT, "%.*s: what is stored of it is no directory",
			STR_ARG(payload->file));
	return 0;
}

static struct str
path_of(const struct value *entry)
{
	const struct value *path = value_get(entry, STR("path"));

	return path ? value_text(path) : STR_EMPTY;
}

static void
differ_at(struct comparing *c, struct str path, const struct value *judged,
	const struct value *with)
{
	c->pointer.n = 0;
	json_pointer_add(&c->pointer, path);
	comparing_differ(c, judged, with);
}

/* Entries of both are in the order of their paths. */
static int
compare_trees(struct comparing *c, struct err *err)
{
	const struct value *judged;
	const struct value *with;
	uint32_t i = 0;
	uint32_t j = 0;
	int r = read_tree(&c->compared->judged, &c->arena, &judged, err);

	if (r == 0)
		r = read_tree(&c->compared->with, &c->arena, &with, err);
	while (r == 0 && (i < judged->n || j < with->n)) {
		const struct value *a = i < judged->n ? &judged->items[i] : NULL;
		const struct value *b = j < with->n ? &with->items[j] : NULL;
		int order = !a ? 1 : !b ? -1 : str_compare(path_of(a), path_of(b));

		if (order < 0)
			differ_at(c, path_of(a), a, NULL);
		else if (order > 0)
			differ_at(c, path_of(b), NULL, b);
		else if (!value_equal(a, b))
			differ_at(c, path_of(a), a, b);
		i += order <= 0;
		j += order >= 0;
	}
	return r;
}

int
comparison_make(const struct compared *compared, struct faults *faults, struct err *err)
{
	struct comparing c = {.compared = compared,
		.faults = faults,
		.arena = ARENA_INIT,
		.pointer = BUF_INIT(TEXT_MAX)};
	int r = 0;

	switch (compared->as) {
	case COMPARED_BYTES: comparing_bytes(&c); break;
	case COMPARED_TEXT: comparing_text(&c); break;
	case COMPARED_TREE: r = compare_trees(&c, err); break;
	case COMPARED_VALUE:
		r = compared->judged.format == PAYLOAD_JSONL ? compare_lines(&c, err)
							     : compare_documents(&c, err);
		break;
	}
	arena_done(&c.arena);
	buf_done(&c.pointer);
	return r;
}
