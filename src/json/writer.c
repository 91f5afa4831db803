#include "base/memory.h"
#include "json/json.h"
#include "json/quoted.h"

/* A container that is being written and how far. */
struct frame {
	const struct value *container;
	uint32_t next;
};

struct writer {
	struct buf *b;
	bool is_indented;
	struct frame *frames;
	size_t n;
	size_t capacity;
};

static void
write_escape(struct buf *b, char c)
{
	switch (c) {
	case '"': buf_add_cstr(b, "\\\""); break;
	case '\\': buf_add_cstr(b, "\\\\"); break;
	case '\b': buf_add_cstr(b, "\\b"); break;
	case '\f': buf_add_cstr(b, "\\f"); break;
	case '\n': buf_add_cstr(b, "\\n"); break;
	case '\r': buf_add_cstr(b, "\\r"); break;
	case '\t': buf_add_cstr(b, "\\t"); break;
	default: buf_printf(b, "\\u%04x", (unsigned char)c); break;
	}
}

void
json_write_string(struct str s, struct buf *b)
{
	const char *at = s.p;
	const char *end = s.p + s.n;

	buf_add_char(b, '"');
	for (;;) {
		const char *stop = quoted_skip(at, end);

		buf_add(b, at, (size_t)(stop - at));
		if (stop == end)
			break;
		write_escape(b, *stop);
		at = stop + 1;
	}
	buf_add_char(b, '"');
}

static void
write_line_end(struct writer *w)
{
	if (!w->is_indented)
		return;
	buf_add_char(w->b, '\n');
	for (size_t i = 0; i < w->n; i++)
		buf_add(w->b, "  ", 2);
}

/* Writes v, or the opening bracket of a container that is then on the stack. */
static void
write_value(struct writer *w, const struct value *v)
{
	switch ((enum value_kind)v->kind) {
	case VALUE_NULL: buf_add_cstr(w->b, "null"); return;
	case VALUE_BOOL: buf_add_cstr(w->b, value_is_true(v) ? "true" : "false"); return;
	case VALUE_NUMBER: buf_add_str(w->b, value_text(v)); return;
	case VALUE_STRING: json_write_string(value_text(v), w->b); return;
	case VALUE_ARRAY:
	case VALUE_OBJECT: break;
	}
	if (!v->n) {
		buf_add_cstr(w->b, v->kind == VALUE_ARRAY ? "[]" : "{}");
		return;
	}
	buf_add_char(w->b, v->kind == VALUE_ARRAY ? '[' : '{');
	w->frames = memory_grow(w->frames, w->n, &w->capacity, sizeof(*w->frames));
	w->frames[w->n++] = (struct frame){v, 0};
}

static void
write_child(struct writer *w, struct frame *frame)
{
	const struct value *container = frame->container;
	uint32_t i = frame->next++;

	if (i > 0)
		buf_add_char(w->b, ',');
	write_line_end(w);
	if (container->kind == VALUE_ARRAY) {
		write_value(w, &container->items[i]);
		return;
	}
	json_write_string(value_text(&container->members[i].key), w->b);
	buf_add(w->b, ": ", w->is_indented ? 2 : 1);
	write_value(w, &container->members[i].value);
}

static void
write_tree(const struct value *v, struct buf *b, bool is_indented)
{
	struct writer w = {.b = b, .is_indented = is_indented};

	write_value(&w, v);
	while (w.n && !b->overflowed) {
		struct frame *frame = &w.frames[w.n - 1];

		if (frame->next < frame->container->n) {
			write_child(&w, frame);
			continue;
		}
		w.n--;
		write_line_end(&w);
		buf_add_char(b, frame->container->kind == VALUE_ARRAY ? ']' : '}');
	}
	free(w.frames);
}

void
json_write(const struct value *v, struct buf *b)
{
	write_tree(v, b, false);
}

void
json_write_indented(const struct value *v, struct buf *b)
{
	write_tree(v, b, true);
}
